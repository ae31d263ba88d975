"""Which files there are to judge, and what is in them: on disk, in folders, in zips of returns.

Whatever keeps a file from being read is a ``Rejected``, never another exception.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, overload

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


class _Names:
    """Names of files in blocks: as many texts of their own take three times the room."""

    _BLOCK = 64

    def __init__(self, names: Iterable[str]) -> None:
        self._blocks: list[bytes] = []
        self._last: list[str] = []
        self.add(names)

    def add(self, names: Iterable[str]) -> None:
        """More names behind the others."""
        for name in names:
            self._last.append(name)
            if len(self._last) == self._BLOCK:
                self._blocks.append(os.fsencode("\0".join(self._last)))
                self._last = []

    def __len__(self) -> int:
        return len(self._blocks) * self._BLOCK + len(self._last)

    def __getitem__(self, at: int) -> str:
        block, place = divmod(at, self._BLOCK)
        if block == len(self._blocks):
            return self._last[place]
        return os.fsdecode(self._blocks[block].split(b"\0")[place])


class Sources(Sequence[Source]):
    """The files of a run in order; folders and names are kept, each ``Source`` is made when it is asked for."""

    def __init__(self) -> None:
        self._folders: list[str] = []
        self._names: list[_Names] = []
        self._ends: list[int] = []

    def add(self, folder: str, names: list[str]) -> None:
        """Files of one folder, or with ``""`` paths as they were given."""
        if self._folders and self._folders[-1] == folder:
            self._names[-1].add(names)
            self._ends[-1] += len(names)
        elif names:
            self._ends.append(len(self) + len(names))
            self._folders.append(folder)
            self._names.append(_Names(names))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, at: int) -> Source: ...
    @overload
    def __getitem__(self, at: slice) -> list[Source]: ...
    def __getitem__(self, at: int | slice) -> Source | list[Source]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at if at >= 0 else at + len(self)
        if not 0 <= number < len(self):
            raise IndexError(at)
        place = bisect_right(self._ends, number)
        names = self._names[place]
        name = names[number - self._ends[place] + len(names)]
        path = os.path.join(self._folders[place], name)
        return Source(path, _display(path))


def find_files(paths: Iterable[Path | bytes]) -> Sources:
    """Files as given; in folders, all workbooks and archives, sorted; no file twice.

    Lock files (``~$…``) and hidden files of a folder are left out; a folder that cannot be looked
    into stands for itself.  Raises ``FileNotFoundError`` for a path that is not there.
    """
    given = [os.fsdecode(path) for path in paths]
    seen = set[str]() if _overlap(given) else None
    found = Sources()

    def take(folder: str, names: list[str]) -> None:
        if seen is not None:
            whole = [(name, os.path.normpath(os.path.join(folder, name))) for name in names]
            names = [name for name, path in whole if path not in seen]
            seen.update(path for _, path in whole)
        found.add(folder, names)

    for path in given:
        if os.path.isdir(path):
            for folder, names in _below(path):
                take(folder, names)
        elif os.path.lexists(path):
            take("", [path])
        else:
            raise FileNotFoundError(_display(path))
    return found


def _overlap(paths: Iterable[str]) -> bool:
    """Whether one of the paths is, or lies in, another one."""
    ordered = sorted(os.path.join(os.path.abspath(path), "") for path in paths)
    return any(later.startswith(earlier) for earlier, later in pairwise(ordered))


def _below(folder: str) -> Iterator[tuple[str, list[str]]]:
    closed = list[str]()
    for where, folders, files in os.walk(folder, onerror=lambda error: closed.append(str(error.filename))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield where, sorted(name for name in files if _wanted(name))
    yield "", closed


def _display(path: str) -> str:
    """A path that can be written out: bytes of its name that are no UTF-8 are shown as ``\\xb2``."""
    if path.isascii():
        return path
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _wanted(name: str) -> bool:
    return name.lower().endswith(COLLECTED) and not name.startswith((".", "~$"))


def contents(source: Source, skip: int = 0) -> Iterator[tuple[str, Content]]:
    """Name and content of one file on disk, or of every workbook of a zip of returns but the first ``skip``."""
    try:
        mode = os.stat(source.path).st_mode
        if not stat.S_ISREG(mode):
            if stat.S_ISDIR(mode):
                os.listdir(source.path)  # says why it could not be looked into
            raise OSError("no regular file")
        if source.name.lower().endswith(".zip"):
            from zipfile import ZipFile, is_zipfile

            if is_zipfile(source.path):
                look_ahead(source.path)
                with ZipFile(source.path) as archive:
                    if not is_document(archive):
                        for file, member in _members(source.name, archive)[skip:]:
                            yield file, _inside(file, archive, member)
                        return
        content: Content = _read(source.path)
    except OSError as error:
        content = Rejected("UNREADABLE", error.strerror or str(error))
    except Rejected as rejection:
        content = rejection
    except zip_errors():
        content = Rejected("BAD_ZIP")
    if not skip:
        yield source.name, content


def content_name(source: Source, number: int) -> str | None:
    """What the content of that number is called, ``None`` where there is none; of an archive the directory is read."""
    from zipfile import ZipFile

    names = [source.name]
    if source.name.lower().endswith(".zip"):
        with suppress(Rejected, *zip_errors()):
            look_ahead(source.path)
            with ZipFile(source.path) as archive:
                if not is_document(archive):
                    names = [file for file, _ in _members(source.name, archive)]
    return names[number] if number < len(names) else None


def _read(path: str) -> bytes:
    """The bytes of a file, as they were at one moment: what is written to meanwhile is read once more."""
    for _ in range(3):
        with open(path, "rb") as file:
            before = os.fstat(file.fileno())
            data = file.read(DEFAULT.file_bytes + 1)
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data
    raise OSError("written to while it was read")


def zip_errors() -> tuple[type[Exception], ...]:
    """All that the standard library raises for a damaged or odd archive."""
    import struct
    import zlib
    from zipfile import BadZipFile

    return (
        *(OSError, BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
        *(OverflowError, UnicodeDecodeError, ValueError, EOFError, IndexError),
    )


def look_ahead(path: str) -> None:
    """Refuse a directory too large to be read, by the figures at the archive's end."""
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 65_557))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    entries, size = tail[end + 10 : end + 12], tail[end + 12 : end + 16]
    large = b"PK\x06\x07" in tail[max(0, end - 20) : end]
    if large or int.from_bytes(entries, "little") > 0xFFF0 or int.from_bytes(size, "little") > MAX_DIRECTORY:
        raise Rejected("TOO_MANY_FILES")


def is_document(archive: ZipFile) -> bool:
    """Whether the archive is itself a document: a workbook called ``.zip``."""
    names = set(archive.namelist())
    return bool(names & {"[Content_Types].xml", "mimetype", "xl/workbook.xml"})


def _members(name: str, archive: ZipFile) -> list[tuple[str, ZipInfo]]:
    """Every workbook of an archive, by name. Raises ``Rejected`` where there is none, or too much."""
    members = [(member_name(member), member) for member in archive.infolist() if not member.is_dir()]
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
    return sorted(wanted, key=lambda pair: pair[0])


def _inside(file: str, archive: ZipFile, member: ZipInfo) -> Content:
    """One workbook of an archive, read to memory only; archives in it are not opened."""
    if file.lower().endswith(ARCHIVES):
        return Rejected("NESTED_ARCHIVE")
    if member.flag_bits & 0x41:
        return Rejected("ENCRYPTED_ZIP")
    try:
        with archive.open(member) as stream:
            return stream.read(DEFAULT.file_bytes + 1)
    except zip_errors():
        return Rejected("BAD_ZIP")


def member_name(member: ZipInfo) -> str:
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
