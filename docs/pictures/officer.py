"""Make the pictures of ``docs/officer.md``, so that they stay true.

    python docs/pictures/officer.py

Needs LibreOffice (soffice), pdftoppm and a Chinese font for ``roster.png``, ``issued.png``, ``correction.png``,
``consolidated.png`` and ``charts.png``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from make import HERE, terminal

from perfxl.campaign.roster_blank import blank_roster
from perfxl.campaign.roster_layout import INDICATORS, PROJECTS, UNITS
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.sample import sample_rows
from perfxl.campaign.sample_returns import Units
from perfxl.campaign.settings import ISSUED, ROSTER, read_campaign, read_key
from perfxl.correcting import correct
from perfxl.form import load_form
from perfxl.xlsx.writer import write_workbook

FOLDER = "2026年绩效自评"
FORM = load_form("shanghai")


def page(
    workbook: Path,
    target: Path,
    number: int,
    work: Path,
    resolution: int,
    crop: tuple[int, int, int, int] | None = None,
) -> None:
    """A page of a workbook as it prints; of it ``crop``: left, top, width, height."""
    profile = f"-env:UserInstallation=file://{work}/profile"
    command = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", str(work), str(workbook)]
    subprocess.run(command, check=True, capture_output=True)
    part = [word for key, value in zip("xyWH", crop or (), strict=False) for word in (f"-{key}", str(value))]
    span = [*part, "-f", str(number), "-l", str(number), "-r", str(resolution), "-png", "-singlefile"]
    subprocess.run(["pdftoppm", *span, str(work / f"{workbook.stem}.pdf"), str(target)], check=True)


def mistaken() -> dict[str, list[dict[str, object]]]:
    """The sample with the slips that rosters have."""
    rows = {sheet: [dict(row) for row in each] for sheet, each in sample_rows(FORM).items()}
    rows[UNITS][3]["address"] = "he＠u03.example"
    rows[PROJECTS][1]["unit"] = "U99"
    rows[PROJECTS][4]["project"] = "A004"
    amount = next(term for term in rows[PROJECTS][0] if term.startswith("funds."))
    rows[PROJECTS][6][amount] = "963,580元"
    rows[INDICATORS][0]["level_1"] = "产出"
    rows[INDICATORS][7]["weight"] = FORM.execution_weight
    return rows


def correction(work: Path) -> None:
    """The list in front of the corrected form of a published one."""
    form = HERE.parent.parent / "samples" / "2022" / "as-printed" / "党组织服务群众经费.xlsx"
    (made,) = correct(form.read_bytes(), form.name)
    workbook = work / "更正.xlsx"
    workbook.write_bytes(made.data)
    page(workbook, HERE / "correction", 1, work, 90)


def units_of(folder: Path) -> Units:
    """The units of the sample at their desks."""
    campaign = read_campaign(folder)
    at = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=8)))
    return Units(campaign=campaign, form=FORM, plan=read_plan(campaign, FORM), key=read_key(folder), at=at)


def come_back(work: Path) -> None:
    """What the sample's units send back, as letters in a folder beside the campaign."""
    (work / "报回").mkdir()
    for number, letter in enumerate(units_of(work / FOLDER).letters(), 1):
        if letter.unit in ("U02", "U03", "U06", "U07"):
            (work / "报回" / f"{number:02}.eml").write_bytes(letter.data)


def consolidated(work: Path) -> None:
    """The sheets 汇总 and 图表 of the sample's season, without the empty part of their pages."""
    folder, units = work / FOLDER, units_of(work / FOLDER)
    letters = [*units.letters(), units.mended()]
    names = [f"{number:02}.eml" for number, _ in enumerate(letters)]
    for name, letter in zip(names, letters, strict=True):
        (work / name).write_bytes(letter.data)
    for command in (["collect", *names, "--campaign", FOLDER], ["consolidate", FOLDER, "--quiet"]):
        ran = [sys.executable, "-m", "perfxl", "--lang", "zh", *command]
        subprocess.run(
            ran, cwd=work, check=False, stdout=subprocess.DEVNULL
        )  # collect ends with 1: a form is a stranger's
    workbook = folder / "consolidated" / "汇总.xlsx"
    for name, number, crop in (("consolidated", 1, (50, 80, 2130, 1200)), ("charts", 4, (40, 40, 1250, 640))):
        page(workbook, HERE / name, number, work, 130 if number == 1 else 80, crop)


def main() -> None:
    """All of them."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        init = ["perfxl", "init", FOLDER, "--form", "shanghai", "--year", "2026", "--sample"]
        terminal(init, HERE / "init.svg", work)
        roster = work / FOLDER / ROSTER
        right = roster.read_bytes()
        roster.write_bytes(write_workbook(blank_roster(FORM, mistaken())))  # type: ignore[arg-type]
        terminal(["perfxl", "generate", FOLDER], HERE / "mistakes.svg", work)
        roster.write_bytes(right)
        terminal(["perfxl", "generate", FOLDER, "--zip"], HERE / "generate.svg", work)
        page(roster, HERE / "roster", 3, work, 90)
        page(next((work / FOLDER / ISSUED).rglob("A004_*.xlsx")), HERE / "issued", 1, work, 90)
        correction(work)
        come_back(work)
        terminal(["perfxl", "collect", "报回", "--campaign", FOLDER], HERE / "collect.svg", work)
        few = ["--only", "U02", "--only", "U03", "--only", "U04", "--only", "U06"]
        terminal(["perfxl", "status", FOLDER, *few], HERE / "status.svg", work)
        consolidated(work)


if __name__ == "__main__":
    main()
