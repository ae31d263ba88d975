"""Worksheets in plain writing are read without a parser, and never otherwise than the parser reads them."""

from __future__ import annotations

import os
import random

import pytest

from perfxl.form import load_form
from perfxl.record import Assignment
from perfxl.rejection import Rejected
from perfxl.template import build_workbook
from perfxl.xlsx.grid import parsed_grid
from perfxl.xlsx.limits import DEFAULT, Limits
from perfxl.xlsx.markup import Budget
from perfxl.xlsx.package import Package
from perfxl.xlsx.parts import Styles
from perfxl.xlsx.plain import plain_grid
from perfxl.xlsx.worksheet import Book, Grid
from perfxl.xlsx.writer import write_workbook

HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cols><col min="1" max="2" width="9" hidden="1"/></cols><sheetData>'
)
TAIL = '</sheetData><sheetProtection sheet="1"/><mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells></worksheet>'

CELLS = (
    '<c r="A1"/>',
    '<c r="A1" s="1"/>',
    '<c r="A1" s="1" />',
    '<c r="A1" s="1"></c>',
    '<c r="A1" t="s"><v>0</v></c>',
    '<c r="A1" s="2" t="s"><v>2</v></c>',
    '<c r="A1" s="99"><v>9.8300000000000001</v></c>',
    '<c r="A1" t="n"><v>-3</v></c>',
    '<c r="A1"><v>abc</v></c>',
    '<c r="A1" t="b"><v>1</v></c><c r="B1" t="e"><v>#DIV/0!</v></c>',
    '<c r="A1" s="1" t="str"><f>IF(B1&gt;0,"×","√")</f><v>√</v></c>',
    '<c r="A1" t="str"><f>B1&amp;"&lt;_x0041_"</f><v>a_x000D_b &amp;amp;</v></c>',
    '<c r="A1"><f>B1*2</f><v>4</v></c><c r="C1"><f aca="false">D1</f></c>',
    '<c r="A1" t="str"><f>D1</f><v></v></c><c r="B1" t="str"><f>D1</f><v/></c><c r="C1"><f>D1</f><v /></c>',
    '<c r="A1" t="inlineStr"><is><t>a _x0042_</t></is></c>',
    '<c r="A1" t="inlineStr"><is><t xml:space="preserve"> a\n\tb</t></is></c>',
    '<c r="A1" t="str"><f>' + "A1+" * 120 + "A1</f><v>1</v></c>",
)  # fmt: skip
OTHER_CELLS = (
    "<c><v>1</v></c>",
    '<c r="A1" r="A1"><v>1</v></c>',
    '<c r="a1"><v>1</v></c>',
    '<c r="A0"><v>1</v></c>',
    '<c r="A2"><v>1</v></c>',
    '<c r="A1"><v>1</v></c><c r="A1"><v>1</v></c>',
    '<c r="A1" t="s"><v>3</v></c>',
    '<c r="A1" t="s"><v> 1</v></c>',
    '<c r="A1" t="str"><v>a&#10;b</v></c>',
    '<c r="A1" t="str"><v>a & b</v></c>',
    '<c r="A1" t="str"><v>a]]>b</v></c>',
    '<c r="A1" t="str"><v>a\rb</v></c>',
    '<c r="A1" t="str"><v>a\x02b</v></c>',
    '<c r="A1" t="str"><v><![CDATA[a]]></v></c>',
    '<c r="A1" t="str"><v><!-- a -->a</v></c>',
    '<c r="A1"><f t="shared" si="0" ref="A1:A2">B1</f><v>1</v></c>',
    '<c r="A1" t="inlineStr"><is><r><t>a</t></r></is></c>',
    '<c r="A1" t="inlineStr"><v>1</v></c>',
    '<c r="A1" cm="1"><v>1</v></c>',
    '<c r="A1"><v>1</v></c><c r="A1" t="s"><v>2</v></c>',
    '<c r="A2"><v/></c>',
    '<c r="A1" s="1""><v>1</v></c>',
    '<c r="A1" t="str"><v>xmlns:a="b"</v></c>',
    '<c r="A1"><v>1</v><v>2</v></c>',
    '<c r="A1"><v>1</v></c></row>',
    '<c r="A1"><v>1</v>',
    '<c r="A1"/<c r="B1"><v>1</v></c>',
    '<c r="IQ1"><v>1</v></c>',
    '<c r="A1"><v>1</v></c> ',
    '<c r="A1" t="str"><v>' + "a" * 3000 + "</v></c>",
)


def sheet(cells: str, head: str = HEAD, tail: str = TAIL) -> bytes:
    return f'{head}<row r="1" spans="1:3" ht="15" x14ac:dyDescent="0.2">{cells}</row>{tail}'.encode()


STRINGS = ("预算", "a" * 300, "")


def read(
    data: bytes, how: str, limits: Limits = DEFAULT, strings: tuple[str, ...] = STRINGS
) -> tuple[Grid | str | None, list[tuple[str, str]]]:
    """What comes of it, and the remarks that were made."""
    remarks: list[tuple[str, str]] = []
    styles = Styles({"0": ("General", True), "1": ("0.00", False), "2": ("@", False)})
    book = Book(list(strings), styles, Budget(limits), lambda code, where: remarks.append((code, where)), 1000, 5000)
    if how == "plain":
        return plain_grid(data, "sheet1.xml", book), remarks
    try:
        return parsed_grid(data, "表1", "sheet1.xml", book), remarks
    except Rejected as rejected:
        return rejected.code, remarks


@pytest.mark.parametrize("cells", CELLS)
def test_plain_cells_are_read_as_the_parser_reads_them(cells: str) -> None:
    plain = read(sheet(cells), "plain")
    assert isinstance(plain[0], Grid)
    assert plain == read(sheet(cells), "parser")


@pytest.mark.parametrize("cells", OTHER_CELLS)
def test_any_other_writing_is_left_to_the_parser(cells: str) -> None:
    assert read(sheet(cells), "plain") == (None, [])


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (HEAD.replace("UTF-8", "GBK"), TAIL),
        (HEAD.replace("<cols>", "<!-- <sheetData> --><cols>"), TAIL),
        (HEAD.replace("<cols>", "<?a b?><cols>"), TAIL),
        (HEAD, TAIL.replace("<mergeCells", "<row r='9'/><mergeCells")),
        (HEAD, TAIL.replace("</sheetData>", "</sheetData><sheetData></sheetData>")),
        (HEAD, TAIL.replace("A1:B2", "A1:B0")),
        (HEAD, TAIL.replace("</worksheet>", "")),
        (HEAD.replace("<cols>", "<!DOCTYPE a><cols>"), TAIL),
        (HEAD.replace("<sheetData>", "<a>" * 61 + "<sheetData>"), TAIL.replace("</sheetData>", "</sheetData>" + "</a>" * 61)),
        (HEAD.replace("spreadsheetml", "elsewhere"), TAIL),
    ],
)  # fmt: skip
def test_odd_surroundings_are_left_to_the_parser(head: str, tail: str) -> None:
    assert read(sheet('<c r="A1"><v>1</v></c>', head, tail), "plain") == (None, [])


def test_rows_hidden_and_empty_ones() -> None:
    rows = '<row r="1" hidden="1"/><row r="3"><c r="A3"><v>1</v></c></row><row r="4"></row><row r="7" hidden="true"/>'
    data = (HEAD + rows + TAIL).encode()
    grid, _ = read(data, "plain")
    assert isinstance(grid, Grid)
    assert grid.hidden_rows == {1, 7}
    assert grid.hidden_columns == {1, 2}
    assert grid == read(data, "parser")[0]
    for broken in (
        rows.replace("</row>", "", 1),
        rows + "</row>",
        rows.replace('r="3"', ""),
        rows.replace("/>", ">", 1),
    ):
        assert read((HEAD + broken + TAIL).encode(), "plain")[0] is None


@pytest.mark.parametrize(
    "limits",
    [Limits(far_row=0), Limits(far_column=0), Limits(text_characters=50), Limits(hidden_rows=0), Limits(merges=0)],
)
def test_where_a_limit_might_be_met_the_parser_decides(limits: Limits) -> None:
    rows = '<row r="1" hidden="1"><c r="A1" t="str"><v>' + "a" * 60 + "</v></c></row>"
    assert read((HEAD + rows + TAIL).encode(), "plain", limits)[0] is None


TOKENS = [
    token.encode()
    for token in (
        '<c r="B1" s="1"/>', "</c>", "</row>", '<row r="2">', "<v>", "</v>", "<f>", "</f>", '"', "<", ">", "/", "&", "&amp;",
        "]]>", "<!--", "-->", "\x00", "\r", "\n", " ", "A1", ' t="s"', ' s="1"', "<is><t>", "</t></is>", "<sheetData>",
        "</sheetData>", "<sheetData/>", ' hidden="1"', ' xmlns:a="b"', "預", "\ufffe", "\xa0", "=", "99999999999", "<c ",
    )
]  # fmt: skip
TOKENS += [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf"]


def mutants(data: bytes, count: int, seed: int) -> list[bytes]:
    """The sheet with a few bytes or tokens put in, taken out, doubled or moved."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        mutant = data
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            at = draw.randrange(len(mutant))
            size = draw.choice((0, 0, 1, 1, 3, 12))
            other = draw.randrange(len(mutant))
            piece = draw.choice((b"", draw.choice(TOKENS), mutant[other : other + draw.randrange(40)]))
            mutant = mutant[:at] + piece + mutant[at + size :]
        made.append(mutant)
    return made


def compare(data: bytes, count: int, seed: int, strings: tuple[str, ...] = STRINGS) -> tuple[int, int]:
    """How many of the mutants were read plainly, and how many left to the parser."""
    plain = 0
    for mutant in mutants(data, count, seed):
        found, remarks = read(mutant, "plain", strings=strings)
        assert not remarks
        if found is not None:
            plain += 1
            assert (found, []) == read(mutant, "parser", strings=strings), mutant
    return plain, count - plain


MIXED = sheet("".join(cell.replace('r="A1"', f'r="{chr(65 + at)}1"') for at, cell in enumerate(CELLS[:9])))


def test_mutants_of_a_small_sheet_are_read_alike_or_left_to_the_parser() -> None:
    plain, left = compare(MIXED, 1500, seed=1)
    assert min(plain, left) >= 100


@pytest.mark.slow
def test_many_mutants_of_a_form_are_read_alike_or_left_to_the_parser() -> None:
    share = float(os.environ.get("PERFXL_SHARE", "1"))
    book = write_workbook(build_workbook(load_form("mof"), [Assignment()], year=2026))
    part = Package(book, DEFAULT).get("xl/worksheets/sheet1.xml")
    assert part is not None
    data = part.expand()
    start = data.find(b"<sheetData>")
    short = data[: start + 9000].rpartition(b"</row>")[0] + b"</row>" + data[data.rfind(b"</sheetData>") :]
    plain, left = compare(short, max(50, int(4000 * share)), seed=2, strings=("x",) * 500)
    assert plain
    assert left
    plain, left = compare(MIXED, max(500, int(60_000 * share)), seed=3)
    assert min(plain, left) >= 50


def test_a_form_as_we_write_it_is_read_plainly() -> None:
    book = write_workbook(build_workbook(load_form("shanghai"), [Assignment()], year=2026))
    part = Package(book, DEFAULT).get("xl/worksheets/sheet1.xml")
    assert part is not None
    strings = ["x"] * 500
    books = [
        Book(strings, Styles(), Budget(DEFAULT), lambda *_: None, DEFAULT.cells, DEFAULT.all_characters)
        for _ in range(2)
    ]
    found = plain_grid(part.expand(), part.name, books[0])
    assert found is not None
    assert found == parsed_grid(part.expand(), "自评表", part.name, books[1])
    assert books[0].budget.elements == books[1].budget.elements
