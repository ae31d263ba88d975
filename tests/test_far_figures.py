"""Figures that no form can hold, wherever they stand: said, and never a failure of ours."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from perfxl.checking import judge_bytes
from perfxl.number import from_double, half_up, read_amount, read_target

SAMPLES = Path(__file__).parent.parent / "samples" / "2022"
FIGURES = (
    1e18,
    1e26,
    -1e30,
    1e308,
    1e-300,
    "9" * 40,
    "0." + "3" * 90,
    f"{'1' * 200}元",
    f"≥{'7' * 60}%",
    f"已支出{'8' * 80}元",
)


@pytest.mark.parametrize("figure", FIGURES, ids=str)
@pytest.mark.parametrize("folder", ["as-printed", "filled"])
def test_a_figure_without_measure_in_any_cell_ends_in_a_verdict(folder: str, figure: float | str) -> None:
    data = (SAMPLES / folder / "居委办公经费.xlsx").read_bytes()
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    places = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(places) > 60
    for at in range(0, len(places), 7):
        book = openpyxl.load_workbook(io.BytesIO(data))
        for place in places[at : at + 7]:
            book.worksheets[0][place] = figure
        out = io.BytesIO()
        book.save(out)
        for verdict in judge_bytes("表.xlsx", out.getvalue()):
            assert verdict.status != "internal_error", (places[at : at + 7], verdict.where)


def test_an_amount_of_too_many_digits_is_said_at_its_cell() -> None:
    book = openpyxl.load_workbook(SAMPLES / "as-printed" / "居委办公经费.xlsx")
    book.worksheets[0]["F6"] = "6222020200112233445"
    out = io.BytesIO()
    book.save(out)
    (verdict,) = judge_bytes("表.xlsx", out.getvalue())
    assert [finding.rule for finding in verdict.findings if finding.cell == "F6" and finding.severity == "error"]


def test_what_is_a_figure_and_what_is_none() -> None:
    assert from_double("1e17") == 10**17
    assert from_double("5.55E-17") == Decimal("5.55E-17")
    assert from_double("1e-300") == 0
    for stored in ("1e18", "-1e18", "1e308", "inf", "nan"):
        with pytest.raises(ValueError, match="no"):
            from_double(stored)
    assert read_amount("9" * 18) is not None
    assert read_amount("9" * 19) is None
    assert read_target(f"≥{'9' * 19}%").number is None
    assert half_up(Decimal("1e60") + Decimal("0.005"), 2) == Decimal("1e60")
