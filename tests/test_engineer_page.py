"""docs/engineer.md does what it says, and the Chinese page shows the same code."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import require_module
from rosters import campaign, few
from seasons import hand_in, worse

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "docs" / name for name in ("engineer.md", "engineer.zh-CN.md")]


def blocks(page: Path) -> list[str]:
    """The Python blocks of the page, in order."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``campaign``, whose tables are there, and ``returns``."""
    folder = tmp_path_factory.mktemp("engineer")
    made = campaign(folder / "campaign", few(6))
    hand_in(made, lambda number, record: None if number == 2 else worse(record) if number == 4 else record)
    words = ["consolidate", str(made), "--lang", "zh", "--tables", "parquet", "--tables", "csv"]
    subprocess.run([sys.executable, "-m", "perfxl", *words], check=True, capture_output=True)
    (made / "returns").rename(folder / "returns")
    return folder


def done(block: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(place)
    names: dict[str, Any] = {}
    exec(compile(block, "engineer.md", "exec"), names)
    return names


def test_the_two_pages_show_the_same_code() -> None:
    one, other = map(blocks, PAGES)
    assert one == other
    assert len(one) == 3


def test_a_folder_of_returns_becomes_a_table(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_module("polars")
    forms = done(blocks(PAGES[0])[0], place, monkeypatch)["forms"]
    assert len(forms) == 5
    assert sorted(forms["status"])[0] == "fail"
    assert forms["errors"].sum() > 0
    assert all(isinstance(each, Decimal) for each in forms["executed"])


def test_the_tables_of_a_campaign_come_to_the_totals_of_the_workbook(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_module("polars")
    found = done(blocks(PAGES[0])[1], place, monkeypatch)
    from perfxl.xlsx.reader import read_workbook

    sheet = read_workbook((place / "campaign" / "consolidated" / "汇总.xlsx").read_bytes()).sheets[0]
    head = next(row for (row, column), cell in sheet.cells.items() if column == 1 and cell.value == "序号")
    assert found["by_unit"]["executed_amount"].sum() == sheet.cell(head - 1, 8).cached
    assert found["by_unit"]["projects"].sum() == 4
    assert "S03" in found["worst"]["rule"].to_list()
    require_module("pandas")
    spent = done(blocks(PAGES[0])[2], place, monkeypatch)["spent"]
    assert spent == sheet.cell(head - 1, 8).cached
    assert isinstance(spent, Decimal)
