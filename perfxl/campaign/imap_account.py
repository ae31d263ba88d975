"""The mailbox that is read 收件信箱: ``[imap]`` of ``perfxl.toml`` upon the profile of its provider.

Which provider and which account: those of ``[mail]``, but for what ``[imap]`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ..noun import noun
from .mailbox import MB, SECURITIES, Security, providers
from .secret import VARIABLE, VARIABLE_IMAP
from .settings_table import SETTINGS, Keys, Mistakes, read_table, wrong_table

_KEYS = Keys(
    texts=("host", "login", "security", "inbox"),
    figures=("port", "size_mb"),
    lists=("sent",),
    choices={"security": SECURITIES},
)


@noun
class ImapAccount:
    """收件信箱. ``inbox`` is where returns come to; ``sent`` the folders of sent mail, empty where the server
    is to say; ``size`` the bytes of the largest message that is read; ``variables`` the environment variables
    that may hold the password: that of sending only where it is the same account."""

    host: str
    port: int
    security: Security
    login: str
    inbox: str
    sent: tuple[str, ...]
    size: int
    variables: tuple[str, ...]


def read_imap_account(folder: Path) -> ImapAccount:
    """The account of a campaign. Raises ``CampaignError`` with every mistake in ``[imap]``, or where no
    server is named."""
    mail = read_table(folder, "mail")
    return imap_account_of(read_table(folder, "imap"), mail if isinstance(mail, dict) else {}, folder / SETTINGS)


def imap_account_of(given: object, mail: Mapping[str, object], path: Path) -> ImapAccount:
    """The account that a table ``[imap]`` describes; ``mail`` is the table ``[mail]`` beside it."""
    if not isinstance(given, dict):
        raise wrong_table(path, "imap", [("[imap] 应为一节", "[imap] should be a table")])
    mistakes: Mistakes = _KEYS.mistakes(given)
    known = providers()
    profile = known.get(str(mail.get("provider", "generic")), known["generic"])
    merged = {**_imap(known["generic"]), **_imap(profile), **given}
    sender = str(mail.get("login") or mail.get("from") or "")
    login = str(given.get("login") or sender)
    if not merged.get("host"):
        mistakes.append(("host：还没有填 IMAP 服务器", "host: the IMAP server is not filled in"))
    if not login:
        mistakes.append(("login：还没有填登录名", "login: the account is not filled in"))
    if mistakes:
        raise wrong_table(path, "imap", mistakes)
    return ImapAccount(
        host=str(merged["host"]),
        port=int(cast(float, merged["port"])),
        security=cast(Security, merged["security"]),
        login=login,
        inbox=str(merged["inbox"]) or "INBOX",
        sent=tuple(cast(list[str], merged.get("sent", []))),
        size=int(cast(float, merged["size_mb"]) * MB),
        variables=(VARIABLE_IMAP, *((VARIABLE,) if login == sender else ())),
    )


def _imap(profile: Mapping[str, object]) -> Mapping[str, object]:
    return cast(Mapping[str, object], profile.get("imap", {}))
