"""What a workbook holds beside the form: hidden rows, columns and sheets, sheets that are no form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from .number import squeeze
from .page import TO_DO
from .sheet import Area, Sheet, Workbook, a1, column_letters

Remark = tuple[str, str]
"""A code (``HIDDEN_ROWS``, ``HIDDEN_COLUMNS``, ``HIDDEN_SHEETS``, ``EXTRA_SHEETS``, ``COVERED_VALUE``,
``IMAGE_IN_INPUT``) and the place."""

_DEFAULT_NAME = r"(?:sheet|工作表|表)\s*\d*"
_MOST = 10  # places named in one remark
_LARGE, _MANY = 500, 500
"""Merged areas of more cells are not listed cell by cell; no more areas than that are looked at."""


def of_sheet(sheet: Sheet) -> tuple[Remark, ...]:
    """The hidden rows and columns of a form sheet that hold something."""
    unseen = _unseen(sheet)
    if not sheet.hidden_rows and not sheet.hidden_columns:
        return unseen
    filled = [place for place, cell in sheet.cells.items() if not cell.is_empty]
    rows = sorted({row for row, _ in filled} & sheet.hidden_rows)
    columns = sorted({column for _, column in filled} & sheet.hidden_columns)
    found = []
    if rows:
        found.append(("HIDDEN_ROWS", _listed(str(row) for row in rows)))
    if columns:
        found.append(("HIDDEN_COLUMNS", _listed(column_letters(column) for column in columns)))
    return (*found, *unseen)


def _unseen(sheet: Sheet) -> tuple[Remark, ...]:
    """Values under merged cells, and pictures where values are due."""
    hidden, large = _covered(sheet.merges)
    under = {place for place in sheet.cells.keys() & hidden if not sheet.cells[place].is_empty}
    for area in large:
        under |= {place for place, cell in sheet.cells.items() if area.holds(*place) and not cell.is_empty}
        under.discard(area.corner)
    pictures = [
        place
        for place, cell in sheet.cells.items()
        if cell.formula is not None and "DISPIMG" in cell.formula and not cell.locked
    ]
    found = []
    if under:
        found.append(("COVERED_VALUE", _listed(a1(*place) for place in sorted(under))))
    if pictures:
        found.append(("IMAGE_IN_INPUT", _listed(a1(*place) for place in sorted(pictures))))
    return tuple(found)


def _size(area: Area) -> int:
    return (area.bottom - area.top + 1) * (area.right - area.left + 1)


@lru_cache(maxsize=32)
def _covered(merges: tuple[Area, ...]) -> tuple[frozenset[tuple[int, int]], tuple[Area, ...]]:
    """The cells under merged ones; areas too large to be listed come as they are."""
    covered = {
        (row, column)
        for area in [area for area in merges if _size(area) <= _LARGE][:_MANY]
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
        if (row, column) != area.corner
    }
    return frozenset(covered), tuple([area for area in merges if _size(area) > _LARGE][:_MANY])


def of_workbook(workbook: Workbook, forms: Sequence[Sheet], own: Iterable[str]) -> tuple[Remark, ...]:
    """What stands beside the form sheets; ``own`` are the names of sheets that we put there ourselves."""
    known = {id(sheet) for sheet in forms}
    ours = {name.casefold() for name in own}
    others = [sheet for sheet in workbook.sheets if id(sheet) not in known and sheet.name.casefold() not in ours]
    hidden = [
        sheet.name for sheet in workbook.sheets if sheet.visibility != "visible" and sheet.name.casefold() not in ours
    ]
    # a sheet that nobody filled or renamed came with the program
    extra = [
        sheet.name
        for sheet in others
        if sheet.visibility == "visible"
        and (sheet.cells or not re.fullmatch(_DEFAULT_NAME, squeeze(sheet.name).lower()))
    ]
    # a corrected form of ours comes with its own comments
    corrected = any(sheet.name == TO_DO for sheet in workbook.sheets)
    found = [note for note in workbook.notes if not (corrected and note[0] == "COMMENTS")]
    if hidden:
        found.append(("HIDDEN_SHEETS", _listed(hidden)))
    if extra:
        found.append(("EXTRA_SHEETS", _listed(extra)))
    return tuple(found)


def _listed(places: Iterable[str]) -> str:
    names = list(places)
    return "、".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
