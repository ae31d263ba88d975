"""What the reader refuses, by which name, and how little it spends on it."""

from __future__ import annotations

import ast
import io
import random
import re
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import hostile
import pytest
from hostile import (
    HOSTILE,
    SHEET,
    Line,
    book,
    lines,
    merges,
    one,
    parts,
    raw_zip,
    relations,
    sheet,
    strings,
    with_sheet,
)
from hostile import workbook as made

import perfxl
from perfxl.rejection import NOTES, REJECTIONS, Rejected
from perfxl.sheet import Workbook
from perfxl.xlsx.limits import DEFAULT, Limits
from perfxl.xlsx.reader import read_workbook, sniff

SECONDS = 5
MEBIBYTES = 200


def code_of(data: bytes, limits: Limits = DEFAULT) -> str:
    with pytest.raises(Rejected) as caught:
        read_workbook(data, limits=limits)
    return caught.value.code


def notes_of(data: bytes) -> list[str]:
    return [code for code, _ in read_workbook(data).notes]


# The container


def test_r_zip_1_the_file_limit_holds_to_the_byte() -> None:
    data = made()
    assert isinstance(read_workbook(data, limits=Limits(file_bytes=len(data))), Workbook)
    assert code_of(data, Limits(file_bytes=len(data) - 1)) == "FILE_TOO_LARGE"
    assert code_of(b"PK\3\4" + bytes(20 * 1024 * 1024 - 3)) == "FILE_TOO_LARGE"


def test_r_zip_2_sizes_are_refused_before_anything_is_expanded() -> None:
    assert code_of(hostile.bomb()) == "ZIP_BOMB"
    assert code_of(hostile.spaces_beyond_the_part_limit()) == "PART_TOO_LARGE"
    two = [Line(f"xl/x{i}.xml".encode(), random.Random(i).randbytes(400_000), size=60 * 2**20) for i in range(3)]
    assert code_of(raw_zip([*lines(), *two])) == "PACKAGE_TOO_LARGE"


def test_r_zip_2_a_part_of_one_mebibyte_may_be_as_dense_as_it_likes() -> None:
    assert read_workbook(made({"xl/x.xml": b" " * 2**20})).sheets


@pytest.mark.parametrize("size", [0, 1, 10, 2000, 400_000])
def test_r_zip_3_lying_sizes_are_refused(size: int) -> None:
    assert code_of(raw_zip(lines(**{SHEET: Line(SHEET.encode(), b" " * 300_000, size=size)}))) == "BAD_ZIP"


def test_r_zip_3_the_local_header_must_agree() -> None:
    data = made()
    at = data.index(b"PK\3\4", 10)
    assert code_of(data[: at + 22] + struct.pack("<L", 5) + data[at + 26 :]) == "BAD_ZIP"


def test_r_zip_4_overlapping_parts_are_refused() -> None:
    assert code_of(hostile.quoted_overlap(1)) == "OVERLAPPING_PARTS"
    assert code_of(hostile.quoted_overlap(900)) == "OVERLAPPING_PARTS"
    inner = raw_zip([Line(b"xl/b.xml", b"b", method=0)])
    # A part whose stored bytes hold the header of another.
    content = lines()
    offset = raw_zip([*content, Line(b"xl/a.xml", inner, method=0)]).index(inner)
    nested = [*content, Line(b"xl/a.xml", inner, method=0), Line(b"xl/b.xml", b"b", method=0, start=offset)]
    assert code_of(raw_zip(nested)) == "OVERLAPPING_PARTS"


def test_r_zip_5_too_many_parts() -> None:
    def with_total(total: int) -> bytes:
        return made({f"xl/media/{i}.png": b"" for i in range(total - len(parts()))})

    assert read_workbook(with_total(1000)).sheets
    assert code_of(with_total(1001)) == "TOO_MANY_PARTS"
    assert code_of(made({"xl/" + "x" * 60_000 + str(i): b"" for i in range(20)})) == "TOO_MANY_PARTS"


@pytest.mark.parametrize("name", [SHEET, "xl/worksheets/SHEET1.xml", "xl\\worksheets\\sheet1.xml"])
def test_r_zip_6_duplicate_parts_are_refused(name: str) -> None:
    content = [Line(name.encode(), data) for name, data in parts().items()]
    assert code_of(raw_zip([*content, Line(name.encode(), b"other")])) == "DUPLICATE_PART"


def test_r_zip_6_names_that_differ_in_composition_only_are_duplicates() -> None:
    twins = [Line(name.encode(), b"", flags=0x800) for name in ("xl/\u00e9.xml", "xl/e\u0301.xml")]
    assert code_of(raw_zip([*lines(), *twins])) == "DUPLICATE_PART"


@pytest.mark.parametrize(
    "name", [b"../x", b"xl/../../x", b"/etc/x", b"C:\\x", b"c:x", b"xl/\0x", b"", b"..\\x", b"\\x"]
)
def test_r_zip_7_names_that_lead_out_are_refused(name: bytes) -> None:
    assert code_of(raw_zip([*lines(), Line(name, b"x")])) == "BAD_PART_NAME"


def test_r_zip_7_names_that_are_no_utf_8_are_refused() -> None:
    assert code_of(raw_zip([*lines(), Line(b"xl/\xff", b"x", flags=0x800)])) == "BAD_PART_NAME"


def test_r_zip_7_backslashes_alone_are_read() -> None:
    data = raw_zip([Line(line.name.replace(b"/", b"\\"), line.data) for line in lines()])
    assert read_workbook(data).sheets[0].cell(1, 1).value == 1


@pytest.mark.parametrize("flags", [1, 64, 0x2000])
def test_r_zip_8_encrypted_parts(flags: int) -> None:
    assert code_of(raw_zip([*lines(), Line(b"xl/x.xml", b"x", flags=flags)])) == "ENCRYPTED_ZIP"


@pytest.mark.parametrize("method", [9, 12, 14, 93, 99])
def test_r_zip_8_other_compressions(method: int) -> None:
    assert code_of(raw_zip([*lines(), Line(b"xl/x.xml", b"x", method=method)])) == "ODD_COMPRESSION"


def test_r_zip_9_a_truncated_file_at_every_length() -> None:
    data = made()
    for length in range(4, len(data), 7):
        assert code_of(data[:length]) == "BAD_ZIP"


def test_r_zip_9_junk_before_or_behind_is_refused() -> None:
    data = made()
    assert code_of(data + b"\0") == "BAD_ZIP"
    assert code_of(b"MZ" + bytes(62) + data) == "BAD_ZIP"
    assert code_of(data + data) == "BAD_ZIP"
    assert read_workbook(raw_zip(lines(), comment=b"kept by a packer")).sheets
    ambiguous = raw_zip(lines())[-22:]
    assert code_of(raw_zip(lines(), comment=ambiguous)) == "BAD_ZIP"


def test_r_zip_9_a_bad_checksum_counts_where_the_part_is_needed() -> None:
    text = parts()[SHEET]
    assert code_of(raw_zip(lines(**{SHEET: Line(SHEET.encode(), text, crc=1)}))) == "BAD_ZIP"
    assert read_workbook(raw_zip([*lines(), Line(b"xl/drawings/d.xml", b"x", crc=1)])).sheets


def test_r_zip_9_a_broken_stream() -> None:
    assert code_of(raw_zip(lines(**{SHEET: Line(SHEET.encode(), b"x" * 50, size=9, method=8)}))) == "BAD_ZIP"
    stored = Line(SHEET.encode(), parts()[SHEET], method=0)
    data = bytearray(raw_zip(lines(**{SHEET: stored})))
    for method_at in (8, 10):  # said to be compressed, in the header and in the directory
        at = data.find(SHEET.encode(), 0 if method_at == 8 else data.find(b"PK\1\2"))
        struct.pack_into("<H", data, at - (30 - 8 if method_at == 8 else 46 - 10), 8)
    assert code_of(bytes(data)) == "BAD_ZIP"


def test_r_zip_9_wide_sizes_are_read_and_their_lies_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts().items():
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(data)
    assert read_workbook(target.getvalue()).sheets
    end = target.getvalue()
    lie = end[:-22] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert code_of(lie) == "BAD_ZIP"


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("xl/embeddings/oleObject1.bin", "HAS_EMBEDDED_OBJECTS"),
        ("xl/activeX/activeX1.xml", "HAS_EMBEDDED_OBJECTS"),
        ("xl/vbaProject.bin", "HAS_MACROS"),
        ("xl/externalLinks/externalLink1.xml", "EXTERNAL_LINKS"),
        ("xl/comments1.xml", "COMMENTS"),
        ("xl/cellimages.xml", "CELL_IMAGES"),
    ],
)
def test_r_zip_10_and_13_what_is_never_opened_is_remarked_upon(name: str, note: str) -> None:
    assert notes_of(made({name: b"never parsed"})) == [note]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY_FILE"),
        (bytes(5000), "EMPTY_FILE"),
        (hostile.ole("EncryptionInfo", "EncryptedPackage"), "ENCRYPTED"),
        (hostile.ole("Workbook"), "LEGACY_XLS_OR_ET"),
        (hostile.ole("Book"), "LEGACY_XLS_OR_ET"),
        (hostile.ole("WordDocument"), "NOT_A_WORKBOOK"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(range(64)), "LEGACY_XLS_OR_ET"),
        (hostile.zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}), "XLSB"),
        (hostile.zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b""}), "ODS"),
        (hostile.zipped({"Index/Document.iwa": b""}), "NUMBERS"),
        (hostile.zipped({"Index.zip": b""}), "NUMBERS"),
        (hostile.zipped({"[Content_Types].xml": b"", "word/document.xml": b""}), "NOT_A_WORKBOOK"),
        (hostile.zipped({"表1.xlsx": b"", "表2.xlsx": b""}), "NOT_A_WORKBOOK"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>', "XML2003"),
        (b"\xef\xbb\xbf<html><table><tr><td>1</td></tr></table></html>", "HTML_AS_EXCEL"),
        ("<TABLE><tr><td>单位</td></tr></TABLE>".encode("gbk"), "HTML_AS_EXCEL"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "HTML_AS_EXCEL"),
        ("单位,金额\n甲,1\n".encode(), "TEXT_OR_CSV"),
        ("单位,金额\n甲,1\n".encode("gb18030"), "TEXT_OR_CSV"),
        ("单位\t金额\n".encode("utf-16"), "TEXT_OR_CSV"),
        (b"\x05Alice" + b" " * 159, "OFFICE_LOCK_FILE"),
        (b",alice,pc,01.03.2025 10:00,file:///home/alice;", "OFFICE_LOCK_FILE"),
        (b"L\0\0\0\x01\x14\x02\0" + bytes(range(1, 80)), "SHORTCUT"),
        (b"%PDF-1.7\n", "NOT_A_WORKBOOK"),
        (b"Rar!\x1a\x07\x00", "NOT_A_WORKBOOK"),
        (b"\x89PNG\r\n\x1a\n", "NOT_A_WORKBOOK"),
        (random.Random(1).randbytes(4000), "NOT_A_WORKBOOK"),
        (b"PK\5\6" + bytes(18), "BAD_ZIP"),
    ],
)
def test_r_zip_11_and_12_other_content_is_known_by_its_content(data: bytes, code: str) -> None:
    assert sniff(data) == code
    assert code_of(data) == code


def test_r_zip_12_a_workbook_and_a_broken_workbook_are_no_other_content() -> None:
    assert sniff(made()) is None
    assert sniff(made()[:500]) is None


def test_r_zip_13_macros_by_content_type_and_macro_sheets() -> None:
    kind = "application/vnd.ms-excel.{}+xml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Override PartName="/x" ContentType="{}"/></Types>'
    )
    macros = types.format(kind.format("sheet.macroEnabled.main"))
    assert notes_of(made({"[Content_Types].xml": macros})) == ["HAS_MACROS"]
    assert code_of(made({"[Content_Types].xml": types.format(kind.format("macrosheet"))})) == "XLM_MACRO"
    rels = relations(("rId1", "xlMacrosheet", "macrosheets/sheet1.xml"))
    assert code_of(made({"xl/_rels/workbook.xml.rels": rels})) == "XLM_MACRO"
    root = '<xm:macrosheet xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"/>'
    assert code_of(with_sheet(root)) == "XLM_MACRO"


# XML


@pytest.mark.parametrize(
    "name",
    [
        SHEET,
        "xl/workbook.xml",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "_rels/.rels",
        "xl/_rels/workbook.xml.rels",
        "[Content_Types].xml",
    ],
)
@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x>",
        '<!DOCTYPE x SYSTEM "http://example.invalid/x.dtd">',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY e "5">]>',
    ],
)
def test_r_xml_1_and_2_no_part_may_have_a_document_type(name: str, doctype: str) -> None:
    head, _, rest = parts()[name].decode().partition("?>")
    assert code_of(made({name: f"{head}?>{doctype}{rest}"})) == "DTD_FORBIDDEN"
    assert (
        code_of(made({name: f"{head.replace('UTF-8', 'UTF-16')}?>{doctype}{rest}".encode("utf-16")})) == "DTD_FORBIDDEN"
    )


def test_r_xml_1_billion_laughs() -> None:
    assert code_of(with_sheet(hostile.laughing(one("")))) == "DTD_FORBIDDEN"


def test_r_xml_3_depth() -> None:
    assert read_workbook(hostile.deep(62)).sheets  # the root and 62 below it; 64 is the limit
    assert code_of(hostile.deep(64)) == "XML_TOO_DEEP"
    for tag in ("c", "v", "row", "x:y"):
        xml = sheet(f"<{tag}>" * 70 + f"</{tag}>" * 70).replace("<worksheet ", '<worksheet xmlns:x="urn:x" ')
        assert code_of(with_sheet(xml)) == "XML_TOO_DEEP"
    deep = strings("<r>" * 100 + "</r>" * 100)
    assert code_of(made({"xl/sharedStrings.xml": deep})) == "XML_TOO_DEEP"


def test_r_xml_3_elements_and_time() -> None:
    rows = sheet("".join(f'<row r="{i}"/>' for i in range(1, 40_001)))
    assert code_of(with_sheet(rows), Limits(elements=30_000)) == "TOO_MANY_ELEMENTS"
    assert code_of(with_sheet(rows), Limits(seconds=-1)) == "TIME_LIMIT"
    assert read_workbook(with_sheet(rows)).sheets


def test_r_xml_3_the_clock_is_looked_at_inside_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 0.0, *[1.0] * 20, *[9.0] * 1000])
    rows = sheet("".join(f'<row r="{i}"><c r="A{i}"/></row>' for i in range(1, 100_001)))
    data = with_sheet(rows)
    # the reader's own clock alone: other threads of the tests look at the real one
    monkeypatch.setattr("perfxl.xlsx.markup.time", SimpleNamespace(monotonic=lambda: next(ticks)))
    assert code_of(data) == "TIME_LIMIT"


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "x",
        "<worksheet",
        "<worksheet/>x",
        '<a xmlns="urn:x"/>',
        '<worksheet xmlns="urn:x"/>',
        "<worksheet>&nbsp;</worksheet>",
        "<worksheet></sheet>",
        '<workbook xmlns="' + hostile.MAIN + '"/>',
        "<worksheet>\x01</worksheet>",
    ],
)
def test_r_xml_4_a_broken_sheet_is_never_an_empty_one(xml: str) -> None:
    assert code_of(with_sheet(xml)) == "BAD_XML"


def test_r_xml_4_bytes_that_are_not_in_the_declared_encoding() -> None:
    assert code_of(with_sheet(one('<c r="A1" t="str"><v>财</v></c>').encode("gbk"))) == "BAD_XML"
    assert code_of(with_sheet(b'<?xml version="1.0" encoding="GBK"?><worksheet>\xff\xff</worksheet>')) == "BAD_XML"
    assert code_of(with_sheet(b"\xff\xfe<\0\0\xd8")) == "BAD_XML"
    assert code_of(with_sheet(one("").encode("utf-16")), Limits(foreign_bytes=100)) == "PART_TOO_LARGE"


@pytest.mark.parametrize(
    "target",
    [
        "/xl/worksheets/sheet1.xml",
        "worksheets\\sheet1.xml",
        "./x/../worksheets/sheet1.xml",
        "WORKSHEETS/Sheet1.XML",
        "xl/worksheets/sheet1.xml",
        "worksheets/sheet%31.xml",
        "\\xl\\worksheets\\sheet1.xml",
    ],
)
def test_r_xml_7_odd_targets_inside_the_package_are_found(target: str) -> None:
    found = read_workbook(made({"xl/_rels/workbook.xml.rels": relations(("rId1", "worksheet", target))}))
    assert found.sheets[0].cell(1, 1).value == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("rId1", "worksheet", "../../etc/passwd"), "SHEET_UNRESOLVED"),
        (("rId1", "worksheet", "/../xl/worksheets/sheet1.xml"), "SHEET_UNRESOLVED"),
        (("rId1", "worksheet", "worksheets/none.xml"), "SHEET_UNRESOLVED"),
        (("rId7", "worksheet", "worksheets/sheet1.xml"), "SHEET_UNRESOLVED"),
        (("rId1", "worksheet", "!http://example.invalid/sheet1.xml"), "MISSING_PART"),
        (("rId9", "sharedStrings", "!file:///etc/passwd"), "MISSING_PART"),
        (("rId9", "styles", "!//host/share/styles.xml"), "MISSING_PART"),
    ],
)
def test_r_xml_7_a_sheet_that_cannot_be_found_is_never_none(line: tuple[str, str, str], code: str) -> None:
    others = [] if line[1] == "worksheet" else [("rId1", "worksheet", "worksheets/sheet1.xml")]
    assert code_of(made({"xl/_rels/workbook.xml.rels": relations(line, *others)})) == code


def test_r_xml_7_missing_parts() -> None:
    assert code_of(made({"xl/_rels/workbook.xml.rels": None})) == "SHEET_UNRESOLVED"
    assert code_of(made({"xl/workbook.xml": None})) == "MISSING_PART"
    assert code_of(made({"xl/sharedStrings.xml": None, SHEET: one('<c r="A1" t="s"><v>0</v></c>')})) == "MISSING_PART"
    assert code_of(made({"xl/workbook.xml": book(sheets="")})) == "NO_SHEETS"
    assert read_workbook(
        made({"xl/styles.xml": None, "xl/sharedStrings.xml": None, "[Content_Types].xml": None})
    ).sheets


# Shape and size


@pytest.mark.parametrize("stated", ["A1:XFD1048576", "A1", "", "nonsense", "ZZZZ99999999999999999999"])
def test_r_dim_1_the_stated_dimension_is_not_looked_at(stated: str) -> None:
    xml = sheet('<row r="3"><c r="C3"><v>1</v></c></row>', before=f'<dimension ref="{stated}"/>')
    assert set(read_workbook(with_sheet(xml)).sheets[0].cells) == {(3, 3)}


def test_r_dim_2_a_far_cell_is_read_and_remarked_upon() -> None:
    found = read_workbook(hostile.far_corners())
    assert set(found.sheets[0].cells) == {(1, 1), (1_048_576, 16_384)}
    assert found.notes == (("FAR_CELL", "表1!XFD1048576"),)


@pytest.mark.parametrize(
    "reference", ["XFE1", "A1048577", "A0", "A" + "9" * 20, "1A", "", "A", "AAAA1", "$A$1", "A1:B2", "Ａ1", "A１"]
)
def test_r_dim_3_references_outside_the_grid(reference: str) -> None:
    assert code_of(with_sheet(sheet(f'<row><c r="{reference}"><v>1</v></c></row>'))) == "BAD_CELL_REF"


@pytest.mark.parametrize("row", ["9" * 20, "x", "-1", "1.5", ""])
def test_r_dim_3_row_numbers_that_are_none(row: str) -> None:
    assert code_of(with_sheet(sheet(f'<row r="{row}"><c><v>1</v></c></row>'))) == "BAD_CELL_REF"


def test_r_dim_3_rows_and_cells_that_disagree() -> None:
    assert code_of(with_sheet(one('<c r="A9"><v>1</v></c>'))) == "CELL_ROW_MISMATCH"


def test_r_dim_3_a_cell_met_twice() -> None:
    assert code_of(with_sheet(one('<c r="A1"><v>1</v></c><c r="A1"><v>999</v></c>'))) == "DUPLICATE_CELL"
    assert read_workbook(with_sheet(one('<c r="A1"><v>1</v></c><c r="A1" s="1"/>'))).sheets[0].cell(1, 1).value == 1


def test_r_dim_3_missing_references_count_on_and_the_order_is_free() -> None:
    xml = sheet(
        '<row r="9"><c><v>1</v></c><c/><c><v>2</v></c><c r="F9" s="1"/><c><v>3</v></c></row>'
        '<row><c><v>4</v></c></row><row r="2"><c r="B2"><v>5</v></c></row>'
    )
    cells = read_workbook(with_sheet(xml)).sheets[0].cells
    assert {at: int(cell.text) for at, cell in cells.items()} == {
        (9, 1): 1,
        (9, 3): 2,
        (9, 7): 3,
        (10, 1): 4,
        (2, 2): 5,
    }


def test_r_dim_4_empty_styled_cells_are_skipped_or_refused() -> None:
    assert read_workbook(hostile.empty_styled_cells(20_000)).sheets[0].cells == {}
    assert "空白格式" in REJECTIONS["PART_TOO_LARGE"].zh + REJECTIONS["PART_TOO_LARGE"].remedy_zh


def test_r_dim_5_shared_strings() -> None:
    long = "长" * 32_767
    lie = '<sst count="4294967295" uniqueCount="4294967295" '
    sst = strings(f"<t>{long}</t>").replace("<sst ", lie)
    data = made({"xl/sharedStrings.xml": sst, SHEET: one('<c r="A1" t="s"><v>0</v></c>')})
    assert read_workbook(data).sheets[0].cell(1, 1).value == long
    assert code_of(made({"xl/sharedStrings.xml": strings(f"<t>{long}长</t>")})) == "TEXT_TOO_LONG"
    assert code_of(made({"xl/sharedStrings.xml": strings(*["<r><t>长长</t></r>" * 16_384])})) == "TEXT_TOO_LONG"
    assert code_of(hostile.many_strings()) == "TOO_MANY_STRINGS"
    assert (
        code_of(made({"xl/sharedStrings.xml": strings(*["<t>abcd</t>"] * 30)}), Limits(all_characters=100))
        == "TOO_MUCH_TEXT"
    )
    for index in ("2", "-1", "1.0", "x", "９", "99999999999999999999"):
        assert code_of(with_sheet(one(f'<c r="A1" t="s"><v>{index}</v></c>'))) == "BAD_STRING_INDEX"


def test_r_dim_5_texts_in_the_sheet() -> None:
    long = "长" * 32_768
    for cell in (
        f'<c r="A1" t="str"><v>{long}</v></c>',
        f'<c r="A1"><f>{long}</f></c>',
        f'<c r="A1" t="inlineStr"><is><t>{long}</t></is></c>',
        f'<c r="A1" t="str"><v>{long * 10}</v></c>',
    ):
        assert code_of(with_sheet(one(cell))) == "TEXT_TOO_LONG"
    many = "".join(f'<c t="str"><v>{"字" * 300}</v></c>' for _ in range(50))
    assert code_of(with_sheet(one(many)), Limits(all_characters=10_000)) == "TOO_MUCH_TEXT"


def test_r_dim_6_merges_beyond_the_limit_are_dropped_with_a_remark() -> None:
    found = read_workbook(hostile.many_merges(20_010))
    assert len(found.sheets[0].merges) == 20_000
    assert [code for code, _ in found.notes] == ["MERGES_DROPPED"]
    assert len(read_workbook(with_sheet(sheet(after=merges("A1:XFD1048576")))).sheets[0].merges) == 1


def test_r_dim_7_names_styles_and_sheets() -> None:
    assert read_workbook(hostile.many_names(20_000)).constants == {"perfxl": "x"}
    area = ",".join(f"表1!$A${i}" for i in range(1, 50_000))
    names = "".join(
        f'<definedName name="{n}" localSheetId="0">{area}</definedName>' for n in ("_xlnm.Print_Area", "pxl.x")
    )
    assert notes_of(made({"xl/workbook.xml": book(names)})) == ["BROKEN_NAME"]
    ours = "".join(f'<definedName name="pxl.{i}">1</definedName>' for i in range(11))
    assert len(read_workbook(made({"xl/workbook.xml": book(ours)}), limits=Limits(names=11)).constants) == 11
    assert code_of(made({"xl/workbook.xml": book(ours)}), Limits(names=10)) == "TOO_MANY_NAMES"
    assert code_of(made(), Limits(relationships=2)) == "TOO_MANY_PARTS"
    many = hostile.styles("<xf/>" * 65_431)
    assert code_of(made({"xl/styles.xml": many})) == "TOO_MANY_STYLES"
    listing = "".join(f'<sheet name="s{i}" sheetId="{i + 1}" r:id="rId1"/>' for i in range(257))
    assert code_of(made({"xl/workbook.xml": book(sheets=listing)})) == "TOO_MANY_SHEETS"


def test_r_dim_8_cells_with_content() -> None:
    row = '<row r="{0}">' + "<c><v>1</v></c>" * 100 + "</row>"
    xml = sheet("".join(row.format(i) for i in range(1, 51)))
    assert len(read_workbook(with_sheet(xml), limits=Limits(cells=5000)).sheets[0].cells) == 5000
    assert code_of(with_sheet(xml), Limits(cells=4999)) == "TOO_MANY_CELLS"


def test_remarks_are_few_and_printable() -> None:
    cells = "".join(f'<c><f t="shared" si="{i}"/></c>' for i in range(500))
    listing = '<sheet name="\u202e[red]\x7f" sheetId="1" r:id="rId1"/>'
    found = read_workbook(made({SHEET: one(cells), "xl/workbook.xml": book(sheets=listing)}))
    assert len(found.notes) <= 20
    assert all(where.isprintable() for _, where in found.notes)


@pytest.mark.parametrize("numbered", [True, False])
def test_rows_that_are_only_formatted_change_nothing(numbered: bool) -> None:
    idle = "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(2, 60_000))
    number = ' r="60002"' if numbered else ""
    last = f"<row{number}><c><v>7</v></c></row>"
    rows = f'<row r="1"><c r="A1"><v>5</v></c></row>{idle}<row r="60000" hidden="1"/><row r="60001"/>{last}'
    found = read_workbook(with_sheet(sheet(rows))).sheets[0]
    assert {place: cell.value for place, cell in found.cells.items()} == {(1, 1): 5, (60_002, 1): 7}
    assert found.hidden_rows == {60_000}


# All of them, measured


@pytest.mark.parametrize("name", HOSTILE)
def test_every_hostile_file_is_over_soon(name: str) -> None:
    build, code = HOSTILE[name]
    data = build()
    began = time.thread_time()  # of this test alone, however busy the machine
    try:
        assert read_workbook(data).sheets
        found = None
    except Rejected as rejected:
        found = rejected.code
    assert found == code
    assert time.thread_time() - began < SECONDS


_MEASURE = """
import resource, sys
from perfxl.rejection import Rejected
from perfxl.xlsx.reader import read_workbook
with open(sys.argv[1], "rb") as file:
    data = file.read()
try:
    read_workbook(data)
except Rejected:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    "name", ["bomb", "empty_styled_rows", "long_attribute", "many_names", "many_strings", "long_shared_formula"]
)
def test_every_hostile_file_needs_little_memory(name: str, tmp_path: Path) -> None:
    pytest.importorskip("resource")
    file = tmp_path / "x.xlsx"
    file.write_bytes(HOSTILE[name][0]())
    # A child begins with the peak of its parent on Linux, so it is started by a small process.
    command = [sys.executable, "-c", _MEASURE, str(file)]
    starter = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    done = subprocess.run(
        [sys.executable, "-c", starter, *command], capture_output=True, text=True, check=True, cwd=_ROOT
    )
    assert int(done.stdout) < MEBIBYTES


_ROOT = Path(perfxl.__file__).parent.parent
_OPENED: list[str] = []
_WATCHING = [False]


def _watch(event: str, details: tuple[object, ...]) -> None:
    if _WATCHING[0] and (
        event in ("open", "os.rename", "os.remove", "subprocess.Popen") or event.startswith("socket.")
    ):
        _OPENED.append(f"{event} {details}")


def test_r_xml_2_and_r_arch_6_reading_opens_no_file_and_no_socket() -> None:
    sys.addaudithook(_watch)
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    outside = [
        made(),
        with_sheet(f"{entity}<worksheet>&e;</worksheet>"),
        made({"xl/_rels/workbook.xml.rels": relations(("rId1", "worksheet", "!http://example.invalid/"))}),
        made({"xl/_rels/workbook.xml.rels": relations(("rId1", "worksheet", "../../../../etc/passwd"))}),
    ]
    _WATCHING[0] = True
    try:
        for data in outside:
            try:
                read_workbook(data)
            except Rejected:
                continue
    finally:
        _WATCHING[0] = False
    assert _OPENED == []


def test_reading_imports_nothing_heavy() -> None:
    code = "import sys; import perfxl.xlsx.reader; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=_ROOT)
    assert not {"zipfile", "xml.etree", "pathlib", "logging", "openpyxl", "xlsxwriter"} & set(loaded.stdout.split())


# Mutants


def _seeds() -> list[dict[str, bytes]]:
    rich = {
        SHEET: sheet(
            '<row r="1"><c r="A1" t="s" s="1"><v>0</v></c><c r="B1"><f t="shared" si="0" ref="B1:C1">A1*2</f>'
            "<v>9.83</v></c>"
            '<c r="C1"><f t="shared" si="0"/><v>1</v></c><c r="D1" t="inlineStr">'
            "<is><r><t>x_x000D_</t></r></is></c></row>"
            '<row r="2" hidden="1"><c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B2" t="b"><v>1</v></c></row>',
            '<sheetProtection sheet="1"/>' + merges("A1:B2"),
        ),
        "xl/workbook.xml": book(
            '<definedName name="pxl.a" localSheetId="0">\'表1\'!$A$1:$B$2</definedName>'
            '<definedName name="perfxl">"x"</definedName>'
        ),
    }
    return [parts(), parts(rich)]


def _mutant(draw: random.Random, seeds: list[dict[str, bytes]]) -> bytes:
    content = dict(draw.choice(seeds))
    if draw.random() < 0.2:
        data = bytearray(hostile.zipped(content))
        for _ in range(draw.randrange(1, 6)):
            _bruise(draw, data)
        return bytes(data)
    for _ in range(draw.randrange(1, 4)):
        name = draw.choice(list(content))
        part = bytearray(content[name])
        (_bruise if draw.random() < 0.1 else _rewrite)(draw, part)
        content[name] = bytes(part)
    return hostile.zipped(content)


def _bruise(draw: random.Random, data: bytearray) -> None:
    if not data:
        return
    at = draw.randrange(len(data))
    match draw.randrange(5):
        case 0:
            data[at] = draw.randrange(256)
        case 1:
            data[at] ^= 1 << draw.randrange(8)
        case 2:
            del data[at : at + draw.randrange(1, 40)]
        case 3:
            data[at:at] = data[draw.randrange(len(data)) :][: draw.randrange(1, 60)]
        case _:
            data[at : at + 4] = draw.choice([b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", b"PK\5\6"])


_ODD = (
    b"",
    b"-1",
    b"99999999999999999999",
    b"NaN",
    b"7",
    b"A1",
    b"0",
    b"&lt;",
    b"A0",
    b"XFE1",
    "中".encode(),
    b"\xff",
    b"x" * 5000,
    b"1e999",
    b"s",
    b"shared",
    b"]]>",
    b"<c/>",
    b"<v>1</v>",
    b"</c>",
    b"_xD800_",
    b"\0",
)


def _rewrite(draw: random.Random, part: bytearray) -> None:
    """Put something odd in the place of an attribute or a text, seldom of a tag."""
    pattern = rb"<[^>]*>" if draw.random() < 0.1 else rb'(?<==")[^"]*(?=")|(?<=>)[^<]+(?=<)'
    pieces = [found.span() for found in re.finditer(pattern, part)]
    if pieces:
        first, last = draw.choice(pieces)
        part[first:last] = draw.choice(_ODD)


def _survive(count: int, seed: int) -> None:
    draw = random.Random(seed)
    seeds = _seeds()
    read = 0
    for number in range(count):
        data = _mutant(draw, seeds)
        try:
            read_workbook(data)
            read += 1
        except Rejected:
            continue
        except Exception as defect:
            raise AssertionError(f"mutant {number} of seed {seed}") from defect
    assert count * 0.1 < read < count * 0.9  # neither harmless nor hopeless


def test_r_arch_2_a_thousand_mutants_end_in_a_workbook_or_a_rejection() -> None:
    _survive(1_000, seed=20250301)


@pytest.mark.slow
def test_r_arch_2_twenty_thousand_mutants_end_in_a_workbook_or_a_rejection() -> None:
    _survive(20_000, seed=7)


# The catalogue


def test_every_rejection_is_explained_in_both_languages_with_a_remedy() -> None:
    for code, words in REJECTIONS.items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", code)
        assert len(words) == 4
        assert all(text.strip() and text.endswith(("。", ".", "TOML", ")", "）")) for text in words), code
        assert re.search("[\u4e00-\u9fff]", words.zh + words.remedy_zh)
        assert not re.search("[\u4e00-\u9fff]", words.en + words.remedy_en)
    assert all(all(words) and len(words) == 2 for words in NOTES.values())


def _literals(of: Callable[[ast.Call], bool]) -> set[str]:
    found = set()
    for path in Path(perfxl.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and of(node) and node.args and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
    return found


def test_every_rejection_raised_is_in_the_catalogue() -> None:
    raised = _literals(lambda call: isinstance(call.func, ast.Name) and call.func.id == "Rejected")
    assert len(raised) > 20
    assert raised <= REJECTIONS.keys()
    with pytest.raises(ValueError, match="NO_SUCH_CODE"):
        Rejected("NO_SUCH_CODE")


def test_every_remark_made_is_in_the_catalogue() -> None:
    made_here = _literals(
        lambda call: getattr(call.func, "id", "") == "remark" or ast.unparse(call.func).endswith("remarks.add")
    )
    assert len(made_here) > 5
    assert made_here <= NOTES.keys()
