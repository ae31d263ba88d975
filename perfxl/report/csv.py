"""Findings as CSV: UTF-8 with a byte order mark, RFC 4180, and nothing that a spreadsheet would run.

Texts are quoted, and a text that begins like a formula gets a ``'`` in front; figures stand
bare, so that a real negative number stays a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ..finding import Across, Verdict
from ..number import plain
from . import words
from .lines import COLUMNS, TRIGGERS, batch_line, lines
from .tally import Tally

BOM = b"\xef\xbb\xbf"


def csv_report(verdicts: Iterable[Verdict], tally: Tally, lang: str, across: Across | None = None) -> Iterator[bytes]:
    """The table in pieces: the headings, the lines of one verdict at a time, then those across forms."""
    yield BOM + row([zh if lang == "zh" else en for _, zh, en in COLUMNS])
    for verdict in tally.counted(verdicts):
        yield b"".join(row(line.values()) for line in lines(verdict, lang))
    for found in across.findings if across else ():
        tally.add_across(found)
        yield row(batch_line(found, lang).values())


def row(values: Iterable[Decimal | str | None]) -> bytes:
    """One line of such a table."""
    return words.without_surrogates(",".join(map(_field, values))).encode() + b"\r\n"


def _field(value: Decimal | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    held = "'" + value if value.lstrip(" \u00a0\u3000").startswith(TRIGGERS) else value
    return '"' + held.replace('"', '""') + '"'
