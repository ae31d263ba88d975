"""One form of a sheet while its fields are sought: the board, the vocabulary, and what was found so far."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..finding import Understood
from ..layout import Layout, unit_of
from ..number import squeeze
from ..pattern import pattern
from ..sheet import Area, a1
from ..vocabulary import Group, is_block, is_title, term_in
from .board import Board, Place, Word
from .heads import Head

INLINE = pattern(r"([^:：]{2,20})[:：](.+)", re.DOTALL)
"""A label with its answer in one cell: ``项目名称：绿道改造``."""

POINTS = pattern(r"[(\[【]?(\d{1,3}(?:\.\d+)?)分")
"""Points that a label names: ``产出指标（50分）``."""

LONG = 60
"""Characters of a text that is no label with its answer."""

_SENTENCE = 16


class Search:
    """What the blocks of one form share: its rows, its headings, where its fields were found."""

    def __init__(self, board: Board, find: Callable[[str], Group], heads: list[Head], top: int, bottom: int) -> None:
        self.board, self.find, self.heads, self.top, self.bottom = board, find, heads, top, bottom
        self.layout = Layout()
        self.used_rows: set[int] = set()
        self.between_tables: list[int] = []

    def leftmost(self, first: int, last: int) -> int:
        return min(word.left for row in self.board.between(first, last) for word in self.board.rows[row])

    def note(self, field: str, word: Word, cell: Place, label: str | None = None) -> None:
        """Record a label that was understood."""
        self.layout.labels.add(word.place)
        if "%" in squeeze(label or word.text):
            self.layout.in_percent.add(field.rpartition(".")[2])
        self.layout.understood.append(
            Understood(field=field, label=label or word.text, cell=a1(*word.place), leads_to=a1(*cell))
        )

    def is_label(self, word: Word) -> bool:
        """Whether a word is a printed label of any block, with or without its value."""
        if is_block(word.text) or is_title(word.text) or (unit_of(word.text) and len(squeeze(word.text)) < 15):
            return True
        groups = ("header", "header_other", "goals", "fund_columns", "sign_off")
        if any(term_in(self.find(name), word.text) for name in groups):
            return True
        inline = INLINE.fullmatch(squeeze(word.text)) if len(word.text) < LONG else None
        return bool(inline) and any(term_in(self.find(name), inline[1]) for name in groups)  # type: ignore[index]

    def is_other_label(self, word: Word, label: Word) -> bool:
        """Whether a word is a label and not the answer to the one before it: ``评价结论 | 评价结论：良好``."""
        return self.is_label(word) and not squeeze(word.text).startswith(squeeze(label.text).rstrip(":") + ":")

    def cell_under(self, row: int, columns: Area) -> Place:
        """The cell of a row under a heading; a heading may be merged over several columns."""
        words = self.board.in_columns(row, columns.left, columns.right)
        if words:
            return words[0].place
        area = self.board.area_at((row, columns.left))
        return area.corner if area.top == row and area.left >= columns.left else (row, columns.left)

    def right_of(self, word: Word) -> Place | None:
        """The cell of a label's value: the next one; ``None`` where the next one is another label."""
        beside = (word.place[0], word.area.right + 1)
        nearest = self.board.after(word)
        area = self.board.area_at(beside)
        if nearest is None or area.right > area.left:
            own = area.corner if area.top <= word.place[0] else beside
            return None if nearest is not None and nearest.place == own and self.is_other_label(nearest, word) else own
        if nearest.left == beside[1]:
            return None if self.is_other_label(nearest, word) else nearest.place
        # the cells between are blank: the next word is the value unless it is, or may be, a label itself
        follower = self.board.after(nearest)
        doubtful = follower is not None and not self.is_label(follower) and len(nearest.text) < _SENTENCE
        if self.is_label(nearest) or doubtful:
            return beside
        return nearest.place
