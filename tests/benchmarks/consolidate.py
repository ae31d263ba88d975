"""``perfxl consolidate`` against ``perfxl check`` of the same returns; whole processes, side by side.

    python tests/benchmarks/consolidate.py [--count 1000] [--rounds 3] [--up-to 10000]

CPU seconds are those of the child process as the system accounts for them. The returns were judged and are
in the ledger; ``check`` reads and judges the kept originals, one process, its report thrown away. Nothing here is a
test: it judges nothing.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

from rosters import campaign, many  # noqa: E402
from run import Run, measure  # noqa: E402
from seasons import hand_in  # noqa: E402


def season(work: Path, count: int) -> Path:
    """A campaign with so many returns, made in another process: a child's peak memory is never told
    below that of its parent."""
    subprocess.run([sys.executable, __file__, "--make", str(work / f"c{count}"), "--count", str(count)], check=True)
    return work / f"c{count}"


def ours(folder: Path, *words: str) -> Run:
    shutil.rmtree(folder / "consolidated", ignore_errors=True)
    return measure([sys.executable, "-m", "perfxl", "consolidate", str(folder), *words])


def check(folder: Path) -> Run:
    return measure([sys.executable, "-m", "perfxl", "check", str(folder / "returns"), "--jobs", "1", "--quiet"])


def compare(count: int, rounds: int, work: Path) -> None:
    folder = season(work, count)
    rows = [
        (ours(folder), check(folder), ours(folder, "--tables", "csv", "--tables", "parquet")) for _ in range(rounds)
    ]
    mine, theirs, tables = (statistics.median(run.cpu for run in side) for side in zip(*rows, strict=True))
    peaks = [max(run.peak for run in side) for side in zip(*rows, strict=True)]
    print(f"{count} returns, medians of {rounds}")
    print(f"  consolidate          {mine:7.2f} s CPU  {mine / count * 1000:5.2f} ms each  peak {peaks[0]:.0f} MiB")
    print(f"  check                {theirs:7.2f} s CPU  {theirs / count * 1000:5.2f} ms each  peak {peaks[1]:.0f} MiB")
    print(f"  with CSV and Parquet {tables:7.2f} s CPU  peak {peaks[2]:.0f} MiB")
    print(f"  ratio                {statistics.median(a.cpu / b.cpu for a, b, _ in rows):7.2f} times check")


def growth(most: int, work: Path) -> None:
    """Linear, with flat memory."""
    count = 100
    while count <= most:
        folder = season(work, count)
        run = ours(folder)
        print(
            f"  {count:6} returns {run.cpu:7.2f} s CPU  {run.cpu / count * 1000:5.2f} ms each  peak {run.peak:.0f} MiB"
        )
        shutil.rmtree(folder)
        count *= 10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--up-to", type=int, default=0)
    parser.add_argument("--make", type=Path)
    options = parser.parse_args()
    if options.make:
        hand_in(campaign(options.make, many(options.count)))
        return
    with tempfile.TemporaryDirectory() as name:
        if options.rounds:
            compare(options.count, options.rounds, Path(name))
        growth(options.up_to, Path(name))


if __name__ == "__main__":
    main()
