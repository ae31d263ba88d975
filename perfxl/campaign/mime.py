"""A message to bytes and back: what is put on the wire, written line by line and then read again.

The standard library's serialiser folds attachment names in a way that several mail programs
show as ``tcmime.bin``, and leaves Chinese bodies in 8 bits.  So the few headers there are
written here (pure ASCII, lines well below 998), and the standard library's parser is the
witness: a message that does not come back as it was meant is never sent.
"""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import re
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import quote

from ..noun import noun
from .address import control
from .plan import Contact
from .trouble import CampaignError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_LINE = 998
CHINESE_NAME = 20
"""Characters of a Chinese attachment name that mail programs were seen to show."""


class Attachment(NamedTuple):
    """附件: the name that is shown, and the bytes of an ``.xlsx``."""

    name: str
    data: bytes


@noun
class Message:
    """邮件 before it is bytes. ``date`` has a time zone; ``message_id`` has its angle brackets."""

    sender: Contact
    to: tuple[Contact, ...]
    reply_to: str
    subject: str
    body: str
    date: datetime
    message_id: str
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str = ""


class Read(NamedTuple):
    """What a message says when it is read: addresses of To, Message-ID, attachments."""

    to: tuple[str, ...]
    message_id: str
    attachments: tuple[Attachment, ...]


def compose(message: Message) -> bytes:
    """The bytes of a message, the same for the same message, ending in one line end.

    Raises ``CampaignError`` ``HEADER_UNSAFE`` where a line end or control character stands in
    what becomes a header, or the bytes do not read back as the message.
    """
    _refuse_controls(message)
    data = serialised(message)
    _verify(data, message)
    return data


def serialised(message: Message) -> bytes:
    """The bytes without the proof; not to be sent."""
    boundary = "=_perfxl_" + hashlib.sha256(message.message_id.encode()).hexdigest()[:40]
    lines = [f"{name}: {value}" for name, value in _headers(message)]
    lines += [f'Content-Type: multipart/mixed; boundary="{boundary}"', ""]
    lines += [f"--{boundary}", 'Content-Type: text/plain; charset="utf-8"', "Content-Transfer-Encoding: base64", ""]
    lines += _base64(message.body.replace("\r\n", "\n").replace("\n", "\r\n").encode())
    for each in message.attachments:
        lines += [f"--{boundary}", *_attachment_headers(each.name), "", *_base64(each.data)]
    lines += [f"--{boundary}--", ""]
    return "\r\n".join(lines).encode("ascii", "backslashreplace")


def encoded_size(message: Message) -> int:
    """The size in bytes that ``compose`` will give, to within a few thousand, from above."""
    pieces = [len(message.body.encode()), *(len(each.data) for each in message.attachments)]
    return 4_000 + 400 * len(message.to) + sum(600 + -(-size // 57) * 78 for size in pieces)


def read(data: bytes) -> Read:
    """A message's recipients and attachments, by the standard library's parser."""
    return _read(_parsed(data))


def _read(parsed: EmailMessage) -> Read:
    to = tuple(address.addr_spec for address in parsed["To"].addresses) if parsed["To"] else ()
    found = []
    for part in parsed.iter_attachments():
        content = part.get_payload(decode=True)
        found.append(Attachment(part.get_filename() or "", content if isinstance(content, bytes) else b""))
    return Read(to, str(parsed["Message-ID"] or ""), tuple(found))


def _parsed(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)


def _headers(message: Message) -> list[tuple[str, str]]:
    extra = []
    if message.in_reply_to:
        extra = [("In-Reply-To", message.in_reply_to), ("References", message.in_reply_to)]
    return [
        ("From", _mailbox(message.sender)),
        ("To", ",\r\n ".join(_mailbox(contact) for contact in message.to)),
        ("Reply-To", message.reply_to),
        ("Subject", _words(message.subject, len("Subject: "))),
        ("Date", format_datetime(message.date)),
        ("Message-ID", message.message_id),
        *extra,
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ]


def _words(text: str, used: int) -> str:
    """ASCII as it is where it fits a line, else encoded words of at most 75 characters (RFC 2047)."""
    if text.isascii() and len(text) < 76 - used and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=75, header_name="x" * (used - 2)).encode(linesep="\r\n")


def _mailbox(contact: Contact) -> str:
    """Only the name is encoded: QQ refuses a From whose address is within the encoded word."""
    if not contact.name:
        return contact.address
    if contact.name.isascii() and "=?" not in contact.name and len(contact.name) < 40:
        name = '"' + re.sub(r'(["\\])', r"\\\1", contact.name) + '"'
    else:
        name = _words(contact.name, 10)
    return f"{name}\r\n <{contact.address}>"


def _attachment_headers(name: str) -> list[str]:
    """A Chinese name stands as one RFC 2047 word and as one RFC 2231 value, each unsplit."""
    if name.isascii():
        word, value = name, f'filename="{name}"'
    else:
        word = "=?utf-8?B?" + base64.b64encode(name.encode()).decode() + "?="
        value = "filename*=utf-8''" + quote(name, safe="")
    return [
        f'Content-Type: {XLSX};\r\n name="{word}"',
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment;\r\n {value}",
    ]


def _base64(data: bytes) -> list[str]:
    return base64.encodebytes(data).decode("ascii").splitlines()


def _refuse_controls(message: Message) -> None:
    texts = [message.subject, message.reply_to, message.message_id, message.in_reply_to]
    for contact in (message.sender, *message.to):
        texts += [contact.name, contact.address]
    for each in message.attachments:
        texts.append(each.name)
        if '"' in each.name or "\\" in each.name or "=?" in each.name:
            raise unsafe(each.name)
    for text in texts:
        if control(text):
            raise unsafe(text)
    for address in (message.sender.address, message.reply_to, *(contact.address for contact in message.to)):
        if not re.fullmatch(r"[!-~]+@[a-z0-9.-]+", address) or re.search(r'[<>"(),:;\[\]\\]', address):
            raise unsafe(address)
    if not re.fullmatch(r"<[!-;=?-~]+>", message.message_id):
        raise unsafe(message.message_id)


def _verify(data: bytes, message: Message) -> None:
    """The bytes read back must be the message, header for header; the body too, and every attachment."""
    parsed = _parsed(data)
    names = [name for name, _ in _headers(message)] + ["Content-Type"]
    body = parsed.get_body(("plain",))
    text = body.get_content() if body is not None else None
    back = _read(parsed)
    same = (
        parsed.keys() == names
        and str(parsed["Subject"]) == message.subject
        and back.to == tuple(contact.address for contact in message.to)
        and [_solid(address.display_name) for address in parsed["To"].addresses]
        == [_solid(to.name) for to in message.to]
        and [address.addr_spec for address in parsed["From"].addresses] == [message.sender.address]
        and back.message_id == message.message_id
        and text is not None
        and text.replace("\r\n", "\n") == message.body.replace("\r\n", "\n")
        and back.attachments == message.attachments
    )
    lines = data.split(b"\r\n")
    clean = data.isascii() and b"\0" not in data and not any(b"\r" in line or b"\n" in line for line in lines)
    if not same or not clean or max(map(len, lines)) > LONGEST_LINE:
        raise unsafe(message.subject)


def _solid(name: str) -> str:
    """A name without spaces: the parser puts one between the encoded words of a long name."""
    return "".join(name.split())


def unsafe(text: str) -> CampaignError:
    """The refusal of what could forge a header."""
    shown = text.encode("ascii", "backslashreplace").decode()[:80]
    return CampaignError(
        "HEADER_UNSAFE",
        f"“{shown}”不能写进邮件：含有换行、控制字符，或读回来与原文不同。请改正花名册或模板。",
        f"{shown!r} cannot stand in a message: it holds a line end or control character, or does not read back "
        "the same. Mend the roster or the template.",
    )
