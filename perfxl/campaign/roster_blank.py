"""A roster 花名册 as a workbook: blank, or with what a sample puts in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..form import Form
from ..number import neat
from ..page import lines
from ..sheet import Area, Cell, PrintSetup, Sheet, Validation, Value, Workbook, a1_area
from .roster_guide import guide
from .roster_layout import HEAD_ROW, HINT_ROW, INDICATORS, PROJECTS, UNITS, Field, Table, execution, filled, tables

Filled = Sequence[Mapping[str, Value]]
"""What stands in the rows of a sheet, by term."""

_LAST = {UNITS: 5_000, PROJECTS: 10_000, INDICATORS: 100_000}
_FROZEN = {UNITS: (HINT_ROW, 2), PROJECTS: (HINT_ROW, 3), INDICATORS: (HINT_ROW, 1)}
_LISTS = "_lists"
_INLINE = 255
"""Signs that a list inside a validation may have; a longer one stands on a hidden sheet."""


def blank_roster(form: Form, given: Mapping[str, Filled] | None = None) -> Workbook:
    """The roster for a form: sheets 说明, 单位, 项目, 指标. ``given`` has rows by the name of the sheet."""
    lists: list[tuple[str, ...]] = []
    made = [_sheet(form, table, (given or {}).get(table.sheet, ()), lists) for table in tables(form)]
    hidden = (_lists_sheet(lists),) if lists else ()
    return Workbook(sheets=(guide(form), *made, *hidden))


# ---- the sheets to fill in -------------------------------------------------------------------


def _sheet(form: Form, table: Table, rows: Filled, lists: list[tuple[str, ...]]) -> Sheet:
    cells: dict[tuple[int, int], Cell] = {}
    heights = {HEAD_ROW: 40.0, HINT_ROW: 34.0}
    for at, field in enumerate(table.fields, 1):
        heading = field.heading + ("*" if field.required else "")
        cells[HEAD_ROW, at] = Cell(value=heading, text=heading, style="roster_head")
        cells[HINT_ROW, at] = Cell(value=field.hint, text=field.hint, style="roster_hint")
        for number, row in enumerate(rows, HINT_ROW + 1):
            cell = filled(form, field, row.get(field.term))
            cells[number, at] = cell
            need = lines(cell.text, field.width - 1) * 14.25 + 8 if cell.text else 0
            heights[number] = max(heights.get(number, 20.0), need)
    columns = range(1, len(table.fields) + 1)
    looks = {at: filled(form, field, None) for at, field in zip(columns, table.fields, strict=True)}
    return Sheet(
        name=table.sheet,
        cells=cells,
        widths={at: field.width for at, field in zip(columns, table.fields, strict=True)},
        heights=heights,
        column_looks=looks,
        frozen=_FROZEN[table.sheet],
        validations=tuple(_validations(form, table, lists)),
        printing=PrintSetup(landscape=True, repeat_rows=(HEAD_ROW, HINT_ROW), footer="&C第 &P 页 共 &N 页"),
    )


def _validations(form: Form, table: Table, lists: list[tuple[str, ...]]) -> list[Validation]:
    found = []
    for at, field in enumerate(table.fields, 1):
        area = Area(HINT_ROW + 1, at, _LAST[table.sheet], at)
        validation = _validation(form, table, field, area, lists)
        if validation is not None:
            found.append(validation)
    return found


def _validation(form: Form, table: Table, field: Field, area: Area, lists: list[tuple[str, ...]]) -> Validation | None:
    title = field.heading.partition("\n")[0]
    if field.kind == "amount":
        unit = form.currency_unit
        prompt = f"只填数字，单位：{unit}。没有下发的留空。Figures only; blank where none is issued."
        return Validation(
            area=area,
            kind="decimal",
            minimum="0",
            title=title,
            prompt=prompt,
            error="请填不小于 0 的数。A number from 0.",
        )
    if field.kind == "weight":
        prompt = f"同一项目各指标分值连同预算执行率 {execution(form)} 分，合计 {neat(form.rules.total_weight)}。"
        return Validation(
            area=area,
            kind="decimal",
            minimum="0",
            maximum="100",
            title=title,
            prompt=prompt,
            error="请填 0 至 100 的数。A number from 0 to 100.",
        )
    if field.term == "unit" and table.sheet == PROJECTS:
        return _reference(area, UNITS, title, "从“单位”表选。From the sheet 单位.")
    if field.term == "project" and table.sheet == INDICATORS:
        return _reference(area, PROJECTS, title, "从“项目”表选；每行都填。From the sheet 项目, in every row.")
    if field.term == "level_1":
        return _choice(area, tuple(level.name for level in form.levels), title, lists)
    if field.term == "level_2":
        names = dict.fromkeys(second.name for level in form.levels for second in level.level_2)
        return _choice(area, tuple(names), title, lists, strict=False)
    if field.term == "operator":
        return _choice(area, ("≥", "≤", "=", ">", "<", "定性"), title, lists)
    prompts = {
        "target": "带符号和单位，如 ≥90%、12场；定性指标写文字。With operator and unit.",
        "address": "一格一个地址；另有联系人请另起一行，单位代码相同。One address; more people, more rows.",
        "project": "每个项目一个编号，不要重复，如 A001。Each project has its own.",
        "unit": "一个代码只给一个单位，如 U01。One code, one unit.",
    }
    if field.term in prompts:
        return Validation(area=area, kind="any", title=title, prompt=prompts[field.term])
    return None


def _reference(area: Area, sheet: str, title: str, prompt: str) -> Validation:
    source = a1_area(Area(HINT_ROW + 1, 1, _LAST[sheet], 1), absolute=True)
    error = f"“{sheet}”表里没有这一项。Not on the sheet {sheet}."
    return Validation(area=area, kind="list", minimum=f"={sheet}!{source}", title=title, prompt=prompt, error=error)


def _choice(
    area: Area, choices: tuple[str, ...], title: str, lists: list[tuple[str, ...]], *, strict: bool = True
) -> Validation | None:
    """A drop-down: inside the validation where that may be, else from the hidden sheet."""
    if not choices:
        return None
    error = (
        "请从下拉列表中选。Choose from the list." if strict else "列表中没有；确认要这样写吗？Not in the list. Keep it?"
    )
    inline = len(",".join(choices).encode("utf-16-le")) // 2 <= _INLINE and not any("," in each for each in choices)
    source = None
    if not inline:
        lists.append(choices)
        column = len(lists)
        source = f"={_LISTS}!{a1_area(Area(1, column, len(choices), column), absolute=True)}"
    return Validation(
        area=area, kind="list", choices=choices if inline else (), minimum=source, title=title,
        prompt="可从下拉列表中选。From the list.", error=error, strict=strict,
    )  # fmt: skip


def _lists_sheet(lists: Sequence[tuple[str, ...]]) -> Sheet:
    cells = {
        (row, column): Cell(value=text, text=text, style="plain")
        for column, choices in enumerate(lists, 1)
        for row, text in enumerate(choices, 1)
    }
    return Sheet(name=_LISTS, cells=cells, visibility="hidden", protected=True)
