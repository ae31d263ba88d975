"""The stencil against the reference writer: the same parts, each shared string resolved."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from conftest import every
from hypothesis import HealthCheck, given, settings
from records_made import YEAR, filled, issued, records, to_issue
from test_variant import DEFINITION

from perfxl.form import Form, form_ids, load_form, read_definition
from perfxl.record import Assignment, SelfEvaluation
from perfxl.sheet import Cell, Sheet, Workbook
from perfxl.template import build_workbook
from perfxl.xlsx import stencil
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.stencil import Stencil, Stencils, UnprovedError, resolved
from perfxl.xlsx.writer import write_workbook

FORMS = (*map(load_form, form_ids()), read_definition(DEFINITION))

HOSTILE = (
    "<r>broken</x></r>",
    "<r><t>rich</t></r>",
    "_x0041_",
    "_x005F_x0041_",
    "a\x00b\x07c\x1f",
    "\ufffe\uffff",
    "]]>",
    "<![CDATA[x]]>",
    "&amp; & < > \" '",
    "😀 𠮷野家 👩‍👩‍👧",
    "字" * 32_767,
    "😀" * 16_383,
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "\tTAB",
    "\r\nCRLF\r\n",
    " 前后空格 ",
    "\u3000全角空格\u3000",
    "财政项目支出绩效自评表",
    "S05",
    "—",
    "http://example.org/",
    "\u202egnp.exe",
)


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(data)) as package:
        assert package.testzip() is None
        return {name: package.read(name).decode() for name in package.namelist()}


def same(data: bytes, workbook: Workbook) -> bool:
    return resolved(parts(data)) == resolved(parts(write_workbook(workbook)))


def workbook_of(
    form: Form, *assignments: Assignment, records: list[SelfEvaluation | None] | None = None, password: str = ""
) -> Workbook:
    return replace(build_workbook(form, assignments, year=YEAR, records=records), password=password)


@pytest.fixture(params=FORMS, ids=lambda form: form.id)
def form(request: pytest.FixtureRequest) -> Form:
    made: Form = request.param
    return made


def test_many_of_one_shape_are_written_by_one_stencil(form: Form) -> None:
    first = issued(form)
    stencils = Stencils()
    for number in range(5):
        line = replace(first.funds[0], initial_budget=Decimal(number) / 7) if first.funds else None
        other = replace(
            first,
            id=f"B{number}",
            project_name=f"项目{'很长' * 30 * number}",
            expected_goal="写明目标。" * 40 * number or None,
            funds=(line, *first.funds[1:]) if line else (),
        )
        workbook = workbook_of(form, other, password="abc")
        assert same(stencils.write(workbook), workbook)
    assert (stencils.filled, stencils.by_reference) == (5, 0)
    assert stencils.compiled <= 2  # a blank goal and a written one are of one shape, a blank header is another


@pytest.mark.parametrize("text", every(3, HOSTILE), ids=lambda text: ascii(text[:12]))
def test_hostile_texts_in_every_place_of_a_form(form: Form, text: str) -> None:
    plain = issued(form)
    rows = tuple(
        replace(row, level_3=text, target=replace(row.target, text=text)) if row.target else row
        for row in plain.indicators
    )
    hostile = replace(
        plain,
        id="H1",
        project_name=text,
        supervising_department=text,
        implementing_unit=text,
        expected_goal=text,
        indicators=rows[:1] + plain.indicators[1:],
    )
    stencils = Stencils()
    stencils.write(workbook_of(form, plain))
    workbook = workbook_of(form, hostile)
    wanted = write_workbook(workbook)
    data = stencils.write(workbook)
    assert resolved(parts(data)) == resolved(parts(wanted))
    assert read_workbook(data) == read_workbook(wanted)


def test_a_filled_form_and_one_with_many_sheets(form: Form) -> None:
    first = issued(form)
    record = filled(form, first)
    for workbook in (
        workbook_of(form, first, records=[record]),
        workbook_of(form, first, replace(first, id="A002", project_name="<另一个>")),
        workbook_of(form, replace(first, indicators=(), funds=())),
    ):
        stencils = Stencils()
        assert same(stencils.write(workbook), workbook)
        assert (stencils.compiled, stencils.by_reference) == (1, 0)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(records(FORMS[0]), records(FORMS[0]))
def test_records_of_any_kind(one: SelfEvaluation, two: SelfEvaluation) -> None:
    stencils = Stencils()
    for record in (one, two, one):
        workbook = workbook_of(FORMS[0], to_issue(record, FORMS[0]), records=[record])
        assert same(stencils.write(workbook), workbook)


def test_the_bytes_do_not_depend_on_what_was_written_before() -> None:
    form = FORMS[0]
    first = issued(form)
    books = [
        workbook_of(form, replace(first, id=f"A{number}", project_name=name))
        for number, name in enumerate(("甲", "=乙", "分值", "丙"))
    ]
    forwards, backwards = Stencils(), Stencils()
    ahead = [forwards.write(book) for book in books]
    back = [backwards.write(book) for book in reversed(books)]
    assert ahead == back[::-1] == [Stencils().write(book) for book in books]


def test_what_is_no_slot_makes_another_shape() -> None:
    base = Sheet(
        name="表",
        cells={
            (1, 1): Cell(value="printed", style="label"),
            (2, 1): Cell(value="typed", style="answer", locked=False),
        },
        heights={2: 30},
    )
    made = Stencil(Workbook(sheets=(base,)), write_workbook(Workbook(sheets=(base,))))

    def fits(**changes: Any) -> bool:
        return made.fits(Workbook(sheets=(replace(base, **changes),)))

    assert fits()
    assert fits(cells={**base.cells, (2, 1): Cell(value=Decimal(1), style="answer", locked=False)}, heights={2: 60})
    assert not fits(cells={**base.cells, (1, 1): Cell(value="other", style="label")})
    assert not fits(cells={**base.cells, (2, 1): Cell(value="typed", style="answer")})
    assert not fits(cells={**base.cells, (2, 1): Cell(value="=1", style="answer", locked=False)})
    assert not fits(cells={**base.cells, (3, 1): Cell(value="more", style="answer", locked=False)})
    assert not fits(heights={2: 30, 3: 20})
    assert not fits(name="另一张")
    assert not fits(protected=True)
    assert not made.fits(Workbook(sheets=(base,), password="x"))
    assert not made.fits(Workbook(sheets=(base,), properties={"a": "b"}))


def test_what_cannot_be_proved_is_written_by_the_reference_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    workbook = workbook_of(FORMS[0], issued(FORMS[0]))
    reference = write_workbook(workbook)
    monkeypatch.setattr(stencil, "_height", lambda points: "")
    with pytest.raises(UnprovedError, match="its own first"):
        Stencil(workbook, reference)
    stencils = Stencils()
    assert stencils.write(workbook) == reference
    assert stencils.by_reference == 1


def test_a_linked_cell_or_an_odd_stamp_goes_to_the_reference_writer() -> None:
    linked = Sheet(name="表", cells={(1, 1): Cell(value="x", style="answer", locked=False, link="#表!A1")})
    plain = Sheet(name="表", cells={(1, 1): Cell(value="x")})
    for workbook in (
        Workbook(sheets=(linked,)),
        Workbook(sheets=(plain,), properties={"p": "a & b_x0041_"}),
        Workbook(sheets=(plain,), constants={"p": 'a"b'}),
    ):
        stencils = Stencils()
        assert stencils.write(workbook) == write_workbook(workbook)
        assert stencils.by_reference == 1


def test_a_text_that_no_cell_holds_is_refused_as_the_reference_writer_refuses_it() -> None:
    form = FORMS[0]
    first = issued(form)
    stencils = Stencils()
    stencils.write(workbook_of(form, first))
    with pytest.raises(ValueError, match="32,767"):
        stencils.write(workbook_of(form, replace(first, project_name="长" * 32_768)))


def test_it_opens_in_another_program(tmp_path: Path) -> None:
    import openpyxl

    form = FORMS[0]
    first = replace(issued(form), project_name="<r>x</r> 😀")
    stencils = Stencils()
    stencils.write(workbook_of(form, issued(form)))
    path = tmp_path / "a.xlsx"
    path.write_bytes(stencils.write(workbook_of(form, first)))
    book = openpyxl.load_workbook(path)
    values = [cell.value for row in book["自评表"].iter_rows() for cell in row]
    assert "<r>x</r> 😀" in values
