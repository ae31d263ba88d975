"""Benchmarks of many files: two jobs against one, memory of ten thousand files, the floor of reading.

    python tests/benchmarks/many.py [--quick] [--only jobs|memory|floor]

Whole processes, in turns; the ratio is the median of the pairs.  On a machine with other work the
wall clock says little, so CPU time stands beside it: two jobs can be no faster than twice, divided by
the CPU time that they cost beyond one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = Path(__file__).resolve().parent / "run.py"

FLOOR = """
import sys, os, zipfile
from xml.parsers.expat import ParserCreate
for name in sorted(os.listdir(sys.argv[1])):
    with zipfile.ZipFile(os.path.join(sys.argv[1], name)) as archive:
        for member in archive.namelist():
            if member.endswith((".xml", ".rels")):
                ParserCreate().Parse(archive.read(member), True)
"""


class Run(NamedTuple):
    """Seconds of CPU and of the clock, and peak memory (MiB) of one process of the run."""

    cpu: float
    wall: float
    peak: float


def measure(command: list[str]) -> Run:
    """Run a command with its workers to its end; its output is thrown away."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024)


def many_forms(folder: Path, count: int) -> None:
    """The published forms again and again, each with a project, an amount and a text of its own."""
    folder.mkdir()
    originals = []
    for path in sorted((ROOT / "samples" / "2022" / "as-printed").glob("*.xlsx")):
        with zipfile.ZipFile(path) as archive:
            originals.append((path.stem, {name: archive.read(name) for name in archive.namelist()}))
    for number in range(count):
        stem, parts = originals[number % len(originals)]
        mark = f"{number:05}".encode()
        with zipfile.ZipFile(folder / f"{number:05}{stem}.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in parts.items():
                if name.endswith("sharedStrings.xml"):
                    data = data.replace(f"{stem}</t>".encode(), stem.encode() + mark + b"</t>")
                    data = data.replace("；".encode(), "；".encode() + mark)
                archive.writestr(name, data)


def check(folder: Path, *options: str) -> list[str]:
    """The command that checks a folder."""
    return [sys.executable, "-m", "perfxl", "check", str(folder), "-o", str(folder) + ".out", *options]


def two_jobs(forms: Path, count: int, rounds: int) -> None:
    """Two jobs against one."""
    one, two = check(forms, "--jobs", "1", "--format", "json"), check(forms, "--jobs", "2", "--format", "json")
    pairs = [(measure(one), measure(two)) for _ in range(rounds)]
    wall = statistics.median(a.wall / b.wall for a, b in pairs)
    cost = statistics.median(b.cpu / a.cpu for a, b in pairs)
    busy = os.getloadavg()[0]
    print(
        f"check, {count} files, two jobs against one: {wall:.2f} times faster by the clock (load {busy:.1f}); "
        f"{cost:.2f} times the CPU, so at most {2 / cost:.2f} times faster on two free cores"
    )


def flat_memory(many: Path, count: int, few: Path, small: int) -> None:
    """The peak of many files against that of few."""
    for layout, jobs in (("json", "1"), ("text", "1"), ("json", "2")):
        options = ("--format", layout, "--jobs", jobs)
        little, much = measure(check(few, *options)), measure(check(many, *options))
        print(
            f"check, {layout}, {jobs} job(s): peak {much.peak:.1f} MiB for {count} files, {little.peak:.1f} for {small}: "
            f"{much.peak / little.peak:.3f} times; {1000 * much.cpu / count:.2f} ms of CPU a file"
        )


def against_floor(forms: Path, title: str, count: int, rounds: int) -> None:
    """The whole check against nothing but unzipping and parsing."""
    ours, floor = check(forms, "--jobs", "1", "--format", "json"), [sys.executable, "-c", FLOOR, str(forms)]
    ratio = statistics.median(measure(ours).cpu / measure(floor).cpu for _ in range(rounds))
    print(f"check, {count} {title}, json, one job: {ratio:.2f} times the CPU of unzip and expat without handlers")


def main() -> None:
    """Run them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer files and rounds")
    options.add_argument("--only", choices=("jobs", "memory", "floor"))
    options.add_argument("--fill", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.fill:
        many_forms(Path(chosen.fill[0]), int(chosen.fill[1]))
        return
    jobs, large, floor, rounds = (200, 1_000, 100, 1) if chosen.quick else (2_000, 10_000, 300, 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def filled(title: str, count: int) -> Path:
            # in a process of its own: a child's peak is never below that of the process that starts it
            subprocess.run([sys.executable, __file__, "--fill", str(folder / title), str(count)], check=True)
            return folder / title

        if chosen.only in (None, "jobs"):
            two_jobs(filled("jobs", jobs), jobs, rounds)
        if chosen.only in (None, "floor"):
            against_floor(filled("floor", floor), "forms as printed", floor, rounds)
            issued = folder / "issued"
            issued.mkdir()
            subprocess.run([sys.executable, str(RUN), "--fill", str(issued), str(floor)], check=True)
            against_floor(issued, "issued forms", floor, rounds)
        if chosen.only in (None, "memory"):
            flat_memory(filled("many", large), large, filled("few", 100), 100)


if __name__ == "__main__":
    main()
