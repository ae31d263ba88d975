"""Where returns lie 来源: files, folders, archives, mails, mailboxes, to one stream of what was found.

Each thing found is a ``Find``: bytes with their name and how they came.  A mail or an archive comes
before what is in it.  Whatever cannot be opened is a ``Rejected`` in the place of its bytes, and
stops nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from ..files import MAX_ARCHIVE, MAX_MEMBERS, is_document, look_ahead, member_name, zip_errors
from ..rejection import Rejected
from ..xlsx.limits import DEFAULT
from .hold import now
from .mail_parts import MAX_MAIL, Head
from .returns import Kind

WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".et", ".xlsb", ".ods", ".rar", ".7z")
"""Names of what is judged; archives that cannot be opened are among them, so that the verdict says so."""
_KNOWN = (
    *(".doc", ".docx", ".wps", ".pdf", ".ppt", ".pptx", ".txt", ".htm", ".html", ".jpg", ".jpeg", ".png", ".gif"),
    *(".bmp", ".tif", ".tiff", ".ofd", ".msg", ".ics", ".vcf", ".p7s", ".asc", ".sig"),
)
KEPT_NAMES = frozenset((*WORKBOOKS, *_KNOWN, ".eml", ".zip"))
"""Endings that a kept original keeps; another could be something that runs."""
_MAILS, _MAILBOXES = (".eml",), (".mbox", ".mbx")
_OWN = frozenset({"returns", "issued", "outbox", "backups", "rehearsal"})
"""Folders of a campaign that hold what is ours."""


class Find(NamedTuple):
    """Something found: its bytes, or why there are none; ``source`` and ``name`` say where, ``came_at`` (UTC)
    when it came, ``hint`` the folder that it lay in."""

    kind: Kind
    name: str
    source: str
    came_at: str
    content: bytes | Rejected
    hint: str = ""


def finds(path: Path, campaign: Path) -> Iterator[Find]:
    """All that lies in a file or folder, in the order of the names. ``campaign``: its own folders are passed over."""
    if not path.is_dir():
        yield from _file(path, str(path.resolve().parent))
        return
    top, own = path.resolve(), campaign.resolve()
    closed = list[str]()
    for where, folders, files in os.walk(top, onerror=lambda error: closed.append(str(error.filename))):
        inside = Path(where)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not _is_own(inside / name, own))
        hint = inside.name if inside != top else ""
        for name in sorted(files):
            if not name.startswith((".", "~$")) and not (inside == own and not name.lower().endswith(WORKBOOKS)):
                if inside == own and name == "花名册.xlsx":
                    continue
                yield from _file(inside / name, str(top), hint)
    for name in closed:
        yield Find("other", name, str(top), now(), Rejected("UNREADABLE", "folder"))


def _is_own(folder: Path, campaign: Path) -> bool:
    return folder.parent == campaign and folder.name in _OWN


def _file(path: Path, source: str, hint: str = "") -> Iterator[Find]:
    """One file; a mailbox file message by message."""
    there = path.resolve() if not path.is_symlink() else path.absolute()
    name = os.path.relpath(there, source).replace(os.sep, "/")
    low = name.lower()
    came = now()
    try:
        status = path.stat()
        came = min(came, datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        if not path.is_file():
            raise OSError("no regular file")
        if low.endswith(_MAILBOXES):
            for number, message in enumerate(messages_of(path), 1):
                yield Find("mail", f"{name}#{number}", source, came, message, hint)
            return
        kind = kind_of(name, b"")
        most = MAX_MAIL if kind == "mail" else MAX_ARCHIVE if kind == "archive" else DEFAULT.file_bytes
        content: bytes | Rejected = _read(path, most)
    except (OSError, ValueError, OverflowError) as error:
        content, kind = Rejected("UNREADABLE", getattr(error, "strerror", None) or str(error)), "workbook"
    except Rejected as rejection:
        content, kind = rejection, "workbook"
    else:
        kind = kind_of(name, content if isinstance(content, bytes) else b"")
    yield Find(kind, name, source, came, content, hint)


def _read(path: Path, most: int) -> bytes:
    """The bytes of a file, as they were at one moment."""
    for _ in range(3):
        with open(path, "rb") as file:
            before = os.fstat(file.fileno())
            data = file.read(most + 1)
            after = os.fstat(file.fileno())
        if len(data) > most:
            raise Rejected("FILE_TOO_LARGE", str(before.st_size))
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data
    raise OSError("written to while it was read")


def kind_of(name: str, data: bytes) -> Kind:
    """What a thing is, by its name, and by its first bytes where the name does not say."""
    low = name.lower()
    if low.endswith(_MAILS):
        return "mail"
    if low.endswith(".zip"):
        return "workbook" if _begins_a_document(data) else "archive"
    if low.endswith(WORKBOOKS):
        return "workbook"
    if low.endswith(_KNOWN):
        return "other"
    if data.startswith(b"PK\x03\x04"):
        return "workbook" if _begins_a_document(data) else "archive"
    return "other"


def _begins_a_document(data: bytes) -> bool:
    """Whether the first member of a zip is one of a document. Only its name is looked at: behind it may lie a
    workbook that was stored as it is, with such names of its own."""
    name = data[30 : 30 + int.from_bytes(data[26:28], "little")]
    return name in (b"[Content_Types].xml", b"mimetype") or name.startswith((b"xl/", b"_rels/", b"docProps/"))


def messages_of(path: Path) -> Iterator[bytes | Rejected]:
    """The messages of an mbox file, one at a time in memory."""
    lines, size, blank = list[bytes](), 0, True
    with open(path, "rb") as file:
        while line := file.readline(1_000_000):
            if blank and line.startswith(b"From ") and size >= 0:
                if size:
                    yield b"".join(lines) if size <= MAX_MAIL else Rejected("FILE_TOO_LARGE", str(size))
                lines, size, blank = [], 0, False
                continue
            blank = line in (b"\n", b"\r\n")
            size += len(line)
            if size <= MAX_MAIL:
                lines.append(line[1:] if line.startswith((b">From ", b">>From ")) else line)
    if size:
        yield b"".join(lines) if size <= MAX_MAIL else Rejected("FILE_TOO_LARGE", str(size))


def members_of(path: Path) -> Iterator[tuple[str, str, bytes | Rejected]]:
    """What an archive holds, read to memory one by one: name, time (UTC), bytes. No name becomes a path.
    Raises ``Rejected`` where it cannot be opened, or holds too much."""
    from zipfile import ZipFile

    try:
        look_ahead(str(path))
        with ZipFile(path) as archive:
            if is_document(archive):
                raise Rejected("NOT_A_WORKBOOK")
            members = [each for each in archive.infolist() if not each.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise Rejected("TOO_MANY_FILES", str(len(members)))
            if sum(each.file_size for each in members) > MAX_ARCHIVE:
                raise Rejected("FILE_TOO_LARGE")
            left = MAX_ARCHIVE
            for name, member in sorted(((member_name(each), each) for each in members), key=lambda pair: pair[0]):
                base = name.replace("\\", "/").rpartition("/")[2]
                if name.startswith("__MACOSX/") or base.startswith((".", "~$")):
                    continue
                content: bytes | Rejected
                try:
                    if member.flag_bits & 0x41:
                        raise Rejected("ENCRYPTED_ZIP")
                    with archive.open(member) as stream:
                        content = stream.read(min(DEFAULT.file_bytes, left) + 1)
                    left -= len(content)
                    if left < 0:
                        raise Rejected("FILE_TOO_LARGE")
                    if len(content) > DEFAULT.file_bytes:
                        raise Rejected("FILE_TOO_LARGE", base)
                except Rejected as rejection:
                    content = rejection
                except zip_errors():
                    content = Rejected("BAD_ZIP")
                yield name, _time(member.date_time), content
    except Rejected:
        raise
    except zip_errors() as error:
        raise Rejected("BAD_ZIP") from error


def _time(stamp: tuple[int, int, int, int, int, int]) -> str:
    """An archive knows the local time of who made it, to two seconds; China has one."""
    try:
        found = datetime(*stamp, tzinfo=timezone(timedelta(hours=8)))
    except ValueError:
        return now()
    return min(found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), now()) if found.year > 1980 else now()


def mail_source(head: Head, sha256: str) -> str:
    """What a mail is called as a source, the same wherever it was found."""
    return f"mail {head.message_id or sha256}"
