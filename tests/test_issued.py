"""What the department kept against what came back: W03 alone, targets and weights by its own record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from records_made import filled, issued, workbook_bytes

from perfxl.checking import Terms, check, judge_bytes
from perfxl.cli import cli
from perfxl.finding import Verdict
from perfxl.form import load_form
from perfxl.issued import Issued, load_issued
from perfxl.number import read_target
from perfxl.project import example
from perfxl.record import Assignment
from perfxl.rejection import Rejected
from perfxl.template import edition

FORM = load_form("shanghai")
MINE = replace(issued(FORM), id="A1", implementing_unit="甲中心", project_name="培训经费")


def returned(assignment: Assignment = MINE) -> bytes:
    return workbook_bytes(FORM, [assignment], [filled(FORM, assignment)])


def verdict(data: bytes, *assignments: Assignment, version: str | None = None) -> Verdict:
    terms = Terms(issued=Issued(assignments=assignments, version=version))
    (found,) = judge_bytes("表.xlsx", data, terms)
    return found


def said(found: Verdict, *codes: str) -> list[tuple[str, str]]:
    return [(finding.rule, finding.variant) for finding in found.findings if finding.rule in codes]


def codes(found: Verdict) -> set[str]:
    return {finding.rule for finding in found.findings}


def test_the_form_that_was_issued_is_silent() -> None:
    found = verdict(returned(), MINE, version=edition(FORM))
    assert not codes(found) & {"W02", "W03", "W08", "K05", "V14", "H01", "H02"}
    assert not [entry for entry in found.not_run if entry.rule in ("W03", "W08", "K05", "V14")]


@pytest.mark.parametrize(
    ("change", "variant"),
    [
        ({"implementing_unit": "乙中心"}, ""),
        ({"project_name": "会议经费"}, "project"),
        ({"fiscal_year": MINE.fiscal_year + 1}, "period"),
    ],
)
def test_a_form_of_another_unit_project_or_year_is_said_first_and_alone(change: dict[str, Any], variant: str) -> None:
    found = verdict(returned(), replace(MINE, **change))
    assert [(finding.rule, finding.variant) for finding in found.findings] == [("W03", variant)]
    assert found.status == "fail"
    assert found.not_run == ()
    assert ("WRONG_FORM", "") in found.notes


def test_another_edition_is_told_by_the_stamp() -> None:
    found = verdict(returned(), MINE, version="0123456789ab")
    assert said(found, "W03") == [("W03", "version")]


def test_of_several_the_one_of_the_stamp_is_taken_else_that_of_the_names() -> None:
    other = replace(MINE, id="B2", implementing_unit="乙中心")
    assert not said(verdict(returned(), other, MINE), "W03")
    assert not said(verdict(returned(replace(MINE, id="")), other, MINE), "W03")
    stranger = replace(MINE, id="C3", implementing_unit="丙中心")
    assert said(verdict(returned(stranger), other, MINE), "W03") == [("W03", "unknown")]


def test_a_copy_altered_with_its_stamp_is_found_out_by_the_record() -> None:
    first, *rest = MINE.indicators
    lowered = replace(first, target=read_target("≥1%"), weight=(first.weight or Decimal(0)) + 1)
    forged = replace(MINE, indicators=(lowered, *rest))
    data = returned(forged)
    assert not {"V14", "K05"} & {finding.rule for finding in judge_bytes("表.xlsx", data)[0].findings}
    found = verdict(data, MINE)
    (target,) = [finding for finding in found.findings if finding.rule == "V14"]
    assert (target.actual, target.field) == ("≥1%", "indicators[0].target")
    assert said(found, "K05") == [("K05", "")]


def test_indicators_that_are_gone_or_new_are_said() -> None:
    first, *rest = MINE.indicators
    found = verdict(returned(replace(MINE, indicators=(replace(first, level_3="另一指标"), *rest))), MINE)
    changed = [(finding.expected, finding.actual) for finding in found.findings if finding.rule == "W08"]
    assert changed == [(first.level_3, ""), ("", "另一指标")]


def test_a_retyped_form_is_compared_by_its_names_and_refused_for_want_of_a_stamp() -> None:
    sample = Path(__file__).parent.parent / "samples" / "2022" / "as-printed" / "居委办公经费.xlsx"
    plain = judge_bytes(sample.name, sample.read_bytes())[0]
    assert plain.record is not None
    rows = tuple(replace(row, actual=None, score=None) for row in plain.record.indicators)
    wanted = Assignment(
        fiscal_year=2022,
        project_name="居委办公经费",
        implementing_unit="另一中心",
        indicators=(replace(rows[0], target=read_target("50个")), *rows[1:]),
    )
    found = verdict(sample.read_bytes(), wanted)
    assert said(found, "W02", "W03", "H01", "V14") == [("W02", "absent"), ("H01", ""), ("V14", "")]
    assert [entry.rule for entry in found.not_run if entry.missing == ("issued",)] == ["W05"]


# ---- files and the command line ----------------------------------------------------------------


def run(*arguments: str | Path) -> tuple[int | None, Any]:
    words: Sequence[str] = ["check", *(str(each) for each in arguments), "--format", "json"]
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    code: int | None = result.return_value if result.exception is None else getattr(result.exception, "exit_code", None)
    return code, json.loads(result.stdout) if result.exception is None else str(result.exception)


def test_a_workbook_or_a_project_file_says_what_was_issued(tmp_path: Path) -> None:
    kept, back = tmp_path / "下发.xlsx", tmp_path / "收回.xlsx"
    kept.write_bytes(workbook_bytes(FORM, [MINE], [None]))
    back.write_bytes(returned())
    register = load_issued(str(kept))
    assert register.assignments[0].implementing_unit == "甲中心"
    assert register.version == edition(FORM)
    assert "W03" not in str(run(back, "--issued", kept)[1]["verdicts"][0]["findings"])
    back.write_bytes(returned(replace(MINE, implementing_unit="乙中心")))
    code, report = run(back, "--issued", kept)
    assert code == 1
    assert [finding["rule"] for finding in report["verdicts"][0]["findings"]] == ["W03"]
    project = tmp_path / "项目.toml"
    project.write_text(example(FORM), encoding="utf-8")
    assert load_issued(str(project)).assignments[0].indicators
    assert [finding["rule"] for finding in run(back, "--issued", project)[1]["verdicts"][0]["findings"]] == ["W03"]


def test_the_library_takes_it_with_several_processes(tmp_path: Path) -> None:
    for name in ("甲.xlsx", "乙.xlsx"):
        (tmp_path / name).write_bytes(returned())
    other = Issued(assignments=(replace(MINE, implementing_unit="乙中心"),))
    found = list(check([tmp_path], issued=other, jobs=2))
    assert [codes(each) for each in found] == [{"W03"}, {"W03"}]


def test_a_file_that_says_nothing_is_a_usage_error(tmp_path: Path) -> None:
    blank = tmp_path / "别的.xlsx"
    sample = Path(__file__).parent.parent / "samples" / "2022" / "as-printed" / "居委办公经费.xlsx"
    blank.write_bytes(sample.read_bytes())
    with pytest.raises(Rejected):
        load_issued(str(blank))
    assert run(sample, "--issued", blank)[0] == 2
    assert run(sample, "--issued", tmp_path)[0] == 2
    assert run(sample, "--issued", tmp_path / "none.xlsx")[0] == 2
    broken = tmp_path / "错.toml"
    broken.write_text('projekt_name = "x"', encoding="utf-8")
    assert run(sample, "--issued", broken)[0] == 2
