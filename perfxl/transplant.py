"""Returned forms to a fresh one: what the unit entered, laid into a locked form of the same kind.

What the department issued comes from what it issued, not from the return; what is computed is
computed again.  ``losses`` then holds the fresh form against the return, value by value, so that
nothing is lost without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from .choice import GENERAL
from .form import HEADER
from .noun import noun
from .number import squeeze
from .record import Assignment, Indicator, SelfEvaluation, Target
from .sheet import Workbook
from .stamp import Carried, Seal
from .submission import Submission
from .template import ISSUED_TERMS, build_workbook, split_target

Slots = tuple[int | None, ...]
"""For each indicator row of the fresh form the row of the return that goes there, ``None`` for none."""


@noun
class Loss:
    """A value of the return that the fresh form does not hold as it was.

    ``kind``: ``restored`` (the department had issued another), ``recomputed`` (the form computes it),
    ``lost`` (it has no place there, or does not come back as it was).  ``cell`` is that of the return.
    """

    kind: Literal["restored", "recomputed", "lost"]
    field: str
    cell: str
    text: str
    now: str = ""


def transplant(
    submissions: Sequence[Submission], year: int, again: Carried | None = None, *, seal: Seal | None = None,
    password: str = "",
) -> Workbook:  # fmt: skip
    """The forms of one return, laid into one fresh workbook of their definition, in order; a campaign puts its
    ``seal`` and ``password`` on it.

    Raises ``ValueError`` where the definition cannot be laid out, or they are not of one definition.
    """
    form = submissions[0].form
    if any(each.form.id != form.id for each in submissions):
        raise ValueError("forms of several definitions")
    laid = [_laid(each, year) for each in submissions]
    return build_workbook(
        form, [assignment for assignment, _ in laid], year=year, records=[record for _, record in laid], seal=seal,
        password=password, again=again,
    )  # fmt: skip


def _laid(submission: Submission, year: int) -> tuple[Assignment, SelfEvaluation]:
    form = submission.form
    assignment = submission.assignment or Assignment(form=form.id, fiscal_year=year)
    record = submission.record
    kept: dict[str, Any] = {name: None for name in HEADER if getattr(assignment, name)}
    rows = tuple(
        Indicator() if at is None else _entered(record.indicators[at], _issued_at(assignment, slot))
        for slot, at in enumerate(slots(submission))
    )
    return assignment, replace(record, indicators=rows, **kept)


def _issued_at(assignment: Assignment, slot: int) -> Indicator | None:
    return assignment.indicators[slot] if slot < len(assignment.indicators) else None


def _entered(row: Indicator, issued: Indicator | None) -> Indicator:
    """A row without what was issued: that comes from the assignment."""
    if issued is None:
        return row
    split = split_target(row)
    given = split_target(issued)
    return replace(split, **{term: None for term in ISSUED_TERMS if getattr(given, term) is not None})


def slots(submission: Submission) -> Slots:
    """Which row of the return goes into which row of the fresh form: by name, then by order.

    Rows that nobody issued follow in the spare ones, as far as there are any.
    """
    rows = submission.record.indicators
    issued = submission.assignment.indicators if submission.assignment is not None else ()
    if not issued:
        return tuple(range(len(rows)))
    left = dict(enumerate(rows))
    found: dict[int, int] = {}
    for same in (_named, _in_place):
        for slot, wanted in enumerate(issued):
            if slot in found:
                continue
            at = next((at for at, row in left.items() if same(wanted, row, slot, at)), None)
            if at is not None:
                found[slot] = at
                del left[at]
    spare = sorted(left)[: submission.form.spare_rows]
    return (*(found.get(slot) for slot in range(len(issued))), *spare)


def _named(issued: Indicator, row: Indicator, _: int, __: int) -> bool:
    return squeeze(issued.level_3 or "") == squeeze(row.level_3 or "") and squeeze(issued.level_2 or "") in (
        squeeze(row.level_2 or ""),
        "",
    )


def _in_place(issued: Indicator, row: Indicator, slot: int, at: int) -> bool:
    """A row whose name was changed, where it stood."""
    return slot == at and squeeze(issued.level_2 or "") == squeeze(row.level_2 or "")


# ---- held against each other -----------------------------------------------------------------------


def losses(before: Submission, after: Submission) -> Iterator[Loss]:
    """Every value of the return that the fresh form does not hold as it was, in the order of the return."""
    fresh = {at: slot for slot, at in enumerate(slots(before)) if at is not None}
    sources = {line.source: number for number, line in enumerate(after.record.funds)}
    for path, field in before.cells.items():
        value = _at(before.record, path)
        if value is None or value == "":
            continue
        there = _path_in(path, before, fresh, sources)
        now = _at(after.record, there) if there is not None else None
        if _same(value, now):
            continue
        cell = after.cells.get(there) if there is not None else None
        if cell is not None and cell.cell.formula is not None:
            kind: Literal["restored", "recomputed", "lost"] = "recomputed"
        elif _is_issued(path, before, fresh):
            kind = "restored"
        else:
            kind = "lost"
        yield Loss(kind=kind, field=path, cell=field.cell_name, text=_shown(value), now=_shown(now))
    if after.form.id == GENERAL:
        return  # drawn anew as it was: what was not understood stands where it stood
    for each in before.not_understood:
        yield Loss(kind="lost", field="", cell=each.cell, text=each.text)


def _path_in(path: str, before: Submission, fresh: dict[int, int], sources: dict[str, int]) -> str | None:
    """The path of a field in the fresh form, ``None`` where it has no such row."""
    head, _, term = path.partition(".")
    name, _, number = head.rstrip("]").partition("[")
    if name == "indicators":
        slot = fresh.get(int(number))
        return None if slot is None else f"indicators[{slot}].{term}"
    if name == "funds":
        at = sources.get(before.record.funds[int(number)].source)
        return None if at is None else f"funds[{at}].{term}"
    return path


def _is_issued(path: str, before: Submission, fresh: dict[int, int]) -> bool:
    assignment = before.assignment
    if assignment is None:
        return False
    head, _, term = path.partition(".")
    if not term:
        return path in HEADER and bool(getattr(assignment, path))
    name, _, number = head.rstrip("]").partition("[")
    if name != "indicators" or term not in ISSUED_TERMS:
        return False
    issued = _issued_at(assignment, fresh.get(int(number), len(assignment.indicators)))
    return issued is not None and getattr(issued, term) is not None


def _at(record: SelfEvaluation, path: str | None) -> object:
    """What a record says at a path such as ``funds[0].score``; ``None`` where it ends."""
    if path is None:
        return None
    if path.startswith("sign_off."):
        term = path.partition(".")[2]
        return next((each.text for each in record.sign_off if each.term == term), None)
    found: object = record
    for part in path.split("."):
        name, _, index = part.partition("[")
        found = getattr(found, name, None)
        if index and isinstance(found, tuple):
            at = int(index[:-1])
            found = found[at] if at < len(found) else None
        if found is None:
            return None
    return found


def _same(before: object, now: object) -> bool:
    if isinstance(before, Target) and isinstance(now, Target):
        return squeeze(before.text) == squeeze(now.text) or (
            before.number is not None and replace(before, text="", places=0) == replace(now, text="", places=0)
        )
    if isinstance(before, str) and isinstance(now, str):
        return squeeze(before) == squeeze(now)
    return before == now


def _shown(value: object) -> str:
    if isinstance(value, Target):
        return value.text
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)
