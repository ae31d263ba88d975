"""Untrusted bytes to plain sheets, bounded in size and time, standard library only.

    book = read_workbook(data)     # Workbook, or Rejected(code, where)

What is read: values, formulas with their stored results, number formats, locked flags,
merges, column widths, defined names and custom properties of ours, protection, what is hidden.  Nothing
is executed, fetched, or written to disk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ..noun import ordered_noun
from ..pattern import pattern
from ..rejection import Rejected
from ..sheet import Area, Sheet, Workbook, area_from_a1, from_a1
from . import parts
from .grid import read_grid
from .kinds import kind_of_parts, other_kind, sniff
from .limits import DEFAULT, Limits
from .markup import Budget
from .package import Package, Stored, shortened
from .worksheet import Book

__all__ = ["read_workbook", "sniff"]

_PERCENT = pattern(r"%([0-9A-Fa-f]{2})")
_REFERENCE = pattern(r"(?:'((?:[^']|'')*)'|([^'!]+))!(\$?[A-Z]+\$?[0-9]+(?::\$?[A-Z]+\$?[0-9]+)?)", re.ASCII)
_QUOTED = pattern(r'"((?:[^"]|"")*)"')
_NUMBER = pattern(r"-?[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?", re.ASCII)
_DIGITS = tuple("-0123456789")
_PER_CODE = 10  # places kept for one kind of remark

# What a part's presence says; nothing of it is opened.
_TELLTALES = (
    ("vbaproject.bin", "HAS_MACROS"),
    ("/embeddings/", "HAS_EMBEDDED_OBJECTS"),
    ("/activex/", "HAS_EMBEDDED_OBJECTS"),
    ("/externallinks/", "EXTERNAL_LINKS"),
    ("xl/connections.xml", "EXTERNAL_LINKS"),
    ("xl/comments", "COMMENTS"),
    ("/threadedcomments/", "COMMENTS"),
    ("xl/cellimages.xml", "CELL_IMAGES"),
)


class _Remarks:
    """Remarks in the order met: no repetition, and no more than anybody would read."""

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.notes
        self._places: dict[tuple[str, str], None] = {}
        self._counts: dict[str, int] = {}

    def add(self, code: str, where: str = "") -> None:
        """Keep a remark: a code of ``rejection.NOTES`` and its place."""
        count = self._counts.get(code, 0)
        if count < _PER_CODE and len(self._places) < self._limit and (code, where) not in self._places:
            self._places[code, where] = None
            self._counts[code] = count + 1

    def all(self) -> tuple[tuple[str, str], ...]:
        """The remarks kept."""
        return tuple(self._places)


@ordered_noun
class _File:
    """One file while it is read."""

    package: Package
    budget: Budget
    remarks: _Remarks


def read_workbook(data: bytes, *, limits: Limits = DEFAULT, forms_only: bool = False) -> Workbook:
    """Read a workbook from the bytes of an ``.xlsx``.

    Chart sheets are passed over; all other sheets come in their order, cells sparse.
    With ``forms_only``, where some sheets carry our names, the others are left unopened
    and come without cells.
    Raises only ``Rejected``, with a code of ``REJECTIONS`` and where it was met.
    """
    if len(data) > limits.file_bytes:
        raise Rejected("FILE_TOO_LARGE", f"{len(data) / 1048576:.1f} MiB")
    if data[:4] != b"PK\x03\x04":
        raise Rejected(sniff(data) or "NOT_A_WORKBOOK", other_kind(data))
    try:
        return _read(data, limits, forms_only)
    except MemoryError:
        raise Rejected("MEMORY_LIMIT") from None


def _read(data: bytes, limits: Limits, forms_only: bool) -> Workbook:
    budget = Budget(limits)
    file = _File(Package(data, limits), budget, _Remarks(limits))
    code = kind_of_parts(file.package.names)
    if code is not None:
        raise Rejected(code)
    _look_around(file)
    roots = _relationships(file, "")
    book_part = _book_part(file, roots)
    listing = parts.directory(book_part, budget)
    if not listing.sheets:
        raise Rejected("NO_SHEETS", book_part.name)
    if listing.date1904:
        file.remarks.add("DATE_1904")
    names = _Names(listing, file.remarks)
    wanted = names.forms(listing) if forms_only else frozenset(range(len(listing.sheets)))
    sheets = _sheets(file, book_part.name, listing, names, wanted)
    return Workbook(
        sheets=sheets,
        constants=names.workbook,
        properties=_properties(file, roots),
        structure_locked=listing.structure_locked,
        notes=file.remarks.all(),
    )


def _look_around(file: _File) -> None:
    """Remark upon parts that are never opened, and refuse macro sheets."""
    for name in file.package.names:
        for part, code in _TELLTALES:
            if part in name:
                file.remarks.add(code)
    types = file.package.get("[Content_Types].xml")
    if types is None:
        return
    for kind in parts.content_types(types, file.budget):
        if "macrosheet" in kind:
            raise Rejected("XLM_MACRO")
        if "macroenabled" in kind:
            file.remarks.add("HAS_MACROS")


def _relationships(file: _File, part: str) -> dict[str, parts.Relationship]:
    """The relationships of a part (of the package for an empty name); none where it has none."""
    folder, slash, name = part.rpartition("/")
    stored = file.package.get(f"{folder}{slash}_rels/{name}.rels")
    return {} if stored is None else parts.relationships(stored, file.budget)


def _book_part(file: _File, roots: dict[str, parts.Relationship]) -> Stored:
    for relation in roots.values():
        if relation.kind == "officeDocument":
            found = _resolve(file.package, "", relation)
            if found is not None:
                if found.name.lower().endswith(".bin"):
                    raise Rejected("XLSB")
                return found
    found = file.package.get("xl/workbook.xml")
    if found is None:
        raise Rejected("MISSING_PART", "xl/workbook.xml")
    return found


def _resolve(package: Package, source: str, relation: parts.Relationship) -> Stored | None:
    """The part a relationship points to, inside the package only."""
    if relation.external:
        return None
    target = relation.target.replace("\\", "/").partition("#")[0]
    if "%" in target:
        decoded = _PERCENT.sub(lambda found: chr(int(found[1], 16)), target.encode().decode("latin-1"))
        target = decoded.encode("latin-1").decode("utf-8", "replace")
    folder = source.rpartition("/")[0]
    # Some writers leave out the slash in front of a path from the root.
    for base in [""] if target.startswith("/") else [folder, ""]:
        steps: list[str] = base.split("/") if base else []
        for step in target.split("/"):
            if step == "..":
                if not steps:
                    return None
                steps.pop()
            elif step not in ("", "."):
                steps.append(step)
        found = package.get("/".join(steps))
        if found is not None:
            return found
    return None


class _Names:
    """The defined names of ours, sorted into areas and constants."""

    def __init__(self, listing: parts.Directory, remarks: _Remarks) -> None:
        self.workbook: dict[str, str] = {}
        for named in listing.names:
            if named.sheet is None and (constant := _constant(named.refers_to)) is not None:
                self.workbook[named.name] = constant
        local = tuple([named for named in listing.names if named.sheet is not None and named.name.startswith("pxl.")])
        self.areas, self.constants, broken = _local_names(local, tuple([listed.name for listed in listing.sheets]))
        for name in broken:
            remarks.add("BROKEN_NAME", shortened(name))

    def forms(self, listing: parts.Directory) -> frozenset[int]:
        """The sheets that carry our names and the one that carries the stamp; all where none does."""
        if not self.areas:
            return frozenset(range(len(listing.sheets)))
        stamps = {index for index, listed in enumerate(listing.sheets) if listed.name.casefold() == "_perfxl"}
        return frozenset(self.areas) | stamps


Areas = Mapping[int, Mapping[str, Area]]
Constants = Mapping[int, Mapping[str, str]]


@lru_cache(maxsize=32)
def _local_names(names: tuple[parts.Named, ...], sheets: tuple[str, ...]) -> tuple[Areas, Constants, tuple[str, ...]]:
    """Names of single sheets: areas and constants by sheet, and those that lead nowhere."""
    areas: dict[int, dict[str, Area]] = {}
    constants: dict[int, dict[str, str]] = {}
    broken: list[str] = []
    for named in names:
        if named.sheet is None or not 0 <= named.sheet < len(sheets):
            continue
        constant = _constant(named.refers_to)
        if constant is not None:
            constants.setdefault(named.sheet, {})[named.name] = constant
            continue
        area = _area(named.refers_to, sheets[named.sheet])
        if area is None:
            broken.append(named.name)
        else:
            areas.setdefault(named.sheet, {})[named.name] = area
    return areas, constants, tuple(broken)


def _constant(refers_to: str) -> str | None:
    if refers_to.startswith('"'):
        if refers_to.endswith('"') and refers_to.count('"') == 2:
            return refers_to[1:-1]
        quoted = _QUOTED.fullmatch(refers_to)
        return quoted[1].replace('""', '"') if quoted else None
    if not refers_to.startswith(_DIGITS):
        return None
    return refers_to if len(refers_to) < 400 and _NUMBER.fullmatch(refers_to) else None


def _area(refers_to: str, sheet: str) -> Area | None:
    """The area of a reference to that very sheet, else ``None``."""
    if refers_to.startswith(f"'{sheet}'!$") and "'" not in sheet:
        cell = refers_to[len(sheet) + 3 :]
        if _is_cell(cell):  # nearly always so
            row, column = from_a1(cell)
            return Area(row, column, row, column)
    found = _REFERENCE.fullmatch(refers_to)
    if found is None:
        return None
    name = found[2] or (found[1] or "").replace("''", "'")
    if name.casefold() != sheet.casefold():
        return None
    try:
        return area_from_a1(found[3])
    except ValueError:
        return None


def _is_cell(name: str) -> bool:
    """Whether it is ``$E$6``, inside the grid whatever the letter."""
    _, column, row = name.split("$") if name.count("$") == 2 else ("", "", "")
    small = len(column) == 1 and len(row) < 5
    return small and name[0] == "$" and "A" <= column <= "Z" and row.isascii() and row.isdigit() and row[0] != "0"


def _needed(file: _File, source: str, relations: dict[str, parts.Relationship], kind: str) -> Stored | None:
    """The part of that kind, ``None`` where the workbook names none or it is absent."""
    for relation in relations.values():
        if relation.kind == kind:
            if relation.external:
                raise Rejected("MISSING_PART", shortened(relation.target))
            return _resolve(file.package, source, relation)
    return None


def _sheets(
    file: _File, source: str, listing: parts.Directory, names: _Names, wanted: frozenset[int]
) -> tuple[Sheet, ...]:
    relations = _relationships(file, source)
    limits = file.budget.limits
    strings_part = _needed(file, source, relations, "sharedStrings")
    styles_part = _needed(file, source, relations, "styles")
    book = Book(
        None if strings_part is None else parts.shared_strings(strings_part, file.budget),
        parts.Styles() if styles_part is None else parts.styles(styles_part, file.budget),
        file.budget,
        file.remarks.add,
        limits.cells,
        limits.all_characters,
    )
    sheets: list[Sheet] = []
    for index, listed in enumerate(listing.sheets):
        relation = relations.get(listed.relation)
        if relation is None:
            raise Rejected("SHEET_UNRESOLVED", shortened(listed.name))
        if relation.kind in ("xlMacrosheet", "xlIntlMacrosheet"):
            raise Rejected("XLM_MACRO", shortened(listed.name))
        if relation.kind in ("chartsheet", "dialogsheet"):
            continue
        if relation.external:
            raise Rejected("MISSING_PART", shortened(relation.target))
        part = _resolve(file.package, source, relation)
        if part is None:
            raise Rejected("SHEET_UNRESOLVED", shortened(listed.name))
        if index not in wanted:
            sheets.append(Sheet(name=listed.name, cells={}, visibility=listed.visibility))
            continue
        grid = read_grid(part.expand(), listed.name, part.name, book)
        book = book._replace(
            cells_left=book.cells_left - len(grid.cells), characters_left=book.characters_left - grid.characters
        )
        sheets.append(
            Sheet(
                name=listed.name,
                cells=grid.cells,
                merges=grid.merges,
                names=names.areas.get(index, {}),
                constants=names.constants.get(index, {}),
                widths=grid.widths,
                visibility=listed.visibility,
                protected=grid.protected,
                hidden_rows=grid.hidden_rows,
                hidden_columns=grid.hidden_columns,
            )
        )
    if not sheets:
        raise Rejected("NO_SHEETS", source)
    return tuple(sheets)


def _properties(file: _File, roots: dict[str, parts.Relationship]) -> dict[str, str]:
    """Our custom properties. A broken part is remarked upon: the stamp stands elsewhere too."""
    found = None
    for relation in roots.values():
        if relation.kind in ("custom-properties", "customProperties"):
            found = _resolve(file.package, "", relation)
    if found is None:
        return {}
    try:
        return parts.properties(found, file.budget)
    except Rejected as broken:
        if broken.code not in ("BAD_XML", "BAD_ZIP"):
            raise
        file.remarks.add("BROKEN_UNNEEDED_PART", found.name)
        return {}
