"""Worksheets written as most programs write them, read without a parser.

Excel, WPS, LibreOffice and perfxl write a row as a plain sequence of cells,
``<c r="B3" s="7" t="s"><v>12</v></c>``, and in the returns of one form most cells are the
same to the byte.  So the rows are cut at ``<c `` and each piece is looked up: what a piece
says is worked out once.  Whatever stands around the rows is parsed, once for equal bytes.

A piece is taken only where it fits the narrow grammar below to its last byte.  Any other
writing, any limit that might be met and any fault makes ``plain_grid`` give ``None``: then
the parser reads the part from its beginning and has the say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import count

from ..rejection import Rejected
from ..sheet import Area, Cell
from .cells import MEMO_CHARACTERS, Place, make_cell, place_of, remembered_cell
from .limits import Limits
from .markup import MAIN, Attributes, Budget, Handlers, encoding_of, is_plain, walk
from .parts import ESCAPED, GENERAL, NO_TEXT, Style, Styles, plain_text, truth, unescape
from .worksheet import Book, Grid, Margins

_OPEN, _EMPTY, _CLOSE = b"<sheetData>", b"<sheetData/>", b"</sheetData>"
_LONGEST = 2_048  # bytes of a piece: a form's longest formula has half of that
_INSIDE_ROWS = frozenset({"row", "c", "f", "v", "is", "t", "r", "rPh"})

_ODD = (b"\xef\xbf", b"]]>", b"xmlns", b"AlternateContent")
"""No text of XML, or looked for by the parser when it chooses its way (``markup.is_plain``)."""

Rows = tuple[int, tuple[int, ...]]
"""Where a row ends and others begin: the row that is open now (0: none), and hidden ones."""

Piece = tuple[Place, Cell | None, int, Style, int, Rows | None]
"""A cell (or ``None`` and the index of its shared string, -1: no text), its style, the characters that count
against the limit, and what follows."""

_Blank = Rows | None


def plain_grid(data: bytes, part: str, book: Book, *, at_once: bool = True) -> Grid | None:
    """The grid of a worksheet part in UTF-8, or ``None`` where the parser has to read it.

    To take pieces apart for the first time is dearer than to parse them: unless it should be
    done ``at_once``, the first part of a kind is left to the parser.
    """
    limits = book.budget.limits
    start, end = data.find(_OPEN), data.rfind(_CLOSE)
    if start < 0 or end < start or encoding_of(data) != "utf-8":
        return None
    around = data[:start] + _EMPTY + data[end + len(_CLOSE) :]
    if len(around) > min(limits.memo_bytes, ESCAPED * limits.text_characters):
        return None
    if not (next(_meetings(around)) or at_once):
        return None
    margins = _margins(around, limits)
    first, *pieces = data[start + len(_OPEN) : end].split(b"<c ")
    if len(pieces) > limits.clock_every:  # the parser looks at the clock
        return None
    if margins is None or max(map(len, pieces), default=0) > min(_LONGEST, limits.text_characters):
        return None
    found = _cells(first, pieces, book)
    if found is None:
        return None
    cells, hidden_rows, characters = found
    if (
        len(cells) > book.cells_left
        or characters > book.characters_left
        or len(hidden_rows) > limits.hidden_rows
        or max((row for row, _ in cells), default=0) > limits.far_row
        or max((column for _, column in cells), default=0) > limits.far_column
    ):
        return None
    book.budget.spend(data, part)
    merges, protected, hidden_columns, widths = margins
    return Grid(cells, merges, protected, hidden_rows, hidden_columns, characters, widths)


def _cells(first: bytes, pieces: list[bytes], book: Book) -> tuple[dict[Place, Cell], frozenset[int], int] | None:
    """The cells, the hidden rows and the characters that count."""
    strings, styles = book.strings or (), book.styles
    begin = None if any(word in first for word in _ODD) else rows_between(first, False)
    if begin is None or bool(begin[0]) != bool(pieces):
        return None
    (row, hidden), put, characters = begin, 0, 0
    hidden_rows = set(hidden)
    cells: dict[Place, Cell] = {}
    left = len(pieces)
    for piece in pieces:
        left -= 1
        said = read_piece(piece, styles)
        if said is None:
            return None
        if len(said) == 1:  # a blank cell
            (then,) = said
        else:
            place, cell, index, style, spent, then = said
            if place[0] != row:
                return None
            if cell is None:
                if index >= len(strings):
                    return None
                text = strings[index] if index >= 0 else ""
                if len(text) > MEMO_CHARACTERS:
                    spent = len(text)
                    cell = make_cell("str", text, style, None)
                elif text:
                    cell = remembered_cell("str", text, *style, None)
                elif place in cells:
                    return None
            if cell is not None:
                cells[place] = cell
                put += 1
                characters += spent
        if then is not None:
            row, hidden = then
            hidden_rows.update(hidden)
            if not row and left:  # the rows are over and cells follow
                return None
    return None if row or put != len(cells) else (cells, frozenset(hidden_rows), characters)


@lru_cache(maxsize=32)
def _meetings(_: bytes) -> Iterator[int]:
    """Counts how often a part with these surroundings was met."""
    return count()


@lru_cache(maxsize=32)
def _margins(
    around: bytes, limits: Limits
) -> tuple[tuple[Area, ...], bool, frozenset[int], Mapping[int, float]] | None:
    """Merges, protection, hidden columns and widths of a part whose rows were cut out."""
    if b"<!" in around or b"<?" in around[2:] or not is_plain(around):
        return None
    depth, seats, odd = 0, list[int](), list[str]()
    margins = Margins("", limits, lambda code, _: odd.append(code))

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if tag == "sheetData":
            seats.append(depth)
        elif tag in _INSIDE_ROWS or depth > limits.depth:
            odd.append(tag)
        margins.start(tag, attributes)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    try:
        walk(around, "", MAIN, Handlers("worksheet", start, end, direct=True), Budget(limits))
    except Rejected:
        return None
    if odd or len(seats) != 1 or seats[0] + 4 > limits.depth:
        return None
    return tuple(margins.merges), margins.protected, frozenset(margins.hidden_columns), margins.widths


@lru_cache(maxsize=1_024)
def read_piece(piece: bytes, styles: Styles) -> Piece | tuple[_Blank] | None:
    """What stands between one ``<c `` and the next: a cell, and perhaps the end of its row.

    One value for a blank cell; ``None`` for what does not fit.
    """
    if len(piece.translate(None, NO_TEXT)) != len(piece) or any(word in piece for word in _ODD):
        return None
    try:
        tag, closed, rest = piece.decode().partition(">")
    except UnicodeDecodeError:
        return None
    blank = tag.endswith("/")
    head = _head(tag[:-1] if blank else tag)
    content, end, after = ("", "</c>", rest) if blank else rest.partition("</c>")
    if not closed or head is None or not end:
        return None
    then = rows_between(after.encode(), True) if after else None
    if after and then is None:
        return None
    if blank or not content:
        return (then,)
    place, style_index, kind = head
    held = _content(content.split("<"))
    if held is None:
        return None
    return _made(place, kind, styles.get(style_index, GENERAL), *held, then)


_HEADS = {("r=", ""), ("r=", " s=", ""), ("r=", " t=", ""), ("r=", " s=", " t=", "")}


def _head(tag: str) -> tuple[Place, str, str] | None:
    """Place, style index and type of ``r="B3" s="7" t="s"``."""
    words = tag.rstrip(" ").split('"')
    names = tuple(words[0::2])
    if names not in _HEADS or len(words) % 2 == 0:
        return None
    given = dict(zip((name.strip(" =") for name in names), words[1::2], strict=False))
    style, kind = given.get("s", "0"), given.get("t", "n")
    if not (style.isascii() and style.isdigit()) or kind not in ("n", "s", "str", "b", "e", "inlineStr"):
        return None
    try:
        return place_of(given["r"]), style, kind
    except ValueError:
        return None


_F, _V = ("f>", 'f aca="false">'), "v>"
_T = ("t>", 't xml:space="preserve">')


def _content(tags: list[str]) -> tuple[str | None, str | None, str | None] | None:
    """Formula, value and inline text of the tags inside a cell, cut at ``<``."""
    formula = raw = inline = None
    if tags.pop(0):
        return None
    if len(tags) >= 2 and tags[0].startswith(_F) and tags[1] == "/f>":
        formula = plain_text(tags[0].partition(">")[2])
        if not formula:
            return None
        del tags[:2]
    if len(tags) == 2 and tags[0].startswith(_V) and tags[1] == "/v>":
        raw = plain_text(tags[0][2:])
        if raw is None:
            return None
    elif len(tags) == 4 and (tags[0], tags[2], tags[3]) == ("is>", "/t>", "/is>") and tags[1].startswith(_T):
        inline = plain_text(tags[1].partition(">")[2])
        if inline is None:
            return None
    elif tags in (["v/>"], ["v />"]):
        raw = ""
    elif tags:
        return None
    return formula, raw, inline


def _made(
    place: Place,
    kind: str,
    style: Style,
    formula: str | None,
    raw: str | None,
    inline: str | None,
    then: Rows | None,
) -> Piece | None:
    """As the parser puts a cell down; ``None`` where the parts of the cell do not belong together."""
    if (inline is not None) != (kind == "inlineStr") or (formula and kind in ("s", "inlineStr")):
        return None
    if kind == "s":
        if not raw or not (raw.isascii() and raw.isdigit()) or len(raw) > 9:
            return None
        return place, None, int(raw), style, 0, then
    if kind == "inlineStr":
        kind, raw = "str", inline
    text = unescape(raw or "") if kind == "str" else raw or ""
    if not text and (kind != "str" or raw is None):
        kind = "n"
    if not text and not formula:
        return place, None, -1, style, 0, then
    length = len(text) + len(formula or "")
    return place, make_cell(kind, text, style, formula), 0, style, length if length > MEMO_CHARACTERS else 0, then


def rows_between(piece: bytes, inside: bool) -> Rows | None:
    """Ends and beginnings of rows, from inside of one or not."""
    try:
        tags = piece.decode("ascii").split("<")
    except UnicodeDecodeError:
        return None
    if tags.pop(0):
        return None
    row, hidden = -1 if inside else 0, list[int]()
    for tag in tags:
        if row and tag == "/row>":
            row = 0
        elif not row and tag.startswith("row ") and tag.endswith(">"):
            closed = tag.endswith("/>")
            attributes = _attributes(tag[3:-2] if closed else tag[3:-1])
            stated = attributes.get("r", "")
            if not stated.isdigit() or len(stated) > 7 or not int(stated):
                return None
            if truth(attributes, "hidden"):
                hidden.append(int(stated))
            row = 0 if closed else int(stated)
        else:
            return None
    return None if row < 0 else (row, tuple(hidden))


def _attributes(text: str) -> Attributes:
    """Attributes as `` r="3" ht="15"``; none at all where they are written otherwise."""
    words = text.rstrip(" ").split('"')
    names, values = words[0:-1:2], words[1::2]
    if words[-1] or len(words) % 2 == 0 or not _all_names(names) or len(set(names)) != len(names):
        return {}
    if any("&" in value or not value.isprintable() for value in values):
        return {}
    return {name[1:-1]: value for name, value in zip(names, values, strict=True)}


def _all_names(names: Iterable[str]) -> bool:
    return all(
        name[:1] == " " and name[-1:] == "=" and name[1:-1].replace(":", "").isidentifier() and name[1:6] != "xmlns"
        for name in names
    )
