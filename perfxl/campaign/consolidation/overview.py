"""The sheet 汇总: a line for each project, and above them what they come to; and the sheets 按单位, 按部门.

What is added up is added up by live formulas, in functions that Excel 2007, WPS and LibreOffice know.
Groups are told apart by a number of their own, for a name may read as a condition (``>0``, ``*``).
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from decimal import Decimal
from pathlib import PurePosixPath

from ...noun import noun
from ...report.lines import STATUSES
from ...sheet import Area, Cell, Line, Mark, Sheet, a1
from .counting import Project, Terms, budget_of, rate_of
from .page import MOST_LINKS, Column, Content, Layout, formula, listed, row
from .season import Season
from .sums import Sum, by_department, by_unit, sum_of
from .words import happened

SHEETS = {
    "projects": ("汇总", "Projects"),
    "units": ("按单位", "By unit"),
    "departments": ("按部门", "By department"),
    "charts": ("图表", "Charts"),
    "left_out": ("未计入", "Not counted"),
    "rules": ("问题统计", "Faults by rule"),
    "findings": ("问题清单", "Findings"),
    "about": ("说明", "About"),
}
MONEY_FORMAT = {"元": "#,##0.00", "万元": "#,##0.00####"}
_SHADES = {
    "pass": "sum_good",
    "notes": "sum_open",
    "fail": "sum_bad",
    "rejected": "sum_bad",
    "internal_error": "sum_bad",
}


@noun
class Frame:
    """What all sheets are made with: the season, the terms, the language (0 Chinese, 1 English), the headings of
    the campaign, and the way from the workbook's folder to that of the campaign (``None``: no links)."""

    season: Season
    terms: Terms
    at: int
    title: str
    about: tuple[str, ...]
    way: str | None
    levels: tuple[str, ...]

    def say(self, zh: str, en: str) -> str:
        """The one of both."""
        return en if self.at else zh

    def name(self, sheet: str) -> str:
        """The name of a sheet."""
        return SHEETS[sheet][self.at]

    @property
    def money(self) -> str:
        """The number format of amounts."""
        return MONEY_FORMAT[self.terms.unit]

    def link(self, file: str, sheet: str = "", cell: str = "") -> str | None:
        """From the workbook to a file of the campaign and a cell in it."""
        if self.way is None or not file or any(sign in file for sign in '\\:|?*"<>%#'):
            return None
        path = str(PurePosixPath(self.way, file)) if self.way not in ("", ".") else file
        where = "#'" + sheet.replace("'", "''") + "'!" + cell if sheet and cell else ""
        return path + where if len(path) < 200 and len(where) < 200 and "#" not in path else None


def levels_of(season: Season) -> tuple[str, ...]:
    """一级指标 of all forms, those of the campaign's own form first, in its order."""
    found = dict.fromkeys(level.name for level in season.form.levels)
    met = dict.fromkeys(group.name for each in season.counted for group in each.groups)
    return tuple(name for name in (*(name for name in found if name in met), *(n for n in met if n not in found)))[:12]


def way_between(campaign: str, workbook: str) -> str | None:
    """The way from the folder of the workbook to that of the campaign, with slashes; ``None`` between drives."""
    try:
        return os.path.relpath(campaign, os.path.dirname(os.path.abspath(workbook)) or ".").replace(os.sep, "/")
    except ValueError:
        return None


# ---- 汇总 ---------------------------------------------------------------------------------------


def columns_of(frame: Frame) -> tuple[Column, ...]:
    """The columns of the sheet 汇总."""
    unit, money = frame.terms.unit, frame.money
    return (
        Column("序号", "No.", 5, "code"),
        Column("主管部门", "Department", 17, "text"),
        Column("实施单位", "Unit", 22, "text"),
        Column("项目编号", "Id", 9, "code"),
        Column("项目名称", "Project", 30, "text"),
        Column(f"年初预算数\n（{unit}）", f"Initial budget\n({unit})", 16, money),
        Column(f"全年预算数\n（{unit}）", f"Annual budget\n({unit})", 16, money),
        Column(f"全年执行数\n（{unit}）", f"Executed\n({unit})", 16, money),
        Column("执行率", "Rate", 8, "rate"),
        Column("执行率得分", "Execution score", 8, "points"),
        *(Column(f"{name or '指标'}得分", f"{name or 'Indicators'} score", 8, "points") for name in frame.levels),
        Column("总分", "Total score", 8, "points"),
        Column("指标得分率", "Indicator result", 9, "rate"),
        Column("评级", "Grade", 6, "code"),
        Column("核验结论", "Verdict", 8, "code"),
        Column("错误", "Errors", 6, "count"),
        Column("提醒", "Warnings", 9, "count"),
        Column("计入", "Counted", 7, "code"),
        Column("情况", "What happened", 22, "text"),
        Column("收回的表", "Return", 18, "text"),
        Column("单位号", "unit", 5, "count", key=True),
        Column("部门号", "dept.", 5, "count", key=True),
    )


class Places:
    """Where things stand on the sheet 汇总: columns by name, and the cells of a column."""

    def __init__(self, frame: Frame) -> None:
        self.layout = Layout(columns=columns_of(frame), above=4, total=True)
        self.count, self.sheet = len(frame.season.projects), frame.name("projects")
        groups = 10 + len(frame.levels)
        self.initial, self.annual, self.executed, self.rate, self.score = 6, 7, 8, 9, 10
        self.total, self.result, self.grade, self.status = groups + 1, groups + 2, groups + 3, groups + 4
        self.counted, self.link = groups + 7, groups + 9
        self.unit, self.department = groups + 10, groups + 11
        self.budget = self.initial if frame.season.form.denominator == "initial_budget" else self.annual

    def cells(self, column: int, *, here: bool = False) -> str:
        """The cells of a column, for a formula on this sheet or another."""
        return self.layout.range(column, self.count, "" if here else self.sheet)


def projects_sheet(frame: Frame) -> Sheet:
    """The sheet 汇总."""
    places = Places(frame)
    layout, season = places.layout, frame.season
    units = {each.unit: at for at, each in enumerate(by_unit(season), 1)}
    departments = {each.department: at for at, each in enumerate(by_department(season), 1)}

    def rows() -> Iterator[Line]:
        for at, each in enumerate(season.projects):
            yield _project_row(frame, places, each, layout.first + at, units[each.unit], departments[each.department])

    yes, first, last = frame.say("是", "yes"), layout.first, layout.head + max(places.count, 1)
    total, stated = a1(first, places.total), f"${a1(first, places.score)}:${a1(first, places.total - 1)}"
    wrong = Mark(
        area=Area(first, places.total, last, places.total),
        formula=f"AND(ISNUMBER(${total}),ABS(${total}-SUM({stated}))>0.011)",
        style="bad",
    )
    grey = Mark(
        area=Area(first, 1, last, places.link),
        formula=f'${a1(first, places.counted)}<>"{yes}"',
        style="left_out",
    )
    return listed(
        frame.name("projects"), layout, frame.at, (frame.title, *frame.about), rows, places.count,
        total=_grand_total(frame, places), frozen=5, marks=(wrong, grey), notes=frame.title,
    )  # fmt: skip


def _project_row(frame: Frame, places: Places, each: Project, number: int, unit: int, department: int) -> Line:
    yes, no = frame.say("是", "yes"), frame.say("否", "no")
    status = STATUSES[each.status][frame.at] if each.status else None
    groups = {group.name: group.score for group in each.groups}
    link = frame.link(each.file, each.sheet, each.cell) if number < MOST_LINKS else None
    shown = each.returned_as and Cell(value=each.returned_as[:200], number_format="@", style="sum_text", link=link)
    figures: list[Content] = [None] * (places.grade - places.initial + 1)
    if each.counts:
        rate = _rate(
            a1(number, places.budget),
            a1(number, places.executed),
            rate_of(each.executed, budget_of(each, frame.season.form)),
        )
        figures = [each.initial, each.annual, each.executed, rate, each.execution_score]
        figures += [groups.get(name) for name in frame.levels]
        figures += [each.total, each.result, each.grade or None]
    values: list[Content] = [
        Decimal(each.place), each.department or None, each.unit_name, each.assignment, each.name, *figures, status,
        Decimal(each.errors) if each.status else None, Decimal(each.warnings) if each.status else None,
        yes if each.counts else no, happened(each, frame.at), shown or None, Decimal(unit), Decimal(department),
    ]  # fmt: skip
    styles = [""] * len(values)
    styles[places.status - 1] = _SHADES.get(each.status or "", "")
    return row(places.layout, values, styles)


def _rate(budget: str, executed: str, result: Decimal | None, style: str = "sum_figure") -> Cell | None:
    return formula(f'IF(AND(N({budget})>0,ISNUMBER({executed})),{executed}/{budget},"")', result, "rate", style)


def _grand_total(frame: Frame, places: Places) -> list[Content]:
    season, style = frame.season, "sum_total_figure"
    whole = sum_of("", season.projects, season.form)
    row_of = places.layout.head - 1
    found: list[Content] = [None] * len(places.layout.columns)
    found[1] = frame.say("合计", "Total")
    found[4] = frame.say(f"计入 {whole.counted} 个项目", f"{whole.counted} projects counted")
    for column, value in (
        (places.initial, whole.initial),
        (places.annual, whole.annual),
        (places.executed, whole.executed),
    ):
        own = places.cells(column, here=True)
        found[column - 1] = formula(f'IF(COUNT({own})>0,SUM({own}),"")', value, frame.money, style)
    found[places.rate - 1] = _rate(
        a1(row_of, places.budget), a1(row_of, places.executed), whole.rate(season.form), style
    )
    own = places.cells(places.total, here=True)
    found[places.total - 1] = formula(f'IF(COUNT({own})>0,AVERAGE({own}),"")', whole.average(), "points", style)
    for column in (places.unit, places.department):
        found[column - 1] = Cell(style="sum_small")
    return found


# ---- 按单位, 按部门 ------------------------------------------------------------------------------


def groups_sheet(frame: Frame, group: str) -> Sheet:
    """The sheet of the units, or of the departments: what the projects of each come to."""
    places, units = Places(frame), group == "units"
    sums = by_unit(frame.season) if units else by_department(frame.season)
    money, unit = frame.money, frame.terms.unit
    layout = Layout(
        columns=(
            Column("号", "No.", 6, "code"),
            *((Column("主管部门", "Department", 30, "text"),) if units else ()),
            Column("实施单位", "Unit", 36, "text") if units else Column("主管部门", "Department", 48, "text"),
            Column("下发项目", "Issued", 10, "count"),
            Column("收回", "Returned", 10, "count"),
            Column("计入", "Counted", 10, "count"),
            Column(f"年初预算数\n（{unit}）", f"Initial budget\n({unit})", 20, money),
            Column(f"全年预算数\n（{unit}）", f"Annual budget\n({unit})", 20, money),
            Column(f"全年执行数\n（{unit}）", f"Executed\n({unit})", 20, money),
            Column("执行率", "Rate", 11, "rate"),
            Column("平均总分", "Average score", 11, "points"),
        ),
        above=2,
        total=True,
    )

    def rows() -> Iterator[Line]:
        for at, each in enumerate(sums):
            yield row(layout, _group_row(frame, places, each, layout.first + at, at + 1, units))

    subtitle = frame.say(
        "各数由“汇总”工作表用公式合计；平均总分只算计入的项目。",
        f"All figures are formulas over the sheet {places.sheet}; averages are of the projects counted.",
    )
    return listed(
        frame.name(group), layout, frame.at, (f"{frame.title} · {frame.name(group)}", subtitle), rows, len(sums),
        total=_groups_total(frame, layout, len(sums), units), frozen=3 if units else 2, notes=frame.title,
    )  # fmt: skip


def _group_row(frame: Frame, places: Places, each: Sum, number: int, key: int, units: bool) -> list[Content]:
    own = places.cells(places.unit if units else places.department)
    where = f"{own},$A{number}"
    counted = f'{places.cells(places.counted)},"{frame.say("是", "yes")}"'
    returned = f'{places.cells(places.link)},"<>"'
    found: list[Content] = [
        Decimal(key),
        *((each.department or None,) if units else ()),
        each.name or None,
        formula(f"COUNTIFS({where})", Decimal(each.issued), "count"),
        formula(f"COUNTIFS({where},{returned})", Decimal(each.returned), "count"),
        formula(f"COUNTIFS({where},{counted})", Decimal(each.counted), "count"),
    ]
    at = len(found)
    for column, value in (
        (places.initial, each.initial),
        (places.annual, each.annual),
        (places.executed, each.executed),
    ):
        cells = places.cells(column)
        some, whole = f'COUNTIFS({where},{cells},"<>")', f"SUMIFS({cells},{where})"
        found.append(formula(f'IF({some}>0,{whole},"")', value, frame.money))
    budget = at + 1 if places.budget == places.initial else at + 2
    found.append(_rate(a1(number, budget), a1(number, at + 3), each.rate(frame.season.form)))
    totals = places.cells(places.total)
    scored, whole = f'COUNTIFS({where},{totals},"<>")', f"SUMIFS({totals},{where})"
    found.append(formula(f'IF({scored}>0,{whole}/{scored},"")', each.average(), "points"))
    return found


def _groups_total(frame: Frame, layout: Layout, count: int, units: bool) -> list[Content]:
    whole = sum_of("", frame.season.projects, frame.season.form)
    style, first = "sum_total_figure", 4 if units else 3
    found: list[Content] = [None] * len(layout.columns)
    found[1] = frame.say("合计", "Total")
    counts = (whole.issued, whole.returned, whole.counted)
    figures = [(Decimal(each), "count") for each in counts]
    amounts = [(each, frame.money) for each in (whole.initial, whole.annual, whole.executed)]
    for column, (value, kind) in enumerate((*figures, *amounts), first):
        own = layout.range(column, count)
        text = f"SUM({own})" if kind == "count" else f'IF(COUNT({own})>0,SUM({own}),"")'
        found[column - 1] = formula(text, value, kind, style)
    budget = first + (3 if frame.season.form.denominator == "initial_budget" else 4)
    row_of = layout.head - 1
    found[first + 5] = _rate(a1(row_of, budget), a1(row_of, first + 5), whole.rate(frame.season.form), style)
    places = Places(frame)
    totals = places.cells(places.total)
    found[first + 6] = formula(f'IF(COUNT({totals})>0,AVERAGE({totals}),"")', whole.average(), "points", style)
    return found
