"""A stamp names the edition of a form: whatever is compared on a return must be part of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from perfxl.form import form_ids, load_form
from perfxl.page import rows_of
from perfxl.reading import read_submissions
from perfxl.record import Assignment
from perfxl.stamp import STAMP_NAME, Content
from perfxl.template import build_workbook, edition, skeleton

PINNED = Path(__file__).parent / "data" / "editions.json"


def printed(name: str) -> str:
    """A digest over all that is locked on a blank form, and where it stands."""
    form = load_form(name)
    cells = skeleton(form, rows_of(form, (), issued=False)).page.cells
    said = [(place, str(cell.value), cell.formula) for place, cell in sorted(cells.items()) if cell.locked]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", form_ids())
def test_a_changed_page_is_a_new_edition(name: str) -> None:
    """Where this fails: raise ``template.LAYOUT`` if the edition is unchanged, then pin both anew."""
    pinned = json.loads(PINNED.read_text(encoding="utf-8"))
    assert pinned[name] == [edition(load_form(name)), printed(name)]


def test_another_edition_is_not_accused_of_changes_but_said_to_be_unchecked() -> None:
    form = load_form("shanghai")
    book = build_workbook(form, [Assignment()], year=2026)
    (same,) = read_submissions(book)
    assert same.compared
    older = Content(form=form.id, version="0" * 12, year=2026, assignments=(Assignment(),))
    text = older.stamp()
    hidden = book.sheets[-1]
    cells = dict(hidden.cells)
    cells[1, 2] = replace(cells[1, 2], value=text, text=text)
    cells[2, 2] = replace(cells[2, 2], value=older.text(), text=older.text())
    sheets = (*book.sheets[:-1], replace(hidden, cells=cells))
    (other,) = read_submissions(replace(book, sheets=sheets, constants={STAMP_NAME: text}, properties={}))
    assert not other.compared
    assert other.differences == ()


def test_a_return_read_with_another_form_is_not_compared() -> None:
    book = build_workbook(load_form("shanghai"), [Assignment()], year=2026)
    (submission,) = read_submissions(book, form=load_form("mof"))
    assert not submission.compared
