"""The officer's roster 花名册 to plain rows; the one module that knows openpyxl.

The roster is the officer's own workbook and is trusted; what stands in it is not taken for right.
Every mistake is collected, with its sheet and cell, before anything is made of it.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ..form import Form, near
from ..number import from_double, neat, shown, squeeze
from ..sheet import a1, a1_area, area_from_a1
from .roster_layout import HEAD_ROW, HINT_ROW, Field, Table, tables
from .trouble import CampaignError

Value = str | Decimal | None


class RosterMistake(NamedTuple):
    """A mistake 错误 of the roster: where it stands, what is wrong and what to do."""

    sheet: str
    cell: str
    zh: str
    en: str


class RosterError(Exception):
    """A roster with mistakes; ``mistakes`` holds all of them, in reading order."""

    def __init__(self, path: Path, mistakes: Sequence[RosterMistake]) -> None:
        super().__init__(f"{path}: {len(mistakes)} mistakes")
        self.path = path
        self.mistakes = tuple(mistakes)


class Row(NamedTuple):
    """A row that somebody filled in: its number and what stands in each column, by term."""

    number: int
    values: Mapping[str, Value]


class Rows(NamedTuple):
    """The rows of a sheet, and in which column of it each term stands."""

    table: Table
    columns: Mapping[str, int]
    rows: tuple[Row, ...]

    def cell(self, row: Row, term: str) -> str:
        """The name of a cell; that of column A where the sheet lacks the column."""
        return a1(row.number, self.columns.get(term, 1))


def read_rows(path: Path, form: Form) -> tuple[tuple[Rows, Rows, Rows], list[RosterMistake]]:
    """The rows of 单位, 项目, 指标, and the mistakes of single cells.

    Raises ``CampaignError`` where the file is not there or is no workbook.
    """
    mistakes: list[RosterMistake] = []
    try:
        odd = _has_formulas_or_merges(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's, about extensions that it does not keep
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                found = [_rows(book, table, mistakes) for table in tables(form)]
            finally:
                book.close()
            if odd:
                _refuse_odd(path, found, mistakes)
    except FileNotFoundError as error:
        raise CampaignError("NO_ROSTER", f"没有花名册 {path}。", f"There is no roster {path}.", 2) from error
    except PermissionError as error:
        raise CampaignError(
            "ROSTER_UNREADABLE",
            f"读不了花名册 {path}：没有权限，或正被其他程序占用。请关闭后重试。",
            f"Cannot read the roster {path}: no permission, or another program holds it. Close it and try again.",
            2,
        ) from error
    except (OSError, zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        raise CampaignError(
            "ROSTER_UNREADABLE",
            f"{path} 不是读得出的 .xlsx 工作簿（{error}）。请用 Excel 或 WPS 打开，另存为 .xlsx。",
            f"{path} is no .xlsx workbook that can be read ({error}). Open it in Excel or WPS and save it as .xlsx.",
            2,
        ) from error
    return (found[0], found[1], found[2]), mistakes


def sort_mistakes(mistakes: Sequence[RosterMistake], form: Form) -> list[RosterMistake]:
    """In the order of the sheets, then from the top."""
    order = [table.sheet for table in tables(form)]

    def key(mistake: RosterMistake) -> tuple[int, int, int]:
        place = area_from_a1(mistake.cell) if mistake.cell else None
        return (order.index(mistake.sheet), place.top if place else 0, place.left if place else 0)

    return sorted(mistakes, key=key)


def _has_formulas_or_merges(path: Path) -> bool:
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                data = package.read(name)
                if b"<mergeCell " in data or b"<f>" in data or b"<f " in data:
                    return True
    return False


# ---- one sheet -----------------------------------------------------------------------------


def _rows(book: Any, table: Table, mistakes: list[RosterMistake]) -> Rows:
    if table.sheet not in book.sheetnames:
        hint = near(table.sheet, book.sheetnames)
        mistakes.append(
            RosterMistake(
                table.sheet,
                "",
                f"缺少工作表“{table.sheet}”" + (f"（是不是 {hint}？）" if hint else "") + "；请恢复这个名称",
                f"the sheet {table.sheet} is missing; give it that name again",
            )
        )
        return Rows(table, {}, ())
    sheet = book[table.sheet]
    sheet.reset_dimensions()
    lines = enumerate(sheet.iter_rows(), 1)
    columns: dict[str, int] = {}
    found = []
    for number, cells in lines:
        if number == HEAD_ROW:
            columns = _columns(table, cells, mistakes)
        elif number == HINT_ROW and _is_hint(table, columns, cells):
            continue
        elif columns:
            row = _row(table, columns, number, cells, mistakes)
            if row is not None:
                found.append(row)
    if not columns:
        _columns(table, (), mistakes)
    return Rows(table, columns, tuple(found))


def _columns(table: Table, cells: Sequence[Any], mistakes: list[RosterMistake]) -> dict[str, int]:
    """Where each column stands, by its heading; the officer may have moved them."""
    wanted = {squeeze(field.heading): field for field in table.fields}
    found: dict[str, int] = {}
    for at, cell in enumerate(cells, 1):
        heading = squeeze(str(cell.value if cell.value is not None else "")).removesuffix("*")
        if not heading or heading.startswith("备注"):
            continue
        field = wanted.get(heading)
        if field is None:
            hint = near(heading, wanted)
            _note(
                mistakes,
                table,
                a1(HEAD_ROW, at),
                f"没有“{heading}”这一栏" + (f"（是不是“{hint}”？）" if hint else "") + "；自用的栏请以“备注”开头",
                f"no column is called {heading!r}; a column of your own should begin with 备注",
            )
        elif field.term in found:
            _note(mistakes, table, a1(HEAD_ROW, at), f"“{heading}”一栏出现两次", f"the column {heading!r} stands twice")
        else:
            found[field.term] = at
    for field in table.fields:
        if field.required and field.term not in found:
            _note(
                mistakes,
                table,
                a1(HEAD_ROW, 1),
                f"缺少“{field.heading}”一栏；请恢复第 {HEAD_ROW} 行的栏名",
                f"the column {field.heading!r} ({field.hint}) is missing; restore the headings in row {HEAD_ROW}",
            )
    return found


def _is_hint(table: Table, columns: Mapping[str, int], cells: Sequence[Any]) -> bool:
    """Whether row 2 is still the line that explains the columns."""
    for field in table.fields:
        at = columns.get(field.term, 0)
        if 0 < at <= len(cells) and cells[at - 1].value == field.hint:
            return True
    return False


def _row(
    table: Table, columns: Mapping[str, int], number: int, cells: Sequence[Any], mistakes: list[RosterMistake]
) -> Row | None:
    values: dict[str, Value] = {}
    wrong: list[RosterMistake] = []
    broken = False
    for field in table.fields:
        at = columns.get(field.term, 0)
        if not 0 < at <= len(cells) or field.term == "remark":
            continue
        cell = cells[at - 1]
        if cell.value is None:
            continue
        try:
            value = _value(field, cell)
        except ValueError as fault:
            zh, en = fault.args
            _note(wrong, table, a1(number, at), zh, en)
            broken = True
            continue
        if value is not None:
            values[field.term] = value
    if not values and not broken:
        return None
    at_fault = {mistake.cell for mistake in wrong}
    for field in table.fields:
        place = a1(number, columns.get(field.term, 1))
        missing = field.required and not field.once and field.term not in values
        if missing and field.term in columns and place not in at_fault:
            _note(wrong, table, place, f"没有填“{field.heading}”", f"{field.heading} ({field.hint}) is not filled in")
    mistakes += wrong
    return Row(number, values)


def _note(mistakes: list[RosterMistake], table: Table, cell: str, zh: str, en: str) -> None:
    mistakes.append(RosterMistake(table.sheet, cell, zh.replace("\n", " "), en.replace("\n", " ")))


# ---- one cell ------------------------------------------------------------------------------


def _value(field: Field, cell: Any) -> Value:
    """What stands in a cell. Raises ``ValueError`` with the words in both languages."""
    value = cell.value
    if cell.data_type == "e":
        raise ValueError(
            f"是错误值 {value}；请改正公式或直接填写", f"holds the error {value}; mend the formula or type it"
        )
    if isinstance(value, bool):
        raise ValueError("是 TRUE/FALSE；请填文字或数", "is TRUE or FALSE; type a text or a number")
    if field.kind in ("amount", "weight"):
        return _number(field, value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        if field.term == "target" and not isinstance(value, datetime.time):
            return f"{value.year}年{value.month}月{value.day}日"
        raise ValueError(
            "成了日期；请把单元格设为文本后重填", "has become a date; make the cell a text and type it again"
        )
    if isinstance(value, int | float):
        number = from_double(repr(value))
        return shown(number, cell.number_format) if field.term == "target" else neat(number)
    return _text(field, str(value))


def _number(field: Field, value: object) -> Value:
    what = ("金额", "amount") if field.kind == "amount" else ("分值", "weight")
    if isinstance(value, str):
        if not squeeze(value):
            return None
        raise ValueError(
            f"{what[0]}“{_short(value)}”是文字，不是数；请清除单元格的文本格式后重新输入数字，不带单位和逗号",
            f"the {what[1]} {_short(value)!r} is a text and no number; make the cell a number and type it again, "
            "without unit or commas",
        )
    if not isinstance(value, int | float):
        raise ValueError(f"{what[0]}成了日期；请改为数", f"the {what[1]} has become a date; make it a number")
    try:
        number = from_double(repr(value))
    except ValueError:
        raise ValueError(f"{what[0]}不是数", f"the {what[1]} is no number") from None
    if number < 0:
        raise ValueError(f"{what[0]} {neat(number)} 为负；请核对", f"the {what[1]} {neat(number)} is negative")
    return number


_CARRIAGE = re.compile(r"_x000D_\n?|\r\n?")


def _text(field: Field, text: str) -> Value:
    text = _CARRIAGE.sub("\n", text).strip()
    allowed = "\n\t" if field.term in ("expected_goal", "level_3") else ""
    for sign in text if _ODD.search(text) else "":
        if (sign not in allowed and unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")) or sign in _BIDI:
            raise ValueError(
                f"含有换行或看不见的字符 U+{ord(sign):04X}；请删去后重填",
                f"holds a line end or an invisible character U+{ord(sign):04X}; delete it and type it again",
            )
    if field.kind == "code" and any(map(str.isspace, text)):
        raise ValueError(f"“{_short(text)}”中有空格；请去掉", f"{_short(text)!r} holds a blank; take it out")
    limit = 40 if field.kind == "code" else 4_000 if field.term == "expected_goal" else 300
    if len(text) > limit:
        raise ValueError(f"长于 {limit} 字；请缩短", f"is longer than {limit} characters; shorten it")
    return text or None


_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _short(text: str) -> str:
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return text if len(text) <= 30 else text[:30] + "…"


# ---- formulas and merged cells ---------------------------------------------------------------


def _refuse_odd(path: Path, found: Sequence[Rows], mistakes: list[RosterMistake]) -> None:
    """Formulas whose result is not in the file, and merged cells: neither can be read row by row."""
    book = openpyxl.load_workbook(path)
    for rows in found:
        if rows.table.sheet not in book.sheetnames:
            continue
        sheet = book[rows.table.sheet]
        for merged in sheet.merged_cells.ranges:
            area = area_from_a1(str(merged))
            if area.bottom > HEAD_ROW and any(area.left <= at <= area.right for at in rows.columns.values()):
                _note(
                    mistakes,
                    rows.table,
                    a1(area.top, area.left),
                    f"{a1_area(area)} 是合并单元格；请取消合并，每行都填",
                    f"{a1_area(area)} is merged; unmerge it and fill in every row",
                )
        for place in _uncomputed(sheet, rows):
            mistakes[:] = [each for each in mistakes if (each.sheet, each.cell) != (rows.table.sheet, place)]
            _note(
                mistakes,
                rows.table,
                place,
                "公式的结果没有存在文件里；请用 Excel 打开并保存，或改为数值",
                "the result of the formula is not in the file; open and save it in Excel, or paste it as a value",
            )


def _uncomputed(sheet: Any, rows: Rows) -> Iterator[str]:
    terms = {at: term for term, at in rows.columns.items()}
    read = {row.number: row.values for row in rows.rows}
    for line in sheet.iter_rows(min_row=HEAD_ROW + 1):
        for cell in line:
            if cell.data_type == "f" and cell.column in terms and terms[cell.column] not in read.get(cell.row, {}):
                yield a1(cell.row, cell.column)
