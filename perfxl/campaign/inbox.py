"""Returns in a mailbox: its messages as things found, read over IMAP without changing anything there."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..rejection import Rejected
from .hold import now
from .imap import Postbox
from .imap_account import ImapAccount, imap_account_of, read_imap_account
from .settings_table import SETTINGS, read_table
from .sources import Find
from .trouble import CampaignError


class Place(NamedTuple):
    """A folder of an account."""

    account: ImapAccount
    folder: str


def is_mailbox(source: str) -> bool:
    """Whether a source is written as a mailbox: ``imap``, ``imap:FOLDER``, ``imap://…``, ``imaps://…``."""
    return source == "imap" or source.startswith(("imap:", "imaps:"))


def place_of(source: str, folder: Path) -> Place:
    """The mailbox meant: that of ``[imap]``, or ``imaps://login@host:port/folder`` upon it.

    Raises ``CampaignError``.
    """
    if "://" not in source:
        account = read_imap_account(folder)
        return Place(account, source.partition(":")[2] or account.inbox)
    parts = urlsplit(source)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.password or not parts.hostname or port == -1:
        raise CampaignError(
            "BAD_SOURCE",
            "信箱写作 imaps://登录名@服务器:端口/文件夹，密码不写在里面。",
            "A mailbox is written imaps://login@server:port/folder, without a password.",
            2,
        )
    mail, imap = read_table(folder, "mail"), read_table(folder, "imap")
    given: dict[str, object] = {**imap, "host": parts.hostname} if isinstance(imap, dict) else {"host": parts.hostname}
    if parts.username:
        given["login"] = unquote(parts.username)
    if port:
        given["port"] = port
    account = imap_account_of(given, mail if isinstance(mail, dict) else {}, folder / SETTINGS)
    return Place(account, unquote(parts.path.strip("/")) or account.inbox)


def mail_finds(box: Postbox, place: Place, since: datetime.date | None, knows: Callable[[str], bool]) -> Iterator[Find]:
    """The messages of the folder that are not known yet, oldest first."""
    account = place.account
    source = f"imap {account.login}@{account.host}/{place.folder}"
    for each in box.messages(place.folder, since=since, wanted=lambda message_id: not knows(message_id)):
        content = Rejected("FILE_TOO_LARGE", str(each.size)) if each.data is None else each.data
        yield Find("mail", f"{each.uid}.eml", source, now(), content)
