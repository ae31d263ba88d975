"""The season of the demonstration: a sample campaign from its roster to the consolidated workbook.

It runs the very commands that an officer types, with a mail server of this machine that keeps what it gets;
the units' letters are made beforehand and lie in a folder, as an officer would save them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ..campaign.roster_plan import read_plan
from ..campaign.sample_returns import LATE, MENDED, NOTHING, Letter, Units
from ..campaign.settings import SETTINGS, read_campaign, read_key
from .output import CannotWriteError
from .postbox import Postbox, postbox
from .speech import Speech

CAMPAIGN, RECEIVED, LETTERS, STATUS = "campaign", "mailbox", "letters", "status.html"
"""In the demo's folder: the campaign, what the mail server got, what the units wrote, who has returned what."""


def show_season(place: Path, year: int, say: Speech) -> int:
    """From the roster to the consolidated workbook; how many messages went out."""
    folder, letters = place / CAMPAIGN, place / LETTERS
    try:
        _typed(say, "init", folder, "--form", "shanghai", "--year", year, "--sample")
        _set(folder, 'due = ""', f'due = "{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"')
        _typed(say, "generate", folder)
        with postbox(place / RECEIVED) as server, _mailbox(folder, server):
            _typed(say, "send", folder, "--send", *_AT_ONCE)
            _say(
                say, "各单位填好寄回（来信存在 letters/）。", "The units fill in their forms and write back (letters/)."
            )
            units = _units(folder)
            _keep(letters / "1", units.letters())
            _typed(say, "collect", letters / "1", "--campaign", folder)
            _typed(say, "status", folder)
            _say(
                say,
                f"{NOTHING} 的项目没有实施，单位来电说明。",
                f"The unit of {NOTHING} rings: the project did not take place.",
            )
            why = say("项目未实施，资金已收回", "did not take place, the money went back")
            _typed(say, "nothing-to-report", NOTHING, "--campaign", folder, "--reason", why)
            _typed(say, "accept", "--clean", "--campaign", folder)
            _typed(say, "answer", folder, "--send", *_AT_ONCE)
            _say(say, f"{MENDED} 的单位改好再报。", f"The unit of {MENDED} sends its form again, mended.")
            _keep(letters / "2", [units.mended()])
            _typed(say, "collect", letters / "2", "--campaign", folder)
            _say(say, f"{LATE} 等还没有报，催报。", f"{LATE} and others have not answered: a reminder.")
            _typed(say, "chase", folder, "--send", *_AT_ONCE)
        _typed(say, "status", folder, "--format", "html", "--output", place / STATUS)
        _typed(say, "consolidate", folder)
    except OSError as error:
        raise CannotWriteError(say(f"演示停下：{error}", f"the demonstration stopped: {error}")) from error
    click.echo("")
    return server.count


_AT_ONCE = ("--yes", "--insecure")
"""What an officer does not type: there is nobody to ask, and the server is on this machine."""


def _typed(say: Speech, command: str, *words: object) -> None:
    """Run a command as if somebody had typed it; what it says of faults of the sample is meant to be."""
    from . import cli

    shown = [f'"{word}"' if " " in str(word) else str(word) for word in words if word not in _AT_ONCE]
    click.echo(f"\n> perfxl {command} {' '.join(shown)}")
    cli.main([command, *map(str, words), "--lang", say.lang], standalone_mode=False)


def _say(say: Speech, zh: str, en: str) -> None:
    click.echo("\n" + say(zh, en))


def _set(folder: Path, old: str, new: str) -> None:
    path = folder / SETTINGS
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))


@contextmanager
def _mailbox(folder: Path, server: Postbox) -> Iterator[None]:
    """The local mail server in the settings, until the end of the ``with``."""
    settings = folder / SETTINGS
    before = settings.read_bytes()
    local = f'host = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\ngap_seconds = 0\nper_minute = 0\n'
    settings.write_bytes(before.replace(b"[mail]\n", b"[mail]\n" + local.encode(), 1))
    try:
        yield
    finally:
        settings.write_bytes(before)


def _units(folder: Path) -> Units:
    campaign = read_campaign(folder)
    form = campaign.load_form()
    return Units(
        campaign=campaign, form=form, plan=read_plan(campaign, form), key=read_key(folder), at=datetime.now(UTC)
    )


def _keep(folder: Path, letters: Iterator[Letter] | list[Letter]) -> None:
    folder.mkdir(parents=True)
    for number, letter in enumerate(letters, 1):
        (folder / f"{number:02d}_{letter.unit}.eml").write_bytes(letter.data)
