"""A real mail server on 127.0.0.1 for tests, with faults at every stage."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from perfxl.campaign import mime

Action = Callable[["Server", str], Awaitable[str | None]]


class Fault(NamedTuple):
    """What the server does at a stage (mail rcpt data end ehlo), from the ``after``-th time on, so often."""

    stage: str
    action: Action
    after: int = 0
    times: int = 1


def reply(text: str) -> Action:
    async def act(server: Server, who: str) -> str:
        return text

    return act


async def drop(server: Server, who: str) -> None:
    server.cut()


def accept_then(action: Action) -> Action:
    """The message is taken, and then the answer goes wrong."""

    async def act(server: Server, who: str) -> str | None:
        server.keep()
        return await action(server, who)

    return act


def later(seconds: float, text: str = "250 OK") -> Action:
    async def act(server: Server, who: str) -> str:
        await asyncio.sleep(seconds)
        return text

    return act


def half(data: bytes) -> Action:
    """A piece of a reply line, and then nothing."""

    async def act(server: Server, who: str) -> None:
        server.say(data)
        server.cut(gently=True)

    return act


class Delivered(NamedTuple):
    """A message as it arrived."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    data: bytes


class Server:
    """The server's books: what it took, what was asked of it, the faults to come."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        self.delivered: list[Delivered] = []
        self.commands: list[str] = []
        self.counts: dict[str, int] = {}
        self.connections = self.logins = self.port = 0
        self.smtp: Any = None
        self.envelope: Any = None

    async def meet(self, smtp: Any, envelope: Envelope | None, stage: str, who: str = "") -> str | None:
        """The fault that is due at this stage: its reply, or ``""`` where the line went dead, else ``None``."""
        self.smtp, self.envelope = smtp, envelope
        self.commands.append(f"{stage} {who}".strip())
        count = self.counts[stage] = self.counts.get(stage, 0) + 1
        for fault in self.faults:
            if fault.stage == stage and fault.after < count <= fault.after + fault.times:
                return await fault.action(self, who) or ""
        return None

    def keep(self) -> None:
        envelope = self.envelope
        data = envelope.original_content
        self.delivered.append(Delivered(mime.read(data).message_id, envelope.mail_from, tuple(envelope.rcpt_tos), data))

    def say(self, data: bytes) -> None:
        self.smtp.transport.write(data)

    def cut(self, *, gently: bool = False) -> None:
        if gently:
            self.smtp.transport.close()
        else:
            self.smtp.transport.abort()


class _Handler:
    def __init__(self, server: Server) -> None:
        self.server = server

    async def handle_EHLO(  # noqa: N802
        self, smtp: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = await self.server.meet(smtp, envelope, "ehlo", hostname)
        return responses if answer is None else [answer]

    async def handle_MAIL(  # noqa: N802
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.server.meet(smtp, envelope, "mail", address)
        if answer is None:
            envelope.mail_from = address
        return "250 OK" if answer is None else answer

    async def handle_RCPT(  # noqa: N802
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.server.meet(smtp, envelope, "rcpt", address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return "250 OK" if answer is None else answer

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self.server.meet(smtp, envelope, "end")
        if answer is None:
            self.server.keep()
        return "250 2.0.0 queued" if answer is None else answer


def _protocol(server: Server, settings: dict[str, Any]) -> type[SMTP]:
    class Protocol(SMTP):
        def connection_made(self, transport: Any) -> None:
            if not server.smtp or server.smtp is not self:
                server.connections += 1
            super().connection_made(transport)

        async def push(self, status: Any) -> None:
            if status:
                await super().push(status)

        async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
            answer = await server.meet(self, self.envelope, "data")
            if answer is None:
                await super().smtp_DATA(arg)
            elif answer:
                await self.push(answer)

    return Protocol


@contextmanager
def mail_server(
    *faults: Fault,
    implicit: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    password: str | None = None,
    auth_fails_after: int | None = None,
    size: int = 33_554_432,
) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1, in a thread, until the end of the ``with``."""
    server = Server(faults)

    def authenticate(smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        server.logins += 1
        good = data.password.decode() == password and (auth_fails_after is None or server.logins <= auth_fails_after)
        return AuthResult(success=good, handled=False, message=None if good else "535 5.7.8 authentication failed")

    settings: dict[str, Any] = {"data_size_limit": size, "tls_context": starttls, "hostname": "test.example"}
    if password is not None:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": starttls is not None}
    kind = _protocol(server, settings)
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    made: list[asyncio.AbstractServer] = []
    ready = threading.Event()

    async def start() -> None:
        def protocol() -> SMTP:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns of logins without STARTTLS, which tests want
                return kind(_Handler(server), loop=loop, **settings)

        listening = await loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit)
        made.append(listening)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        ended = asyncio.run_coroutine_threadsafe(_end(made), loop)
        ended.result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(made: list[asyncio.AbstractServer]) -> None:
    for each in made:
        each.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def raw_server(*answers: bytes) -> Iterator[int]:
    """A server that says these pieces, one before each line it is sent, and then closes. Yields the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    for number, answer in enumerate(answers):
                        if number:
                            connection.recv(65_536)
                        connection.sendall(answer)
                    if not answers:
                        over.wait(5)
                except OSError:
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        thread.join(10)
        listening.close()
