"""Benchmarks: whole processes side by side in one run, as ratios, each with its peak memory.

    python tests/benchmarks/run.py [--quick] [--only check|new|start]

CPU time is that of the child process as the system accounts for it; runs of the two sides
alternate, and the ratio is the median of the pairs.  Nothing here is a test: it judges nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

OPENPYXL_TWICE = """
import sys, pathlib, openpyxl
for path in sorted(pathlib.Path(sys.argv[1]).glob('*.xlsx')):
    openpyxl.load_workbook(path); openpyxl.load_workbook(path, data_only=True)
"""


class Run(NamedTuple):
    """CPU seconds and peak memory (MiB) of one whole process."""

    cpu: float
    peak: float


def measure(command: list[str]) -> Run:
    """Run a command to its end; its output is thrown away."""
    if not hasattr(os, "wait4"):
        start = time.perf_counter()
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return Run(time.perf_counter() - start, float("nan"))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(title: str, ours: list[str], other: list[str], rounds: int, *, faster: bool) -> None:
    """Print one line: the ratio of CPU times, and the peaks."""
    measure(ours), measure(other)
    pairs = [(measure(ours), measure(other)) for _ in range(rounds)]
    ratios = [(b.cpu / a.cpu) if faster else (a.cpu / b.cpu) for a, b in pairs]
    mine, theirs = (statistics.median(run.cpu for run in side) for side in zip(*pairs, strict=True))
    peaks = [max(run.peak for run in side) for side in zip(*pairs, strict=True)]
    word = "times less CPU" if faster else "times the CPU"
    print(
        f"{title:<58} {statistics.median(ratios):6.2f} {word:<15} "
        f"({mine:.3f} s against {theirs:.3f} s; peak {peaks[0]:.0f} against {peaks[1]:.0f} MiB; {rounds} rounds)"
    )


def filled_forms(folder: Path, count: int) -> None:
    """Different filled forms: the three published ones with their amounts and names varied."""
    sys.path.insert(0, str(ROOT / "samples"))
    import make

    from perfxl.form import load_form
    from perfxl.record import Assignment
    from perfxl.template import build_workbook
    from perfxl.xlsx.writer import write_workbook

    forms = make.forms()
    for number in range(count):
        record = make.record_of(forms[number % 3])
        funds = tuple(
            replace(line, executed_amount=line.executed_amount and line.executed_amount - Decimal(number) / 100)
            for line in record.funds
        )
        name = f"{record.project_name}{number:05}"
        record = replace(record, funds=funds, project_name=name)
        rows = tuple(replace(row, actual=None, score=None, variance_explanation=None) for row in record.indicators)
        assignment = Assignment(
            id=f"A{number:05}", form="shanghai", project_name=name, implementing_unit=record.implementing_unit,
            supervising_department=record.supervising_department, indicators=rows,
        )  # fmt: skip
        book = build_workbook(load_form("shanghai"), [assignment], year=2022, records=[record])
        (folder / f"{name}.xlsx").write_bytes(write_workbook(book))


def main() -> None:
    """Run them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer forms and rounds")
    options.add_argument("--only", choices=("check", "new", "start"))
    options.add_argument("--fill", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--script", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.fill:
        filled_forms(Path(chosen.fill[0]), int(chosen.fill[1]))
    elif chosen.script:
        Path(chosen.script).write_text(plain_script(), encoding="utf-8")
    else:
        benchmarks(chosen)


def benchmarks(chosen: argparse.Namespace) -> None:
    """All of them, or the one asked for."""
    count, rounds = (30, 2) if chosen.quick else (300, 3)
    python = sys.executable
    perfxl = [python, "-m", "perfxl"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        forms = folder / "forms"
        forms.mkdir()
        # In a process of its own: a child's peak is never below that of the process that starts it.
        subprocess.run([python, __file__, "--fill", str(forms), str(count)], check=True)
        one = str(next(iter(sorted(forms.glob("*.xlsx")))))
        if chosen.only in (None, "check"):
            ours = [*perfxl, "check", str(forms), "--jobs", "1", "--format", "json", "-o", str(folder / "out.json")]
            twice = [python, "-c", OPENPYXL_TWICE, str(forms)]
            compare(f"check, {count} forms, against openpyxl's double load", ours, twice, rounds, faster=True)
            few = folder / "few"
            few.mkdir()
            for path in sorted(forms.glob("*.xlsx"))[: max(1, count // 10)]:
                (few / path.name).write_bytes(path.read_bytes())
            measure(ours)
            small = measure([*perfxl, "check", str(few), "--format", "json", "-o", str(folder / "few.json")])
            large = measure(ours)
            print(f"check, peak memory: {small.peak:.0f} MiB for {count // 10} forms, {large.peak:.0f} MiB for {count}")
        if chosen.only in (None, "new"):
            target = str(folder / "new.xlsx")
            ours = [*perfxl, "new", "shanghai", "--year", "2026", "--force", "-o", target]
            script = folder / "plain.py"
            subprocess.run([python, __file__, "--script", str(script)], check=True)
            compare(
                "new, against a plain xlsxwriter script, same sheet",
                ours,
                [python, str(script)],
                rounds * 2,
                faster=False,
            )
        if chosen.only in (None, "start"):
            click = [python, "-c", "import click"]
            compare(
                "start-up: perfxl --help, against import click", [*perfxl, "--help"], click, rounds * 4, faster=False
            )
            compare(
                "start-up: perfxl check one.xlsx, against import click",
                [*perfxl, "check", one],
                click,
                rounds * 4,
                faster=False,
            )


def plain_script() -> str:
    """A straight xlsxwriter script that writes the cells of a form, as one would by hand."""
    from perfxl.form import load_form
    from perfxl.record import Assignment
    from perfxl.template import build_workbook

    lines = ["import xlsxwriter, io", "book = xlsxwriter.Workbook(io.BytesIO(), {'in_memory': True})"]
    formats: dict[tuple[str, str, bool], str] = {}
    for sheet in build_workbook(load_form("shanghai"), [Assignment()], year=2026).sheets:
        lines.append(f"sheet = book.add_worksheet({sheet.name!r})")
        for (row, column), cell in sheet.cells.items():
            key = (cell.style, cell.number_format, cell.locked)
            if key not in formats:
                formats[key] = f"f{len(formats)}"
                properties = {"num_format": cell.number_format, "locked": cell.locked, "border": 1, "text_wrap": True}
                lines.append(f"{formats[key]} = book.add_format({properties!r})")
            style = formats[key]
            at = f"{row - 1}, {column - 1}"
            if cell.formula is not None:
                lines.append(f"sheet.write_formula({at}, {'=' + cell.formula!r}, {style}, {str(cell.cached or '')!r})")
            elif isinstance(cell.value, Decimal):
                lines.append(f"sheet.write_number({at}, {float(cell.value)!r}, {style})")
            elif cell.value is None:
                lines.append(f"sheet.write_blank({at}, None, {style})")
            else:
                lines.append(f"sheet.write_string({at}, {str(cell.value)!r}, {style})")
        for area in sheet.merges:
            lines.append(f"sheet.merge_range({area.top - 1}, {area.left - 1}, {area.bottom - 1}, {area.right - 1}, '')")
        for name, area in sheet.names.items():
            local, target = f"'{sheet.name}'!{name}", f"='{sheet.name}'!$A${area.top}"
            lines.append(f"book.define_name({local!r}, {target!r})")
        for check in sheet.validations:
            lines.append(
                f"sheet.data_validation({check.area.top - 1}, {check.area.left - 1}, {check.area.bottom - 1}, "
                f"{check.area.right - 1}, {{'validate': 'any', 'input_title': {check.title!r}, "
                f"'input_message': {check.prompt!r}}})"
            )
        if sheet.protected:
            lines.append("sheet.protect()")
    lines.append("book.close()")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
