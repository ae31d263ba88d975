"""The ledger 台账: one SQLite file in the campaign folder, the append-only history of each assignment.

    with Ledger.open(folder, "generate") as ledger:
        with ledger.writing():                  # one commit, one wait for the disk
            for ... : ledger.record("issued", assignment, unit=..., file=..., sha256=...)
        ledger.latest("issued")                 # assignment -> Entry

``open`` holds the campaign (``hold.py``) until the end of the ``with``; ``open(..., hold=False)``
only reads.  Every trouble is a ``CampaignError``.  A damaged ledger is refused with the way
back, and never made anew; copies of it lie in ``backups/``.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from .hold import WAIT, Hold, host, now, user
from .ledger_loss import BACKUPS, FILE, backups, damaged, lost, newest_backup, trouble, unwritable
from .ledger_schema import APPLICATION_ID, MIGRATIONS
from .network import network_share
from .trouble import CampaignError

KEPT, AGE = 20, timedelta(hours=12)
"""How many copies are kept; how old the newest may be when the ledger is opened to be written."""

EVENTS = (
    "issued",
    "sent",
    "returned",
    "judged",
    "answered",
    "accepted",
    "waived",
    "nothing_to_report",
    "consolidated",
    "reopened",
)
"""What can happen to an assignment: 已下发 已发送 已收回 已核验 已答复 已通过 已豁免 零报告 已汇总 已重开."""


class Entry(NamedTuple):
    """A line of the history. ``at`` is UTC, ``file`` relative to the campaign folder, ``sha256``
    of that file, ``who`` is user@host; what is not known is ``""``."""

    id: int
    assignment: str
    event: str
    at: str
    who: str
    unit: str
    file: str
    sha256: str
    detail: str


class Ledger:
    """The ledger of one campaign, open. Not for several threads."""

    def __init__(self, folder: Path, database: sqlite3.Connection, hold: Hold | None) -> None:
        self.folder = folder
        self.database = database
        self.who = f"{user()}@{host()}"
        self._hold = hold
        self._depth = 0
        self._seal = ""

    @classmethod
    def create(cls, folder: Path, command: str = "init", *, network: bool = False) -> Ledger:
        """A new, empty ledger, held. Refused where there is one, or the copies of one."""
        with ExitStack() as undo:
            hold = Hold(folder, command)
            undo.callback(hold.release)
            _refuse_share(folder, network)
            if os.path.lexists(folder / FILE) or newest_backup(folder):
                raise CampaignError(
                    "LEDGER_EXISTS",
                    f"{folder} 已有台账或台账的备份，没有另建。",
                    f"{folder} has a ledger, or copies of one, already; no other was made.",
                    2,
                )
            _make(folder)
            ledger = cls._opened(folder, hold)
            undo.pop_all()
        return ledger

    @classmethod
    def open(
        cls, folder: Path, command: str, *, hold: bool = True, wait: float = WAIT, network: bool = False
    ) -> Ledger:
        """The ledger of the folder, checked. ``command`` is what others are told is at work;
        ``hold=False`` reads only, beside whoever holds it; ``network`` allows a network share.
        """
        if not hold:
            return cls._opened(folder, None)
        with ExitStack() as undo:
            held = Hold(folder, command, wait=wait)
            undo.callback(held.release)
            _refuse_share(folder, network)
            ledger = cls._opened(folder, held)
            undo.pop_all()
        return ledger

    @classmethod
    def _opened(cls, folder: Path, hold: Hold | None) -> Ledger:
        path = folder / FILE
        try:
            if not path.is_file() or path.stat().st_size == 0:
                raise lost(folder)
            with ExitStack() as undo:
                database = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
                undo.callback(database.close)
                ledger = cls(folder, database, hold)
                ledger._settle()
                undo.pop_all()
        except OSError as error:
            raise unwritable(folder, error) from error
        except UnicodeDecodeError as error:  # damage that sqlite3 meets while it words its own complaint
            raise damaged(folder, "UTF-8") from error
        except sqlite3.DatabaseError as error:
            raise trouble(folder, error) from error
        return ledger

    def _settle(self) -> None:
        for pragma in ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
            self.database.execute(f"PRAGMA {pragma}")
        self._check()
        if self._hold is None:
            self.database.execute("PRAGMA query_only = ON")
            return
        journal = "DELETE" if network_share(self.folder) else "WAL"  # WAL needs memory that two processes share
        self.database.execute(f"PRAGMA journal_mode = {journal}")
        self._migrate()
        self._back_up_when_old()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let the next process in."""
        self.database.close()
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is recorded inside is committed once, at the end, and is then on the disk; after an
        exception none of it is. May be nested: the outermost commits."""
        if self._hold is None:
            raise RuntimeError("the ledger was opened to be read")
        if self._depth:
            yield
            return
        try:
            self.database.execute("BEGIN IMMEDIATE")
            self._depth, self._seal = 1, self._last_seal()
            yield
            self.database.execute("COMMIT")
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise trouble(self.folder, error) from error
        finally:
            self._depth = 0
            if self.database.in_transaction:
                with suppress(sqlite3.Error):
                    self.database.execute("ROLLBACK")

    def record(
        self, event: str, assignment: str, *, unit: str = "", file: str = "", sha256: str = "", detail: str = ""
    ) -> None:
        """Add a line to the history; on disk at the end of the outermost ``writing``."""
        if event not in EVENTS:
            raise ValueError(f"unknown event {event!r}")
        if not assignment:
            raise ValueError("an event without assignment")
        texts = [_storable(text) for text in (assignment, event, now(), self.who, unit, file, sha256, detail)]
        with self.writing():
            seal = _sealed(self._seal, texts)
            self.database.execute(_INSERT, [*texts, seal])
            self._seal = seal

    # Reading

    def history(self, assignment: str | None = None) -> Iterator[Entry]:
        """The lines of one assignment, or all, in the order in which they were written."""
        where, values = ("WHERE assignment = ?", (assignment,)) if assignment is not None else ("", ())
        rows = self.database.execute(f"SELECT {COLUMNS} FROM history {where} ORDER BY id", values)
        return map(Entry._make, rows)

    def issued_as(self, file: str) -> list[Entry]:
        """The lines of what was issued as that file, oldest first."""
        query = f"SELECT {COLUMNS} FROM history WHERE event = 'issued' AND file = ? ORDER BY id"
        return list(map(Entry._make, self.database.execute(query, (file,))))

    def issued_files(self) -> Iterator[str]:
        """Every file that was ever issued, each once."""
        for (file,) in self.database.execute("SELECT DISTINCT file FROM history WHERE event = 'issued' ORDER BY file"):
            yield file

    def latest(self, event: str) -> dict[str, Entry]:
        """For each assignment, the newest line of that event."""
        rows = self.database.execute(f"SELECT {COLUMNS} FROM latest WHERE event = ? ORDER BY id", (event,))
        return {entry.assignment: entry for entry in map(Entry._make, rows)}

    def standing(self) -> dict[str, Entry]:
        """Where each assignment stands 当前状态: its newest line."""
        rows = self.database.execute(f"SELECT {COLUMNS} FROM standing ORDER BY assignment")
        return {entry.assignment: entry for entry in map(Entry._make, rows)}

    # Copies

    def back_up(self) -> Path:
        """A copy of the ledger as it is, complete when it has its name; the oldest beyond ``KEPT`` go."""
        place = self.folder / BACKUPS
        name = datetime.now(UTC).strftime("ledger-%Y%m%dT%H%M%S%fZ.sqlite")
        temporary = place / f".perfxl-{os.urandom(6).hex()}.tmp"
        try:
            place.mkdir(exist_ok=True)
            try:
                with closing(sqlite3.connect(temporary)) as copy:
                    self.database.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
                with open(temporary, "rb+") as file:
                    os.fsync(file.fileno())
                os.replace(temporary, place / name)
            finally:
                with suppress(OSError):
                    temporary.unlink()
            for old in backups(self.folder)[:-KEPT]:
                old.unlink()
        except OSError as error:
            raise unwritable(self.folder, error) from error
        except sqlite3.DatabaseError as error:
            raise trouble(self.folder, error) from error
        return place / name

    def _back_up_when_old(self) -> None:
        copies = backups(self.folder)
        newest = datetime.fromtimestamp(copies[-1].stat().st_mtime, UTC) if copies else None
        written = self.database.execute("SELECT max(at) FROM history").fetchone()[0]
        if written and (newest is None or datetime.now(UTC) - newest > AGE):
            self.back_up()

    # Checking

    def _check(self) -> None:
        """Refuse what is no ledger, a newer one, and a damaged one: pages, rows, and every sealed line."""
        one = self._one
        if one("PRAGMA application_id") != APPLICATION_ID:
            raise damaged(self.folder, "application_id")
        if int(str(one("PRAGMA user_version"))) > len(MIGRATIONS):
            raise CampaignError(
                "LEDGER_NEWER",
                "台账由更新版本的 perfxl 写成。请升级 perfxl 后再用。",
                "The ledger was written by a newer perfxl. Upgrade perfxl.",
            )
        if (answer := one("PRAGMA quick_check")) != "ok":
            raise damaged(self.folder, str(answer).splitlines()[0])
        seal = ""
        for *texts, found in self.database.execute(f"SELECT {_TEXTS}, seal FROM history ORDER BY id"):
            seal = _sealed(seal, texts)
            if seal != found:
                raise damaged(self.folder, "history")

    def _migrate(self) -> None:
        done = int(str(self._one("PRAGMA user_version")))
        if done == len(MIGRATIONS):
            return
        self.back_up()
        _apply(self.database, done)

    def _one(self, query: str) -> object:
        return self.database.execute(query).fetchone()[0]

    def _last_seal(self) -> str:
        row = self.database.execute("SELECT seal FROM history ORDER BY id DESC LIMIT 1").fetchone()
        return str(row[0]) if row else ""


_TEXTS = "assignment, event, at, who, unit, file, sha256, detail"
COLUMNS = f"id, {_TEXTS}"
"""Those of an ``Entry``, of the table ``history``."""
_INSERT = f"INSERT INTO history ({_TEXTS}, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def _storable(text: str) -> str:
    """Odd bytes of a file name as ``\\udcb2``: SQLite keeps UTF-8 only."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _sealed(before: str, texts: list[str]) -> str:
    """The seal of a line covers all lines before it, so that a changed byte of any is seen."""
    return hashlib.sha256("\x1f".join([before, *map(str, texts)]).encode("utf-8", "replace")).hexdigest()


def _make(folder: Path) -> None:
    """Under another name first, so that there is never half a ledger."""
    temporary = folder / f".perfxl-{os.urandom(6).hex()}.tmp"
    try:
        with closing(sqlite3.connect(temporary, isolation_level=None)) as database:
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            _apply(database, 0)
        os.rename(temporary, folder / FILE)
    except (OSError, sqlite3.Error) as error:
        raise unwritable(folder, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _apply(database: sqlite3.Connection, done: int) -> None:
    for number, statements in enumerate(MIGRATIONS[done:], done + 1):
        with ExitStack() as undo:
            database.execute("BEGIN IMMEDIATE")
            undo.callback(database.execute, "ROLLBACK")
            for statement in statements:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
            database.execute("COMMIT")
            undo.pop_all()


def _refuse_share(folder: Path, allowed: bool) -> None:
    kind = network_share(folder)
    if kind and not allowed:
        raise CampaignError(
            "NETWORK_FOLDER",
            f"{folder} 在网络共享（{kind}）上，那里的锁不可靠，台账可能损坏。请把文件夹放到本机磁盘；"
            "确知只有一台机器使用时可加 --network。",
            f"{folder} lies on a network share ({kind}), where locks cannot be relied upon. Move it to a local disk, "
            "or pass --network where surely one machine alone uses it.",
            2,
        )
