"""The sheet 说明 of the roster: how to fill it in, and a row of each sheet as an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ..form import Form
from ..number import neat
from ..page import lines
from ..sheet import Area, Cell, PrintSetup, Sheet, Value
from .roster_layout import GUIDE, Table, execution, filled, tables

_GUIDE_WIDTHS = (6, 52, 52)


def _paragraphs(form: Form) -> list[tuple[str, str]]:
    unit = form.currency_unit
    total, own = neat(form.rules.total_weight), execution(form)
    return [
        (
            "依次填三张表：“单位”是发给谁，“项目”是每个单位有哪些项目，“指标”是每个项目下发哪些指标。第 1、2 行不要改。",
            "Fill in three sheets: 单位 whom to ask, 项目 the projects of each unit, 指标 the indicators issued. Leave rows 1 and 2.",
        ),
        (
            "带 * 的栏必填，其余可空。一行一条，不要合并单元格。",
            "Columns with * are required. One entry a row; merge no cells.",
        ),
        (
            "单位代码由您定（如 U01），用来把三张表连起来；一个单位有几位联系人时，另起一行，代码相同。",
            "Unit codes are yours (U01); they tie the sheets together. Another contact of a unit: another row, same code.",
        ),
        (
            f"金额填数字，单位{unit}；尚未确定的留空，由单位填写。执行数由单位填写，花名册里没有。",
            f"Amounts are figures in {unit}; leave blank what is not settled. What was spent is for the unit to report.",
        ),
        (
            f"每个项目的指标分值合计应为 {neat(form.rules.total_weight - (form.execution_weight or 0))}"
            f"（预算执行率另占 {own}，总计 {total}）。",
            f"The weights of a project, with {own} for the execution rate, add up to {total}.",
        ),
        (
            "不下发指标的项目，在“指标”里不填，表中留空行由单位自己填。",
            "A project without rows in 指标 gets blank rows for the unit to fill in.",
        ),
        (
            "填好保存后运行 perfxl generate：先检查花名册，有错会列出在哪张表哪一格；全部正确才生成。",
            "Save, then run perfxl generate: mistakes are listed by sheet and cell, and nothing is made until there are none.",
        ),
    ]


def _examples(form: Form) -> list[tuple[Table, Mapping[str, Value]]]:
    """A filled-in row for each sheet."""
    units, projects, indicators = tables(form)
    amounts = [field.term for field in projects.fields if field.kind == "amount"]
    amount = Decimal("1200000.00") if form.currency_unit == "元" else Decimal("120")
    level = form.levels[0] if form.levels else None
    return [
        (units, {"unit": "U01", "name": "示例单位", "contact": "王老师", "address": "wang@example.org"}),
        (
            projects,
            {
                "project": "A001",
                "unit": "U01",
                "project_name": "老旧小区改造",
                **({amounts[0]: amount} if amounts else {}),
                "expected_goal": "完成 12 个小区的改造。",
            },
        ),
        (
            indicators,
            {
                "project": "A001",
                "level_1": level.name if level else "",
                "level_2": level.level_2[0].name if level and level.level_2 else "",
                "level_3": "改造小区数量",
                "operator": "≥",
                "target": "12" if _has(indicators, "unit_of_measure") else "≥12个",
                "unit_of_measure": "个",
                "weight": Decimal(20),
            },
        ),
    ]


def _has(table: Table, term: str) -> bool:
    return any(field.term == term for field in table.fields)


def guide(form: Form) -> Sheet:
    """The sheet 说明."""
    cells: dict[tuple[int, int], Cell] = {}
    heights: dict[int, float] = {}

    def put(row: int, texts: Sequence[str], style: str) -> None:
        for at, text in enumerate(texts, 1):
            cells[row, at] = Cell(value=text or None, text=text, style=style)
        need = max(lines(text, width) for text, width in zip(texts, _GUIDE_WIDTHS, strict=True) if text)
        heights[row] = max(20.0, need * 14.25 + 6)

    title = "花名册填写说明 · How to fill in the roster"
    cells[1, 2] = Cell(value=title, text=title, style="guide_title")
    heights[1] = 34
    put(2, ("序号", "怎样填", "How"), "guide_head")
    row = 2
    for number, (zh, en) in enumerate(_paragraphs(form), 1):
        row += 1
        put(row, (str(number), zh, en), "guide_text")
    for table, values in _examples(form):
        row += 2
        put(row, ("示例", f"“{table.sheet}”一行的填法", f"A row of {table.sheet}, for example"), "guide_head")
        for field in table.fields:
            value = values.get(field.term)
            if value not in (None, ""):
                row += 1
                text = filled(form, field, value).text
                put(row, ("*" if field.required else "", field.heading.replace("\n", " · "), text), "guide_text")
    return Sheet(
        name=GUIDE,
        cells=cells,
        widths=dict(enumerate(map(float, _GUIDE_WIDTHS), 1)),
        heights=heights,
        printing=PrintSetup(area=Area(1, 1, row, 3), footer="&C第 &P 页 共 &N 页"),
    )
