"""What was issued 下发内容, from where it can be trusted: a workbook kept by the department, a project
file, or (``campaign.register``) a whole campaign.

A return carries its own copy of what was issued; whoever alters a target can alter the copy too.
Held against the department's own, such a return is found out, and one that belongs to another
unit, project or year is told at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Protocol

from .definition import BrokenDefinitionError
from .form import HEADER, Form, form_ids, load_form
from .noun import noun, replace
from .number import neat, squeeze
from .project import read_project
from .record import Assignment, Indicator, Target
from .rejection import Rejected
from .stamp import carried
from .submission import Difference, FieldCell, Registered, Submission
from .xlsx.reader import read_workbook


class Register(Protocol):
    """What the department knows of all that it issued 下发登记; goes to other processes."""

    def registered(self, form_read: Submission) -> Registered | None:
        """What was issued to whoever sent the form; ``None`` where the record itself cannot say."""


@noun
class Issued:
    """The assignments that were issued; ``version`` is the edition of their form, where it is known."""

    assignments: tuple[Assignment, ...]
    version: str | None = None
    source: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is all of a workbook, so that what is missing of it can be told."""
        return self.version is not None

    def registered(self, form_read: Submission) -> Registered:
        """The assignment that a return answers, and the edition of its form."""
        return Registered(assignment=self.find(form_read), version=self.version)

    def find(self, form_read: Submission) -> Assignment | None:
        """The assignment that a return answers: the only one, that of its stamp, or that of its names."""
        if len(self.assignments) == 1:
            return self.assignments[0]
        own, record = form_read.origin, form_read.record
        if own is not None and own.id:
            found = [each for each in self.assignments if each.id == own.id]
            if len(found) == 1:
                return found[0]
        names = own or record
        found = [
            each
            for each in self.assignments
            if _same(each.project_name, names.project_name) and _same(each.implementing_unit, names.implementing_unit)
        ]
        return found[0] if len(found) == 1 else None


def load_issued(path: str, form: Form | None = None) -> Issued:
    """What was issued, from a workbook as it went out or from a project file (``.toml``).

    Raises ``Rejected`` (``NOT_OUR_FORM`` where a workbook carries nothing issued),
    ``BrokenDefinitionError`` or ``OSError``.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(21, os.strerror(21), path)
    with open(path, "rb") as opened:
        data = opened.read()
    if path.lower().endswith(".toml"):
        return Issued(assignments=(_project(data.decode("utf-8-sig"), path, form),), source=path)
    stamp = carried(read_workbook(data))
    if stamp is None or stamp.content is None:
        raise Rejected("NOT_OUR_FORM", os.path.basename(path))
    content = stamp.content
    return Issued(assignments=content.assignments, version=content.version, source=path)


def _project(text: str, path: str, form: Form | None) -> Assignment:
    """A project file by the definition given, else by the first that has all its keys."""
    if form is not None:
        return read_project(text, path, form)
    broken: BrokenDefinitionError | None = None
    for name in sorted(form_ids(), key=lambda name: name != "shanghai"):
        try:
            return read_project(text, path, load_form(name))
        except BrokenDefinitionError as error:
            broken = broken or error
    raise broken if broken is not None else LookupError("no form")


def against(form_read: Submission, issued: Register) -> Submission:
    """A return with what was issued for it beside it, instead of the copy that it carries."""
    registered = issued.registered(form_read)
    if registered is None:
        return form_read
    wanted = registered.assignment
    form_read = replace(form_read, registered=registered, stamp_expected=True)
    if wanted is None:
        return form_read
    names = {name: value for name in HEADER if (value := getattr(wanted, name))}
    kept = tuple(each for each in form_read.differences if each.kind != "issued")
    return replace(
        form_read,
        issued_names={**form_read.issued_names, **names},
        year_asked=wanted.fiscal_year or form_read.year_asked,
        differences=(*kept, *_changed(form_read, wanted.indicators)),
        content_compared=True,
    )


def _same(one: str | None, other: str | None) -> bool:
    return squeeze(one or "") == squeeze(other or "")


def _changed(form_read: Submission, issued: tuple[Indicator, ...]) -> Iterator[Difference]:
    """Indicators that are gone or new, and those with another target or weight; matched by name."""
    rows: dict[str, list[int]] = {}
    for number, row in enumerate(form_read.record.indicators):
        rows.setdefault(squeeze(row.level_3 or ""), []).append(number)
    named = [each for each in issued if each.level_3]
    for each in named:
        found = rows.get(squeeze(each.level_3 or ""))
        if not found:
            yield _difference(form_read.cells, "", each.level_3 or "", "")
            continue
        number = found.pop(0)
        row, path = form_read.record.indicators[number], f"indicators[{number}]."
        if each.target is not None and not _same_target(each.target, row.target):
            yield _difference(form_read.cells, path + "target", each.target.text, row.target.text if row.target else "")
        if each.weight is not None and each.weight != row.weight:
            weight = "" if row.weight is None else neat(row.weight)
            yield _difference(form_read.cells, path + "weight", neat(each.weight), weight)
    if named and len(named) == len(issued):
        for name, left in rows.items():
            for number in left if name else ():
                yield _difference(form_read.cells, f"indicators[{number}].level_3", "", name)


def _same_target(issued: Target, found: Target | None) -> bool:
    if found is None:
        return False
    figures = (issued.operator, issued.number, issued.unit) == (found.operator, found.number, found.unit)
    return _same(issued.text, found.text) or (issued.number is not None and figures)


def _difference(cells: Mapping[str, FieldCell], field: str, issued: str, found: str) -> Difference:
    place = cells.get(field) or cells.get("indicators[0].level_3")
    return Difference(
        kind="issued", field=field, cell_name=place.cell_name if place else "", issued=issued, found=found
    )
