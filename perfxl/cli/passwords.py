"""The password of a mailbox, asked for where somebody sits at the terminal."""

from __future__ import annotations

import sys

import click

from ..campaign.secret import VARIABLE, find_password
from .output import is_terminal
from .speech import Speech


def password_for(
    say: Speech, login: str, file: str | None, *, ask: bool = True, variables: tuple[str, ...] = (VARIABLE,)
) -> str:
    """The password of an account; ``file`` and ``variables`` as in ``find_password``. Raises ``CampaignError``
    where there is none."""

    def prompt() -> str:
        words = say(f"{login} 的授权码（不是登录密码）", f"Authorisation code of {login}")
        return str(click.prompt(words, hide_input=True, err=True, default="", show_default=False))

    return find_password(login, file, prompt if ask and is_terminal(sys.stdin) else None, variables)
