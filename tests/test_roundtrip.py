"""What is written comes back: from our own file exactly, through LibreOffice under the text policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest
from conftest import every
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from recalculation import share_of
from records_made import (
    HOSTILE,
    YEAR,
    amounts,
    as_read,
    filled,
    issued,
    records,
    same_text,
    through_libreoffice,
    to_issue,
    under_text_policy,
    workbook_bytes,
)

from perfxl.form import Form, form_ids, load_form
from perfxl.number import read_target
from perfxl.reading import read_submissions
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation
from perfxl.submission import Submission
from perfxl.xlsx.reader import read_workbook

each_form = pytest.mark.parametrize("form_id", form_ids())
quick = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def read(data: bytes) -> list[Submission]:
    return read_submissions(read_workbook(data))


def only(data: bytes) -> Submission:
    (submission,) = read(data)
    return submission


def nothing_issued(form: Form) -> Assignment:
    return Assignment(id="A000", form=form.id, fiscal_year=YEAR)


# ---- our own file ----------------------------------------------------------------------------


def assert_comes_back(form: Form, data: st.DataObject) -> None:
    record = data.draw(records(form))
    assignment = to_issue(record, form) if data.draw(st.booleans()) else nothing_issued(form)
    submission = only(workbook_bytes(form, [assignment], [record]))
    assert submission.record == as_read(record, form)
    assert submission.compared
    assert submission.differences == ()
    assert submission.missing == ()


@each_form
@quick
@given(data=st.data())
def test_a_record_comes_back_equal(form_id: str, data: st.DataObject) -> None:
    """Filled into what was issued for it, or into a form that nobody issued."""
    assert_comes_back(load_form(form_id), data)


@pytest.mark.slow
@each_form
@settings(quick, max_examples=share_of(1000))
@given(data=st.data())
def test_a_thousand_records_come_back_equal(form_id: str, data: st.DataObject) -> None:
    assert_comes_back(load_form(form_id), data)


@each_form
@pytest.mark.parametrize("text", every(3, HOSTILE), ids=range(len(HOSTILE)))
def test_a_hostile_text_stays_text_in_every_field(form_id: str, text: str) -> None:
    form = load_form(form_id)
    assignment = issued(form)
    record = filled(form, assignment)
    record = replace(
        record,
        project_name=text,
        supervising_department=text,
        implementing_unit=text,
        expected_goal=text,
        actual_result=text,
        indicators=tuple(
            replace(
                row,
                level_3=text,
                target=read_target(text),
                actual=read_target(text),
                variance_explanation=text,
                operator=None,
                unit=None,
            )
            for row in record.indicators
        ),
        sign_off=tuple(replace(entry, text=text) for entry in record.sign_off),
    )
    submission = only(workbook_bytes(form, [to_issue(record, form)], [record]))
    assert submission.record == as_read(record, form)
    assert submission.differences == ()


@each_form
def test_blanks_come_back_as_blanks(form_id: str) -> None:
    form = load_form(form_id)
    record = SelfEvaluation(
        funds=tuple(FundingLine(source=row.term) for row in form.fund_rows if row.down is None),
        indicators=(Indicator(level_1="产出指标", level_2="数量指标", level_3="只有名称"),),
    )
    read_back = only(workbook_bytes(form, [nothing_issued(form)], [record])).record
    assert read_back == as_read(record, form)
    assert read_back.project_name is None
    assert read_back.actual_result is None
    assert read_back.total is not None
    assert (read_back.total.annual_budget, read_back.total.execution_rate, read_back.total.score) == (None, None, None)
    row = read_back.indicators[0]
    assert (row.target, row.actual, row.weight, row.score, row.variance_explanation) == (None,) * 5
    assert (read_back.total_weight, read_back.total_score) == (None, None)


@each_form
def test_a_zero_is_no_blank(form_id: str) -> None:
    form = load_form(form_id)
    zero = Decimal(0)
    record = SelfEvaluation(
        funds=tuple(
            FundingLine(source=row.term, initial_budget=zero, annual_budget=zero, executed_amount=zero)
            for row in form.fund_rows
            if row.down is None
        ),
        indicators=(Indicator(level_3="零", weight=zero, score=zero),),
    )
    read_back = only(workbook_bytes(form, [nothing_issued(form)], [record])).record
    assert read_back == as_read(record, form)
    assert read_back.total is not None
    assert (read_back.total.annual_budget, read_back.total.execution_rate, read_back.total.score) == (zero, None, zero)
    assert read_back.indicators[0].weight == zero


@each_form
@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
@example(data=None)
def test_rate_and_score_follow_from_the_amounts(form_id: str, data: st.DataObject | None) -> None:
    """The form's own formulas agree with plain fractions, at every rounding edge."""
    form = load_form(form_id)
    spent, budget = (
        (data.draw(amounts(form)), data.draw(amounts(form))) if data else (Decimal("0.05"), Decimal("1000.00"))
    )
    line = FundingLine(source="appropriation", annual_budget=budget, executed_amount=spent)
    record = SelfEvaluation(funds=(line,), indicators=(Indicator(level_3="一项", weight=Decimal(90)),))
    assert only(workbook_bytes(form, [nothing_issued(form)], [record])).record.funds == as_read(record, form).funds


@each_form
def test_rows_beyond_those_issued_are_read_from_the_spare_rows(form_id: str) -> None:
    form = load_form(form_id)
    assignment = issued(form)
    record = filled(form, assignment)
    extra = Indicator(
        level_1="效益指标",
        level_2="社会效益指标",
        level_3="自行增加的指标",
        target=read_target("≥3次"),
        actual=read_target("4次"),
        weight=Decimal(5),
        score=Decimal(5),
    )
    record = replace(record, indicators=(*record.indicators, extra))
    submission = only(workbook_bytes(form, [assignment], [record]))
    assert submission.record == as_read(record, form)
    assert submission.differences == ()


# ---- several projects ------------------------------------------------------------------------


@each_form
def test_several_projects_come_back_in_order(form_id: str) -> None:
    """Of different numbers of rows, two of them of the same name, one not filled in."""
    form = load_form(form_id)
    base = issued(form)
    names = ("道路养护", "绿化管护", "道路养护", "a:b/c[d]?*'", "历史资料" * 12)
    projects = [
        replace(base, id=f"A{number}", project_name=name, indicators=base.indicators[: 2 + number % 3])
        for number, name in enumerate(names)
    ]
    found: list[SelfEvaluation | None] = [filled(form, project) for project in projects]
    found[1] = None
    submissions = read(workbook_bytes(form, projects, found))
    assert [submission.record.project_name for submission in submissions] == list(names)
    assert [submission.is_blank for submission in submissions] == [False, True, False, False, False]
    assert len({submission.sheet for submission in submissions}) == len(names)
    for submission, record in zip(submissions, found, strict=True):
        assert submission.differences == ()
        if record is not None:
            assert submission.record == as_read(record, form)


@each_form
def test_projects_are_known_by_their_sheet_and_not_by_its_position(form_id: str) -> None:
    form = load_form(form_id)
    base = issued(form)
    projects = [replace(base, id=name, project_name=name, indicators=base.indicators[:size]) for name, size in
                (("甲", 2), ("乙", 3), ("丙", 4))]  # fmt: skip
    workbook = read_workbook(workbook_bytes(form, projects))
    first, second, third, *others = workbook.sheets
    moved = replace(workbook, sheets=(third, first, replace(second, name="改过的表名"), *others))
    submissions = read_submissions(moved)
    assert [submission.record.project_name for submission in submissions] == ["丙", "甲", "乙"]
    assert all(submission.compared and not submission.differences for submission in submissions)


# ---- the same bytes --------------------------------------------------------------------------


@each_form
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_same_input_gives_the_same_bytes(form_id: str, data: st.DataObject) -> None:
    form = load_form(form_id)
    record = data.draw(records(form))
    assignment = to_issue(record, form)
    assert workbook_bytes(form, [assignment], [record]) == workbook_bytes(form, [assignment], [record])


# ---- through LibreOffice ---------------------------------------------------------------------


NAMES = ("hostile", "honest", *map(str, range(6)))
"""The records of each form that go through LibreOffice: one of hostile texts, one as an honest unit fills it in,
the rest generated."""


@cache
def batch(form_id: str) -> dict[str, tuple[Form, SelfEvaluation]]:
    """The form and its records, by name."""
    form = load_form(form_id)
    rows = [
        Indicator(
            level_1=text,
            level_2=f"{number}{text}",
            level_3=text,
            target=read_target(text),
            actual=read_target(text),
            weight=Decimal(number) / 10,
            score=Decimal(number) / 100,
            variance_explanation=text,
        )
        for number, text in enumerate(HOSTILE)
        if survives(text)
    ]
    whole = filled(form, issued(form))
    hostile = replace(whole, project_name="=1+1", indicators=tuple(rows))
    every = zip(NAMES, (hostile, whole, *drawn(form, 6)), strict=True)
    return {f"{form_id}-{name}": (form, record) for name, record in every}


def survives(noun: object) -> bool:
    """LibreOffice itself loses a text like ``_x005F_``: it is saved so that everybody reads ``_``."""
    return "_x005F_" not in repr(noun)


def drawn(form: Form, count: int) -> list[SelfEvaluation]:
    """So many generated records, the same ones each time."""
    found: list[SelfEvaluation] = []

    @settings(quick, max_examples=count, phases=[Phase.generate], database=None)
    @given(records(form).filter(survives))
    def collect(record: SelfEvaluation) -> None:
        found.append(record)

    collect()
    return found


@pytest.fixture(scope="module")
def after_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """The records of a form, by name, after a save in LibreOffice."""

    @cache
    def saved(form_id: str) -> dict[str, bytes]:
        files = {
            name: workbook_bytes(form, [to_issue(record, form)], [record])
            for name, (form, record) in batch(form_id).items()
        }
        return through_libreoffice({**files, "escaped": escaped()}, tmp_path_factory)

    return saved


@pytest.mark.parametrize("name", [f"{form_id}-{name}" for form_id in form_ids() for name in NAMES])
def test_a_record_comes_back_through_libreoffice(
    after_libreoffice: Callable[[str], dict[str, bytes]], name: str
) -> None:
    form_id, _, _ = name.partition("-")
    form, record = batch(form_id)[name]
    submission = only(after_libreoffice(form_id)[name])
    assert under_text_policy(submission.record) == under_text_policy(as_read(record, form))
    assert submission.compared
    assert submission.differences == ()
    assert submission.missing == ()


def escaped() -> bytes:
    """A project whose name LibreOffice does not keep."""
    form = load_form("shanghai")
    return workbook_bytes(form, [replace(issued(form), project_name="_x005F_x0041_")])


def test_the_issued_content_outlives_a_text_that_libreoffice_does_not_keep(
    after_libreoffice: Callable[[str], dict[str, bytes]],
) -> None:
    submission = only(after_libreoffice("shanghai")["escaped"])
    assert submission.compared
    assert submission.issued_names["project_name"] == "_x005F_x0041_"
    assert {difference.field for difference in submission.differences} <= {"project_name"}


def test_the_text_policy_is_no_wider_than_it_says() -> None:
    assert same_text(" a\r\nb\rc\n") == "a\nb\nc"
    assert same_text("e\u0301") == "\u00e9"
    for one, other in (("012", "12"), ("a b", "ab"), ("１", "1"), ("A", "a"), ("a\tb", "a b")):
        assert same_text(one) != same_text(other)
