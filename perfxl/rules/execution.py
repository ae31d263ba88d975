"""X 预算执行: the execution rate and the score it earns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..finding import Breach, Rule, Severity, given, rule
from ..form import Form
from ..number import half_up, is_no_reason, places_of
from ..record import FundingLine, SelfEvaluation
from .money import denominator, has_budget, percent, total_place

_EXACT_FROM = 4  # decimals of a percentage: a rate with more was computed, not typed
_EXACTLY = Decimal("1e-9")


def _printed_places(rate: Decimal) -> int:
    """The decimals of the percentage: 0.9830 is 98.30%, two."""
    return max(0, places_of(rate) - 2)


@rule(
    "X01",
    over="total",
    severity=Severity.ERROR,
    places=("execution_rate",),
    zh="执行率未填或不是数，而预算数为 {budget}。",
    en="The execution rate is missing or no number, though the budget is {budget}.",
    remedy=("请填写执行率（全年执行数 ÷ 预算数）。", "Enter the execution rate (spending ÷ budget)."),
    needs=("denominator",),
    variants={
        "not_executed": (
            "全年执行数未填，执行率无法计算；预算数为 {budget}。",
            "Spending is blank, so that there is no execution rate; the budget is {budget}.",
        )
    },
)
def rate_given(line: FundingLine, form: Form) -> Iterator[Breach]:
    """执行率应填写。 The execution rate is given.

    Pass: annual_budget=100 executed_amount=90 execution_rate=0.9000
    Pass: annual_budget=0
    Fail: annual_budget=100 executed_amount=90
    Fail: annual_budget=100
    """
    budget = denominator(line, form)
    if line.execution_rate is not None or budget <= 0:
        return
    facts = {"budget": budget}
    if line.executed_amount is None:
        yield Breach("executed_amount", facts=facts, variant="not_executed")
    else:
        yield Breach("execution_rate", expected=half_up(line.executed_amount / budget, 4), facts=facts)


@rule(
    "X02",
    over="total",
    severity=Severity.ERROR,
    zh="执行率为 {shown}，按 {spent} ÷ {budget} 应为 {right}。",
    en="The execution rate is {shown}; {spent} ÷ {budget} gives {right}.",
    remedy=(
        "请按全年执行数 ÷ 预算数重新计算，注意分母是表样规定的预算数。",
        "Divide spending by the budget that the form names.",
    ),
    needs=("execution_rate", "denominator", "executed_amount"),
    applies=has_budget,
)
def rate_computed(line: FundingLine, form: Form) -> Iterator[Breach]:
    """执行率应等于执行数除以预算数。 The rate is spending over budget.

    差不到末位一个单位的算一致；舍入方式见 X03。

    Equal to less than one unit of the last digit printed; of rounding X03 speaks.

    Pass: annual_budget=3028940.00 executed_amount=2977291.16 execution_rate=0.9830
    Fail: annual_budget=3028940.00 executed_amount=2977291.16 execution_rate=0.6249
    """
    rate, spent, budget = given(line.execution_rate), given(line.executed_amount), denominator(line, form)
    exact, places = spent / budget, _printed_places(rate)
    # a computed rate carries fifteen digits: no unit of its own, only binary dust
    if abs(rate - exact) >= max(Decimal(1).scaleb(-places - 2), _EXACTLY):
        right = half_up(exact, max(places, 2) + 2) if places <= _EXACT_FROM else exact
        shown = min(places, _EXACT_FROM)
        yield Breach(
            "execution_rate",
            expected=right,
            actual=rate,
            facts={
                "shown": percent(rate, shown),
                "right": percent(exact, max(shown, 2)),
                "spent": spent,
                "budget": budget,
            },
        )


@rule(
    "X03",
    over="total",
    severity=Severity.INFO,
    zh="执行率显示为 {shown}，四舍五入应为 {right}（显示为进位或截断）。",
    en="The rate is shown as {shown}; rounded half-up it is {right} (rounded up or cut off).",
    remedy=("执行率请四舍五入。", "Round the rate half-up."),
    needs=("execution_rate", "denominator", "executed_amount"),
    applies=has_budget,
)
def rate_rounded(line: FundingLine, form: Form) -> Iterator[Breach]:
    """执行率应四舍五入。 The rate is rounded half-up.

    有的系统对执行率一律进位，所以只作提示。

    Systems that round the rate up exist, so it is only noted.

    Pass: annual_budget=3028940.00 executed_amount=2977291.16 execution_rate=0.9829
    Fail: annual_budget=3028940.00 executed_amount=2977291.16 execution_rate=0.9830
    """
    rate, exact = given(line.execution_rate), given(line.executed_amount) / denominator(line, form)
    places = _printed_places(rate)
    unit = Decimal(1).scaleb(-places - 2)
    if places <= _EXACT_FROM and unit / 2 < abs(rate - exact) < unit:
        yield Breach(
            "execution_rate",
            expected=half_up(exact, places + 2),
            actual=rate,
            facts={"shown": percent(rate, places), "right": percent(exact, places)},
        )


@rule(
    "X04",
    over="total",
    severity=Severity.ERROR,
    places=("score",),
    zh="执行得分为 {actual}，按 {spent} ÷ {budget} × {weight} 应为 {expected}（差 {difference}）。",
    en="The execution score is {actual}; {spent} ÷ {budget} × {weight} gives {expected} (difference {difference}).",
    remedy=(
        "请按执行率（不超过 100%）乘以分值重新计算，保留两位小数。",
        "Multiply the rate, at most 100%, by the weight and round to two decimals.",
    ),
    needs=("weight", "denominator", "executed_amount"),
    applies=has_budget,
    variants={"blank": ("执行得分未填，应为 {expected}。", "The execution score is blank; it should be {expected}.")},
)
def execution_score(line: FundingLine, form: Form) -> Iterator[Breach]:
    """执行得分应按执行率计算。 The execution score follows from the rate.

    分档计分（banded）的表样按执行率所在的档给分；表样的得分公式也应照此写。

    By bands (``scoring = "banded"``) the rate earns the share of its band; the formula of the
    definition should then say the same.

    Pass: annual_budget=3028940.00 executed_amount=2977291.16 weight=10 score=9.83
    Pass: annual_budget=100 executed_amount=120 weight=10 score=10
    Fail: annual_budget=3028940.00 executed_amount=2977291.16 weight=10 score=6.25
    Fail: annual_budget=100 executed_amount=90 weight=10
    Pass: annual_budget=100 executed_amount=85 weight=10 score=7 form.scoring=banded
    Fail: annual_budget=100 executed_amount=85 weight=10 score=8.5 form.scoring=banded
    """
    weight, spent, budget = given(line.weight), given(line.executed_amount), denominator(line, form)
    # multiplied before it is divided: at a rounding edge the quotient is then exactly a half
    earned = max(min(spent * weight / budget, weight), Decimal(0))
    if form.rules.scoring == "banded":
        earned = form.rules.share(form.rules.execution_bands, min(spent / budget, Decimal(1))) * weight
    right = half_up(earned, form.rules.score_places)
    facts = {"spent": spent, "budget": budget, "weight": weight}
    if line.score is None:
        yield Breach("score", expected=right, facts=facts, variant="blank")
    elif abs(line.score - right) > form.rules.score_tolerance:
        yield Breach("score", expected=right, actual=line.score, facts=facts)


@rule(
    "X06",
    over="total",
    severity=Severity.ERROR,
    zh="执行得分 {actual} 不在 0 与分值 {weight} 之间。",
    en="The execution score {actual} does not lie between 0 and its weight {weight}.",
    remedy=("执行得分最高为分值，请改正。", "The score is at most its weight; correct it."),
    needs=("weight", "score"),
)
def execution_score_bounded(line: FundingLine, form: Form) -> Iterator[Breach]:
    """执行得分应在零与分值之间。 The execution score lies between 0 and its weight.

    Pass: weight=10 score=10
    Fail: weight=10 score=10.4
    Fail: weight=10 score=-1
    """
    weight, score = given(line.weight), given(line.score)
    if not 0 <= score <= weight:
        yield Breach("score", expected=weight if score > weight else Decimal(0), actual=score, facts={"weight": weight})


@rule(
    "X07",
    over="form",
    severity=Severity.WARNING,
    zh="执行率 {rate} 低于 {limit}，没有说明原因。",
    en="The execution rate {rate} is below {limit} and no reason is given.",
    remedy=("请说明预算执行率偏低的原因。", "Give the reason for the low execution rate."),
    needs=("total.executed_amount", "total.denominator"),
    basis="四川省部门预算项目支出绩效自评表填表说明（90%）",
)
def low_rate_explained(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """执行率偏低应说明原因。 A low execution rate is explained.

    指标行的偏差原因，或实际完成情况中谈到执行率、预算调整的话，都算说明。

    A reason is one beside an indicator, or a text on the year's result that speaks of the rate
    or of an adjustment.

    Pass: total.annual_budget=100 total.executed_amount=90 total.execution_rate=0.9000
    Pass: total.annual_budget=100 total.executed_amount=50 actual_result=因年中调减，执行率偏低
    Fail: total.annual_budget=100 total.executed_amount=50 total.execution_rate=0.5000
    """
    line = given(record.total)
    spent, budget = given(line.executed_amount), denominator(line, form)
    if budget <= 0 or spent >= form.rules.rate_reason * budget:
        return
    if any(not is_no_reason(row.variance_explanation) for row in record.indicators):
        return
    column = form.fund_column("execution_rate")
    words = (*form.rules.adjustment_words, *((column.label,) if column else ()))
    if any(word in text for text in (record.actual_result, record.expected_goal) if text for word in words):
        return
    rate = spent / budget
    yield Breach(
        total_place(record, "execution_rate"),
        expected=form.rules.rate_reason,
        actual=half_up(rate, 4),
        facts={"rate": percent(rate), "limit": percent(form.rules.rate_reason, 0)},
    )


def _in_proportion(line: FundingLine, form: Form) -> bool:
    return form.rules.scoring != "banded"


@rule(
    "X08",
    over="total",
    severity=Severity.ERROR,
    zh="执行得分 {score}（分值 {weight}，折合 {earned}）与执行率 {rate} 不相符。",
    en="The execution score {score} (of {weight}, that is {earned}) does not fit the rate {rate}.",
    remedy=("请使执行率与执行得分一致。", "Make rate and score agree."),
    needs=("weight", "execution_rate", "score"),
    applies=_in_proportion,
)
def rate_fits_score(line: FundingLine, form: Form) -> Iterator[Breach]:
    """执行率与执行得分应相符。 Rate and execution score agree with each other.

    Pass: weight=10 execution_rate=0.9830 score=9.83
    Pass: weight=10 execution_rate=1.2000 score=10
    Pass: weight=10 execution_rate=0.8600 score=7 form.scoring=banded
    Fail: weight=10 execution_rate=0.8600 score=9
    """
    weight, rate, score = given(line.weight), given(line.execution_rate), given(line.score)
    if weight <= 0:
        return
    earned = score / weight
    # a score of few points is itself rounded coarsely
    rounding = Decimal(5).scaleb(-form.rules.score_places - 1) / weight
    if abs(earned - min(rate, Decimal(1))) > max(form.rules.rate_against_score / 100, rounding):
        places = min(_printed_places(rate), _EXACT_FROM)
        yield Breach(
            "score",
            expected=half_up(min(rate, Decimal(1)) * weight, form.rules.score_places),
            actual=score,
            facts={"score": score, "weight": weight, "earned": percent(earned), "rate": percent(rate, places)},
        )


@rule(
    "X09",
    over="total",
    severity=Severity.WARNING,
    zh="预算数 {budget} 中有 {unspent} 未执行（{rate}），超过 {limit}。",
    en="{unspent} of the budget {budget} was not spent ({rate}), more than {limit}.",
    remedy=("请说明资金未执行的原因和去向。", "Say why the money was not spent and where it went."),
    needs=("denominator", "executed_amount"),
    applies=has_budget,
)
def mostly_spent(line: FundingLine, form: Form) -> Iterator[Breach]:
    """未执行资金不应过多。 Not too much is left unspent.

    Pass: annual_budget=100 executed_amount=80
    Fail: annual_budget=100 executed_amount=79
    """
    budget, spent = denominator(line, form), given(line.executed_amount)
    if budget - spent > form.rules.unspent_rate * budget:
        yield Breach(
            "executed_amount",
            expected=budget,
            actual=spent,
            facts={
                "budget": budget,
                "unspent": budget - spent,
                "rate": percent((budget - spent) / budget),
                "limit": percent(form.rules.unspent_rate, 0),
            },
        )


RULES: tuple[Rule, ...] = (
    rate_given,
    rate_computed,
    rate_rounded,
    execution_score,
    execution_score_bounded,
    low_rate_explained,
    rate_fits_score,
    mostly_spent,
)
