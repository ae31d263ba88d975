"""openpyxl, which we did not write, reads the same from every workbook that we write, cell by cell."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from openpyxl.cell.cell import Cell as TheirCell
from openpyxl.worksheet.worksheet import Worksheet
from records_made import HOSTILE, YEAR, filled, issued, to_issue, workbook_bytes

from perfxl.form import form_ids, load_form
from perfxl.number import from_double, read_target
from perfxl.record import Assignment
from perfxl.sheet import Area, Cell, Sheet, Value, Workbook, a1, a1_area
from perfxl.stamp import STAMP_NAME, STAMP_PROPERTY
from perfxl.xlsx.reader import read_workbook

SAMPLES = sorted((Path(__file__).parent.parent / "samples" / "2022").rglob("*.xlsx"))


# ---- the workbooks ---------------------------------------------------------------------------


def blank(form_id: str) -> bytes:
    return workbook_bytes(load_form(form_id), [Assignment(id="A000", form=form_id, fiscal_year=YEAR)])


def prefilled(form_id: str) -> bytes:
    form = load_form(form_id)
    return workbook_bytes(form, [issued(form)])


def filled_in(form_id: str) -> bytes:
    form = load_form(form_id)
    return workbook_bytes(form, [issued(form)], [filled(form, issued(form))])


def several(form_id: str) -> bytes:
    form = load_form(form_id)
    names = ("道路养护", "绿化管护", "a:b/c[d]?*'")
    projects = [replace(issued(form), id=name[:2], project_name=name) for name in names]
    return workbook_bytes(form, projects, [filled(form, projects[0]), None, filled(form, projects[2])])


def hostile(form_id: str) -> bytes:
    form = load_form(form_id)
    record = filled(form, issued(form))
    rows = tuple(
        replace(
            record.indicators[0],
            level_2=f"{number}{text}",
            level_3=text,
            target=read_target(text),
            actual=read_target(text),
            variance_explanation=text,
        )
        for number, text in enumerate(HOSTILE)
    )
    record = replace(record, project_name="=1+1", indicators=rows)
    return workbook_bytes(form, [to_issue(record, form)], [record])


KINDS: tuple[Callable[[str], bytes], ...] = (blank, prefilled, filled_in, several, hostile)
NAMES = [f"{form_id}-{kind.__name__}" for form_id in form_ids() for kind in KINDS]
NAMES += [str(path.relative_to(SAMPLES[0].parents[1])) for path in SAMPLES]


class Pair(NamedTuple):
    """A workbook as we read it, and as openpyxl does: with formulas, and with their results."""

    ours: Workbook
    formulas: openpyxl.Workbook
    results: openpyxl.Workbook


@lru_cache(maxsize=64)
def pair(name: str) -> Pair:
    if name.endswith(".xlsx"):
        data = (SAMPLES[0].parents[1] / name).read_bytes()
    else:
        form_id, _, kind = name.partition("-")
        data = next(make for make in KINDS if make.__name__ == kind)(form_id)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Pair(
            read_workbook(data),
            openpyxl.load_workbook(io.BytesIO(data)),
            openpyxl.load_workbook(io.BytesIO(data), data_only=True),
        )


# ---- what openpyxl says, in our words --------------------------------------------------------

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def as_openpyxl_gives_it(text: str) -> str:
    """The one difference in texts: openpyxl leaves ``_x0007_`` as it stands in the file, and takes
    every ``x005F_`` out, the mark of a literal underscore and a literal one alike."""
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text).replace("x005F_", "")


def in_our_words(value: object) -> Value:
    """A value of openpyxl: binary doubles to the 15 digits that Excel shows."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return from_double(repr(value))
    assert isinstance(value, str), value
    return value


def as_they_see(formula: TheirCell, result: TheirCell) -> Cell | None:
    """One cell as openpyxl sees it, in our terms; ``None`` where it sees nothing."""
    if formula.value is None:
        return None
    text = formula.value if formula.data_type == "f" else None
    assert text is None or isinstance(text, str)
    error = result.value if result.data_type == "e" else None
    content = None if error else in_our_words(result.value)
    return Cell(
        value=content if text is None else None,
        formula=text.removeprefix("=") if text else None,
        cached=content if text is not None else None,
        error=str(error) if error else None,
        number_format=str(formula.number_format),
        locked=bool(formula.protection.locked),
    )


def what_counts(cell: Cell) -> tuple[object, ...]:
    kinds = type(cell.value), type(cell.cached)
    return (cell.value, cell.formula, cell.cached, kinds, cell.error, cell.number_format, cell.locked)


def as_we_see(cell: Cell) -> Cell:
    """One of our cells, its text as openpyxl would give it."""
    return replace(cell, value=as_openpyxl_gives_it(cell.value)) if isinstance(cell.value, str) else cell


def seen_by_them(formulas: Worksheet, results: Worksheet) -> dict[tuple[int, int], Cell]:
    found = {}
    for row in formulas.iter_rows():
        for cell in row:
            if isinstance(cell, TheirCell):
                result = results.cell(cell.row, cell.column)
                assert isinstance(result, TheirCell)
                seen = as_they_see(cell, result)
                if seen is not None:
                    found[cell.row, cell.column] = seen
    return found


def sheets(both: Pair) -> Iterator[tuple[Sheet, Worksheet, Worksheet]]:
    assert [sheet.name for sheet in both.ours.sheets] == both.formulas.sheetnames
    for sheet in both.ours.sheets:
        yield sheet, both.formulas[sheet.name], both.results[sheet.name]


# ---- the comparison --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_cells_agree(name: str) -> None:
    """Value, formula, stored result, error, number format and lock of every cell of every sheet."""
    for ours, formulas, results in sheets(pair(name)):
        theirs = seen_by_them(formulas, results)
        apart = {
            a1(*place): (what_counts(own), what_counts(other))
            for place in ours.cells.keys() | theirs.keys()
            if what_counts(own := as_we_see(ours.cell(*place))) != what_counts(other := theirs.get(place, Cell()))
        }
        assert not apart, (ours.name, apart)


@pytest.mark.parametrize("name", NAMES)
def test_merges_protection_and_visibility_agree(name: str) -> None:
    for ours, formulas, _ in sheets(pair(name)):
        theirs = {Area(each.min_row, each.min_col, each.max_row, each.max_col) for each in formulas.merged_cells.ranges}
        assert set(ours.merges) == theirs
        assert ours.protected == bool(formulas.protection.sheet)
        assert ours.visibility == formulas.sheet_state
        hidden = {row for row, kept in formulas.row_dimensions.items() if kept.hidden}
        assert set(ours.hidden_rows) == hidden


@pytest.mark.parametrize("name", NAMES)
def test_names_and_stamp_agree(name: str) -> None:
    both = pair(name)
    for ours, formulas, _ in sheets(both):
        own = {key: named for key, named in formulas.defined_names.items() if key.startswith("pxl.")}
        assert own.keys() == ours.names.keys() | ours.constants.keys()
        for key, area in ours.names.items():
            assert list(own[key].destinations) == [(ours.name, a1_area(area, absolute=True))]
        for key, text in ours.constants.items():
            assert own[key].attr_text == f'"{text}"'
    theirs = {key: named.attr_text for key, named in both.formulas.defined_names.items()}
    assert theirs == {key: f'"{text}"' for key, text in both.ours.constants.items()}
    properties: Any = both.formulas
    assert {each.name: each.value for each in properties.custom_doc_props.props} == both.ours.properties
    stamped = STAMP_NAME in both.ours.constants
    assert both.ours.properties.keys() == ({STAMP_PROPERTY} if stamped else set())


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_ours_became_a_formula_or_a_link(name: str) -> None:
    """openpyxl sees formulas only where we see them, and no link to the outside."""
    for ours, formulas, _ in sheets(pair(name)):
        for row in formulas.iter_rows():
            for cell in row:
                if isinstance(cell, TheirCell):
                    assert (cell.data_type == "f") == (ours.cell(cell.row, cell.column).formula is not None)
                    assert cell.hyperlink is None or cell.hyperlink.target is None


def test_the_comparison_would_notice() -> None:
    """A cell that differs in one respect only is not taken for equal."""
    cell = Cell(value=Decimal(1), number_format="0.00", locked=False)
    for other in (
        replace(cell, value="1"),
        replace(cell, value=True),
        replace(cell, value=Decimal(2)),
        replace(cell, number_format="0.0"),
        replace(cell, locked=True),
        replace(cell, value=None, formula="1", cached=Decimal(1)),
    ):
        assert what_counts(cell) != what_counts(other)
