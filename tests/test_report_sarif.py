"""SARIF 2.1.0: what the standard asks of a log, held against what is written."""

from __future__ import annotations

import json
from typing import Any

import payloads
import pytest
from conftest import every, require_module

from perfxl.finding import Verdict
from perfxl.report.sarif import sarif_report, uri
from perfxl.report.tally import Tally
from perfxl.rules import ALL, BOOK

jsonschema = require_module("jsonschema")

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
URI = {"type": "string", "pattern": r"^[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+$"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LOCATION = {
    "type": "object",
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {"artifactLocation": {"type": "object", "required": ["uri"], "properties": {"uri": URI}}},
        },
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string"},
                    "fullyQualifiedName": {"type": "string"},
                    "kind": {"type": "string"},
                },
            },
        },
    },
}
RESULT = {
    "type": "object",
    "required": ["message", "ruleId", "level", "locations"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": TEXT,
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "additionalProperties": False,
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                },
            },
        },
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "properties": {"type": "object"},
    },
}
RULE = {
    "type": "object",
    "required": ["id", "shortDescription", "fullDescription", "help"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
        "properties": {"type": "object"},
    },
}
LOG = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results", "invocations"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {
                                    "language": {"type": "string", "pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                                },
                            }
                        },
                    },
                    "language": {"type": "string", "pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "properties": {"executionSuccessful": {"type": "boolean"}},
                        },
                    },
                },
            },
        },
    },
}
"""The parts of the standard's schema that a log of ours uses, with its requirements."""


def run(*verdicts: Verdict, lang: str = "zh") -> Any:
    log = json.loads(b"".join(sarif_report(verdicts, Tally(), lang)))
    jsonschema.Draft202012Validator(LOG).validate(log)
    return log["runs"][0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_rule_book_stands_in_it_with_help_in_both_languages(lang: str) -> None:
    rules = {rule["id"]: rule for rule in run(lang=lang)["tool"]["driver"]["rules"]}
    assert len(rules) == len({rule.code for rule in BOOK}) + 1
    for rule in ALL:
        text = rules[rule.code]["help"]["text"]
        assert rule.remedy_zh in text
        assert rule.remedy_en in text
        assert rules[rule.code]["shortDescription"]["text"] == (rule.title_zh if lang == "zh" else rule.title_en)


def test_a_finding_is_a_result_with_its_cell_and_sheet() -> None:
    found = run(payloads.verdict("党建"))
    first = found["results"][0]
    assert (first["ruleId"], first["level"]) == ("T01", "error")
    assert found["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "T01"
    cell, sheet = first["locations"][0]["logicalLocations"]
    assert (cell["fullyQualifiedName"], sheet["name"]) == ("党建!H31", "党建")
    assert [len(each["locations"][0]["logicalLocations"]) for each in found["results"]] == [2, 2, 1, 2]


def test_a_waived_finding_is_suppressed_with_the_reason() -> None:
    suppressed = [result for result in run(payloads.verdict("某人"))["results"] if "suppressions" in result]
    assert [result["ruleId"] for result in suppressed] == ["V02"]
    assert "某人" in suppressed[0]["suppressions"][0]["justification"]


def test_every_index_leads_to_its_rule() -> None:
    found = run(payloads.verdict("a"), payloads.rejected("b"))
    rules = found["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in found["results"])


def test_a_file_that_was_not_judged_is_a_result_and_a_defect_of_ours_no_success() -> None:
    found = run(payloads.rejected("密.xlsx"))
    assert found["results"][0]["properties"]["code"] == "ENCRYPTED"
    assert found["invocations"] == [{"executionSuccessful": True}]
    broken = Verdict(file="a.xlsx", status="internal_error", code="INTERNAL_ERROR", where="ValueError in a.py:1")
    assert run(broken)["invocations"] == [{"executionSuccessful": False}]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("returns/党 建.xlsx", "returns/%E5%85%9A%20%E5%BB%BA.xlsx"),
        ("/a/b#c?.xlsx", "file:///a/b%23c%3F.xlsx"),
        ("C:/a/b.xlsx", "file:///C:/a/b.xlsx"),
        ("a\udcb2.xlsx", "a%EF%BF%BD.xlsx"),
        ("a:b.xlsx", "./a%3Ab.xlsx"),
    ],
)
def test_a_path_becomes_a_reference(path: str, expected: str) -> None:
    assert uri(path) == expected


@pytest.mark.parametrize("text", every(6, payloads.ALL))
def test_any_text_leaves_a_log_whole(text: str) -> None:
    assert len(run(payloads.verdict(text), payloads.rejected(text))["results"]) == 5
