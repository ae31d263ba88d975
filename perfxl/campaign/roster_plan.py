"""The rows of the roster to a ``Plan``, with everything that does not fit together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import groupby

from ..form import Form, near
from ..number import squeeze
from .plan import Plan, Unit
from .roster import Roster, RosterError, Row, sort_mistakes
from .roster_layout import PROJECTS, UNITS
from .roster_tasks import RosterTasks, TaskMaker
from .roster_units import UnitReader, key_of, texts
from .settings import ROSTER, Campaign


def read_plan(campaign: Campaign, form: Form, *, indicators: bool = True) -> Plan:
    """The plan that the roster of a campaign describes; its tasks wait in a temporary file. Without the
    ``indicators``, which are most of it, it is read faster, and their mistakes are not looked for.

    Raises ``RosterError`` with every mistake, ``CampaignError`` where the roster cannot be read.
    """
    path = campaign.folder / ROSTER
    tasks = RosterTasks(TaskMaker(campaign, form))
    with Roster(path, form) as roster:
        units = UnitReader(roster, allow_shared=campaign.allow_shared_addresses).read()
        _Projects(roster, units, tasks).read(indicators=indicators)
    complaining = (partial(roster.complain, roster.projects), partial(roster.complain, roster.indicators))
    strict = TaskMaker(campaign, form, *complaining)
    for number in range(len(tasks)):
        tasks.make(number, strict)
    if not len(tasks) and not roster.mistakes:
        roster.complain(roster.projects, None, "project", "没有填任何项目", "no project is filled in")
    if roster.mistakes:
        raise RosterError(path, sort_mistakes(roster.mistakes, form))
    return Plan(
        form=form.id,
        fiscal_year=campaign.fiscal_year,
        supervising_department=campaign.supervising_department,
        due=campaign.due,
        units=tuple(units.values()),
        tasks=tasks,
    )


class _Projects:
    """The rows of 项目 and 指标 on their way into ``tasks``; each project once, each indicator to its project."""

    def __init__(self, roster: Roster, units: Mapping[str, Unit], tasks: RosterTasks) -> None:
        self._roster, self._units, self._tasks = roster, units, tasks
        self._ids: dict[str, int] = {}
        self._names: dict[int, int] = {}

    def read(self, *, indicators: bool = True) -> None:
        """Read both sheets, or 项目 alone."""
        for row in self._roster.projects:
            self._project(row)
        if not indicators:
            return
        strangers: dict[str, tuple[Row, int]] = {}
        for key, rows in groupby(self._roster.indicators, _project_of):
            own = list(rows)
            number = self._ids.get(key)
            if number is not None:
                self._tasks.add_indicators(number, own)
            elif key:
                first, count = strangers.get(key, (own[0], 0))
                strangers[key] = (first, count + len(own))
        for key, (first, count) in strangers.items():
            self._stranger(key, first, count)

    def _project(self, row: Row) -> None:
        rows = self._roster.projects
        project, code, name = texts(row, "project", "unit", "project_name")
        unit = self._units.get(key_of(code)) if code else None
        if code and unit is None:
            hint = near(code, [each.code for each in self._units.values()])
            self._roster.complain(
                rows, row, "unit",
                f"“{UNITS}”里没有代码 {code}" + (f"（是不是 {hint}？）" if hint else "") + "；请补上或改正",
                f"no unit has the code {code}" + (f" (did you mean {hint}?)" if hint else "")
                + "; add the unit or mend the code",
            )  # fmt: skip
        number = self._tasks.add(row, unit)
        other = self._ids.setdefault(key_of(project), number) if project else number
        if other != number:
            first = self._tasks.row(other)
            self._roster.complain(
                rows, row, "project",
                f"项目编号 {project} 与第 {first.number} 行重复；每个项目一个编号",
                f"the project id {project} stands in row {first.number} already; each project has its own",
            )  # fmt: skip
        if code and name:
            self._doubled_name(row, code, name, number)

    def _doubled_name(self, row: Row, code: str, name: str, number: int) -> None:
        """Names are remembered by their hash alone, and looked up again where two seem equal."""
        wanted = (key_of(code), squeeze(name))
        same = self._names.setdefault(hash(wanted), number)
        if same == number:
            return
        first = self._tasks.row(same)
        other_code, other_name = texts(first, "unit", "project_name")
        if (key_of(other_code), squeeze(other_name)) == wanted:
            self._roster.complain(
                self._roster.projects, row, "project_name",
                f"单位 {code} 的项目“{name}”与第 {first.number} 行重复；请删去一行，或把名称写得不同",
                f"the unit {code} has a project {name!r} in row {first.number} already; delete one or tell them apart",
            )  # fmt: skip

    def _stranger(self, key: str, first: Row, count: int) -> None:
        """Indicators of a project that is not there; said once a project."""
        project = str(first.values["project"])
        hint = near(key, self._ids)
        self._roster.complain(
            self._roster.indicators, first, "project",
            f"“{PROJECTS}”里没有编号 {project}" + (f"（是不是 {hint.upper()}？）" if hint else "")
            + f"；这个编号的指标共 {count} 行",
            f"no project has the id {project}" + (f" (did you mean {hint.upper()}?)" if hint else "")
            + f"; {count} row(s) have it",
        )  # fmt: skip


def _project_of(row: Row) -> str:
    return key_of(str(row.values.get("project") or ""))
