"""Pieces of published layouts that are easily read wrongly, each by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import pytest

from perfxl.reading import read_submissions
from perfxl.rejection import Rejected
from perfxl.sheet import Area, Cell, Sheet, Workbook
from perfxl.submission import Submission

Item = str | tuple[str, int] | tuple[str, int, int]
"""A text; with the columns, and the rows, that it is merged over."""


def laid_out(rows: Sequence[Sequence[Item]]) -> Sheet:
    """A sheet written row by row, each item in the next free place."""
    cells: dict[tuple[int, int], Cell] = {}
    merges: list[Area] = []
    taken: set[tuple[int, int]] = set()
    for row, items in enumerate(rows, 1):
        column = 1
        for item in items:
            text, across, down = (*((item,) if isinstance(item, str) else item), 1, 1)[:3]
            while (row, column) in taken:
                column += 1
            if text:
                figure = re.fullmatch(r"-?\d+(\.\d+)?", str(text))
                cells[row, column] = Cell(value=Decimal(str(text)) if figure else str(text), text=str(text))
            area = Area(row, column, row + int(down) - 1, column + int(across) - 1)
            if area.top < area.bottom or area.left < area.right:
                merges.append(area)
            taken |= {(r, c) for r in range(area.top, area.bottom + 1) for c in range(area.left, area.right + 1)}
            column += int(across)
    return Sheet(name="表", cells=cells, merges=tuple(merges))


def read(rows: Sequence[Sequence[Item]]) -> Submission:
    (submission,) = read_submissions(Workbook(sheets=(laid_out(rows),)))
    return submission


def strangers(submission: Submission) -> set[str]:
    return {each.text for each in submission.not_understood}


HEAD: list[Sequence[Item]] = [
    [("项目支出绩效自评表", 8)],
    [("（2023年度）", 8)],
    ["项目名称", ("农村道路养护", 7)],
    ["主管部门", ("某县交通局", 3), "实施单位", ("某县公路所", 3)],
]
COLUMNS: Sequence[Item] = ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", "偏差原因"]
ROWS: list[Sequence[Item]] = [
    ["产出指标", "数量指标", "养护里程", "100公里", "90公里", "60", "54", "雨季影响，下一步抓紧"],
    ["效益指标", "社会效益指标", "通行条件", "改善", "改善", "30", "30", ""],
]


def test_the_name_of_the_fund_block_is_none_of_its_columns() -> None:
    """年度预算数（万元） stands in front of 年初预算, 调整后预算数 and 预算执行数."""
    funds: list[Sequence[Item]] = [
        [
            "预算执行情况（10分）",
            ("年度预算数（万元）", 2),
            "年初预算",
            "调整后预算数",
            "预算执行数",
            "预算执行率",
            "得分",
        ],
        ["", ("总额", 2), "10", "12", "9", "75%", "7.5"],
    ]
    line = read([*HEAD, *funds, COLUMNS, *ROWS]).record.total
    assert line is not None
    assert [str(each) for each in (line.initial_budget, line.annual_budget, line.executed_amount)] == ["10", "12", "9"]
    assert str(line.weight) == "10"


def test_remarks_above_the_total_are_no_indicator() -> None:
    submission = read(
        [*HEAD, COLUMNS, *ROWS, [("其他需要说明的事项", 3), ("无", 5)], [("总分", 5), "90", "84", "（自评等级：良）"]]
    )
    assert len(submission.record.indicators) == 2
    assert str(submission.record.total_score) == "84"
    assert submission.record.grade == "良"


def test_the_total_may_stand_just_in_front_of_its_figures() -> None:
    submission = read([*HEAD, COLUMNS, *ROWS, ["", "", "", "", "总分", "90", "84", ""]])
    assert len(submission.record.indicators) == 2
    assert (str(submission.record.total_weight), str(submission.record.total_score)) == ("90", "84")


def test_a_total_beside_its_column_is_said_and_not_guessed() -> None:
    """100 under 实际完成值 and 84 under 分值: one of them is in the wrong column, and nobody knows which."""
    submission = read([*HEAD, COLUMNS, *ROWS, [("总分", 4), "100", "84", "", ""]])
    assert (submission.record.total_weight, submission.record.total_score) == (None, None)
    assert {"100", "84"} <= strangers(submission)


def test_a_subtotal_of_a_group_is_not_the_total() -> None:
    rows: list[Sequence[Item]] = [
        ROWS[0],
        [("产出指标小计", 5), "60", "54", ""],
        ROWS[1],
        [("合计", 5), "90", "84", ""],
    ]
    submission = read([*HEAD, COLUMNS, *rows])
    assert [row.level_3 for row in submission.record.indicators] == ["养护里程", "通行条件"]
    assert str(submission.record.total_score) == "84"


def test_the_plain_word_for_a_total_may_end_a_group() -> None:
    rows: list[Sequence[Item]] = [ROWS[0], [("合计", 5), "60", "54", ""], ROWS[1], [("合计", 5), "90", "84", ""]]
    submission = read([*HEAD, COLUMNS, *rows])
    assert len(submission.record.indicators) == 2
    assert str(submission.record.total_score) == "84"


def test_a_cell_merged_over_two_values_is_neither() -> None:
    rows: list[Sequence[Item]] = [["产出指标", "数量指标", "养护里程", ("100公里", 2), "60", "54", ""], ROWS[1]]
    submission = read([*HEAD, COLUMNS, *rows])
    first = submission.record.indicators[0]
    assert (first.target, first.actual, str(first.score)) == (None, None, "54")
    assert "100公里" in strangers(submission)


def test_an_unknown_label_is_not_taken_for_the_answer_of_the_one_before() -> None:
    """实施单位 was left blank; 资金文号 is a label nobody knows, and no unit."""
    head: list[Sequence[Item]] = [*HEAD[:3], ["主管部门", "某县交通局", "实施单位", "", "资金文号", "某财〔2023〕1号"]]
    submission = read([*head, COLUMNS, *ROWS])
    assert submission.record.supervising_department == "某县交通局"
    assert submission.record.implementing_unit is None
    assert {"资金文号", "某财〔2023〕1号"} <= strangers(submission)


def test_a_column_that_two_headings_claim_is_left_alone() -> None:
    columns: list[Item] = ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "得分", "得分", "偏差原因"]
    submission = read([*HEAD, columns, *ROWS])
    assert all(row.score is None for row in submission.record.indicators)
    assert {"54", "30"} <= strangers(submission)


def test_a_unit_that_is_printed_apart_counts() -> None:
    head: list[Sequence[Item]] = [[("项目支出绩效自评表", 8)], [("2023年度", 5), ("单位：元", 3)], *HEAD[2:]]
    assert read([*head, COLUMNS, *ROWS]).record.currency_unit == "元"


def test_a_list_of_projects_is_no_form() -> None:
    rows: list[Sequence[Item]] = [
        ["序号", "项目名称", "预算数", "执行数", "执行率", "得分"],
        ["1", "甲", "10", "9", "90%", "95"],
    ]
    with pytest.raises(Rejected) as raised:
        read(rows)
    assert raised.value.code == "NOT_OUR_FORM"
