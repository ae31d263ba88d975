"""Workbooks in which every input holds its own mark, and what honest people do to such workbooks."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import openpyxl
import surgery
from records_made import YEAR, issued, workbook_bytes
from structure import Structure, copied_sheet

from perfxl.form import load_form
from perfxl.number import plain
from perfxl.page import NAME
from perfxl.reading import read_sheets
from perfxl.record import Assignment
from perfxl.rejection import Rejected
from perfxl.sheet import Area, Sheet, a1, a1_area
from perfxl.stamped import number_of
from perfxl.submission import FieldCell, Refused, Submission
from perfxl.xlsx.reader import read_workbook

SHEETS = 3
_NUMBERS = ("initial_budget", "annual_budget", "executed_amount", "weight", "score")


@dataclass(frozen=True)
class Marked:
    """A workbook of several projects, all inputs marked: ``field_of`` says whose each mark is."""

    data: bytes
    form_id: str
    field_of: dict[str, tuple[int, str]]
    levels: dict[tuple[int, int], tuple[str, str]]
    names: dict[str, Area]
    rows: tuple[int, int]
    last: tuple[int, int]
    first_columns: dict[str, int] = field(default_factory=dict)


@lru_cache(maxsize=32)
def marked(form_id: str, stage: str) -> Marked:
    """The form issued with its indicators (``issued``) or blank (``blank``), on three sheets."""
    form = load_form(form_id)
    whole = issued(form)
    assignments = []
    for number in range(1, SHEETS + 1):
        if stage == "blank":
            assignments.append(
                Assignment(id=f"B{number}", form=form_id, fiscal_year=YEAR, project_name=f"项目{number}")
            )
        else:
            rows = tuple(
                replace(row, level_3=f"{row.level_3}（{number}-{at}）") for at, row in enumerate(whole.indicators, 1)
            )
            assignments.append(replace(whole, id=f"A{number}", project_name=f"项目{number}", indicators=rows))
    data = workbook_bytes(form, assignments)
    sheets = read_workbook(data).sheets[:SHEETS]
    field_of: dict[str, tuple[int, str]] = {}
    levels: dict[tuple[int, int], tuple[str, str]] = {}
    for index, sheet in enumerate(sheets):
        data = _mark(data, sheet, index, field_of)
    for index, sheet in enumerate(read_workbook(data).sheets[:SHEETS]):
        for name, area in sheet.names.items():
            parts = name.split(".")
            if parts[-1] == "level_1" and parts[1] == "indicators":
                second = sheet.names.get(name.replace("level_1", "level_2"))
                below = sheet.cell(*second.corner).text if second else ""
                levels[index, int(parts[2])] = sheet.cell(*area.corner).text, below
    first = sheets[0]
    tops = [area.top for name, area in first.names.items() if ".indicators." in name and name.endswith(".level_3")]
    return Marked(
        data,
        form_id,
        field_of,
        levels,
        dict(first.names),
        (min(tops), max(tops)),
        (max(row for row, _ in first.cells), max(column for _, column in first.cells)),
        {
            name.rpartition(".")[2]: area.left
            for name, area in first.names.items()
            if name.startswith("pxl.indicators.1.")
        },
    )


def _mark(data: bytes, sheet: Sheet, index: int, field_of: dict[str, tuple[int, str]]) -> bytes:
    """Every open field of a sheet gets a number (or a text with a number) that stands nowhere else."""
    book = Structure(data, index + 1)
    done: set[tuple[int, int]] = set()
    for name, area in sheet.names.items():
        cell = sheet.cell(*area.corner)
        if area.corner in done or cell.formula is not None or (not cell.is_empty and cell.locked):
            continue
        if name == "pxl.fiscal_year":
            continue
        done.add(area.corner)
        figure = 10_000 * (index + 1) + len(done)
        mark = str(figure) if name.rpartition(".")[2] in _NUMBERS else f"记{figure}"
        book.put(area.corner, surgery.number(mark) if mark.isdigit() else surgery.inline(mark))
        field_of[mark] = index, name.removeprefix(NAME)
    return book.bytes()


# ---- what was read ---------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What became of a mutant: marks credited to another field, marks read, codes of refusals and notes."""

    wrong: list[str]
    read: int
    refused: list[str]
    notes: set[str]


def outcome(there: Marked, data: bytes) -> Outcome:
    """Read a mutant and hold every mark that was read against the field that it belongs to."""
    wrong: list[str] = []
    refused: list[str] = []
    notes: set[str] = set()
    count = 0
    try:
        workbook = read_workbook(data)
        found = read_sheets(workbook)
    except Rejected as rejection:
        return Outcome([], 0, [rejection.code], set())
    numbers = {sheet.name: number_of(sheet, at) for at, sheet in enumerate(workbook.sheets)}
    for each in found:
        if isinstance(each, Refused):
            assert each.where, "a refusal names the first cell that differs"
            refused.append(each.code)
            continue
        notes |= {code for code, _ in each.notes}
        bad, read = _misattributed(there, each, numbers[each.sheet])
        wrong += bad
        count += read
    return Outcome(wrong, count, refused, notes)


def _mark_in(there: Marked, cell: FieldCell) -> tuple[int, str] | None:
    content = cell.cell.content
    if content is None:
        return None
    text = content if isinstance(content, str) else plain(content) if not isinstance(content, bool) else ""
    return there.field_of.get(text)


def _misattributed(there: Marked, submission: Submission, index: int) -> tuple[list[str], int]:
    wrong: list[str] = []
    count = 0
    slots: dict[str, set[int]] = {}
    sources = [line.source for line in submission.record.funds]
    for path, cell in submission.cells.items():
        mark = _mark_in(there, cell)
        if mark is None:
            continue
        count += 1
        sheet, name = mark
        group, _, term = path.rpartition(".")
        if path.startswith("indicators["):
            parts = name.split(".")
            if parts[0] != "indicators" or parts[2] != term:
                wrong.append(f"{path} holds {name}")
            elif term not in ("level_1", "level_2"):
                slots.setdefault(group, set()).add(int(parts[1]))
        elif path.startswith("funds["):
            if name != f"funds.{sources[int(path[6 : path.index(']')])]}.{term}":
                wrong.append(f"{path} holds {name}")
        elif name != path:
            wrong.append(f"{path} holds {name}")
        if sheet != index:
            wrong.append(f"{path} of sheet {index} holds {name} of sheet {sheet}")
    for group, numbers in slots.items():
        wrong += _row_of(there, submission, index, group, numbers)
    return wrong, count


def _row_of(there: Marked, submission: Submission, index: int, group: str, numbers: set[int]) -> list[str]:
    """All marks of a row are of one indicator, and so are its name and its levels."""
    if len(numbers) > 1:
        return [f"{group} mixes the rows {sorted(numbers)}"]
    number = next(iter(numbers))
    row = submission.record.indicators[int(group[11:-1])]
    name = row.level_3 or ""
    if "（" in name and not name.endswith(f"（{index + 1}-{number}）"):
        return [f"{group} is named {name} and holds row {number}"]
    levels = there.levels.get((index, number), ("", ""))  # some forms have no column for them
    for was, now in zip(levels, (row.level_1, row.level_2), strict=True):
        if now and was and now not in was:  # a label may bear its weight: 产出指标（50分）
            return [f"{group} is of {now}, was of {was}"]
    return []


# ---- damage ----------------------------------------------------------------------------------

Mutant = tuple[str, Callable[[], bytes]]


def every_line(there: Marked, *, follow: bool) -> Iterator[Mutant]:
    """A row or a column inserted at, or deleted from, every place of every sheet."""
    for number in range(1, SHEETS + 1):
        for axis in (0, 1):
            for at in range(1, there.last[axis] + 2):
                for count in (1, 2):
                    what = f"{'row' if axis == 0 else 'column'} {at}×{count} sheet {number} follow {follow}"
                    yield (
                        f"insert {what}",
                        lambda n=number, x=axis, a=at, c=count: (
                            Structure(there.data, n).insert(x, a, c, follow=follow).bytes()
                        ),  # type: ignore[misc]
                    )
                    yield (
                        f"delete {what}",
                        lambda n=number, x=axis, a=at, c=count: (
                            Structure(there.data, n).delete(x, a, c, follow=follow).bytes()
                        ),  # type: ignore[misc]
                    )


def at_random(there: Marked, seed: int) -> Mutant:
    """One mutant by its number: one to three things that a person does to a form."""
    draw = random.Random(f"{there.form_id} {seed}")
    kinds = draw.choices(
        (_line, _sort, _block, _cells_shifted, _merging, _hiding),
        weights=(4, 2, 3, 2, 2, 1),
        k=draw.choice((1, 1, 1, 2, 3)),
    )
    kinds.sort(key=lambda kind: kind is not _sort)  # sorting knows the columns as they were issued
    number = draw.randint(1, SHEETS)
    state = draw.getrandbits(64)

    def make() -> bytes:
        again = random.Random(state)
        book = Structure(there.data, number)
        for kind in kinds:
            kind(there, book, again)
        return book.bytes()

    return f"{seed}: " + ", ".join(kind.__name__ for kind in kinds), make


def _line(there: Marked, book: Structure, draw: random.Random) -> None:
    axis = draw.choice((0, 0, 0, 1))
    at, count = draw.randint(1, there.last[axis] + 1), draw.randint(1, 3)
    edit = draw.choice((book.insert, book.delete))
    edit(axis, at, count, follow=draw.random() < 0.7)


def _sort(there: Marked, book: Structure, draw: random.Random) -> None:
    """Indicator rows sorted, without the merged level cells, which no program sorts."""
    top, bottom = there.rows
    left, right = there.first_columns["level_3"], max(there.first_columns.values())
    first = draw.randint(top, bottom)
    last = draw.randint(first, bottom)
    order = list(range(last - first + 1))
    draw.shuffle(order)
    book.reorder(Area(first, left, last, right), order)


def _block(there: Marked, book: Structure, draw: random.Random) -> None:
    """Whole rows of the form, or any rectangle, cut and pasted; a script takes whole rows."""
    width = max(there.first_columns.values())
    top = draw.randint(1, there.last[0])
    bottom = min(there.last[0], top + draw.randint(0, 6))
    if draw.random() < 0.4:
        down = draw.choice((-3, -1, 1, 2, 40))
        follow = draw.random() < 0.7
        if not follow:  # rows that have words of their own; without any, nothing tells a paste from typing
            top = draw.randint(*there.rows)
            bottom = min(there.rows[1], bottom)
            down = min(abs(down), there.rows[1] - bottom) or 60
        if top + down >= 1 and top <= bottom:
            book.move(Area(top, 1, bottom, width), down, 0, follow=follow)
        return
    left = draw.randint(1, width)
    right = draw.randint(left, width)
    down, across = draw.choice(((1, 0), (-1, 0), (0, 1), (3, 0), (0, 12), (30, 0), (2, 1)))
    if top + down >= 1:
        book.move(Area(top, left, bottom, right), down, across)


def _cells_shifted(there: Marked, book: Structure, draw: random.Random) -> None:
    """Insert or delete cells, the rest of the column or row shifted."""
    width = max(there.first_columns.values())
    row, left = draw.randint(1, there.last[0]), draw.randint(1, width)
    right = draw.randint(left, width)
    if draw.random() < 0.5:
        book.move(Area(row, left, there.last[0], right), draw.choice((1, 1, 2)), 0)
    else:
        book.move(Area(row, left, row + draw.randint(0, 3), there.last[1]), 0, 1)


def _merging(there: Marked, book: Structure, draw: random.Random) -> None:
    if draw.random() < 0.4 and book.merges:
        book.unmerge(draw.randint(0, 1000))
        return
    top, left = draw.randint(1, there.last[0]), draw.randint(1, max(there.first_columns.values()))
    book.merge(Area(top, left, top + draw.randint(0, 2), left + draw.randint(1, 3)), drop=draw.random() < 0.6)


def _hiding(there: Marked, book: Structure, draw: random.Random) -> None:
    book.hidden_rows |= {draw.randint(1, there.last[0]) for _ in range(3)}
    if draw.random() < 0.5:
        book.hidden_columns |= {draw.randint(1, max(there.first_columns.values()))}


def by_openpyxl(there: Marked, seed: int) -> Mutant:
    """One mutant made by a script: openpyxl moves cells, and neither names nor formulas with them."""
    draw = random.Random(f"openpyxl {there.form_id} {seed}")
    kind = draw.choice(
        ("insert_rows", "delete_rows", "insert_cols", "delete_cols", "move", "copy", "rename", "order", "hide", "merge")
    )
    number = draw.randint(0, SHEETS - 1)
    row, column = draw.randint(1, there.last[0] - 1), draw.randint(1, max(there.first_columns.values()))

    def make() -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(there.data))
        sheet = book.worksheets[number]
        if kind.endswith("_rows"):
            getattr(sheet, kind)(row, draw.randint(1, 2))
        elif kind.endswith("_cols"):
            getattr(sheet, kind)(column, draw.randint(1, 2))
        elif kind == "move":
            width = max(there.first_columns.values())
            top = draw.randint(*there.rows)
            bottom = draw.randint(top, there.rows[1])
            sheet.move_range(
                a1_area(Area(top, 1, bottom, width)),
                draw.choice((min(2, there.rows[1] - bottom) or 60, 60)),
                0,
                translate=draw.random() < 0.5,
            )
        elif kind == "copy":
            book.copy_worksheet(sheet)
        elif kind == "rename":
            sheet.title = "改过的名称"
        elif kind == "order":
            book.move_sheet(sheet, draw.choice((-1, 1, 2)))
        elif kind == "hide":
            sheet.sheet_state = "hidden"
        else:
            sheet.merge_cells(a1_area(Area(row, column, row + 1, column + 2)))
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return f"openpyxl {seed}: {kind} sheet {number + 1} {a1(row, column)}", make


__all__ = ["Marked", "Mutant", "Outcome", "at_random", "by_openpyxl", "copied_sheet", "every_line", "marked", "outcome"]
