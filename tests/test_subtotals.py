"""A definition whose total is made of a subtotal: computed in order, written and read alike."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from perfxl.form import BrokenDefinitionError, Form, load_form, read_definition, template_text
from perfxl.reading import read_submissions
from perfxl.record import Assignment, FundingLine, SelfEvaluation
from perfxl.template import build_workbook
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.writer import write_workbook

ROWS = """
  { term = "total", label = "年度资金总额", weight = 10, down = "if(count(fiscal, other) = 0, '', round(sum(fiscal, other), 2))" },
  { term = "fiscal", label = "财政资金小计", down = "if(count(appropriation, carryover) = 0, '', round(sum(appropriation, carryover), 2))" },
"""


def definition() -> str:
    lines = template_text("shanghai.toml").splitlines()
    at = next(number for number, line in enumerate(lines) if 'term = "total"' in line)
    return "\n".join([*lines[:at], *ROWS.strip().splitlines(), *lines[at + 1 :]])


@pytest.fixture
def form(tmp_path: Path) -> Form:
    path = tmp_path / "subtotal.toml"
    path.write_text(definition(), encoding="utf-8")
    return load_form(str(path))


def test_the_total_counts_the_subtotal(form: Form) -> None:
    funds = tuple(
        FundingLine(source=source, annual_budget=Decimal(amount), executed_amount=Decimal(amount) / 2)
        for source, amount in (("appropriation", 100), ("carryover", 60), ("other", 40))
    )
    book = build_workbook(form, [Assignment()], year=2026, records=[SelfEvaluation(funds=funds)])
    first = book.sheets[0]
    shown = {
        name: first.cells[first.names[f"pxl.funds.{name}"].corner].cached
        for name in ("fiscal.annual_budget", "total.annual_budget", "total.score")
    }
    assert shown == {"fiscal.annual_budget": 160, "total.annual_budget": 200, "total.score": Decimal("5.00")}
    (submission,) = read_submissions(read_workbook(write_workbook(book)), form=form)
    total, fiscal = submission.record.line("total"), submission.record.line("fiscal")
    assert total is not None
    assert fiscal is not None
    assert (fiscal.annual_budget, total.annual_budget) == (Decimal(160), Decimal(200))
    assert total.score == Decimal("5.00")
    assert submission.differences == ()


def test_rows_that_lead_back_to_themselves_are_a_mistake() -> None:
    circular = definition().replace("sum(appropriation, carryover), 2))", "sum(appropriation, total), 2))")
    with pytest.raises(BrokenDefinitionError) as broken:
        read_definition(circular)
    assert {mistake.key for mistake in broken.value.mistakes} == {"funds.rows[0].down", "funds.rows[1].down"}
