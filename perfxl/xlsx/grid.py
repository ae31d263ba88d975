"""One worksheet part to sparse cells, in one pass.

No area that the part states (dimension, merge, shared formula) is ever walked cell by
cell: memory follows the content, not the claims.
"""

from __future__ import annotations

from ..noun import ordered_noun
from ..pattern import pattern
from ..rejection import Rejected
from ..sheet import EMPTY, MAX_COLUMN, MAX_ROW, Cell, a1
from .cells import MEMO_CHARACTERS, Place, make_cell, place_of, remembered_cell
from .markup import MAIN, Attributes, Handlers, walk
from .package import shortened
from .parts import ESCAPED, GENERAL, truth, unescape
from .plain import plain_grid
from .shared_formula import translate
from .worksheet import Book, Grid, Margins


@ordered_noun
class _Pending:
    """A cell of a shared formula whose first cell has not been met yet."""

    place: Place
    shared: str
    kind: str
    raw: str
    style: tuple[str, bool]


def read_grid(data: bytes, sheet: str, part: str, book: Book) -> Grid:
    """Read a worksheet part, without a parser where its writing is plain.

    Raises ``Rejected`` as ``parsed_grid``.
    """
    return plain_grid(data, part, book, at_once=False) or parsed_grid(data, sheet, part, book)


_MANY_ROWS = 50_000
_LOOKS = "s|spans|ht|customFormat|customHeight|thickBot|thickTop|x14ac:dyDescent"
_IDLE = pattern(rf'(?:<row r="[0-9]{{1,7}}"(?: (?:{_LOOKS})="[0-9.:]*+")*+/>)++'.encode())


def _without_idle_rows(data: bytes) -> bytes:
    """The part without its rows that are formatted and no more: a sheet may have a million of them.

    Only where each row says its number, so that none is counted from the one before.
    """
    rows = data.count(b"<row")
    if rows < _MANY_ROWS or data.count(b'<row r="') != rows or b"<!" in data:
        return data
    return _IDLE.sub(b"", data)


def parsed_grid(data: bytes, sheet: str, part: str, book: Book) -> Grid:
    """Read a worksheet part. ``sheet`` is its name for messages, ``part`` its part name.

    Raises ``Rejected``: ``BAD_CELL_REF``, ``CELL_ROW_MISMATCH``, ``DUPLICATE_CELL``,
    ``BAD_STRING_INDEX``, ``MISSING_PART``, ``TEXT_TOO_LONG``, ``TOO_MUCH_TEXT``, ``TOO_MANY_CELLS``
    and those of ``walk``.
    """
    strings, styles, budget, remark, cells_left, characters_left = book
    limits = budget.limits
    depth_limit, far_row, far_column = limits.depth, limits.far_row, limits.far_column
    cells: dict[Place, Cell] = {}
    strings_met: dict[tuple[str, str], Cell] = {}  # by style and index
    remembered = remembered_cell
    first_of_shared: dict[str, tuple[Place, str]] = {}
    pending: list[_Pending] = []
    hidden_rows: set[int] = set()
    margins = Margins(sheet, limits, remark)
    far = False
    depth = row = gap = phonetic = 0
    text = ""
    attributes_of_cell: Attributes = {}
    last: str | None = None  # the last reference in this row
    raw: str | None = None
    inline: str | None = None
    formula: str | None = None
    attributes_of_formula: Attributes = {}

    def at(place: Place) -> str:
        return f"{shortened(sheet)}!{a1(*place)}"

    def place_behind() -> Place:
        """Where a cell without a reference stands: behind the one before it."""
        column = gap + (place_of(last)[1] if last is not None else 0)
        if not 1 <= row <= MAX_ROW or column > MAX_COLUMN:
            raise ValueError(column)
        return row, column

    def spend(length: int, place: Place) -> None:
        nonlocal characters_left
        characters_left -= length
        if characters_left < 0:
            raise Rejected("TOO_MUCH_TEXT", at(place))

    def shared_string(index: str, place: Place) -> str:
        if strings is None:
            raise Rejected("MISSING_PART", "xl/sharedStrings.xml")
        if index.isascii() and index.isdigit() and len(index) < 10 and int(index) < len(strings):
            return strings[int(index)]
        raise Rejected("BAD_STRING_INDEX", at(place))

    def finish(place: Place) -> None:
        """Put down a cell that has a value or a formula, of any type."""
        kind = attributes_of_cell.get("t", "n")
        stored = raw
        if kind == "s":
            # An empty index is a blank; it is never the first string.
            stored = shared_string(stored.strip(), place) if stored and stored.strip() else None
            kind = "str"
        elif kind == "inlineStr" or (inline is not None and stored is None):
            stored = unescape(inline if inline is not None else stored or "")
            kind = "str"
        elif stored and kind == "str":
            stored = unescape(stored)
        if stored is None or (not stored and kind != "str"):
            kind, stored = "n", ""  # nothing was stored; only a text can be stored and empty
        how = styles.get(attributes_of_cell.get("s", "0"), GENERAL)
        content = formula
        if attributes_of_formula:
            content = special_formula(place, formula or "")
        length = len(stored) + (len(content) if content else 0)
        if length > MEMO_CHARACTERS:
            if max(len(stored), length - len(stored)) > limits.text_characters:
                raise Rejected("TEXT_TOO_LONG", at(place))
            spend(length, place)
        if content is None and attributes_of_formula:
            pending.append(_Pending(place, attributes_of_formula["si"], kind, stored, how))
            cells[place] = EMPTY  # keeps the place until the sheet ends
        elif content:
            cells[place] = make_cell(kind, stored, how, content)
        elif stored:
            cells[place] = make_cell(kind, stored, how, None)

    def special_formula(place: Place, own: str) -> str | None:
        """The text of a formula that is shared, an array's or a data table's.

        ``None`` for one that is shared with a cell not met yet.
        """
        kind_of_formula = attributes_of_formula.get("t")
        if kind_of_formula == "dataTable":
            return "TABLE({},{})".format(attributes_of_formula.get("r1", ""), attributes_of_formula.get("r2", ""))
        shared = attributes_of_formula.get("si")
        if kind_of_formula != "shared" or shared is None:
            return own
        if own:
            first_of_shared[shared] = place, own
            return own
        first = first_of_shared.get(shared)
        if first is None:
            return None
        return moved(first, place)

    def moved(first: tuple[Place, str], place: Place) -> str:
        """A shared formula as it reads at another place; a long one costs time and counts for more."""
        (first_row, first_column), own = first
        if len(own) > MEMO_CHARACTERS:
            budget.check_clock(part)
            spend(4 * len(own), place)
        return translate(own, place[0] - first_row, place[1] - first_column)

    def settle_pending() -> None:
        for each in pending:
            first = first_of_shared.get(each.shared)
            if first is None:
                remark("ORPHAN_SHARED_FORMULA", at(each.place))
            formula_there = "" if first is None else moved(first, each.place)
            cells[each.place] = make_cell(each.kind, each.raw, each.style, formula_there)

    def start_row(attributes: Attributes) -> None:
        nonlocal row, gap, last
        if len(cells) > cells_left:
            raise Rejected("TOO_MANY_CELLS", shortened(sheet))
        gap, last = 0, None
        stated = attributes.get("r")
        if stated is None:
            row += 1
        elif len(stated) < 8 and stated.isascii() and stated.isdigit():
            row = int(stated)
        else:
            raise Rejected("BAD_CELL_REF", f"{shortened(sheet)}!{shortened(stated)}")
        if truth(attributes, "hidden") and len(hidden_rows) < limits.hidden_rows:
            hidden_rows.add(row)

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal depth, text, attributes_of_cell, attributes_of_formula, phonetic
        depth += 1
        if depth > depth_limit:
            raise Rejected("XML_TOO_DEEP", part)
        if tag == "c":
            attributes_of_cell = attributes
        elif tag == "v" or tag == "t":
            text = ""
        elif tag == "f":
            text = ""
            attributes_of_formula = attributes
        elif tag == "row":
            text = ""
            start_row(attributes)
        elif tag == "rPh":
            phonetic = depth
        else:
            text = ""
            margins.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth, raw, formula, attributes_of_formula, inline, phonetic, last, gap, far
        depth -= 1
        if tag == "v":
            raw = text
        elif tag == "c":
            cell = attributes_of_cell
            reference = cell.get("r")
            if reference is None:
                gap += 1
            else:
                last = reference
                gap = 0
            if raw is None and formula is None and inline is None:
                return
            try:
                place = place_of(reference) if reference is not None else place_behind()
            except ValueError:
                raise Rejected("BAD_CELL_REF", f"{shortened(sheet)}!{shortened(last or '')}") from None
            if place[0] != row:
                raise Rejected("CELL_ROW_MISMATCH", at(place))
            if place in cells:
                raise Rejected("DUPLICATE_CELL", at(place))
            # Most cells are numbers, and texts that stand in the file more than once.
            kind = cell.get("t", "n")
            if formula is not None or inline is not None or not raw:
                finish(place)
                attributes_of_formula = {}
                formula = inline = None
            elif kind == "n" and len(raw) < 32:
                cells[place] = remembered("n", raw, *styles.get(cell.get("s", "0"), GENERAL), None)
            elif kind == "s":
                known = strings_met.get((cell.get("s", "0"), raw))
                if known is not None:
                    cells[place] = known
                else:
                    finish(place)
                    if place in cells:
                        strings_met[cell.get("s", "0"), raw] = cells[place]
            else:
                finish(place)
            raw = None
            if (row > far_row or place[1] > far_column) and not far and place in cells:
                far = True
                remark("FAR_CELL", at(place))
        elif tag == "f":
            formula = text
        elif tag == "t":
            if not phonetic:
                inline = text if inline is None else inline + text
                if len(inline) > longest:
                    raise Rejected("TEXT_TOO_LONG", f"{shortened(sheet)}!{shortened(last or '')}")
        elif tag == "rPh":
            phonetic = 0

    def characters(data: str) -> None:
        nonlocal text
        if not text:  # nearly always the whole text comes at once
            text = data
            return
        text += data
        if len(text) > longest:
            raise Rejected("TEXT_TOO_LONG", f"{shortened(sheet)}!{shortened(last or '')}")

    longest = ESCAPED * limits.text_characters
    walk(_without_idle_rows(data), part, MAIN, Handlers("worksheet", start, end, characters, direct=True), budget)
    settle_pending()
    if len(cells) > cells_left:
        raise Rejected("TOO_MANY_CELLS", shortened(sheet))
    return Grid(
        cells,
        tuple(margins.merges),
        margins.protected,
        frozenset(hidden_rows),
        frozenset(margins.hidden_columns),
        book.characters_left - characters_left,
        margins.widths,
    )
