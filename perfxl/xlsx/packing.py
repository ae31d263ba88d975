"""Parts to the bytes of a zip package, parts that never change being deflated once.

No clock and no machine reaches the bytes: the same parts give the same package.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

FAST, SMALL = 1, 9
"""Levels of deflate: for what is written thousands of times, and for what is written once."""

_STAMP = (1 << 5 | 1, 0)  # 1980-01-01 00:00, as the zip format writes day and time
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_END = struct.Struct("<4s4H2LH")


class Piece(NamedTuple):
    """A piece of a part, deflated by itself: pieces put together make a part."""

    packed: bytes
    plain: bytes


def piece(plain: bytes, level: int = FAST) -> Piece:
    """A piece that others may follow."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    return Piece(deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH), plain)


def last_piece(plain: bytes, level: int = FAST) -> Piece:
    """The piece that ends a part."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    return Piece(deflate.compress(plain) + deflate.flush(), plain)


class Part(NamedTuple):
    """A part of a package, deflated."""

    name: bytes
    crc: int
    size: int
    packed: bytes


def part(name: str, pieces: Iterable[Piece]) -> Part:
    """A part of pieces, the last of them a ``last_piece``."""
    crc = size = 0
    packed = []
    for each in pieces:
        crc = zlib.crc32(each.plain, crc)
        size += len(each.plain)
        packed.append(each.packed)
    return Part(name.encode("ascii"), crc, size, b"".join(packed))


def package(parts: Iterable[Part]) -> bytes:
    """The bytes of a zip file of these parts, in that order."""
    body: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for each in parts:
        sizes = (each.crc, len(each.packed), each.size)
        head = _LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 8, _STAMP[1], _STAMP[0], *sizes, len(each.name), 0)
        entry = (b"PK\x01\x02", 20, 3, 20, 0, 0, 8, _STAMP[1], _STAMP[0], *sizes, len(each.name), 0, 0, 0, 0)
        directory += (_CENTRAL.pack(*entry, 0o600 << 16, at), each.name)
        body += (head, each.name, each.packed)
        at += len(head) + len(each.name) + len(each.packed)
    tail = b"".join(directory)
    count = len(directory) // 2
    body += (tail, _END.pack(b"PK\x05\x06", 0, 0, count, count, len(tail), at, 0))
    return b"".join(body)
