"""``import perfxl``: every public name is there, typed and documented; the example in docs/ does what it says."""

from __future__ import annotations

import importlib.util
import inspect
import subprocess
import sys
import typing
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import require_module

import perfxl

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "docs" / "from-returns-to-a-table.py"
SAMPLES = ROOT / "samples" / "2022" / "filled"
NAMES = [name for name in perfxl.__all__ if name != "__version__"]
FUNCTIONS = [name for name in NAMES if not inspect.isclass(getattr(perfxl, name))]


@pytest.mark.parametrize("name", NAMES)
def test_each_public_name_has_a_docstring(name: str) -> None:
    thing = getattr(perfxl, name)
    assert (thing.__doc__ or "").strip()
    if not inspect.isclass(thing):
        return
    for member, value in vars(thing).items():
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
            assert (value.__doc__ or "").strip(), f"{name}.{member}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_public_function_is_typed_throughout(name: str) -> None:
    signature = inspect.signature(getattr(perfxl, name))
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation not in (inspect.Parameter.empty, Any), parameter.name


def test_there_are_functions_to_speak_of() -> None:
    assert {"build", "check", "load_form", "read", "write", "html_report", "json_report"} <= set(FUNCTIONS)
    assert sorted(perfxl._WHERE) == sorted(NAMES)
    assert (Path(perfxl.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize("name", ["Assignment", "SelfEvaluation", "Indicator", "FundingLine", "Finding", "Verdict"])
def test_nouns_are_dataclasses_that_cannot_be_changed(name: str) -> None:
    noun = getattr(perfxl, name)
    assert is_dataclass(noun)
    assert all(isinstance(field.type, str) and field.type for field in fields(noun))


def test_a_noun_is_never_changed() -> None:
    with pytest.raises(AttributeError):
        perfxl.Indicator().score = Decimal(1)  # type: ignore[misc]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = perfxl.nothing


def test_reports_are_made_through_the_package() -> None:
    verdicts = list(perfxl.check([SAMPLES], drawings=True))
    page = b"".join(perfxl.html_report(verdicts, perfxl.Tally(), "en"))
    assert page.startswith(b"<!doctype html>")
    assert perfxl.write(perfxl.findings_workbook(verdicts, perfxl.Tally(), "en"))[:2] == b"PK"


# ---- the example ---------------------------------------------------------------------------


def example() -> Any:
    if not SCRIPT.is_file():
        pytest.skip("not run from a checkout")
    spec = importlib.util.spec_from_file_location("from_returns_to_a_table", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_rows_of_the_example_are_those_of_the_forms() -> None:
    found = example().rows(SAMPLES)
    verdicts = list(perfxl.check([SAMPLES]))
    assert [row["total_score"] for row in found["forms"]] == [v.record and v.record.total_score for v in verdicts]
    assert len(found["indicators"]) == sum(len(v.record.indicators) for v in verdicts if v.record)
    assert len(found["findings"]) == sum(len(v.findings) for v in verdicts)
    assert {row["target"] for row in found["indicators"]} >= {"100%"}


def test_the_table_of_the_example_is_exact() -> None:
    polars = require_module("polars")
    module = example()
    frame = module.table(module.rows(SAMPLES)["forms"])
    assert isinstance(frame, polars.DataFrame)
    assert isinstance(frame.schema["annual_budget"], polars.Decimal)
    assert frame["annual_budget"].sum() == Decimal("14472088.64")
    assert frame.filter(polars.col("status") == "fail").height == 2


def test_the_example_runs_and_leaves_csv(tmp_path: Path) -> None:
    require_module("polars")
    command = [sys.executable, str(SCRIPT), str(SAMPLES), "--csv", str(tmp_path / "out")]
    ran = subprocess.run(command, capture_output=True, check=True, text=True, encoding="utf-8")
    assert "forms: 3 × 17" in ran.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "findings.csv", "forms.csv", "funds.csv", "indicators.csv",
    ]  # fmt: skip


def test_annotations_of_the_package_resolve() -> None:
    hints = typing.get_type_hints(perfxl.load_form)
    assert hints["return"] is perfxl.Form
