"""Forms of another stage of the year are refused by their name, and a pipe without room is said, not shown as a trace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfxl.checking import judge_bytes
from perfxl.sheet import Cell, Sheet, Workbook
from perfxl.stamp import Content, _content
from perfxl.xlsx.writer import write_workbook


def paper(*lines: str) -> bytes:
    cells = {(row, 1): Cell(value=text, text=text) for row, text in enumerate(lines, 1)}
    return write_workbook(Workbook(sheets=(Sheet(name="Sheet1", cells=cells),)))


@pytest.mark.parametrize(
    "title",
    [
        "项目支出绩效目标申报表",
        "2023 年 部门预算项目绩效运行监控表",
        "项目支出绩效目标表（2023年度）",
        "事前绩效评估表",
    ],
)
def test_a_form_of_another_stage_is_refused_by_its_name(title: str) -> None:
    (found,) = judge_bytes("表.xlsx", paper("附件2", title, "项目名称", "一级指标"))
    assert found.code == "NOT_OUR_FORM"
    assert found.where == f"Sheet1: {title.replace(' ', '').replace('（', '(').replace('）', ')')}"


def test_any_other_sheet_is_refused_by_the_name_of_the_sheet() -> None:
    (found,) = judge_bytes("表.xlsx", paper("采购清单", "绩效目标是什么"))
    assert (found.code, found.where) == ("NOT_OUR_FORM", "Sheet1")


def test_issued_content_nested_without_end_is_no_content() -> None:
    from perfxl.stamp import _digest

    text = "[" * 100_000
    assert _content(text, _digest(text)) is None
    assert isinstance(Content(form="shanghai", version="0", year=2026, assignments=()).text(), str)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["rules"], ["forms"], ["explain", "T01"]])
def test_a_pipe_without_room_is_said_in_a_line(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "perfxl", *words], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert "无法继续读写" in done.stderr.decode()
