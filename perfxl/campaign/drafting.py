"""Plan and ledger to messages in the outbox: one for each unit, several where the size asks for it.

What was sent stays sent: a later run writes only what a unit has not had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .address import BadAddressError, checked, control, shared
from .enclosing import Issued, MismatchError, attachment_names
from .ledger import Entry
from .letter import Facts, Project, render
from .letters import Order, contacts_of, put_letter
from .mime import Attachment
from .outbox import GONE, Enclosure, Outbox, Row
from .plan import Unit
from .stationery import template_path
from .trouble import CampaignError

ISSUE, TRIAL = "issue", "trial"


class Problem(NamedTuple):
    """Why a unit gets no message now."""

    unit: str
    zh: str
    en: str


class Prepared(NamedTuple):
    """What may be sent; messages that a server refused and that are still the same; what stands in the
    way; units whose workbooks changed since they were sent; how many units have had everything."""

    rows: list[Row]
    refused: list[Row]
    problems: list[Problem]
    changed: list[str]
    complete: int


class _Load(NamedTuple):
    """A workbook that goes into a message."""

    file: str
    entries: list[Entry]
    data: bytes
    name: str


def prepare(issued: Issued, outbox: Outbox, order: Order, step: Callable[[], None] = lambda: None) -> Prepared:
    """Write every message that is due into the outbox; take back those that are due no more. ``step`` is
    called for each unit that is done."""
    return _Preparation(issued, outbox, order, step).run()


class _Preparation:
    def __init__(self, issued: Issued, outbox: Outbox, order: Order, step: Callable[[], None]) -> None:
        self.issued, self.outbox, self.order, self.step = issued, outbox, order, step
        self.template = template_path(issued.folder, ISSUE, order.lang)
        self.kind = TRIAL if order.to_me else ISSUE
        self.of_unit: dict[str, list[Row]] = {}
        for row in outbox.rows():
            if row.purpose.partition("-")[0] == self.kind:
                self.of_unit.setdefault(row.unit, []).append(row)
        self.trial = 1 + max(
            (_round(row.purpose) for rows in self.of_unit.values() for row in rows if row.state in GONE), default=0
        )
        self.changed: list[str] = []
        self.complete = 0

    def run(self) -> Prepared:
        """All of it in one commit."""
        with self.outbox.writing():
            prepared = self._prepare()
        self.outbox.sweep()
        return prepared

    def _prepare(self) -> Prepared:
        problems = {problem.unit: problem for problem in address_problems(self.issued, self.order)}
        found = list[Row]()
        for unit in self.units():
            self.step()
            if unit.code in problems:
                continue
            try:
                found += self.messages(unit)
            except CampaignError as error:
                if error.code != "HEADER_UNSAFE":
                    raise
                problems[unit.code] = Problem(unit.code, error.zh, error.en)
            except MismatchError as error:
                problems[unit.code] = Problem(unit.code, error.zh, error.en)
        self.take_back({row.id for row in found})
        if self.order.again:
            found = [self.outbox.requeue(row) if row.state == "refused" else row for row in found]
        refused = [row for row in found if row.state == "refused"]
        found = [row for row in found if row.state in ("queued", "deferred")]
        return Prepared(found, refused, list(problems.values()), self.changed, self.complete)

    def units(self) -> list[Unit]:
        only = set(self.order.only)
        unknown = only - {unit.code for unit in self.issued.plan.units}
        if unknown:
            words = "、".join(sorted(unknown))
            raise CampaignError("UNKNOWN_UNIT", f"花名册里没有 {words}。", f"not in the roster: {words}", 2)
        return [unit for unit in self.issued.plan.units if not only or unit.code in only]

    def messages(self, unit: Unit) -> list[Row]:
        """The messages due to a unit, in the outbox."""
        rows = self.of_unit.get(unit.code, [])
        gone = [row for row in rows if row.state in GONE and not self.order.to_me]
        had = {each: enclosure.sha256 for row in gone for enclosure in row.enclosures for each in enclosure.assignments}
        files = self.issued.files_of(unit)
        kept = [row for row in rows if gone and self._unfinished(row, gone, unit, files)]
        waiting = {enclosure.file for row in kept for enclosure in row.enclosures}
        due = {
            file: entries for file, entries in files.items() if file not in waiting and self._due(unit, entries, had)
        }
        if not files or not (due or kept):
            self.complete += bool(files)
            return []
        purpose = self._purpose(gone)
        return kept + self._written(unit, purpose, due, files)

    def _unfinished(self, row: Row, gone: list[Row], unit: Unit, files: Mapping[str, list[Entry]]) -> bool:
        """A message of a round that has partly gone keeps its place, if nothing about it changed."""
        if row.state in GONE or row.state == "withdrawn" or row.purpose not in {each.purpose for each in gone}:
            return False
        fits = all(
            enclosure.file in files and all(entry.sha256 == enclosure.sha256 for entry in files[enclosure.file])
            for enclosure in row.enclosures
        )
        return fits and row.recipients == tuple(contact.address for contact in contacts_of(self.order, unit))

    def _due(self, unit: Unit, entries: list[Entry], had: Mapping[str, str]) -> bool:
        news = [entry for entry in entries if entry.assignment not in had]
        changed = [entry for entry in entries if had.get(entry.assignment, entry.sha256) != entry.sha256]
        if changed and not news and not self.order.again:
            if unit.code not in self.changed:
                self.changed.append(unit.code)
            return False
        return bool(news or changed)

    def _purpose(self, gone: list[Row]) -> str:
        number = self.trial if self.order.to_me else 1 + max((_round(row.purpose) for row in gone), default=0)
        return self.kind if number == 1 else f"{self.kind}-{number}"

    def _written(
        self, unit: Unit, purpose: str, due: Mapping[str, list[Entry]], files: Mapping[str, list[Entry]]
    ) -> list[Row]:
        names = attachment_names(self.issued.plan, unit, files, chinese=self.order.mailbox.chinese_names)
        loads = [
            _Load(file, entries, self.issued.open_file(unit, file, entries), names[file])
            for file, entries in due.items()
        ]
        parcels = self._parcels(loads)
        return [self._put(unit, purpose, parcel, part, len(parcels)) for part, parcel in enumerate(parcels, 1)]

    def _parcels(self, loads: list[_Load]) -> list[list[_Load]]:
        """Workbooks by messages, in order, none above the size that the mailbox allows."""
        room = self.order.mailbox.size - 20_000
        parcels, used = list[list[_Load]](), 0
        for load in loads:
            size = -(-len(load.data) // 57) * 78 + 1_000
            if size > room:
                raise MismatchError(
                    f"{load.file} 编码后超过一封邮件的上限（{room // 1000} KB）",
                    f"{load.file} is larger when encoded than a message may be ({room // 1000} kB)",
                )
            if not parcels or used + size > room:
                parcels.append([])
                used = 0
            parcels[-1].append(load)
            used += size
        return parcels

    def _put(self, unit: Unit, purpose: str, parcel: list[_Load], part: int, parts: int) -> Row:
        """One message into the outbox."""
        enclosures = tuple(
            Enclosure(each.file, each.entries[0].sha256, each.name, tuple(one.assignment for one in each.entries))
            for each in parcel
        )
        letter = render(self.template, self._facts(unit, parcel, part, parts))
        attachments = tuple(Attachment(load.name, load.data) for load in parcel)
        return put_letter(self.outbox, self.order, unit, purpose, part, letter, attachments, enclosures)

    def _facts(self, unit: Unit, parcel: list[_Load], part: int, parts: int) -> Facts:
        plan, mailbox = self.issued.plan, self.order.mailbox
        projects = {task.assignment.id: task.assignment.project_name or "" for task in plan.tasks_of(unit.code)}
        return Facts(
            unit=unit,
            contacts=unit.contacts,
            projects=tuple(
                Project(projects[entry.assignment] or load.name, load.name) for load in parcel for entry in load.entries
            ),
            year=plan.fiscal_year,
            due=plan.due,
            department=plan.supervising_department or "",
            sender=mailbox.name or mailbox.address,
            title=self.order.title,
            part=part,
            parts=parts,
        )

    def take_back(self, due: set[int]) -> None:
        """Messages that wait, and are not due any more, are not sent."""
        for code, rows in self.of_unit.items():
            if self.order.only and code not in self.order.only:
                continue
            for row in rows:
                if row.state in ("queued", "deferred", "refused") and row.id not in due:
                    self.outbox.withdraw(row, "not due any more")


def _round(purpose: str) -> int:
    number = purpose.partition("-")[2]
    return int(number) if number.isdigit() else 1


def address_problems(issued: Issued, order: Order) -> list[Problem]:
    """Units whose addresses cannot be written to, or are another unit's too."""
    found, good = list[Problem](), dict[str, list[str]]()
    for unit in issued.plan.units:
        if not issued.plan.tasks_of(unit.code):
            continue
        why = _unit_problem(unit, order)
        if why is not None:
            found.append(Problem(unit.code, *why))
        else:
            good[unit.code] = [checked(contact.address) for contact in unit.contacts]
    if not order.shared:
        for address, units in shared(good).items():
            others = "、".join(units)
            found += [
                Problem(
                    unit,
                    f"{address} 同时是 {others} 的地址；确实共用时加 --allow-shared",
                    f"{address} is the address of {', '.join(units)}; pass --allow-shared where that is meant",
                )
                for unit in units
            ]
    only = set(order.only)
    return [problem for problem in found if not only or problem.unit in only]


def _unit_problem(unit: Unit, order: Order) -> tuple[str, str] | None:
    if control(unit.name) or control(unit.code) or any(control(contact.name) for contact in unit.contacts):
        return "名称里有换行或控制字符", "a name holds a line end or control character"
    if not unit.contacts:
        return "没有联系人地址", "has no address"
    for contact in unit.contacts:
        try:
            address = checked(contact.address)
        except BadAddressError as error:
            shown = contact.address.encode("utf-8", "backslashreplace").decode()
            return f"地址 {shown!r} {error.zh}", f"address {shown!r} {error.en}"
        domain = address.rpartition("@")[2].lower()
        if order.mailbox.domains and domain not in order.mailbox.domains:
            return f"{address} 不在允许的域名之内", f"{address} is not in an allowed domain"
    return None
