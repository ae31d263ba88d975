"""Workbooks of one shape, written thousands of times: compile once, fill many.

The first workbook of a shape is written by the reference writer (``writer.py``); its sheets are
cut at the cells that may vary, and for every further one only those cells, the row heights, the
stamp and the table of strings are written anew.  What comes out equals, after resolving shared
strings, what the reference writer gives.  Each stencil is proved on its first workbook; where it
cannot be proved, the reference writer writes.

A cell may vary where somebody may type, where a formula stands, where a defined name points, and on
sheets that are hidden.  All else belongs to the shape.
"""

from __future__ import annotations

import re
import zipfile
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from io import BytesIO
from itertools import compress
from operator import attrgetter, is_not
from typing import NamedTuple

from perfxl.noun import noun
from perfxl.sheet import Cell, Sheet, Workbook, from_a1
from perfxl.xlsx.content import MAX_SHORT, MAX_TEXT, double, in_markup, is_quoted, sound, stored_result, string_item
from perfxl.xlsx.packing import SMALL, Part, Piece, last_piece, package, part, piece
from perfxl.xlsx.writer import MAX_HEIGHT, write_workbook

STRINGS, BOOK, PROPERTIES = "xl/sharedStrings.xml", "xl/workbook.xml", "docProps/custom.xml"
SHAPES = 64
"""Stencils that are kept at a time."""

_ROW = re.compile(r'<row r="(\d+)"( spans="[^"]*")?( ht="[^"]*" customHeight="1")?(>|/>)')
_CELL = re.compile(r'<c r="([A-Z]+\d+)"( s="\d+")?( t="\w+")?(?:/>|>(<f>[^<]*</f>)?<v>([^<]*)</v></c>)')
_ITEM = re.compile(r"<si><t[^>]*>[^<]*</t></si>")
_COUNTS = re.compile(r'(<sst [^>]*)count="(\d+)" uniqueCount="(\d+)">')
_SHARED = re.compile(r' t="s"><v>(\d+)</v>')
_NOT_PLAIN = re.compile('[&<>"\x00-\x1f\ufffe\uffff]|_x')
_ERRORS = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"))


class UnprovedError(Exception):
    """A shape that the stencil cannot be proved for; the reference writer writes it."""


class _Slot(NamedTuple):
    """A cell that varies: where its text goes, its place, what stands before and its formula."""

    at: int
    place: tuple[int, int]
    head: str
    formula: str


_SHORT = 40


@lru_cache(maxsize=512)
def _item(text: str) -> str:
    """The item of a short text: most of those come again in the next workbook."""
    return string_item(sound(text, "text", MAX_TEXT))


class _Strings:
    """The table of shared strings of one workbook: those of the shape first, then its own."""

    def __init__(self, fixed: Mapping[str, int], references: int) -> None:
        self.fixed, self.references = fixed, references
        self.own: dict[str, int] = {}

    def index(self, text: str) -> int:
        """The place of a text in the table."""
        self.references += 1
        item = _item(text) if len(text) <= _SHORT else string_item(sound(text, "text", MAX_TEXT))
        found = self.fixed.get(item)
        if found is None:
            found = self.own.setdefault(item, len(self.fixed) + len(self.own))
        return found


def _content(cell: Cell, slot: _Slot, strings: _Strings) -> str:
    """The cell as the reference writer spells it."""
    value = cell.value
    if value is None:
        if cell.error:
            return f'{slot.head} t="s"><v>{strings.index(cell.error)}</v></c>'
        return slot.head + "/>"
    if isinstance(value, str):
        return f'{slot.head} t="s"><v>{strings.index(value)}</v></c>'
    if isinstance(value, bool):
        return f'{slot.head} t="b"><v>{int(value)}</v></c>'
    return f"{slot.head}><v>{double(value, 'number'):.16G}</v></c>"


def _computed(result: float | int | str | bool, slot: _Slot) -> str:
    kind = ""
    if isinstance(result, bool):
        kind, result = ' t="b"', int(result)
    elif isinstance(result, str):
        if result:
            kind = ' t="e"' if result in _ERRORS else ' t="str"'
        result = in_markup(result)
    return f"{slot.head}{kind}>{slot.formula}<v>{result}</v></c>"


@lru_cache(maxsize=1024)
def _height(points: float) -> str:
    """A row's height as the library writes it, in whole pixels."""
    pixels = int(min(points, MAX_HEIGHT) * 4.0 / 3.0 + 0.5)
    return "" if pixels == 20 else f' ht="{pixels * 0.75:.16g}" customHeight="1"'


@noun
class _SheetStencil:
    """A sheet cut at its slots: ``pieces`` with a gap at each slot and each height; ``known`` has the
    computed cells of the last workbook as they were spelled, for the many that come again; ``order`` and ``values``
    are the cells of ``sheet``."""

    sheet: Sheet
    pieces: tuple[str, ...]
    slots: tuple[_Slot, ...]
    heights: tuple[tuple[int, int], ...]
    places: frozenset[tuple[int, int]]
    known: dict[int, tuple[Cell, str]]
    order: tuple[tuple[int, int], ...]
    values: tuple[Cell, ...]

    def fits(self, sheet: Sheet) -> bool:
        """Whether the sheet is of this shape."""
        mine = self.sheet
        if sheet is mine:
            return True
        if any(getattr(sheet, name) != getattr(mine, name) for name in _SHAPE):
            return False
        if sheet.heights.keys() != mine.heights.keys() or sheet.cells.keys() != mine.cells.keys():
            return False
        if not self.slots and sheet.heights != mine.heights:
            return False
        cells = sheet.cells
        if self.order == tuple(cells):  # as all of one shape are: then most are the very same
            unlike: Iterable[tuple[int, int]] = compress(self.order, map(is_not, cells.values(), self.values))
        else:
            unlike = cells
        for place in unlike:
            cell, other = cells[place], mine.cells[place]
            if cell is not other and (cell != other if place not in self.places else not _looks_alike(cell, other)):
                return False
        return True

    def fill(self, sheet: Sheet, strings: _Strings) -> bytes:
        """The sheet's part."""
        out = list(self.pieces)
        cells = sheet.cells
        known = self.known
        index = strings.index
        for slot in self.slots:
            at, place, head, formula = slot
            cell = cells[place]
            if formula:
                met = known.get(at)
                if met is None or met[0] is not cell:
                    met = known[at] = (cell, _computed(stored_result(cell), slot))
                out[at] = met[1]
            elif type(cell.value) is str:
                out[at] = f'{head} t="s"><v>{index(cell.value)}</v></c>'
            elif cell.value is None and not cell.error:
                out[at] = head + "/>"
            else:
                out[at] = _content(cell, slot, strings)
        for at, row in self.heights:
            out[at] = _height(sheet.heights[row])
        return "".join(out).encode()


_SHAPE = tuple(name for name in Sheet.__dataclass_fields__ if name not in ("cells", "heights"))
_look = attrgetter(*(name for name in Cell.__dataclass_fields__ if name not in ("value", "text", "cached", "error")))


def _looks_alike(cell: Cell, other: Cell) -> bool:
    return bool(_look(cell) == _look(other)) and is_quoted(cell) == is_quoted(other)


def _slots_of(sheet: Sheet) -> frozenset[tuple[int, int]]:
    """The places of a sheet that may vary."""
    covered = {
        (row, column)
        for area in sheet.merges
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
        if (row, column) != area.corner
    }
    named = {area.corner for area in sheet.names.values()}
    hidden = sheet.visibility != "visible"
    return frozenset(
        place
        for place, cell in sheet.cells.items()
        if place not in covered and (hidden or place in named or not cell.locked or cell.formula is not None)
    )


def _cut(sheet: Sheet, markup: str, renumber: Mapping[int, int]) -> _SheetStencil:
    """Cut the part of a sheet at its slots; strings of other cells get their new numbers."""
    places = _slots_of(sheet)
    head, opened, rest = markup.partition("<sheetData>")
    body, closed, tail = rest.partition("</sheetData>")
    if not opened or not closed:
        raise UnprovedError("no sheet data")
    pieces, slots, heights = [head + opened], list[_Slot](), list[tuple[int, int]]()
    at = 0
    while at < len(body):
        if body.startswith("</row>", at):
            pieces[-1] += "</row>"
            at += 6
            continue
        found = _ROW.match(body, at)
        if found is not None:
            row = int(found[1])
            pieces[-1] += f'<row r="{row}"{found[2] or ""}'
            if row in sheet.heights and places:
                heights.append((len(pieces), row))
                pieces += ("", found[4])
            else:
                pieces[-1] += (found[3] or "") + found[4]
        else:
            found = _CELL.match(body, at)
            if found is None:
                raise UnprovedError(f"not understood: {body[at : at + 80]}")
            place = from_a1(found[1])
            if place in places:
                slots.append(_Slot(len(pieces), place, f'<c r="{found[1]}"{found[2] or ""}', found[4] or ""))
                pieces += ("", "")
            elif found[3] == ' t="s"':
                pieces[-1] += _SHARED.sub(lambda old: f' t="s"><v>{renumber[int(old[1])]}</v>', found[0])
            else:
                pieces[-1] += found[0]
        at = found.end()
    pieces[-1] += closed + tail
    if {slot.place for slot in slots} != places or (places and {row for _, row in heights} != sheet.heights.keys()):
        raise UnprovedError("a cell or a row of the sheet is not in the file")
    return _SheetStencil(
        sheet=sheet,
        pieces=tuple(pieces),
        slots=tuple(slots),
        heights=tuple(heights),
        places=places,
        known={},
        order=tuple(sheet.cells),
        values=tuple(sheet.cells.values()),
    )


def _fixed_strings(sheets: Iterable[tuple[Sheet, str]]) -> list[int]:
    """The old numbers of the strings of the shape, one for each cell that refers to one, in reading order."""
    found = []
    for sheet, markup in sheets:
        places = _slots_of(sheet)
        for cell in _CELL.finditer(markup):
            if cell[3] == ' t="s"' and from_a1(cell[1]) not in places:
                found.append(int(cell[5]))
    return found


class Stencil:
    """One shape, compiled. ``first`` is a workbook of it and ``written`` what the reference writer made
    of that; raises ``UnprovedError`` where the shape cannot be proved."""

    def __init__(self, first: Workbook, written: bytes) -> None:
        reference = _parts(written)
        self.first = first
        self.names = tuple(reference)
        pages = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(first.sheets) + 1)]
        if not {*pages, STRINGS, BOOK} <= reference.keys():
            raise UnprovedError("a part is missing")
        referred = _fixed_strings(zip(first.sheets, (reference[name] for name in pages), strict=True))
        old = _ITEM.findall(reference[STRINGS])
        renumber = {number: at for at, number in enumerate(dict.fromkeys(referred))}
        self.fixed = {old[number]: at for number, at in renumber.items()}
        self.references = len(referred)
        self.sheets = {
            name: _cut(sheet, reference[name], renumber) for name, sheet in zip(pages, first.sheets, strict=True)
        }
        counts = _COUNTS.search(reference[STRINGS])
        if counts is None:
            raise UnprovedError("no counts of strings")
        self.strings_head = reference[STRINGS][: counts.start()] + counts[1]
        self.strings = piece("".join(self.fixed).encode(), SMALL)
        self.stamped = {
            BOOK: _around(reference[BOOK], '<definedName name="{}">"', '"</definedName>', first.constants),
            PROPERTIES: _around(
                reference.get(PROPERTIES, ""), ' name="{}"><vt:lpwstr>', "</vt:lpwstr>", first.properties
            ),
        }
        varying = {STRINGS, *(name for name, cut in self.sheets.items() if cut.slots)}
        still = {name: "".join(cut.pieces) for name, cut in self.sheets.items() if not cut.slots}
        self.ready = {
            name: part(name, [last_piece(still.get(name, text).encode(), SMALL)])
            for name, text in reference.items()
            if name not in varying
        }
        self._prove(reference)

    def fits(self, workbook: Workbook) -> bool:
        """Whether the workbook is of this shape."""
        first = self.first
        return (
            len(workbook.sheets) == len(first.sheets)
            and workbook.structure_locked == first.structure_locked
            and workbook.password == first.password
            and list(workbook.constants) == list(first.constants)
            and list(workbook.properties) == list(first.properties)
            and not any(map(_NOT_PLAIN.search, (*workbook.constants.values(), *workbook.properties.values())))
            and all(cut.fits(sheet) for cut, sheet in zip(self.sheets.values(), workbook.sheets, strict=True))
        )

    def fill(self, workbook: Workbook) -> bytes:
        """The bytes of a workbook of this shape. Raises ``ValueError`` where a file cannot hold its content."""
        return package(self._filled(workbook))

    def _filled(self, workbook: Workbook) -> Iterator[Part]:
        strings = _Strings(self.fixed, self.references)
        sheets = {}
        for (name, cut), sheet in zip(self.sheets.items(), workbook.sheets, strict=True):
            if name not in self.ready:
                sheets[name] = part(name, [last_piece(cut.fill(sheet, strings))])
        values = {BOOK: workbook.constants, PROPERTIES: workbook.properties}
        for name in self.names:
            if name in sheets:
                yield sheets[name]
            elif name == STRINGS:
                yield part(name, self._strings_of(strings))
            elif self.stamped.get(name):
                yield part(name, _stamped(self.stamped[name], values[name]))
            else:
                yield self.ready[name]

    def _strings_of(self, strings: _Strings) -> list[Piece]:
        unique = len(strings.fixed) + len(strings.own)
        head = f'{self.strings_head}count="{strings.references}" uniqueCount="{unique}">'
        tail = "".join(strings.own) + "</sst>"
        return [piece(head.encode()), self.strings, last_piece(tail.encode())]

    def _prove(self, reference: Mapping[str, str]) -> None:
        if not self.fits(self.first):
            raise UnprovedError("a stamp that is no plain text")
        if resolved(_parts(self.fill(self.first))) != resolved(reference):
            raise UnprovedError("the stencil does not give back its own first workbook")


def _around(markup: str, before: str, after: str, values: Mapping[str, str]) -> tuple[Piece | str, ...]:
    """Cut a part at its named texts: ready pieces, and between them the names of what stands there."""
    cuts = []
    for name, text in values.items():
        head = before.format(name)
        if markup.count(head) != 1 or not markup.partition(head)[2].startswith(text + after):
            raise UnprovedError(f"{name} is not where it should be")
        start = markup.index(head) + len(head)
        cuts.append((start, start + len(text), name))
    pieces: list[Piece | str] = []
    at = 0
    for start, end, name in sorted(cuts):
        pieces += (piece(markup[at:start].encode(), SMALL), name)
        at = end
    return (*pieces, last_piece(markup[at:].encode(), SMALL)) if pieces else ()


def _stamped(pieces: Iterable[Piece | str], values: Mapping[str, str]) -> Iterator[Piece]:
    for each in pieces:
        yield piece(sound(values[each], each, MAX_SHORT).encode()) if isinstance(each, str) else each


def _parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(data)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def resolved(parts: Mapping[str, str]) -> list[tuple[str, object]]:
    """The parts of a package in order, each reference to a shared string replaced by the string, and
    the table of strings by its counts and its items in sorted order: what two writers must agree on."""
    items = _ITEM.findall(parts.get(STRINGS, ""))
    found: list[tuple[str, object]] = []
    for name, text in parts.items():
        if name == STRINGS:
            found.append((name, (_ITEM.sub("", text), sorted(items))))
        elif name.startswith("xl/worksheets/"):
            found.append((name, _SHARED.sub(lambda old: f' t="s"><v>{items[int(old[1])]}</v>', text)))
        else:
            found.append((name, text))
    return found


class Stencils:
    """Writes workbooks by stencils; keeps those of the last shapes.

    ``compiled``, ``filled`` and ``by_reference`` count stencils, and workbooks written either way.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Stencil] = OrderedDict()
        self.compiled = self.filled = self.by_reference = 0

    def write(self, workbook: Workbook) -> bytes:
        """The workbook as the bytes of an ``.xlsx`` file. Raises ``ValueError`` as ``write_workbook``."""
        stencil = self._kept_for(workbook)
        if stencil is None:
            written = write_workbook(workbook)
            try:
                stencil = self._compiled(workbook, written)
            except UnprovedError:
                self.by_reference += 1
                return written
        try:
            data = stencil.fill(workbook)
        except ValueError:
            return write_workbook(workbook)  # which says where
        self.filled += 1
        return data

    def _kept_for(self, workbook: Workbook) -> Stencil | None:
        for key, stencil in reversed(self._kept.items()):
            if stencil.fits(workbook):
                self._kept.move_to_end(key)
                return stencil
        return None

    def _compiled(self, workbook: Workbook, written: bytes) -> Stencil:
        stencil = Stencil(workbook, written)
        self.compiled += 1
        self._kept[self.compiled] = stencil
        if len(self._kept) > SHAPES:
            self._kept.popitem(last=False)
        return stencil
