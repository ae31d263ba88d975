"""A corrected form for the unit: marks and comments at what is to be mended, a list of it in front.

Plain data.  Nothing of the returned package comes back out; what the unit typed is text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..finding import Finding, Severity, Verdict, fact_text
from ..page import LINE_HEIGHT, TO_DO, lines
from ..sheet import Area, Cell, Mark, PrintSetup, Sheet, Workbook, from_a1
from ..transplant import Loss
from . import words

_HEADS = (
    ("序号\nNo.", 6), ("级别\nSeverity", 9), ("位置\nCell", 16), ("问题\nWhat is wrong", 50), ("应为\nExpected", 14),
    ("现为\nFound", 16), ("差额\nDifference", 12), ("怎么办\nWhat to do", 40),
)  # fmt: skip
_SEVERITIES = {
    Severity.ERROR: ("错误", "error"),
    Severity.WARNING: ("提醒", "warning"),
    Severity.INFO: ("提示", "info"),
}
_STYLES = {Severity.ERROR: "list_bad", Severity.WARNING: "list_open", Severity.INFO: "list_text"}
_MARKS = {Severity.ERROR: "bad", Severity.WARNING: "open"}
_KINDS = {
    "restored": ("已恢复为下发内容", "restored to what was issued"),
    "recomputed": ("由表格公式重算", "computed again by the form"),
    "lost": ("未能带入，请自行核对", "not carried over: please see to it"),
}


def with_marks(book: Workbook, verdicts: Sequence[Verdict], losses: Iterable[Loss], lang: str) -> Workbook:
    """The fresh workbook with problem cells coloured and commented, and the sheet 问题清单 in front.

    ``verdicts`` are those on the fresh workbook, one a form sheet; ``losses`` what became of values
    of the return.
    """
    by_sheet = {verdict.sheet: verdict for verdict in verdicts}
    sheets = tuple(
        _marked(sheet, by_sheet[sheet.name], lang) if sheet.name in by_sheet else sheet for sheet in book.sheets
    )
    return replace(book, sheets=(_to_do(verdicts, list(losses), lang), *sheets))


def to_do(verdict: Verdict) -> Iterator[Finding]:
    """What the unit has to see to: findings that do not merely follow from another, the gravest first."""
    own = [finding for finding in verdict.findings if finding.caused_by is None]
    yield from sorted(own, key=lambda finding: -finding.severity.rank)


def _marked(sheet: Sheet, verdict: Verdict, lang: str) -> Sheet:
    cells, marks = dict(sheet.cells), list(sheet.marks)
    by_cell: dict[tuple[int, int], list[Finding]] = {}
    for finding in to_do(verdict):
        if finding.cell:
            by_cell.setdefault(from_a1(finding.cell), []).append(finding)
    merged = {area.corner: area for area in sheet.merges}
    for place, findings in by_cell.items():
        area = merged.get(place, Area(*place, *place))
        if findings[0].severity is not Severity.INFO:
            marks.insert(0, Mark(area=area, formula="TRUE", style=_MARKS[findings[0].severity]))
        note = "\n".join(f"{each.rule} {words.message(each, lang)} {words.remedy(each, lang)}" for each in findings)
        cells[place] = replace(cells.get(place, Cell()), note=words.plain_text(note)[:1_500])
    return replace(sheet, cells=cells, marks=tuple(marks))


# ---- the sheet 问题清单 ------------------------------------------------------------------------------


class _List:
    """The list while it is written, row by row."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.cells: dict[tuple[int, int], Cell] = {}
        self.merges: list[Area] = []
        self.heights: dict[int, float] = {}
        self.row = 0

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def across(self, text: str, style: str, height: float) -> None:
        """A line over the whole width."""
        self.row += 1
        self.put(1, text, style)
        self.merges.append(Area(self.row, 1, self.row, len(_HEADS)))
        width = sum(width for _, width in _HEADS)
        self.heights[self.row] = max(height, lines(text, width) * LINE_HEIGHT + 4)

    def put(self, column: int, text: str, style: str, link: str | None = None) -> None:
        shown = words.plain_text(text)[:2_000]
        self.cells[self.row, column] = Cell(value=shown or None, text=shown, style=style, number_format="@", link=link)

    def heads(self) -> None:
        self.row += 1
        for column, (text, _) in enumerate(_HEADS, 1):
            self.put(column, text, "list_head")
        self.heights[self.row] = 30

    def line(self, texts: Sequence[str], style: str, link: str | None = None) -> None:
        """One entry; the second column has the style of its severity, the third leads to the cell."""
        self.row += 1
        deepest = 1
        for column, (text, (_, width)) in enumerate(zip(texts, _HEADS, strict=True), 1):
            self.put(column, text, style if column == 2 else "list_text", link if column == 3 and text else None)
            deepest = max(deepest, lines(text, width - 2))
        self.heights[self.row] = min(400.0, deepest * LINE_HEIGHT + 4)

    def sheet(self) -> Sheet:
        return Sheet(
            name=TO_DO,
            cells=self.cells,
            merges=tuple(self.merges),
            heights=self.heights,
            widths={column: float(width) for column, (_, width) in enumerate(_HEADS, 1)},
            protected=True,
            printing=PrintSetup(area=Area(1, 1, self.row, len(_HEADS)), landscape=True, footer="&C第 &P 页 共 &N 页"),
        )


def _to_do(verdicts: Sequence[Verdict], losses: Sequence[Loss], lang: str) -> Sheet:
    out = _List(lang)
    out.across(out.say("问题清单", "What is to be mended"), "guide_title", 28)
    left = sum(1 for verdict in verdicts for _ in to_do(verdict))
    due = sum(1 for verdict in verdicts for each in to_do(verdict) if each.severity is not Severity.INFO)
    notes = left - due
    out.across(
        out.say(
            f"后面的表中有 {due} 处请改正或说明（已标色，批注写明原因），另有 {notes} 处提示。"
            "改好后保存发回；点“位置”可跳到该单元格。",
            f"Please mend or explain {due} places in the form behind this sheet (coloured, with comments); {notes} "
            "more are notes. Save and send it back. The entries under Cell lead there.",
        ),
        "guide_text",
        20,
    )
    if left:
        out.heads()
        for number, (verdict, findings) in enumerate(_grouped(verdicts), 1):
            entry = _entry(number, verdict, findings, lang)
            out.line(entry, _STYLES[findings[0].severity], _link(verdict, findings[0]))
    kinds = [kind for kind in ("lost", "restored", "recomputed") if any(loss.kind == kind for loss in losses)]
    for kind in kinds:
        out.across(out.say(*_KINDS[kind]), "guide_head", 22)
        for loss in (loss for loss in losses if loss.kind == kind):
            words_of = out.say(f"原件 {loss.cell}：{loss.text}", f"return {loss.cell}: {loss.text}")
            out.line(("", "", "", words_of, loss.now, loss.text, "", _field(loss.field, lang)), "list_text")
    return out.sheet()


def _field(path: str, lang: str) -> str:
    pair = words.term_pair(path)
    return path if pair is None else pair[0 if lang == "zh" else 1]


def _grouped(verdicts: Sequence[Verdict]) -> Iterator[tuple[Verdict, list[Finding]]]:
    """Each error and warning by itself; what is only noted, rule by rule."""
    for verdict in verdicts:
        noted: dict[tuple[str, str], list[Finding]] = {}
        for finding in to_do(verdict):
            if finding.severity is Severity.INFO:
                noted.setdefault((finding.rule, finding.variant), []).append(finding)
            else:
                yield verdict, [finding]
        for findings in noted.values():
            yield verdict, findings


def _entry(number: int, verdict: Verdict, findings: Sequence[Finding], lang: str) -> tuple[str, ...]:
    at, finding = 0 if lang == "zh" else 1, findings[0]
    cells = [each.cell for each in findings if each.cell]
    place = f"{verdict.sheet}!{'、'.join(cells)}" if cells else str(verdict.sheet)
    if len(findings) > 1:
        words_of = f"{finding.rule} {words.title(finding.rule, lang)}"
        return (
            str(number),
            _SEVERITIES[finding.severity][at],
            place,
            words_of,
            "",
            "",
            "",
            words.remedy(finding, lang),
        )
    figures = [finding.expected, finding.actual, finding.difference]
    shown = ["" if each is None else fact_text(each) for each in figures]
    text = f"{finding.rule} {words.message(finding, lang)}"
    if finding.diagnosis is not None and finding.diagnosis.state == "explained":
        text += "\n" + words.cause(finding.diagnosis, lang)
    return (str(number), _SEVERITIES[finding.severity][at], place, text, *shown, words.remedy(finding, lang))


def _link(verdict: Verdict, finding: Finding) -> str | None:
    if not finding.cell or verdict.sheet is None:
        return None
    return "#'" + verdict.sheet.replace("'", "''") + "'!" + finding.cell
