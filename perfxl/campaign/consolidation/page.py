"""A long list as a sheet: a few lines of text above, a total, headings, and rows that come one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from math import ceil

from ...noun import NamedTuple, noun
from ...report.text import cells as shown_width
from ...report.words import plain_text
from ...sheet import Area, Cell, Chart, Line, Mark, PrintSetup, Sheet, column_letters

MOST_LINKS = 65_000
"""So many links a sheet may have."""
LINE, DEEPEST = 13.5, 10
"""The height of a line of text in points, and how many lines a row shows at most."""
_FORMATS = {"rate": "0.00%", "points": "0.00", "count": "0", "text": "General", "code": "@"}

Content = Decimal | str | Cell | None


class Column(NamedTuple):
    """A column: its heading in both languages, its width in characters, and what stands in it: ``text``,
    ``code``, ``count``, ``rate``, ``points``, or a number format. ``key``: small and grey, for formulas alone."""

    zh: str
    en: str
    width: float
    kind: str
    key: bool = False


@noun
class Layout:
    """Where the parts of a list stand: its columns, and how many lines of text are above its headings. With a
    ``total`` the row above the headings holds it."""

    columns: tuple[Column, ...]
    above: int
    total: bool = False

    @property
    def head(self) -> int:
        """The row of the headings."""
        return self.above + 1 + self.total

    @property
    def first(self) -> int:
        """The first row of the list."""
        return self.head + 1

    def range(self, column: int, count: int, sheet: str = "") -> str:
        """The cells of a column as a reference, ``'汇总'!$G$7:$G$12``; at least one row."""
        letters = column_letters(column)
        owner = "'" + sheet.replace("'", "''") + "'!" if sheet else ""
        return f"{owner}${letters}${self.first}:${letters}${self.head + max(count, 1)}"


def number_format(kind: str) -> str:
    """How a column shows its figures."""
    return _FORMATS.get(kind, kind)


@lru_cache(maxsize=4096)
def _short(value: Decimal | str | None, kind: str, style: str) -> Cell:
    if isinstance(value, Decimal):
        usual = "sum_key" if kind == "code" else "sum_figure"
        return Cell(value=value, number_format="0" if kind == "code" else number_format(kind), style=style or usual)
    if value is None:
        return Cell(style=style or "sum_text")
    return Cell(
        value=value, text=value, number_format="@", style=style or ("sum_key" if kind == "code" else "sum_text")
    )


def cell(value: Decimal | str | None, kind: str, style: str = "") -> Cell:
    """A cell of a list; short ones are shared."""
    if isinstance(value, str):
        value = plain_text(value)[:32_000] or None
        if value is not None and len(value) > 80:
            return _short.__wrapped__(value, kind, style)
    return _short(value, kind, style)


def formula(text: str, result: Decimal | str | None, kind: str, style: str = "sum_figure") -> Cell:
    """A cell that computes, with the result that we come to."""
    return Cell(formula=text, cached="" if result is None else result, number_format=number_format(kind), style=style)


def row(layout: Layout, values: Iterable[Content], styles: Sequence[str] = ()) -> Line:
    """A row of the list, as high as its longest text wants."""
    cells, deepest = list[Cell | None](), 1
    for at, (value, column) in enumerate(zip(values, layout.columns, strict=False)):
        style = (styles[at] if at < len(styles) else "") or ("sum_small" if column.key else "")
        made = value if isinstance(value, Cell) else cell(value, column.kind, style)
        cells.append(made)
        text = made.value
        room = column.width - (1 if column.kind == "code" else 3)
        if isinstance(text, str) and len(text) * 2 > room:
            deepest = max(deepest, ceil(shown_width(text) / room))
    return Line(cells, LINE * min(deepest, DEEPEST) + 5)


def listed(
    name: str, layout: Layout, at: int, above: Sequence[str], rows: Callable[[], Iterator[Line]], count: int, *,
    total: Sequence[Content] = (), frozen: int = 0, charts: tuple[Chart, ...] = (), marks: tuple[Mark, ...] = (),
    notes: str = "",
) -> Sheet:  # fmt: skip
    """The sheet: ``above`` are its title and what is to be known first, ``count`` is how many rows will come."""
    cells: dict[tuple[int, int], Cell] = {}
    heights: dict[int, float] = {1: 28.0}
    for number, text in enumerate(above, 1):
        style = "sum_title" if number == 1 else "sum_note"
        cells[number, 1] = Cell(value=plain_text(text), text=text, style=style)
        heights.setdefault(number, 17.0)
    if layout.total:
        for column, value in enumerate(total, 1):
            kind = layout.columns[column - 1].kind
            cells[layout.head - 1, column] = (
                value
                if isinstance(value, Cell)
                else cell(
                    value, kind, "sum_total_figure" if value is None or isinstance(value, Decimal) else "sum_total"
                )
            )
        heights[layout.head - 1] = 22.0
    heads = [each.en if at else each.zh for each in layout.columns]
    for column, each in enumerate(layout.columns, 1):
        cells[layout.head, column] = Cell(
            value=heads[column - 1], text=heads[column - 1], style="sum_small" if each.key else "sum_head"
        )
    heights[layout.head] = 36.0
    shown = [number for number, each in enumerate(layout.columns, 1) if not each.key]
    last = layout.head + max(count, 1)
    return Sheet(
        name=name,
        cells=cells,
        lines=rows,
        heights=heights,
        widths={number: each.width for number, each in enumerate(layout.columns, 1)},
        filtered=Area(layout.head, 1, last, len(layout.columns)),
        frozen=(layout.head, frozen),
        charts=charts,
        marks=marks,
        printing=PrintSetup(
            area=Area(1, 1, last, max(shown)),
            repeat_rows=(layout.head, layout.head),
            landscape=True,
            paper="A3",
            footer="&L" + notes.replace("&", "&&")[:120] + "&C&P / &N",
        ),
    )
