"""The text report: places first, then what is wrong, why, and what to do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from perfxl.finding import Diagnosis, Fact, Finding, NotRun, NotUnderstood, Severity, Verdict
from perfxl.record import SelfEvaluation
from perfxl.report import words
from perfxl.report.tally import Tally
from perfxl.report.text import TextReport, cells, wrap

RECORD = SelfEvaluation(project_name="党组织服务群众经费", implementing_unit="社区党群服务中心")


def finding(rule: str, cell: str | None, severity: Severity = Severity.ERROR, **facts: Fact) -> Finding:
    return Finding(rule=rule, severity=severity, sheet="自评表", cell=cell, field="x", facts=facts)


TOTAL = Finding(
    rule="T01",
    severity=Severity.ERROR,
    sheet="自评表",
    cell="H31",
    field="total_score",
    expected=Decimal("91.83"),
    actual=Decimal("88.25"),
    difference=Decimal("-3.58"),
    diagnosis=Diagnosis(state="explained", name="execution_left_out", rule="T03", facts={"stated": Decimal("88.25")}),
)
VERDICT = Verdict(file="党建.xlsx", sheet="自评表", status="fail", record=RECORD, findings=(TOTAL,))


def text(verdict: Verdict, lang: str = "zh", width: int | None = None) -> str:
    return "".join(TextReport(lang, width=width).report([verdict], Tally()))


def test_a_finding_gives_place_both_figures_difference_cause_and_remedy() -> None:
    lines = text(VERDICT).splitlines()
    assert lines[0] == "党建.xlsx[自评表]  党组织服务群众经费 · 社区党群服务中心  → 退回（错误 1）"
    at = next(number for number, line in enumerate(lines) if "T01" in line)
    assert "党建.xlsx[自评表!H31]" in lines[at]
    assert all(figure in lines[at + 1] for figure in ("88.25", "91.83", "-3.58"))
    assert lines[at + 2].strip().startswith("原因：")
    assert lines[at + 3].strip().startswith("处理：")


def test_the_same_fault_in_many_cells_is_one_entry() -> None:
    many = tuple(finding("M04", f"F{row}", Severity.INFO, label="上年结转资金") for row in range(7, 14))
    shown = text(replace(VERDICT, status="notes", findings=many))
    assert shown.count("M04") == 1
    assert "党建.xlsx[自评表!F7]、[自评表!F8]" in shown
    assert "等 7 处" in shown


def test_many_differing_messages_of_one_rule_become_its_title_with_an_example() -> None:
    many = tuple(replace(finding("S03", f"H{row}"), actual=Decimal(row), expected=Decimal(5)) for row in range(20, 26))
    shown = text(replace(VERDICT, findings=many))
    assert shown.count("S03") == 1
    assert words.title("S03", "zh") in shown
    assert "例：H20" in shown
    few = text(replace(VERDICT, findings=many[:2]))
    assert few.count("S03") == 2


def test_errors_come_before_warnings_and_infos() -> None:
    mixed = (finding("M04", "F7", Severity.INFO), finding("V03", "E5", Severity.WARNING), TOTAL)
    shown = text(replace(VERDICT, findings=mixed))
    assert shown.index("T01") < shown.index("V03") < shown.index("M04")


def test_what_was_not_run_and_not_understood_is_said() -> None:
    lacking = tuple(NotRun(rule="S01", cell=f"H{row}", field="", missing=("actual.number",)) for row in (22, 23))
    odd = (NotUnderstood(cell="B40", text="备注：\x1b[31m红"),)
    shown = text(replace(VERDICT, not_run=lacking, not_understood=odd, notes=(("WRONG_EXTENSION", ".et"),)))
    assert "S01 ×2  党建.xlsx[自评表!H22] 等：缺 完成值中的数" in shown
    assert "B40“备注：[31m红”" in shown
    assert "扩展名" in shown


def test_ambiguous_causes_are_all_listed_and_unexplained_ones_not_at_all() -> None:
    other = Diagnosis(state="explained", name="row_left_out", facts={"stated": Decimal(82)})
    first = Diagnosis(
        state="ambiguous", name="execution_left_out", facts={"stated": Decimal(82)}, alternatives=(other,)
    )
    shown = text(replace(VERDICT, findings=(replace(TOTAL, diagnosis=first),)))
    assert "可能的原因：" in shown
    assert "或：" in shown
    unexplained = replace(TOTAL, diagnosis=Diagnosis(state="unexplained"))
    assert "原因" not in text(replace(VERDICT, findings=(unexplained,)))


def test_a_rejected_file_says_why_and_what_to_do_in_both_languages() -> None:
    rejected = Verdict(file="密.xlsx", status="rejected", code="ENCRYPTED")
    assert "密.xlsx  → 未能核验 ENCRYPTED" in text(rejected)
    assert "处理：" in text(rejected)
    assert "password" in text(rejected, "en")
    broken = Verdict(file="x.xlsx", status="internal_error", code="INTERNAL_ERROR", where="KeyError in a.py:3")
    assert "KeyError in a.py:3" in text(broken, "en")


def test_nothing_that_moves_the_cursor_reaches_the_page() -> None:
    nasty = replace(
        VERDICT,
        file="a\x1b]0;x\x07[bold].xlsx",
        record=replace(RECORD, project_name="名\u202e称\x9b31m[/]\ud800"),
        findings=(finding("N01", "B1", label="目标\x1b[2J", found="<p>" * 200),),
    )
    shown = text(nasty)
    assert not any(ch in shown for ch in "\x1b\x07\x9b\u202e\ud800")
    assert "[bold]" in shown
    assert "[/]" in shown


def test_a_text_is_cut_at_two_hundred_characters_and_shown_on_one_line() -> None:
    assert words.clean("一" * 300) == "一" * 199 + "…"
    assert words.clean("甲\r\n 乙\u200b\ufeff丙") == "甲 乙丙"


def test_a_fact_that_is_missing_is_a_blank_and_no_failure() -> None:
    for rule in ("T01", "S01", "M01", "V03", "Z99"):
        assert words.message(finding(rule, "A1"), "zh")
        words.remedy(finding(rule, "A1"), "en")


@pytest.mark.parametrize("width", [30, 44, 80])
def test_lines_are_wrapped_by_the_width_that_is_seen(width: int) -> None:
    long = "总分 88.25 与各行得分之和 91.83 不符，" * 4 + "check the total again and again " * 3
    lines = list(wrap(long, width, "  ", "    "))
    assert len(lines) > 1
    assert all(cells(line) <= width + 2 for line in lines)
    assert "".join(line.strip() for line in lines).replace(" ", "") == long.replace(" ", "")
    assert not any(line.strip().startswith("，") for line in lines)


def test_without_a_terminal_nothing_is_wrapped_and_the_summary_stands_last() -> None:
    lines = text(VERDICT, "en").splitlines()
    assert lines[-2:] == [
        "1 file, 1 form: 0 passed, 0 with notes, 1 to be returned, 0 not judged.",
        "1 error, 0 warnings, 0 infos.",
    ]
