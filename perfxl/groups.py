"""Groups of forms of a batch 跨表核验的对象: what the rules over a batch are called with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from .finding import Place
from .noun import noun

if TYPE_CHECKING:
    from sqlite3 import Connection


class Places:
    """Places that are read from the batch's file as they are walked through."""

    def __init__(self, database: Connection, select: str, values: Sequence[object]) -> None:
        self._database, self._select, self._values = database, select, values

    def __iter__(self) -> Iterator[Place]:
        for file, sheet, cell in self._database.execute(self._select, self._values):
            yield Place(file=file, sheet=sheet, cell=cell)

    def __len__(self) -> int:
        counted = self._database.execute(f"SELECT count(*) FROM ({self._select})", self._values)
        return int(counted.fetchone()[0])

    def __contains__(self, place: object) -> bool:
        return any(place == each for each in self)


@noun
class Returns:
    """Several forms of one unit, project and year; ``versions`` counts different contents."""

    unit: str
    project: str
    year: int | None
    forms: int
    versions: int
    places: Places


@noun
class UnitForms:
    """The forms of a unit, or of a department with several units, in one year.

    ``full_rates`` of ``rates`` spent exactly the annual budget; ``totals`` is how many state a total,
    ``full_totals`` how many the full one, ``variance`` that of the totals.
    """

    name: str
    is_department: bool
    year: int | None
    rates: int
    full_rates: int
    totals: int
    full_totals: int
    variance: Decimal
    rate_places: Places
    total_places: Places


@noun
class Copies:
    """Forms of different projects with the same text of results.

    ``whole``: actual values and scores are the same too; else at least ``share`` of the shorter text
    stands in the other.
    """

    whole: bool
    forms: int
    share: Decimal
    places: Places


@noun
class Summary:
    """A department's form of a project and those of its units: one money column, in 元."""

    department: str
    project: str
    column: str
    stated: Decimal
    total: Decimal
    units: int
    wan: bool
    places: Places


@noun
class Thing:
    """A thing that the forms of one owner count differently: each number, and the first project with it."""

    owner: str
    name: str
    numbers: tuple[tuple[int, str], ...]
    places: Places


@noun
class ClaimMet:
    """What one form says was spent by a date, and what the form of that project reports for the year, in 元."""

    project: str
    quote: str
    month: int
    day: int
    amount: Decimal
    executed: Decimal
    places: tuple[Place, ...]


@noun
class Register:
    """What was issued 下发 and has not come back; forms that were never issued."""

    issued: int
    returned: int
    missing: tuple[str, ...]
    strangers: int
    places: Places


@noun
class YearAfter:
    """A figure of one year beside that of the year before: the target of a row, or the money carried over."""

    project: str
    name: str
    year: int
    now: Decimal
    before: Decimal
    carried: bool
    places: tuple[Place, ...]
