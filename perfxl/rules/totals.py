"""T 总分: the total, the grade, and whether they are plausible."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..finding import Breach, Rule, Severity, given, rule
from ..form import Form
from ..number import half_up, places_of
from ..record import SelfEvaluation
from .money import denominator, percent, total_place
from .scores import all_qualitative_full, looks_copied


def score_sum(record: SelfEvaluation) -> Decimal:
    """Execution score and indicator scores as printed: the paper must add up."""
    line = record.total
    own = line.score if line and line.score is not None else Decimal(0)
    whole = sum((row.score for row in record.indicators if row.score is not None), own)
    return whole if places_of(whole) > 2 else half_up(whole, 2)


@rule(
    "T01",
    over="form",
    severity=Severity.ERROR,
    places=("total_score",),
    zh="总分填 {actual}，各行得分之和为 {expected}（差 {difference}）。",
    en="The stated total is {actual}; the scores of the rows make {expected} (difference {difference}).",
    remedy=("请按各行得分重新求和，不要手工录入总分。", "Add the scores of the rows again; do not type the total."),
    needs=("total.score", "indicators.score"),
    variants={"blank": ("总分未填，各行得分之和为 {expected}。", "The total is blank; the rows make {expected}.")},
)
def total_adds_up(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """总分应等于各行得分之和。 The total is the sum of the scores above it.

    Pass: total.score=9.83 indicators.score=82 total_score=91.83
    Fail: total.score=9.83 indicators.score=82 total_score=88.25
    Fail: total.score=9.83 indicators.score=82
    """
    right, stated = score_sum(record), record.total_score
    if stated is None:
        yield Breach("total_score", expected=right, variant="blank")
    elif abs(stated - right) > form.rules.total_tolerance:
        yield Breach("total_score", expected=right, actual=stated)


@rule(
    "T04",
    over="form",
    severity=Severity.ERROR,
    zh="总分 {actual} 不在 0 与 {full} 之间。",
    en="The total {actual} does not lie between 0 and {full}.",
    remedy=("请核对各行得分。", "Check the scores of the rows."),
    needs=("total_score",),
)
def total_bounded(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """总分应在零与满分之间。 The total lies between 0 and the full score.

    Pass: total_score=100
    Fail: total_score=100.5
    Fail: total_score=-1
    """
    full, stated = form.rules.total_weight, given(record.total_score)
    if not 0 <= stated <= full:
        yield Breach("total_score", expected=full if stated > full else Decimal(0), actual=stated, facts={"full": full})


@rule(
    "T05",
    over="form",
    severity=Severity.WARNING,
    zh="按总分 {actual} 评级为“{grade}”，按各行得分之和 {expected} 应为“{right}”。",
    en="The stated total {actual} is graded {grade}; the sum of the rows {expected} would be {right}.",
    remedy=("请更正总分并据此确定评级。", "Correct the total and grade by it."),
    needs=("total_score", "total.score", "indicators.score"),
)
def grade_unchanged(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """评级应与得分相符。 The grade is that of the recomputed total.

    Pass: total.score=9.83 indicators.score=82 total_score=90.25
    Fail: total.score=9.83 indicators.score=82 total_score=88.25
    """
    stated, right = given(record.total_score), score_sum(record)
    grade, wanted = form.rules.grade(stated), form.rules.grade(right)
    if grade != wanted:
        yield Breach("total_score", expected=right, actual=stated, facts={"grade": grade, "right": wanted})


@rule(
    "T06",
    over="form",
    severity=Severity.WARNING,
    zh="指标得分率 {earned} 比预算执行率 {rate} 高出 {gap}（以得分率计），超过 {limit}。",
    en="The indicators earned {earned} but {rate} of the budget was spent: {gap} of the result apart, over {limit}.",
    remedy=("请说明支出偏低而绩效偏高的原因。", "Say how the results were reached with so little spending."),
    needs=("indicators.weight", "indicators.score", "total.denominator", "total.executed_amount"),
)
def result_fits_spending(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """指标得分应与执行率相称。 Results are in keeping with the spending.

    Pass: indicators.weight=90 indicators.score=82 total.annual_budget=100 total.executed_amount=98
    Fail: indicators.weight=90 indicators.score=90 total.annual_budget=100 total.executed_amount=80
    """
    line = given(record.total)
    budget, spent = denominator(line, form), given(line.executed_amount)
    whole = sum((row.weight for row in record.indicators if row.weight is not None), Decimal(0))
    scores = sum((row.score for row in record.indicators if row.score is not None), Decimal(0))
    if budget <= 0 or whole <= 0 or scores <= 0:
        return
    earned, rate = scores / whole, spent / budget
    gap = (earned - rate) / earned
    if gap > form.rules.result_gap:
        facts = {"earned": percent(earned), "rate": percent(rate), "gap": percent(gap)}
        limit = {"limit": percent(form.rules.result_gap, 0)}
        yield Breach(total_place(record, "execution_rate"), facts=facts | limit)


@rule(
    "T07",
    over="form",
    severity=Severity.INFO,
    zh="总分 {actual}，且完成值疑似照抄或定性指标全部满分：高分自评，建议抽查。",
    en="The total is {actual}, with copied actual values or full marks for every qualitative row: worth a spot check.",
    remedy=("请备好佐证材料。", "Have the evidence at hand."),
    needs=("total_score",),
)
def high_score_supported(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """高分自评应有依据。 A very high self-evaluation rests on evidence.

    Pass: total_score=97 indicators.target=健全,提升,保障 indicators.weight=5,5,5 indicators.score=5,5,5
    Fail: total_score=98 indicators.target=健全,提升,保障 indicators.weight=5,5,5 indicators.score=5,5,5
    """
    stated = given(record.total_score)
    if stated >= form.rules.high_score and (looks_copied(record, form) or all_qualitative_full(record, form)):
        yield Breach("total_score", actual=stated)


RULES: tuple[Rule, ...] = (total_adds_up, total_bounded, grade_unchanged, result_fits_spending, high_score_supported)
