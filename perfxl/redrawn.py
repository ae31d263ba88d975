"""A sheet that no definition describes, drawn anew: the same words and figures, fresh cells.

Values, merges, widths and plain number formats are taken over; formulas, styles, links, comments and
whatever else a file may hold are not.
"""

from __future__ import annotations

from collections.abc import Sequence

from .number import read_format
from .page import LINE_HEIGHT, MAX_HEIGHT, lines, text_width
from .sheet import Area, Cell, PrintSetup, Sheet, Workbook, a1, from_a1, sheet_name
from .submission import FIGURES, Submission
from .template import OWN_SHEETS
from .vocabulary import is_title

_WIDTH, _WIDEST, _FEWEST = 11.0, 60.0, 4.0
_LONG = 40
_WIDTH_ON_PAPER = 110.0
"""Characters across a page that is printed upright; a wider form lies on its side."""


def redrawn(pages: Sequence[tuple[Sheet, Sequence[Submission]]]) -> Workbook:
    """The sheets with the forms that were read on each, as a fresh workbook without stamp or names."""
    taken: list[str] = []
    sheets = []
    for sheet, submissions in pages:
        name = sheet_name(sheet.name, [*taken, *OWN_SHEETS])
        taken.append(name)
        sheets.append(_redrawn(sheet, submissions, name))
    return Workbook(sheets=tuple(sheets), structure_locked=True)


def _redrawn(sheet: Sheet, submissions: Sequence[Submission], name: str) -> Sheet:
    kinds = {field.cell_name: field.kind for each in submissions for field in each.cells.values()}
    labels = {each.cell for submission in submissions for each in submission.understood}
    # an answer may stand in the cell of its label: that cell stays open
    fields = {cell for cell in kinds if cell not in labels or _holds_an_answer(cell, submissions)}
    merges = _shown_merges(sheet)
    corners = {area.corner: area for area in merges}
    covered = {place for area in merges for place in _inside(area) if place != area.corner}
    cells = {
        place: _cell(sheet.cells.get(place, Cell()), a1(*place) in fields, kinds.get(a1(*place), "text"))
        for place in {*sheet.cells, *(corner for corner in corners)}
        if place not in covered or sheet.cells[place].text
    }
    for field in fields:
        place = from_a1(field)
        if place not in covered:
            cells.setdefault(place, _cell(Cell(), True, kinds[field]))
    last = max((row for row, _ in cells), default=1)
    right = max((column for _, column in cells), default=1)
    widths = {column: _width(sheet, column) for column in range(1, min(right, 64) + 1)}
    return Sheet(
        name=name,
        cells=cells,
        merges=merges,
        widths=widths,
        heights=_heights(cells, corners, widths),
        protected=True,
        printing=PrintSetup(
            area=Area(1, 1, last, right),
            landscape=sum(widths.values()) > _WIDTH_ON_PAPER,
            footer="&C第 &P 页 共 &N 页",
        ),
    )


def _holds_an_answer(cell: str, submissions: Sequence[Submission]) -> bool:
    return any(each.cell == cell and each.leads_to == cell for one in submissions for each in one.understood)


def _shown_merges(sheet: Sheet) -> tuple[Area, ...]:
    """The merges that hold or stand beside something, none of them twice and none vast."""
    rows = [row for row, _ in sheet.cells]
    columns = [column for _, column in sheet.cells]
    if not rows:
        return ()
    bottom, right = max(rows), max(columns)
    found: list[Area] = []
    taken: set[tuple[int, int]] = set()
    for area in sheet.merges:
        if area.bottom > bottom + 50 or area.right > right + 50:
            continue
        inside = set(_inside(area))
        if len(inside) > 1 and not inside & taken:
            taken |= inside
            found.append(area)
    return tuple(found)


def _inside(area: Area) -> list[tuple[int, int]]:
    return [(row, column) for row in range(area.top, area.bottom + 1) for column in range(area.left, area.right + 1)]


def _cell(cell: Cell, is_field: bool, kind: str) -> Cell:
    value = cell.content
    number_format = _format(cell.number_format) if not isinstance(value, str) else "@"
    text = cell.text
    if is_field:
        style = "money" if kind in FIGURES else "long" if len(text) > _LONG else "answer"
    else:
        style = "title" if is_title(text) and text_width(text) < 80 else "text" if len(text) > _LONG else "label"
    return Cell(value=value, text=text, number_format=number_format, style=style, locked=not is_field)


def _format(number_format: str) -> str:
    """A plain number format of the same look; an odd one may not be what it seems."""
    how = read_format(number_format)
    if how.places is None:
        return "General"
    whole = "#,##0" if how.grouped else "0"
    return whole + ("." + "0" * min(how.places, 10) if how.places else "") + ("%" if how.percent else "")


def _width(sheet: Sheet, column: int) -> float:
    return min(_WIDEST, max(_FEWEST, sheet.widths.get(column, _WIDTH)))


def _heights(
    cells: dict[tuple[int, int], Cell], corners: dict[tuple[int, int], Area], widths: dict[int, float]
) -> dict[int, float]:
    heights: dict[int, float] = {}
    for (row, column), cell in cells.items():
        area = corners.get((row, column), Area(row, column, row, column))
        width = sum(widths.get(each, _WIDTH) for each in range(area.left, area.right + 1))
        need = (lines(cell.text, width) * LINE_HEIGHT + 6) / (area.bottom - area.top + 1)
        for each in range(area.top, area.bottom + 1):
            heights[each] = min(MAX_HEIGHT, max(heights.get(each, 18.0), need))
    return heights
