"""``perfxl send``: the workbooks of a campaign by mail. A rehearsal unless ``--send`` is given."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from ..campaign.drafting import Prepared, prepare
from ..campaign.enclosing import Issued
from ..campaign.ledger import Ledger
from ..campaign.letters import Order
from ..campaign.mailbox import read_mailbox
from ..campaign.outbox import Outbox, Row
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import Campaign, read_campaign, read_key
from ..campaign.stationery import supply_templates
from ..campaign.trouble import CampaignError
from .doubts import look_for_doubts, resolve, say_doubts
from .output import CANNOT_WRITE
from .progress import Progress
from .roster_mistakes import list_mistakes
from .sending import REFUSED, SHOWN, Wishes, address_of, confirm, deliver, say_more, say_not_sent, say_recovered
from .speech import Command, Speech
from .targets import unit_codes
from .trouble import CampaignClickError


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    flags = (
        ("send", "真正发送；不加则只演练，写出 .eml。", "really send; else only write .eml"),
        ("yes", "不再询问邮件数。", "do not ask for the number of messages"),
        ("again", "发送后改过的、被拒收的，再发一次。", "again what has changed since, or was refused"),
        ("allow-shared", "几个单位可共用一个地址。", "several units may have one address"),
        ("resolve", "列出不确定是否送达的邮件，逐封处理。", "list the messages that are uncertain, and decide of each"),
        ("imap", "到“已发送”或存档信箱里找不确定的邮件，找到即送达。", "look for them in the sent or archive mailbox"),
        ("insecure", "不加密；只能用于本机 127.0.0.1。", "without encryption; this machine (127.0.0.1) only"),
        ("network", "文件夹在网络共享上也用。", "allow a network share"),
        ("quiet", "不显示进度。", "no progress"),
    )  # fmt: skip
    values = (
        (["--only"], "UNIT", True, "只发这个单位，可多次给出。", "this unit alone; repeatable"),
        (["--to-me"], "ADDRESS", False, "都发到我的地址试看；不算下发。", "everything to myself; not the sending"),
        (["--mark-sent"], "UNIT", True, "不确定的那封已送达（查证之后）。", "the uncertain message did arrive"),
        (["--resend"], "UNIT", True, "不确定的那封没有送达，重新排队。", "it did not arrive: queue it again"),
        (["--bcc-archive"], "ADDRESS", False, "每封抄一份到这个地址，收件人看不到。", "a copy of each message, unseen"),
        (["--password-file"], "FILE", False, "授权码在这个文件里。", "the file that holds the password"),
    )  # fmt: skip
    params: list[click.Parameter] = [click.Argument(["folder"], metavar="[DIR]", default=".")]
    params.append(click.Option(["--send"], is_flag=True, help=say(*flags[0][1:])))
    params.append(
        click.Option(["--limit"], type=click.IntRange(1), metavar="N", help=say("至多发 N 封。", "at most N messages"))
    )
    for names, metavar, multiple, zh, en in values:
        params.append(click.Option(names, metavar=metavar, multiple=multiple, help=say(zh, en)))
    params += [click.Option([f"--{name}"], is_flag=True, help=say(zh, en)) for name, zh, en in flags[1:]]
    return Command(
        "send",
        say,
        partial(run, say),
        (
            "把生成的表发给各单位，每个单位一封。默认是演练：在 outbox 写出与将要发送的完全相同的 .eml 文件。",
            "Send the workbooks to their units, one message each. A rehearsal by default: "
            "outbox holds the very messages that --send would send.",
        ),
        params,
    )


def run(say: Speech, folder: str, **given: object) -> int:
    """Prepare the messages; with ``--send``, send them."""
    doubts = {name: given.pop(name) for name in ("resolve", "imap", "mark_sent", "resend")}
    texts = {name: given[name] or "" for name in ("to_me", "bcc_archive")}
    wishes = Wishes(Path(folder), **{**given, **texts})  # type: ignore[arg-type]
    try:
        campaign = read_campaign(wishes.folder)
        with Ledger.open(wishes.folder, "send", network=wishes.network) as ledger:
            outbox = Outbox(ledger, campaign.id)
            say_recovered(say, outbox)
            if doubts["imap"]:
                look_for_doubts(say, outbox, wishes)
            if any(doubts.values()):
                return resolve(say, outbox, doubts["mark_sent"], doubts["resend"])  # type: ignore[arg-type]
            code = _prepare_and_send(say, wishes, campaign, ledger, outbox)
            say_doubts(say, outbox, wishes.folder)
    except RosterError as error:
        return list_mistakes(say, error)
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    return code


def _prepare_and_send(say: Speech, wishes: Wishes, campaign: Campaign, ledger: Ledger, outbox: Outbox) -> int:
    form = campaign.load_form()
    mailbox = read_mailbox(wishes.folder)
    if wishes.bcc_archive:
        mailbox = replace(mailbox, archive=address_of(say, "--bcc-archive", wishes.bcc_archive))
    plan = read_plan(campaign, form)
    supply_templates(wishes.folder)
    issued = Issued(
        campaign=campaign.id,
        key=read_key(wishes.folder),
        plan=plan,
        entries=ledger.latest("issued"),
        folder=wishes.folder,
    )
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
    with Progress("写信", "writing", len(order.only) or len(plan.units), say, quiet=wishes.quiet) as bar:
        prepared = prepare(issued, outbox, order, bar.step)
    rows = prepared.rows[: wishes.limit]
    _say_prepared(say, prepared, rows, issued, wishes)
    if rows and mailbox.archive and not order.to_me:
        archive = mailbox.archive
        click.echo(
            say(
                f"每封另抄一份到 {archive}（收件人看不到）。",
                f"A copy of each goes to {archive}, unseen by the recipients.",
            )
        )
    code = CANNOT_WRITE if prepared.problems else REFUSED if prepared.refused else 0
    if not rows:
        return code
    if not wishes.send:
        click.echo(
            say(
                f"这是演练：没有连接服务器，没有发出任何邮件。邮件在 {wishes.folder / 'outbox'}，可双击打开查看。\n"
                "确认无误后加 --send 发送；可先用 --to-me 自己的地址 --send 试发。",
                f"A rehearsal: no server was asked, nothing was sent. The messages are in {wishes.folder / 'outbox'}.\n"
                "When they are right, --send sends them; --to-me ADDRESS --send sends them to you first.",
            )
        )
        return code
    confirm(say, wishes, rows)
    return max(code, deliver(say, wishes, ledger, outbox, mailbox, issued, rows))


def _say_prepared(say: Speech, prepared: Prepared, rows: list[Row], issued: Issued, wishes: Wishes) -> None:
    for row in rows[:SHOWN]:
        unit = issued.plan.unit(row.unit)
        name = unit.name if unit else ""
        files = len(row.enclosures)
        click.echo(f"  {row.unit} {name}  {say('、', ', ').join(row.recipients)}")
        click.echo(
            say(
                f"      {files} 个附件，{row.size / 1000:.0f} KB  {row.file}",
                f"      {files} attachment{'s' * (files != 1)}, {row.size / 1000:.0f} kB  {row.file}",
            )
        )
    say_more(say, rows)
    if rows:
        _say_sum(say, rows)
    if prepared.complete:
        click.echo(
            say(f"{prepared.complete} 个单位已经发过，不再发送。", f"{prepared.complete} units have had theirs.")
        )
    if prepared.changed:
        codes = "、".join(prepared.changed[:SHOWN])
        click.echo(
            say(
                f"{len(prepared.changed)} 个单位的表发送之后又改过：{codes}。要重新发送请加 --again。",
                f"{len(prepared.changed)} units changed after they were sent: {codes}. --again sends them again.",
            )
        )
    say_not_sent(say, prepared.refused, prepared.problems)


def _say_sum(say: Speech, rows: list[Row]) -> None:
    units, addresses = len({row.unit for row in rows}), len({to for row in rows for to in row.recipients})
    total = sum(row.size for row in rows) / 1_000_000
    click.echo(
        say(
            f"{units} 个单位，{len(rows)} 封邮件，{addresses} 个地址，共 {total:.1f} MB。",
            f"{units} unit{'s' * (units != 1)}, {len(rows)} message{'s' * (len(rows) != 1)}, "
            f"{addresses} address{'es' * (addresses != 1)}, {total:.1f} MB in all.",
        )
    )
