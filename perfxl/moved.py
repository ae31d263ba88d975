"""Where the rows and columns of an issued sheet stand now, read off the names that move with them.

Every spreadsheet program moves a defined name with its cell.  A row that bears no name (a row
of headings) is looked for by its words, between the rows around it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from .number import squeeze
from .page import NAME
from .pattern import pattern
from .sheet import Area, Sheet, column_letters, from_a1

Place = tuple[int, int]
GONE = "#REF!"
_WINDOW = 60
"""How far behind the line before it a line without names is looked for."""

_REF = pattern(
    r'"[^"]*"|(?<![A-Za-z0-9_".])(?P<first>[A-Z]{1,3}[1-9]\d{0,6})(?::(?P<last>[A-Z]{1,3}[1-9]\d{0,6}))?(?![\w(])'
)


class Torn(Exception):  # noqa: N818 - what was found, no fault of ours
    """A named cell that went another way than its row and column: its place now."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class Moved:
    """Issued rows and columns to where they stand now; ``None`` for those that are gone.

    ``whole``: all names are there.  ``same``: nothing was moved.  Raises ``Torn`` where cells
    were moved apart, so that no line can be said to stand anywhere.
    """

    def __init__(self, issued: Mapping[str, Area], found: Mapping[str, Area], *, untouched: bool = False) -> None:
        self.whole = self.same = untouched
        self._issued = issued
        self.rows: dict[int, int | None] = {}
        self.columns: dict[int, int | None] = {}
        if untouched:
            return
        here = {name: found[NAME + name] for name in issued if NAME + name in found}
        self.whole = len(here) == len(issued)
        self.rows = _lines((area.top for area in issued.values()), ((issued[n].top, a.top) for n, a in here.items()))
        self.columns = _lines(
            (area.left for area in issued.values()), ((issued[n].left, a.left) for n, a in here.items())
        )
        self._undecided(issued)
        for name, area in here.items():
            if area.corner != (self.rows[issued[name].top], self.columns[issued[name].left]):
                raise Torn(area.corner)
        for lines in (self.rows, self.columns):
            stand = [now for now in lines.values() if now is not None]
            if len(stand) != len(set(stand)):
                raise Torn(next(iter(here.values())).corner)
        self._settle()

    def _undecided(self, issued: Mapping[str, Area]) -> None:
        """A row is not gone where all its names stood in columns that are; it has no names, as it were."""
        rows = {line for line, now in self.rows.items() if now is None}
        columns = {line for line, now in self.columns.items() if now is None}
        if rows and columns:
            told = {(area.top, area.left) for area in issued.values()}
            for row in rows - {top for top, left in told if left not in columns}:
                del self.rows[row]
            for column in columns - {left for top, left in told if top not in rows}:
                del self.columns[column]

    def _settle(self) -> None:
        self._known = sorted(self.rows), sorted(self.columns)
        self.same = all(at == now for lines in (self.rows, self.columns) for at, now in lines.items())

    def search(self, words: Sequence[tuple[Place, str]], sheet: Sheet, extent: Area) -> bool:
        """Look for rows and columns without names by their words; whether that changed anything."""
        if self.same and not self.rows:
            self.rows = {area.top: area.top for area in self._issued.values()}
            self.columns = {area.left: area.left for area in self._issued.values()}
        before = dict(self.rows), dict(self.columns)
        rows: dict[int, set[str]] = {}
        columns: dict[int, set[str]] = {}
        for (row, column), cell in sheet.cells.items():
            if cell.text and cell.formula is None:
                text = squeeze(cell.text)
                rows.setdefault(row, set()).add(text)
                columns.setdefault(column, set()).add(text)
        said = [(place, squeeze(text)) for place, text in words]
        inside = [(place, text) for place, text in said if place[1] <= extent.right]
        _find(self.rows, _by(0, inside), rows, keep=True)
        _find(self.columns, _by(1, said), columns, keep=False)
        self._settle()
        return before != (self.rows, self.columns)

    def place(self, place: Place) -> Place | None:
        """Where an issued cell stands now."""
        if self.same:
            return place
        row, column = _go(place[0], self._known[0], self.rows), _go(place[1], self._known[1], self.columns)
        return None if row is None or column is None else (row, column)

    def formula(self, formula: str) -> str:
        """An issued formula as a spreadsheet program rewrites it after the move."""
        return formula if self.same else _REF.sub(self._rewritten, formula)

    def _rewritten(self, found: re.Match[str]) -> str:
        if found["first"] is None:
            return found[0]
        try:
            top, left = from_a1(found["first"])
            bottom, right = from_a1(found["last"]) if found["last"] else (top, left)
        except ValueError:
            return found[0]
        rows = self._span(top, bottom, self._known[0], self.rows)
        columns = self._span(left, right, self._known[1], self.columns)
        if rows is None or columns is None:
            return GONE
        first = f"{column_letters(columns[0])}{rows[0]}"
        return f"{first}:{column_letters(columns[1])}{rows[1]}" if found["last"] else first

    @staticmethod
    def _span(first: int, last: int, known: list[int], lines: Mapping[int, int | None]) -> tuple[int, int] | None:
        stand = [now for at in range(first, last + 1) if (now := _go(at, known, lines)) is not None]
        return (min(stand), max(stand)) if stand else None


def _lines(issued: Iterable[int], votes: Iterable[tuple[int, int]]) -> dict[int, int | None]:
    """Each named line to where most of its names stand; without any name left it is gone."""
    counts: dict[int, Counter[int]] = {line: Counter() for line in issued}
    for line, now in votes:
        counts[line][now] += 1
    return {line: count.most_common(1)[0][0] if count else None for line, count in counts.items()}


def _go(at: int, known: list[int], lines: Mapping[int, int | None]) -> int | None:
    """Where a line stands: as known, else as far behind the one before it as it was issued."""
    if at in lines:
        return lines[at]
    index = bisect_left(known, at)
    for each in reversed(known[:index]):
        now = lines[each]
        if now is not None:
            return at + now - each
    for each in known[index:]:
        now = lines[each]
        if now is not None:
            return max(1, at + now - each)
    return at


def _by(axis: int, words: Iterable[tuple[Place, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for place, text in words:
        found.setdefault(place[axis], []).append(text)
    return found


def _find(
    lines: dict[int, int | None], words: Mapping[int, list[str]], texts: Mapping[int, Set[str]], *, keep: bool
) -> None:
    """Place the lines without names that have words.

    A line whose words stand where it is expected stays; else it is looked for between the lines
    around it, and known by two thirds of its words.  One with a single word moves only together
    with the next.  Where ``keep`` is not set, the lines behind all named ones (the self-check
    beside the form) may be gone together.
    """

    def fits(line: int, at: int) -> bool:
        return 3 * sum(1 for text in words.get(line, ()) if text in texts.get(at, ())) >= 2 * len(words[line])

    def any_of(line: int, at: int) -> bool:
        return any(text in texts.get(at, ()) for text in words[line])

    named = sorted(lines)
    if not named:
        return
    unsure: list[int] = []
    for line in sorted(set(words) - set(named)):
        expected = _go(line, sorted(lines), lines) or line
        if any_of(line, expected):
            lines[line] = expected
            continue
        before, after = _around(line, lines)
        taken = {now for now in lines.values() if now is not None}
        found = [
            at
            for at in range(before + 1, after)
            if at not in taken
            and fits(line, at)
            and (keep or len(words[line]) > 1 or (line + 1 in words and fits(line + 1, at + 1)))
        ]
        if found:
            lines[line] = found[0]
        else:
            unsure.append(line)
    behind = [line for line in words if line > named[-1]]
    # the whole self-check beside the form was deleted
    last = max((now for at, now in lines.items() if at in named and now is not None), default=0)
    away = not keep and not any(any_of(line, at) for line in behind for at in texts if at > last)
    for line in unsure:
        expected = _go(line, sorted(lines), lines) or line
        before, after = _around(line, lines)
        lines[line] = expected if before < expected < after and not (away and line in behind) else None


def _around(line: int, lines: Mapping[int, int | None]) -> tuple[int, int]:
    """Between which places a line may stand, in the order of the issued sheet."""
    before = max((now for at, now in lines.items() if at < line and now is not None), default=0)
    return before, min((now for at, now in lines.items() if at > line and now is not None), default=before + _WINDOW)
