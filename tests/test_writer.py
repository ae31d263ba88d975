"""The workbook writer: the same bytes every time, and data that stays data."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from perfxl.sheet import Area, Cell, Mark, PrintSetup, Sheet, Validation, Workbook, sheet_name
from perfxl.xlsx.styles import STYLES, cell_look, mark_look
from perfxl.xlsx.writer import write_workbook

TEXT = "@"
REPOSITORY = Path(__file__).parent.parent


def sheet_of(*values: str | Decimal | bool | None, name: str = "自评表") -> Sheet:
    """A sheet with the values one below the other in column A."""
    return Sheet(name=name, cells={(row, 1): Cell(value=value, style="text") for row, value in enumerate(values, 1)})


def one_cell(cell: Cell) -> Workbook:
    return Workbook(sheets=(Sheet(name="表", cells={(1, 1): cell}),))


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def first_sheet(workbook: Workbook) -> str:
    return parts(write_workbook(workbook))["xl/worksheets/sheet1.xml"]


def reopened(workbook: Workbook, *, values: bool = False) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(write_workbook(workbook)), data_only=values)


def sample() -> Workbook:
    """A small workbook with one of everything."""
    cells: Mapping[tuple[int, int], Cell] = {
        (1, 1): Cell(value="财政项目支出绩效自评表", style="title"),
        (2, 1): Cell(value="项目名称", style="label"),
        (2, 2): Cell(value="居委办公经费", style="answer", number_format=TEXT, locked=False),
        (3, 1): Cell(value=Decimal("5532462.00"), style="money", number_format="#,##0.00", locked=False),
        (3, 2): Cell(formula='IF(A3="","",A3*2)', cached=Decimal("11064924"), style="money"),
        (3, 3): Cell(value="看说明", style="check_words", link="#'填报说明'!A1", note="第一行\n第二行"),
        (4, 1): Cell(value=True, style="answer"),
        (4, 2): Cell(style="long", locked=False),
    }
    form = Sheet(
        name="自评表",
        cells=cells,
        merges=(Area(1, 1, 1, 3), Area(4, 2, 5, 3), Area(2, 2, 2, 2)),
        names={"pxl.funds.total": Area(3, 1, 3, 1), "pxl.actual_result": Area(4, 2, 5, 3)},
        constants={"pxl.stamp": 'a "quoted" stamp'},
        validations=(
            Validation(area=Area(3, 1, 3, 1), kind="decimal", minimum="0", title="金额", prompt="填元", error="须是数"),
            Validation(area=Area(2, 2, 2, 2), kind="any", title="提示", prompt="填全称"),
        ),
        marks=(Mark(area=Area(3, 3, 3, 3), formula='LEFT($C3,1)="✗"', style="bad"),),
        widths={1: 12, 2: 20.5, 3: 30},
        heights={1: 30, 4: 900},
        printing=PrintSetup(area=Area(1, 1, 5, 2), repeat_rows=(1, 2), footer="&C第 &P 页"),
        protected=True,
        hidden_rows=frozenset({9}),
        hidden_columns=frozenset({5}),
    )
    guide = Sheet(name="填报说明", cells={(1, 1): Cell(value="说明", style="guide_title")})
    stamp = Sheet(name="_meta", cells={(1, 1): Cell(value="stamp", style="hidden")}, visibility="veryHidden")
    return Workbook(
        sheets=(form, guide, stamp),
        constants={"pxl.form": "shanghai"},
        properties={"perfxl": "perfxl1.shanghai"},
        structure_locked=True,
    )


# --- determinism ------------------------------------------------------------


def test_same_workbook_same_bytes_in_every_process() -> None:
    """R-LOCK-12."""
    code = (
        "import hashlib, sys; sys.path[:0] = ['tests', '.']; from test_writer import sample; "
        "from perfxl.xlsx.writer import write_workbook; "
        "print(hashlib.sha256(write_workbook(sample())).hexdigest())"
    )
    digests = set()
    for seed in ("0", "1", "4711"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed[0]}"},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout)
    assert len(digests) == 1


def test_the_order_of_cells_does_not_matter() -> None:
    workbook = sample()
    form = workbook.sheets[0]
    turned = replace(form, cells=dict(reversed(list(form.cells.items()))))
    assert write_workbook(replace(workbook, sheets=(turned, *workbook.sheets[1:]))) == write_workbook(workbook)


def test_fixed_dates() -> None:
    data = write_workbook(sample())
    with zipfile.ZipFile(BytesIO(data)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", parts(data)["docProps/core.xml"])) == {"2000-01-01T00:00:00Z"}


# --- data stays data --------------------------------------------------------

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "{=1+1}",
    "=cmd|' /C calc'!A0",
    "<r>",
    "<r><t>not markup</t></r>",
    "<r></r>",
    "<r>\x00 _x0041_</r>",
    "<r> & </r> </r>",
    "</t></si>",
    "<>&\"'",
    "]]>",
    "_x0041_",
    "_x005F_x0041_",
    "\x00\x01\x1f",
    "\x7f\x9f",
    "\ufffe\uffff",
    "a\r\nb\rc\nd",
    "  blanks  ",
    "\u3000全角\u3000",
    "http://example.org/",
    "mailto:a@example.org",
    "external:\\\\server\\x.xlsx",
    "internal:表!A1",
    "012",
    "TRUE",
    "#REF!",
    "😀" * 20,
    "\u202e反",
    "\U0010ffff",
    "x" * 32_767,
)


def test_hostile_text_comes_back_equal() -> None:
    """R-OUT-1: as the format defines it, escapes of control characters decoded."""
    package = parts(write_workbook(Workbook(sheets=(sheet_of(*HOSTILE),))))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    items = ElementTree.fromstring(package["xl/sharedStrings.xml"]).findall(f"{space}si")
    texts = [item.findtext(f"{space}t") or "" for item in items]
    assert [re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text) for text in texts] == list(HOSTILE)
    cells = re.findall(r'<c r="A(\d+)" s="\d+" t="s"><v>(\d+)</v></c>', package["xl/worksheets/sheet1.xml"])
    assert cells == [(str(place + 1), str(place)) for place in range(len(HOSTILE))]


def test_hostile_text_comes_back_equal_through_openpyxl() -> None:
    # openpyxl itself leaves the escapes of control characters as they stand.
    plain = [text for text in HOSTILE if not re.search("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x", text)]
    assert len(plain) > 25
    rows = reopened(Workbook(sheets=(sheet_of(*plain),)))["自评表"]
    for row, text in enumerate(plain, 1):
        assert rows.cell(row, 1).value == text, ascii(text)
        assert rows.cell(row, 1).hyperlink is None


def test_no_formula_and_no_link_out_of_data() -> None:
    """R-OUT-1."""
    package = parts(write_workbook(Workbook(sheets=(sheet_of(*HOSTILE),))))
    page = package["xl/worksheets/sheet1.xml"]
    assert "<f" not in re.sub(r"<(fileVersion|fo)", "", page)
    assert "hyperlink" not in page
    assert "xl/worksheets/_rels/sheet1.xml.rels" not in package


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra", "＝1", "＋1", "－1", "＠a"])
def test_a_trigger_is_quoted(text: str) -> None:
    assert 'quotePrefix="1"' in parts(write_workbook(one_cell(Cell(value=text))))["xl/styles.xml"]


@pytest.mark.parametrize("cell", [Cell(value="a=1"), Cell(value=Decimal(-1)), Cell(formula="-1", cached=Decimal(-1))])
def test_nothing_else_is_quoted(cell: Cell) -> None:
    assert "quotePrefix" not in parts(write_workbook(one_cell(cell)))["xl/styles.xml"]


@pytest.mark.parametrize("text", ["x" * 32_768, "😀" * 16_384])
def test_a_text_too_long_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"表!A1: .*longer than 32,767"):
        write_workbook(one_cell(Cell(value=text)))


def test_the_longest_text_fits() -> None:
    text = "😀" * 16_383 + "x"
    assert reopened(one_cell(Cell(value=text)))["表"]["A1"].value == text


@pytest.mark.parametrize(
    "workbook",
    [
        one_cell(Cell(value="a\ud800")),
        one_cell(Cell(formula='"\udfff"')),
        one_cell(Cell(formula="1", cached="\ud800")),
        one_cell(Cell(value="a", note="\ud800")),
        replace(one_cell(Cell()), properties={"a": "\ud800"}),
        replace(one_cell(Cell()), constants={"a": "\ud800"}),
        Workbook(sheets=(Sheet(name="\ud800", cells={}),)),
    ],
)
def test_a_lone_surrogate_is_refused(workbook: Workbook) -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        write_workbook(workbook)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+400"])
def test_a_number_that_no_cell_holds_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        write_workbook(one_cell(Cell(value=Decimal(number))))


def test_values_keep_their_kind() -> None:
    rows = reopened(Workbook(sheets=(sheet_of(Decimal("9.83"), True, None, "12", Decimal("-0.1"), Decimal("1E+15")),)))
    column = [cell.value for (cell,) in rows["自评表"].iter_rows(max_col=1)]
    assert column == [9.83, True, None, "12", -0.1, 1e15]
    assert column[1] is True


# --- formulas ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("cached", "written"),
    [
        (None, '<c r="A1" s="1"><f>A2&amp;""</f><v></v></c>'),
        ("", '<c r="A1" s="1"><f>A2&amp;""</f><v></v></c>'),
        (Decimal("9.83"), '<c r="A1" s="1"><f>A2&amp;""</f><v>9.83</v></c>'),
        (Decimal("100.00"), '<c r="A1" s="1"><f>A2&amp;""</f><v>100</v></c>'),
        (Decimal("1E+20"), '<c r="A1" s="1"><f>A2&amp;""</f><v>1e+20</v></c>'),
        ("✓ <一致>", '<c r="A1" s="1" t="str"><f>A2&amp;""</f><v>✓ &lt;一致&gt;</v></c>'),
        (False, '<c r="A1" s="1" t="b"><f>A2&amp;""</f><v>0</v></c>'),
    ],
)
def test_a_formula_stores_its_result(cached: Decimal | str | bool | None, written: str) -> None:
    """R-LOCK-9: no viewer shows a false 0."""
    assert written in first_sheet(one_cell(Cell(formula='A2&""', cached=cached)))


def test_control_characters_in_a_stored_result() -> None:
    text = "a\x00b_x0041_\r"
    assert reopened(one_cell(Cell(formula="A2", cached=text)), values=True)["表"]["A1"].value == (
        "a_x0000_b_x005F_x0041__x000D_"  # openpyxl leaves the escapes of a stored result as they stand
    )


def test_an_error_is_written_as_one_under_a_formula_only() -> None:
    assert 't="e"><f>1/0</f><v>#DIV/0!</v>' in first_sheet(one_cell(Cell(formula="1/0", error="#DIV/0!")))
    assert reopened(one_cell(Cell(error="#REF!")))["表"]["A1"].value == "#REF!"


@pytest.mark.parametrize("formula", ["", "=1", "{1}", "1\x00", "A1&" * 2731])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="表!A1: formula"):
        write_workbook(one_cell(Cell(formula=formula)))


# --- locking ----------------------------------------------------------------


def test_the_structure_lock_stands_in_schema_order() -> None:
    """R-LOCK-2."""
    part = parts(write_workbook(sample()))["xl/workbook.xml"]
    assert '<workbookProtection lockStructure="1"/><bookViews>' in part
    order = re.findall(r"<(workbookPr|workbookProtection|bookViews|sheets|definedNames|calcPr)\b", part)
    assert order == ["workbookPr", "workbookProtection", "bookViews", "sheets", "definedNames", "calcPr"]
    assert reopened(sample()).security.lockStructure is True
    unlocked = parts(write_workbook(replace(sample(), structure_locked=False)))["xl/workbook.xml"]
    assert "workbookProtection" not in unlocked


def test_sheet_protection_is_exact() -> None:
    """R-LOCK-1."""
    package = parts(write_workbook(sample()))
    wanted = '<sheetProtection sheet="1" objects="1" scenarios="1" formatColumns="0" formatRows="0"/>'
    assert re.findall(r"<sheetProtection[^>]*>", package["xl/worksheets/sheet1.xml"]) == [wanted]
    assert "sheetProtection" not in package["xl/worksheets/sheet2.xml"]


def test_input_cells_are_open_and_text_stays_text() -> None:
    """R-LOCK-11."""
    page = reopened(sample())["自评表"]
    locked = {name: page[name].protection.locked for name in ("A2", "B2", "A3", "B3", "B4", "C5")}
    assert locked == {"A2": True, "B2": False, "A3": False, "B3": True, "B4": False, "C5": False}
    assert page["B2"].number_format == TEXT
    assert page["A3"].number_format == "#,##0.00"
    assert page["B2"].fill.fgColor.rgb == "FFFFFCEF"


# --- names, constants, properties -------------------------------------------


def test_names_constants_and_properties() -> None:
    book = reopened(sample())
    page = book["自评表"]
    assert page.defined_names["pxl.funds.total"].attr_text == "'自评表'!$A$3"
    assert page.defined_names["pxl.actual_result"].attr_text == "'自评表'!$B$4:$C$5"
    assert page.defined_names["pxl.stamp"].attr_text == '"a ""quoted"" stamp"'
    assert book.defined_names["pxl.form"].attr_text == '"shanghai"'
    properties = parts(write_workbook(sample()))["docProps/custom.xml"]
    assert 'name="perfxl"><vt:lpwstr>perfxl1.shanghai</vt:lpwstr>' in properties


def test_a_sheet_name_with_quotes_and_blanks() -> None:
    sheet = replace(sheet_of("a", name="一街道's 表"), names={"pxl.x": Area(1, 1, 1, 1)})
    page = reopened(Workbook(sheets=(sheet,)))["一街道's 表"]
    assert page.defined_names["pxl.x"].attr_text == "'一街道''s 表'!$A$1"


@pytest.mark.parametrize(
    "workbook",
    [
        replace(one_cell(Cell()), constants={"pxl.a": "x" * 256}),
        replace(one_cell(Cell()), constants={"pxl.a": "\x01"}),
        replace(one_cell(Cell()), properties={"a": "x" * 256}),
    ],
)
def test_a_text_that_no_name_holds_is_refused(workbook: Workbook) -> None:
    with pytest.raises(ValueError, match=r"control characters|longer than 255"):
        write_workbook(workbook)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["A1", "a b", "1a", "r", ""])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="defined name"):
        write_workbook(replace(one_cell(Cell()), constants={name: "x"}))


def test_many_names_without_a_warning() -> None:
    names = {f"pxl.indicators.{row}.score": Area(row, 1, row, 1) for row in range(1, 201)}
    sheet = Sheet(name="表", cells={}, names=names)
    assert set(reopened(Workbook(sheets=(sheet,)))["表"].defined_names) == set(names)


# --- the look ---------------------------------------------------------------


def test_a_merge_is_framed_all_round_and_keeps_its_value() -> None:
    cells = {
        (1, 1): Cell(value="项目资金\n（元）", style="block"),
        (1, 2): Cell(formula="1+1", cached=Decimal(2), style="total"),
        (4, 1): Cell(value=Decimal(7), style="score", locked=False),
    }
    sheet = Sheet(name="表", cells=cells, merges=(Area(1, 1, 3, 1), Area(1, 2, 3, 4), Area(4, 1, 4, 4)))
    page = first_sheet(Workbook(sheets=(sheet,)))
    assert '<mergeCells count="3">' in page
    styles = dict(re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', page))
    for block in (("A1", "A2", "A3"), ("B1", "C2", "D3"), ("A4", "B4", "D4")):
        assert len({styles[name] for name in block}) == 1
    assert "<f>1+1</f><v>2</v>" in page
    assert "<v>7</v>" in page
    rows = reopened(Workbook(sheets=(sheet,)))["表"]
    assert rows["D3"].border.right.style == rows["A3"].border.bottom.style == "thin"


def test_a_value_under_a_merge_and_crossing_merges_are_refused() -> None:
    hidden = Sheet(name="表", cells={(1, 2): Cell(value="x")}, merges=(Area(1, 1, 1, 2),))
    with pytest.raises(ValueError, match="表!B1 lies under"):
        write_workbook(Workbook(sheets=(hidden,)))
    crossing = Sheet(name="表", cells={}, merges=(Area(1, 1, 1, 2), Area(1, 2, 2, 2)))
    with pytest.raises(ValueError, match="overlaps"):
        write_workbook(Workbook(sheets=(crossing,)))


def test_every_style_can_be_written() -> None:
    cells = {(row, 1): Cell(value="x", style=style) for row, style in enumerate(STYLES, 1)}
    marks = tuple(Mark(area=Area(1, 1, 9, 1), formula="TRUE", style=style) for style in ("bad", "good", "open"))
    page = reopened(Workbook(sheets=(Sheet(name="表", cells=cells, marks=marks),)))["表"]
    look = {style: page.cell(row, 1) for row, style in enumerate(STYLES, 1)}
    assert (look["title"].font.name, look["title"].font.sz, look["title"].font.b) == ("黑体", 18, True)
    assert (look["text"].font.name, look["text"].alignment.wrap_text) == ("宋体", True)
    assert look["money"].alignment.horizontal == "center"
    assert look["guide_text"].alignment.vertical == "top"
    with pytest.raises(ValueError, match="no such style"):
        write_workbook(one_cell(Cell(style="none")))


def test_fills_say_where_to_type() -> None:
    typed, computed = cell_look("answer", TEXT, locked=False), cell_look("score", "0", locked=True, computed=True)
    assert typed["bg_color"] != computed["bg_color"]
    for look in (cell_look("label", TEXT, locked=True), cell_look("check_state", "0", locked=True, computed=True)):
        assert "bg_color" not in look
    assert set(mark_look("bad")) == {"font_color", "bg_color"}


def test_printing_and_sizes() -> None:
    page = reopened(sample())["自评表"]
    assert page.page_setup.paperSize == 9
    assert (page.page_setup.orientation, page.page_setup.fitToHeight) == ("portrait", 0)
    assert page.sheet_properties.pageSetUpPr is not None
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_area == "'自评表'!$A$1:$B$5"
    assert page.print_title_rows == "$1:$2"
    assert "<oddFooter>&amp;C第 &amp;P 页</oddFooter>" in first_sheet(sample())
    assert (page.row_dimensions[1].height, page.row_dimensions[4].height) == (30, 408.75)
    assert page.row_dimensions[9].hidden
    assert page.column_dimensions["E"].hidden
    assert page.column_dimensions["C"].width == pytest.approx(30.7, abs=0.1)
    assert page.sheet_view.showGridLines is False


def test_visibility_and_the_sheet_shown_first() -> None:
    sheets = (
        replace(sheet_of("a", name="一"), visibility="hidden"),
        replace(sheet_of("b", name="二"), visibility="veryHidden"),
        sheet_of("c", name="三"),
    )
    book = reopened(Workbook(sheets=sheets))
    assert [page.sheet_state for page in book.worksheets] == ["hidden", "veryHidden", "visible"]
    assert book.active is not None
    assert book.active.title == "三"
    with pytest.raises(ValueError, match="visible"):
        write_workbook(Workbook(sheets=sheets[:2]))


def test_notes_and_internal_links() -> None:
    cell = reopened(sample())["自评表"]["C3"]
    assert cell.value == "看说明"
    assert cell.hyperlink is not None
    assert (cell.hyperlink.location, cell.hyperlink.target) == ("'填报说明'!A1", None)
    assert cell.comment is not None
    assert cell.comment.text == "第一行\n第二行"
    with pytest.raises(ValueError, match="workbook itself"):
        write_workbook(one_cell(Cell(value="x", link="http://example.org/")))


# --- validations ------------------------------------------------------------

HERE = Area(2, 2, 4, 2)


def validated(validation: Validation) -> str:
    page = first_sheet(Workbook(sheets=(Sheet(name="表", cells={}, validations=(validation,)),)))
    found = re.search(r"<dataValidation .*?(</dataValidation>|/>)", page)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        ("0", "=$D$2", '<formula1>0</formula1><formula2>$D$2</formula2>'),
        ("0", None, 'operator="greaterThanOrEqual"'),
        (None, "10", 'operator="lessThanOrEqual"'),
        (None, None, "<formula1>-1E+300</formula1><formula2>1E+300</formula2>"),
    ],
)  # fmt: skip
def test_decimal_validations(low: str | None, high: str | None, wanted: str) -> None:
    written = validated(Validation(area=HERE, kind="decimal", minimum=low, maximum=high, error="须是数"))
    assert wanted in written
    assert 'type="decimal"' in written
    assert 'allowBlank="1"' in written
    assert 'sqref="B2:B4"' in written


def test_length_list_and_prompt() -> None:
    assert 'type="textLength"' in validated(Validation(area=HERE, kind="length", maximum="500"))
    assert '<formula1>"是,否"</formula1>' in validated(Validation(area=HERE, kind="list", choices=("是", "否")))
    assert "<formula1>pxl.units</formula1>" in validated(Validation(area=HERE, kind="list", minimum="=pxl.units"))
    prompt = validated(Validation(area=HERE, kind="any", title="题" * 40, prompt="说\x00明\n" * 100))
    assert " type=" not in prompt
    title, words = (re.findall(f' {key}="([^"]*)"', prompt)[0] for key in ("promptTitle", "prompt"))
    assert (len(title), title[-1]) == (32, "…")
    assert (len(words.replace("&#xA;", "\n")), words[-1]) == (255, "…")


@pytest.mark.parametrize(
    "choices",
    [("a,b",), ("选" * 100, "项" * 100, "x" * 54), (), ("\ud800",)],
    ids=["comma", "long", "none", "surrogate"],
)
def test_a_list_that_would_be_absent_is_refused(choices: tuple[str, ...]) -> None:
    """R-LOCK-6."""
    with pytest.raises(ValueError, match="validation"):
        validated(Validation(area=HERE, kind="list", choices=choices))


def test_the_longest_inline_list_is_kept() -> None:
    assert "选" * 100 in validated(Validation(area=HERE, kind="list", choices=("选" * 100, "项" * 100, "x" * 53)))


def test_a_validation_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="refused"):
        validated(Validation(area=HERE, kind="any"))


def test_a_mark_lays_colours_over_the_cell() -> None:
    package = parts(write_workbook(sample()))
    assert (
        'type="expression" dxfId="0" priority="1"><formula>LEFT($C3,1)="✗"</formula>'
        in (package["xl/worksheets/sheet1.xml"])
    )
    assert re.search(r"<dxf><font>(?:(?!name|sz).)*</font><fill>", package["xl/styles.xml"])


# --- sheet names ------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("自评表", (), "自评表"),
        ("a[b]:c*d?e/f\\g", (), "a_b__c_d_e_f_g"),
        ("'quoted'", (), "quoted"),
        ("", (), "表"),
        ("'''", (), "表"),
        ("History", (), "History (2)"),
        ("Unit", ("UNIT", "unit (2)"), "Unit (3)"),
        ("长" * 40, (), "长" * 31),
        ("长" * 40, ("长" * 31,), "长" * 27 + " (2)"),
        ("😀" * 20, (), "😀" * 15),
        ("x" * 30 + "'y", (), "x" * 30),
        ("a\x00\ud800!b", (), "a___b"),
    ],
)
def test_sheet_names(wanted: str, taken: tuple[str, ...], name: str) -> None:
    assert sheet_name(wanted, taken) == name
    sheet = replace(sheet_of("x", name=name), names={"pxl.a": Area(1, 1, 1, 1)})
    assert reopened(Workbook(sheets=(sheet,))).sheetnames == [name]


@pytest.mark.parametrize("names", [("a/b",), ("x" * 32,), ("'a",), ("a", "A")])
def test_a_sheet_name_that_is_none_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="name"):
        write_workbook(Workbook(sheets=tuple(sheet_of("x", name=name) for name in names)))


# --- another program --------------------------------------------------------


def test_libreoffice_opens_the_file(tmp_path: Path) -> None:
    program = shutil.which("soffice")
    if program is None:
        if os.environ.get("PERFXL_REQUIRE_ALL") == "1":
            pytest.fail("soffice is not installed and PERFXL_REQUIRE_ALL=1 demands it")
        pytest.skip("soffice (LibreOffice) is not installed: nothing else here opens the file as an office would")
    source = tmp_path / "form.xlsx"
    source.write_bytes(write_workbook(sample()))
    filter_ = "csv:Text - txt - csv (StarCalc):44,34,76"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", filter_, "--outdir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    lines = (tmp_path / "form.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("财政项目支出绩效自评表")
    assert lines[1].startswith("项目名称,居委办公经费")
    assert lines[2].startswith('"5,532,462.00",11064924,看说明')
