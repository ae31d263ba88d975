"""V 指标值: what was to be reached, and what is said to have been reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ..finding import Breach, Fact, Rule, Severity, given, rule
from ..form import Form
from ..number import is_blank, neat, squeeze
from ..record import Indicator, SelfEvaluation, Target
from ..submission import Difference, Submission

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
    places=("actual",),
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

    一行只说一次；表样另有度量单位列的不说。

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
    "V07",
    over="indicators",
    severity=Severity.INFO,
    zh="“{name}”说的是状况，指标值却是数值“{actual}”。",
    en="“{name}” names a state, but its value is the figure “{actual}”.",
    remedy=(
        "请改用“率”类名称（如达标率、及时率），或写明状况。",
        "Name it as a rate (达标率, 及时率), or describe the state.",
    ),
)
def statement_is_words(row: Indicator, form: Form) -> Iterator[Breach]:
    """状况类指标不用数值。 An indicator that names a state is not a figure.

    Pass: level_3=物料质量达标率 target=100%
    Pass: level_3=长效机制健全性 target=健全
    Fail: level_3=物料购买质量达标 target=100%
    Fail: level_3=补助发放及时性 target=≥95%
    """
    name, target = squeeze(row.level_3 or ""), _measures(row.target)
    if target is not None and target.number is not None and name.endswith(form.rules.statement_names):
        yield Breach("target", actual=target.text, facts={"name": name})


_DATED = r"[月日号旬]|季度|年[底末初中]|\d[-./]\d"
_BOUND = r"[前内≤]|截[至止]|为止|不晚于|不迟于"


def is_dated(value: Target | None) -> bool:
    """Whether the value is a point of time; 及时 and 全年 are none."""
    return value is not None and value.kind == "time" and re.search(_DATED, squeeze(value.text)) is not None


@rule(
    "V08",
    over="indicators",
    severity=Severity.WARNING,
    zh="时间指标值“{actual}”没有界限，看不出最迟到什么时候。",
    en="The time target “{actual}” has no boundary: it does not say by when at the latest.",
    remedy=(
        "指标值请写明最迟时间（如 12 月 15 日前），完成值填实际完成的日期。",
        "State the latest date (12月15日前), and as the result the date on which it was reached.",
    ),
    variants={
        "not_dated": (
            "时间指标的完成值“{actual}”不是实际完成的日期。",
            "The result “{actual}” of a time target is not the date on which it was reached.",
        )
    },
    applies=lambda row, form: is_dated(row.target),
)
def time_bounded(row: Indicator, form: Form) -> Iterator[Breach]:
    """时间指标应有界限和完成日期。 A time target has a boundary, its result a date.

    一行只说一次，先说指标值。

    One finding a row, of the target first.

    Pass: target=12月15日前 actual=11月20日
    Pass: target=2022年12月底前 actual=2022年11月
    Pass: target=及时 actual=及时
    Fail: target=12月中旬 actual=12月中旬
    Fail: target=12月底前 actual=12月底前
    Fail: target=12月底前 actual=按时完成
    """
    target, actual = given(row.target), row.actual
    if target.operator is None and not row.operator and not re.search(_BOUND, squeeze(target.text)):
        yield Breach("target", actual=target.text)
        return
    if actual is None or is_blank(actual.text):
        return
    if not is_dated(actual) or actual.operator or re.search(_BOUND, squeeze(actual.text)):
        yield Breach("actual", expected=target.text, actual=actual.text, variant="not_dated")


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


_TWICE = r"(.{4,})\1"
_FILLERS = r"[^\w]|[的之]"


@rule(
    "V10",
    over="form",
    severity=Severity.WARNING,
    zh="指标名称“{actual}”与第 {other} 行的指标重名或几乎相同。",
    en="The indicator “{actual}” bears the name of row {other}, or nearly so.",
    remedy=("请使每个三级指标的名称简明、互不重复。", "Give every indicator a short name of its own."),
    variants={
        "twice": ("指标名称“{actual}”把“{part}”写了两遍。", "The name “{actual}” says “{part}” twice."),
        "long": (
            "指标名称有 {count} 字，超过 {most} 字：“{actual}”。",
            "The name has {count} characters, more than {most}: “{actual}”.",
        ),
    },
)
def names_distinct(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """指标名称应各不相同。 Indicator names are short and unlike each other.

    收回的表按名称对应到下发的指标，重名就对不上；只差标点和“的”字的算几乎相同。

    Rows are matched with the issued ones by name. Names that differ in punctuation only are alike.

    Pass: indicators.level_3=培训人数,培训场次,听课人数
    Fail: indicators.level_3=培训人数,培训场次,培训人数
    Fail: indicators.level_3=活动开展完成率,活动开展的完成率
    Fail: indicators.level_3=长效管理机制健全长效管理机制健全性
    Fail: indicators.level_3=开展面向全区教师的培训交流研讨活动 form.name_characters=10
    """
    seen: dict[str, int] = {}
    for number, row in enumerate(record.indicators):
        if row.level_3 is None or is_blank(row.level_3):
            continue
        place, name = f"indicators[{number}].level_3", squeeze(row.level_3)
        if twice := re.search(_TWICE, name):
            yield Breach(place, actual=row.level_3, facts={"part": twice[1]}, variant="twice")
        elif len(name) > form.rules.name_characters:
            counts: dict[str, Fact] = {"count": len(name), "most": form.rules.name_characters}
            yield Breach(place, actual=row.level_3, facts=counts, variant="long")
        key = re.sub(_FILLERS, "", name) or name
        if key in seen:
            yield Breach(place, actual=row.level_3, facts={"other": seen[key] + 1})
        else:
            seen[key] = number


def _levels(row: Indicator) -> str:
    return squeeze(f"{row.level_1 or ''} {row.level_2 or ''}")


def is_cost(row: Indicator, form: Form) -> bool:
    """Whether the row measures 成本, at whichever level the form says so."""
    return form.rules.cost_word in _levels(row)


@rule(
    "V11",
    over="form",
    severity=Severity.INFO,
    zh="“{name}”以数量“{actual}”衡量，却列在{level}下。",
    en="“{name}” is measured by a count, “{actual}”, yet stands under {level}.",
    remedy=(
        "数量列在数量指标下；质量和效益请用比率、程度或效果衡量。金额不宜作产出指标。",
        "Put counts under 数量指标; measure quality and benefit by rates or effects. Money is no output.",
    ),
    variants={
        "money": (
            "“{name}”以金额“{actual}”作指标，衡量的是花钱而不是产出。",
            "“{name}” takes an amount of money, “{actual}”, as a target: that is spending, no output.",
        ),
        "budget": (
            "“{name}”的指标值“{actual}”就是预算数，衡量的是花钱而不是产出。",
            "The target “{actual}” of “{name}” is the budget itself: that is spending, no output.",
        ),
    },
)
def measured_by_its_kind(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """指标值应与指标类别相称。 A value is of the kind that its group measures.

    成本指标和经济效益指标可以用金额。

    Cost and economic benefit may be measured in money.

    Pass: indicators.level_1=产出指标 indicators.level_2=数量指标 indicators.level_3=培训人数 indicators.target=500人
    Pass: indicators.level_1=成本指标 indicators.level_2=经济成本指标 indicators.level_3=培训总成本 indicators.target=≤50万元
    Pass: indicators.level_1=效益指标 indicators.level_2=经济效益指标 indicators.level_3=带动增收 indicators.target=≥50万元
    Fail: indicators.level_1=效益指标 indicators.level_2=社会效益指标 indicators.level_3=听课人数 indicators.target=500人
    Fail: indicators.level_1=产出指标 indicators.level_2=数量指标 indicators.level_3=工程资金金额 indicators.target=90万元
    Fail: total.annual_budget=500000 indicators.level_1=产出指标 indicators.level_2=数量指标 indicators.level_3=补助发放 indicators.target=50万元
    """  # noqa: E501
    for number, row in enumerate(record.indicators):
        target = row.target
        if target is None or target.number is None or is_cost(row, form):
            continue
        name, levels = squeeze(row.level_3 or ""), _levels(row)
        facts: dict[str, Fact] = {"name": name, "level": row.level_2 or row.level_1}
        place, unit = f"indicators[{number}].target", target.unit or squeeze(row.unit or "")
        if unit.endswith("元") and "经济" not in levels:
            warning = Severity.WARNING
            if any(word in name for word in form.rules.money_names):
                yield Breach(place, actual=target.text, severity=warning, facts=facts, variant="money")
            elif _is_budget(target, record):
                yield Breach(place, actual=target.text, severity=warning, facts=facts, variant="budget")
        elif unit in form.rules.count_units and any(word in levels for word in form.rules.effect_levels):
            yield Breach(place, actual=target.text, facts=facts)


def _is_budget(target: Target, record: SelfEvaluation) -> bool:
    """Whether the target is the budget of the project; both are brought to 元."""
    line, number = record.total, given(target.number)
    if line is None or number <= 0:
        return False
    scale = Decimal(10_000) if (record.currency_unit or "").startswith("万") else Decimal(1)
    budgets = (line.initial_budget, line.annual_budget)
    return any(budget is not None and budget * scale == number for budget in budgets)


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

    指标值 90%、完成值只写 95 的只是缺百分号，见 V04。

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


@rule(
    "V13",
    over="indicators",
    severity=Severity.ERROR,
    zh="定性指标的完成值“{actual}”不是规定的等级（{words}）。",
    en="The result “{actual}” of a qualitative indicator is none of the grades asked for ({words}).",
    remedy=("请按规定的等级填写完成值，并另作简短说明。", "Enter one of the grades; describe the result elsewhere."),
)
def grade_word_given(row: Indicator, form: Form) -> Iterator[Breach]:
    """定性指标应填规定的等级。 A qualitative result is one of the grades where the form demands it.

    只有表样要求（demand_grade_words）时才核验；有的系统只收“达成、部分达成、未达成”。

    Checked only where the definition says ``demand_grade_words``.

    Pass: target=健全 actual=健全
    Pass: target=健全 actual=部分达成 form.demand_grade_words=true
    Pass: target=≥90% actual=95% form.demand_grade_words=true
    Fail: target=健全 actual=健全 form.demand_grade_words=true
    """
    target, actual = row.target, row.actual
    if not form.rules.demand_grade_words or target is None or target.kind != "text" or is_blank(target.text):
        return
    if actual is None or is_blank(actual.text):
        return
    known = [grade[0] for grade in form.rules.qualitative_words]
    if not squeeze(actual.text).startswith(tuple(known)):
        yield Breach("actual", actual=actual.text, facts={"words": "、".join(known)})


@rule(
    "V14",
    over="issued",
    severity=Severity.ERROR,
    zh="指标值被改动：下发为“{expected}”，现为“{actual}”。",
    en="A target was changed: issued as “{expected}”, now “{actual}”.",
    remedy=(
        "请恢复下发的指标值；确需调整的，先报主管部门同意。",
        "Restore the target; a change needs the department's consent.",
    ),
)
def target_as_issued(difference: Difference, form: Form) -> Iterator[Breach]:
    """指标值应与下发一致。 A target is the one that was issued.

    事后降低指标值，任何结果看起来都是完成。

    Lowering a target afterwards makes any result look complete.

    Pass: kind=issued field=indicators[0].weight issued=5 found=8
    Fail: kind=issued field=indicators[0].target issued=≥100场 found=≥10场
    """
    if difference.kind != "formula" and difference.field.endswith(".target"):
        yield Breach("", expected=difference.issued, actual=difference.found)


@rule(
    "V15",
    over="indicators",
    severity=Severity.WARNING,
    zh="成本指标“{name}”的指标值“{actual}”用了 {operator}：花得越多反而越好。",
    en="The cost indicator “{name}” has the target “{actual}”: the more is spent, the better it looks.",
    remedy=("成本指标请用 ≤。", "State a limit for a cost: ≤."),
)
def cost_is_a_limit(row: Indicator, form: Form) -> Iterator[Breach]:
    """成本指标应为上限。 A cost indicator is a limit.

    节约率一类越高越好的不在此列。

    Savings, of which more is better, are no cost in this sense.

    Pass: level_1=成本指标 level_3=培训成本 target=≤50万元
    Pass: level_1=成本指标 level_3=成本节约率 target=≥5%
    Pass: level_1=产出指标 level_2=数量指标 level_3=培训人数 target=≥50人
    Fail: level_1=成本指标 level_3=培训成本 target=≥50万元
    Fail: level_1=产出指标 level_2=成本指标 level_3=人均培训成本 target=＞500元
    """
    target = row.target
    if target is None or target.operator not in _MORE or target.number is None or not is_cost(row, form):
        return
    name = squeeze(row.level_3 or "")
    if not any(word in name for word in form.rules.savings_words):
        yield Breach("target", actual=target.text, facts={"name": name, "operator": target.operator})


_LITERALS = r'"[^"]*"|\\.|\[[^\]]*\]'
_EXPONENT = r"\d(?:\.\d+)?[eE]\+\d{2}"
_LONG_NUMBER = Decimal(10) ** 11  # from here on a cell shows 1.2E+11, and from 16 digits on it loses some


def _shows_a_date(number_format: str) -> bool:
    if number_format == "General":
        return False
    return re.search(r"[ymdhYMDH]", re.sub(_LITERALS, "", number_format)) is not None


@rule(
    "V16",
    over="submission",
    severity=Severity.ERROR,
    zh="{label}被 Excel 当成了日期（显示为“{actual}”），原来录入的值已丢失。",
    en="Excel took {label} for a date (shown as “{actual}”); what was typed is lost.",
    remedy=("请先把单元格设为文本格式，再重新录入。", "Format the cell as text and type the value again."),
    variants={
        "exponent": (
            "{label}被 Excel 当成了数（“{actual}”），长编码已变形。",
            "Excel took {label} for a number (“{actual}”): a long code was mangled.",
        )
    },
)
def typed_value_survived(form_read: Submission, form: Form) -> Iterator[Breach]:
    """录入的值不应被 Excel 改变。 Excel did not turn what was typed into something else.

    录入 10-8，Excel 会存成 10 月 8 日；18 位编码会变成 1.2E+17。时效指标本来就填日期的不算。

    10-8 becomes 8 October and a long code 1.2E+17. A date is right where a date was asked for.

    Pass: indicators.level_3=培训场次 indicators.actual=10场
    Pass: indicators.level_3=培训完成时间 indicators.level_2=时效指标 indicators.actual=44842 dated=indicators[0].actual
    Fail: indicators.level_3=培训场次 indicators.actual=44842 dated=indicators[0].actual
    Fail: project_name=1.20105E+17
    """
    columns = {column.term: column.label for column in form.columns}
    entries = {entry.term: entry.label for row in form.header for entry in row}
    for field, read in form_read.cells.items():
        if read.kind not in ("text", "value"):
            continue
        cell, term = read.cell, field.rpartition(".")[2]
        number = cell.content if isinstance(cell.content, Decimal) else None
        label = columns.get(term) or entries.get(term) or term
        if number is None:
            if "+" in cell.text and len(cell.text) < 24 and re.fullmatch(_EXPONENT, cell.text.strip()):
                yield Breach(field, actual=cell.text, facts={"label": label}, variant="exponent")
        elif _shows_a_date(cell.number_format):
            if term in ("target", "actual") and not _asks_for_a_date(form_read.record, field, form):
                yield Breach(field, actual=cell.text, facts={"label": label})
        elif abs(number) >= _LONG_NUMBER and term not in ("target", "actual"):
            yield Breach(field, actual=cell.text, facts={"label": label}, variant="exponent")


def _asks_for_a_date(record: SelfEvaluation, field: str, form: Form) -> bool:
    row = record.indicators[int(field[field.index("[") + 1 : field.index("]")])]
    names = squeeze(f"{row.level_2 or ''}{row.level_3 or ''}")
    return any(word in names for word in form.rules.date_names)


RULES: tuple[Rule, ...] = (
    actual_given,
    target_has_operator,
    actual_is_measured,
    value_has_unit,
    operator_written_properly,
    rate_is_number,
    statement_is_words,
    time_bounded,
    percentage_plausible,
    names_distinct,
    measured_by_its_kind,
    units_agree,
    grade_word_given,
    target_as_issued,
    cost_is_a_limit,
    typed_value_survived,
)
