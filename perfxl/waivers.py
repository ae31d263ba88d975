"""Waivers 豁免: findings that somebody with a name has accepted, for a reason, until a day.

    [[waiver]]
    rule = "M09"
    unit = "某街道党群服务中心"        # file, project or unit: at least one; file may hold * and ?
    project = "社区活动经费"
    field = "funds[0].annual_budget"   # or cell = "E6"; left out: anywhere in the form
    reason = "年中机构调整，已由财政局批复"
    approver = "预算科 某某"
    expires = 2026-12-31

A waived finding is kept and marked, and no longer counts.  A waiver that has expired or that
nothing needed is reported.  Today is told, never looked up.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice

from .definition import BrokenDefinitionError, Mistake, Table, near
from .finding import BatchFinding, Finding, Place, Rule, Severity, Verdict, Waiver
from .form import Form
from .number import squeeze
from .pattern import pattern
from .rules import BOOK
from .rules.exceptions import WaiverUse
from .validator import status_of

_DAY = pattern(r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_WHERE = ("file", "project", "unit")
_LOOKED_AT = 1000  # places of a finding across forms

Severities = tuple[tuple[str, Severity], ...]


def load_waivers(path: str) -> tuple[Waiver, ...]:
    """The waivers in a file. Raises ``BrokenDefinitionError`` with every mistake of it, or ``OSError``."""
    with open(path, encoding="utf-8-sig") as opened:
        return read_waivers(opened.read(), path)


def read_waivers(text: str, source: str) -> tuple[Waiver, ...]:
    """The text of a file of waivers. Raises ``BrokenDefinitionError`` with every mistake of it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistake = Mistake(key="", value="", zh=f"不是 TOML：{error}", en=f"is no TOML: {error}")
        raise BrokenDefinitionError(source, [mistake]) from error
    mistakes: list[Mistake] = []
    top = Table(data, "", mistakes)
    waivers = tuple(_waiver(table, source, number) for number, table in enumerate(top.tables("waiver", []), 1))
    top.done()
    if mistakes:
        raise BrokenDefinitionError(source, mistakes)
    return waivers


def _waiver(table: Table, source: str, number: int) -> Waiver:
    code = table.text("rule").upper()
    known = {rule.code for rule in BOOK}
    if code and code not in known:
        table.wrong("rule", "没有这条规则", "is no rule", near(code, known))
    texts = {name: table.text(name, "") or None for name in (*_WHERE, "sheet", "cell", "field")}
    if not any(texts[name] for name in _WHERE):
        table.wrong("file", "file、project、unit 至少要有一项", "one of file, project and unit is needed")
    for name in ("reason", "approver"):
        if isinstance(table.data.get(name), str) and not str(table.data[name]).strip():
            table.wrong(name, "不可为空", "should not be empty")
    waiver = Waiver(
        rule=code,
        reason=table.text("reason"),
        approver=table.text("approver"),
        expires=_day(table),
        source=source,
        number=number,
        **texts,
    )
    table.done()
    return waiver


def _day(table: Table) -> str:
    """The last day of the waiver, as ``2026-12-31``; TOML knows dates, but a text will do."""
    table.seen.add("expires")
    if "expires" not in table.data:
        table.wrong("expires", "缺少这一项", "is missing")
        return ""
    day = str(table.data["expires"])
    if not _DAY.fullmatch(day):
        table.wrong("expires", "应为日期，如 2026-12-31", "should be a day such as 2026-12-31")
    return day


def _same(wanted: str | None, found: str | None) -> bool:
    return wanted is None or squeeze(wanted) == squeeze(found or "")


def _named(wanted: str, file: str) -> bool:
    """Whether a file bears the name, as a whole or without its folders."""
    name = file.replace("\\", "/")
    return fnmatchcase(name, wanted) or fnmatchcase(name.rpartition("/")[2], wanted)


def _meant_form(waiver: Waiver, verdict: Verdict) -> bool:
    record = verdict.record
    if waiver.file and not _named(waiver.file, verdict.file):
        return False
    return (
        _same(waiver.project, record.project_name if record else None)
        and _same(waiver.unit, record.implementing_unit if record else None)
        and waiver.sheet in (None, verdict.sheet)
    )


def _meant(waiver: Waiver, finding: Finding) -> bool:
    return (
        waiver.rule == finding.rule
        and (waiver.cell is None or waiver.cell.upper() == finding.cell)
        and waiver.field in (None, finding.field)
    )


class Waivers:
    """Waivers at work: marks what they cover and remembers which were of use.

    ``today`` is a day as ``2026-11-25``; a waiver holds to the end of its last day.
    """

    def __init__(self, waivers: Iterable[Waiver], today: str) -> None:
        self.waivers, self.today = tuple(waivers), today
        self.used: set[int] = set()

    def applied(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """The verdicts with what is waived marked, and their status without it."""
        for verdict in verdicts:
            yield self.apply(verdict)

    def apply(self, verdict: Verdict) -> Verdict:
        """One verdict with what is waived marked."""
        near_by = [(at, each) for at, each in enumerate(self.waivers) if _meant_form(each, verdict)]
        if not near_by or not verdict.findings:
            return verdict
        findings = tuple(self._marked(finding, near_by) for finding in verdict.findings)
        if verdict.findings == findings:
            return verdict
        return replace(verdict, findings=findings, status=status_of(findings))

    def _marked(self, finding: Finding, near_by: list[tuple[int, Waiver]]) -> Finding:
        for at, waiver in near_by:
            if _meant(waiver, finding):
                self.used.add(at)
                if waiver.expires >= self.today:
                    return replace(finding, waived=waiver)
        return finding

    def across(self, findings: Iterable[BatchFinding]) -> Iterator[BatchFinding]:
        """Findings across forms, those marked that a waiver of their rule names by a file."""
        for found in findings:
            named = [
                (at, each) for at, each in enumerate(self.waivers) if each.rule == found.finding.rule and each.file
            ]
            for at, waiver in named:
                if any(_named(str(waiver.file), place.file) for place in islice(found.places, _LOOKED_AT)):
                    self.used.add(at)
                    if waiver.expires >= self.today:
                        found = replace(found, finding=replace(found.finding, waived=waiver))
                        break
            yield found

    def remarks(self, rules: Iterable[Rule], form: Form, severities: Severities = ()) -> Iterator[BatchFinding]:
        """What is to be said of the waivers once all forms were judged: expired, or of no use."""
        graded = dict(severities)
        for rule in (rule for rule in rules if rule.over == "waivers"):
            for at, waiver in enumerate(self.waivers):
                use = WaiverUse(waiver=waiver, used=at in self.used, today=self.today)
                for breach in rule.function(use, form):
                    finding = Finding(
                        rule=rule.code,
                        severity=graded.get(rule.code, rule.severity),
                        sheet="",
                        cell=None,
                        field=f"waiver[{waiver.number}]",
                        expected=breach.expected,
                        actual=breach.actual,
                        facts=breach.facts,
                    )
                    yield BatchFinding(finding=finding, places=(Place(file=waiver.source, sheet="", cell=None),))
