"""The JSON Schema of ``perfxl.check/1``: shipped with the package, and true of what is written."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import payloads
import pytest
from click.testing import CliRunner
from conftest import require_module

import perfxl
from perfxl.cli import cli
from perfxl.report.json import json_report, jsonl_report
from perfxl.report.tally import Tally

jsonschema = require_module("jsonschema")

SAMPLES = Path(__file__).parent.parent / "samples"
SCHEMA: Any = json.loads(resources.files("perfxl.report").joinpath("perfxl.check-1.schema.json").read_bytes())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def undescribed(value: Any, schema: Any, path: str = "") -> list[str]:
    """Keys that the schema does not describe, or that stand in another order than there."""
    if "$ref" in schema:
        return undescribed(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], path)
    if "anyOf" in schema:
        return [] if value is None else undescribed(value, schema["anyOf"][0], path)
    if isinstance(value, list):
        return [found for each in value for found in undescribed(each, schema["items"], path + "[]")]
    if not isinstance(value, dict):
        return []
    known = schema["properties"]
    wrong = [] if list(value) == list(known) else [f"{path}: {list(value)} where {list(known)} is described"]
    return wrong + [
        found for key in value if key in known for found in undescribed(value[key], known[key], f"{path}.{key}")
    ]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema"]["const"] == "perfxl.check/1"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_written_about_the_samples_fits_it_key_by_key(lang: str) -> None:
    report = json.loads(b"".join(json_report(perfxl.check([SAMPLES]), Tally(), lang)))
    VALIDATOR.validate(report)
    assert undescribed(report, SCHEMA) == []
    assert report["summary"]["forms"] == 9
    assert sum(len(verdict["findings"]) for verdict in report["verdicts"]) > 100


@pytest.mark.parametrize("text", payloads.ALL)
def test_any_text_fits_it(text: str) -> None:
    verdicts = [payloads.verdict(text), payloads.rejected(text)]
    report = json.loads(b"".join(json_report(verdicts, Tally(), "zh")))
    VALIDATOR.validate(report)
    assert undescribed(report, SCHEMA) == []
    lines = b"".join(jsonl_report(verdicts, Tally(), "zh")).split(b"\n")
    assert [json.loads(line) for line in lines if line] == report["verdicts"]


def test_it_refuses_what_the_contract_forbids() -> None:
    report = json.loads(b"".join(json_report([payloads.verdict("a")], Tally(), "zh")))
    for change in ({"total_score": "1E+2"}, {"total_score": 88.25}, {"fiscal_year": "2022"}):
        wrong = json.loads(json.dumps(report))
        wrong["verdicts"][0]["record"].update(change)
        assert not VALIDATOR.is_valid(wrong)
    for key in ("status", "findings", "not_run", "code"):
        wrong = json.loads(json.dumps(report))
        del wrong["verdicts"][0][key]
        assert not VALIDATOR.is_valid(wrong)


def test_the_command_line_shows_it() -> None:
    shown = CliRunner().invoke(cli, ["check", "--schema"])
    assert shown.exit_code == 0
    assert json.loads(shown.output) == SCHEMA
