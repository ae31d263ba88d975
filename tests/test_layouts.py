"""Forms that perfxl did not make, of many provinces and of none: read field by field from their labels.

No value is ever credited to another field; what is not located is said.  Each layout comes filled with
planted faults, and each fault is found at its cell.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path

import pytest
from layouts import Fixture, compare, fixtures, perturb, total
from layouts.compare import Outcome

from perfxl.checking import judge_bytes
from perfxl.cli import cli
from perfxl.finding import Verdict
from perfxl.form import form_ids, load_form
from perfxl.reading import read_submissions
from perfxl.rejection import Rejected
from perfxl.submission import Submission
from perfxl.vocabulary import group, term_in
from perfxl.xlsx.reader import read_workbook

SHARE = float(os.environ.get("PERFXL_SHARE", "1"))
FIXTURES = {fixture.name: fixture for fixture in fixtures()}
FORMS = [name for name, fixture in FIXTURES.items() if fixture.stage in ("self_evaluation", "transfer")]
OTHERS = [name for name in FIXTURES if name not in FORMS]


@lru_cache(maxsize=64)
def read(name: str, seed: int = 0) -> tuple[Fixture, tuple[Submission, ...]]:
    fixture = perturb(FIXTURES[name], seed)
    return fixture, tuple(read_submissions(read_workbook(fixture.workbook())))


def outcomes(name: str, seed: int) -> list[Outcome]:
    fixture, submissions = read(name, seed)
    assert len(submissions) == fixture.paper.forms
    return [compare(fixture.truth(at), submission) for at, submission in enumerate(submissions)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", FORMS)
def test_every_field_is_read_as_it_stands(name: str, seed: int) -> None:
    for outcome in outcomes(name, seed):
        assert outcome.exact, str(outcome)
        assert len(outcome.right) > 30


@pytest.mark.slow
def test_no_surface_leads_a_value_into_another_field() -> None:
    """Rows and columns moved, merges undone, labels spread, figures as text: a thousand surfaces and more."""
    seeds = range(4, 4 + max(2, int(60 * SHARE)))
    found = {
        f"{name}~{seed}~{at}": each for name in FORMS for seed in seeds for at, each in enumerate(outcomes(name, seed))
    }
    wrong = {name: str(each) for name, each in found.items() if each.misattributed or each.unsaid}
    assert not wrong, total(found)
    assert sum(len(each.missing) for each in found.values()) * 1000 < sum(len(each.right) for each in found.values())


@pytest.mark.parametrize("name", OTHERS)
def test_a_form_of_another_stage_is_no_self_evaluation(name: str) -> None:
    with pytest.raises(Rejected) as raised:
        read(name)
    assert raised.value.code == "NOT_OUR_FORM"


# ---- judged --------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def judged(name: str) -> tuple[Verdict, ...]:
    return tuple(judge_bytes(f"{name}.xlsx", FIXTURES[name].workbook()))


PLANTED = [(name, at) for name in FORMS for at in range(len(FIXTURES[name].faults))]


@pytest.mark.parametrize(("name", "at"), PLANTED, ids=lambda each: str(each))
def test_a_planted_fault_is_found_at_its_cell(name: str, at: int) -> None:
    fixture = FIXTURES[name]
    fault = fixture.faults[at]
    found = {(finding.rule, finding.cell) for finding in judged(name)[0].findings}
    assert (fault.rule, fixture.cell_of(fault)) in found


def test_enough_faults_were_planted_to_mean_anything() -> None:
    assert len(PLANTED) >= 40
    assert len({FIXTURES[name].faults[at].rule for name, at in PLANTED}) >= 8


FOLLOWS = {"S01", "D01", "D02", "X08", "H03", "M01", "V01", "T05"}
"""What follows from a planted fault beside it, and template rows that nobody filled in."""


@pytest.mark.parametrize("name", FORMS)
def test_no_error_is_said_where_none_was_planted(name: str) -> None:
    fixture = FIXTURES[name]
    planted = {(fault.rule, fixture.cell_of(fault)) for fault in fixture.faults}
    for finding in judged(name)[0].findings:
        if finding.severity.value == "error" and (finding.rule, finding.cell) not in planted:
            assert finding.rule in FOLLOWS, (finding.rule, finding.cell)


@pytest.mark.parametrize("name", FORMS)
def test_a_verdict_says_what_was_understood_and_by_what_it_was_judged(name: str) -> None:
    for verdict in judged(name):
        assert verdict.choice is not None
        assert verdict.form in (verdict.choice.form, "general")
        assert {each.field for each in verdict.understood} >= {"indicators[].actual", "project_name"}
        assert (verdict.choice.form == "general") == (verdict.form == "general")


@pytest.mark.parametrize("name", [name for name in FORMS if FIXTURES[name].definition in form_ids()])
def test_a_family_with_a_definition_is_judged_by_it(name: str) -> None:
    assert judged(name)[0].form == FIXTURES[name].definition


def test_a_column_that_a_form_does_not_have_is_not_run_and_not_blank() -> None:
    """The Hubei form has no 分值 column: no weight is missing, and what needs one is not run."""
    (verdict,) = judged("hubei")
    assert not {finding.rule for finding in verdict.findings} & {"K04", "D01", "S05"}
    missing = {(each.rule, term) for each in verdict.not_run for term in each.missing}
    assert ("K04", "weight") in missing


def test_the_weight_of_the_execution_rate_may_stand_in_a_label() -> None:
    """得分（20分×执行率）: the score of the rate is judged against 20."""
    _, (submission,) = read("hubei")
    total_line = submission.record.total
    assert total_line is not None
    assert str(total_line.weight) == "20"


def test_rows_of_the_template_that_nobody_filled_in_are_left_over_and_no_indicators() -> None:
    _, (submission,) = read("mof")
    assert set(submission.unused.values()) >= {"指标2："}
    assert all(row.weight is not None for row in submission.record.indicators)
    assert "H03" in {finding.rule for finding in judged("mof")[0].findings}


# ---- the vocabulary ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", form_ids())
def test_the_vocabulary_knows_every_label_of_every_definition(name: str) -> None:
    """A form of ours that was typed again is read without its definition."""
    form = load_form(name)
    unknown = [
        entry.label
        for row in form.header
        for entry in row
        if term_in(group("header"), entry.label) != entry.term
        and term_in(group("sign_off"), entry.label) is None
        and term_in(group("header_other"), entry.label) is None
    ]
    unknown += [each.label for each in form.fund_columns if term_in(group("fund_columns"), each.label) != each.term]
    unknown += [each.label for each in form.columns if term_in(group("indicator_columns"), each.label) != each.term]
    if len(form.fund_rows) > 1:  # a line that stands alone is the whole, whatever it is called
        unknown += [each.label for each in form.fund_rows if term_in(group("fund_rows"), each.label) != each.term]
    assert not unknown


@pytest.mark.parametrize(
    ("name", "label", "term"),
    [
        ("indicator_columns", "得分（审核）", "review_score"),
        ("indicator_columns", "单位自评得分", "score"),
        ("indicator_columns", "年度绩效指标完成情况", "actual"),
        ("indicator_columns", "2.指标值（A）", "target"),
        ("indicator_columns", "指标解释", "explanation"),
        ("indicator_columns", "未实现目标的原因及整改措施", "variance_explanation"),
        ("indicator_columns", "绩效指标", None),
        ("fund_columns", "全年（调整后）预算数", "annual_budget"),
        ("fund_columns", "年中追加", "adjustment"),
        ("fund_columns", "累计支出金额", "executed_amount"),
        ("fund_rows", "（2）上年结转结余资金", "carryover"),
        ("fund_rows", "其中：省级财政资金", "provincial"),
        ("header", "项目名称（全称）", "project_name"),
        ("goals", "全年（调整）绩效目标", "adjusted_goal"),
        ("total", "产出指标小计", "subtotal"),
        ("sign_off", "填报人（签字）：", "preparer"),
        ("header", "对照年度目标逐项说明完成情况，并分析原因，提出下一步改进意见和建议，不超过五百字", None),
    ],
)
def test_a_label_is_told_by_its_wording(name: str, label: str, term: str | None) -> None:
    assert term_in(group(name), label) == term


def test_a_definition_may_be_named_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--form mof`` judges by that definition, ``--form general`` by what the sheet prints alone."""
    path = tmp_path / "自评表.xlsx"
    path.write_bytes(FIXTURES["mof"].workbook())
    forms = []
    for name in ("mof", "general"):
        with pytest.raises(SystemExit):
            cli.main(["check", str(path), "--form", name, "--format", "jsonl"])
        verdict = json.loads(capsys.readouterr().out.splitlines()[0])
        forms.append((verdict["form"], verdict["form_reason"]))
    assert forms == [("mof", "option"), ("general", "option")]
