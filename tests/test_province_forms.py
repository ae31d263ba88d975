"""What the forms of the provinces have that others have not: written, locked, computed, read back, judged."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from records_made import as_read, filled, issued, workbook_bytes

from perfxl.form import BrokenDefinitionError, Form, form_ids, load_form, read_definition, template_text
from perfxl.guide import sheet
from perfxl.number import read_target
from perfxl.project import example, read_project
from perfxl.reading import read_submissions
from perfxl.record import SelfEvaluation
from perfxl.sheet import Cell, Sheet
from perfxl.submission import Submission
from perfxl.template import build_workbook
from perfxl.validator import judge
from perfxl.xlsx.reader import read_workbook

FAMILIES = ("anhui", "chongqing", "guangxi", "hefei", "sichuan")


def returned(form: Form, record: SelfEvaluation) -> Submission:
    (read,) = read_submissions(read_workbook(workbook_bytes(form, [issued(form)], [record])), lookup=lambda name: form)
    return read


def honest(form: Form) -> SelfEvaluation:
    return filled(form, issued(form))


def findings(form: Form, record: SelfEvaluation) -> set[tuple[str, str]]:
    return {(each.rule, each.field) for each in judge(returned(form, record), "a.xlsx", None).findings}


def cell(sheet: Sheet, field: str) -> Cell:
    return sheet.cell(*sheet.names["pxl." + field].corner)


def blank(form: Form) -> Sheet:
    return build_workbook(form, [issued(form)], year=2024).sheets[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_field_of_the_form_comes_back(name: str) -> None:
    form = load_form(name)
    record = honest(form)
    read = returned(form, record)
    assert read.record == as_read(record, form)
    assert (read.differences, read.missing) == ((), ())
    assert {each.severity.value for each in judge(read, "a.xlsx", None).findings} <= {"warning", "info"}


def test_the_families_ship() -> None:
    assert set(FAMILIES) | {"mof", "shanghai"} <= set(form_ids())
    assert all("惯例" in load_form(name).basis and "customary" in load_form(name).basis for name in FAMILIES)


# ---- Chongqing: coefficient, adjusted target, total in the header ---------------------------------


def test_the_score_follows_from_the_coefficient() -> None:
    form = load_form("chongqing")
    record = honest(form)
    rows = list(record.indicators)
    rows[2] = replace(rows[2], coefficient=Decimal("0.945"))
    read = returned(form, replace(record, indicators=tuple(rows))).record
    assert read.indicators[2].score == Decimal("8.51")  # 0.945 of 9 is 8.505
    assert read.indicators[2].coefficient == Decimal("0.945")
    sheet = blank(form)
    assert cell(sheet, "indicators.1.score").locked
    assert cell(sheet, "indicators.1.score").formula
    assert not cell(sheet, "indicators.1.coefficient").locked


def test_a_score_without_coefficient_stays_blank() -> None:
    form = load_form("chongqing")
    record = honest(form)
    rows = tuple(replace(row, coefficient=None) for row in record.indicators)
    read = returned(form, replace(record, indicators=rows)).record
    assert {row.score for row in read.indicators} == {None}
    assert read.total_score is None


def test_the_total_stands_in_the_header_alone() -> None:
    form = load_form("chongqing")
    sheet = blank(form)
    assert form.total_in_header
    top = sheet.names["pxl.total_score"].top
    assert top < sheet.names["pxl.funds.total.score"].top
    assert cell(sheet, "total_score").locked
    assert sheet.names["pxl.total_weight"].top > sheet.names["pxl.indicators.10.weight"].top


def test_the_adjusted_target_is_the_one_that_counts() -> None:
    form = load_form("chongqing")
    record = honest(form)
    rows = list(record.indicators)
    assert rows[3].weight is not None
    rows[3] = replace(rows[3], actual=read_target("85%"))
    missed = replace(record, indicators=tuple(rows))
    assert ("S15", "indicators[3].score") in findings(form, missed)
    rows[3] = replace(rows[3], adjusted_target=read_target("≥85%"))
    met = replace(record, indicators=tuple(rows))
    assert not {each for each in findings(form, met) if "indicators[3]" in each[1]}
    assert returned(form, met).record.indicators[3].target == read_target("≥90%")


def test_no_reason_is_asked_for_where_the_form_has_no_place_for_one() -> None:
    form = load_form("chongqing")
    verdict = judge(returned(form, honest(form)), "a.xlsx", None)
    assert verdict.record is not None
    assert verdict.record.indicators[0].score == Decimal("4.5")
    assert "D01" not in {each.rule for each in verdict.findings}
    assert ("D01", ("variance_explanation",)) in {(each.rule, each.missing) for each in verdict.not_run}


def test_contacts_of_the_header_are_signed_fields() -> None:
    form = load_form("chongqing")
    assert [entry.term for entry in form.signed] == ["contact", "phone"]
    read = returned(form, honest(form)).record
    assert [(entry.term, entry.label, entry.text) for entry in read.sign_off] == [
        ("contact", "项目联系人", "项目联系人甲"),
        ("phone", "联系电话", "联系电话甲"),
    ]


# ---- Guangxi: deduction ------------------------------------------------------------------------


def test_the_deduction_is_weight_less_score() -> None:
    form = load_form("guangxi")
    read = returned(form, honest(form)).record
    first = read.indicators[0]
    assert (first.weight, first.score, first.deduction) == (Decimal(14), Decimal(7), Decimal("7.00"))
    assert cell(blank(form), "indicators.1.deduction").locked


def test_a_surplus_of_thirty_per_cent_wants_a_reason() -> None:
    form = load_form("guangxi")
    assert form.rules.surplus_rate == Decimal("1.3")


# ---- Sichuan: reasons of the money, conclusions, columns apart -------------------------------------


def test_reasons_of_the_money_and_conclusions_come_back() -> None:
    form = load_form("sichuan")
    read = returned(form, honest(form)).record
    assert [line.reason for line in read.funds] == [None, *(f"第{at}行资金的原因" for at in range(1, 5))]
    assert read.evaluation == "第1项，甲乙丙丁。"
    assert read.problems == "第2项，甲乙丙丁。"
    assert read.measures == "第3项，甲乙丙丁。"


def test_every_fund_line_has_its_rate_but_only_the_total_a_score() -> None:
    form = load_form("sichuan")
    funds = returned(form, honest(form)).record.funds
    assert all(line.execution_rate is not None for line in funds)
    assert [line.score is not None for line in funds] == [True, False, False, False, False]


def test_markup_in_a_conclusion_is_seen() -> None:
    form = load_form("sichuan")
    record = replace(honest(form), problems="<p>人员流动大</p>")
    assert ("N01", "problems") in findings(form, record)


# ---- Hefei: weights printed with the levels, one budget line ----------------------------------------


def test_a_level_is_printed_with_its_weight_and_read_by_its_name() -> None:
    form = load_form("hefei")
    assert cell(blank(form), "indicators.1.level_1").text == "产出指标\n（50分）"
    assert returned(form, honest(form)).record.indicators[0].level_1 == "产出指标"
    record = honest(form)
    rows = [replace(row, weight=Decimal(13)) if at == 0 else row for at, row in enumerate(record.indicators)]
    assignment = replace(issued(form), indicators=tuple(replace(row, actual=None, score=None) for row in rows))
    data = workbook_bytes(form, [assignment], [replace(record, indicators=tuple(rows))])
    (read,) = read_submissions(read_workbook(data))
    assert ("K03", "indicators[0].weight") in {(each.rule, each.field) for each in judge(read, "", None).findings}
    assert read.differences == ()


def test_one_budget_line_carries_rate_and_score() -> None:
    (line,) = returned(load_form("hefei"), honest(load_form("hefei"))).record.funds
    assert (line.source, line.weight) == ("total", Decimal(10))
    assert line.execution_rate is not None


# ---- what no shipped form uses ---------------------------------------------------------------------


def variant(*changes: tuple[str, str]) -> Form:
    text = template_text("mof.toml")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return read_definition(text)


SERIAL = (
    'columns = [\n  { term = "level_1"',
    'columns = [\n  { term = "serial", label = "序号", width = 5 },\n  { term = "level_1"',
)
REVIEW = (
    '{ term = "variance_explanation"',
    '{ term = "review_score", label = "审核得分", width = 8 },\n  { term = "variance_explanation"',
)
REVIEWED = (
    "[[sign_off]]",
    '[[footer]]\nterm = "review_score"\nlabel = "财政审核评分"\n\n[[footer]]\nterm = "grade"\nlabel = "自评等级"\n\n[[sign_off]]',
)


def test_serial_numbers_are_printed_and_make_no_row() -> None:
    form = variant(SERIAL)
    sheet = blank(form)
    assert [cell(sheet, f"indicators.{number}.serial").text for number in (1, 2, 9)] == ["1", "2", "9"]
    assert cell(sheet, "indicators.1.serial").locked
    record = honest(form)
    read = returned(form, record).record
    assert len(read.indicators) == len(record.indicators)
    assert [row.serial for row in read.indicators][:3] == ["1", "2", "3"]


def test_the_reviewers_scores_come_back() -> None:
    form = variant(REVIEW, REVIEWED)
    record = honest(form)
    rows = tuple(replace(row, review_score=Decimal("6.5")) for row in record.indicators)
    record = replace(record, indicators=rows, review_score=Decimal("91.5"), grade="优")
    read = returned(form, record).record
    assert {row.review_score for row in read.indicators} == {Decimal("6.5")}
    assert (read.review_score, read.grade) == (Decimal("91.5"), "优")


def test_what_may_be_picked_is_a_list() -> None:
    sheet = blank(load_form("chongqing"))
    area = sheet.names["pxl.indicators.1.core"]
    assert [each.choices for each in sheet.validations if each.area == area] == [("是", "否")]


def test_whether_a_row_is_core_can_be_issued(tmp_path: Path) -> None:
    form = load_form("chongqing")
    text = example(form).replace('level_3 = "示例指标1完成率"', 'level_3 = "示例指标1完成率"\ncore = "是"')
    assignment = read_project(text, "示例.toml", form)
    assert assignment.indicators[0].core == "是"
    sheet = build_workbook(form, [assignment], year=2024).sheets[0]
    assert cell(sheet, "indicators.1.core").locked
    assert not cell(sheet, "indicators.2.core").locked


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ('label = "得分", width = 8 }', 'label = "得分", width = 8, across = "score + weight" }', "indicators.columns[6].across"),
        ('label = "得分", width = 8 }', 'label = "得分", width = 8, across = "wieght * 2" }', "indicators.columns[6].across"),
        ('label = "三级指标", width = 22 }', 'label = "三级指标", width = 22, across = "weight" }', "indicators.columns[2].across"),
        ('label = "三级指标", width = 22 }', 'label = "三级指标", width = 22, choices = [1] }', "indicators.columns[2].choices"),
        ('label = "年初预算数", places = 4 }', 'label = "年初预算数", span = 3, places = 4 }', "funds.columns"),
        ("[[sign_off]]", '[[footer]]\nterm = "conclusion"\nlabel = "结论"\n\n[[sign_off]]', "footer[0].term"),
        ('term = "implementing_unit"', 'term = "sign_off.Phone"', "header.rows[1][1].term"),
        ('term = "implementing_unit"', 'term = "implementing"', "header.rows[1][1].term"),
        ('[{ term = "project_name", label = "项目名称" }]', '[{ term = "project_name", label = "项目名称" }, { term = "sign_off.phone", label = "电话" }]', "sign_off"),
    ],
)  # fmt: skip
def test_mistakes_of_the_new_keys_are_named(before: str, after: str, key: str) -> None:
    with pytest.raises(BrokenDefinitionError) as broken:
        variant((before, after))
    assert key in {mistake.key for mistake in broken.value.mistakes}


def test_a_form_without_levels_needs_rows() -> None:
    text = template_text("chongqing.toml").replace("rows = 10  ", "rows = 0   ")
    with pytest.raises(BrokenDefinitionError) as broken:
        read_definition(text)
    assert "indicators.rows" in {mistake.key for mistake in broken.value.mistakes}


def test_the_instructions_ask_for_nothing_that_the_form_has_no_place_for() -> None:
    def said(name: str) -> str:
        return "".join(each.text for each in sheet(load_form(name)).cells.values())

    assert "必须写明偏差原因" in said("guangxi")
    assert "扣减分数＝分值－得分" in said("guangxi")
    assert "必须写明偏差原因" not in said("chongqing")
    assert "测得的值，带单位" in said("mof")
    assert "测得的值，带单位" not in said("sichuan")
    assert "；一级指标分值：" not in said("chongqing")
