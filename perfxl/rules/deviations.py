"""D 偏差原因: points that were lost are explained."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Breach, Fact, Rule, Severity, given, rule
from ..form import Form
from ..number import is_no_reason, squeeze
from ..record import Indicator, SelfEvaluation
from .scores import exceeds, falls_short
from .values import has_figure, is_reverse

_FIELD = "variance_explanation"
_END = "。.，,；;！!、"


@rule(
    "D01",
    over="indicators",
    severity=Severity.ERROR,
    places=("variance_explanation",),
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
    places=("variance_explanation",),
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

    只在扣了分或未达到指标值时才要求。

    Asked only where points were lost or a target was missed.

    Pass: weight=5 score=1 variance_explanation=因疫情原因，活动未开展
    Pass: weight=5 score=5 variance_explanation=无偏差
    Fail: weight=5 score=1 variance_explanation=疫情
    Fail: weight=5 score=1 variance_explanation=受疫情影响。
    """
    text = row.variance_explanation
    if text is None or is_no_reason(text):
        return
    if not _misses(row, form):
        return
    bare = squeeze(text).strip(_END)
    if bare in form.rules.stock_reasons:
        yield Breach(_FIELD, actual=text, variant="stock")
    elif len(bare) < form.rules.reason_characters:
        yield Breach(_FIELD, actual=text)


def _misses(row: Indicator, form: Form) -> bool:
    """Whether there is something to explain: points lost, or a target missed."""
    lost = row.weight is not None and row.score is not None and row.score < row.weight
    return lost or falls_short(row, form) or exceeds(row, form)


@rule(
    "D05",
    over="form",
    severity=Severity.WARNING,
    zh="{count} 行的偏差原因完全相同：“{actual}”。",
    en="{count} rows give the very same reason: “{actual}”.",
    remedy=("请逐项说明各自的原因和改进措施。", "Give each row its own reason and measure."),
)
def reasons_differ(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """各行的偏差原因不应照抄。 Each row has a reason of its own.

    只看扣了分或未达到指标值的行。

    Only rows that lost points or missed their target are looked at.

    Pass: indicators.weight=5,5 indicators.score=1,1 indicators.variance_explanation=因场地维修推迟,因人员调整减少
    Pass: indicators.weight=5,5 indicators.score=5,5 indicators.variance_explanation=已按期完成,已按期完成
    Fail: indicators.weight=5,5 indicators.score=1,1 indicators.variance_explanation=因疫情未开展,因疫情未开展
    """
    rows: dict[str, list[int]] = {}
    for number, row in enumerate(record.indicators):
        text = row.variance_explanation
        if text is not None and not is_no_reason(text) and _misses(row, form):
            rows.setdefault(squeeze(text).strip(_END), []).append(number)
    for same in rows.values():
        if len(same) > 1:
            text = record.indicators[same[0]].variance_explanation
            yield Breach(f"indicators[{same[0]}].{_FIELD}", actual=text, facts={"count": len(same)})


_LIMITS = "部分 个分 个别 有些 一些 若干 少数 多数 大半 其余 其他 剩余 余下 其中 少量 未全部 未能全部 不全"
_SOME = (
    *_LIMITS.split(),
    *(figure + measure for figure in "一二两三四五六七八九十几" for measure in "场次个项期批人家户件"),
)
_ENDS = str.maketrans("，,。；;！!", "\n" * 7)


def _is_limited(clause: str) -> bool:
    return any(letter.isdecimal() for letter in clause) or any(word in clause for word in _SOME)


def _flatly(text: str, words: tuple[str, ...]) -> str | None:
    """The first of the words that the text says without a limit (``部分``, ``3场``) in the same clause."""
    for clause in squeeze(text).translate(_ENDS).split("\n"):
        for word in words:
            if word in clause and not _is_limited(clause):
                return word
    return None


@rule(
    "D06",
    over="indicators",
    severity=Severity.WARNING,
    zh="偏差原因说“{word}”，完成值却为“{actual}”。",
    en="The reason says “{word}”, yet the result is “{actual}”.",
    remedy=("请核对完成值与偏差原因。", "Check the result and the reason against each other."),
    variants={
        "done": (
            "偏差原因说“{word}”，完成值“{actual}”却未达到指标值“{expected}”。",
            "The reason says “{word}”, yet the result “{actual}” misses the target “{expected}”.",
        )
    },
)
def reason_fits_value(row: Indicator, form: Form) -> Iterator[Breach]:
    """偏差原因应与完成值相符。 The reason does not contradict the result.

    说“部分活动未开展”“3 场取消”的，与完成了一部分并不矛盾。

    That part of it was cancelled is no contradiction to a part that was done.

    Pass: target=100% actual=10% variance_explanation=因疫情，部分活动未开展
    Pass: target=10场 actual=7场 variance_explanation=3场取消，下年补办
    Pass: target=100% actual=0% variance_explanation=活动未开展
    Fail: target=100% actual=10% variance_explanation=因疫情原因，活动未开展
    Fail: target=100场 actual=80场 variance_explanation=已按计划完成
    """
    text, actual = row.variance_explanation, row.actual
    if text is None or actual is None or actual.number is None or is_no_reason(text):
        return
    if actual.number > 0 and not is_reverse(row) and (word := _flatly(text, form.rules.not_done_words)):
        yield Breach("actual", actual=actual.text, facts={"word": word})
    elif falls_short(row, form) and (word := _flatly(text, form.rules.done_words)):
        expected = given(row.target).text
        yield Breach("actual", expected=expected, actual=actual.text, facts={"word": word}, variant="done")


@rule(
    "D07",
    over="indicators",
    severity=Severity.INFO,
    zh="已达到指标值且得满分，却填写了偏差原因：“{actual}”。",
    en="The target was reached with full marks, yet a reason is given: “{actual}”.",
    remedy=("没有偏差的不必填写原因；确有偏差的请核对得分。", "Leave the reason blank, or check the score."),
)
def no_reason_without_deviation(row: Indicator, form: Form) -> Iterator[Breach]:
    """没有偏差不必填原因。 Where nothing deviates no reason is given.

    “无偏差”之类的话不算原因；超额完成的说明是应当有的。

    That there was no deviation is no reason; a surplus is rightly explained.

    Pass: target=100场 actual=100场 weight=5 score=5
    Pass: target=100场 actual=100场 weight=5 score=5 variance_explanation=无偏差
    Pass: target=100场 actual=140场 weight=5 score=5 variance_explanation=年中新增街镇
    Fail: target=100场 actual=100场 weight=5 score=5 variance_explanation=因天气原因推迟，下一步加强调度
    """
    text, target, actual = row.variance_explanation, row.target, row.actual
    if text is None or is_no_reason(text) or row.weight is None or row.score != row.weight or row.weight <= 0:
        return
    if target is None or actual is None or target.number is None or actual.number is None or _misses(row, form):
        return
    if actual.number != target.number or squeeze(text).strip(_END) in form.rules.no_deviation_words:
        return
    yield Breach(_FIELD, actual=text)


@rule(
    "D08",
    over="indicators",
    severity=Severity.INFO,
    zh="偏差原因有 {count} 字，超过 {most} 字。",
    en="The reason has {count} characters, more than {most}.",
    remedy=("请精简偏差原因。", "Shorten the reason."),
)
def reason_not_too_long(row: Indicator, form: Form) -> Iterator[Breach]:
    """偏差原因不宜过长。 A reason is no longer than the form allows.

    Pass: variance_explanation=因场地维修推迟
    Fail: variance_explanation=因场地维修推迟两个月，下一步加快进度 form.reason_characters_max=10
    """
    text = row.variance_explanation
    if text is not None and len(squeeze(text)) > form.rules.reason_characters_max:
        facts: dict[str, Fact] = {"count": len(squeeze(text)), "most": form.rules.reason_characters_max}
        yield Breach(_FIELD, facts=facts)


RULES: tuple[Rule, ...] = (
    deduction_explained,
    shortfall_explained,
    measure_given,
    reason_substantial,
    reasons_differ,
    reason_fits_value,
    no_reason_without_deviation,
    reason_not_too_long,
)
