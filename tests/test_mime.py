"""Messages as bytes: pure ASCII, one header a line, names that Chinese mail programs read, nothing forged."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from perfxl.campaign import mime
from perfxl.campaign.mime import Attachment, Message, compose
from perfxl.campaign.plan import Contact
from perfxl.campaign.trouble import CampaignError

MESSAGE = Message(
    sender=Contact(name="某市财政局绩效科", address="cz@example.org"),
    to=(Contact(name="张三", address="u1@example.org"), Contact(name="", address="u2@xn--fiq228c.example")),
    reply_to="cz@example.org",
    subject="【2026年度绩效自评】请填报财政项目支出绩效自评表（第一文化站）",
    body="第一文化站：\n\n见附件。\n.\n..两点开头\n",
    date=datetime(2026, 11, 25, 13, 40, tzinfo=UTC),
    message_id="<0123456789abcdef@example.org>",
    attachments=(Attachment("U001-1_shanghai_2026.xlsx", b"PK\x03\x04" + bytes(range(256))),),
)


def parsed(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)


def test_the_bytes_are_ascii_with_short_lines_and_end_in_a_line_end() -> None:
    data = compose(MESSAGE)
    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 144
    assert data.endswith(b"--\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert compose(MESSAGE) == data


def test_the_header_is_as_it_should_be_byte_for_byte() -> None:
    head = compose(MESSAGE).partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    assert head == (
        "From: =?utf-8?b?5p+Q5biC6LSi5pS/5bGA57up5pWI56eR?=\n"
        " <cz@example.org>\n"
        "To: =?utf-8?b?5byg5LiJ?=\n"
        " <u1@example.org>,\n"
        " u2@xn--fiq228c.example\n"
        "Reply-To: cz@example.org\n"
        "Subject: =?utf-8?b?44CQMjAyNuW5tOW6pue7qeaViOiHquivhOOAkeivt+Whq+aKpQ==?=\n"
        " =?utf-8?b?6LSi5pS/6aG555uu5pSv5Ye657up5pWI6Ieq6K+E6KGo77yI56ys5LiA5paH?=\n"
        " =?utf-8?b?5YyW56uZ77yJ?=\n"
        "Date: Wed, 25 Nov 2026 13:40:00 +0000\n"
        "Message-ID: <0123456789abcdef@example.org>\n"
        "Auto-Submitted: auto-generated\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="=_perfxl_64cda148f0ea9b13433b58bd288537822d26c3f2"'
    )


def test_a_chinese_attachment_name_comes_back_from_the_bytes() -> None:
    name = "公共图书馆免费开放补助经费二〇二六年.xlsx"
    data = compose(replace(MESSAGE, attachments=(Attachment(name, b"PK\x03\x04"),)))
    head = data.partition(b"Content-Type: application/")[2].partition(b"\r\n\r\n")[0].decode("ascii")
    assert 'name="=?utf-8?B?' in head
    assert "filename*=utf-8''%E5%85%AC%E5%85%B1" in head
    assert "filename*0" not in head
    assert max(len(line) for line in data.split(b"\r\n")) < 300
    for message in (parsed(data), email.message_from_bytes(data)):
        part = list(message.walk())[2]
        assert part.get_filename() == name
        assert part.get_content_type() == mime.XLSX


def test_a_reply_threads_on_the_message_that_it_answers() -> None:
    data = parsed(compose(replace(MESSAGE, in_reply_to="<aa@example.org>")))
    assert (data["In-Reply-To"], data["References"]) == ("<aa@example.org>", "<aa@example.org>")


BREAKS = ["\r\nBcc: x@y.cn", "\nBcc: x@y.cn", "\rX: y", "\0", "\x1b[2J", "\x85X: y", "\u2028X: y", "\ud800", "\x7f"]


@pytest.mark.parametrize("evil", BREAKS)
@pytest.mark.parametrize(
    "where", ["subject", "sender", "to_name", "to_address", "reply_to", "message_id", "file", "thread"]
)
def test_no_field_forges_a_header(evil: str, where: str) -> None:
    contact = MESSAGE.to[0]
    changed = {
        "subject": lambda: replace(MESSAGE, subject=f"a{evil}"),
        "sender": lambda: replace(MESSAGE, sender=Contact(name=f"a{evil}", address="cz@example.org")),
        "to_name": lambda: replace(MESSAGE, to=(replace(contact, name=f"a{evil}"),)),
        "to_address": lambda: replace(MESSAGE, to=(replace(contact, address=f"a{evil}@example.org"),)),
        "reply_to": lambda: replace(MESSAGE, reply_to=f"cz@example.org{evil}"),
        "message_id": lambda: replace(MESSAGE, message_id=f"<a{evil}@example.org>"),
        "file": lambda: replace(MESSAGE, attachments=(Attachment(f"a{evil}.xlsx", b"PK"),)),
        "thread": lambda: replace(MESSAGE, in_reply_to=f"<a{evil}@b.cn>"),
    }[where]()
    with pytest.raises(CampaignError, match="HEADER_UNSAFE"):
        compose(changed)


ENCODED = [
    "=?UTF-8?Q?=0A?=Bcc: x@y.cn",
    "=?utf-8?b?CkJjYzogeEB5LmNu?=",
    "a =?utf-8?q?=0d=0aX-Evil:=20y?= b",
    "=?gb2312?B?yseyxw==?=",
]


@pytest.mark.parametrize("evil", ENCODED)
def test_an_encoded_word_in_a_name_stays_text(evil: str) -> None:
    """What looks like an encoded word is either shown as it is, or refused; it never becomes a header."""
    for changed in (
        replace(MESSAGE, subject=evil),
        replace(MESSAGE, to=(Contact(name=evil, address="u1@example.org"),)),
        replace(MESSAGE, sender=Contact(name=evil, address="cz@example.org")),
    ):
        try:
            data = compose(changed)
        except CampaignError as error:
            assert error.code == "HEADER_UNSAFE"  # noqa: PT017
            continue
        assert "Bcc" not in parsed(data)
        assert "X-Evil" not in parsed(data)
        assert len(parsed(data).keys()) == 9


@pytest.mark.parametrize(
    "address",
    ["a@b.cn, c@d.cn", "a@b.cn>", "<a@b.cn", "a b@c.cn", '"a"@b.cn', "a@b@c.cn;", "张三@b.cn", "a(b)@c.cn", "a@B.cn"],
)
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(CampaignError, match="HEADER_UNSAFE"):
        compose(replace(MESSAGE, to=(Contact(name="", address=address),)))


@pytest.mark.parametrize(
    "name", ['a "quoted" name', "back\\slash", "comma, name", "a" * 200, "长" * 60, "A & B <c>", "李四 (主任)"]
)
def test_names_of_people_come_back(name: str) -> None:
    data = compose(replace(MESSAGE, to=(Contact(name=name, address="u1@example.org"),)))
    assert parsed(data)["To"].addresses[0].display_name.replace(" ", "") == name.replace(" ", "")
    assert max(len(line) for line in data.split(b"\r\n")) <= 144


@pytest.mark.parametrize(
    "subject", ["plain", "x" * 190, "汉" * 190, "Q3 报表 (final) ?= =?", "a, b; c: d", "🀄 麻将 𠮷"]
)
def test_subjects_come_back(subject: str) -> None:
    data = compose(replace(MESSAGE, subject=subject))
    assert parsed(data)["Subject"] == subject
    assert all(len(line) <= 78 for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n") if b"boundary" not in line)


def test_the_size_is_known_beforehand_from_above() -> None:
    for size in (0, 1, 56, 57, 58, 100_000):
        message = replace(MESSAGE, attachments=(Attachment("a.xlsx", b"x" * size),) * 3)
        assert len(compose(message)) <= mime.encoded_size(message) <= len(compose(message)) + 8_000
