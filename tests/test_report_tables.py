"""Findings as tables: CSV and workbook. Nothing in them is ever run, and figures stay figures."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import payloads
import pytest
from conftest import every

from perfxl.finding import Verdict
from perfxl.report import words
from perfxl.report.csv import BOM, csv_report
from perfxl.report.lines import COLUMNS, TRIGGERS
from perfxl.report.tally import Tally
from perfxl.report.workbook import FORM_COLUMNS, RULE_COLUMNS, findings_workbook
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.writer import write_workbook


def table(*verdicts: Verdict, lang: str = "zh") -> list[list[str]]:
    data = b"".join(csv_report(verdicts, Tally(), lang))
    assert data.startswith(BOM)
    return list(csv.reader(io.StringIO(data.removeprefix(BOM).decode(), newline=""), strict=True))


def book(*verdicts: Verdict, lang: str = "zh") -> bytes:
    return write_workbook(findings_workbook(verdicts, Tally(), lang))


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_csv_has_a_line_a_finding_under_the_headings_of_the_language() -> None:
    heads, first, *rest = table(payloads.verdict("党建"), payloads.rejected("密.xlsx"))
    assert heads == [zh for _, zh, _ in COLUMNS]
    assert table(lang="en") == [[en for _, _, en in COLUMNS]]
    assert len(rest) == 4
    line = dict(zip((name for name, _, _ in COLUMNS), first, strict=True))
    assert (line["file"], line["unit"], line["rule"], line["cell"]) == ("党建", "党建", "T01", "H31")
    assert (line["expected"], line["actual"], line["difference"]) == ("91.83", "-88.25", "-180.08")
    assert "总分" in line["message"]
    assert line["why"].count("作分母") == 2
    assert rest[-1][4:6] == ["W01", "ENCRYPTED"]


def test_csv_lines_end_as_the_standard_says() -> None:
    data = b"".join(csv_report([payloads.verdict('a"b,c')], Tally(), "zh"))
    assert data.count(b"\r\n") == data.count(b"\n") == 5
    assert b'"a""b,c"' in data


@pytest.mark.parametrize("text", payloads.ALL)
def test_no_field_of_a_csv_begins_a_formula(text: str) -> None:
    lines = table(payloads.verdict(text), payloads.rejected(text))
    shown = words.clean(text)
    for line in lines[1:]:
        assert len(line) == len(COLUMNS)
        for name, value in zip((name for name, _, _ in COLUMNS), line, strict=True):
            if name in ("expected", "actual", "difference") and value.startswith("-"):
                Decimal(value)  # a real negative number
            else:
                assert not value.lstrip().startswith(TRIGGERS), (name, value)
        assert line[0] in (shown, "'" + shown)


@pytest.mark.parametrize("text", ["\udcb2\udcc6.xlsx", "a\ud800b"])
def test_half_a_character_in_a_name_is_replaced(text: str) -> None:
    assert "\ufffd" in table(payloads.verdict(text))[1][0]
    assert "\ufffd" in opened(book(payloads.verdict(text)))["问题"]["A2"].value


@pytest.mark.parametrize("text", every(6, payloads.ALL))
def test_a_workbook_of_findings_holds_texts_and_numbers_only(text: str) -> None:
    data = book(payloads.verdict(text), payloads.rejected(text))
    for sheet in opened(data):
        assert not list(sheet._hyperlinks)
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n"), (cell.coordinate, cell.data_type)
                assert cell.hyperlink is None
                if cell.data_type == "s" and cell.value.startswith(tuple(set(TRIGGERS) - {"|"})):
                    assert cell.quotePrefix
    for ours in read_workbook(data).sheets:
        assert not [cell for cell in ours.cells.values() if cell.formula is not None]
    assert opened(data)["问题"]["A2"].value == words.clean(text, 400) or not words.clean(text, 400)


def test_a_workbook_has_findings_forms_and_rules_under_filters() -> None:
    found = opened(book(payloads.verdict("党建"), payloads.rejected("密.xlsx"), Verdict(file="好.xlsx", status="pass")))
    assert found.sheetnames == ["问题", "各表", "规则"]
    for sheet in found:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
    findings, forms, rules = found.worksheets
    assert [cell.value for cell in findings[1]] == [zh for _, zh, _ in COLUMNS]
    assert (findings.max_row, forms.max_row, rules.max_row) == (6, 4, 6)
    assert findings["L2"].value == -180.08
    one = {heading: cell.value for (heading, _, _, _), cell in zip(FORM_COLUMNS, forms[2], strict=True)}
    assert (one["结论"], one["总分"], one["评级"], one["错误"], one["提醒"]) == ("退回", -88.25, "良", 2, 1)
    assert (one["全年预算数"], one["执行率"]) == (0.5, None)
    assert [cell.value for cell in forms["F"]] == ["结论", "退回", "未能核验", "通过"]
    assert "ENCRYPTED" in forms["T3"].value
    by_rule = {row[0]: row[3:6] for row in rules.iter_rows(min_row=2, values_only=True)}
    assert by_rule == {"T01": (1, 1, 0), "V01": (1, 1, 0), "W01": (1, 1, 0), "W05": (1, 1, 0), "S01": (0, 0, 1)}


def test_a_workbook_speaks_english_too() -> None:
    found = opened(book(payloads.verdict("x"), lang="en"))
    assert found.sheetnames == ["Findings", "Forms", "Rules"]
    assert found["Rules"]["B1"].value == RULE_COLUMNS[1][1]
    assert found["Forms"]["F2"].value == "to be returned"


def test_what_does_not_fit_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfxl.report.workbook.MOST_LINES", 2)
    sheet = opened(book(payloads.verdict("a"), payloads.verdict("b")))["问题"]
    assert sheet.max_row == 4
    assert "另有 6 条" in sheet["A4"].value


def test_no_verdicts_are_a_table_too() -> None:
    assert len(table()) == 1
    assert opened(book())["问题"].max_row == 1
