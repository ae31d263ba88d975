"""What a cell of an ``.xlsx`` file can hold: the checks and spellings that both writers share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from perfxl.sheet import Cell

MAX_TEXT = 32_767  # UTF-16 units in a cell
MAX_SHORT = 255  # a named text, a property, an inline list, a prompt, a footer

# A text that begins so would become a formula when somebody edits the cell.
_TRIGGERS = tuple("=+-@\t\r＝＋－＠")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_ESCAPES = re.compile("_(?=x[0-9a-fA-F]{4}_)")


def is_quoted(cell: Cell) -> bool:
    """Whether the text must be marked as a text, lest it turn into a formula when edited."""
    return cell.formula is None and isinstance(cell.value, str) and cell.value.startswith(_TRIGGERS)


def _units(text: str) -> Iterator[int]:
    return (2 if ord(sign) > 0xFFFF else 1 for sign in text)


def sound(text: str, where: str, limit: int) -> str:
    """The text itself, if a file can hold it: ``limit`` counts UTF-16 units, as Excel does."""
    if len(text) > limit or (len(text) * 2 > limit and sum(_units(text)) > limit):
        raise ValueError(f"{where}: longer than {limit:,} characters")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as fault:
            raise ValueError(f"{where}: a lone surrogate at character {fault.start + 1} is no text") from None
    return text


def escaped(text: str) -> str:
    """Control characters as ``_xHHHH_``, and what looks like such an escape escaped itself."""
    if "_x" in text:
        text = _ESCAPES.sub("_x005F_", text)
    return CONTROLS.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def cut(text: str, limit: int, *, ellipsis: str = "…") -> str:
    """The text within ``limit`` UTF-16 units, never inside a character."""
    if sum(_units(text)) <= limit:
        return text
    room = limit - len(ellipsis)
    for count, units in enumerate(_units(text)):
        room -= units
        if room < 0:
            return text[:count] + ellipsis
    return text


def double(value: Decimal, where: str) -> float:
    """The binary double nearest to the number. Raises ``ValueError`` where a cell cannot hold it."""
    number = float(value)
    if not abs(number) < 1e308 or not value.is_finite():
        raise ValueError(f"{where}: {value} is no number that a cell holds")
    return number


def stored_result(cell: Cell) -> float | int | str | bool:
    """The stored result; an empty one shows nothing, where none at all would show a false 0."""
    value = cell.cached
    if value is None:
        return cell.error or ""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return escaped(sound(value, "stored result", MAX_TEXT))
    number = double(value, "stored result")
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def string_item(text: str) -> str:
    """The text as an item of the table of shared strings: always text, and it comes back equal.

    The library takes ``<r>…</r>`` for ready markup, and two escapes that share
    an underscore, ``_x005F_x0041_``, for one.
    """
    return f"<si>{_text_element(text)}</si>"


def inline_string(text: str) -> str:
    """The same for a text that stands in its cell."""
    return f"<is>{_text_element(text)}</is>"


def _text_element(text: str) -> str:
    text = escaped(text)
    kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f"<t{kept}>{in_markup(text)}</t>"


def in_markup(text: str) -> str:
    """The text with the signs escaped that mean something in XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
