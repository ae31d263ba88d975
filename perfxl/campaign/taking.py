"""收取: everything that was found is kept, unchanged, under ``returns/`` by the hash of its bytes, before it is read.

First the bytes are on the disk, then the ledger knows them, then mails and archives are opened and
what is in them goes the same way.  That a mail or archive has come is written down last, so that one
whose taking was broken off is taken again; what is known already costs nothing and changes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ..rejection import Rejected
from .hold import now
from .ledger import Ledger
from .mail_parts import read_mail
from .placing import place
from .returns import Arrival, Original, Refusal, note_arrival, note_original, note_refusal
from .sources import KEPT_NAMES, Find, kind_of, mail_source, members_of
from .trouble import CampaignError

FOLDER = "returns"
MOST, MOST_BYTES, DEEPEST = 64, 32_000_000, 3
"""Originals, and bytes, that wait to be written together; how deep mails and archives are opened in one another."""


class _Waiting(NamedTuple):
    """Something found that is to be kept; ``depth`` counts what it lies in."""

    find: Find
    data: bytes
    arrival: Arrival
    depth: int


class Taken:
    """What a run took in: files of any kind that were found, originals that were new, refusals, our own letters."""

    def __init__(self) -> None:
        self.found = self.new = self.own = 0
        self.refused: list[Refusal] = []


class Taker:
    """Takes in what is found. ``step`` is called for each thing at the top; ``again`` opens mails and archives that
    are known once more."""

    def __init__(
        self, ledger: Ledger, *, durable: bool = True, again: bool = False, step: Callable[[], None] = lambda: None
    ) -> None:
        self.ledger, self.durable, self.again, self.step = ledger, durable, again, step
        self.taken = Taken()

    def take(self, found: Iterable[Find], stop: Callable[[], bool] = bool) -> None:
        """All of it, some at a time. Raises ``DiskFullError`` and ``CampaignError``; what was taken before stays."""
        waiting, size = list[_Waiting](), 0
        for find in found:
            one = self._waiting(find, Arrival(sha256="", source=find.source, name=find.name, came_at=find.came_at), 0)
            if one is not None:
                waiting.append(one)
                size += len(one.data)
            if len(waiting) >= MOST or size >= MOST_BYTES:
                self._settle(waiting)
                waiting, size = [], 0
            self.step()
            if stop():
                break
        self._settle(waiting)

    def knows_message(self, message_id: str) -> bool:
        """Whether a mail of that Message-ID was taken to its end, or is one of our own."""
        query = """SELECT 1 FROM arrival a JOIN original o ON o.sha256 = a.sha256
            WHERE a.message_id = ? AND o.kind = 'mail' AND a.source NOT LIKE 'mail %' LIMIT 1"""
        found = self.ledger.database.execute(query, (message_id,)).fetchone()
        return bool(message_id) and ((found is not None and not self.again) or self._is_own(message_id))

    def _waiting(self, find: Find, how: Arrival, depth: int) -> _Waiting | None:
        self.taken.found += 1
        if isinstance(find.content, Rejected):
            self._refuse(find, how.inside, find.content)
            return None
        digest = sha256(find.content).hexdigest()
        arrival = Arrival(
            sha256=digest, source=how.source, name=find.name, came_at=how.came_at, inside=how.inside,
            message_id=how.message_id, sender=how.sender, hint=find.hint,
        )  # fmt: skip
        if find.kind in ("mail", "archive"):
            if depth >= DEEPEST or (find.kind == "archive" and "archive" in how.hint):
                self._refuse(find, how.inside, Rejected("NESTED_ARCHIVE"))
                return None
            if not self.again and self._has_come(arrival):
                return None
        return _Waiting(find, find.content, arrival, depth)

    def _has_come(self, arrival: Arrival) -> bool:
        query = "SELECT 1 FROM arrival WHERE sha256 = ? AND source = ? AND name = ?"
        values = (arrival.sha256, _storable(arrival.source), _storable(arrival.name))
        return self.ledger.database.execute(query, values).fetchone() is not None

    def _settle(self, waiting: list[_Waiting]) -> None:
        """Bytes to the disk, then to the ledger; then what is in them."""
        if not waiting:
            return
        originals = self._keep(waiting)
        containers = [each for each in waiting if each.find.kind in ("mail", "archive")]
        with self.ledger.writing():
            for original in originals:
                note_original(self.ledger, original)
            for each in waiting:
                if each.find.kind not in ("mail", "archive"):
                    note_arrival(self.ledger, each.arrival)
        inside, size, opened = list[_Waiting](), 0, list[Arrival]()
        for each in containers:
            for child in self._inside(each, opened):
                inside.append(child)
                size += len(child.data)
                if len(inside) >= MOST or size >= MOST_BYTES:
                    self._settle(inside)
                    inside, size = [], 0
        self._settle(inside)
        with self.ledger.writing():
            for arrival in opened:
                note_arrival(self.ledger, arrival)

    def _inside(self, container: _Waiting, opened: list[Arrival]) -> Iterator[_Waiting]:
        """What a mail or archive holds; ``opened`` gets how it came itself, once all of it was seen."""
        arrival = container.arrival
        try:
            if container.find.kind == "mail":
                head, parts = read_mail(container.data, now())
                arrival = Arrival(
                    sha256=arrival.sha256, source=arrival.source, name=arrival.name, came_at=head.came_at,
                    inside=arrival.inside, message_id=head.message_id, sender=head.sender, hint=head.subject,
                )  # fmt: skip
                how = Arrival(
                    sha256="", source=mail_source(head, arrival.sha256), name="", came_at=head.came_at,
                    inside=arrival.sha256, message_id=head.message_id, sender=head.sender,
                )  # fmt: skip
                if self._is_own(head.message_id):
                    self.taken.own += 1
                    parts = []
                for part in parts:
                    find = Find(kind_of(part.name, part.data), part.name, how.source, how.came_at, part.data)
                    yield from filter(None, [self._waiting(find, how, container.depth + 1)])
            else:
                yield from self._members(container)
        except Rejected as rejection:
            self._refuse(container.find, arrival.inside, rejection)
        opened.append(arrival)

    def _members(self, container: _Waiting) -> Iterator[_Waiting]:
        arrival = container.arrival
        source = f"{arrival.source}/{arrival.name}"
        for name, time, content in members_of(self.ledger.folder / self._file_of(arrival.sha256, container.find)):
            came = arrival.came_at if arrival.message_id or arrival.sender else time
            how = Arrival(
                sha256="", source=source, name=name, came_at=came, inside=arrival.sha256,
                message_id=arrival.message_id, sender=arrival.sender, hint="archive",
            )  # fmt: skip
            kind = kind_of(name, content if isinstance(content, bytes) else b"")
            folder = name.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
            find = Find(kind, name, source, came, content, folder or arrival.hint)
            yield from filter(None, [self._waiting(find, how, container.depth + 1)])

    def _keep(self, waiting: list[_Waiting]) -> list[Original]:
        """Put the bytes that are not there yet in their places; the originals that the ledger does not know."""
        files, new = dict[Path, bytes](), dict[str, Original]()
        for each in waiting:
            digest = each.arrival.sha256
            known = self._known(digest)
            file = known or self._file_of(digest, each.find)
            path = self.ledger.folder / file
            if not _is_whole(path, each.data, trusted=known is not None):
                files[path] = each.data
                with suppress(OSError):
                    os.chmod(path, stat.S_IREAD | stat.S_IWRITE)
            if known is None:
                new[digest] = Original(sha256=digest, kind=each.find.kind, file=file, size=len(each.data))
        for path, error in place(list(files.items()), durable=self.durable):
            if error is not None:
                raise CampaignError(
                    "CANNOT_WRITE",
                    f"写不了 {path}：{error.strerror}。已收取的都在；请检查权限后再运行一次。",
                    f"cannot write {path}: {error.strerror}. What was taken stays; check permissions and run again.",
                )
            with suppress(OSError):
                os.chmod(path, stat.S_IREAD | stat.S_IRGRP | stat.S_IROTH)  # opened in Excel, it is not saved over
        self.taken.new += len(new)
        return list(new.values())

    def _known(self, digest: str) -> str | None:
        found = self.ledger.database.execute("SELECT file FROM original WHERE sha256 = ?", (digest,)).fetchone()
        return str(found[0]) if found else None

    def _file_of(self, digest: str, find: Find) -> str:
        known = self._known(digest)
        if known:
            return known
        ending = os.path.splitext(find.name.partition("#")[0])[1].lower()
        if find.kind == "mail":
            ending = ".eml"
        return f"{FOLDER}/{digest[:2]}/{digest}{ending if ending in KEPT_NAMES else '.bin'}"

    def _is_own(self, message_id: str) -> bool:
        query = "SELECT 1 FROM outbox WHERE message_id = ?"
        return bool(message_id) and self.ledger.database.execute(query, (message_id,)).fetchone() is not None

    def _refuse(self, find: Find, inside: str, rejection: Rejected) -> None:
        refusal = Refusal(find.source, find.name, inside, rejection.code, rejection.where)
        self.taken.refused.append(refusal)
        with self.ledger.writing():
            note_refusal(self.ledger, refusal)


def _is_whole(path: Path, data: bytes, *, trusted: bool) -> bool:
    """Whether the bytes stand there; where the ledger knows the file its size will do."""
    try:
        if path.is_symlink() or path.stat().st_size != len(data):
            return False
        return trusted or path.read_bytes() == data
    except OSError:
        return False


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
