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
    "W02",
    over="submission",
    severity=Severity.ERROR,
    zh="表内的下发内容已缺失或被改动，标识与内容不符。",
    en="The issued content inside the workbook is gone or altered: it does not fit the stamp.",
    remedy=(
        "请把数据填入重新下发的表；不要删除隐藏工作表，也不要把表复制到别的文件。",
        "Fill in a fresh copy of the form; do not delete its hidden sheet or copy it into another file.",
    ),
    variants={
        "disagree": (
            "表内各处的标识不一致，可能由两个文件拼成。",
            "The stamps inside the workbook differ: it may have been put together from two files.",
        ),
        "lost": (
            "表中有下发表的定位名称，却没有标识：表被复制到了另一个文件。",
            "The sheet has the names of an issued form but no stamp: it was copied into another file.",
        ),
        "absent": ("表上没有标识，不是下发的原表。", "The form carries no stamp: it is not the one that was issued."),
    },
)
def stamp_whole(form_read: Submission, form: Form) -> Iterator[Breach]:
    """下发标识应完整。 The stamp of the form is whole.

    没有标识、只凭栏目名称认出的表照常核验，不因此退回；
    只有在要求用下发的原表时（如给出了 --issued），没有标识才算错误。

    A form that never had a stamp and was read by its labels is judged like any other. That it has
    none is an error only where the issued form is asked for, as with ``--issued``.

    Pass: project_name=党建经费
    Pass: stamp_state=whole
    Fail: stamp_state=damaged
    Fail: stamp_state=disagree
    Fail: stamp_state=lost
    Fail: stamp_state=absent stamp_expected=yes
    """
    state = form_read.stamp_state
    if state == "damaged":
        yield Breach("")
    elif state in ("disagree", "lost") or (state == "absent" and form_read.stamp_expected):
        yield Breach("", variant=state)


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

    移了位置又找到的栏目只作说明，不算缺失。

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

    总分用手录盖住公式，就不再随各行变化。

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

    文件里存的结果只是线索：计算方式为手动时会过时。

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

    事后改动下发的内容，核验就失去了依据。分值见 K05，指标值见 V14，表头名称见 H01。

    What was issued is what the result is measured by. Of weights K05 speaks, of targets V14,
    of the names in the header H01.

    Pass: kind=formula issued==A1 found=5
    Pass: kind=issued field=indicators[0].target issued=≥100场 found=≥10场
    Fail: kind=issued field=indicators[0].level_3 issued=培训场次 found=培训次数
    Fail: kind=label issued=全年预算数 found=年初预算数
    """
    if difference.kind == "formula" or difference.field.endswith((".weight", ".target")):
        return
    if difference.kind == "issued" and any(entry.term == difference.field for row in form.header for entry in row):
        return
    yield Breach("", expected=difference.issued, actual=difference.found)


def _was_issued(form_read: Submission, form: Form) -> bool:
    return form_read.stamp is not None


@rule(
    "W09",
    over="submission",
    severity=Severity.INFO,
    zh="下发时工作表受保护，现已取消保护。",
    en="The sheet was issued protected and no longer is.",
    remedy=("请在受保护的原表上填写。", "Fill in the form with its protection on."),
    applies=_was_issued,
)
def sheet_protected(form_read: Submission, form: Form) -> Iterator[Breach]:
    """工作表应保持保护。 The sheet is still protected.

    取消保护本身不是差错，但改动公式和下发内容因此成为可能，见 W05、W08。

    No fault by itself, but it is how formulas and issued content come to be altered: see W05, W08.

    Pass: stamp=x protected=yes
    Fail: stamp=x protected=no
    """
    if not form_read.protected:
        yield Breach("")


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

    金额的写法由 M05 说，执行率由 W11 说，这里不再重复。

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

    在百分比单元格里录入 98.3，得到的是 9830%。

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


_REMARKS = {
    "HAS_MACROS": "macros",
    "HAS_EMBEDDED_OBJECTS": "objects",
    "EXTERNAL_LINKS": "links",
    "COMMENTS": "comments",
    "CELL_IMAGES": "pictures",
    "HIDDEN_ROWS": "rows",
    "HIDDEN_COLUMNS": "columns",
    "HIDDEN_SHEETS": "sheets",
    "EXTRA_SHEETS": "",
    "COVERED_VALUE": "covered",
    "IMAGE_IN_INPUT": "image",
}
"""What the reader remarks upon, and the text for it; the texts and severities stand in the rule."""


@rule(
    "W12",
    over="submission",
    severity=Severity.INFO,
    zh="文件里还有其他工作表：{actual}；不参与核验。",
    en="The workbook has other sheets: {actual}; they are not judged.",
    remedy=(
        "请只保留要上报的表，取消隐藏，删除宏、外部链接和嵌入的文件后另存为 .xlsx。",
        "Keep only the form, unhide what is hidden, delete macros, links and embedded files, and save as .xlsx.",
    ),
    variants={
        "macros": ("文件含有宏；宏没有运行。", "The file holds macros; they were not run."),
        "objects": (
            "文件嵌有其他文件或控件；没有打开。",
            "The file embeds other files or controls; they were not opened.",
        ),
        "links": ("文件引用了其他文件的数据；没有读取。", "The file links to other files; they were not read."),
        "comments": ("表中有批注；批注不参与核验。", "The file has comments; they are not judged."),
        "pictures": ("单元格里放了图片；图片不参与核验。", "Pictures stand in cells; they are not judged."),
        "rows": ("表中有内容的第 {actual} 行被隐藏。", "Rows that hold something are hidden: {actual}."),
        "columns": ("表中有内容的 {actual} 列被隐藏。", "Columns that hold something are hidden: {actual}."),
        "sheets": ("文件里有隐藏的工作表：{actual}。", "The workbook has hidden sheets: {actual}."),
        "covered": (
            "合并单元格下面盖着内容，表面看不到：{actual}。",
            "There is content under merged cells, where nobody sees it: {actual}.",
        ),
        "image": (
            "该填写的单元格里放的是图片，读不出内容：{actual}。",
            "A picture stands where a value is due; it cannot be read: {actual}.",
        ),
    },
)
def nothing_beside_the_form(form_read: Submission, form: Form) -> Iterator[Breach]:
    """文件里不宜有表外的内容。 The workbook holds the form and nothing hidden or foreign.

    隐藏的行列里可能有参与求和的数；宏和外部链接对收表的人有风险：含宏须退回（除非 --allow-macros），外部链接为提醒；
    盖在合并单元格下面的数、用图片代替的数须改正。

    Hidden rows and columns may hold figures that count; macros and links are a risk to whoever opens
    the file. Macros are an error unless ``--allow-macros``, links a warning; a value that nobody can
    see under a merged cell, or a picture of one, is an error.

    Pass: project_name=党建经费
    Pass: remarks=FAR_CELL:Z9
    Fail: remarks=EXTRA_SHEETS:底稿
    Fail: remarks=HIDDEN_ROWS:14
    Fail: remarks=HIDDEN_COLUMNS:F
    Fail: remarks=HIDDEN_SHEETS:底稿
    Fail: remarks=HAS_MACROS:,HAS_EMBEDDED_OBJECTS:,EXTERNAL_LINKS:
    Fail: remarks=COMMENTS:,CELL_IMAGES:
    Fail: remarks=COVERED_VALUE:H14,IMAGE_IN_INPUT:F13
    """
    for code, where in form_read.remarks:
        if code not in _REMARKS:
            continue
        severity = None
        if code in ("COVERED_VALUE", "IMAGE_IN_INPUT") or (code == "HAS_MACROS" and not form.rules.allow_macros):
            severity = Severity.ERROR
        elif code == "EXTERNAL_LINKS":
            severity = Severity.WARNING
        yield Breach("", actual=where or None, severity=severity, variant=_REMARKS[code])


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
    stamp_whole,
    field_located,
    formula_kept,
    result_stored,
    result_current,
    content_kept,
    sheet_protected,
    number_is_number,
    rate_written_as_rate,
    nothing_beside_the_form,
    no_error_values,
)
