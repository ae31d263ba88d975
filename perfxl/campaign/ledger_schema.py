"""The tables of the ledger, as a list of migrations: ``user_version`` counts those that were applied.

A migration that was ever released is not changed; a new one is added at the end.
"""

from __future__ import annotations

APPLICATION_ID = 0x7066786C
"""``pfxl``: tells a ledger from any other SQLite file."""

_HISTORY = (
    "CREATE TABLE event (name TEXT PRIMARY KEY) WITHOUT ROWID",
    """INSERT INTO event VALUES ('issued'), ('sent'), ('returned'), ('judged'), ('answered'), ('accepted'),
       ('waived'), ('nothing_to_report'), ('consolidated')""",
    """CREATE TABLE history (
         id INTEGER PRIMARY KEY,
         assignment TEXT NOT NULL CHECK (assignment <> ''),
         event TEXT NOT NULL REFERENCES event (name),
         at TEXT NOT NULL CHECK (at LIKE '____-__-__T__:__:__Z'),
         who TEXT NOT NULL,
         unit TEXT NOT NULL,
         file TEXT NOT NULL,
         sha256 TEXT NOT NULL CHECK (length(sha256) IN (0, 64)),
         detail TEXT NOT NULL,
         seal TEXT NOT NULL CHECK (length(seal) = 64))""",
    "CREATE INDEX history_of ON history (assignment, event, id)",
    """CREATE TRIGGER history_not_updated BEFORE UPDATE ON history
       BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END""",
    """CREATE TRIGGER history_not_deleted BEFORE DELETE ON history
       BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END""",
    """CREATE TRIGGER history_not_replaced BEFORE INSERT ON history
       WHEN EXISTS (SELECT 1 FROM history WHERE id = NEW.id)
       BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END""",
    """CREATE VIEW latest AS SELECT * FROM history
       WHERE id IN (SELECT max(id) FROM history GROUP BY assignment, event)""",
    """CREATE VIEW standing AS SELECT * FROM history
       WHERE id IN (SELECT max(id) FROM history GROUP BY assignment)""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_HISTORY,)
