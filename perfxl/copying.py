"""Which texts of a batch are copies of another 雷同文字.

Texts that share clauses are looked up by hashes of some of them, then compared run by run.
"""

from __future__ import annotations

import json
from functools import lru_cache

from .batch import Batch
from .form import Parameters

RUN, STRETCH, COMMON, SAMPLE, NEAREST = 8, 96, 20, 8, 3
"""Texts are compared in runs of so many characters, long ones in stretches where they can be; a clause of more
texts than that is a set phrase; so many clauses of a text are looked up; so many of the texts that share most are
compared."""


def find_copies(batch: Batch, rules: Parameters) -> None:
    """Fill the table ``copy``: every text under the first one that it is a copy of, itself if there is none."""
    database = batch.database
    database.execute("DELETE FROM copy")
    database.execute("DELETE FROM clause")
    texts = batch.rows(
        "SELECT id, hash, body, clauses FROM text WHERE characters >= ? ORDER BY id", rules.copied_text_characters
    )
    for number, mark, body, packed in texts:
        clauses: list[int] = json.loads(packed)
        leader, share = _leader(batch, body.decode(), clauses[:SAMPLE], float(rules.copied_text_share))
        if leader is None:
            database.executemany(
                "INSERT INTO clause SELECT ?, ? WHERE (SELECT count(*) FROM clause WHERE hash = ?) <= ?",
                [(clause, number, clause, COMMON) for clause in clauses],
            )
        database.execute("INSERT INTO copy VALUES (?, ?, ?)", (leader or number, mark, share))


def _leader(batch: Batch, text: str, clauses: list[int], least: float) -> tuple[int | None, float]:
    """An earlier text of which this one is a copy, or has been copied into, and how much of the shorter it is."""
    texts: dict[int, list[int]] = {}
    marks = ", ".join("?" * len(clauses))
    for clause, found in batch.rows(f"SELECT hash, text FROM clause WHERE hash IN ({marks})", *clauses):
        texts.setdefault(clause, []).append(found)
    shared: dict[int, int] = {}
    for known in texts.values():
        for found in known if len(known) <= COMMON else ():
            shared[found] = shared.get(found, 0) + 1
    for found in sorted(shared, key=lambda each: (-shared[each], each))[:NEAREST]:
        ((body,),) = batch.rows("SELECT body FROM text WHERE id = ?", found)
        share = share_of(text, body.decode())
        if share > least:
            return found, share
    return None, 1.0


def share_of(one: str, other: str) -> float:
    """How much of the shorter text stands in the longer, in runs of at least ``RUN`` characters; 0 to 1."""
    short, long = sorted((one, other), key=len)
    if len(short) < RUN:
        return float(short in long)
    runs = _runs(long)
    covered, end, at, last = 0, 0, 0, len(short) - RUN
    stretch_from = 0
    while at <= last:
        if short[at : at + RUN] not in runs:
            at += 1
            continue
        size = RUN
        if at >= stretch_from:
            # what stands in the other text as a whole is not compared run by run
            if short[at : at + STRETCH] in long:
                size = min(STRETCH, len(short) - at)
            else:
                stretch_from = at + STRETCH // 2
        covered += at + size - max(at, end)
        end = at + size
        at = end - RUN + 1
    return covered / len(short)


@lru_cache(maxsize=2)
def _runs(text: str) -> frozenset[str]:
    """The runs of a text; the next ones are mostly compared with the same."""
    return frozenset([text[at : at + RUN] for at in range(len(text) - RUN + 1)])
