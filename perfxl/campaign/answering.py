"""The answer 答复 to what came back: its verdict, a corrected form where something is to be mended, a receipt for
what was accepted; one message for each unit, through the outbox.

A return is answered once for its verdict and once, as a receipt, for the officer's decision: what was
answered stands in the history, what may have been in the outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Literal, NamedTuple

from ..finding import Finding, Verdict
from ..noun import noun
from ..report import words
from ..report.correction import to_do
from .corrections import Corrections, Item, Load, State
from .decisions import Decision
from .drafting import Prepared, Problem, address_problems
from .enclosing import Issued, MismatchError
from .ledger import Ledger
from .letter import render
from .letters import Order, put_letter
from .mime import Attachment
from .outbox import GONE, MENTION, Enclosure, Outbox, Row, is_mention
from .plan import Contact, Unit
from .returned import Return
from .returns import standing_returns
from .standing import Standing, standings
from .stationery import template_path
from .trouble import CampaignError

ANSWER, FOLDER = "answer", "answers"
PROBLEMS = 8
"""So many problems of a return stand in the letter; all of them in the corrected form."""

Kind = Literal["verdict", "receipt"]


class AnswerFacts(NamedTuple):
    """What the template of an answer may use."""

    unit: Unit
    contacts: tuple[Contact, ...]
    returns: tuple[Item, ...]
    year: int
    due: object
    department: str
    sender: str
    title: str
    part: int
    parts: int


@noun
class _Due:
    """A return that is to be answered, and as what."""

    item: Item
    kind: Kind
    sha256: str
    original: str


@noun
class Answering:
    """What answers are made of."""

    ledger: Ledger
    outbox: Outbox
    order: Order
    issued: Issued
    corrections: Corrections

    def prepare(self, step: Callable[[], None] = lambda: None) -> Prepared:
        """Every answer that is due into the outbox; those that are due no more are taken back."""
        problems = {each.unit: each for each in address_problems(self.issued, self.order)}
        due = self._due()
        found = list[Row]()
        with self.outbox.writing():
            for code, every in due.items():
                step()
                unit = self.issued.plan.unit(code)
                if unit is None or code in problems:
                    continue
                try:
                    found += self._letters(unit, every)
                except MismatchError as error:
                    problems[code] = Problem(code, error.zh, error.en)
                except CampaignError as error:
                    if error.code != "HEADER_UNSAFE":
                        raise
                    problems[code] = Problem(code, error.zh, error.en)
            kept = {row.id for row in found}
            take_back(self.outbox, self._kind, kept, self.order.only)
            if self.order.again:
                found = [self.outbox.requeue(row) if row.state == "refused" else row for row in found]
        self.outbox.sweep()
        refused = [row for row in found if row.state == "refused"]
        ready = [row for row in found if row.state in ("queued", "deferred")]
        wanted = {each: problem for each, problem in problems.items() if each in due}
        return Prepared(ready, refused, list(wanted.values()), [], 0)

    @property
    def _kind(self) -> str:
        return f"trial{ANSWER}" if self.order.to_me else ANSWER

    def _due(self) -> dict[str, list[_Due]]:
        """By unit, in the order of the roster: what has not been answered as it stands now."""
        known = {each.assignment: each for each in standings(self.ledger)}
        had = self._answered()
        found: dict[str, list[_Due]] = {
            unit.code: [] for unit in self.issued.plan.units if not self.order.only or unit.code in self.order.only
        }
        labels = {label.id: label for label in self.issued.plan.labels()}
        for each in standing_returns(self.ledger):
            label, standing = labels.get(each.assignment), known[each.assignment]
            if label is None or label.unit not in found:
                continue
            one = self._one(each, standing, label.project)
            answered = (each.assignment, each.sha256, one.kind) in had
            if one.kind == "verdict":  # whoever has a receipt needs no verdict
                answered = answered or (each.assignment, each.sha256, "receipt") in had
            if not answered or self.order.to_me or self.order.again:
                found[label.unit].append(one)
        return {code: every for code, every in found.items() if every}

    def _answered(self) -> set[tuple[str, str, str]]:
        """What was answered, or may have been."""
        rows = self.ledger.database.execute("SELECT assignment, sha256, detail FROM history WHERE event = 'answered'")
        found = {(assignment, digest, detail.partition(" ")[0]) for assignment, digest, detail in rows}
        for row in self.outbox.rows(GONE):
            if row.purpose.partition("-")[0] == ANSWER:
                for each in filter(is_mention, row.enclosures):
                    found |= {(assignment, each.sha256, each.name[1:]) for assignment in each.assignments}
        return found

    def _one(self, each: Return, standing: Standing, project: str) -> _Due:
        own = [finding for finding in to_do(each.verdict) if finding.waived is None]
        lang = self.order.lang
        problems = tuple(_line(finding, lang) for finding in own[:PROBLEMS])
        decision = standing.decision
        item = Item(
            assignment=each.assignment,
            project=project or each.assignment,
            name=words.clean(each.name),
            state=_state(each.verdict, decision),
            errors=standing.errors,
            notes=standing.warnings + standing.infos,
            problems=problems,
            more=max(0, len(own) - PROBLEMS),
            reason=decision.reason if decision else "",
        )
        kind: Kind = "receipt" if decision is not None else "verdict"
        return _Due(item=item, kind=kind, sha256=each.sha256, original=each.file)

    # One unit

    def _letters(self, unit: Unit, due: list[_Due]) -> list[Row]:
        wanted: dict[tuple[str, str], list[Item]] = {}
        for each in due:
            if each.item.state in ("mend", "notes"):
                wanted.setdefault((each.original, each.sha256), []).append(each.item)
        loads = self.corrections.loads(unit, wanted)
        purpose = self._purpose(unit, due)
        parcels = self._parcels(due, loads)
        template = template_path(self.issued.folder, ANSWER, self.order.lang)
        reply_to = self._reply_to(unit, due)
        rows = []
        for part, (items, own) in enumerate(parcels, 1):
            named = {assignment: load.name for load in own for assignment in load.assignments}
            said = tuple(each.item._replace(file=named.get(each.item.assignment, "")) for each in items)
            enclosures = [
                Enclosure(load.file, sha256(load.data).hexdigest(), load.name, load.assignments) for load in own
            ]
            enclosures += [
                Enclosure(each.original, each.sha256, MENTION + each.kind, (each.item.assignment,)) for each in items
            ]
            letter = render(template, self._facts(unit, said, part, len(parcels)))
            attachments = tuple(Attachment(load.name, load.data) for load in own)
            rows.append(
                put_letter(
                    self.outbox, self.order, unit, purpose, part, letter, attachments, tuple(enclosures), reply_to
                )
            )
        return rows

    def _facts(self, unit: Unit, said: tuple[Item, ...], part: int, parts: int) -> AnswerFacts:
        plan, mailbox = self.issued.plan, self.order.mailbox
        return AnswerFacts(
            unit=unit, contacts=unit.contacts, returns=said, year=plan.fiscal_year, due=plan.due,
            department=plan.supervising_department or "", sender=mailbox.name or mailbox.address,
            title=self.order.title, part=part, parts=parts,
        )  # fmt: skip

    def _purpose(self, unit: Unit, due: list[_Due]) -> str:
        """Names what is answered, so that the same answer is the same message in every run."""
        key = "\x1f".join(sorted(f"{each.item.assignment} {each.sha256} {each.kind}" for each in due))
        named = f"{self._kind}-{sha256(key.encode()).hexdigest()[:12]}"
        number, purpose = 1, named
        while any(row.state in GONE for row in self._rows(unit, purpose)):
            number += 1
            purpose = f"{named}-{number}"
        return purpose

    def _rows(self, unit: Unit, purpose: str) -> list[Row]:
        first = self.outbox.row(unit.code, purpose, 1)
        return [first] if first is not None else []

    def _parcels(self, due: list[_Due], loads: list[Load]) -> list[tuple[list[_Due], list[Load]]]:
        """Returns and their corrected forms by messages, none above the size that the mailbox allows."""
        room, used = self.order.mailbox.size - 20_000, 0
        loaded = {assignment for load in loads for assignment in load.assignments}
        parcels: list[tuple[list[_Due], list[Load]]] = [
            ([each for each in due if each.item.assignment not in loaded], [])
        ]
        for load in loads:
            size = -(-len(load.data) // 57) * 78 + 1_000
            if size > room:
                raise MismatchError(
                    f"{load.file} 编码后超过一封邮件的上限", f"{load.file} is larger than a message may be"
                )
            if used + size > room:
                parcels.append(([], []))
                used = 0
            used += size
            parcels[-1][1].append(load)
            parcels[-1][0].extend(each for each in due if each.item.assignment in load.assignments)
        return parcels

    def _reply_to(self, unit: Unit, due: list[_Due]) -> str:
        """The Message-ID of the unit's own mail, of the newest of these returns; else of what was sent to it."""
        database = self.ledger.database
        marks = ", ".join("?" * len(due))
        found = database.execute(
            f"""SELECT message_id FROM arrival WHERE message_id <> '' AND sha256 IN ({marks})
                ORDER BY came_at DESC LIMIT 1""",
            [each.sha256 for each in due],
        ).fetchone()
        if found is not None:
            return str(found[0])
        return first_letter(self.ledger, unit)


def first_letter(ledger: Ledger, unit: Unit) -> str:
    """The Message-ID of what was sent to the unit first, so that what follows stands below it; ``""`` for none."""
    query = """SELECT message_id FROM outbox WHERE unit = ? AND state = 'sent' AND purpose LIKE 'issue%'
        ORDER BY id LIMIT 1"""
    found = ledger.database.execute(query, (unit.code,)).fetchone()
    return str(found[0]) if found else ""


def take_back(outbox: Outbox, kind: str, kept: set[int], only: tuple[str, ...]) -> None:
    """Messages of a kind that wait, and are not due any more, are not sent."""
    for row in outbox.rows(("queued", "deferred", "refused")):
        if row.purpose.partition("-")[0] == kind and row.id not in kept and (not only or row.unit in only):
            outbox.withdraw(row, "not due any more")


def _state(verdict: Verdict, decision: Decision | None) -> State:
    if decision is not None:
        return "waived" if decision.kind == "waived" else "accepted"
    states: dict[str, State] = {"fail": "mend", "notes": "notes"}
    return states.get(verdict.status, "clean")


def _line(finding: Finding, lang: str) -> str:
    place = f"{finding.cell} " if finding.cell else ""
    return place + words.clean(words.message(finding, lang), 300)
