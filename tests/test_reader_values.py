"""What the reader makes of honest workbooks: values, formulas, styles, names, protection."""

from __future__ import annotations

import io
import random
from decimal import Decimal

import hostile
import openpyxl
import pytest
import xlsxwriter
from hostile import SHEET, book, merges, one, parts, relations, sheet, strings, styles, with_sheet, workbook, zipped
from hypothesis import given
from hypothesis import strategies as st

from perfxl.number import from_double
from perfxl.rejection import Rejected
from perfxl.sheet import Area, Cell, Sheet, Workbook
from perfxl.xlsx.cells import figure
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.shared_formula import translate


def read_one(cell: str, **changes: str) -> Cell:
    """The only cell of a sheet with that cell."""
    return read_sheet(workbook({SHEET: one(cell), **changes})).cell(1, 1)


def read_sheet(data: bytes) -> Sheet:
    return read_workbook(data).sheets[0]


def code_of(data: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        read_workbook(data)
    return caught.value.code


# Numbers


def test_what_excel_stores_is_what_excel_shows() -> None:
    cell = read_one('<c r="A1"><v>9.8300000000000001</v></c>')
    assert cell == Cell(value=Decimal("9.83"), text="9.83")


def test_a_percentage_is_a_fraction_shown_with_its_sign() -> None:
    cell = read_one('<c r="A1" s="1"><v>0.983</v></c>')
    assert (cell.value, cell.text, cell.number_format, cell.locked) == (Decimal("0.983"), "98.30%", "0.00%", False)


@pytest.mark.parametrize(
    "raw", ["NaN", "INF", "-inf", "1e400", "0x10", "1,5", "1 2", "１２", "1" * 500, "--1", "1_000"]
)
def test_r_val_7_a_bad_number_spoils_its_cell_only(raw: str) -> None:
    page = read_sheet(with_sheet(one(f'<c r="A1"><v>{raw}</v></c><c r="B1"><v>2</v></c>')))
    assert page.cell(1, 1) == Cell(text=raw, error="BAD_NUMBER")
    assert page.cell(1, 2).value == 2


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1"><v/></c>',
        '<c r="A1" t="s"><v></v></c>',
        '<c r="A1" t="str"><v/></c>',
        '<c r="A1" t="e"><v/></c>',
        '<c r="A1" s="1"/>',
        '<c r="A1" t="inlineStr"><is/></c>',
    ],
)
def test_r_val_7_an_empty_value_is_a_blank(cell: str) -> None:
    assert read_sheet(with_sheet(one(cell))).cells == {}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("1E3", "1000"),
        (" 5 ", "5"),
        ("1e17", "1" + "0" * 17),
        ("-0.5", "-0.5"),
        ("123456789.123456789", "123456789.123457"),
    ],
)
def test_numbers_in_every_notation(raw: str, text: str) -> None:
    assert read_one(f'<c r="A1"><v>{raw}</v></c>').text == text


def test_a_number_of_more_digits_than_a_form_can_hold_is_no_figure() -> None:
    cell = read_one('<c r="A1" s="1"><v>1e300</v></c>')
    assert (cell.value, cell.error, cell.text) == (None, "BAD_NUMBER", "1e300")


@given(
    st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**8), max_value=10**8).map(str),
        st.floats(-1e17, 1e17).map(repr),
        st.integers(-(10**17), 10**17).map(str),
    )
)
def test_the_short_way_to_a_number_is_the_long_way(raw: str) -> None:
    assert figure(raw) == from_double(raw)


# Text


def test_r_val_9_shared_text_with_rich_runs_and_phonetics() -> None:
    page = read_sheet(
        workbook(
            {
                SHEET: one('<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'),
                "xl/sharedStrings.xml": strings(
                    '<r><t>项目</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 名称</t></r>'
                    '<rPh sb="0" eb="1"><t>シャンム</t></rPh><phoneticPr fontId="1"/>',
                    "<t>a_x000D_b_x005F_x0041_</t>",
                ),
            }
        )
    )
    assert page.cell(1, 1) == Cell(value="项目 名称", text="项目 名称")
    assert page.cell(1, 2).value == "a\rb_x0041_"


@pytest.mark.parametrize(
    ("cell", "value", "text"),
    [
        ('<c r="A1" t="inlineStr"><is><t>甲</t></is></c>', "甲", "甲"),
        ('<c r="A1" t="inlineStr"><is><r><t>甲</t></r><r><t>乙</t></r><rPh><t>x</t></rPh></is></c>', "甲乙", "甲乙"),
        ('<c r="A1" t="str"><v>_x4E2D_文</v></c>', "中文", "中文"),
        ('<c r="A1" t="b"><v>1</v></c>', True, "TRUE"),
        ('<c r="A1" t="b"><v>false</v></c>', False, "FALSE"),
        ('<c r="A1" t="d"><v>2025-03-01</v></c>', "2025-03-01", "2025-03-01"),
    ],
)
def test_r_val_9_every_type_of_cell(cell: str, value: object, text: str) -> None:
    assert (read_one(cell).value, read_one(cell).text) == (value, text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("_x001B_[0m", "\x1b[0m"),
        ("_xD83D__xDE00_", "😀"),
        ("_xD800_", "\ufffd"),
        ("_x12_", "_x12_"),
        ("a_x0000_b", "a\0b"),
    ],
)
def test_r_xml_8_escapes_are_decoded_as_excel_does(written: str, value: str) -> None:
    cell = read_one(f'<c r="A1" t="inlineStr"><is><t>{written}</t></is></c>')
    assert cell.value == value
    assert str(cell.value).encode()


def test_cdata_entities_and_comments_in_text() -> None:
    assert read_one('<c r="A1" t="str"><v>a&lt;&#20013;<!-- no --><![CDATA[<b>]]></v></c>').value == "a<中<b>"


@pytest.mark.parametrize("error", ["#DIV/0!", "#REF!", "#SPILL!", "#BOGUS!"])
def test_r_val_4_errors_keep_their_name(error: str) -> None:
    assert read_one(f'<c r="A1" t="e"><v>{error}</v></c>') == Cell(error=error, text=error)
    shown = read_one(f'<c r="A1" t="e"><f>1/0</f><v>{error}</v></c>')
    assert shown == Cell(error=error, text=error, formula="1/0")


# Formulas


def test_r_val_1_a_formula_keeps_its_stored_result_apart() -> None:
    cell = read_one('<c r="A1" s="1"><f>B1/C1</f><v>0.5</v></c>')
    assert (cell.formula, cell.value, cell.cached, cell.text) == ("B1/C1", None, Decimal("0.5"), "50.00%")


def test_r_val_1_a_result_that_was_never_computed_is_none() -> None:
    assert read_one('<c r="A1"><f>B1</f></c>').cached is None
    assert read_one('<c r="A1" t="str"><f>B1</f></c>').cached is None
    assert read_one('<c r="A1"><f>B1</f><v></v></c>').cached is None
    assert read_one('<c r="A1" t="str"><f>""</f><v></v></c>').cached == ""
    assert read_one('<c r="A1" t="str"><f>"x"</f><v>x</v></c>').cached == "x"
    assert read_one('<c r="A1" t="b"><f>TRUE()</f><v>1</v></c>').cached is True


def test_r_val_3_shared_formulas_are_written_out_for_each_cell() -> None:
    page = read_sheet(
        with_sheet(
            sheet(
                '<row r="1"><c r="A1"><f t="shared" ref="A1:B2" si="3">SUM(C1:$D1)*LOG10(E$1)</f><v>1</v></c>'
                '<c r="B1"><f t="shared" si="3"/><v>1</v></c></row>'
                '<row r="2"><c r="A2"><f t="shared" si="3"/><v>1</v></c></row>'
            )
        )
    )
    assert [page.cell(*at).formula for at in ((1, 1), (1, 2), (2, 1))] == [
        "SUM(C1:$D1)*LOG10(E$1)",
        "SUM(D1:$D1)*LOG10(F$1)",
        "SUM(C2:$D2)*LOG10(E$1)",
    ]


def test_r_val_3_the_first_cell_of_a_shared_formula_may_come_last() -> None:
    page = read_sheet(
        with_sheet(one('<c r="B1"><f t="shared" si="0"/><v>1</v></c><c r="A1"><f t="shared" si="0">C1</f></c>'))
    )
    assert page.cell(1, 2).formula == "D1"
    assert page.cell(1, 2).cached == 1


def test_r_val_3_an_orphan_has_an_empty_formula_and_a_remark() -> None:
    found = read_workbook(with_sheet(one('<c r="A1"><f t="shared" si="9"/><v>4</v></c>')))
    assert found.sheets[0].cell(1, 1) == Cell(formula="", cached=Decimal(4), text="4")
    assert found.notes == (("ORPHAN_SHARED_FORMULA", "表1!A1"),)


def test_r_val_3_array_formulas_and_data_tables() -> None:
    page = read_sheet(
        with_sheet(
            one(
                '<c r="A1"><f t="array" ref="A1:A9999999">SUM(B1:B2*C1:C2)</f><v>1</v></c>'
                '<c r="B1"><f t="dataTable" ref="B1:B2" r1="C1" r2="D1"/><v>1</v></c><c r="C1"><f ca="1"/><v>3</v></c>'
            )
        )
    )
    assert page.cell(1, 1).formula == "SUM(B1:B2*C1:C2)"
    assert page.cell(1, 2).formula == "TABLE(C1,D1)"
    assert page.cell(1, 3) == Cell(value=Decimal(3), text="3")


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1+$A1+A$1+$A$1", "B3+$A3+B$1+$A$1"),
        ('IF(A1="A1 ""B2""",A1,0)', 'IF(B3="A1 ""B2""",B3,0)'),
        ("'A1 sheet'!A1+Sheet1!B2+'It''s B1'!C3", "'A1 sheet'!B3+Sheet1!C4+'It''s B1'!D5"),
        ("LOG10(A1)+ATAN2(A1,B1)", "LOG10(B3)+ATAN2(B3,C3)"),
        ("SUM(A:A)+SUM($A:B)+SUM(1:1)+SUM($1:2)", "SUM(B:B)+SUM($A:C)+SUM(3:3)+SUM($1:4)"),
        ("表A1+rate_A1+A1.x+Table1[A1]", "表A1+rate_A1+A1.x+Table1[A1]"),
        ("XFD1+A1048576", "#REF!+#REF!"),
        ("1.5E3+A1", "1.5E3+B3"),
        ("TRUE+AB12!C3", "TRUE+AB12!D5"),
        ("A1:B2", "B3:C4"),
    ],
)
def test_only_relative_references_move(formula: str, moved: str) -> None:
    assert translate(formula, 2, 1) == moved


def test_moving_agrees_with_openpyxl() -> None:
    from openpyxl.formula.translate import Translator

    draw = random.Random(1)
    pieces = ["A1", "$B2", "C$3", "$D$4", "SUM(E5:F6)", '"G7"', "'H 8'!I9", "LOG10(J10)", "K:L", "12:13", "2.5", "_x.y"]
    for _ in range(300):
        formula = "+".join(draw.choices(pieces, k=4))
        assert "=" + translate(formula, 3, 2) == Translator("=" + formula, origin="A1").translate_formula("C4")


# Styles, merges, names


def test_number_formats_and_locks_come_from_the_styles() -> None:
    page = read_sheet(
        workbook(
            {
                "xl/styles.xml": styles(
                    '<xf numFmtId="164"/><xf numFmtId="14" applyProtection="1"><protection hidden="1"/></xf>'
                    '<xf numFmtId="4"><protection locked="false"/></xf><xf numFmtId="999"/>',
                    '<numFmt numFmtId="164" formatCode="0.0&quot;分&quot;"/>',
                ),
                SHEET: one("".join(f'<c r="{letter}1" s="{i}"><v>1.25</v></c>' for i, letter in enumerate("ABCDE"))),
            }
        )
    )
    assert [(cell.number_format, cell.locked) for cell in page.cells.values()] == [
        ('0.0"分"', True),
        ("mm-dd-yy", True),
        ("#,##0.00", False),
        ("General", True),
        ("General", True),
    ]


def test_merges_are_kept_as_areas_and_never_walked() -> None:
    found = read_workbook(with_sheet(sheet(after=merges("A1:XFD1048576", "B2:A1", "?"))))
    assert found.sheets[0].merges == (Area(1, 1, 1_048_576, 16_384), Area(1, 1, 2, 2))
    assert found.notes == (("MERGES_DROPPED", "表1!?"),)


def test_a_covered_cell_keeps_its_value() -> None:
    page = read_sheet(
        with_sheet(sheet('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>', merges("A1:B1")))
    )
    assert page.cell(1, 2).value == 2


def test_names_of_ours_are_sorted_by_what_they_refer_to() -> None:
    names = (
        "<definedName name=\"pxl.total\" localSheetId=\"1\">'表 1''s'!$E$6</definedName>"
        "<definedName name=\"pxl.rows\" localSheetId=\"1\">'表 1''s'!$A$13:$H$30</definedName>"
        '<definedName name="pxl.form" localSheetId="1">"上海 ""甲"""</definedName>'
        '<definedName name="pxl.weight" localSheetId="1">10.5</definedName>'
        '<definedName name="pxl.gone" localSheetId="1">#REF!</definedName>'
        '<definedName name="pxl.elsewhere" localSheetId="1">other!$A$1</definedName>'
        '<definedName name="pxl.total" localSheetId="9">other!$A$1</definedName>'
        '<definedName name="other" localSheetId="1">other!$A$1</definedName>'
        '<definedName name="perfxl.stamp">"perfxl1.shanghai"</definedName>'
        '<definedName name="pxl.year">2025</definedName>'
        '<definedName name="pxl.area">other!$A$1</definedName>'
    )
    listing = '<sheet name="图" sheetId="9" r:id="rId9"/><sheet name="表 1\'s" sheetId="1" r:id="rId1" state="hidden"/>'
    found = read_workbook(
        workbook(
            {
                "xl/workbook.xml": book(names, listing, '<workbookProtection lockStructure="1"/>'),
                "xl/_rels/workbook.xml.rels": relations(
                    ("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId9", "chartsheet", "chartsheets/sheet1.xml")
                ),
            }
        )
    )
    (page,) = found.sheets
    assert page.name == "表 1's"
    assert page.visibility == "hidden"
    assert page.names == {"pxl.total": Area(6, 5, 6, 5), "pxl.rows": Area(13, 1, 30, 8)}
    assert page.constants == {"pxl.form": '上海 "甲"', "pxl.weight": "10.5"}
    assert found.constants == {"perfxl.stamp": "perfxl1.shanghai", "pxl.year": "2025"}
    assert found.structure_locked
    assert found.notes == (("BROKEN_NAME", "pxl.gone"), ("BROKEN_NAME", "pxl.elsewhere"))


def test_custom_properties_of_ours() -> None:
    properties = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
        '<property fmtid="x" pid="2" name="KSOProductBuildVer"><vt:lpwstr>2052</vt:lpwstr></property>'
        '<property fmtid="x" pid="3" name="perfxl.stamp"><vt:lpwstr>perfxl1.上海</vt:lpwstr></property></Properties>'
    )
    assert read_workbook(workbook({"docProps/custom.xml": properties})).properties == {"perfxl.stamp": "perfxl1.上海"}
    broken = read_workbook(workbook({"docProps/custom.xml": properties[:-5]}))
    assert broken.properties == {}
    assert broken.notes == (("BROKEN_UNNEEDED_PART", "docProps/custom.xml"),)


def test_protection_and_what_is_hidden() -> None:
    page = read_sheet(
        with_sheet(
            sheet(
                '<row r="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="1"/><row hidden="true"/>',
                '<sheetProtection sheet="1" objects="1"/>',
                '<cols><col min="2" max="3" hidden="1"/><col min="9" max="99999999" hidden="1"/></cols>',
            )
        )
    )
    assert page.protected
    assert page.hidden_rows == {2, 3}
    assert page.hidden_columns == {2, 3}


def test_r_val_8_the_1904_calendar_is_remarked_upon() -> None:
    found = read_workbook(workbook({"xl/workbook.xml": book(before='<workbookPr date1904="1"/>')}))
    assert found.notes == (("DATE_1904", ""),)


# Against another reader


def _written(seed: int) -> bytes:
    draw = random.Random(seed)
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    formats = [
        made.add_format({"num_format": code, "locked": locked})
        for code in ("General", "0.00", "0.00%", "#,##0.00", "@", "yyyy-mm-dd", '0"分"')
        for locked in (True, False)
    ]
    for name in ("自评表", "It's 2"):
        page = made.add_worksheet(name)
        for row in range(30):
            for column in range(12):
                how = draw.choice(formats)
                match draw.randrange(6):
                    case 0:
                        page.write_number(
                            row, column, draw.choice([draw.randrange(10**6), draw.random() * 1e4, 1e-7, 9.83]), how
                        )
                    case 1:
                        page.write_string(
                            row, column, draw.choice(["文字", " 两 端 ", "a\nb", "<&>", "重复", "_x0041_"]), how
                        )
                    case 2:
                        page.write_formula(
                            row, column, f"=SUM(A{row + 1}:$C$4)*2", how, draw.choice([3, 2.5, "文", "", True])
                        )
                    case 3:
                        page.write_boolean(row, column, draw.random() < 0.5, how)
                    case 4:
                        page.write_blank(row, column, None, how)
        page.merge_range(40 + seed, 1, 42 + seed, 5, "合并")
        page.protect()
    made.close()
    return target.getvalue()


@pytest.mark.parametrize("seed", range(4))
def test_openpyxl_reads_the_same(seed: int) -> None:
    data = _written(seed)
    ours = read_workbook(data)
    formulas = openpyxl.load_workbook(io.BytesIO(data))
    results = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    assert [page.name for page in ours.sheets] == formulas.sheetnames
    for page in ours.sheets:
        theirs, stored = formulas[page.name], results[page.name]
        seen = 0
        for row in theirs.iter_rows():
            for cell in row:
                if cell.value is None:
                    continue
                seen += 1
                mine = page.cells[cell.row, cell.column]
                assert (mine.number_format, mine.locked) == (cell.number_format, cell.protection.locked)
                if cell.data_type == "f":
                    assert f"={mine.formula}" == cell.value
                _same(mine.content, stored.cell(cell.row, cell.column).value)
        assert seen == len(page.cells)
        assert {(a.left, a.top, a.right, a.bottom) for a in page.merges} == {
            m.bounds for m in theirs.merged_cells.ranges
        }
        assert page.protected == theirs.protection.sheet


def _same(mine: object, theirs: object) -> None:
    if isinstance(mine, Decimal):
        if not isinstance(theirs, (int, float)):  # openpyxl makes dates of numbers in a date format
            return
        assert mine == from_double(repr(theirs))
    else:
        assert (mine or None) == (theirs.replace("_x005F_", "_") if isinstance(theirs, str) else theirs or None)


def test_a_cached_part_is_read_as_the_first_time() -> None:
    first, second = (read_workbook(_written(7)) for _ in range(2))
    assert isinstance(first, Workbook)
    assert first == second


def test_r_xml_4_encodings_of_a_sheet() -> None:
    text = one('<c r="A1" t="str"><v>财政</v></c>')
    bare = text.partition("?>")[2]
    for data in (
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
        b"\xfe\xff" + text.encode("utf-16-be"),
        text.replace("UTF-8", "UTF-16").encode("utf-16-le"),
        ('<?xml version="1.0" encoding="GBK"?>' + bare).encode("gbk"),
        ("<?xml version='1.0' encoding='gb2312'?>" + bare).encode("gb2312"),
        bare.encode(),
    ):
        assert read_sheet(with_sheet(data)).cell(1, 1).value == "财政"


@pytest.mark.parametrize("name", ["UTF-7", "IBM037", "EUC-JP", "UTF-32", "x"])
def test_r_xml_4_other_encodings_are_refused_and_never_read_as_nothing(name: str) -> None:
    assert (
        code_of(with_sheet(f'<?xml version="1.0" encoding="{name}"?><worksheet xmlns="{hostile.MAIN}"/>')) == "BAD_XML"
    )


def test_r_xml_5_prefixed_names_and_foreign_elements() -> None:
    page = read_sheet(
        with_sheet(
            f'<x:worksheet xmlns:x="{hostile.MAIN}" xmlns:y="urn:y"><x:sheetData><x:row r="1">'
            '<x:c r="A1"><x:v>7</x:v><y:v>8</y:v></x:c><y:c r="B1"><y:v>9</y:v></y:c>'
            "</x:row></x:sheetData></x:worksheet>"
        )
    )
    assert {at: cell.value for at, cell in page.cells.items()} == {(1, 1): 7}


def test_r_xml_5_a_prefix_bound_to_the_main_vocabulary_beside_the_default() -> None:
    page = read_sheet(
        with_sheet(
            f'<worksheet xmlns="{hostile.MAIN}" xmlns:x="{hostile.MAIN}"><sheetData>'
            '<x:row r="1"><x:c r="A1"><v>7</v></x:c></x:row></sheetData></worksheet>'
        )
    )
    assert page.cell(1, 1).value == 7


def test_r_xml_5_of_alternate_content_only_the_fallback_is_read() -> None:
    xml = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="z">'
        '<c r="A1"><v>1</v></c></mc:Choice><mc:Fallback><c r="A1"><v>2</v></c></mc:Fallback></mc:AlternateContent>'
    )
    assert read_one(xml).value == 2


def test_r_xml_6_strict_workbooks_are_read() -> None:
    content = {
        name: data.replace(hostile.MAIN.encode(), hostile.STRICT_MAIN.encode()).replace(
            hostile.OFFICE.encode(), hostile.STRICT_OFFICE.encode()
        )
        for name, data in parts({SHEET: one('<c r="A1" t="d"><v>2025-03-01T00:00:00</v></c>')}).items()
    }
    assert read_sheet(zipped(content)).cell(1, 1).value == "2025-03-01T00:00:00"


def test_pretty_printed_parts_are_read() -> None:
    space = "\n" + " " * 300
    rows = "".join(f'{space}<row r="{i}">{space}<c r="A{i}" s="1"/>{space}</row>' for i in range(1, 2000))
    tail = f"{space}<x>{'t' * 200_000}</x>" * 2
    page = read_sheet(with_sheet(sheet(rows + f'<row r="2000"><c r="A2000">{space}<v>1</v>{space}</c></row>', tail)))
    assert page.cell(2000, 1).value == 1
