"""The ledger: append-only, on the disk when it says so, refused when damaged, for one process at a time."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfxl.campaign import ledger as ledger_module
from perfxl.campaign import network
from perfxl.campaign.hold import NOTE, HeldError, Hold, Holder, host
from perfxl.campaign.ledger import EVENTS, KEPT, Ledger
from perfxl.campaign.ledger_loss import BACKUPS, FILE, newest_backup
from perfxl.campaign.ledger_schema import MIGRATIONS
from perfxl.campaign.trouble import CampaignError

SHA = "ab" * 32


def with_history(folder: Path, count: int = 3) -> None:
    with Ledger.create(folder) as ledger, ledger.writing():
        for number in range(count):
            ledger.record("issued", f"U{number}-1", unit=f"U{number}", file=f"issued/U{number}.xlsx", sha256=SHA)


def refused(folder: Path, **how: bool) -> CampaignError:
    with pytest.raises(CampaignError) as caught:
        Ledger.open(folder, "test", **how).close()
    return caught.value


# What it keeps


def test_the_history_is_kept_with_time_hash_file_and_who(tmp_path: Path) -> None:
    with_history(tmp_path)
    with Ledger.open(tmp_path, "status", hold=False) as ledger:
        (entry,) = ledger.history("U1-1")
    assert (entry.event, entry.unit, entry.file, entry.sha256) == ("issued", "U1", "issued/U1.xlsx", SHA)
    assert entry.who.endswith(f"@{host()}")
    assert time.strptime(entry.at, "%Y-%m-%dT%H:%M:%SZ")


def test_the_current_state_is_the_newest_line_of_each_assignment(tmp_path: Path) -> None:
    with_history(tmp_path, 2)
    with Ledger.open(tmp_path, "test") as ledger:
        for event in EVENTS[1:]:
            ledger.record(event, "U0-1")
            assert ledger.standing()["U0-1"].event == event
        assert ledger.standing()["U1-1"].event == "issued"
        ledger.record("issued", "U0-1", sha256="cd" * 32)
        assert ledger.latest("issued")["U0-1"].sha256 == "cd" * 32
        assert set(ledger.latest("sent")) == {"U0-1"}


def test_the_history_cannot_be_changed(tmp_path: Path) -> None:
    with_history(tmp_path)
    with Ledger.open(tmp_path, "test") as ledger:
        for statement in (
            "UPDATE history SET detail = 'x'",
            "DELETE FROM history",
            "INSERT OR REPLACE INTO history SELECT * FROM history",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                ledger.database.execute(statement)
        assert len(list(ledger.history())) == 3


def test_unknown_events_and_nameless_assignments_are_defects(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        with pytest.raises(ValueError, match="unknown event"):
            ledger.record("posted", "U1-1")
        with pytest.raises(ValueError, match="assignment"):
            ledger.record("issued", "")
        with pytest.raises(sqlite3.IntegrityError):
            ledger.record("issued", "U1-1", sha256="ab")


def test_odd_bytes_of_a_file_name_are_kept_legible(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        ledger.record("returned", "U1-1", file=os.fsdecode(b"\xb2\xc6.xlsx"))
        assert next(ledger.history()).file == "\\udcb2\\udcc6.xlsx"


def interrupted_batch(ledger: Ledger) -> None:
    with ledger.writing():
        ledger.record("issued", "U1-1")
        with ledger.writing():
            ledger.record("issued", "U2-1")
        raise KeyboardInterrupt


def test_what_is_written_together_is_kept_together(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        with pytest.raises(KeyboardInterrupt):
            interrupted_batch(ledger)
        assert not list(ledger.history())
        ledger.record("issued", "U3-1")
    with Ledger.open(tmp_path, "status", hold=False) as ledger:
        assert [entry.assignment for entry in ledger.history()] == ["U3-1"]


def test_a_reader_beside_a_writer_writes_nothing(tmp_path: Path) -> None:
    with_history(tmp_path)
    with Ledger.open(tmp_path, "generate") as writer, Ledger.open(tmp_path, "status", hold=False) as reader:
        writer.record("sent", "U0-1")
        assert reader.standing()["U0-1"].event == "sent"
        with pytest.raises(RuntimeError):
            reader.record("sent", "U1-1")
        with pytest.raises(sqlite3.OperationalError):
            reader.database.execute("INSERT INTO event VALUES ('x')")


def test_durability_is_asked_for(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        asked = {
            name: ledger.database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


# What it refuses


def test_no_ledger_is_made_by_opening(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert (error.code, error.exit_code) == ("NO_LEDGER", 2)
    assert not (tmp_path / FILE).exists()


def test_a_ledger_is_made_once(tmp_path: Path) -> None:
    with_history(tmp_path)
    with pytest.raises(CampaignError, match="LEDGER_EXISTS"):
        Ledger.create(tmp_path)


@pytest.mark.parametrize("how", ["emptied", "cut", "foreign", "text", "gone"])
def test_a_damaged_ledger_is_refused_with_the_way_back(tmp_path: Path, how: str) -> None:
    with_history(tmp_path, 300)
    with Ledger.open(tmp_path, "test") as ledger:
        copy = ledger.back_up()
    path, data = tmp_path / FILE, (tmp_path / FILE).read_bytes()
    if how == "gone":
        path.unlink()
    elif how == "foreign":
        path.unlink()
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE history (id)")
        database.close()
    else:
        path.write_bytes({"emptied": b"", "cut": data[: len(data) // 2], "text": b"x" * 5000}[how])
    before = path.read_bytes() if path.exists() else None
    for hold in (True, False):
        error = refused(tmp_path, hold=hold)
        assert error.code == "LEDGER_DAMAGED"
        assert str(copy) in error.zh
        assert str(copy) in error.en
    assert (path.read_bytes() if path.exists() else None) == before
    with pytest.raises(CampaignError, match="LEDGER_EXISTS"):
        Ledger.create(tmp_path)
    for name in (FILE, FILE + "-wal", FILE + "-shm"):
        if (tmp_path / name).exists():
            (tmp_path / name).rename(tmp_path / f"aside-{name}")
    shutil.copy(copy, path)
    with Ledger.open(tmp_path, "test") as ledger:
        assert len(list(ledger.history())) == 300


def test_a_flipped_byte_is_seen_or_harmless(tmp_path: Path) -> None:
    with_history(tmp_path, 200)
    path, draw, refusals = tmp_path / FILE, random.Random(7), 0
    with Ledger.open(tmp_path, "test", hold=False) as ledger:
        right = list(ledger.history())
    whole = path.read_bytes()
    for _ in range(400):
        data = bytearray(whole)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        read, code = right, ""
        try:
            with Ledger.open(tmp_path, "test", hold=False) as ledger:
                read = list(ledger.history())
        except CampaignError as error:
            code = error.code
            refusals += 1
        assert read == right
        assert code in ("", "LEDGER_DAMAGED", "LEDGER_NEWER", "LEDGER_UNWRITABLE")
        for name in (FILE + "-wal", FILE + "-shm"):
            (tmp_path / name).unlink(missing_ok=True)
    assert refusals > 100


def test_a_newer_ledger_is_left_alone(tmp_path: Path) -> None:
    with_history(tmp_path)
    database = sqlite3.connect(tmp_path / FILE)
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    assert refused(tmp_path).code == "LEDGER_NEWER"


def test_an_older_ledger_is_copied_and_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_history(tmp_path)
    later = (*MIGRATIONS, ("CREATE TABLE later (id INTEGER PRIMARY KEY)",))
    monkeypatch.setattr(ledger_module, "MIGRATIONS", later)
    with Ledger.open(tmp_path, "test") as ledger:
        assert ledger.database.execute("SELECT count(*) FROM later").fetchone() == (0,)
        assert len(list(ledger.history())) == 3
    copy = newest_backup(tmp_path)
    assert copy is not None
    database = sqlite3.connect(copy)
    assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    database.close()


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_history(tmp_path)
    monkeypatch.setattr(ledger_module, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE later (id)", "CREATE NONSENSE")))
    assert refused(tmp_path).code == "LEDGER_UNWRITABLE"
    monkeypatch.undo()
    with Ledger.open(tmp_path, "test") as ledger:
        assert len(list(ledger.history())) == 3


def test_copies_are_made_when_the_newest_is_old_and_the_oldest_go(tmp_path: Path) -> None:
    with_history(tmp_path)
    for _ in range(2):
        Ledger.open(tmp_path, "test").close()
    copies = list((tmp_path / BACKUPS).iterdir())
    assert len(copies) == 1
    os.utime(copies[0], (1, 1))
    Ledger.open(tmp_path, "test").close()
    assert len(list((tmp_path / BACKUPS).iterdir())) == 2
    with Ledger.open(tmp_path, "test") as ledger:
        for _ in range(KEPT + 2):
            newest = ledger.back_up()
    kept = sorted((tmp_path / BACKUPS).iterdir())
    assert len(kept) == KEPT
    assert kept[-1] == newest


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_a_full_disk_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    with_history(tmp_path, 5)
    program = """
import resource, signal, sys
from pathlib import Path
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.trouble import CampaignError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = Ledger.open(Path(sys.argv[1]), "test")
resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))
done = 0
try:
    for number in range(2000):
        ledger.record("sent", f"X{number}", detail="x" * 200)
        done += 1
except CampaignError as error:
    print(error.code, done)
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    code, count = done.stdout.split()
    assert code == "LEDGER_UNWRITABLE"
    assert int(count) > 0
    with Ledger.open(tmp_path, "test") as ledger:
        assert len(list(ledger.history())) == 5 + int(count)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs permissions that bind")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with_history(tmp_path)
    tmp_path.chmod(0o555)
    try:
        assert refused(tmp_path).code in ("FOLDER_UNUSABLE", "LEDGER_UNWRITABLE")
    finally:
        tmp_path.chmod(0o755)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere").code == "FOLDER_UNUSABLE"


# One process at a time

HOLDER = """
import sys, time
from pathlib import Path
from perfxl.campaign.ledger import Ledger
ledger = Ledger.open(Path(sys.argv[1]), "generate")
ledger.database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_process_is_told_who_holds_the_campaign_and_follows_a_dead_one(tmp_path: Path) -> None:
    with_history(tmp_path)
    with holder(tmp_path) as process:
        try:
            with pytest.raises(HeldError) as caught:
                Ledger.open(tmp_path, "send", wait=0.3)
            assert caught.value.exit_code == 4
            assert caught.value.holder is not None
            assert caught.value.holder.pid == process.pid
            assert f"process {process.pid}" in caught.value.en
            assert "generate" in caught.value.zh
        finally:
            process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            process.wait()
    assert (tmp_path / NOTE).exists()
    Ledger.open(tmp_path, "send", wait=5).close()
    assert not (tmp_path / NOTE).exists()


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    with_history(tmp_path)
    program = HOLDER.replace("time.sleep(60)", "time.sleep(0.5); ledger.close()")
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        Ledger.open(tmp_path, "send", wait=20).close()
        assert process.wait() == 0


def test_within_one_process_too_there_is_one_hold(tmp_path: Path) -> None:
    first = Hold(tmp_path, "send")
    with pytest.raises(HeldError):
        Hold(tmp_path, "send", wait=0)
    first.release()
    Hold(tmp_path, "send", wait=0).release()


def test_the_note_of_another_machine_is_believed(tmp_path: Path) -> None:
    other = Holder(1, "another-machine", "officer", "send", "2026-11-25T08:00:00Z")
    (tmp_path / NOTE).write_text(json.dumps(other._asdict()), encoding="utf-8")
    with pytest.raises(HeldError) as caught:
        Hold(tmp_path, "send", wait=0)
    assert caught.value.holder == other
    assert NOTE in caught.value.en
    Hold(tmp_path, "send", wait=0, take_over=True).release()
    Hold(tmp_path, "send", wait=0).release()


def test_a_note_that_cannot_be_read_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_bytes(b"\xff{")
    Hold(tmp_path, "send", wait=0).release()


def test_a_refused_ledger_is_not_held_afterwards(tmp_path: Path) -> None:
    refused(tmp_path)
    Hold(tmp_path, "init", wait=0).release()


# Where it may lie


@pytest.mark.parametrize(
    ("kind", "seen"), [("ext4", None), ("nfs4", "nfs4"), ("cifs", "cifs"), ("fuse.sshfs", "fuse.sshfs")]
)
def test_network_shares_are_seen(tmp_path: Path, kind: str, seen: str | None) -> None:
    table = tmp_path / "mountinfo"
    place = str(tmp_path.resolve()).replace(" ", "\\040")
    table.write_text(f"22 1 8:1 / / rw - ext4 /dev/a rw\n23 22 0:5 / {place} rw shared:1 - {kind} server:/x rw\n")
    assert network._mounted(str(tmp_path / "campaign"), str(table)) == seen
    assert network._mounted("/elsewhere", str(table)) is None


def test_a_network_share_is_refused_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_history(tmp_path)
    monkeypatch.setattr(ledger_module, "network_share", lambda folder: "cifs")
    error = refused(tmp_path)
    assert (error.code, error.exit_code) == ("NETWORK_FOLDER", 2)
    with Ledger.open(tmp_path, "test", network=True) as ledger:
        assert ledger.database.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        ledger.record("sent", "U0-1")
