"""One conversation with a mail server, command by command.

``smtplib`` speaks; what it would decide for us (go on when one of two recipients is refused,
try every kind of login after a refusal, wait only as long as for any other reply after the final
dot, take half a reply line for a reply) is decided here.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Literal, NamedTuple

from .mailbox import Mailbox, refuse_insecure
from .replies import Reply, Stage
from .secret import Mask

LONGEST_REPLY, REPLY_LINES, PIECE = 8_192, 100, 65_536
LOGINS = ("PLAIN", "LOGIN", "CRAM-MD5")


class Timeouts(NamedTuple):
    """Seconds to wait: to connect, for a reply, for a piece of the message to go, for the reply to the
    final dot (RFC 5321 asks for ten minutes: who waits less makes duplicates)."""

    connect: float = 30
    command: float = 60
    piece: float = 180
    end: float = 600


class NoSessionError(Exception):
    """No message can be given to the server now: the reply, or what stood in for one.

    ``fatal`` where trying again would do harm or no good (login, certificate, encryption).
    """

    def __init__(self, reply: Reply, *, fatal: bool) -> None:
        super().__init__(str(reply))
        self.reply = reply
        self.fatal = fatal


class Delivery(NamedTuple):
    """What became of a message: ``accepted``, ``rejected`` (surely not taken, with the replies), or
    ``unknown`` (the final dot was on its way and no whole answer came). ``open``: the session can go on."""

    state: Literal["accepted", "rejected", "unknown"]
    replies: tuple[Reply, ...]
    open: bool


class _Client(smtplib.SMTP):
    """``smtplib`` that believes whole replies only."""

    def getreply(self) -> tuple[int, bytes]:
        """The code and text; a reply that is cut, endless or no reply is a lost connection."""
        if self.file is None:
            assert self.sock is not None
            self.file = self.sock.makefile("rb")
        texts, size = list[bytes](), 0
        while True:
            try:
                line = self.file.readline(LONGEST_REPLY)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(str(error) or type(error).__name__) from error
            size += len(line)
            good = line.endswith(b"\n") and line[:3].isdigit() and line[3:4] in (b" ", b"-", b"\r", b"\n")
            if not good or size > LONGEST_REPLY or len(texts) >= REPLY_LINES:
                self.close()
                raise smtplib.SMTPServerDisconnected("closed" if not line else "half a reply, or none")
            texts.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(texts)

    def patience(self, seconds: float) -> None:
        """How long the next answers may take."""
        if self.sock is not None:
            self.sock.settimeout(seconds)


class _SecureClient(_Client, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class Session:
    """A session that is connected, encrypted and logged in. Raises ``NoSessionError``."""

    def __init__(
        self,
        mailbox: Mailbox,
        password: str | None,
        *,
        timeouts: Timeouts | None = None,
        insecure: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> None:
        refuse_insecure(mailbox.host, mailbox.security, insecure)
        self._times = timeouts or Timeouts()
        self._mask = Mask(mailbox.login, password)
        self._stage: Stage = "connect"
        if context is None and mailbox.security != "none":
            context = ssl.create_default_context()
        self._client = self._connected(mailbox, context)
        self.delivered = 0
        with ExitStack() as undo:
            undo.callback(self._client.close)
            try:
                self._prepare(mailbox, password, context)
            except (OSError, smtplib.SMTPException) as error:
                raise self._failed(error) from error
            undo.pop_all()

    def _connected(self, mailbox: Mailbox, context: ssl.SSLContext | None) -> _Client:
        host, port, name, seconds = mailbox.host, mailbox.port, "[127.0.0.1]", self._times.connect
        try:
            if mailbox.security == "tls":
                return _SecureClient(host, port, local_hostname=name, timeout=seconds, context=context)
            return _Client(host, port, local_hostname=name, timeout=seconds)
        except (OSError, smtplib.SMTPException) as error:
            raise self._failed(error) from error

    def _prepare(self, mailbox: Mailbox, password: str | None, context: ssl.SSLContext | None) -> None:
        client = self._client
        client.patience(self._times.command)
        with suppress(OSError):  # the final dot should not wait for the acknowledgement of what went before
            assert client.sock is not None
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._greet()
        if mailbox.security == "starttls":
            self._stage = "tls"
            if not client.has_extn("starttls"):
                raise NoSessionError(Reply("tls", 0, "no STARTTLS"), fatal=True)
            client.starttls(context=context)
            self._greet()
        if password is not None:
            self._stage = "auth"
            self._log_in(mailbox.login, password)
        size = client.esmtp_features.get("size", "")
        self.size = int(size) if size.isdigit() and int(size) else None

    def _greet(self) -> None:
        self._stage = "ehlo"
        code, text = self._client.ehlo()
        if code != 250:
            raise NoSessionError(self._reply(code, text), fatal=False)

    def _log_in(self, login: str, password: str) -> None:
        """One kind of login, once: servers count failures and lock the account."""
        offered = self._client.esmtp_features.get("auth", "").upper().split()
        kind = next((kind for kind in LOGINS if kind in offered), None)
        if kind is None:
            raise NoSessionError(Reply("auth", 0, "no AUTH that we know"), fatal=True)
        self._client.user, self._client.password = login, password
        code, text = self._client.auth(kind, getattr(self._client, f"auth_{kind.lower().replace('-', '_')}"))
        if code not in (235, 503):
            raise NoSessionError(self._reply(code, text), fatal=True)

    def deliver(self, sender: str, to: tuple[str, ...], data: bytes, before_data: Callable[[], None]) -> Delivery:
        """One message to all of ``to`` or to none. ``before_data`` is called once, immediately before
        DATA; what it raises passes through, and nothing was sent then."""
        client = self._client
        try:
            client.patience(self._times.command)
            self._stage = "mail"
            if refused := self._opening(sender, to, len(data)):
                return self._rejected(refused)
            before_data()
            self._stage = "data"
            code, text = client.docmd("DATA")
            if code != 354:
                return self._rejected([self._reply(code, text)])
            self._stage = "body"
            client.patience(self._times.piece)
            for piece in _pieces(_dotted(data)):
                client.send(piece)
        except (OSError, smtplib.SMTPException) as error:
            client.close()
            return Delivery("rejected", (self._failed(error).reply,), False)
        return self._end()

    def _opening(self, sender: str, to: tuple[str, ...], size: int) -> list[Reply]:
        client = self._client
        code, text = client.mail(sender, [f"SIZE={size}"] if client.has_extn("size") else [])
        if code not in (250, 251):
            return [self._reply(code, text)]
        self._stage = "rcpt"
        replies = []
        for address in to:
            code, text = client.rcpt(address)
            if code not in (250, 251):
                replies.append(self._reply(code, text, address))
            if code == 421:
                break
        return replies

    def _end(self) -> Delivery:
        """From here on a lost connection leaves open what the server did."""
        client = self._client
        self._stage = "end"
        try:
            client.patience(self._times.end)
            client.send(b".\r\n")
            code, text = client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            client.close()
            return Delivery("unknown", (self._failed(error).reply,), False)
        reply = self._reply(code, text)
        if 200 <= code < 300:
            self.delivered += 1
            return Delivery("accepted", (reply,), True)
        if 400 <= code < 600:
            return self._rejected([reply])
        client.close()
        return Delivery("unknown", (reply,), False)

    def _rejected(self, replies: list[Reply]) -> Delivery:
        """The session goes on with RSET where the server still answers."""
        client = self._client
        going = not any(reply.code == 421 for reply in replies)
        try:
            client.patience(self._times.command)
            going = going and client.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            going = False
        if not going:
            client.close()
        return Delivery("rejected", tuple(replies), going)

    def close(self) -> None:
        """Say good-bye; whether the server answers is of no interest."""
        try:
            self._client.patience(5)
            self._client.quit()
        except (OSError, smtplib.SMTPException):
            self._client.close()

    def _reply(self, code: int, text: bytes, address: str = "") -> Reply:
        return Reply(self._stage, code, self._mask(text.decode("utf-8", "replace")), address)

    def _failed(self, error: Exception) -> NoSessionError:
        if isinstance(error, NoSessionError):
            return error
        if isinstance(error, smtplib.SMTPResponseException):
            text = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
            fatal = self._stage == "tls" or isinstance(error, smtplib.SMTPAuthenticationError)
            return NoSessionError(self._reply(error.smtp_code, text), fatal=fatal)
        fatal = isinstance(error, ssl.SSLError) or self._stage == "tls"
        return NoSessionError(self._reply(0, (str(error) or type(error).__name__).encode()), fatal=fatal)


def _dotted(data: bytes) -> bytes:
    """Lines that begin with a dot get another (RFC 5321, 4.5.2); the message ends in a line end."""
    data = data if data.endswith(b"\r\n") else data + b"\r\n"
    return (b"." if data.startswith(b".") else b"") + data.replace(b"\r\n.", b"\r\n..")


def _pieces(data: bytes) -> list[bytes]:
    return [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
