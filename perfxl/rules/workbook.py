"""W 工作簿: what came back must still be the form that went out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..finding import Breach, Rule, Severity, rule
from ..form import Form
from ..number import half_up, read_format, squeeze
from ..submission import Difference, FieldCell, Submission

NUMERIC = frozenset({"money", "weight", "score", "rate"})
MONEY_ODDITIES = frozenset({"leading_zero", "spaces"})
"""Ways of writing an amount of which M05 speaks."""


@rule(
    "W04",
    over="submission",
    severity=Severity.ERROR,
    zh="表中找不到栏目 {name}，无法核验这一项。",
    en="The field {name} could not be found in the form; it cannot be checked.",
    remedy=(
        "请在下发的原表上填写，不要删除或改写行、列和栏目名称。",
        "Fill in the form as issued; do not delete or reword rows, columns or labels.",
    ),
)
def field_located(form_read: Submission, form: Form) -> Iterator[Breach]:
    """栏目应齐全。 Every field of the form is there.

    A field that was moved and found again is a note of the reader, not a fault.

    Pass: project_name=党建经费
    Fail: missing=total_score,expected_goal
    """
    for name in form_read.missing:
        yield Breach(name, facts={"name": name})


@rule(
    "W05",
    over="differences",
    severity=Severity.ERROR,
    zh="锁定单元格的公式被改动：下发为 {expected}，现为 {actual}。",
    en="The formula of a locked cell was altered: issued as {expected}, now {actual}.",
    remedy=(
        "请恢复原公式，或把数据填入重新下发的表；合计不要手工录入。",
        "Restore the formula or fill in a fresh copy of the form; do not type totals by hand.",
    ),
)
def formula_kept(difference: Difference, form: Form) -> Iterator[Breach]:
    """锁定公式不得改动。 A locked formula stays as issued.

    A total typed over its formula no longer follows the rows above it.

    Pass: kind=label issued=总分 found=总分数
    Fail: kind=formula issued==ROUND(SUM(I6,H13:H30),2) found=88.25
    """
    if difference.kind == "formula":
        yield Breach("", expected=difference.issued, actual=difference.found)


@rule(
    "W06",
    over="cells",
    severity=Severity.INFO,
    zh="公式没有存储计算结果（文件由不计算的程序保存），应得 {expected}；已按填报数据重新计算。",
    en="The formula has no stored result (saved by a program that does not calculate); "
    "{expected} was computed from the inputs.",
    remedy=(
        "请用 Excel 或 WPS 打开并保存一次，使公式重新计算。",
        "Open and save the file once in Excel or WPS, so that formulas are calculated.",
    ),
)
def result_stored(field: FieldCell, form: Form) -> Iterator[Breach]:
    """公式应有计算结果。 A formula has a stored result.

    Pass: kind=score formula=ROUND(A1,2) cached=9.83 computed=9.83
    Fail: kind=score formula=ROUND(A1,2) computed=9.83
    """
    cell = field.cell
    if cell.formula is not None and cell.cached is None and cell.error is None and field.computed is not None:
        yield Breach("", expected=_shown(field.computed))


@rule(
    "W07",
    over="cells",
    severity=Severity.WARNING,
    zh="公式存储的结果 {actual} 与按填报数据重算的 {expected} 不一致（差 {difference}）。",
    en="The stored result {actual} differs from {expected}, recomputed from the inputs (difference {difference}).",
    remedy=(
        "请把计算方式设为自动，按 F9 重新计算后保存。",
        "Set calculation to automatic, recalculate (F9) and save.",
    ),
)
def result_current(field: FieldCell, form: Form) -> Iterator[Breach]:
    """公式结果应为最新。 A stored result agrees with the inputs.

    Stored results are evidence, never truth: with manual calculation they go stale.

    Pass: kind=score formula=ROUND(A1,2) cached=9.83 computed=9.83
    Fail: kind=score formula=ROUND(A1,2) cached=9.83 computed=6.25
    """
    cell = field.cell
    if cell.formula is None or cell.cached is None or cell.error is not None:
        return
    stored, computed = cell.cached, field.computed
    if isinstance(stored, Decimal) and isinstance(computed, Decimal):
        if abs(stored - computed) > _tolerance(field, form):
            yield Breach("", expected=computed, actual=stored)
    elif (stored or None) != (computed or None):
        yield Breach("", expected=_shown(computed), actual=_shown(stored))


def _tolerance(field: FieldCell, form: Form) -> Decimal:
    if field.kind == "money":
        return form.rules.money_tolerance
    if field.kind == "score":
        return form.rules.total_tolerance if field.field == "total_score" else form.rules.score_tolerance
    if field.kind == "rate":
        # half a unit of the last digit shown; a percentage has two decimals more
        places = read_format(field.cell.number_format).places
        return Decimal(5).scaleb(-(2 if places is None else places) - 3)
    return Decimal(0)


def _shown(value: Decimal | str | bool | None) -> Decimal | str | None:
    return str(value).upper() if isinstance(value, bool) else value


@rule(
    "W08",
    over="differences",
    severity=Severity.ERROR,
    zh="锁定内容被改动：下发为“{expected}”，现为“{actual}”。",
    en="Locked content was changed: issued as “{expected}”, now “{actual}”.",
    remedy=(
        "请恢复下发的内容；确需调整的，先报主管部门同意并重新下发。",
        "Restore what was issued; a change needs the department's consent and a new form.",
    ),
)
def content_kept(difference: Difference, form: Form) -> Iterator[Breach]:
    """下发内容不得改动。 What the department issued stays as issued.

    Lowering a target afterwards makes any result look complete. Of weights K05 speaks,
    of the names in the header H01.

    Pass: kind=formula issued==A1 found=5
    Fail: kind=issued field=indicators[0].target issued=≥100场 found=≥10场
    Fail: kind=label issued=全年预算数 found=年初预算数
    """
    if difference.kind == "formula" or difference.field.endswith(".weight"):
        return
    if difference.kind == "issued" and any(entry.term == difference.field for row in form.header for entry in row):
        return
    yield Breach("", expected=difference.issued, actual=difference.found)


@rule(
    "W10",
    over="cells",
    severity=Severity.WARNING,
    zh="数字以文本形式存放：“{actual}”，已按 {expected} 读取；公式求和会漏掉它。",
    en="A number is kept as text: “{actual}”, read as {expected}; a SUM passes it over.",
    remedy=(
        "请改录为数值：去掉单位、空格和全角字符，单元格格式设为数值。",
        "Type it as a number: no unit, no blanks, no full-width digits.",
    ),
)
def number_is_number(field: FieldCell, form: Form) -> Iterator[Breach]:
    """数字应为数值。 A number is stored as a number.

    Silent where M05 speaks of the writing of an amount and W11 of a rate.

    Pass: kind=money number=100 value=100
    Pass: kind=money text=0100 number=100 oddities=leading_zero
    Fail: kind=score text=9.83分 number=9.83 oddities=unit
    Fail: kind=weight text=１０ number=10 oddities=width
    """
    value = field.cell.value
    if not isinstance(value, str) or field.number is None or field.kind not in NUMERIC:
        return
    if (field.kind == "money" and field.oddities & MONEY_ODDITIES) or _rate_without_sign(field):
        return
    yield Breach("", expected=field.number, actual=value)


def _rate_without_sign(field: FieldCell) -> bool:
    value = field.cell.value
    return field.kind == "rate" and isinstance(value, str) and field.number is not None and "%" not in squeeze(value)


@rule(
    "W11",
    over="cells",
    severity=Severity.ERROR,
    zh="执行率写法有误：单元格显示 {actual}。",
    en="The execution rate is written wrongly: the cell shows {actual}.",
    remedy=(
        "百分比单元格中请录入 98.3%（即 0.983），不要录入 98.3 或不带 % 的文本。",
        "In a percent cell type 98.3% (0.983), neither 98.3 nor a text without %.",
    ),
    variants={
        "text": (
            "执行率为不带 % 的文本“{actual}”，无法确定是比例还是百分数。",
            "The execution rate is the text “{actual}” without %: a fraction or a percentage cannot be told apart.",
        )
    },
)
def rate_written_as_rate(field: FieldCell, form: Form) -> Iterator[Breach]:
    """执行率应为百分比。 A rate is written as a percentage.

    98.3 typed into a percent cell is 9830%.

    Pass: kind=rate value=0.983 number=0.983 number_format=0.00%
    Fail: kind=rate value=98.3 number=98.3 number_format=0.00%
    Fail: kind=rate text=0.983 number=0.983
    """
    if field.kind != "rate":
        return
    value = field.cell.value
    if isinstance(value, Decimal):
        # nobody spends twice the budget; a percentage typed as a number is that far off
        if value > 2 and read_format(field.cell.number_format).percent:
            yield Breach("", expected=half_up(value / 100, 4), actual=field.cell.text or f"{value * 100}%")
    elif _rate_without_sign(field):
        yield Breach("", actual=str(value), variant="text")


@rule(
    "W13",
    over="submission",
    severity=Severity.ERROR,
    zh="单元格为错误值 {actual}。",
    en="The cell holds the error value {actual}.",
    remedy=(
        "请检查公式引用的数据（如全年预算数为 0），改正后重新保存。",
        "Check what the formula refers to (a budget of 0, for example), correct it and save again.",
    ),
)
def no_error_values(form_read: Submission, form: Form) -> Iterator[Breach]:
    """不得有错误值。 No cell shows an error value.

    Pass: project_name=党建经费
    Fail: errors=Z9:#REF!
    """
    for name, field in form_read.cells.items():
        if field.cell.error is not None:
            yield Breach(name, actual=field.cell.error)
    for place, error in form_read.errors.items():
        yield Breach(place, actual=error)


RULES: tuple[Rule, ...] = (
    field_located,
    formula_kept,
    result_stored,
    result_current,
    content_kept,
    number_is_number,
    rate_written_as_rate,
    no_error_values,
)
