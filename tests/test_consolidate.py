"""汇总: what counts and why, sums on two ways, a workbook whose formulas come to what we say."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from conftest import require
from recalculation import agree, ironcalc, libreoffice, without_results
from rosters import campaign, few
from seasons import hand_in, opened, take_in, worse

from perfxl.campaign.consolidation import consolidating
from perfxl.campaign.consolidation.consolidating import Wish, consolidate, usual_place
from perfxl.campaign.consolidation.counting import Group, Project, Terms, converted, groups_of, rate_of
from perfxl.campaign.consolidation.season import Again
from perfxl.campaign.decisions import decide
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.returns import standing_returns
from perfxl.campaign.trouble import CampaignError
from perfxl.form import load_form
from perfxl.record import Indicator, SelfEvaluation
from perfxl.sheet import Sheet, Workbook
from perfxl.xlsx.figures import figures
from perfxl.xlsx.reader import read_workbook

UNRETURNED, WRONG, ACCEPTED, NOTHING = 3, 4, 6, 8


def change(number: int, record: SelfEvaluation) -> SelfEvaluation | None:
    """The third and the eighth are not handed in, the fourth and the sixth have errors."""
    if number in (UNRETURNED, NOTHING):
        return None
    return worse(record) if number in (WRONG, ACCEPTED) else record


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve projects: one did not come, one has errors, one with errors was accepted, one has nothing to report."""
    folder = campaign(tmp_path_factory.mktemp("season") / "c", few(12))
    hand_in(folder, change)
    _, _, plan = opened(folder)
    tasks = plan.tasks
    with Ledger.open(folder, "accept") as ledger:
        back = {each.assignment: each.sha256 for each in standing_returns(ledger)}
        accepted, nothing = tasks[ACCEPTED - 1], tasks[NOTHING - 1]
        own = accepted.assignment.id
        decide(ledger, "accepted", own, unit=accepted.unit, sha256=back[own], reason="已电话核实", approver="王科长")
        decide(ledger, "nothing_to_report", nothing.assignment.id, unit=nothing.unit, reason="项目未开展")
        take_in(ledger, tasks[0], b"no workbook", "乱码.xlsx", standing="unmatched")
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "perfxl", "consolidate", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def book_of(folder: Path, out: Path, terms: Terms | None = None, lang: str = "zh") -> Workbook:
    settings, form, plan = opened(folder)
    wish = Wish(out=out, terms=terms or Terms(), lang=lang)
    with Ledger.open(folder, "consolidate") as ledger:
        made = consolidate(ledger, settings, form, plan, wish)
    made.frame.season.__exit__(None, None, None)
    return read_workbook(out.read_bytes())


def column(sheet: Sheet, heading: str) -> list[object]:
    """What stands below a heading."""
    at = {str(cell.content or "").split("\n")[0]: place for place, cell in sheet.cells.items()}[heading]
    last = max(row for row, _ in sheet.cells)
    return [sheet.cell(row, at[1]).content for row in range(at[0] + 1, last + 1)]


def rows(sheet: Sheet) -> Iterator[dict[str, object]]:
    """The rows of a list by their headings."""
    head = next(row for (row, _), cell in sorted(sheet.cells.items()) if cell.value in ("序号", "号", "类别", "规则"))
    names = {place: str(sheet.cell(head, place).value).split("\n")[0] for row, place in sheet.cells if row == head}
    for row in range(head + 1, max(row for row, _ in sheet.cells) + 1):
        yield {name: sheet.cell(row, place).content for place, name in names.items()}


# ---- what counts -------------------------------------------------------------------------------


def test_every_project_is_a_line_and_those_that_do_not_count_say_why(season: Path, tmp_path: Path) -> None:
    book = book_of(season, tmp_path / "a.xlsx")
    lines = {str(row["项目编号"]): row for row in rows(book.sheets[0])}
    _, _, plan = opened(season)
    ids = [task.assignment.id for task in plan.tasks]
    assert list(lines) == ids
    left = {each: lines[each]["情况"] for each in ids if lines[each]["计入"] == "否"}
    assert left == {
        ids[UNRETURNED - 1]: "未收回",
        ids[WRONG - 1]: "核验未通过：错误 3 处",
        ids[NOTHING - 1]: "零报告（项目未开展）",
    }
    assert all(lines[each]["全年执行数"] is None for each in left)
    assert lines[ids[ACCEPTED - 1]]["情况"] == "已通过（已电话核实；王科长）"
    named = list(rows(book.sheets[4]))
    assert [row["项目编号"] for row in named if row["类别"] != "收到的表"] == list(left)
    assert [row["收回的文件"] for row in named if row["类别"] == "收到的表"] == ["乱码.xlsx"]


@pytest.mark.parametrize(
    ("terms", "counted"),
    [
        (Terms(), 9),
        (Terms(statuses=frozenset(("pass", "notes", "fail"))), 10),
        (Terms(statuses=frozenset()), 1),
        (Terms(accepted_only=True), 1),
    ],
)
def test_the_officer_says_which_verdicts_count(season: Path, tmp_path: Path, terms: Terms, counted: int) -> None:
    book = book_of(season, tmp_path / "a.xlsx", terms)
    assert column(book.sheets[0], "计入").count("是") == counted
    assert f"计入 {counted} 个" in str(book.sheets[0].cell(2, 1).value)


def test_a_line_leads_to_the_cell_of_the_total_in_the_original(season: Path) -> None:
    book_of(season, season / "consolidated" / "links.xlsx")
    with zipfile.ZipFile(season / "consolidated" / "links.xlsx") as package:
        page = package.read("xl/worksheets/sheet1.xml").decode()
        targets = re.findall(r'Target="([^"]+)"', package.read("xl/worksheets/_rels/sheet1.xml.rels").decode())
    cells = re.findall(r"location=\"'自评表'!([A-Z]+\d+)\"", page)
    assert len(cells) == len(targets) == 10
    for target, cell in zip(targets, cells, strict=True):
        original = read_workbook((season / "consolidated" / target).read_bytes()).sheets[0]
        row, place = int(re.sub(r"\D", "", cell)), ord(cell[0]) - 64
        assert original.cell(row, place).formula is not None
        assert "ROUND" in str(original.cell(row, place).formula)


# ---- amounts -----------------------------------------------------------------------------------


def test_amounts_move_their_point_and_nothing_else() -> None:
    assert converted(Decimal("302.894"), "万元", "元") == Decimal("3028940")
    assert str(converted(Decimal("302.894"), "万元", "元")) == "3028940"
    assert converted(Decimal("0.01"), "元", "万元") == Decimal("0.000001")
    assert converted(Decimal("7"), "元", "元") == 7
    assert converted(None, "元", "万元") is None


def test_a_blank_budget_gives_no_rate_and_a_zero_none_either() -> None:
    assert rate_of(Decimal(5), None) is None
    assert rate_of(Decimal(5), Decimal(0)) is None
    assert rate_of(None, Decimal(5)) is None
    assert rate_of(Decimal(1), Decimal(3)) == Decimal(1) / 3
    assert rate_of(Decimal("1e40"), Decimal(1)) is None


def test_rows_without_a_first_level_belong_to_the_one_above() -> None:
    row = Indicator(level_1="产出指标", weight=Decimal(10), score=Decimal(8))
    record = SelfEvaluation(indicators=(row, replace(row, level_1=None, score=None), replace(row, level_1=None)))
    assert groups_of(record) == (Group("产出指标", Decimal(16), Decimal(20)),)


def test_forms_in_ten_thousands_and_in_yuan_are_added_up_in_one_unit(season: Path, tmp_path: Path) -> None:
    yuan = book_of(season, tmp_path / "a.xlsx").sheets[0]
    wan = book_of(season, tmp_path / "b.xlsx", Terms(unit="万元")).sheets[0]
    for heading in ("年初预算数", "全年执行数"):
        one, other = column(yuan, heading), column(wan, heading)
        assert [None if each is None else Decimal(str(each)) / 10_000 for each in one] == other
        assert any(one)


# ---- two ways ----------------------------------------------------------------------------------


def test_the_totals_are_those_of_the_returns(season: Path, tmp_path: Path) -> None:
    with Ledger.open(season, "test", hold=False) as ledger:
        counted = {each.assignment: each for each in standing_returns(ledger)}
    _, _, plan = opened(season)
    wrong = plan.tasks[WRONG - 1].assignment.id
    records = [each.verdict.record for own, each in counted.items() if own != wrong]
    spent = sum(r.total.executed_amount for r in records if r and r.total and r.total.executed_amount)
    book = book_of(season, tmp_path / "a.xlsx")
    head = next(row for (row, place), cell in book.sheets[0].cells.items() if place == 1 and cell.value == "序号")
    assert book.sheets[0].cell(head - 1, 8).cached == spent
    assert sum(Decimal(str(each)) for each in column(book.sheets[1], "全年执行数") if each) == spent
    assert column(book.sheets[2], "全年执行数") == [spent]


def test_a_digest_that_says_something_else_stops_it(
    season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perfxl.campaign.consolidation.season import Season

    true = Season.again

    def again(self: Season, group: str) -> Iterator[Again]:
        for each in true(self, group):  # type: ignore[arg-type]
            yield each._replace(executed=each.executed + Decimal("0.01"))

    monkeypatch.setattr(Season, "again", again)
    with pytest.raises(CampaignError, match="SUMS_DIFFER") as caught:
        book_of(season, tmp_path / "a.xlsx")
    assert caught.value.exit_code == 3
    assert "全年执行数" in caught.value.zh
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_file_that_was_written_otherwise_stops_it(
    season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read back, the columns come to something else: as if the disk or the writer had changed a figure."""
    from perfxl.campaign.consolidation import compiling

    def other(path: Path, number: int) -> Iterator[tuple[int, int, Decimal]]:
        for row, place, value in figures(path, number):
            yield row, place, value + (Decimal("0.01") if (row, place) == (8, 8) else 0)

    monkeypatch.setattr(compiling, "figures", other)
    with pytest.raises(CampaignError, match="SUMS_DIFFER"):
        book_of(season, tmp_path / "a.xlsx")
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


@pytest.mark.parametrize("engine", ["LibreOffice", "IronCalc"])
def test_other_programs_come_to_what_we_say(season: Path, tmp_path: Path, engine: str) -> None:
    soffice = require("soffice") if engine == "LibreOffice" else ""
    files = dict[str, bytes]()
    for lang in ("zh", "en"):
        place = tmp_path / f"{lang}.xlsx"
        book_of(season, place, lang=lang)
        files[lang] = place.read_bytes()
    given = {name: without_results(data) for name, data in files.items()}
    looks = libreoffice(soffice, given, tmp_path / "lo") if soffice else ironcalc(given, tmp_path / "ironcalc")
    compared = 0
    for name, data in files.items():
        for at, sheet in enumerate(read_workbook(data).sheets):
            for where, cell in sheet.cells.items():
                if cell.formula is not None:
                    assert agree(cell.cached, looks[name](at, *where), exactly=False), (sheet.name, where)
                    compared += 1
    assert compared > 100


# ---- what stands there -------------------------------------------------------------------------


def test_again_it_changes_nothing_and_the_history_says_it_once(season: Path) -> None:
    first = run(season, "--lang", "zh")
    assert first.returncode == 0, first.stderr
    place = usual_place(season, "zh")
    before, when = place.read_bytes(), place.stat().st_mtime_ns
    with Ledger.open(season, "test", hold=False) as ledger:
        told = [
            entry for entry in ledger.history() if entry.event == "consolidated" and entry.file.endswith("汇总.xlsx")
        ]
    assert len(told) == 9
    assert {entry.file for entry in told} == {"consolidated/汇总.xlsx"}
    second = run(season, "--lang", "zh")
    assert second.returncode == 0
    assert "未变" in second.stdout
    assert (place.read_bytes(), place.stat().st_mtime_ns) == (before, when)
    with Ledger.open(season, "test", hold=False) as ledger:
        assert len([e for e in ledger.history() if e.event == "consolidated" and e.file.endswith("汇总.xlsx")]) == 9


def test_what_somebody_made_or_edited_is_left_alone(season: Path, tmp_path: Path) -> None:
    place = tmp_path / "别人的.xlsx"
    place.write_bytes(b"mine")
    ran = run(season, "-o", str(place), "--lang", "zh")
    assert ran.returncode == 3
    assert "没有覆盖" in ran.stderr
    assert place.read_bytes() == b"mine"
    mine = tmp_path / "ours.xlsx"
    assert run(season, "-o", str(mine)).returncode == 0
    mine.write_bytes(mine.read_bytes() + b" ")
    assert run(season, "-o", str(mine)).returncode == 3
    mine.unlink()
    assert run(season, "-o", str(mine), "--include", "fail").returncode == 0
    assert run(season, "-o", str(mine)).returncode == 0  # ours, and renewed


def test_a_target_that_is_open_elsewhere_is_left_as_it_is(
    season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perfxl.campaign.consolidation import made

    place = tmp_path / "a.xlsx"
    book_of(season, place)
    before = place.read_bytes()
    monkeypatch.setattr(made, "place_ready", lambda temporary, path: PermissionError(13, "Permission denied"))
    with pytest.raises(CampaignError, match="open in Excel") as caught:
        book_of(season, place, Terms(unit="万元"))
    assert caught.value.exit_code == 3
    assert not list(tmp_path.rglob(".perfxl*"))
    assert place.read_bytes() == before


def test_amounts_out_of_all_proportion_are_added_up_exactly(tmp_path: Path) -> None:
    """Two ways of adding up that round would differ, and the officer would get no workbook."""
    folder = campaign(tmp_path / "c", few(4))

    def vast(number: int, record: SelfEvaluation) -> SelfEvaluation:
        first, *rest = record.funds
        amount = Decimal("9e25") if number in (2, 3) else first.executed_amount
        return replace(record, funds=(replace(first, executed_amount=amount), *rest))

    with localcontext() as context:
        context.prec = 100  # the unit's own program may hold them
        hand_in(folder, vast)
    ran = run(folder, "--include", "fail", "--unit", "万元", "--tables", "parquet", "--lang", "zh")
    assert ran.returncode == 0, ran.stderr
    assert "计入 4 个" in ran.stdout


def test_a_name_that_excel_would_not_open_is_refused(season: Path) -> None:
    ran = run(season, "-o", "a.xls")
    assert ran.returncode == 2
    assert ".xlsx" in ran.stderr


def test_an_empty_season_has_a_workbook_too(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 3)
    ran = run(folder, "--lang", "zh")
    assert ran.returncode == 0, ran.stderr
    assert "收回 0 个，计入 0 个" in ran.stdout
    assert ran.stdout.count("  未收回") == 3
    book = read_workbook(usual_place(folder, "zh").read_bytes())
    assert column(book.sheets[0], "计入") == ["否"] * 3


def test_a_temporary_file_that_finds_no_room_is_said(
    season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(consolidating, "gather", full)
    with pytest.raises(CampaignError, match="disk is full"):
        book_of(season, tmp_path / "a.xlsx")


def test_a_share_of_nothing_is_none() -> None:
    project = Project(place=1, assignment="A", unit="U", unit_name="甲", department="局", name="项目", why="")
    assert project.result is None
    assert project.parts is None
    assert load_form("shanghai").denominator == "annual_budget"
