"""Adding up 合计, and adding up again on another way 复核.

The first way goes over the lines of the 汇总, from the records as they were read; the second over the
digests that were kept of the returns, which count in 元, added up by SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Context, Decimal

from ...form import Form
from ...noun import noun
from .counting import Project, Unit, budget_of, converted, rate_of
from .season import Again, Season

_USUAL = Context(prec=28)
FIGURES = ("initial", "annual", "executed", "total")


@noun
class Sum:
    """What some projects come to. Amounts are ``None`` where none of them states one; ``total`` adds up the
    total scores of ``scored`` projects; ``issued``, ``returned`` and ``counted`` count projects."""

    name: str
    unit: str = ""
    department: str = ""
    issued: int = 0
    returned: int = 0
    counted: int = 0
    scored: int = 0
    initial: Decimal | None = None
    annual: Decimal | None = None
    executed: Decimal | None = None
    total: Decimal | None = None
    blank: int = 0

    def average(self) -> Decimal | None:
        """平均总分, not rounded."""
        return None if self.total is None or not self.scored else _USUAL.divide(self.total, Decimal(self.scored))

    def rate(self, form: Form) -> Decimal | None:
        """执行率 of all of them."""
        return rate_of(self.executed, self.initial if form.denominator == "initial_budget" else self.annual)


@noun
class Difference:
    """Two ways that do not come to the same 复核不符: of which unit, which figure, both sums."""

    name: str
    figure: str
    first: Decimal
    second: Decimal


def sum_of(name: str, projects: Iterable[Project], form: Form) -> Sum:
    """The sum of some projects."""
    issued = returned = counted = scored = blank = 0
    sums: dict[str, Decimal] = {}
    first: Project | None = None
    for each in projects:
        first = first or each
        issued += 1
        returned += each.status is not None
        if not each.counts:
            continue
        counted += 1
        scored += each.total is not None
        blank += each.executed is None or budget_of(each, form) is None
        for figure in FIGURES:
            value = getattr(each, figure)
            if value is not None:
                sums[figure] = sums.get(figure, Decimal(0)) + value
    return Sum(
        name=name,
        unit=first.unit if first else "",
        department=first.department if first else "",
        issued=issued,
        returned=returned,
        counted=counted,
        scored=scored,
        blank=blank,
        **sums,
    )


def sums_by(season: Season, key: Callable[[Project], tuple[str, str]]) -> list[Sum]:
    """The sums of groups of projects, in the order of the lines; ``key`` gives what tells them apart, and the name."""
    groups: dict[str, tuple[str, list[Project]]] = {}
    for each in season.projects:
        own, name = key(each)
        groups.setdefault(own, (name, []))[1].append(each)
    return [sum_of(name, members, season.form) for name, members in groups.values()]


def by_unit(season: Season) -> list[Sum]:
    """分单位合计; a unit under two departments stands under the first."""
    return sums_by(season, lambda each: (each.unit, each.unit_name))


def by_department(season: Season) -> list[Sum]:
    """分部门合计."""
    return sums_by(season, lambda each: (each.department, each.department))


def recheck(season: Season, wanted: Unit) -> list[Difference]:
    """Where the digests come to something else: unit by unit, department by department."""
    return [
        *_compared(by_unit(season), season.again("unit"), lambda each: each.unit, wanted),
        *_compared(by_department(season), season.again("department"), lambda each: each.department, wanted),
    ]


def _compared(
    sums: Iterable[Sum], again: Iterable[Again], key: Callable[[Sum], str], wanted: Unit
) -> Iterator[Difference]:
    second = {each.name: each for each in again}
    zero = Decimal(0)
    none = Again("", zero, zero, zero, zero, 0)
    for each in sums:
        other = second.pop(key(each), none)
        for figure in FIGURES:
            one, two = getattr(each, figure) or Decimal(0), getattr(other, figure)
            if figure != "total":
                two = converted(two, "元", wanted)
            if one != two:
                yield Difference(name=each.name, figure=figure, first=one, second=two)
    for name, left in second.items():  # of a unit that is on no line
        yield Difference(name=name, figure="counted", first=Decimal(0), second=Decimal(left.forms))
