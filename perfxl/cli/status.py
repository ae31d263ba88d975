"""``perfxl status``: who has returned what, who has not, since when, with what verdict."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import click

from ..campaign.ledger import Ledger
from ..campaign.overview import CHINA, PLACE_WORDS, PLACES, Line, Totals, local_day, overview
from ..campaign.overview_table import csv_pieces, json_pieces, remark_words, title, verdict_words
from ..campaign.plan import Plan
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import read_campaign
from ..campaign.trouble import CampaignError
from .columns import aligned
from .output import is_terminal, painter, replacing, terminal_width, to_stdout
from .roster_mistakes import list_mistakes
from .speech import Command, Speech
from .targets import unit_codes
from .trouble import CampaignClickError

FORMATS = ("text", "html", "xlsx", "json", "csv")
_LOOKS = {"missing": "red", "to_mend": "yellow", "accepted": "green", "waived": "green", "nothing_to_report": "green"}


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "status",
        say,
        partial(run, say),
        (
            "收回进度：每个项目收回了没有、何时、结论如何、逾期几天。",
            "Who has returned what: each project, since when, with what verdict, how late.",
        ),
        [
            click.Argument(["folder"], metavar="[DIR]", default="."),
            click.Option(
                ["--format", "layout"],
                type=click.Choice(FORMATS),
                default="text",
                help=say("输出格式（默认 text）。", "output format (text)"),
            ),
            click.Option(["-o", "--output"], metavar="FILE", help=say("写到文件。", "write to a file")),
            click.Option(
                ["--only"],
                multiple=True,
                metavar="UNIT",
                help=say("只看这个单位（代码或名称），可多次给出。", "this unit alone (code or name); repeatable"),
            ),
            click.Option(
                ["--open", "unsettled"],
                is_flag=True,
                help=say("只看还没有了结的。", "only what is not settled"),
            ),
        ],
    )


def run(say: Speech, folder: str, layout: str, output: str | None, only: tuple[str, ...], unsettled: bool) -> int:
    """Read the ledger beside whoever holds it, and show it."""
    place = Path(folder)
    if layout == "xlsx" and output is None and is_terminal(sys.stdout):
        raise click.UsageError(say("xlsx 请用 -o 写到文件。", "an xlsx goes to a file: use -o FILE"))
    today = datetime.datetime.now(CHINA).date()
    try:
        campaign = read_campaign(place)
        plan = read_plan(campaign, campaign.load_form(), indicators=False)
        codes = unit_codes(say, only, plan)
        with Ledger.open(place, "status", hold=False) as ledger:
            totals = Totals()
            lines = overview(ledger, plan, today, units=codes)
            shown = (line for line in lines if not (unsettled and line.is_settled))
            if layout == "text" and output is None:
                _show(say, shown, totals, plan, today)
                return 0
            _emit(_pieces(say, layout, shown, totals, plan, today, _links(place, output)), output, say)
    except RosterError as error:
        return list_mistakes(say, error)
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    return 0


def _links(place: Path, output: str | None) -> Callable[[str], str | None]:
    """From where the report lies to an original; nowhere where it is not known, or on another drive."""
    if output is None:
        return lambda file: None
    start = os.path.dirname(os.path.abspath(output))

    def link(file: str) -> str | None:
        try:
            return os.path.relpath(os.path.abspath(place / file), start).replace(os.sep, "/")
        except ValueError:
            return None

    return link


def _pieces(
    say: Speech, layout: str, lines: Iterable[Line], totals: Totals, plan: Plan, today: datetime.date,
    link: Callable[[str], str | None],
) -> Iterable[bytes]:  # fmt: skip
    day = today.isoformat()
    if layout == "json":
        return json_pieces(lines, totals, plan, day)
    if layout == "csv":
        return csv_pieces(lines, say.lang)
    if layout == "html":
        from ..campaign.overview_page import html_pieces

        return html_pieces(lines, totals, plan, say.lang, day, link)
    if layout == "xlsx":
        from ..campaign.overview_workbook import status_workbook
        from ..xlsx.writer import write_workbook

        return [write_workbook(status_workbook(lines, totals, plan, say.lang, day, link))]
    return (f"{line}\n".encode() for line in _text(say, lines, totals, plan, today, None))


def _emit(pieces: Iterable[bytes], output: str | None, say: Speech) -> None:
    if output is None:
        to_stdout(pieces)
        return
    with replacing(output, say) as file:
        for piece in pieces:
            file.write(piece)


def _show(say: Speech, lines: Iterable[Line], totals: Totals, plan: Plan, today: datetime.date) -> None:
    on = is_terminal(sys.stdout)
    for line in _text(say, lines, totals, plan, today, terminal_width() if on else None, painter(on)):
        click.echo(line)


def _text(
    say: Speech, lines: Iterable[Line], totals: Totals, plan: Plan, today: datetime.date, columns: int | None,
    paint: Callable[[str, str], str] = lambda text, _: text,
) -> Iterator[str]:  # fmt: skip
    """The table in words: as wide as the terminal is."""
    every = list(totals.counted(lines))
    rows = [[say(*each) for each in _HEADS], *(_row(say, line) for line in every)]
    share = (max(60, columns) - 12 - 13 - 12 - 11 - 6 * 2) // 3 if columns else 50
    most = (12, max(12, share), max(12, share), 13, 12, 11, max(8, share) if columns else 300)
    due = say(f"，截止 {plan.due}", f", due {plan.due}") if plan.due else ""
    yield paint(f"{title(plan, say.lang)}{say('（截至 ', ' (as of ')}{today}{due}{say('）', ')')}", "bold")
    for number, text in enumerate(aligned(rows, most=most)):
        yield paint(text, "dim" if not number else _LOOKS.get(every[number - 1].place, ""))
    yield ""
    counts = [f"{say(*PLACE_WORDS[place])} {totals.places[place]}" for place in PLACES if totals.places[place]]
    yield say(
        f"共 {totals.asked} 份：{'，'.join(counts)}。", f"{totals.asked} in all: {', '.join(counts)}."
    )  # fmt: skip
    units = f"{totals.units_complete} / {len(totals.units)}"
    yield say(f"收齐的单位 {units}；逾期未收 {totals.late} 份。", f"Units complete: {units}; overdue: {totals.late}.")


_HEADS = (
    ("编号", "Id"),
    ("单位", "Unit"),
    ("项目", "Project"),
    ("状态", "State"),
    ("结论", "Verdict"),
    ("收回", "Returned"),
    ("备注", "Remark"),
)


def _row(say: Speech, line: Line) -> list[str]:
    late = line.days_late
    day = local_day(line.standing.returned_at)
    came = day.isoformat() if day else ""
    if line.place == "missing" and late is not None:
        came = say(f"逾期 {late} 天", f"{late} d late") if late > 0 else say(f"还有 {-late} 天", f"{-late} d left")
    words = remark_words(line, say.lang)
    if line.place != "missing" and (late or 0) > 0:
        words = say(f"迟 {late} 天", f"{late} d late") + (say("；", "; ") + words if words else "")
    return [
        line.assignment, f"{line.unit} {line.unit_name}".strip(), line.project, say(*PLACE_WORDS[line.place]),
        verdict_words(line, say.lang), came, words,
    ]  # fmt: skip
