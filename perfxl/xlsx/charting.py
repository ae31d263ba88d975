"""Charts as plain data to charts of the library, which ``writer`` hands in."""

from __future__ import annotations

from typing import Any

from perfxl.sheet import Area, Chart, Series

_BLUE, _GREY, _RULE = "#2F6DA8", "#595959", "#E3E7EC"
_FACE = "宋体"


def add_chart(book: Any, page: Any, chart: Chart) -> None:
    """Put the chart on the page. Raises ``ValueError`` for one without a series."""
    if not chart.series:
        raise ValueError(f"a chart without a series: {chart.title!r}")
    drawn = book.add_chart({"type": chart.kind})
    for series in chart.series:
        drawn.add_series(_series(chart, series))
    drawn.set_title({"name": chart.title, "name_font": _font(12, bold=True), "overlay": False})
    drawn.set_legend({"none": True} if len(chart.series) == 1 else {"position": "bottom", "font": _font(9)})
    along, up = (
        _axis(chart.x_title, chart.x_format, chart.x_bounds),
        _axis(chart.y_title, chart.y_format, chart.y_bounds),
    )
    if chart.kind == "bar":
        # the bars lie: their values go along, the categories stand beside them, read from the top
        up = {**_axis(chart.x_title, "General", None, ruled=False), "reverse": True, "interval_unit": 1}
        along = {**_axis(chart.y_title, chart.y_format, chart.y_bounds), "label_position": "high"}
    elif chart.kind == "column":
        along |= {"major_gridlines": {"visible": False}}
    drawn.set_x_axis(along)
    drawn.set_y_axis(up)
    drawn.set_size({"width": chart.size[0], "height": chart.size[1]})
    drawn.set_chartarea({"border": {"color": _RULE}})
    drawn.show_blanks_as("gap")
    page.insert_chart(chart.corner[0] - 1, chart.corner[1] - 1, drawn, {"object_position": 2})


def _series(chart: Chart, series: Series) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": series.name,
        "categories": [series.sheet, *_zero(series.categories)],
        "values": [series.sheet, *_zero(series.values)],
    }
    if chart.kind == "scatter":
        look = {"type": "circle", "size": 6, "fill": {"color": _BLUE, "transparency": 35}, "border": {"none": True}}
        return {**found, "marker": look}
    labels = {"value": True, "font": _font(9), "num_format": chart.y_format}
    return {**found, "fill": {"color": _BLUE}, "gap": 60, "data_labels": labels}


def _axis(title: str, number_format: str, bounds: tuple[float, float] | None, *, ruled: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {
        "num_font": _font(9),
        "num_format": number_format,
        "line": {"color": "#BFBFBF"},
        "major_tick_mark": "none",
        "major_gridlines": {"visible": ruled, "line": {"color": _RULE, "width": 0.75}},
    }
    if title:
        found |= {"name": title, "name_font": _font(9)}
    if bounds is not None:
        found |= {"min": bounds[0], "max": bounds[1]}
    return found


def _font(size: int, *, bold: bool = False) -> dict[str, Any]:
    return {"name": _FACE, "size": size, "bold": bold, "color": _GREY}


def _zero(area: Area) -> tuple[int, int, int, int]:
    return area.top - 1, area.left - 1, area.bottom - 1, area.right - 1
