"""The package: the parts of a zip, checked before use.

The zip directory is walked here rather than by a library, because every check of it is
ours to make: overlaps, lying sizes, names that two readers would understand differently.
Nothing is ever written to disk.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from unicodedata import normalize

from ..noun import NamedTuple, ordered_noun
from ..rejection import Rejected
from .limits import Limits

_LOCAL = b"PK\x03\x04"
_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_HEADER = struct.Struct("<4s5H3L2H")
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_LONGEST_DESCRIPTOR = 24  # a data descriptor with a signature and 64-bit sizes


class Stored(NamedTuple):
    """A part as it lies in the package: equal bytes give an equal, hashable value."""

    name: str
    method: int
    size: int
    crc: int
    raw: bytes

    def expand(self) -> bytes:
        """The bytes of the part; never more than it declared.

        Raises ``Rejected`` ``BAD_ZIP`` where size, stream or checksum is not as declared.
        """
        if self.method == 0:
            data = self.raw
        else:
            inflater = zlib.decompressobj(-15)
            try:
                data = inflater.decompress(self.raw, self.size + 1)
            except zlib.error:
                raise Rejected("BAD_ZIP", self.name) from None
            if not inflater.eof or inflater.unused_data:
                raise Rejected("BAD_ZIP", self.name)
        if len(data) != self.size or zlib.crc32(data) != self.crc:
            raise Rejected("BAD_ZIP", self.name)
        return data


@ordered_noun
class _Entry:
    """One line of the directory; ``start`` is the offset of its local header."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int


class Package:
    """The parts of a checked zip, by name without regard to case.

    Raises ``Rejected`` on construction where the directory cannot be trusted.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        entries, directory = _directory(data, limits)
        _check_sizes(entries, limits)
        self._data = data
        self._parts: dict[str, tuple[_Entry, int]] = {}
        bodies = _check_spans(data, entries, directory)
        for entry, body in zip(entries, bodies, strict=True):
            folded = fold(entry.name)
            if folded in self._parts:
                raise Rejected("DUPLICATE_PART", entry.name)
            self._parts[folded] = entry, body

    @property
    def names(self) -> Iterable[str]:
        """The names of all parts, folded: lower case, ``/`` between folders."""
        return self._parts.keys()

    def get(self, name: str) -> Stored | None:
        """The part of that name in any case, or ``None``."""
        found = self._parts.get(fold(name))
        if found is None:
            return None
        entry, body = found
        return Stored(entry.name, entry.method, entry.size, entry.crc, self._data[body : body + entry.packed])


def fold(name: str) -> str:
    """A part name as names are compared: NFC, without case."""
    return name.lower() if name.isascii() else normalize("NFC", name).casefold()


def _directory(data: bytes, limits: Limits) -> tuple[list[_Entry], int]:
    """The entries in directory order, and the offset at which the directory begins."""
    if not data.startswith(_LOCAL):
        raise Rejected("BAD_ZIP")
    count, size, start = _end_of_directory(data)
    if count > limits.parts or size > limits.directory_bytes:
        raise Rejected("TOO_MANY_PARTS", str(count))
    entries: list[_Entry] = []
    position, end = start, start + size
    while position < end:
        if position + _ENTRY.size > end or len(entries) >= count:
            raise Rejected("BAD_ZIP")
        entry, position = _entry(data, position)
        if position > end:
            raise Rejected("BAD_ZIP")
        if entry is not None:
            entries.append(entry)
        else:
            count -= 1
    if len(entries) != count:
        raise Rejected("BAD_ZIP")
    return entries, start


def _end_of_directory(data: bytes) -> tuple[int, int, int]:
    """Count of entries, size and offset of the directory, which must reach to its own end record."""
    floor = max(0, len(data) - _END.size - _MAX16)
    ends: list[int] = []
    at = data.rfind(b"PK\x05\x06", floor)
    while at >= 0 and len(ends) < 2:
        if at + _END.size <= len(data) and at + _END.size + _END.unpack_from(data, at)[7] == len(data):
            ends.append(at)
        at = data.rfind(b"PK\x05\x06", floor, at + 3)
    if len(ends) != 1:  # two records that fit are two directories: readers would disagree
        raise Rejected("BAD_ZIP")
    at = ends[0]
    _, disk, first_disk, here, count, size, start, _ = _END.unpack_from(data, at)
    if _MAX16 in (here, count) or _MAX32 in (size, start):
        at, disk, first_disk, here, count, size, start = _end64(data, at)
    if disk or first_disk or here != count or start + size != at:
        raise Rejected("BAD_ZIP")
    return count, size, start


def _end64(data: bytes, end: int) -> tuple[int, int, int, int, int, int, int]:
    locator = end - _END64_LOCATOR.size
    if locator < 0 or data[locator : locator + 4] != b"PK\x06\x07":
        raise Rejected("BAD_ZIP")
    at = _END64_LOCATOR.unpack_from(data, locator)[2]
    if at + _END64.size != locator or data[at : at + 4] != b"PK\x06\x06":
        raise Rejected("BAD_ZIP")
    _, _, _, _, disk, first_disk, here, count, size, start = _END64.unpack_from(data, at)
    return at, disk, first_disk, here, count, size, start


def _entry(data: bytes, at: int) -> tuple[_Entry | None, int]:
    """The entry at that offset (``None`` for an empty folder), and the offset behind it."""
    (
        magic,
        _,
        _,
        flags,
        method,
        _,
        _,
        crc,
        packed,
        size,
        name_length,
        extra_length,
        comment_length,
        disk,
        _,
        _,
        start,
    ) = _ENTRY.unpack_from(data, at)
    name_at = at + _ENTRY.size
    extra_at = name_at + name_length
    end = extra_at + extra_length + comment_length
    if magic != b"PK\x01\x02" or end > len(data):
        raise Rejected("BAD_ZIP")
    raw_name = data[name_at:extra_at]
    name = _part_name(raw_name, flags)
    if flags & 0x2041:
        raise Rejected("ENCRYPTED_ZIP", name)
    if _MAX32 in (packed, size, start):
        extra = data[extra_at : extra_at + extra_length]
        size, packed, start = _wide(extra, size, packed, start)
    if disk not in (0, _MAX16):
        raise Rejected("BAD_ZIP", name)
    if name.endswith("/") and size == 0:
        return None, end
    if method not in (0, 8):
        raise Rejected("ODD_COMPRESSION", name)
    if method == 0 and packed != size:
        raise Rejected("BAD_ZIP", name)
    return _Entry(name, raw_name, flags, method, crc, packed, size, start), end


def _wide(extra: bytes, *narrow: int) -> tuple[int, int, int]:
    """The 64-bit values that stand for narrow ones which are all ones."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1 and at + 4 + length <= len(extra):
            values = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            size, packed, start = (next(values, _MAX32) if value == _MAX32 else value for value in narrow)
            return size, packed, start
        at += 4 + length
    raise Rejected("BAD_ZIP")


def _part_name(raw: bytes, flags: int) -> str:
    try:
        # the table of cp437 is loaded for names that need it
        name = raw.decode("ascii" if raw.isascii() else "utf-8" if flags & 0x800 else "cp437")
    except UnicodeDecodeError:
        raise Rejected("BAD_PART_NAME") from None
    name = name.replace("\\", "/")  # some writers on Windows do so, and Excel reads them
    if not name or "\0" in name or name[0] == "/" or name[1:2] == ":" or ".." in name.split("/"):
        raise Rejected("BAD_PART_NAME", shortened(name))
    return name


def shortened(text: str, length: int = 80) -> str:
    """Foreign text for a message: printable, and not too long."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in text[: length + 1])
    return shown if len(shown) <= length else shown[:length] + "…"


def _check_sizes(entries: list[_Entry], limits: Limits) -> None:
    total = 0
    for entry in entries:
        total += entry.size
        if entry.size > limits.part_bytes:
            raise Rejected("PART_TOO_LARGE", entry.name)
        if entry.size > limits.ratio_grace_bytes and entry.size > limits.ratio * entry.packed:
            raise Rejected("ZIP_BOMB", entry.name)
    if total > limits.total_bytes:
        raise Rejected("PACKAGE_TOO_LARGE", f"{total // 1048576} MiB")


def _check_spans(data: bytes, entries: list[_Entry], directory: int) -> list[int]:
    """Where each part's bytes begin; no two parts may share a byte."""
    bodies: list[int] = []
    spans: list[tuple[int, int, str]] = []
    for entry in entries:
        at = entry.start
        if at + _HEADER.size > directory or data[at : at + 4] != _LOCAL:
            raise Rejected("BAD_ZIP", entry.name)
        name_length, extra_length = struct.unpack_from("<2H", data, at + _HEADER.size - 4)
        body = at + _HEADER.size + name_length + extra_length
        bodies.append(body)
        spans.append((at, body + entry.packed, entry.name))
    spans.sort()
    for (_, end, name), (start, _, _) in zip(spans, [*spans[1:], (directory, 0, "")], strict=True):
        if end > start:
            raise Rejected("OVERLAPPING_PARTS", name)
    for entry in entries:
        _check_header(data, entry)
    return bodies


def _check_header(data: bytes, entry: _Entry) -> None:
    """The local header must say what the directory says: some readers believe the one, some the other."""
    _, _, flags, method, _, _, crc, packed, size, name_length, _ = _HEADER.unpack_from(data, entry.start)
    name_at = entry.start + _HEADER.size
    if flags & 0x2041:
        raise Rejected("ENCRYPTED_ZIP", entry.name)
    if method != entry.method or data[name_at : name_at + name_length] != entry.raw_name:
        raise Rejected("BAD_ZIP", entry.name)
    stated = (crc, packed, size)
    # With bit 3 the sizes follow the data; a narrow field of all ones stands for a wide one.
    if not flags & 8 and _MAX32 not in stated and stated != (entry.crc, entry.packed, entry.size):
        raise Rejected("BAD_ZIP", entry.name)
