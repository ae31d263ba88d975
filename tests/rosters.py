"""Campaign folders for tests: few projects, so that they are quick; or many, of few shapes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from perfxl.campaign.founding import found
from perfxl.campaign.roster_blank import blank_roster
from perfxl.campaign.roster_layout import INDICATORS, PROJECTS, UNITS
from perfxl.campaign.sample import sample_rows
from perfxl.campaign.settings import ISSUED, ROSTER, SETTINGS
from perfxl.form import Form, load_form
from perfxl.sheet import Value
from perfxl.xlsx.writer import write_workbook

SHANGHAI = load_form("shanghai")
Rows = dict[str, list[Mapping[str, Value]]]


def few(count: int, form: Form = SHANGHAI) -> Rows:
    """The first projects of the sample, all of one shape."""
    rows = sample_rows(form)
    projects = [row for at, row in enumerate(rows[PROJECTS], 1) if at % 3][:count]
    kept = {row["project"] for row in projects}
    return {
        UNITS: rows[UNITS],
        PROJECTS: projects,
        INDICATORS: [row for row in rows[INDICATORS] if row["project"] in kept],
    }


def many(count: int, form: Form = SHANGHAI) -> Rows:
    """So many projects, fifty a unit, every text of its own."""
    base = few(20, form)
    one = base[PROJECTS][0]["project"]
    pattern = [row for row in base[INDICATORS] if row["project"] == one]
    codes = [f"U{number:04d}" for number in range(1, -(-count // 50) + 1)]
    projects: list[Mapping[str, Value]] = []
    indicators: list[Mapping[str, Value]] = []
    for number in range(count):
        like = base[PROJECTS][number % len(base[PROJECTS])]
        project = f"P{number:05d}"
        projects.append(
            {
                **like,
                "project": project,
                "unit": codes[number // 50],
                "project_name": f"{like['project_name']}（第 {number} 号）",
            }
        )
        for at, row in enumerate(pattern):
            indicators.append(
                {
                    **row,
                    "project": project,
                    "level_3": f"第 {number} 号项目的{row['level_3']}",
                    "target": f"≥{60 + (number + at) % 40}%",
                }
            )
    units: list[Mapping[str, Value]] = [
        {"unit": code, "name": f"示例单位{code}", "address": f"a@{code.lower()}.example"} for code in codes
    ]
    return {UNITS: units, PROJECTS: projects, INDICATORS: indicators}


def write_rows(folder: Path, rows: Rows, form: Form = SHANGHAI) -> None:
    (folder / ROSTER).write_bytes(write_workbook(blank_roster(form, rows)))


def campaign(folder: Path, rows: Rows | int = 4, form: Form = SHANGHAI) -> Path:
    """A campaign with these rows, or so many projects of the sample."""
    found(folder, form, 2026, department="示例局")
    write_rows(folder, few(rows, form) if isinstance(rows, int) else rows, form)
    return folder


def set_to(folder: Path, old: str, new: str) -> None:
    """Change the settings."""
    path = folder / SETTINGS
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def tree(folder: Path) -> dict[str, str]:
    """Every file below ``issued`` with the digest of its bytes."""
    place = folder / ISSUED
    return {
        path.relative_to(place).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "perfxl", "generate", str(folder), "--lang", "zh", *words]


def generate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``perfxl generate`` in a process of its own."""
    return subprocess.run(command(folder, *words), capture_output=True, text=True, encoding="utf-8", check=False)
