"""Where each assignment stands 进度: what the history, the returns and the decisions say of it together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any, Literal

from ..finding import Status
from ..noun import noun
from .decisions import Decision, Kind, decision_of
from .ledger import COLUMNS, Entry, Ledger
from .returns import knows_returns

State = Literal["missing", "returned", "accepted", "waived", "nothing_to_report"]
"""未收回 已收回 已通过 已豁免 零报告."""


@noun
class Standing:
    """进度 of one assignment. Times are UTC, ``""`` where it has not happened.

    ``name``, ``file``, ``sha256``, ``returned_at``, ``judged_at``, ``status`` and the counts of findings are of
    the return that counts (``status`` ``None``: none has come).  ``answered_at`` is of that return too.
    ``decision`` is the one that holds; ``lapsed`` one that was made of another return than counts now.
    ``returns`` counts those that came for it, older ones included.
    """

    assignment: str
    unit: str
    issued_at: str = ""
    sent_at: str = ""
    returned_at: str = ""
    judged_at: str = ""
    answered_at: str = ""
    consolidated_at: str = ""
    name: str = ""
    file: str = ""
    sha256: str = ""
    status: Status | None = None
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    returns: int = 0
    decision: Decision | None = None
    lapsed: Decision | None = None

    @property
    def state(self) -> State:
        """Where it stands, in a word."""
        if self.decision is not None:
            return self.decision.kind
        return "missing" if self.status is None else "returned"

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is expected of the unit."""
        return self.decision is not None


_DECIDED: dict[str, Kind] = {each: each for each in ("accepted", "waived", "nothing_to_report")}

_NEWEST = """SELECT j.assignment, a.name, o.file, j.sha256, j.came_at, j.at, j.status, j.errors, j.warnings, j.infos,
      j.unit, (SELECT count(DISTINCT sha256) FROM judgement WHERE assignment = j.assignment AND standing = 'counts')
    FROM judged j JOIN original o ON o.sha256 = j.sha256 JOIN arrival a ON a.id = j.first
    WHERE j.standing = 'counts' AND j.place = 1 ORDER BY j.assignment"""


def standings(ledger: Ledger) -> Iterator[Standing]:
    """Every assignment that the ledger knows, by its id, one at a time."""
    rows = ledger.database.execute(f"SELECT {COLUMNS} FROM history ORDER BY assignment, id")
    history = groupby(map(Entry._make, rows), key=lambda entry: entry.assignment)
    newest = ledger.database.execute(_NEWEST) if knows_returns(ledger) else iter(())
    come = next(newest, None)
    for assignment, entries in history:
        # what counts was written into the history when it was judged, so both go on together
        while come is not None and come[0] < assignment:
            come = next(newest, None)
        mine = come if come is not None and come[0] == assignment else None
        yield _standing(assignment, list(entries), mine)


def _standing(assignment: str, entries: list[Entry], come: tuple[Any, ...] | None) -> Standing:
    last = {entry.event: entry for entry in entries}
    sha256 = str(come[3]) if come else ""
    decided = next((e for e in reversed(entries) if e.event in _DECIDED or e.event == "reopened"), None)
    decision = decision_of(decided) if decided is not None and decided.event in _DECIDED else None
    holds = decision is not None and decision.sha256 == sha256
    answered = next((e.at for e in reversed(entries) if e.event == "answered" and e.sha256 == sha256), "")
    found = Standing(
        assignment=assignment,
        unit=entries[-1].unit or next((e.unit for e in entries if e.unit), ""),
        issued_at=_at(last, "issued"),
        sent_at=_at(last, "sent"),
        consolidated_at=_at(last, "consolidated"),
        decision=decision if holds else None,
        lapsed=None if holds else decision,
    )
    if come is None:
        return found
    _, name, file, _, came, at, status, errors, warnings, infos, _, returns = come
    return replace(
        found, name=name, file=file, sha256=sha256, returned_at=came, judged_at=at, status=status, errors=errors,
        warnings=warnings, infos=infos, returns=returns, answered_at=answered,
    )  # fmt: skip


def _at(last: dict[str, Entry], event: str) -> str:
    return last[event].at if event in last else ""
