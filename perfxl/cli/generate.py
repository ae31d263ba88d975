"""``perfxl generate``: from the roster to the workbooks."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import click

from ..campaign.bundle import bundle
from ..campaign.issue import Press, issue, left_over
from ..campaign.ledger import Ledger
from ..campaign.placing import DiskFullError, sweep
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import ISSUED, read_campaign, read_key
from ..campaign.trouble import CampaignError
from ..campaign.works import Works, works_of
from .output import CANNOT_WRITE
from .progress import Progress
from .roster_mistakes import list_mistakes
from .speech import Command, Speech
from .stopping import INTERRUPTED, stoppable
from .tally import Tally
from .targets import unit_codes
from .trouble import CampaignClickError

ROOM = 60_000
"""Bytes of disk that a workbook may take until all is done: twice its size."""
_SHOWN = 20


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "generate",
        say,
        partial(run, say),
        (
            "按花名册生成下发的表：每个项目一个文件（或每个单位一个，见 perfxl.toml）。可随时中断，再运行即接着做。",
            "Make the workbooks of a campaign from its roster, one a project (or one a unit, see perfxl.toml). "
            "It may be interrupted at any time; run it again and it carries on.",
        ),
        [
            click.Argument(["folder"], metavar="[DIR]", default="."),
            click.Option(
                ["--only"],
                multiple=True,
                metavar="UNIT",
                help=say("只做这个单位（代码或名称），可多次给出。", "this unit alone (code or name); repeatable"),
            ),
            click.Option(
                ["--jobs"],
                type=click.IntRange(0, 64),
                default=1,
                metavar="N",
                help=say("并行的进程数；0 为合适的个数。", "processes; 0 is as many as pay"),
            ),
            click.Option(
                ["--zip", "wants_zip"],
                is_flag=True,
                help=say("另给每个单位一个压缩包。", "a zip for each unit besides"),
            ),
            click.Option(
                ["--no-fsync"],
                is_flag=True,
                help=say(
                    "不等数据落盘，较快；断电时可能要重做。", "do not wait for the disk; after a power cut, run again"
                ),
            ),
            click.Option(["--network"], is_flag=True, help=say("文件夹在网络共享上也用。", "allow a network share")),
            click.Option(["--quiet"], is_flag=True, help=say("不显示进度。", "no progress")),
        ],
    )


def run(
    say: Speech,
    folder: str,
    only: tuple[str, ...],
    jobs: int,
    wants_zip: bool,
    no_fsync: bool,
    network: bool,
    quiet: bool,
) -> int:
    """Read the roster; where it is right, make what is missing or has changed."""
    place = Path(folder)
    try:
        campaign = read_campaign(place)
        form = campaign.load_form()
        key = read_key(place)
        plan = read_plan(campaign, form)
        works = works_of(campaign, form, plan)
        chosen = works.of_units(set(unit_codes(say, only, plan))) if only else works
        with Ledger.open(place, "generate", network=network) as ledger:
            sweep(place / ISSUED)
            _must_have_room(place, len(chosen), say)
            press = Press(
                form=form, year=campaign.fiscal_year, campaign=campaign.id, key=key, password=campaign.password
            )
            code = _make(say, ledger, press, chosen, jobs=jobs, durable=not no_fsync, quiet=quiet)
            if code == 0 and wants_zip:
                code = _zip(say, place, chosen, durable=not no_fsync)
            _say_left_over(say, ledger, works)
            if code == 0 and len(chosen):
                _say_next(say, folder)
    except RosterError as error:
        return list_mistakes(say, error)
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    return code


def _must_have_room(place: Path, count: int, say: Speech) -> None:
    need = count * ROOM
    free = shutil.disk_usage(place).free
    if free < need:
        raise CampaignError(
            "DISK_FULL",
            f"磁盘只剩 {free // 1_000_000} MB，可能需要 {need // 1_000_000 + 1} MB，没有开始。请腾出空间后重试。",
            f"The disk has {free // 1_000_000} MB left and {need // 1_000_000 + 1} MB may be needed: nothing begun. "
            "Make room and try again.",
        )


def _make(say: Speech, ledger: Ledger, press: Press, works: Works, *, jobs: int, durable: bool, quiet: bool) -> int:
    tally = Tally(len(works))
    full: DiskFullError | None = None
    with stoppable(say) as stopped, Progress("生成", "making", len(works), say, quiet=quiet) as bar:
        try:
            for outcome in issue(ledger, press, works, jobs=jobs, durable=durable, stop=stopped):
                tally.add(outcome)
                bar.step()
        except DiskFullError as error:
            full = error
        except KeyboardInterrupt:
            pass
    tally.say(say)
    if full is not None:
        click.echo(
            say(
                f"磁盘已满（{full.strerror}）。已生成的都完好；请腾出空间，再运行一次即接着做。",
                f"The disk is full ({full.strerror}). What was made is whole; make room and run again to carry on.",
            ),
            err=True,
        )
        return CANNOT_WRITE
    if tally.done < tally.total:
        click.echo(
            say(
                f"已中断：完成 {tally.done} / {tally.total}。再运行 perfxl generate {ledger.folder} 即接着做。",
                f"Interrupted: {tally.done} of {tally.total} done. Run perfxl generate {ledger.folder} to carry on.",
            ),
            err=True,
        )
        return INTERRUPTED
    return CANNOT_WRITE if tally.wrong else 0


def _zip(say: Speech, place: Path, works: Works, *, durable: bool) -> int:
    code, written = 0, 0
    try:
        for made in bundle(place, works, durable=durable):
            written += made.state == "written"
            if made.state in ("theirs", "failed"):
                code = CANNOT_WRITE
                click.echo(f"  {made.file}  {say(made.zh, made.en)}", err=True)
    except OSError as error:
        click.echo(say(f"写不了压缩包：{error.strerror}", f"cannot write the zips: {error.strerror}"), err=True)
        return CANNOT_WRITE
    click.echo(say(f"压缩包：新写 {written} 个，在 {place / ISSUED}", f"Zips: {written} written, in {place / ISSUED}"))
    return code


def _say_left_over(say: Speech, ledger: Ledger, works: Works) -> None:
    files = left_over(ledger, works)
    if not files:
        return
    click.echo(
        say(
            f"{len(files)} 个以前生成的文件已不在花名册里，没有动它们；不用的请自行移走：",
            f"{len(files)} workbooks of before are no longer in the roster and were left alone; move them if need be:",
        )
    )
    for file in files[:_SHOWN]:
        click.echo(f"  {file}")


def _say_next(say: Speech, folder: str) -> None:
    shown = f'"{folder}"' if " " in folder else folder
    click.echo(
        say(
            f"下一步：perfxl send {shown}（演练：写出要发的邮件，什么也不发出；看过无误再加 --send）",
            f"Next: perfxl send {shown}  (a rehearsal: it writes the messages and sends nothing; "
            "add --send when they are right)",
        )
    )
