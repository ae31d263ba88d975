"""What was issued against what came back: the typed content of every locked cell.

Styles, fonts and widths are no evidence, since other programs rewrite them; a formula is
compared in canonical form.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache

from .form import Form
from .formula import canonical
from .noun import ordered_noun
from .number import neat
from .page import NAME, RowSpec
from .pattern import pattern
from .record import Assignment
from .sheet import Area, Cell, Sheet, Value, a1, column_letters, from_a1
from .submission import Difference
from .template import issued_fields, skeleton

Place = tuple[int, int]


@ordered_noun
class Issued:
    """The locked cells of one shape of a form: words and formulas by place, names of the fields."""

    names: Mapping[str, Area]
    local_names: Mapping[str, Area]
    formula_at: Mapping[Place, str]
    words: tuple[tuple[Place, Value], ...]
    formulas: tuple[tuple[Place, str, str], ...]
    known: frozenset[Place]
    extent: Area


@lru_cache(maxsize=32)
def issued_layout(form: Form, rows: tuple[RowSpec, ...]) -> Issued:
    """The sheet that was issued, reduced to what is compared."""
    spine = skeleton(form, rows)
    page = spine.page
    field_of = {area.corner: name for name, area in page.fields.items()}
    words = tuple(
        (place, cell.value)
        for place, cell in page.cells.items()
        if cell.locked and cell.formula is None and cell.value is not None
    )
    formulas = tuple(
        (place, field_of.get(place, ""), cell.formula) for place, cell in page.cells.items() if cell.formula is not None
    )
    names = {name: area for name, area in page.fields.items() if not name.startswith("check.")}
    return Issued(
        names,
        {NAME + name: area for name, area in names.items()},
        {place: formula for place, _, formula in formulas},
        words,
        formulas,
        frozenset(page.cells),
        Area(1, 1, spine.last_row, page.columns),
    )


class Moved:
    """Where issued rows and columns went, read off the defined names that moved with them."""

    def __init__(self, issued: Issued, found: Mapping[str, Area]) -> None:
        self.rows: dict[int, int] = {}
        self.columns: dict[int, int] = {}
        self.whole = self.same = found == issued.local_names
        if self.whole:
            return
        for name, area in issued.names.items():
            now = found.get(NAME + name)
            if now is not None:
                self.rows.setdefault(area.top, now.top)
                self.columns.setdefault(area.left, now.left)
        self.same = all(row == now for row, now in self.rows.items()) and all(
            column == now for column, now in self.columns.items()
        )
        self._rows, self._columns = sorted(self.rows), sorted(self.columns)

    @staticmethod
    def _go(at: int, known: list[int], table: dict[int, int]) -> int:
        if at in table:
            return table[at]
        before = bisect_right(known, at) - 1
        anchor = known[before] if before >= 0 else known[0] if known else at
        return at + table.get(anchor, anchor) - anchor

    def place(self, place: Place) -> Place:
        """Where an issued cell stands now."""
        if self.same:
            return place
        return self._go(place[0], self._rows, self.rows), self._go(place[1], self._columns, self.columns)

    def formula(self, formula: str) -> str:
        """An issued formula as it reads after the move."""
        if self.same:
            return formula
        return _REF.sub(lambda found: self._ref(found.group()), formula)

    def _ref(self, name: str) -> str:
        try:
            row, column = self.place(from_a1(name))
        except ValueError:
            return name
        return f"{column_letters(column)}{row}"


_REF = pattern(r'(?<![A-Za-z0-9_".])[A-Z]{1,3}[1-9]\d{0,6}(?![\w(])')


def same_value(issued: Value, cell: Cell) -> bool:
    """Whether a cell still holds the constant that was issued, in kind and content."""
    if cell.formula is not None or cell.error is not None:
        return False
    found = cell.value
    if isinstance(issued, str) and isinstance(found, str):
        return issued == found or _plain(issued) == _plain(found)
    if type(issued) is not type(found):
        return False
    return issued == found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def said(cell: Cell) -> str:
    """What a cell holds, for people."""
    if cell.formula is not None:
        return "=" + cell.formula
    return cell.error or cell.text


def differences(
    form: Form, assignment: Assignment, sheet: Sheet, issued: Issued, moved: Moved
) -> tuple[Difference, ...]:
    """Every locked cell that no longer holds what was issued, in reading order."""
    found: list[tuple[Place, Difference]] = []
    own = {"fiscal_year": form.year_line.format(year=assignment.fiscal_year), **issued_fields(form, assignment)}
    own_places = {issued.names[name].corner: name for name in own if name in issued.names}

    def differ(kind: str, place: Place, field: str, wanted: str) -> None:
        cell = sheet.cell(*place)
        found.append(
            (
                place,
                Difference(
                    kind=kind,  # type: ignore[arg-type]
                    field=field,
                    cell_name=a1(*place),
                    issued=wanted,
                    found=said(cell),
                ),
            )
        )

    gone = (
        frozenset()
        if moved.whole
        else {area.corner for name, area in issued.names.items() if NAME + name not in sheet.names}
    )
    for origin, field, formula in issued.formulas:
        if origin in gone:
            continue
        place = moved.place(origin)
        cell = sheet.cell(*place)
        wanted = moved.formula(formula)
        if cell.formula is None or (cell.formula != wanted and canonical(cell.formula) != canonical(wanted)):
            differ("formula", place, field, "=" + wanted)
    for origin, value in issued.words:
        if origin in own_places or origin in gone:
            continue
        place = moved.place(origin)
        if not same_value(value, sheet.cell(*place)):
            differ("label", place, "", neat(value) if not isinstance(value, str | bool | None) else str(value))
    seen: set[Place] = set()
    for name, value in own.items():
        area = sheet.names.get(NAME + name)
        if area is None or area.corner in seen:
            continue
        seen.add(area.corner)
        if not same_value(value, sheet.cell(*area.corner)):
            differ("issued", area.corner, name, neat(value) if not isinstance(value, str | bool | None) else str(value))
    return tuple(difference for _, difference in sorted(found, key=lambda item: item[0]))
