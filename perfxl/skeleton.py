"""A form sheet as it is laid out, before anything is filled in: labels, locks, names, formulas, self-check."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from . import selfcheck
from .digest import hex_digest
from .form import Column, Form, FundColumn, FundRow
from .formula import Places, parse, to_excel
from .noun import ordered_noun
from .number import shown
from .page import Page, RowSpec, dash, money_format
from .sheet import Area, Cell, Validation, a1_area

TEXT, GENERAL, RATE, SCORE = "@", "General", "0.00%", "0.00"
PROMPTS = {
    "money": ("金额", "请填数字，单位：{unit}；没有的填 0。Figure in {unit}; 0 where there is none."),
    "weight": ("分值", "请填 0 至 100 的数。A number from 0 to 100."),
    "score": ("得分", "请填数字，不高于分值。A number, not above the weight."),
    "actual": (
        "实际完成值",
        "请填实际测得的值并带单位，如 95%、12场；不要照抄指标值。The measured value with its unit.",
    ),
    "target": ("年度指标值", "请填指标值并带符号和单位，如 ≥90%、12场。With operator and unit."),
    "variance_explanation": (
        "偏差原因及改进措施",
        "得分低于分值时必填：原因和改进措施。Due where the score is below the weight.",
    ),
    "expected_goal": ("预期目标", "本年度要达到的目标。What the year should achieve."),
    "actual_result": ("实际完成情况", "对照预期目标写清全年结果，写出数量。The year's results, with figures."),
}


@ordered_noun
class Skeleton:
    """A form sheet before anything is filled in: the same for every form of one shape."""

    page: Page
    count: int
    total_row: int
    last_row: int
    head_rows: tuple[int, int]
    goals: tuple[int, int]


@lru_cache(maxsize=32)
def skeleton(form: Form, rows: tuple[RowSpec, ...]) -> Skeleton:
    """Lay out a form of these indicator rows; cached, since a season has few shapes."""
    page = Page(form=form, columns=len(form.columns) + 1)
    page.widths[1] = float(form.block_width)
    for at, column in enumerate(form.columns):
        page.widths[at + 2] = float(column.width)
    _heading(page)
    fund_head = _funds(page)
    goals = _goals(page)
    page.row += 1
    indicator_head = page.row
    _indicators(page, rows)
    total_row = _total(page, len(rows))
    selfcheck.add(page, fund_head=fund_head, indicator_head=indicator_head, count=len(rows), total_row=total_row)
    page.row = total_row
    _sign_off(page)
    return Skeleton(page, len(rows), total_row, page.row, (1, 2), goals)


LAYOUT = 1
"""Counts the changes of this page that move a cell or alter printed words of every form."""


@lru_cache(maxsize=32)
def edition(form: Form) -> str:
    """What a stamp calls the version: 12 hex digits over definition, layout and self-check.

    A return is compared with what was issued only where the edition is the same.
    """
    parts = (form.version, str(LAYOUT), *selfcheck.sources(form.rules))
    return hex_digest("\n".join(parts).encode())[:12]


def _heading(page: Page) -> None:
    page.row = 1
    page.label(page.span(1, page.columns), page.form.title, "title")
    page.heights[1] = 34
    page.row = 2
    page.put(page.span(1, page.columns), Cell(style="year"), "fiscal_year")
    page.heights[2] = 18
    for entries in page.form.header:
        page.row += 1
        page.heights[page.row] = 22
        width = (page.columns - 1) // len(entries)
        left = 1
        for at, entry in enumerate(entries):
            right = page.columns if at == len(entries) - 1 else left + width
            page.label(page.span(left, left), entry.label)
            page.put(page.span(left + 1, right), Cell(style="answer", number_format=TEXT, locked=False), entry.term)
            left = right + 1


def _fund_cell(page: Page, row: FundRow, column: FundColumn) -> Cell:
    name = f"funds.{row.term}.{column.term}"
    here = column.only in (None, row.term)
    if column.kind == "money":
        style, number_format = "money", money_format(column.places)
        source = row.down
    else:
        style = column.kind
        number_format = {"rate": RATE, "score": SCORE}.get(column.kind, GENERAL)
        source = column.across if here else None
        if column.kind == "weight" and here and row.weight is not None:
            return Cell(value=row.weight, text=shown(row.weight, GENERAL), style=style)
        if not here or (column.kind == "weight" and row.weight is None):
            text = dash() if column.kind == "weight" else ""
            return Cell(value=text or None, text=text, style="dash")
    if source is None:
        return Cell(style=style, number_format=number_format, locked=False)
    page.formulas[name] = source
    return Cell(formula="", style=style, number_format=number_format)


def _funds(page: Page) -> int:
    form = page.form
    head, offset = page.row + 1, page.columns - len(form.fund_columns)
    page.row = head
    page.label(Area(head, 1, head + len(form.fund_rows), 1), form.funds_label, "block")
    page.label(page.span(2, offset), "")
    for at, column in enumerate(form.fund_columns):
        page.label(page.span(offset + 1 + at, offset + 1 + at), column.label, "head")
    page.heights[head] = 20
    for row in form.fund_rows:
        page.row += 1
        page.heights[page.row] = 20
        page.label(page.span(2, offset), row.label)
        for at, column in enumerate(form.fund_columns):
            cell = _fund_cell(page, row, column)
            page.put(page.span(offset + 1 + at, offset + 1 + at), cell, f"funds.{row.term}.{column.term}")
            if not cell.locked:
                page.validations.append(_decimal(page, page.span(offset + 1 + at, offset + 1 + at), "money", "0", None))
    for row in form.fund_rows:
        for column in form.fund_columns:
            if f"funds.{row.term}.{column.term}" in page.formulas:
                _place_formula(page, f"funds.{row.term}.{column.term}", _fund_refs(page, row, column))
    return head


def _fund_refs(page: Page, row: FundRow, column: FundColumn) -> Places:
    """The terms of a fund formula: down a column the other sources, across a row the other columns."""
    if column.kind == "money":
        return lambda term: [page.ref(f"funds.{term}.{column.term}")]
    return lambda term: [page.ref(f"funds.{row.term}.{term}")]


def _place_formula(page: Page, name: str, places: Places) -> None:
    area = page.fields[name]
    text = to_excel(parse(page.formulas[name]), places)
    page.cells[area.corner] = replace(page.cells[area.corner], formula=text)


def _decimal(page: Page, area: Area, kind: str, least: str, most: str | None) -> Validation:
    title, prompt = PROMPTS[kind]
    return Validation(
        area=area,
        kind="decimal",
        minimum=least,
        maximum=most,
        title=title,
        prompt=prompt.format(unit=page.form.currency_unit),
        error="请填数字，且不超出允许的范围。A number within the limits, please.",
    )


def _goals(page: Page) -> tuple[int, int]:
    form = page.form
    page.row += 1
    middle = 1 + (page.columns - 1) // 2
    page.label(page.span(1, 1, form.goal_rows + 1), form.goals_label, "block")
    page.label(page.span(2, middle), form.expected_label, "head")
    page.label(page.span(middle + 1, page.columns), form.actual_label, "head")
    page.heights[page.row] = 20
    page.row += 1
    first = page.row
    for left, right, term in ((2, middle, "expected_goal"), (middle + 1, page.columns, "actual_result")):
        area = page.span(left, right, form.goal_rows)
        page.put(area, Cell(style="long", number_format=TEXT, locked=False), term)
        title, prompt = PROMPTS[term]
        most = str(form.goal_characters)
        page.validations.append(
            Validation(
                area=area,
                kind="length",
                maximum=most,
                title=title,
                prompt=prompt,
                error=f"不超过 {most} 字。At most {most} characters.",
            )
        )
    for row in range(first, first + form.goal_rows):
        page.heights[row] = float(form.goal_height)
    page.row = first + form.goal_rows - 1
    return first, page.row


STYLES = {
    "level_3": "answer",
    "target": "answer",
    "actual": "answer",
    "variance_explanation": "text",
    "weight": "weight",
    "score": "score",
}


def _indicators(page: Page, rows: tuple[RowSpec, ...]) -> None:
    form, head = page.form, page.row
    page.label(Area(head, 1, head + len(rows), 1), form.indicators_label, "block")
    for at, column in enumerate(form.columns):
        page.label(page.span(at + 2, at + 2), column.label, "head")
    page.heights[head] = 30
    for number, spec in enumerate(rows, 1):
        page.row = head + number
        page.heights[page.row] = 26
        for at, column in enumerate(form.columns):
            if column.term in ("level_1", "level_2") and not spec.spare:
                continue
            _indicator_cell(page, number, at + 2, column)
    for at, column in enumerate(form.columns):
        if column.term in ("level_1", "level_2"):
            _merge_levels(page, head, rows, at + 2, column.term)


def _indicator_cell(page: Page, number: int, at: int, column: Column) -> None:
    name = f"indicators.{number}.{column.term}"
    figure = column.term in ("weight", "score")
    cell = Cell(style=STYLES.get(column.term, "answer"), number_format=GENERAL if figure else TEXT, locked=False)
    page.put(page.span(at, at), cell, name)
    if figure:
        most = "100"
        if column.term == "score":
            most = (
                "=" + a1_area(page.fields[f"indicators.{number}.weight"])
                if f"indicators.{number}.weight" in page.fields
                else "100"
            )
        page.validations.append(_decimal(page, page.span(at, at), column.term, "0", most))
    elif column.term in PROMPTS:
        title, prompt = PROMPTS[column.term]
        page.validations.append(Validation(area=page.span(at, at), kind="any", title=title, prompt=prompt))


def _merge_levels(page: Page, head: int, rows: tuple[RowSpec, ...], at: int, term: str) -> None:
    """Merge equal neighbours of 一级 and 二级指标; each row's name points to the merged cell."""
    number = 1
    while number <= len(rows):
        spec = rows[number - 1]
        if spec.spare:
            number += 1
            continue
        key = (spec.level_1, spec.level_2 if term == "level_2" else None)
        end = number
        while (
            end < len(rows)
            and not rows[end].spare
            and (
                rows[end].level_1,
                rows[end].level_2 if term == "level_2" else None,
            )
            == key
        ):
            end += 1
        text = getattr(spec, term) or ""
        area = Area(head + number, at, head + end, at)
        page.put(area, Cell(value=text or None, text=text, style="label", locked=bool(text)))
        for each in range(number, end + 1):
            page.fields[f"indicators.{each}.{term}"] = Area(area.top, at, area.top, at)
        number = end + 1


def _total(page: Page, count: int) -> int:
    form = page.form
    page.row += 1
    places = {column.term: at + 2 for at, column in enumerate(form.columns)}
    first = min(places["weight"], places["score"])
    page.label(page.span(1, first - 1), form.total_label, "total")
    for column in range(first, page.columns + 1):
        page.put(page.span(column, column), Cell(style="total"))
    fund_total = {"funds.weight": "funds.total.weight", "funds.score": "funds.total.score"}

    def refs(term: str) -> list[str]:
        if term in fund_total:
            return [page.ref(fund_total[term])] if fund_total[term] in page.fields else ["0"]
        return [page.indicator_column(term.removeprefix("indicators."), count)]

    for term, source in (("weight", form.total_weight), ("score", form.total_score)):
        name = f"total_{term}"
        number_format = SCORE if term == "score" else GENERAL
        page.put(
            page.span(places[term], places[term]), Cell(formula="", style="total", number_format=number_format), name
        )
        page.formulas[name] = source
        _place_formula(page, name, refs)
    page.heights[page.row] = 22
    return page.row


def _sign_off(page: Page) -> None:
    entries = page.form.sign_off
    if not entries:
        return
    page.row += 1
    page.heights[page.row] = 30
    bounds = [1 + round(at * page.columns / len(entries)) for at in range(len(entries) + 1)]
    for entry, left, following in zip(entries, bounds, bounds[1:], strict=False):
        page.label(page.span(left, left), entry.label + "：", "sign_label")
        area = page.span(left + 1, max(left + 1, following - 1))
        page.put(area, Cell(style="sign_text", number_format=TEXT, locked=False), f"sign_off.{entry.term}")
