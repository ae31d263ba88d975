"""The drawing board of a form sheet: cells, merges, names and what they need, while it is laid out."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from .form import Form
from .formula import Places, parse, to_excel
from .noun import NamedTuple, draft, field, replace
from .record import Indicator
from .sheet import Area, Cell, Mark, Validation, a1_area

NAME = "pxl."
"""Every defined name of ours begins so."""

GUIDE = "填报说明"
TO_DO = "问题清单"
"""The name of the sheet of instructions."""

TEXT, GENERAL, RATE, SCORE = "@", "General", "0.00%", "0.00"
"""Number formats."""

LINE_HEIGHT = 14.25
"""Points of one printed line at 10.5 points."""

MAX_HEIGHT = 409.0


class RowSpec(NamedTuple):
    """One indicator row as it is laid out: its levels, what was issued, whether it is a spare row."""

    level_1: str | None
    level_2: str | None
    issued: bool = False
    spare: bool = False


@draft
class Page:
    """A form sheet while it is laid out. ``columns`` is its width in columns, ``fields`` its
    named cells by field name (``funds.total.score``, ``indicators.3.actual``), ``formulas`` what
    the computed ones are computed by."""

    form: Form
    columns: int
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merges: list[Area] = field(default_factory=list)
    fields: dict[str, Area] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    validations: list[Validation] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    row: int = 0

    def put(self, area: Area, cell: Cell, name: str | None = None) -> None:
        """Set a cell, merged over its area, under a field name."""
        self.cells[area.corner] = cell
        if area.top != area.bottom or area.left != area.right:
            self.merges.append(area)
        if name is not None:
            self.fields[name] = Area(area.top, area.left, area.top, area.left)

    def label(self, area: Area, text: str, style: str = "label") -> None:
        """Printed words of the form."""
        self.put(area, Cell(value=text or None, text=text, style=style))

    def span(self, left: int, right: int, rows: int = 1) -> Area:
        """An area of the current row (and further ones) from one column to another."""
        return Area(self.row, left, self.row + rows - 1, right)

    def place_formula(self, name: str, places: Places) -> None:
        """Write the formula of a computed field into its cell."""
        area = self.fields[name]
        text = to_excel(parse(self.formulas[name]), places)
        self.cells[area.corner] = replace(self.cells[area.corner], formula=text)

    def ref(self, name: str) -> str:
        """The address of a field, for a formula on this sheet."""
        return a1_area(self.fields[name])

    def indicator_column(self, term: str, count: int) -> str:
        """The address of a column of all indicator rows."""
        top, end = self.fields[f"indicators.1.{term}"], self.fields[f"indicators.{count}.{term}"]
        return a1_area(Area(top.top, top.left, end.top, top.left))

    def width(self, left: int, right: int) -> float:
        """The width of columns together, in characters."""
        return sum(self.widths.get(column, 8.43) for column in range(left, right + 1))


def text_width(text: str) -> int:
    """The width of a text in half characters: a Chinese character takes two."""
    return sum(map(_width, text))


@lru_cache(maxsize=8192)
def _width(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def lines(text: str, width: float) -> int:
    """How many lines a text takes in a cell of that width (in characters), with room to spare."""
    room = max(2.0, width - 0.5)
    if len(text) * 2.06 <= room and "\n" not in text:  # every character as wide as can be
        return 1
    return sum(max(1, -int(-text_width(line) * 1.03 // room)) for line in text.split("\n"))


def rows_of(form: Form, indicators: tuple[Indicator, ...], *, issued: bool) -> tuple[RowSpec, ...]:
    """The indicator rows of a sheet: those given, else the blank ones that the definition offers."""
    if indicators:
        rows = [RowSpec(row.level_1, row.level_2, issued) for row in indicators]
    else:
        rows = [RowSpec(name, second.name or None) for name, second, _ in form.groups for _ in range(second.rows)]
    return (*rows, *(RowSpec(None, None, spare=True) for _ in range(form.spare_rows)))


def money_format(places: int) -> str:
    """Grouped thousands with that many decimals."""
    return "#,##0" + ("." + "0" * places if places else "")


def dash() -> str:
    """What the form prints where a row has no 分值."""
    return "—"


def goal_height(form: Form, texts: tuple[str, ...], width: float) -> float:
    """Points of each of the merged goal rows, so that the longest text fits."""
    need = max((lines(text, width) for text in texts), default=1) * LINE_HEIGHT + 8
    return min(MAX_HEIGHT, max(float(form.goal_height), need / form.goal_rows))
