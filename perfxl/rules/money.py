"""M 项目资金: the amounts must add up, and belong together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from ..finding import Breach, Rule, Severity, given, rule
from ..form import MONEY, Form
from ..number import half_up, is_blank, neat, places_of, read_format
from ..record import FundingLine, SelfEvaluation
from ..submission import FieldCell, MoneyColumn, Submission
from .workbook import MONEY_ODDITIES


def percent(fraction: Decimal, places: int = 2) -> str:
    """A fraction as it is said: ``0.9829`` is ``98.29%``."""
    return f"{half_up(fraction * 100, places)}%"


def denominator(line: FundingLine, form: Form) -> Decimal:
    """The budget that the form divides by; only for rules that need it."""
    budget: Decimal | None = getattr(line, form.denominator)
    return given(budget)


def has_budget(line: FundingLine, form: Form) -> bool:
    """Whether there is anything to divide by; of a budget of 0 M08 speaks."""
    budget: Decimal | None = getattr(line, form.denominator)
    return budget is None or budget > 0


def total_place(record: SelfEvaluation, name: str) -> str:
    """The path of a field of 年度资金总额."""
    for number, line in enumerate(record.funds):
        if line.source == "total":
            return f"funds[{number}].{name}"
    return ""


@rule(
    "M01",
    over="columns",
    severity=Severity.ERROR,
    zh="{label}：年度资金总额 {actual} 与各资金来源之和 {expected} 不等（差 {difference}）。",
    en="{label}: the total {actual} is not the sum of its sources {expected} (difference {difference}).",
    remedy=(
        "请核对当年财政拨款、上年结转和其他资金，使三项之和等于总额。",
        "Check appropriation, carry-over and other funds; together they make the total.",
    ),
)
def column_adds_up(column: MoneyColumn, form: Form) -> Iterator[Breach]:
    """总额应等于各资金来源之和。 The total is the sum of its sources.

    空白的来源按 0 计；整列空白的不核验。

    A blank source counts as 0; a column in which nothing stands is left alone.

    Pass: total=100 parts=90,,10
    Pass: total=5532462 parts=5532462,0,
    Fail: total=5532462 parts=0,0,0
    Fail: total= parts=90,0,0
    """
    parts = [part for part in column.parts if part is not None]
    if column.total is None and not parts:
        return
    whole, stated = sum(parts, Decimal(0)), column.total or Decimal(0)
    if abs(stated - whole) > form.rules.money_tolerance:
        yield Breach("", expected=whole, actual=column.total, difference=stated - whole, facts={"label": column.label})


@rule(
    "M02",
    over="funds",
    severity=Severity.ERROR,
    zh="{label}为负数 {actual}。",
    en="{label} is negative: {actual}.",
    remedy=("请填写不小于 0 的金额；冲减请另附说明。", "Enter 0 or more; explain a write-down separately."),
)
def not_negative(line: FundingLine, form: Form) -> Iterator[Breach]:
    """金额不得为负。 No amount is negative.

    表样允许冲减的，只作提醒。

    Where the form allows write-downs it is a warning.

    Pass: annual_budget=100 executed_amount=0
    Fail: annual_budget=100 executed_amount=-5
    Fail: annual_budget=-1 form.allow_negative=true
    """
    for column in form.money_columns:
        amount: Decimal | None = getattr(line, column.term, None)
        if amount is not None and amount < 0:
            yield Breach(
                column.term,
                expected=Decimal(0),
                actual=amount,
                severity=Severity.WARNING if form.rules.allow_negative else None,
                facts={"label": column.label},
            )


@rule(
    "M03",
    over="funds",
    severity=Severity.WARNING,
    zh="{label} {actual} 的小数多于 {places} 位。",
    en="{label} {actual} has more than {places} decimals.",
    remedy=("请按本表的金额单位四舍五入到规定位数。", "Round to the decimals that the form asks for."),
)
def decimals_of_money(line: FundingLine, form: Form) -> Iterator[Breach]:
    """金额小数位数应合规。 An amount has no more decimals than its unit.

    Pass: annual_budget=4764200.00
    Fail: annual_budget=4764200.005
    """
    places = form.rules.money_places
    for column in form.money_columns:
        amount: Decimal | None = getattr(line, column.term, None)
        if amount is None or places_of(amount) <= places:
            continue
        rounded = half_up(amount, places)
        # what a binary double leaves behind is no decimal that somebody typed
        if abs(amount - rounded) > Decimal(1).scaleb(-places - 4):
            yield Breach(column.term, expected=rounded, actual=amount, facts={"label": column.label, "places": places})


@rule(
    "M04",
    over="funds",
    severity=Severity.INFO,
    zh="{label}为空白，而同一行其他金额已填；没有发生额的请填 0。",
    en="{label} is blank while the row has other amounts; enter 0 where nothing was received or spent.",
    remedy=("请填写金额，没有则填 0。", "Enter the amount, or 0."),
)
def sub_row_filled(line: FundingLine, form: Form) -> Iterator[Breach]:
    """资金来源行不留空。 A row of sources is filled in completely.

    Pass: source=carryover initial_budget=0 annual_budget=0 executed_amount=0
    Fail: source=carryover initial_budget=0 annual_budget=0
    """
    if line.source == "total":
        return
    columns = form.money_columns
    blanks = [column for column in columns if getattr(line, column.term, None) is None]
    if len(blanks) < len(columns):
        for column in blanks:
            yield Breach(column.term, expected=Decimal(0), facts={"label": column.label})


@rule(
    "M05",
    over="cells",
    severity=Severity.WARNING,
    zh="金额写法不规范：“{actual}”，已按 {expected} 读取。",
    en="An amount is written oddly: “{actual}”, read as {expected}.",
    remedy=("请重新录入数值，不要前导 0、空格或多余的分隔符。", "Type it again, without leading zeros or blanks."),
    variants={
        "not_a_number": (
            "金额栏中的“{actual}”不是可识别的数。",
            "“{actual}” in a money cell is not a number that can be read.",
        )
    },
)
def amount_written_plainly(field: FieldCell, form: Form) -> Iterator[Breach]:
    """金额应书写规范。 An amount is written plainly.

    开头多出的 0 往往是在默认的 0 后面接着录入造成的。

    A leading zero often means that a digit was typed behind a default 0.

    Pass: kind=money value=5532462 number=5532462
    Pass: kind=money text=—
    Fail: kind=money text=05532462 number=5532462 oddities=leading_zero
    Fail: kind=money text=55,32,462
    """
    value = field.cell.value
    if field.kind != "money" or not isinstance(value, str):
        return
    if field.number is None:
        if not is_blank(value):
            yield Breach("", actual=value, severity=Severity.ERROR, variant="not_a_number")
    elif field.oddities & MONEY_ODDITIES:
        yield Breach("", expected=field.number, actual=value)


@rule(
    "M06",
    over="submission",
    severity=Severity.INFO,
    zh="年度资金总额一行的数字格式不一致：{actual}。",
    en="The amounts of the total row are formatted differently: {actual}.",
    remedy=("请统一小数位数和千分位。", "Use the same decimals and separators in the row."),
)
def one_number_format(form_read: Submission, form: Form) -> Iterator[Breach]:
    """同一行的数字格式应一致。 One row has one number format.

    只看合计行：写法不一，说明有的数是计算的、有的是录入的。

    Only the total row is looked at: there the mixture shows which amount was computed and
    which was typed.

    Pass: total.initial_budget=100 total.annual_budget=90 looks=0.00;0.00
    Fail: total.initial_budget=5532462 total.annual_budget=5532462 looks=0.00;#,##0
    """
    places = [total_place(form_read.record, column.term) for column in form.money_columns]
    cells = [form_read.cells[place].cell for place in places if place in form_read.cells]
    looks, texts = set[tuple[int | None, bool]](), list[str]()
    for cell in cells:
        if isinstance(cell.content, Decimal):
            how = read_format(cell.number_format)
            looks.add((how.places, how.grouped))
        elif isinstance(cell.content, str) and any(mark.isdigit() for mark in cell.content):
            looks.add((len(cell.content.partition(".")[2]), "," in cell.content))
        else:
            continue
        texts.append(cell.text)
    if len(looks) > 1:
        yield Breach(next(place for place in places if place in form_read.cells), actual=" / ".join(texts))


@rule(
    "M07",
    over="funds",
    severity=Severity.ERROR,
    zh="全年执行数 {actual} 超过预算数 {expected}（超出 {difference}）。",
    en="Spending {actual} exceeds the budget {expected} (by {difference}).",
    remedy=(
        "请核对预算数与执行数；追加预算的，预算数应为调整后的数。",
        "Check both; where the budget was raised, enter the adjusted budget.",
    ),
    needs=("denominator", "executed_amount"),
    live="if(count(denominator, executed_amount) = 0, '', if(count(denominator, executed_amount) < 2, undecided, "
    "if(round(executed_amount - denominator, 6) > {money_tolerance}, broken, holds)))",
    live_words=("执行数大于预算数", "spending above budget"),
)
def within_budget(line: FundingLine, form: Form) -> Iterator[Breach]:
    """执行数不得超过预算数。 Spending stays within the budget.

    Pass: annual_budget=100 executed_amount=100.01
    Fail: annual_budget=100 executed_amount=100.02
    """
    budget, spent = denominator(line, form), given(line.executed_amount)
    if spent - budget > form.rules.money_tolerance:
        yield Breach("executed_amount", expected=budget, actual=spent)


@rule(
    "M08",
    over="total",
    severity=Severity.ERROR,
    zh="预算数为 0 而执行数为 {actual}。",
    en="The budget is 0 but {actual} was spent.",
    remedy=(
        "请填写调整后的预算数；项目取消的，请说明情况。",
        "Enter the adjusted budget; say so where the project was cancelled.",
    ),
    needs=("denominator", "executed_amount"),
    variants={
        "nothing": (
            "预算数与执行数均为 0，执行率无法计算，执行得分按表样规定取值。",
            "Budget and spending are both 0: there is no execution rate, and the form decides the score.",
        )
    },
)
def budget_not_zero(line: FundingLine, form: Form) -> Iterator[Breach]:
    """预算数不应为零。 There is a budget to measure against.

    Pass: annual_budget=100 executed_amount=0
    Fail: annual_budget=0 executed_amount=5
    Fail: annual_budget=0 executed_amount=0
    """
    spent = given(line.executed_amount)
    if denominator(line, form) != 0:
        return
    if spent > 0:
        yield Breach(form.denominator, actual=spent)
    elif spent == 0:
        yield Breach(form.denominator, actual=spent, severity=Severity.WARNING, variant="nothing")


@rule(
    "M09",
    over="form",
    severity=Severity.WARNING,
    zh="全年预算数 {actual} 比年初预算数 {expected} 变动 {rate}，文字中没有说明调整。",
    en="The annual budget {actual} departs from the initial {expected} by {rate}; no text mentions an adjustment.",
    remedy=(
        "请在实际完成情况或偏差原因中说明预算调整的时间、金额和原因。",
        "Say when, by how much and why the budget was adjusted.",
    ),
    needs=("total.initial_budget", "total.annual_budget"),
    variants={
        "from_nothing": (
            "年初预算数为 0，全年预算数为 {actual}（年中新增项目）。",
            "The initial budget is 0, the annual budget {actual} (a project of mid-year).",
        )
    },
)
def adjustment_explained(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """预算调整应有说明。 A budget adjustment is explained.

    Pass: total.initial_budget=100 total.annual_budget=95
    Pass: total.initial_budget=100 total.annual_budget=80 actual_result=年中调减预算20元
    Fail: total.initial_budget=6846050 total.annual_budget=5910686.64 actual_result=已完成
    Fail: total.initial_budget=0 total.annual_budget=50
    """
    line = given(record.total)
    initial, annual = given(line.initial_budget), given(line.annual_budget)
    place = total_place(record, "annual_budget")
    if initial == 0 and annual > 0:
        yield Breach(place, expected=initial, actual=annual, severity=Severity.INFO, variant="from_nothing")
    if initial <= 0 or abs(annual - initial) <= form.rules.adjustment_rate * initial:
        return
    texts = [record.expected_goal, record.actual_result, *(row.variance_explanation for row in record.indicators)]
    if not any(word in text for text in texts if text for word in form.rules.adjustment_words):
        yield Breach(place, expected=initial, actual=annual, facts={"rate": percent((annual - initial) / initial)})


@rule(
    "M10",
    over="total",
    severity=Severity.WARNING,
    zh="全年预算数与全年执行数同为 {actual}，而年初预算数为 {expected}（变动 {rate}）："
    "预算像是按执行数调整的，执行率必为 100%。",
    en="Annual budget and spending are both {actual}, the initial budget was {expected} ({rate}): "
    "the budget looks cut to the spending, so that the rate is 100% by construction.",
    remedy=(
        "请附预算调整文件，并说明按年初预算计算的执行率。",
        "Attach the adjustment decision and give the rate on the initial budget.",
    ),
    needs=("initial_budget", "annual_budget", "executed_amount"),
)
def budget_not_fitted(line: FundingLine, form: Form) -> Iterator[Breach]:
    """预算不应倒轧执行数。 The budget is not cut to the spending.

    Pass: initial_budget=100 annual_budget=100 executed_amount=100
    Fail: initial_budget=6846050 annual_budget=5910686.64 executed_amount=5910686.64
    """
    initial, annual = given(line.initial_budget), given(line.annual_budget)
    if annual == given(line.executed_amount) and initial > 0:
        change = (annual - initial) / initial
        if abs(change) > form.rules.cut_rate:
            yield Breach("annual_budget", expected=initial, actual=annual, facts={"rate": percent(change)})


@rule(
    "M11",
    over="total",
    severity=Severity.ERROR,
    zh="{label} {actual} 与 {other_label} {expected} 相差约 {times} 倍，疑似元与万元混用。",
    en="{label} {actual} and {other_label} {expected} differ about {times} times: 元 and 万元 look mixed up.",
    remedy=("请按本表的金额单位统一填写。", "Enter all amounts in the currency unit of the form."),
)
def one_currency_unit(line: FundingLine, form: Form) -> Iterator[Breach]:
    """元与万元不得混用。 Amounts in 元 and in 万元 are not mixed.

    Pass: initial_budget=3028940 annual_budget=3028940 executed_amount=2977291.16
    Fail: initial_budget=3028940 annual_budget=302.894 executed_amount=2977291.16
    """
    least, most = form.rules.mixed_units
    filled = [(column, abs(amount)) for column in form.money_columns if (amount := getattr(line, column.term, None))]
    pairs = [
        (one, other)
        for one, other in combinations(filled, 2)
        if least <= max(one[1], other[1]) / min(one[1], other[1]) <= most
    ]
    if not pairs:
        return
    # the odd one of three is in every pair; of two nobody knows, the later one is named
    odd = max(filled, key=lambda entry: (sum(entry in pair for pair in pairs), filled.index(entry)))
    other = next(one if two == odd else two for one, two in pairs if odd in (one, two))
    times = max(odd[1], other[1]) / min(odd[1], other[1])
    yield Breach(
        odd[0].term,
        expected=getattr(line, other[0].term),
        actual=getattr(line, odd[0].term),
        facts={"label": odd[0].label, "other_label": other[0].label, "times": neat(half_up(times, 0))},
    )


@rule(
    "M12",
    over="total",
    severity=Severity.WARNING,
    zh="本表金额单位为{unit}，而最大金额为 {actual}，疑似单位填错。",
    en="The form is in {unit} but the largest amount is {actual}: the unit looks wrong.",
    remedy=("请核对金额单位。", "Check the currency unit."),
)
def amounts_fit_unit(line: FundingLine, form: Form) -> Iterator[Breach]:
    """金额大小应与单位相称。 The size of the amounts fits the unit.

    Pass: annual_budget=3028940 executed_amount=2977291.16
    Fail: annual_budget=302.89 executed_amount=297.73
    """
    amounts = {name: amount for name in MONEY if (amount := getattr(line, name)) is not None}
    if not amounts:
        return
    name = max(amounts, key=lambda term: amounts[term])
    largest = amounts[name]
    scaled = form.currency_unit.startswith("万")
    if (scaled and largest > form.rules.large_amount) or (not scaled and 0 < largest < form.rules.small_amount):
        limit = form.rules.large_amount if scaled else form.rules.small_amount
        yield Breach(name, expected=limit, actual=largest, facts={"unit": form.currency_unit})


@rule(
    "M13",
    over="submission",
    severity=Severity.ERROR,
    zh="{label}为 {actual}，决算（账面）数为 {expected}，差 {difference}。",
    en="{label} is {actual}, the accounts say {expected} (difference {difference}).",
    remedy=("请按决算（账面）数核对填报。", "Check the amount against the accounts."),
    needs=("ledger",),
)
def amounts_as_in_the_accounts(form_read: Submission, form: Form) -> Iterator[Breach]:
    """金额应与决算数一致。 The amounts are those of the accounts.

    只有财政部门提供了决算（账面）数据才核验；没有数据时记为未核验。

    Checked only where the finance department supplies its figures; without them it is not run.

    Pass: total.executed_amount=95.00 ledger=executed_amount:95
    Fail: total.executed_amount=95.02 ledger=executed_amount:95
    """
    ledger, line = given(form_read.ledger), form_read.record.total
    for column in form.money_columns:
        right, stated = ledger.get(column.term), getattr(line, column.term, None)
        if right is not None and abs((stated or 0) - right) > form.rules.money_tolerance:
            place = total_place(form_read.record, column.term)
            yield Breach(place, expected=right, actual=stated, facts={"label": column.label})


RULES: tuple[Rule, ...] = (
    column_adds_up,
    not_negative,
    decimals_of_money,
    sub_row_filled,
    amount_written_plainly,
    one_number_format,
    within_budget,
    budget_not_zero,
    adjustment_explained,
    budget_not_fitted,
    one_currency_unit,
    amounts_fit_unit,
    amounts_as_in_the_accounts,
)
