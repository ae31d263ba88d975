"""Older formats and encrypted workbooks: read in a process that may die, or refused with the remedy."""

from __future__ import annotations

import importlib.util
import io
import random
from collections.abc import Callable
from pathlib import Path

import hostile
import msoffcrypto.format.ooxml
import pytest
from click.testing import CliRunner
from records_made import in_libreoffice
from test_formula_truth import returned

from perfxl import foreign
from perfxl.checking import Terms, judge_bytes, read
from perfxl.cli import cli
from perfxl.finding import Verdict
from perfxl.rejection import REJECTIONS, Rejected

PASSWORD = "绩效2024"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """The filled form of a kind (``xls``, ``ods``) as LibreOffice saves it."""
    made: dict[str, bytes] = {}

    def make(kind: str) -> bytes:
        if kind not in made:
            made[kind] = in_libreoffice({"a": returned("shanghai")}, "xlsx", kind, tmp_path_factory)["a"]
        return made[kind]

    return make


def encrypted(data: bytes, password: str = PASSWORD) -> bytes:
    """The workbook with a password to open it."""
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def verdict_on(data: bytes, name: str, password: str | None = None) -> Verdict:
    """The one verdict on that content."""
    (verdict,) = judge_bytes(name, data, Terms(password=password))
    return verdict


# ---- .xls, .et, .ods ------------------------------------------------------------------------


def test_an_xls_is_read_with_its_stamp_and_names(older: Callable[[str], bytes]) -> None:
    verdict, plain = verdict_on(older("xls"), "表.xls"), verdict_on(returned("shanghai"), "表.xlsx")
    assert (verdict.status, verdict.form_reason, verdict.stamp) == (plain.status, "stamp", plain.stamp)
    assert verdict.record == plain.record
    assert [code for code, _ in verdict.notes] == ["FORMULAS_NOT_READ"]
    assert {"W05", "W06", "W07"} <= {each.rule for each in verdict.not_run}
    assert "W08" not in {each.rule for each in verdict.not_run}


def test_an_et_is_an_xls_by_its_content_and_another_name_is_noted(older: Callable[[str], bytes]) -> None:
    assert [code for code, _ in verdict_on(older("xls"), "表.et").notes] == ["FORMULAS_NOT_READ"]
    assert [code for code, _ in verdict_on(older("xls"), "表.xlsx").notes] == ["FORMULAS_NOT_READ", "WRONG_EXTENSION"]


def test_an_ods_is_refused_with_the_remedy(older: Callable[[str], bytes]) -> None:
    verdict = verdict_on(older("ods"), "表.ods")
    assert (verdict.status, verdict.code) == ("rejected", "ODS")
    assert "另存为 .xlsx" in REJECTIONS["ODS"].remedy_zh


def test_without_the_extra_the_file_is_refused_with_the_remedy(
    older: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    verdict = verdict_on(older("xls"), "表.xls")
    assert (verdict.status, verdict.code) == ("rejected", "LEGACY_XLS_OR_ET")
    assert verdict.where == "pip install 'perfxl[legacy]'"
    assert "另存为 .xlsx" in REJECTIONS["LEGACY_XLS_OR_ET"].remedy_zh


def test_whatever_happens_to_the_process_costs_this_file_only(older: Callable[[str], bytes]) -> None:
    draw = random.Random(8)
    codes = {"LEGACY_XLS_OR_ET", "TIME_LIMIT", "MEMORY_LIMIT", "BAD_ZIP", "NOT_OUR_FORM", "TOO_MANY_CELLS", None}
    codes |= {"ENCRYPTED", "LAYOUT_CHANGED", "NOT_A_WORKBOOK", "TEXT_TOO_LONG"}
    for number in range(10):
        data = bytearray(older("xls"))
        for _ in range(draw.choice((3, 40, 400))):
            data[draw.randrange(600, len(data))] = draw.randrange(256)
        if number % 4 == 0:
            del data[draw.randrange(1000, len(data)) :]
        for verdict in judge_bytes("表.xls", bytes(data)):
            assert verdict.status != "internal_error", verdict.where
            assert verdict.code in codes


def test_a_process_that_takes_too_long_is_stopped(
    older: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "SECONDS", 0.01)
    assert verdict_on(older("xls"), "表.xls").code == "TIME_LIMIT"


def test_a_process_that_gets_no_memory_is_a_refusal(
    older: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "MEMORY", 1 << 20)
    assert verdict_on(older("xls"), "表.xls").code in ("LEGACY_XLS_OR_ET", "MEMORY_LIMIT")


# ---- encrypted ------------------------------------------------------------------------------


def test_an_encrypted_workbook_is_refused_and_its_password_opens_it() -> None:
    data = encrypted(returned("shanghai"))
    refused = verdict_on(data, "密.xlsx")
    assert (refused.status, refused.code) == ("rejected", "ENCRYPTED")
    opened, plain = verdict_on(data, "密.xlsx", PASSWORD), verdict_on(returned("shanghai"), "表.xlsx")
    assert (opened.record, opened.findings, opened.notes) == (plain.record, plain.findings, plain.notes)


def test_a_wrong_password_has_words_of_its_own() -> None:
    data = encrypted(returned("shanghai"))
    assert verdict_on(data, "密.xlsx", "绩效2023").code == "WRONG_PASSWORD"
    assert REJECTIONS["WRONG_PASSWORD"].zh != REJECTIONS["ENCRYPTED"].zh


def test_what_is_inside_an_encrypted_file_is_as_untrusted_as_any_other() -> None:
    assert verdict_on(encrypted(hostile.bomb()), "密.xlsx", PASSWORD).code == "ZIP_BOMB"
    with pytest.raises(Rejected, match="NOT_OUR_FORM"):
        read(encrypted(hostile.workbook({"xl/noise.bin": random.Random(1).randbytes(9000)})), password=PASSWORD)


def test_the_password_is_read_from_a_file_and_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "密.xlsx").write_bytes(encrypted(returned("shanghai")))
    secret = tmp_path / "密码.txt"
    for content in (f"{PASSWORD}\r\n第二行".encode(), b"\xef\xbb\xbf" + PASSWORD.encode(), PASSWORD.encode("gb18030")):
        secret.write_bytes(content)
        for layout in ("text", "json"):
            command = ["check", str(tmp_path / "密.xlsx"), "--password-file", str(secret), "--format", layout]
            result = CliRunner().invoke(cli, command)
            assert result.exit_code in (0, 1), result.output
            assert PASSWORD not in result.output
    secret.write_bytes(b"\n")
    command = ["check", str(tmp_path / "密.xlsx"), "--password-file", str(secret), "--lang", "zh"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2
    assert "第一行是空的" in result.output
