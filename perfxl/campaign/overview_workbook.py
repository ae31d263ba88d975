"""The table of progress as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from ..report.words import plain_text
from ..sheet import Area, Cell, PrintSetup, Sheet, Workbook
from .overview import Line, Place, Totals
from .overview_table import COLUMNS, figures, title, under, values_of
from .plan import Plan

Link = Callable[[str], str | None]

_SHADES: dict[Place, str] = {
    "missing": "list_bad", "to_mend": "list_open", "to_accept": "list_text", "accepted": "list_good",
    "waived": "list_good", "nothing_to_report": "list_good",
}  # fmt: skip


def status_workbook(lines: Iterable[Line], totals: Totals, plan: Plan, lang: str, today: str, link: Link) -> Workbook:
    """The sums, and the table as a list with filters. ``link`` leads to an original, where it can."""
    at = 0 if lang == "zh" else 1
    cells: dict[tuple[int, int], Cell] = {}
    for column, (_, *heading, _) in enumerate(COLUMNS, 1):
        cells[1, column] = Cell(value=str(heading[at]), text=str(heading[at]), style="list_head")
    last = 1
    for last, line in enumerate(totals.counted(lines), 2):
        for column, value in enumerate(values_of(line, lang), 1):
            name = COLUMNS[column - 1][0]
            style = _SHADES[line.place] if name == "place" else "list_text"
            if name == "days_late" and isinstance(value, Decimal) and value > 0 and line.place == "missing":
                style = "list_bad"
            if name == "file" and isinstance(value, str):
                shown = plain_text(line.standing.name)[:200]
                cells[last, column] = Cell(value=shown, text=shown, style=style, link=link(value))
                continue
            cells[last, column] = _cell(value, style)
    area = Area(1, 1, last, len(COLUMNS))
    table = Sheet(
        name=("进度", "Progress")[at],
        cells=cells,
        widths={column: width for column, (*_, width) in enumerate(COLUMNS, 1)},
        heights={1: 24.0},
        filtered=area,
        frozen=(1, 1),
        printing=PrintSetup(area=area, repeat_rows=(1, 1), landscape=True, footer="&C&P / &N"),
    )
    return Workbook(sheets=(_sums(totals, plan, lang, today), table))


def _cell(value: Decimal | str | None, style: str) -> Cell:
    if value is None:
        return Cell(style=style)
    if isinstance(value, Decimal):
        return Cell(value=value, number_format="0", style="list_figure" if style == "list_text" else style)
    text = plain_text(value)[:2_000]
    return Cell(value=text, text=text, style=style)


def _sums(totals: Totals, plan: Plan, lang: str, today: str) -> Sheet:
    at = 0 if lang == "zh" else 1
    cells: dict[tuple[int, int], Cell] = {
        (1, 1): Cell(value=title(plan, lang), text=title(plan, lang), style="guide_title"),
        (2, 1): Cell(value=under(plan, lang, today), text=under(plan, lang, today), style="guide_text"),
    }
    for number, (words_zh, words_en, count) in enumerate(figures(totals), 4):
        cells[number, 1] = Cell(value=(words_zh, words_en)[at], text=(words_zh, words_en)[at], style="list_text")
        cells[number, 2] = Cell(value=Decimal(count), number_format="0", style="list_figure")
    return Sheet(
        name=("合计", "Sums")[at],
        cells=cells,
        merges=(Area(1, 1, 1, 4), Area(2, 1, 2, 4)),
        widths={1: 30.0, 2: 12.0, 3: 20.0, 4: 20.0},
        heights={1: 30.0, 2: 20.0},
        printing=PrintSetup(footer="&C&P / &N"),
    )
