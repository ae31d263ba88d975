"""V 指标值: what was to be reached, and what is said to have been reached."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..finding import Breach, Fact, Rule, Severity, given, rule
from ..form import Form
from ..number import is_blank, neat, squeeze
from ..record import Indicator, Target

_QUANTITATIVE = frozenset({"number", "percent"})
_FEWER, _MORE = frozenset({"≤", "<"}), frozenset({"≥", ">"})
_HUNDRED = Decimal(100)


def is_reverse(row: Indicator) -> bool:
    """Whether less is better: the target carries ≤ or <."""
    return row.target is not None and row.target.operator in _FEWER


def has_figure(row: Indicator, form: Form) -> bool:
    """Whether the target is quantitative; of the others no figure is asked."""
    return row.target is not None and row.target.number is not None


def is_satisfaction(row: Indicator, form: Form) -> bool:
    """Whether the row measures 满意度."""
    names = (row.level_3, row.level_2, row.level_1)
    return any(word in name for name in names if name for word in form.rules.satisfaction_names)


def _bare(number: Decimal) -> bool:
    """A fraction such as 0.98, or a plain 1: what a percent cell holds behind its look."""
    return 0 < number <= 1


def scale_differs(row: Indicator, form: Form) -> bool:
    """Whether target and actual are measured in different units or scales."""
    target, actual = row.target, row.actual
    if target is None or actual is None or target.number is None or actual.number is None:
        return False
    t, a = abs(target.number), abs(actual.number)
    if target.unit == actual.unit and t == a:
        return False
    if (target.kind == "percent") != (actual.kind == "percent"):
        percent, plain = (target, actual) if target.kind == "percent" else (actual, target)
        if plain.unit is not None:
            return True
        # 95 against 90% only lacks its sign (V04); 0.95 is another scale
        return _bare(plain.number or Decimal(0)) and (percent.number or Decimal(0)) > 1
    if target.unit and actual.unit and squeeze(target.unit) != squeeze(actual.unit):
        return True
    if t == 0 or a == 0:
        return False
    least, most = form.rules.mixed_units
    if a / t >= _HUNDRED or least <= t / a <= most:
        return True
    # 98 reported as 0.98; a count that honestly fell to a hundredth has no decimals
    return actual.places > 0 and _bare(a) and t > 1 and t / 2 <= a * _HUNDRED <= t * 2


def comparable(row: Indicator, form: Form) -> bool:
    """Whether both sides are figures of one unit."""
    target, actual = row.target, row.actual
    return (
        target is not None
        and actual is not None
        and target.number is not None
        and actual.number is not None
        and not scale_differs(row, form)
    )


def _measures(target: Target | None) -> Target | None:
    return target if target is not None and target.kind in _QUANTITATIVE else None


@rule(
    "V01",
    over="indicators",
    severity=Severity.ERROR,
    zh="实际完成值未填（{actual}）。",
    en="The actual value is not given ({actual}).",
    remedy=("请填写实际完成值。", "Enter the value that was reached."),
    live="if(used = 0, '', if(unanswered(actual), broken, if(actual = '0' or actual = 0, undecided, holds)))",
    live_words=("实际完成值未填", "actual value missing"),
    variants={
        "zero": (
            "实际完成值为 0，指标值为 {target}，却得满分 {score}。",
            "The actual value is 0 against a target of {target}, yet the score is the full {score}.",
        ),
        "blank_form": (
            "本表尚未填报：没有执行数、实际完成情况、完成值和得分。",
            "The form has not been filled in: no spending, no result, no actual values, no scores.",
        ),
    },
)
def actual_given(row: Indicator, form: Form) -> Iterator[Breach]:
    """实际完成值应填写。 Every indicator has an actual value.

    Pass: target=100% actual=98%
    Pass: target=≤3次 actual=0次 weight=5 score=5
    Fail: target=100%
    Fail: target=100% actual=/
    Fail: target=100场 actual=0 weight=5 score=5
    """
    actual, target = row.actual, row.target
    if actual is None or is_blank(actual.text):
        yield Breach("actual", expected=target.text if target else None, actual=actual.text if actual else None)
    elif (
        actual.text == "0"
        and target is not None
        and target.number is not None
        and target.number > 0
        and not is_reverse(row)
        and row.weight is not None
        and row.weight > 0
        and row.score == row.weight
    ):
        facts: dict[str, Fact] = {"target": target.text, "score": row.score}
        yield Breach("actual", expected=target.text, actual=actual.text, facts=facts, variant="zero")


@rule(
    "V02",
    over="indicators",
    severity=Severity.INFO,
    zh="定量指标值“{actual}”没有比较符号，按 ≥ 处理。",
    en="The quantitative target “{actual}” has no operator; it is taken as ≥.",
    remedy=("请写明 ≥、≤ 或 =。", "State ≥, ≤ or =."),
)
def target_has_operator(row: Indicator, form: Form) -> Iterator[Breach]:
    """定量指标值应有比较符号。 A quantitative target states its operator.

    Pass: target=≥90%
    Pass: target=12月中旬
    Fail: target=90%
    """
    target = _measures(row.target)
    if target is not None and target.operator is None and not row.operator:
        yield Breach("target", expected=f"≥{squeeze(target.text)}", actual=target.text)


@rule(
    "V03",
    over="indicators",
    severity=Severity.WARNING,
    zh="实际完成值“{actual}”带有比较符号，不是实测值。",
    en="The actual value “{actual}” carries an operator: it is no measured value.",
    remedy=("请填写实际测得的数值，如 93.5%。", "Enter the value that was measured, such as 93.5%."),
)
def actual_is_measured(row: Indicator, form: Form) -> Iterator[Breach]:
    """实际完成值应为实测值。 The actual value was measured, not copied from the target.

    Pass: target=≥90% actual=93.5%
    Fail: target=≥90.00% actual=≥90.00%
    Fail: target=≥90% actual=不低于90%
    """
    actual = row.actual
    if actual is None or row.operator or actual.operator is None or actual.operator == "=":
        return
    if actual.kind in _QUANTITATIVE or actual.kind == "range":
        severity = Severity.ERROR if form.rules.strict_measured_value else None
        yield Breach("actual", actual=actual.text, severity=severity)


@rule(
    "V04",
    over="indicators",
    severity=Severity.WARNING,
    zh="“{actual}”没有计量单位。",
    en="“{actual}” has no unit.",
    remedy=("请补充计量单位（个、场、人、% 等）。", "Add the unit (个, 场, 人, % …)."),
)
def value_has_unit(row: Indicator, form: Form) -> Iterator[Breach]:
    """数值应有计量单位。 A plain number has a unit.

    One finding a row; silent where the form has a column for the unit.

    Pass: target=10个 actual=10个
    Pass: target=10 actual=10 unit=个
    Fail: target=183 actual=183
    Fail: target=≥90% actual=95
    """
    if row.unit:
        return
    for name, value in (("target", row.target), ("actual", row.actual)):
        if value is not None and value.kind == "number" and value.unit is None:
            yield Breach(name, actual=value.text)
            return


@rule(
    "V05",
    over="indicators",
    severity=Severity.INFO,
    zh="“{actual}”使用了半角符号，规范写法为“{expected}”。",
    en="“{actual}” has an operator of two characters; write “{expected}”.",
    remedy=("请改用 ≥、≤。", "Use ≥ and ≤."),
)
def operator_written_properly(row: Indicator, form: Form) -> Iterator[Breach]:
    """比较符号应规范。 Operators are written as ≥ and ≤.

    Pass: target=≥90%
    Fail: target=>=90 actual=>=90
    """
    for name, value in (("target", row.target), ("actual", row.actual)):
        if value is not None and (">=" in value.text or "<=" in value.text):
            yield Breach(name, expected=value.text.replace(">=", "≥").replace("<=", "≤"), actual=value.text)
            return


@rule(
    "V06",
    over="indicators",
    severity=Severity.WARNING,
    zh="“{name}”应以数值衡量，指标值却为“{actual}”。",
    en="“{name}” asks for a figure, but the value is “{actual}”.",
    remedy=("请改为可衡量的比率，如 ≥95%。", "Give a rate that can be measured, such as ≥95%."),
)
def rate_is_number(row: Indicator, form: Form) -> Iterator[Breach]:
    """比率类指标应有数值。 A rate is measured by a figure.

    Pass: level_3=居民覆盖率 target=≥95% actual=96%
    Fail: level_3=居民覆盖率 target=提升 actual=提升
    Fail: level_3=居民覆盖率 target=≥95% actual=有所提升
    """
    name = squeeze(row.level_3 or "")
    if not name.endswith(form.rules.rate_names):
        return
    for field, value in (("target", row.target), ("actual", row.actual)):
        if value is not None and value.kind == "text" and not is_blank(value.text):
            yield Breach(field, actual=value.text, facts={"name": name})
            return


@rule(
    "V09",
    over="indicators",
    severity=Severity.ERROR,
    zh="“{name}”不应超过 100%，现为“{actual}”。",
    en="“{name}” cannot exceed 100%, but is “{actual}”.",
    remedy=("请核对该比率的分子与分母。", "Check both parts of the rate."),
    variants={
        "negative": ("百分比不应为负：“{actual}”。", "A percentage should not be negative: “{actual}”."),
        "completion": (
            "“{name}”为“{actual}”，超过 100%，请确认。",
            "“{name}” is “{actual}”, above 100%; please confirm.",
        ),
        "low": (
            "满意度指标值“{actual}”低于 {least}%，偏低。",
            "The satisfaction target “{actual}” is below {least}%.",
        ),
    },
)
def percentage_plausible(row: Indicator, form: Form) -> Iterator[Breach]:
    """百分比应合理。 A percentage is plausible.

    Pass: level_3=发放及时率 target=100% actual=100%
    Pass: level_3=增长数 target=100个 actual=120个
    Fail: level_3=发放及时率 target=100% actual=105%
    Fail: level_3=活动完成率 target=100% actual=120%
    Fail: level_3=故障下降 target=5% actual=-3%
    Fail: level_3=居民满意度 target=≥50% actual=80%
    """
    rules, name = form.rules, squeeze(row.level_3 or "")
    capped, completion = name.endswith(rules.capped_names), name.endswith(rules.completion_names)
    for field, value in (("target", row.target), ("actual", row.actual)):
        if value is None or value.number is None:
            continue
        number, facts = value.number, {"name": name}
        percent = value.kind == "percent" or (value.unit is None and (capped or completion))
        if percent and number < 0:
            yield Breach(field, actual=value.text, facts=facts, variant="negative")
        elif percent and number > _HUNDRED and capped:
            yield Breach(field, actual=value.text, facts=facts)
        elif percent and number > _HUNDRED and completion:
            yield Breach(field, actual=value.text, severity=Severity.WARNING, facts=facts, variant="completion")
    target = row.target
    if target is None or target.number is None or target.unit not in (None, "%") or is_reverse(row):
        return
    # 0.9 without a sign is a question of scale
    if 1 < target.number < rules.satisfaction_min and is_satisfaction(row, form):
        limit: dict[str, Fact] = {"name": name, "least": neat(rules.satisfaction_min)}
        yield Breach("target", actual=target.text, severity=Severity.WARNING, facts=limit, variant="low")


@rule(
    "V12",
    over="indicators",
    severity=Severity.ERROR,
    zh="实际完成值“{actual}”与指标值“{expected}”的单位或量级不一致。",
    en="The actual value “{actual}” and the target “{expected}” differ in unit or scale.",
    remedy=("请按指标值的单位填写实际完成值。", "Give the actual value in the unit of the target."),
)
def units_agree(row: Indicator, form: Form) -> Iterator[Breach]:
    """单位与量级应一致。 Target and actual are in the same unit and scale.

    A bare 95 against 90% only lacks its sign, which is V04.

    Pass: target=100场 actual=8场
    Pass: target=≥90% actual=95
    Fail: target=98% actual=0.98
    Fail: target=98 actual=0.98
    Fail: target=100场 actual=100人
    Fail: target=30 actual=300000
    Fail: target=30万元 actual=30元
    """
    if scale_differs(row, form):
        yield Breach("actual", expected=given(row.target).text, actual=given(row.actual).text)


RULES: tuple[Rule, ...] = (
    actual_given,
    target_has_operator,
    actual_is_measured,
    value_has_unit,
    operator_written_properly,
    rate_is_number,
    percentage_plausible,
    units_agree,
)
