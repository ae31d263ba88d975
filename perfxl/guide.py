"""The sheet 填报说明, written from the definition and the rules, so that it cannot contradict them."""

from __future__ import annotations

from functools import lru_cache

from . import rules, selfcheck
from .form import Form
from .formula import BROKEN, HOLDS, OPEN
from .number import neat
from .page import GUIDE, lines
from .sheet import Area, Cell, PrintSetup, Sheet

WIDTHS = (7, 44, 44, 9)
_SEVERITY = {"error": "退回 error", "warning": "提醒 warning", "info": "提示 info"}


def _paragraphs(form: Form) -> list[tuple[str, str]]:
    """What the clerk does, in Chinese and English; every figure comes from the definition."""
    denominator = form.fund_column(form.denominator)
    base = denominator.label if denominator else form.denominator
    weight = neat(form.execution_weight) if form.execution_weight is not None else "–"
    levels = "、".join(f"{level.name} {neat(level.weight)}" for level in form.levels if level.weight is not None)
    bands = "，".join(f"{neat(floor)} 分及以上为{word}" for floor, word in form.rules.bands)
    grades = ", ".join(f"{word} from {neat(floor)}" for floor, word in form.rules.bands)
    unit = form.currency_unit
    unit_en = "yuan" if unit == "元" else "ten thousand yuan"
    return [
        (
            "只填浅黄色的格；灰白色的格已锁定，由公式计算或由主管部门下发。",
            "Fill in the pale yellow cells only; the others are computed or issued, and locked.",
        ),
        (
            f"金额单位为{unit}。没有的填 0，不要留空。",
            f"Amounts are in {unit_en} ({unit}). Where there is none, enter 0; do not leave it blank.",
        ),
        (
            f"执行率按“{base}”计算；其得分满分为 {weight} 分，四舍五入到两位小数。",
            f"The execution rate is computed on {base}; its full score is {weight}, rounded half-up to two decimals.",
        ),
        (
            f"分值合计应为 {neat(form.rules.total_weight)}" + (f"；一级指标分值：{levels}。" if levels else "。"),
            f"Weights add up to {neat(form.rules.total_weight)}" + (f"; by first level: {levels}." if levels else "."),
        ),
        *_of_columns(form),
        _UNIT_APART if form.column("unit") else _UNIT_INSIDE,
        *([_REASON] if form.column("variance_explanation") else []),
        (
            "指标行不够用时用表末的空行；用不着的空行留空即可。",
            "Use the spare rows at the end if needed; rows left blank do no harm.",
        ),
        (f"自评等级：{bands}。", f"Grades: {grades}."),
        (
            f"表右侧为自检：{HOLDS} 相符，{BROKEN} 不符，{OPEN} 表内不判断（由主管部门核验）。自检不打印。",
            f"Beside the form, the self-check: {HOLDS} holds, {BROKEN} broken, {OPEN} not decided. It is not printed.",
        ),
        (f"依据：{form.basis.partition(' · ')[0]}", f"Basis: {form.basis.partition(' · ')[2] or form.basis}"),
    ]


_UNIT_INSIDE = (
    "实际完成值填实际测得的值，带单位；不要照抄指标值，不要带 ≥ 或 ≤。",
    "Enter the measured value with its unit; do not copy the target or its operator.",
)
_UNIT_APART = (
    "实际完成值填实际测得的值，单位见度量单位一栏；不要照抄指标值，不要带 ≥ 或 ≤。",
    "Enter the measured value; its unit stands in its own column. Do not copy the target or its operator.",
)
_REASON = (
    "得分低于分值的，必须写明偏差原因和改进措施。",
    "Where a score is below its weight, give the reason and the measures.",
)
_COLUMNS: dict[str, tuple[str, str]] = {
    "operator": (
        "指标性质填 ≥、≤、= 或“定性”，指标值和完成值只填数，度量单位填单位。",
        "The operator, the figure and the unit stand in columns of their own; a qualitative target is 定性.",
    ),
    "adjusted_target": (
        "指标值年中有调整的，填调整后的值；核验时以调整后的值为准。",
        "Where a target was adjusted in the year, the adjusted one counts.",
    ),
    "coefficient": (
        "得分系数填 0% 至 100%；得分＝得分系数×分值，由公式计算。",
        "The coefficient runs from 0% to 100%; the score is coefficient times weight, computed.",
    ),
    "deduction": (
        "扣减分数＝分值－得分，由公式计算。",
        "The deduction is weight less score, computed.",
    ),
    "description": (
        "定性指标应简述完成情况。",
        "For a qualitative target say briefly what was done.",
    ),
}
"""What columns that only some forms have mean for the clerk."""


def _of_columns(form: Form) -> list[tuple[str, str]]:
    return [_COLUMNS[column.term] for column in form.columns if column.term in _COLUMNS]


@lru_cache(maxsize=32)
def sheet(form: Form) -> Sheet:
    """The instructions for a form, Chinese and English side by side."""
    cells: dict[tuple[int, int], Cell] = {}
    heights: dict[int, float] = {}
    merges: list[Area] = []

    def put(row: int, texts: tuple[str, ...], style: str) -> None:
        for column, text in enumerate(texts, 1):
            cells[row, column] = Cell(value=text or None, text=text, style=style)
        need = max(lines(text, width) for text, width in zip(texts, WIDTHS, strict=False))
        heights[row] = max(18.0, need * 14.0 + 5)

    put(1, (f"填报说明 How to fill in the form · {form.title}",), "guide_title")
    merges.append(Area(1, 1, 1, len(WIDTHS)))
    heights[1] = 30
    row = 2
    put(row, ("序号", "怎样填", "How to fill it in", ""), "guide_head")
    for number, (zh, en) in enumerate(_paragraphs(form), 1):
        row += 1
        put(row, (str(number), zh, en, ""), "guide_text")
    row += 2
    put(row, ("规则", "主管部门收表后核验什么", "What is checked when the form comes back", "表内自检"), "guide_head")
    live = {*selfcheck.ROW_CODES, selfcheck.FUND_CODE, selfcheck.TOTAL_CODE}
    for rule in rules.STABLE:
        row += 1
        grade = _SEVERITY[rule.severity.value]
        decided = f"{HOLDS}{BROKEN}{OPEN}" if rule.code in live else OPEN
        put(
            row,
            (rule.code, f"{rule.title_zh}（{grade.split()[0]}）", f"{rule.title_en} ({grade.split()[1]})", decided),
            "guide_text",
        )
    return Sheet(
        name=GUIDE,
        cells=cells,
        merges=tuple(merges),
        widths=dict(enumerate(map(float, WIDTHS), 1)),
        heights=heights,
        printing=PrintSetup(area=Area(1, 1, row, len(WIDTHS)), repeat_rows=(1, 2), footer="&C第 &P 页 共 &N 页"),
        protected=True,
    )
