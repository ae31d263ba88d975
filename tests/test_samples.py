"""The three published forms: what must be found in them, counted, and what must stay silent."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from perfxl.checking import judge_bytes
from perfxl.finding import Finding, Severity, Verdict

SAMPLES = Path(__file__).parent.parent / "samples"
F1, F2, F3 = "党组织服务群众经费", "党群中心专项经费", "居委办公经费"

PRINTED = {
    F1: {
        "error": {"T01": 1, "S01": 2, "N01": 2},
        "warning": {"T05": 1, "V03": 2, "V06": 2, "S09": 1, "S10": 1, "D03": 2}
        | {"V10": 1, "D05": 1, "D06": 2, "S12": 1, "N05": 1, "N06": 1},
        "info": {"X03": 1, "V02": 7, "M04": 2, "M06": 1} | {"V07": 2, "H05": 1},
    },
    F2: {
        "error": {"T01": 1, "N01": 1},
        "warning": {"M09": 1, "M10": 1, "V03": 2, "V04": 4, "S09": 1, "S10": 1}
        | {"V08": 1, "N08": 1, "N09": 1, "N10": 1},
        "info": {"V02": 14, "V05": 2, "M04": 2, "M06": 1, "T07": 1} | {"V11": 3, "H05": 1},
    },
    F3: {
        "error": {"M01": 1},
        "warning": {"M05": 1, "V04": 1, "S09": 1, "S10": 1},
        "info": {"V02": 5, "S08": 1, "M04": 2, "M06": 1, "T07": 1} | {"H05": 1, "N04": 1},
    },
}


def verdict(folder: str, name: str) -> Verdict:
    path = SAMPLES / "2022" / folder / f"{name}.xlsx"
    (found,) = judge_bytes(path.name, path.read_bytes())
    return found


def counted(found: Verdict) -> dict[str, dict[str, int]]:
    return {
        severity.value: dict(Counter(finding.rule for finding in found.findings if finding.severity is severity))
        for severity in Severity
    }


def one(found: Verdict, rule: str) -> Finding:
    (finding,) = [finding for finding in found.findings if finding.rule == rule]
    return finding


@pytest.mark.parametrize("name", PRINTED)
def test_as_printed_exactly_the_counted_findings(name: str) -> None:
    found = verdict("as-printed", name)
    assert found.form == "shanghai"
    assert found.form_reason == "labels"
    assert counted(found) == PRINTED[name]
    assert found.not_understood == ()


@pytest.mark.parametrize(
    ("name", "stated", "expected", "difference"),
    [(F1, "88.25", "91.83", "-3.58"), (F2, "98.63", "100.00", "-1.37")],
)
def test_a_wrong_total_is_explained_to_the_cent(name: str, stated: str, expected: str, difference: str) -> None:
    finding = one(verdict("as-printed", name), "T01")
    assert (finding.actual, finding.expected) == (Decimal(stated), Decimal(expected))
    assert finding.difference == Decimal(difference)
    assert finding.diagnosis is not None
    assert (finding.diagnosis.state, finding.diagnosis.rule) == ("explained", "T02")


def test_scores_of_one_for_a_tenth_are_rounded_to_whole_points() -> None:
    found = [finding for finding in verdict("as-printed", F1).findings if finding.rule == "S01"]
    assert {(finding.expected, finding.actual) for finding in found} == {(Decimal("0.50"), Decimal(1))}
    assert {finding.diagnosis.name for finding in found if finding.diagnosis} == {"rounded_to_whole_points"}


def test_the_wrong_total_changes_the_grade() -> None:
    finding = one(verdict("as-printed", F1), "T05")
    assert (finding.actual, finding.expected) == (Decimal("88.25"), Decimal("91.83"))
    assert {"良", "优"} <= set(finding.facts.values())


def test_the_missing_appropriation_is_found_with_its_gap() -> None:
    finding = one(verdict("as-printed", F3), "M01")
    assert abs(finding.difference or 0) == Decimal("5532462.00")
    assert finding.field == "funds[0].initial_budget"


@pytest.mark.parametrize("name", PRINTED)
def test_what_must_stay_silent(name: str) -> None:
    rules = {finding.rule for finding in verdict("as-printed", name).findings}
    assert not rules & {
        "K01",
        "K03",
        "K06",
        "X02",
        "X04",
        "X06",
        "S03",
        "T06",
        "N02",
        "W10",
        "N07",
        "N11",
        "W02",
        "W12",
    }


@pytest.mark.parametrize("name", PRINTED)
def test_the_corrected_forms_have_no_error_and_keep_their_other_facts(name: str) -> None:
    found = counted(verdict("corrected", name))
    assert found["error"] == {}
    gone = {F1: {"T05"}, F2: set[str](), F3: {"M05"}}[name]
    assert found["warning"] == {rule: n for rule, n in PRINTED[name]["warning"].items() if rule not in gone}


@pytest.mark.parametrize("name", PRINTED)
def test_the_stamped_forms_compute_their_totals_and_are_as_issued(name: str) -> None:
    found = verdict("filled", name)
    assert found.form_reason == "stamp"
    assert not {finding.rule for finding in found.findings} & {"T01", "W05", "W08", "X04", "W07"}
    record = found.record
    assert record is not None
    assert record.total_score == {F1: Decimal("91.83"), F2: Decimal(100), F3: Decimal(100)}[name]


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_samples"] = module
    spec.loader.exec_module(module)
    return module


def test_the_samples_are_what_the_script_writes(make: ModuleType) -> None:
    written = list(make.everything())
    assert len(written) == 18
    for path, data in written:
        assert path.read_bytes() == data, path
