"""A mail server for the demonstration: on this machine only, it takes every message and keeps it as a file."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST, LARGEST = 2_000, 40_000_000
"""Bytes of a line, and of a message: what is longer ends the conversation."""


class _Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP as a sender needs."""

    server: Postbox
    timeout = 60

    def handle(self) -> None:
        self._say("220 demonstration")
        while line := self.rfile.readline(LONGEST):
            word = line[:4].upper().strip()
            if word == b"QUIT":
                self._say("221 bye")
                return
            if word == b"DATA":
                self._say("354 go on")
                message = self._message()
                if message is None:
                    return
                self.server.keep(message)
            self._say("250 OK")

    def _message(self) -> bytes | None:
        lines, size = list[bytes](), 0
        while (line := self.rfile.readline(LONGEST)) != b".\r\n":
            size += len(line)
            if not line.endswith(b"\r\n") or size > LARGEST:
                return None
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Postbox(socketserver.TCPServer):
    """Listens on a free port of 127.0.0.1; ``folder`` gets a numbered ``.eml`` for each message."""

    allow_reuse_address = False

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.folder = folder
        self.count = 0

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def keep(self, message: bytes) -> None:
        """Keep a message."""
        self.count += 1
        (self.folder / f"{self.count:02d}.eml").write_bytes(message)


@contextmanager
def postbox(folder: Path) -> Iterator[Postbox]:
    """The server in a thread, until the end of the ``with``."""
    folder.mkdir(parents=True, exist_ok=True)
    with Postbox(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
