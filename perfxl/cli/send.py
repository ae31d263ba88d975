"""``perfxl send``: the workbooks of a campaign by mail. A rehearsal unless ``--send`` is given."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..campaign.address import BadAddressError, checked
from ..campaign.enclosing import Issued
from ..campaign.ledger import Ledger
from ..campaign.mailbox import Mailbox, read_mailbox
from ..campaign.outbox import Outbox, Row
from ..campaign.roster import RosterError
from ..campaign.roster_plan import read_plan
from ..campaign.settings import read_campaign, read_key
from ..campaign.stationery import supply_templates
from ..campaign.trouble import CampaignError
from ..form import near
from .doubts import resolve, say_doubts
from .output import CANNOT_WRITE, is_terminal
from .roster_mistakes import list_mistakes
from .speech import Command, Speech
from .stopping import INTERRUPTED, stoppable
from .trouble import CampaignClickError

if TYPE_CHECKING:
    from ..campaign.delivery import Report, Told
    from ..campaign.drafting import Prepared

REFUSED = 1
"""Exit code: recipients were refused."""
_SHOWN = 20


class Wishes(NamedTuple):
    """What the command line asks for."""

    folder: Path
    send: bool
    limit: int | None
    only: tuple[str, ...]
    to_me: str
    yes: bool
    again: bool
    allow_shared: bool
    password_file: str | None
    insecure: bool
    network: bool
    quiet: bool


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    flags = (
        ("send", "真正发送；不加则只演练，写出 .eml。", "really send; else only write .eml"),
        ("yes", "不再询问邮件数。", "do not ask for the number of messages"),
        ("again", "发送后又改过的表，重新发送。", "send again what was changed after it was sent"),
        ("allow-shared", "几个单位可共用一个地址。", "several units may have one address"),
        ("resolve", "列出不确定是否送达的邮件，逐封处理。", "list the messages that are uncertain, and decide of each"),
        ("insecure", "不加密；只能用于本机 127.0.0.1。", "without encryption; this machine (127.0.0.1) only"),
        ("network", "文件夹在网络共享上也用。", "allow a network share"),
        ("quiet", "不显示进度。", "no progress"),
    )  # fmt: skip
    values = (
        (["--only"], "UNIT", True, "只发这个单位，可多次给出。", "this unit alone; repeatable"),
        (["--to-me"], "ADDRESS", False, "都发到我的地址试看；不算下发。", "everything to myself; not the sending"),
        (["--mark-sent"], "UNIT", True, "不确定的那封已送达（查证之后）。", "the uncertain message did arrive"),
        (["--resend"], "UNIT", True, "不确定的那封没有送达，重新排队。", "it did not arrive: queue it again"),
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
    doubts = {name: given.pop(name) for name in ("resolve", "mark_sent", "resend")}
    wishes = Wishes(Path(folder), **{**given, "to_me": given["to_me"] or ""})  # type: ignore[arg-type]
    try:
        campaign = read_campaign(wishes.folder)
        with Ledger.open(wishes.folder, "send", network=wishes.network) as ledger:
            outbox = Outbox(ledger, campaign.id)
            recovered = outbox.recover()
            if recovered.uncertain:
                click.echo(
                    say(
                        f"上次中断时有 {recovered.uncertain} 封正在发送，不确定是否送达。",
                        f"{recovered.uncertain} message(s) were on their way when the last run ended: uncertain.",
                    )
                )
            if any(doubts.values()):
                return resolve(say, outbox, doubts["mark_sent"], doubts["resend"])  # type: ignore[arg-type]
            code = _prepare_and_send(say, wishes, ledger, outbox)
            say_doubts(say, outbox, wishes.folder)
    except RosterError as error:
        return list_mistakes(say, error)
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    return code


def _prepare_and_send(say: Speech, wishes: Wishes, ledger: Ledger, outbox: Outbox) -> int:
    from ..campaign.drafting import Order, prepare

    campaign = read_campaign(wishes.folder)
    form = campaign.load_form()
    mailbox = read_mailbox(wishes.folder)
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
        only=_codes(say, wishes.only, issued),
        again=wishes.again,
        to_me=_my_address(say, wishes.to_me),
        shared=wishes.allow_shared or campaign.allow_shared_addresses,
    )
    prepared = prepare(issued, outbox, order)
    rows = prepared.rows[: wishes.limit]
    _say_prepared(say, prepared, rows, issued, wishes)
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
    _confirm(say, wishes, rows)
    return max(code, _deliver(say, wishes, ledger, outbox, mailbox, issued, rows))


def _codes(say: Speech, only: tuple[str, ...], issued: Issued) -> tuple[str, ...]:
    units = issued.plan.units
    codes = {unit.name: unit.code for unit in units} | {unit.code.casefold(): unit.code for unit in units}
    found = []
    for word in only:
        code = codes.get(word.casefold()) or codes.get(word)
        if code is None:
            hint = near(word, [unit.code for unit in units] + [unit.name for unit in units])
            zh, en = f"花名册里没有单位 {word}。", f"No unit {word!r} in the roster. "
            raise click.UsageError(
                say(zh + (f"是不是 {hint}？" if hint else ""), en + (f"Did you mean {hint}?" if hint else ""))
            )
        found.append(code)
    return tuple(found)


def _my_address(say: Speech, text: str) -> str:
    try:
        return checked(text) if text else ""
    except BadAddressError as error:
        raise click.UsageError(say(f"--to-me {text}：{error.zh}", f"--to-me {text}: {error.en}")) from error


def _say_prepared(say: Speech, prepared: Prepared, rows: list[Row], issued: Issued, wishes: Wishes) -> None:
    for row in rows[:_SHOWN]:
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
    if len(rows) > _SHOWN:
        click.echo(say(f"  …另有 {len(rows) - _SHOWN} 封", f"  … and {len(rows) - _SHOWN} more"))
    if rows:
        _say_sum(say, rows)
    if prepared.complete:
        click.echo(
            say(f"{prepared.complete} 个单位已经发过，不再发送。", f"{prepared.complete} units have had theirs.")
        )
    if prepared.changed:
        codes = "、".join(prepared.changed[:_SHOWN])
        click.echo(
            say(
                f"{len(prepared.changed)} 个单位的表发送之后又改过：{codes}。要重新发送请加 --again。",
                f"{len(prepared.changed)} units changed after they were sent: {codes}. --again sends them again.",
            )
        )
    for row in prepared.refused:
        words = say(
            f"上次被拒收（{row.reply}）；请在花名册改正地址，或加 --again 再试",
            f"was refused ({row.reply}); correct the address in the roster, or pass --again",
        )
        click.echo(f"  {row.unit}  {words}", err=True)
    for problem in prepared.problems[:_SHOWN]:
        click.echo(f"  {problem.unit}  {say('不发：', 'not sent: ')}{say(problem.zh, problem.en)}", err=True)
    if len(prepared.problems) > _SHOWN:
        left = len(prepared.problems) - _SHOWN
        click.echo(say(f"  …另有 {left} 个单位", f"  … and {left} more units"), err=True)


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


def _confirm(say: Speech, wishes: Wishes, rows: list[Row]) -> None:
    if wishes.yes:
        return
    if not is_terminal(sys.stdin):
        raise click.UsageError(
            say("没有终端可以确认；确实要发送请加 --yes。", "nobody can confirm here; pass --yes to send.")
        )
    first = say("、", ", ").join(dict.fromkeys(to for row in rows[:3] for to in row.recipients))
    click.echo(say(f"最先发给：{first}", f"First: {first}"))
    typed = click.prompt(
        say(
            f"现在发送。请输入邮件数（{len(rows)}）确认", f"To send them now, type the number of messages ({len(rows)})"
        ),
        default="",
        show_default=False,
    )
    if typed.strip() != str(len(rows)):
        raise click.UsageError(say("数字不符，没有发送。", "That is not the number; nothing was sent."))


def _deliver(
    say: Speech, wishes: Wishes, ledger: Ledger, outbox: Outbox, mailbox: Mailbox, issued: Issued, rows: list[Row]
) -> int:
    from datetime import timedelta

    from ..campaign.delivery import Courier
    from ..campaign.pace import Pace, RealClock
    from ..campaign.smtp import Session, refuse_insecure

    if not mailbox.host:
        raise CampaignError("MAIL_SETTINGS", "[mail] 的 host 还没有填。", "[mail] has no host.", 2)
    refuse_insecure(mailbox, wishes.insecure)
    password = _password(say, wishes, mailbox)
    clock = RealClock()
    done = 0

    def tell(told: Told) -> None:
        nonlocal done
        if told.kind in ("sent", "refused", "uncertain", "held"):
            done += 1
        if not wishes.quiet:
            who = f"{told.row.unit} " if told.row else ""
            click.echo(f"[{done}/{len(rows)}] {who}{say(told.zh, told.en)}", err=True)

    with stoppable(say) as wants_stop:
        courier = Courier(
            outbox,
            mailbox,
            open_session=lambda: Session(mailbox, password, insecure=wishes.insecure),
            prove=issued.prove_message,
            pace=Pace(mailbox, clock, outbox.starts(timedelta(days=1))),
            clock=clock,
            tell=tell,
            wants_stop=wants_stop,
        )
        report = courier.run(rows)
    ledger.back_up()
    return _say_report(say, report, len(rows))


def _password(say: Speech, wishes: Wishes, mailbox: Mailbox) -> str | None:
    from ..campaign.secret import find_password

    def ask() -> str:
        words = say(f"{mailbox.login} 的授权码（不是登录密码）", f"Authorisation code of {mailbox.login}")
        return str(click.prompt(words, hide_input=True, err=True, default="", show_default=False))

    try:
        someone = is_terminal(sys.stdin) and not wishes.insecure
        return find_password(mailbox.login, wishes.password_file, ask if someone else None)
    except CampaignError as error:
        if wishes.insecure and error.code == "NO_PASSWORD" and not wishes.password_file:
            return None  # a server of this machine may want no login
        raise


def _say_report(say: Speech, report: Report, total: int) -> int:
    click.echo(
        say(
            f"已发送 {len(report.sent)} / {total} 封；被拒收 {len(report.refused)}，稍后再发 {len(report.deferred)}，"
            f"不确定 {len(report.uncertain)}，没有发 {len(report.held) + len(report.left)}。",
            f"{len(report.sent)} of {total} sent; {len(report.refused)} refused, {len(report.deferred)} deferred, "
            f"{len(report.uncertain)} uncertain, {len(report.held) + len(report.left)} not sent.",
        )
    )
    for row, words in report.refused:
        click.echo(f"  {row.unit}  {say('被拒收', 'refused')}  {words}", err=True)
    for row, error in report.held:
        click.echo(f"  {row.unit}  {say('没有发', 'not sent')}  {say(error.zh, error.en)}", err=True)
    if report.stopped:
        click.echo(say(f"已停下：{report.stopped[0]}", f"Stopped: {report.stopped[1]}"), err=True)
    if report.deferred or report.left:
        click.echo(say("再次运行即接着发送其余的。", "Run it again to carry on with the rest."), err=True)
    if report.interrupted:
        return INTERRUPTED
    if report.held or report.uncertain or report.deferred or report.left:
        return CANNOT_WRITE
    return REFUSED if report.refused else 0
