"""Findings as CSV: UTF-8 with a byte order mark, RFC 4180, and nothing that a spreadsheet would run.

Texts are quoted, and a text that begins like a formula gets a ``'`` in front; figures stand
bare, so that a real negative number stays a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ..finding import Verdict
from ..number import plain
from . import words
from .lines import COLUMNS, TRIGGERS, lines
from .tally import Tally

BOM = b"\xef\xbb\xbf"


def csv_report(verdicts: Iterable[Verdict], tally: Tally, lang: str) -> Iterator[bytes]:
    """The table in pieces: the headings, then the lines of one verdict at a time."""
    yield BOM + _row([zh if lang == "zh" else en for _, zh, en in COLUMNS])
    for verdict in tally.counted(verdicts):
        yield b"".join(_row(line.values()) for line in lines(verdict, lang))


def _row(values: Iterable[Decimal | str | None]) -> bytes:
    return words.without_surrogates(",".join(map(_field, values))).encode() + b"\r\n"


def _field(value: Decimal | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    held = "'" + value if value.lstrip(" \u00a0\u3000").startswith(TRIGGERS) else value
    return '"' + held.replace('"', '""') + '"'
