"""Why a wrong figure is what it is: each hypothesis by its own examples, then the published forms."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from perfxl.diagnosis import HYPOTHESES, WORDS, Hypothesis, explain, words
from perfxl.finding import Diagnosis
from perfxl.form import load_form
from perfxl.number import read_target
from perfxl.record import FundingLine, Indicator, SelfEvaluation
from perfxl.submission import Submission

EXAMPLE = re.compile(r"^\s*(Fits|Misses): (\w\d\d|(?=\w+=))?\s*(.*)$", re.MULTILINE)
FIELDS = {
    "T01": "total_score",
    "K02": "total_weight",
    "X04": "funds[0].score",
    "X02": "funds[0].execution_rate",
    "M01": "funds[0].annual_budget",
    "S01": "indicators[0].score",
    "S02": "indicators[0].score",
}


def submission(record: SelfEvaluation) -> Submission:
    return Submission(form=load_form("shanghai"), form_reason="option", sheet="自评表", record=record, cells={})


def filled(rule: str, **given: str) -> Submission:
    """A form from an example: ``rows=8/10,74/80`` are score/weight, ``parts=100,20,3`` the fund rows."""

    def number(name: str) -> Decimal | None:
        return Decimal(given[name]) if name in given else None

    stated = Decimal(given["stated"])
    total = FundingLine(
        source="total",
        initial_budget=number("initial"),
        annual_budget=stated if rule == "M01" else number("annual"),
        executed_amount=number("executed"),
        weight=Decimal(10),
        execution_rate=stated if rule == "X02" else number("rate"),
        score=stated if rule == "X04" else number("execution"),
    )
    amounts = [Decimal(part) for part in given["parts"].split(",")] if "parts" in given else []
    parts = [
        FundingLine(source=source, annual_budget=amount)
        for source, amount in zip(("appropriation", "carryover", "other"), amounts, strict=False)
    ]
    rows = [
        Indicator(score=Decimal(row.split("/")[0]), weight=Decimal(row.split("/")[1]))
        for row in (given["rows"].split(",") if "rows" in given else ())
    ]
    if "target" in given:
        target, actual = read_target(given["target"]), read_target(given["actual"])
        rows = [Indicator(target=target, actual=actual, weight=number("weight"), score=stated)]
    return submission(
        SelfEvaluation(
            funds=(total, *parts),
            indicators=tuple(rows),
            total_score=stated if rule == "T01" else None,
            total_weight=stated if rule == "K02" else None,
        )
    )


def found(diagnosis: Diagnosis | None) -> set[str]:
    """The names of all hypotheses that fit."""
    return set() if diagnosis is None else {diagnosis.name, *(other.name for other in diagnosis.alternatives)} - {""}


def examples() -> list[tuple[Hypothesis, str, str, str]]:
    return [
        (hypothesis, kind, rule, given)
        for hypothesis in HYPOTHESES
        for kind, rule, given in EXAMPLE.findall(hypothesis.guesses.__doc__ or "")
        if rule in hypothesis.explains
    ]


@pytest.mark.parametrize(
    ("hypothesis", "kind", "rule", "given"), examples(), ids=lambda x: x.name if isinstance(x, Hypothesis) else str(x)
)
def test_each_hypothesis_fits_and_misses_as_its_docstring_says(
    hypothesis: Hypothesis, kind: str, rule: str, given: str
) -> None:
    form = filled(rule, **dict(pair.split("=") for pair in given.split()))
    names = found(explain(rule, form, FIELDS[rule]))
    assert (hypothesis.name in names) == (kind == "Fits"), names


def test_every_hypothesis_has_examples_of_both_kinds_and_words() -> None:
    for hypothesis in HYPOTHESES:
        kinds = {kind for kind, _, _ in EXAMPLE.findall(hypothesis.guesses.__doc__ or "")}
        assert kinds == {"Fits", "Misses"}, hypothesis.name
        assert all(WORDS[hypothesis.name])
    shown = {hypothesis.name for hypothesis, kind, _, _ in examples() if kind == "Fits"}
    assert {hypothesis.name for hypothesis in HYPOTHESES} - shown == {"row_left_out", "row_twice"} - shown


F1_ROWS = "1/5,1/5," + ",".join(["5/5"] * 16)
F2_ROWS = ",".join([f"{weight}/{weight}" for weight in [4, 5, 5, 4, 4] + [4] * 7 + [5] * 8])


@pytest.mark.parametrize(
    ("given", "stated", "value"),
    [
        (f"initial=4764200 annual=3028940 executed=2977291.16 execution=9.83 rows={F1_ROWS}", "88.25", "6.25"),
        (f"initial=6846050 annual=5910686.64 executed=5910686.64 execution=10 rows={F2_ROWS}", "98.63", "8.63"),
    ],
    ids=["党组织服务群众经费", "党群中心专项经费"],
)
def test_the_published_totals_are_explained_by_the_initial_budget_and_by_nothing_else(
    given: str, stated: str, value: str
) -> None:
    form = filled("T01", stated=stated, **dict(pair.split("=") for pair in given.split()))
    diagnosis = explain("T01", form, "total_score")
    assert diagnosis is not None
    assert (diagnosis.state, diagnosis.rule, diagnosis.alternatives) == ("explained", "T02", ())
    assert diagnosis.facts["value"] == Decimal(value)
    assert "年初预算数" in words(diagnosis, "zh")
    assert stated in words(diagnosis, "en")


def test_a_proportional_score_rounded_to_whole_points() -> None:
    diagnosis = explain("S01", filled("S01", target="100%", actual="10%", weight="5", stated="1"), FIELDS["S01"])
    assert diagnosis is not None
    assert (diagnosis.state, diagnosis.name, diagnosis.rule) == ("explained", "rounded_to_whole_points", None)
    assert "0.50" in words(diagnosis, "zh")


def test_a_missing_row_is_named_and_rows_of_one_score_share_a_hypothesis() -> None:
    given = {"annual": "100", "executed": "95", "execution": "9.5", "rows": "8/8,8/8,66/74"}
    diagnosis = explain("T01", filled("T01", stated="83.50", **given), "total_score")
    assert diagnosis is not None
    assert (diagnosis.state, diagnosis.rule, diagnosis.facts["rows"]) == ("explained", "T03", 2)
    assert "#1, #2 之一" in words(diagnosis, "zh")
    alone = explain("T01", filled("T01", stated="25.50", **given), "total_score")
    assert alone is not None
    assert "#3 was left out" in words(alone, "en")


def test_two_hypotheses_are_ambiguous_and_the_more_specific_stands_first() -> None:
    # 10 points for the execution left out, or the row of 10 points left out.
    given = {"annual": "100", "executed": "100", "execution": "10", "rows": "10/10,80/80"}
    diagnosis = explain("T01", filled("T01", stated="90.00", **given), "total_score")
    assert diagnosis is not None
    assert diagnosis.state == "ambiguous"
    assert diagnosis.name == "execution_left_out"
    assert [other.name for other in diagnosis.alternatives] == ["row_left_out"]


def test_a_whole_number_is_first_of_all_itself() -> None:
    # 92 would also be 91.60 as printed; it is exactly the full execution score.
    given = {"initial": "1000", "annual": "970", "executed": "960", "execution": "9.90", "rows": "82/90"}
    diagnosis = explain("T01", filled("T01", stated="92", **given), "total_score")
    assert diagnosis is not None
    assert "other_denominator_total" not in found(diagnosis)
    assert "execution_as_full" in found(diagnosis)


def test_a_rate_is_shown_as_a_percentage() -> None:
    form = filled("X02", initial="4764200", annual="3028940", executed="2977291.16", stated="0.6249")
    diagnosis = explain("X02", form, FIELDS["X02"])
    assert diagnosis is not None
    assert (diagnosis.state, diagnosis.rule) == ("explained", "X05")
    assert "62.49%" in words(diagnosis, "zh")


def test_what_nothing_explains_is_unexplained_and_what_is_missing_has_no_diagnosis() -> None:
    given = {"annual": "100", "executed": "95", "execution": "9.5", "rows": "82/90"}
    odd = explain("T01", filled("T01", stated="77.77", **given), "total_score")
    assert odd == Diagnosis(state="unexplained")
    assert words(odd, "en")
    assert explain("N01", filled("T01", stated="77.77", **given), "actual_result") is None
    blank = filled("T01", stated="1", **given)
    blank = replace(blank, record=replace(blank.record, total_score=None))
    assert explain("T01", blank, "total_score") is None


def test_a_budget_of_zero_breaks_nothing() -> None:
    given = {"initial": "0", "annual": "100", "executed": "95", "execution": "9.5", "rows": "82/90"}
    assert found(explain("T01", filled("T01", stated="82.00", **given), "total_score")) >= {"execution_left_out"}
