"""What both ways of reading a worksheet part share: what they are given, what they give, and
what stands around the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..noun import NamedTuple, ordered_noun
from ..sheet import MAX_COLUMN, Area, Cell, area_from_a1
from .cells import Place
from .limits import Limits
from .markup import Attributes, Budget
from .package import shortened
from .parts import Styles, truth

_MEASURED = 64
"""Widths of so many columns are kept; a form has fewer."""

Remark = Callable[[str, str], None]


class Book(NamedTuple):
    """What the sheets of one file share. ``strings`` is ``None`` where the file has no such part;
    ``cells_left`` and ``characters_left`` are what this sheet may still take."""

    strings: list[str] | None
    styles: Styles
    budget: Budget
    remark: Remark
    cells_left: int
    characters_left: int


@ordered_noun
class Grid:
    """What one worksheet part holds. ``characters`` counts those of its long texts."""

    cells: dict[Place, Cell]
    merges: tuple[Area, ...]
    protected: bool
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]
    characters: int
    widths: Mapping[int, float]


def _is_width(text: str) -> bool:
    whole, point, part = text.partition(".")
    fits = text.isascii() and whole.isdigit() and len(whole) <= 3
    return fits and (not point or (part.isdigit() and len(part) <= 20))


class Margins:
    """What stands around the rows: merges, protection, columns. ``sheet`` is for remarks."""

    def __init__(self, sheet: str, limits: Limits, remark: Remark) -> None:
        self.sheet, self.limits, self.remark = sheet, limits, remark
        self.merges: list[Area] = []
        self.hidden_columns: set[int] = set()
        self.widths: dict[int, float] = {}
        self.protected = False

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element that is no part of a row."""
        if tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif tag == "sheetProtection":
            self.protected = truth(attributes, "sheet")
        elif tag == "col":
            self._column(attributes)

    def _column(self, attributes: Attributes) -> None:
        first, final = attributes.get("min", ""), attributes.get("max", "")
        if max(len(first), len(final)) > 5 or not ((first + final).isascii() and first.isdigit() and final.isdigit()):
            return
        columns = range(max(1, int(first)), min(int(final), MAX_COLUMN) + 1)
        if truth(attributes, "hidden"):
            self.hidden_columns.update(columns)
        width = attributes.get("width", "")
        if columns and columns[0] <= _MEASURED and _is_width(width):
            self.widths.update(dict.fromkeys(columns[:_MEASURED], float(width)))

    def _merge(self, reference: str) -> None:
        if len(self.merges) >= self.limits.merges:
            self.remark("MERGES_DROPPED", shortened(self.sheet))
            return
        try:
            self.merges.append(area_from_a1(reference))
        except ValueError:
            self.remark("MERGES_DROPPED", f"{shortened(self.sheet)}!{shortened(reference)}")
