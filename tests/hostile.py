"""Workbooks nobody should send: small packages built by code, each with one thing wrong.

``workbook`` builds a minimal honest package; every fixture changes one part of it.
``HOSTILE`` lists the fixtures by name with the code that each must be refused with
(``None`` where it must be read).
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET = "xl/worksheets/sheet1.xml"

Parts = dict[str, bytes]


def sheet(data: str = "", after: str = "", before: str = "", namespace: str = MAIN) -> str:
    """A worksheet part: ``data`` are rows, ``before`` and ``after`` stand around ``sheetData``."""
    return f'{XML}<worksheet xmlns="{namespace}">{before}<sheetData>{data}</sheetData>{after}</worksheet>'


def one(cell: str) -> str:
    """A worksheet part with one row of cells."""
    return sheet(f'<row r="1">{cell}</row>')


def merges(*areas: str) -> str:
    """The merged areas of a sheet."""
    return "<mergeCells>" + "".join(f'<mergeCell ref="{area}"/>' for area in areas) + "</mergeCells>"


def book(names: str = "", sheets: str = '<sheet name="表1" sheetId="1" r:id="rId1"/>', before: str = "") -> str:
    """``workbook.xml``."""
    named = f"<definedNames>{names}</definedNames>" if names else ""
    return f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{before}<sheets>{sheets}</sheets>{named}</workbook>'


def relations(*lines: tuple[str, str, str], family: str = OFFICE) -> str:
    """A ``.rels`` part of (id, kind, target); a target that begins with ``!`` is external."""
    text = "".join(
        f'<Relationship Id="{key}" Type="{family}/{kind}" Target="{target.lstrip("!")}"'
        + (' TargetMode="External"/>' if target.startswith("!") else "/>")
        for key, kind, target in lines
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{text}</Relationships>'


def strings(*texts: str) -> str:
    """``sharedStrings.xml`` of the inner XML of each ``si``."""
    items = "".join(f"<si>{text}</si>" for text in texts)
    return f'{XML}<sst xmlns="{MAIN}">{items}</sst>'


def styles(xfs: str, formats: str = "") -> str:
    """``styles.xml`` with those cell formats."""
    return f'{XML}<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellXfs>{xfs}</cellXfs></styleSheet>'


_TYPES = f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'


def parts(changes: Mapping[str, str | bytes | None] | None = None) -> Parts:
    """The parts of a minimal workbook, with changes; ``None`` takes a part away."""
    content: dict[str, str | bytes | None] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": relations(
            ("rId1", "officeDocument", "xl/workbook.xml"), ("rId2", "custom-properties", "docProps/custom.xml")
        ),
        "xl/workbook.xml": book(),
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "styles", "styles.xml"),
            ("rId3", "sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": styles('<xf numFmtId="0"/><xf numFmtId="10"><protection locked="0"/></xf>'),
        "xl/sharedStrings.xml": strings("<t>项目名称</t>", "<t>无</t>"),
        SHEET: one('<c r="A1"><v>1</v></c>'),
    }
    content.update(changes or {})
    return {
        name: text.encode() if isinstance(text, str) else text for name, text in content.items() if text is not None
    }


def zipped(content: Mapping[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of those parts; a list may name one twice."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the duplicates are on purpose
        for name, data in content.items() if isinstance(content, Mapping) else content:
            archive.writestr(name, data)
    return target.getvalue()


def workbook(changes: Mapping[str, str | bytes | None] | None = None) -> bytes:
    """A minimal workbook with some parts changed."""
    return zipped(parts(changes))


def with_sheet(xml: str | bytes) -> bytes:
    """A minimal workbook with that worksheet part."""
    return workbook({SHEET: xml})


class Line(NamedTuple):
    """One part for ``raw_zip``: what the directory states may differ from what is there."""

    name: bytes
    data: bytes
    size: int | None = None
    flags: int = 0
    method: int = 8
    start: int | None = None
    local_name: bytes | None = None
    crc: int | None = None


def raw_zip(lines: list[Line], comment: bytes = b"") -> bytes:
    """A zip written by hand, so that its headers can lie."""
    body, listing = b"", b""
    for line in lines:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(line.data) + packer.flush() if line.method == 8 else line.data
        size = len(line.data) if line.size is None else line.size
        crc = zlib.crc32(line.data) if line.crc is None else line.crc
        local = line.name if line.local_name is None else line.local_name
        common = (line.flags, line.method, 0, 33, crc, len(packed), size)
        start = len(body) if line.start is None else line.start
        listing += (
            struct.pack("<4s2H4H3L5H2L", b"PK\1\2", 20, 20, *common, len(line.name), 0, 0, 0, 0, 0, start) + line.name
        )
        if line.start is None:
            body += struct.pack("<4sH4H3L2H", b"PK\3\4", 20, *common, len(local), 0) + local + packed
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(lines), len(lines), len(listing), len(body), len(comment))
    return body + listing + end + comment


def lines(**changes: Line) -> list[Line]:
    """The minimal workbook as lines, to be changed one by one."""
    return [changes.get(name, Line(name.encode(), data)) for name, data in parts().items()]


def ole(*streams: str) -> bytes:
    """The beginning of an OLE container that names those streams."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return head + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)


_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "lololololol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def laughing(xml: str) -> str:
    """The part with a document type of nested entities, used in its first text."""
    head, _, rest = xml.partition("?>")
    return f"{head}?>{_LAUGHS}{rest}".replace("</sheetData>", '<row><c t="str"><v>&i;</v></c></row></sheetData>')


def bomb() -> bytes:
    """Fifty million spaces in a few kilobytes."""
    return with_sheet(one(f"<c r='A1' t='str'><v>{' ' * 50_000_000}</v></c>"))


def spaces_beyond_the_part_limit() -> bytes:
    """A part that states more than 64 MiB."""
    return raw_zip([*lines(), Line(b"xl/x.xml", b" ", size=70 * 1024 * 1024)])


def lying_size() -> bytes:
    """The directory states 2,000 bytes; the stream holds 20 million."""
    return raw_zip(lines(**{SHEET: Line(SHEET.encode(), b" " * 20_000_000, size=2000)}))


def quoted_overlap(count: int = 900) -> bytes:
    """Many names for one stream."""
    return raw_zip([*lines(), *(Line(f"xl/x{i}.xml".encode(), b"", start=0) for i in range(count))])


def empty_styled_cells(count: int = 4_000_000) -> bytes:
    """Formatted down to the end of the sheet: an honest accident."""
    row = "".join(f'<c r="{chr(65 + i)}%d" s="1"/>' for i in range(20))
    text = "".join(f'<row r="{n}">' + row.replace("%d", str(n)) + "</row>" for n in range(1, count // 20 + 1))
    return with_sheet(sheet(text))


def empty_styled_rows(count: int = 1_048_576) -> bytes:
    """Every row of the sheet formatted, one with content."""
    text = "".join(f'<row r="{n}" s="1" customFormat="1" ht="18" spans="1:9"/>' for n in range(2, count + 1))
    return with_sheet(sheet(f'<row r="1"><c r="A1"><v>5</v></c></row>{text}'))


def deep(levels: int = 100_000) -> bytes:
    """Elements inside elements."""
    return with_sheet(sheet(after="<a>" * levels + "</a>" * levels))


def many_attributes(count: int = 100_000) -> bytes:
    """A cell with many attributes."""
    extra = " ".join(f'a{i}="{i}"' for i in range(count))
    return with_sheet(one(f'<c r="A1" {extra}><v>1</v></c>'))


def long_attribute(length: int = 12_000_000) -> bytes:
    """A cell with one attribute of 12 MB."""
    noise = "".join(chr(33 + (i * i * 7 + i // 97) % 90) for i in range(9973)).translate({34: 65, 38: 65, 60: 65})
    return with_sheet(one(f'<c r="A1" x="{noise * (length // len(noise))}"><v>1</v></c>'))


def far_corners() -> bytes:
    """Two cells in opposite corners."""
    return with_sheet(
        sheet(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
            before='<dimension ref="A1:XFD1048576"/>',
        )
    )


def giant_merge() -> bytes:
    """One merge over the whole grid."""
    return with_sheet(sheet(after=merges("A1:XFD1048576")))


def many_merges(count: int = 50_000) -> bytes:
    """More merges than are kept."""
    return with_sheet(sheet(after=merges(*(f"A{i}:B{i}" for i in range(1, count + 1)))))


def many_strings(count: int = 300_000) -> bytes:
    """Shared strings without end."""
    return workbook({"xl/sharedStrings.xml": strings(*(f"<t>{i}</t>" for i in range(count)))})


def many_names(count: int = 200_000) -> bytes:
    """Defined names without end, and one of ours."""
    names = "".join(f'<definedName name="n{i}">Sheet1!$A${i + 1}</definedName>' for i in range(count))
    return workbook({"xl/workbook.xml": book(names + '<definedName name="perfxl">"x"</definedName>')})


def long_shared_formula(cells: int = 20_000) -> bytes:
    """A long formula shared by many cells: small in the file, huge when written out."""
    own = "+".join(["A1"] * 2700)
    rest = "".join(f'<row r="{i}"><c r="B{i}"><f t="shared" si="0"/><v>1</v></c></row>' for i in range(2, cells))
    return with_sheet(sheet(f'<row r="1"><c r="B1"><f t="shared" si="0" ref="B1:B{cells}">{own}</f></c></row>{rest}'))


def unclosed_brackets() -> bytes:
    """Formulas that would make a careless pattern go back and forth."""
    text = "[" * 30_000
    quotes = "'" * 30_001
    digits = "1" * 30_000
    return with_sheet(
        sheet(
            f'<row r="1"><c r="A1"><f t="shared" si="0">{text}</f></c><c r="B1"><f t="shared" si="0"/></c>'
            f'<c r="C1"><f t="shared" si="1">{quotes}</f></c><c r="D1"><f t="shared" si="1"/></c>'
            f'<c r="E1"><f t="shared" si="2">{digits}x</f></c><c r="F1"><f t="shared" si="2"/></c>'
            f'<c r="G1"><v>{digits}x</v></c></row>'
        )
    )


HOSTILE: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "bomb": (bomb, "ZIP_BOMB"),
    "part_too_large": (spaces_beyond_the_part_limit, "PART_TOO_LARGE"),
    "lying_size": (lying_size, "BAD_ZIP"),
    "quoted_overlap": (quoted_overlap, "OVERLAPPING_PARTS"),
    "billion_laughs": (lambda: with_sheet(laughing(one(""))), "DTD_FORBIDDEN"),
    "empty_styled_cells": (empty_styled_cells, "PART_TOO_LARGE"),
    "empty_styled_rows": (empty_styled_rows, None),
    "deep": (deep, "XML_TOO_DEEP"),
    "many_attributes": (many_attributes, None),
    "long_attribute": (long_attribute, None),
    "longer_attribute": (lambda: long_attribute(60_000_000), "PART_TOO_LARGE"),
    "far_corners": (far_corners, None),
    "giant_merge": (giant_merge, None),
    "many_merges": (many_merges, None),
    "many_strings": (many_strings, "TOO_MANY_STRINGS"),
    "many_names": (many_names, None),
    "long_shared_formula": (long_shared_formula, "TOO_MUCH_TEXT"),
    "unclosed_brackets": (unclosed_brackets, None),
}
