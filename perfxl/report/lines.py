"""Verdicts as the lines of a table: one a finding, for people and programs that think in rows.

A file that was not judged is a line too, with the rule-book page W01 as its rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from ..finding import BatchFinding, Diagnosis, Fact, Finding, Place, Verdict
from ..noun import noun
from . import words

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("file", "文件", "File"),
    ("sheet", "工作表", "Sheet"),
    ("unit", "实施单位", "Unit"),
    ("project", "项目名称", "Project"),
    ("rule", "规则", "Rule"),
    ("title", "规则名称", "Title"),
    ("severity", "级别", "Severity"),
    ("cell", "单元格", "Cell"),
    ("field", "栏目", "Field"),
    ("expected", "应为", "Expected"),
    ("actual", "实填", "Actual"),
    ("difference", "差额", "Difference"),
    ("message", "问题", "Message"),
    ("remedy", "处理", "Remedy"),
    ("why", "成因", "Why"),
    ("waived", "豁免", "Waived"),
)
"""The columns of a table of findings: the name of the value, its heading in Chinese and English."""

SEVERITIES = {"error": ("错误", "error"), "warning": ("提醒", "warning"), "info": ("提示", "info")}
STATUSES = {
    "pass": ("通过", "passed"),
    "notes": ("有提示", "notes"),
    "fail": ("退回", "to be returned"),
    "rejected": ("未能核验", "not judged"),
    "internal_error": ("程序出错", "perfxl failed"),
}
UNJUDGED = "W01"
"""The page of the rule book that explains why a file cannot be judged."""

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
"""A text that begins so would become a formula when a spreadsheet opens or somebody edits it."""


@noun
class Line:
    """One finding in a table. Texts are as shown; figures stay ``Decimal``; ``None`` is blank."""

    file: str
    sheet: str | None = None
    unit: str | None = None
    project: str | None = None
    rule: str
    title: str
    severity: str
    cell: str | None = None
    field: str | None = None
    expected: Decimal | str | None = None
    actual: Decimal | str | None = None
    difference: Decimal | None = None
    message: str
    remedy: str
    why: str | None = None
    waived: str | None = None

    def values(self) -> tuple[Decimal | str | None, ...]:
        """The values in the order of ``COLUMNS``."""
        return tuple(getattr(self, name) for name, _, _ in COLUMNS)


def lines(verdict: Verdict, lang: str) -> Iterator[Line]:
    """The lines of one verdict, in the order of its findings."""
    at = 0 if lang == "zh" else 1
    file, sheet = words.clean(verdict.file, 400), _shown(verdict.sheet)
    if verdict.code:
        message, remedy = words.rejection(verdict, lang)
        where = f" [{words.clean(verdict.where)}]" if verdict.where else ""
        yield Line(
            file=file,
            sheet=sheet,
            rule=UNJUDGED,
            title=verdict.code,
            severity=SEVERITIES["error"][at],
            message=message + where,
            remedy=remedy,
        )
        return
    record = verdict.record
    for finding in verdict.findings:
        yield Line(
            file=file,
            sheet=sheet,
            unit=_shown(record.implementing_unit if record else None),
            project=_shown(record.project_name if record else None),
            rule=finding.rule,
            title=words.title(finding.rule, lang),
            severity=SEVERITIES[finding.severity.value][at],
            cell=_shown(finding.cell),
            field=_shown(finding.field),
            expected=_value(finding.expected),
            actual=_value(finding.actual),
            difference=finding.difference,
            message=words.message(finding, lang),
            remedy=words.remedy(finding, lang),
            why=why(finding, lang),
            waived=waived(finding, lang),
        )


PLACES = 5
"""So many places of a finding across forms are named in one line."""


def batch_line(found: BatchFinding, lang: str) -> Line:
    """The line of a finding across forms: it stands at its first place, and names others in ``why``."""
    finding, count = found.finding, len(found.places)
    first, *others = [*islice(found.places, PLACES), Place(file="", sheet="")]
    others = others[:-1]
    named = ("、" if lang == "zh" else ", ").join(place_text(place) for place in others)
    more = count - 1 - len(others)
    if more > 0:
        named += f" 等 {count} 处" if lang == "zh" else f" and {more} more"
    return Line(
        file=words.clean(first.file, 400),
        sheet=_shown(first.sheet),
        rule=finding.rule,
        title=words.batch_title(finding.rule, lang),
        severity=SEVERITIES[finding.severity.value][lang != "zh"],
        cell=_shown(first.cell),
        expected=_value(finding.expected),
        actual=_value(finding.actual),
        difference=finding.difference,
        message=words.message(finding, lang),
        remedy=words.remedy(finding, lang),
        why=(f"另见 {named}" if lang == "zh" else f"See also {named}") if named else None,
    )


def place_text(place: Place) -> str:
    """``file[sheet!cell]``, as shown."""
    sheet = words.clean(place.sheet)
    return words.clean(place.file) + (f"[{sheet}!{place.cell}]" if place.cell else f"[{sheet}]")


def waived(finding: Finding, lang: str) -> str | None:
    """By whom, why and until when a finding is waived; ``None`` where it is not."""
    waiver = finding.waived
    if waiver is None:
        return None
    reason, approver = words.clean(waiver.reason), words.clean(waiver.approver)
    if lang == "zh":
        return f"{reason}（{approver} 批准，至 {waiver.expires}）"
    return f"{reason} (by {approver}, until {waiver.expires})"


def why(finding: Finding, lang: str) -> str | None:
    """What a finding follows from, or the diagnosis with its alternatives; ``None`` where neither is known."""
    parts = []
    if finding.caused_by:
        rule, cell = finding.caused_by
        parts.append(
            f"由 {cell or '本表'} 的 {rule} 引起。" if lang == "zh" else f"Follows from {rule} at {cell or 'the form'}."
        )
    diagnosis = finding.diagnosis
    if diagnosis is not None and diagnosis.state != "unexplained":
        parts += [words.clean(words.cause(each, lang), 600) for each in _all(diagnosis)]
    return (" / " if lang == "en" else "；或：").join(parts) if parts else None


def _all(diagnosis: Diagnosis) -> tuple[Diagnosis, ...]:
    return (diagnosis, *diagnosis.alternatives)


def _shown(text: str | None) -> str | None:
    return words.clean(text, 400) if text else None


def _value(fact: Fact) -> Decimal | str | None:
    if fact is None or isinstance(fact, Decimal):
        return fact
    return Decimal(fact) if isinstance(fact, int) else words.clean(str(fact))
