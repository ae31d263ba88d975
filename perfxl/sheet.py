"""Plain cells and sheets: what stands between a form and a file.

No library object and no file format reaches this module.  Rows and columns
count from 1, as people count them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from .noun import NamedTuple, field, noun
from .pattern import pattern

Value = Decimal | str | bool | None
Visibility = Literal["visible", "hidden", "veryHidden"]

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384


class Area(NamedTuple):
    """A rectangle of cells 单元格区域; a single cell has equal corners."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def corner(self) -> tuple[int, int]:
        """Row and column of the top left cell."""
        return self.top, self.left

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell lies inside."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


@noun
class Cell:
    """One cell 单元格.

    ``value`` is the constant that somebody typed and is ``None`` in a formula
    cell, whose stored result is ``cached``.  ``text`` is what a person sees:
    the text as typed, a number through its number format.  ``formula`` has no
    leading ``=``.  ``error`` is the error value (``#DIV/0!``) that the cell
    holds or shows.  ``link`` leads into the workbook (``#'自评表'!H31``) or to a file
    beside it (``returns/a.xlsx#'自评表'!H31``, from the folder that the workbook lies in).
    """

    value: Value = None
    text: str = ""
    number_format: str = "General"
    formula: str | None = None
    cached: Value = None
    error: str | None = None
    locked: bool = True
    style: str = ""
    note: str | None = None
    link: str | None = None

    @property
    def content(self) -> Value:
        """What the cell amounts to: the constant, or the stored result."""
        return self.value if self.formula is None else self.cached

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all stands in the cell."""
        return self.value is None and self.formula is None and self.error is None


@noun
class Validation:
    """A data validation 数据验证 with its prompt; comfort for the clerk, never evidence.

    ``kind`` is ``decimal``, ``list``, ``length`` or ``any``; bounds are Excel
    texts (a number or a formula with ``=``).  A ``list`` has choices, or an area as its minimum;
    where it is not ``strict`` something else may be typed.
    """

    area: Area
    kind: Literal["decimal", "list", "length", "any"]
    minimum: str | None = None
    maximum: str | None = None
    choices: tuple[str, ...] = ()
    title: str = ""
    prompt: str = ""
    error: str = ""
    strict: bool = True


@noun
class Mark:
    """A conditional format 条件格式: ``style`` where ``formula`` holds (relative to the first cell)."""

    area: Area
    formula: str
    style: str


@noun
class PrintSetup:
    """How the sheet prints 打印设置: fitted to one page in width."""

    area: Area | None = None
    repeat_rows: tuple[int, int] | None = None
    landscape: bool = False
    footer: str = ""
    paper: Literal["A4", "A3"] = "A4"


class Line(NamedTuple):
    """A row that is written as it comes: its cells from the first column on, ``None`` for none, and its
    height in points."""

    cells: Sequence[Cell | None]
    height: float | None = None


@noun
class Series:
    """数据系列 of a chart: areas of the sheet ``sheet``; of a scatter chart ``categories`` are the x values."""

    name: str
    sheet: str
    categories: Area
    values: Area


@noun
class Chart:
    """A chart 图表 as plain data: its corner (row, column) and its size in pixels; an axis has a title,
    a number format, and bounds where it needs them. The bars of a ``bar`` chart lie, the first on top."""

    kind: Literal["column", "bar", "scatter"]
    title: str
    series: tuple[Series, ...]
    corner: tuple[int, int]
    size: tuple[int, int]
    x_title: str = ""
    y_title: str = ""
    x_format: str = "General"
    y_format: str = "General"
    x_bounds: tuple[float, float] | None = None
    y_bounds: tuple[float, float] | None = None


@noun
class Sheet:
    """A sheet 工作表 as plain data; ``cells`` is sparse, by (row, column).

    ``frozen`` counts the rows and columns that stay in view; ``column_looks`` is how the cells of
    a column look that nobody has filled in yet. ``filtered`` is a list with a
    filter 自动筛选 on its first row. ``lines`` makes further rows below ``cells``, one by one as they
    are written, so that a sheet of any length takes no memory; such a sheet has neither merges nor notes.
    Where not ``formulas_read`` (a format whose library gives results only) a formula looks like a constant.
    """

    name: str
    cells: Mapping[tuple[int, int], Cell]
    merges: tuple[Area, ...] = ()
    names: Mapping[str, Area] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    validations: tuple[Validation, ...] = ()
    marks: tuple[Mark, ...] = ()
    widths: Mapping[int, float] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    printing: PrintSetup | None = None
    visibility: Visibility = "visible"
    protected: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    frozen: tuple[int, int] | None = None
    column_looks: Mapping[int, Cell] = field(default_factory=dict)
    filtered: Area | None = None
    formulas_read: bool = True
    charts: tuple[Chart, ...] = ()
    lines: Callable[[], Iterator[Line]] | None = None

    def cell(self, row: int, column: int) -> Cell:
        """The cell there; an empty one where nothing stands."""
        return self.cells.get((row, column), EMPTY)


@noun
class Workbook:
    """A workbook 工作簿: its sheets in order, workbook-wide named texts, custom properties.

    ``notes`` are remarks of the reader: codes of ``rejection.NOTES`` with the place.  ``password`` is
    that of its protected sheets: a courtesy that keeps slips out, and no security.
    """

    sheets: tuple[Sheet, ...]
    constants: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    structure_locked: bool = False
    notes: tuple[tuple[str, str], ...] = ()
    password: str = ""


EMPTY = Cell()

MAX_SHEET_NAME = 31
_NOT_IN_SHEET_NAME = pattern(r"[\[\]:*?/\\!\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _units(text: str, most: int) -> str:
    """The text cut to that many UTF-16 units, which is how Excel counts."""
    return text.encode("utf-16-le", "surrogatepass")[: most * 2].decode("utf-16-le", "ignore")


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """A name that a sheet may bear: the wanted one, as far as possible.

    At most 31 UTF-16 units, none of ``[ ] : * ? / \\ !``, no ``'`` at either end,
    never Excel's own ``History``, and unlike every name in ``taken`` whatever the case.
    """
    used = {name.casefold() for name in taken} | {"history"}
    bare = _units(_NOT_IN_SHEET_NAME.sub("_", wanted).strip().strip("'").strip(), MAX_SHEET_NAME)
    bare = bare.rstrip("' ") or "表"
    name, count = bare, 1
    while name.casefold() in used:
        count += 1
        tail = f" ({count})"
        name = _units(bare, MAX_SHEET_NAME - len(tail)) + tail
    return name


def column_letters(column: int) -> str:
    """Column number to letters: 1 gives ``A``, 27 gives ``AA``."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=8192)
def a1(row: int, column: int) -> str:
    """A cell's name: ``a1(6, 5)`` is ``E6``."""
    return f"{column_letters(column)}{row}"


def a1_area(area: Area, *, absolute: bool = False) -> str:
    """An area's name, ``E6`` or ``H13:H30``, with ``$`` where absolute."""
    mark = "$" if absolute else ""
    first = f"{mark}{column_letters(area.left)}{mark}{area.top}"
    if area.top == area.bottom and area.left == area.right:
        return first
    return f"{first}:{mark}{column_letters(area.right)}{mark}{area.bottom}"


def from_a1(name: str) -> tuple[int, int]:
    """``E6`` to (6, 5); ``$`` signs are passed over.

    Raises ``ValueError`` where the name is no cell of the grid.
    """
    bare = name.replace("$", "")
    digits = bare.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    letters = bare[: len(bare) - len(digits)]
    if not letters or len(letters) > 3 or not (digits.isascii() and digits.isdigit()) or len(digits) > 7:
        raise ValueError(f"not a cell: {name!r}")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    row = int(digits)
    if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN) or digits[0] == "0":
        raise ValueError(f"outside the grid: {name!r}")
    return row, column


def area_from_a1(name: str) -> Area:
    """``H13:H30`` or ``E6`` to an area. Raises ``ValueError`` as ``from_a1``."""
    first, _, last = name.partition(":")
    top, left = from_a1(first)
    bottom, right = from_a1(last) if last else (top, left)
    return Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))
