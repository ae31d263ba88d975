"""The sending itself, as the command line shows it: confirmed, carried, reported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

import click

from ..campaign.address import BadAddressError, checked
from ..campaign.delivery import Courier, Report, Told
from ..campaign.drafting import Problem
from ..campaign.ledger import Ledger
from ..campaign.mailbox import Mailbox, refuse_insecure
from ..campaign.outbox import Outbox, Row
from ..campaign.pace import Pace, RealClock
from ..campaign.smtp import Session
from ..campaign.trouble import CampaignError
from .output import CANNOT_WRITE, is_terminal
from .passwords import password_for
from .speech import Speech
from .stopping import INTERRUPTED, stoppable

REFUSED = 1
"""Exit code: recipients were refused."""
SHOWN = 20
"""Units and messages that are listed."""


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
    bcc_archive: str
    insecure: bool
    network: bool
    quiet: bool


class Prover(Protocol):
    """Proves a message immediately before it is sent."""

    def prove_message(self, row: Row, data: bytes) -> None:
        """Raises ``MismatchError`` where it must not go."""


def say_recovered(say: Speech, outbox: Outbox) -> None:
    """Settle what an earlier run left under way, and say what of it is uncertain."""
    recovered = outbox.recover()
    if recovered.uncertain:
        click.echo(
            say(
                f"上次中断时有 {recovered.uncertain} 封正在发送，不确定是否送达。",
                f"{recovered.uncertain} message(s) were on their way when the last run ended: uncertain.",
            )
        )


def address_of(say: Speech, option: str, text: str) -> str:
    """The address that an option gives, ``""`` where it gives none; a bad one is a usage error."""
    try:
        return checked(text) if text else ""
    except BadAddressError as error:
        raise click.UsageError(say(f"{option} {text}：{error.zh}", f"{option} {text}: {error.en}")) from error


def say_more(say: Speech, rows: Sequence[Row]) -> None:
    """How many messages there are beyond those shown."""
    if len(rows) > SHOWN:
        click.echo(say(f"  …另有 {len(rows) - SHOWN} 封", f"  … and {len(rows) - SHOWN} more"))


def say_not_sent(say: Speech, refused: Sequence[Row], problems: Sequence[Problem]) -> None:
    """Who gets nothing, and why."""
    for row in refused:
        words = say(
            f"上次被拒收（{row.reply}）；请在花名册改正地址，或加 --again 再试",
            f"was refused ({row.reply}); correct the address in the roster, or pass --again",
        )
        click.echo(f"  {row.unit}  {words}", err=True)
    for problem in problems[:SHOWN]:
        click.echo(f"  {problem.unit}  {say('不发：', 'not sent: ')}{say(problem.zh, problem.en)}", err=True)
    if len(problems) > SHOWN:
        left = len(problems) - SHOWN
        click.echo(say(f"  …另有 {left} 个单位", f"  … and {left} more units"), err=True)


def confirm(say: Speech, wishes: Wishes, rows: list[Row]) -> None:
    """A person types the number of messages, or has said ``--yes``."""
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


def deliver(
    say: Speech, wishes: Wishes, ledger: Ledger, outbox: Outbox, mailbox: Mailbox, proof: Prover, rows: list[Row]
) -> int:
    """Carry the messages; the exit code."""
    if not mailbox.host:
        raise CampaignError("MAIL_SETTINGS", "[mail] 的 host 还没有填。", "[mail] has no host.", 2)
    refuse_insecure(mailbox.host, mailbox.security, wishes.insecure)
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
            prove=proof.prove_message,
            pace=Pace(mailbox, clock, outbox.starts(timedelta(days=1))),
            clock=clock,
            tell=tell,
            wants_stop=wants_stop,
        )
        report = courier.run(rows)
    ledger.back_up()
    return _say_report(say, report, len(rows))


def _password(say: Speech, wishes: Wishes, mailbox: Mailbox) -> str | None:
    try:
        return password_for(say, mailbox.login, wishes.password_file, ask=not wishes.insecure)
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
