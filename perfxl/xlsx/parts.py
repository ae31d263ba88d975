"""The small parts of a workbook: relationships, workbook, styles, shared strings, properties.

Thousands of returns share the first of these byte for byte, so what was read of a small
part is remembered by its stored bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from ..noun import NamedTuple, ordered_noun
from ..pattern import pattern
from ..rejection import Rejected
from ..sheet import Visibility
from .limits import Limits
from .markup import CONTENT_TYPES, MAIN, PROPERTIES, RELATIONSHIPS, Attributes, Budget, Handlers, walk
from .package import Stored

# Built-in number formats, as Excel in English writes them, and the Chinese date formats.
_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: '"$"#,##0_);("$"#,##0)', 6: '"$"#,##0_);[Red]("$"#,##0)',
    7: '"$"#,##0.00_);("$"#,##0.00)', 8: '"$"#,##0.00_);[Red]("$"#,##0.00)',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
    27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: 'AM/PMh"时"mm"分"', 35: 'AM/PMh"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)', 42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
    50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"',
    55: 'AM/PMh"时"mm"分"', 56: 'AM/PMh"时"mm"分"ss"秒"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip

OURS = ("pxl.", "perfxl")  # how the defined names begin that perfxl writes
ESCAPED = 7  # ``_x000D_`` is one character in seven

_ESCAPE = pattern(r"_x([0-9A-Fa-f]{4})_")
_FALSE = ("0", "false", "off")
_TRUE = ("1", "true", "on")


def unescape(text: str) -> str:
    """Text of a file with ``_xHHHH_`` decoded as Excel does it.

    Half a surrogate pair becomes U+FFFD: it could not be written anywhere.
    """
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@ordered_noun
class Relationship:
    """A line of a ``.rels`` part; ``kind`` is the last word of its type."""

    kind: str
    target: str
    external: bool


class Listed(NamedTuple):
    """A sheet as the workbook lists it; ``relation`` is the id of its relationship."""

    name: str
    relation: str
    visibility: Visibility


class Named(NamedTuple):
    """A defined name of ours: ``sheet`` is the index of its sheet, ``None`` for the whole workbook."""

    name: str
    sheet: int | None
    refers_to: str


class Directory(NamedTuple):
    """What ``workbook.xml`` says."""

    sheets: tuple[Listed, ...]
    names: tuple[Named, ...]
    structure_locked: bool
    date1904: bool


Style = tuple[str, bool]  # number format, locked
GENERAL: Style = ("General", True)


class Styles(dict[str, Style]):
    """Styles by their index as written in a cell; as a key of a memo each is itself and no other."""

    __hash__ = object.__hash__  # type: ignore[assignment]


Read = TypeVar("Read")
Reader = Callable[[Stored, Budget], Read]


def _remembered(read: Reader[Read]) -> Reader[Read]:
    """Read equal small parts once. What a reader returns is shared and never changed."""

    @lru_cache(maxsize=32)
    def once(part: Stored, limits: Limits) -> Read:
        return read(part, Budget(limits))

    @wraps(read)
    def either(part: Stored, budget: Budget) -> Read:
        if max(part.size, len(part.raw)) > budget.limits.memo_bytes:
            return read(part, budget)
        return once(part, budget.limits)

    return either


def _nothing(_: str) -> None:
    """The end of an element that only its attributes speak for."""


def truth(attributes: Attributes, name: str, default: bool = False) -> bool:
    """An attribute of type boolean; other writings count as the default."""
    written = attributes.get(name)
    if written is None:
        return default
    return written in _TRUE or (default and written not in _FALSE)


@_remembered
def relationships(part: Stored, budget: Budget) -> dict[str, Relationship]:
    """The relationships of a ``.rels`` part by id."""
    found: dict[str, Relationship] = {}

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            external = attributes.get("TargetMode", "").lower() == "external"
            if len(found) >= budget.limits.relationships:
                raise Rejected("TOO_MANY_PARTS", part.name)
            found.setdefault(attributes.get("Id", ""), Relationship(kind, attributes.get("Target", ""), external))

    walk(part.expand(), part.name, RELATIONSHIPS, Handlers("Relationships", start, _nothing), budget)
    return found


@_remembered
def content_types(part: Stored, budget: Budget) -> frozenset[str]:
    """The content types that speak of macros, in lower case."""
    found: set[str] = set()

    def start(tag: str, attributes: Attributes) -> None:
        kind = attributes.get("ContentType", "").lower()
        if "macro" in kind and len(found) < 100:
            found.add(kind)

    walk(part.expand(), part.name, CONTENT_TYPES, Handlers("Types", start, _nothing), budget)
    return frozenset(found)


_STAMP, _END_OF_NAME = b'<definedName name="perfxl.stamp">', b"</definedName>"


def directory(part: Stored, budget: Budget) -> Directory:
    """Sheets, names of ours and protection, from ``workbook.xml``.

    Returns of one form differ in it by their stamp alone, so the rest is read once.
    Raises ``Rejected`` ``TOO_MANY_SHEETS``, ``TOO_MANY_NAMES`` and those of ``walk``.
    """
    data = part.expand()
    before, found, rest = data.partition(_STAMP)
    stamp, end, behind = rest.partition(_END_OF_NAME)
    odd = _STAMP in rest or b"<" in stamp or b"&" in stamp or not stamp.isascii()
    if len(data) > budget.limits.memo_bytes or not end or odd:
        return _directory(data, part.name, budget)
    listing = _directory_once(before + found + end + behind, part.name, budget.limits)
    names = tuple(
        [name._replace(refers_to=stamp.decode()) if name.name == "perfxl.stamp" else name for name in listing.names]
    )
    return listing._replace(names=names)


@lru_cache(maxsize=32)
def _directory_once(data: bytes, name: str, limits: Limits) -> Directory:
    return _directory(data, name, Budget(limits))


def _directory(data: bytes, part: str, budget: Budget) -> Directory:
    sheets: list[Listed] = []
    names: list[Named] = []
    locked = date1904 = False
    naming: Attributes | None = None
    text: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal locked, date1904, naming
        if tag == "sheet":
            if len(sheets) >= budget.limits.sheets:
                raise Rejected("TOO_MANY_SHEETS", part)
            sheets.append(_listed(attributes))
        elif tag == "definedName":
            naming = attributes if attributes.get("name", "").startswith(OURS) else None
            if naming and len(names) >= budget.limits.names:
                raise Rejected("TOO_MANY_NAMES", part)
            text.clear()
        elif tag == "workbookProtection":
            locked = truth(attributes, "lockStructure")
        elif tag == "workbookPr":
            date1904 = truth(attributes, "date1904")

    def end(tag: str) -> None:
        nonlocal naming
        if tag == "definedName" and naming is not None:
            names.append(_named(naming, "".join(text)))
            naming = None

    def characters(data: str) -> None:
        if naming is not None and len(text) < 2:  # more than a buffer is no name of ours
            text.append(data)

    walk(data, part, MAIN, Handlers("workbook", start, end, characters), budget)
    return Directory(tuple(sheets), tuple(names), locked, date1904)


def _listed(attributes: Attributes) -> Listed:
    state = attributes.get("state", "visible")
    visibility: Visibility = "hidden" if state == "hidden" else "veryHidden" if state == "veryHidden" else "visible"
    relation = next((value for key, value in attributes.items() if key.endswith("/relationships id")), "")
    return Listed(unescape(attributes.get("name", "")), relation, visibility)


def _named(attributes: Attributes, refers_to: str) -> Named:
    local = attributes.get("localSheetId", "")
    sheet = int(local) if local.isascii() and local.isdigit() and len(local) < 6 else None
    return Named(attributes["name"], -1 if local and sheet is None else sheet, refers_to.strip())


@_remembered
def styles(part: Stored, budget: Budget) -> Styles:
    """Number format and locked flag of each cell format; nothing else of the styles is read.

    A ``protection`` element counts even where ``applyProtection`` is absent.
    Raises ``Rejected`` ``TOO_MANY_STYLES`` and those of ``walk``.
    """
    formats: dict[str, str] = {str(number): code for number, code in _BUILT_IN.items()}
    cell_formats: list[list[str]] = []  # id of the number format; then "unlocked" where it is so
    inside = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal inside
        if tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            if len(cell_formats) >= budget.limits.styles:
                raise Rejected("TOO_MANY_STYLES", part.name)
            cell_formats.append([attributes.get("numFmtId", "0")])
        elif tag == "protection" and inside and cell_formats and not truth(attributes, "locked", default=True):
            cell_formats[-1].append("unlocked")
        elif tag == "numFmt" and len(formats) < budget.limits.styles:
            formats[attributes.get("numFmtId", "")] = unescape(attributes.get("formatCode", "General"))[:255]

    def end(tag: str) -> None:
        nonlocal inside
        if tag == "cellXfs":
            inside = False

    walk(part.expand(), part.name, MAIN, Handlers("styleSheet", start, end), budget)
    return Styles((str(at), (formats.get(xf[0], "General"), len(xf) == 1)) for at, xf in enumerate(cell_formats))


@_remembered
def properties(part: Stored, budget: Budget) -> dict[str, str]:
    """The custom text properties whose names begin with ``perfxl``."""
    found: dict[str, str] = {}
    name = ""
    text: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal name
        if tag == "property":
            name = attributes.get("name", "")
        text.clear()

    def end(tag: str) -> None:
        if tag in ("lpwstr", "lpstr", "bstr") and name.startswith("perfxl") and len(found) < 100:
            found.setdefault(name, unescape("".join(text)))

    def characters(data: str) -> None:
        if len(text) < 2:
            text.append(data)

    walk(part.expand(), part.name, PROPERTIES, Handlers("Properties", start, end, characters), budget)
    return found


_DECLARATIONS = tuple(
    f'<?xml version="1.0" encoding="UTF-8"{alone}?>' for alone in ("", ' standalone="yes"', ' standalone="no"')
)
_COUNTS = {("",), (" count=", ""), (" uniqueCount=", ""), (" count=", " uniqueCount=", "")}
_TABLE = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OPEN, _OPEN_KEPT, _CLOSE = "<si><t>", '<si><t xml:space="preserve">', "</t></si>"
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}  # the ampersand last
NO_TEXT = bytes(code for code in range(32) if code not in (9, 10))  # not in XML, or changed by a parser


def plain_strings(data: bytes, limits: Limits) -> list[str] | None:
    """The strings of a part that is written as most programs write it, read without a parser.

    ``None`` for any other writing, and wherever a limit might be met: the parser decides then.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    head = _length_of_head(text)
    if not head or not text.endswith("</sst>") or len(text) > min(limits.all_characters, limits.memo_bytes):
        return None
    pieces = text[head:-6].split(_CLOSE)
    if pieces.pop() or len(data.translate(None, NO_TEXT)) != len(data) or b"\xef\xbf" in data or b"]]>" in data:
        return None
    strings = [
        piece[7:] if piece.startswith(_OPEN) else piece[28:] if piece.startswith(_OPEN_KEPT) else "<"
        for piece in pieces
    ]
    whole = "".join(strings)
    if "<" in whole or len(strings) > limits.strings or max(map(len, strings), default=0) > limits.text_characters:
        return None
    if "&" in whole:
        if _has_loose_ampersand(whole):
            return None
        strings = [_entities(string) if "&" in string else string for string in strings]
    return [unescape(string) for string in strings] if "_x" in whole else strings


def _length_of_head(text: str) -> int:
    """Where the first string begins; 0 where the part does not begin as usual."""
    declaration, _, rest = text[:400].partition("?>")
    if declaration + "?>" not in _DECLARATIONS:
        return 0
    tag = rest.lstrip(" \t\n")
    head, closed, _ = tag.partition(">")
    words = head.removeprefix(_TABLE).split('"')
    names = tuple(words[0::2])
    counts = all(number.isascii() and number.isdigit() and len(number) <= 10 for number in words[1::2])
    if not (closed and head.startswith(_TABLE) and counts and names in _COUNTS and len(words) == 2 * len(names) - 1):
        return 0
    return len(declaration) + 2 + len(rest) - len(tag) + len(head) + 1


def plain_text(text: str) -> str | None:
    """Text between two tags, its five entities decoded; ``None`` where there are others."""
    if "&" not in text:
        return text
    return None if _has_loose_ampersand(text) else _entities(text)


def _has_loose_ampersand(text: str) -> bool:
    return text.count("&") != sum(text.count(entity) for entity in _ENTITIES)


def _entities(text: str) -> str:
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    return text


def shared_strings(part: Stored, budget: Budget) -> list[str]:
    """The shared strings in order: rich runs joined, phonetic runs left out, escapes decoded.

    Counts that the part states are not looked at.
    Raises ``Rejected`` ``TOO_MANY_STRINGS``, ``TOO_MUCH_TEXT``, ``TEXT_TOO_LONG`` and those of ``walk``.
    """
    data = part.expand()
    strings = plain_strings(data, budget.limits)
    if strings is None:
        return _parsed_strings(data, part, budget)
    budget.spend(data, part.name)
    return strings


def _parsed_strings(data: bytes, part: Stored, budget: Budget) -> list[str]:
    limits = budget.limits
    strings: list[str] = []
    whole = text = ""
    depth = phonetic = 0
    left = limits.all_characters
    longest = ESCAPED * limits.text_characters

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal depth, phonetic, text, whole
        depth += 1
        if depth > limits.depth:
            raise Rejected("XML_TOO_DEEP", part.name)
        if tag == "t":
            text = ""
        elif tag == "si":
            whole = ""
        elif tag == "rPh":
            phonetic = depth

    def end(tag: str) -> None:
        nonlocal depth, phonetic, whole, left
        depth -= 1
        if tag == "t":
            if not phonetic:
                whole += text
                if len(whole) > longest:
                    raise Rejected("TEXT_TOO_LONG", part.name)
        elif tag == "si":
            if "_x" in whole:
                whole = unescape(whole)
            length = len(whole)
            if length > limits.text_characters:
                raise Rejected("TEXT_TOO_LONG", part.name)
            strings.append(whole)
            left -= length
            if left < 0:
                raise Rejected("TOO_MUCH_TEXT", part.name)
            if len(strings) > limits.strings:
                raise Rejected("TOO_MANY_STRINGS", part.name)
        elif tag == "rPh":
            phonetic = 0

    def characters(data: str) -> None:
        nonlocal text
        if not text:  # nearly always the whole text comes at once
            text = data
            return
        text += data
        if len(text) > longest:
            raise Rejected("TEXT_TOO_LONG", part.name)

    walk(data, part.name, MAIN, Handlers("sst", start, end, characters, direct=True), budget)
    return strings
