"""The password of the mailbox 授权码: where it comes from, in this order, and that it goes nowhere else.

``PERFXL_SMTP_PASSWORD`` (for reading ``PERFXL_IMAP_PASSWORD``), then ``--password-file``, then the keyring
(extra ``mail``), then the prompt.
"""

from __future__ import annotations

import base64
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from .trouble import CampaignError

VARIABLE, VARIABLE_IMAP, SERVICE = "PERFXL_SMTP_PASSWORD", "PERFXL_IMAP_PASSWORD", "perfxl"


def find_password(
    login: str, file: str | None, ask: Callable[[], str] | None, variables: tuple[str, ...] = (VARIABLE,)
) -> str:
    """The password of an account; ``variables`` of the environment are asked in order. ``ask`` is ``None``
    where nobody sits at the terminal. Raises ``CampaignError``."""
    found = next(filter(None, map(os.environ.get, variables)), None)
    found = found or (_from_file(Path(file)) if file else None) or _from_keyring(login)
    if not found and ask is not None:
        found = ask()
    if not found:
        raise CampaignError(
            "NO_PASSWORD",
            f"没有 {login} 的密码（授权码）。请设环境变量 {variables[0]}，或用 --password-file。",
            f"No password for {login}. Set {variables[0]}, or use --password-file.",
            2,
        )
    return found


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "?"
        raise CampaignError(
            "NO_PASSWORD", f"读不了密码文件 {path}：{reason}", f"cannot read the password file {path}: {reason}", 2
        ) from None
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        raise CampaignError(
            "PASSWORD_FILE_OPEN",
            f"密码文件 {path} 其他用户也能读。请先运行 chmod 600 {path}。",
            f"Others can read the password file {path}. Run chmod 600 {path} first.",
            2,
        )
    return text.strip("\r\n")


def _from_keyring(login: str) -> str | None:
    """Whatever goes wrong there means that there is none: keyrings fail in many ways without a desktop."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found = keyring.get_password(SERVICE, login)
    except (KeyringError, OSError, RuntimeError):
        return None
    return found if isinstance(found, str) else None


class Mask:
    """Hides a password wherever a server gives it back: as it is, and as logins encode it."""

    def __init__(self, login: str, password: str | None) -> None:
        plain = (password.encode(), f"\0{login}\0{password}".encode()) if password else ()
        shapes = (password or "", *(base64.b64encode(each).decode() for each in plain))
        self._shapes = tuple(filter(None, shapes))

    def __call__(self, text: str) -> str:
        """The text without it, on one line, no longer than can be shown."""
        for shape in self._shapes:
            text = text.replace(shape, "***")
        return " ".join(text.split())[:300]
