"""Sheets that are written row by row, charts, and links to files beside the workbook."""

from __future__ import annotations

import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest

from perfxl.sheet import Area, Cell, Chart, Line, PrintSetup, Series, Sheet, Workbook
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.writer import write_into, write_workbook

ODD = ("<r>红</r>", "_x005F_x0041_", " 前后 ", "=1+1", "a\x02b", "&lt;", "行\n行", "＝1", "")


def listed(count: int, *, charts: tuple[Chart, ...] = ()) -> Workbook:
    """A heading and so many rows that come one by one."""

    def lines() -> Iterator[Line]:
        for number in range(count):
            text = ODD[number % len(ODD)] or None
            formula = Cell(formula=f"B{number + 2}*2", cached=Decimal(number * 2))
            link = Cell(value="看", link=f"returns/{number}.xlsx#'自评 表'!H31") if number < 3 else None
            yield Line((Cell(value=text), Cell(value=Decimal(number)), formula, link), 30.0 if number % 2 else None)

    sheet = Sheet(
        name="清单",
        cells={(1, 1): Cell(value="项目"), (1, 2): Cell(value="数")},
        lines=lines,
        charts=charts,
        frozen=(1, 0),
        filtered=Area(1, 1, count + 1, 4),
        printing=PrintSetup(landscape=True, paper="A3", repeat_rows=(1, 1)),
    )
    return Workbook(sheets=(sheet, Sheet(name="说明", cells={(1, 1): Cell(value="完")})))


def on_disk(workbook: Workbook) -> bytes:
    out = BytesIO()
    write_into(workbook, out)
    return out.getvalue()


@pytest.mark.parametrize("write", [on_disk, write_workbook])
def test_rows_that_come_one_by_one_are_read_back_as_they_were(write: object) -> None:
    read = read_workbook(write(listed(30))).sheets[0]  # type: ignore[operator]
    for number in range(30):
        assert read.cell(number + 2, 1).value == (ODD[number % len(ODD)] or None)
        assert read.cell(number + 2, 2).value == number
        assert read.cell(number + 2, 3).formula == f"B{number + 2}*2"
        assert read.cell(number + 2, 3).cached == number * 2


def test_the_same_workbook_gives_the_same_bytes_on_disk_too(tmp_path: Path) -> None:
    first, scratch = on_disk(listed(40)), tmp_path / "scratch"
    scratch.mkdir()
    with (tmp_path / "a.xlsx").open("wb") as file:
        write_into(listed(40), file, scratch=str(scratch))
    assert (tmp_path / "a.xlsx").read_bytes() == first
    assert not list(scratch.iterdir())


def test_a_long_sheet_takes_no_memory() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        on_disk(listed(count))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(50)
    assert peak(4_000) < peak(400) + 1_500_000  # the bytes of the file itself


def test_a_link_names_a_file_beside_the_workbook_and_its_cell() -> None:
    with zipfile.ZipFile(BytesIO(on_disk(listed(3)))) as package:
        page = package.read("xl/worksheets/sheet1.xml").decode()
        targets = package.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    assert re.findall(r'Target="([^"]+)" TargetMode="External"', targets) == [f"returns/{n}.xlsx" for n in range(3)]
    assert page.count("location=\"'自评 表'!H31\"") == 3
    assert 'paperSize="8"' in page


@pytest.mark.parametrize(
    "link", ["https://example.org/a", "/etc/passwd", "..\\a.xlsx", "a|b.xlsx", "c:a.xlsx", "a\x00"]
)
def test_a_link_leads_nowhere_else(link: str) -> None:
    sheet = Sheet(name="一", cells={(1, 1): Cell(value="x", link=link)})
    with pytest.raises(ValueError, match="link"):
        write_workbook(Workbook(sheets=(sheet,)))


def test_rows_one_by_one_know_no_merges() -> None:
    sheet = Sheet(name="一", cells={}, merges=(Area(1, 1, 1, 2),), lines=lambda: iter([Line((Cell(value="x"),))]))
    with pytest.raises(ValueError, match="row by row"):
        on_disk(Workbook(sheets=(sheet,)))


def test_a_chart_names_its_cells() -> None:
    series = Series(name="平均分", sheet="清单", categories=Area(2, 1, 9, 1), values=Area(2, 2, 9, 2))
    kinds = [
        Chart(kind=kind, title=kind, series=(series,), corner=(2, 6), size=(400, 300), y_bounds=(0, 100))
        for kind in ("column", "bar", "scatter")
    ]
    with zipfile.ZipFile(BytesIO(on_disk(listed(8, charts=tuple(kinds))))) as package:
        charts = [package.read(f"xl/charts/chart{number}.xml").decode() for number in (1, 2, 3)]
    assert all("$B$2:$B$9</c:f>" in chart and '<c:max val="100"/>' in chart for chart in charts)
    with pytest.raises(ValueError, match="without a series"):
        write_workbook(listed(1, charts=(Chart(kind="bar", title="", series=(), corner=(1, 1), size=(9, 9)),)))
