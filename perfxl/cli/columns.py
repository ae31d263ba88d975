"""Columns that line up on a terminal, where a Chinese character is two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ..report import words


def width(text: str) -> int:
    """The columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(ch) for ch in text)


def _columns(ch: str) -> int:
    if unicodedata.combining(ch) or unicodedata.category(ch) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1


def fitted(text: str, most: int) -> str:
    """The text in no more than so many columns, with … where something was cut."""
    text = " ".join(words.clean(text).split())
    if width(text) <= most:
        return text
    kept, used = "", 0
    for ch in text:
        if used + _columns(ch) > most - 1:
            break
        kept, used = kept + ch, used + _columns(ch)
    return kept + "…"


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The text filled up with blanks to so many columns."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks


def aligned(rows: Sequence[Sequence[str]], *, most: Sequence[int], right: Sequence[int] = ()) -> list[str]:
    """The rows as lines, each column as wide as its widest text and no wider than ``most`` says; ``right`` are the
    numbers of columns that are aligned on the right."""
    cut = [[fitted(text, most[at]) for at, text in enumerate(row)] for row in rows]
    widths = [max((width(row[at]) for row in cut), default=0) for at in range(len(most))]
    return [
        "  ".join(padded(text, widths[at], right=at in right) for at, text in enumerate(row)).rstrip() for row in cut
    ]
