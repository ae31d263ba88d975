"""S 得分: what a result earns, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..finding import Breach, Fact, Rule, Severity, given, rule
from ..form import Form
from ..number import half_up, is_blank, is_no_reason, neat, squeeze
from ..record import Indicator, SelfEvaluation
from ..submission import FieldCell
from .values import comparable, has_figure, is_reverse, is_satisfaction, scale_differs

_ZERO = Decimal(0)


def expected_score(
    target: Decimal, actual: Decimal, weight: Decimal, operator: str | None, places: int = 2
) -> Decimal | None:
    """得分 in proportion to the result, or ``None`` where no proportion can be taken.

    Reverse indicators lose what they exceed the target by and earn nothing from twice the target on.
    """
    actual = max(actual, _ZERO)
    if operator in ("≤", "<"):
        if actual <= target:
            return weight
        if target <= 0 or actual >= 2 * target:
            return _ZERO
        return half_up((2 * target - actual) * weight / target, places)
    if target <= 0:
        return (weight if actual <= 0 else _ZERO) if operator == "=" and target == 0 else None
    return weight if actual >= target else half_up(actual * weight / target, places)


def row_score(row: Indicator, form: Form) -> Decimal | None:
    """What the row earns by its figures, or ``None`` where they do not decide it."""
    if form.rules.scoring == "manual" or row.weight is None or not comparable(row, form):
        return None
    target, actual = given(row.target), given(row.actual)
    if form.rules.scoring == "banded" and is_satisfaction(row, form) and not is_reverse(row):
        share = form.rules.share(form.rules.satisfaction_bands, given(actual.number))
        return half_up(share * row.weight, form.rules.score_places)
    return expected_score(
        given(target.number), given(actual.number), row.weight, target.operator, form.rules.score_places
    )


def _gap(row: Indicator) -> Decimal | None:
    """Actual less target, of any two figures."""
    target, actual = row.target, row.actual
    if target is None or actual is None or target.number is None or actual.number is None:
        return None
    return actual.number - target.number


def falls_short(row: Indicator, form: Form) -> bool:
    """Whether a result that should be reached was not: a < t, of comparable figures."""
    gap = _gap(row)
    return gap is not None and gap < 0 and not is_reverse(row) and not scale_differs(row, form)


def exceeds(row: Indicator, form: Form) -> bool:
    """Whether a reverse indicator went beyond its limit: a > t."""
    gap = _gap(row)
    return gap is not None and gap > 0 and is_reverse(row) and not scale_differs(row, form)


def _full(row: Indicator) -> bool:
    return row.weight is not None and row.weight > 0 and row.score == row.weight


def _scored_by_ratio(row: Indicator, form: Form) -> bool:
    return form.rules.scoring != "manual" and has_figure(row, form)


def _reverse_figure(row: Indicator, form: Form) -> bool:
    return is_reverse(row) and has_figure(row, form)


def copied_rows(record: SelfEvaluation) -> tuple[list[int], int]:
    """The rows whose actual repeats the target word for word, and how many have both."""
    both, copied = 0, list[int]()
    for number, row in enumerate(record.indicators):
        if row.target is None or row.actual is None or (row.actual.number is None and is_blank(row.actual.text)):
            continue
        both += 1
        if squeeze(row.actual.text) == squeeze(row.target.text):
            copied.append(number)
    return copied, both


def looks_copied(record: SelfEvaluation, form: Form) -> bool:
    """Whether so many actuals repeat their targets that they look copied (S09)."""
    copied, both = copied_rows(record)
    return both >= form.rules.copied_rows and len(copied) >= form.rules.copied_share * both


def qualitative_rows(record: SelfEvaluation) -> list[int]:
    """The rows with a 定性 target."""
    return [
        number
        for number, row in enumerate(record.indicators)
        if row.target is not None and row.target.kind == "text" and not is_blank(row.target.text)
    ]


def all_qualitative_full(record: SelfEvaluation, form: Form) -> bool:
    """Whether every 定性 row has full marks, of enough of them (S10)."""
    rows = qualitative_rows(record)
    return len(rows) >= form.rules.qualitative_rows and all(_full(record.indicators[number]) for number in rows)


_FACTS = ("target", "result", "weight")


def _facts(row: Indicator) -> dict[str, Fact]:
    values = (row.target.text if row.target else None, row.actual.text if row.actual else None, row.weight)
    return dict(zip(_FACTS, values, strict=True))


@rule(
    "S01",
    over="indicators",
    severity=Severity.ERROR,
    zh="得分 {actual} 高于按完成比例应得的 {expected}，多 {difference}"
    "（指标值 {target}，完成值 {result}，分值 {weight}）。",
    en="The score {actual} is above the {expected} that the result earns "
    "(target {target}, actual {result}, weight {weight}, {difference} too much).",
    remedy=("请按完成比例重新打分。", "Score the row again in proportion to the result."),
    needs=("weight", "score", "actual.number"),
    applies=_scored_by_ratio,
    live="if(used = 0, '', if(count(target_figure, actual_figure, weight, score) < 4, undecided, "
    "if(if(percent(target), percent(actual), not(percent(actual))) and target_figure > 0 and (actual_figure = 0 "
    "or (actual_figure < target_figure * 99.99997 and target_figure < actual_figure * 49.99997)), "
    "if((score - min(actual_figure / target_figure, 1) * weight) * 100 < 0.5000003, holds, "
    "if((score - min(actual_figure / target_figure, 1) * weight) * 100 > {score_tolerance} * 100 + 2.5000003, "
    "broken, undecided)), undecided)))",
    live_words=("得分高于按比例应得分", "score above what the result earns"),
)
def score_not_above_result(row: Indicator, form: Form) -> Iterator[Breach]:
    """得分不得高于按比例应得分。 A quantitative row earns in proportion to its result.

    表内自检只在离舍入边界较远、两个数显然同一量级（V12）时才下结论；人工打分（manual）或分档计分（banded）的表样，表内不判断。

    In the sheet it is decided only well away from the rounding edge and where both figures are
    clearly of one scale (V12), and not at all where the form is scored by hand
    (``scoring = "manual"``), under which this rule is kept. By bands (``scoring = "banded"``) satisfaction
    earns the share of its band, whatever the target.

    Pass: target=100% actual=10% weight=5 score=0.5
    Pass: target=100% actual=10% weight=5 score=1 form.scoring=manual
    Pass: target=≤100万元 actual=110万元 weight=10 score=9
    Pass: level_3=居民满意度 target=≥95% actual=92% weight=10 score=10 form.scoring=banded
    Fail: level_3=居民满意度 target=≥95% actual=85% weight=10 score=8.95 form.scoring=banded
    Fail: target=100% actual=10% weight=5 score=1
    Fail: target=≤100万元 actual=110万元 weight=10 score=10
    """
    right, score = row_score(row, form), given(row.score)
    if right is not None and score > right + form.rules.score_tolerance:
        yield Breach("score", expected=right, actual=score, facts=_facts(row))


@rule(
    "S02",
    over="indicators",
    severity=Severity.WARNING,
    zh="得分 {actual} 低于按完成比例应得的 {expected}"
    "（指标值 {target}，完成值 {result}，分值 {weight}），自行扣分应说明原因。",
    en="The score {actual} is below the {expected} that the result earns "
    "(target {target}, actual {result}, weight {weight}); a deduction of one's own needs a reason.",
    remedy=("请说明扣分原因，或按完成比例打分。", "Give the reason for the deduction, or score in proportion."),
    needs=("weight", "score", "actual.number"),
    applies=_scored_by_ratio,
)
def score_not_below_result(row: Indicator, form: Form) -> Iterator[Breach]:
    """自行扣分应有原因。 A score below the proportion calls for a reason.

    Pass: target=100% actual=80% weight=5 score=4
    Fail: target=100% actual=100% weight=5 score=4
    """
    right, score = row_score(row, form), given(row.score)
    if right is not None and score < right - form.rules.score_tolerance:
        yield Breach("score", expected=right, actual=score, facts=_facts(row))


@rule(
    "S03",
    over="indicators",
    severity=Severity.ERROR,
    zh="得分 {actual} 高于分值 {expected}（多 {difference}）。",
    en="The score {actual} is above the weight {expected} (by {difference}).",
    remedy=("得分应在 0 与分值之间，请改正。", "A score lies between 0 and its weight; correct it."),
    needs=("weight", "score"),
    live="if(used = 0, '', if(count(weight, score) < 2, undecided, if(score > weight, broken, holds)))",
    live_words=("得分高于分值", "score above weight"),
)
def score_within_weight(row: Indicator, form: Form) -> Iterator[Breach]:
    """得分不得高于分值。 A score above its weight inflates the total.

    Pass: weight=8 score=8
    Fail: weight=8 score=8.01
    """
    weight, score = given(row.weight), given(row.score)
    if score > weight:
        yield Breach("score", expected=weight, actual=score)


@rule(
    "S04",
    over="cells",
    severity=Severity.ERROR,
    zh="得分为负数 {actual}。",
    en="The score is negative: {actual}.",
    remedy=(
        "请填写 0 与分值之间、至多两位小数的数。",
        "Enter a number from 0 to the weight, with at most two decimals.",
    ),
    variants={
        "not_a_number": ("得分“{actual}”不是数。", "The score “{actual}” is no number."),
        "decimals": (
            "得分 {actual} 的小数多于 {places} 位，四舍五入为 {expected}。",
            "The score {actual} has more than {places} decimals; rounded it is {expected}.",
        ),
    },
)
def score_valid(field: FieldCell, form: Form) -> Iterator[Breach]:
    """得分应为有效的数。 A score is a number that a score can be.

    执行得分的上下限见 X06，总分的见 T04。

    Of the bounds of the execution score X06 speaks, of those of the total T04.

    Pass: kind=score number=4.50
    Pass: kind=score text=—
    Fail: kind=score field=indicators[0].score number=-1
    Fail: kind=score text=优
    Fail: kind=score number=4.333
    """
    if field.kind != "score":
        return
    number, places, value = field.number, form.rules.score_places, field.cell.value
    if number is None:
        if isinstance(value, str) and not is_blank(value):
            yield Breach("", actual=value, variant="not_a_number")
    elif number < 0 and field.field.startswith("indicators"):
        yield Breach("", expected=_ZERO, actual=number)
    elif number != half_up(number, places):
        facts = {"places": places}
        rounded = half_up(number, places)
        yield Breach("", expected=rounded, actual=number, severity=Severity.INFO, facts=facts, variant="decimals")


@rule(
    "S05",
    over="indicators",
    severity=Severity.ERROR,
    places=("score",),
    zh="得分未填或不是数，分值为 {weight}。",
    en="The score is missing or no number; the weight is {weight}.",
    remedy=("请填写得分。", "Enter the score."),
    needs=("weight",),
    live="if(used = 0, '', if(count(weight) = 0, undecided, if(weight > 0, "
    "if(count(score) = 1, holds, if(blank(score), broken, undecided)), holds)))",
    live_words=("得分未填", "score missing"),
)
def score_given(row: Indicator, form: Form) -> Iterator[Breach]:
    """得分应填写。 Every row with a weight has a score.

    Pass: weight=5 score=0
    Fail: weight=5
    """
    if given(row.weight) > 0 and row.score is None:
        yield Breach("score", facts={"weight": row.weight})


@rule(
    "S06",
    over="indicators",
    severity=Severity.ERROR,
    zh="反向指标完成值 {result} 超过指标值 {target}，却得满分 {actual}。",
    en="A reverse indicator went to {result}, beyond its limit {target}, yet has the full {actual}.",
    remedy=("请按超出的比例扣分并说明原因。", "Deduct in proportion to the excess and give the reason."),
    needs=("weight", "score", "actual.number"),
    applies=_reverse_figure,
)
def limit_respected(row: Indicator, form: Form) -> Iterator[Breach]:
    """反向指标超限不得满分。 A limit that was exceeded does not earn full marks.

    Pass: target=≤100万元 actual=90万元 weight=10 score=10
    Fail: target=≤100万元 actual=110万元 weight=10 score=10
    """
    if exceeds(row, form) and _full(row):
        yield Breach("score", expected=row_score(row, form), actual=row.score, facts=_facts(row))


@rule(
    "S07",
    over="indicators",
    severity=Severity.INFO,
    zh="反向指标完成值 {result} 远低于指标值 {target}，指标值可能偏松。",
    en="A reverse indicator ended at {result}, far below its limit {target}: the target may be too loose.",
    remedy=("请在下年度设定更贴近实际的指标值。", "Set a target closer to reality next year."),
    needs=("weight", "score", "actual.number"),
    applies=_reverse_figure,
)
def limit_not_loose(row: Indicator, form: Form) -> Iterator[Breach]:
    """反向指标值不宜过松。 The limit of a reverse indicator is not too loose.

    Pass: target=≤90万元 actual=60万元 weight=10 score=10
    Fail: target=≤90万元 actual=30万元 weight=10 score=10
    """
    if not comparable(row, form) or not _full(row):
        return
    target, actual = given(given(row.target).number), given(given(row.actual).number)
    if target > 0 and actual < form.rules.loose_target * target:
        yield Breach("actual", expected=given(row.target).text, actual=given(row.actual).text, facts=_facts(row))


@rule(
    "S08",
    over="indicators",
    severity=Severity.INFO,
    zh="满意度完成值与指标值同为“{actual}”，且指标值没有比较符号。",
    en="Satisfaction is exactly the target “{actual}”, which has no operator.",
    remedy=("请填写调查得出的满意度，并写明 ≥。", "Give the result of the survey and state ≥."),
)
def satisfaction_measured(row: Indicator, form: Form) -> Iterator[Breach]:
    """满意度不应恰等于指标值。 Satisfaction seldom equals its target exactly.

    Pass: level_3=居民满意度 target=90% actual=93.5%
    Fail: level_3=受益人群满意度 target=90% actual=90%
    """
    target, actual = row.target, row.actual
    if target is None or actual is None or target.number is None or target.operator or row.operator:
        return
    if target.number == actual.number and is_satisfaction(row, form):
        yield Breach("actual", expected=target.text, actual=actual.text)


@rule(
    "S09",
    over="form",
    severity=Severity.WARNING,
    zh="{rows} 项指标中有 {copied} 项的实际完成值与指标值完全相同，疑似照抄。",
    en="{copied} of {rows} actual values repeat the target word for word: they look copied.",
    remedy=("请按实际情况填写完成值，并保留佐证材料。", "Enter what was really reached and keep the evidence."),
)
def actuals_not_copied(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """完成值不应照抄指标值。 Actual values are not copied from the targets.

    Pass: indicators.target=5场,6场,7场,8场,9场 indicators.actual=5场,5场,8场,8场,10场
    Fail: indicators.target=5场,6场,7场,8场,9场 indicators.actual=5场,6场,7场,8场,10场
    """
    if looks_copied(record, form):
        copied, both = copied_rows(record)
        yield Breach(f"indicators[{copied[0]}].actual", facts={"rows": both, "copied": len(copied)})


@rule(
    "S10",
    over="form",
    severity=Severity.WARNING,
    zh="{rows} 项定性指标全部满分。",
    en="All {rows} qualitative indicators have full marks.",
    remedy=("请说明定性指标的评分依据。", "State what the qualitative scores rest on."),
)
def qualitative_not_all_full(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """定性指标不宜全部满分。 Not every qualitative row earns full marks.

    Pass: indicators.target=健全,提升,保障 indicators.weight=5,5,5 indicators.score=5,4,5
    Fail: indicators.target=健全,提升,保障 indicators.weight=5,5,5 indicators.score=5,5,5
    """
    if all_qualitative_full(record, form):
        rows = qualitative_rows(record)
        yield Breach(f"indicators[{rows[0]}].score", facts={"rows": len(rows)})


def _grade(row: Indicator, form: Form) -> tuple[str, Decimal, Decimal] | None:
    """The grade word that the actual value is, with the share of the weight that it stands for."""
    if row.actual is None or row.actual.kind != "text":
        return None
    text = squeeze(row.actual.text)
    return next((grade for grade in form.rules.qualitative_words if text.startswith(grade[0])), None)


def _is_graded(row: Indicator, form: Form) -> bool:
    return _grade(row, form) is not None


@rule(
    "S11",
    over="indicators",
    severity=Severity.ERROR,
    zh="完成情况为“{grade}”，得分 {actual} 不在应有的 {low} 至 {high} 之间（分值 {weight}）。",
    en="The result is “{grade}”; the score {actual} lies outside {low} to {high} (weight {weight}).",
    remedy=("请使得分与定性等级一致。", "Make the score fit the grade."),
    needs=("weight", "score"),
    applies=_is_graded,
)
def score_fits_grade(row: Indicator, form: Form) -> Iterator[Breach]:
    """定性得分应符合等级。 A qualitative score fits the grade word given.

    上限属于上一等级，满分除外。

    The upper end belongs to the next grade, except the full weight.

    Pass: target=达成 actual=达成 weight=5 score=4
    Pass: target=健全 actual=健全 weight=5 score=1
    Fail: target=达成 actual=部分达成 weight=5 score=5
    Fail: target=达成 actual=未达成 weight=5 score=3
    """
    grade, score, weight = _grade(row, form), given(row.score), given(row.weight)
    if grade is None:
        return
    word, low_share, high_share = grade
    low, high = half_up(low_share * weight, 2), half_up(high_share * weight, 2)
    if score < low or (score >= high and high_share < 1) or score > high:
        facts: dict[str, Fact] = {"grade": word, "low": low, "high": high, "weight": weight}
        yield Breach("score", expected=low if score < low else high, actual=score, facts=facts)


def _subject(name: str, form: Form) -> str:
    """What an indicator is about: its name without the word for the measure."""
    ending = max((word for word in form.rules.measure_names if name.endswith(word)), key=len, default="")
    return name.removesuffix(ending)


def same_subject(one: str, other: str) -> bool:
    """Whether two subjects are one: alike, one within the other, or four characters in common."""
    short, long = sorted((one, other), key=len)
    if len(short) < 2:
        return False
    if short == long or (len(short) >= 3 and short in long):
        return True
    return any(short[at : at + 4] in long for at in range(len(short) - 3))


@rule(
    "S12",
    over="form",
    severity=Severity.WARNING,
    zh="“{behind}”只完成 {result}（指标值 {target}），“{name}”却为“{actual}”且得满分，前后矛盾。",
    en="“{behind}” reached only {result} of {target}, yet “{name}” is “{actual}” with full marks.",
    remedy=("请核对两项指标，按实际情况填写。", "Check both indicators and report what really happened."),
)
def rows_do_not_contradict(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """同一事项的指标不应互相矛盾。 Two indicators of one matter do not contradict each other.

    事情大半没有做成，就谈不上及时、合格满分。

    What was hardly done at all cannot have been done in time and well with full marks.

    Pass: indicators.level_3=活动开展完成率,活动开展及时性 indicators.target=100%,100% indicators.actual=90%,100% indicators.weight=5,5 indicators.score=4.5,5
    Pass: indicators.level_3=活动开展完成率,物资采购及时性 indicators.target=100%,100% indicators.actual=10%,100% indicators.weight=5,5 indicators.score=0.5,5
    Fail: indicators.level_3=活动开展完成率,活动开展及时性 indicators.target=100%,100% indicators.actual=10%,100% indicators.weight=5,5 indicators.score=0.5,5
    """  # noqa: E501
    names = [squeeze(row.level_3 or "") for row in record.indicators]
    subjects = [_subject(name, form) for name in names]
    behind = [
        number
        for number, row in enumerate(record.indicators)
        if falls_short(row, form) and _share(row) < form.rules.behind_rate and not _is_prompt(names[number], form)
    ]
    for number, row in enumerate(record.indicators if behind else ()):
        if not (_is_prompt(names[number], form) and _full(row) and comparable(row, form)) or falls_short(row, form):
            continue
        other = next((at for at in behind if same_subject(subjects[at], subjects[number])), None)
        if other is not None:
            late = record.indicators[other]
            facts: dict[str, Fact] = {"behind": names[other], "name": names[number]}
            facts |= {"result": given(late.actual).text, "target": given(late.target).text}
            yield Breach(f"indicators[{number}].actual", actual=given(row.actual).text, facts=facts)


def _share(row: Indicator) -> Decimal:
    """Actual over target, of comparable figures above 0."""
    target, actual = given(given(row.target).number), given(given(row.actual).number)
    return actual / target if target > 0 else Decimal(1)


def _is_prompt(name: str, form: Form) -> bool:
    """Whether the row says that something was done in time or well."""
    return any(word in name for word in form.rules.prompt_names)


@rule(
    "S13",
    over="indicators",
    severity=Severity.WARNING,
    zh="指标值“{actual}”为 0 或负数，无法按完成比例核验得分。",
    en="The target “{actual}” is 0 or negative: no proportion can be taken.",
    remedy=("请改为正数，或改用 = 或 ≤。", "Use a positive target, or state = or ≤."),
)
def target_positive(row: Indicator, form: Form) -> Iterator[Breach]:
    """正向指标值应大于零。 The target of a positive indicator is above 0.

    Pass: target=10场
    Pass: target=≤0起
    Pass: target==0起
    Fail: target=0起
    """
    target = row.target
    if target is None or target.number is None or target.number > 0 or is_reverse(row):
        return
    if not (target.operator == "=" and target.number == 0):
        yield Breach("target", actual=target.text)


@rule(
    "S14",
    over="indicators",
    severity=Severity.WARNING,
    zh="完成值 {actual} 是指标值 {expected} 的 {times} 倍，没有说明原因：指标值可能偏低。",
    en="The result {actual} is {times} times the target {expected}, without a reason: the target may be too low.",
    remedy=(
        "请说明超额较多的原因，下年度设定更贴近实际的指标值。",
        "Give the reason, and set a target closer to reality next year.",
    ),
)
def surplus_explained(row: Indicator, form: Form) -> Iterator[Breach]:
    """超额较多应说明原因。 A result far above its target is explained.

    不超过 100% 的比率类指标不核验，增长率一类除外。

    Rates that end at 100% are left alone; growth rates are not such.

    Pass: target=100场 actual=120场
    Pass: target=100场 actual=150场 variance_explanation=年中新增两个街镇，培训随之增加
    Pass: level_3=居民覆盖率 target=60% actual=95%
    Pass: target=≤100万元 actual=20万元
    Fail: target=100场 actual=130场
    Fail: level_3=用户增长率 target=≥5% actual=9%
    """
    if not comparable(row, form) or is_reverse(row) or not is_no_reason(row.variance_explanation):
        return
    target, actual, name = given(row.target), given(row.actual), squeeze(row.level_3 or "")
    rate = target.kind == "percent" or name.endswith(form.rules.rate_names) or is_satisfaction(row, form)
    if rate and not any(word in name for word in form.rules.growth_names):
        return
    if given(target.number) > 0 and _share(row) >= form.rules.surplus_rate:
        facts: dict[str, Fact] = {"times": neat(half_up(_share(row), 2))}
        yield Breach("actual", expected=target.text, actual=actual.text, facts=facts)


@rule(
    "S15",
    over="indicators",
    severity=Severity.ERROR,
    zh="完成值 {result} 未达到指标值 {target}，却得满分 {actual}，也没有说明原因。",
    en="The result {result} falls short of {target}, yet the row has the full {actual} and no reason.",
    remedy=("请按完成比例打分，并填写偏差原因和改进措施。", "Score in proportion; give the reason and the measures."),
    needs=("weight", "score", "actual.number"),
    applies=has_figure,
)
def shortfall_not_full(row: Indicator, form: Form) -> Iterator[Breach]:
    """未完成指标不得满分且无原因。 A shortfall does not earn full marks without a word.

    Pass: target=26次 actual=12次 weight=5 score=2.31
    Fail: target=26次 actual=12次 weight=5 score=5
    """
    if falls_short(row, form) and _full(row) and is_no_reason(row.variance_explanation):
        yield Breach("score", expected=row_score(row, form), actual=row.score, facts=_facts(row))


@rule(
    "S16",
    over="form",
    severity=Severity.WARNING,
    zh="与第 {other} 行的指标值、完成值、分值都相同，得分却为 {actual} 而不是 {expected}。",
    en="Target, result and weight are those of row {other}, but the score is {actual} instead of {expected}.",
    remedy=("请使同样的完成情况得同样的分，或说明原因。", "Score alike what is alike, or give the reason."),
)
def like_rows_score_alike(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """同样的完成情况应得同样的分。 Rows with the same figures have the same score.

    完成了指标值又另行扣分的，说明了原因就不算。

    A deduction of one's own from a target that was reached counts only where no reason is given.

    Pass: indicators.target=100%,100% indicators.actual=90%,90% indicators.weight=5,5 indicators.score=4.5,4.5
    Pass: indicators.target=100%,100% indicators.actual=90%,90% indicators.weight=5,10 indicators.score=4.5,9
    Fail: indicators.target=100%,100% indicators.actual=90%,90% indicators.weight=5,5 indicators.score=4.5,4
    """
    first: dict[tuple[str, str, Decimal], int] = {}
    for number, row in enumerate(record.indicators):
        if row.target is None or row.actual is None or row.weight is None or row.score is None:
            continue
        if is_blank(row.actual.text) or is_blank(row.target.text) or _own_deduction(row, form):
            continue
        key = (squeeze(row.target.text), squeeze(row.actual.text), row.weight)
        other = first.setdefault(key, number)
        score = given(record.indicators[other].score)
        if score == row.score:
            continue
        at, against = (
            (number, other) if score == row_score(row, form) or row.score != row_score(row, form) else (other, number)
        )
        right, wrong = record.indicators[against].score, record.indicators[at].score
        yield Breach(f"indicators[{at}].score", expected=right, actual=wrong, facts={"other": against + 1})


def _own_deduction(row: Indicator, form: Form) -> bool:
    short = falls_short(row, form) or exceeds(row, form)
    return row.score != row.weight and not short and not is_no_reason(row.variance_explanation)


RULES: tuple[Rule, ...] = (
    score_not_above_result,
    score_not_below_result,
    score_within_weight,
    score_valid,
    score_given,
    limit_respected,
    limit_not_loose,
    satisfaction_measured,
    actuals_not_copied,
    qualitative_not_all_full,
    score_fits_grade,
    rows_do_not_contradict,
    target_positive,
    surplus_explained,
    shortfall_not_full,
    like_rows_score_alike,
)
