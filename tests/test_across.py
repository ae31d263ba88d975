"""Rules over a batch: their examples, their places, the published forms, and what stays silent."""

from __future__ import annotations

import csv
import io
import json
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from records import batch_example, seed, submission

from perfxl.batch import Batch
from perfxl.checking import check
from perfxl.copying import share_of
from perfxl.crosscheck import across, cross_check, not_run
from perfxl.finding import BatchFinding, Rule, fact_text
from perfxl.form import load_form
from perfxl.formdigest import Digest, digest_of
from perfxl.number import read_target
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation
from perfxl.report import words
from perfxl.report.csv import csv_report
from perfxl.report.html import html_report
from perfxl.report.json import json_report, jsonl_report
from perfxl.report.sarif import sarif_report
from perfxl.report.tally import Tally
from perfxl.report.text import TextReport
from perfxl.report.workbook import findings_workbook
from perfxl.rules import ACROSS, ALL, BOOK, across_by_code

EXAMPLES = [
    pytest.param(each, outcome, text, id=f"{each.code}-{outcome}-{number}")
    for each in ACROSS
    for number, (outcome, text) in enumerate(each.examples)
]
AS_PRINTED = Path(__file__).parent.parent / "samples" / "2022" / "as-printed"


def found(batch: Batch, rules: Sequence[Rule] = BOOK) -> list[BatchFinding]:
    return list(cross_check(batch, rules=rules))


def batch_of(records: Iterable[SelfEvaluation], issued: Sequence[Assignment] | None = None) -> Batch:
    batch = Batch(issued)
    for number, record in enumerate(records):
        batch.add(digest(record, f"{number}.xlsx"))
    return batch


def digest(record: SelfEvaluation, file: str = "a.xlsx") -> Digest:
    made = digest_of(submission(record), file)
    assert made is not None
    return made


def record(project: str = "道路", unit: str = "甲", **more: object) -> SelfEvaluation:
    given = {"actual_result": f"{project}已按期完成", "fiscal_year": 2022, **more}
    return replace(SelfEvaluation(project_name=project, implementing_unit=unit), **given)  # type: ignore[arg-type]


def codes(findings: Iterable[BatchFinding]) -> Counter[str]:
    return Counter(each.finding.rule for each in findings)


# ---- the pages of the rule book --------------------------------------------------------------


@pytest.mark.parametrize(("each", "outcome", "text"), EXAMPLES)
def test_example(each: Rule, outcome: str, text: str) -> None:
    batch, form = batch_example(text)
    told = list(cross_check(batch, form=form, rules=(each,)))
    assert bool(told) == (outcome == "Fail"), told
    for finding in told:
        assert {words.message(finding.finding, lang) for lang in ("zh", "en")} == set(_said(each, finding))


def _said(each: Rule, found: BatchFinding) -> list[str]:
    """Every fact that the words name is there, or formatting fails."""
    finding = found.finding
    facts = {name: fact_text(fact) for name, fact in finding.facts.items()}
    for name in ("expected", "actual", "difference"):
        facts[name] = fact_text(getattr(finding, name))
    texts = each.variants[finding.variant] if finding.variant else (each.zh, each.en)
    return [string.Formatter().vformat(text, (), facts) for text in texts]


@pytest.mark.parametrize("each", ACROSS, ids=lambda each: each.code)
def test_page_is_complete_and_every_variant_is_shown(each: Rule) -> None:
    assert {outcome for outcome, _ in each.examples} == {"Pass", "Fail"}
    assert all((each.zh, each.en, each.remedy_zh, each.remedy_en, each.basis, each.title_en, len(each.title_zh) > 1))
    said = set()
    for outcome, text in each.examples:
        if outcome == "Fail":
            batch, form = batch_example(text)
            said |= {told.finding.variant for told in cross_check(batch, form=form, rules=(each,))}
    assert said >= set(each.variants)


def test_codes_are_used_once_among_the_rules_over_a_batch() -> None:
    assert [each.code for each in ACROSS] == list(dict.fromkeys(each.code for each in ACROSS))
    assert {each.code for each in (*ALL, *ACROSS)} <= {each.code for each in BOOK}
    assert all(across_by_code(each.code) is each for each in ACROSS)


# ---- the published forms ----------------------------------------------------------------------


def test_the_published_forms_disagree_about_the_neighbourhoods_and_were_spent_late() -> None:
    batch = Batch()
    for name in ("F1", "F2", "F3"):
        made = digest_of(seed(name), name)
        assert made is not None
        batch.add(made)
    told = found(batch)
    assert codes(told) == {"C03": 1, "C06": 1}
    things, late = told
    assert (things.finding.severity, things.finding.expected, things.finding.actual) == ("warning", 48, 49)
    assert [(place.file, place.cell) for place in things.places] == [
        ("F1", "B11"), ("F1", "F11"), ("F3", "E13"), ("F3", "F13"),
    ]  # fmt: skip
    assert (late.finding.severity, late.finding.facts["share"]) == ("info", Decimal("46.11"))
    assert late.finding.facts["left"] == Decimal("1604411.16")
    assert [(place.file, place.cell) for place in late.places] == [("F2", "F11"), ("F1", "F6")]


def test_the_samples_on_disk_say_the_same_and_nothing_else() -> None:
    batch = Batch()
    forms = len(list(check([AS_PRINTED], batch=batch)))
    assert (forms, batch.forms) == (3, 3)
    assert codes(found(batch)) == {"C03": 1, "C06": 1}


@pytest.mark.parametrize("name", ["F1", "F2", "F3"])
def test_one_published_form_alone_is_silent(name: str) -> None:
    batch = Batch()
    made = digest_of(seed(name), name)
    assert made is not None
    batch.add(made)
    assert found(batch) == []


# ---- what a finding names -----------------------------------------------------------------------


def test_a_project_returned_thrice_names_all_three_and_counts_the_versions() -> None:
    one, other = record(total_score=Decimal(90)), record(total_score=Decimal(95))
    (told,) = found(batch_of([one, other, record("绿化"), replace(one, implementing_unit=" 甲 ")]))
    assert (told.finding.rule, told.finding.facts["forms"], told.finding.facts["versions"]) == ("H04", 3, 2)
    assert [place.file for place in told.places] == ["0.xlsx", "1.xlsx", "3.xlsx"]
    assert {place.cell for place in told.places} == {"B3"}
    assert len(told.places) == 3
    assert next(iter(told.places)) in told.places


def test_rates_and_totals_of_a_project_returned_twice_count_once() -> None:
    line = FundingLine(source="total", annual_budget=Decimal(5), executed_amount=Decimal(5))
    twice = [record("道路", funds=(line,), total_score=Decimal(100)) for _ in range(2)]
    other = record("绿化", funds=(line,), total_score=Decimal(100))
    assert codes(found(batch_of([*twice, other]))) == {"H04": 1}
    assert codes(found(batch_of([twice[0], other, record("水务", funds=(line,), total_score=Decimal(100))]))) == {
        "M14": 1,
        "C05": 1,
    }


def test_a_blank_budget_is_no_full_rate() -> None:
    line = FundingLine(source="total")
    zero = FundingLine(source="total", annual_budget=Decimal(0), executed_amount=Decimal(0))
    forms = [record(f"项目{number}", funds=(each,)) for number, each in enumerate([line, zero, line, zero])]
    assert codes(found(batch_of(forms))) == {}


COPIED = "按照年初计划有序推进各项工作，严格执行资金管理制度，全年任务全部完成，服务对象总体满意，没有违规使用资金的情况，效果良好。"


def test_a_copied_text_is_found_though_the_names_in_it_were_changed() -> None:
    forms = [
        record(name, actual_result=f"{name}：" + COPIED.replace("各项工作", f"{name}的工作"))
        for name in ("道路养护", "绿化提升", "水面保洁")
    ]
    (told,) = found(batch_of([*forms, record("其他", actual_result="开放图书馆三百天，接待读者二十万人次。" * 3)]))
    assert (told.finding.rule, told.finding.facts["forms"]) == ("N11", 3)
    assert [place.file for place in told.places] == ["0.xlsx", "1.xlsx", "2.xlsx"]


def test_a_whole_block_copied_is_said_once_and_not_as_a_text_again() -> None:
    rows = tuple(Indicator(level_3=f"指标{n}", actual=read_target("90%"), score=Decimal(n)) for n in range(4))
    forms = [record(name, actual_result=COPIED, indicators=rows) for name in ("道路", "绿化")]
    assert codes(found(batch_of(forms))) == {"C02": 1}
    other = replace(forms[1], indicators=(*rows[:3], replace(rows[3], score=Decimal(5))))
    assert codes(found(batch_of([forms[0], other]))) == {"N11": 1}
    assert codes(found(batch_of([forms[0], forms[0]]))) == {"H04": 1}


def test_a_set_phrase_in_many_texts_makes_no_copy() -> None:
    forms = [
        record(f"项目{number}", actual_result="严格执行资金管理制度。" + f"第{number}项完成{number * 37}件，" * 6)
        for number in range(1, 40)
    ]
    assert codes(found(batch_of(forms))) == {}


def test_the_share_of_a_text_counts_runs_in_the_longer_one() -> None:
    assert share_of("甲乙丙丁戊己庚辛壬癸", "子丑" + "甲乙丙丁戊己庚辛壬癸") == 1.0
    assert share_of("甲乙丙丁戊己庚辛" + "天地玄黄宇宙洪荒", "甲乙丙丁戊己庚辛" + "日月盈昃辰宿列张寒来") == 0.5
    assert share_of("甲乙丙", "甲乙丙丁") == 1.0


def _department(unit: str, amount: str, *, wan: bool = False, project: str = "校舍维修") -> SelfEvaluation:
    line = FundingLine(source="total", annual_budget=Decimal(amount))
    currency = "万元" if wan else "元"
    return record(project, unit, supervising_department="教育局", funds=(line,), currency_unit=currency)


def test_units_add_up_in_yuan_whatever_each_form_counts_in() -> None:
    units = [_department("一小", "100000"), _department("二小", "20.00", wan=True)]
    assert codes(found(batch_of([_department("教育局(汇总)", "30.00", wan=True), *units]))) == {}
    (told,) = found(batch_of([_department("教育局（汇总）", "31", wan=True), *units]))
    assert (told.finding.rule, told.finding.difference) == ("C01", Decimal(10000))
    assert [place.file for place in told.places] == ["0.xlsx", "1.xlsx", "2.xlsx"]


def test_a_departments_own_project_is_no_summary_of_others() -> None:
    forms = [_department("教育局", "9", project="机关运行"), _department("一小", "1"), _department("二小", "2")]
    assert codes(found(batch_of(forms))) == {}


def test_a_year_of_return_is_no_claim_about_it() -> None:
    line = FundingLine(source="total", executed_amount=Decimal(1000000))
    for text in (
        "较2021年1-9月支出10万元增长，本项目完成",
        "截至2021年10月18日，本项目支出10万元",
        "截至12月31日，本项目支出10万元",
        "截至10月18日，本项目发放10场",
        "截至13月40日，本项目支出10万元",
    ):
        assert codes(found(batch_of([record(actual_result=text, funds=(line,)), record("绿化")]))) == {}, text
    late = record(actual_result="前三季度本项目累计支出10万元", funds=(line,))
    assert codes(found(batch_of([late]))) == {"C06": 1}


# ---- what could not be run ----------------------------------------------------------------------


def test_what_is_missing_is_said_rule_by_rule() -> None:
    batch = batch_of([record(), record("绿化", total_score=Decimal(90)), record("水务", unit="")])
    lacking = {(each.rule, each.missing): each.forms for each in not_run(batch)}
    assert lacking[("C01", ("summary",))] == 3
    assert lacking[("C04", ("register",))] == 3
    assert lacking[("C06", ("monitoring",))] == 3
    assert lacking[("C07", ("history",))] == 3
    assert lacking[("H04", ("implementing_unit",))] == 1
    assert lacking[("C05", ("total_score",))] == 2
    assert [each.rule for each in not_run(Batch())] == ["C01", "C04", "C06", "C07"]


def test_a_register_finds_what_is_missing_and_what_was_never_issued() -> None:
    issued = [Assignment(id=f"A{n}", implementing_unit="甲", project_name=f"项目{n}") for n in range(3)]
    told = found(batch_of([record("项目0"), record("项目9")], issued))
    assert [(each.finding.rule, each.finding.variant) for each in told] == [("C04", ""), ("C04", "strangers")]
    assert told[0].finding.facts["missing"] == "甲 · 项目1；甲 · 项目2"
    assert "C04" not in {each.rule for each in not_run(batch_of([record()], issued))}


def test_rules_are_chosen_as_for_one_form() -> None:
    batch = Batch()
    list(check([AS_PRINTED], batch=batch))
    chosen = tuple(each for each in BOOK if each.code == "C06")
    assert codes(found(batch, chosen)) == {"C06": 1}
    assert [each.rule for each in not_run(batch, chosen)] == ["C06"]


# ---- reports ------------------------------------------------------------------------------------


def _report(write: object, lang: str = "zh") -> tuple[bytes, Tally]:
    batch, tally = Batch(), Tally()
    verdicts = check([AS_PRINTED], batch=batch)
    return b"".join(write(verdicts, tally, lang, across(batch))), tally  # type: ignore[operator]


def test_json_has_batch_findings_with_places_and_counts_them() -> None:
    data, tally = _report(json_report)
    report = json.loads(data)
    assert list(report) == ["schema", "tool", "verdicts", "batch", "summary", "batch_not_run"]
    assert [each["rule"] for each in report["batch"]] == ["C03", "C06"]
    assert list(report["batch"][0])[:4] == ["rule", "severity", "message", "places"]
    assert list(report["batch"][0]["places"][0]) == ["file", "sheet", "cell"]
    own = [finding for verdict in report["verdicts"] for finding in verdict["findings"]]
    warnings = sum(each["severity"] == "warning" for each in own)
    assert report["summary"]["warnings"] == warnings + 1
    assert report["batch_not_run"][0] == {"rule": "C01", "missing": ["summary"], "forms": 3}
    assert tally.files == 3


def test_jsonl_has_lines_of_their_own_for_the_batch() -> None:
    data, _ = _report(jsonl_report)
    lines = [json.loads(line) for line in data.splitlines()]
    assert [next(iter(line)) for line in lines] == ["file"] * 3 + ["batch"] * 2 + ["batch_not_run"] * 4


@pytest.mark.parametrize(
    ("lang", "head", "word"), [("zh", "跨表核验", "缺 部门汇总表"), ("en", "Across forms", "summary form")]
)
def test_text_ends_with_a_section_of_its_own(lang: str, head: str, word: str) -> None:
    batch = Batch()
    verdicts = check([AS_PRINTED], batch=batch)
    text = "".join(TextReport(lang).report(verdicts, Tally(), across(batch)))
    section = text[text.index(head) :]
    assert "C03" in section
    assert "C06" in section
    assert word in section
    assert str(AS_PRINTED / "居委办公经费.xlsx") + "[Sheet1!E18]" in section


def test_tables_and_logs_have_a_line_for_each_finding_across_forms() -> None:
    data, _ = _report(csv_report)
    rows = [line for line in csv.DictReader(io.StringIO(data.decode("utf-8-sig"))) if line["规则"] in ("C03", "C06")]
    assert [(row["规则"], row["单元格"]) for row in rows] == [("C03", "B11"), ("C06", "F11")]
    assert "居委办公经费.xlsx[Sheet1!E18]" in rows[0]["成因"]
    log = json.loads(_report(sarif_report)[0])["runs"][0]
    result = next(each for each in log["results"] if each["ruleId"] == "C03")
    assert log["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "C03"
    assert (len(result["locations"]), len(result["relatedLocations"]), result["properties"]["places"]) == (1, 3, 4)


def test_workbook_and_page_have_them_too() -> None:
    batch, tally = Batch(), Tally()
    book = findings_workbook(check([AS_PRINTED], batch=batch), tally, "zh", across(batch))
    assert [cell.text for cell in book.sheets[0].cells.values()].count("C03") == 1
    batch = Batch()
    page = b"".join(html_report(check([AS_PRINTED], batch=batch), Tally(), "zh", "", across(batch))).decode()
    (told,) = re.findall(r'"batch": (\[.*?\])\s*,\s*"strings"', page, re.DOTALL)
    assert [len(each[4]) for each in json.loads(told)] == [4, 2]


def test_one_form_has_no_section_on_the_screen() -> None:
    batch = Batch()
    verdicts = check([AS_PRINTED / "居委办公经费.xlsx"], batch=batch)
    assert "跨表" not in "".join(TextReport("zh").report(verdicts, Tally(), across(batch)))


def test_a_batch_in_worker_processes_says_the_same() -> None:
    batch = Batch()
    list(check([AS_PRINTED], batch=batch, jobs=2))
    assert codes(found(batch)) == {"C03": 1, "C06": 1}


def test_surrogates_and_odd_names_do_not_stop_the_batch() -> None:
    batch = batch_of([record("道\ud800路", unit="甲\udcff"), record("道\ud800路", unit="甲\udcff")])
    assert codes(found(batch)) == {"H04": 1}


def test_thresholds_are_those_of_the_form_given() -> None:
    form = load_form("shanghai")
    strict = replace(form, rules=replace(form.rules, full_totals_forms=2))
    batch = batch_of([record("道路", total_score=Decimal(100)), record("绿化", total_score=Decimal(100))])
    assert codes(cross_check(batch, rules=BOOK)) == {}
    assert codes(cross_check(batch, form=strict, rules=BOOK)) == {"C05": 1}


def test_a_batch_of_forms_that_no_definition_describes_is_judged_by_the_general_one(tmp_path: Path) -> None:
    from layouts import fixtures

    for number, fixture in enumerate(fixtures()):
        (tmp_path / f"{number}.xlsx").write_bytes(fixture.workbook())
    batch = Batch()
    forms = {verdict.form for verdict in check([tmp_path], batch=batch)}
    assert "general" in forms
    batch.kinds["general"] = 1 + max(batch.kinds.values())
    assert isinstance(list(cross_check(batch)), list)
