"""Which assignment a return answers 匹配: by a stamp that the campaign's key made, else by unit and project.

A file's name is never asked.  A stamp of this campaign is believed, with what it says was issued: nobody
without the key can make one.  Only where something else was issued since is the newest workbook read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..finding import Finding, Severity, Verdict
from ..noun import noun
from ..number import squeeze
from ..stamp import is_genuine, read_stamp
from ..submission import Registered, Submission
from .ledger import Ledger
from .plan import Plan
from .register import issued_content
from .returned import Counting, Match

Names = tuple[str, str]


@noun
class Matched:
    """What a return answers: the assignment's id and its unit's code, ``""`` where nothing; and by what."""

    assignment: str = ""
    unit: str = ""
    match: Match = ""


UNMATCHED = Matched()


class Registry:
    """All that a campaign asks for, by id and by names; for ``check(issued=…)``. Goes to other processes."""

    def __init__(self, folder: Path, campaign: str, key: bytes, plan: Plan, ledger: Ledger) -> None:
        self.folder, self.campaign, self._key, self.year = folder, campaign, key, plan.fiscal_year
        self.unit_names = {unit.code: unit.name for unit in plan.units}
        self.unit_of: dict[str, str] = {}
        self.files: dict[str, tuple[str, str]] = {}
        self.renewed: set[str] = set()
        for entry in ledger.history():
            if entry.event == "issued":
                if self.files.get(entry.assignment, ("", entry.sha256))[1] != entry.sha256:
                    self.renewed.add(entry.assignment)
                self.files[entry.assignment] = (entry.file, entry.sha256)
                self.unit_of[entry.assignment] = entry.unit
        self.named: dict[Names, str] = {}
        for label in plan.labels():
            self.unit_of[label.id] = label.unit
            names = _names(label.project, self.unit_names.get(label.unit))
            self.named[names] = "" if names in self.named else label.id  # of two by one name neither
        self._codes: dict[str, str] = {}
        for unit in plan.units:
            self._codes[unit.code.casefold()] = self._codes[squeeze(unit.name)] = unit.code
        self._addresses: dict[str, set[str]] = {}
        for unit in plan.units:
            for contact in unit.contacts:
                self._addresses.setdefault(contact.address.strip().lower(), set()).add(unit.code)

    def __repr__(self) -> str:
        return f"Registry({self.campaign})"  # the key is shown nowhere

    def is_ours(self, form_read: Submission) -> bool:
        """Whether the stamp was made with this campaign's key."""
        return form_read.stamp is not None and is_genuine(form_read.stamp, self._key)

    def match(self, form_read: Submission) -> Matched:
        """The assignment that a form answers."""
        if self.is_ours(form_read):
            own, stamp = form_read.origin, read_stamp(form_read.stamp or "")
            name = own.id if own is not None else stamp.assignment if stamp else ""
            if name in self.unit_of:
                return Matched(assignment=name, unit=self.unit_of[name], match="stamp")
        record = form_read.record
        found = self.named.get(_names(record.project_name, record.implementing_unit))
        return Matched(assignment=found, unit=self.unit_of[found], match="labels") if found else UNMATCHED

    def registered(self, form_read: Submission) -> Registered | None:
        """What was issued to whoever sent the form."""
        found = self.match(form_read)
        if not found.assignment:
            return Registered(assignment=None) if self.unit_of else None
        own = form_read.origin
        if found.match == "stamp" and own is not None and found.assignment not in self.renewed:
            return Registered(assignment=own)
        return self._issued(found.assignment) or (Registered(assignment=own) if found.match == "stamp" else None)

    def with_issued(self, form_read: Submission) -> Submission:
        """The form with what was issued for it, whatever it carries itself."""
        registered = self.registered(form_read)
        return replace(form_read, assignment=registered.assignment if registered else None)

    def _issued(self, assignment: str) -> Registered | None:
        content = issued_content(self.folder, *self.files[assignment]) if assignment in self.files else None
        for each in content.assignments if content else ():
            if each.id == assignment:
                return Registered(assignment=each, version=content.version if content else None)
        return None

    def units_of(self, sender: str, hint: str) -> set[str]:
        """The units that a sender's address, or a folder's name, stands for; empty where neither says any."""
        by_sender = self._addresses.get(sender.strip().lower(), set())
        if by_sender:
            return by_sender
        for word in (hint, hint.partition("_")[0], hint.partition("_")[2]):
            code = self._codes.get(word.strip().casefold()) or self._codes.get(squeeze(word))
            if word.strip() and code:
                return {code}
        return set()

    def unit_called(self, name: str | None) -> str:
        """The code of the unit of that name, or ``""``."""
        return self._codes.get(squeeze(name or ""), "") if name else ""


def counting(
    registry: Registry, verdict: Verdict, form_read: Submission, found: Matched, senders: Iterable[set[str]]
) -> tuple[Counting, tuple[Finding, ...]]:
    """Whether a judged form counts, and what is to be said of it beyond its verdict.

    ``senders``: for each way on which it came, the units that its sender or folder stands for.
    """
    if not found.assignment:
        return "unmatched", ()
    said = list[Finding]()
    if form_read.stamp is not None and not registry.is_ours(form_read) and not _has(verdict, "W02"):
        said.append(_finding(verdict, "W02", variant="absent"))
    others = _other_units(registry, form_read, found, senders)
    if others and not _has(verdict, "W03"):
        names = "、".join(sorted(registry.unit_names.get(code, code) for code in others))
        whose = registry.unit_names.get(found.unit, found.unit)
        said.append(_finding(verdict, "W03", expected=names, actual=whose))
    wrong_year = found.match == "labels" and form_read.record.fiscal_year not in (None, registry.year)
    if others or wrong_year or any(each.rule == "W03" and each.variant != "version" for each in verdict.findings):
        return "foreign", tuple(said)
    return ("blank" if form_read.is_blank else "counts"), tuple(said)


def _other_units(registry: Registry, form_read: Submission, found: Matched, senders: Iterable[set[str]]) -> set[str]:
    """The units that the form's own header, or all who sent it, say it is from, where that is not its own."""
    header = registry.unit_called(form_read.record.implementing_unit)
    if header and header != found.unit:
        return {header}
    ways = list(senders)
    if ways and all(units and found.unit not in units for units in ways):
        return set().union(*ways)
    return set()


def _has(verdict: Verdict, rule: str) -> bool:
    return any(each.rule == rule for each in verdict.findings)


def _finding(verdict: Verdict, rule: str, *, expected: str = "", actual: str = "", variant: str = "") -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.ERROR,
        sheet=verdict.sheet or "",
        cell=None,
        field="",
        expected=expected or None,
        actual=actual or None,
        variant=variant,
    )


def _names(project: str | None, unit: str | None) -> Names:
    return squeeze(project or ""), squeeze(unit or "")
