"""Waivers: what they cover, what they leave, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfxl.checking import judge_bytes
from perfxl.cli import cli
from perfxl.definition import BrokenDefinitionError
from perfxl.finding import Verdict
from perfxl.waivers import Waivers, read_waivers

SAMPLES = Path(__file__).parent.parent / "samples" / "2022" / "as-printed"
F3 = SAMPLES / "居委办公经费.xlsx"
GAP = """
[[waiver]]
rule = "M01"
project = "居委办公经费"
field = "funds[0].initial_budget"
reason = "年初按总额下达，未分来源"
approver = "预算科 张某"
expires = 2099-12-31
"""


def verdict() -> Verdict:
    (found,) = judge_bytes(F3.name, F3.read_bytes())
    return found


def applied(text: str, today: str = "2026-11-25") -> tuple[Verdict, list[str]]:
    """The verdict with waivers applied, and the codes of what is said of them."""
    from perfxl.form import load_form
    from perfxl.rules import STANDARD

    waivers = Waivers(read_waivers(text, "waivers.toml"), today)
    (found,) = waivers.applied([verdict()])
    said = [each.finding.rule for each in waivers.remarks(STANDARD, load_form("shanghai"))]
    return found, said


def run(folder: Path, text: str, *more: str) -> tuple[int | None, Any]:
    path = folder / "waivers.toml"
    path.write_text(text, encoding="utf-8")
    arguments = ["check", str(F3), "--waivers", str(path), *more]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    code: int | None = result.return_value if result.exception is None else getattr(result.exception, "exit_code", None)
    return code, result.stdout if result.exception is None else str(result.exception)


def test_a_waived_finding_is_kept_marked_and_no_longer_counts(tmp_path: Path) -> None:
    assert verdict().status == "fail"
    found, said = applied(GAP)
    (gap,) = [finding for finding in found.findings if finding.rule == "M01"]
    assert gap.waived is not None
    assert gap.waived.approver == "预算科 张某"
    assert found.status == "notes"
    assert said == []
    code, text = run(tmp_path, GAP, "--format", "json")
    report = json.loads(text)
    assert code == 0
    (entry,) = [each for each in report["verdicts"][0]["findings"] if each["rule"] == "M01"]
    assert list(entry)[-1] == "waived"
    assert entry["waived"] == {
        "reason": "年初按总额下达，未分来源",
        "approver": "预算科 张某",
        "expires": "2099-12-31",
    }
    assert all(each["waived"] is None for each in report["verdicts"][0]["findings"] if each is not entry)
    assert (report["summary"]["errors"], report["summary"]["waived"]) == (0, 1)
    assert report["batch"] == []


def test_it_holds_to_the_end_of_its_last_day() -> None:
    text = GAP.replace("2099", "2026")
    assert applied(text, "2026-12-31")[0].status == "notes"
    found, said = applied(text, "2027-01-01")
    assert found.status == "fail"
    assert said == ["Y01"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"居委办公经费"', '"另一项目"'),
        ("funds[0].initial_budget", "funds[0].annual_budget"),
        ('rule = "M01"', 'rule = "M02"'),
        ('project = "居委办公经费"', 'unit = "另一单位"'),
        ('project = "居委办公经费"', 'file = "另*.xlsx"'),
        ('field = "funds[0].initial_budget"', 'cell = "Z9"'),
    ],
)
def test_one_that_is_about_something_else_covers_nothing_and_is_said(old: str, new: str) -> None:
    assert old in GAP
    found, said = applied(GAP.replace(old, new))
    assert found.status == "fail"
    assert said == ["Y02"]


@pytest.mark.parametrize(
    "where",
    [
        'file = "居委*.xlsx"',
        'unit = "上海市闵行区江川路街道 社区党群服务中心"',
        'project = "居委办公经费"\nsheet = "Sheet1"',
    ],
)
def test_forms_are_named_in_several_ways(where: str) -> None:
    assert applied(GAP.replace('project = "居委办公经费"', where))[0].status == "notes"


def test_what_is_said_of_them_stands_beside_the_forms(tmp_path: Path) -> None:
    expired = GAP.replace("2099-12-31", "2025-12-31")
    unused = GAP.replace("居委办公经费", "另一项目")
    code, text = run(tmp_path, expired + unused, "--format", "json", "--fail-on", "never")
    batch = json.loads(text)["batch"]
    assert [(each["rule"], each["severity"]) for each in batch] == [("Y01", "warning"), ("Y02", "info")]
    assert batch[0]["places"][0]["file"].endswith("waivers.toml")
    assert "2025-12-31" in batch[0]["message"]
    assert code == 0
    code, text = run(tmp_path, expired, "--format", "text")
    assert code == 1
    assert "Y01" in text


def test_the_text_says_by_whom_and_why(tmp_path: Path) -> None:
    _, text = run(tmp_path, GAP, "--lang", "zh")
    assert "年初按总额下达，未分来源" in text
    assert "已豁免 1" in text


@pytest.mark.parametrize("layout", ["csv", "sarif", "html", "jsonl"])
def test_every_format_takes_waivers(tmp_path: Path, layout: str) -> None:
    code, text = run(tmp_path, GAP, "--format", layout)
    assert code == 0
    if layout != "html":
        assert "未分来源" in text


def test_all_mistakes_at_once() -> None:
    text = """
[[waiver]]
rule = "M99"
reason = ""
aprover = "某某"
expires = "明年"
"""
    with pytest.raises(BrokenDefinitionError) as raised:
        read_waivers(text, "waivers.toml")
    found = {mistake.key.removeprefix("waiver[0]."): mistake.hint for mistake in raised.value.mistakes}
    assert set(found) == {"rule", "reason", "aprover", "approver", "expires", "file"}
    assert found["aprover"] == "approver"


def test_a_broken_file_is_a_usage_error(tmp_path: Path) -> None:
    code, said = run(tmp_path, "[[waivers]]\n")
    assert code == 2
    assert "waiver" in said
