"""A form on paper: boxes that hold labels and values, and for each value the field that it is.

A ``Paper`` is laid out as a table is written by hand, row by row, each item in the next free place.
The workbook is made from it and so is the truth, so that both stay one thing however it is altered.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, Border, Side
from openpyxl.utils import get_column_letter

from perfxl.number import read_target
from perfxl.record import Target

MONEY = frozenset({"initial_budget", "annual_budget", "executed_amount"})
FIGURES = MONEY | {"weight", "score", "deduction", "review_score", "total_weight", "total_score"}
RATES = frozenset({"execution_rate", "coefficient"})
VALUES = frozenset({"target", "actual", "adjusted_target"})
DASHES = frozenset({"", "—", "-", "/", "——"})

Meaning = Decimal | int | str | Target | None
_NUMBER = re.compile(r"-?(?:[1-9]\d*|0|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?%?", re.ASCII)


@dataclass(frozen=True)
class Box:
    """A cell, merged over ``rows`` and ``columns``. ``text`` is what it shows; ``as_number`` whether a
    figure is stored as one. ``fields`` are those of the record that it holds, ``maybe`` those that
    it might be read as without a fault; ``form`` counts the forms of a sheet."""

    text: str
    rows: int = 1
    columns: int = 1
    kind: str = "label"
    fields: tuple[str, ...] = ()
    means: Meaning = None
    maybe: tuple[str, ...] = ()
    as_number: bool = False
    row: int = 0
    column: int = 0
    form: int = 0

    @property
    def place(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"

    @property
    def places(self) -> Iterator[tuple[int, int]]:
        for row in range(self.row, self.row + self.rows):
            for column in range(self.column, self.column + self.columns):
                yield row, column


def meaning(name: str, text: str) -> Meaning:
    """What a field says whose cell shows that text."""
    term = name.rpartition(".")[2]
    if term == "fiscal_year":
        found = re.search(r"\d{4}", text)
        return int(found.group()) if found else None
    if text in DASHES:
        return None
    if term in VALUES:
        return read_target(text)
    if term in FIGURES | RATES:
        number = Decimal(text.replace(",", "").rstrip("%"))
        return number / 100 if text.endswith("%") else number
    return text


_SAME = object()


def label(text: str, columns: int = 1, rows: int = 1) -> Box:
    """Printed words of the form."""
    return Box(text=text, rows=rows, columns=columns)


def title(text: str, columns: int, *, year: bool = False) -> Box:
    """A heading over the whole width; ``year`` where it names the fiscal year."""
    fields = ("fiscal_year",) if year else ()
    return Box(text=text, columns=columns, kind="title", fields=fields, means=meaning("fiscal_year", text))


def note(text: str, columns: int, rows: int = 1) -> Box:
    """Words beside or under the form that are no part of the record."""
    return Box(text=text, rows=rows, columns=columns, kind="note")


def blank(columns: int = 1, rows: int = 1) -> Box:
    """An empty place."""
    return Box(text="", rows=rows, columns=columns, kind="blank")


def value(
    name: str, text: str, columns: int = 1, rows: int = 1, *, means: object = _SAME, as_text: bool = False
) -> Box:
    """A filled field; figures are stored as numbers unless ``as_text``."""
    said: Meaning = meaning(name, text) if means is _SAME else means  # type: ignore[assignment]
    number = not as_text and _NUMBER.fullmatch(text) is not None and not name.startswith("sign_off")
    return Box(text=text, rows=rows, columns=columns, kind="value", fields=(name,), means=said, as_number=number)


def maybe(name: str, text: str, columns: int = 1) -> Box:
    """A value of another stage: it may be read as that field, or be left alone."""
    return Box(text=text, columns=columns, kind="value", maybe=(name,), as_number=_NUMBER.fullmatch(text) is not None)


def other(text: str, columns: int = 1, rows: int = 1) -> Box:
    """A value that belongs to no field of the record."""
    return Box(text=text, rows=rows, columns=columns, kind="other", as_number=_NUMBER.fullmatch(text) is not None)


class Truth(NamedTuple):
    """What a form says: ``fields`` path to (cell, meaning); ``maybe`` cell to fields; its currency unit."""

    fields: dict[str, tuple[str, Meaning]]
    maybe: dict[str, tuple[str, ...]]
    currency_unit: str


@dataclass
class Paper:
    """A sheet. ``breaks`` are rows before which an empty row may stand."""

    name: str
    currency_unit: str = "万元"
    boxes: list[Box] = field(default_factory=list)
    breaks: set[int] = field(default_factory=set)
    form: int = 0
    _taken: set[tuple[int, int]] = field(default_factory=set)
    _row: int = 0

    def line(self, *items: Box) -> None:
        """The next row: each item in the next free place from the left."""
        self._row += 1
        column = 1
        for item in items:
            while (self._row, column) in self._taken:
                column += 1
            box = replace(item, row=self._row, column=column, form=self.form)
            self.boxes.append(box)
            self._taken.update(box.places)
            column += box.columns

    def gap(self, rows: int = 0) -> None:
        """The end of a block, with so many empty rows after it."""
        self._row += rows
        self.breaks.add(self._row + 1)

    @property
    def forms(self) -> int:
        return 1 + max((box.form for box in self.boxes), default=0)

    def truth(self, form: int = 0) -> Truth:
        fields: dict[str, tuple[str, Meaning]] = {}
        maybe: dict[str, tuple[str, ...]] = {}
        for box in self.boxes:
            if box.form != form:
                continue
            for name in box.fields:
                assert name not in fields, f"{name} stands twice: {fields[name][0]}, {box.place}"
                fields[name] = (box.place, box.means)
            if box.maybe:
                maybe[box.place] = box.maybe
        return Truth(fields, maybe, self.currency_unit)


class Planted(NamedTuple):
    """A fault that stands in a form: the rule that must speak, and the field that it names."""

    rule: str
    field: str


@dataclass(frozen=True)
class Fixture:
    """A filled workbook of one family. ``family`` is its number in the list of layouts (``L3``) or
    ``relative``; ``definition`` the form that judges it in full, where there is one; ``stage``
    ``self_evaluation``, ``target`` 目标申报, ``monitoring`` 运行监控 or ``transfer`` 转移支付."""

    name: str
    family: str
    paper: Paper
    faults: tuple[Planted, ...] = ()
    definition: str | None = None
    stage: str = "self_evaluation"
    before: tuple[Paper, ...] = ()
    after: tuple[Paper, ...] = ()

    def truth(self, form: int = 0) -> Truth:
        return self.paper.truth(form)

    def cell_of(self, fault: Planted) -> str:
        """The cell of a planted fault."""
        return self.truth().fields[fault.field][0]

    def workbook(self) -> bytes:
        return workbook([*self.before, self.paper, *self.after])


# ---- the table of indicators -----------------------------------------------------------------

Cell = tuple[str, int]
"""A column of a table: the term (or ``-`` for one outside the record), and how many columns wide."""


def table(
    paper: Paper,
    columns: Sequence[Cell],
    rows: Sequence[dict[str, str]],
    *,
    first: int = 0,
    levels: str = "merged",
    block: Box | None = None,
) -> None:
    """The indicator rows, from number ``first``. ``levels``: ``merged`` down, ``blank`` below the first
    of a group, or ``repeat`` ed on every row. ``block`` stands at the left over all of them."""
    terms = [term for term, _ in columns]
    for at, row in enumerate(rows):
        items = [replace(block, rows=len(rows))] if block is not None and at == 0 else []
        for term, width in columns:
            if term in ("level_1", "level_2"):
                items += _level(rows, at, first, term, width, levels, "level_1" in terms)
            else:
                items.append(_entry(row, first + at, term, width))
        paper.line(*items)
        if at:
            paper.breaks.add(paper._row)


def _entry(row: dict[str, str], number: int, term: str, width: int) -> Box:
    text = row.get(term, "")
    if term.startswith("-"):
        return other(text, width)
    if text == "" and term not in row:
        return blank(width)
    name = f"indicators.{number}.{term}"
    box = value(name, text, width, as_text=term in ("level_3", "serial", "unit", "operator"))
    if term in VALUES and text not in DASHES:
        box = replace(box, means=joined(row, term))
    return box


def joined(row: dict[str, str], term: str) -> Target:
    """A value with the operator and the unit of columns of their own."""
    text, unit, operator = row[term], row.get("unit", ""), row.get("operator", "")
    target = read_target(text)
    if unit not in DASHES and target.number is not None and target.unit is None:
        text += unit
    if term != "actual" and operator in ("≥", "≤", "=", "＝", ">", "<") and target.number is not None:
        text = operator + text
    return read_target(text)


def _level(
    rows: Sequence[dict[str, str]], at: int, first: int, term: str, width: int, mode: str, with_level_1: bool
) -> list[Box]:
    def key(number: int) -> tuple[str, ...]:
        own = (rows[number][term],)
        return (rows[number]["level_1"], *own) if with_level_1 and "level_1" in rows[number] else own

    same = [number for number in range(at, len(rows)) if key(number) == key(at)]
    run = next((n for n, number in enumerate(same) if number != at + n), len(same))
    begins = at == 0 or key(at - 1) != key(at)
    text = rows[at][term]
    if mode == "repeat":
        return [replace(value(f"indicators.{first + at}.{term}", text, width), kind="level")]
    if not begins:
        return [blank(width)] if mode == "blank" else []
    names = tuple(f"indicators.{first + number}.{term}" for number in range(at, at + run))
    box = Box(text=text, columns=width, kind="level", fields=names, means=text or None)
    return [replace(box, rows=run) if mode == "merged" else box]


# ---- the workbook ----------------------------------------------------------------------------

_THIN = Side(style="thin")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def stored(box: Box) -> tuple[str | int | float | None, str]:
    """What the cell holds and its number format."""
    if not box.as_number:
        return box.text or None, "General"
    bare = box.text.replace(",", "").rstrip("%")
    places = len(bare.partition(".")[2])
    tail = "." + "0" * places if places else ""
    if box.text.endswith("%"):
        return float(Decimal(bare) / 100), f"0{tail}%"
    number = int(bare) if not places else float(bare)
    if "," in box.text:
        return number, f"#,##0{tail}"
    return number, f"0{tail}" if places else "General"


def workbook(papers: Iterable[Paper]) -> bytes:
    """The sheets as an .xlsx file, without any name or stamp."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for paper in papers:
        sheet = book.create_sheet(paper.name)
        for box in paper.boxes:
            cell = sheet.cell(row=box.row, column=box.column)
            content, number_format = stored(box)
            if content is not None:
                cell.value = content
                if isinstance(content, str):
                    cell.data_type = "s"  # a text that begins with = is a text
            cell.number_format = number_format
            for row, column in box.places:
                framed = sheet.cell(row=row, column=column)
                if box.kind not in ("title", "note"):
                    framed.border = _BORDER
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            if box.rows > 1 or box.columns > 1:
                sheet.merge_cells(
                    start_row=box.row,
                    start_column=box.column,
                    end_row=box.row + box.rows - 1,
                    end_column=box.column + box.columns - 1,
                )
                assert box.rows * box.columns == 1 or isinstance(
                    sheet.cell(row=box.row + box.rows - 1, column=box.column + box.columns - 1), MergedCell
                )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
