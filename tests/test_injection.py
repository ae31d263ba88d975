"""From hostile files on disk to every format that ``check`` writes: all of it is shown, none of it does anything."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import payloads
import pytest

from perfxl.report import words
from perfxl.report.lines import TRIGGERS
from perfxl.xlsx.reader import read_workbook

SHOWN = tuple(text for text in payloads.ALL if words.clean(text))


def perfxl(*args: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """The command as people start it, its output in a pipe."""
    environment = {**os.environ, "PERFXL_LANG": "zh", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "perfxl", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, env=environment)


@pytest.fixture(scope="module")
def returns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return payloads.folder(tmp_path_factory.mktemp("injection") / "returns")


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many forms, filled in with the same harmless text."""
    return payloads.folder(tmp_path_factory.mktemp("harmless") / "returns", (payloads.BENIGN,) * 2)


def checked(layout: str, returns: Path) -> bytes:
    ran = perfxl("check", "returns", "--format", layout, folder=returns.parent)
    assert ran.returncode == 1, ran.stderr.decode()
    return ran.stdout


def test_a_pipe_gets_no_escape_and_no_other_control(returns: Path) -> None:
    for extra in ([], ["--quiet"]):
        ran = perfxl("check", "returns", *extra, folder=returns.parent)
        for stream in (ran.stdout.decode(), ran.stderr.decode()):
            assert not set(stream) & {*map(chr, range(9)), *map(chr, range(11, 32)), *map(chr, range(127, 160))} - {
                "\r"
            }
            assert not set(stream) & set(
                "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200f\ufeff\u2028"
            )
        for markup in ("[red]x[/]", "[link=http://x.test]x[/link]", "[bold]x"):
            assert markup.replace("/", "") in ran.stdout.decode() or markup in ran.stdout.decode()


def test_json_is_json_and_holds_every_text(returns: Path) -> None:
    report = json.loads(checked("json", returns))
    assert report["summary"]["internal_error"] == report["summary"]["rejected"] == 0
    assert len(report["verdicts"]) == len(payloads.ALL)
    lines = checked("jsonl", returns).splitlines()
    assert [json.loads(line) for line in lines if b'"file"' in line[:12]] == report["verdicts"]
    projects = {verdict["record"]["project_name"] for verdict in report["verdicts"]}
    assert sum(text in projects for text in payloads.XSS) >= 60


def test_csv_begins_no_formula(returns: Path) -> None:
    text = checked("csv", returns).removeprefix(b"\xef\xbb\xbf").decode()
    _, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(rows) > len(payloads.ALL)
    numeric = 0
    for row in rows:
        for value in row[:9] + row[12:]:
            assert not value.startswith(TRIGGERS)
        numeric += sum(value.startswith("-") for value in row[9:12])
        assert all(not value.startswith(TRIGGERS) or value[1:].replace(".", "").isdigit() for value in row[9:12])
    assert numeric


def test_a_workbook_of_findings_holds_no_formula_and_no_link(returns: Path) -> None:
    ran = perfxl("check", "returns", "--format", "xlsx", "-o", "found.xlsx", folder=returns.parent)
    assert ran.returncode == 1
    data = (returns.parent / "found.xlsx").read_bytes()
    cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(data)) for row in sheet.iter_rows() for cell in row]
    assert len(cells) > 10_000
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    ours = [cell for sheet in read_workbook(data).sheets for cell in sheet.cells.values()]
    assert not any(cell.formula for cell in ours)


class Elements(HTMLParser):
    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str]] = Counter()
        self.feed(data.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, repr(sorted(attrs, key=str))] += 1


def test_a_page_has_the_elements_of_a_harmless_one(returns: Path, harmless: Path) -> None:
    assert Elements(checked("html", returns)).found == Elements(checked("html", harmless)).found


def test_sarif_is_json_with_addresses_that_are_addresses(returns: Path) -> None:
    run = json.loads(checked("sarif", returns))["runs"][0]
    for result in run["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert not set(uri) & set(" <>\"'`\\^{|}\n")
        assert ":" not in uri.partition("/")[0]


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text on Windows")
@pytest.mark.parametrize("layout", ["text", "json", "jsonl", "csv", "sarif", "html", "xlsx"])
def test_a_name_that_is_no_text_breaks_no_format(layout: str, tmp_path: Path) -> None:
    folder = tmp_path / "returns"
    folder.mkdir()
    name = os.path.join(os.fsencode(folder), b"\xb2\xc6\xd5\xfe.xlsx")  # 财政 in the code page of Chinese Windows
    try:
        with open(name, "wb") as file:
            file.write(payloads.workbook("党建经费"))
    except OSError:
        pytest.skip("this file system takes names that are text only")
    ran = perfxl("check", "returns", "--format", layout, "-o", "out", folder=tmp_path)
    assert ran.returncode == 1, ran.stderr.decode()
    assert (tmp_path / "out").stat().st_size > 500
    if layout in ("text", "json", "jsonl", "csv", "html"):
        shown = (tmp_path / "out").read_bytes().decode()
        assert "\ufffd" in shown or "xb2" in shown  # replaced, or named byte by byte
