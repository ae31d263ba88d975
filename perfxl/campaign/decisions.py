"""What the officer decided of an assignment: 通过 豁免 零报告, each a line of the history, each to be taken back.

A decision holds for the return that stood when it was made (or for there being none): a newer
return asks for a new decision, and nothing is passed that nobody has looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, cast

from ..finding import Finding, Verdict, Waiver
from ..noun import noun
from ..validator import status_of
from .ledger import COLUMNS, Entry, Ledger

Kind = Literal["accepted", "waived", "nothing_to_report"]
KINDS: tuple[Kind, ...] = ("accepted", "waived", "nothing_to_report")
LEDGER, NO_END = "ledger", "9999-12-31"


@noun
class Decision:
    """决定: what was decided of an assignment, when (UTC), by whom, for which return (``sha256``, ``""`` for none).

    ``approver`` is who stands for it where that is another person; ``rules`` are the rules that a waiver is
    for, empty for all that the return has against it.
    """

    kind: Kind
    assignment: str
    unit: str
    at: str
    who: str
    sha256: str = ""
    reason: str = ""
    approver: str = ""
    rules: tuple[str, ...] = ()


def decide(
    ledger: Ledger, kind: Kind, assignment: str, *, unit: str, file: str = "", sha256: str = "", reason: str = "",
    approver: str = "", rules: Iterable[str] = (),
) -> None:  # fmt: skip
    """Write a decision into the history."""
    said = {"reason": reason, "approver": approver, "rules": list(rules)}
    detail = json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)
    ledger.record(kind, assignment, unit=unit, file=file, sha256=sha256, detail=detail)


def reopen(ledger: Ledger, assignment: str, *, unit: str, reason: str = "") -> None:
    """Take back what was decided."""
    ledger.record("reopened", assignment, unit=unit, detail=json.dumps({"reason": reason}, ensure_ascii=False))


def decision_of(entry: Entry) -> Decision:
    """A line of the history as a decision."""
    try:
        said = json.loads(entry.detail or "{}")
    except ValueError:
        said = {"reason": entry.detail}
    return Decision(
        kind=cast(Kind, entry.event),
        assignment=entry.assignment,
        unit=entry.unit,
        at=entry.at,
        who=entry.who,
        sha256=entry.sha256,
        reason=str(said.get("reason", "")),
        approver=str(said.get("approver", "")),
        rules=tuple(map(str, said.get("rules", ()))),
    )


def decisions(ledger: Ledger, *kinds: Kind) -> dict[str, Decision]:
    """The decisions that hold (of those kinds), by assignment: the newest of each, where it was not taken back."""
    wanted = kinds or KINDS
    query = f"""SELECT {COLUMNS} FROM history WHERE event IN ({", ".join("?" * len(wanted))}) AND id IN (
        SELECT max(id) FROM history WHERE event IN ('accepted', 'waived', 'nothing_to_report', 'reopened')
        GROUP BY assignment)"""
    rows = ledger.database.execute(query, wanted)
    return {entry.assignment: decision_of(entry) for entry in map(Entry._make, rows)}


def with_waiver(verdict: Verdict, decision: Decision) -> Verdict:
    """The verdict with the findings that were waived marked, and its status without them."""
    findings = tuple(_marked(finding, decision) for finding in verdict.findings)
    return verdict if findings == verdict.findings else replace(verdict, findings=findings, status=status_of(findings))


def _marked(finding: Finding, decision: Decision) -> Finding:
    if finding.waived is not None or (decision.rules and finding.rule not in decision.rules):
        return finding
    waiver = Waiver(
        rule=finding.rule,
        reason=decision.reason,
        approver=decision.approver,
        expires=NO_END,
        source=LEDGER,
    )
    return replace(finding, waived=waiver)
