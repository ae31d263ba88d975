"""Decisions of the officer on the command line: what they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ..campaign.decisions import reopen
from ..campaign.ledger import Ledger
from ..campaign.plan import Label, Plan
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import read_campaign
from ..campaign.standing import Standing, standings
from ..campaign.trouble import CampaignError
from .roster_mistakes import list_mistakes
from .speech import Speech
from .targets import tasks_meant
from .trouble import CampaignClickError

REFUSED = 1
"""Exit code: something named could not be decided so."""

Words = tuple[str, str]
Decide = Callable[[Ledger, Label, Standing], Words | None]
"""Write the decision down; why it is refused, in both languages, or ``None``."""


def params(say: Speech, *more: click.Parameter) -> list[click.Parameter]:
    """The arguments and options that every decision has."""
    return [
        click.Argument(["targets"], metavar="TARGET...", nargs=-1),
        click.Option(
            ["--campaign", "folder"],
            metavar="DIR",
            default=".",
            help=say("填报任务文件夹（默认当前）。", "the campaign folder (here)"),
        ),
        *more,
        click.Option(
            ["--undo"],
            is_flag=True,
            help=say("撤回以前的决定（历史里都留着）。", "take back what was decided (the history keeps both)"),
        ),
        click.Option(["--network"], is_flag=True, help=say("文件夹在网络共享上也用。", "allow a network share")),
    ]


def decided(
    say: Speech, command: str, folder: str, targets: Sequence[str], decide: Decide, done: Words, *, network: bool,
    undo: bool, every: bool = False,
) -> int:  # fmt: skip
    """Decide of each target in one commit; say of each what was done. ``every``: without a target, all of the
    roster, those passed over in silence of which it cannot be decided."""
    place = Path(folder)
    if not targets and not every:
        raise click.UsageError(say("请给出编号或单位。", "name an assignment or a unit"))
    try:
        campaign = read_campaign(place)
        plan = read_plan(campaign, campaign.load_form(), indicators=False)
        tasks = tasks_meant(say, targets, plan) if targets else list(plan.labels())
        with Ledger.open(place, command, network=network) as ledger:
            known = {each.assignment: each for each in standings(ledger)}
            count, refused = 0, list[tuple[Label, Words]]()
            with ledger.writing():
                for task in tasks:
                    name = task.id
                    standing = known.get(name) or Standing(assignment=name, unit=task.unit)
                    why = _undone(ledger, task, standing) if undo else decide(ledger, task, standing)
                    if why is None:
                        count += 1
                    elif targets:
                        refused.append((task, why))
    except RosterError as error:
        return list_mistakes(say, error)
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    words = ("已撤回", "taken back") if undo else done
    click.echo(say(f"{words[0]} {count} 份。", f"{count} {words[1]}."))
    for task, why in refused:
        click.echo(f"  {_shown(task, plan)}  {say(*why)}", err=True)
    return REFUSED if refused else 0


def _undone(ledger: Ledger, task: Label, standing: Standing) -> Words | None:
    if standing.decision is None and standing.lapsed is None:
        return "没有可撤回的决定", "nothing was decided"
    reopen(ledger, task.id, unit=task.unit)
    return None


def _shown(task: Label, plan: Plan) -> str:
    unit = plan.unit(task.unit)
    return f"{task.id} {unit.name if unit else task.unit} {task.project}".rstrip()


def not_empty(say: Speech, name: str, text: str) -> str:
    """A reason or a name that says something. Raises a usage error."""
    found = " ".join(text.split())
    if not found or len(found) > 500:
        raise click.UsageError(
            say(f"--{name} 不可为空，也不可超过 500 字。", f"--{name} should say something, in 500 characters at most")
        )
    return found
