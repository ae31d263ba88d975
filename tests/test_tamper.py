"""Every locked cell, changed in every way, is found at its address; an honest save is never accused."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import openpyxl
import pytest
import surgery
from records_made import YEAR, as_read, filled, issued, through_libreoffice, workbook_bytes

from perfxl.form import Form, form_ids, load_form
from perfxl.formula import canonical
from perfxl.number import neat
from perfxl.reading import read_submissions
from perfxl.record import Assignment, SelfEvaluation
from perfxl.sheet import EMPTY, Cell, Workbook, a1, from_a1
from perfxl.stamp import HIDDEN_SHEET, STAMP_NAME, STAMP_PROPERTY, carried
from perfxl.submission import Submission
from perfxl.xlsx.reader import read_workbook

Place = tuple[int, int]
STAGES = ("blank", "prefilled", "filled")


@dataclass(frozen=True)
class Case:
    """A form at one stage of its life: its bytes, and the same read."""

    form: Form
    stage: str
    data: bytes
    workbook: Workbook
    record: SelfEvaluation | None

    def locked(self) -> dict[Place, Cell]:
        """The locked cells of the form sheet that hold something."""
        return {place: cell for place, cell in self.workbook.sheets[0].cells.items() if cell.locked}

    def with_cells(self, changes: dict[Place, Cell]) -> Workbook:
        """The workbook with some cells of the form sheet exchanged."""
        first, *others = self.workbook.sheets
        return replace(self.workbook, sheets=(replace(first, cells={**first.cells, **changes}), *others))


@lru_cache(maxsize=16)
def case(form_id: str, stage: str) -> Case:
    """A form blank as anybody may take it, issued to a unit, or filled in by that unit."""
    form = load_form(form_id)
    assignment = Assignment(id="A000", form=form_id, fiscal_year=YEAR) if stage == "blank" else issued(form)
    record = filled(form, assignment) if stage == "filled" else None
    data = workbook_bytes(form, [assignment], [record])
    return Case(form, stage, data, read_workbook(data), record)


CASES = [(form_id, stage) for form_id in form_ids() for stage in STAGES]
each_case = pytest.mark.parametrize(("form_id", "stage"), CASES)


def only(workbook: Workbook) -> Submission:
    """The one form of a workbook."""
    found = read_submissions(workbook)
    assert len(found) == 1
    return found[0]


def differing(workbook: Workbook) -> list[str]:
    """The addresses of the locked cells that differ."""
    return [difference.cell_name for difference in only(workbook).differences]


# ---- ways to change a cell -------------------------------------------------------------------


def typed(value: Decimal | str | bool, like: Cell) -> Cell:
    """A constant in the place of a cell."""
    text = neat(value) if isinstance(value, Decimal) else str(value)
    return replace(like, value=value, text=text, formula=None, cached=None, error=None)


def another_value(cell: Cell) -> Cell:
    """Another text, another figure, another formula."""
    if cell.formula is not None:
        return replace(cell, formula=f"{cell.formula}&1")
    if isinstance(cell.value, Decimal):
        return typed(cell.value + 1, cell)
    return typed(f"{cell.value}改", cell)


def another_type(cell: Cell) -> Cell:
    """The same look, another type: the figure as text, the text as figure, the formula as its own text."""
    if cell.formula is not None:
        return typed("=" + cell.formula, cell)
    if isinstance(cell.value, Decimal):
        return typed(neat(cell.value), cell)
    return typed(Decimal(7), cell)


def truth_instead(cell: Cell) -> Cell:
    """TRUE where something else stood."""
    return typed(True, cell)


def its_own_result(cell: Cell) -> Cell | None:
    """A formula overwritten with the very value that it showed."""
    return None if cell.formula is None else typed("" if cell.cached is None else cell.cached, cell)


def a_formula_instead(cell: Cell) -> Cell | None:
    """A constant that became a formula with the same result."""
    if cell.formula is not None:
        return None
    source = neat(cell.value) if isinstance(cell.value, Decimal) else f'"{cell.value}"'
    return replace(cell, value=None, formula=source, cached=cell.value)


def an_error_instead(cell: Cell) -> Cell:
    """A formula or a label gone to #REF!."""
    return replace(cell, value=None, formula=None, cached=None, error="#REF!", text="#REF!")


def cleared(cell: Cell) -> Cell:
    """Nothing any more."""
    return EMPTY


WAYS: tuple[Callable[[Cell], Cell | None], ...] = (
    another_value,
    another_type,
    truth_instead,
    its_own_result,
    a_formula_instead,
    an_error_instead,
    cleared,
)


# ---- on the data that the reader gives -------------------------------------------------------


@each_case
def test_an_untouched_form_has_no_differences(form_id: str, stage: str) -> None:
    submission = only(case(form_id, stage).workbook)
    assert submission.compared
    assert (submission.differences, submission.missing, submission.not_understood) == ((), (), ())


def test_the_sweeps_reach_every_part_of_a_form() -> None:
    """Title, year, names, levels, targets, weights, formulas, and the live self-check beside the form."""
    there = case("shanghai", "filled")
    names = there.workbook.sheets[0].names
    swept = there.locked()
    for field in ("fiscal_year", "project_name", "indicators.1.level_1", "indicators.1.target", "indicators.1.weight"):
        assert names["pxl." + field].corner in swept, field
    assert sum(1 for cell in swept.values() if cell.formula is not None) > 80
    assert max(column for _, column in swept) > names["pxl.indicators.1.variance_explanation"].right + 8


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@each_case
def test_a_changed_locked_cell_is_found_at_its_address(
    form_id: str, stage: str, way: Callable[[Cell], Cell | None]
) -> None:
    there = case(form_id, stage)
    wrong = {}
    for place, cell in there.locked().items():
        changed = way(cell)
        if changed is not None:
            found = differing(there.with_cells({place: changed}))
            if found != [a1(*place)]:
                wrong[a1(*place)] = found
    assert not wrong


def unequal_neighbours(there: Case) -> Iterator[tuple[Place, Place]]:
    """Pairs of a locked cell and the next filled cell to the right or below that says something else."""
    cells = there.workbook.sheets[0].cells
    for row, column in there.locked():
        right = min((place for place in cells if place[0] == row and place[1] > column), default=None)
        below = min((place for place in cells if place[1] == column and place[0] > row), default=None)
        for other in (right, below):
            if other is not None and what_it_says(cells[row, column]) != what_it_says(cells[other]):
                yield (row, column), other


def what_it_says(cell: Cell) -> object:
    return canonical(cell.formula) if cell.formula is not None else cell.value


@each_case
def test_two_swapped_neighbours_are_both_found(form_id: str, stage: str) -> None:
    there = case(form_id, stage)
    cells = there.workbook.sheets[0].cells
    pairs = list(unequal_neighbours(there))
    assert len(pairs) > 100
    wrong = {}
    for one, other in pairs:
        swapped = {
            one: replace(cells[other], locked=cells[one].locked),
            other: replace(cells[one], locked=cells[other].locked),
        }
        found = differing(there.with_cells(swapped))
        if found != [a1(*place) for place in sorted((one, other)) if cells[place].locked]:
            wrong[a1(*one), a1(*other)] = found
    assert not wrong
