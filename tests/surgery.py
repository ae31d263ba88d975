"""Operations on a workbook's XML in place: one cell changed, everything else byte for byte as it was.

This is what an edit in a spreadsheet program amounts to, without the program.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
BOOK = "xl/workbook.xml"


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook, in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {entry.filename: package.read(entry) for entry in package.infolist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """The parts as a workbook again."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


class Content(NamedTuple):
    """What stands in a cell: its type, the XML inside."""

    kind: str
    inside: str


def number(text: str) -> Content:
    """A number as it is stored."""
    return Content("n", f"<v>{text}</v>")


def inline(text: str) -> Content:
    """A text that stands in the cell itself."""
    return Content("inlineStr", f'<is><t xml:space="preserve">{escape(text)}</t></is>')


def shared(index: int) -> Content:
    """A text by its place among the shared strings."""
    return Content("s", f"<v>{index}</v>")


def truth(value: bool) -> Content:
    """TRUE or FALSE."""
    return Content("b", f"<v>{int(value)}</v>")


def formula(text: str, result: str = "") -> Content:
    """A formula with a stored result; without ``=``."""
    return Content("str", f"<f>{escape(text)}</f><v>{escape(result)}</v>")


NOTHING = Content("n", "")


def _pattern(cell_name: str) -> re.Pattern[str]:
    return re.compile(rf'<c r="{cell_name}"((?: [^>]*?)?)(?:/>|>(.*?)</c>)', re.DOTALL)


def content_of(sheet: str, cell_name: str) -> Content:
    """What stands in a cell of a worksheet part."""
    found = _pattern(cell_name).search(sheet)
    if found is None:
        raise LookupError(cell_name)
    kind = re.search(r' t="(\w+)"', found[1])
    return Content(kind[1] if kind else "n", found[2] or "")


def with_content(sheet: str, cell_name: str, content: Content) -> str:
    """The worksheet part with that in the cell, in the style that it has."""

    def cell(found: re.Match[str]) -> str:
        kept = re.sub(r' t="\w+"', "", found[1])
        return f'<c r="{cell_name}"{kept} t="{content.kind}">{content.inside}</c>'

    after, count = _pattern(cell_name).subn(cell, sheet)
    if count != 1:
        raise LookupError(f"{cell_name}: {count} of it")
    return after


class Operated:
    """A workbook open for edits of its XML."""

    def __init__(self, data: bytes, part: str = SHEET) -> None:
        self.parts, self.part = parts_of(data), part
        self.sheet = self.parts[part].decode()

    def put(self, cell_name: str, content: Content) -> Operated:
        """Overwrite a cell."""
        self.sheet = with_content(self.sheet, cell_name, content)
        return self

    def put_shared(self, cell_name: str, text: str) -> Operated:
        """Overwrite a cell with a text that joins the shared strings."""
        strings = self.parts[STRINGS].decode()
        index = strings.count("<si>")
        item = f'<si><t xml:space="preserve">{escape(text)}</t></si></sst>'
        self.parts[STRINGS] = strings.replace("</sst>", item).encode()
        return self.put(cell_name, shared(index))

    def swap(self, one: str, other: str) -> Operated:
        """Exchange what stands in two cells."""
        first, second = content_of(self.sheet, one), content_of(self.sheet, other)
        return self.put(one, second).put(other, first)

    def edit(self, part: str, change: Callable[[str], str]) -> Operated:
        """Change another part as text."""
        self.parts[part] = change(self.parts[part].decode()).encode()
        return self

    def bytes(self) -> bytes:
        """The workbook after the operation."""
        return packed({**self.parts, self.part: self.sheet.encode()})
