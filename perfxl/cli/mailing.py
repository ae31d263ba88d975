"""Answers and reminders on the command line: what they share with each other and with ``send``.

A rehearsal unless ``--send`` is given; confirmed by the number of messages; carried by the same courier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from ..campaign.drafting import Prepared
from ..campaign.enclosing import Issued
from ..campaign.ledger import Ledger
from ..campaign.letters import Order
from ..campaign.mailbox import Mailbox, read_mailbox
from ..campaign.outbox import Outbox, Row, is_mention
from ..campaign.plan import Plan
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import Campaign, read_campaign, read_key
from ..campaign.stationery import supply_templates
from ..campaign.trouble import CampaignError
from ..form import Form
from .doubts import say_doubts
from .output import CANNOT_WRITE
from .roster_mistakes import list_mistakes
from .sending import REFUSED, SHOWN, Prover, Wishes, address_of, confirm, deliver, say_more, say_not_sent, say_recovered
from .speech import Speech
from .targets import unit_codes
from .trouble import CampaignClickError


class Desk(NamedTuple):
    """All that a letter is written with."""

    campaign: Campaign
    form: Form
    plan: Plan
    mailbox: Mailbox
    ledger: Ledger
    outbox: Outbox
    issued: Issued
    order: Order


Write = Callable[[Desk], tuple[Prepared, Prover]]


def mail_params(say: Speech, *more: click.Parameter) -> list[click.Parameter]:
    """The arguments and options of a command that mails."""
    flags = (
        ("yes", "不再询问邮件数。", "do not ask for the number of messages"),
        ("again", "答复过的、被拒收的，再发一次。", "again what was refused, or answered already"),
        ("allow-shared", "几个单位可共用一个地址。", "several units may have one address"),
        ("insecure", "不加密；只能用于本机 127.0.0.1。", "without encryption; this machine (127.0.0.1) only"),
        ("network", "文件夹在网络共享上也用。", "allow a network share"),
        ("quiet", "不显示进度。", "no progress"),
    )
    return [
        click.Argument(["folder"], metavar="[DIR]", default="."),
        click.Option(
            ["--send"],
            is_flag=True,
            help=say("真正发送；不加则只演练。", "really send; else only write .eml"),
        ),
        click.Option(["--limit"], type=click.IntRange(1), metavar="N", help=say("至多发 N 封。", "at most N messages")),
        click.Option(
            ["--only"],
            metavar="UNIT",
            multiple=True,
            help=say("只发这个单位，可多次给出。", "this unit alone; repeatable"),
        ),
        click.Option(
            ["--to-me"],
            metavar="ADDRESS",
            default="",
            help=say("都发到我的地址试看；不算数。", "everything to myself, to look at it"),
        ),
        *more,
        click.Option(
            ["--password-file"],
            metavar="FILE",
            help=say("授权码在这个文件里。", "the file that holds the password"),
        ),
        *(click.Option([f"--{name}"], is_flag=True, help=say(zh, en)) for name, zh, en in flags),
    ]


def run_mailing(say: Speech, command: str, kind: str, folder: str, given: Mapping[str, object], write: Write) -> int:
    """Write the letters, show them, and with ``--send`` send them; the exit code."""
    wishes = Wishes(folder=Path(folder), bcc_archive="", **given)  # type: ignore[arg-type]
    try:
        campaign = read_campaign(wishes.folder)
        with Ledger.open(wishes.folder, command, network=wishes.network) as ledger:
            outbox = Outbox(ledger, campaign.id)
            say_recovered(say, outbox)
            code = _written(say, wishes, _desk(say, wishes, campaign, ledger, outbox, kind), command, write)
            say_doubts(say, outbox, wishes.folder)
    except RosterError as error:
        return list_mistakes(say, error)
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    return code


def _desk(say: Speech, wishes: Wishes, campaign: Campaign, ledger: Ledger, outbox: Outbox, kind: str) -> Desk:
    form = campaign.load_form()
    mailbox = read_mailbox(wishes.folder)
    plan = read_plan(campaign, form, indicators=False)
    supply_templates(wishes.folder, [kind])
    issued = Issued(
        campaign=campaign.id, key=read_key(wishes.folder), plan=plan, entries=ledger.latest("issued"),
        folder=wishes.folder,
    )  # fmt: skip
    order = Order(
        campaign=campaign.id,
        mailbox=mailbox,
        lang=mailbox.language or say.lang,
        title=form.title,
        only=unit_codes(say, wishes.only, plan),
        again=wishes.again,
        to_me=address_of(say, "--to-me", wishes.to_me),
        shared=wishes.allow_shared or campaign.allow_shared_addresses,
    )
    return Desk(campaign, form, plan, mailbox, ledger, outbox, issued, order)


def _written(say: Speech, wishes: Wishes, desk: Desk, command: str, write: Write) -> int:
    prepared, proof = write(desk)
    rows = prepared.rows[: wishes.limit]
    _say_rows(say, desk, rows)
    _say_rest(say, prepared)
    code = CANNOT_WRITE if prepared.problems else REFUSED if prepared.refused else 0
    if not rows:
        if not prepared.problems and not prepared.refused:
            click.echo(say("没有要发的邮件。", "There is nothing to send."))
        return code
    if not wishes.send:
        click.echo(
            say(
                f"这是演练：没有连接服务器，没有发出任何邮件。邮件在 {wishes.folder / 'outbox'}，可双击打开查看。\n"
                f"确认无误后加 --send 发送（perfxl {command} {wishes.folder} --send）。",
                f"A rehearsal: no server was asked, nothing was sent. The messages are in {wishes.folder / 'outbox'}.\n"
                f"When they are right: perfxl {command} {wishes.folder} --send.",
            )
        )
        return code
    confirm(say, wishes, rows)
    mailbox = replace(desk.mailbox, archive="") if desk.order.to_me else desk.mailbox
    return max(code, deliver(say, wishes, desk.ledger, desk.outbox, mailbox, proof, rows))


def _say_rows(say: Speech, desk: Desk, rows: list[Row]) -> None:
    for row in rows[:SHOWN]:
        unit = desk.plan.unit(row.unit)
        files = sum(not is_mention(each) for each in row.enclosures)
        about = len({assignment for each in row.enclosures for assignment in each.assignments})
        click.echo(f"  {row.unit} {unit.name if unit else ''}  {say('、', ', ').join(row.recipients)}")
        click.echo(
            say(
                f"      {about} 个项目，{files} 个附件  {row.file}",
                f"      {about} project{'s' * (about != 1)}, {files} attachment{'s' * (files != 1)}  {row.file}",
            )
        )
    say_more(say, rows)
    if rows:
        units = len({row.unit for row in rows})
        click.echo(
            say(
                f"{units} 个单位，{len(rows)} 封邮件。",
                f"{units} unit{'s' * (units != 1)}, {len(rows)} message{'s' * (len(rows) != 1)}.",
            )
        )


def _say_rest(say: Speech, prepared: Prepared) -> None:
    if prepared.complete:
        click.echo(
            say(f"{prepared.complete} 个单位这一轮已经发过。", f"{prepared.complete} units had theirs this round.")
        )
    say_not_sent(say, prepared.refused[:SHOWN], prepared.problems)
