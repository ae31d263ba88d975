"""A sheet as a reader of paper sees it: words in rows, each with the area that it is merged over.

What a file claims is never walked cell by cell: only filled cells and the merges over them count.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from ..noun import NamedTuple
from ..number import squeeze
from ..sheet import Area, Sheet

Place = tuple[int, int]

_TALL = 200  # filled rows under one merge; beyond that the merge is looked up in a list
_MOST_TALL = 64


class Word(NamedTuple):
    """A filled cell: its place, the area it is merged over, its text."""

    place: Place
    area: Area
    text: str

    @property
    def left(self) -> int:
        """The first column."""
        return self.area.left


class Board:
    """The filled cells of a sheet by row, and the merges around them."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._corners: dict[Place, Area] = {area.corner: area for area in sheet.merges}
        self.rows: dict[int, list[Word]] = {}
        self._lefts: dict[int, list[int]] = {}
        self._words: dict[Place, Word] = {}
        corner = self._corners.get
        for place, text in sorted([(place, cell.text) for place, cell in sheet.cells.items() if cell.text]):
            if squeeze(text):
                row, left = place
                word = self._words[place] = Word(place, corner(place) or Area(row, left, row, left), text)
                self.rows.setdefault(row, []).append(word)
                self._lefts.setdefault(row, []).append(left)
        self.order = sorted(self.rows)
        self._over: dict[int, list[Area]] = {}
        self._tall: list[Area] = []
        for area in sheet.merges:
            first, last = bisect_left(self.order, area.top), bisect_right(self.order, area.bottom)
            if last - first > _TALL:
                self._tall = [*self._tall, area][:_MOST_TALL]
                continue
            for row in self.order[first:last]:
                self._over.setdefault(row, []).append(area)

    def area_at(self, place: Place) -> Area:
        """The merged area that a cell belongs to, or the cell alone."""
        row, column = place
        over: list[Area] = [*self._over.get(row, ()), *self._tall]
        for area in over:
            if area.top <= row <= area.bottom and area.left <= column <= area.right:
                return area
        return Area(row, column, row, column)

    def word_at(self, place: Place) -> Word | None:
        """The word of a filled cell."""
        return self._words.get(place)

    def between(self, first: int, last: int) -> Iterator[int]:
        """The filled rows from one to another, both included."""
        for at in range(bisect_left(self.order, first), bisect_right(self.order, last)):
            yield self.order[at]

    def in_columns(self, row: int, left: int, right: int) -> list[Word]:
        """The words of a row that begin in those columns."""
        lefts = self._lefts.get(row)
        return self.rows[row][bisect_left(lefts, left) : bisect_right(lefts, right)] if lefts else []

    def after(self, word: Word) -> Word | None:
        """The next word of the same row to the right."""
        row = word.place[0]
        behind = bisect_right(self._lefts[row], word.left)
        return self.rows[row][behind] if behind < len(self._lefts[row]) else None


def widest(areas: Iterable[Area]) -> tuple[int, int]:
    """The first and last column of areas together."""
    found = list(areas)
    return min(area.left for area in found), max(area.right for area in found)
