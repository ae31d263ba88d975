"""What a workbook holds beside the form, and whether its stamp is whole: W02, W09, W12."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from records_made import filled, issued, workbook_bytes

from perfxl.finding import Finding, Severity
from perfxl.form import load_form
from perfxl.reading import read_submissions
from perfxl.sheet import Cell, Sheet, Workbook
from perfxl.stamp import HIDDEN_SHEET, STAMP_NAME
from perfxl.validator import judge
from perfxl.xlsx.reader import read_workbook

FORM = load_form("shanghai")


def returned() -> Workbook:
    """A stamped form, filled in and read back."""
    assignment = issued(FORM)
    return read_workbook(workbook_bytes(FORM, [assignment], [filled(FORM, assignment)]))


def found(workbook: Workbook, *codes: str, **terms: bool) -> list[Finding]:
    """The findings of those rules, over all forms of the workbook."""
    form = replace(FORM, rules=replace(FORM.rules, **terms)) if terms else None  # type: ignore[arg-type]
    submissions = read_submissions(workbook)
    if form is not None:
        submissions = [replace(one, form=form) for one in submissions]
    return [finding for one in submissions for finding in judge(one, "表.xlsx", None).findings if finding.rule in codes]


def with_first(workbook: Workbook, **changes: object) -> Workbook:
    """The workbook with its form sheet changed."""
    first, *others = workbook.sheets
    return replace(workbook, sheets=(replace(first, **changes), *others))  # type: ignore[arg-type]


def test_a_return_as_issued_is_silent() -> None:
    assert found(returned(), "W02", "W09", "W12") == []


def test_issued_content_altered_or_gone_is_a_damaged_stamp() -> None:
    book = returned()
    hidden = next(sheet for sheet in book.sheets if sheet.name == HIDDEN_SHEET)
    cells: Mapping[tuple[int, int], Cell] = {
        **hidden.cells,
        (2, 2): replace(hidden.cells[2, 2], value="{}", text="{}"),
    }
    altered = replace(book, sheets=(*book.sheets[:-1], replace(hidden, cells=cells)))
    gone = replace(book, sheets=book.sheets[:-1])
    for workbook in (altered, gone):
        (finding,) = found(workbook, "W02")
        assert (finding.severity, finding.variant) == (Severity.ERROR, "")


def test_stamps_of_two_files_disagree() -> None:
    book = returned()
    other = workbook_bytes(FORM, [replace(issued(FORM), id="另一份")], [None])
    text = read_workbook(other).constants[STAMP_NAME]
    (finding,) = found(replace(book, constants={STAMP_NAME: text}), "W02")
    assert finding.variant == "disagree"


def test_a_sheet_copied_into_another_file_has_lost_its_stamp() -> None:
    copied = Workbook(sheets=(returned().sheets[0],))
    (finding,) = found(copied, "W02")
    assert finding.variant == "lost"


def test_a_typed_form_without_stamp_is_not_accused() -> None:
    plain = replace(returned().sheets[0], names={}, constants={})
    assert found(Workbook(sheets=(plain,)), "W02", "W09") == []


def test_protection_taken_off_is_noted() -> None:
    (finding,) = found(with_first(returned(), protected=False), "W09")
    assert finding.severity is Severity.INFO


def test_hidden_rows_and_columns_that_hold_something() -> None:
    book = with_first(returned(), hidden_rows=frozenset({6, 7, 900}), hidden_columns=frozenset({5}))
    said = {finding.variant: finding.actual for finding in found(book, "W12")}
    assert said == {"rows": "6、7", "columns": "E"}


@pytest.mark.parametrize(
    ("sheet", "variant"),
    [
        (Sheet(name="底稿", cells={(1, 1): Cell(value=Decimal(1), text="1")}), ""),
        (Sheet(name="底稿", cells={}, visibility="hidden"), "sheets"),
    ],
)
def test_other_sheets(sheet: Sheet, variant: str) -> None:
    book = returned()
    (finding,) = found(replace(book, sheets=(*book.sheets, sheet)), "W12")
    assert (finding.variant, finding.actual, finding.severity) == (variant, "底稿", Severity.INFO)


def test_an_empty_sheet_of_the_program_is_nothing() -> None:
    book = returned()
    assert found(replace(book, sheets=(*book.sheets, Sheet(name="Sheet2", cells={}))), "W12") == []


def test_macros_are_an_error_unless_allowed_and_links_a_warning() -> None:
    book = replace(returned(), notes=(("HAS_MACROS", ""), ("EXTERNAL_LINKS", ""), ("FAR_CELL", "ZZ9")))
    graded = {finding.variant: finding.severity for finding in found(book, "W12")}
    assert graded == {"macros": Severity.ERROR, "links": Severity.WARNING}
    graded = {finding.variant: finding.severity for finding in found(book, "W12", allow_macros=True)}
    assert graded["macros"] is Severity.INFO


def test_what_the_workbook_holds_is_said_once_for_several_forms() -> None:
    one, two = issued(FORM), replace(issued(FORM), id="B", project_name="另一项目")
    data = workbook_bytes(FORM, [one, two], [filled(FORM, one), filled(FORM, two)])
    book = replace(read_workbook(data), notes=(("COMMENTS", ""),))
    assert len(found(book, "W12")) == 1


def test_a_value_that_became_a_date_is_read_from_the_file() -> None:
    book = returned()
    field = next(name for name in book.sheets[0].names if name == "pxl.indicators.1.actual")
    place = book.sheets[0].names[field].corner
    dated = Cell(value=Decimal(44842), text="44842", number_format='m"月"d"日"', locked=False)
    (finding,) = found(with_first(book, cells={**book.sheets[0].cells, place: dated}), "V16")
    assert finding.severity is Severity.ERROR
