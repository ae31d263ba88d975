"""Heading rows of a form that carries no names of ours: which column holds what.

A heading may take two rows (``得分`` over ``自评`` and ``复核``); levels may have no heading of their
own and are then told by what stands below them.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..noun import NamedTuple
from ..number import read_amount, squeeze
from ..sheet import MAX_COLUMN, Area
from ..vocabulary import Group, is_block, level_of, term_in
from .board import Board, Word, widest

LEVELS = ("level_1", "level_2", "level_3")
VALUES = ("target", "adjusted_target", "actual", "weight", "score", "review_score", "coefficient", "deduction")
_MOST_ROWS = 3


class Head(NamedTuple):
    """A heading: its rows, the columns by term with the word of each, further columns of a term
    (reasons and measures apart), and columns that were understood but are not kept."""

    first: int
    last: int
    columns: dict[str, Area]
    words: dict[str, tuple[str, Word]]
    further: dict[str, list[Area]]
    kept_out: list[Area]
    unknown: list[Word]


class _Column(NamedTuple):
    term: str | None
    label: str
    word: Word


def _columns(board: Board, row: int, group: Group) -> tuple[int, list[_Column]]:
    """The columns of a heading that begins in that row, and its last row."""
    words = board.rows[row]
    last = _last_row(board, row, words, group)
    found: list[_Column] = []
    for at, word in enumerate(words):
        # a heading over others that nobody merged reaches to the next one of its row
        reach = word.area.right
        if last > word.area.bottom and word.area.left == reach:
            reach = words[at + 1].left - 1 if at + 1 < len(words) else MAX_COLUMN
        below = [
            each
            for under in board.between(word.area.bottom + 1, last)
            for each in board.in_columns(under, word.area.left, reach)
        ]
        if not below:
            found.append(_Column(term_in(group, word.text), word.text, word))
            continue
        for each in below:
            over, own = squeeze(word.text), squeeze(each.text)
            wordings = (over + own, own + over, own)
            term = next((term for text in wordings if (term := term_in(group, text)) is not None), None)
            found.append(_Column(term, f"{word.text} {each.text}", each))
    return last, found


def _last_row(board: Board, row: int, words: list[Word], group: Group) -> int:
    """A heading goes on where other headings of it reach down, over labels of their own."""
    named = [word for word in words if term_in(group, word.text) and not is_block(word.text)]
    down = max((word.area.bottom for word in named), default=row)
    if row < down < row + _MOST_ROWS:
        return down
    below = board.rows.get(row + 1, [])
    if (
        len(below) > 1
        and all(term_in(group, each.text) for each in below)
        and any(each.left not in {word.left for word in words} for each in below)
    ):
        return row + 1
    for word in words:
        if word.area.right > word.area.left and word.area.bottom == row:
            under = [each for each in below if word.area.left <= each.left <= word.area.right]
            told = [each for each in under if term_in(group, each.text) or term_in(group, each.text + word.text)]
            if len(under) >= 2 and len(told) == len(under):
                return row + 1
    return row


def indicator_head(board: Board, row: int, group: Group) -> Head | None:
    """The heading of an indicator table in that row, or ``None``.

    It names the indicators and at least two of their values, one of them 实际完成值 or 得分.
    """
    terms = {term_in(group, word.text) for word in board.rows[row]}
    if len(terms - {None}) < 2:
        return None
    last, columns = _columns(board, row, group)
    told = {column.term for column in columns} - {None}
    named = told & {*LEVELS, "category"} or any(
        is_block(column.label) and "指标" in squeeze(column.label) for column in columns
    )
    if not named or len(told & set(VALUES)) < 2 or not told & {"actual", "score"}:
        return None
    head = _resolved(row, last, columns)
    return _with_levels(board, head) if {"actual", "score"} & set(head.columns) else None


def fund_head(board: Board, row: int, group: Group) -> Head | None:
    """The heading of the fund block in that row: 执行数 beside a budget, or ``None``."""
    terms = {term_in(group, word.text) for word in board.rows[row]}
    if not terms & {"executed_amount", "annual_budget", "initial_budget"}:
        return None
    if sum(1 for word in board.rows[row] if read_amount(word.text) is not None) > 1:
        return None  # amounts beside their labels
    last, columns = _columns(board, row, group)
    told = {column.term for column in columns} - {None}
    if "executed_amount" not in told or not told & {"annual_budget", "initial_budget"}:
        return None
    head = _resolved(row, last, columns)
    return head if {"executed_amount"} <= set(head.columns) else None


def _resolved(first: int, last: int, columns: list[_Column]) -> Head:
    """One column a term.  Where two claim a term, the place of the others decides or neither is taken."""
    by_term: dict[str, list[_Column]] = {}
    for column in columns:
        if column.term is not None:
            by_term.setdefault(column.term, []).append(column)
    name = next((by_term[term][0].word for term in reversed(LEVELS) if term in by_term), None)
    chosen: dict[str, _Column] = {}
    further: dict[str, list[Area]] = {}
    kept_out: list[Area] = []
    unknown = [column.word for column in columns if column.term is None]
    for term, claims in by_term.items():
        if len(claims) > 1:  # the name of a block may sound like a column: 年度预算数（万元） in front of its columns
            claims = [claim for claim in claims if not is_block(claim.label)] or claims
        if term in ("weight", "score") and len(claims) > 1 and name is not None:
            # 分值 may also stand behind 一级 and 二级指标: that of the row comes after its name
            behind = [claim for claim in claims if claim.word.left > name.left]
            kept_out += [claim.word.area for claim in claims if claim not in behind]
            claims = behind
        if len(claims) > 1 and name is not None:
            # beside the table, behind an empty column, may stand what is no part of it
            claims = [claim for claim in claims if _joined(name, claim.word, columns)] or claims
        if len(claims) == 1 or (term in LEVELS and claims):
            chosen[term] = claims[0]
        elif term == "variance_explanation" and claims:
            chosen[term] = claims[0]
            further[term] = [claim.word.area for claim in claims[1:]]
        else:
            unknown += [claim.word for claim in claims]
    return Head(
        first,
        last,
        {term: column.word.area for term, column in chosen.items()},
        {term: (column.label, column.word) for term, column in chosen.items()},
        further,
        kept_out,
        unknown,
    )


def _joined(name: Word, word: Word, columns: list[_Column]) -> bool:
    """Whether no column is empty between two words of a heading."""
    left, right = sorted((name.area, word.area), key=lambda area: area.left)
    spans = sorted((column.word.area.left, column.word.area.right) for column in columns)
    reach = left.right
    for start, end in spans:
        if start <= reach + 1:
            reach = max(reach, end)
    return reach >= right.left


def _with_levels(board: Board, head: Head) -> Head | None:
    """Levels without a heading of their own, told by the customary names below."""
    values = [area for term, area in head.columns.items() if term in VALUES]
    first_value = min(area.left for area in values)
    wide = [word for word in head.unknown if is_block(word.text) and word.area.left < first_value]
    columns = dict(head.columns)
    if "level_3" not in columns or not {"level_1", "level_2"} & set(columns):
        taken = {column for area in columns.values() for column in range(area.left, min(area.right, area.left + 9) + 1)}
        right = columns["level_3"].left if "level_3" in columns else first_value
        for column, level in sorted(_levels_below(board, head.last, right).items()):
            if column not in taken and f"level_{level}" not in columns:
                columns[f"level_{level}"] = Area(head.first, column, head.last, column)
    if "category" in columns:
        area = columns.pop("category")
        level = _levels_below(board, head.last, first_value).get(area.left, 1)
        columns.setdefault(f"level_{level}", area)
    if "level_3" not in columns and wide:
        inside = [column for area in (word.area for word in wide) for column in range(area.left, area.right + 1)]
        free = [
            column
            for column in inside
            if not any(area.left <= column <= area.right for area in columns.values())
            and _holds_names(board, head, column)
        ]
        if len(free) == 1:
            columns["level_3"] = Area(head.first, free[0], head.last, free[0])
    return head._replace(columns=columns) if set(columns) & set(LEVELS) else None


def _levels_below(board: Board, last: int, right: int) -> dict[int, int]:
    """Columns that hold names of levels in the rows below a heading: at least two of the same level."""
    counts: dict[tuple[int, int], set[str]] = {}
    for row in board.between(last + 1, last + 60):
        for word in board.rows[row]:
            if word.left < right and (level := level_of(word.text)) is not None:
                counts.setdefault((word.left, level), set()).add(squeeze(word.text))
    best: dict[int, tuple[int, int]] = {}
    for (column, level), names in counts.items():
        if len(names) >= 2 and len(names) > best.get(column, (0, 0))[0]:
            best[column] = (len(names), level)
    return {column: level for column, (_, level) in best.items()}


def _holds_names(board: Board, head: Head, column: int) -> bool:
    texts = [
        word.text
        for row in board.between(head.last + 1, head.last + 12)
        for word in board.rows[row]
        if word.left == column and not any(letter.isdigit() for letter in word.text[:1])
    ]
    return len(texts) >= 2


def columns_of(heads: Iterable[Head]) -> tuple[int, int]:
    """The first and last column of headings together."""
    return widest(area for head in heads for area in (*head.columns.values(), *head.kept_out))
