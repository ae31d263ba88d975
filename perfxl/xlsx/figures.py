"""The figures of a sheet that we wrote ourselves, read again from the file, cell by cell: nothing is kept.

For checking what was written. A workbook that comes from elsewhere is for ``reader``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.parsers import expat
from zipfile import ZipFile

from perfxl.number import from_double
from perfxl.sheet import from_a1

_CHUNK = 1 << 16


def figures(path: Path, number: int) -> Iterator[tuple[int, int, Decimal]]:
    """Row, column and value of each number in sheet ``number`` (from 1), results of formulas included.

    Raises ``OSError``, ``KeyError`` and ``zipfile.BadZipFile`` where that is not such a file.
    """
    found: list[tuple[int, int, Decimal]] = []
    cell, text, inside = "", "", False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal cell, text, inside
        if name == "c":
            cell = "" if attributes.get("t", "n") != "n" else attributes["r"]
        elif name == "v":
            text, inside = "", bool(cell)

    def characters(part: str) -> None:
        nonlocal text
        if inside:
            text += part

    def end(name: str) -> None:
        nonlocal inside
        if name == "v" and inside:
            inside = False
            if text:  # a formula that comes to nothing
                found.append((*from_a1(cell), from_double(text)))

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    with ZipFile(path) as package, package.open(f"xl/worksheets/sheet{number}.xml") as part:
        while chunk := part.read(_CHUNK):
            parser.Parse(chunk)
            yield from found
            found.clear()
    parser.Parse(b"", True)
    yield from found
