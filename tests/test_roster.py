"""The roster: a sample reads without a mistake; every kind of mistake is named by sheet and cell, all at once."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from test_variant import DEFINITION

from perfxl.campaign.founding import found
from perfxl.campaign.plan import Plan
from perfxl.campaign.roster import RosterError
from perfxl.campaign.roster_blank import blank_roster
from perfxl.campaign.roster_layout import tables
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.sample import sample_rows
from perfxl.campaign.settings import ROSTER, read_campaign
from perfxl.campaign.trouble import CampaignError
from perfxl.form import Form, form_ids, load_form, read_definition
from perfxl.xlsx.writer import write_workbook

FORMS = (*map(load_form, form_ids()), read_definition(DEFINITION))
SHANGHAI = load_form("shanghai")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found(tmp_path / "c", SHANGHAI, 2026, sample=True)
    return tmp_path / "c"


def plan_of(folder: Path) -> Plan:
    campaign = read_campaign(folder)
    return read_plan(campaign, campaign.load_form())


def changed(folder: Path, change: Callable[[Any], object]) -> None:
    book = openpyxl.load_workbook(folder / ROSTER)
    change(book)
    book.save(folder / ROSTER)


def mistakes(folder: Path, change: Callable[[Any], object]) -> dict[str, str]:
    changed(folder, change)
    with pytest.raises(RosterError) as caught:
        plan_of(folder)
    for mistake in caught.value.mistakes:
        assert re.search(r"[\u4e00-\u9fff]", mistake.zh)
        assert len(mistake.en.split()) >= 3
    return {f"{each.sheet}!{each.cell}": each.zh for each in caught.value.mistakes}


def setting(sheet: str, cell: str, value: object) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][cell] = value

    return change


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_the_sample_of_every_form_reads_without_a_mistake(form: Form, tmp_path: Path) -> None:
    definition = DEFINITION.encode() if form.id == "riverside" else None
    found(tmp_path / "c", form, 2026, sample=True, definition=definition)
    plan = plan_of(tmp_path / "c")
    assert (len(plan.units), len(plan.tasks), plan.form, plan.fiscal_year) == (10, 30, form.id, 2026)
    assert len({task.assignment.id for task in plan.tasks}) == 30
    names = [task.assignment.project_name for task in plan.tasks]
    assert names.count("校舍维修") == 2
    assert plan.units[0].contacts[1].address == "wu@u01.example"
    for task in plan.tasks:
        assert task.assignment.indicators
        weights = sum(
            (row.weight or Decimal(0) for row in task.assignment.indicators), form.execution_weight or Decimal(0)
        )
        assert weights == form.rules.total_weight
    assert any(task.assignment.funds and task.assignment.funds[0].initial_budget for task in plan.tasks)


def test_a_blank_roster_says_that_nothing_is_filled_in(tmp_path: Path) -> None:
    found(tmp_path / "c", SHANGHAI, 2026)
    assert mistakes(tmp_path / "c", lambda book: None) == {"项目!A1": "没有填任何项目"}


P = {field.term: at for at, field in enumerate(tables(SHANGHAI)[1].fields)}
AMOUNT = "ABCDEFGHIJKLMN"[P["funds.appropriation.initial_budget"]]
GOAL = "ABCDEFGHIJKLMN"[P["expected_goal"]]

ONE_BY_ONE: tuple[tuple[str, str, object, str], ...] = (
    ("项目", "B3", "U99", "没有代码 U99"),
    ("项目", "B3", None, "没有填“单位代码”"),
    ("项目", "A4", "A001", "重复"),
    ("项目", "A4", "ａ００１", "重复"),
    ("项目", "A3", "A 01", "有空格"),
    ("项目", "A3", "编" * 41, "长于 40 字"),
    ("项目", "C4", "老旧小区综合改造", "重复"),
    ("项目", "C3", "第一行\n第二行", "U+000A"),
    ("项目", "C3", "反\u202e转", "U+202E"),
    ("项目", "C3", True, "TRUE/FALSE"),
    ("项目", "C3", datetime.datetime(2026, 3, 1), "成了日期"),
    ("项目", f"{AMOUNT}3", "120万元", "是文字，不是数"),
    ("项目", f"{AMOUNT}3", "1,200,000.00", "是文字，不是数"),
    ("项目", f"{AMOUNT}3", -1, "为负"),
    ("项目", f"{AMOUNT}3", 0.123, "多于 2 位"),
    ("项目", f"{AMOUNT}3", datetime.datetime(2026, 3, 1), "成了日期"),
    ("项目", f"{GOAL}3", "写" * 4_001, "长于 4000 字"),
    ("单位", "B3", None, "没有填“单位名称”"),
    ("单位", "B5", "云汐市第二实验小学", "代码不同"),
    ("单位", "A5", "U03", "一个代码只给一个单位"),
    ("单位", "D3", "zhou＠u01.example", "缺少 @"),
    ("单位", "D3", "周@u01.example", "@ 前只能用"),
    ("单位", "D3", "zhou@u01", "域名"),
    ("单位", "D3", "a@b.cn, c@d.cn", "@"),
    ("单位", "D4", "zhou@u01.example", "重复"),
    ("单位", "D5", "ZHOU@u01.example", "也是“云汐市示范街道办事处”的"),
    ("指标", "A3", "A999", "没有编号 A999"),
    ("指标", "B3", "产出", "是不是 产出指标"),
    ("指标", "B3", None, "没有填“一级指标”"),
    ("指标", "D3", None, "没有填“三级指标”"),
    ("指标", "F3", 19, "合计 101"),
    ("指标", "F3", "18", "是文字，不是数"),
    ("指标", "F3", None, "没有填分值"),
    ("指标", "E3", datetime.time(3, 1), "成了日期"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "words"),
    [pytest.param(*each, marks=() if at % 3 == 0 else pytest.mark.slow) for at, each in enumerate(ONE_BY_ONE)],
    ids=[f"{s}-{c}-{str(v)[:8]}" for s, c, v, _ in ONE_BY_ONE],
)
def test_each_mistake_is_named_where_it_stands(folder: Path, sheet: str, cell: str, value: object, words: str) -> None:
    found = mistakes(folder, setting(sheet, cell, value))
    doubled = {"单位!B5": "单位!B6", "单位!A5": "单位!A6"}  # the second of two is named
    place = f"{sheet}!{cell}"
    assert words in found[doubled.get(place, place)]


def test_all_mistakes_are_named_at_once_in_reading_order(folder: Path) -> None:
    def change(book: Any) -> None:
        for sheet, cell, value in (
            ("指标", "B5", "产出"),
            ("项目", "B7", "U99"),
            ("单位", "D3", "x"),
            ("项目", f"{AMOUNT}4", "很多"),
        ):
            book[sheet][cell] = value

    assert list(mistakes(folder, change)) == ["单位!D3", f"项目!{AMOUNT}4", "项目!B7", "指标!B5"]


def test_error_values_formulas_without_results_and_merged_cells(folder: Path) -> None:
    def change(book: Any) -> None:
        book["项目"]["C3"] = "=VLOOKUP(A3,X:Y,2,0)"
        book["项目"]["C4"] = "#N/A"
        book["项目"]["C4"].data_type = "e"
        book["项目"].merge_cells("B5:B7")
        book["单位"].merge_cells("H1:I9")  # beside the columns, so nobody's business

    found = mistakes(folder, change)
    assert "公式的结果没有存在文件里" in found["项目!C3"]
    assert "错误值 #N/A" in found["项目!C4"]
    assert "合并单元格" in found["项目!B5"]
    assert not any(cell.startswith("单位") for cell in found)


def test_a_formula_with_an_empty_result_is_a_blank(folder: Path) -> None:
    before = plan_of(folder)
    path = folder / ROSTER
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    page = parts["xl/worksheets/sheet4.xml"].decode()
    blank = re.search(r'<c r="(G4)"( s="\d+")/>', page)
    assert blank
    page = page.replace(blank[0], f'<c r="G4"{blank[2]} t="str"><f>IF(1,"","")</f><v></v></c>')
    parts["xl/worksheets/sheet4.xml"] = page.encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)
    assert plan_of(folder) == before


def test_indicators_find_their_project_in_whatever_order_they_stand(folder: Path) -> None:
    before = plan_of(folder)

    def change(book: Any) -> None:
        sheet = book["指标"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3) if row[0].value]
        seen: dict[object, int] = {}
        for row in rows:
            seen[row[0]] = seen.get(row[0], 0) + 1
            row.append(seen[row[0]])
        rows.sort(key=lambda row: (row[-1], str(row[0])))  # the first of every project, then the second …
        for number, row in enumerate(rows, 3):
            for column, value in enumerate(row[:-1], 1):
                sheet.cell(number, column).value = value

    changed(folder, change)
    plan = plan_of(folder)
    assert plan == before
    assert list(plan.tasks[1:3]) == [plan.tasks[1], plan.tasks[2]]
    assert plan.tasks[-1] == list(plan.tasks)[-1]
    for unit in plan.units:
        assert [task.unit for task in plan.tasks_of(unit.code)] == [unit.code] * len(plan.numbers_of(unit.code))
    assert plan.tasks_of("U99") == ()
    assert plan.unit("U99") is None


def test_a_large_roster_waits_in_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan_of(folder)
    monkeypatch.setattr("perfxl.campaign.spill.IN_MEMORY", 100)
    assert plan_of(folder) == before


def test_headings_may_move_but_not_go(folder: Path) -> None:
    before = plan_of(folder)
    changed(folder, lambda book: book["项目"].move_range("A1:C40", cols=12))
    assert plan_of(folder) == before
    found = mistakes(folder, setting("项目", "M1", "编号"))
    assert "没有“编号”这一栏" in found["项目!M1"]
    assert "缺少“项目编号”" in found["项目!A1"]


def test_a_sheet_that_is_gone_is_missed(folder: Path) -> None:
    def change(book: Any) -> None:
        book["指标"].title = "指标表"

    assert "是不是 指标表" in mistakes(folder, change)["指标!"]


def test_blank_rows_remarks_and_a_deleted_hint_do_no_harm(folder: Path) -> None:
    before = plan_of(folder)

    def change(book: Any) -> None:
        for sheet in ("单位", "项目", "指标"):
            book[sheet].delete_rows(2)
            book[sheet].insert_rows(6, 2)
            book[sheet]["A400"] = "   "
            book[sheet].cell(401, book[sheet].max_column).value = None
        book["单位"]["E3"] = "自用\n备注"

    changed(folder, change)
    assert plan_of(folder) == before


def test_codes_and_targets_typed_as_numbers_are_read(folder: Path) -> None:
    def change(book: Any) -> None:
        for row in book["单位"].iter_rows(min_row=3, max_col=1):
            row[0].value = int(str(row[0].value)[1:])
        for row in book["项目"].iter_rows(min_row=3, min_col=2, max_col=2):
            row[0].value = float(str(row[0].value)[1:])
        book["指标"]["E3"] = 0.95
        book["指标"]["E3"].number_format = "0%"
        book["指标"]["E4"] = datetime.datetime(2026, 12, 31)

    changed(folder, change)
    plan = plan_of(folder)
    assert plan.tasks[0].unit == "1"
    targets = [row.target.text for row in plan.tasks[0].assignment.indicators[:2] if row.target]
    assert targets == ["95%", "2026年12月31日"]


def test_several_units_may_share_an_address_where_the_settings_allow_it(folder: Path) -> None:
    changed(folder, setting("单位", "D5", "zhou@u01.example"))
    settings = folder / "perfxl.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("shared_addresses = false", "shared_addresses = true"),
        encoding="utf-8",
    )
    assert plan_of(folder).unit("U02").contacts[0].address == "zhou@u01.example"  # type: ignore[union-attr]


def test_a_project_without_indicators_leaves_them_to_the_unit(folder: Path) -> None:
    def change(book: Any) -> None:
        for row in book["指标"].iter_rows(min_row=3):
            if row[0].value == "A001":
                for cell in row:
                    cell.value = None

    changed(folder, change)
    assert plan_of(folder).tasks[0].assignment.indicators == ()


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"not a workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
)
def test_what_is_no_workbook_is_refused(folder: Path, data: bytes) -> None:
    (folder / ROSTER).write_bytes(data)
    with pytest.raises(CampaignError, match="ROSTER_UNREADABLE"):
        plan_of(folder)
    (folder / ROSTER).unlink()
    with pytest.raises(CampaignError, match="NO_ROSTER"):
        plan_of(folder)


def test_long_lists_stand_on_a_hidden_sheet_and_all_drop_downs_are_there() -> None:
    level = SHANGHAI.levels[0]
    long = replace(level, level_2=tuple(replace(level.level_2[0], name=f"第{n}类,数量指标") for n in range(300)))
    book = openpyxl.load_workbook(
        BytesIO(write_workbook(blank_roster(replace(SHANGHAI, levels=(long, *SHANGHAI.levels[1:])))))
    )
    lists = {
        str(each.sqref): each.formula1 for each in book["指标"].data_validations.dataValidation if each.type == "list"
    }
    assert lists == {
        "A3:A100000": "项目!$A$3:$A$10000",
        "B3:B100000": '"产出指标,效益指标,满意度指标"',
        "C3:C100000": "_lists!$A$1:$A$303",
    }
    assert book["_lists"].sheet_state == "hidden"
    assert book["_lists"]["A300"].value == "第299类,数量指标"
    assert book["指标"].freeze_panes == "B3"


def test_the_roster_is_the_same_bytes_every_time() -> None:
    assert write_workbook(blank_roster(SHANGHAI, sample_rows(SHANGHAI))) == write_workbook(
        blank_roster(SHANGHAI, sample_rows(SHANGHAI))
    )
