"""perfxl generate, killed at random: whatever is visible is complete, and the next run ends as an unbroken one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rosters import campaign, command, few, generate, many, set_to, tree, write_rows

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.ledger_loss import FILE
from perfxl.campaign.placing import TEMPORARY
from perfxl.campaign.settings import ISSUED
from perfxl.stamp import carried
from perfxl.xlsx.reader import read_workbook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX"),
]

KILLS = max(3, round(100 * float(os.environ.get("PERFXL_SHARE", "1"))))


def kill_at_random(folder: Path, chance: random.Random, longest: float) -> bool:
    """Run and kill; whether it was killed before it was done."""
    with subprocess.Popen(command(folder, "--quiet"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(chance.uniform(0.1, longest))
        process.send_signal(signal.SIGKILL)
        process.wait()
    return process.returncode == -signal.SIGKILL


def check_visible(folder: Path) -> None:
    """Every file that has its name is whole, and what the ledger says of it fits."""
    with Ledger.open(folder, "test", hold=False) as ledger:
        ours = {(entry.file, entry.sha256) for entry in ledger.history()}
    for name, digest in tree(folder).items():
        if TEMPORARY.fullmatch(Path(name).name):
            continue
        assert (f"{ISSUED}/{name}", digest) in ours
        assert carried(read_workbook((folder / ISSUED / name).read_bytes())) is not None


def test_killed_again_and_again_it_ends_with_the_same_tree(tmp_path: Path) -> None:
    chance = random.Random(20261125)
    folder = campaign(tmp_path / "c", many(150))
    start = time.monotonic()
    assert generate(folder).returncode == 0
    longest = (time.monotonic() - start) * 1.1
    wanted, killed = tree(folder), 0
    for round_ in range(KILLS):
        if round_ % 3 == 0:  # from nothing; else from where it was broken off
            shutil.rmtree(folder / ISSUED, ignore_errors=True)  # a kill may come before it is made
            for path in folder.glob(FILE + "*"):
                path.unlink()
            shutil.rmtree(folder / "backups", ignore_errors=True)
            Ledger.create(folder).close()
        killed += kill_at_random(folder, chance, longest)
        check_visible(folder)
    assert killed >= KILLS // 3
    assert generate(folder).returncode == 0
    assert tree(folder) == wanted


def test_killed_while_it_renews_what_was_there(tmp_path: Path) -> None:
    chance = random.Random(7)
    folder = campaign(tmp_path / "c", many(100))
    assert generate(folder).returncode == 0
    before = tree(folder)
    set_to(folder, 'department = "示例局"', 'department = "另一局"')
    for _ in range(max(2, KILLS // 4)):
        kill_at_random(folder, chance, 6)
        check_visible(folder)
        assert before.keys() <= tree(folder).keys()  # nothing that was there has gone
    ran = generate(folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    after = tree(folder)
    assert after.keys() == before.keys()
    assert not any(after[name] == before[name] for name in before)
    set_to(folder, 'department = "另一局"', 'department = "示例局"')
    assert generate(folder).returncode == 0
    assert tree(folder) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a tmpfs")
def test_on_a_full_disk_what_was_there_stays(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a tmpfs here")
    try:
        folder = campaign(place / "c", few(3))
        assert generate(folder).returncode == 0
        before = tree(folder)
        write_rows(folder, few(20))
        ran = generate(folder)
        assert ran.returncode == 3
        assert "磁盘" in ran.stdout + ran.stderr
        check_visible(folder)
        assert before.items() <= tree(folder).items()
        (place / "ballast").write_bytes(bytes(os.statvfs(place).f_bavail * os.statvfs(place).f_frsize))
        ran = generate(folder)
        assert ran.returncode == 3
        assert "Traceback" not in ran.stderr
        (place / "ballast").unlink()
        check_visible(folder)
        assert before.items() <= tree(folder).items()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
