"""D 偏差原因: points that were lost are explained."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Breach, Rule, Severity, given, rule
from ..form import Form
from ..number import is_no_reason, squeeze
from ..record import Indicator
from .scores import exceeds, falls_short
from .values import has_figure

_FIELD = "variance_explanation"
_END = "。.，,；;！!、"


@rule(
    "D01",
    over="indicators",
    severity=Severity.ERROR,
    zh="得分 {score} 低于分值 {weight}，没有填写偏差原因及改进措施。",
    en="The score {score} is below the weight {weight}, and no reason or measure is given.",
    remedy=("请填写偏差原因及改进措施。", "Give the reason and the measures for improvement."),
    needs=("weight", "score"),
    live="if(used = 0, '', if(count(weight, score) < 2, undecided, "
    "if(score < weight, if(unexplained(variance_explanation), broken, holds), holds)))",
    live_words=("扣分未填原因", "points lost without a reason"),
)
def deduction_explained(row: Indicator, form: Form) -> Iterator[Breach]:
    """扣分应说明原因。 Lost points are explained.

    Pass: weight=5 score=5
    Pass: weight=5 score=4 variance_explanation=因场地维修推迟，下一步加快进度
    Fail: weight=5 score=4
    Fail: weight=5 score=4 variance_explanation=无
    """
    weight, score = given(row.weight), given(row.score)
    if score < weight and is_no_reason(row.variance_explanation):
        yield Breach(_FIELD, actual=row.variance_explanation, facts={"score": score, "weight": weight})


@rule(
    "D02",
    over="indicators",
    severity=Severity.ERROR,
    zh="完成值 {result} 未达到指标值 {target}，没有填写偏差原因。",
    en="The result {result} misses the target {target}, and no reason is given.",
    remedy=("请填写偏差原因及改进措施。", "Give the reason and the measures for improvement."),
    needs=("actual.number",),
    applies=has_figure,
)
def shortfall_explained(row: Indicator, form: Form) -> Iterator[Breach]:
    """未完成应说明原因。 A missed target is explained.

    Pass: target=100场 actual=100场
    Pass: target=100场 actual=80场 variance_explanation=因场地维修推迟，下一步加快进度
    Fail: target=100场 actual=80场
    Fail: target=≤10起 actual=12起
    """
    if (falls_short(row, form) or exceeds(row, form)) and is_no_reason(row.variance_explanation):
        facts = {"result": given(row.actual).text, "target": given(row.target).text}
        yield Breach(_FIELD, actual=row.variance_explanation, facts=facts)


@rule(
    "D03",
    over="indicators",
    severity=Severity.WARNING,
    zh="偏差说明只有原因、没有改进措施：“{actual}”。",
    en="The explanation gives a cause but no measure: “{actual}”.",
    remedy=("请补充改进措施。", "Add what will be done about it."),
    needs=("weight", "score"),
)
def measure_given(row: Indicator, form: Form) -> Iterator[Breach]:
    """偏差说明应有改进措施。 An explanation names a measure.

    Pass: weight=5 score=1 variance_explanation=因疫情未开展，下一步改为线上活动
    Fail: weight=5 score=1 variance_explanation=因疫情原因，活动未开展
    """
    text = row.variance_explanation
    if given(row.score) >= given(row.weight) or text is None or is_no_reason(text):
        return
    if not any(word in text for word in form.rules.measure_words):
        yield Breach(_FIELD, actual=text)


@rule(
    "D04",
    over="indicators",
    severity=Severity.WARNING,
    zh="偏差原因“{actual}”过于简单。",
    en="The reason “{actual}” says too little.",
    remedy=("请具体说明发生了什么、影响多大、如何改进。", "Say what happened, how much, and what will be done."),
    variants={"stock": ("偏差原因只有套话“{actual}”。", "The reason is a stock phrase only: “{actual}”.")},
)
def reason_substantial(row: Indicator, form: Form) -> Iterator[Breach]:
    """偏差原因应具体。 A reason says something.

    Asked only where points were lost or a target was missed.

    Pass: weight=5 score=1 variance_explanation=因疫情原因，活动未开展
    Pass: weight=5 score=5 variance_explanation=无偏差
    Fail: weight=5 score=1 variance_explanation=疫情
    Fail: weight=5 score=1 variance_explanation=受疫情影响。
    """
    text = row.variance_explanation
    if text is None or is_no_reason(text):
        return
    lost = row.weight is not None and row.score is not None and row.score < row.weight
    if not (lost or falls_short(row, form) or exceeds(row, form)):
        return
    bare = squeeze(text).strip(_END)
    if bare in form.rules.stock_reasons:
        yield Breach(_FIELD, actual=text, variant="stock")
    elif len(bare) < form.rules.reason_characters:
        yield Breach(_FIELD, actual=text)


RULES: tuple[Rule, ...] = (deduction_explained, shortfall_explained, measure_given, reason_substantial)
