"""K 分值: the weights make 100 and are spread as the form asks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from ..finding import Breach, Rule, Severity, given, rule
from ..form import Form
from ..number import half_up, squeeze
from ..record import Indicator, SelfEvaluation
from ..submission import Difference


def weight_sum(record: SelfEvaluation) -> Decimal:
    """Execution weight and indicator weights, to the hundredth."""
    line = record.total
    own = line.weight if line and line.weight is not None else Decimal(0)
    return half_up(sum((row.weight for row in record.indicators if row.weight is not None), own), 2)


@lru_cache(maxsize=512)
def in_level(text: str | None, name: str) -> bool:
    """Whether a printed level is the one of that name: ``产出指标(50分)`` and ``产出`` are ``产出指标``."""
    bare, wanted = squeeze(text or ""), squeeze(name)
    return bool(bare) and (bare.startswith(wanted) or wanted.startswith(bare))


def _group(record: SelfEvaluation, name: str) -> list[tuple[int, Indicator]]:
    return [(number, row) for number, row in enumerate(record.indicators) if in_level(row.level_1, name)]


@rule(
    "K01",
    over="form",
    severity=Severity.ERROR,
    zh="分值合计为 {actual}，应为 {expected}（差 {difference}）。",
    en="The weights sum to {actual}; they should make {expected} (difference {difference}).",
    remedy=("请调整各指标分值，使其与执行率分值合计为满分。", "Adjust the weights so that they make the full score."),
    needs=("total.weight", "indicators.weight"),
    live="if(count(indicators.weight) = 0 or count(indicators.weight) < sum(rows_used), undecided, "
    "if(round(round(total_weight, 2) - {total_weight}, 2) = 0, holds, broken))",
    live_words=("分值合计不等于满分", "weights do not make the full score"),
)
def weights_make_full(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """分值合计应为满分。 All weights together make the full score.

    Pass: total.weight=10 indicators.weight=50,30,10
    Fail: total.weight=10 indicators.weight=50,30,5
    """
    found = weight_sum(record)
    if found != form.rules.total_weight:
        yield Breach("total_weight", expected=form.rules.total_weight, actual=found)


@rule(
    "K02",
    over="form",
    severity=Severity.ERROR,
    zh="填报的分值合计 {actual} 与各行分值之和 {expected} 不等（差 {difference}）。",
    en="The stated total of the weights {actual} is not their sum {expected} (difference {difference}).",
    remedy=("请按各行分值重新求和。", "Add the weights of the rows again."),
    needs=("total_weight", "total.weight", "indicators.weight"),
)
def weights_add_up(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """分值合计应等于各行之和。 The stated total weight is the sum of the rows.

    Pass: total.weight=10 indicators.weight=50,30,10 total_weight=100
    Fail: total.weight=10 indicators.weight=50,30,5 total_weight=100
    """
    found, stated = weight_sum(record), given(record.total_weight)
    if half_up(stated, 2) != found:
        yield Breach("total_weight", expected=found, actual=stated)


@rule(
    "K03",
    over="form",
    severity=Severity.WARNING,
    zh="{level}分值合计为 {actual}，表样规定为 {expected}（差 {difference}）。",
    en="The weights of {level} sum to {actual}; the form sets {expected} (difference {difference}).",
    remedy=("请按表样规定的一级指标权重分配分值。", "Spread the weights as the form sets them for this level."),
    needs=("indicators.weight",),
)
def level_weights(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """一级指标分值应符合表样。 Each level has the weight that the form sets.

    整级缺失的见 K07。

    A level that is missing altogether is K07.

    Pass: indicators.level_1=产出指标,效益指标,满意度指标 indicators.weight=50,30,10
    Fail: indicators.level_1=产出指标,效益指标,满意度指标 indicators.weight=60,20,10
    """
    for level in form.levels:
        rows = _group(record, level.name)
        if level.weight is None or not rows:
            continue
        found = half_up(sum((row.weight for _, row in rows if row.weight is not None), Decimal(0)), 2)
        if found != level.weight:
            yield Breach(
                f"indicators[{rows[0][0]}].weight",
                expected=level.weight,
                actual=found,
                severity=Severity.ERROR if form.rules.strict_level_weights else None,
                facts={"level": level.name},
            )


@rule(
    "K04",
    over="indicators",
    severity=Severity.ERROR,
    places=("weight",),
    zh="分值 {actual} 应大于 0。",
    en="The weight {actual} should be above 0.",
    remedy=("请填写大于 0、至多两位小数的分值。", "Enter a weight above 0 with at most two decimals."),
    variants={
        "missing": ("分值未填或不是数。", "The weight is missing or no number."),
        "decimals": ("分值 {actual} 的小数多于 {places} 位。", "The weight {actual} has more than {places} decimals."),
    },
)
def weight_valid(row: Indicator, form: Form) -> Iterator[Breach]:
    """分值应为正数。 Each indicator has a positive weight.

    Pass: level_3=活动开展 weight=5
    Pass: level_3=活动开展 weight=0 form.allow_zero_weight=true
    Fail: level_3=活动开展
    Fail: level_3=活动开展 weight=-1
    Fail: level_3=活动开展 weight=0
    Fail: level_3=活动开展 weight=3.333
    """
    weight, places = row.weight, form.rules.score_places
    if weight is None:
        yield Breach("weight", variant="missing")
    elif weight < 0:
        yield Breach("weight", expected=None, actual=weight)
    elif weight == 0:
        if not form.rules.allow_zero_weight:
            yield Breach("weight", actual=weight, severity=Severity.WARNING)
    elif weight != half_up(weight, places):
        yield Breach("weight", actual=weight, facts={"places": places}, variant="decimals")


@rule(
    "K05",
    over="issued",
    severity=Severity.ERROR,
    zh="分值被改动：下发为 {expected}，现为 {actual}。",
    en="A weight was changed: issued as {expected}, now {actual}.",
    remedy=("请恢复下发的分值。", "Restore the weight that was issued."),
)
def weight_as_issued(difference: Difference, form: Form) -> Iterator[Breach]:
    """分值应与下发一致。 A weight is the one that was issued.

    Pass: kind=issued field=indicators[0].target issued=100% found=90%
    Fail: kind=issued field=indicators[0].weight issued=5 found=8
    """
    if difference.kind != "formula" and difference.field.endswith(".weight"):
        yield Breach("", expected=difference.issued, actual=difference.found)


@rule(
    "K06",
    over="form",
    severity=Severity.WARNING,
    zh="单项指标分值 {actual} 超过 {expected}，过于集中。",
    en="A single indicator weighs {actual}, more than {expected}.",
    remedy=("请适当分散分值，或说明理由。", "Spread the weights, or say why one indicator weighs so much."),
    variants={
        "share": (
            "{level}共 {count} 项，其中一项分值 {actual} 超过该组合计 {group} 的 {share}。",
            "One of the {count} indicators of {level} weighs {actual}, more than {share} of the group's {group}.",
        )
    },
)
def weight_not_lumped(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """分值不宜过于集中。 No single indicator weighs too much.

    Pass: indicators.level_1=产出指标,产出指标,产出指标 indicators.weight=10,10,10
    Fail: indicators.level_1=产出指标 indicators.weight=90
    Fail: indicators.level_1=产出指标,产出指标,产出指标 indicators.weight=20,5,5
    """
    rules = form.rules
    groups: dict[str, list[Decimal]] = {}
    for row in record.indicators:
        if row.weight is not None and row.level_1:
            groups.setdefault(squeeze(row.level_1), []).append(row.weight)
    for number, row in enumerate(record.indicators):
        if row.weight is None:
            continue
        place = f"indicators[{number}].weight"
        group = groups.get(squeeze(row.level_1 or ""), [])
        whole = sum(group, Decimal(0))
        if row.weight > rules.row_weight_max:
            yield Breach(place, expected=rules.row_weight_max, actual=row.weight)
        elif len(group) >= rules.row_share_rows and row.weight > rules.row_share_max * whole:
            yield Breach(
                place,
                expected=rules.row_share_max * whole,
                actual=row.weight,
                facts={
                    "level": row.level_1,
                    "count": len(group),
                    "group": whole,
                    "share": f"{half_up(rules.row_share_max * 100, 0)}%",
                },
                variant="share",
            )


@rule(
    "K07",
    over="form",
    severity=Severity.WARNING,
    zh="缺少{level}。",
    en="There is no indicator of {level}.",
    remedy=("请补充相应指标。", "Add indicators of this level."),
    needs=("indicators.level_1",),
    variants={
        "few": (
            "{level}只有 {actual} 项，至少应有 {expected} 项。",
            "{level} has {actual} indicators; there should be at least {expected}.",
        )
    },
)
def levels_present(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """必设指标应齐全。 Every level that the form requires has indicators.

    Pass: indicators.level_1=产出指标,产出指标,产出指标,效益指标,满意度指标 indicators.weight=1,1,1,1,1
    Fail: indicators.level_1=产出指标,产出指标,产出指标,效益指标 indicators.weight=1,1,1,1
    Fail: indicators.level_1=产出指标,效益指标,满意度指标 indicators.weight=1,1,1
    """
    rules = form.rules
    for level in form.levels:
        if level.required and not _group(record, level.name):
            yield Breach("indicators", facts={"level": level.name})
    if rules.cost_required and not any(
        in_level(row.level_1, rules.cost_level) or in_level(row.level_2, rules.cost_level) for row in record.indicators
    ):
        yield Breach("indicators", facts={"level": rules.cost_level})
    output = _group(record, rules.output_level)
    if output and len(output) < rules.output_rows_min:
        yield Breach(
            f"indicators[{output[0][0]}].level_1",
            expected=rules.output_rows_min,
            actual=len(output),
            facts={"level": rules.output_level},
            variant="few",
        )


RULES: tuple[Rule, ...] = (
    weights_make_full,
    weights_add_up,
    level_weights,
    weight_valid,
    weight_as_issued,
    weight_not_lumped,
    levels_present,
)
