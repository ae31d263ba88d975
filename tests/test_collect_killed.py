"""perfxl collect and answer, killed at random: nothing lost, nothing doubled, and the end is that of an unbroken run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from mail_server import mail_server
from rosters import many
from season import Season, mail, ran
from test_collect import zipped

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.outbox import Outbox
from perfxl.campaign.placing import TEMPORARY
from perfxl.campaign.standing import standings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX"),
]

SHARE = float(os.environ.get("PERFXL_SHARE", "1"))
KILLS = max(3, round(60 * SHARE))
RETURNS = 60


def killed(arguments: list[object], after: float) -> bool:
    """Run and kill; whether it was killed before it was done."""
    command = [sys.executable, "-m", "perfxl", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.wait()
    return process.returncode == -signal.SIGKILL


def timed(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def come_back(season: Season, place: Path) -> None:
    """Half as files, some in mails, some in a zip; one comes twice, one a second time and newer, one is no workbook."""
    place.mkdir()
    count = len(season.tasks)
    made = [(f"{task.assignment.id}.xlsx", season.workbook(task)) for task in season.tasks]
    for name, data in made[: count // 2]:
        (place / name).write_bytes(data)
    for number in range(count // 2, count - 10):
        (place / f"{number}.eml").write_bytes(mail(made[number], ("照片.jpg", b"jpg"), message_id=f"<{number}@x>"))
    (place / "包.zip").write_bytes(zipped(*made[count - 10 :]))
    (place / "又.xlsx").write_bytes(made[0][1])
    (place / "新.xlsx").write_bytes(season.workbook(season.tasks[1], actual_result="已经全部完成，群众满意。"))
    (place / "坏.xlsx").write_bytes(b"PK\x03\x04 no more")


def fresh(season: Season, before: Path) -> None:
    shutil.rmtree(season.folder)
    shutil.copytree(before, season.folder)


def check_kept(season: Season) -> None:
    """Whatever the ledger knows is on the disk, whole; whatever has its name is what its name says."""
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        rows = ledger.database.execute("SELECT sha256, file FROM original").fetchall()
        assert all(sha256((season.folder / file).read_bytes()).hexdigest() == digest for digest, file in rows)
        list(standings(ledger))
    for path in (season.folder / "returns").rglob("*"):
        if path.is_file() and not TEMPORARY.fullmatch(path.name):
            assert sha256(path.read_bytes()).hexdigest() == path.stem


def test_collect_killed_again_and_again_ends_as_an_unbroken_run(tmp_path: Path) -> None:
    chance = random.Random(20261125)
    season = Season(tmp_path / "c", many(RETURNS))
    place, before = tmp_path / "报回", tmp_path / "before"
    come_back(season, place)
    shutil.copytree(season.folder, before)
    longest = timed(lambda: ran("collect", place, "--campaign", season.folder, "--jobs", "1", code=3)) * 1.1 + 0.5
    wanted, kills = season.tables(), 0
    files = {path.relative_to(season.folder) for path in (season.folder / "returns").rglob("*")}
    for number in range(KILLS):
        if number % 3 == 0:  # from nothing; else from where it was broken off
            fresh(season, before)
        jobs = "2" if number % 5 == 0 else "1"
        arguments: list[object] = ["collect", place, "--campaign", season.folder, "--quiet", "--jobs", jobs]
        kills += killed(arguments, chance.uniform(0.2, longest))
        check_kept(season)
        if number % 3 == 2:
            ran("collect", place, "--campaign", season.folder, "--jobs", "1", "--quiet", code=None)
            assert sorted_tables(season) == {name: sorted(rows, key=str) for name, rows in wanted.items()}
            assert {path.relative_to(season.folder) for path in (season.folder / "returns").rglob("*")} == files
    assert kills >= KILLS // 3


def sorted_tables(season: Season) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(rows, key=str) for name, rows in season.tables().items()}


def test_answer_killed_while_it_sends_doubles_nothing_and_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    season = Season(tmp_path / "c", 20).with_mail()
    place = tmp_path / "报回"
    come_back(season, place)
    ran("collect", place, "--campaign", season.folder, "--jobs", "1", code=3)
    answer: list[object] = ["answer", season.folder, "--send", "--yes", "--insecure", "--quiet"]
    with mail_server() as server:
        path = season.folder / "perfxl.toml"
        path.write_text(
            path.read_text(encoding="utf-8").replace("port = 25", f"port = {server.port}"), encoding="utf-8"
        )
        kills = sum(killed(answer, chance.uniform(0.3, 6.0)) for _ in range(max(2, KILLS // 6)))
        ran(*answer, code=None)
        with Ledger.open(season.folder, "test", hold=False) as ledger:
            outbox = Outbox(ledger, season.campaign.id)
            sent, doubt = outbox.rows(["sent"]), outbox.rows(["uncertain"])
            answered = [entry.assignment for entry in ledger.history() if entry.event == "answered"]
            waiting = outbox.rows(["queued", "claimed", "data_started", "deferred"])
        arrived = Counter(each.message_id for each in server.delivered)
    assert not waiting
    assert len(sent) + len(doubt) >= 7
    assert all(count == 1 for count in arrived.values())
    assert all(arrived[row.message_id] == 1 for row in sent)
    assert set(arrived) <= {row.message_id for row in (*sent, *doubt)}
    assert len(doubt) <= kills
    said = {assignment for row in (*sent, *doubt) for each in row.enclosures for assignment in each.assignments}
    assert said == {task.assignment.id for task in season.tasks}
    assert sorted(answered) == sorted(
        {assignment for row in sent for each in row.enclosures for assignment in each.assignments}
    )
