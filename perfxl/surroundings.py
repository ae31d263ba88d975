"""What a workbook holds beside the form: hidden rows, columns and sheets, sheets that are no form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .number import squeeze
from .sheet import Sheet, Workbook, column_letters

Remark = tuple[str, str]
"""A code (``HIDDEN_ROWS``, ``HIDDEN_COLUMNS``, ``HIDDEN_SHEETS``, ``EXTRA_SHEETS``) and the place."""

_DEFAULT_NAME = r"(?:sheet|工作表|表)\s*\d*"
_MOST = 10  # places named in one remark


def of_sheet(sheet: Sheet) -> tuple[Remark, ...]:
    """The hidden rows and columns of a form sheet that hold something."""
    if not sheet.hidden_rows and not sheet.hidden_columns:
        return ()
    filled = [place for place, cell in sheet.cells.items() if not cell.is_empty]
    rows = sorted({row for row, _ in filled} & sheet.hidden_rows)
    columns = sorted({column for _, column in filled} & sheet.hidden_columns)
    found = []
    if rows:
        found.append(("HIDDEN_ROWS", _listed(str(row) for row in rows)))
    if columns:
        found.append(("HIDDEN_COLUMNS", _listed(column_letters(column) for column in columns)))
    return tuple(found)


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
    found = list(workbook.notes)
    if hidden:
        found.append(("HIDDEN_SHEETS", _listed(hidden)))
    if extra:
        found.append(("EXTRA_SHEETS", _listed(extra)))
    return tuple(found)


def _listed(places: Iterable[str]) -> str:
    names = list(places)
    return "、".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
