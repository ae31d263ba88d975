"""Which files there are to judge, and what is in them: on disk, in folders, in zips of returns.

Whatever keeps a file from being read is a ``Rejected``, never another exception.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .noun import ordered_noun
from .rejection import Rejected
from .xlsx.limits import DEFAULT, MIB

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

Path = str | os.PathLike[str]

WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm")
"""Names that a workbook we read should have."""

COLLECTED = (*WORKBOOKS, ".xls", ".et", ".xlsb", ".ods", ".zip")
"""Names that are taken from a folder."""

ARCHIVES = (".zip", ".rar", ".7z")
MAX_MEMBERS, MAX_ARCHIVE, MAX_DIRECTORY = 1_000, 200 * MIB, 1 * MIB
"""An archive of returns: members, bytes unpacked, bytes of its directory."""

Content = bytes | Rejected
"""What is in a file, or why it cannot be read."""


@ordered_noun
class Source:
    """A file to be judged: where it lies and how it is called in reports."""

    path: str
    name: str


def find_files(paths: Iterable[Path]) -> list[Source]:
    """Files as given; in folders, all workbooks and archives, sorted; no file twice.

    Lock files (``~$…``) and hidden files of a folder are left out.  Raises
    ``FileNotFoundError`` for a path that is not there.
    """
    found: dict[str, Source] = {}
    for path in (os.fspath(path) for path in paths):
        if os.path.isdir(path):
            for each in _inside(path):
                found.setdefault(os.path.normpath(each), Source(each, each))
        elif os.path.lexists(path):
            found.setdefault(os.path.normpath(path), Source(path, path))
        else:
            raise FileNotFoundError(path)
    return list(found.values())


def _inside(folder: str) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if _wanted(name):
                yield os.path.join(where, name)


def _wanted(name: str) -> bool:
    return name.lower().endswith(COLLECTED) and not name.startswith((".", "~$"))


def contents(source: Source) -> Iterator[tuple[str, Content]]:
    """Name and content of one file on disk, or of every workbook of a zip of returns."""
    try:
        if not stat.S_ISREG(os.stat(source.path).st_mode):
            raise OSError("no regular file")
        if source.name.lower().endswith(".zip"):
            from zipfile import ZipFile, is_zipfile

            if is_zipfile(source.path):
                _look_ahead(source.path)
                with ZipFile(source.path) as archive:
                    if not _is_document(archive):
                        yield from _inside_archive(source.name, archive)
                        return
        with open(source.path, "rb") as file:
            data = file.read(DEFAULT.file_bytes + 1)
    except OSError as error:
        yield source.name, Rejected("UNREADABLE", error.strerror or str(error))
    except Rejected as rejection:
        yield source.name, rejection
    except _zip_errors():
        yield source.name, Rejected("BAD_ZIP")
    else:
        yield source.name, data


def _zip_errors() -> tuple[type[Exception], ...]:
    """All that the standard library raises for a damaged or odd archive."""
    import struct
    import zlib
    from zipfile import BadZipFile

    return (
        *(OSError, BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
        *(OverflowError, UnicodeDecodeError, ValueError, EOFError, IndexError),
    )


def _look_ahead(path: str) -> None:
    """Refuse a directory too large to be read, by the figures at the archive's end."""
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 65_557))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    entries, size = tail[end + 10 : end + 12], tail[end + 12 : end + 16]
    large = b"PK\x06\x07" in tail[max(0, end - 20) : end]
    if large or int.from_bytes(entries, "little") > 0xFFF0 or int.from_bytes(size, "little") > MAX_DIRECTORY:
        raise Rejected("TOO_MANY_FILES")


def _is_document(archive: ZipFile) -> bool:
    """Whether the archive is itself a document: a workbook called ``.zip``."""
    names = set(archive.namelist())
    return bool(names & {"[Content_Types].xml", "mimetype", "xl/workbook.xml"})


def _inside_archive(name: str, archive: ZipFile) -> Iterator[tuple[str, Content]]:
    """Every workbook of an archive, one level deep, read to memory only."""
    members = [(_member_name(member), member) for member in archive.infolist() if not member.is_dir()]
    shown = [(inside, inside.replace("\\", "/").rpartition("/")[2], member) for inside, member in members]
    wanted = [
        (f"{name}/{inside}", member)
        for inside, base, member in shown
        if (_wanted(base) or (base.lower().endswith(ARCHIVES) and not base.startswith(".")))
        and not inside.startswith("__MACOSX/")
    ]
    if not wanted:
        raise Rejected("NOT_A_WORKBOOK")
    if len(members) > MAX_MEMBERS:
        raise Rejected("TOO_MANY_FILES", str(len(members)))
    if sum(member.file_size for _, member in wanted) > MAX_ARCHIVE:
        raise Rejected("FILE_TOO_LARGE")
    for file, member in sorted(wanted, key=lambda pair: pair[0]):
        if file.lower().endswith(ARCHIVES):
            yield file, Rejected("NESTED_ARCHIVE")
        elif member.flag_bits & 0x41:
            yield file, Rejected("ENCRYPTED_ZIP")
        else:
            yield file, _member(archive, member)


def _member(archive: ZipFile, member: ZipInfo) -> Content:
    try:
        with archive.open(member) as stream:
            return stream.read(DEFAULT.file_bytes + 1)
    except _zip_errors():
        return Rejected("BAD_ZIP")


def _member_name(member: ZipInfo) -> str:
    """A member's name: UTF-8 where it says so or is so, else the code page of Chinese Windows, else as it is."""
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename
