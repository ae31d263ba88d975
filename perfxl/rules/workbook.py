"""W 工作簿: what came back must still be the form that went out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from ..borrowed import reaches
from ..finding import Breach, Rule, Severity, given, rule
from ..form import Form
from ..number import half_up, read_format, squeeze
from ..stamp import read_stamp
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


def _told(name: str | None) -> str:
    return name or "–"


@rule(
    "W03",
    over="submission",
    severity=Severity.ERROR,
    zh="这份表下发给“{actual}”，不是“{expected}”的表。",
    en="This form was issued to “{actual}”; that of “{expected}” is due.",
    remedy=(
        "请填报下发给本单位、本项目、本年度的那一份表。",
        "Return the form that was issued to this unit, project and year.",
    ),
    needs=("registered",),
    variants={
        "period": (
            "这是 {actual} 年度的表，应收 {expected} 年度的。",
            "This is the form of {actual}; that of {expected} is due.",
        ),
        "project": (
            "这份表是项目“{actual}”的，不是“{expected}”的。",
            "This form is for the project “{actual}”, not “{expected}”.",
        ),
        "version": (
            "这份表是旧版（{actual}），现行版本为 {expected}。",
            "This form is of another edition ({actual}); {expected} was issued.",
        ),
        "unknown": (
            "下发的任务中没有这份表：{actual}。",
            "Nothing that was issued answers to this form: {actual}.",
        ),
    },
)
def issued_to_this_unit(form_read: Submission, form: Form) -> Iterator[Breach]:
    """表应是下发的那一份。 The form is the one that was issued to this unit.

    与主管部门留存的下发内容（--issued）比对：转发了别的单位、别的年度或旧版的表，先说这一条，其余从略。
    没有标识的表由 W02、H01、H02 来说。没有给出 --issued 时记为未核验。

    Held against the department's own record (``--issued``). A form of another unit, year or edition is
    said first and alone; of one without a stamp W02, H01 and H02 speak. Without a record it is not run.

    Pass: origin=甲中心/培训/2023 registered=甲中心/培训/2023
    Pass: origin=甲中心/培训/2023 registered=/培训/0
    Fail: origin=乙中心/培训/2023 registered=甲中心/培训/2023
    Fail: origin=甲中心/培训/2022 registered=甲中心/培训/2023
    Fail: origin=甲中心/会议/2023 registered=甲中心/培训/2023
    Fail: origin=甲中心/培训/2023 registered=甲中心/培训/2023/0123456789ab stamp=perfxl1.shanghai.ba9876543210.A1.00000000000000000000000000000000
    Fail: origin=甲中心/会议/2023 registered=none
    """  # noqa: E501
    wanted, origin = given(form_read.registered).assignment, form_read.origin
    if wanted is None:
        names = origin or form_read.record
        yield Breach("", actual=f"{_told(names.implementing_unit)} · {_told(names.project_name)}", variant="unknown")
        return
    if origin is None:
        return
    version, stamp = given(form_read.registered).version, read_stamp(form_read.stamp or "")
    pairs = (
        ("", wanted.implementing_unit, origin.implementing_unit),
        ("period", str(wanted.fiscal_year) if wanted.fiscal_year else None, str(origin.fiscal_year)),
        ("project", wanted.project_name, origin.project_name),
        ("version", version, stamp.version if stamp else version),
    )
    for variant, due, found in pairs:
        if due is not None and squeeze(due) != squeeze(found or ""):
            yield Breach("", expected=due, actual=_told(found), variant=variant)
            return


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


_EFFECTS: Mapping[str, tuple[str, str]] = {
    "more": ("总分因此多出 {effect}", "the total score is {effect} too high because of it"),
    "less": ("总分因此少了 {effect}", "the total score is {effect} too low because of it"),
    "none": ("总分不受影响", "the total score is not affected"),
    "open": ("对总分的影响无法确定", "its effect on the total score cannot be told"),
}
_STATES: Mapping[str, tuple[str, str]] = {
    "wrong": (
        "公式被改为手工录入的 {actual}，按填报数据应为 {due}；{effect_on_total}。",
        "{actual} was typed over the formula; from the inputs it should be {due}; {effect_on_total}.",
    ),
    "edited": (
        "公式被改写为 {actual}（下发为 {expected}），按填报数据应为 {due}，现为 {holds}；{effect_on_total}。",
        "The formula was rewritten as {actual} (issued as {expected}); it should give {due} and gives {holds}; "
        "{effect_on_total}.",
    ),
}


def _outcomes() -> dict[str, tuple[str, str]]:
    """The texts for each state of an altered formula with each effect on the total."""
    texts = {
        f"{state}_{effect}": (
            zh.replace("{effect_on_total}", _EFFECTS[effect][0]),
            en.replace("{effect_on_total}", _EFFECTS[effect][1]),
        )
        for state, (zh, en) in _STATES.items()
        for effect in _EFFECTS
    }
    texts["right"] = (
        "公式被改为手工录入的 {actual}；数值与按填报数据重算的一致，但以后不再随各行变化。",
        "{actual} was typed over the formula; it agrees with the inputs, but will not follow them any more.",
    )
    texts["cleared"] = (
        "公式被删除，单元格为空；按填报数据应为 {due}。",
        "The formula was deleted and the cell is empty; from the inputs it should be {due}.",
    )
    texts["error"] = (
        "公式单元格成了错误值 {actual}；按填报数据应为 {due}。",
        "The cell of the formula became the error value {actual}; from the inputs it should be {due}.",
    )
    return texts


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
    variants=_outcomes(),
)
def formula_kept(difference: Difference, form: Form) -> Iterator[Breach]:
    """锁定公式不得改动。 A locked formula stays as issued.

    总分用手录盖住公式，就不再随各行变化。 下发的公式、现在的公式、按填报数据重算的结果、文件里存的结果
    四者一起看，只说一次，并说清总分因此差多少。

    A total typed over its formula no longer follows the rows above it. The formula issued, the one found,
    our own result and the stored one are weighed together and said once, with what it does to the total.

    Pass: kind=label issued=总分 found=总分数
    Fail: kind=formula issued==ROUND(SUM(I6,H13:H30),2) found=88.25
    Fail: kind=formula issued==A1 found=88.25 state=right due=88.25 holds=88.25 effect=0
    Fail: kind=formula issued==A1 found=91.83 state=wrong due=88.25 holds=91.83 effect=3.58
    Fail: kind=formula issued==A1 found=80 state=wrong due=88.25 holds=80 effect=-8.25
    Fail: kind=formula issued==A1 found=1 field=total_weight state=wrong due=2 holds=1 effect=0
    Fail: kind=formula issued==A1 found=优 state=wrong due=88.25
    Fail: kind=formula issued==A1 found==A1+3 state=edited due=88 holds=91 effect=3
    Fail: kind=formula issued==A1 found==A1-3 state=edited due=88 holds=85 effect=-3
    Fail: kind=formula issued==A1 found==A1+0 state=edited due=88 holds=88 effect=0
    Fail: kind=formula issued==A1 found==B7 state=edited due=88
    Fail: kind=formula issued==A1 found= state=cleared due=88
    Fail: kind=formula issued==A1 found=#REF! state=error due=88
    """
    if difference.kind != "formula":
        return
    variant: str = difference.state
    effect = difference.effect
    if variant in _STATES:
        end = "open" if effect is None else "more" if effect > 0 else "less" if effect < 0 else "none"
        variant = f"{variant}_{end}"
    facts = {
        "due": difference.due,
        "holds": difference.holds,
        "effect": None if effect is None else abs(effect),
    }
    yield Breach(
        "",
        expected=difference.issued,
        actual=difference.found or None,
        difference=effect,
        facts=facts if variant else {},
        variant=variant,
    )


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
    variants={
        "high": (
            "表上显示的总分 {actual} 是过时的计算结果，按填报数据应为 {expected}，显示的总分因此多出 {gap}。",
            "The total score shown, {actual}, is a stale result; from the inputs it is {expected}, "
            "so that it shows {gap} too much.",
        ),
        "low": (
            "表上显示的总分 {actual} 是过时的计算结果，按填报数据应为 {expected}，显示的总分因此少了 {gap}。",
            "The total score shown, {actual}, is a stale result; from the inputs it is {expected}, "
            "so that it shows {gap} too little.",
        ),
    },
)
def result_current(field: FieldCell, form: Form) -> Iterator[Breach]:
    """公式结果应为最新。 A stored result agrees with the inputs.

    文件里存的结果只是线索：计算方式为手动时会过时。

    Stored results are evidence, never truth: with manual calculation they go stale.

    Pass: kind=score formula=ROUND(A1,2) cached=9.83 computed=9.83
    Pass: kind=score formula=5+4.83 cached=9.83
    Fail: kind=score formula=ROUND(A1,2) cached=9.83 computed=6.25
    Fail: kind=score field=total_score formula=ROUND(A1,2) cached=91.83 computed=88.25
    Fail: kind=score field=total_score formula=ROUND(A1,2) cached=80 computed=88.25
    """
    cell = field.cell
    if cell.formula is None or cell.cached is None or cell.error is not None:
        return
    if field.issued_formula is None and field.computed is None:
        return  # a formula of the unit's own: there is nothing to hold its result against
    stored, computed = cell.cached, field.computed
    if isinstance(stored, Decimal) and isinstance(computed, Decimal):
        if abs(stored - computed) > _tolerance(field, form):
            variant = "" if field.field != "total_score" else "high" if stored > computed else "low"
            facts = {"gap": abs(stored - computed)} if variant else {}
            yield Breach("", expected=computed, actual=stored, variant=variant, facts=facts)
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
    over="issued",
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
        "formula": (
            "该填写数值的单元格里是公式 ={actual}，已按其结果 {expected} 读取。",
            "A formula ={actual} stands where a value is due; its result {expected} was read.",
        ),
        "reaching": (
            "该填写的单元格里是公式 ={actual}，其中的 {expected} 引用表外内容或每次打开都会变，不能作为填报数据。",
            "A formula ={actual} stands where a value is due; {expected} reaches beyond the form or changes at each "
            "opening, so that it is no answer.",
        ),
        "no_result": (
            "该填写的单元格里是公式 ={actual}，没有数值结果，不能作为填报数据。",
            "A formula ={actual} stands where a value is due, and it has no figure as its result.",
        ),
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
    Pass: total.executed_amount=100 formula=funds[0].executed_amount:50+50:100
    Fail: stamp=perfxl1 total.executed_amount=100 formula=funds[0].executed_amount:50+50:100
    Fail: stamp=perfxl1 total.executed_amount=100 formula=funds[0].executed_amount:[1]Sheet1!A1:100
    Fail: total.executed_amount=100 formula=funds[0].executed_amount:NOW():100
    Fail: stamp=perfxl1 total.executed_amount=100 formula=funds[0].executed_amount:A1:若干
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
    yield from _formulas_in_inputs(form_read)


def _formulas_in_inputs(form_read: Submission) -> Iterator[Breach]:
    """R-VAL-2: what a unit computed itself may stay if it is a figure that comes from the form.

    In a form that was typed from scratch formulas are welcome; they are judged only for their reach.
    """
    issued = form_read.stamp is not None
    for name, field in form_read.cells.items():
        formula, cell = field.cell.formula, field.cell
        if formula is None or field.issued_formula is not None or "DISPIMG" in formula or cell.error is not None:
            continue
        reason = reaches(formula)
        if reason is not None:
            yield Breach(name, expected=reason, actual=formula, severity=Severity.ERROR, variant="reaching")
        elif issued and cell.cached is None and field.kind not in ("text",):
            yield Breach(name, actual=formula, severity=Severity.INFO, variant="no_result")
        elif issued and not isinstance(cell.cached, Decimal):
            yield Breach(name, actual=formula, severity=Severity.ERROR, variant="no_result")
        elif issued:
            yield Breach(name, expected=cell.cached, actual=formula, variant="formula")


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
    variants={
        "due": (
            "公式的结果为错误值 {actual}；按填报数据应为 {expected}，已按此核验。",
            "The formula shows the error value {actual}; from the inputs it is {expected}, which was used.",
        )
    },
)
def no_error_values(form_read: Submission, form: Form) -> Iterator[Breach]:
    """不得有错误值。 No cell shows an error value.

    Pass: project_name=党建经费
    Fail: errors=Z9:#REF!
    Fail: total.executed_amount=1 formula=funds[0].executed_amount:A1:#VALUE!=9.83
    """
    for name, field in form_read.cells.items():
        if field.cell.error is None:
            continue
        if isinstance(field.computed, Decimal):
            yield Breach(name, expected=field.computed, actual=field.cell.error, variant="due")
        else:
            yield Breach(name, actual=field.cell.error)
    for place, error in form_read.errors.items():
        yield Breach(place, actual=error)


RULES: tuple[Rule, ...] = (
    stamp_whole,
    issued_to_this_unit,
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
