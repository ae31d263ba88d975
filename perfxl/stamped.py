"""A stamped sheet: what was issued on it, where its fields stand now, what of it was changed."""

from __future__ import annotations

from collections.abc import Mapping, Set

from .form import Form
from .layout import Layout, Place, by_names
from .noun import noun, replace
from .page import NAME, RowSpec, rows_of
from .placement import LEVELS, Placed, place_fields
from .record import Assignment
from .sheet import Area, Sheet, Value, a1
from .stamp import Carried
from .submission import Difference, Refused, Submission
from .tamper import Issued, issued_layout
from .template import edition

Notes = tuple[tuple[str, str], ...]


@noun
class Located:
    """A stamped sheet ready to be read.

    ``assignment`` is what was issued on it, ``compared`` whether it was held against that;
    ``formulas`` are the issued formulas where they stand now.
    """

    layout: Layout
    assignment: Assignment | None = None
    compared: bool = False
    formulas: Mapping[Place, str]
    known: Set[Place] = frozenset()
    missing: tuple[str, ...] = ()
    changed: tuple[Difference, ...] = ()
    notes: Notes = ()


def number_of(sheet: Sheet, at: int) -> int:
    """Which sheet of the issued workbook this is, counted from 0; by its place where it does not say."""
    number = sheet.constants.get(NAME + "sheet", "")
    return int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 6 else at


def locate(sheet: Sheet, at: int, form: Form, issuer: Form | None, stamp: Carried) -> Located:
    """Find the fields of a stamped sheet and compare it with what was issued.

    ``form`` is the definition it is read by, ``issuer`` the one that its stamp names, ``None``
    where that is not to be had.  A sheet of another edition is read, but not compared.
    Raises ``Rejected`` ``LAYOUT_CHANGED`` where fields cannot be told apart.
    """
    content, index = stamp.content, number_of(sheet, at)
    assignment = None
    if content is not None and 0 <= index < len(content.assignments):
        assignment = content.assignments[index]
    if issuer is None:
        return Located(layout=by_names(sheet, sheet.names), formulas={})
    version = content.version if content is not None else stamp.stamp.version
    same = form.id == stamp.stamp.form and version == edition(form)
    notes: Notes = () if same or form.id != issuer.id else (("OTHER_EDITION", version),)
    if assignment is None:
        issued = issued_layout(issuer, _rows_by_names(sheet))
        issued = replace(issued, formulas=(), words=_without_levels(issued))
    else:
        issued = issued_layout(issuer, rows_of(issuer, assignment.indicators, issued=bool(assignment.indicators)))
    placed = place_fields(issuer, assignment, sheet, issued)
    layout = _layout(sheet, placed)
    compared = same and assignment is not None
    if not compared:
        changed, missing = tuple[Difference, ...](), tuple[str, ...]()
    else:
        changed = placed.changed
        missing = () if placed.moved.whole else tuple(name for name in issued.names if NAME + name not in placed.names)
    formulas, known, extent = _where(issued, placed)
    if compared:
        layout.extent = extent
    return Located(
        layout=layout,
        assignment=assignment if compared else None,
        compared=compared,
        formulas=formulas if form.id == issuer.id else {},
        known=known,
        missing=missing,
        changed=changed,
        notes=(*notes, *placed.notes),
    )


def _where(issued: Issued, placed: Placed) -> tuple[Mapping[Place, str], Set[Place], Area]:
    """Formulas, known cells and extent of the issued sheet, where they stand now."""
    moved = placed.moved
    if moved.same:
        return issued.formula_at, issued.known, issued.extent
    formulas = {
        place: moved.formula(formula)
        for origin, _, formula in issued.formulas
        if (place := moved.place(origin)) is not None
    }
    known = {place for origin in issued.known if (place := moved.place(origin)) is not None}
    rows = [place[0] for place in known if place[0] > 0] or [issued.extent.bottom]
    columns = [
        place[1]
        for origin in issued.known
        if origin[1] <= issued.extent.right and (place := moved.place(origin)) is not None
    ] or [issued.extent.right]
    return formulas, known, Area(min(rows), min(columns), max(rows), max(columns))


def _layout(sheet: Sheet, placed: Placed) -> Layout:
    """The places of the fields, with the rows that somebody added between the indicators."""
    layout = by_names(sheet, placed.names)
    if not placed.added or not layout.indicators:
        return layout
    columns = {term: place[1] for term, place in layout.indicators[0].items()}
    for row in placed.added:
        above = [places for places in layout.indicators if places.get("level_3", (row, 0))[0] < row]
        before = max(above, key=lambda places: places.get("level_3", (0, 0))[0], default=layout.indicators[0])
        places = {term: (row, column) for term, column in columns.items() if term not in LEVELS}
        for term in LEVELS:
            if term in columns:
                own = (row, columns[term])
                places[term] = own if own in sheet.cells else before.get(term, own)
        layout.indicators.insert(layout.indicators.index(before) + 1, places)
    return layout


def _rows_by_names(sheet: Sheet) -> tuple[RowSpec, ...]:
    """The indicator rows of a sheet whose issued content is lost, by the names that it bears."""
    numbers = {
        int(parts[2])
        for name in sheet.names
        if len(parts := name.split(".")) == 4 and parts[1] == "indicators" and parts[2].isdigit() and len(parts[2]) < 5
    }
    rows = []
    for number in range(1, max(numbers, default=0) + 1):
        level = [sheet.names.get(f"{NAME}indicators.{number}.{term}") for term in LEVELS]
        first, second = (None if area is None else _key(area) for area in level)
        rows.append(RowSpec(first, second, spare=None in level))
    return tuple(rows)


def _key(area: Area) -> str:
    """Rows whose level cell is one cell are of one level."""
    return f"@{a1(*area.corner)}"


def _without_levels(issued: Issued) -> tuple[tuple[Place, Value], ...]:
    return tuple(each for each in issued.words if not (isinstance(each[1], str) and each[1].startswith("@")))


def settle_copies(found: list[Submission | Refused], sheets: list[Sheet], stamp: Carried) -> list[Submission | Refused]:
    """One answer for each issued sheet: of copies the one that is filled in.

    Where two copies are filled in, and not alike, nobody can say which counts.  Issued sheets
    that are gone are noted at the first that is there.
    """
    by_number: dict[int, list[Submission | Refused]] = {}
    for at, (each, sheet) in enumerate(zip(found, sheets, strict=True)):
        by_number.setdefault(number_of(sheet, at), []).append(each)
    settled = [_settled(each) for each in by_number.values()]
    issued = stamp.content.assignments if stamp.content is not None else ()
    gone = tuple(
        ("FORM_DELETED", assignment.project_name or assignment.id)
        for number, assignment in enumerate(issued)
        if number not in by_number
    )
    for at, each in enumerate(settled):
        if gone and isinstance(each, Submission):
            settled[at] = replace(each, notes=(*each.notes, *gone))
            break
    return settled


def _settled(copies: list[Submission | Refused]) -> Submission | Refused:
    if len(copies) == 1:
        return copies[0]
    filled = [each for each in copies if isinstance(each, Refused) or not each.is_blank]
    chosen = filled[0] if filled else copies[0]
    same = all(
        isinstance(each, Submission) and isinstance(chosen, Submission) and each.record == chosen.record
        for each in filled
    )
    if len(filled) > 1 and not same:
        return Refused(
            sheet=chosen.sheet, code="AMBIGUOUS_SHEET", where=" / ".join(dict.fromkeys(each.sheet for each in filled))
        )
    if isinstance(chosen, Refused):
        return chosen
    others = " / ".join(each.sheet for each in copies if each is not chosen)
    return replace(chosen, notes=(*chosen.notes, ("SHEET_COPIED", others)))
