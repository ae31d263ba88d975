"""The sheet 图表: what a head of department wants to see, each chart beside the figures that it is drawn from."""

from __future__ import annotations

from decimal import Decimal

from ...sheet import Area, Cell, Chart, PrintSetup, Series, Sheet, column_letters
from .counting import budget_of, rate_of
from .overview import Frame, Places
from .page import formula
from .season import RuleCount
from .season_sheets import title
from .sums import by_unit

MOST_UNITS, MOST_RULES, MOST_POINTS = 30, 10, 5_000
"""So many units, rules and projects a chart shows; beyond that nobody can read it, and it says so."""
_DATA, _WIDE, _HIGH = 24, 760, 470
"""The column where the figures begin; the size of a chart in pixels."""


class _Data:
    """The figures of the charts, table beside table."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}
        self.column = _DATA

    def table(self, heads: tuple[str, str], rows: list[tuple[Cell, Cell]]) -> tuple[Area, Area]:
        """Put a table there; the cells of its two columns."""
        left = self.column
        for at, head in enumerate(heads):
            self.cells[1, left + at] = Cell(value=head, text=head, style="list_head")
        for number, pair in enumerate(rows, 2):
            for at, each in enumerate(pair):
                self.cells[number, left + at] = each
        self.column += 3
        last = len(rows) + 1
        return Area(2, left, last, left), Area(2, left + 1, last, left + 1)


def _text(text: str) -> Cell:
    return Cell(value=text[:40], text=text[:40], number_format="@", style="list_text")


def _figure(value: Decimal, number_format: str) -> Cell:
    return Cell(value=value, number_format=number_format, style="list_figure")


def charts_sheet(frame: Frame, counts: list[RuleCount]) -> Sheet:
    """The sheet 图表; a chart that there is nothing for is left out, and said."""
    data, charts, name = _Data(), list[Chart](), frame.name("charts")
    for make in (_units, _grades, _points, _faults):
        chart = make(frame, data, counts)
        if chart is not None:
            corner = (3 + 26 * (len(charts) // 2), 1 + 11 * (len(charts) % 2))
            charts.append(_at(chart, corner))
    head = f"{frame.title} · {name}"
    cells = {(1, 1): Cell(value=head, text=head, style="sum_title"), **data.cells}
    if not charts:
        nothing = frame.say("还没有计入的项目，无图可画。", "No project counts yet: there is nothing to draw.")
        cells[3, 1] = Cell(value=nothing, text=nothing, style="sum_note")
    return Sheet(
        name=name,
        cells=cells,
        widths={**dict.fromkeys(range(1, _DATA), 10.0), **dict.fromkeys(range(_DATA, data.column), 22.0)},
        heights={1: 28.0},
        charts=tuple(charts),
        printing=PrintSetup(area=Area(1, 1, 56, 22), landscape=True, paper="A3", footer="&C&P / &N"),
    )


def _at(chart: Chart, corner: tuple[int, int]) -> Chart:
    return Chart(
        kind=chart.kind, title=chart.title, series=chart.series, corner=corner, size=(_WIDE, _HIGH),
        x_title=chart.x_title, y_title=chart.y_title, x_format=chart.x_format, y_format=chart.y_format,
        x_bounds=chart.x_bounds, y_bounds=chart.y_bounds,
    )  # fmt: skip


def _chart(frame: Frame, kind: str, title_of: str, areas: tuple[Area, Area], **more: object) -> Chart:
    series = Series(name=title_of, sheet=frame.name("charts"), categories=areas[0], values=areas[1])
    return Chart(kind=kind, title=title_of, series=(series,), corner=(1, 1), size=(1, 1), **more)  # type: ignore[arg-type]


def _units(frame: Frame, data: _Data, _: list[RuleCount]) -> Chart | None:
    scored = [(average, each.name) for each in by_unit(frame.season) if (average := each.average()) is not None]
    if not scored:
        return None
    scored.sort(key=lambda pair: pair[0])
    words = frame.say("各单位平均总分", "Average total score by unit")
    if len(scored) > MOST_UNITS:
        words += frame.say(
            f"（最低的 {MOST_UNITS} 个，共 {len(scored)} 个单位）", f" (the lowest {MOST_UNITS} of {len(scored)})"
        )
        scored = scored[:MOST_UNITS]
    rows = [(_text(name), _figure(average, "0.00")) for average, name in reversed(scored)]
    areas = data.table((frame.say("实施单位", "Unit"), frame.say("平均总分", "Average")), rows)
    low = float(max(Decimal(0), (scored[0][0] - 5) // 10 * 10))
    return _chart(frame, "bar", words, areas, y_format="0.00", y_bounds=(low, 100.0) if scored[-1][0] <= 100 else None)


def _grades(frame: Frame, data: _Data, _: list[RuleCount]) -> Chart | None:
    met = [each.grade for each in frame.season.counted if each.grade]
    if not met:
        return None
    known = [word for _, word in frame.season.form.rules.bands if word]
    grades = list(dict.fromkeys((*known, *met)))
    places = Places(frame)
    own = places.cells(places.grade)
    left = data.column
    rows = []
    for number, grade in enumerate(grades, 2):
        criterion = f"COUNTIF({own},{column_letters(left)}{number})"
        rows.append((_text(grade), formula(criterion, Decimal(met.count(grade)), "count", "list_figure")))
    areas = data.table((frame.say("评级", "Grade"), frame.say("项目数", "Projects")), rows)
    words = frame.say("评级分布（项目数）", "Projects by grade")
    return _chart(frame, "column", words, areas, y_format="0")


def _points(frame: Frame, data: _Data, _: list[RuleCount]) -> Chart | None:
    points = [
        (rate, each.result)
        for each in frame.season.counted
        if (rate := rate_of(each.executed, budget_of(each, frame.season.form))) is not None and each.result is not None
    ]
    if not points:
        return None
    words = frame.say(
        "预算执行率与指标得分率（每点一个项目）", "Execution rate and indicator result, a point a project"
    )
    if len(points) > MOST_POINTS:
        words += frame.say(f"，前 {MOST_POINTS} 个", f", the first {MOST_POINTS}")
    rows = [(_figure(rate, "0.00%"), _figure(result, "0.00%")) for rate, result in points[:MOST_POINTS]]
    areas = data.table((frame.say("执行率", "Rate"), frame.say("指标得分率", "Result")), rows)
    return _chart(
        frame, "scatter", words, areas, x_format="0%", y_format="0%", x_title=frame.say("预算执行率", "Execution rate"),
        y_title=frame.say("指标得分率", "Indicator result"), x_bounds=_bounds([x for x, _ in points]),
        y_bounds=_bounds([y for _, y in points]),
    )  # fmt: skip


def _bounds(values: list[Decimal]) -> tuple[float, float]:
    """From the tenth below the smallest to the tenth above the largest, at least to 1."""
    low = min(values) * 10 // 1 / 10
    high = max(Decimal(1), -(-max(values) * 10 // 1) / 10)
    return float(max(Decimal(0), min(low, Decimal("0.9")))), float(min(high, Decimal(2)) + Decimal("0.02"))


def _faults(frame: Frame, data: _Data, counts: list[RuleCount]) -> Chart | None:
    worst = [each for each in counts if each.forms and each.severity != "info"][:MOST_RULES]
    if not worst:
        return None
    rows = []
    for each in worst:
        text = f"{each.code} {title(each.code, frame).rstrip('。.')}"
        rows.append((_text(text), _figure(Decimal(each.forms), "0")))
    areas = data.table((frame.say("规则", "Rule"), frame.say("涉及表数", "Forms")), rows)
    words = frame.say("最常见的错误和提醒（涉及表数）", "Commonest errors and warnings (forms)")
    return _chart(frame, "bar", words, areas, y_format="0")
