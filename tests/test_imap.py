"""A mailbox over IMAP, from a real server on 127.0.0.1: read-only, bounded, encrypted, in words where it fails."""

from __future__ import annotations

import datetime
import ssl
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from imap_server import LOGIN, PASSWORD, ImapServer, imap_server
from mail_server import raw_server

from perfxl.campaign.imap import Postbox
from perfxl.campaign.imap_account import ImapAccount, imap_account_of
from perfxl.campaign.trouble import CampaignError

SETTINGS = Path("perfxl.toml")
SENT = "已发送"


def account(port: int, **changes: object) -> ImapAccount:
    given = {"host": "127.0.0.1", "port": port, "security": "none", "login": LOGIN}
    return replace(imap_account_of(given, {}, SETTINGS), **changes)  # type: ignore[arg-type]


def letter(identity: str, body: str = "正文", **heads: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {text}" for name, text in heads.items()]
    message_id = [f"Message-ID: {identity}"] if identity else []
    return "\r\n".join(["From: a@example.org", *message_id, *lines, "", body, ""]).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with imap_server() as running:
        running.put(letter("<first@example.org>"))
        running.put(letter("<second@example.org>", "很长的正文\r\n" * 2_000))
        running.put(letter("", "没有标识"))
        running.put(letter("<sent-1@example.org>"), SENT)
        running.put(letter("<other@example.org>", In_Reply_To="<sent-2@example.org>"), SENT)
        yield running


def opened(server: ImapServer, **changes: object) -> AbstractContextManager[Postbox]:
    return Postbox.open(account(server.port, **changes), PASSWORD, insecure=True)


def test_messages_come_byte_for_byte_in_order(server: ImapServer) -> None:
    with opened(server) as box:
        found = list(box.messages("INBOX"))
    assert [each.message_id for each in found] == ["<first@example.org>", "<second@example.org>", ""]
    assert found[0].data == letter("<first@example.org>")
    assert found[1].data == letter("<second@example.org>", "很长的正文\r\n" * 2_000)
    assert [each.size for each in found] == [len(each.data or b"") for each in found]
    assert [each.uid for each in found] == sorted({each.uid for each in found})


def test_nothing_in_the_mailbox_changes(server: ImapServer) -> None:
    with opened(server) as box:
        list(box.messages("INBOX"))
        box.find(SENT, "<sent-1@example.org>")
    assert server.seen() == []


def test_only_what_is_wanted_is_fetched(server: ImapServer) -> None:
    with opened(server) as box:
        found = list(box.messages("INBOX", wanted=lambda identity: identity == "<second@example.org>"))
    assert [each.message_id for each in found] == ["<second@example.org>"]


def test_since_a_day(server: ImapServer) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    with opened(server) as box:
        assert len(list(box.messages("INBOX", since=today - datetime.timedelta(days=2)))) == 3
        assert list(box.messages("INBOX", since=today + datetime.timedelta(days=3))) == []


def test_what_is_too_large_is_named_and_not_read(server: ImapServer) -> None:
    with opened(server, size=10_000) as box:
        found = {each.message_id: each for each in box.messages("INBOX")}
    assert found["<second@example.org>"].data is None
    assert found["<second@example.org>"].size > 10_000
    assert found["<first@example.org>"].data


def test_a_message_is_found_by_its_message_id_and_by_nothing_like_it(server: ImapServer) -> None:
    with opened(server) as box:
        assert box.find(SENT, "<sent-1@example.org>")
        assert not box.find(SENT, "<sent-2@example.org>")  # stands in another header
        assert not box.find(SENT, "<ent-1@example.org>")
        assert not box.find("INBOX", "<sent-1@example.org>")
        assert box.message_ids(SENT) == {"<sent-1@example.org>", "<other@example.org>"}
        with pytest.raises(ValueError, match="example"):
            box.find(SENT, '<a"@example.org>')


def test_the_server_says_where_sent_mail_is(server: ImapServer) -> None:
    with opened(server) as box:
        assert box.sent_folders() == [SENT]
        assert set(box.folders()) == {"INBOX", SENT, "Returned forms"}
    with opened(server, sent=("Returned forms",)) as box:
        assert box.sent_folders() == ["Returned forms"]
        assert not box.find("Returned forms", "<sent-1@example.org>")


def test_a_folder_that_is_not_there_is_named_with_those_that_are(server: ImapServer) -> None:
    with opened(server) as box:
        with pytest.raises(CampaignError) as caught:
            list(box.messages("报回"))
        assert caught.value.code == "IMAP_FOLDER"
        assert SENT in caught.value.zh
        assert box.find(SENT, "<sent-1@example.org>")  # and the connection goes on


def test_more_messages_than_are_asked_for_at_once() -> None:
    with imap_server() as server:
        for number in range(230):
            server.put(letter(f"<m{number:03d}@example.org>"))
        with opened(server) as box:
            found = [each.message_id for each in box.messages("INBOX")]
    assert sorted(found) == [f"<m{number:03d}@example.org>" for number in range(230)]


# Troubles


def refused(
    to: ImapAccount,
    password: str = PASSWORD,
    *,
    insecure: bool = True,
    seconds: float = 20,
    context: ssl.SSLContext | None = None,
) -> CampaignError:
    """Why nobody gets in."""
    box = Postbox.open(to, password, insecure=insecure, seconds=seconds, context=context)
    with pytest.raises(CampaignError) as caught, box:
        pass
    return caught.value


def test_a_wrong_password_is_asked_once_and_never_shown(server: ImapServer) -> None:
    before = server.log().count("user=<cz@example.org>")
    caught = refused(account(server.port), "canary-5ecret")
    assert caught.code == "IMAP_LOGIN"
    assert "授权码" in caught.zh
    assert "canary" not in str(caught) + caught.zh
    assert server.log().count("user=<cz@example.org>") == before + 1


def test_a_password_in_chinese() -> None:
    with (
        imap_server(password="授权码一二三") as server,
        Postbox.open(account(server.port), "授权码一二三", insecure=True) as box,
    ):
        assert "INBOX" in box.folders()


def test_a_server_that_gives_the_password_back() -> None:
    answers = (b"* OK ready\r\n", b"* CAPABILITY IMAP4rev1\r\nA OK\r\n", b"* BYE canary-5ecret is wrong\r\n")
    with raw_server(*answers) as port:
        caught = refused(account(port), "canary-5ecret", seconds=2)
    assert "canary" not in f"{caught}{caught.zh}{caught.__cause__}"


@pytest.mark.parametrize("answer", [b"", b"\xff\xfe\r\n", b"* OK [CAPABILITY", b"220 smtp ready\r\n"])
def test_what_is_no_imap_server(answer: bytes) -> None:
    with raw_server(answer) as port:
        caught = refused(account(port), seconds=1)
    assert caught.code in ("IMAP_LOST", "IMAP_UNREACHABLE", "IMAP_REFUSED")


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfxl.campaign.imap._Bounded.left", 100_000)
    with raw_server(b"* OK ready {900000000}\r\n" + b"x" * 200_000) as port:
        caught = refused(account(port), seconds=2)
    assert caught.code == "IMAP_LOST"


def test_nobody_there() -> None:
    assert refused(account(1), seconds=2).code == "IMAP_UNREACHABLE"


def test_without_imap_tools_it_says_what_to_install(server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imap_tools", None)
    with pytest.raises(CampaignError, match=r"perfxl\[mail\]"), opened(server):
        pass


# Encryption


class Certificates:
    """An authority, and servers' certificates signed by it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.authority = folder, trustme.CA()

    def files(self, name: str) -> tuple[str, str]:
        certificate = self.authority.issue_cert(name)
        chain, key = self.folder / "chain.pem", self.folder / "key.pem"
        chain.write_bytes(b"".join(each.bytes() for each in certificate.cert_chain_pems))
        key.write_bytes(certificate.private_key_pem.bytes())
        return str(chain), str(key)

    def trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted(security: str, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    with imap_server(certificate=certificates.files("127.0.0.1"), plain=False) as server:
        port = server.tls_port if security == "tls" else server.port
        server.put(letter("<first@example.org>"))
        with Postbox.open(account(port, security=security), PASSWORD, context=certificates.trusting()) as box:
            assert [each.message_id for each in box.messages("INBOX")] == ["<first@example.org>"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("fault", ["unknown authority", "another name"])
def test_a_certificate_that_is_not_right_is_refused_before_the_login(security: str, fault: str, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    name = "other.example" if fault == "another name" else "127.0.0.1"
    with imap_server(certificate=certificates.files(name), plain=False) as server:
        port = server.tls_port if security == "tls" else server.port
        trusted = certificates.trusting() if fault == "another name" else None
        caught = refused(account(port, security=security), insecure=False, context=trusted)
        assert caught.code == "IMAP_TLS"
        assert "method=" not in server.log()


def test_no_starttls_no_login(server: ImapServer) -> None:
    assert refused(account(server.port, security="starttls"), insecure=False).code == "IMAP_TLS"


def test_in_the_clear_on_this_machine_only() -> None:
    for given, insecure in ((account(1), False), (account(1, host="imap.example.org"), True)):
        assert refused(given, insecure=insecure).code == "INSECURE"


# Settings


def test_the_account_is_that_of_the_sender_but_for_what_is_said() -> None:
    mail = {"provider": "163", "from": "cz@163.com"}
    plain = imap_account_of({}, mail, SETTINGS)
    assert (plain.host, plain.port, plain.security, plain.login) == ("imap.163.com", 993, "tls", "cz@163.com")
    assert (plain.inbox, plain.sent) == ("INBOX", ())
    assert plain.variables == ("PERFXL_IMAP_PASSWORD", "PERFXL_SMTP_PASSWORD")
    other = imap_account_of({"host": "mail.example.cn", "login": "archive", "sent": ["归档"]}, mail, SETTINGS)
    assert (other.host, other.login, other.sent) == ("mail.example.cn", "archive", ("归档",))
    assert other.variables == ("PERFXL_IMAP_PASSWORD",)  # the sender's password is not shown to another account


def test_every_mistake_in_the_settings_at_once() -> None:
    given = {"password": "x", "prot": 993, "security": "ssl", "sent": "已发送"}
    with pytest.raises(CampaignError) as caught:
        imap_account_of(given, {}, SETTINGS)
    assert caught.value.exit_code == 2
    for word in ("PERFXL_SMTP_PASSWORD", "port", "starttls", "sent", "host", "login"):
        assert word in caught.value.zh
