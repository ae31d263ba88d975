"""The outbox 发件箱: each message of a campaign, and how far it came. Tables of the ledger's file.

    queued → claimed → data_started → sent | refused | deferred | uncertain

``data_started`` is on the disk before the server hears DATA, so whatever happens to the process, a
message that may have left is known.  What was under way when a process died becomes
``uncertain``, and is never sent again by itself.  Which moves there are stands in a table of the
database, which refuses all others (``docs/decisions``).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from ..noun import noun
from .hold import now
from .ledger import Ledger
from .trouble import CampaignError

FOLDER, SENDINGS = "outbox", "sendings.log"

_OURS = re.compile(r"[A-Za-z0-9-]+_[A-Za-z0-9-]+_[0-9]+_[0-9a-f]{12}\.eml|\.perfxl-[0-9a-f]{12}\.tmp")

State = Literal["queued", "claimed", "data_started", "sent", "refused", "deferred", "uncertain", "withdrawn"]
REPLACEABLE: tuple[State, ...] = ("queued", "deferred", "refused", "withdrawn")
"""States of a message that has surely not reached anybody: it may be written anew."""

GONE: tuple[State, ...] = ("data_started", "sent", "uncertain")
"""States of a message that has, or may have, reached its recipients."""


class Enclosure(NamedTuple):
    """A workbook in a message: the file in the campaign folder, its hash, the name it goes by, and
    the assignments on its sheets."""

    file: str
    sha256: str
    name: str
    assignments: tuple[str, ...]


MENTION = "@"


def is_mention(enclosure: Enclosure) -> bool:
    """Whether a message only speaks of it: its name then says how, behind an ``@``, and nothing is attached."""
    return enclosure.name.startswith(MENTION)


@noun
class Draft:
    """A message that is ready: whose it is, its bytes, what it was made from (``source``, a hash that
    does not depend on the time of writing)."""

    unit: str
    purpose: str
    part: int
    recipients: tuple[str, ...]
    message_id: str
    source: str
    data: bytes
    enclosures: tuple[Enclosure, ...]


class Row(NamedTuple):
    """A message in the outbox. ``file`` is relative to the campaign folder; ``size`` in bytes; ``tries``
    counts DATA commands; ``reply`` is the server's last; times are UTC."""

    id: int
    unit: str
    purpose: str
    part: int
    recipients: tuple[str, ...]
    message_id: str
    source: str
    file: str
    sha256: str
    size: int
    enclosures: tuple[Enclosure, ...]
    state: State
    tries: int
    reply: str
    changed_at: str


class Recovered(NamedTuple):
    """What the start of a run found: messages put back in the queue, and those that became uncertain."""

    requeued: int
    uncertain: int


def message_id(campaign: str, unit: str, purpose: str, part: int, domain: str) -> str:
    """The Message-ID, the same for the same message in every run and on every retry."""
    key = "\x1f".join((campaign, unit, purpose, str(part)))
    return f"<{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{domain}>"


_COLUMNS = """id, unit, purpose, part, recipients, message_id, source, file, sha256, size, enclosures, state, tries,
    reply, changed_at"""


class Outbox:
    """The outbox of one campaign, in its open ledger. Every change is on the disk when the call returns,
    or at the end of the ledger's outermost ``writing``."""

    def __init__(self, ledger: Ledger, campaign: str) -> None:
        self._ledger = ledger
        self._campaign = campaign
        self._attempts: dict[str, int] | None = None

    # Reading

    def rows(self, states: Iterable[State] = ()) -> list[Row]:
        """The messages in those states (all, where none is given), in the order of writing."""
        wanted = tuple(states)
        marks = f"AND state IN ({', '.join('?' * len(wanted))})" if wanted else ""
        query = f"SELECT {_COLUMNS} FROM outbox WHERE campaign = ? {marks} ORDER BY id"
        return [_row(found) for found in self._ledger.database.execute(query, (self._campaign, *wanted))]

    def row(self, unit: str, purpose: str, part: int) -> Row | None:
        """One message by its key, or ``None``."""
        query = f"SELECT {_COLUMNS} FROM outbox WHERE campaign = ? AND unit = ? AND purpose = ? AND part = ?"
        found = self._ledger.database.execute(query, (self._campaign, unit, purpose, part)).fetchone()
        return _row(found) if found else None

    def data(self, row: Row) -> bytes:
        """The message, byte for byte as it was written. Raises ``CampaignError`` where the file is gone
        or changed."""
        try:
            data = (self._ledger.folder / row.file).read_bytes()
        except OSError as error:
            raise _spoilt(row, error.strerror or "?") from error
        if sha256(data).hexdigest() != row.sha256:
            raise _spoilt(row, "sha256")
        return data

    def starts(self, since: timedelta) -> list[datetime]:
        """When messages were given to the server, back to so long ago, oldest first."""
        first = (datetime.now(UTC) - since).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = "SELECT at FROM outbox_log WHERE state = 'data_started' AND at >= ? ORDER BY id"
        found = self._ledger.database.execute(query, (first,))
        return [datetime.fromisoformat(at) for (at,) in found]

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Several changes in one commit."""
        with self._ledger.writing():
            yield

    def sweep(self) -> None:
        """Remove the files of messages that were replaced or withdrawn: they were never sent."""
        kept = {row.file.rpartition("/")[2] for row in self.rows() if row.state != "withdrawn"}
        place = self._ledger.folder / FOLDER
        for path in place.iterdir() if place.is_dir() else ():
            if path.name not in kept and _OURS.fullmatch(path.name):
                with suppress(OSError):  # somebody looks at it
                    path.unlink()

    def put(self, draft: Draft) -> Row:
        """Queue a message. One of the same key that surely has not left is replaced where its content
        differs, and kept as it is (time of writing included) where not; one that may have left raises
        ``ValueError``."""
        old = self.row(draft.unit, draft.purpose, draft.part)
        if old is not None and old.state not in REPLACEABLE:
            raise ValueError(f"message {old.id} is {old.state}")
        if old is not None and self.is_current(old, draft.source):
            return old
        file = self._keep(draft)
        values = [json.dumps(draft.recipients), draft.source, file, sha256(draft.data).hexdigest(), len(draft.data)]
        values += [json.dumps(draft.enclosures, ensure_ascii=False), now()]
        with self._ledger.writing():
            if old is None:
                key = (self._campaign, draft.unit, draft.purpose, draft.part, draft.message_id)
                self._ledger.database.execute(_INSERT, (*key, *values))
            else:
                self._ledger.database.execute(_REPLACE, (*values, old.id))
            row = self.row(draft.unit, draft.purpose, draft.part)
            assert row is not None
            self._log(row.id, "queued", row.sha256, "")
            if self._known_attempts().get(draft.message_id, 0) > row.tries:
                self._move(row, "uncertain", "the ledger does not know of a sending that sendings.log has")
                row = row._replace(state="uncertain")
        return row

    def is_current(self, row: Row, source: str) -> bool:
        """Whether a message that waits is still what would be written from that source."""
        return row.source == source and row.state in ("queued", "deferred", "refused") and self._intact(row)

    def withdraw(self, row: Row, why: str) -> None:
        """Take back a message that has not left."""
        self._move(row, "withdrawn", why)

    def requeue(self, row: Row) -> Row:
        """Try a refused message once more, as it is."""
        self._move(row, "queued", "")
        return row._replace(state="queued")

    def recover(self) -> Recovered:
        """At the start, under the hold: whoever claimed anything is dead. What had not begun is queued
        again; what had begun is uncertain."""
        claimed, begun = self.rows(["claimed"]), self.rows(["data_started"])
        with self._ledger.writing():
            for row in claimed:
                self._move(row, "queued", "")
            for row in begun:
                self._move(row, "uncertain", "perfxl ended while the message was being handed over")
            waiting = self.rows(["queued", "deferred", "refused"])
            lost = [row for row in waiting if self._known_attempts().get(row.message_id, 0) > row.tries]
            for row in lost:
                self._move(row, "uncertain", "the ledger does not know of a sending that sendings.log has")
        return Recovered(len(claimed), len(begun) + len(lost))

    def claim(self, row: Row) -> None:
        """Take a message to be sent."""
        self._move(row, "claimed", "")

    def release(self, row: Row, why: str) -> None:
        """Put a claimed message back: nothing of it was sent."""
        self._move(row, "queued", why)

    def start_data(self, row: Row) -> None:
        """Immediately before DATA: on the disk that this message may be with the server from now on.

        A line goes to ``sendings.log`` too, so that a ledger brought back from an older copy does
        not send again what it does not remember."""
        self._move(row, "data_started", "", tries=1)
        path = self._ledger.folder / FOLDER / SENDINGS
        line = f"{now()} {row.message_id} {row.sha256}\n".encode()
        try:
            with open(path, "ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._move(row, "deferred", "sendings.log could not be written")
            raise CampaignError(
                "LEDGER_UNWRITABLE",
                f"写不了 {path}：{error.strerror}。这封邮件没有发出。",
                f"cannot write {path}: {error.strerror}. This message was not sent.",
            ) from error
        if self._attempts is not None:
            self._attempts[row.message_id] = self._attempts.get(row.message_id, 0) + 1

    def finish(self, row: Row, state: State, reply: str) -> None:
        """What came of a claimed message. ``sent`` goes into the history of its assignments too."""
        with self._ledger.writing():
            self._move(row, state, reply)
            if state == "sent" and not row.purpose.startswith("trial"):
                self._record_sent(row, reply)

    def resolve(self, row: Row, state: Literal["sent", "queued"], how: str = "") -> None:
        """What was found out of an uncertain message: it arrived, or it did not and is to be sent. ``how`` says
        by what; a person, where it is empty."""
        with self._ledger.writing():
            self._move(row, state, how or f"decided by {self._ledger.who}")
            if state == "sent" and not row.purpose.startswith("trial"):
                self._record_sent(row, "")

    def _record_sent(self, row: Row, reply: str) -> None:
        """What goes into the history: that workbooks were sent; that returns were answered, and how (the name of a
        mention). A reminder changes nothing about an assignment."""
        answers = row.purpose.partition("-")[0] == "answer"
        for each in row.enclosures:
            if is_mention(each) and not answers:
                continue
            if answers and not is_mention(each):
                continue
            event = "answered" if answers else "sent"
            kind = f"{each.name[1:]} " if answers else ""
            detail = f"{kind}{row.message_id} {', '.join(row.recipients)} {reply}".strip()
            for assignment in each.assignments:
                self._ledger.record(event, assignment, unit=row.unit, file=each.file, sha256=each.sha256, detail=detail)

    def _move(self, row: Row, state: State, reply: str, tries: int = 0) -> None:
        shown = reply.encode("utf-8", "backslashreplace").decode()[:500]
        with self._ledger.writing():
            self._ledger.database.execute(
                "UPDATE outbox SET state = ?, reply = ?, tries = tries + ?, changed_at = ? WHERE id = ?",
                (state, shown, tries, now(), row.id),
            )
            self._log(row.id, state, row.sha256, shown)

    def _log(self, message: int, state: State, digest: str, reply: str) -> None:
        self._ledger.database.execute(
            "INSERT INTO outbox_log (message, state, at, who, sha256, reply) VALUES (?, ?, ?, ?, ?, ?)",
            (message, state, now(), self._ledger.who, digest, reply),
        )

    def _intact(self, row: Row) -> bool:
        with suppress(CampaignError):
            self.data(row)
            return True
        return False

    def _keep(self, draft: Draft) -> str:
        """The message as a file: complete, or not there; the name tells unit and content."""
        place = self._ledger.folder / FOLDER
        name = f"{_plain(draft.unit)}_{_plain(draft.purpose)}_{draft.part}_{sha256(draft.data).hexdigest()[:12]}.eml"
        temporary = place / f".perfxl-{os.urandom(6).hex()}.tmp"
        try:
            place.mkdir(exist_ok=True)
            if (place / name).is_file() and (place / name).read_bytes() == draft.data:
                return f"{FOLDER}/{name}"
            try:
                with open(temporary, "xb") as file:
                    file.write(draft.data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, place / name)
            finally:
                with suppress(OSError):
                    temporary.unlink()
        except OSError as error:
            raise CampaignError(
                "OUTBOX_UNWRITABLE",
                f"写不了 {place / name}：{error.strerror}",
                f"cannot write {place / name}: {error.strerror}",
            ) from error
        return f"{FOLDER}/{name}"

    def _known_attempts(self) -> dict[str, int]:
        """How often each Message-ID was begun, as ``sendings.log`` says."""
        if self._attempts is None:
            self._attempts = _attempts(self._ledger.folder / FOLDER / SENDINGS)
        return self._attempts


_INSERT = """INSERT INTO outbox (campaign, unit, purpose, part, message_id, recipients, source, file, sha256, size,
    enclosures, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_REPLACE = """UPDATE outbox SET recipients = ?, source = ?, file = ?, sha256 = ?, size = ?, enclosures = ?,
    changed_at = ?, state = 'queued', reply = '' WHERE id = ?"""


def _attempts(path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return counts
    except OSError as error:
        raise CampaignError(
            "OUTBOX_UNWRITABLE", f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}"
        ) from error
    for line in text.splitlines():
        words = line.split(" ")
        if len(words) == 3:
            counts[words[1]] = counts.get(words[1], 0) + 1
    return counts


def _row(found: Sequence[object]) -> Row:
    row = Row._make(found)
    enclosures = tuple(
        Enclosure(str(file), str(digest), str(name), tuple(assignments))
        for file, digest, name, assignments in json.loads(str(row.enclosures))
    )
    return row._replace(recipients=tuple(json.loads(str(row.recipients))), enclosures=enclosures)


def _plain(text: str) -> str:
    kept = "".join(each if each.isascii() and (each.isalnum() or each in "-") else "-" for each in text)
    return kept.strip("-")[:40] or "unit"


def _spoilt(row: Row, why: str) -> CampaignError:
    return CampaignError(
        "MESSAGE_SPOILT",
        f"{row.file} 与写下时不同或已不在（{why}），没有发送。再次运行 perfxl send 会重新写好。",
        f"{row.file} is not as it was written, or is gone ({why}); not sent. Running perfxl send writes it again.",
    )
