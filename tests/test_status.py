"""Who has returned what: in the terminal, as a page, a workbook, CSV and JSON; and what the officer decides."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook
from season import Season, mail, ran

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.overview import Line, Totals, overview
from perfxl.cli.columns import aligned, fitted, padded, width


@pytest.fixture
def season(tmp_path: Path) -> Season:
    """Four projects of two units; the first has errors, the second has none, the third came blank."""
    made = Season(tmp_path / "任务")
    path = made.folder / "perfxl.toml"
    text = path.read_text(encoding="utf-8").replace('due = ""', "due = 2026-11-10").replace("[campaign]", "", 0)
    path.write_text(text, encoding="utf-8")
    place = tmp_path / "报回"
    place.mkdir()
    first, second, third, _ = made.tasks
    date_, late = "Mon, 02 Nov 2026 09:00:00 +0800", "Thu, 12 Nov 2026 09:00:00 +0800"
    (place / "1.eml").write_bytes(mail(("甲.xlsx", made.workbook(first)), date=date_, message_id="<1@x>"))
    clean = made.clean(second)
    (place / "2.eml").write_bytes(mail(("乙.xlsx", clean), date=late, message_id="<2@x>"))
    (place / "3.eml").write_bytes(mail(("空.xlsx", made.workbook(third, blank=True)), message_id="<3@x>"))
    made.collect(place, code=1)
    return made


def lines(season: Season, day: date = date(2026, 11, 26)) -> dict[str, Line]:
    from perfxl.campaign.roster_plan import read_plan
    from perfxl.campaign.settings import read_campaign

    plan = read_plan(read_campaign(season.folder), season.form)
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        return {each.assignment: each for each in overview(ledger, plan, day)}


def places(season: Season) -> list[str]:
    return [each.place for each in lines(season).values()]


def test_each_project_has_its_state_its_days_and_its_remark(season: Season) -> None:
    found = lines(season)
    assert [each.place for each in found.values()] == ["to_mend", "to_accept", "missing", "missing"]
    assert [each.days_late for each in found.values()] == [-8, 2, 16, 16]
    assert found["A004"].stray == "blank"
    totals = Totals()
    list(totals.counted(found.values()))
    assert (totals.asked, totals.late, totals.units_complete, len(totals.units)) == (4, 2, 1, 2)


def test_the_terminal_table_lines_up_and_says_the_sums(season: Season) -> None:
    words = ran("status", season.folder)
    rows = [line for line in words.splitlines() if re.match("编号|A00", line)]
    starts = {
        width(row[: row.index(mark)])
        for row, mark in zip(rows, ("状态", "待更正", "待通过", "未收回", "未收回"), strict=True)
    }
    assert len(starts) == 1
    assert "逾期未收 2 份" in words
    assert "收到的表尚未填报" in words
    english = ran("status", season.folder, lang="en")
    assert "4 in all: missing 2, to be mended 1, to be accepted 1." in english
    assert not re.search("[\u4e00-\u9fff]", english.splitlines()[-1])


def test_only_a_unit_and_only_what_is_open(season: Season) -> None:
    words = ran("status", season.folder, "--only", "U02")
    assert "A001" not in words
    assert "A004" in words
    ran("nothing-to-report", "A004", "--campaign", season.folder, "--reason", "项目取消")
    assert "A004" not in ran("status", season.folder, "--only", "u02", "--open")
    assert "是不是" in ran("status", season.folder, "--only", "U20", code=2)


def test_json_and_csv_say_the_same(season: Season) -> None:
    found = json.loads(ran("status", season.folder, "--format", "json"))
    assert found["schema"] == "perfxl.status/1"
    assert found["due"] == "2026-11-10"
    assert found["summary"] == {
        "asked": 4, "missing": 2, "to_mend": 1, "to_accept": 1, "accepted": 0, "waived": 0, "nothing_to_report": 0,
        "overdue": 2, "units": 2, "units_complete": 1,
    }  # fmt: skip
    first = found["assignments"][0]
    assert (first["state"], first["status"], first["returned_at"]) == ("to_mend", "fail", "2026-11-02T01:00:00Z")
    rows = list(csv.reader(io.StringIO(ran("status", season.folder, "--format", "csv").lstrip("\ufeff"))))
    assert [row[0] for row in rows[1:]] == [each["assignment"] for each in found["assignments"]]


def test_the_workbook_links_to_the_originals(season: Season, tmp_path: Path) -> None:
    out = tmp_path / "进度.xlsx"
    ran("status", season.folder, "--format", "xlsx", "-o", out)
    book = load_workbook(out)
    table = book.worksheets[1]
    heads = [cell.value for cell in table[1]]
    assert table.auto_filter.ref
    cell = table.cell(2, heads.index("原件") + 1)
    assert cell.value == "甲.xlsx"
    assert cell.hyperlink is not None
    assert (tmp_path / str(cell.hyperlink.target)).is_file()
    assert book.worksheets[0]["B4"].value == 4


class _Parsed(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_and_runs_nothing(season: Season, tmp_path: Path) -> None:
    out = tmp_path / "进度.html"
    ran("status", season.folder, "--format", "html", "-o", out)
    text = out.read_text(encoding="utf-8")
    parsed = _Parsed(text)
    assert "default-src 'none'" in text
    assert not [tag for tag, attrs in parsed.tags if tag in ("script", "img", "link", "iframe") or "style" in attrs]
    links = [str(attrs["href"]) for tag, attrs in parsed.tags if tag == "a"]
    assert len(links) == 2
    assert all((tmp_path / "任务" / link.partition("/")[2]).is_file() for link in links)


def test_what_a_unit_writes_cannot_become_markup(tmp_path: Path) -> None:
    season = Season(tmp_path / "c")
    (tmp_path / "<b>&'\".xlsx").write_bytes(season.workbook(season.tasks[0]))
    season.collect(tmp_path / "<b>&'\".xlsx")
    out = tmp_path / "s.html"
    ran("status", season.folder, "--format", "html", "-o", out)
    assert "<b>&'" not in out.read_text(encoding="utf-8")


# Decisions


def test_a_return_with_errors_is_not_accepted_but_may_be_waived_by_somebody(season: Season) -> None:
    assert "perfxl waive" in ran("accept", "A001", "--campaign", season.folder, code=1)
    ran("waive", "A001", "--campaign", season.folder, "--reason", "机构调整", code=2)
    ran("waive", "A001", "--campaign", season.folder, "--reason", "机构调整", "--approver", "张局长")
    assert lines(season)["A001"].place == "waived"
    assert "机构调整（张局长）" in ran("status", season.folder)


def test_a_waiver_of_one_rule_leaves_the_others(season: Season) -> None:
    assert "没有规则" in ran("waive", "A001", "--campaign", season.folder, "--rule", "T99", code=2)
    waive = ("--reason", "批复", "--approver", "张")
    ran("waive", "A001", "--campaign", season.folder, *waive, "--rule", "K02")
    assert lines(season)["A001"].place == "waived"
    assert "没有可豁免" in ran("waive", "A004", "--campaign", season.folder, *waive, "--rule", "K02", code=1)
    ran("waive", "A004", "--campaign", season.folder, *waive)
    assert lines(season)["A004"].place == "waived"


def test_a_whole_unit_at_once_and_undone(season: Season) -> None:
    ran("nothing-to-report", "U02", "--campaign", season.folder, "--reason", "未安排资金")
    assert places(season)[2:] == ["nothing_to_report", "nothing_to_report"]
    ran("nothing-to-report", "A004", "--campaign", season.folder, "--undo")
    assert places(season)[2:] == ["missing", "nothing_to_report"]
    assert "没有可撤回" in ran("accept", "A004", "--campaign", season.folder, "--undo", code=1)
    assert "已经收回" in ran("nothing-to-report", "A001", "--campaign", season.folder, "--reason", "x", code=1)


def test_what_has_no_error_is_accepted_once(season: Season) -> None:
    ran("accept", "--campaign", season.folder, code=2)
    assert "已通过 1 份" in ran("accept", "A002", "--campaign", season.folder)
    assert lines(season)["A002"].place == "accepted"
    assert "已经通过" in ran("accept", "A002", "--campaign", season.folder, code=1)


def test_clean_ones_are_accepted_together_only_where_that_is_asked_for(season: Season) -> None:
    assert "已通过 1 份" in ran("accept", "--clean", "--campaign", season.folder)
    assert "已通过 0 份" in ran("accept", "--clean", "--campaign", season.folder)
    assert [each.place for each in lines(season).values()] == ["to_mend", "accepted", "missing", "missing"]


def test_a_newer_return_asks_for_a_new_decision(season: Season, tmp_path: Path) -> None:
    ran("accept", "A002", "--campaign", season.folder)
    (tmp_path / "新.xlsx").write_bytes(season.workbook(season.tasks[1]))
    season.collect(tmp_path / "新.xlsx")
    found = lines(season)["A002"]
    assert found.place == "to_mend"
    assert found.standing.lapsed is not None
    assert "之后又来了新的一份" in ran("status", season.folder)


def test_a_blank_reason_is_none(season: Season) -> None:
    ran("nothing-to-report", "A004", "--campaign", season.folder, "--reason", "  ", code=2)


# Columns


def test_a_chinese_character_takes_two_columns() -> None:
    assert width("单位A") == 5
    assert width("e\u0301") == 1
    assert fitted("云汐市示范街道", 9) == "云汐市示…"
    assert width(padded("单位", 8)) == 8
    one, two = aligned([("单位", "x"), ("a", "yy")], most=(10, 10), right=(1,))
    assert (one, two) == ("单位   x", "a     yy")
    assert "\n" not in fitted("a\nb\x1b[31m", 20)
