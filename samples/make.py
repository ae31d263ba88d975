"""Write the samples of 2022 from ``2022/forms.toml``: as printed, filled, corrected.

python samples/make.py            writes the workbooks and the findings beside them
python samples/make.py --check    exits 1 where a file differs from what would be written
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from perfxl.checking import judge_bytes
from perfxl.form import load_form
from perfxl.number import plain, read_amount, read_target
from perfxl.page import LINE_HEIGHT, MAX_HEIGHT, lines
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation
from perfxl.sheet import Area, Cell, PrintSetup, Sheet, Workbook
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook

FOLDER = Path(__file__).parent / "2022"
SOURCES = ("total", "appropriation", "carryover", "other")
WIDTHS = (9, 12, 14, 22, 15, 15, 8, 10, 24)
FUND_LABELS = ("年度资金总额", "其中：当年财政拨款", "上年结转资金", "其他资金")
FUND_HEAD = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
INDICATOR_HEAD = (
    "一级指标",
    "二级指标",
    "三级指标",
    "年度指标值",
    "实际完成值",
    "分值",
    "得分",
    "偏差原因分析及改进措施",
)
_NUMBER = re.compile(r"(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?(%?)")

Form = dict[str, object]


def forms() -> list[Form]:
    """The three forms as printed."""
    with (FOLDER / "forms.toml").open("rb") as file:
        found = tomllib.load(file)["forms"]
    assert isinstance(found, list)
    return found


def typed(text: str, style: str) -> Cell:
    """A cell as a person typed it: figures as numbers in the format that gives the printed look,
    percentages as percent cells; leading zeros, operators and units stay text."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return Cell(value=text or None, text=text, style=style, locked=False)
    places = len(text.rstrip("%").partition(".")[2])
    number_format = ("#,##0" if "," in text else "0") + ("." + "0" * places if places else "") + found[1]
    number = Decimal(text.rstrip("%").replace(",", ""))
    return Cell(
        value=number.scaleb(-2) if found[1] else number,
        text=text,
        style=style,
        number_format=number_format,
        locked=False,
    )


class _Printed:
    """One form laid out as it was published: nine columns, every value typed, no stamp."""

    def __init__(self, form: Form) -> None:
        self.form, self.cells, self.merges = form, dict[tuple[int, int], Cell](), list[Area]()
        self.heights: dict[int, float] = {}
        self.row = 0

    def put(self, left: int, right: int, text: str, style: str = "label", rows: int = 1) -> None:
        area = Area(self.row, left, self.row + rows - 1, right)
        self.cells[area.corner] = typed(text, style)
        if area.top != area.bottom or area.left != area.right:
            self.merges.append(area)

    def text(self, name: str) -> str:
        return str(self.form[name])

    def next(self, height: float = 20) -> None:
        self.row += 1
        self.heights[self.row] = height

    def sheet(self) -> Sheet:
        self.next(34)
        self.put(1, 9, self.text("title"), "title")
        self.next()
        self.put(1, 9, self.text("year_line"), "year")
        self.next()
        self.put(1, 1, "项目名称")
        self.put(2, 9, self.text("project_name"), "label")
        self.next()
        self.put(1, 1, "主管部门")
        self.put(2, 4, self.text("supervising_department"), "label")
        self.put(5, 5, "实施单位")
        self.put(6, 9, self.text("implementing_unit"), "label")
        self.funds()
        self.goals()
        self.indicators()
        return Sheet(
            name="Sheet1",
            cells=self.cells,
            merges=tuple(self.merges),
            widths=dict(enumerate(map(float, WIDTHS), 1)),
            heights=self.heights,
            printing=PrintSetup(area=Area(1, 1, self.row, 9), repeat_rows=(1, 2)),
        )

    def funds(self) -> None:
        self.next()
        self.put(1, 1, "项目资金\n（元）", "block", rows=5)
        self.put(2, 3, "")
        for at, label in enumerate(FUND_HEAD):
            self.put(4 + at, 4 + at, label, "head")
        for source, label in zip(SOURCES, FUND_LABELS, strict=True):
            self.next()
            self.put(2, 3, label)
            values = self.form[source]
            assert isinstance(values, list)
            for at, value in enumerate(values):
                self.put(4 + at, 4 + at, value, "label")

    def goals(self) -> None:
        self.next()
        self.put(1, 1, "年度总体目标", "block", rows=7)
        self.put(2, 5, "预期目标", "head")
        self.put(6, 9, "实际完成情况", "head")
        self.row += 1
        need = max(
            lines(self.text("expected_goal"), sum(WIDTHS[1:5])), lines(self.text("actual_result"), sum(WIDTHS[5:]))
        )
        self.put(2, 5, self.text("expected_goal"), "long", rows=6)
        self.put(6, 9, self.text("actual_result"), "long", rows=6)
        for row in range(self.row, self.row + 6):
            self.heights[row] = min(MAX_HEIGHT, max(18.0, (need * LINE_HEIGHT + 8) / 6))
        self.row += 5

    def indicators(self) -> None:
        rows = indicator_rows(self.form)
        self.next(30)
        self.put(1, 1, "绩\n效\n指\n标", "block", rows=len(rows) + 1)
        for at, label in enumerate(INDICATOR_HEAD):
            self.put(2 + at, 2 + at, label, "head")
        first = self.row + 1
        for row in rows:
            self.next(30)
            for at, value in enumerate(row[2:], 4):
                self.put(at, at, value, "label")
        last = self.row
        for column, depth in ((2, 1), (3, 2)):
            for top, bottom, text in _groups([row[:depth] for row in rows]):
                self.row = first + top
                self.put(column, column, text, rows=bottom - top + 1)
        self.row = last
        self.next(22)
        self.put(1, 6, "总分", "total")
        self.put(7, 7, self.text("total_weight"), "total")
        self.put(8, 8, self.text("total_score"), "total")
        self.put(9, 9, "", "total")


def indicator_rows(form: Form) -> list[list[str]]:
    """The indicator rows of one form."""
    rows = form["indicators"]
    assert isinstance(rows, list)
    return rows


def _groups(keys: list[list[str]]) -> Iterator[tuple[int, int, str]]:
    top = 0
    for at in range(1, len(keys) + 1):
        if at == len(keys) or keys[at] != keys[top]:
            yield top, at - 1, keys[top][-1]
            top = at


def printed(form: Form) -> bytes:
    """The form as published."""
    return write_workbook(Workbook(sheets=(_Printed(form).sheet(),)))


def record_of(form: Form) -> SelfEvaluation:
    """The form's values as a record."""
    funds = []
    for source in SOURCES:
        values = form[source]
        assert isinstance(values, list)
        amounts = [found.number if (found := read_amount(value)) else None for value in values]
        funds.append(
            FundingLine(source=source, initial_budget=amounts[0], annual_budget=amounts[1], executed_amount=amounts[2])
        )
    rows = [
        Indicator(
            level_1=row[0],
            level_2=row[1],
            level_3=row[2],
            target=read_target(row[3]),
            actual=read_target(row[4]),
            weight=Decimal(row[5]),
            score=Decimal(row[6]),
            variance_explanation=row[7] or None,
        )
        for row in indicator_rows(form)
    ]
    return SelfEvaluation(
        project_name=str(form["project_name"]),
        supervising_department=str(form["supervising_department"]),
        implementing_unit=str(form["implementing_unit"]),
        funds=tuple(funds[1:]),
        expected_goal=str(form["expected_goal"]),
        actual_result=str(form["actual_result"]),
        indicators=tuple(rows),
    )


def filled(form: Form) -> bytes:
    """Our stamped workbook, issued for the project and filled in as the unit did."""
    record = record_of(form)
    issued = tuple(
        Indicator(level_1=row.level_1, level_2=row.level_2, level_3=row.level_3, target=row.target, weight=row.weight)
        for row in record.indicators
    )
    assignment = Assignment(
        id=f"2022-{form['id']}",
        form="shanghai",
        fiscal_year=2022,
        project_name=record.project_name,
        supervising_department=record.supervising_department,
        implementing_unit=record.implementing_unit,
        indicators=issued,
    )
    return write_workbook(build_workbook(load_form("shanghai"), [assignment], year=2022, records=[record]))


def corrected(form: Form) -> bytes:
    """As published, with T01, S01, N01, M01 and M05 mended and nothing else."""
    mended = dict(form)
    for name in ("expected_goal", "actual_result"):
        mended[name] = re.sub(r"</?p>", "", str(form[name]))
    rows = [list(row) for row in indicator_rows(form)]
    if form["id"] == "F1":
        for row in rows[:2]:
            row[6] = "0.5"
        mended["total_score"] = "90.83"
    if form["id"] == "F2":
        mended["total_score"] = "100"
    if form["id"] == "F3":
        mended["appropriation"] = ["5532462.00", "5532462", "5532462", "—", "", ""]
    mended["indicators"] = rows
    return printed(mended)


def findings(name: str, data: bytes) -> str:
    """What is found in a workbook, one finding a line."""
    out = []
    for verdict in judge_bytes(name, data):
        for finding in verdict.findings:
            row: dict[str, str | None] = {
                "rule": finding.rule,
                "severity": finding.severity.value,
                "cell": finding.cell,
            }
            for term in ("expected", "actual"):
                value = getattr(finding, term)
                row[term] = plain(value) if isinstance(value, Decimal) else None if value is None else str(value)
            row["diagnosis"] = finding.diagnosis.rule or finding.diagnosis.name if finding.diagnosis else None
            out.append(json.dumps(row, ensure_ascii=False))
    return "\n".join(out) + "\n"


def everything() -> Iterator[tuple[Path, bytes]]:
    """Each sample with its bytes, the findings beside it."""
    for form in forms():
        name = f"{form['project_name']}.xlsx"
        for folder, make in (("as-printed", printed), ("filled", filled), ("corrected", corrected)):
            data = make(form)
            yield FOLDER / folder / name, data
            yield FOLDER / folder / f"{form['project_name']}.findings.jsonl", findings(name, data).encode()


def main(arguments: list[str]) -> int:
    """Write the samples, or compare them."""
    different = []
    for path, data in everything():
        if "--check" in arguments:
            if not path.is_file() or path.read_bytes() != data:
                different.append(path)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for path in different:
        sys.stderr.write(f"differs: {path}\n")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
