"""A mail that came 收到的邮件: from whom, when, and what is attached; bounded, whoever made it.

The standard library's parser does the parsing; names of attachments are read in all the ways in which
mail programs write them, raw GBK included.  Nothing of a mail is ever a path.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from typing import NamedTuple

from ..rejection import Rejected
from ..xlsx.limits import MIB

MAX_MAIL, MAX_PARTS, MAX_DEPTH, MAX_BOUNDARIES = 60 * MIB, 1_000, 8, 3_000
"""Bytes of a mail; parts of it; how deep they lie in one another; lines that begin like a boundary."""

_ID = re.compile(r"<[!-;=?-~]{1,300}>")


class Head(NamedTuple):
    """Who sent a mail, and when it came (UTC): by the line that the last server wrote, else by its own date."""

    message_id: str
    sender: str
    subject: str
    came_at: str


class Part(NamedTuple):
    """An attachment 附件: its name, and its bytes; a mail within the mail is one too, called ``….eml``."""

    name: str
    data: bytes


def read_mail(data: bytes, now: str) -> tuple[Head, list[Part]]:
    """What a mail says of itself, and its attachments. ``now`` is the time at which it is read: no mail
    came later.  Raises ``Rejected`` for what is no mail, or more than a mail may be."""
    if len(data) > MAX_MAIL:
        raise Rejected("FILE_TOO_LARGE", str(len(data)))
    if data.count(b"\n--") > MAX_BOUNDARIES:
        raise Rejected("TOO_MANY_FILES")
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
        if not (message["From"] or message["Received"] or message["Message-ID"] or message["Subject"]):
            raise Rejected("TEXT_OR_CSV")
        return _head(message, now), list(_parts(message))
    except (MessageError, RecursionError, LookupError, ValueError, AssertionError, TypeError) as error:
        raise Rejected("UNREADABLE", type(error).__name__) from error


def _head(message: Message, now: str) -> Head:
    found = _ID.search(str(message["Message-ID"] or ""))
    senders = [address for _, address in getaddresses([_text(message["From"])]) if "@" in address]
    return Head(
        message_id=found[0] if found else "",
        sender=senders[0].strip().lower() if senders else "",
        subject=" ".join(_text(message["Subject"]).split())[:200],
        came_at=min(_came(message) or now, now),
    )


def _came(message: Message) -> str | None:
    """The date of the topmost ``Received``, which our own server wrote; else the sender's."""
    received = str(message["Received"] or "").rpartition(";")[2]
    for text in (received, str(message["Date"] or "")):
        try:
            found = parsedate_to_datetime(text.strip())
            aware = found if found.tzinfo else found.replace(tzinfo=UTC)
            return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _parts(message: Message) -> Iterator[Part]:
    """All that is attached, in order: what has a name, or is no text of the mail itself."""
    waiting, count = [(message, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > MAX_PARTS or depth > MAX_DEPTH:
            raise Rejected("TOO_MANY_FILES", str(count))
        kind = part.get_content_type()
        if kind == "message/rfc822" and part is not message:
            yield Part(_name(part) or f"{count}.eml", _inner(part))
            continue
        if part.is_multipart():
            inside = part.get_payload()
            waiting += [(each, depth + 1) for each in reversed(inside) if isinstance(each, Message)]  # type: ignore[arg-type]
            continue
        name = _name(part)
        attached = str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
        if not name and not attached and kind.startswith(("text/", "multipart/")):
            continue
        content = part.get_payload(decode=True)
        yield Part(name or f"{count}.{kind.rpartition('/')[2]}", content if isinstance(content, bytes) else b"")


def _inner(part: Message) -> bytes:
    inside = part.get_payload()
    first = inside[0] if isinstance(inside, list) and inside else inside
    if isinstance(first, Message):
        try:
            return first.as_bytes(policy=email.policy.compat32)
        except (UnicodeError, LookupError, AttributeError):
            return first.as_string().encode("utf-8", "surrogateescape")
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else str(first or "").encode("utf-8", "surrogateescape")


def _name(part: Message) -> str:
    """The attachment's name: RFC 2231, RFC 2047, or raw bytes; without folders and control characters."""
    for header, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        try:
            value = part.get_param(parameter, None, header)
            if value is None:
                continue
            text = value if isinstance(value, str) else collapse_rfc2231_value(value, errors="surrogateescape")
        except (LookupError, ValueError, TypeError):
            continue
        name = _base(_text(text))
        if name:
            return name
    return ""


def _text(value: object) -> str:
    """A header in words, as far as it can be told."""
    raw = str(value or "")
    if not raw.isascii() and not any(0xDC80 <= ord(ch) <= 0xDCFF for ch in raw):
        return raw
    try:
        pieces = decode_header(raw) if "=?" in raw else [(raw, None)]
    except (HeaderParseError, ValueError):
        pieces = [(raw, None)]
    return "".join(_decoded(each, charset) for each, charset in pieces)


def _decoded(piece: bytes | str, charset: str | None) -> str:
    data = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else piece
    wanted = "gb18030" if (charset or "").lower() in ("gb2312", "gbk", "x-gbk") else charset
    for encoding in (wanted, "utf-8", "gb18030"):
        try:
            if encoding and encoding.lower() != "unknown-8bit":
                return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _base(text: str) -> str:
    """A name alone: what stands before a slash or backslash is not asked for."""
    last = re.sub(r"[\x00-\x1f\x7f]", "", text).replace("\\", "/").rpartition("/")[2]
    return last.strip().lstrip(".")[:200]
