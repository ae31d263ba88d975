"""Returns out of a mailbox, from a real IMAP server: each once, and the mailbox as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from imap_server import LOGIN, PASSWORD, imap_server
from season import Season, mail, ran

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.returns import standing_returns


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    monkeypatch.setenv("PERFXL_IMAP_PASSWORD", PASSWORD)
    return Season(tmp_path / "c").with_mail()


def point_to(season: Season, port: int) -> None:
    path = season.folder / "perfxl.toml"
    text = path.read_text(encoding="utf-8")
    lines = f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\nlogin = "{LOGIN}"\n'
    path.write_text(f"{text}\n[imap]\n{lines}", encoding="utf-8")


def test_a_mailbox_is_collected_once_and_left_as_it_was(season: Season) -> None:
    first, second, *_ = season.tasks
    with imap_server() as server:
        point_to(season, server.port)
        server.put(mail(("表.xlsx", season.workbook(first)), sender="zhou@u01.example", message_id="<1@x>"))
        server.put(mail(subject="没有附件", message_id="<2@x>"))
        found = season.collected("imap", "--insecure")
        assert [each["assignment"] for each in found["returns"]] == ["A001"]
        assert len(found["mails_without_attachments"]) == 1
        before = season.tables()
        assert season.collected("imap", "--insecure")["summary"]["seen"] == 0
        assert season.tables() == before
        server.put(mail(("二.xlsx", season.workbook(second)), message_id="<3@x>"), "Returned forms")
        found = season.collected(
            f"imap://{LOGIN.replace('@', '%40')}@127.0.0.1:{server.port}/Returned forms", "--insecure"
        )
        assert [each["assignment"] for each in found["returns"]] == ["A002"]
        assert server.seen() == []
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        assert [each.assignment for each in standing_returns(ledger)] == ["A001", "A002"]


def test_a_message_that_has_no_id_is_taken_once_all_the_same(season: Season) -> None:
    with imap_server() as server:
        point_to(season, server.port)
        data = mail(("表.xlsx", season.workbook(season.tasks[0])), message_id="<gone@x>")
        server.put(data.replace(b"Message-ID: <gone@x>\n", b""))
        season.collect("imap", "--insecure")
        before = season.tables()
        season.collect("imap", "--insecure")
        assert season.tables() == before


def test_a_folder_that_is_not_there_and_a_password_in_the_address_are_refused(season: Season) -> None:
    with imap_server() as server:
        point_to(season, server.port)
        assert "INBOX" in ran("collect", "imap:没有", "--insecure", "--campaign", season.folder, code=2)
    words = ran("collect", "imaps://a:secret@host/INBOX", "--campaign", season.folder, code=2)
    assert "secret" not in words
