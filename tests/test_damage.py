"""Damage by honest people: read rightly with a note, or refused with the first cell; never a value misattributed."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, islice

import damage
import pytest
import surgery
from records_made import YEAR, filled, issued, workbook_bytes
from structure import Structure, copied_sheet

from perfxl.checking import judge_bytes
from perfxl.form import form_ids, load_form
from perfxl.reading import read_sheets, read_submissions
from perfxl.rejection import NOTES, Rejected
from perfxl.sheet import Area, a1, column_letters
from perfxl.stamp import HIDDEN_SHEET
from perfxl.submission import Refused
from perfxl.xlsx.reader import read_workbook

SHARE = float(os.environ.get("PERFXL_SHARE", "1"))
STAGES = ("issued", "blank")
CASES = [(form_id, stage) for form_id in form_ids() for stage in STAGES]
EACH = max(320, -(-5200 // len(CASES)))
"""Random mutants of each case in the full run, so that there are five thousand and more in all."""
each_case = pytest.mark.parametrize(("form_id", "stage"), CASES)


def assert_none_misattributed(there: damage.Marked, mutants: Iterable[damage.Mutant]) -> Counter[str]:
    """Every mutant read without a value in the wrong field; what became of them, counted."""
    wrong = {}
    fates: Counter[str] = Counter()
    for what, make in mutants:
        found = damage.outcome(there, make())
        bad = found.wrong
        if re.search("_sort|_block|_cells|move", what):
            # a row that was put under another level, without the level cell, is of that level now
            bad = [each for each in bad if " is of " not in each]
        if bad:
            wrong[what] = bad[:3]
        fates.update(found.refused or ["read"])
    assert not wrong
    return fates


# ---- thousands of mutants ----------------------------------------------------------------------


@each_case
def test_a_marked_form_is_read_whole(form_id: str, stage: str) -> None:
    there = damage.marked(form_id, stage)
    found = damage.outcome(there, there.data)
    assert (found.wrong, found.refused, found.notes) == ([], [], set())
    assert found.read == len(there.field_of) > 100


@each_case
def test_no_value_is_misattributed_in_a_few_mutants(form_id: str, stage: str) -> None:
    there = damage.marked(form_id, stage)
    lines = chain(damage.every_line(there, follow=True), damage.every_line(there, follow=False))
    step, count = (151, 16) if form_id in ("shanghai", "mof") else (701, 4)
    few = chain(islice(lines, 5, None, step), (damage.at_random(there, seed) for seed in range(count)))
    fates = assert_none_misattributed(there, few)
    assert fates["read"]
    assert fates["LAYOUT_CHANGED"]


@pytest.mark.slow
@each_case
def test_no_value_is_misattributed(form_id: str, stage: str) -> None:
    there = damage.marked(form_id, stage)
    fates = assert_none_misattributed(there, (damage.at_random(there, 1000 + n) for n in range(_share(EACH))))
    assert set(fates) <= {"read", "LAYOUT_CHANGED", "NOT_OUR_FORM"}


@pytest.mark.slow
@each_case
def test_no_value_is_misattributed_whichever_line_is_inserted_or_deleted(form_id: str, stage: str) -> None:
    there = damage.marked(form_id, stage)
    step = max(1, round(2 / SHARE))
    lines = chain(damage.every_line(there, follow=True), damage.every_line(there, follow=False))
    assert_none_misattributed(there, islice(lines, step // 2, None, step))


@pytest.mark.slow
@each_case
def test_no_value_is_misattributed_in_what_a_script_saved(form_id: str, stage: str) -> None:
    there = damage.marked(form_id, stage)
    assert_none_misattributed(there, (damage.by_openpyxl(there, seed) for seed in range(_share(60))))


def _share(count: int) -> int:
    return max(3, round(count * SHARE))


# ---- a program moves rows, and is understood ----------------------------------------------------


@pytest.mark.parametrize("form_id", form_ids())
def test_a_row_or_column_inserted_anywhere_in_the_form_loses_nothing(form_id: str) -> None:
    there = damage.marked(form_id, "issued")
    columns = max(there.first_columns.values()) + 1
    for axis, end in ((0, there.last[0]), (1, columns)):
        for at in range(1, end + 1, 5 if form_id in ("shanghai", "mof") else 13):
            found = damage.outcome(there, Structure(there.data, 2).insert(axis, at).bytes())
            assert (found.wrong, found.refused) == ([], [])
            assert found.read == len(there.field_of)
            read = read_submissions(read_workbook(Structure(there.data, 2).insert(axis, at).bytes()))[1]
            assert (read.differences, read.missing) == ((), ())


@pytest.mark.parametrize("form_id", form_ids())
def test_a_deleted_indicator_row_is_missing_and_nothing_else(form_id: str) -> None:
    there = damage.marked(form_id, "issued")
    row = there.rows[0] + 1
    read = read_submissions(read_workbook(Structure(there.data).delete(0, row).bytes()))[0]
    assert read.missing
    assert all(name.startswith("indicators.") for name in read.missing)
    assert read.differences == ()


def test_a_row_that_a_unit_added_is_read_as_an_indicator() -> None:
    form = load_form("shanghai")
    assignment = issued(form)
    data = workbook_bytes(form, [assignment], [filled(form, assignment)])
    names = read_workbook(data).sheets[0].names
    row = names["pxl.indicators.3.level_3"].top
    book = Structure(data).insert(0, row)
    for term, content in {
        "level_3": surgery.inline("补充的指标"),
        "target": surgery.inline("≥5场"),
        "actual": surgery.inline("6场"),
        "score": surgery.number("0"),
    }.items():
        book.put((row, names[f"pxl.indicators.3.{term}"].left), content)
    (read,) = read_submissions(read_workbook(book.bytes()))
    assert [each.level_3 for each in read.record.indicators][1:4] == [
        assignment.indicators[1].level_3,
        "补充的指标",
        assignment.indicators[2].level_3,
    ]
    assert {code for code, _ in read.notes} == {"FIELDS_MOVED", "ROW_ADDED"}
    assert read.not_understood == ()


def test_sorted_rows_are_known_again_by_what_was_issued() -> None:
    there = damage.marked("shanghai", "issued")
    top, bottom = there.rows
    area = Area(top, there.first_columns["level_3"], bottom, max(there.first_columns.values()))
    order = list(reversed(range(bottom - top + 1)))
    found = damage.outcome(there, Structure(there.data).reorder(area, order).bytes())
    assert (found.wrong, found.refused, found.notes) == ([], [], {"ROWS_SORTED"})
    assert found.read == len(there.field_of)


# ---- what is refused ----------------------------------------------------------------------------


def refusal(data: bytes) -> tuple[str, str]:
    """The code and the place of the one refusal."""
    refused = [each for each in read_sheets(read_workbook(data)) if isinstance(each, Refused)]
    assert len(refused) == 1
    return refused[0].code, refused[0].where


def test_labels_that_no_longer_stand_over_their_fields_are_refused_with_the_first_cell() -> None:
    """A script inserted a column and left the names where they were."""
    there = damage.marked("shanghai", "issued")
    assert refusal(Structure(there.data).insert(1, 4, follow=False).bytes()) == ("LAYOUT_CHANGED", "项目1!F4")


def test_values_pasted_one_row_lower_are_refused_with_the_first_cell() -> None:
    there = damage.marked("shanghai", "blank")
    top, _ = there.rows
    column = there.first_columns["score"]
    code, where = refusal(Structure(there.data).move(Area(top, column, top + 3, column), 1, 0).bytes())
    assert code == "LAYOUT_CHANGED"
    assert where.startswith("项目1!")


def test_two_headings_exchanged_are_refused() -> None:
    """The names say one thing and the printed words another: nobody can tell which amount is which."""
    there = damage.marked("shanghai", "issued")
    operated = surgery.Operated(there.data).swap("D5", "E5").bytes()
    assert refusal(operated) == ("LAYOUT_CHANGED", "项目1!D5")


def test_one_sheet_that_is_refused_leaves_the_others_judged() -> None:
    there = damage.marked("shanghai", "issued")
    data = Structure(there.data, 2).insert(1, 4, follow=False).bytes()
    verdicts = judge_bytes("表.xlsx", data)
    assert [(verdict.sheet, verdict.code) for verdict in verdicts] == [
        ("项目1", None),
        ("项目2", "LAYOUT_CHANGED"),
        ("项目3", None),
    ]
    assert verdicts[1].status == "rejected"
    assert verdicts[1].where == "项目2!F4"


def test_a_form_whose_issued_content_is_lost_is_still_held_against_its_labels() -> None:
    there = damage.marked("shanghai", "issued")
    parts = surgery.parts_of(Structure(there.data).insert(1, 4, follow=False).bytes())
    number = 1 + [sheet.name for sheet in read_workbook(there.data).sheets].index(HIDDEN_SHEET)
    hidden = f"xl/worksheets/sheet{number}.xml"
    parts[hidden] = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData/>", parts[hidden], flags=re.DOTALL)
    assert refusal(surgery.packed(parts)) == ("LAYOUT_CHANGED", "项目1!F4")


# ---- sheets -----------------------------------------------------------------------------------


def one_filled() -> bytes:
    """One project, filled in."""
    form = load_form("shanghai")
    return workbook_bytes(form, [issued(form)], [filled(form, issued(form))])


def one_blank() -> bytes:
    """One project, as issued."""
    form = load_form("shanghai")
    return workbook_bytes(form, [issued(form)])


def test_a_copy_that_says_the_same_is_one_form() -> None:
    (read,) = read_submissions(read_workbook(copied_sheet(one_filled(), 1, "自评表 (2)")))
    assert read.sheet == "自评表"
    assert ("SHEET_COPIED", "自评表 (2)") in read.notes


def test_of_a_blank_form_and_its_filled_copy_the_copy_counts() -> None:
    filled_cells = read_workbook(one_filled()).sheets[0]
    place = filled_cells.names["pxl.indicators.2.score"].corner
    result = filled_cells.names["pxl.actual_result"].corner
    changes = {place: surgery.number("3"), result: surgery.inline("全年完成。")}
    (read,) = read_submissions(read_workbook(copied_sheet(one_blank(), 1, "自评表 (2)", changes)))
    assert read.sheet == "自评表 (2)"
    assert read.record.actual_result == "全年完成。"
    assert ("SHEET_COPIED", "自评表") in read.notes


def test_two_copies_with_different_figures_are_ambiguous() -> None:
    place = read_workbook(one_filled()).sheets[0].names["pxl.indicators.2.score"].corner
    data = copied_sheet(one_filled(), 1, "自评表 (2)", {place: surgery.number("1.25")})
    assert refusal(data) == ("AMBIGUOUS_SHEET", "自评表 / 自评表 (2)")
    with pytest.raises(Rejected, match="AMBIGUOUS_SHEET"):
        read_submissions(read_workbook(data))


def test_hidden_reordered_and_deleted_form_sheets_are_notes() -> None:
    there = damage.marked("shanghai", "issued")
    book = surgery.parts_of(there.data)
    text = book[surgery.BOOK].decode()
    hidden = text.replace('<sheet name="项目2"', '<sheet state="hidden" name="项目2"')
    read = read_submissions(read_workbook(surgery.packed({**book, surgery.BOOK: hidden.encode()})))
    assert ("HIDDEN_SHEETS", "项目2") in read[0].remarks
    gone = re.sub(r'<definedName name="pxl[^>]*localSheetId="1"[^>]*>[^<]*</definedName>', "", text)
    read = read_submissions(read_workbook(surgery.packed({**book, surgery.BOOK: gone.encode()})))
    assert [each.sheet for each in read] == ["项目1", "项目3"]
    assert ("FORM_DELETED", "项目2") in read[0].notes


def test_the_name_of_the_file_says_nothing() -> None:
    data = one_filled()
    one, other = judge_bytes("甲.xlsx", data)[0], judge_bytes("别的单位2019.xlsx", data)[0]
    assert one.record == other.record
    assert one.findings == other.findings


# ---- what nobody sees ---------------------------------------------------------------------------


def remarks_on(book: Structure) -> list[tuple[str, str]]:
    """What is remarked upon around the first form of a workbook."""
    return list(read_submissions(read_workbook(book.bytes()))[0].remarks)


def test_values_in_hidden_rows_and_columns_are_remarked_upon() -> None:
    row, column = read_workbook(one_filled()).sheets[0].names["pxl.indicators.2.score"].corner
    book = Structure(one_filled())
    book.hidden_rows = {row}
    assert remarks_on(book) == [("HIDDEN_ROWS", str(row))]
    book.hidden_rows, book.hidden_columns = set(), {column}
    assert remarks_on(book) == [("HIDDEN_COLUMNS", column_letters(column))]


def test_a_value_under_a_merged_cell_is_an_error_and_stays_in_its_field() -> None:
    data = one_filled()
    before = read_submissions(read_workbook(data))[0]
    names = read_workbook(data).sheets[0].names
    top, left = names["pxl.indicators.2.score"].corner
    book = Structure(data).merge(Area(top, left, top + 1, left), drop=False)
    after = read_submissions(read_workbook(book.bytes()))[0]
    assert after.remarks == (("COVERED_VALUE", a1(top + 1, left)),)
    assert after.record == before.record
    (finding,) = [each for each in judge_bytes("表.xlsx", book.bytes())[0].findings if each.rule == "W12"]
    assert (finding.variant, finding.severity, finding.actual) == ("covered", "error", a1(top + 1, left))


def test_a_merge_over_the_whole_form_is_no_effort() -> None:
    names = read_workbook(one_filled()).sheets[0].names
    book = Structure(one_filled()).merge(Area(3, 1, 900_000, 9), drop=False)
    ((code, where),) = remarks_on(book)
    assert code == "COVERED_VALUE"
    assert where.startswith(a1(*names["pxl.project_name"].corner))


def test_a_picture_in_an_input_is_an_error() -> None:
    names = read_workbook(one_filled()).sheets[0].names
    place = names["pxl.indicators.2.actual"].corner
    book = Structure(one_filled()).put(place, surgery.formula('_xlfn.DISPIMG("ID_1A2B",1)', '=DISPIMG("ID_1A2B",1)'))
    assert remarks_on(book) == [("IMAGE_IN_INPUT", a1(*place))]


# ---- another unit's, another year's, an older edition's file --------------------------------------


def test_a_form_of_another_edition_is_read_and_not_compared() -> None:
    form = load_form("shanghai")
    older = replace(form, version="0" * 12)
    data = workbook_bytes(older, [issued(older)], [filled(older, issued(older))])
    (read,) = read_submissions(read_workbook(data))
    (same,) = read_submissions(read_workbook(one_filled()))
    assert read.record == same.record
    assert not read.compared
    assert [code for code, _ in read.notes] == ["OTHER_EDITION"]
    # formulas that are still ours are recomputed, whatever the edition
    assert read.cells["total_score"].computed == same.cells["total_score"].computed is not None


def test_another_year_comes_with_the_year_that_was_issued() -> None:
    (read,) = read_submissions(read_workbook(one_filled()))
    assert read.year_asked == YEAR
    (asked,) = read_submissions(read_workbook(one_filled()), year=YEAR + 1)
    assert (asked.year_asked, asked.record.fiscal_year) == (YEAR + 1, YEAR)


def test_every_note_has_words_in_both_languages() -> None:
    assert all(zh and en and zh != en for zh, en in NOTES.values())
