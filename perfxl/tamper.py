"""What was issued against what came back: the typed content of every locked cell.

Styles, fonts and widths are no evidence, since other programs rewrite them; a formula is
compared in canonical form.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from .form import Form
from .formula import canonical
from .moved import GONE, Moved, Place
from .noun import ordered_noun
from .number import neat
from .page import NAME, RowSpec
from .record import Assignment
from .sheet import Area, Cell, Sheet, Value, a1
from .submission import Difference
from .template import issued_fields, skeleton


@ordered_noun
class Issued:
    """The locked cells of one shape of a form: words and formulas by place, names of the fields."""

    names: Mapping[str, Area]
    local_names: Mapping[str, Area]
    formula_at: Mapping[Place, str]
    texts: list[str]
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
        [formula for _, _, formula in formulas],
        words,
        formulas,
        frozenset(page.cells),
        Area(1, 1, spine.last_row, page.columns),
    )


def same_value(issued: Value, cell: Cell) -> bool:
    """Whether a cell still holds the constant that was issued, in kind and content."""
    if cell.formula is not None or cell.error is not None:
        return False
    found = cell.value
    if isinstance(issued, str) and isinstance(found, str):
        return issued == found or plain_text(issued) == plain_text(found)
    if type(issued) is not type(found):
        return False
    return issued == found


def plain_text(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def said(cell: Cell) -> str:
    """What a cell holds, for people."""
    if cell.formula is not None:
        return "=" + cell.formula
    return cell.error or cell.text


def state_of(
    cell: Cell, holds: Decimal | None, due: Decimal | None
) -> Literal["right", "wrong", "edited", "cleared", "error"]:
    """What became of a formula that was altered; both figures as they are printed."""
    if cell.error is not None:
        return "error"
    if cell.formula is not None:
        return "edited"
    if cell.is_empty or cell.value == "":
        return "right" if due is None else "cleared"
    return "right" if holds is not None and holds == due else "wrong"


def own_values(form: Form, assignment: Assignment) -> dict[str, Value]:
    """What was issued to this unit, by field name: the year, the names, the indicators."""
    return {"fiscal_year": form.year_line.format(year=assignment.fiscal_year), **issued_fields(form, assignment)}


def same_formula(wanted: str, found: str | None) -> bool:
    """Whether two formulas are one in canonical form; a reference gone with its row is no change."""
    if found is None:
        return False
    return found == wanted or canonical(found) == canonical(wanted) or (GONE in wanted and GONE in found)


def differences(
    sheet: Sheet, issued: Issued, own: Mapping[str, Value], names: Mapping[str, Area], moved: Moved
) -> tuple[Difference, ...]:
    """Every locked cell that no longer holds what was issued, in reading order.

    ``own`` is what was issued to this unit, ``names`` where its fields stand now.
    """
    found: list[tuple[Place, Difference]] = []
    own_places = {issued.names[name].corner: name for name in own if name in issued.names}

    def differ(kind: Literal["formula", "issued", "label"], place: Place, field: str, wanted: str) -> None:
        said_now = said(sheet.cell(*place))
        found.append((place, Difference(kind=kind, field=field, cell_name=a1(*place), issued=wanted, found=said_now)))

    gone = (
        frozenset() if moved.whole else {area.corner for name, area in issued.names.items() if NAME + name not in names}
    )
    cell_at = sheet.cells.get
    as_issued = moved.same and issued.texts == [
        None if (there := cell_at(origin)) is None else there.formula for origin in issued.formula_at
    ]  # nearly always so
    for origin, field, formula in issued.formulas if sheet.formulas_read and not as_issued else ():
        if moved.same and (there := cell_at(origin)) is not None and there.formula == formula:
            continue
        place = None if origin in gone else moved.place(origin)
        if place is not None:
            wanted = moved.formula(formula)
            if not same_formula(wanted, sheet.cell(*place).formula):
                differ("formula", place, field, "=" + wanted)
    for origin, value in issued.words:
        if moved.same and (there := cell_at(origin)) is not None and same_value(value, there):
            continue
        place = None if origin in own_places or origin in gone else moved.place(origin)
        if place is not None and not same_value(value, sheet.cell(*place)):
            differ("label", place, "", _written(value))
    seen: set[Place] = set()
    for name, value in own.items():
        area = names.get(NAME + name)
        if area is None or area.corner in seen:
            continue
        seen.add(area.corner)
        if not same_value(value, sheet.cell(*area.corner)):
            differ("issued", area.corner, name, _written(value))
    return tuple(difference for _, difference in sorted(found, key=lambda item: item[0]))


def _written(value: Value) -> str:
    return neat(value) if not isinstance(value, str | bool | None) else str(value)
