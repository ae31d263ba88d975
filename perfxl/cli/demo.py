"""``perfxl demo``: the main job on the sample forms and a whole season on invented units, in a folder to look at."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path

import click

import perfxl

from ..batch import Batch
from ..checking import check
from ..correcting import correct
from ..crosscheck import across
from ..finding import Verdict
from ..form import form_ids, load_form
from ..record import Assignment
from ..report.html import html_report
from ..report.json import json_report
from ..report.tally import Tally
from ..report.text import TextReport
from ..template import build_workbook
from ..xlsx.writer import write_workbook
from .demo_campaign import CAMPAIGN, LETTERS, RECEIVED, STATUS, show_season
from .output import CannotWriteError, is_terminal, painter, terminal_width, write_file
from .speech import Command, Speech

SAMPLES, IN_FULL, CORRECTIONS = "samples/2022", "as-printed", "corrections"
"""Where the samples lie, and which of them are shown in full: the forms as they were published."""


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "demo",
        say,
        partial(run, say),
        (
            "用样表演示：核验填好的样表；再用虚构的单位走完一季：下发、收回、答复、催报、汇总。"
            "结果留在 DIR（默认 ./perfxl-demo）。",
            "The main job on the sample forms, then a whole season of invented units: sent, collected, answered, "
            "chased, consolidated. What it makes stays in DIR (./perfxl-demo).",
        ),
        [click.Argument(["folder"], metavar="[DIR]", default="perfxl-demo")],
    )


def run(say: Speech, folder: str) -> int:
    """Write templates, judge the samples, say where to look. The faults of the samples are meant to be."""
    place = free_folder(folder, say)
    blanks = _write_blanks(place, say)
    samples = _copy_samples(place, say)
    on = is_terminal(sys.stdout)
    if samples:
        # the same three forms lie in each folder, so only those as printed are put side by side
        returns, batch = place / "returns", Batch()
        others = sorted(each for each in returns.iterdir() if each.name != IN_FULL)
        verdicts = [*check([returns / IN_FULL], drawings=True, batch=batch), *check(others, drawings=True)]
        report(verdicts, batch, returns / IN_FULL, on, say)
        pieces = json_report(verdicts, Tally(), say.lang, across(batch))
        write_file(str(place / "verdicts.json"), b"".join(pieces), say)
        page = html_report(verdicts, Tally(), say.lang, time.strftime("%Y-%m-%d"), across(batch))
        write_file(str(place / "report.html"), b"".join(page), say)
        _write_corrections(returns / IN_FULL, place / CORRECTIONS, say)
    letters = show_season(place, time.localtime().tm_year, say)
    click.echo(say(f"{place} 里有：", f"In {place}:"))
    click.echo(
        f"  {CAMPAIGN}  "
        + say("一次填报任务：花名册、下发和收回的表、台账", "a campaign: roster, workbooks out and back, ledger")
    )
    click.echo(f"  {CAMPAIGN}/consolidated/汇总.xlsx  " + say("汇总表", "the consolidated workbook"))
    click.echo(f"  {STATUS}  " + say("收回进度，用浏览器打开", "who has returned what; open it in a browser"))
    click.echo(f"  {LETTERS}  " + say("各单位的来信", "what the units wrote"))
    click.echo(
        f"  {RECEIVED}  "
        + say(
            f"本机邮件服务器收到的 {letters} 封信，可双击打开",
            f"the {letters} letters that a local mail server got",
        )
    )
    for name in blanks:
        click.echo(f"  {name}  " + say("空表，可直接下发", "a blank form, ready to be sent out"))
    if samples:
        click.echo("  returns  " + say(f"填好的样表 {samples} 份", f"{samples} completed sample forms"))
        click.echo(f"  {CORRECTIONS}  " + say("发回单位的更正表，首页为问题清单", "corrected forms for the units"))
        click.echo("  report.html  " + say("核验报告，用浏览器打开", "the report; open it in a browser"))
        click.echo("  verdicts.json  " + say("上面的结论，供程序读取", "the verdicts above, for programs"))
    click.echo(say("接着可以试：", "Next, try:"))
    click.echo("  perfxl explain T01")
    click.echo(f"  perfxl check {place / 'returns' if samples else place} --format json")
    return 0


def report(verdicts: list[Verdict], batch: Batch, in_full: Path, on: bool, say: Speech) -> None:
    """The published forms in full, of the others the verdict only; what the former show side by side; one summary."""
    tally = Tally()
    paint, width = painter(on), terminal_width() if on else None
    for each in tally.counted(verdicts):
        pages = TextReport(say.lang, paint=paint, width=width, brief=not each.file.startswith(str(in_full)))
        click.echo("\n".join(pages.verdict(each)))
    click.echo("")
    for line in TextReport(say.lang, paint=paint, width=width).across(across(batch), tally):
        click.echo(line)
    click.echo(TextReport(say.lang).summary(tally))


def free_folder(wanted: str, say: Speech) -> Path:
    """The folder, or ``-2``, ``-3`` … where it holds something already: nothing is ever overwritten."""
    place, number = Path(wanted), 1
    try:
        while place.exists() and (not place.is_dir() or any(place.iterdir())):
            number += 1
            place = Path(f"{wanted.rstrip('/')}-{number}")
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(say(f"写不了 {place}：{error}", f"cannot write {place}: {error}")) from error
    if number > 1:
        click.echo(say(f"{wanted} 已有内容，改用 {place}。", f"{wanted} is not empty; using {place}."))
    return place


def _write_blanks(place: Path, say: Speech) -> list[str]:
    year = time.localtime().tm_year
    names = []
    for name in form_ids():
        form = load_form(name)
        names.append(f"blank-{name}-{year}.xlsx")
        workbook = build_workbook(form, [Assignment(form=form.id, fiscal_year=year)], year=year)
        write_file(str(place / names[-1]), write_workbook(workbook), say)
    return names


def _write_corrections(returns: Path, target: Path, say: Speech) -> None:
    """What the units of the published forms would get back."""
    target.mkdir()
    for path in sorted(returns.glob("*.xlsx")):
        for correction in correct(path.read_bytes(), path.name, lang=say.lang):
            write_file(str(target / path.name), correction.data, say)


def samples_folder() -> Path:
    """Where the samples lie: inside an installed package, beside it in a checkout."""
    package = Path(perfxl.__file__).parent
    inside = package / SAMPLES
    return inside if inside.is_dir() else package.parent / SAMPLES


def _copy_samples(place: Path, say: Speech) -> int:
    """The filled samples, as they would come back."""
    source, count = samples_folder(), 0
    for path in sorted(source.rglob("*.xlsx")):
        target = place / "returns" / path.relative_to(source)
        try:
            os.makedirs(target.parent, exist_ok=True)
            data = path.read_bytes()
        except OSError as error:
            raise CannotWriteError(str(error)) from error
        write_file(str(target), data, say)
        count += 1
    return count
