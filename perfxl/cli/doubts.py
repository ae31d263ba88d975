"""Messages of which nobody knows whether they arrived: listed, and decided by a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ..campaign.evidence import Evidence, look
from ..campaign.imap import Postbox
from ..campaign.imap_account import read_imap_account
from ..campaign.outbox import Outbox, Row
from ..campaign.trouble import CampaignError
from .output import CANNOT_WRITE, is_terminal
from .passwords import password_for
from .sending import Wishes
from .speech import Speech

_SHOWN = 20


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


def look_for_doubts(say: Speech, outbox: Outbox, wishes: Wishes) -> None:
    """Look for the uncertain messages in the sent folder or the archive; what is found there did go."""
    rows = outbox.rows(["uncertain"])
    if not rows:
        return
    account = read_imap_account(wishes.folder)
    password = password_for(
        say, account.login, wishes.password_file, ask=not wishes.insecure, variables=account.variables
    )
    with Postbox.open(account, password, insecure=wishes.insecure) as box:
        folders = box.sent_folders()
        if not folders:
            names = "、".join(box.folders()[:_SHOWN])
            raise CampaignError(
                "IMAP_FOLDER",
                f"服务器没有说明哪个是“已发送”文件夹。请在 [imap] 的 sent 里写明；有的是：{names}",
                f"the server does not say which folder holds sent mail; name it in [imap], sent. There are: {names}",
                2,
            )
        found = look(box, rows, outbox.rows(["sent"]), folders)
    for row, folder in found.arrived:
        outbox.resolve(row, "sent", f"a copy is in {folder} ({account.login})")
        click.echo(say(f"{row.unit}  在“{folder}”里找到，已送达。", f"{row.unit}  is in {folder}: it arrived."))
    if found.missing:
        _say_missing(say, found)


def _say_missing(say: Speech, found: Evidence) -> None:
    units, where = "、".join(row.unit for row in found.missing), "、".join(found.folders)
    if found.others:
        zh = f"其中有本任务已发的 {found.others} 封，所以很可能没有送达；确认后用 --resend 单位"
        en = f"{found.others} others of this campaign are: they probably never left; --resend UNIT when sure"
    else:
        zh = "其中没有本任务的任何邮件，说明不了什么；可能发件不留副本，或文件夹不对（[imap] 的 sent）"
        en = "nor is any other of this campaign, so that says nothing: no copies are kept, or it is another folder"
    click.echo(say(f"{units}  不在“{where}”里。{zh}。", f"{units}  not in {where}; {en}."))


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
