"""perfxl consolidate, killed at random or out of room: what stood there stands, and the next run ends as an unbroken one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import every
from rosters import campaign, few, many
from seasons import hand_in

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.placing import TEMPORARY
from perfxl.xlsx.reader import read_workbook

KILLS = max(3, round(100 * float(os.environ.get("PERFXL_SHARE", "1"))))
WORDS = ("--tables", "csv", "--lang", "zh")


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "perfxl", "consolidate", str(folder), *WORDS, *words]


def run(folder: Path, *words: str, limit: int = 0) -> subprocess.CompletedProcess[str]:
    """The command; no file may grow beyond ``limit`` bytes where one is given."""

    def bounded() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        command(folder, *words), capture_output=True, text=True, encoding="utf-8", check=False,
        preexec_fn=bounded if limit else None,
    )  # fmt: skip


def tree(folder: Path) -> dict[str, bytes]:
    """Every file that a consolidation left, those half written left out."""
    place = folder / "consolidated"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not TEMPORARY.fullmatch(path.name)
    }


def known(folder: Path) -> set[tuple[str, str]]:
    with Ledger.open(folder, "test", hold=False) as ledger:
        return set(ledger.database.execute("SELECT file, sha256 FROM made"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_killed_again_and_again_every_file_is_whole_and_known(tmp_path: Path) -> None:
    chance = random.Random(20261125)
    folder = campaign(tmp_path / "c", many(60))
    hand_in(folder, lambda number, record: None if number % 9 == 0 else record)
    start = time.monotonic()
    assert run(folder).returncode == 0
    longest = (time.monotonic() - start) * 1.1
    wanted, killed = {"元": tree(folder)}, 0
    assert run(folder, "--unit", "万元").returncode == 0
    wanted["万元"] = tree(folder)
    assert wanted["元"].keys() == wanted["万元"].keys()
    for round_ in range(KILLS):
        if round_ % 5 == 0:
            for path in (folder / "consolidated").rglob("*"):
                if path.is_file():
                    path.unlink()
        unit = ("元", "万元")[round_ % 2]
        with subprocess.Popen(
            command(folder, "--unit", unit), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(chance.uniform(0.1, longest))
            process.send_signal(signal.SIGKILL)
            process.wait()
        killed += process.returncode == -signal.SIGKILL
        ours = known(folder)
        for name, data in tree(folder).items():
            assert data in (wanted["元"][name], wanted["万元"][name])
            assert (name, sha256(data).hexdigest()) in ours
            if name.endswith(".xlsx"):
                assert len(read_workbook(data).sheets) == 8
    assert killed >= KILLS // 3
    for unit in ("元", "万元"):
        ran = run(folder, "--unit", unit)
        assert ran.returncode == 0, ran.stderr
        assert tree(folder) == wanted[unit]
    assert not [path for path in folder.rglob("*") if TEMPORARY.fullmatch(path.name)]


@pytest.mark.skipif(sys.platform == "win32", reason="such limits are of POSIX")
@pytest.mark.parametrize("limit", every(3, [5_000, 300, 12_000]))
def test_out_of_room_what_stood_there_stands(tmp_path: Path, limit: int) -> None:
    folder = campaign(tmp_path / "c", few(6))
    hand_in(folder)
    assert run(folder).returncode == 0
    before = tree(folder)
    ran = run(folder, "--unit", "万元", limit=limit)
    assert ran.returncode == 3, ran.stdout
    assert "Traceback" not in ran.stderr
    assert "磁盘" in ran.stderr or "写不了" in ran.stderr or "台账" in ran.stderr
    assert tree(folder) == before
    again = run(folder, "--unit", "万元")
    assert again.returncode == 0, again.stderr
    assert tree(folder) != before
    assert not [path for path in folder.rglob("*") if TEMPORARY.fullmatch(path.name)]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a tmpfs")
def test_on_a_full_disk_what_was_there_stays(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a tmpfs here")
    try:
        folder = campaign(place / "c", few(4))
        hand_in(folder)
        assert run(folder).returncode == 0
        before = tree(folder)
        free = os.statvfs(place)
        (place / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize))
        ran = run(folder, "--unit", "万元")
        assert ran.returncode == 3, ran.stdout
        assert "Traceback" not in ran.stderr
        assert tree(folder) == before
        (place / "ballast").unlink()
        assert run(folder, "--unit", "万元").returncode == 0
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
