"""The filled forms of many provinces: the fixtures themselves are sound, before any reading is judged by them.

What is said to be true of a workbook stands in its cells; the faults planted are found by the rules
when the truth is handed to them; the comparison notices whatever is put wrong.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import openpyxl
import pytest
from layouts import Fixture, compare, decoys, fixtures, perturb
from layouts.paper import FIGURES, RATES
from layouts.record_of import place_of, record_of
from records import submission

from perfxl.form import form_ids, load_form
from perfxl.number import read_amount
from perfxl.reading import read_submissions
from perfxl.record import Target
from perfxl.rejection import Rejected
from perfxl.validator import judge
from perfxl.xlsx.reader import read_workbook

ALL = fixtures()
SEEDS = range(4)


@lru_cache(maxsize=256)
def surface(name: str, seed: int) -> Fixture:
    return perturb(next(each for each in ALL if each.name == name), seed)


names = pytest.mark.parametrize("name", [each.name for each in ALL])


@names
@pytest.mark.parametrize("seed", SEEDS)
def test_the_truth_stands_in_the_cells(name: str, seed: int) -> None:
    fixture = surface(name, seed)
    sheet = openpyxl.load_workbook(io.BytesIO(fixture.workbook()))[fixture.paper.name]
    words = {box.place for box in fixture.paper.boxes if box.kind in ("inline", "section")}
    for form in range(fixture.paper.forms):
        for field, (cell, means) in fixture.truth(form).fields.items():
            held, term = sheet[cell].value, field.rpartition(".")[2]
            if cell in words:
                assert str(means) in str(held)
            elif means is None:
                assert held is None or str(held).strip() in ("", "—", "-", "/", "——"), (field, cell)
            elif term in FIGURES | RATES:
                assert as_figure(held, term) == means, (field, cell)
            elif not isinstance(means, Target | int):
                assert str(held).strip() == str(means).strip(), (field, cell)
            else:
                assert held is not None, (field, cell)


def as_figure(held: object, term: str) -> Decimal | None:
    if isinstance(held, int | float):
        number = Decimal(str(held))
    else:
        amount = read_amount(str(held))
        assert amount is not None
        number = amount.number
    return number / 100 if term in RATES and number > 1 else number


@names
def test_two_values_never_share_a_cell(name: str) -> None:
    for seed in SEEDS:
        paper = surface(name, seed).paper
        taken: set[tuple[int, int]] = set()
        for box in paper.boxes:
            places = set(box.places)
            assert not places & taken, (seed, box)
            taken |= places


def judged(fixture: Fixture) -> Iterator[tuple[str, str]]:
    truth = fixture.truth()
    record = record_of(truth)
    usual = "shanghai" if truth.currency_unit == "元" else "mof"
    form = load_form(fixture.definition if fixture.definition in form_ids() else usual)
    verdict = judge(submission(record, form=form), fixture.name, None)
    for finding in verdict.findings:
        yield finding.rule, finding.field


SAID_LATER = frozenset({"S14"})
"""Rules that the book does not have yet."""


@pytest.mark.parametrize("fixture", [each for each in ALL if each.faults], ids=lambda each: each.name)
def test_the_faults_planted_are_faults(fixture: Fixture) -> None:
    found = set(judged(fixture))
    record = record_of(fixture.truth())
    for fault in fixture.faults:
        assert fault.rule in SAID_LATER or (fault.rule, place_of(record, fault.field)) in found, fault


def test_there_are_enough_of_them() -> None:
    assert {each.family for each in ALL} >= {f"L{number}" for number in range(1, 12)}
    assert sum(len(each.truth().fields) for each in ALL) > 1000


def test_a_surface_is_always_the_same_for_its_seed() -> None:
    for fixture in ALL:
        assert perturb(fixture, 3).paper.boxes == perturb(fixture, 3).paper.boxes


# ---- the comparison -----------------------------------------------------------------------------


def test_the_plain_form_of_shanghai_is_read_exactly() -> None:
    fixture = surface("shanghai", 0)
    (read,) = read_submissions(read_workbook(fixture.workbook()))
    outcome = compare(fixture.truth(), read)
    assert outcome.exact, str(outcome)
    assert len(outcome.right) > 90


@pytest.mark.parametrize("fixture", decoys(), ids=lambda each: each.name)
def test_a_sheet_that_is_no_form_is_refused(fixture: Fixture) -> None:
    for seed in SEEDS:
        with pytest.raises(Rejected) as refused:
            read_submissions(read_workbook(perturb(fixture, seed).workbook()))
        assert refused.value.code == "NOT_OUR_FORM"


def test_whatever_is_put_wrong_is_noticed() -> None:
    fixture = surface("shanghai", 0)
    (read,) = read_submissions(read_workbook(fixture.workbook()))
    truth = fixture.truth()
    record = read.record
    swapped = replace(record, expected_goal=record.actual_result, actual_result=record.expected_goal)
    assert len(compare(truth, replace(read, record=swapped)).misattributed) == 2
    row = replace(record.indicators[0], weight=record.indicators[0].score, score=Decimal("0.5"))
    other = replace(record, indicators=(row, *record.indicators[1:]))
    assert any("indicators[0].score" in said for said in compare(truth, replace(read, record=other)).misattributed)
    moved = {**read.cells, "total_score": replace(read.cells["total_score"], cell_name="B2")}
    assert any("total_score" in said for said in compare(truth, replace(read, cells=moved)).misattributed)
    gone = {path: cell for path, cell in read.cells.items() if path != "funds[0].annual_budget"}
    assert compare(truth, replace(read, cells=gone)).missing == ("funds.total.annual_budget",)
    assert compare(truth, replace(read, cells=gone)).unsaid == ("funds.total.annual_budget",)
    told = replace(read, cells=gone, missing=("funds.total",))
    assert compare(truth, told).unsaid == ()


@pytest.mark.slow
def test_no_surface_breaks_the_reader() -> None:
    """Whatever it makes of them, it either reads a form or refuses it by name."""
    refused = set()
    for fixture in ALL:
        for seed in range(40):
            try:
                assert read_submissions(read_workbook(perturb(fixture, seed).workbook()))
            except Rejected as rejected:
                refused.add(rejected.code)
    assert refused <= {"NOT_OUR_FORM"}
