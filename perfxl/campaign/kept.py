"""A verdict as it is kept in the ledger, and read again 核验结论的保存.

JSON, packed with zlib.  A noun is an object whose first key names it and that leaves out what is
as usual, a decimal stands in an object of its own: nothing is guessed when it is read, and a field
that a later version adds or drops does no harm.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from ..finding import Choice, Diagnosis, Finding, NotRun, NotUnderstood, Severity, Understood, Verdict, Waiver
from ..formdigest import Claim, Count, Digest, Outcome
from ..noun import noun
from ..record import FundingLine, Indicator, SelfEvaluation, SignOff, Target

KIND, ORDERED, DECIMAL, BYTES, TABLE = "@", "v", "#", "x", "m"
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
    content = [_plain(kept.verdict), _plain(kept.digest)]
    return zlib.compress(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii"), 1)


def unpacked(content: bytes) -> Kept:
    """What ``packed`` was given. Raises ``ValueError`` for anything else."""
    try:
        unpacker = zlib.decompressobj()
        verdict, digest = map(_raised, json.loads(unpacker.decompress(content, LARGEST)))
        return Kept(verdict=verdict, digest=digest)
    except (zlib.error, ValueError, TypeError, KeyError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"no kept verdict: {error}") from error


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Decimal):
        return {DECIMAL: str(value)}
    if isinstance(value, Severity):
        return value.value
    if isinstance(value, bytes):
        return {BYTES: value.hex()}
    if isinstance(value, Mapping):
        return {TABLE: {key: _plain(each) for key, each in value.items()}}
    kind = type(value).__name__
    if kind not in _NOUNS:
        return [_plain(each) for each in value]
    if isinstance(value, tuple):
        return {KIND: kind, ORDERED: [_plain(each) for each in value]}
    found = {KIND: kind}
    for name, usual in _fields(type(value)):  # type: ignore[arg-type]
        inside = getattr(value, name)
        if inside is not usual and inside != usual:
            found[name] = _plain(inside)
    return found


def _raised(value: Any) -> Any:
    if isinstance(value, list):
        return tuple([_raised(each) for each in value])
    if not isinstance(value, dict):
        return value
    if DECIMAL in value:
        return Decimal(value[DECIMAL])
    if BYTES in value:
        return bytes.fromhex(value[BYTES])
    if TABLE in value:
        return {key: _raised(each) for key, each in value[TABLE].items()}
    kind = _NOUNS[value[KIND]]
    if ORDERED in value:
        return kind(*map(_raised, value[ORDERED]))
    given = {name: _raised(value[name]) for name, _ in _fields(kind) if name in value}
    if "severity" in given:
        given["severity"] = Severity(given["severity"])
    return kind(**given)


@cache
def _fields(kind: Any) -> tuple[tuple[str, object], ...]:
    """What is kept of a noun, and the value that need not be written."""
    names = [name for name in kind.__slots__ if name not in ("drawing", "understood")]
    return tuple((name, kind.__noun_defaults__.get(name, _NEVER)) for name in names)


_NEVER = object()
