"""``perfxl generate`` against a loop over xlsxwriter and against the disk alone; whole processes, side by side.

    python tests/benchmarks/generate.py [--count 1000] [--rounds 3] [--up-to 10000]

CPU seconds are those of the child process as the system accounts for them; wall seconds are told
beside them, for what waits for the disk.  ``generate`` reads the roster with openpyxl, keeps the
ledger and writes the files; the xlsxwriter loop gets its sheets ready made and is charged for
writing them only (``sheets`` charges it for making them, too).  ``without ledger`` makes and places
the same workbooks and records nothing.  The last side writes the ready bytes under fresh names, as
durable as we do.  Nothing here is a test: it judges nothing.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

from run import Run, measure  # noqa: E402

from perfxl.campaign.ledger import Ledger  # noqa: E402
from perfxl.campaign.ledger_loss import FILE  # noqa: E402
from perfxl.campaign.settings import ISSUED  # noqa: E402

XLSXWRITER = """
import sys, time
from pathlib import Path
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.settings import read_campaign
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
settings = read_campaign(folder); form = settings.load_form(); plan = read_plan(settings, form)
spent = made = 0.0
for task in plan.tasks:
    start = time.process_time()
    sheets = build_workbook(form, [task.assignment], year=2026)
    middle = time.process_time()
    (out / f'{task.assignment.id}.xlsx').write_bytes(write_workbook(sheets))
    made += middle - start; spent += time.process_time() - middle
(out / 'cpu.txt').write_text(f'{spent} {made}')
"""

CAMPAIGN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from rosters import campaign, many
campaign(Path(sys.argv[1]), many(int(sys.argv[2])))
"""

WITHOUT_LEDGER = """
import sys
from itertools import islice
from pathlib import Path
from perfxl.campaign.issue import Press
from perfxl.campaign.placing import place
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.settings import read_campaign, read_key
from perfxl.campaign.works import works_of
folder, durable = Path(sys.argv[1]), sys.argv[2] == 'fsync'
settings = read_campaign(folder); form = settings.load_form()
works = iter(works_of(settings, form, read_plan(settings, form)))
press = Press(form=form, year=2026, campaign=settings.id, key=read_key(folder), password=settings.password)
while batch := list(islice(works, 64)):
    place([(folder / work.file, press.make(work)) for work in batch], durable=durable)
"""

READY = """
import os, sys
from pathlib import Path
from perfxl.campaign.placing import place
source, out, durable = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == 'fsync'
names = [path.relative_to(source) for path in sorted(source.rglob('*.xlsx'))]
ready = [(out / name, (source / name).read_bytes()) for name in names]
spent = [os.times()]
for number in range(0, len(ready), 64):
    place(ready[number:number + 64], durable=durable)
spent.append(os.times())
cpu = sum(after - before for before, after in zip(*(each[:2] for each in spent)))
(out / 'cpu.txt').write_text(f'{cpu} {spent[1].elapsed - spent[0].elapsed}')
"""


class Side(NamedTuple):
    """CPU and wall seconds, and peak memory (MiB)."""

    cpu: float
    wall: float
    peak: float = 0


def fresh(folder: Path) -> None:
    """The campaign as it was before the first run."""
    shutil.rmtree(folder / ISSUED, ignore_errors=True)
    shutil.rmtree(folder / "backups", ignore_errors=True)
    for path in folder.glob(FILE + "*"):
        path.unlink()
    Ledger.create(folder).close()


def made(folder: Path, count: int) -> Path:
    """A campaign of so many projects, made in a process of its own: this one stays small, for a child's peak
    begins with that of its parent."""
    subprocess.run([sys.executable, "-c", CAMPAIGN, str(folder), str(count), str(HERE.parent)], check=True)
    return folder


def timed(command: list[str]) -> Side:
    start = time.perf_counter()
    run: Run = measure(command)
    return Side(run.cpu, time.perf_counter() - start, run.peak)


def ours(folder: Path, *words: str) -> Side:
    fresh(folder)
    return timed([sys.executable, "-m", "perfxl", "generate", str(folder), "--jobs", "1", *words])


def without_ledger(folder: Path, how: str) -> Side:
    fresh(folder)
    return timed([sys.executable, "-c", WITHOUT_LEDGER, str(folder), how])


def by_xlsxwriter(folder: Path, work: Path) -> tuple[float, float, float]:
    """CPU for writing, CPU for making the sheets, peak MiB."""
    out = work / "xlsxwriter"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    run = measure([sys.executable, "-c", XLSXWRITER, str(folder), str(out)])
    spent, made = map(float, (out / "cpu.txt").read_text().split())
    return spent, made, run.peak


def ready(folder: Path, work: Path, how: str) -> Side:
    """The writing alone: reading the ready bytes is not charged."""
    out = work / "ready"
    shutil.rmtree(out, ignore_errors=True)
    measure([sys.executable, "-c", READY, str(folder / ISSUED), str(out), how])
    cpu, wall = map(float, (out / "cpu.txt").read_text().split())
    return Side(cpu, wall)


def compare(count: int, rounds: int, work: Path) -> None:
    folder = made(work / f"c{count}", count)
    sides: dict[str, list[Side]] = {}
    loops = []
    for _ in range(rounds):
        sides.setdefault("generate", []).append(ours(folder))
        sides.setdefault("generate --no-fsync", []).append(ours(folder, "--no-fsync"))
        sides.setdefault("without ledger", []).append(without_ledger(folder, "fsync"))
        sides.setdefault("without ledger and fsync", []).append(without_ledger(folder, "no"))
        sides.setdefault("ready bytes, fsync", []).append(ready(folder, work, "fsync"))
        sides.setdefault("ready bytes", []).append(ready(folder, work, "no"))
        loops.append(by_xlsxwriter(folder, work))
    size = sum(path.stat().st_size for path in (folder / ISSUED).rglob("*.xlsx"))
    print(f"{count} workbooks, {size / count / 1024:.1f} KiB each, medians of {rounds}; seconds")
    for name, found in sides.items():
        cpu, wall = (statistics.median(each[at] for each in found) for at in (0, 1))
        peak = max(each.peak for each in found)
        memory = f"  peak {peak:.0f} MiB" if peak else ""
        print(f"  {name:26} {cpu:7.2f} CPU {wall:7.2f} wall  {cpu / count * 1000:5.2f} ms CPU each{memory}")
    wrote, made_ = (statistics.median(each[at] for each in loops) for at in (0, 1))
    print(f"  {'xlsxwriter in_memory':26} {wrote:7.2f} CPU, and {made_:.2f} for making the sheets")
    pairs = list(zip(loops, sides["generate"], strict=True))
    alone = statistics.median(loop[0] / mine.cpu for loop, mine in pairs)
    sheets = statistics.median((loop[0] + loop[1]) / mine.cpu for loop, mine in pairs)
    print(f"  so many times less CPU than xlsxwriter: {alone:.1f} (writing alone), {sheets:.1f} (with its sheets)")
    for mine, bare in (("generate", "ready bytes, fsync"), ("generate --no-fsync", "ready bytes")):
        both = list(zip(sides[mine], sides[bare], strict=True))
        cpu, wall = (statistics.median(ours_[at] / theirs[at] for ours_, theirs in both) for at in (0, 1))
        print(f"  {mine} takes {cpu:.1f} times the CPU and {wall:.1f} times the wall time of {bare}")


def growth(most: int, work: Path) -> None:
    """Linear, with flat memory."""
    count = 100
    while count <= most:
        folder = made(work / f"g{count}", count)
        run = ours(folder, "--no-fsync")
        each = run.cpu / count * 1000
        print(f"  {count:6} workbooks {run.cpu:7.2f} s CPU  {each:5.2f} ms each  peak {run.peak:.0f} MiB", flush=True)
        shutil.rmtree(folder)
        count *= 10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--up-to", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.rounds:
            compare(options.count, options.rounds, Path(name))
        growth(options.up_to, Path(name))


if __name__ == "__main__":
    main()
