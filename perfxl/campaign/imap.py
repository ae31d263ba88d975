"""A mailbox read over IMAP: encrypted, read-only, bounded.

``imap-tools`` (extra ``mail``) and ``imaplib`` speak; folders are opened with EXAMINE and messages
read with PEEK, so that nothing in the mailbox changes, not even what is marked as read.

    with Postbox.open(account, password) as box:
        for received in box.messages("INBOX", since=day):
            ...
        box.find(folder, message_id)
"""

from __future__ import annotations

import datetime
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, cast

from perfxl import __version__

from .imap_account import ImapAccount
from .mailbox import refuse_insecure
from .secret import Mask
from .trouble import CampaignError

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

SECONDS = 60.0
"""To wait for a connection, and for each piece of an answer."""

ANSWER = 32_000_000
"""Bytes that the answer to one command may have, besides the message that was asked for."""

TOGETHER = 100
"""Messages whose size and Message-ID are asked for at once."""

REFUSED = "IMAP_REFUSED"
"""Code of a trouble: the server said no to a question, and the connection goes on."""

_SENT = r"\sent"
_HEADS = "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
_MESSAGE_ID = re.compile(r"<[!-~]{1,300}>")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Received(NamedTuple):
    """A message 收到的邮件 in a folder: its UID there, its Message-ID (``""`` where it has none), its size in
    bytes as the server says, and the message byte for byte, ``None`` where it is larger than is read."""

    uid: int
    message_id: str
    size: int
    data: bytes | None


class _Bounded(imaplib.IMAP4):
    """``imaplib`` that reads so much for a command and no more, and remembers no command line: one holds
    the password."""

    left = ANSWER

    def read(self, size: int) -> bytes:
        """A piece of an answer. Raises ``imaplib.IMAP4.abort`` where the answer is too long."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        """A line of an answer, likewise."""
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise self.abort("an answer without end")

    def _log(self, line: object) -> None:
        pass


class _BoundedTls(_Bounded, imaplib.IMAP4_SSL):
    """The same, encrypted from the first byte."""


class Postbox:
    """A mailbox that is connected, encrypted and logged in; ``open`` gives one."""

    def __init__(self, box: BaseMailBox, client: _Bounded, account: ImapAccount, mask: Mask) -> None:
        self._box, self._client, self._account, self._mask = box, client, account, mask
        self._folder: str | None = None

    @classmethod
    @contextmanager
    def open(
        cls,
        account: ImapAccount,
        password: str,
        *,
        insecure: bool = False,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> Iterator[Postbox]:
        """Connect, log in, and log out at the end. Raises ``CampaignError``."""
        refuse_insecure(account.host, account.security, insecure)
        mask = Mask(account.login, password)
        with _troubles(account, mask):
            client = _connected(account, context, seconds)
        try:
            with _troubles(account, mask):
                box = _logged_in(client, account, password, mask)
            yield cls(box, client, account, mask)
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()
            _drop(client)

    def folders(self) -> list[str]:
        """The names of all folders."""
        with self._asking():
            return [each.name for each in self._box.folder.list()]

    def sent_folders(self) -> list[str]:
        """The folders of sent mail: those of the settings, else those that the server marks as such."""
        if self._account.sent:
            return list(self._account.sent)
        with self._asking():
            listed = self._box.folder.list()
        return [each.name for each in listed if _SENT in (flag.lower() for flag in each.flags)]

    def messages(
        self,
        folder: str,
        *,
        since: datetime.date | None = None,
        wanted: Callable[[str], bool] | None = None,
    ) -> Iterator[Received]:
        """The messages of a folder that came on that day or later, oldest first. ``wanted`` is asked with
        the Message-ID before a message is fetched. One at a time is in memory. Raises ``CampaignError``."""
        for head in self._heads(folder, since):
            if wanted is None or wanted(head.message_id):
                yield self._fetched(head) if head.size <= self._account.size else head

    def message_ids(self, folder: str, since: datetime.date | None = None) -> set[str]:
        """The Message-IDs in a folder, of that day or later."""
        return {head.message_id for head in self._heads(folder, since) if head.message_id}

    def find(self, folder: str, message_id: str) -> bool:
        """Whether the server's search finds a message. Not every server can search; see ``message_ids``."""
        if not _MESSAGE_ID.fullmatch(message_id) or '"' in message_id or "\\" in message_id:
            raise ValueError(message_id)
        self._examine(folder)
        try:
            uids = self._search(f'HEADER Message-ID "{message_id}"')
        except CampaignError as error:
            if error.code != REFUSED:
                raise
            return False
        return any(head.message_id == message_id for head in self._heads_of(uids))

    def _heads(self, folder: str, since: datetime.date | None) -> Iterator[Received]:
        self._examine(folder)
        day = f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}" if since else "ALL"
        uids = self._search(day)
        for at in range(0, len(uids), TOGETHER):
            self._examine(folder)
            yield from self._heads_of(uids[at : at + TOGETHER])

    def _heads_of(self, uids: Sequence[str]) -> list[Received]:
        """Without their content, in the order of arrival."""
        heads = []
        for said, literal in self._fetch(",".join(uids), _HEADS) if uids else ():
            size = re.search(r"RFC822\.SIZE (\d+)", said)
            found = _MESSAGE_ID.search(literal.decode("ascii", "replace"))
            heads.append(Received(_uid(said), found[0] if found else "", int(size[1]) if size else 0, None))
        asked = {int(uid) for uid in uids}
        return sorted((head for head in heads if head.uid in asked), key=lambda head: head.uid)

    def _fetched(self, head: Received) -> Received:
        most = self._account.size
        for said, literal in self._fetch(str(head.uid), f"(UID BODY.PEEK[]<0.{most + 1}>)"):
            if _uid(said) == head.uid:
                return head._replace(data=literal if len(literal) <= most else None)
        return head  # somebody has moved it away since

    def _fetch(self, uids: str, what: str) -> list[tuple[str, bytes]]:
        """For each message what the server says of it, and the piece of it that was asked for."""
        with self._asking(self._account.size):
            state, answer = self._client.uid("FETCH", uids, what)
            if state != "OK":
                raise imaplib.IMAP4.error(str(answer))
        found: list[tuple[str, bytes]] = []
        for piece in answer:
            if isinstance(piece, tuple):
                found.append((piece[0].decode("ascii", "replace"), piece[1]))
            elif found and isinstance(piece, bytes) and not re.match(rb"\d+ \(", piece):
                found[-1] = (found[-1][0] + piece.decode("ascii", "replace"), found[-1][1])
        return found

    def _search(self, criteria: str) -> list[str]:
        with self._asking():
            state, answer = self._client.uid("SEARCH", criteria)
            if state != "OK":
                raise imaplib.IMAP4.error(str(answer))
        words = [word.decode("ascii", "replace") for line in answer if line for word in cast(bytes, line).split()]
        return sorted((word for word in words if word.isdigit()), key=int)

    def _examine(self, folder: str) -> None:
        if self._folder == folder:
            return
        self._folder = None
        from imap_tools.errors import MailboxFolderSelectError

        try:
            with self._asking():
                self._box.folder.set(folder, readonly=True)
        except MailboxFolderSelectError as error:
            names = "、".join(self.folders()[:20])
            raise CampaignError(
                "IMAP_FOLDER",
                f"信箱里打不开文件夹“{folder}”；有的是：{names}",
                f"cannot open the folder {folder!r} of the mailbox; there are: {names}",
                2,
            ) from error
        self._folder = folder

    @contextmanager
    def _asking(self, more: int = 0) -> Iterator[None]:
        """One question: its answer may be so long."""
        self._client.left = ANSWER + more
        with _troubles(self._account, self._mask):
            yield


def _connected(account: ImapAccount, context: ssl.SSLContext | None, seconds: float) -> _Bounded:
    if account.security == "tls":
        context = context or ssl.create_default_context()
        return _BoundedTls(account.host, account.port, ssl_context=context, timeout=seconds)
    client = _Bounded(account.host, account.port, timeout=seconds)
    with ExitStack() as undo:
        undo.callback(_drop, client)
        if account.security == "starttls":
            if "STARTTLS" not in client.capabilities:
                raise ssl.SSLError("no STARTTLS")
            client.starttls(ssl_context=context or ssl.create_default_context())
        undo.pop_all()
    return client


def _drop(client: _Bounded) -> None:
    with suppress(OSError):  # a connection that failed half-way has nothing left to close
        client.shutdown()


def _logged_in(client: _Bounded, account: ImapAccount, password: str, mask: Mask) -> BaseMailBox:
    """One kind of login, once: servers count failures and lock the account."""
    try:
        from imap_tools import BaseMailBox
        from imap_tools.errors import MailboxLoginError
    except ImportError as error:
        raise CampaignError(
            "NO_IMAP_TOOLS",
            "读信箱需要 imap-tools：python -m pip install 'perfxl[mail]'",
            "reading a mailbox needs imap-tools: python -m pip install 'perfxl[mail]'",
            2,
        ) from error

    class Box(BaseMailBox):
        """On a connection that is there already."""

        def _get_mailbox_client(self) -> imaplib.IMAP4:
            return client

    box = Box()
    plain = account.login.isascii() and password.isascii() and "LOGINDISABLED" not in client.capabilities
    try:
        (box.login if plain else box.login_utf8)(account.login, password, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if isinstance(error, imaplib.IMAP4.abort):
            raise
        words = (
            "登录被拒绝（要用授权码，且要在网页邮箱里打开 IMAP）",
            "login refused (use the authorisation code; is IMAP switched on?)",
        )
        raise _trouble("IMAP_LOGIN", account, words, mask(str(error)), 2) from None
    if "ID" in client.capabilities:  # NetEase lets nobody in who does not say who he is
        with suppress(imaplib.IMAP4.error):
            client.xatom("ID", f'("name" "perfxl" "version" "{__version__}")')
    return box


@contextmanager
def _troubles(account: ImapAccount, mask: Mask) -> Iterator[None]:
    """What goes wrong between us and the server, in words, without the password."""
    try:
        yield
    except ssl.SSLError as error:
        why = mask(str(error))
        raise _trouble("IMAP_TLS", account, ("加密连接不成立", "no encrypted connection"), why, 2) from None
    except imaplib.IMAP4.abort as error:
        raise _trouble("IMAP_LOST", account, ("连接中断", "the connection was lost"), mask(str(error)), 3) from None
    except imaplib.IMAP4.error as error:
        raise _trouble(REFUSED, account, ("服务器拒绝", "the server refused"), mask(str(error)), 2) from None
    except OSError as error:
        why = mask(str(error) or type(error).__name__)
        raise _trouble("IMAP_UNREACHABLE", account, ("连不上", "cannot be reached"), why, 3) from None
    except ValueError as error:
        words = ("回复看不懂", "an answer that makes no sense")
        raise _trouble("IMAP_LOST", account, words, mask(str(error)), 3) from None


def _trouble(code: str, account: ImapAccount, words: tuple[str, str], why: str, exit_code: int) -> CampaignError:
    where = f"{account.host}:{account.port}"
    return CampaignError(
        code, f"收信服务器 {where} {words[0]}：{why}", f"IMAP server {where}: {words[1]}: {why}", exit_code
    )


def _uid(said: str) -> int:
    found = re.search(r"\bUID (\d+)", said)
    return int(found[1]) if found else 0
