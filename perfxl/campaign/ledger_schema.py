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

_OUTBOX = (
    "CREATE TABLE outbox_state (name TEXT PRIMARY KEY) WITHOUT ROWID",
    """INSERT INTO outbox_state VALUES ('queued'), ('claimed'), ('data_started'), ('sent'), ('refused'), ('deferred'),
       ('uncertain'), ('withdrawn')""",
    """CREATE TABLE outbox_move (
         before TEXT NOT NULL REFERENCES outbox_state (name),
         after TEXT NOT NULL REFERENCES outbox_state (name),
         PRIMARY KEY (before, after)) WITHOUT ROWID""",
    """INSERT INTO outbox_move VALUES
         ('queued', 'queued'), ('queued', 'claimed'), ('queued', 'uncertain'), ('queued', 'withdrawn'),
         ('claimed', 'queued'), ('claimed', 'data_started'), ('claimed', 'refused'), ('claimed', 'deferred'),
         ('data_started', 'sent'), ('data_started', 'refused'), ('data_started', 'deferred'),
         ('data_started', 'uncertain'),
         ('deferred', 'claimed'), ('deferred', 'queued'), ('deferred', 'uncertain'), ('deferred', 'withdrawn'),
         ('refused', 'queued'), ('refused', 'uncertain'), ('refused', 'withdrawn'),
         ('uncertain', 'sent'), ('uncertain', 'queued'),
         ('withdrawn', 'queued')""",
    """CREATE TABLE outbox (
         id INTEGER PRIMARY KEY,
         campaign TEXT NOT NULL,
         unit TEXT NOT NULL CHECK (unit <> ''),
         purpose TEXT NOT NULL CHECK (purpose <> ''),
         part INTEGER NOT NULL CHECK (part >= 1),
         recipients TEXT NOT NULL,
         message_id TEXT NOT NULL UNIQUE,
         source TEXT NOT NULL,
         file TEXT NOT NULL,
         sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
         size INTEGER NOT NULL,
         enclosures TEXT NOT NULL,
         state TEXT NOT NULL DEFAULT 'queued' REFERENCES outbox_state (name),
         tries INTEGER NOT NULL DEFAULT 0,
         reply TEXT NOT NULL DEFAULT '',
         changed_at TEXT NOT NULL,
         UNIQUE (campaign, unit, purpose, part))""",
    """CREATE TABLE outbox_log (
         id INTEGER PRIMARY KEY,
         message INTEGER NOT NULL REFERENCES outbox (id),
         state TEXT NOT NULL REFERENCES outbox_state (name),
         at TEXT NOT NULL,
         who TEXT NOT NULL,
         sha256 TEXT NOT NULL,
         reply TEXT NOT NULL)""",
    "CREATE INDEX outbox_log_at ON outbox_log (state, at)",
    """CREATE TRIGGER outbox_moves BEFORE UPDATE OF state ON outbox
       WHEN NOT EXISTS (SELECT 1 FROM outbox_move WHERE before = OLD.state AND after = NEW.state)
       BEGIN SELECT RAISE(ABORT, 'no such move of a message'); END""",
    """CREATE TRIGGER outbox_keeps BEFORE UPDATE OF id, campaign, unit, purpose, part, message_id ON outbox
       BEGIN SELECT RAISE(ABORT, 'a message keeps its name'); END""",
    """CREATE TRIGGER outbox_content BEFORE UPDATE OF recipients, source, file, sha256, size, enclosures ON outbox
       WHEN OLD.state NOT IN ('queued', 'deferred', 'refused', 'withdrawn') OR NEW.state <> 'queued'
       BEGIN SELECT RAISE(ABORT, 'a message that may have left is not changed'); END""",
    """CREATE TRIGGER outbox_not_deleted BEFORE DELETE ON outbox
       BEGIN SELECT RAISE(ABORT, 'a message is not deleted'); END""",
    """CREATE TRIGGER outbox_not_replaced BEFORE INSERT ON outbox
       WHEN NEW.state NOT IN ('queued', 'uncertain') OR EXISTS (SELECT 1 FROM outbox WHERE id = NEW.id)
         OR EXISTS (SELECT 1 FROM outbox WHERE message_id = NEW.message_id)
       BEGIN SELECT RAISE(ABORT, 'a message begins in the queue, once'); END""",
    """CREATE TRIGGER outbox_log_not_updated BEFORE UPDATE ON outbox_log
       BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    """CREATE TRIGGER outbox_log_not_deleted BEFORE DELETE ON outbox_log
       BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
)

_RETURNS = (
    "INSERT INTO event VALUES ('reopened')",
    """CREATE TABLE original (
         sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
         kind TEXT NOT NULL CHECK (kind IN ('workbook', 'mail', 'archive', 'other')),
         file TEXT NOT NULL UNIQUE,
         size INTEGER NOT NULL CHECK (size >= 0),
         at TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE arrival (
         id INTEGER PRIMARY KEY,
         sha256 TEXT NOT NULL REFERENCES original (sha256),
         source TEXT NOT NULL,
         name TEXT NOT NULL,
         inside TEXT NOT NULL CHECK (length(inside) IN (0, 64)),
         came_at TEXT NOT NULL CHECK (came_at LIKE '____-__-__T__:__:__Z'),
         message_id TEXT NOT NULL,
         sender TEXT NOT NULL,
         hint TEXT NOT NULL,
         at TEXT NOT NULL,
         UNIQUE (sha256, source, name))""",
    "CREATE INDEX arrival_source ON arrival (source)",
    """CREATE TABLE judgement (
         id INTEGER PRIMARY KEY,
         sha256 TEXT NOT NULL REFERENCES original (sha256),
         round INTEGER NOT NULL CHECK (round >= 1),
         number INTEGER NOT NULL CHECK (number >= 0),
         sheet TEXT NOT NULL,
         assignment TEXT NOT NULL,
         unit TEXT NOT NULL,
         match TEXT NOT NULL CHECK (match IN ('', 'stamp', 'labels')),
         standing TEXT NOT NULL CHECK (standing IN ('counts', 'unmatched', 'foreign', 'blank', 'rejected')),
         status TEXT NOT NULL,
         code TEXT NOT NULL,
         errors INTEGER NOT NULL,
         warnings INTEGER NOT NULL,
         infos INTEGER NOT NULL,
         at TEXT NOT NULL,
         kept BLOB NOT NULL,
         CHECK (standing <> 'counts' OR assignment <> ''),
         UNIQUE (sha256, round, number))""",
    "CREATE INDEX judgement_of ON judgement (assignment, standing)",
    """CREATE TABLE refusal (
         id INTEGER PRIMARY KEY,
         source TEXT NOT NULL,
         name TEXT NOT NULL,
         inside TEXT NOT NULL,
         code TEXT NOT NULL,
         detail TEXT NOT NULL,
         at TEXT NOT NULL,
         UNIQUE (source, name, inside, code))""",
    *(
        statement
        for table in ("original", "arrival", "judgement", "refusal")
        for statement in (
            f"""CREATE TRIGGER {table}_not_updated BEFORE UPDATE ON {table}
                BEGIN SELECT RAISE(ABORT, 'what came back is append-only'); END""",
            f"""CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table}
                BEGIN SELECT RAISE(ABORT, 'what came back is append-only'); END""",
        )
    ),
    """CREATE TRIGGER original_once BEFORE INSERT ON original
       WHEN EXISTS (SELECT 1 FROM original WHERE sha256 = NEW.sha256) BEGIN SELECT RAISE(IGNORE); END""",
    """CREATE TRIGGER arrival_once BEFORE INSERT ON arrival
       WHEN EXISTS (SELECT 1 FROM arrival WHERE id = NEW.id
         OR (sha256 = NEW.sha256 AND source = NEW.source AND name = NEW.name)) BEGIN SELECT RAISE(IGNORE); END""",
    """CREATE TRIGGER judgement_once BEFORE INSERT ON judgement
       WHEN EXISTS (SELECT 1 FROM judgement WHERE id = NEW.id
         OR (sha256 = NEW.sha256 AND round = NEW.round AND number = NEW.number)) BEGIN SELECT RAISE(IGNORE); END""",
    """CREATE TRIGGER refusal_once BEFORE INSERT ON refusal
       WHEN EXISTS (SELECT 1 FROM refusal WHERE id = NEW.id
         OR (source = NEW.source AND name = NEW.name AND inside = NEW.inside AND code = NEW.code))
       BEGIN SELECT RAISE(IGNORE); END""",
    """CREATE VIEW came AS
         SELECT sha256, coalesce(max(CASE WHEN message_id <> '' THEN came_at END), min(came_at)) AS came_at,
           min(id) AS first
         FROM arrival GROUP BY sha256""",
    """CREATE VIEW judged AS
         SELECT j.id, j.sha256, j.number, j.sheet, j.assignment, j.unit, j.match, j.standing, j.status, j.code,
           j.errors, j.warnings, j.infos, j.at, c.came_at, c.first,
           CASE WHEN j.standing = 'counts' THEN row_number() OVER (
             PARTITION BY j.assignment, j.standing ORDER BY c.came_at DESC, c.first DESC, j.number) END AS place
         FROM judgement j JOIN came c ON c.sha256 = j.sha256
         WHERE j.round = (SELECT max(round) FROM judgement WHERE sha256 = j.sha256)""",
)

_MADE = (
    """CREATE TABLE made (
         id INTEGER PRIMARY KEY,
         file TEXT NOT NULL CHECK (file <> ''),
         sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
         at TEXT NOT NULL)""",
    "CREATE INDEX made_file ON made (file, sha256)",
    """CREATE TRIGGER made_not_updated BEFORE UPDATE ON made
       BEGIN SELECT RAISE(ABORT, 'what was made is append-only'); END""",
    """CREATE TRIGGER made_not_deleted BEFORE DELETE ON made
       BEGIN SELECT RAISE(ABORT, 'what was made is append-only'); END""",
    """CREATE TRIGGER made_once BEFORE INSERT ON made
       WHEN EXISTS (SELECT 1 FROM made WHERE id = NEW.id OR (file = NEW.file AND sha256 = NEW.sha256))
       BEGIN SELECT RAISE(IGNORE); END""",
)

_FILES = ("CREATE INDEX history_file ON history (file) WHERE event = 'issued'",)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_HISTORY, _OUTBOX, _RETURNS, _MADE, _FILES)
