"""Shared formulas: the text of the first cell, moved to another.

Only relative references move. Text in quotes, sheet names, names, functions such as
``LOG10(`` and column names in brackets stay as they are.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..pattern import pattern
from ..sheet import MAX_COLUMN, MAX_ROW, column_letters

_REFERENCE = pattern(
    r"""
    "[^"]*" | '[^']*' | \[[^\[\]]*\]
    | (?<![\w.$\\])
      (?: (?P<column>\$?[A-Z]{1,3}) (?P<row>\$?[1-9][0-9]{0,6})
        | (?P<left>\$?[A-Z]{1,3}) : (?P<right>\$?[A-Z]{1,3})
        | (?P<top>\$?[1-9][0-9]{0,6}) : (?P<bottom>\$?[1-9][0-9]{0,6})
      ) (?![\w.(!])
    """,
    re.VERBOSE,
)
_OFF_GRID = "#REF!"


def translate(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads ``rows`` further down and ``columns`` further right.

    A reference that would leave the grid becomes ``#REF!``.
    """
    if len(formula) > 1024:
        return _translate(formula, rows, columns)
    return _remembered(formula, rows, columns)


def _translate(formula: str, rows: int, columns: int) -> str:
    def move(found: re.Match[str]) -> str:
        if found["column"]:
            column, row = _column(found["column"], columns), _row(found["row"], rows)
            return column + row if column and row else _OFF_GRID
        if found["left"]:
            first, last = _column(found["left"], columns), _column(found["right"], columns)
        elif found["top"]:
            first, last = _row(found["top"], rows), _row(found["bottom"], rows)
        else:
            return found[0]
        return f"{first}:{last}" if first and last else _OFF_GRID

    return _REFERENCE.sub(move, formula)


_remembered = lru_cache(maxsize=4096)(_translate)


def _column(letters: str, by: int) -> str:
    if letters[0] == "$":
        return letters
    column = by
    place = 1
    for letter in reversed(letters):
        column += (ord(letter) - 64) * place
        place *= 26
    return column_letters(column) if 1 <= column <= MAX_COLUMN else ""


def _row(digits: str, by: int) -> str:
    if digits[0] == "$":
        return digits
    row = int(digits) + by
    return str(row) if 1 <= row <= MAX_ROW else ""
