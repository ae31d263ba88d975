"""Places and cells made from what a worksheet part stores, remembered where that pays."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from ..number import from_double, neat, shown
from ..sheet import MAX_COLUMN, MAX_ROW, Cell, Value

Place = tuple[int, int]

MEMO_CHARACTERS = 256  # longer texts are not worth remembering
_LONGEST_NUMBER = 400  # 1E308 written out


@lru_cache(maxsize=16384)
def place_of(reference: str) -> Place:
    """``E6`` to (6, 5). Raises ``ValueError`` for what is no cell of the grid."""
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not (0 < len(letters) < 4 and letters.isascii() and letters.isalpha() and letters.isupper()):
        raise ValueError(reference)
    if not 0 < len(digits) < 8 or digits[0] == "0":
        raise ValueError(reference)
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    row = int(digits)
    if row > MAX_ROW or column > MAX_COLUMN:
        raise ValueError(reference)
    return row, column


def _is_plain(raw: str) -> bool:
    """Whether it is ``-?(0|[1-9]\\d{0,8})(\\.\\d{0,5}[1-9])?``, as nearly all figures of a form are."""
    whole, point, part = raw.removeprefix("-").partition(".")
    if not (raw.isascii() and whole.isdigit() and len(whole) < 10 and (whole[0] != "0" or whole == "0")):
        return False
    return not point or (part.isdigit() and len(part) < 7 and part[-1] != "0")


def figure(raw: str) -> Decimal:
    """A stored number, as ``number.from_double`` gives it. Raises ``ValueError`` for what is none."""
    if _is_plain(raw):  # a double holds 15 digits: nothing to round
        return Decimal(raw)
    raw = raw.strip(" \t\r\n")
    if len(raw) > _LONGEST_NUMBER:
        raise ValueError(raw)
    return from_double(raw)


def _shown(number: Decimal, number_format: str) -> str:
    try:
        return shown(number, number_format)
    except InvalidOperation:  # more digits than the format could ever print
        return neat(number)


def _make(kind: str, raw: str, number_format: str, locked: bool, formula: str | None) -> Cell:
    """A cell from its type ``t``, the text of its value, its style and its formula."""
    value: Value
    error: str | None = None
    text = raw
    if kind == "n":
        try:
            value = figure(raw) if raw else None
            if value is not None:
                text = _shown(value, number_format)
        except ValueError:
            value, error = None, "BAD_NUMBER"
    elif kind in ("str", "d"):
        value = raw
    elif kind == "e":
        value, error = None, raw
    elif kind == "b" and raw in ("0", "1", "true", "false"):
        value = raw in ("1", "true")
        text = "TRUE" if value else "FALSE"
    else:
        value, error = None, "BAD_NUMBER"
    return _cell(value, text, number_format, locked, formula, error)


_new = object.__new__
_value, _text, _number_format, _formula, _cached, _error, _locked, _style, _note, _link = (
    vars(Cell)[name].__set__ for name in vars(Cell)["__slots__"]
)


def _cell(value: Value, text: str, number_format: str, locked: bool, formula: str | None, error: str | None) -> Cell:
    """``Cell(...)`` in half the time: its ten slots are filled directly.

    Building cells is the greater part of reading a form.
    """
    cell = _new(Cell)
    _value(cell, value if formula is None else None)
    _text(cell, text)
    _number_format(cell, number_format)
    _formula(cell, formula)
    _cached(cell, None if formula is None else value)
    _error(cell, error)
    _locked(cell, locked)
    _style(cell, "")
    _note(cell, None)
    _link(cell, None)
    return cell


# Labels, formulas and many figures are the same in all returns of a form.
remembered_cell = lru_cache(maxsize=1024)(_make)


def make_cell(kind: str, raw: str, style: tuple[str, bool], formula: str | None) -> Cell:
    """``_make``, remembered where the texts are short."""
    if len(raw) > MEMO_CHARACTERS or (formula is not None and len(formula) > MEMO_CHARACTERS):
        return _make(kind, raw, *style, formula)
    return remembered_cell(kind, raw, *style, formula)
