"""``perfxl generate`` against a loop over xlsxwriter and against the disk alone; whole processes, side by side.

    python tests/benchmarks/generate.py [--count 1000] [--rounds 3] [--up-to 10000]

CPU seconds are those of the child process as the system accounts for them.  ``generate`` reads the
roster with openpyxl, keeps the ledger and writes the files; the xlsxwriter loop gets its sheets ready
made and is charged for writing them only (``sheets`` charges it for making them, too).  The third
side writes the ready bytes under fresh names.  Nothing here is a test: it judges nothing.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

from rosters import campaign, many  # noqa: E402
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

READY = """
import os, sys
from pathlib import Path
source, out, durable = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == 'fsync'
ready = [(path.relative_to(source), path.read_bytes()) for path in sorted(source.rglob('*.xlsx'))]
for number in range(0, len(ready), 64):
    batch = []
    for name, data in ready[number:number + 64]:
        target = out / name; target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, 'xb') as file: file.write(data)
        batch.append(target)
    if durable:
        for target in batch:
            with open(target, 'rb+') as file: os.fsync(file.fileno())
"""


def fresh(folder: Path) -> None:
    """The campaign as it was before the first run."""
    shutil.rmtree(folder / ISSUED, ignore_errors=True)
    shutil.rmtree(folder / "backups", ignore_errors=True)
    for path in folder.glob(FILE + "*"):
        path.unlink()
    Ledger.create(folder).close()


def ours(folder: Path, *words: str) -> Run:
    fresh(folder)
    return measure([sys.executable, "-m", "perfxl", "generate", str(folder), "--jobs", "1", *words])


def by_xlsxwriter(folder: Path, work: Path) -> tuple[float, float, float]:
    """CPU for writing, CPU for making the sheets, peak MiB."""
    out = work / "xlsxwriter"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    run = measure([sys.executable, "-c", XLSXWRITER, str(folder), str(out)])
    spent, made = map(float, (out / "cpu.txt").read_text().split())
    return spent, made, run.peak


def ready(folder: Path, work: Path, how: str) -> Run:
    out = work / "ready"
    shutil.rmtree(out, ignore_errors=True)
    return measure([sys.executable, "-c", READY, str(folder / ISSUED), str(out), how])


def compare(count: int, rounds: int, work: Path) -> None:
    folder = campaign(work / f"c{count}", many(count))
    rows = []
    for _ in range(rounds):
        with_sync, without = ours(folder), ours(folder, "--no-fsync")
        size = sum(path.stat().st_size for path in (folder / ISSUED).rglob("*.xlsx"))
        disk_sync, disk = ready(folder, work, "fsync"), ready(folder, work, "no")
        rows.append((with_sync, without, by_xlsxwriter(folder, work), disk_sync, disk))

    def middle(values: list[float]) -> float:
        return statistics.median(values)

    mine, loose = middle([row[0].cpu for row in rows]), middle([row[1].cpu for row in rows])
    print(f"{count} workbooks, {size / count / 1024:.1f} KiB each, medians of {rounds}")
    print(
        f"  generate            {mine:7.2f} s CPU  {mine / count * 1000:5.2f} ms each  peak {rows[0][0].peak:.0f} MiB"
    )
    print(f"  generate --no-fsync {loose:7.2f} s CPU  (so fsync costs {mine - loose:+.2f} s CPU)")
    wrote, made = middle([row[2][0] for row in rows]), middle([row[2][1] for row in rows])
    print(
        f"  xlsxwriter in_memory{wrote:7.2f} s CPU, and {made:.2f} for making the sheets; peak {rows[0][2][2]:.0f} MiB"
    )
    print(f"  ratio, writing alone {middle([row[2][0] / row[0].cpu for row in rows]):.1f}x")
    print(f"  ratio, with sheets   {middle([(row[2][0] + row[2][1]) / row[0].cpu for row in rows]):.1f}x")
    synced, plain = middle([row[3].cpu for row in rows]), middle([row[4].cpu for row in rows])
    print(f"  ready bytes, fsync  {synced:7.2f} s CPU; without {plain:.2f}")


def growth(most: int, work: Path) -> None:
    """Linear, with flat memory."""
    count = 100
    while count <= most:
        folder = campaign(work / f"g{count}", many(count))
        run = ours(folder, "--no-fsync")
        print(
            f"  {count:6} workbooks {run.cpu:7.2f} s CPU  {run.cpu / count * 1000:5.2f} ms each  peak {run.peak:.0f} MiB"
        )
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
