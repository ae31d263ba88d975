"""What came back is kept once, judged in rounds, and the newest counts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from perfxl.campaign import ledger as ledger_module
from perfxl.campaign.decisions import decide, reopen
from perfxl.campaign.kept import Kept
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.ledger_schema import MIGRATIONS
from perfxl.campaign.returned import Counting, Match
from perfxl.campaign.returns import (
    Arrival,
    Original,
    judgement_of,
    note_arrival,
    note_judgements,
    note_original,
    standing_returns,
    superseded_returns,
    unmatched_returns,
)
from perfxl.campaign.standing import Standing, standings
from perfxl.finding import Finding, Severity, Status, Verdict

FAULT = Finding(rule="T01", severity=Severity.ERROR, sheet="自评表", cell="H31", field="total_score")
SLIP = Finding(rule="N01", severity=Severity.WARNING, sheet="自评表", cell="A1", field="actual_result")


def sha(number: int) -> str:
    return f"{number:064x}"


def come(
    ledger: Ledger, number: int, *, at: str, assignment: str = "U1-1", source: str = "returns", message_id: str = "",
    standing: Counting = "counts", findings: tuple[Finding, ...] = (), status: Status = "pass",
) -> None:  # fmt: skip
    """A file arrives and is judged."""
    match: Match = "stamp" if assignment else ""
    verdict = Verdict(file=f"{number}.xlsx", sheet="自评表", sha256=sha(number), status=status, findings=findings)
    with ledger.writing():
        note_original(ledger, Original(sha256=sha(number), kind="workbook", file=f"returns/{number}.xlsx", size=1))
        note_arrival(
            ledger,
            Arrival(sha256=sha(number), source=source, name=f"{number}.xlsx", came_at=at, message_id=message_id),
        )
        judged = judgement_of(
            Kept(verdict=verdict), assignment=assignment, unit="U1" if assignment else "", match=match,
            standing=standing,
        )  # fmt: skip
        note_judgements(ledger, sha(number), [judged])
        if standing == "counts":
            ledger.record("returned", assignment, unit="U1", sha256=sha(number))


def stands(ledger: Ledger) -> Standing:
    (found,) = standings(ledger)
    return found


def test_the_newest_return_of_an_assignment_counts(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        come(ledger, 1, at="2027-03-01T00:00:00Z")
        come(ledger, 3, at="2027-03-03T00:00:00Z")
        come(ledger, 2, at="2027-03-02T00:00:00Z")
        assert [each.sha256 for each in standing_returns(ledger)] == [sha(3)]
        assert [(each.sha256, each.counting) for each in superseded_returns(ledger)] == [
            (sha(2), "superseded"),
            (sha(1), "superseded"),
        ]
        assert (stands(ledger).returns, stands(ledger).returned_at) == (3, "2027-03-03T00:00:00Z")


def test_of_two_that_came_at_the_same_time_the_later_to_arrive_counts(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        come(ledger, 2, at="2027-03-01T00:00:00Z")
        come(ledger, 1, at="2027-03-01T00:00:00Z")
        assert [each.sha256 for each in standing_returns(ledger)] == [sha(1)]


def test_sent_again_by_mail_it_is_the_newest_again_but_a_copy_in_a_folder_is_not(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        come(ledger, 1, at="2027-03-01T00:00:00Z", source="mail a", message_id="<a@x>")
        come(ledger, 2, at="2027-03-02T00:00:00Z", source="mail b", message_id="<b@x>")
        come(ledger, 1, at="2027-03-09T00:00:00Z", source="desktop")
        assert [each.sha256 for each in standing_returns(ledger)] == [sha(2)]
        come(ledger, 1, at="2027-03-03T00:00:00Z", source="mail c", message_id="<c@x>")
        assert [each.sha256 for each in standing_returns(ledger)] == [sha(1)]


def test_what_does_not_count_is_kept_apart(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        come(ledger, 1, at="2027-03-01T00:00:00Z")
        come(ledger, 2, at="2027-03-02T00:00:00Z", standing="foreign")
        come(ledger, 3, at="2027-03-03T00:00:00Z", assignment="", standing="unmatched")
        come(ledger, 4, at="2027-03-04T00:00:00Z", assignment="", standing="rejected", status="rejected")
        assert [each.sha256 for each in standing_returns(ledger)] == [sha(1)]
        assert [each.counting for each in unmatched_returns(ledger)] == ["foreign", "unmatched", "rejected"]


def test_a_later_round_of_judging_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        come(ledger, 1, at="2027-03-01T00:00:00Z", standing="foreign")
        assert not list(standing_returns(ledger))
        come(ledger, 1, at="2027-03-01T00:00:00Z", source="another", findings=(FAULT,), status="fail")
        (only,) = standing_returns(ledger)
        assert [each.rule for each in only.verdict.findings] == ["T01"]
        assert not list(unmatched_returns(ledger))


def test_a_waiver_holds_for_the_return_that_it_was_given_for(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        come(ledger, 1, at="2027-03-01T00:00:00Z", findings=(FAULT, SLIP), status="fail")
        decide(ledger, "waived", "U1-1", unit="U1", sha256=sha(1), reason="机构调整", approver="张", rules=["T01"])
        (only,) = standing_returns(ledger)
        assert only.verdict.status == "notes"
        assert [each.waived.approver if each.waived else "" for each in only.verdict.findings] == ["张", ""]
        assert stands(ledger).state == "waived"
        come(ledger, 2, at="2027-03-02T00:00:00Z", findings=(FAULT,), status="fail")
        (only,) = standing_returns(ledger)
        assert only.verdict.status == "fail"
        assert stands(ledger).state == "returned"
        lapsed = stands(ledger).lapsed
        assert lapsed is not None
        assert lapsed.reason == "机构调整"


def test_a_decision_may_be_taken_back(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        ledger.record("issued", "U1-1", unit="U1")
        assert stands(ledger).state == "missing"
        decide(ledger, "nothing_to_report", "U1-1", unit="U1", reason="项目取消")
        assert (stands(ledger).state, stands(ledger).is_settled) == ("nothing_to_report", True)
        reopen(ledger, "U1-1", unit="U1")
        assert stands(ledger).state == "missing"
        decide(ledger, "nothing_to_report", "U1-1", unit="U1", reason="项目取消")
        come(ledger, 1, at="2027-03-01T00:00:00Z")
        assert stands(ledger).state == "returned"  # what came after all is looked at
        decide(ledger, "accepted", "U1-1", unit="U1", sha256=sha(1))
        assert stands(ledger).state == "accepted"


def test_nothing_of_it_can_be_changed_and_writing_it_again_adds_nothing(tmp_path: Path) -> None:
    with Ledger.create(tmp_path) as ledger:
        come(ledger, 1, at="2027-03-01T00:00:00Z")
        for table in ("original", "arrival", "judgement"):
            before = ledger.database.execute(f"SELECT * FROM {table}").fetchall()
            for statement in (f"UPDATE {table} SET at = '2026-01-01T00:00:00Z'", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    ledger.database.execute(statement)
            ledger.database.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
            assert ledger.database.execute(f"SELECT * FROM {table}").fetchall() == before
        again = Arrival(sha256=sha(1), source="returns", name="1.xlsx", came_at="2027-03-05T00:00:00Z")
        assert not note_arrival(ledger, again)


def test_a_ledger_of_an_earlier_version_has_no_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(ledger_module, "MIGRATIONS", MIGRATIONS[:2])
        with Ledger.create(tmp_path) as ledger:
            ledger.record("issued", "U1-1", unit="U1")
    with Ledger.open(tmp_path, "status", hold=False) as ledger:
        assert not list(standing_returns(ledger))
        assert stands(ledger).state == "missing"
    with Ledger.open(tmp_path, "collect") as ledger:
        come(ledger, 1, at="2027-03-01T00:00:00Z")
        assert stands(ledger).state == "returned"
