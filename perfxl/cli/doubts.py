"""Messages of which nobody knows whether they arrived: listed, and decided by a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ..campaign.outbox import Outbox, Row
from .output import CANNOT_WRITE, is_terminal
from .speech import Speech


def say_doubts(say: Speech, outbox: Outbox, folder: Path) -> None:
    """A word at the end of every run, as long as there are any."""
    rows = outbox.rows(["uncertain"])
    if rows:
        units = "、".join(dict.fromkeys(row.unit for row in rows[:20]))
        click.echo(
            say(
                f"{len(rows)} 封不确定是否送达（{units}），不会自动重发。请处理：perfxl send {folder} --resolve",
                f"{len(rows)} message(s) may or may not have arrived ({units}) and are never sent again by themselves. "
                f"Decide: perfxl send {folder} --resolve",
            ),
            err=True,
        )


def resolve(say: Speech, outbox: Outbox, arrived: Sequence[str], lost: Sequence[str]) -> int:
    """Mark what ``arrived``, queue again what was ``lost``; list the rest, and ask where somebody sits there."""
    rows = outbox.rows(["uncertain"])
    for word in (*arrived, *lost):
        if word not in {row.unit for row in rows}:
            known = "、".join(sorted({row.unit for row in rows})) or say("没有", "none")
            raise click.UsageError(
                say(f"{word} 没有不确定的邮件；有的是：{known}", f"{word} has no uncertain message; there are: {known}")
            )
    left = []
    for row in rows:
        if row.unit in arrived:
            outbox.resolve(row, "sent")
        elif row.unit in lost:
            outbox.resolve(row, "queued")
        else:
            left.append(row)
    done = len(rows) - len(left)
    if done:
        click.echo(say(f"处理了 {done} 封。", f"{done} decided."))
    if not left:
        if not done:
            click.echo(say("没有不确定的邮件。", "No message is uncertain."))
        return 0
    asks = is_terminal(sys.stdin) and not (arrived or lost)
    undecided = [row for row in left if not (asks and _ask(say, outbox, row))] if asks else left
    if not asks:
        for row in left:
            _show(say, row)
        click.echo(
            say(
                "查证办法：看发件信箱的“已发送”，或问收件人。已送达：--mark-sent 单位；没有送达：--resend 单位。",
                "How to find out: look into the sent folder of the mailbox, or ask. Arrived: --mark-sent UNIT; "
                "not arrived: --resend UNIT.",
            )
        )
    return CANNOT_WRITE if undecided else 0


def _show(say: Speech, row: Row) -> None:
    click.echo(f"{row.unit}  {say('、', ', ').join(row.recipients)}  {row.changed_at}")
    click.echo(f"    {row.file}  {row.message_id}")
    if row.reply:
        click.echo(f"    {row.reply}")


def _ask(say: Speech, outbox: Outbox, row: Row) -> bool:
    """Ask of one message; whether it was decided."""
    _show(say, row)
    answer = click.prompt(
        say("  y 已送达 / n 没有送达，重新排队 / 回车 以后再说", "  y arrived / n not arrived, queue it / Enter later"),
        default="",
        show_default=False,
        type=click.Choice(["y", "n", ""], case_sensitive=False),
        show_choices=False,
    )
    if answer:
        outbox.resolve(row, "sent" if answer.lower() == "y" else "queued")
    return bool(answer)
