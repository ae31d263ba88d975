"""What was kept is judged 核验: read from ``returns/``, matched, held against what was issued, written down.

Only what has no judgement yet is judged, so that a run which was broken off is carried on by the next.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple, overload

from .. import pool
from ..checking import Judged, Terms, judge_content
from ..digest import hex_digest
from ..finding import Verdict, Waiver
from ..formdigest import Digest
from ..noun import noun
from ..validator import status_of
from ..waivers import Waivers
from ..xlsx.limits import DEFAULT
from .kept import Kept
from .ledger import Ledger
from .matching import UNMATCHED, Registry, counting
from .returned import Counting
from .returns import Judgement, judgement_of, note_judgements

BATCH = 64
"""Originals whose judgements are written down together."""


class Item(NamedTuple):
    """An original to be judged: where it is kept, the name it came by, and for each way on which it came its
    sender and folder."""

    sha256: str
    path: str
    name: str
    ways: tuple[tuple[str, str], ...]


class Done(NamedTuple):
    """An original and the judgements on it; none where it is not there as it was kept."""

    item: Item
    judged: list[Judgement]


class Due(Sequence[Item]):
    """The originals to be judged, in the order of arrival; each is looked up when it is asked for."""

    def __init__(self, ledger: Ledger, *, again: bool = False) -> None:
        self._ledger = ledger
        self._first = array("q", [row[0] for row in ledger.database.execute(_AGAIN if again else _DUE)])

    def __len__(self) -> int:
        return len(self._first)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | list[Item]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        database = self._ledger.database
        query = "SELECT a.sha256, o.file, a.name FROM arrival a JOIN original o ON o.sha256 = a.sha256 WHERE a.id = ?"
        sha256, file, name = database.execute(query, (self._first[at],)).fetchone()
        ways = database.execute("SELECT DISTINCT sender, hint FROM arrival WHERE sha256 = ? ORDER BY id", (sha256,))
        return Item(sha256, str(self._ledger.folder / file), name, tuple((row[0], row[1]) for row in ways))


_AGAIN = """SELECT c.first FROM came c JOIN original o ON o.sha256 = c.sha256
    WHERE o.kind = 'workbook' ORDER BY c.first"""
_DUE = """SELECT c.first FROM came c JOIN original o ON o.sha256 = c.sha256 WHERE o.kind = 'workbook' AND (
      NOT EXISTS (SELECT 1 FROM judgement j WHERE j.sha256 = c.sha256)
      OR c.sha256 IN (SELECT j.sha256 FROM judged j JOIN arrival a ON a.sha256 = j.sha256
        WHERE j.standing = 'foreign' AND a.at > j.at))
    ORDER BY c.first"""


@noun
class Judge:
    """On what terms returns are judged, and against what; goes to worker processes."""

    terms: Terms
    registry: Registry
    waivers: tuple[Waiver, ...] = ()
    today: str = ""

    def __call__(self, item: Item, skip: int) -> Iterator[Done]:
        """The judgements on one original."""
        if skip:
            return
        try:
            with open(item.path, "rb") as file:
                data = file.read(DEFAULT.file_bytes + 1)
        except OSError:
            data = b""
        if hex_digest(data) != item.sha256:
            yield Done(item, [])
            return
        yield Done(item, [self._judgement(item, each) for each in judge_content(item.name, data, self.terms)])

    def _judgement(self, item: Item, judged: Judged) -> Judgement:
        verdict, form_read = judged.verdict, judged.reading
        if form_read is None:
            return _rejected(verdict)
        found = self.registry.match(form_read)
        ways = [self.registry.units_of(*way) for way in item.ways]
        standing, said = counting(self.registry, verdict, form_read, found, ways)
        if said:
            findings = (*said, *verdict.findings)
            verdict = replace(verdict, findings=findings, status=status_of(findings))
        if self.waivers:
            verdict = Waivers(self.waivers, self.today).apply(verdict)
        kept = Kept(verdict=verdict, digest=judged.digest if isinstance(judged.digest, Digest) else None)
        return judgement_of(kept, assignment=found.assignment, unit=found.unit, match=found.match, standing=standing)


def _rejected(verdict: Verdict) -> Judgement:
    kept = Kept(verdict=verdict)
    return judgement_of(
        kept, assignment=UNMATCHED.assignment, unit=UNMATCHED.unit, match=UNMATCHED.match, standing="rejected"
    )


def _lost(item: Item, number: int, fate: pool.Fate) -> Done | None:
    if number:
        return None
    return Done(item, [_rejected(Verdict(file=item.name, sha256=item.sha256, status="rejected", code=fate))])


class Outcome:
    """What a run of judging did: how many sheets came out how, and originals that are not as they were kept."""

    def __init__(self) -> None:
        self.files = 0
        self.standings = Counter[Counting]()
        self.spoilt: list[Item] = []


def judge_due(
    ledger: Ledger,
    judge: Judge,
    due: Due,
    *,
    jobs: int = 1,
    step: Callable[[], None] = lambda: None,
    stop: Callable[[], bool] = bool,
) -> Outcome:
    """Judge them, and write down each some at a time; after ``stop`` what is in hand is still written down."""
    outcome = Outcome()
    events = pool.stream(judge, due, _lost, jobs=jobs, stop=stop)
    results = (event for event in events if event is not None)
    while batch := list(islice(results, BATCH)):
        with ledger.writing():
            for done in batch:
                _write(ledger, done, outcome)
        for _ in batch:
            step()
    return outcome


def _write(ledger: Ledger, done: Done, outcome: Outcome) -> None:
    item, judged = done
    outcome.files += 1
    if not judged:
        outcome.spoilt.append(item)
        return
    note_judgements(ledger, item.sha256, judged)
    file = Path(item.path).relative_to(ledger.folder).as_posix()
    for each in judged:
        outcome.standings[each.standing] += 1
        if each.standing != "counts":
            continue
        words = {"unit": each.unit, "file": file, "sha256": item.sha256}
        if not _was_returned(ledger, each.assignment, item.sha256):
            ledger.record("returned", each.assignment, **words, detail=item.name)
        counts = f"{each.errors}/{each.warnings}/{each.infos}"
        ledger.record("judged", each.assignment, **words, detail=f"{each.status} {counts}")


def _was_returned(ledger: Ledger, assignment: str, sha256: str) -> bool:
    query = "SELECT 1 FROM history WHERE assignment = ? AND event = 'returned' AND sha256 = ?"
    return ledger.database.execute(query, (assignment, sha256)).fetchone() is not None
