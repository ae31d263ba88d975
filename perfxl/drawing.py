"""A form sheet as it stands on paper: what is needed to draw it again, and no more.

A drawing is made only where somebody will look at the form (the HTML report); it holds texts,
no values, and goes from a worker process to the report at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .noun import noun
from .sheet import Area, Sheet, from_a1

MOST_ROWS, MOST_COLUMNS, MOST_TEXT = 250, 40, 2_000
"""How much of a sheet is drawn at most: rows, columns, characters of one cell."""

_AROUND = 8
"""Rows below and columns beside the fields of a form that are drawn, where something stands there."""

Spot = tuple[int, int, str]
"""Row, column, and the text that stands there."""


@noun
class Drawing:
    """A form sheet to be drawn 表样图.

    ``rows`` and ``columns`` are the numbers of those drawn, hidden ones without content left
    out; ``widths`` those of the columns in characters, 0 where the sheet does not say.
    ``merges`` lie within them.  ``printed`` are texts of the form itself, ``filled`` those of its
    fields; ``figures`` are the places among the fields that hold numbers.  ``framed`` are the
    first and last row of the ruled block.  ``hidden`` are rows drawn although they are hidden.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    widths: tuple[float, ...]
    merges: tuple[Area, ...]
    printed: tuple[Spot, ...]
    filled: tuple[Spot, ...]
    figures: frozenset[tuple[int, int]]
    framed: tuple[int, int]
    hidden: frozenset[int]
    cut: bool = False


def draw(
    sheet: Sheet, fields: Mapping[str, bool], *, marked: Collection[str] = (), signed: Collection[str] = ()
) -> Drawing | None:
    """The drawing of a sheet, ``None`` where nothing stands on it.

    ``fields`` are the cells of the form's fields by name (``H31``) and whether each holds a
    figure; ``marked`` are further cells that must be seen; ``signed`` those of the sign-off line
    落款, which stands below the ruled block.
    """
    figures = {from_a1(name): is_figure for name, is_figure in fields.items()}
    seen = {*figures, *(from_a1(name) for name in marked)}
    shown = {place: cell for place, cell in sheet.cells.items() if cell.text or cell.error}
    bottom, right, cut = _reach(sheet, figures, seen, shown)
    inside = {place: cell for place, cell in shown.items() if place[0] <= bottom and place[1] <= right}
    if not inside:
        return None
    merges = tuple(
        Area(each.top, each.left, min(each.bottom, bottom), min(each.right, right))
        for each in sheet.merges
        if each.top <= bottom and each.left <= right
    )
    top, left = min(row for row, _ in inside), min(column for _, column in inside)
    with_content = {row for row, _ in inside} | {row for row, _ in seen}
    rows = tuple(row for row in range(top, bottom + 1) if row not in sheet.hidden_rows or row in with_content)
    used = {column for _, column in inside} | {column for _, column in seen}
    columns = tuple(each for each in range(left, right + 1) if each not in sheet.hidden_columns or each in used)
    texts = [(row, column, (cell.text or cell.error or "")[:MOST_TEXT]) for (row, column), cell in inside.items()]
    return Drawing(
        rows=rows,
        columns=columns,
        widths=tuple(sheet.widths.get(column, 0.0) for column in columns),
        merges=merges,
        printed=tuple(sorted(spot for spot in texts if spot[:2] not in figures)),
        filled=tuple(sorted(spot for spot in texts if spot[:2] in figures)),
        figures=frozenset(place for place, is_figure in figures.items() if is_figure),
        framed=_framed({*inside, *figures}, merges, top, _end_of_frame(figures, signed, bottom)),
        hidden=sheet.hidden_rows & frozenset(rows),
        cut=cut,
    )


def _reach(
    sheet: Sheet,
    fields: Collection[tuple[int, int]],
    seen: Collection[tuple[int, int]],
    shown: Collection[tuple[int, int]],
) -> tuple[int, int, bool]:
    """The last row and column drawn, and whether something beyond them is left out.

    A sheet of ours is drawn as far as it prints: its self-check stands beside the form.
    """
    places = [*seen] or [*shown]
    for area in sheet.merges:
        if area.corner in seen:
            places.append((area.bottom, area.right))
    bottom = max((row for row, _ in places), default=1)
    right = max((column for _, column in places), default=1)
    around = 0 if sheet.names else _AROUND
    near = [place for place in shown if place[0] <= bottom + _AROUND and place[1] <= right + around]
    last_row = min(max([bottom, *(row for row, _ in near)]), MOST_ROWS)
    last_column = min(max([right, *(column for _, column in near)]), MOST_COLUMNS)
    beyond = [place for place in shown if place[0] > last_row or place[1] > last_column]
    cut = bool(beyond) and (not sheet.names or any(row > last_row for row, _ in beyond))
    return last_row, last_column, cut


def _end_of_frame(fields: Collection[tuple[int, int]], signed: Collection[str], bottom: int) -> int:
    """The last row that may be ruled: a sign-off line below all other fields stands under the frame."""
    names = {from_a1(name) for name in signed}
    last = max((row for row, column in fields if (row, column) not in names), default=0)
    return min([bottom, *(row - 1 for row, _ in names if row > last)])


def _framed(texts: Collection[tuple[int, int]], merges: Collection[Area], top: int, bottom: int) -> tuple[int, int]:
    """The ruled block: from the first row that is more than one text, to the last row of a wide one."""
    spans = {area.corner: area.right - area.left + 1 for area in merges}
    taken: dict[int, list[int]] = {}
    for row, column in texts:
        taken.setdefault(row, []).append(spans.get((row, column), 1))
    for area in merges:
        for row in range(area.top + 1, area.bottom + 1):
            taken.setdefault(row, []).append(area.right - area.left + 1)
    ruled = {row: sum(widths) for row, widths in taken.items() if len(widths) > 1 and row <= bottom}
    widest = max(ruled.values(), default=1)
    last = max((row for row, width in ruled.items() if 2 * width > widest), default=bottom)
    return min(ruled, default=top), last
