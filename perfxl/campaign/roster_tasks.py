"""项目 and 指标 of the roster: rows that wait in a temporary file, and the task that a project's rows make.

Ten thousand projects would fill the memory; their rows do not have to be there at once.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import cast, overload

from ..form import Form, near
from ..number import neat, places_of, read_target
from ..record import Assignment, FundingLine, Indicator
from .plan import Label, MadeTasks, Task, Unit
from .roster import Row
from .roster_layout import ISSUED_MONEY, amount_term
from .settings import Campaign
from .spill import Spill

_OPERATORS = ("≥", "≤", "=", ">", "<", "定性")

Complain = Callable[[Row, str, str, str], None]
"""Hears what is wrong: the row, the column's term, the words in Chinese and English."""


def unheard(row: Row, term: str, zh: str, en: str) -> None:
    """For rows of which everything has been said."""


class RosterTasks(MadeTasks):
    """The tasks of a roster, each made anew when it is asked for. ``add`` and ``add_indicators`` while the roster
    is read."""

    def __init__(self, maker: TaskMaker) -> None:
        self._maker, self._spill = maker, Spill()
        self._units: list[Unit | None] = [None]
        self._number_of: dict[str, int] = {}
        self._unit_of, self._rows = array("L"), array("L")
        self._first, self._more = array("l"), dict[int, list[int]]()

    def add(self, row: Row, unit: Unit | None) -> int:
        """A row of 项目; its number."""
        if unit is not None and unit.code not in self._number_of:
            self._number_of[unit.code] = len(self._units)
            self._units.append(unit)
        self._unit_of.append(self._number_of[unit.code] if unit is not None else 0)
        self._rows.append(self._put((row,)))
        self._first.append(-1)
        return len(self._rows) - 1

    def add_indicators(self, number: int, rows: Sequence[Row]) -> None:
        """Rows of 指标 that belong to a project, behind those that were added before."""
        at = self._put(rows)
        if self._first[number] < 0:
            self._first[number] = at
        else:
            self._more.setdefault(number, []).append(at)

    def _put(self, rows: Sequence[Row]) -> int:
        plain = [(row.number, row.values) for row in rows]
        return self._spill.put(pickle.dumps(plain, pickle.HIGHEST_PROTOCOL))

    def _take(self, at: int) -> list[Row]:
        return list(map(Row._make, pickle.loads(self._spill.take(at))))

    def row(self, number: int) -> Row:
        """The row of 项目."""
        return self._take(self._rows[number])[0]

    def make(self, number: int, maker: TaskMaker) -> Task:
        """The task of that number, as ``maker`` makes it."""
        own: list[Row] = []
        for at in (self._first[number], *self._more.get(number, ())):
            own += self._take(at) if at >= 0 else ()
        unit = self._units[self._unit_of[number]]
        assignment = maker.assignment(self.row(number), unit, own)
        return Task(unit=unit.code if unit else "", assignment=assignment)

    def owner(self, number: int) -> str:
        """The code of the unit."""
        unit = self._units[self._unit_of[number]]
        return unit.code if unit else ""

    def label(self, number: int) -> Label:
        """What the task is called, from its row alone."""
        values = self.row(number).values
        return Label(self.owner(number), str(values.get("project", "")), str(values.get("project_name") or ""))

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, number: int) -> Task: ...
    @overload
    def __getitem__(self, number: slice) -> list[Task]: ...
    def __getitem__(self, number: int | slice) -> Task | list[Task]:
        if isinstance(number, slice):
            return [self.make(each, self._maker) for each in range(*number.indices(len(self)))]
        return self.make(range(len(self))[number], self._maker)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class TaskMaker:
    """Rows of the roster to assignments of a form; what is wrong with them is told."""

    def __init__(
        self, campaign: Campaign, form: Form, of_project: Complain = unheard, of_indicator: Complain = unheard
    ) -> None:
        self._campaign, self._form = campaign, form
        self._of_project, self._of_indicator = of_project, of_indicator
        self._levels = tuple(level.name for level in form.levels)

    def assignment(self, row: Row, unit: Unit | None, own: Sequence[Row]) -> Assignment:
        """What the row of 项目 and the rows of 指标 that belong to it say."""
        goal = row.values.get("expected_goal")
        if isinstance(goal, str) and len(goal) > self._form.goal_characters:
            most = self._form.goal_characters
            self._of_project(
                row, "expected_goal", f"长于 {most} 字；请缩短", f"is longer than {most} characters; shorten it"
            )
        return Assignment(
            id=str(row.values.get("project", "")),
            form=self._form.id,
            fiscal_year=self._campaign.fiscal_year,
            project_name=_text(row, "project_name"),
            supervising_department=_text(row, "supervising_department") or self._campaign.supervising_department,
            implementing_unit=unit.name if unit else None,
            funds=self._funds(row),
            expected_goal=_text(row, "expected_goal"),
            indicators=self._indicators(own),
        )

    def _funds(self, row: Row) -> tuple[FundingLine, ...]:
        found = []
        places = {column.term: column.places for column in self._form.money_columns}
        for line in self._form.fund_rows:
            amounts = {}
            for column in ISSUED_MONEY:
                term = amount_term(line.term, column)
                value = row.values.get(term)
                if not isinstance(value, Decimal):
                    continue
                amounts[column] = value
                if places_of(value) > places.get(column, 2):
                    most = places.get(column, 2)
                    self._of_project(
                        row, term,
                        f"{neat(value)} 的小数多于 {most} 位；请四舍五入",
                        f"{neat(value)} has more than {most} decimals; round it",
                    )  # fmt: skip
            if amounts:
                found.append(
                    FundingLine(
                        source=line.term,
                        initial_budget=amounts.get("initial_budget"),
                        annual_budget=amounts.get("annual_budget"),
                    )
                )
        return tuple(found)

    def _indicators(self, own: Sequence[Row]) -> tuple[Indicator, ...]:
        found = tuple(self._indicator(row) for row in own)
        weighted = [row for row in own if isinstance(row.values.get("weight"), Decimal)]
        if weighted and len(weighted) < len(own):
            for row in own:
                if row not in weighted:
                    self._of_indicator(
                        row, "weight",
                        "没有填分值，而同一项目的其他指标有；请补上，或都不填",
                        "has no weight, but others of the project have; fill it in, or leave all of them blank",
                    )  # fmt: skip
        elif weighted:
            self._weights(own)
        return found

    def _weights(self, own: Sequence[Row]) -> None:
        weights = [cast(Decimal, row.values["weight"]) for row in own]
        execution, wanted = self._form.execution_weight or Decimal(0), self._form.rules.total_weight
        total = sum(weights, execution)
        if total != wanted:
            project = own[0].values["project"]
            self._of_indicator(
                own[0], "weight",
                f"项目 {project} 的分值合计 {neat(total)}（含预算执行率 {neat(execution)}），应为 {neat(wanted)}；"
                f"请改第 {own[0].number} 至 {own[-1].number} 行",
                f"the weights of {project} add up to {neat(total)} (with {neat(execution)} of the execution rate) "
                f"and should to {neat(wanted)}; see rows {own[0].number} to {own[-1].number}",
            )  # fmt: skip

    def _indicator(self, row: Row) -> Indicator:
        levels = self._levels
        level_1, operator = _text(row, "level_1"), _text(row, "operator")
        if level_1 and levels and level_1 not in levels:
            hint = near(level_1, levels) or "、".join(levels)
            self._of_indicator(
                row, "level_1",
                f"“{level_1}”不是本表的一级指标；是不是 {hint}？",
                f"{level_1!r} is no first level of this form; did you mean {hint}?",
            )  # fmt: skip
        if operator and operator not in _OPERATORS:
            self._of_indicator(
                row, "operator",
                f"“{operator}”应为 {' '.join(_OPERATORS)} 之一",
                f"{operator!r} should be one of {' '.join(_OPERATORS)}",
            )  # fmt: skip
        unit = _text(row, "unit_of_measure")
        target = "".join(filter(None, (operator, _text(row, "target"), unit)))
        weight = row.values.get("weight")
        return Indicator(
            level_1=level_1,
            level_2=_text(row, "level_2"),
            level_3=_text(row, "level_3"),
            operator=operator,
            unit=unit,
            target=read_target(target) if target else None,
            weight=weight if isinstance(weight, Decimal) else None,
            core=_text(row, "core"),
        )


def _text(row: Row, term: str) -> str | None:
    value = row.values.get(term)
    return None if value is None else str(value)
