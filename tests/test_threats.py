"""The catalogue of threats and accidents: which test answers which requirement, and a fuzzer over our own forms."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import hostile
import mutation
import pytest
import surgery
from test_formula_truth import returned

from perfxl.checking import check, judge_bytes
from perfxl.report.html import html_report
from perfxl.report.json import json_report
from perfxl.report.tally import Tally
from perfxl.report.workbook import findings_workbook
from perfxl.xlsx.writer import write_workbook

TESTS = Path(__file__).parent
SHARE = float(os.environ.get("PERFXL_SHARE", "1"))

CATALOGUE: Mapping[str, str] = {
    "R-ARCH-1": "reader_hostile.test_every_rejection_is_explained_in_both_languages_with_a_remedy",
    "R-ARCH-2": "reader_hostile.test_r_arch_2_a_thousand_mutants_end_in_a_workbook_or_a_rejection"
    " threats.test_a_thousand_mutants_of_our_forms_end_in_verdicts",
    "R-ARCH-3": "reader_hostile.test_every_hostile_file_is_over_soon legacy.test_a_process_that_takes_too_long_is_stopped"
    " legacy.test_a_process_that_gets_no_memory_is_a_refusal",
    "R-ARCH-4": "threats.test_hostile_files_change_no_other_verdict cli.test_a_worker_that_dies_costs_no_other_file_its_verdict",
    "R-ARCH-5": "threats.test_nothing_of_a_returned_package_is_written_out",
    "R-ARCH-6": "reader_hostile.test_r_xml_2_and_r_arch_6_reading_opens_no_file_and_no_socket",
    "R-ZIP-1": "reader_hostile.test_r_zip_1_the_file_limit_holds_to_the_byte",
    "R-ZIP-2": "reader_hostile.test_r_zip_2_sizes_are_refused_before_anything_is_expanded",
    "R-ZIP-3": "reader_hostile.test_r_zip_3_lying_sizes_are_refused reader_hostile.test_r_zip_3_the_local_header_must_agree",
    "R-ZIP-4": "reader_hostile.test_r_zip_4_overlapping_parts_are_refused",
    "R-ZIP-5": "reader_hostile.test_r_zip_5_too_many_parts",
    "R-ZIP-6": "reader_hostile.test_r_zip_6_duplicate_parts_are_refused",
    "R-ZIP-7": "reader_hostile.test_r_zip_7_names_that_lead_out_are_refused"
    " reader_hostile.test_r_zip_7_backslashes_alone_are_read",
    "R-ZIP-8": "reader_hostile.test_r_zip_8_encrypted_parts reader_hostile.test_r_zip_8_other_compressions",
    "R-ZIP-9": "reader_hostile.test_r_zip_9_a_truncated_file_at_every_length"
    " reader_hostile.test_r_zip_9_junk_before_or_behind_is_refused"
    " reader_hostile.test_r_zip_9_a_bad_checksum_counts_where_the_part_is_needed",
    "R-ZIP-10": "reader_hostile.test_r_zip_10_and_13_what_is_never_opened_is_remarked_upon",
    "R-ZIP-11": "reader_hostile.test_r_zip_11_and_12_other_content_is_known_by_its_content"
    " legacy.test_an_encrypted_workbook_is_refused_and_its_password_opens_it"
    " legacy.test_a_wrong_password_has_words_of_its_own",
    "R-ZIP-12": "reader_hostile.test_r_zip_11_and_12_other_content_is_known_by_its_content"
    " legacy.test_an_xls_is_read_with_its_stamp_and_names legacy.test_an_ods_is_refused_with_the_remedy"
    " cli.test_right_content_under_a_wrong_name_is_judged_with_a_note",
    "R-ZIP-13": "reader_hostile.test_r_zip_13_macros_by_content_type_and_macro_sheets"
    " surroundings.test_macros_are_an_error_unless_allowed_and_links_a_warning",
    "R-ZIP-14": "cli.test_a_zip_of_returns_is_opened_one_level_deep_with_chinese_names"
    " threats.test_names_in_a_zip_from_chinese_windows cli.test_odd_archives_are_rejected_by_name",
    "R-XML-1": "reader_hostile.test_r_xml_1_billion_laughs reader_hostile.test_r_xml_1_and_2_no_part_may_have_a_document_type",
    "R-XML-2": "reader_hostile.test_r_xml_2_and_r_arch_6_reading_opens_no_file_and_no_socket",
    "R-XML-3": "reader_hostile.test_r_xml_3_depth reader_hostile.test_r_xml_3_elements_and_time",
    "R-XML-4": "reader_values.test_r_xml_4_encodings_of_a_sheet"
    " reader_values.test_r_xml_4_other_encodings_are_refused_and_never_read_as_nothing",
    "R-XML-5": "reader_values.test_r_xml_5_prefixed_names_and_foreign_elements"
    " reader_values.test_r_xml_5_of_alternate_content_only_the_fallback_is_read",
    "R-XML-6": "reader_values.test_r_xml_6_strict_workbooks_are_read",
    "R-XML-7": "reader_hostile.test_r_xml_7_missing_parts reader_hostile.test_r_xml_7_a_sheet_that_cannot_be_found_is_never_none",
    "R-XML-8": "reader_values.test_r_xml_8_escapes_are_decoded_as_excel_does",
    "R-DIM-1": "reader_hostile.test_r_dim_1_the_stated_dimension_is_not_looked_at",
    "R-DIM-2": "reader_hostile.test_r_dim_2_a_far_cell_is_read_and_remarked_upon",
    "R-DIM-3": "reader_hostile.test_r_dim_3_references_outside_the_grid reader_hostile.test_r_dim_3_a_cell_met_twice"
    " reader_hostile.test_r_dim_3_rows_and_cells_that_disagree",
    "R-DIM-4": "reader_hostile.test_r_dim_4_empty_styled_cells_are_skipped_or_refused",
    "R-DIM-5": "reader_hostile.test_r_dim_5_shared_strings",
    "R-DIM-6": "reader_hostile.test_r_dim_6_merges_beyond_the_limit_are_dropped_with_a_remark"
    " damage.test_a_merge_over_the_whole_form_is_no_effort",
    "R-DIM-7": "reader_hostile.test_r_dim_7_names_styles_and_sheets",
    "R-DIM-8": "reader_hostile.test_r_dim_8_cells_with_content",
    "R-VAL-1": "reader_values.test_r_val_1_a_result_that_was_never_computed_is_none"
    " formula_truth.test_each_state_of_the_total_is_one_finding_in_words",
    "R-VAL-2": "formula_truth.test_formulas_in_inputs formula_truth.test_a_formula_without_a_figure_is_no_answer",
    "R-VAL-3": "reader_values.test_r_val_3_shared_formulas_are_written_out_for_each_cell"
    " formula_truth.test_shared_formulas_and_another_order_of_attributes_are_no_change",
    "R-VAL-4": "reader_values.test_r_val_4_errors_keep_their_name threats.test_any_error_value_in_a_needed_cell_is_named",
    "R-VAL-5": "threats.test_a_number_as_text_is_read_or_quoted",
    "R-VAL-7": "reader_values.test_r_val_7_a_bad_number_spoils_its_cell_only reader_values.test_r_val_7_an_empty_value_is_a_blank",
    "R-VAL-8": "reader_values.test_r_val_8_the_1904_calendar_is_remarked_upon"
    " surroundings.test_a_value_that_became_a_date_is_read_from_the_file",
    "R-VAL-9": "reader_values.test_r_val_9_shared_text_with_rich_runs_and_phonetics reader_values.test_r_val_9_every_type_of_cell",
    "R-TXT-1": "roundtrip.test_the_text_policy_is_no_wider_than_it_says injection.test_a_pipe_gets_no_escape_and_no_other_control",
    "R-STR-1": "damage.test_no_value_is_misattributed damage.test_no_value_is_misattributed_whichever_line_is_inserted_or_deleted"
    " damage.test_labels_that_no_longer_stand_over_their_fields_are_refused_with_the_first_cell",
    "R-STR-2": "damage.test_two_copies_with_different_figures_are_ambiguous"
    " damage.test_hidden_reordered_and_deleted_form_sheets_are_notes",
    "R-STR-3": "damage.test_values_in_hidden_rows_and_columns_are_remarked_upon",
    "R-STR-4": "damage.test_a_value_under_a_merged_cell_is_an_error_and_stays_in_its_field",
    "R-STR-5": "tamper.test_a_changed_locked_cell_of_a_return_is_found_at_its_address surroundings.test_protection_taken_off_is_noted",
    "R-STR-6": "damage.test_the_name_of_the_file_says_nothing damage.test_a_form_of_another_edition_is_read_and_not_compared"
    " damage.test_another_year_comes_with_the_year_that_was_issued surroundings.test_stamps_of_two_files_disagree",
    "R-STR-7": "formula_truth.test_the_package_as_wps_writes_it_is_no_change damage.test_a_picture_in_an_input_is_an_error",
    "R-LOCK-3": "tamper.test_a_save_in_libreoffice_is_no_change tamper.test_a_save_in_openpyxl_is_no_change",
    "R-LOCK-4": "formula_truth.test_another_way_of_writing_is_no_change"
    " formula_truth.test_formulas_through_libreoffice_and_older_formats_are_no_change",
    "R-DL-8": "cli.test_unreadable_and_irregular_files_are_rejected",
    "R-DL-10": "threats.test_a_file_is_read_once_and_judged_by_what_was_read",
}
"""Requirement: the tests that answer it, as file and function."""


@lru_cache(maxsize=64)
def functions_of(name: str) -> frozenset[str]:
    """The test functions of a file."""
    tree = ast.parse((TESTS / f"test_{name}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("requirement", CATALOGUE)
def test_every_requirement_has_its_tests(requirement: str) -> None:
    for place in CATALOGUE[requirement].split():
        file, _, function = place.partition(".")
        assert function in functions_of(file), place


# ---- a batch ---------------------------------------------------------------------------------


def test_hostile_files_change_no_other_verdict(tmp_path: Path) -> None:
    """Every fifth file is hostile: the verdicts on the others are those of a run without them."""
    makers = [
        make
        for name, (make, code) in hostile.HOSTILE.items()
        if code and not name.startswith(("empty", "longer", "many"))
    ]
    for number in range(40):
        data = makers[number // 5 % len(makers)]() if number % 5 == 0 else returned("shanghai")
        (tmp_path / f"{number:03}.xlsx").write_bytes(data)
    mixed = {Path(each.file).name: each for each in check([tmp_path])}
    assert len(mixed) == 40
    alone = {
        Path(each.file).name: each
        for each in check([path for path in sorted(tmp_path.iterdir()) if int(path.stem) % 5])
    }
    assert len(alone) == 32
    for name, verdict in alone.items():
        assert mixed[name] == verdict
    assert {each.status for name, each in mixed.items() if name not in alone} == {"rejected"}


def test_names_in_a_zip_from_chinese_windows(tmp_path: Path) -> None:
    """Names in cp936 without the UTF-8 flag are shown as they were typed; they are no paths."""
    names = ["财务处.xlsx", "../../etc/财务.xlsx", "C:\\表\\教育局.xlsx"]
    marks = [f"{at:04}" + "x" * (len(name.encode("gb18030")) - 4) for at, name in enumerate(names)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for mark in marks:
            archive.writestr(mark, returned("shanghai"))
    data = out.getvalue()
    for mark, name in zip(marks, names, strict=True):
        data = data.replace(mark.encode(), name.encode("gb18030"))
    (tmp_path / "表.zip").write_bytes(data)
    verdicts = list(check([tmp_path / "表.zip"]))
    assert {each.file.rpartition("表.zip/")[2] for each in verdicts} == set(names)
    assert {each.status for each in verdicts} == {judge_bytes("a.xlsx", returned("shanghai"))[0].status}
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["表.zip"]


def test_a_file_is_read_once_and_judged_by_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "表.xlsx"
    path.write_bytes(returned("shanghai"))
    opened: list[str] = []
    sys.addaudithook(
        lambda event, details: (
            opened.append(str(details[0])) if event == "open" and str(path) in str(details[0]) else None
        )
    )
    (verdict,) = check([path])
    assert opened.count(str(path)) == 1
    assert verdict.sha256 == judge_bytes("x.xlsx", returned("shanghai"))[0].sha256


# ---- values ----------------------------------------------------------------------------------


def cell_of(name: str) -> str:
    """The address of a field of the filled form."""
    from test_formula_truth import cell_of as found

    return found("shanghai", name)


@pytest.mark.parametrize("error", ["#REF!", "#DIV/0!", "#N/A", "#SPILL!", "#CALC!", "#BOGUS!"])
def test_any_error_value_in_a_needed_cell_is_named(error: str) -> None:
    name = cell_of("funds.appropriation.executed_amount")
    data = surgery.Operated(returned("shanghai")).put(name, surgery.Content("e", f"<v>{error}</v>")).bytes()
    (verdict,) = judge_bytes("表.xlsx", data)
    found = [each for each in verdict.findings if each.rule == "W13"]
    assert (found[0].cell, found[0].actual, found[0].severity) == (name, error, "error")


TYPED: dict[str, str | None] = {
    "100": "100", " 100 ": "100", "１００": "100", "1,000": "1000", "1，000": "1000", "1,234,567.89": "1234567.89",
    "100元": "100", "\u3000100": "100", "1\u00a0000": "1000", "100\u200b": "100", "−5": "-5", "－5": "-5", "１２．５": "12.5",
    "1,23": None, "1_000": None, "nan": None, "inf": None, "0x10": None, "1E5": None, "一百": None, "٣": None, "若干": None,
    "1.2.3": None, "--5": None,
}  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_a_number_as_text_is_read_or_quoted(text: str) -> None:
    """What is surely a number is read, with a finding; of anything else nothing is guessed."""
    name = cell_of("funds.other.executed_amount")
    data = surgery.Operated(returned("shanghai")).put(name, surgery.inline(text)).bytes()
    (verdict,) = judge_bytes("表.xlsx", data)
    assert verdict.record is not None
    line = verdict.record.line("other")
    assert line is not None
    wanted = TYPED[text]
    assert (None if line.executed_amount is None else f"{line.executed_amount:f}") == wanted
    said = {each.rule for each in verdict.findings if each.cell == name}
    assert said & (
        {"W10", "M05", "M02", "M09"} if wanted is not None else {"M04", "M05", "M09", "M10", "M11", "M12", "X01", "V01"}
    )


# ---- what goes out -----------------------------------------------------------------------------


def test_nothing_of_a_returned_package_is_written_out() -> None:
    """No macro, no link, no formula of a return reaches a report."""
    parts = surgery.parts_of(returned("shanghai"))
    canary = "CANARY_4711"
    parts["xl/vbaProject.bin"] = canary.encode() * 9
    parts["xl/externalLinks/externalLink1.xml"] = f"<externalLink>{canary}</externalLink>".encode()
    book = surgery.Operated(surgery.packed(parts))
    name = cell_of("indicators.2.score")
    book.put(name, surgery.Content("n", "<f>cmd|' /C calc'!A0</f><v>3</v>"))
    verdicts = judge_bytes("表.xlsx", book.bytes())
    outputs = [
        write_workbook(findings_workbook(iter(verdicts), Tally(), "zh")),
        b"".join(html_report(iter(verdicts), Tally(), "zh", "2026-01-01")),
        b"".join(json_report(iter(verdicts), Tally(), "zh")),
    ]
    for output in outputs:
        assert canary.encode() not in output
    with zipfile.ZipFile(io.BytesIO(outputs[0])) as package:
        text = "".join(package.read(each).decode(errors="replace") for each in package.namelist())
        assert not [each for each in package.namelist() if "vba" in each or "external" in each]
    assert canary not in text
    assert "<f>" not in text


# ---- the fuzzer --------------------------------------------------------------------------------


def fuzzed(first: int, count: int) -> dict[str, object]:
    """Some mutants judged in a process of their own, which says how much memory it took."""
    command = [sys.executable, str(TESTS / "mutation.py"), str(first), str(count)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=1800, encoding="utf-8")
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def assert_in_order(told: dict[str, object]) -> None:
    """Nothing broke, nothing was slow, and memory stayed within bounds."""
    assert told["wrong"] == []
    assert isinstance(told["peak"], int)
    assert told["peak"] <= mutation.MEBIBYTES
    fates = told["fates"]
    assert isinstance(fates, dict)
    assert len(fates) >= 8


def test_a_few_mutants_of_our_forms_end_in_verdicts() -> None:
    assert_in_order(fuzzed(0, 150))


@pytest.mark.slow
def test_a_thousand_mutants_of_our_forms_end_in_verdicts() -> None:
    """Whatever share of the slow tests is asked for."""
    assert_in_order(fuzzed(0, 1000))


@pytest.mark.slow
def test_many_mutants_of_our_forms_end_in_verdicts() -> None:
    assert_in_order(fuzzed(10_000, max(500, round(20_000 * SHARE))))


def test_a_mutant_is_always_the_same() -> None:
    assert mutation.mutant(77) == mutation.mutant(77)
    assert len({mutation.mutant(number) for number in range(30)}) == 30
