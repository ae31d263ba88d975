"""perfxl generate: what it makes, what it leaves alone, and how it carries on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from rosters import SHANGHAI, campaign, command, few, generate, many, set_to, tree, write_rows

from perfxl.campaign import placing
from perfxl.campaign.issue import Press
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.naming import MAX_BYTES, MAX_CHARACTERS, collisions, safe_name
from perfxl.campaign.roster_layout import INDICATORS, PROJECTS, UNITS
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.settings import ISSUED, read_campaign, read_key
from perfxl.campaign.works import works_of
from perfxl.cli import cli
from perfxl.rejection import Rejected
from perfxl.sheet import Value
from perfxl.stamp import carried, is_genuine
from perfxl.xlsx.reader import read_workbook


def run(folder: Path, *words: str, lang: str = "zh") -> Result:
    return CliRunner().invoke(cli, ["--lang", lang, "generate", str(folder), *words])


def ledger_of(folder: Path) -> dict[str, str]:
    with Ledger.open(folder, "test", hold=False) as ledger:
        return {entry.file: entry.sha256 for entry in ledger.latest("issued").values()}


def with_prefix(found: Mapping[str, str]) -> dict[str, str]:
    return {f"{ISSUED}/{name}": digest for name, digest in found.items()}


def test_one_workbook_for_each_project_recorded_and_sealed(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c")
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert "4 个文件：新生成 4" in result.output
    assert result.output.splitlines()[-1].startswith(f"下一步：perfxl send {folder}")
    assert with_prefix(tree(folder)) == ledger_of(folder)
    plan = read_plan(read_campaign(folder), SHANGHAI)
    for work in works_of(read_campaign(folder), SHANGHAI, plan):
        data = (folder / work.file).read_bytes()
        found = carried(read_workbook(data))
        assert found is not None
        assert found.content is not None
        assert found.content.assignments == tuple(task.assignment for task in work.tasks)
        assert (found.content.unit, found.content.campaign) == (work.unit.code, read_campaign(folder).id)
        assert is_genuine(found.text, read_key(folder))
        assert openpyxl.load_workbook(folder / work.file)["自评表"].protection.password


def test_the_same_input_gives_the_same_bytes_and_nothing_is_written_twice(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c")
    run(folder)
    before = tree(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.xlsx")}
    assert "未变 4" in run(folder).output
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.xlsx")} == times
    shutil.rmtree(folder / ISSUED)
    assert "新生成 4" in run(folder, "--jobs", "2").output
    assert tree(folder) == before


def test_only_what_changed_in_the_roster_is_made_again(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c")
    run(folder)
    before = tree(folder)
    rows = few(4)
    rows[INDICATORS][0] = {**rows[INDICATORS][0], "target": "≥99.5%"}
    write_rows(folder, rows)
    assert "更新 1，未变 3" in run(folder).output
    after = tree(folder)
    assert sum(before[name] != after[name] for name in before) == 1
    assert with_prefix(after) == ledger_of(folder)


def test_a_roster_with_mistakes_stops_before_anything_is_written(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c")
    rows = few(4)
    rows[PROJECTS][1] = {**rows[PROJECTS][1], "unit": "U99"}
    rows[INDICATORS][3] = {**rows[INDICATORS][3], "level_1": "产出"}
    write_rows(folder, rows)
    result = run(folder)
    assert result.exit_code == 1
    assert "2 处错误，什么也没有生成" in result.output
    assert "项目!B4" in result.output
    assert "指标!B6" in result.output
    assert not (folder / ISSUED).exists()
    assert "2 mistakes; nothing was made" in run(folder, lang="en").output


def test_a_file_that_somebody_edited_is_left_alone(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c")
    run(folder)
    edited = folder / next(iter(ledger_of(folder)))
    edited.write_bytes(edited.read_bytes() + b"x")
    set_to(folder, 'department = "示例局"', 'department = "另一局"')
    result = run(folder)
    assert result.exit_code == 3
    assert "更新 3" in result.output
    assert "生成之后被人改过，没有覆盖" in result.output
    assert edited.read_bytes().endswith(b"x")
    edited.rename(edited.with_suffix(".old"))
    assert run(folder).exit_code == 0
    assert edited.is_file()


def test_a_file_that_perfxl_did_not_make_is_left_alone(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c")
    plan = read_plan(read_campaign(folder), SHANGHAI)
    files = [folder / work.file for work in works_of(read_campaign(folder), SHANGHAI, plan)]
    for path in files[:3]:
        path.parent.mkdir(parents=True, exist_ok=True)
    files[0].write_bytes(b"mine")
    files[1].mkdir()
    files[2].symlink_to(tmp_path / "elsewhere.xlsx")
    result = run(folder)
    assert result.exit_code == 3
    assert "不是 perfxl 生成的文件" in result.output
    assert files[0].read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere.xlsx").exists()
    assert "新生成 1" in result.output


def test_a_folder_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 1)
    (tmp_path / "outside").mkdir()
    (folder / ISSUED).symlink_to(tmp_path / "outside", target_is_directory=True)
    assert run(folder).exit_code == 3
    assert not list((tmp_path / "outside").iterdir())


def test_a_run_that_ended_between_writing_and_naming_is_carried_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = campaign(tmp_path / "c", 3)
    run(whole)
    wanted = tree(whole)
    shutil.rmtree(whole / ISSUED)
    set_to(whole, 'department = "示例局"', 'department = "另一局"')

    def broken(*_: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(placing, "_named", broken)
        assert run(whole).exit_code == 130
    assert tree(whole) == {}
    set_to(whole, 'department = "另一局"', 'department = "示例局"')
    assert run(whole).exit_code == 0
    assert tree(whole) == wanted


def test_a_ledger_from_a_backup_takes_its_files_back(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 3)
    kept = (folder / "ledger.sqlite").read_bytes()
    run(folder)
    before = tree(folder)
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "ledger.sqlite").write_bytes(kept)
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert tree(folder) == before
    assert with_prefix(before) == ledger_of(folder)


def test_one_workbook_for_a_unit_with_a_sheet_for_each_project(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 4)
    set_to(folder, 'one_workbook_per = "project"', 'one_workbook_per = "unit"')
    assert run(folder).exit_code == 0
    names = list(tree(folder))
    assert names == [
        "U01_云汐市示范街道办事处/U01_云汐市示范街道办事处.xlsx",
        "U02_云汐市第一实验小学/U02_云汐市第一实验小学.xlsx",
    ]
    book = openpyxl.load_workbook(folder / ISSUED / names[0])
    assert [sheet.title for sheet in book][:2] == ["老旧小区综合改造", "党群服务阵地运行经费"]
    with Ledger.open(folder, "test", hold=False) as ledger:
        assert len(ledger.latest("issued")) == 4
    assert "未变 2" in run(folder).output


def test_one_unit_alone_by_code_or_name(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 4)
    assert run(folder, "--only", "u02").exit_code == 0
    assert {name.partition("_")[0] for name in tree(folder)} == {"U02"}
    assert run(folder, "--only", "云汐市示范街道办事处").exit_code == 0
    assert len(tree(folder)) == 4
    wrong = run(folder, "--only", "U2")
    assert wrong.exit_code == 2
    assert "U02" in wrong.output


def test_a_zip_for_each_unit(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 4)
    assert run(folder, "--zip").exit_code == 0
    before = tree(folder)
    path = folder / ISSUED / "U02_云汐市第一实验小学.zip"
    with zipfile.ZipFile(path) as package:
        assert package.namelist() == ["A004_校舍维修.xlsx", "A005_信息化设备购置.xlsx"]
        assert package.testzip() is None
    assert "新写 0 个" in run(folder, "--zip").output
    assert tree(folder) == before
    set_to(folder, 'department = "示例局"', 'department = "另一局"')
    assert "新写 2 个" in run(folder, "--zip").output
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("mine.txt", "x")
    set_to(folder, 'department = "另一局"', 'department = "示例局"')
    result = run(folder, "--zip")
    assert result.exit_code == 3
    assert "U02_云汐市第一实验小学.zip" in result.output
    with zipfile.ZipFile(path) as package:
        assert "mine.txt" in package.namelist()


def test_what_left_the_roster_is_named_and_kept(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 4)
    run(folder)
    write_rows(folder, few(3))
    result = run(folder)
    assert "1 个以前生成的文件已不在花名册里" in result.output
    assert len(tree(folder)) == 4


NAMES = (
    "普通项目", "a/b", "..", "../../etc/passwd", "CON", "con.txt", "LPT¹", "NUL", ".hidden", "-rf", "~x", "尾点...", "尾空格   ",
    "长" * 300, "a" * 300, "😀" * 100, "e\u0301", "第一行\n第二行", "\u202egnp.exe", 'q"uo<te>s|?*:', "\x00\x1b[31m", "\ud800",
    "\ufffe", "", "   ", "\u200b", "COM1", "aux.", "$x", "%TEMP%", "C:\\Windows", "\\\\server\\share", "a\u0000b", "名/称", "~$锁",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_that_every_system_takes(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= MAX_CHARACTERS + 1
    assert len(safe.encode()) <= MAX_BYTES + 1
    assert not set(safe) & set('<>:"/\\|?*')
    assert safe.isprintable()
    assert safe[-1] not in ". "
    assert safe[0] not in ".-~ "
    assert safe.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1", "lpt¹"}
    assert safe_name(safe) == safe
    (tmp_path / f"{safe}.xlsx").write_bytes(b"")
    assert [path.name for path in tmp_path.iterdir()] == [f"{safe}.xlsx"]


def test_names_that_are_one_to_a_disk_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    names = ["a", "B", "b", "é", "e\u0301", "ａ"]
    assert collisions(lambda: names) == [("B", "b"), ("é", "e\u0301"), ("a", "ａ")]
    folder = campaign(tmp_path / "c", 4)
    rows = few(4)
    projects: list[Mapping[str, Value]] = [{**row} for row in rows[PROJECTS]]
    projects[0] = {**projects[0], "project": "A/1", "project_name": "同名"}
    projects[1] = {**projects[1], "project": "A|1", "project_name": "同名 "}
    projects[1]["project_name"] = "同名?"  # type: ignore[index]
    projects[0]["project_name"] = "同名*"  # type: ignore[index]
    rows[PROJECTS] = projects
    rows[INDICATORS] = []
    write_rows(folder, rows)
    result = run(folder)
    assert result.exit_code == 1
    assert "同一个名字" in result.output
    assert not (folder / ISSUED).exists()


def test_hostile_names_end_in_their_own_files(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 1)
    odd = [name for name in NAMES if name.strip(" \u200b") and not set(name) & set("\x00\n\ud800\u202e\ufffe")]
    units: list[Mapping[str, Value]] = [{"unit": f"U{at}", "name": name[:290]} for at, name in enumerate(odd)]
    projects: list[Mapping[str, Value]] = [
        {"project": f"P{at}", "unit": f"U{at}", "project_name": name[:290]} for at, name in enumerate(odd)
    ]
    write_rows(folder, {UNITS: units, PROJECTS: projects, INDICATORS: []})
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert f"{len(odd)} 个项目没有下发指标" in result.output
    for name in tree(folder):
        assert (folder / ISSUED / name).resolve().is_relative_to((folder / ISSUED).resolve())
    assert len(tree(folder)) == len(odd)


def test_somebody_else_at_work_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = campaign(tmp_path / "c", 1)
    monkeypatch.setattr("perfxl.campaign.hold.WAIT", 0.2)
    monkeypatch.setattr(Ledger.open.__func__, "__kwdefaults__", {**Ledger.open.__func__.__kwdefaults__, "wait": 0.2})  # type: ignore[attr-defined]
    with Ledger.open(folder, "send"):
        result = run(folder)
    assert result.exit_code == 4
    assert "send" in result.output


def test_a_folder_that_is_no_campaign_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "perfxl init" in result.output


def test_the_key_is_shown_nowhere(tmp_path: Path) -> None:
    press = Press(form=SHANGHAI, year=2026, campaign="C", key=b"canary-key", password="canary")
    assert "canary" not in repr(press)
    folder = campaign(tmp_path / "c", 1)
    key = read_key(folder)
    output = run(folder).output
    assert key.hex() not in output
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "campaign.key":
            assert key not in path.read_bytes()


# ---- disks and signals -----------------------------------------------------------------------


def complete(folder: Path) -> None:
    """Whatever is visible can be read, and nothing half written is left behind by a run that could tidy up."""
    for path in (folder / ISSUED).rglob("*.xlsx"):
        try:
            assert carried(read_workbook(path.read_bytes())) is not None
        except Rejected as error:
            raise AssertionError(f"{path} is not complete") from error


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = campaign(tmp_path / "c", 4)
    run(folder, "--only", "U01")
    before = tree(folder)
    real = placing._prepared
    calls = iter(range(100))

    def full(path: Path, data: bytes) -> object:
        if next(calls) == 1:
            raise placing.DiskFullError(28, "No space left on device")
        return real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(placing, "_prepared", full)
        result = run(folder)
    assert result.exit_code == 3
    assert "磁盘已满" in result.output
    assert tree(folder) == before
    assert not list(folder.rglob(".perfxl-*.tmp"))
    assert run(folder).exit_code == 0
    assert len(tree(folder)) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file size there")
def test_a_limit_on_file_size_is_met_with_a_clear_word(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 2)
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000));"
        f"sys.argv = ['perfxl', 'generate', {str(folder)!r}, '--lang', 'en'];"
        "from perfxl.cli import main; main()"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 3, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "full" in ran.stderr or "Cannot write" in ran.stderr
    assert tree(folder) == {}
    assert generate(folder).returncode == 0


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind here")
def test_a_folder_that_cannot_be_written_keeps_no_other_unit(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", 4)
    run(folder)
    locked = folder / ISSUED / "U01_云汐市示范街道办事处"
    set_to(folder, 'department = "示例局"', 'department = "另一局"')
    locked.chmod(0o555)
    try:
        result = run(folder)
    finally:
        locked.chmod(0o755)
    assert result.exit_code == 3
    assert "更新 2" in result.output
    assert "没有权限" in result.output


def test_a_file_held_by_another_program_keeps_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = campaign(tmp_path / "c", 4)
    run(folder)
    before = tree(folder)
    held = folder / next(iter(ledger_of(folder)))
    real = os.replace

    def replace(source: str | Path, target: str | Path) -> None:
        if Path(target) == held:
            raise PermissionError(13, "Permission denied")
        real(source, target)

    set_to(folder, 'department = "示例局"', 'department = "另一局"')
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        result = run(folder)
    assert result.exit_code == 3
    assert "正被 Excel 打开" in result.output
    assert "更新 3" in result.output
    assert (
        tree(folder)[held.relative_to(folder / ISSUED).as_posix()]
        == before[held.relative_to(folder / ISSUED).as_posix()]
    )
    assert "更新 1，未变 3" in run(folder).output


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_says_how_far_it_came_and_the_next_run_carries_on(tmp_path: Path) -> None:
    folder = campaign(tmp_path / "c", many(400))
    with subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None and len(list((folder / ISSUED).rglob("*.xlsx"))) < 64:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it was done before the signal came")
    assert process.returncode == 130
    assert "已中断：完成" in said.decode()
    complete(folder)
    assert 64 <= len(tree(folder)) < 400
    assert generate(folder).returncode == 0
    assert len(tree(folder)) == 400


_PEAK = """
import os, re, sys
from perfxl.cli import main
sys.argv = ["perfxl", "generate", sys.argv[1], "--no-fsync", "--quiet"]
os._exit = sys.exit
try:
    main()
except SystemExit:
    pass
print(re.search("VmHWM:[^0-9]*([0-9]+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak is read from Linux's /proc")
@pytest.mark.slow
def test_memory_hardly_grows_with_the_campaign(tmp_path: Path) -> None:
    """Every project has texts of its own; the roster is the larger part of what could grow."""
    share = float(os.environ.get("PERFXL_SHARE", "1"))
    peaks = []
    for count in (500, int(1_000 + 4_000 * share)):
        folder = campaign(tmp_path / str(count), many(count))
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, str(folder)], capture_output=True, text=True, check=False, encoding="utf-8"
        )
        assert f"{count}" in done.stdout
        assert len(tree(folder)) == count
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[1] <= 1.2 * peaks[0]
