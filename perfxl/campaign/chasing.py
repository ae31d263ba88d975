"""催报: a reminder to each unit of what it has not returned, before the due date and after it, once a round.

A round has a name, by default the day; one that was broken off is carried on until it is through.
Whoever has returned, or owes nothing any more, is never written to.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..noun import noun
from ..rejection import REJECTIONS
from ..report.words import clean
from .answering import first_letter, take_back
from .drafting import Prepared, Problem, address_problems
from .enclosing import Issued
from .ledger import Ledger
from .letter import render
from .letters import Order, put_letter
from .outbox import GONE, MENTION, Enclosure, Outbox, Row
from .overview import Line, overview
from .plan import Contact, Unit
from .stationery import template_path
from .trouble import CampaignError

CHASE, FEW = "chase", 5
"""The purpose of a reminder; so many files that could not be read stand in one."""
_ROUND = re.compile(r"[A-Za-z0-9]{1,20}")


class Missing(NamedTuple):
    """A project in a reminder: its name, and whether a form came that was not filled in, or was another's."""

    assignment: str
    project: str
    blank: bool
    foreign: bool


class Unreadable(NamedTuple):
    """A file that the unit sent and that could not be judged: its name, why, and what to do."""

    name: str
    why: str
    remedy: str


class ChaseFacts(NamedTuple):
    """What the template of a reminder may use. ``days``: to the due date, below 0 behind it; ``None`` without one."""

    unit: Unit
    contacts: tuple[Contact, ...]
    projects: tuple[Missing, ...]
    unreadable: tuple[Unreadable, ...]
    year: int
    due: datetime.date | None
    days: int | None
    department: str
    sender: str
    title: str


@noun
class Chasing:
    """What reminders are made of."""

    ledger: Ledger
    outbox: Outbox
    order: Order
    issued: Issued
    today: datetime.date
    round: str = ""

    def missing(self) -> dict[str, list[Line]]:
        """By unit, in the order of the roster, what was generated and has not come back."""
        found: dict[str, list[Line]] = {}
        for line in overview(self.ledger, self.issued.plan, self.today, units=self.order.only):
            if line.place == "missing" and line.listed and line.standing.issued_at:
                found.setdefault(line.unit, []).append(line)
        return found

    def prepare(self, step: Callable[[], None] = lambda: None) -> Prepared:
        """Every reminder of this round into the outbox; those that are due no more are taken back."""
        problems = {each.unit: each for each in address_problems(self.issued, self.order)}
        due, purpose, done = self.missing(), self.purpose(), 0
        found = list[Row]()
        with self.outbox.writing():
            for code, lines in due.items():
                step()
                unit = self.issued.plan.unit(code)
                if unit is None or code in problems:
                    continue
                old = self.outbox.row(code, purpose, 1)
                if old is not None and old.state in GONE:
                    done += 1
                    continue
                try:
                    found.append(self._letter(unit, purpose, lines))
                except CampaignError as error:
                    if error.code != "HEADER_UNSAFE":
                        raise
                    problems[code] = Problem(code, error.zh, error.en)
            take_back(self.outbox, self._kind, {row.id for row in found}, self.order.only)
            if self.order.again:
                found = [self.outbox.requeue(row) if row.state == "refused" else row for row in found]
        self.outbox.sweep()
        refused = [row for row in found if row.state == "refused"]
        ready = [row for row in found if row.state in ("queued", "deferred")]
        wanted = {each: problem for each, problem in problems.items() if each in due}
        return Prepared(ready, refused, list(wanted.values()), [], done)

    @property
    def _kind(self) -> str:
        return f"trial{CHASE}" if self.order.to_me else CHASE

    def purpose(self) -> str:
        """That of this round: the one named, else the one that is not through yet, else today's."""
        if self.round and not _ROUND.fullmatch(self.round):
            raise CampaignError(
                "BAD_ROUND",
                "--round 用英文字母和数字，至多 20 个。",
                "--round takes letters and digits, 20 at most.",
                2,
            )
        if self.order.to_me:
            number = sum(1 for row in self.outbox.rows(GONE) if row.purpose.startswith(self._kind)) + 1
            return f"{self._kind}-{number}"
        if self.round:
            return f"{CHASE}-{self.round}"
        return self._unfinished() or f"{CHASE}-{self.today:%Y%m%d}"

    def _unfinished(self) -> str | None:
        """The newest round of which something was sent and something still waits."""
        rows = [row for row in self.outbox.rows() if row.purpose.partition("-")[0] == CHASE]
        begun = {row.purpose for row in rows if row.state in GONE}
        waiting = [row for row in rows if row.state in ("queued", "deferred") and row.purpose in begun]
        return waiting[-1].purpose if waiting else None

    def _letter(self, unit: Unit, purpose: str, lines: Sequence[Line]) -> Row:
        plan, mailbox = self.issued.plan, self.order.mailbox
        entries = self.issued.entries
        enclosures = tuple(
            Enclosure(
                entries[line.assignment].file, entries[line.assignment].sha256, f"{MENTION}{CHASE}", (line.assignment,)
            )
            for line in lines
        )
        facts = ChaseFacts(
            unit=unit,
            contacts=unit.contacts,
            projects=tuple(
                Missing(line.assignment, line.project, line.stray == "blank", line.stray == "foreign") for line in lines
            ),
            unreadable=self._unreadable(unit),
            year=plan.fiscal_year,
            due=plan.due,
            days=(plan.due - self.today).days if plan.due else None,
            department=plan.supervising_department or "",
            sender=mailbox.name or mailbox.address,
            title=self.order.title,
        )
        letter = render(template_path(self.issued.folder, CHASE, self.order.lang), facts)
        return put_letter(
            self.outbox, self.order, unit, purpose, 1, letter, (), enclosures, first_letter(self.ledger, unit)
        )

    def _unreadable(self, unit: Unit) -> tuple[Unreadable, ...]:
        """What came from the unit's addresses, with or after its newest return, and could not be judged."""
        addresses = [contact.address.strip().lower() for contact in unit.contacts]
        marks = ", ".join("?" * len(addresses))
        rows = self.ledger.database.execute(
            f"""SELECT DISTINCT a.name, j.code FROM judged j JOIN arrival a ON a.sha256 = j.sha256
                WHERE j.standing = 'rejected' AND a.sender IN ({marks}) AND a.came_at >= (
                  SELECT coalesce(max(came_at), '') FROM judged WHERE standing = 'counts' AND unit = ?)
                ORDER BY a.came_at DESC LIMIT {FEW}""",
            [*addresses, unit.code],
        )
        zh = self.order.lang == "zh"
        found = list[Unreadable]()
        for name, code in rows:
            words = REJECTIONS.get(code)
            if words is not None:
                why, remedy = (words.zh, words.remedy_zh) if zh else (words.en, words.remedy_en)
                found.append(Unreadable(clean(name, 200), why, remedy))
        return tuple(found)
