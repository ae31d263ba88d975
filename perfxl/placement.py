"""Where the fields of a stamped sheet stand: by its names, where the printed form bears them out.

Names are not believed alone.  Where the words around a field say that another field stands
there, the sheet is refused with the first such cell, unless it is plain what happened (rows
that were sorted).  No value is ever credited to another field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .form import Form
from .formula import canonical
from .moved import Moved, Place, Torn
from .noun import ordered_noun
from .page import NAME
from .pattern import pattern
from .record import Assignment
from .rejection import Rejected
from .sheet import Area, Sheet, Value, a1
from .submission import Difference
from .tamper import Issued, differences, own_values, plain_text, same_formula, same_value

LEVELS = ("level_1", "level_2")
_WORD = pattern(r"[^\W\d_]")
_DIGITS = pattern(r"\d+")
_ROW_TERMS = frozenset({"level_3", "target", "weight", "operator", "unit"})


@ordered_noun
class Placed:
    """A stamped sheet with its fields found.

    ``names``: where each field stands now.  ``moved``: where rows and columns went.
    ``added``: rows between the indicator rows that were not issued.  ``notes``: what was
    found elsewhere than issued.
    """

    names: Mapping[str, Area]
    moved: Moved
    changed: tuple[Difference, ...]
    added: tuple[int, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


def place_fields(form: Form, assignment: Assignment | None, sheet: Sheet, issued: Issued) -> Placed:
    """Find the fields of a stamped sheet, for what was issued on it if that is known.

    Raises ``Rejected`` ``LAYOUT_CHANGED`` with the first cell that contradicts the names.
    """
    names = sheet.names
    own = {} if assignment is None else own_values(form, assignment)
    untouched = names == issued.local_names
    try:
        moved = Moved(issued.names, names, untouched=untouched)
    except Torn as torn:
        raise _refused(sheet, torn.place) from None
    changed = differences(sheet, issued, own, names, moved)
    if untouched and not changed:
        return Placed(names, moved, ())
    words = [(place, value) for place, value in issued.words if isinstance(value, str)]
    if moved.search(words, sheet, issued.extent):
        changed = differences(sheet, issued, own, names, moved)
    notes: list[tuple[str, str]] = []
    wrong = _contradiction(sheet, issued, own, names, moved)
    if wrong is not None:
        known_again = _sorted_rows(sheet, own, names)
        if known_again is None or _contradiction(sheet, issued, own, known_again, moved) is not None:
            raise _refused(sheet, wrong)
        names = known_again
        changed = differences(sheet, issued, own, names, moved)
        notes.append(("ROWS_SORTED", _at(sheet, wrong)))
    if not moved.same:
        notes.append(("FIELDS_MOVED", _at(sheet, _first_moved(issued, names))))
    added = _added(sheet, names, moved)
    notes += [("ROW_ADDED", _at(sheet, (row, 1))) for row in added]
    return Placed(names, moved, changed, added, tuple(notes))


def _refused(sheet: Sheet, place: Place) -> Rejected:
    return Rejected("LAYOUT_CHANGED", _at(sheet, place))


def _at(sheet: Sheet, place: Place) -> str:
    return f"{sheet.name}!{a1(*place)}"


def _first_moved(issued: Issued, names: Mapping[str, Area]) -> Place:
    moved = [
        names[NAME + name].corner
        for name, area in issued.names.items()
        if NAME + name in names and names[NAME + name].corner != area.corner
    ]
    return min(moved, default=(1, 1))


# ---- do words and formulas bear the names out ----------------------------------------------


def _contradiction(
    sheet: Sheet, issued: Issued, own: Mapping[str, Value], names: Mapping[str, Area], moved: Moved
) -> Place | None:
    """The first cell at which the printed form says that something else stands there."""
    found = [
        *_displaced_words(sheet, issued, own, names, moved),
        *_displaced_issued(sheet, own, names),
        *_displaced_formulas(sheet, issued, moved),
    ]
    return min(found, default=None)


def _displaced_words(
    sheet: Sheet, issued: Issued, own: Mapping[str, Value], names: Mapping[str, Area], moved: Moved
) -> Iterator[Place]:
    """Labels that stand elsewhere, or whose place another label took."""
    levels = {area.corner for name, area in issued.names.items() if name.rpartition(".")[2] in LEVELS}
    mine = {issued.names[name].corner for name in own if name in issued.names}
    expected: dict[Place, str] = {}
    for origin, value in issued.words:
        place = None if origin in mine else moved.place(origin)
        if place is not None and isinstance(value, str) and origin[1] <= issued.extent.right:
            expected[place] = plain_text(value)
    wrong = [place for place, text in expected.items() if not same_value(text, sheet.cell(*place))]
    if not wrong:
        return
    now_levels = {place for origin in levels if (place := moved.place(origin)) is not None}
    labels = {text for place, text in expected.items() if place not in now_levels and _WORD.search(text)}
    where = _texts(sheet)
    for place in wrong:
        text = expected[place]
        if not _WORD.search(text):
            continue
        away = [each for each in where.get(text, ()) if expected.get(each) != text]
        if place in now_levels:
            away = [each for each in away if each[1] == place[1]]
        taken = plain_text(sheet.cell(*place).text)
        if away or (place not in now_levels and taken in labels and taken != text):
            yield place


def _displaced_issued(sheet: Sheet, own: Mapping[str, Value], names: Mapping[str, Area]) -> Iterator[Place]:
    """Names and targets of indicators that stand in another row of their column."""
    expected = {
        names[NAME + name].corner: value
        for name, value in own.items()
        if isinstance(value, str) and name.startswith("indicators.") and NAME + name in names
    }
    wrong = [(place, text) for place, text in expected.items() if not same_value(text, sheet.cell(*place))]
    if not wrong:
        return
    where = _texts(sheet)
    said = {place: plain_text(text) for place, text in expected.items()}
    for place, text in wrong:
        if any(each[1] == place[1] and said.get(each) != said[place] for each in where.get(plain_text(text), ())):
            yield place


def _displaced_formulas(sheet: Sheet, issued: Issued, moved: Moved) -> Iterator[Place]:
    """Formulas of fields that stand where none was issued."""
    if not sheet.formulas_read:
        return
    expected: dict[Place, tuple[str, str]] = {}
    for origin, _, formula in issued.formulas:
        place = moved.place(origin)
        if place is not None:
            expected[place] = formula, moved.formula(formula)
    wrong = [
        place
        for place, (_, wanted) in expected.items()
        if place[1] <= issued.extent.right and not same_formula(wanted, sheet.cell(*place).formula)
    ]
    if not wrong:
        return
    strays = {
        canonical(cell.formula)
        for place, cell in sheet.cells.items()
        if cell.formula is not None and place not in expected
    }
    anywhere = {_DIGITS.sub("#", each) for each in strays}
    for place in wrong:
        if any(_DIGITS.sub("#", canonical(each)) in anywhere for each in expected[place]):
            yield place


def _texts(sheet: Sheet) -> dict[str, list[Place]]:
    where: dict[str, list[Place]] = {}
    for place, cell in sheet.cells.items():
        if isinstance(cell.value, str):
            where.setdefault(plain_text(cell.value), []).append(place)
    return where


# ---- rows that were sorted, rows that were added -------------------------------------------


def _slots(names: Mapping[str, Area]) -> dict[str, dict[str, Area]]:
    """The fields of each indicator row, by its number."""
    slots: dict[str, dict[str, Area]] = {}
    for name, area in names.items():
        parts = name.removeprefix(NAME).split(".")
        if len(parts) == 3 and parts[0] == "indicators" and parts[2] not in LEVELS:
            slots.setdefault(parts[1], {})[parts[2]] = area
    return slots


def _sorted_rows(sheet: Sheet, own: Mapping[str, Value], names: Mapping[str, Area]) -> Mapping[str, Area] | None:
    """Where each indicator went, if the issued rows were only put into another order.

    Sorting moves contents and leaves names.  An indicator is known again by all that was
    issued in its row; ``None`` where one is not found, or two are alike.
    """
    slots = _slots(names)
    wanted = {number: {term: own.get(f"indicators.{number}.{term}") for term in _ROW_TERMS} for number in slots}
    alike: dict[tuple[tuple[str, Value], ...], str] = {}
    for number, values in wanted.items():
        key = tuple(sorted((term, value) for term, value in values.items() if value is not None))
        if not key:
            continue
        if alike.setdefault(key, number) != number:
            return None
    found = dict(names)
    taken: set[str] = set()
    for number in alike.values():
        values = wanted[number]
        here = [
            other
            for other, places in slots.items()
            if all(
                term in places and same_value(value, sheet.cell(*places[term].corner))
                for term, value in values.items()
                if value is not None
            )
        ]
        if len(here) != 1 or here[0] in taken:
            return None
        taken.add(here[0])
        for term, area in slots[here[0]].items():
            found[f"{NAME}indicators.{number}.{term}"] = area
    spare = [number for number in slots if number not in alike.values()]
    left = [number for number in slots if number not in taken]
    for number, other in zip(spare, left, strict=True):
        for term, area in slots[other].items():
            found[f"{NAME}indicators.{number}.{term}"] = area
    return found


def _added(sheet: Sheet, names: Mapping[str, Area], moved: Moved) -> tuple[int, ...]:
    """Rows between the issued indicator rows that hold something under the indicators' columns."""
    if moved.same:
        return ()
    slots = _slots(names)
    rows = {area.top for places in slots.values() for area in places.values()}
    others = {area.top for area in names.values()} | {now for now in moved.rows.values() if now is not None}
    columns = {area.left for places in slots.values() for area in places.values()}
    if not rows:
        return ()
    return tuple(
        row
        for row in range(min(rows) + 1, min(max(rows), min(rows) + 2000))
        if row not in others and any(not sheet.cell(row, column).is_empty for column in columns)
    )
