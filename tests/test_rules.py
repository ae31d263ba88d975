"""The rule book as a whole: its codes, the published forms, and how the engine places and folds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from records import SOURCES, field_cell, seed, submission

from perfxl.finding import Finding, Severity, Verdict
from perfxl.form import load_form
from perfxl.number import read_target
from perfxl.record import FundingLine, Indicator, SelfEvaluation
from perfxl.rules import ALL, by_code
from perfxl.submission import Difference, Submission
from perfxl.validator import judge, status_of

CODES = tuple(
    code
    for line in (
        "W02 W03 W04 W05 W06 W07 W08 W09 W10 W11 W12 W13 H01 H02 H03 H05 H06",
        "M01 M02 M03 M04 M05 M06 M07 M08 M09 M10 M11 M12 M13 X01 X02 X03 X04 X06 X07 X08 X09",
        "K01 K02 K03 K04 K05 K06 K07 V01 V02 V03 V04 V05 V06 V07 V08",
        "V09 V10 V11 V12 V13 V14 V15 V16 S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 S11 S12 S13 S14 S15 S16",
        "D01 D02 D03 D04 D05 D06 D07 D08 T01 T04 T05 T06 T07 N01 N02 N03 N04 N05 N06 N07 N08 N09 N10 N11 N12",
    )
    for code in line.split()
)


def verdict(form_read: Submission, **more: Any) -> Verdict:
    return judge(form_read, "表.xlsx", None, **more)


def of(judged: Verdict, code: str) -> list[Finding]:
    return [finding for finding in judged.findings if finding.rule == code]


def codes(judged: Verdict) -> list[str]:
    return [finding.rule for finding in judged.findings]


# ---- the book -----------------------------------------------------------------------------


def test_every_rule_is_there_once_in_order() -> None:
    assert tuple(rule.code for rule in ALL) == CODES
    assert all(by_code(code) is rule for code, rule in zip(CODES, ALL, strict=True))
    assert by_code("T02") is None


def test_rules_the_sheet_decides() -> None:
    assert {rule.code for rule in ALL if rule.live} == {"K01", "S03", "S05", "D01", "V01", "M07", "S01"}


def test_no_two_rules_share_a_text() -> None:
    for texts in ([rule.zh for rule in ALL], [rule.en for rule in ALL], [rule.title_zh for rule in ALL]):
        assert not [text for text, count in Counter(texts).items() if count > 1]


# ---- the published forms ------------------------------------------------------------------

ORACLE = {
    "F1": {
        "error": {"T01": 1, "S01": 2, "N01": 2},
        "warning": {"T05": 1, "V03": 2, "V06": 2, "S09": 1, "S10": 1, "D03": 2}
        | {"V10": 1, "D05": 1, "D06": 2, "S12": 1, "N05": 1, "N06": 1},
        "info": {"X03": 1, "V02": 7, "M04": 2, "M06": 1} | {"V07": 2, "H05": 1},
    },
    "F2": {
        "error": {"T01": 1, "N01": 1},
        "warning": {"M09": 1, "M10": 1, "V03": 2, "V04": 4, "S09": 1, "S10": 1}
        | {"V08": 1, "N08": 1, "N09": 1, "N10": 1},
        "info": {"V02": 14, "V05": 2, "M04": 2, "M06": 1, "T07": 1} | {"V11": 3, "H05": 1},
    },
    "F3": {
        "error": {"M01": 1},
        "warning": {"M05": 1, "V04": 1, "S09": 1, "S10": 1},
        "info": {"V02": 5, "S08": 1, "M04": 2, "M06": 1, "T07": 1} | {"H05": 1, "N04": 1},
    },
}


@pytest.mark.parametrize("name", ORACLE)
def test_published_form(name: str) -> None:
    judged = verdict(seed(name))
    found: dict[str, Counter[str]] = {}
    for finding in judged.findings:
        found.setdefault(finding.severity.value, Counter())[finding.rule] += 1
    assert found == ORACLE[name]
    assert judged.status == "fail"


def test_figures_of_the_published_forms() -> None:
    first, second, third = (verdict(seed(name)) for name in ORACLE)
    (total,) = of(first, "T01")
    assert (total.cell, total.expected, total.actual, total.difference) == (
        "H31",
        Decimal("91.83"),
        Decimal("88.25"),
        Decimal("-3.58"),
    )
    assert total.diagnosis is not None
    assert (total.diagnosis.state, total.diagnosis.rule) == ("explained", "T02")
    assert [str(finding.expected) for finding in of(first, "S01")] == ["0.50", "0.50"]
    assert [finding.cell for finding in of(first, "S01")] == ["H13", "H14"]
    (grade,) = of(first, "T05")
    assert (grade.facts["grade"], grade.facts["right"], grade.caused_by) == ("良", "优", ("T01", "H31"))
    (rate,) = of(first, "X03")
    assert (rate.facts["shown"], rate.facts["right"]) == ("98.30%", "98.29%")
    (copied,) = of(first, "S09")
    assert (copied.facts["copied"], copied.facts["rows"]) == (16, 18)
    assert of(first, "S10")[0].facts["rows"] == 9
    (total,) = of(second, "T01")
    assert (str(total.expected), str(total.actual), total.difference) == ("100.00", "98.63", Decimal("-1.37"))
    assert total.diagnosis is not None
    assert total.diagnosis.rule == "T02"
    assert of(second, "S09")[0].facts["copied"] == 20
    assert of(second, "S10")[0].facts["rows"] == 3
    (adjusted,) = of(second, "M09")
    assert adjusted.facts["rate"] == "-13.66%"
    (gap,) = of(third, "M01")
    assert (gap.field, gap.difference) == ("funds[0].initial_budget", Decimal("5532462"))
    assert of(third, "M05")[0].actual == "05532462"


def test_silent_on_the_published_forms() -> None:
    for name in ORACLE:
        found = codes(verdict(seed(name)))
        silent = {
            "N07",
            "W02",
            "W12",
            "K01",
            "K03",
            "X02",
            "X04",
            "X06",
            "S03",
            "T06",
            "K06",
            "N02",
            "W10",
            "D04",
            "D01",
            "V01",
            "H01",
        }
        assert not silent & set(found)


def mended(name: str) -> Submission:
    """The published form with only T01, S01, N01, M01 and M05 mended."""
    given = seed(name)
    record = given.record
    rows = list(record.indicators)
    if name == "F1":
        rows[:2] = [replace(row, score=Decimal("0.5")) for row in rows[:2]]
    funds = list(record.funds)
    if name == "F3":
        funds[1] = replace(funds[1], initial_budget=Decimal(5532462), annual_budget=Decimal(5532462))

    def clean(text: str | None) -> str:
        return (text or "").replace("<p>", "").replace("</p>", "")

    record = replace(
        record,
        indicators=tuple(rows),
        funds=tuple(funds),
        expected_goal=clean(record.expected_goal),
        actual_result=clean(record.actual_result),
        total_score=Decimal("90.83" if name == "F1" else "100"),
    )
    typed = {"funds[0].execution_rate": (given.record.funds[0].execution_rate, "0.00%")}
    return submission(record, typed=typed, unit_text="元")


@pytest.mark.parametrize("name", ORACLE)
def test_mended_form_has_no_error(name: str) -> None:
    judged = verdict(mended(name))
    assert [finding for finding in judged.findings if finding.severity is Severity.ERROR] == []
    assert judged.status == "notes"


# ---- the engine ---------------------------------------------------------------------------


def form_of(*rows: Indicator, **more: Any) -> SelfEvaluation:
    """A small form without a fault, but for the rows given."""
    amounts = {"initial_budget": Decimal(100), "annual_budget": Decimal(100), "executed_amount": Decimal(95)}
    none = dict.fromkeys(amounts, Decimal(0))
    funds = tuple(
        FundingLine(source=source, reason=None, **(amounts if source in SOURCES[:2] else none)) for source in SOURCES
    )
    own = {"weight": Decimal(10), "execution_rate": Decimal("0.9500"), "score": Decimal("9.5")}
    funds = (replace(funds[0], **own), *funds[1:])  # type: ignore[arg-type]
    more.setdefault("total_score", sum((row.score for row in rows if row.score is not None), Decimal("9.5")))
    return SelfEvaluation(
        project_name="培训经费",
        supervising_department="区教育局",
        implementing_unit="区教师进修学院",
        currency_unit="元",
        funds=more.pop("funds", funds),
        expected_goal="全年开展教师培训不少于一百场，参训教师满意度达到九成",
        actual_result="全年共开展教师培训102场，参训教师满意度为 93.5%",
        indicators=rows,
        total_weight=Decimal(100),
        **more,
    )


def row(level_1: str, name: str, target: str, actual: str | None, weight: str, score: str) -> Indicator:
    return Indicator(
        level_1=level_1,
        level_3=name,
        target=read_target(target),
        actual=read_target(actual),
        weight=Decimal(weight),
        score=Decimal(score),
    )


GOOD = (
    row("产出指标", "培训场次", "≥100场", "102场", "20", "20"),
    row("产出指标", "培训人数", "≥500人", "530人", "15", "15"),
    row("产出指标", "培训完成及时率", "≥95%", "98%", "15", "15"),
    row("效益指标", "教师能力", "提升", "较上年有所增强", "30", "30"),
    row("满意度指标", "教师满意度", "≥90%", "93.5%", "10", "10"),
)
LARGE = load_form("shanghai")
SMALL_AMOUNTS = replace(LARGE, rules=replace(LARGE.rules, small_amount=Decimal(10)))


def small(record: SelfEvaluation, **more: Any) -> Submission:
    return submission(record, form=SMALL_AMOUNTS, unit_text="元", compared=True, **more)


def test_form_without_fault_passes() -> None:
    judged = verdict(small(form_of(*GOOD)))
    assert judged.findings == ()
    # nobody supplied a record of what was issued, nor the accounts
    assert [(entry.rule, entry.missing) for entry in judged.not_run] == [("W03", ("registered",)), ("M13", ("ledger",))]
    assert judged.status == "pass"


def test_unfilled_form_is_one_finding() -> None:
    rows = tuple(replace(each, actual=None, score=None) for each in GOOD)
    funds = (FundingLine(source="total", annual_budget=Decimal(100)),)
    record = replace(form_of(*rows, total_score=None), funds=funds, actual_result=None)
    judged = verdict(small(record))
    (only,) = judged.findings
    assert (only.rule, only.variant, only.severity, only.cell) == ("V01", "blank_form", Severity.ERROR, None)
    assert judged.not_run == ()


def test_blank_score_is_reported_and_leaves_others_not_run() -> None:
    bad = replace(GOOD[0], score=None)
    judged = verdict(small(form_of(bad, *GOOD[1:])))
    assert "S05" in codes(judged)
    skipped = {entry.rule: entry for entry in judged.not_run}
    assert {"S01", "S02", "S03", "D01", "T01", "T06"} <= set(skipped)
    assert (skipped["S03"].cell, skipped["S03"].field, skipped["S03"].missing) == (
        "H13",
        "indicators[0].score",
        ("score",),
    )
    assert skipped["T01"].missing == ("indicators[0].score",)
    assert skipped["T01"].cell == "H13"


def test_qualitative_actual_of_a_figure_is_not_run() -> None:
    bad = replace(GOOD[0], actual=read_target("已完成"))
    judged = verdict(small(form_of(bad, *GOOD[1:])))
    (skipped,) = [entry for entry in judged.not_run if entry.rule == "S01"]
    assert skipped.missing == ("actual.number",)
    assert skipped.field == "indicators[0].score"
    # a qualitative target asks for no figure
    assert not [entry for entry in judged.not_run if entry.field == "indicators[3].score"]


def test_uncompared_form_says_so() -> None:
    judged = verdict(submission(form_of(*GOOD), form=SMALL_AMOUNTS, unit_text="元"))
    assert [(entry.rule, entry.missing) for entry in judged.not_run] == [
        ("W03", ("registered",)),
        ("W05", ("issued",)),
        ("W08", ("issued",)),
        ("M13", ("ledger",)),
        ("K05", ("issued",)),
        ("V14", ("issued",)),
    ]


def test_follow_ons_name_their_cause() -> None:
    bad = replace(GOOD[0], actual=read_target("50场"))
    judged = verdict(small(form_of(bad, *GOOD[1:])))
    causes = {finding.rule: finding.caused_by for finding in judged.findings}
    assert causes["S15"] is None
    assert causes["S01"] == causes["D02"] == ("S15", "H13")


def test_altered_total_formula_comes_first() -> None:
    change = Difference(kind="formula", field="total_score", cell_name="H18", issued="=SUM(A1)", found="98")
    judged = verdict(small(form_of(*GOOD, total_score=Decimal(98)), differences=(change,)))
    (total,) = of(judged, "T01")
    assert total.caused_by == ("W05", "H18")
    assert of(judged, "W05")[0].cell == "H18"


def test_score_from_a_wrong_rate_follows_from_it() -> None:
    line = form_of(*GOOD).funds[0]
    wrong = replace(line, execution_rate=Decimal("0.8500"), score=Decimal("8.5"))
    judged = verdict(small(form_of(*GOOD, funds=(wrong, *form_of(*GOOD).funds[1:]), total_score=Decimal("98.5"))))
    assert {finding.rule: finding.caused_by for finding in judged.findings if finding.rule in ("X02", "X04")} == {
        "X02": None,
        "X04": ("X02", "H6"),
    }
    assert "X08" not in codes(judged)


def test_error_values_are_placed_by_cell() -> None:
    given = small(form_of(*GOOD), errors={"K3": "#REF!"})
    cells = dict(given.cells)
    cells["total_score"] = replace(cells["total_score"], cell=replace(cells["total_score"].cell, error="#DIV/0!"))
    judged = verdict(replace(given, cells=cells))
    assert [(finding.cell, finding.field, finding.actual) for finding in of(judged, "W13")] == [
        ("H18", "total_score", "#DIV/0!"),
        ("K3", "", "#REF!"),
    ]


def test_text_in_a_number_cell_is_said_once_as_the_cause() -> None:
    bad = replace(GOOD[0], score=None)
    given = small(form_of(bad, *GOOD[1:]))
    cells = {**given.cells, "indicators[0].score": field_cell("indicators[0].score", "H13", "优秀")}
    judged = verdict(replace(given, cells=cells))
    (missing,) = of(judged, "S05")
    assert missing.caused_by == ("S04", "H13")


def test_unread_amount_is_the_cause_of_a_sum_that_fails() -> None:
    record = form_of(*GOOD)
    funds = (record.funds[0], replace(record.funds[1], annual_budget=None), *record.funds[2:])
    given = small(form_of(*GOOD, funds=funds))
    cells = {**given.cells, "funds[1].annual_budget": field_cell("funds[1].annual_budget", "E7", "1,00")}
    judged = verdict(replace(given, cells=cells))
    assert {finding.rule: finding.caused_by for finding in judged.findings} == {
        "M05": None,
        "M01": ("M05", "E7"),
        "M04": ("M05", "E7"),
    }


def test_altered_title_of_an_issued_form() -> None:
    given = small(form_of(*GOOD), stamp="shanghai", title="部门整体支出绩效自评表")
    (finding,) = of(verdict(given), "H02")
    assert finding.variant == "title"


def test_findings_follow_the_rule_book_then_the_form() -> None:
    judged = verdict(seed("F1"))
    order = [CODES.index(code) for code in codes(judged)]
    assert order == sorted(order)
    assert judged == verdict(seed("F1"))


def test_status() -> None:
    judged = verdict(seed("F3"))
    assert status_of(()) == "pass"
    assert status_of(finding for finding in judged.findings if finding.severity is Severity.INFO) == "notes"
    assert status_of(judged.findings) == "fail"


def test_chosen_rules_only() -> None:
    total = by_code("T01")
    assert total is not None
    assert codes(verdict(seed("F1"), rules=(total,), diagnose=False)) == ["T01"]
