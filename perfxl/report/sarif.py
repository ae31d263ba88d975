"""Verdicts as SARIF 2.1.0, for the viewers and pipelines that read findings in that form.

The rule book comes first with its texts in both languages, then one result a finding: the file
as an artifact, the sheet and the cell as logical locations.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import quote

from perfxl import __version__

from ..finding import Across, BatchFinding, Finding, Rule, Severity, Verdict
from ..rejection import REJECTIONS
from ..rules import BOOK, by_code
from . import words
from .json import Json, dump
from .lines import UNJUDGED, waived, why
from .tally import Tally

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
RELATED = 100
"""So many places of a finding across forms are listed; ``places`` counts them all."""
_DRIVE = re.compile(r"[A-Za-z]:/")


def sarif_report(verdicts: Iterable[Verdict], tally: Tally, lang: str, across: Across | None = None) -> Iterator[bytes]:
    """One run, in pieces; results are written as the verdicts come."""
    # where a rule looks at one form and at a batch, the reader finds one page of that code
    rules = [rule for rule in BOOK if by_code(rule.code) is rule]
    driver = {
        "name": "perfxl",
        "version": __version__,
        "semanticVersion": __version__,
        "language": "zh-CN" if lang == "zh" else "en",
        "rules": [*(_descriptor(rule, lang) for rule in rules), _unjudged(lang)],
    }
    yield b'{"$schema": ' + dump(SCHEMA) + b', "version": "2.1.0", "runs": [{"tool": {"driver": ' + dump(driver)
    yield b'},\n "language": ' + dump(driver["language"]) + b', "columnKind": "utf16CodeUnits",\n "results": ['
    places = {rule.code: place for place, rule in enumerate(rules)}
    mark = b"\n  "
    for verdict in tally.counted(verdicts):
        for result in _results(verdict, places, lang):
            yield mark + dump(result)
            mark = b",\n  "
    for found in across.findings if across else ():
        tally.add_across(found)
        yield mark + dump(_across(found, places, lang))
        mark = b",\n  "
    done: dict[str, Json] = {"executionSuccessful": not tally.statuses["internal_error"]}
    yield b'],\n "invocations": [' + dump(done) + b"]}]}\n"


def _text(text: str) -> dict[str, Json]:
    return {"text": text}


def _descriptor(rule: Rule, lang: str) -> dict[str, Json]:
    """A rule: the title in the language of the report, the help in both."""
    zh, en = rule.title_zh, rule.title_en
    texts = [(zh, rule.reason[0], rule.remedy_zh), (en, rule.reason[1], rule.remedy_en)]
    plain = ["\n".join(filter(None, each)) for each in texts]
    basis = "惯例 · customary" if rule.basis == "customary" else rule.basis
    return {
        "id": rule.code,
        "name": rule.function.__name__,
        "shortDescription": _text(zh if lang == "zh" else en),
        "fullDescription": _text(f"{zh} {en}"),
        "help": _text("\n\n".join([*plain, basis])),
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"basis": rule.basis},
    }


def _unjudged(lang: str) -> dict[str, Json]:
    zh, en = "文件无法核验。", "A file that cannot be judged."
    pages = [f"{code}: {each.zh} {each.remedy_zh} {each.en} {each.remedy_en}" for code, each in REJECTIONS.items()]
    return {
        "id": UNJUDGED,
        "name": "file_that_cannot_be_judged",
        "shortDescription": _text(zh if lang == "zh" else en),
        "fullDescription": _text(f"{zh} {en}"),
        "help": _text("\n".join(pages)),
        "defaultConfiguration": {"level": "error"},
    }


def _results(verdict: Verdict, places: dict[str, int], lang: str) -> Iterator[dict[str, Json]]:
    if verdict.code:
        message, remedy = words.rejection(verdict, lang)
        yield {
            "ruleId": UNJUDGED,
            "ruleIndex": len(places),
            "level": "error",
            "message": _text(f"{message} {remedy}"),
            "locations": [_location(verdict, None)],
            "properties": {"code": verdict.code, "where": verdict.where},
        }
    for finding in verdict.findings:
        yield _result(verdict, finding, places, lang)


def _result(verdict: Verdict, finding: Finding, places: dict[str, int], lang: str) -> dict[str, Json]:
    message, remedy, reason = words.message(finding, lang), words.remedy(finding, lang), why(finding, lang)
    result: dict[str, Json] = {"ruleId": finding.rule}
    if finding.rule in places:
        result["ruleIndex"] = places[finding.rule]
    properties: dict[str, Json] = {"remedy": remedy, "field": finding.field}
    if reason:
        properties["why"] = reason
    result |= {
        "level": LEVELS[finding.severity],
        "message": _text(" ".join(part for part in (message, reason, remedy) if part)),
        "locations": [_location(verdict, finding.cell)],
        "partialFingerprints": {
            "place/v1": f"{finding.rule}:{verdict.sheet or ''}:{finding.field or finding.cell or ''}"
        },
        "properties": properties,
    }
    if finding.waived:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": waived(finding, lang) or ""}
        ]
    return result


def _across(found: BatchFinding, places: dict[str, int], lang: str) -> dict[str, Json]:
    """A finding across forms: at its first place, the others beside it."""
    finding = found.finding
    located: list[Json] = [_at(place.file, place.sheet, place.cell) for place in islice(found.places, RELATED)]
    return {
        "ruleId": finding.rule,
        "ruleIndex": places[finding.rule],
        "level": LEVELS[finding.severity],
        "message": _text(f"{words.message(finding, lang)} {words.remedy(finding, lang)}"),
        "locations": located[:1],
        "relatedLocations": located[1:],
        "properties": {"remedy": words.remedy(finding, lang), "places": len(found.places)},
    }


def _location(verdict: Verdict, cell: str | None) -> dict[str, Json]:
    return _at(verdict.file, verdict.sheet, cell)


def _at(file: str, sheet: str | None, cell: str | None) -> dict[str, Json]:
    place: dict[str, Json] = {"physicalLocation": {"artifactLocation": {"uri": uri(file)}}}
    logical: list[Json] = []
    if sheet:
        logical.append({"name": sheet, "fullyQualifiedName": sheet, "kind": "module"})
        if cell:
            logical.insert(0, {"name": cell, "fullyQualifiedName": f"{sheet}!{cell}", "kind": "member"})
    if logical:
        place["logicalLocations"] = logical
    return place


def uri(path: str) -> str:
    """A path as a relative reference or a ``file:`` URI, whatever the system's separator."""
    slashed = path.replace("\\", "/") if os.sep == "\\" else path
    coded = quote(words.without_surrogates(slashed))
    if _DRIVE.match(slashed):
        return "file:///" + slashed[:2] + coded.partition("%3A")[2]
    if coded.startswith("/"):
        return "file://" + coded
    return "./" + coded if "%3A" in coded.partition("/")[0] else coded
