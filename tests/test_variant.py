"""A form that we never saw: another unit, another denominator, more columns, other levels, other grades.

Nothing in the program knows this form; the definition alone carries it through writing, reading,
comparing and judging.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from records_made import YEAR, as_read, filled, issued, through_libreoffice, workbook_bytes

from perfxl.finding import Verdict
from perfxl.form import Form, load_form
from perfxl.number import read_target
from perfxl.reading import read_submissions
from perfxl.record import Assignment, SelfEvaluation, Target
from perfxl.rejection import Rejected
from perfxl.sheet import Cell, Workbook, a1
from perfxl.submission import Submission
from perfxl.validator import judge
from perfxl.xlsx.reader import read_workbook

DEFINITION = """
id = "riverside"
title = "临江区项目支出绩效自评表"
year_line = "{year}年度"
basis = "虚构的表样"
currency_unit = "万元"
denominator = "initial_budget"

[header]
rows = [
  [{ term = "project_name", label = "支出名称" }, { term = "implementing_unit", label = "资金使用单位" }],
  [{ term = "supervising_department", label = "预算主管部门" }],
]

[funds]
label = "预算执行（万元）"
rows = [
  { term = "appropriation", label = "1.一般公共预算安排" },
  { term = "bond", label = "2.专项债券" },
  { term = "total", label = "资金合计", weight = 10, down = "if(count(appropriation, bond) = 0, '', round(sum(appropriation, bond), 6))" },
]
columns = [
  { term = "initial_budget", label = "批复数", places = 6 },
  { term = "annual_budget", label = "调整数", places = 6 },
  { term = "executed_amount", label = "支出数", places = 6 },
  { term = "execution_rate", label = "支出率", only = "total", across = "if(count(executed_amount, initial_budget) < 2, '', if(initial_budget > 0, executed_amount / initial_budget, ''))" },
  { term = "weight", label = "权重", only = "total" },
  { term = "score", label = "自评分", only = "total", across = "if(count(executed_amount, initial_budget, weight) < 3, '', if(initial_budget > 0, proportion(executed_amount, initial_budget, weight, 6), 0))" },
]

[goals]
label = "总体目标"
expected = "年初设定的目标"
actual = "年末完成的情况"
rows = 1
height = 60
characters = 2000

[indicators]
label = "指标完成情况"
spare = 2
columns = [
  { term = "level_1", label = "一级" },
  { term = "level_2", label = "二级" },
  { term = "level_3", label = "三级" },
  { term = "weight", label = "权重" },
  { term = "operator", label = "指标性质" },
  { term = "target", label = "指标值" },
  { term = "unit", label = "度量单位" },
  { term = "actual", label = "实际完成" },
  { term = "score", label = "自评分" },
  { term = "variance_explanation", label = "说明", width = 30 },
]
levels = [
  { name = "成本指标", weight = 20, level_2 = [{ name = "经济成本指标" }] },
  { name = "产出指标", weight = 40, level_2 = [{ name = "数量指标", rows = 2 }, { name = "质量指标" }, { name = "时效指标" }] },
  { name = "效益指标", weight = 20, level_2 = [{ name = "社会效益指标" }] },
  { name = "满意度指标", weight = 10, level_2 = [{ name = "服务对象满意度指标" }] },
]

[total]
label = "合计得分"
weight = "if(count(indicators.weight) = 0, '', round(sum(funds.weight, indicators.weight), 2))"
score = "if(count(indicators.score) = 0, '', round(sum(funds.score, indicators.score), 2))"

[rules]
money_places = 6
cost_required = true
cost_level = "成本指标"
output_level = "产出指标"
strict_level_weights = true
bands = [["90", "优"], ["80", "良"], ["70", "中"], ["0", "差"]]
"""


@pytest.fixture
def form(tmp_path: Path) -> Form:
    path = tmp_path / "临江区.toml"
    path.write_text(DEFINITION, encoding="utf-8")
    return load_form(str(path))


def project(form: Form) -> Assignment:
    """A project with a target of each kind; the output rows carry 40 between them."""
    assignment = issued(form)
    cost, quantity, quality, timely, benefit, satisfied = assignment.indicators
    return replace(
        assignment,
        project_name="滨江绿道改造",
        indicators=(
            replace(cost, level_3="每公里造价", operator="≤", unit="万元", target=read_target("≤85.5万元")),
            replace(quantity, level_3="改造长度", operator="=", unit="公里", target=read_target("=12.5公里")),
            replace(quality, level_3="验收合格率"),
            replace(timely, level_3="完工时间", operator=None, unit=None, target=read_target("12月底前")),
            replace(benefit, level_3="居民休闲环境", operator=None, unit=None, target=read_target("明显改善")),
            satisfied,
        ),
    )


def answered(form: Form) -> SelfEvaluation:
    """The project's return, without fault; the whole initial budget was not spent."""
    record = filled(form, project(form))
    actuals = ("80万元", "12.5公里", "96%", "11月中旬", "明显改善", "93%")
    rows = tuple(
        replace(row, actual=read_target(actual), score=row.weight, variance_explanation=None)
        for row, actual in zip(record.indicators, actuals, strict=True)
    )
    appropriation, bond = record.funds
    return replace(
        record,
        indicators=rows,
        funds=(
            replace(
                appropriation,
                initial_budget=Decimal("820.123456"),
                annual_budget=Decimal("790.5"),
                executed_amount=Decimal("780.000001"),
            ),
            replace(bond, initial_budget=Decimal(200), annual_budget=Decimal(200), executed_amount=Decimal(200)),
        ),
    )


def returned(form: Form, record: SelfEvaluation) -> Workbook:
    return read_workbook(workbook_bytes(form, [project(form)], [record]))


def only(workbook: Workbook, form: Form) -> Submission:
    (submission,) = read_submissions(workbook, form=form)
    return submission


def verdict(workbook: Workbook, form: Form) -> Verdict:
    return judge(only(workbook, form), "绿道.xlsx", None)


def errors(judged: Verdict) -> list[tuple[str, str]]:
    return [(finding.rule, finding.field) for finding in judged.findings if finding.severity.value == "error"]


def typed_over(workbook: Workbook, name: str, value: Decimal) -> Workbook:
    """The workbook with a figure typed into the cell of a field."""
    first, *others = workbook.sheets
    place = first.names["pxl." + name].corner
    cell = replace(first.cell(*place), value=value, text=str(value), formula=None, cached=None)
    return replace(workbook, sheets=(replace(first, cells={**first.cells, place: cell}), *others))


# ---- written and read ------------------------------------------------------------------------


def test_the_record_comes_back_equal(form: Form) -> None:
    record = answered(form)
    submission = only(returned(form, record), form)
    assert submission.record == as_read(record, form)
    assert (submission.differences, submission.missing, submission.not_understood) == ((), (), ())
    assert (submission.form_reason, submission.compared) == ("option", True)


def test_operator_target_and_unit_stand_in_columns_of_their_own(form: Form) -> None:
    workbook = returned(form, answered(form))
    sheet = workbook.sheets[0]

    def cells(number: int) -> list[str]:
        terms = ("operator", "target", "unit", "actual")
        return [sheet.cell(*sheet.names[f"pxl.indicators.{number}.{term}"].corner).text for term in terms]

    assert cells(1) == ["≤", "85.5", "万元", "80"]
    assert cells(2) == ["=", "12.5", "公里", "12.5"]
    assert cells(4) == ["", "12月底前", "", "11月中旬"]
    row = only(workbook, form).record.indicators[0]
    assert row.target == Target(
        text="≤85.5万元", kind="number", operator="≤", number=Decimal(855_000), unit="元", places=1
    )
    assert row.actual is not None
    assert (row.actual.text, row.actual.number) == ("80万元", Decimal(800_000))


def test_the_rate_is_taken_on_the_initial_budget(form: Form) -> None:
    total = only(returned(form, answered(form)), form).record.total
    assert total is not None
    assert (total.initial_budget, total.executed_amount) == (Decimal("1020.123456"), Decimal("980.000001"))
    assert total.score == Decimal("9.61")  # 980.000001 / 1020.123456 × 10, not 9.89 on the adjusted budget
    assert total.execution_rate is not None
    assert total.execution_rate.quantize(Decimal("0.000001")) == Decimal("0.960668")


def test_the_layout_follows_the_definition(form: Form) -> None:
    """The total stands last among the funds, the weight before the target; no sign-off; unit in the block label."""
    submission = only(returned(form, answered(form)), form)
    assert [line.source for line in submission.record.funds] == ["appropriation", "bond", "total"]
    assert submission.record.sign_off == ()
    assert submission.record.currency_unit == submission.unit_text == "万元"
    assert submission.record.fiscal_year == YEAR
    columns = [submission.cells[f"indicators[0].{term}"].cell_name[0] for term in ("weight", "operator", "target")]
    assert columns == sorted(columns)


def test_every_changed_locked_cell_is_found(form: Form) -> None:
    workbook = returned(form, answered(form))
    first, *others = workbook.sheets
    wrong = {}
    for place, cell in first.cells.items():
        if not cell.locked:
            continue
        changed = replace(first, cells={**first.cells, place: Cell(value="改", text="改")})
        found = only(replace(workbook, sheets=(changed, *others)), form).differences
        if [difference.cell_name for difference in found] != [a1(*place)]:
            wrong[a1(*place)] = found
    assert not wrong


def test_a_save_in_libreoffice_changes_nothing(form: Form, tmp_path_factory: pytest.TempPathFactory) -> None:
    record = answered(form)
    saved = through_libreoffice({"绿道": workbook_bytes(form, [project(form)], [record])}, tmp_path_factory)["绿道"]
    submission = only(read_workbook(saved), form)
    assert submission.record == as_read(record, form)
    assert submission.differences == ()


def test_it_is_found_again_by_the_stamp_where_its_definition_is_at_hand(form: Form) -> None:
    workbook = returned(form, answered(form))
    (submission,) = read_submissions(workbook, lookup=lambda name: {"riverside": form}[name])
    assert (submission.form, submission.form_reason) == (form, "stamp")


def test_without_its_definition_it_is_refused_by_name(form: Form) -> None:
    with pytest.raises(Rejected) as raised:
        read_submissions(returned(form, answered(form)))
    assert (raised.value.code, raised.value.where) == ("UNKNOWN_FORM", "riverside")


# ---- judged ----------------------------------------------------------------------------------


def test_a_correct_form_gives_no_errors(form: Form) -> None:
    judged = verdict(returned(form, answered(form)), form)
    assert errors(judged) == []
    assert judged.form == "riverside"


def test_a_total_computed_with_the_other_denominator_is_found(form: Form) -> None:
    """99.89 instead of 99.61: the execution score was taken on the adjusted budget."""
    workbook = returned(form, answered(form))
    record = only(workbook, form).record
    assert record.total_score == Decimal("99.61")
    judged = verdict(typed_over(workbook, "total_score", Decimal("99.89")), form)
    (finding,) = [finding for finding in judged.findings if finding.rule == "T01"]
    assert (finding.field, finding.expected, finding.actual) == ("total_score", Decimal("99.61"), Decimal("99.89"))
    assert finding.difference == Decimal("0.28")


def test_an_execution_score_on_the_other_denominator_is_found(form: Form) -> None:
    judged = verdict(typed_over(returned(form, answered(form)), "funds.total.score", Decimal("9.89")), form)
    assert ("X04", "funds[2].score") in errors(judged)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"weight": Decimal(21)}, "K01"),
        ({"level_1": "产出指标"}, "K07"),
    ],
)
def test_the_levels_and_weights_are_those_of_the_definition(form: Form, changes: Mapping[str, Any], rule: str) -> None:
    """成本指标 is due and carries 20; both are found even where the form was issued so."""
    assignment, record = project(form), answered(form)
    changed = [replace(rows[0], **changes) for rows in (assignment.indicators, record.indicators)]
    assignment = replace(assignment, indicators=(changed[0], *assignment.indicators[1:]))
    record = replace(record, indicators=(changed[1], *record.indicators[1:]))
    judged = verdict(read_workbook(workbook_bytes(form, [assignment], [record])), form)
    assert rule in {finding.rule for finding in judged.findings}


def totals() -> Iterator[tuple[str, str]]:
    yield from (("100", "优"), ("90", "优"), ("89.99", "良"), ("80", "良"), ("79.99", "中"), ("75", "中"), ("70", "中"))
    yield from (("69.99", "差"), ("65", "差"), ("0", "差"))


@pytest.mark.parametrize(("total", "word"), list(totals()))
def test_grades_follow_the_bands_of_the_definition(form: Form, total: str, word: str) -> None:
    assert form.rules.grade(Decimal(total)) == word


def test_the_instructions_on_the_sheet_say_the_same(form: Form) -> None:
    guide = returned(form, answered(form)).sheets[1]
    words = "\n".join(cell.text for cell in guide.cells.values())
    assert "90 分及以上为优，80 分及以上为良，70 分及以上为中，0 分及以上为差" in words
    assert "金额单位为万元" in words
    assert "执行率按“批复数”计算" in words
    assert "成本指标 20、产出指标 40、效益指标 20、满意度指标 10" in words
