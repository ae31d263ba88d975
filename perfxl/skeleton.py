"""A form sheet as it is laid out, before anything is filled in: labels, locks, names, formulas, self-check."""

from __future__ import annotations

from functools import lru_cache

from . import indicator_table, selfcheck
from .digest import hex_digest
from .form import Form, FundColumn, FundRow
from .formula import Places
from .noun import ordered_noun
from .number import shown
from .page import GENERAL, RATE, SCORE, TEXT, Page, RowSpec, dash, money_format
from .prompts import PROMPTS, decimal, prompt_at
from .sheet import Area, Cell, Validation


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
    indicator_table.lay_out(page, rows)
    total_row = _total(page, len(rows))
    indicator_table.row_formulas(page, len(rows))
    selfcheck.add(page, fund_head=fund_head, indicator_head=indicator_head, count=len(rows), total_row=total_row)
    page.row = total_row
    _footer(page)
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
            if entry.term == "total_score":  # its formula follows when the rows are there
                cell = Cell(formula="", style="total", number_format=SCORE)
            else:
                cell = Cell(style="answer", number_format=TEXT, locked=False)
            page.put(page.span(left + 1, right), cell, entry.term)
            left = right + 1


def _fund_cell(page: Page, row: FundRow, column: FundColumn) -> Cell:
    name = f"funds.{row.term}.{column.term}"
    here = column.only in (None, row.term)
    if column.kind == "money":
        style, number_format = "money", money_format(column.places)
        source = row.down
    elif column.kind == "text":
        return Cell(style="text", number_format=TEXT, locked=False) if here else Cell(style="dash")
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


def _fund_places(page: Page) -> list[tuple[FundColumn, int, int]]:
    """The fund columns with the first and the last column of the page that each covers."""
    left = page.columns - sum(column.span for column in page.form.fund_columns) + 1
    found = []
    for column in page.form.fund_columns:
        found.append((column, left, left + column.span - 1))
        left += column.span
    return found


def _funds(page: Page) -> int:
    form = page.form
    places = _fund_places(page)
    head, offset = page.row + 1, places[0][1] - 1
    page.row = head
    page.label(Area(head, 1, head + len(form.fund_rows), 1), form.funds_label, "block")
    page.label(page.span(2, offset), "")
    for column, left, right in places:
        page.label(page.span(left, right), column.label, "head")
    page.heights[head] = 20
    for row in form.fund_rows:
        page.row += 1
        page.heights[page.row] = 20
        page.label(page.span(2, offset), row.label)
        for column, left, right in places:
            cell = _fund_cell(page, row, column)
            page.put(page.span(left, right), cell, f"funds.{row.term}.{column.term}")
            if cell.locked:
                continue
            if column.kind == "text":
                prompt_at(page, page.span(left, right), column.term)
            else:
                page.validations.append(decimal(page, page.span(left, right), "money", "0", None))
    for row in form.fund_rows:
        for column in form.fund_columns:
            if f"funds.{row.term}.{column.term}" in page.formulas:
                page.place_formula(f"funds.{row.term}.{column.term}", _fund_refs(page, row, column))
    return head


def _fund_refs(page: Page, row: FundRow, column: FundColumn) -> Places:
    """The terms of a fund formula: down a column the other sources, across a row the other columns."""
    if column.kind == "money":
        return lambda term: [page.ref(f"funds.{term}.{column.term}")]
    return lambda term: [page.ref(f"funds.{row.term}.{term}")]


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


def _total(page: Page, count: int) -> int:
    form = page.form
    page.row += 1
    places = {column.term: at + 2 for at, column in enumerate(form.columns)}
    terms = (
        [("weight", form.total_weight)]
        if form.total_in_header
        else [("weight", form.total_weight), ("score", form.total_score)]
    )
    first = min(places[term] for term, _ in terms)
    page.label(page.span(1, first - 1), form.total_label, "total")
    for column in range(first, page.columns + 1):
        page.put(page.span(column, column), Cell(style="total"))
    for term, _ in terms:
        number_format = SCORE if term == "score" else GENERAL
        cell = Cell(formula="", style="total", number_format=number_format)
        page.put(page.span(places[term], places[term]), cell, f"total_{term}")
    for name, source in (("total_weight", form.total_weight), ("total_score", form.total_score)):
        page.formulas[name] = source
        page.place_formula(name, lambda term: _total_refs(page, term, count))
    page.heights[page.row] = 22
    return page.row


def _total_refs(page: Page, term: str, count: int) -> list[str]:
    """What a term of the totals stands for: the execution rate's own, or a column of indicators."""
    if term.startswith("funds."):
        name = "funds.total." + term.removeprefix("funds.")
        return [page.ref(name)] if name in page.fields else ["0"]
    return [page.indicator_column(term.removeprefix("indicators."), count)]


def _footer(page: Page) -> None:
    """评价结论 and the like: a label, and a text over the rest of the width."""
    for entry in page.form.footer:
        page.row += 1
        page.heights[page.row] = float(entry.height)
        page.label(page.span(1, 2), entry.label)
        area = page.span(3, page.columns)
        if entry.term == "review_score":
            page.put(area, Cell(style="score", number_format=GENERAL, locked=False), entry.term)
            page.validations.append(decimal(page, area, "review_score", "0", "100"))
            continue
        page.put(area, Cell(style="long", number_format=TEXT, locked=False), entry.term)
        title, prompt = PROMPTS.get(entry.term, (entry.label, ""))
        page.validations.append(
            Validation(
                area=area,
                kind="length",
                maximum=str(entry.characters),
                title=title,
                prompt=prompt,
                error=f"不超过 {entry.characters} 字。At most {entry.characters} characters.",
            )
        )


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
