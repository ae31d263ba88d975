"""What came back 收回的表, as the ledger keeps it: originals, how each arrived, how each was judged.

An original is known by the SHA-256 of its bytes, so the same content is one return however often it
comes.  All of it is append-only; a file that is judged again gets a further round, and the newest
round counts.  Of the returns of one assignment the newest counts: by the time at which it came,
then by the order of arrival (``docs/decisions``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, cast

from ..noun import noun
from .decisions import decisions, with_waiver
from .hold import now
from .kept import Kept, packed, unpacked
from .ledger import Ledger
from .returned import Counting, Match, Return

Kind = Literal["workbook", "mail", "archive", "other"]


@noun
class Original:
    """原件: bytes that came, where they are kept (relative to the campaign folder), and since when (UTC)."""

    sha256: str
    kind: Kind
    file: str
    size: int


@noun
class Arrival:
    """One way on which an original came: ``source`` (a folder, an archive, a mail), ``name`` there, when (UTC).

    ``inside`` is the SHA-256 of the mail or archive that it lay in; ``hint`` names the units that the sender
    or the folder stands for, ``""`` where they say nothing.
    """

    sha256: str
    source: str
    name: str
    came_at: str
    inside: str = ""
    message_id: str = ""
    sender: str = ""
    hint: str = ""


@noun
class Judgement:
    """How one sheet of an original was judged, and what it answers. ``kept`` is the packed verdict."""

    sheet: str
    assignment: str
    unit: str
    match: Match
    standing: Counting
    status: str
    code: str
    errors: int
    warnings: int
    infos: int
    kept: bytes


class Refusal(NamedTuple):
    """Something that could not be taken in, where it lay, and why: a code of ``REJECTIONS``."""

    source: str
    name: str
    inside: str
    code: str
    detail: str


_ARRIVAL = tuple(Arrival.__annotations__)
_JUDGEMENT = tuple(Judgement.__annotations__)


# ---- writing, inside ``ledger.writing()`` ------------------------------------------------------


def note_original(ledger: Ledger, original: Original) -> None:
    """Know an original; known already, nothing changes."""
    ledger.database.execute(
        "INSERT INTO original (sha256, kind, file, size, at) VALUES (?, ?, ?, ?, ?)",
        (original.sha256, original.kind, original.file, original.size, now()),
    )


def note_arrival(ledger: Ledger, arrival: Arrival) -> bool:
    """Know how an original came; whether that is new."""
    values = [_storable(getattr(arrival, name)) for name in _ARRIVAL]
    before = ledger.database.total_changes
    ledger.database.execute(
        f"INSERT INTO arrival ({', '.join(_ARRIVAL)}, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, now()),
    )
    return ledger.database.total_changes > before


def note_judgements(ledger: Ledger, sha256: str, judged: Sequence[Judgement]) -> None:
    """How an original was judged, sheet by sheet: a further round."""
    query = "SELECT coalesce(max(round), 0) + 1 FROM judgement WHERE sha256 = ?"
    number = ledger.database.execute(query, (sha256,)).fetchone()[0]
    names = _JUDGEMENT
    marks = ", ".join("?" * (len(names) + 4))
    ledger.database.executemany(
        f"INSERT INTO judgement (sha256, round, number, at, {', '.join(names)}) VALUES ({marks})",
        [(sha256, number, at, now(), *(getattr(each, name) for name in names)) for at, each in enumerate(judged)],
    )


def note_refusal(ledger: Ledger, refusal: Refusal) -> None:
    """Know that something could not be taken in."""
    values = [_storable(each) for each in refusal]
    query = "INSERT INTO refusal (source, name, inside, code, detail, at) VALUES (?, ?, ?, ?, ?, ?)"
    ledger.database.execute(query, (*values, now()))


def judgement_of(kept: Kept, *, assignment: str, unit: str, match: Match, standing: Counting) -> Judgement:
    """A verdict, ready for the ledger."""
    verdict = kept.verdict
    counts = {"error": 0, "warning": 0, "info": 0}
    for finding in verdict.findings:
        if finding.waived is None:
            counts[finding.severity.value] += 1
    return Judgement(
        sheet=_storable(verdict.sheet or ""),
        assignment=assignment,
        unit=unit,
        match=match,
        standing=standing,
        status=verdict.status,
        code=verdict.code or "",
        errors=counts["error"],
        warnings=counts["warning"],
        infos=counts["info"],
        kept=packed(kept),
    )


# ---- reading ----------------------------------------------------------------------------------


def standing_returns(ledger: Ledger) -> Iterator[Return]:
    """For each assignment that came back, the return that counts; by assignment, one at a time. What was waived
    for it is marked in its verdict."""
    waived = decisions(ledger, "waived") if knows_returns(ledger) else {}
    for each in _returns(ledger, "j.standing = 'counts' AND j.place = 1", "j.assignment"):
        decision = waived.get(each.assignment)
        if decision is not None and decision.sha256 == each.sha256:
            each = replace(each, verdict=with_waiver(each.verdict, decision))
        yield each


def superseded_returns(ledger: Ledger) -> Iterator[Return]:
    """Returns in whose place a newer one of the same assignment came, by assignment."""
    return _returns(ledger, "j.standing = 'counts' AND j.place > 1", "j.assignment, j.place")


def unmatched_returns(ledger: Ledger) -> Iterator[Return]:
    """Sheets and files that came and count for nothing: unmatched, another unit's, blank, not to be judged; in the
    order of arrival."""
    return _returns(ledger, "j.standing <> 'counts'", "j.first, j.number")


def knows_returns(ledger: Ledger) -> bool:
    """Whether the ledger has the tables: one of an earlier version, opened to be read, has none."""
    query = "SELECT count(*) FROM sqlite_master WHERE name IN ('original', 'judged')"
    return bool(ledger.database.execute(query).fetchone()[0] == 2)


def _returns(ledger: Ledger, where: str, order: str) -> Iterator[Return]:
    if not knows_returns(ledger):
        return
    rows = ledger.database.execute(
        f"""WITH chosen AS MATERIALIZED (SELECT * FROM judged j WHERE {where})
            SELECT j.assignment, j.unit, a.name, o.file, j.sha256, j.came_at, j.at, j.match, k.kept, j.standing,
              coalesce(j.place, 1)
            FROM chosen j JOIN judgement k ON k.id = j.id JOIN original o ON o.sha256 = j.sha256
              JOIN arrival a ON a.id = j.first
            ORDER BY {order}"""
    )
    for assignment, unit, name, file, sha256, came, at, match, content, standing, place in rows:
        kept = unpacked(content)
        yield Return(
            assignment=assignment,
            unit=unit,
            name=name,
            file=file,
            sha256=sha256,
            returned_at=came,
            judged_at=at,
            match=match,
            verdict=kept.verdict,
            digest=kept.digest,
            counting="superseded" if place > 1 else cast(Counting, standing),
        )


def _storable(text: str) -> str:
    """Odd bytes of a file name as ``\\udcb2``: SQLite keeps UTF-8 only."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
