"""The numbers of a consolidation as CSV and Parquet: the same in both, exact, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars
import pytest
from rosters import campaign, few
from seasons import hand_in, opened, worse

from perfxl.campaign.consolidation import parquet
from perfxl.campaign.consolidation.tables import LARGEST, TABLES, _held
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.returns import standing_returns
from perfxl.campaign.trouble import CampaignError
from perfxl.record import SelfEvaluation


def change(number: int, record: SelfEvaluation) -> SelfEvaluation | None:
    return None if number == 2 else worse(record) if number == 5 else record


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A season of eight projects with its tables: one missing, one with errors; a project is called =汛期…."""
    made = campaign(tmp_path_factory.mktemp("tables") / "c", few(17))
    hand_in(made, change)
    ran = subprocess.run(
        [sys.executable, "-m", "perfxl", "consolidate", str(made), "--lang", "en", "--tables", "csv", "--tables", "parquet"],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return made


def of_csv(folder: Path, name: str) -> list[dict[str, str]]:
    data = (folder / "consolidated" / "consolidated-tables" / f"{name}.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def of_parquet(folder: Path, name: str) -> polars.DataFrame:
    return polars.read_parquet(folder / "consolidated" / "consolidated-tables" / f"{name}.parquet")


def shown(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", [table.name for table in TABLES])
def test_both_formats_say_the_same(folder: Path, name: str) -> None:
    lines, frame = of_csv(folder, name), of_parquet(folder, name)
    assert list(lines[0]) == frame.columns
    assert len(lines) == len(frame) > 5
    for line, row in zip(lines, frame.iter_rows(named=True), strict=True):
        for column, value in row.items():
            text = line[column].removeprefix("'") if isinstance(value, str) else line[column]
            assert text == shown(value), (name, column)


def test_figures_are_exact_decimals_of_a_fixed_scale(folder: Path) -> None:
    frame = of_parquet(folder, "projects")
    assert frame.schema["executed_amount"] == polars.Decimal(38, 6)
    assert frame.schema["execution_rate"] == polars.Decimal(38, 10)
    with Ledger.open(folder, "test", hold=False) as ledger:
        records = {each.assignment: each.verdict.record for each in standing_returns(ledger)}
    spent = {each["assignment"]: each["executed_amount"] for each in frame.iter_rows(named=True)}
    _, _, plan = opened(folder)
    missing = plan.tasks[1].assignment.id
    assert spent.pop(missing) is None
    assert spent == {name: record.total.executed_amount for name, record in records.items() if record and record.total}
    assert frame.filter(polars.col("assignment") == missing)["why"].item() == "missing"
    assert sorted(frame["counted"].value_counts().rows()) == [(False, 3), (True, 14)]


def test_a_row_for_each_indicator_and_each_finding(folder: Path) -> None:
    with Ledger.open(folder, "test", hold=False) as ledger:
        back = list(standing_returns(ledger))
    rows = sum(len(each.verdict.record.indicators) for each in back if each.verdict.record)
    found = of_parquet(folder, "findings")
    assert len(of_parquet(folder, "indicators")) == rows
    assert len(found.filter(polars.col("assignment").is_not_null())) == sum(len(each.verdict.findings) for each in back)
    assert found.filter(polars.col("rule") == "C04")["severity"].to_list() == ["error"]


def test_a_text_that_would_be_run_is_held(folder: Path) -> None:
    names = [line["project"] for line in of_csv(folder, "projects")]
    assert "'=汛期排水泵站抢修=" in names
    assert "=汛期排水泵站抢修=" in of_parquet(folder, "projects")["project"].to_list()


def test_a_figure_beyond_all_sense_is_left_out_and_does_no_harm() -> None:
    assert _held(LARGEST * 10, "amount") is None
    assert _held(Decimal("0.0000005"), "amount") == Decimal("0.000001")


def test_without_pyarrow_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(CampaignError, match=r"perfxl\[tables\]") as caught:
        parquet.must_have_arrow()
    assert caught.value.exit_code == 2
    assert "perfxl[tables]" in caught.value.zh
