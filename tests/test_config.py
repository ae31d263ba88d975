"""``perfxl.toml``: what it changes, where it is found, and that all its mistakes are said at once."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfxl.checking import check
from perfxl.cli import cli
from perfxl.config import PLAIN, Config, find_config, load_config, read_config
from perfxl.definition import BrokenDefinitionError
from perfxl.finding import Severity
from perfxl.form import load_form, with_parameters
from perfxl.rules import BOOK, STANDARD

SAMPLES = Path(__file__).parent.parent / "samples" / "2022" / "as-printed"
F1, F3 = SAMPLES / "党组织服务群众经费.xlsx", SAMPLES / "居委办公经费.xlsx"


def run(*arguments: str | Path) -> tuple[int | None, Any]:
    """Exit code and JSON of a ``check``."""
    result = CliRunner().invoke(
        cli, ["check", *(str(each) for each in arguments), "--format", "json"], standalone_mode=False
    )
    code: int | None = result.return_value if result.exception is None else getattr(result.exception, "exit_code", None)
    return code, json.loads(result.stdout) if result.stdout else str(result.exception)


def config(text: str, folder: Path) -> Path:
    path = folder / "perfxl.toml"
    path.write_text(text, encoding="utf-8")
    return path


def rules_of(report: Any) -> set[str]:
    return {finding["rule"] for verdict in report["verdicts"] for finding in verdict["findings"]}


FULL = """
select = ["M", "N"]
ignore = ["M04"]
preview = true
fail_on = "warning"
waivers = "waivers.toml"

[severity]
M06 = "error"

[rules]
adjustment_rate = "0.4"
name_characters = 12
bands = [["95", "好"], ["0", "差"]]
scoring = "banded"
"""


def test_everything_is_read() -> None:
    found = read_config(FULL, os.path.join("某处", "perfxl.toml"))
    assert found.select == ("M", "N")
    assert found.ignore == ("M04",)
    assert found.preview
    assert found.fail_on == "warning"
    assert found.waivers == os.path.join("某处", "waivers.toml")
    assert found.severities == (("M06", Severity.ERROR),)
    form = with_parameters(load_form("shanghai"), found.changes)
    assert (form.rules.adjustment_rate, form.rules.name_characters) == (Decimal("0.4"), 12)
    assert form.rules.grade(Decimal(90)) == "差"
    assert form.rules.scoring == "banded"
    assert form.rules.cut_rate == load_form("shanghai").rules.cut_rate


def test_an_empty_file_changes_nothing() -> None:
    assert read_config("", "") == PLAIN
    assert PLAIN.rules() is STANDARD
    assert Config(preview=True).rules() is BOOK


def test_all_mistakes_at_once_with_what_may_be_meant() -> None:
    text = """
selekt = ["T"]
ignore = ["Q99", "T01"]
fail_on = "errors"

[severity]
T1 = "error"
M06 = "warn"

[rules]
adjustment_rat = "0.1"
cut_rate = 0.05
scoring = "bandet"
satisfaction_bands = [["60", "1"], ["90", "0.5"]]
"""
    with pytest.raises(BrokenDefinitionError) as raised:
        read_config(text, "perfxl.toml")
    found = {mistake.key: mistake.hint for mistake in raised.value.mistakes}
    assert found == {
        "selekt": "select",
        "ignore": "",
        "fail_on": "error",
        "severity.T1": "T01",
        "severity.M06": "warning",
        "rules.adjustment_rat": "adjustment_rate",
        "rules.cut_rate": "",
        "rules.scoring": "banded",
        "rules.satisfaction_bands": "",
    }


def test_the_nearest_file_above_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    config('select = ["T"]', tmp_path)
    assert find_config(str(inner)) == str(tmp_path / "perfxl.toml")
    monkeypatch.chdir(inner)
    assert rules_of(run(F1)[1]) == {"T01", "T05"}
    config('select = ["H"]', inner)
    assert rules_of(run(F1)[1]) == {"H05"}


def test_another_file_and_the_command_line_go_before(tmp_path: Path) -> None:
    path = config('select = ["T"]\nignore = ["T05"]\nfail_on = "never"', tmp_path)
    code, report = run(F1, "--config", path)
    assert (code, rules_of(report)) == (0, {"T01"})
    code, report = run(F1, "--config", path, "--select", "H,T", "--fail-on", "info")
    assert (code, rules_of(report)) == (1, {"H05", "T01"})


def test_severities_change_verdict_and_exit_code(tmp_path: Path) -> None:
    path = config('select = ["H05"]\n[severity]\nH05 = "error"', tmp_path)
    code, report = run(F3, "--config", path)
    assert code == 1
    assert report["verdicts"][0]["status"] == "fail"
    assert report["summary"]["errors"] == 1


def test_thresholds_change_what_is_found(tmp_path: Path) -> None:
    path = config(
        'select = ["S09", "T05"]\n[rules]\ncopied_share = "0.95"\nbands = [["85", "优"], ["0", "差"]]', tmp_path
    )
    assert rules_of(run(F1, "--config", path)[1]) == set()


def test_preview_rules_run_where_asked_for(tmp_path: Path) -> None:
    assert "N12" not in rules_of(run(F1)[1])
    assert "N12" in rules_of(run(F1, "--preview")[1])
    assert "N12" in rules_of(run(F1, "--config", config("preview = true", tmp_path))[1])
    code, said = run(F1, "--select", "N12")
    assert code == 2
    assert "--preview" in said


def test_a_broken_file_is_a_usage_error(tmp_path: Path) -> None:
    code, said = run(F1, "--config", config('selekt = ["T"]\nfail_on = "x"', tmp_path))
    assert code == 2
    assert "select" in said
    assert "fail_on" in said
    assert run(F1, "--config", tmp_path / "none.toml")[0] == 2


def test_the_library_takes_a_configuration(tmp_path: Path) -> None:
    chosen = load_config(str(config('select = ["M01"]\n[severity]\nM01 = "info"', tmp_path)))
    for jobs in (1, 2):
        verdicts = list(check([F1, F3], config=chosen, jobs=jobs))
        found = [(finding.rule, finding.severity) for verdict in verdicts for finding in verdict.findings]
        assert found == [("M01", Severity.INFO)]


def test_macros_may_be_allowed() -> None:
    form = load_form("shanghai")
    assert not form.rules.allow_macros
    assert with_parameters(form, (("allow_macros", True),)).rules.allow_macros
    assert run(F3, "--allow-macros", "--select", "W12")[0] == 0
