"""A verdict as it is kept in the ledger, and read again 核验结论的保存.

JSON, packed with zlib.  Everything that is more than a text or a whole number is a list whose first
item says what it is: a tuple, a decimal, bytes, a table, or a noun, whose fields are named once at the
head.  Nothing is guessed when it is read, and a field that a later version adds or drops does no harm.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

from ..claims import Claim
from ..finding import Choice, Diagnosis, Finding, NotRun, NotUnderstood, Severity, Understood, Verdict, Waiver
from ..formdigest import Count, Digest, Outcome
from ..noun import noun
from ..record import FundingLine, Indicator, SelfEvaluation, SignOff, Target

TUPLE, DECIMAL, BYTES, TABLE, NOUNS = range(5)
"""What the first item of a list says; from ``NOUNS`` on it is the number of a noun."""

LARGEST = 16 * 1024 * 1024
"""Bytes of an unpacked verdict: none of ours comes near."""

_NOUNS: Mapping[str, Any] = {
    kind.__name__: kind
    for kind in (
        Verdict, Finding, Diagnosis, Waiver, NotRun, NotUnderstood, Understood, Choice,
        SelfEvaluation, FundingLine, Indicator, SignOff, Target, Digest, Count, Claim, Outcome,
    )
}  # fmt: skip


@noun
class Kept:
    """What is kept of a judged sheet: the verdict, and the digest that the rules over a batch need
    (``None`` where nothing was filled in)."""

    verdict: Verdict
    digest: Digest | None = None


def packed(kept: Kept) -> bytes:
    """The bytes of it; the drawing, and the labels by which the form was read, are left out."""
    packing = _Packing()
    content = [packing.plain(kept.verdict), packing.plain(kept.digest)]
    heads = [[name, *_shape(name).names] for name in packing.numbers]
    return zlib.compress(_ENCODER.encode([heads, *content]).encode("ascii"), 1)


def unpacked(content: bytes) -> Kept:
    """What ``packed`` was given. Raises ``ValueError`` for anything else."""
    try:
        unpacker = zlib.decompressobj()
        heads, verdict, digest = json.loads(unpacker.decompress(content, LARGEST))
        nouns = [_Reader(*head) for head in heads]
        return Kept(verdict=_raised(verdict, nouns), digest=_raised(digest, nouns))
    except (zlib.error, ValueError, TypeError, KeyError, IndexError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"no kept verdict: {error}") from error


_ENCODER = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":"))
_PLAIN = frozenset((str, int, bool, type(None)))


class _Packing:
    """Values as JSON knows them; ``numbers`` are the nouns that were met."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def plain(self, value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is tuple:
            return [TUPLE, *[each if type(each) in _PLAIN else self.plain(each) for each in value]]
        if kind is Decimal:
            return [DECIMAL, str(value)]
        if kind is Severity:
            return value.value
        name = kind.__name__
        if name in _NOUNS:
            number = self.numbers.setdefault(name, NOUNS + len(self.numbers))
            values = _shape(name).values(value)
            return [number, *[each if type(each) in _PLAIN else self.plain(each) for each in values]]
        if isinstance(value, bytes):
            return [BYTES, value.hex()]
        if isinstance(value, Mapping):
            return [TABLE, *[[key, self.plain(each)] for key, each in value.items()]]
        return [TUPLE, *map(self.plain, value)]


class _Shape:
    """What is kept of a noun: the names of its fields, and how their values are had, those at the end that are as
    usual left out."""

    def __init__(self, name: str) -> None:
        kind = _NOUNS[name]
        every = kind._fields if issubclass(kind, tuple) else kind.__slots__
        self.names = [name for name in every if name not in ("drawing", "understood")]
        usual: Mapping[str, object] = {} if issubclass(kind, tuple) else kind.__noun_defaults__
        self._usual = [usual.get(name, _NEVER) for name in self.names]
        self._values = attrgetter(*self.names)

    def values(self, value: object) -> Sequence[Any]:
        """The values of one instance."""
        found: tuple[Any, ...] = self._values(value)
        end = len(found)
        while end and found[end - 1] is self._usual[end - 1]:
            end -= 1
        return found[:end]


_shape = cache(_Shape)
_NEVER = object()


class _Reader:
    """A noun as it was named at the head; fields that there are no more are passed over."""

    def __init__(self, name: str, *names: str) -> None:
        self.kind = _NOUNS[name]
        known = set(_shape(name).names)
        self.names = [each if each in known else "" for each in names]

    def made(self, values: list[Any]) -> Any:
        """An instance of it."""
        given = dict(zip(self.names, values, strict=False))
        given.pop("", None)
        if "severity" in given and given["severity"] is not None:
            given["severity"] = Severity(given["severity"])
        return self.kind(**given)


def _raised(value: Any, nouns: list[_Reader]) -> Any:
    if not isinstance(value, list):
        return value
    what = value[0]
    if what == DECIMAL:
        return Decimal(value[1])
    if what == BYTES:
        return bytes.fromhex(value[1])
    if what == TABLE:
        return {key: _raised(each, nouns) for key, each in value[1:]}
    inside = [_raised(each, nouns) if type(each) is list else each for each in value[1:]]
    return tuple(inside) if what == TUPLE else nouns[what - NOUNS].made(inside)
