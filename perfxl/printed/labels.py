"""A form that carries no names of ours, read by its labels: ``Sheet`` to ``Layout`` s.

No definition is needed: the vocabulary of labels and the shape of their neighbourhood lead to the
fields.  What two labels claim, or none, is left unplaced and said; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

from ..form import Form
from ..layout import Layout
from ..sheet import Area, Sheet
from ..vocabulary import Group, group, is_title, of_form, term_in
from .board import Board
from .funds import read_funds
from .goals import read_goals
from .header import read_header
from .heads import Head, columns_of, indicator_head
from .indicators import read_indicators
from .search import Search


def by_labels(sheet: Sheet, form: Form | None = None) -> list[Layout]:
    """The forms of a sheet, from top to bottom; none where it holds no self-evaluation form.

    The labels of ``form``, where one is given, count before the vocabulary.
    """
    if not sheet.cells:
        return []
    find: Callable[[str], Group] = partial(of_form, form) if form is not None else group
    board = Board(sheet)
    heads = [head for row in board.order if (head := indicator_head(board, row, find("indicator_columns"))) is not None]
    heads = [head for at, head in enumerate(heads) if not at or head.first > heads[at - 1].last]
    return [_read(Search(board, find, part, top, bottom)) for part, top, bottom in _parts(board, heads)]


def _parts(board: Board, heads: list[Head]) -> list[tuple[list[Head], int, int]]:
    """The headings of each form of a sheet with its first and last row: a title begins another form."""
    if not heads:
        return []
    parts: list[tuple[list[Head], int, int]] = []
    top, mine = board.order[0], [heads[0]]
    for before, head in pairwise(heads):
        begins = _begins(board, before.last + 1, head.first - 1)
        if begins is None:
            mine.append(head)
            continue
        parts.append((mine, top, begins - 1))
        top, mine = begins, [head]
    return [*parts, (mine, top, board.order[-1])]


def _begins(board: Board, first: int, last: int) -> int | None:
    """The row between two tables where another form begins: its title, else its 项目名称."""
    names = None
    for row in board.between(first, last):
        for word in board.rows[row]:
            if is_title(word.text):
                return row
            if names is None and term_in(group("header"), word.text) == "project_name":
                names = row
    return names


def _read(search: Search) -> Layout:
    """All blocks, the indicators first: what they take is no label of another block."""
    last = read_indicators(search)
    fund = read_funds(search)
    read_goals(search)
    read_header(search, last, fund)
    left, right = columns_of(search.heads)
    first = min((place[0] for place in search.layout.labels), default=search.top)
    search.layout.extent = Area(first, min(left, search.leftmost(first, last)), last, right)
    return search.layout
