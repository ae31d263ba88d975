"""The mistakes of a roster as the command line lists them."""

from __future__ import annotations

import click

from ..campaign.roster import RosterError
from .speech import Speech

MISTAKES = 1
"""Exit code: the roster has mistakes."""


def list_mistakes(say: Speech, error: RosterError) -> int:
    """Every mistake on a line of its own; the exit code."""
    count = len(error.mistakes)
    click.echo(
        say(
            f"{error.path}：{count} 处错误，什么也没有生成。请改正后保存，再运行一次。",
            f"{error.path}: {count} mistake{'s' * (count != 1)}; nothing was made. Mend them, save, and run again.",
        )
    )
    for each in error.mistakes:
        place = f"{each.sheet}!{each.cell}" if each.cell else each.sheet
        click.echo(f"  {place}  {say(each.zh, each.en)}")
    return MISTAKES
