"""``perfxl consolidate``: from the returns of a campaign to the consolidated workbook 汇总."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import cast

import click

from ..campaign.consolidation.accounts import read_accounts
from ..campaign.consolidation.compiling import headline, left_out
from ..campaign.consolidation.consolidating import Consolidated, Wish, consolidate, usual_place
from ..campaign.consolidation.counting import Terms, Unit
from ..campaign.consolidation.earlier import earlier_digests
from ..campaign.consolidation.season import Season
from ..campaign.consolidation.tables import Format
from ..campaign.consolidation.words import reason
from ..campaign.ledger import Ledger
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import SETTINGS, read_campaign
from ..campaign.trouble import CampaignError
from ..config import load_config
from ..definition import BrokenDefinitionError
from ..finding import Status
from .progress import Progress
from .roster_mistakes import list_mistakes
from .speech import Command, Speech
from .trouble import CampaignClickError

_SHOWN = 20
_STATES = {"new": ("已写", "written"), "changed": ("已更新", "renewed"), "unchanged": ("未变", "unchanged")}


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "consolidate",
        say,
        partial(run, say),
        (
            "把收回的表汇总成一个工作簿：每个项目一行，按单位、部门合计，附图表和问题统计；未计入的逐个列明。",
            "Add the returns up in one workbook: a line a project, totals by unit and department, charts, the faults "
            "of the season; whatever does not count is named.",
        ),
        [
            click.Argument(["folder"], metavar="[DIR]", default="."),
            click.Option(
                ["-o", "--output", "out"],
                metavar="FILE",
                help=say("写到这里；默认在任务文件夹的 consolidated 里。", "where to; else to consolidated/"),
            ),
            click.Option(
                ["--include"],
                multiple=True,
                type=click.Choice(["fail"]),
                help=say(
                    "fail：核验有错误、未经通过的表也计入。默认计入通过、有提示的和经审核通过的。",
                    "fail: forms with errors count, too. By default those that passed, have notes, or were accepted",
                ),
            ),
            click.Option(
                ["--accepted-only"],
                is_flag=True,
                help=say("只计入经审核通过的表。", "count only what was accepted"),
            ),
            click.Option(
                ["--unit"],
                type=click.Choice(["元", "万元"]),
                help=say("金额单位；默认为表样的单位。", "the unit of amounts; that of the form by default"),
            ),
            click.Option(
                ["--tables"],
                multiple=True,
                type=click.Choice(["csv", "parquet"]),
                help=say(
                    "另写数据表（项目、指标、问题各一张），可给两次。",
                    "tables besides (projects, indicators, findings); may be given twice",
                ),
            ),
            click.Option(
                ["--accounts"],
                metavar="FILE",
                help=say(
                    "决算（账面）数的表（xlsx 或 csv），逐项目核对（规则 M13）。",
                    "the finance department's figures (xlsx or csv), compared project by project (rule M13)",
                ),
            ),
            click.Option(
                ["--earlier"],
                metavar="DIR",
                help=say("上一年度的任务文件夹，核对衔接（规则 C07）。", "the campaign of the year before (rule C07)"),
            ),
            click.Option(["--quiet"], is_flag=True, help=say("不显示进度。", "no progress")),
            click.Option(["--network"], is_flag=True, help=say("文件夹在网络共享上也用。", "allow a network share")),
        ],
    )


def run(
    say: Speech,
    folder: str,
    out: str | None,
    include: tuple[str, ...],
    accepted_only: bool,
    unit: str | None,
    tables: tuple[str, ...],
    accounts: str | None,
    earlier: str | None,
    quiet: bool,
    network: bool,
) -> int:
    """Add up, and say what counts and what does not."""
    place = Path(folder)
    if include and accepted_only:
        raise click.UsageError(
            say("--include 与 --accepted-only 不能同用。", "--include and --accepted-only exclude each other.")
        )
    if out and not out.lower().endswith(".xlsx"):
        raise click.UsageError(say(f"{out}：文件名应以 .xlsx 结尾。", f"{out}: the name should end with .xlsx."))
    try:
        campaign = read_campaign(place)
        form = campaign.load_form()
        config = load_config(str(place / SETTINGS))
        plan = read_plan(campaign, form, indicators=False)
        statuses: set[Status] = {"pass", "notes", *cast("tuple[Status, ...]", include)}
        terms = Terms(
            statuses=frozenset(statuses), accepted_only=accepted_only, unit=cast(Unit, unit or form.currency_unit)
        )
        with ExitStack() as undo:
            wish = Wish(
                out=Path(out) if out else usual_place(place, say.lang),
                terms=terms,
                lang=say.lang,
                earlier=undo.enter_context(earlier_digests(Path(earlier), campaign.fiscal_year)) if earlier else None,
                accounts=read_accounts(Path(accounts), plan, form) if accounts else None,
                tables=tuple(dict.fromkeys(cast("tuple[Format, ...]", tables))),
            )
            ledger = undo.enter_context(Ledger.open(place, "consolidate", network=network))
            bar = undo.enter_context(Progress("汇总", "consolidating", len(plan.tasks), say, quiet=quiet))
            made = consolidate(ledger, campaign, form, plan, wish, config=config, step=bar.step)
        with made.frame.season:
            _report(say, made, terms)
    except RosterError as error:
        return list_mistakes(say, error)
    except BrokenDefinitionError as error:
        raise click.UsageError(str(error)) from error
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    return 0


def _report(say: Speech, made: Consolidated, terms: Terms) -> None:
    season, at = made.frame.season, made.frame.at
    click.echo(headline(season, terms, at))
    click.echo(left_out(season, at))
    _name_left_out(say, season, at)
    click.echo(made.frame.about[2])
    for pair in season.notes[:_SHOWN]:
        click.echo(say(*pair))
    for path, state in made.files.items():
        click.echo(f"{say(*_STATES[state])}  {path}")


def _name_left_out(say: Speech, season: Season, at: int) -> None:
    out = [each for each in season.projects if not each.counts]
    for each in out[:_SHOWN]:
        click.echo(f"  {each.assignment}  {each.unit_name} · {each.name}  {reason(each, at)}")
    if len(out) > _SHOWN:
        more = len(out) - _SHOWN
        click.echo(say(f"  …另有 {more} 个，见工作簿", f"  … and {more} more, in the workbook"))
    if season.beside:
        count = len(season.beside)
        click.echo(
            say(
                f"另有 {count} 份收到的表不作数（无法核验、对不上项目、已有更新的一份等），见工作簿。",
                f"{count} returns besides count for nothing (not judged, unmatched, superseded …): see the workbook.",
            )
        )
