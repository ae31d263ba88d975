"""What people type and what they get: commands, exit codes, files left alone."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import perfxl.checking as boundary
from perfxl.campaign.ledger import Ledger
from perfxl.checking import Judged, Terms, judge_bytes, judge_source
from perfxl.cli import COMMANDS, cli
from perfxl.files import Source, find_files
from perfxl.form import load_form
from perfxl.number import read_target
from perfxl.pool import workers_for
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation
from perfxl.template import build_workbook
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.writer import write_workbook

judged = boundary.check


def perfxl(*args: str | Path, lang: str = "zh") -> Result:
    return CliRunner().invoke(cli, ["--lang", lang, *map(str, args)])


def returned(name: str = "党建经费") -> bytes:
    """A completed form with a fault: 10 % of the target reached, 6 points instead of 5."""
    rows = [
        ("产出指标", "数量指标", "活动完成率", "≥100%", "10%", 50, 6),
        ("效益指标", "社会效益指标", "居民覆盖率", "≥80%", "85%", 30, 30),
        ("满意度指标", "服务对象满意度指标", "居民满意度", "≥90%", "93%", 10, 10),
    ]
    issued = tuple(
        Indicator(level_1=one, level_2=two, level_3=three, target=read_target(target), weight=Decimal(weight))
        for one, two, three, target, _, weight, _ in rows
    )
    done = tuple(
        Indicator(
            level_1=one,
            level_2=two,
            level_3=three,
            target=read_target(target),
            actual=read_target(actual),
            weight=Decimal(weight),
            score=Decimal(score),
            variance_explanation="因故推迟，下一步将改进安排" if score < weight else None,
        )
        for one, two, three, target, actual, weight, score in rows
    )
    money = {"initial_budget": Decimal(1000), "annual_budget": Decimal(1000), "executed_amount": Decimal(950)}
    funds = tuple(FundingLine(source=source, reason=None, **money) for source in ("total", "appropriation"))
    record = SelfEvaluation(
        fiscal_year=2022,
        funds=funds,
        expected_goal="全年完成各项活动，提高居民满意度。",
        actual_result="全年完成活动 10%，居民满意度 93%。",
        indicators=done,
        project_name=name,
        supervising_department="某局",
        implementing_unit="某中心",
    )
    assignment = Assignment(
        id="A1",
        form="shanghai",
        fiscal_year=2022,
        project_name=name,
        supervising_department="某局",
        implementing_unit="某中心",
        indicators=issued,
    )
    return write_workbook(build_workbook(load_form("shanghai"), [assignment], year=2022, records=[record]))


@pytest.fixture(scope="module")
def form() -> bytes:
    return returned()


@pytest.fixture
def folder(tmp_path: Path, form: bytes) -> Path:
    """Returns as they lie in a folder: one form, one encrypted-looking stranger, and what is no return."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "一.xlsx").write_bytes(form)
    (tmp_path / "a.xls").write_bytes(b"hello")
    (tmp_path / "~$一.xlsx").write_bytes(b"lock")
    (tmp_path / ".hidden.xlsx").write_bytes(b"hidden")
    (tmp_path / "notes.txt").write_text("no return")
    return tmp_path


# ---- help and language --------------------------------------------------------------------


def test_help_speaks_both_languages_and_lists_every_command() -> None:
    zh, en = perfxl("--help").output, perfxl("--help", lang="en").output
    assert "核验收回的表" in zh
    assert "Commands" in en
    for name, (_, words) in COMMANDS.items():
        assert name in zh
        assert words.split(":")[0] in en


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_both_languages(name: str) -> None:
    zh, en = perfxl(name, "--help"), perfxl(name, "--help", lang="en")
    assert zh.exit_code == en.exit_code == 0
    assert zh.output.isascii() is False
    assert zh.output != en.output


def test_lang_may_stand_anywhere_and_the_environment_decides_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = CliRunner()
    assert "依据" in runner.invoke(cli, ["explain", "T01", "--lang=zh"]).output
    assert "Basis" in runner.invoke(cli, ["explain", "--lang", "en", "T01"]).output
    monkeypatch.setenv("PERFXL_LANG", "zh")
    assert "依据" in runner.invoke(cli, ["explain", "T01"]).output
    monkeypatch.delenv("PERFXL_LANG")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "依据" in runner.invoke(cli, ["explain", "T01"]).output
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "Basis" in runner.invoke(cli, ["explain", "T01"]).output
    assert runner.invoke(cli, ["--lang", "fr", "rules"]).exit_code == 2


def test_version_and_a_command_that_is_not_there() -> None:
    assert perfxl("--version").output.startswith("perfxl ")
    wrong = perfxl("chekc")
    assert wrong.exit_code == 2
    assert "check" in wrong.output


# ---- check: exit codes and formats ---------------------------------------------------------


def test_a_form_with_an_error_exits_with_1_and_says_where(tmp_path: Path, form: bytes) -> None:
    path = tmp_path / "一.xlsx"
    path.write_bytes(form)
    result = perfxl("check", path)
    assert result.exit_code == 1
    assert f"{path}[自评表!" in result.output
    assert "\x1b" not in result.output
    assert perfxl("check", path, "--fail-on", "never").exit_code == 0
    assert perfxl("check", path, "--ignore", "W,H,M,X,K,V,S,D,T,N").exit_code == 0
    assert perfxl("check", path, "--select", "K01").exit_code == 0


def test_a_file_that_cannot_be_judged_wins_with_3(folder: Path) -> None:
    result = perfxl("check", folder, "--format", "json")
    assert result.exit_code == 3
    data = json.loads(result.stdout_bytes)
    assert [Path(each["file"]).name for each in data["verdicts"]] == ["a.xls", "一.xlsx"]
    assert [each["status"] for each in data["verdicts"]] == ["rejected", "fail"]
    assert data["summary"]["files"] == 2
    assert perfxl("check", folder, "--fail-on", "never").exit_code == 3


def test_jsonl_is_a_line_a_form(folder: Path) -> None:
    lines = [json.loads(line) for line in perfxl("check", folder, "--format", "jsonl").stdout_bytes.splitlines()]
    assert [line["status"] for line in lines if "file" in line] == ["rejected", "fail"]


def test_quiet_gives_verdicts_without_findings(folder: Path) -> None:
    shown = perfxl("check", folder, "--quiet").output
    assert "退回" in shown
    assert "处理" not in shown.split("一.xlsx")[1]


@pytest.mark.parametrize(
    "wrong",
    [
        ["check"],
        ["check", "missing.xlsx"],
        ["check", ".", "--select", "Q9"],
        ["check", ".", "--ignore", "T1x"],
        ["check", ".", "--format", "pdf"],
        ["check", ".", "--fail-on", "panic"],
        ["check", ".", "--form", "shanghia"],
        ["check", ".", "--form", "missing.toml"],
        ["new", "shanghai", "-o", "a.xlsx"],
        ["new", "shanghai", "--year", "2026"],
        ["new", "shanghai", "--year", "2026", "-o", "a.xls"],
        ["new", "beijing", "--year", "2026", "-o", "a.xlsx"],
        ["explain", "T99"],
        ["forms", "beijing"],
        ["nonsense"],
    ],
    ids=" ".join,
)
def test_usage_errors_exit_with_2(wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = perfxl(*wrong)
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_a_usage_error_says_what_may_have_been_meant() -> None:
    assert "T0" in perfxl("check", ".", "--select", "TO1").output
    assert "shanghai" in perfxl("new", "shanghia", "--year", "2026", "-o", "x.xlsx").output
    assert "ENCRYPTED" in perfxl("explain", "ENCRIPTED").output


def test_a_report_is_written_whole_and_never_over_an_input(folder: Path, form: bytes) -> None:
    target = folder / "report.json"
    assert perfxl("check", folder, "--format", "json", "-o", target).exit_code == 3
    assert json.loads(target.read_bytes())["schema"] == "perfxl.check/1"
    original = folder / "b" / "一.xlsx"
    assert perfxl("check", folder, "-o", original).exit_code == 2
    assert original.read_bytes() == form
    assert not list(folder.rglob(".perfxl-*"))


def test_a_place_that_cannot_be_written_exits_with_3(folder: Path) -> None:
    result = perfxl("check", folder, "-o", folder / "nowhere" / "report.txt")
    assert result.exit_code == 3
    assert "写不了" in result.output


# ---- the file boundary ---------------------------------------------------------------------


def test_folders_are_searched_in_order_without_lock_files_and_twins(folder: Path) -> None:
    found = find_files([folder, folder / "a.xls"])
    assert [Path(source.path).name for source in found] == ["a.xls", "一.xlsx"]
    with pytest.raises(FileNotFoundError):
        find_files([folder / "missing"])


def test_a_defect_of_ours_is_a_verdict_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ZeroDivisionError("secret 内容")

    monkeypatch.setattr(boundary, "read_workbook", broken)
    (verdict,) = judge_bytes("一.xlsx", b"PK")
    assert (verdict.status, verdict.code) == ("internal_error", "INTERNAL_ERROR")
    assert "ZeroDivisionError in test_cli.py" in verdict.where
    assert "secret" not in verdict.where


def test_unreadable_and_irregular_files_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "gone.xlsx").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty.xlsx").touch()
    os.mkfifo(tmp_path / "pipe.xlsx")
    codes = {Path(verdict.file).name: verdict.code for verdict in judged([tmp_path])}
    assert codes == {"empty.xlsx": "EMPTY_FILE", "gone.xlsx": "UNREADABLE", "pipe.xlsx": "UNREADABLE"}


def test_right_content_under_a_wrong_name_is_judged_with_a_note(tmp_path: Path, form: bytes) -> None:
    for name in ("一.et", "一.zip"):
        (tmp_path / name).write_bytes(form)
    for verdict in judged([tmp_path]):
        assert verdict.form == "shanghai"
        assert ("WRONG_EXTENSION", Path(verdict.file).suffix) in verdict.notes


def zip_of(path: Path, members: dict[str, bytes], flag_utf_8: bool = True) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    if not flag_utf_8:
        # As Chinese Windows packs: GBK bytes in the name, and no flag.
        raw = path.read_bytes()
        for name in members:
            raw = raw.replace(name.encode("ascii"), name.replace("AAAA", "预算").encode("gb18030"))
        path.write_bytes(raw)
    return path


def test_a_zip_of_returns_is_opened_one_level_deep_with_chinese_names(tmp_path: Path, form: bytes) -> None:
    plain = zip_of(
        tmp_path / "1.zip", {"街道/预算.xlsx": form, "~$预算.xlsx": b"", "__MACOSX/._x.xlsx": b"x", "读我.txt": b""}
    )
    gbk = zip_of(tmp_path / "2.zip", {"AAAA.xlsx": form}, flag_utf_8=False)
    nested = zip_of(tmp_path / "3.zip", {"more.zip": plain.read_bytes(), "x.xlsx": b"junk"})
    names = {verdict.file.removeprefix(f"{tmp_path}/"): verdict.code for verdict in judged([plain, gbk, nested])}
    assert names == {
        "1.zip/街道/预算.xlsx": None,
        "2.zip/预算.xlsx": None,
        "3.zip/more.zip": "NESTED_ARCHIVE",
        "3.zip/x.xlsx": "TEXT_OR_CSV",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.zip", "2.zip", "3.zip"]


def test_odd_archives_are_rejected_by_name(tmp_path: Path) -> None:
    empty = zip_of(tmp_path / "empty.zip", {"readme.txt": b"x"})
    many = zip_of(tmp_path / "many.zip", {f"{number}.xlsx": b"" for number in range(1001)})
    torn = tmp_path / "torn.zip"
    torn.write_bytes(many.read_bytes()[:500])
    liar = zip_of(tmp_path / "liar.zip", {"a.xlsx": b"x"})
    raw = liar.read_bytes()
    end = raw.rfind(b"PK\x05\x06")
    liar.write_bytes(raw[: end + 12] + struct.pack("<I", 1 << 30) + raw[end + 16 :])
    codes = {Path(verdict.file).name: verdict.code for verdict in judged([empty, many, torn, liar])}
    assert codes == {
        "empty.zip": "NOT_A_WORKBOOK",
        "many.zip": "TOO_MANY_FILES",
        "torn.zip": "BAD_ZIP",
        "liar.zip": "TOO_MANY_FILES",
    }


def test_workers_give_the_same_verdicts_in_the_same_order(tmp_path: Path, form: bytes) -> None:
    for number in range(7):
        (tmp_path / f"{number}.xlsx").write_bytes(form if number % 2 else b"junk %d" % number)
    serial = list(judged([tmp_path]))
    assert list(judged([tmp_path], jobs=2)) == serial
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as executor:
        assert list(judged([tmp_path], executor=executor, progress=lambda *at: told.append(at))) == serial
    assert told[-1] == (7, 7)
    assert (workers_for(10), workers_for(100_000)) == (1, os.cpu_count())


def _killer(source: Source, skip: int, terms: Terms) -> Iterator[list[Judged]]:
    """Ends its process at the third file, as the system does to one that takes too much memory."""
    if source.path.endswith("3.xlsx"):
        os._exit(9)
    return judge_source(source, skip, terms)


def test_a_worker_that_dies_costs_no_other_file_its_verdict(
    tmp_path: Path, form: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (tmp_path / f"{number}.xlsx").write_bytes(form)
    monkeypatch.setattr(boundary, "judge_source", _killer)
    codes = [verdict.code for verdict in judged([tmp_path], jobs=2)]
    assert codes == [None, None, None, "MEMORY_LIMIT", None]


# ---- the other commands --------------------------------------------------------------------


def test_new_writes_a_workbook_that_reads_as_issued_and_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "表.xlsx"
    assert perfxl("new", "shanghai", "--year", "2026", "-o", target).exit_code == 0
    (verdict,) = judged([target])
    assert (verdict.form, verdict.form_reason) == ("shanghai", "stamp")
    assert [finding.rule for finding in verdict.findings] == ["V01"]
    before = target.read_bytes()
    assert perfxl("new", "mof", "--year", "2026", "-o", target).exit_code == 2
    assert target.read_bytes() == before
    assert perfxl("new", "mof", "--year", "2026", "-o", target, "--force").exit_code == 0
    assert target.read_bytes() != before


def test_new_fills_in_project_files_of_which_the_example_is_one(tmp_path: Path) -> None:
    example = tmp_path / "p.toml"
    assert perfxl("new", "shanghai", "--example", "-o", example).exit_code == 0
    assert perfxl("new", "shanghai", "--example").output == example.read_text(encoding="utf-8")
    target = tmp_path / "two.xlsx"
    project = ("--project", example)
    assert perfxl("new", "shanghai", "--year", "2026", "-o", target, *project, *project).exit_code == 0
    assert len(list(judged([target]))) == 2


def test_every_mistake_of_a_project_file_is_listed_with_its_key(tmp_path: Path) -> None:
    project = tmp_path / "p.toml"
    project.write_text('projet_name = "x"\nid = 5\n', encoding="utf-8")
    result = perfxl("new", "shanghai", "--year", "2026", "-o", tmp_path / "x.xlsx", "--project", project)
    assert result.exit_code == 2
    assert all(word in result.output for word in ("projet_name", "project_name", "id = 5"))
    assert not (tmp_path / "x.xlsx").exists()


def test_a_file_open_in_excel_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    result = perfxl("new", "shanghai", "--year", "2026", "-o", tmp_path / "x.xlsx")
    assert result.exit_code == 3
    assert "Excel" in result.output
    assert not list(tmp_path.iterdir())


def test_forms_lists_shows_and_checks(tmp_path: Path) -> None:
    listed = json.loads(perfxl("forms", "--format", "json").stdout_bytes)
    assert {"id": "shanghai", "title": "财政项目支出绩效自评表", "currency_unit": "元"} in listed
    assert "产出指标 50" in perfxl("forms", "shanghai").output
    templates = Path(__file__).parent.parent / "templates"
    assert perfxl("forms", "--check", templates / "shanghai.toml").exit_code == 0
    broken = tmp_path / "x.toml"
    text = (templates / "shanghai.toml").read_text(encoding="utf-8")
    broken.write_text(text.replace("denominator =", "denominater ="), encoding="utf-8")
    result = perfxl("forms", "--check", broken, lang="en")
    assert result.exit_code == 1
    assert "denominater" in result.output
    assert "did you mean denominator" in result.output


def test_rules_and_explain_cover_rules_diagnoses_and_rejections() -> None:
    assert "T01" in perfxl("rules").output
    codes = [rule["code"] for rule in json.loads(perfxl("rules", "--format", "json").stdout_bytes)]
    assert len(codes) == len(set(codes)) > 40
    for code in (*codes, "T02", "T03", "X05", "W01", "ENCRYPTED"):
        for lang in ("zh", "en"):
            page = perfxl("explain", code.lower(), lang=lang)
            assert page.exit_code == 0, code
            assert len(page.output.splitlines()) > 1
    assert "88.25" in perfxl("explain", "T02").output
    assert "NOT_OUR_FORM" in perfxl("explain", "W01").output


def test_demo_ends_with_0_and_leaves_alone_what_it_did_not_make(tmp_path: Path) -> None:
    place = tmp_path / "演示"
    first = perfxl("demo", place)
    assert first.exit_code == 0, first.output
    assert (place / "blank-shanghai-2026.xlsx").exists() or list(place.glob("blank-shanghai-*.xlsx"))
    assert (place / "report.html").read_bytes().startswith(b"<!doctype html>")
    written = sorted(path.read_bytes() for path in (place / "campaign/outbox").glob("*.eml"))
    arrived = sorted(path.read_bytes() for path in (place / "mailbox").glob("*.eml"))
    assert arrived == written
    assert len(arrived) == 10 + 9 + 2  # the forms go out, answers to all who wrote, reminders to the missing
    assert len(list((place / "letters").rglob("*.eml"))) == 11
    assert (place / "status.html").exists()
    table = read_workbook((place / "campaign/consolidated/汇总.xlsx").read_bytes()).sheets[0]
    shown = {cell.text for cell in table.cells.values()}
    assert any("下发 30 个项目，收回 25 个，计入 20 个" in text for text in shown)
    with Ledger.open(place / "campaign", "test", hold=False) as ledger:
        events = Counter(entry.event for entry in ledger.history())
    assert events["returned"] == 26
    assert min(events[name] for name in ("issued", "sent", "judged", "answered", "accepted", "consolidated")) >= 10
    assert events["nothing_to_report"] == 1
    made = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    second = perfxl("demo", place)
    assert second.exit_code == 0
    assert (tmp_path / "演示-2").is_dir()
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == made


# ---- start-up ------------------------------------------------------------------------------


def modules_after(*args: str | Path) -> set[str]:
    code = "import sys; from perfxl.cli import cli; cli.main(sys.argv[1:], standalone_mode=False); "
    code += "print('\\n'.join(sys.modules), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, args)], capture_output=True, encoding="utf-8", check=True
    )
    return set(run.stderr.split("\n"))


def test_help_loads_nothing_and_check_no_workbook_library(tmp_path: Path, form: bytes) -> None:
    light = modules_after("--help")
    assert not {"perfxl.form", "perfxl.checking", "json", "hashlib", "tomllib", "zipfile"} & light
    path = tmp_path / "一.xlsx"
    path.write_bytes(form)
    loaded = modules_after("check", path)
    assert "perfxl.checking" in loaded
    assert not {"openpyxl", "xlsxwriter", "concurrent.futures", "multiprocessing", "importlib.metadata"} & loaded


def test_a_closed_pipe_is_no_traceback(folder: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "perfxl", "check", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.close()
    assert b"Traceback" not in run.stderr.read()
    run.stderr.close()
    run.wait()


def test_the_library_call_works_again_and_again(folder: Path) -> None:
    import perfxl as library

    for _ in range(2):
        assert [verdict.status for verdict in library.check([folder])] == ["rejected", "fail"]


def test_the_rule_book_says_which_rules_the_sheet_decides() -> None:
    lines = perfxl("rules", "--lang", "zh").output.splitlines()
    live = {line[:3] for line in lines if "[表内自检]" in line}
    assert live == {"K01", "M07", "S01", "S03", "S05", "D01", "V01"}
