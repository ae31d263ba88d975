"""进度表: for each assignment of the roster who has returned it, who not, since when, with what verdict."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, timedelta, timezone
from typing import Literal

from ..noun import noun
from .ledger import Ledger
from .plan import Plan
from .returned import Counting
from .returns import knows_returns
from .standing import Standing, standings

CHINA = timezone(timedelta(hours=8))

Place = Literal["missing", "to_mend", "to_accept", "accepted", "waived", "nothing_to_report"]
"""未收回 待更正 待通过 已通过 已豁免 零报告."""
PLACES: tuple[Place, ...] = ("missing", "to_mend", "to_accept", "accepted", "waived", "nothing_to_report")

PLACE_WORDS: dict[Place, tuple[str, str]] = {
    "missing": ("未收回", "missing"),
    "to_mend": ("待更正", "to be mended"),
    "to_accept": ("待通过", "to be accepted"),
    "accepted": ("已通过", "accepted"),
    "waived": ("已豁免", "waived"),
    "nothing_to_report": ("零报告", "nothing to report"),
}


@noun
class Line:
    """One assignment in the table. ``days_late`` counts days over the due date, of a missing one until today, of a
    return until it came; negative before it; ``None`` where there is no due date or nothing is owed.  ``stray``
    says what came for a missing one and does not count.  ``listed`` is false where the roster no longer has it."""

    assignment: str
    project: str
    unit: str
    unit_name: str
    place: Place
    standing: Standing
    days_late: int | None = None
    stray: Counting | None = None
    listed: bool = True

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is expected."""
        return self.place in ("accepted", "waived", "nothing_to_report")


class Totals:
    """Counts over the lines, kept while they go by."""

    def __init__(self) -> None:
        self.places = Counter[Place]()
        self.late = self.returned = 0
        self.units: dict[str, list[int]] = {}

    def counted(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines, counted on their way."""
        for line in lines:
            if line.listed:
                self._count(line)
            yield line

    def _count(self, line: Line) -> None:
        self.places[line.place] += 1
        self.late += line.place == "missing" and (line.days_late or 0) > 0
        came = line.place != "missing"
        self.returned += line.standing.status is not None
        unit = self.units.setdefault(line.unit, [0, 0])
        unit[0] += 1
        unit[1] += came

    @property
    def asked(self) -> int:
        """How many were asked for."""
        return sum(self.places.values())

    @property
    def units_complete(self) -> int:
        """How many units owe nothing more than an answer."""
        return sum(1 for asked, came in self.units.values() if asked == came)


def overview(ledger: Ledger, plan: Plan, today: datetime.date, *, units: Iterable[str] = ()) -> Iterator[Line]:
    """The lines in the order of the roster (of these units alone, where any are given), then those that it has
    no longer."""
    only = set(units)
    known = {each.assignment: each for each in standings(ledger)}
    stray = _stray(ledger)
    names = {unit.code: unit.name for unit in plan.units}
    for label in plan.labels():
        standing = known.pop(label.id, None) or Standing(assignment=label.id, unit=label.unit)
        if only and label.unit not in only:
            continue
        place = _place(standing)
        yield Line(
            assignment=label.id,
            project=label.project,
            unit=label.unit,
            unit_name=names.get(label.unit, ""),
            place=place,
            standing=standing,
            days_late=_days_late(standing, place, plan.due, today),
            stray=stray.get(label.id) if place == "missing" else None,
        )
    for standing in known.values():
        if not only or standing.unit in only:
            yield Line(
                assignment=standing.assignment, project="", unit=standing.unit,
                unit_name=names.get(standing.unit, ""), place=_place(standing), standing=standing, listed=False,
            )  # fmt: skip


def _place(standing: Standing) -> Place:
    if standing.decision is not None:
        return standing.decision.kind
    if standing.status is None:
        return "missing"
    return "to_mend" if standing.status == "fail" else "to_accept"


def _days_late(standing: Standing, place: Place, due: datetime.date | None, today: datetime.date) -> int | None:
    if due is None or place in ("waived", "nothing_to_report"):
        return None
    if place == "missing":
        return (today - due).days
    day = local_day(standing.returned_at)
    return (day - due).days if day else None


def local_day(at: str) -> datetime.date | None:
    """The day in China of a moment as the ledger writes it."""
    if not at:
        return None
    return datetime.datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(CHINA).date()


def local_moment(at: str) -> str:
    """The moment in China, to the minute, of one as the ledger writes it: ``2026-11-26 02:05``."""
    there = datetime.datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(CHINA)
    return there.strftime("%Y-%m-%d %H:%M")


def _stray(ledger: Ledger) -> dict[str, Counting]:
    """What came for an assignment and does not count: the newest of it."""
    if not knows_returns(ledger):
        return {}
    query = """SELECT assignment, standing FROM judged WHERE assignment <> '' AND standing <> 'counts'
        ORDER BY came_at, first"""
    return dict(ledger.database.execute(query))
