"""XML of an untrusted part, walked once by expat under limits.

Handlers are written on local names of the part's own namespace; names of other
namespaces reach them with a ``~`` in front and fit nothing.
"""

from __future__ import annotations

import pyexpat
import time
from collections.abc import Callable

from ..noun import ordered_noun
from ..pattern import pattern
from ..rejection import Rejected
from .limits import Limits

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Characters = Callable[[str], None]

# The transitional and the strict family of each vocabulary are one to us.
MAIN = frozenset(
    {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    }
)
PROPERTIES = frozenset(
    {
        "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
        "http://purl.oclc.org/ooxml/officeDocument/customProperties",
        "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
        "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
    }
)
RELATIONSHIPS = frozenset({"http://schemas.openxmlformats.org/package/2006/relationships"})
CONTENT_TYPES = frozenset({"http://schemas.openxmlformats.org/package/2006/content-types"})
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006 "

_ENCODING = pattern(rb"""\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_USUAL = b'<?xml version="1.0" encoding="UTF-8"'
_CHINESE = frozenset({"gbk", "gb2312", "gb18030", "cp936", "gb_2312-80", "x-gbk"})
_LATIN = frozenset({"us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"})
_STARTS = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)
_DECLARED = pattern(rb"""xmlns(:[^\s=]{1,64})?\s*=\s*("[^"]*"|'[^']*')""")
_PLAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_MAIN_BYTES = frozenset(uri.encode() for uri in MAIN)
_BUFFER = 65536  # bytes of text handed over at once


@ordered_noun
class Handlers:
    """What a part does with its elements and text.

    ``root`` is the local name it must begin with.  ``direct`` handlers count the depth
    themselves and read no prefixed attribute, so that they may do without name resolution.
    """

    root: str
    start: Start
    end: End
    characters: Characters | None = None
    direct: bool = False


class Budget:
    """What is left for one file: elements and time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.elements = limits.elements
        self.deadline = time.monotonic() + limits.seconds

    def check_clock(self, where: str) -> None:
        """Raises ``Rejected`` ``TIME_LIMIT`` once the time is over."""
        if time.monotonic() > self.deadline:
            raise Rejected("TIME_LIMIT", where)

    def spend(self, data: bytes, where: str) -> int:
        """Take the elements of a part from the budget before it is parsed, and return their number.

        Every element begins with ``<`` and no end tag is one, so that this counts none too few.
        """
        self.check_clock(where)
        elements = data.count(b"<") - data.count(b"</")
        self.elements -= elements
        if self.elements < 0:
            raise Rejected("TOO_MANY_ELEMENTS", where)
        return elements


def walk(data: bytes, where: str, family: frozenset[str], handlers: Handlers, budget: Budget) -> None:
    """Parse one part. ``where`` names it.

    Raises ``Rejected``: ``DTD_FORBIDDEN``, ``BAD_XML``, ``XML_TOO_DEEP``, ``TOO_MANY_ELEMENTS``,
    ``TIME_LIMIT``, and whatever the handlers raise.
    """
    data = as_utf8(data, where, budget.limits.foreign_bytes)
    elements = budget.spend(data, where)
    if len(data) > budget.limits.tag_bytes:
        _check_tags(data, where, budget.limits.tag_bytes)
    # The name resolution of expat costs a third more; a part with one plain namespace needs none.
    if handlers.direct and is_plain(data):
        parser = pyexpat.ParserCreate("utf-8")
        start, end, characters = handlers.start, handlers.end, handlers.characters
    else:
        parser = pyexpat.ParserCreate("utf-8", " ")
        start, end, characters = _resolving(handlers, family, budget.limits.depth, where)
    if elements > 4 * budget.limits.clock_every:
        start = _clocked(start, budget, where)
    parser.buffer_text = True
    parser.buffer_size = _BUFFER

    def refuse_dtd(*_: object) -> None:
        raise Rejected("DTD_FORBIDDEN", where)

    def first(name: str, attributes: Attributes) -> None:
        _expect_root(name, handlers.root, family, where)
        parser.StartElementHandler = start
        start(name, attributes)

    parser.StartDoctypeDeclHandler = refuse_dtd
    parser.StartElementHandler = first
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(data, True)
    except (pyexpat.ExpatError, UnicodeError):
        raise Rejected("BAD_XML", where) from None


def _check_tags(data: bytes, where: str, longest: int) -> None:
    """Refuse a tag of many megabytes: expat begins it anew with every megabyte it is given."""
    at = 0
    while at + longest < len(data):
        at = data.rfind(b"<", at + 1, at + longest)
        if at < 0:
            raise Rejected("PART_TOO_LARGE", where)


def _expect_root(name: str, root: str, family: frozenset[str], where: str) -> None:
    uri, _, local = name.rpartition(" ")
    if local == "macrosheet":
        raise Rejected("XLM_MACRO", where)
    if local != root or (uri and uri not in family):
        raise Rejected("BAD_XML", where)


def is_plain(data: bytes) -> bool:
    """Whether unprefixed names of this part are just those of the main vocabulary."""
    if b"AlternateContent" in data:
        return False
    if data.count(_PLAIN) == 1 and data.count(b"xmlns") == 1 + data.count(_LINKS):
        return True  # nearly always so
    main = 0
    for prefix, quoted in _DECLARED.findall(data):
        uri = quoted[1:-1]
        if b"&" in uri or (uri in _MAIN_BYTES) == bool(prefix):
            return False
        main += not prefix
    return main == 1


def _clocked(start: Start, budget: Budget, where: str) -> Start:
    every = budget.limits.clock_every
    left = every

    def counting(name: str, attributes: Attributes) -> None:
        nonlocal left
        left -= 1
        if not left:
            left = every
            budget.check_clock(where)
        start(name, attributes)

    return counting


def _resolving(
    handlers: Handlers, family: frozenset[str], depth_limit: int, where: str
) -> tuple[Start, End, Characters | None]:
    """Handlers behind expat's namespaces: local names, no deeper than the limit.

    Of an ``mc:AlternateContent`` only the ``mc:Fallback`` is read: it needs no extension.
    """
    inner_start, inner_end, inner_characters = handlers.start, handlers.end, handlers.characters
    known: dict[str, str] = {}
    depth = 0
    skipped_at = 0  # the depth of an mc:Choice that is being passed over

    def resolve(name: str) -> str:
        uri, _, local = name.rpartition(" ")
        resolved = local if not uri or uri in family else f"~{local}"
        if len(known) < 1000:
            known[name] = resolved
        return resolved

    def start(name: str, attributes: Attributes) -> None:
        nonlocal depth, skipped_at
        depth += 1
        if depth > depth_limit:
            raise Rejected("XML_TOO_DEEP", where)
        if skipped_at:
            return
        if name == _COMPATIBILITY + "Choice":
            skipped_at = depth
            return
        inner_start(known.get(name) or resolve(name), attributes)

    def end(name: str) -> None:
        nonlocal depth, skipped_at
        depth -= 1
        if not skipped_at:
            inner_end(known.get(name) or resolve(name))
        elif depth < skipped_at:
            skipped_at = 0

    def characters(text: str) -> None:
        if not skipped_at and inner_characters is not None:
            inner_characters(text)

    return start, end, characters if inner_characters else None


def as_utf8(data: bytes, where: str, longest: int) -> bytes:
    """The part in UTF-8, whatever encoding it declares, of those that are read.

    UTF-8 and UTF-16 with or without a mark, and the Chinese encodings; the others are ``BAD_XML``.
    One that must be converted and is longer than ``longest`` bytes is ``PART_TOO_LARGE``.
    """
    encoding = encoding_of(data)
    if encoding == "utf-8":
        return data.removeprefix(b"\xef\xbb\xbf")
    if not encoding:
        raise Rejected("BAD_XML", where)
    if len(data) > longest:
        raise Rejected("PART_TOO_LARGE", where)
    try:
        return data.decode(encoding).encode()
    except UnicodeError:
        raise Rejected("BAD_XML", where) from None


def encoding_of(data: bytes) -> str:
    """The encoding of a part, by its first bytes and its declaration; nothing for one that is not read."""
    if data.startswith(_USUAL):
        return "utf-8"
    for start, encoding in _STARTS:
        if data.startswith(start):
            return encoding
    found = _ENCODING.match(data)
    declared = found[1].decode("ascii").lower() if found else "utf-8"
    if declared in ("utf-8", "utf8") or (declared in _LATIN and data.isascii()):
        return "utf-8"
    return "gb18030" if declared in _CHINESE else ""
