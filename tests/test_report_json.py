"""The JSON report: keys, their order, and what becomes of numbers, blanks and odd characters."""

from __future__ import annotations

import json
from decimal import Decimal

from perfxl.finding import Diagnosis, Finding, NotRun, NotUnderstood, Severity, Verdict
from perfxl.record import FundingLine, Indicator, SelfEvaluation, SignOff, Target
from perfxl.report.json import dump, json_report, jsonl_report, verdict_object
from perfxl.report.tally import Tally

RECORD = SelfEvaluation(
    fiscal_year=2022,
    project_name="党组织服务群众经费",
    currency_unit="元",
    funds=(
        FundingLine(
            source="total",
            initial_budget=Decimal("4764200.00"),
            annual_budget=Decimal("3028940.00"),
            weight=Decimal(10),
            execution_rate=Decimal("0.9830"),
            score=Decimal("9.83"),
        ),
    ),
    indicators=(Indicator(level_1="产出指标", target=Target(text="100%"), weight=Decimal("5"), score=Decimal("1E+1")),),
    total_score=Decimal("88.25"),
    sign_off=(SignOff(term="preparer", label="填报人", text="张"),),
)
TOTAL = Finding(
    rule="T01",
    severity=Severity.ERROR,
    sheet="自评表",
    cell="H31",
    field="total_score",
    expected=Decimal("91.83"),
    actual=Decimal("88.25"),
    difference=Decimal("-3.58"),
    diagnosis=Diagnosis(
        state="explained",
        name="other_denominator_total",
        rule="T02",
        facts={
            "stated": Decimal("88.25"),
            "column": "年初预算数",
            "amount": Decimal("4764200"),
            "value": Decimal("6.25"),
        },
    ),
)
VERDICT = Verdict(
    file="党组织服务群众经费.xlsx",
    sheet="自评表",
    sha256="ab",
    status="fail",
    form="shanghai",
    form_reason="labels",
    record=RECORD,
    findings=(TOTAL,),
    not_run=(NotRun(rule="S01", cell="H22", field="indicators[9].score", missing=("actual.number",)),),
    not_understood=(NotUnderstood(cell="B40", text="备注"),),
)
REJECTED = Verdict(file="密.xlsx", status="rejected", code="ENCRYPTED")


def report(*verdicts: Verdict, lang: str = "zh") -> bytes:
    return b"".join(json_report(verdicts, Tally(), lang))


def test_the_keys_stand_in_the_order_of_the_contract() -> None:
    data = json.loads(report(VERDICT))
    assert list(data) == ["schema", "tool", "verdicts", "batch", "summary", "batch_not_run"]
    assert (data["schema"], data["tool"]["name"], data["batch"]) == ("perfxl.check/1", "perfxl", [])
    (verdict,) = data["verdicts"]
    assert list(verdict)[:12] == [
        *("file", "sheet", "sha256", "status", "code", "form", "form_reason", "stamp", "not_understood"),
        *("record", "findings", "not_run"),
    ]
    assert list(verdict["record"])[:11] == [
        *("fiscal_year", "project_name", "supervising_department", "implementing_unit", "currency_unit", "funds"),
        *("expected_goal", "actual_result", "indicators", "total_weight", "total_score"),
    ]
    assert list(verdict["record"]["funds"][0])[:7] == [
        *("source", "initial_budget", "annual_budget", "executed_amount", "weight", "execution_rate", "score"),
    ]
    assert list(verdict["record"]["indicators"][0])[:8] == [
        *("level_1", "level_2", "level_3", "target", "actual", "weight", "score", "variance_explanation"),
    ]
    (finding,) = verdict["findings"]
    assert list(finding) == [
        *("rule", "severity", "cell", "field", "expected", "actual", "difference", "message", "caused_by"),
        *("remedy", "diagnosis", "waived"),
    ]
    assert list(finding["diagnosis"])[:4] == ["state", "rule", "message", "alternatives"]
    assert list(verdict["not_run"][0]) == ["rule", "cell", "field", "missing"]
    assert list(data["summary"]) == [
        *("files", "forms", "pass", "notes", "fail", "rejected", "internal_error", "errors", "warnings", "infos"),
        "waived",
    ]


def test_figures_are_plain_strings_and_a_blank_is_null() -> None:
    verdict = json.loads(report(VERDICT))["verdicts"][0]
    line, row = verdict["record"]["funds"][0], verdict["record"]["indicators"][0]
    assert (line["initial_budget"], line["execution_rate"], line["weight"]) == ("4764200.00", "0.9830", "10")
    assert line["executed_amount"] is None
    assert (row["score"], row["target"], row["actual"]) == ("10", "100%", None)
    assert verdict["record"]["fiscal_year"] == 2022
    assert verdict["findings"][0]["difference"] == "-3.58"
    assert verdict["findings"][0]["caused_by"] is None
    assert verdict["not_understood"] == [{"cell": "B40", "text": "备注"}]


def test_the_words_are_in_the_language_asked_for() -> None:
    zh = json.loads(report(VERDICT))["verdicts"][0]["findings"][0]
    en = json.loads(report(VERDICT, lang="en"))["verdicts"][0]["findings"][0]
    assert "总分" in zh["message"]
    assert "88.25" in zh["message"]
    assert "年初预算数" in zh["diagnosis"]["message"]
    assert zh["diagnosis"]["rule"] == en["diagnosis"]["rule"] == "T02"
    assert "total" in en["message"].lower()
    assert zh["remedy"]
    assert en["remedy"]


def test_the_summary_counts_files_once_and_forms_by_status() -> None:
    two_sheets = (VERDICT, Verdict(file=VERDICT.file, sheet="二", status="pass"))
    summary = json.loads(report(*two_sheets, REJECTED))["summary"]
    assert summary == {
        "files": 2,
        "forms": 2,
        "pass": 1,
        "notes": 0,
        "fail": 1,
        "rejected": 1,
        "internal_error": 0,
        "errors": 1,
        "warnings": 0,
        "infos": 0,
        "waived": 0,
    }


def test_a_rejection_has_a_code_words_and_no_findings() -> None:
    verdict = verdict_object(REJECTED, "zh")
    assert (verdict["code"], verdict["findings"], verdict["record"]) == ("ENCRYPTED", [], None)
    assert "密码" in str(verdict["message"])
    assert "密码" in str(verdict["remedy"])


def test_it_is_utf_8_and_half_a_character_is_replaced() -> None:
    assert dump("财政") == '"财政"'.encode()
    assert json.loads(dump("a\ud800b")) == "a\ufffdb"
    odd = Verdict(file="\udcb2\udcc6.xlsx", status="rejected", code="BAD_ZIP")
    assert json.loads(report(odd))["verdicts"][0]["file"] == "\ufffd\ufffd.xlsx"


def test_no_verdicts_are_a_report_too_and_jsonl_has_a_line_each() -> None:
    assert json.loads(report())["verdicts"] == []
    lines = b"".join(jsonl_report([VERDICT, REJECTED], Tally(), "en")).splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["fail", "rejected"]


def test_verdicts_are_written_as_they_come() -> None:
    met: list[int] = []

    def source() -> object:
        for number in range(3):
            met.append(number)
            yield REJECTED

    pieces = json_report(source(), Tally(), "zh")  # type: ignore[arg-type]
    next(pieces)
    assert met == []
    next(pieces)
    assert met == [0]
