"""What a consolidation holds the returns against: the department's own form, the accounts, the year before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rosters import Rows, campaign, few, set_to
from seasons import hand_in, opened, worse

from perfxl.campaign.consolidation.accounts import read_accounts
from perfxl.campaign.consolidation.department import digest_of_file, shared_projects
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.returns import standing_returns
from perfxl.campaign.roster_layout import INDICATORS, PROJECTS
from perfxl.campaign.trouble import CampaignError
from perfxl.checking import read
from perfxl.record import SelfEvaluation
from perfxl.sheet import Cell, Sheet, Value, Workbook
from perfxl.template import build_workbook
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.writer import write_workbook

NAME = "校舍维修"


def alike(count: int) -> Rows:
    """So many units with one project of the same name and the same indicators."""
    rows = few(12)
    projects: list[Mapping[str, Value]] = []
    own: list[Mapping[str, Value]] = []
    pattern = [row for row in rows[INDICATORS] if row["project"] == rows[PROJECTS][0]["project"]]
    for number in range(1, count + 1):
        projects.append(
            {**rows[PROJECTS][0], "project": f"B{number:03d}", "unit": f"U{number:02d}", "project_name": NAME}
        )
        own += [{**row, "project": f"B{number:03d}"} for row in pattern]
    return {**rows, PROJECTS: projects, INDICATORS: own}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "perfxl", "consolidate", str(folder), "--lang", "zh", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def findings(folder: Path, rule: str) -> list[list[Value]]:
    """The lines of the sheet 问题清单 with that rule."""
    sheet = read_workbook((folder / "consolidated" / "汇总.xlsx").read_bytes()).sheets[6]
    last, wide = (max(place[at] for place in sheet.cells) for at in (0, 1))
    lines = [[sheet.cell(row, column).content for column in range(1, wide + 1)] for row in range(1, last + 1)]
    return [line for line in lines if rule in line]


# ---- 部门汇总表 ---------------------------------------------------------------------------------


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = campaign(tmp_path / "c", alike(4))
    hand_in(folder, lambda number, record: None if number == 4 else record)
    return folder


FORM = Path("consolidated", "部门汇总表", f"示例局_{NAME}.xlsx")


def test_the_departments_form_is_the_sum_of_its_units_and_the_rest_is_left_to_it(shared: Path) -> None:
    ran = run(shared)
    assert ran.returncode == 0, ran.stderr
    assert f"部门汇总表 示例局 · {NAME}：由 3 / 4 份单位表相加" in ran.stdout
    with Ledger.open(shared, "test", hold=False) as ledger:
        units = [each.verdict.record for each in standing_returns(ledger)]
    (form,) = read((shared / FORM).read_bytes())
    record = form.record
    assert record.implementing_unit == "示例局（汇总）"
    for source in ("total", "appropriation", "carryover"):
        line = record.line(source)
        assert line is not None
        for term in ("initial_budget", "annual_budget", "executed_amount"):
            assert getattr(line, term) == sum(getattr(each.line(source), term) for each in units if each)
    assert units[0] is not None
    assert [(row.level_3, row.target, row.weight) for row in record.indicators] == [
        (row.level_3, row.target, row.weight) for row in units[0].indicators
    ]
    assert all(row.actual is None and row.score is None for row in record.indicators)
    assert record.actual_result is None
    assert findings(shared, "C01") == []


def test_a_departments_form_that_somebody_works_on_is_left_alone_and_compared(shared: Path) -> None:
    assert run(shared).returncode == 0
    (read_back,) = read((shared / FORM).read_bytes())
    lines = tuple(
        replace(line, executed_amount=(line.executed_amount or Decimal(0)) + 5)
        if line.source == "appropriation"
        else line
        for line in read_back.record.funds
    )
    record = replace(read_back.record, funds=lines, actual_result="各校舍维修按期完成，验收合格。")
    assert read_back.assignment is not None
    data = write_workbook(build_workbook(read_back.form, [read_back.assignment], year=2026, records=[record]))
    (shared / FORM).write_bytes(data)
    again = run(shared)
    assert again.returncode == 0, again.stderr
    assert "没有动它" in again.stdout
    assert (shared / FORM).read_bytes() == data
    (line,) = findings(shared, "C01")
    assert Decimal("5") in line


def test_units_with_other_indicators_leave_them_to_the_department(tmp_path: Path) -> None:
    rows = alike(3)
    first = rows[INDICATORS][0]
    rows[INDICATORS] = [{**first, "target": "≥70%"}, *rows[INDICATORS][1:]]
    folder = campaign(tmp_path / "c", rows)
    hand_in(folder)
    ran = run(folder)
    assert "各单位指标不同" in ran.stdout
    (form,) = read((folder / FORM).read_bytes())
    assert all(row.level_3 is None for row in form.record.indicators)


def test_one_form_alone_makes_no_department_form(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", alike(2))
    hand_in(folder, lambda number, record: record if number == 1 else worse(record))
    ran = run(folder)
    assert f"没有做部门汇总表 示例局 · {NAME}：计入的单位表只有 1 份" in ran.stdout
    assert not (folder / FORM).exists()
    assert digest_of_file(b"no workbook", "x.xlsx") is None
    assert shared_projects.__doc__


# ---- 决算数 -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = campaign(tmp_path_factory.mktemp("season") / "c", few(5))
    hand_in(folder)
    return folder


def spent(folder: Path) -> dict[str, Decimal]:
    with Ledger.open(folder, "test", hold=False) as ledger:
        records: dict[str, SelfEvaluation | None] = {e.assignment: e.verdict.record for e in standing_returns(ledger)}
    totals = {name: record.total for name, record in records.items() if record}
    return {name: line.executed_amount for name, line in totals.items() if line and line.executed_amount is not None}


def test_an_amount_that_the_accounts_do_not_know_is_a_fault_and_does_not_count(season: Path, tmp_path: Path) -> None:
    amounts = spent(season)
    (wrong, amount), *right = amounts.items()
    table = tmp_path / "决算.csv"
    lines = [f"{name},{each / 10_000}" for name, each in right] + [f"{wrong},{(amount + 1) / 10_000}", "X9,3"]
    table.write_bytes("\r\n".join(["项目编号,决算数（万元）", *lines]).encode("gb18030"))
    ran = run(season, "--accounts", str(table))
    assert ran.returncode == 0, ran.stderr
    assert "计入 4 个" in ran.stdout
    assert "决算数中有 1 行对不上任何项目：X9" in ran.stdout
    (line,) = findings(season, "M13")
    assert amount in line
    assert amount + 1 in line


def test_accounts_in_a_workbook_by_unit_and_project(season: Path, tmp_path: Path) -> None:
    _, form, plan = opened(season)
    task = plan.tasks[0]
    heads = ("实施单位", "项目名称", "全年执行数", "备注")
    row = (task.assignment.implementing_unit, f" {task.assignment.project_name}", Decimal("12.5"), "x")
    cells = {(1, at): Cell(value=text) for at, text in enumerate(heads, 1)}
    cells |= {(2, at): Cell(value=value) for at, value in enumerate(row, 1)}
    place = tmp_path / "决算.xlsx"
    place.write_bytes(write_workbook(Workbook(sheets=(Sheet(name="一", cells=cells),))))
    assert read_accounts(place, plan, form).amounts == {task.assignment.id: {"executed_amount": Decimal("12.5")}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("编号,数\nA001,5", "年初预算数"),
        ("项目,执行数\nA001,5", "项目编号"),
        ("编号,执行数\nA001,五万", "B2：“五万”不是金额"),
        ("编号,执行数\nA001,5%", "不是金额"),
        ("编号,执行数\nA001,5\nA001,6", "出现两次"),
    ],
)
def test_accounts_that_are_wrong_are_refused_with_the_place(season: Path, tmp_path: Path, text: str, says: str) -> None:
    place = tmp_path / "a.csv"
    place.write_text(text, encoding="utf-8")
    ran = run(season, "--accounts", str(place))
    assert ran.returncode == 2
    assert says in ran.stderr


def test_accounts_that_are_not_there_are_said(season: Path, tmp_path: Path) -> None:
    _, form, plan = opened(season)
    (tmp_path / "b.xlsx").write_bytes(b"no workbook")
    for name in ("a.csv", "b.xlsx"):
        with pytest.raises(CampaignError, match="BAD_ACCOUNTS"):
            read_accounts(tmp_path / name, plan, form)


def test_without_accounts_the_rule_is_counted_as_not_run(season: Path) -> None:
    assert run(season).returncode == 0
    sheet = read_workbook((season / "consolidated" / "汇总.xlsx").read_bytes()).sheets[5]
    (row,) = [row for (row, column), cell in sheet.cells.items() if column == 1 and cell.value == "M13"]
    assert [sheet.cell(row, column).value for column in (4, 6, 8)] == [0, 0, 5]


# ---- 上年 ---------------------------------------------------------------------------------------


def test_the_year_before_is_held_against_this_one(season: Path, tmp_path: Path) -> None:
    before = campaign(tmp_path / "2025", few(5))
    set_to(before, "fiscal_year = 2026", "fiscal_year = 2025")
    hand_in(before)
    ran = run(season, "--earlier", str(before))
    assert ran.returncode == 0, ran.stderr
    found = findings(season, "C07")
    assert found
    assert "2026年度指标值" in str(found[0])
    assert run(season).returncode == 0
    assert findings(season, "C07") == []


def test_another_year_is_refused(season: Path, tmp_path: Path) -> None:
    same = campaign(tmp_path / "c", few(2))
    ran = run(season, "--earlier", str(same))
    assert ran.returncode == 2
    assert "2025" in ran.stderr
