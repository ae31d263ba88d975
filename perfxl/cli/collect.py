"""``perfxl collect``: returns are taken in from wherever they lie, kept, judged and matched."""

from __future__ import annotations

import datetime
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from ..campaign.collecting import Mark, judge_for, mark
from ..campaign.inbox import is_mailbox, mail_finds, place_of
from ..campaign.judging import Due, Outcome, judge_due
from ..campaign.ledger import Ledger
from ..campaign.placing import DiskFullError, sweep
from ..campaign.plan import Plan
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import SETTINGS, read_campaign
from ..campaign.sources import Find, finds
from ..campaign.taking import FOLDER, Taken, Taker
from ..campaign.trouble import CampaignError
from ..config import Config, load_config
from ..definition import BrokenDefinitionError
from .collect_report import json_pieces, say_all, worst
from .definitions import BrokenFileError
from .output import CANNOT_WRITE, to_stdout
from .passwords import password_for
from .progress import Progress
from .roster_mistakes import list_mistakes
from .speech import Command, Speech
from .stopping import INTERRUPTED, stoppable
from .trouble import CampaignClickError


class Wishes(NamedTuple):
    """What the command line asks for."""

    sources: tuple[str, ...]
    folder: Path
    since: datetime.date | None
    jobs: int
    again: bool
    layout: str
    password_file: str | None
    insecure: bool
    no_fsync: bool
    network: bool
    quiet: bool


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    flags = (
        (
            "again",
            "已收的也重新核验，已知的邮件和压缩包重新打开。",
            "judge again what is known, open known mails again",
        ),
        ("insecure", "IMAP 不加密；只能用于本机 127.0.0.1。", "IMAP without encryption; this machine (127.0.0.1) only"),
        (
            "no-fsync",
            "不等数据落盘，较快；断电后要再收一次。",
            "do not wait for the disk; after a power cut, run again",
        ),
        ("network", "文件夹在网络共享上也用。", "allow a network share"),
        ("quiet", "只显示合计，不显示进度。", "the sums only, and no progress"),
    )
    return Command(
        "collect",
        say,
        partial(run, say),
        (
            "收取报回的表并核验。SOURCE 是文件、文件夹、压缩包、.eml、.mbox，或 imap（见 perfxl.toml）。"
            "原件原样保存在 returns/；重复收取不会改变任何东西。",
            "Take returns in and judge them. SOURCE is a file, a folder, a zip, an .eml, an .mbox, or imap (see "
            "perfxl.toml). Originals are kept unchanged in returns/; collecting again changes nothing.",
        ),
        [
            click.Argument(["sources"], metavar="SOURCE...", nargs=-1),
            click.Option(
                ["--campaign", "folder"],
                metavar="DIR",
                default=".",
                help=say("填报任务文件夹（默认当前）。", "the campaign folder (here)"),
            ),
            click.Option(
                ["--since"],
                type=click.DateTime(["%Y-%m-%d"]),
                metavar="DAY",
                help=say("信箱里只看这一天以来的。", "of a mailbox only what came since that day"),
            ),
            click.Option(
                ["--jobs"],
                type=click.IntRange(0, 64),
                default=0,
                metavar="N",
                help=say("核验的进程数（默认自动）。", "processes that judge (0: as many as pay)"),
            ),
            click.Option(
                ["--format", "layout"],
                type=click.Choice(["text", "json"]),
                default="text",
                help=say("输出格式（默认 text）。", "output format (text)"),
            ),
            click.Option(
                ["--password-file"],
                metavar="FILE",
                help=say("信箱的授权码在这个文件里。", "the file that holds the mailbox's password"),
            ),
            *(click.Option([f"--{name}"], is_flag=True, help=say(zh, en)) for name, zh, en in flags),
        ],
    )


def run(say: Speech, folder: str, since: datetime.datetime | None, **given: object) -> int:
    """Keep what was found, judge what is due, tell what came of it."""
    wishes = Wishes(folder=Path(folder), since=since.date() if since else None, **given)  # type: ignore[arg-type]
    if not wishes.sources and not wishes.again:
        raise click.UsageError(say("请给出来源：文件、文件夹或 imap。", "give a source: a file, a folder or imap"))
    for source in wishes.sources:
        if not is_mailbox(source) and not Path(source).exists():
            raise click.UsageError(say(f"没有这个文件或文件夹：{source}", f"no such file or folder: {source}"))
    try:
        campaign = read_campaign(wishes.folder)
        form = campaign.load_form()
        config = campaign_config(wishes.folder, say)
        plan = read_plan(campaign, form, indicators=False)
        with Ledger.open(wishes.folder, "collect", network=wishes.network) as ledger:
            sweep(wishes.folder / FOLDER)
            since_mark = mark(ledger)
            judge = judge_for(campaign, form, plan, ledger, config)
            gc.set_threshold(5_000, 20, 20)
            with stoppable(say) as stop:
                taken, full = _take(say, wishes, ledger, stop)
                due = Due(ledger, again=wishes.again)
                with Progress("核验", "judging", len(due), say, quiet=wishes.quiet) as bar:
                    outcome = judge_due(ledger, judge, due, jobs=wishes.jobs, step=bar.step, stop=stop)
                stopped = stop()
            code = _tell(say, wishes, ledger, plan, since_mark, taken, outcome)
    except RosterError as error:
        return list_mistakes(say, error)
    except BrokenDefinitionError as error:
        raise BrokenFileError([error], say) from error
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    if full is not None:
        raise CampaignClickError(_disk_full(full), say)
    if stopped:
        click.echo(say("已中断；再运行一次即接着做。", "Interrupted; run it again to carry on."), err=True)
        return INTERRUPTED
    return code


def campaign_config(folder: Path, say: Speech) -> Config:
    """How the campaign judges: its own ``perfxl.toml``."""
    try:
        return load_config(str(folder / SETTINGS))
    except OSError as error:
        raise click.UsageError(say(f"读不了 {SETTINGS}：{error}", f"cannot read {SETTINGS}: {error}")) from error


def _take(say: Speech, wishes: Wishes, ledger: Ledger, stop: Callable[[], bool]) -> tuple[Taken, DiskFullError | None]:
    """All the sources, one after the other; a full disk ends it, and what was taken is judged all the same."""
    with Progress("收取", "taking in", 0, say, quiet=wishes.quiet) as bar, ExitStack() as open_boxes:

        def step() -> None:
            bar(bar.done + 1, bar.done + 1)

        taker = Taker(ledger, durable=not wishes.no_fsync, again=wishes.again, step=step)
        try:
            for source in wishes.sources:
                if stop():
                    break
                taker.take(_found(say, wishes, source, taker, open_boxes), stop)
        except DiskFullError as error:
            return taker.taken, error
        return taker.taken, None


def _found(say: Speech, wishes: Wishes, source: str, taker: Taker, open_boxes: ExitStack) -> Iterator[Find]:
    if not is_mailbox(source):
        return finds(Path(source), wishes.folder)
    from ..campaign.imap import Postbox  # most returns need nothing of it

    place = place_of(source, wishes.folder)
    password = password_for(
        say, place.account.login, wishes.password_file, ask=not wishes.insecure, variables=place.account.variables
    )
    box = open_boxes.enter_context(Postbox.open(place.account, password or "", insecure=wishes.insecure))
    return mail_finds(box, place, wishes.since, taker.knows_message)


def _disk_full(error: DiskFullError) -> CampaignError:
    return CampaignError(
        "DISK_FULL",
        f"磁盘已满（{error.strerror}）。已收取的都完好；请腾出空间，再运行一次即接着收。",
        f"The disk is full ({error.strerror}). What was taken is whole; make room and run again to carry on.",
    )


def _tell(say: Speech, wishes: Wishes, ledger: Ledger, plan: Plan, since: Mark, taken: Taken, outcome: Outcome) -> int:
    if wishes.layout == "json":
        to_stdout(json_pieces(ledger, since, taken, outcome, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())))
    else:
        say_all(say, ledger, plan, since, taken, outcome, brief=wishes.quiet)
    return CANNOT_WRITE if taken.refused or outcome.spoilt else worst(ledger, since)
