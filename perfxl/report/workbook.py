"""Findings as a workbook for people who live in Excel: three lists with filters, as plain data.

The first sheet has a line a finding, the second one a form, the third one a rule.  Everything
that comes from a return is a text or a number; there is no formula and no link in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from math import ceil

from ..finding import Across, BatchFinding, Verdict
from ..rules import by_code
from ..sheet import Area, Cell, PrintSetup, Sheet, Workbook
from . import words
from .lines import COLUMNS, SEVERITIES, STATUSES, UNJUDGED, batch_line, lines
from .tally import Tally
from .text import cells as shown_width

Value = Decimal | str | None
MOST_LINES = 200_000
"""So many findings go into the first sheet; beyond, Excel is no longer a pleasure, and the sheet says so."""

_PLAIN = "General"
_LINE, _DEEPEST = 13.5, 12
"""The height of a line of text in points, and how many lines a row shows at most."""

_FIGURES = {"money": "#,##0.00", "rate": "0.00%", "points": "0.00", "count": "0"}
_WIDTHS = {
    "file": 30, "sheet": 12, "unit": 24, "project": 24, "rule": 7, "title": 26, "severity": 9, "cell": 8, "field": 32,
    "expected": 16, "actual": 20, "difference": 14, "message": 52, "remedy": 36, "why": 40, "waived": 30,
}  # fmt: skip

FORM_COLUMNS: tuple[tuple[str, str, float, str], ...] = (
    ("文件", "File", 30, "text"),
    ("工作表", "Sheet", 12, "text"),
    ("实施单位", "Unit", 24, "text"),
    ("项目名称", "Project", 24, "text"),
    ("年度", "Year", 8, "count"),
    ("结论", "Status", 12, "text"),
    ("表样", "Form", 12, "text"),
    ("金额单位", "Currency unit", 9, "text"),
    ("年初预算数", "Initial budget", 18, "money"),
    ("全年预算数", "Annual budget", 18, "money"),
    ("全年执行数", "Executed amount", 18, "money"),
    ("执行率", "Execution rate", 11, "rate"),
    ("执行率得分", "Execution score", 11, "points"),
    ("总分", "Total score", 10, "points"),
    ("评级", "Grade", 8, "text"),
    ("错误", "Errors", 8, "count"),
    ("提醒", "Warnings", 8, "count"),
    ("提示", "Infos", 8, "count"),
    ("未能核验的规则", "Rules not run", 14, "count"),
    ("说明", "Remarks", 44, "text"),
)
RULE_COLUMNS: tuple[tuple[str, str, float, str], ...] = (
    ("规则", "Rule", 8, "text"),
    ("规则名称", "Title", 44, "text"),
    ("级别", "Severity", 9, "text"),
    ("问题数", "Findings", 10, "count"),
    ("涉及表数", "Forms", 10, "count"),
    ("未能核验次数", "Not run", 12, "count"),
    ("处理", "Remedy", 60, "text"),
)


class _List:
    """A list under headings: frozen, filtered, one cell object for all equal cells."""

    def __init__(self, name: str, headings: Sequence[str], widths: Sequence[float], kinds: Sequence[str]) -> None:
        self.name, self.widths, self.kinds = name, widths, kinds
        self.cells: dict[tuple[int, int], Cell] = {
            (1, column): Cell(value=heading, text=heading, style="list_head")
            for column, heading in enumerate(headings, 1)
        }
        self.last, self.heights = 1, {1: 24.0}

    def add(self, values: Iterable[Value], shade: str = "") -> None:
        """One line; ``shade`` is the style of its severity or status, for the cells that say it."""
        self.last += 1
        deepest = 1
        for column, (value, kind, width) in enumerate(zip(values, self.kinds, self.widths, strict=False), 1):
            self.cells[self.last, column] = _cell(value, kind, shade if kind == "state" else "")
            if isinstance(value, str) and len(value) * 2 > width:
                deepest = max(deepest, ceil(shown_width(value) / (width - 2)))
        if deepest > 1:
            self.heights[self.last] = _LINE * min(deepest, _DEEPEST) + 2

    def sheet(self) -> Sheet:
        """The list as a sheet that prints on A4, its headings on every page."""
        area = Area(1, 1, self.last, len(self.widths))
        return Sheet(
            name=self.name,
            cells=self.cells,
            widths={column: float(width) for column, width in enumerate(self.widths, 1)},
            heights=self.heights,
            filtered=area,
            frozen=(1, 0),
            printing=PrintSetup(area=area, repeat_rows=(1, 1), landscape=True, footer="&C&P / &N"),
        )


@cache
def _make(value: Value, kind: str, shade: str) -> Cell:
    if value is None:
        return Cell(style="list_text")
    if isinstance(value, Decimal):
        return Cell(value=value, number_format=_FIGURES.get(kind, _PLAIN), style="list_figure")
    return Cell(value=value, text=str(value), style=shade or "list_text")


def _cell(value: Value, kind: str, shade: str) -> Cell:
    """A cell; short ones are shared."""
    if isinstance(value, str):
        value = words.plain_text(value)[:32_000]
    if isinstance(value, str) and len(value) > 100:
        return _make.__wrapped__(value, kind, shade)
    return _make(value, kind, shade)


_SHADES = {
    **dict.fromkeys(("error", "fail", "rejected", "internal_error"), "list_bad"),
    **dict.fromkeys(("warning", "notes"), "list_open"),
    "pass": "list_good",
}


class _Counts:
    """How often each rule was broken, in how many forms, and how often it was not run."""

    def __init__(self) -> None:
        self.findings, self.forms, self.not_run = Counter[str](), Counter[str](), Counter[str]()

    def add(self, verdict: Verdict) -> None:
        """Count one verdict."""
        found = [UNJUDGED] if verdict.code else [finding.rule for finding in verdict.findings if not finding.waived]
        self.findings.update(found)
        self.forms.update(set(found))
        self.not_run.update(each.rule for each in verdict.not_run)

    def add_across(self, found: BatchFinding) -> None:
        """Count a finding across forms, and the places where it shows."""
        self.findings[found.finding.rule] += 1
        self.forms[found.finding.rule] += len(found.places)

    def lines(self, lang: str) -> Iterator[tuple[tuple[Value, ...], str]]:
        """The rules, the most often broken first."""
        codes = sorted(self.findings | self.not_run, key=lambda code: (-self.findings[code], code))
        for code in codes:
            rule = by_code(code)
            severity = rule.severity.value if rule else "error"
            remedy = (rule.remedy_zh if lang == "zh" else rule.remedy_en) if rule else None
            values: tuple[Value, ...] = (
                code,
                _title(code, lang),
                SEVERITIES[severity][lang != "zh"],
                Decimal(self.findings[code]),
                Decimal(self.forms[code]),
                Decimal(self.not_run[code]),
                remedy,
            )
            yield values, _SHADES.get(severity, "")


def _title(code: str, lang: str) -> str:
    if code == UNJUDGED:
        return "文件无法核验。" if lang == "zh" else "A file that cannot be judged."
    return words.title(code, lang)


def findings_workbook(verdicts: Iterable[Verdict], tally: Tally, lang: str, across: Across | None = None) -> Workbook:
    """The three lists. ``tally`` has counted all verdicts when it returns."""
    at = 0 if lang == "zh" else 1
    kinds = ["state" if name == "severity" else "text" for name, _, _ in COLUMNS]
    findings = _List(
        ("问题", "Findings")[at],
        [heading[at] for _, *heading in COLUMNS],
        [_WIDTHS[name] for name, _, _ in COLUMNS],
        kinds,
    )
    forms = _list(("各表", "Forms")[at], FORM_COLUMNS, at, state=5)
    rules = _list(("规则", "Rules")[at], RULE_COLUMNS, at, state=2)
    counts, left_out = _Counts(), 0
    shades = {words_[at]: _SHADES.get(name, "") for name, words_ in SEVERITIES.items()}
    for verdict in tally.counted(verdicts):
        counts.add(verdict)
        forms.add(_form_line(verdict, lang), _SHADES.get(verdict.status, ""))
        for line in lines(verdict, lang):
            if findings.last > MOST_LINES:
                left_out += 1
                continue
            findings.add(line.values(), shades[line.severity])
    for found in across.findings if across else ():
        tally.add_across(found)
        counts.add_across(found)
        line = batch_line(found, lang)
        findings.add(line.values(), shades[line.severity])
    if left_out:
        zh, en = f"另有 {left_out} 条未列出；请用 --format csv。", f"{left_out} more are left out; use --format csv."
        findings.add([zh if lang == "zh" else en])
    for values, shade in counts.lines(lang):
        rules.add(values, shade)
    _make.cache_clear()
    return Workbook(sheets=(findings.sheet(), forms.sheet(), rules.sheet()))


def _list(name: str, columns: Sequence[tuple[str, str, float, str]], at: int, *, state: int) -> _List:
    kinds = [kind for _, _, _, kind in columns]
    kinds[state] = "state"
    return _List(name, [(zh, en)[at] for zh, en, _, _ in columns], [width for _, _, width, _ in columns], kinds)


def _form_line(verdict: Verdict, lang: str) -> tuple[Value, ...]:
    at = 0 if lang == "zh" else 1
    record, money = verdict.record, verdict.record.total if verdict.record else None
    counts = Counter(finding.severity.value for finding in verdict.findings if not finding.waived)

    def text(value: str | None) -> str | None:
        return words.clean(value, 400) if value else None

    return (
        words.clean(verdict.file, 400),
        text(verdict.sheet),
        text(record.implementing_unit if record else None),
        text(record.project_name if record else None),
        Decimal(record.fiscal_year) if record and record.fiscal_year is not None else None,
        STATUSES[verdict.status][at],
        text(verdict.form),
        text(record.currency_unit if record else None),
        money.initial_budget if money else None,
        money.annual_budget if money else None,
        money.executed_amount if money else None,
        money.execution_rate if money else None,
        money.score if money else None,
        record.total_score if record else None,
        verdict.grade,
        *(Decimal(counts[name]) for name in SEVERITIES),
        Decimal(len(verdict.not_run)),
        _remarks(verdict, lang),
    )


def _remarks(verdict: Verdict, lang: str) -> str | None:
    if verdict.code:
        message, _ = words.rejection(verdict, lang)
        return f"{verdict.code} {message}"
    found = dict.fromkeys(words.note(code, lang) for code, _ in verdict.notes)
    return words.clean(" ".join(found), 400) or None
