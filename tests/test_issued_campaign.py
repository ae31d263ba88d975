"""Returns held against a campaign folder: what went out last is the measure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from campaigns import CAMPAIGN, KEY, issue, plan
from click.testing import CliRunner
from records_made import filled, issued
from test_issued import codes, run, said

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.plan import Plan, Task
from perfxl.campaign.register import issued_content, load_register
from perfxl.campaign.settings import read_campaign, read_key
from perfxl.checking import Terms, check, judge_bytes
from perfxl.cli import cli
from perfxl.finding import Verdict
from perfxl.form import load_form
from perfxl.number import read_target
from perfxl.record import Assignment
from perfxl.stamp import Seal
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook

FORM = load_form("shanghai")
ROWS = issued(FORM).indicators


def two_units() -> Plan:
    """One project of each of two units, with indicators."""
    what = plan(2)
    tasks = (replace(each, assignment=replace(each.assignment, indicators=ROWS)) for each in what.tasks)
    return replace(what, tasks=tuple(tasks))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "2026年"
    issue(place, two_units())
    (place / "campaign.key").write_bytes(KEY)
    return place


def returned(of: Task | Assignment, *, key: bytes = KEY, unit: str = "U001") -> bytes:
    """The workbook of a task, filled in."""
    assignment = of.assignment if isinstance(of, Task) else of
    seal = Seal(CAMPAIGN, unit, key)
    return write_workbook(build_workbook(FORM, [assignment], year=2026, records=[filled(FORM, assignment)], seal=seal))


def judged(folder: Path, *files: bytes) -> list[Verdict]:
    terms = Terms(issued=load_register(folder))
    return [found for data in files for found in judge_bytes("表.xlsx", data, terms)]


def test_what_was_issued_and_came_back_is_silent(folder: Path) -> None:
    first, second = two_units().tasks
    for found in judged(folder, returned(first), returned(second, unit="U002")):
        assert not codes(found) & {"W02", "W03", "W08", "K05", "V14", "H01", "H02"}
        assert not [entry for entry in found.not_run if entry.missing == ("issued",) or entry.rule == "W03"]


def test_a_target_issued_since_is_the_measure(folder: Path) -> None:
    first = two_units().tasks[0]
    old = returned(first)
    rows = (replace(ROWS[0], target=read_target("999个")), *ROWS[1:])
    newer = replace(first, assignment=replace(first.assignment, indicators=rows))
    issue(folder, replace(two_units(), tasks=(newer,)))
    assert said(judged(folder, old)[0], "V14", "W03") == [("V14", "")]
    assert not codes(judged(folder, returned(newer))[0]) & {"V14", "W03"}


def test_a_form_of_nobody_is_said_to_be_none_of_ours(folder: Path) -> None:
    stranger = replace(two_units().tasks[0].assignment, id="Z999", project_name="别的项目")
    assert [rule for rule, _ in said(judged(folder, returned(stranger, key=bytes(32)))[0], "W03")] == ["W03"]


def test_where_the_workbook_is_gone_the_stamp_is_believed_and_no_other(folder: Path) -> None:
    first, second = two_units().tasks
    (folder / "issued" / f"{first.assignment.id}.xlsx").unlink()
    (folder / "issued" / f"{second.assignment.id}.xlsx").write_bytes(b"edited")
    register = load_register(folder)
    assert register.gone == (first.assignment.id, second.assignment.id)
    assert not register.is_whole
    genuine, forged = judged(folder, returned(first), returned(first, key=bytes(32)))
    assert not codes(genuine) & {"W02", "W03"}
    assert [entry.rule for entry in forged.not_run if entry.rule == "W03"] == ["W03"]


def test_before_anything_is_issued_nothing_is_strange(tmp_path: Path) -> None:
    place = tmp_path / "new"
    issue(place, replace(two_units(), tasks=()))
    (place / "campaign.key").write_bytes(KEY)
    assert "W03" not in codes(judged(place, returned(two_units().tasks[0]))[0])


def test_several_processes_say_the_same(folder: Path, tmp_path: Path) -> None:
    back = tmp_path / "收回"
    back.mkdir()
    for number, task in enumerate(two_units().tasks, 1):
        (back / f"{number}.xlsx").write_bytes(returned(task, unit=task.unit))
    alone = list(check([back], issued=load_register(folder)))
    assert list(check([back], issued=load_register(folder), jobs=2)) == alone
    assert str(load_register(folder)).count(KEY.hex()) == 0


def test_the_command_takes_the_folder_and_says_who_is_missing(folder: Path, tmp_path: Path) -> None:
    back = tmp_path / "收回.xlsx"
    back.write_bytes(returned(two_units().tasks[0]))
    code, report = run(back, "--issued", folder)
    assert code in (0, 1)
    missing = [found for found in report["batch"] if found["rule"] == "C04"]
    assert len(missing) == 1
    assert "第2文化站" in missing[0]["message"]
    assert run(back, "--issued", tmp_path / "none")[0] == 2
    (folder / "campaign.key").unlink()
    assert run(back, "--issued", folder)[0] == 2


def test_a_new_campaign_judges_by_its_own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(cli, ["init", "campaign", "--sample", "--form", "shanghai", "--year", "2026"])
    assert made.exit_code == 0, made.output
    monkeypatch.chdir(tmp_path / "campaign")
    assert CliRunner().invoke(cli, ["generate", "--no-fsync"]).exit_code == 0
    with Ledger.open(Path(), "test", hold=False) as ledger:
        entry = next(iter(ledger.latest("issued").values()))
    content = issued_content(Path(), entry.file, entry.sha256)
    assert content is not None
    campaign = read_campaign(Path())
    seal = Seal(campaign.id, entry.unit, read_key(Path()))
    (record,) = (filled(FORM, each) for each in content.assignments)
    book = build_workbook(FORM, content.assignments, year=2026, records=[record], seal=seal, password=campaign.password)
    (tmp_path / "收回.xlsx").write_bytes(write_workbook(book))
    answer = CliRunner().invoke(cli, ["check", str(tmp_path / "收回.xlsx"), "--format", "json"])
    report = json.loads(answer.stdout)
    assert not {"W02", "W03", "W05", "W08"} & {found["rule"] for found in report["verdicts"][0]["findings"]}
    assert [found["rule"] for found in report["batch"]] == ["C04"]
