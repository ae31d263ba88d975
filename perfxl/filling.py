"""Forms of one shape, filled in again and again: what is the same each time is worked out once.

The results of a formula are remembered by what it reads, so that a thousand forms that differ in
names and targets do not compute a thousand times that nothing is wrong with a blank score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from . import selfcheck
from .form import Form
from .formula import UncomputableError, answer, evaluate, parse, questions_of, terms_of
from .noun import NamedTuple
from .number import shown
from .page import LINE_HEIGHT, MAX_HEIGHT, NAME, Page, RowSpec, goal_height, lines
from .sheet import Area, Cell, Mark, Value
from .skeleton import Skeleton, skeleton

REMEMBERED = 128
"""Results that are kept for a formula, and filled-in cells for a field; then they are forgotten and met anew."""

SHORT = 40
"""Characters of a text whose cell is worth remembering: longer ones hardly come again."""

Token = object
"""A value as it is told from others: 1 is not 1.0, and neither is TRUE."""


def token(value: Value) -> Token:
    """The token of a value."""
    return (type(value), str(value)) if isinstance(value, Decimal | bool) else value


class _Formula(NamedTuple):
    """A computed field: its source, the fields behind its terms, and how its results are told apart: by the values
    of the fields in ``plain``, and by the answers to the questions that are all it asks of the others. ``known``
    has results with their tokens and cells."""

    name: str
    source: str
    reads: Mapping[str, Sequence[str]]
    plain: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]
    corner: tuple[int, int]
    cell: Cell
    known: dict[tuple[Token, ...], tuple[Value, Token, Cell]]


class _Place(NamedTuple):
    """A field that may hold a text: where, its row where that may have to grow, and its width in characters."""

    corner: tuple[int, int]
    row: int
    width: float


class Shape:
    """The forms of one shape: a skeleton with everything that does not depend on what is filled in."""

    def __init__(self, spine: Skeleton) -> None:
        page = spine.page
        self.spine, self.page = spine, page
        self.merges, self.marks = tuple(page.merges), tuple[Mark, ...](page.marks)
        self.names = {NAME + field: area for field, area in page.fields.items() if not field.startswith("check.")}
        self.fields = [(field, area.corner, page.cells[area.corner]) for field, area in page.fields.items()]
        self.validations = [(each.area.corner, each) for each in page.validations]
        self.printed = {
            field: cell.value for field, _, cell in self.fields if cell.formula is None and cell.value is not None
        }
        self.formulas = [self._formula(name, reads) for name, reads in _plan(page).items()]
        computed = {formula.name for formula in self.formulas}
        self.inputs = [(field, corner, cell) for field, corner, cell in self.fields if field not in computed]
        self._cells: dict[tuple[str, bool], dict[Token, Cell]] = {}
        self._heights, self._places, self._goals = self._measured()

    def _formula(self, name: str, reads: Mapping[str, Sequence[str]]) -> _Formula:
        source, corner = self.page.formulas[name], self.page.fields[name].corner
        questions = questions_of(source)
        plain = [field for term, fields in reads.items() if term not in questions for field in fields]
        asked = [
            (question, field)
            for term, fields in reads.items()
            for question in questions.get(term, ())
            for field in fields
        ]
        return _Formula(name, source, reads, tuple(plain), tuple(asked), corner, self.page.cells[corner], {})

    def compute(self, values: Mapping[str, Value], cells: dict[tuple[int, int], Cell]) -> None:
        """Put the cell of every computed field where it belongs, from the entered ``values``; an error value
        becomes its text. The same result gives the same object."""
        results = dict(values)
        tokens: dict[str, Token] = {name: token(value) for name, value in results.items()}
        for formula in self.formulas:
            name, _, _, plain, asked, corner, cell, known = formula
            key = tuple(map(tokens.get, plain))
            if asked:
                key += tuple([answer(question, results.get(field)) for question, field in asked])
            found = known.get(key)
            if found is None:
                value = _result(formula, results)
                found = (value, token(value), _filled(cell, value, lock=False))
                if len(known) >= REMEMBERED:
                    known.clear()
                known[key] = found
            results[name], tokens[name], cells[corner] = found

    def filled(self, field: str, cell: Cell, value: Value, *, lock: bool) -> Cell:
        """The cell of an input field with that value; the same object for what was met before."""
        if isinstance(value, str) and len(value) > SHORT:
            return _filled(cell, value, lock=lock)
        known = self._cells.setdefault((field, lock), {})
        mark = token(value)
        found = known.get(mark)
        if found is None:
            found = _filled(cell, value, lock=lock)
            if len(known) >= REMEMBERED:
                known.clear()
            known[mark] = found
        return found

    def heights(self, cells: Mapping[tuple[int, int], Cell]) -> dict[int, float]:
        """Rows as tall as their texts need, within the 409 points that a row can have."""
        heights, one = dict(self._heights), LINE_HEIGHT + 8
        for corner, row, width in self._places:
            text = cells[corner].text
            if text:
                need = (
                    one
                    if len(text) * 2.06 <= width - 0.5 and "\n" not in text
                    else lines(text, width) * LINE_HEIGHT + 8
                )
                if need > heights.get(row, 15.0):
                    heights[row] = min(MAX_HEIGHT, need)
        tall = max(goal_height(self.page.form, (cells[corner].text,), width) for corner, width in self._goals)
        first, last = self.spine.goals
        for row in range(first, last + 1):
            heights[row] = tall
        return heights

    def _measured(self) -> tuple[dict[int, float], list[_Place], list[tuple[tuple[int, int], float]]]:
        """The heights that printed texts need, the fields that may need more, and the two goals."""
        page = self.page
        merged = {area.corner: area for area in page.merges}
        named = {area.corner for area in page.fields.values()}
        heights, places = dict(page.heights), list[_Place]()
        for (row, column), cell in page.cells.items():
            area = merged.get((row, column), Area(row, column, row, column))
            if column > page.columns or area.top != area.bottom:
                continue
            width = page.width(area.left, area.right)
            if (row, column) in named:
                places.append(_Place((row, column), row, width))
            if cell.text:
                need = lines(cell.text, width) * LINE_HEIGHT + 8
                heights[row] = min(MAX_HEIGHT, max(heights.get(row, 15.0), need))
        goals = []
        for term in ("expected_goal", "actual_result"):
            area = merged.get(page.fields[term].corner, page.fields[term])
            goals.append((area.corner, page.width(area.left, area.right)))
        return heights, places, goals


@lru_cache(maxsize=32)
def shape(form: Form, rows: tuple[RowSpec, ...]) -> Shape:
    """The shape of the forms with these indicator rows; cached, since a season has few."""
    return Shape(skeleton(form, rows))


def _result(formula: _Formula, results: Mapping[str, Value]) -> Value:
    reads = formula.reads
    try:
        return evaluate(parse(formula.source), lambda term: [results.get(name) for name in reads[term]])
    except UncomputableError as error:
        return str(error)


def _filled(cell: Cell, value: Value, *, lock: bool) -> Cell:
    """Spelled out: ``replace`` would take most of the time of filling a form in."""
    typed, cached, locked = cell.value, cell.cached, cell.locked
    if cell.formula is not None:
        text = shown(value, cell.number_format) if isinstance(value, Decimal) else str(value or "")
        cached = "" if value is None else value
    else:
        text = shown(value, cell.number_format) if isinstance(value, Decimal) else "" if value is None else str(value)
        typed = value if isinstance(value, Decimal | None) else text
        locked = locked or lock
    return Cell(
        value=typed,
        text=text,
        number_format=cell.number_format,
        formula=cell.formula,
        cached=cached,
        error=cell.error,
        locked=locked,
        style=cell.style,
        note=cell.note,
        link=cell.link,
    )


def _plan(page: Page) -> dict[str, dict[str, list[str]]]:
    """Computed cells, each behind those that it reads, with the field names behind its terms."""
    reads = {
        name: {term: _fields_of(page, name, term) for term in terms_of(source)}
        for name, source in page.formulas.items()
    }
    plan: dict[str, dict[str, list[str]]] = {}
    met: set[str] = set()

    def visit(name: str) -> None:
        if name in met or name not in reads:
            return
        met.add(name)
        for names in reads[name].values():
            for each in names:
                visit(each)
        plan[name] = reads[name]

    for name in reads:
        visit(name)
    return plan


def _fields_of(page: Page, name: str, term: str) -> list[str]:
    """The names of the fields that a term stands for in the formula of a computed cell."""
    if name.startswith("funds."):
        _, row, column = name.split(".")
        sources = {each.term for each in page.form.fund_rows}
        return [f"funds.{term}.{column}"] if term in sources else [f"funds.{row}.{term}"]
    if term.startswith("funds."):
        return [f"funds.total.{term.removeprefix('funds.')}"]
    if term.startswith("indicators."):
        column = term.removeprefix("indicators.")
        return [each for each in page.fields if each.startswith("indicators.") and each.endswith("." + column)]
    if name == "check.summary":
        return [each for each in page.formulas if each.startswith("check.") and _is_state(each)]
    head = name.rpartition(".")[0]
    if term == "states":
        return [each for each in page.formulas if each.startswith(head + ".") and _is_state(each)]
    if f"{head}.{term}" in page.formulas:
        return [f"{head}.{term}"]
    if head.startswith("check.funds."):
        if "." in term:
            return [f"funds.{term}"]
        return [f"funds.{head.rpartition('.')[2]}.{page.form.denominator if term == 'denominator' else term}"]
    if head == "check.total":
        rows = range(1, sum(each.endswith(".used") for each in page.formulas) + 1)
        return [f"check.{row}.used" for row in rows] if term == "rows_used" else [term]
    return [f"indicators.{head.rpartition('.')[2]}.{term}"]


_STATES = frozenset(code.lower() for code in (*selfcheck.ROW_CODES, selfcheck.FUND_CODE, selfcheck.TOTAL_CODE))


def _is_state(name: str) -> bool:
    return name.rpartition(".")[2] in _STATES
