"""What the unit gets back: a fresh locked form with everything it entered, its problems marked and listed.

``correct`` then ``check`` says the same, whatever layout the return had; what was issued is restored, what is
computed is computed again, and what has no place is named.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from layouts import fixtures
from records_made import filled, issued, workbook_bytes

from perfxl.checking import judge_bytes
from perfxl.cli import cli
from perfxl.correcting import Correction, NoYearError, correct
from perfxl.finding import Severity
from perfxl.form import form_ids, load_form
from perfxl.page import NAME, TO_DO
from perfxl.reading import read_submissions
from perfxl.rejection import Rejected
from perfxl.sheet import Cell
from perfxl.submission import Submission
from perfxl.transplant import losses
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.writer import write_workbook

sys.path.insert(0, str(Path(__file__).parent.parent / "samples"))

import make

FIXTURES = {each.name: each for each in fixtures() if each.stage in ("self_evaluation", "transfer")}


def read(data: bytes) -> list[Submission]:
    return read_submissions(read_workbook(data))


def one(data: bytes, **options: str) -> Correction:
    (correction,) = correct(data, "自评表.xlsx", **options)  # type: ignore[arg-type]
    return correction


def altered(data: bytes, values: dict[str, str | Decimal]) -> bytes:
    """A stamped workbook with field cells typed over, as a unit does that took the protection off."""
    book = read_workbook(data)
    changed = []
    for sheet in book.sheets:
        cells = dict(sheet.cells)
        for name, value in values.items():
            if NAME + name in sheet.names:
                place = sheet.names[NAME + name].corner
                cells[place] = Cell(value=value, text=str(value), style="answer", locked=cells[place].locked)
        changed.append(replace(sheet, cells={place: replace(cell, style="plain") for place, cell in cells.items()}))
    return write_workbook(replace(book, sheets=tuple(changed)))


@pytest.mark.parametrize("name", FIXTURES)
def test_a_foreign_form_comes_back_with_the_same_record(name: str) -> None:
    before = read(FIXTURES[name].workbook())
    corrections = correct(FIXTURES[name].workbook(), name)
    after = [submission for each in corrections for submission in read(each.data)]
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        lost = [loss for loss in losses(old, new) if loss.kind == "lost" and loss.field]
        assert all(loss.field.startswith(("sign_off", "grade", "review_score", "project_code")) for loss in lost), lost
        if old.form.id == "general":
            assert new.record == old.record


@pytest.mark.parametrize("form_id", form_ids())
def test_a_form_of_ours_comes_back_under_the_same_stamp(form_id: str) -> None:
    form = load_form(form_id)
    data = workbook_bytes(form, [issued(form)], [filled(form, issued(form))])
    correction = one(data)
    (before,), (after,) = read(data), read(correction.data)
    assert after.record == before.record
    assert after.stamp == before.stamp
    assert after.compared
    assert not correction.losses


def test_what_was_issued_is_restored_and_what_is_computed_is_computed_again() -> None:
    """A lowered target, a raised weight and a total typed by hand: mended by the fresh form, and listed."""
    form = load_form("shanghai")
    data = workbook_bytes(form, [issued(form)], [filled(form, issued(form))])
    (before,) = read(data)
    damaged = altered(
        data, {"indicators.1.target": "≥1个", "indicators.2.weight": Decimal(7), "total_score": Decimal(99)}
    )
    correction = one(damaged)
    (after,) = read(correction.data)
    assert after.record.indicators[0].target == before.record.indicators[0].target
    assert after.record.indicators[1].weight == before.record.indicators[1].weight
    assert after.record.total_score == before.record.total_score
    assert {(loss.kind, loss.field) for loss in correction.losses} >= {
        ("restored", "indicators[0].target"),
        ("restored", "indicators[1].weight"),
        ("recomputed", "total_score"),
    }
    assert not {finding.rule for verdict in correction.verdicts for finding in verdict.findings} & {"W05", "W08", "K05"}


def test_several_projects_of_a_unit_come_back_in_one_workbook() -> None:
    form = load_form("mof")
    assignments = [replace(issued(form), id=f"A{at}", project_name=f"项目{at}") for at in range(3)]
    records = [filled(form, each) for each in assignments]
    data = workbook_bytes(form, assignments, records)
    after = read(one(data).data)
    assert [each.record for each in after] == [each.record for each in read(data)]


def test_a_row_that_the_unit_added_goes_into_a_spare_one() -> None:
    form = load_form("shanghai")
    assignment = issued(form)
    record = filled(form, assignment)
    extra = replace(record.indicators[0], level_3="自己加的指标")
    with_extra = replace(record, indicators=(*record.indicators, extra))
    before = read_submissions(read_workbook(workbook_bytes(form, [assignment], [with_extra])))[0]
    (after,) = read(one(workbook_bytes(form, [assignment], [with_extra])).data)
    assert [row.level_3 for row in after.record.indicators] == [row.level_3 for row in before.record.indicators]
    assert after.record.indicators[-1].level_3 == "自己加的指标"


# ---- what is marked and listed -------------------------------------------------------------------


def marked(data: bytes) -> tuple[dict[str, str], openpyxl.Workbook]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book[book.sheetnames[1]]
    return {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}, book


def test_the_list_stands_in_front_and_leads_to_each_cell() -> None:
    data = one(make.printed(make.forms()[0])).data
    notes, book = marked(data)
    assert book.sheetnames[0] == TO_DO
    links = [cell.hyperlink.location for row in book[TO_DO].iter_rows() for cell in row if cell.hyperlink]
    assert len(links) >= 10
    for link in links:
        sheet, _, cell = str(link).partition("!")
        assert sheet.strip("'") in book.sheetnames
        assert cell in notes


def test_every_error_and_warning_of_the_fresh_form_is_marked_at_its_cell() -> None:
    correction = one(make.printed(make.forms()[0]))
    notes, _ = marked(correction.data)
    for verdict in correction.verdicts:
        for finding in verdict.findings:
            if finding.cell and finding.caused_by is None:
                assert finding.rule in notes[finding.cell]


def test_the_wrong_totals_of_the_published_forms_are_mended_by_the_form_itself() -> None:
    totals = [one(make.printed(form)).verdicts[0].record for form in make.forms()]
    assert [str(record.total_score) for record in totals if record] == ["91.83", "100.00", "100.00"]


def test_earlier_marks_are_gone_on_the_next_pass() -> None:
    once = one(make.printed(make.forms()[0])).data
    (submission,) = read(once)
    row = next(at for at, each in enumerate(submission.record.indicators) if str(each.score) == "1")
    mended = altered(once, {f"indicators.{row + 1}.score": Decimal("0.5")})
    cell = submission.cells[f"indicators[{row}].score"].cell_name
    assert cell in marked(once)[0]
    assert cell not in marked(one(mended).data)[0]
    assert openpyxl.load_workbook(io.BytesIO(one(mended).data)).sheetnames.count(TO_DO) == 1


def test_a_corrected_form_that_comes_back_is_no_foreign_workbook() -> None:
    """Neither its list nor its comments are held against the unit."""
    verdicts = judge_bytes("更正表.xlsx", one(make.printed(make.forms()[0])).data)
    assert len(verdicts) == 1
    assert not [finding for finding in verdicts[0].findings if finding.rule == "W12"]
    assert verdicts[0].stamp


def test_a_form_without_a_problem_has_nothing_to_mend() -> None:
    form = load_form("shanghai")
    data = workbook_bytes(form, [issued(form)], [filled(form, issued(form))])
    (verdict,) = one(data).verdicts
    (before,) = judge_bytes("自评表.xlsx", data)
    assert [(each.rule, each.cell) for each in verdict.findings] == [(each.rule, each.cell) for each in before.findings]
    assert not [each for each in verdict.findings if each.severity is Severity.ERROR and each.rule in ("W05", "W08")]


HOSTILE = ('=HYPERLINK("http://x","y")', "<r>x</r>", "+cmd|' /C calc'!A0", "@SUM(1)", "\u202eabc", "_x001B_]0;t")


def test_nothing_that_a_unit_typed_runs_in_a_corrected_form() -> None:
    form = load_form("shanghai")
    record = filled(form, issued(form))
    rows = tuple(
        replace(row, variance_explanation=HOSTILE[at % len(HOSTILE)], score=Decimal(0))
        for at, row in enumerate(record.indicators)
    )
    data = one(workbook_bytes(form, [issued(form)], [replace(record, indicators=rows, actual_result=HOSTILE[0])])).data
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            for cell in line:
                if cell.hyperlink:
                    assert cell.hyperlink.target is None
                if cell.data_type == "f":
                    assert not any(word in str(cell.value) for word in ("HYPERLINK", "cmd|", "@SUM"))


def test_a_formula_and_a_link_of_the_return_do_not_come_back_out() -> None:
    fixture = FIXTURES["hubei"]
    book = openpyxl.load_workbook(io.BytesIO(fixture.workbook()))
    sheet = book[fixture.paper.name]
    sheet["A40"] = '=WEBSERVICE("http://127.0.0.1/x")'
    sheet["B41"].hyperlink = "http://127.0.0.1/evil"
    sheet["B41"] = "看这里"
    out = io.BytesIO()
    book.save(out)
    data = one(out.getvalue()).data
    assert b"WEBSERVICE" not in data
    after = openpyxl.load_workbook(io.BytesIO(data))
    for each in after.worksheets:
        for line in each.iter_rows():
            for cell in line:
                assert "WEBSERVICE" not in str(cell.value)
                assert not (cell.hyperlink and cell.hyperlink.target)


# ---- the command ----------------------------------------------------------------------------------


def run(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--lang", "en", "correct", *arguments])
    out = capsys.readouterr()
    return int(ended.value.code or 0), out.out, out.err


def test_the_command_writes_beside_and_never_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "自评表.xlsx", tmp_path / "更正"
    source.write_bytes(make.printed(make.forms()[0]))
    code, out, _ = run([str(source), "-o", str(target)], capsys)
    assert code == 0
    assert "to mend" in out
    (made,) = target.iterdir()
    first = made.read_bytes()
    made.write_bytes(b"the officer's own")
    code, _, err = run([str(source), "-o", str(target)], capsys)
    assert code == 3
    assert "--force" in err
    assert made.read_bytes() == b"the officer's own"
    assert run([str(source), "-o", str(target), "--force"], capsys)[0] == 0
    assert made.read_bytes() == first
    assert source.read_bytes() == make.printed(make.forms()[0])


def test_one_bad_file_does_not_keep_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "好.xlsx").write_bytes(make.printed(make.forms()[1]))
    code, _, err = run([str(tmp_path), "-o", str(tmp_path / "out")], capsys)
    assert code == 3
    assert "BAD_ZIP" in err
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_form_without_a_year_asks_for_one() -> None:
    form = make.forms()[0] | {"year_line": "（年度）"}
    with pytest.raises(NoYearError):
        correct(make.printed(form), "自评表.xlsx")


def test_a_refused_return_is_refused_here_too() -> None:
    with pytest.raises(Rejected):
        correct(b"", "空.xlsx")


def test_the_same_return_gives_the_same_bytes() -> None:
    data = make.printed(make.forms()[2])
    assert one(data).data == one(data).data


def test_english_words_where_english_is_asked_for() -> None:
    data = one(make.printed(make.forms()[0]), lang="en").data
    texts = {str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(data))[TO_DO].iter_rows() for cell in row}
    assert any("Please mend" in text for text in texts)
