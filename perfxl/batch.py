"""The forms of a batch 批次 side by side, as digests in a temporary SQLite file.

The file has no name and is gone when the batch is; memory stays the same for ten forms and for ten
thousand.  ``grouping`` makes of it what the rules over a batch are called with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .groups import Places
from .noun import NamedTuple
from .record import Assignment
from .submission import Submission

if TYPE_CHECKING:
    from sqlite3 import Connection

    from .formdigest import Digest

COLUMNS = (
    "file sheet kind stamp unit department project year summary wan initial annual executed carried total "
    "content block text core in_project in_initial in_annual in_executed in_total in_result outcomes"
)
_TABLES = f"""
PRAGMA page_size = 1024;
PRAGMA cache_size = -512;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE form (id INTEGER PRIMARY KEY, {COLUMNS.replace(" ", ", ")});
CREATE INDEX form_unit ON form (unit, year, project);
CREATE INDEX form_department ON form (department, year, unit, project);
CREATE INDEX form_block ON form (block) WHERE block IS NOT NULL;
CREATE INDEX form_text ON form (text) WHERE text IS NOT NULL;
CREATE TABLE text (id INTEGER PRIMARY KEY, hash BLOB UNIQUE, characters INTEGER, body BLOB, clauses TEXT);
CREATE TABLE copy (leader INTEGER, hash BLOB, share REAL, PRIMARY KEY (leader, hash)) WITHOUT ROWID;
CREATE TABLE clause (hash INTEGER, text INTEGER, PRIMARY KEY (hash, text)) WITHOUT ROWID;
CREATE TABLE counted (thing TEXT, form INTEGER, number INTEGER, cell TEXT, whole INTEGER);
CREATE INDEX counted_form ON counted (form);
CREATE TABLE claim (
    form INTEGER, context TEXT, own INTEGER, month INTEGER, day INTEGER, amount TEXT, quote TEXT, cell TEXT
);
"""
_MARKS = ", ".join("?" * len(COLUMNS.split()))
_NEEDS = {
    "implementing_unit": "unit",
    "supervising_department": "department",
    "project_name": "project",
    "total_score": "total",
    "annual_budget": "annual",
    "executed_amount": "executed",
    "actual_result": "text",
}

IDENTITY = "coalesce(unit, '') || char(31) || coalesce(project, '') || char(31) || coalesce(year, '')"
"""Two forms that differ in this are of different projects, or years."""

Row = tuple[Any, ...]


Deep = TypeVar("Deep")


def _whole(value: Deep) -> Deep:
    """The same with every half of a character replaced, however deep it stands."""
    found: Any = value
    if isinstance(value, str):
        found = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    elif isinstance(value, tuple):
        inside = [_whole(each) for each in value]
        found = type(value)(*inside) if hasattr(value, "_fields") else tuple(inside)
    return found  # type: ignore[no-any-return]


class Later(NamedTuple):
    """A form that says nothing by itself to the rules over a batch: its digest is made when another comes."""

    submission: Submission
    file: str


class Batch:
    """The digests of a batch. ``issued``: what the department issued, where that is known."""

    def __init__(self, issued: Sequence[Assignment] | None = None) -> None:
        self.issued = issued
        self.forms = 0
        self.kinds: dict[str, int] = {}
        self._first: Digest | Later | None = None
        self._opened: Connection | None = None

    def add(self, digest: Digest | Later) -> None:
        """One more form."""
        form = digest.submission.form.id if isinstance(digest, Later) else digest.form
        self.forms += 1
        self.kinds[form] = self.kinds.get(form, 0) + 1
        if self.forms == 1:
            self._first = digest  # one form alone is no batch: no file is opened for it
        else:
            self._put(digest)

    def close(self) -> None:
        """Let go of the file; places of findings can no longer be read."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def is_alone(self) -> bool:
        """Whether there is nothing to compare: one form that says nothing of an earlier moment."""
        first = self._first
        silent = first is not None and (isinstance(first, Later) or not first.claims)
        return self.forms == 0 or (silent and self.issued is None)

    @property
    def database(self) -> Connection:
        """The file, opened when it is first needed."""
        if self._opened is None:
            import sqlite3

            # The empty name is a temporary file that SQLite opens once the cache is full, and deletes.
            self._opened = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._opened.executescript(_TABLES)
            self._opened.execute("BEGIN")
        if self._first is not None:
            first, self._first = self._first, None
            self._put(first)
        return self._opened

    def _put(self, digest: Digest | Later) -> None:
        """Store it; half a character, which a name or a text may hold, is kept as U+FFFD, as reports show it."""
        if isinstance(digest, Later):
            from .formdigest import digest_of  # most single forms need none of it

            made = digest_of(*digest)
            if made is None:
                return
            digest = made
        texts = [digest.file, digest.sheet, digest.stamp, digest.unit, digest.department, digest.project, digest.core]
        texts += [each.thing for each in digest.counts]
        texts += [part for claim in digest.claims for part in claim if isinstance(part, str)]
        try:
            "".join(filter(None, texts)).encode()
        except UnicodeEncodeError:
            digest = _whole(digest)
        self._store(digest)

    def _store(self, digest: Digest) -> None:
        database = self.database
        row = (
            *digest[:10],
            *(None if each is None else str(each) for each in digest[10:15]),
            *(digest.content, digest.block, digest.text, digest.core, *digest.cells),
            json.dumps(
                [
                    [*each[:2], *(None if n is None else str(n) for n in each[2:4]), *each[4:]]
                    for each in digest.outcomes
                ]
            ),
        )
        form = database.execute(f"INSERT INTO form VALUES (NULL, {_MARKS})", row).lastrowid
        if digest.text is not None:
            database.execute(
                "INSERT OR IGNORE INTO text VALUES (NULL, ?, ?, ?, ?)",
                (digest.text, digest.characters, digest.body, json.dumps(digest.clauses)),
            )
        database.executemany(
            "INSERT INTO counted VALUES (?, ?, ?, ?, ?)",
            [(each.thing, form, each.number, each.cell, each.whole) for each in digest.counts],
        )
        database.executemany(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(form, *each[:4], str(each.amount), *each[5:]) for each in digest.claims],
        )

    def rows(self, select: str, *values: object) -> Iterator[Row]:
        """The rows that a query gives, one by one."""
        return self.database.execute(select, values)

    def places(self, cell: str, where: str, *values: object) -> Places:
        """That cell of all forms for which a condition holds."""
        return Places(self.database, f"SELECT file, sheet, {cell} FROM form WHERE {where} ORDER BY id", values)

    def without(self, terms: Iterable[str]) -> dict[str, int]:
        """How many forms do not say each of the terms; those said by all are left out."""
        counts = {}
        for term in terms:
            ((count,),) = self.rows(f"SELECT count(*) FROM form WHERE {_NEEDS[term]} IS NULL")
            if count:
                counts[term] = count
        return counts
