"""perfxl init: a folder with everything in it, once."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_variant import DEFINITION

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.settings import KEY, SETTINGS, read_campaign, read_key
from perfxl.campaign.trouble import CampaignError
from perfxl.cli import cli
from perfxl.config import load_config


def perfxl(*words: str) -> Result:
    return CliRunner().invoke(cli, ["--lang", "zh", *words], standalone_mode=False)


def made(tmp_path: Path) -> Path:
    assert (
        perfxl(
            "init", str(tmp_path / "c"), "--form", "shanghai", "--year", "2026", "--department", '示例"局'
        ).return_value
        == 0
    )
    return tmp_path / "c"


def test_a_campaign_has_a_roster_settings_a_key_and_a_ledger(tmp_path: Path) -> None:
    folder = made(tmp_path)
    campaign = read_campaign(folder)
    assert (campaign.form, campaign.fiscal_year, campaign.per, campaign.supervising_department) == (
        "shanghai",
        2026,
        "project",
        '示例"局',
    )
    assert len(campaign.password) == 10
    assert len(read_key(folder)) == 32
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
    assert KEY in (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    with Ledger.open(folder, "test", hold=False) as ledger:
        assert list(ledger.history()) == []


def test_returns_can_be_checked_in_the_folder_of_a_campaign(tmp_path: Path) -> None:
    assert load_config(str(made(tmp_path) / SETTINGS)).waivers is None


def test_the_password_is_told_and_no_two_campaigns_share_id_key_or_password(tmp_path: Path) -> None:
    told = perfxl("init", str(tmp_path / "a"), "--form", "mof", "--year", "2026").output
    perfxl("init", str(tmp_path / "b"), "--form", "mof", "--year", "2026")
    one, two = read_campaign(tmp_path / "a"), read_campaign(tmp_path / "b")
    assert one.password in told
    assert one.id != two.id
    assert one.password != two.password
    assert read_key(tmp_path / "a") != read_key(tmp_path / "b")


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    folder = made(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    refused = perfxl("init", str(folder), "--form", "shanghai", "--year", "2026").exception
    assert "没有改动" in str(refused)
    assert getattr(refused, "exit_code", None) == 2
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_definition_of_ones_own_is_kept_in_the_folder(tmp_path: Path) -> None:
    definition = tmp_path / "riverside.toml"
    definition.write_text(DEFINITION, encoding="utf-8")
    assert (
        perfxl("init", str(tmp_path / "c"), "--form", str(definition), "--year", "2026", "--sample").return_value == 0
    )
    definition.unlink()
    assert read_campaign(tmp_path / "c").load_form().id == "riverside"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('form = "shanghai"', 'form = "shangha"', "shanghai"),
        ("fiscal_year = 2026", 'fiscal_year = "2026"', "fiscal_year"),
        ('one_workbook_per = "project"', 'one_workbook_per = "sheet"', "one_workbook_per"),
        ('due = ""', 'due = "明天"', "due"),
        ("sheet_password", "sheet_pasword", "sheet_password"),
        ("[campaign]", "[campain]", "campaign"),
        ("id =", "id", "读不了"),
    ],
)
def test_mistakes_in_the_settings_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = made(tmp_path) / SETTINGS
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CampaignError) as caught:
        read_campaign(path.parent).load_form()
    assert words in caught.value.zh
    assert words in caught.value.en or words == "读不了"
    assert caught.value.exit_code == 2


def test_a_key_that_is_gone_or_short_is_missed(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder / KEY).write_bytes(b"short")
    with pytest.raises(CampaignError, match="NO_KEY"):
        read_key(folder)
    (folder / KEY).unlink()
    with pytest.raises(CampaignError, match="NO_KEY"):
        read_key(folder)
