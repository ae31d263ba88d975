"""What kind of file the bytes are, judged by content and never by the name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..rejection import Rejected
from .limits import DEFAULT
from .package import Package

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_OTHER_KINDS = (
    (b"%PDF", "PDF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"{\\rtf", "RTF"),
)
_LONGEST_END = 22 + 65535  # the end record of a zip with its comment
_LOCK_FILE_SIZES = (162, 165)  # what Word and Excel leave beside an open document


def sniff(data: bytes) -> str | None:
    """The rejection code of content that is no ``.xlsx``, judged by content alone.

    ``None`` where it looks like an ``.xlsx`` package (which may still be a broken one).
    """
    if data.startswith(b"PK\x03\x04"):
        try:
            return kind_of_parts(Package(data, DEFAULT).names)
        except Rejected:
            return None
    if not data.strip(b"\0"):
        return "EMPTY_FILE"
    if data.startswith(_OLE):
        return _kind_of_ole(data)
    if data.startswith((b"L\0\0\0\x01\x14\x02\0", b"[InternetShortcut]")):
        return "SHORTCUT"
    if (len(data) in _LOCK_FILE_SIZES and data[0] <= 54) or (len(data) < 1024 and b",file:///" in data):
        return "OFFICE_LOCK_FILE"
    if data.startswith(b"PK") or b"PK\x05\x06" in data[-_LONGEST_END:]:
        return "BAD_ZIP"
    if data[:2] in _OLD_BIFF:
        return "LEGACY_XLS_OR_ET"
    if any(data.startswith(magic) for magic, _ in _OTHER_KINDS):
        return "NOT_A_WORKBOOK"
    return _kind_of_text(data)


def other_kind(data: bytes) -> str:
    """The common name of a well-known kind of file that is no workbook, or nothing."""
    return next((name for magic, name in _OTHER_KINDS if data.startswith(magic)), "")


def kind_of_parts(names: Iterable[str]) -> str | None:
    """The rejection code of a zip that holds another kind of document, by its part names."""
    parts = set(names)
    if "xl/workbook.xml" in parts:
        return None
    if "xl/workbook.bin" in parts:
        return "XLSB"
    if "mimetype" in parts and "content.xml" in parts:
        return "ODS"
    if "index.zip" in parts or any(name.endswith(".iwa") for name in parts):
        return "NUMBERS"
    if "[content_types].xml" in parts:
        return "NOT_A_WORKBOOK" if parts & {"word/document.xml", "ppt/presentation.xml"} else None
    return "NOT_A_WORKBOOK"


def _kind_of_ole(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "ENCRYPTED"
    if "WordDocument".encode("utf-16-le") in data or "PowerPoint Document".encode("utf-16-le") in data:
        return "NOT_A_WORKBOOK"
    return "LEGACY_XLS_OR_ET"


def _kind_of_text(data: bytes) -> str:
    head = data[:65536]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head[: len(head) & ~1].decode("utf-16", "replace")
    else:
        try:
            text = head.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = head.decode("gb18030", "replace")
    start = text[:4096].lower()
    if "urn:schemas-microsoft-com:office:spreadsheet" in start or 'progid="excel.sheet"' in start:
        return "XML2003"
    if "urn:oasis:names:tc:opendocument" in start:
        return "ODS"
    if re.search(r"<(?:!doctype\s+)?html|<table|<body|^mime-version:", start):
        return "HTML_AS_EXCEL"
    odd = sum(1 for letter in text if (letter < " " and letter not in "\t\r\n\f") or letter == "\ufffd")
    return "TEXT_OR_CSV" if odd * 50 <= len(text) else "NOT_A_WORKBOOK"
