"""The sending half of the demonstration: a sample campaign, its workbooks, and its letters on their way.

It runs the very commands that an officer types, with a mail server of this machine that keeps what it gets.
"""

from __future__ import annotations

from pathlib import Path

import click

from ..campaign.settings import SETTINGS
from . import generate, init, send
from .output import CannotWriteError
from .postbox import postbox
from .speech import Speech

CAMPAIGN, RECEIVED = "campaign", "mailbox"
"""Where in the demo's folder the campaign lies, and what the mail server got."""


def show_campaign(place: Path, year: int, say: Speech) -> int:
    """From the roster to the mailbox; how many messages arrived."""
    folder = place / CAMPAIGN
    _typed(f"perfxl init {folder} --form shanghai --year {year} --sample")
    init.run(say, str(folder), "shanghai", year, "", True)
    _typed(f"perfxl generate {folder}")
    generate.run(say, str(folder), (), 1, False, True, True, True)
    settings = folder / SETTINGS
    try:
        with postbox(place / RECEIVED) as server:
            before = settings.read_bytes()
            local = f'host = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\ngap_seconds = 0\nper_minute = 0\n'
            settings.write_bytes(before.replace(b"[mail]\n", b"[mail]\n" + local.encode(), 1))
            _typed(f"perfxl send {folder} --send")
            _send(say, folder)
            settings.write_bytes(before)
    except OSError as error:
        raise CannotWriteError(say(f"演示停下：{error}", f"the demonstration stopped: {error}")) from error
    click.echo("")
    return server.count


def _send(say: Speech, folder: Path) -> None:
    send.run(
        say,
        str(folder),
        send=True,
        limit=None,
        only=(),
        to_me="",
        bcc_archive="",
        yes=True,
        again=False,
        allow_shared=False,
        password_file=None,
        insecure=True,
        network=True,
        quiet=True,
        resolve=False,
        imap=False,
        mark_sent=(),
        resend=(),
    )


def _typed(line: str) -> None:
    click.echo(f"\n> {line}")
