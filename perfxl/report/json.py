"""Verdicts to JSON, one at a time, so that a report of thousands holds no more than one.

Money, weights, scores and rates are strings in plain decimal notation; a blank is ``null``.
The keys and their order are a contract; new keys come at the end of an object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from json import JSONEncoder

from perfxl import __version__

from ..finding import Across, BatchFinding, BatchNotRun, Choice, Diagnosis, Fact, Finding, NotRun, Place, Verdict
from ..number import plain
from ..record import FundingLine, Indicator, SelfEvaluation
from . import words
from .tally import Tally

SCHEMA = "perfxl.check/1"

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
"""What JSON can hold; there are no numbers but counts and years."""

_encode = JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def dump(value: object) -> bytes:
    """One value as UTF-8, on one line; what cannot be encoded becomes U+FFFD."""
    text = _encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return words.without_surrogates(text).encode()


def _number(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _fact(value: Fact) -> str | None:
    return plain(value) if isinstance(value, Decimal) else None if value is None else str(value)


def _fund(line: FundingLine) -> dict[str, Json]:
    return {
        "source": line.source,
        "initial_budget": _number(line.initial_budget),
        "annual_budget": _number(line.annual_budget),
        "executed_amount": _number(line.executed_amount),
        "weight": _number(line.weight),
        "execution_rate": _number(line.execution_rate),
        "score": _number(line.score),
        "reason": line.reason,
    }


def _indicator(row: Indicator) -> dict[str, Json]:
    return {
        "level_1": row.level_1,
        "level_2": row.level_2,
        "level_3": row.level_3,
        "target": row.target.text if row.target else None,
        "actual": row.actual.text if row.actual else None,
        "weight": _number(row.weight),
        "score": _number(row.score),
        "variance_explanation": row.variance_explanation,
        "operator": row.operator,
        "unit": row.unit,
        "adjusted_target": row.adjusted_target.text if row.adjusted_target else None,
        "coefficient": _number(row.coefficient),
        "deduction": _number(row.deduction),
        "review_score": _number(row.review_score),
        "core": row.core,
        "serial": row.serial,
        "description": row.description,
        "goal": row.goal,
        "remark": row.remark,
    }


def record_object(record: SelfEvaluation) -> dict[str, Json]:
    """The form as it was read."""
    return {
        "fiscal_year": record.fiscal_year,
        "project_name": record.project_name,
        "supervising_department": record.supervising_department,
        "implementing_unit": record.implementing_unit,
        "currency_unit": record.currency_unit,
        "funds": [_fund(line) for line in record.funds],
        "expected_goal": record.expected_goal,
        "actual_result": record.actual_result,
        "indicators": [_indicator(row) for row in record.indicators],
        "total_weight": _number(record.total_weight),
        "total_score": _number(record.total_score),
        "sign_off": [{"term": entry.term, "label": entry.label, "text": entry.text} for entry in record.sign_off],
        "evaluation": record.evaluation,
        "problems": record.problems,
        "measures": record.measures,
        "review_score": _number(record.review_score),
        "grade": record.grade,
        "project_code": record.project_code,
    }


def _diagnosis(diagnosis: Diagnosis | None, lang: str) -> Json:
    if diagnosis is None:
        return None
    return {
        "state": diagnosis.state,
        "rule": diagnosis.rule,
        "message": words.cause(diagnosis, lang),
        "alternatives": [
            {"rule": other.rule, "message": words.cause(other, lang), "name": other.name}
            for other in diagnosis.alternatives
        ],
        "name": diagnosis.name or None,
    }


def _finding(finding: Finding, lang: str) -> dict[str, Json]:
    source = finding.caused_by
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "cell": finding.cell,
        "field": finding.field,
        "expected": _fact(finding.expected),
        "actual": _fact(finding.actual),
        "difference": _number(finding.difference),
        "message": words.message(finding, lang),
        "caused_by": {"rule": source[0], "cell": source[1]} if source else None,
        "remedy": words.remedy(finding, lang),
        "diagnosis": _diagnosis(finding.diagnosis, lang),
        "waived": _waived(finding),
    }


def _choice(choice: Choice) -> dict[str, Json]:
    return {
        "form": choice.form,
        "nearest": choice.nearest,
        "matched": choice.matched,
        "labels": choice.labels,
        "absent": list(choice.absent),
        "extra": list(choice.extra),
    }


def _waived(finding: Finding) -> Json:
    waiver = finding.waived
    if waiver is None:
        return None
    return {"reason": waiver.reason, "approver": waiver.approver, "expires": waiver.expires}


def _not_run(each: NotRun) -> dict[str, Json]:
    return {"rule": each.rule, "cell": each.cell, "field": each.field, "missing": list(each.missing)}


def verdict_object(verdict: Verdict, lang: str) -> dict[str, Json]:
    """One verdict, keys in the order of the contract."""
    message, remedy = words.rejection(verdict, lang) if verdict.code else (None, None)
    return {
        "file": verdict.file,
        "sheet": verdict.sheet,
        "sha256": verdict.sha256,
        "status": verdict.status,
        "code": verdict.code,
        "form": verdict.form,
        "form_reason": verdict.form_reason,
        "stamp": verdict.stamp,
        "not_understood": [{"cell": each.cell, "text": each.text} for each in verdict.not_understood],
        "record": record_object(verdict.record) if verdict.record else None,
        "findings": [_finding(finding, lang) for finding in verdict.findings],
        "not_run": [_not_run(each) for each in verdict.not_run],
        "where": verdict.where,
        "notes": [{"code": code, "where": where, "message": words.note(code, lang)} for code, where in verdict.notes],
        "message": message,
        "remedy": remedy,
        "grade": verdict.grade,
        "understood": [
            {"field": each.field, "label": each.label, "cell": each.cell, "leads_to": each.leads_to}
            for each in verdict.understood
        ],
        "choice": _choice(verdict.choice) if verdict.choice else None,
    }


def _place(place: Place) -> dict[str, Json]:
    return {"file": place.file, "sheet": place.sheet, "cell": place.cell}


def batch_finding(found: BatchFinding, lang: str) -> Iterator[bytes]:
    """One finding across forms as one object, place by place."""
    finding = found.finding
    head: dict[str, Json] = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": words.message(finding, lang),
    }
    yield dump(head)[:-1] + b', "places": ['
    for number, place in enumerate(found.places):
        yield (b", " if number else b"") + dump(_place(place))
    tail: dict[str, Json] = {
        "expected": _fact(finding.expected),
        "actual": _fact(finding.actual),
        "difference": _number(finding.difference),
        "remedy": words.remedy(finding, lang),
        "waived": _waived(finding),
    }
    yield b"], " + dump(tail)[1:]


def _batch_not_run(each: BatchNotRun) -> dict[str, Json]:
    return {"rule": each.rule, "missing": list(each.missing), "forms": each.forms}


def json_report(verdicts: Iterable[Verdict], tally: Tally, lang: str, across: Across | None = None) -> Iterator[bytes]:
    """The report in pieces; ``tally`` has counted all verdicts when the summary is written.

    ``across`` is asked when all verdicts have been written.
    """
    tool = dump({"name": "perfxl", "version": __version__})
    yield b'{"schema": ' + dump(SCHEMA) + b',\n "tool": ' + tool + b',\n "verdicts": ['
    mark = b"\n  "
    for verdict in tally.counted(verdicts):
        yield mark + dump(verdict_object(verdict, lang))
        mark = b",\n  "
    yield b'],\n "batch": ['
    mark = b"\n  "
    for found in across.findings if across else ():
        tally.add_across(found)
        yield mark
        yield from batch_finding(found, lang)
        mark = b",\n  "
    yield b'],\n "summary": ' + dump(tally.summary)
    unasked = [_batch_not_run(each) for each in across.not_run] if across else []
    yield b',\n "batch_not_run": ' + dump(unasked) + b"}\n"


def jsonl_report(verdicts: Iterable[Verdict], tally: Tally, lang: str, across: Across | None = None) -> Iterator[bytes]:
    """One verdict a line; then ``{"batch": …}`` and ``{"batch_not_run": …}``, one a line."""
    for verdict in tally.counted(verdicts):
        yield dump(verdict_object(verdict, lang)) + b"\n"
    if across is None:
        return
    for found in across.findings:
        tally.add_across(found)
        yield b'{"batch": '
        yield from batch_finding(found, lang)
        yield b"}\n"
    for each in across.not_run:
        yield dump({"batch_not_run": _batch_not_run(each)}) + b"\n"
