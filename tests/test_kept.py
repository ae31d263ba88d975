"""A verdict comes out of the ledger as it went in."""

from __future__ import annotations

import zlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from perfxl import check
from perfxl.campaign.kept import Kept, packed, unpacked
from perfxl.finding import Diagnosis, Finding, Severity, Verdict, Waiver
from perfxl.formdigest import Digest

SAMPLES = Path(__file__).parent.parent / "samples"


class Digests(list[Digest]):
    """Takes in what a batch takes in."""

    add = list.append


def test_the_sample_forms_come_back_equal() -> None:
    digests = Digests()
    verdicts = list(check([SAMPLES / "2022"], cells=True, batch=digests))  # type: ignore[arg-type]
    assert len(verdicts) == len(digests) == 9
    assert any(each.findings for each in verdicts)
    assert all(each.cells["total_score"] for each in verdicts)
    for verdict, digest in zip(verdicts, digests, strict=True):
        kept = Kept(verdict=replace(verdict, understood=()), digest=digest)
        assert unpacked(packed(kept)) == kept
        assert len(packed(kept)) < 20_000


def test_whatever_a_finding_may_carry_comes_back_equal() -> None:
    finding = Finding(
        rule="T01",
        severity=Severity.ERROR,
        sheet="自评表 #@",
        cell=None,
        field="total_score",
        expected=Decimal("91.830"),
        actual="=88.25",
        difference=Decimal("-3.58"),
        facts={"@": "Target", "#": 5, "blank": None, "row": Decimal(0)},
        caused_by=("K01", None),
        diagnosis=Diagnosis(state="ambiguous", alternatives=(Diagnosis(state="explained", name="x"),)),
        waived=Waiver(rule="T01", reason="合并", approver="张", expires="2026-12-31"),
    )
    verdict = Verdict(file="\udcb2\x00😀.xlsx", status="fail", findings=(finding,), notes=(("WRONG_EXTENSION", ".et"),))
    kept = Kept(verdict=verdict)
    assert unpacked(packed(kept)) == kept
    found = unpacked(packed(kept)).verdict.findings[0]
    assert str(found.expected) == "91.830"
    assert isinstance(found.severity, Severity)


@pytest.mark.parametrize(
    "content", [b"", b"x", zlib.compress(b"[]"), zlib.compress(b'[{"@":"os"},null]'), zlib.compress(b"[" * 90_000)]
)
def test_what_is_no_kept_verdict_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ValueError, match="no kept verdict"):
        unpacked(content)
