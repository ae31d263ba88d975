"""The table of indicators on a form sheet: its heading, rows, merged levels and computed columns."""

from __future__ import annotations

from .form import ROW_FIGURES, Column
from .page import GENERAL, SCORE, TEXT, Page, RowSpec
from .prompts import PROMPTS, decimal, prompt_at
from .sheet import Area, Cell, Validation, a1_area

STYLES = {
    "level_3": "answer",
    "target": "answer",
    "actual": "answer",
    "variance_explanation": "text",
    "weight": "weight",
    "score": "score",
    "coefficient": "rate",
    "deduction": "score",
    "review_score": "score",
    "description": "text",
    "remark": "text",
    "serial": "label",
}
FORMATS = {"coefficient": "0.0%", "score": GENERAL}


def lay_out(page: Page, rows: tuple[RowSpec, ...]) -> None:
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
    name, area = f"indicators.{number}.{column.term}", page.span(at, at)
    style = STYLES.get(column.term, "answer")
    if column.term == "serial":
        page.put(area, Cell(value=str(number), text=str(number), style=style, number_format=TEXT), name)
        return
    figure = column.term in ROW_FIGURES
    number_format = FORMATS.get(column.term, GENERAL) if figure else TEXT
    if column.across:
        page.formulas[name] = column.across
        number_format = SCORE if number_format == GENERAL else number_format
        page.put(area, Cell(formula="", style=style, number_format=number_format), name)
        return
    page.put(area, Cell(style=style, number_format=number_format, locked=False), name)
    if figure:
        page.validations.append(decimal(page, area, column.term, "0", _most(page, number, column.term)))
    elif column.choices:
        page.validations.append(
            Validation(area=area, kind="list", choices=column.choices, error="请从列表中选。From the list, please.")
        )
    elif column.term in PROMPTS:
        prompt_at(page, area, column.term)


def _most(page: Page, number: int, term: str) -> str:
    """The most that a figure of a row may be: its weight, where that stands before it."""
    weight = f"indicators.{number}.weight"
    if term == "coefficient":
        return "1"
    if term == "weight" or weight not in page.fields:
        return "100"
    return "=" + a1_area(page.fields[weight])


def row_formulas(page: Page, count: int) -> None:
    """The computed columns of the indicators; they may read columns to their right."""
    for column in page.form.computed_columns:
        for number in range(1, count + 1):
            row = f"indicators.{number}."
            page.place_formula(row + column.term, lambda term, row=row: [page.ref(row + term)])  # type: ignore[misc]


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
        text = (page.form.printed_level(spec.level_1) if term == "level_1" else spec.level_2) or ""
        area = Area(head + number, at, head + end, at)
        page.put(area, Cell(value=text or None, text=text, style="label", locked=bool(text)))
        for each in range(number, end + 1):
            page.fields[f"indicators.{each}.{term}"] = Area(area.top, at, area.top, at)
        number = end + 1
