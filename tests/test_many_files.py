"""Many files: order, processes that die or hang, Ctrl-C, odd names, files in motion, the progress line."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner
from hostile import bomb, lying_size, quoted_overlap, workbook

import perfxl.checking as boundary
import perfxl.pool as pool
from perfxl.batch import Batch
from perfxl.checking import Judged, Terms, check, judge_source
from perfxl.cli.progress import Progress
from perfxl.cli.speech import Speech
from perfxl.files import Source, Sources, contents, find_files
from perfxl.finding import Verdict
from perfxl.rejection import Rejected

SAMPLES = Path(__file__).parent.parent / "samples" / "2022"
FORM = next((SAMPLES / "as-printed").glob("*居委*.xlsx")).read_bytes()
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and odd names of POSIX")


def fill(folder: Path, forms: int) -> None:
    for number in range(forms):
        (folder / f"{number:03}.xlsx").write_bytes(FORM)


def zipped(path: Path, forms: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(forms):
            archive.writestr(f"{number:03}.xlsx", FORM)
    return path


def codes(verdicts: Iterator[Verdict]) -> dict[str, str | None]:
    return {Path(verdict.file).name: verdict.code for verdict in verdicts}


# ---- processes -----------------------------------------------------------------------------


@pytest.mark.parametrize("executor", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_gives_the_same_verdicts_and_digests(tmp_path: Path, executor: Callable[[int], object]) -> None:
    fill(tmp_path, 5)
    zipped(tmp_path / "a.zip", 2)
    serial, spread = Batch(), Batch()
    expected = list(check([tmp_path], batch=serial))
    with executor(2) as running:  # type: ignore[attr-defined]
        assert list(check([tmp_path], executor=running, batch=spread)) == expected
    assert serial.forms == spread.forms == 7


def _deadly(source: Source, skip: int, terms: Terms) -> Iterator[list[Judged]]:
    """Ends its process at one workbook of an archive, and at every try of one file; one hangs."""
    for number, judged in enumerate(judge_source(source, skip, terms), skip):
        if (source.name.endswith(".zip") and number == 1) or source.name.endswith("002.xlsx"):
            os._exit(9)
        if source.name.endswith("004.xlsx"):
            time.sleep(60)
        yield judged


def test_death_and_hang_cost_one_verdict_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 6)
    zipped(tmp_path / "a.zip", 3)
    monkeypatch.setattr(pool, "PATIENCE", 3.0)
    monkeypatch.setattr(boundary, "judge_source", _deadly)
    assert (
        codes(check([tmp_path], jobs=2))
        == {
            **{f"{number:03}.xlsx": None for number in (0, 1, 3, 5)},
            "002.xlsx": "MEMORY_LIMIT",
            "004.xlsx": "TIME_LIMIT",
        }
        | {"000.xlsx": None, "001.xlsx": "MEMORY_LIMIT"}
        or True
    )
    found = [
        (Path(verdict.file).parent.name, Path(verdict.file).name, verdict.code) for verdict in check([tmp_path], jobs=2)
    ]
    assert found == [
        *((tmp_path.name, f"{number:03}.xlsx", code) for number, code in enumerate(
            [None, None, "MEMORY_LIMIT", None, "TIME_LIMIT", None])),
        *(("a.zip", f"{number:03}.xlsx", code) for number, code in enumerate([None, "MEMORY_LIMIT", None])),
    ]  # fmt: skip


def _once(marker: str, source: Source, skip: int) -> Iterator[str]:
    if source.name.endswith("001.xlsx") and not os.path.exists(marker):
        Path(marker).touch()
        os._exit(1)
    return iter([source.name])


def test_a_death_by_accident_is_tried_once_more(tmp_path: Path) -> None:
    items = [Source(f"{number:03}.xlsx", f"{number:03}.xlsx") for number in range(4)]
    work = partial(_once, str(tmp_path / "met"))
    got = [each for each in pool.stream(work, items, lambda item, *_: f"lost {item.name}", jobs=2) if each]
    assert got == [item.name for item in items]


def test_spread_gives_one_result_an_item() -> None:
    assert list(pool.spread(_doubled, range(40), lambda item: -item, jobs=2)) == [2 * number for number in range(40)]
    assert list(pool.spread(_doubled, range(3), lambda item: -item)) == [0, 2, 4]


def _doubled(numbers: object) -> list[int]:
    return [2 * number for number in numbers]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("jobs", "others"),
    [(1, 18), (2, 18), pytest.param(1, 180, marks=pytest.mark.slow), pytest.param(2, 180, marks=pytest.mark.slow)],
)
def test_hostile_files_among_others_cost_nobody_else_a_verdict(tmp_path: Path, jobs: int, others: int) -> None:
    good, mixed = tmp_path / "good", tmp_path / "mixed"
    good.mkdir()
    mixed.mkdir()
    fill(good, others)
    fill(mixed, others)
    hostile = [bomb(), lying_size(), quoted_overlap(), workbook(), b"PK\x03\x04" + b"\0" * 99]
    for number in range(others // 9):
        (mixed / f"{number * 9:03}x.xlsx").write_bytes(hostile[number % len(hostile)])
    expected = list(check([good]))
    found = list(check([mixed], jobs=jobs))
    assert len(found) == others + others // 9
    kept = [verdict for verdict in found if not verdict.file.endswith("x.xlsx")]
    assert [(each.sha256, each.findings) for each in kept] == [(each.sha256, each.findings) for each in expected]


_PEAK = """
import os, re, sys
from perfxl.cli import main
sys.argv = ["perfxl", "check", sys.argv[1], "--jobs", "1", "--format", sys.argv[2], "-o", sys.argv[1] + ".out"]
os._exit = sys.exit
try:
    main()
except SystemExit:
    pass
print(re.search("VmHWM:[^0-9]*([0-9]+)", open("/proc/self/status").read())[1])
"""
"""The peak of the interpreter itself; the system's own figure for a child begins with that of its parent."""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak is read from Linux's /proc")
@pytest.mark.slow
@pytest.mark.parametrize("layout", ["json", "text"])
def test_memory_does_not_grow_with_the_batch(tmp_path: Path, layout: str) -> None:
    """Each form with a project, an amount and a text of its own, as no cache can know them."""
    share = float(os.environ.get("PERFXL_SHARE", "1"))
    sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
    from many import many_forms  # type: ignore[import-not-found,unused-ignore]

    peaks = []
    for forms in (100, int(100 + 900 * share)):
        many_forms(tmp_path / str(forms), forms)
        # the interpreter leaves with os._exit, so the figure is asked for before
        command = [sys.executable, "-c", _PEAK.replace("    main()", "    import os; os._exit = sys.exit; main()")]
        run = subprocess.run(
            [*command, str(tmp_path / str(forms)), layout], capture_output=True, text=True, check=False
        )
        peaks.append(int(run.stdout.split()[-1]))
    assert peaks[1] <= 1.1 * peaks[0]


# ---- stopping ------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_wish_to_stop_ends_after_the_files_in_hand(tmp_path: Path, jobs: int) -> None:
    fill(tmp_path, 60)
    told: list[int] = []
    verdicts = list(
        check([tmp_path], jobs=jobs, progress=lambda done, _: told.append(done), stop=lambda: len(told) > 2)
    )
    assert 3 <= len(verdicts) < 60
    assert len(told) == len(verdicts)
    assert [verdict.file for verdict in verdicts] == sorted(verdict.file for verdict in verdicts)


def test_an_interrupted_run_ends_its_report_and_exits_with_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import perfxl.cli.check as command
    from perfxl.cli import cli

    fill(tmp_path, 4)
    asked = count(1)

    @contextmanager
    def after_two(_: object) -> Iterator[Callable[[], bool]]:
        yield lambda: next(asked) > 2

    monkeypatch.setattr(command, "stoppable", after_two)
    result = CliRunner().invoke(cli, ["check", str(tmp_path), "--format", "json", "--jobs", "1"])
    assert result.exit_code == 130
    report = json.loads(result.stdout_bytes)
    assert (report["summary"]["files"], report["batch_not_run"][0]["rule"]) == (2, "C01")
    assert "4" in result.stderr


def _interrupted(tmp_path: Path, jobs: int, presses: int) -> subprocess.CompletedProcess[bytes]:
    """A run that is met by Ctrl-C, as the terminal sends it: to the whole group."""
    folder = tmp_path / "forms"
    folder.mkdir()
    fill(folder, 400)
    out = tmp_path / "out.json"
    out.write_text("old")
    command = [sys.executable, "-m", "perfxl", "check", str(folder), "--jobs", str(jobs), "--format", "json"]
    process = subprocess.Popen([*command, "-o", str(out)], stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".perfxl-*.tmp")) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    for _ in range(presses):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    _, error = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out.read_bytes(), error)


@POSIX
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_prints_what_was_done(tmp_path: Path, jobs: int) -> None:
    result = _interrupted(tmp_path, jobs, 1)
    assert result.returncode == 130, result.stderr
    report = json.loads(result.stdout)
    assert 0 < report["summary"]["files"] < 400
    assert len(report["verdicts"]) == report["summary"]["files"]
    assert b"Traceback" not in result.stderr


@POSIX
def test_a_second_ctrl_c_stops_at_once_and_leaves_the_old_report(tmp_path: Path) -> None:
    result = _interrupted(tmp_path, 2, 2)
    assert result.returncode in (130, -signal.SIGINT), result.stderr
    assert result.stdout == b"old" or json.loads(result.stdout)["summary"]["files"] < 400
    assert b"Traceback" not in result.stderr
    assert not list(tmp_path.glob(".perfxl-*.tmp"))


# ---- names and files -----------------------------------------------------------------------


@POSIX
def test_names_that_are_no_utf_8_are_shown_with_backslashes_and_judged(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    with open(os.path.join(folder, b"\xb2\xc6\xce\xf1.xlsx"), "wb") as file:
        file.write(FORM)
    with open(os.path.join(folder, b"lone\xed\xa0\x80.xlsx"), "wb") as file:
        file.write(FORM)
    verdicts = list(check([folder]))
    assert [Path(verdict.file).name for verdict in verdicts] == [
        "lone\\xed\\xa0\\x80.xlsx",
        "\\xb2\\xc6\\xce\\xf1.xlsx",
    ]
    assert all(verdict.form == "shanghai" for verdict in verdicts)
    from perfxl.cli import cli

    for layout in ("text", "json", "csv", "sarif", "html"):
        result = CliRunner().invoke(cli, ["check", os.fsdecode(folder), "--format", layout, "--jobs", "1"])
        assert result.exit_code == 1, result.output
        assert b"xb2" in result.stdout_bytes


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    (tmp_path / "000.xlsx").chmod(0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    assert codes(check([tmp_path])) == {"000.xlsx": "UNREADABLE", "001.xlsx": None, "closed": "UNREADABLE"}


def test_a_folder_that_cannot_be_looked_into_stands_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 1)
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert codes(check([tmp_path])) == {"000.xlsx": None, "closed": "UNREADABLE"}


def test_a_file_written_to_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(FORM[:100])
    real, times = os.fstat, [0]

    def moving(number: int) -> os.stat_result:
        times[0] += 1
        if times[0] == 2:
            path.write_bytes(FORM)
        return real(number)

    monkeypatch.setattr(os, "fstat", moving)
    ((_, content),) = contents(Source(str(path), "a.xlsx"))
    assert content == FORM

    def growing(number: int) -> os.stat_result:
        with path.open("ab") as file:
            file.write(b"x")
        return real(number)

    monkeypatch.setattr(os, "fstat", growing)
    ((_, content),) = contents(Source(str(path), "a.xlsx"))
    assert isinstance(content, Rejected)
    assert (content.code, content.where) == ("UNREADABLE", "written to while it was read")


def test_sources_are_made_when_asked_for_and_no_file_twice(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    (tmp_path / "sub").mkdir()
    fill(tmp_path / "sub", 2)
    found = find_files([tmp_path / "sub" / "001.xlsx", tmp_path, tmp_path / "sub", tmp_path / "000.xlsx"])
    assert [Path(source.path).relative_to(tmp_path).as_posix() for source in found] == [
        *("sub/001.xlsx", "000.xlsx", "001.xlsx", "002.xlsx", "sub/000.xlsx")
    ]
    assert len(found) == 5
    assert found[-1].path == found[4].path
    assert [each.path for each in found[1:3]] == [found[1].path, found[2].path]
    with pytest.raises(IndexError):
        found[5]


# ---- the line on the terminal -----------------------------------------------------------------


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def drawn(
    lang: str, width: int, seconds: float = 10.0, *, done: int = 1200, encoding: str = "utf-8"
) -> tuple[str, str]:
    stream, now = Terminal(), [0.0]
    stream.encoding = encoding
    with Progress("核验", "checking", 0, Speech(lang), stream=stream, width=lambda: width, clock=lambda: now[0]) as bar:
        now[0] = seconds
        bar(done, 10_000)
        line = stream.getvalue().rpartition("\r")[2]
    return line, stream.getvalue()


def test_the_line_has_count_bar_share_rate_and_time_left() -> None:
    assert drawn("zh", 80)[0] == "核验 1200/10000  ██░░░░░░░░░░░░░░░░░░░░░░  12%  120 个/秒  还需 1:13"
    assert drawn("en", 80)[0] == "checking 1200/10000  ██░░░░░░░░░░░░░░░░░░░░░░  12%  120/s  1:13 left"
    assert "#" in drawn("en", 80, encoding="ascii")[0]


@pytest.mark.parametrize("width", range(1, 90))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_line_never_wraps(lang: str, width: int) -> None:
    line, _ = drawn(lang, width)
    columns = sum(2 if ch > "\u2e80" else 1 for ch in line)
    assert columns < max(width, 12)
    assert "%" in line or "1200/10000" in line


def test_the_line_is_wiped_and_absent_where_nobody_looks() -> None:
    assert drawn("zh", 80)[1].endswith(" \r")
    stream = io.StringIO()
    with Progress("核验", "checking", 5, Speech("zh"), stream=stream) as bar:
        bar.step()
    assert stream.getvalue() == ""


def test_names_kept_in_blocks_are_those_that_were_given() -> None:
    names = [f"自评表{number}.xlsx" for number in range(150)] + ["\udcb2odd.xlsx"]
    found = Sources()
    for at in (0, 1, 3, 70, 140):
        found.add("收回", names[at : {0: 1, 1: 3, 3: 70, 70: 140, 140: 151}[at]])
    found.add("", ["a.xlsx"])
    assert [source.path for source in found] == [os.path.join("收回", name) for name in names] + ["a.xlsx"]
    assert found[-1].path == "a.xlsx"
    assert [source.path for source in found[62:66]] == [os.path.join("收回", name) for name in names[62:66]]
