"""The other sheets: what does not count and why, the faults of the season by rule, every finding, and the notes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ...finding import Rule
from ...rejection import REJECTIONS
from ...report import words as said
from ...report.lines import COLUMNS, SEVERITIES, UNJUDGED
from ...report.text import cells as shown_width
from ...rules import across_by_code, by_code
from ...sheet import Area, Cell, Line, PrintSetup, Sheet
from ..overview import local_moment
from .counting import Project
from .overview import Frame
from .page import LINE, MOST_LINKS, Column, Content, Layout, cell, listed, row
from .season import Beside, RuleCount
from .words import BESIDE, WHY, reason

MOST_FINDINGS = 200_000
"""So many findings go into the workbook; the tables have them all."""
SHADES = {"error": "sum_bad", "warning": "sum_open", "info": ""}
_WIDTHS = {
    "unit": 22, "project": 26, "rule": 6, "title": 24, "severity": 7, "cell": 7, "expected": 13, "actual": 15,
    "difference": 11, "message": 46, "remedy": 30, "why": 28, "waived": 18, "file": 20,
}  # fmt: skip
_ORDER = [[name for name, _, _ in COLUMNS].index(name) for name in _WIDTHS]


# ---- 未计入 --------------------------------------------------------------------------------------


def left_out_sheet(frame: Frame) -> Sheet:
    """Every project that does not count, and every return that came and is none of them, with the reason."""
    layout = Layout(
        columns=(
            Column("类别", "Kind", 20, "text"),
            Column("主管部门", "Department", 24, "text"),
            Column("实施单位", "Unit", 28, "text"),
            Column("项目编号", "Id", 12, "code"),
            Column("项目名称", "Project", 36, "text"),
            Column("原因", "Reason", 48, "text"),
            Column("收回的文件", "File", 32, "text"),
            Column("收回时间", "Came at (Beijing time)", 20, "code"),
        ),
        above=2,
    )
    out = [each for each in frame.season.projects if not each.counts]

    def rows() -> Iterator[Line]:
        number = 0
        for number, each in enumerate(out, 1):
            yield row(layout, _left_out(frame, each, linked=number < MOST_LINKS))
        for at, other in enumerate(frame.season.beside, number + 1):
            yield row(layout, _beside(frame, other, linked=at < MOST_LINKS))

    count = len(out) + len(frame.season.beside)
    subtitle = frame.say(
        f"未计入的项目 {len(out)} 个；此外收到而不作数的表 {len(frame.season.beside)} 份。",
        f"{len(out)} projects that do not count; {len(frame.season.beside)} returns besides that count for nothing.",
    )
    name = frame.name("left_out")
    return listed(
        name, layout, frame.at, (f"{frame.title} · {name}", subtitle), rows, count, frozen=3, notes=frame.title
    )


def _left_out(frame: Frame, each: Project, *, linked: bool) -> list[Content]:
    link = frame.link(each.file, each.sheet, each.cell) if linked else None
    return [
        WHY[each.why][frame.at],
        each.department or None,
        each.unit_name,
        each.assignment,
        each.name,
        reason(each, frame.at),
        _file(each.returned_as, link),
        local_moment(each.returned_at) if each.returned_at else None,
    ]


def _beside(frame: Frame, each: Beside, *, linked: bool) -> list[Content]:
    why = BESIDE[each.why][frame.at]
    if each.code:
        why += f" {each.code}"
    text = REJECTIONS[each.code][frame.at] if each.code in REJECTIONS else why
    return [
        frame.say("收到的表", "A return"),
        None,
        each.unit or None,
        each.assignment or None,
        each.project or None,
        why if text == why else f"{why}{frame.say('：', ': ')}{text}",
        _file(each.name, frame.link(each.file) if linked else None),
        local_moment(each.returned_at) if each.returned_at else None,
    ]


def _file(name: str, link: str | None) -> Content:
    if not name:
        return None
    shown = said.plain_text(name)[:200]
    return Cell(value=shown, text=shown, number_format="@", style="sum_text", link=link)


# ---- 问题统计 ------------------------------------------------------------------------------------


def rules_sheet(frame: Frame, counts: list[RuleCount]) -> Sheet:
    """The rules that were broken or could not be run, the one with the most forms first."""
    layout = Layout(
        columns=(
            Column("规则", "Rule", 8, "code"),
            Column("规则名称", "Title", 52, "text"),
            Column("级别", "Severity", 10, "text"),
            Column("涉及表数", "Forms", 10, "count"),
            Column("涉及单位数", "Units", 11, "count"),
            Column("问题数", "Findings", 10, "count"),
            Column("占收回的表", "Share of forms", 12, "rate"),
            Column("未能核验", "Not run", 10, "count"),
            Column("处理", "Remedy", 64, "text"),
        ),
        above=2,
    )
    returned = sum(1 for each in frame.season.projects if each.status is not None)

    def rows() -> Iterator[Line]:
        for each in counts:
            rule = _rule(each.code)
            severity = each.severity or (rule.severity.value if rule else "error")
            share = Decimal(each.forms) / returned if returned else None
            values: list[Content] = [
                each.code, title(each.code, frame), SEVERITIES[severity][frame.at], Decimal(each.forms),
                Decimal(each.units), Decimal(each.findings), share, Decimal(each.not_run),
                (rule.remedy_en if frame.at else rule.remedy_zh) if rule else None,
            ]  # fmt: skip
            yield row(layout, values, ["", "", SHADES[severity] if each.findings else ""])
        for lacking in frame.season.not_run_across:
            missing = frame.say("未能核验：缺少 ", "not run for want of ") + "、".join(
                (said.term_pair(term) or (term, term))[frame.at] for term in lacking.missing
            )
            none: list[Content] = [None, None, None, None, Decimal(lacking.forms), missing]
            yield row(layout, [lacking.rule, title(lacking.rule, frame), None, *none])

    name = frame.name("rules")
    subtitle = frame.say(
        f"收回并核验的表 {returned} 份，问题 {frame.season.findings} 条（豁免的列在清单里，不计数）。",
        f"{returned} forms came back and were judged; {frame.season.findings} findings (waived ones are listed, "
        "not counted).",
    )
    count = len(counts) + len(frame.season.not_run_across)
    return listed(
        name, layout, frame.at, (f"{frame.title} · {name}", subtitle), rows, count, frozen=2, notes=frame.title
    )


def _rule(code: str) -> Rule | None:
    return by_code(code) or across_by_code(code)


def title(code: str, frame: Frame) -> str:
    """The title of a rule, of one form or across forms."""
    if code == UNJUDGED:
        return frame.say("文件无法核验。", "A file that cannot be judged.")
    lang = "en" if frame.at else "zh"
    return said.title(code, lang) if by_code(code) else said.batch_title(code, lang)


# ---- 问题清单 ------------------------------------------------------------------------------------


def findings_sheet(frame: Frame) -> Sheet:
    """Every finding of the returns that count for a project, by project; those across forms last."""
    kinds = {"rule": "code", "cell": "code"}
    layout = Layout(
        columns=tuple(
            Column(*COLUMNS[at][1:], width, kinds.get(name, "text"))
            for at, (name, width) in zip(_ORDER, _WIDTHS.items(), strict=True)
        ),
        above=2,
    )
    count = min(frame.season.findings, MOST_FINDINGS)
    shade_at = list(_WIDTHS).index("severity")

    def rows() -> Iterator[Line]:
        for number, (_, severity, values) in enumerate(frame.season.finding_lines()):
            if number == count:
                return
            styles = [""] * len(_ORDER)
            styles[shade_at] = SHADES[severity]
            yield row(layout, [_figure(values[at]) for at in _ORDER], styles)

    rest = frame.season.findings - count
    more = frame.say(f"另有 {rest} 条请用 --tables csv 取。", f"{rest} more are left out; take them with --tables csv.")
    subtitle = frame.say(f"共 {count} 条。", f"{count} findings.") + (more if rest else "")
    name = frame.name("findings")
    return listed(
        name, layout, frame.at, (f"{frame.title} · {name}", subtitle), rows, count, frozen=2, notes=frame.title
    )


def _figure(value: Decimal | str | None) -> Content:
    return cell(value, "General", "sum_figure") if isinstance(value, Decimal) else value


# ---- 说明 ----------------------------------------------------------------------------------------


def about_sheet(frame: Frame, notes: tuple[tuple[str, str], ...]) -> Sheet:
    """What was counted and how it was checked, as headings and texts."""
    name = frame.name("about")
    cells: dict[tuple[int, int], Cell] = {(1, 1): Cell(value=frame.title, text=frame.title, style="sum_title")}
    heights = {1: 28.0}
    for number, (head, text) in enumerate(notes, 3):
        shown = head if number == 3 or head != notes[number - 4][0] else ""
        cells[number, 1] = Cell(value=shown or None, text=shown, style="sum_total")
        cells[number, 2] = Cell(value=text, text=text, number_format="@", style="sum_text")
        heights[number] = LINE * max(1, -(-shown_width(text) // 108)) + 7
    return Sheet(
        name=name,
        cells=cells,
        widths={1: 22.0, 2: 104.0},
        heights=heights,
        printing=PrintSetup(area=Area(1, 1, 2 + len(notes), 2), landscape=True, paper="A3", footer="&C&P / &N"),
    )
