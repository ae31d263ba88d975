"""The officer's roster 花名册 to plain rows; the one module that knows openpyxl.

The roster is the officer's own workbook and is trusted; what stands in it is not taken for right.
Every mistake is collected, with its sheet and cell, before anything is made of it.

Rows are read as they are asked for, so that a roster of ten thousand projects takes little more
room than one of a hundred.  openpyxl keeps all strings and the height of every row that it has
read, and tells of merged cells and of formulas without a result only where it holds the whole
sheet; so its reader and its parser of sheets are used with that mended.  They are not promised to
stay as they are: ``pyproject.toml`` names the versions that have them.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from ..form import Form, near
from ..number import squeeze
from ..sheet import a1, a1_area, area_from_a1
from .roster_cell import UNCOMPUTED, Limits, Value, limits_of, text_of, value_of
from .roster_layout import HEAD_ROW, HINT_ROW, Field, Table, tables
from .spill import Spill
from .trouble import CampaignError


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


class _Parser(WorkSheetParser):
    """openpyxl's parser of a sheet, which forgets each row when it has given it."""

    def parse_row(self, row: Any) -> Any:
        number = row.get("r", "")
        try:
            if not number.isdecimal():
                raise KeyError
            self.row_counter = int(number)
            return self.row_counter, [self._filled(element) for element in row if len(element)]
        except KeyError:  # rows or cells that do not say where they stand
            parsed = super().parse_row(row)
            self.row_dimensions.clear()
            return parsed

    def _filled(self, element: Any) -> Any:
        """A cell that holds something. Texts, the most of a roster, without openpyxl's detours."""
        place = element.attrib["r"]
        if element.get("t") == "s" and len(element) == 1 and element[0].tag == VALUE_TAG and element[0].text:
            value = self.shared_strings[int(element[0].text)]
            return {"column": _column(place.rstrip("0123456789")), "value": value, "data_type": "s"}
        cell = self.parse_cell(element)
        if cell["value"] is None and cell["data_type"] != "s" and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = UNCOMPUTED
        return cell


_column = lru_cache(maxsize=256)(column_index_from_string)


class _Package(ExcelReader):
    """openpyxl's reader of a package, with the table of strings in a file."""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        if part is not None:
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = _Strings(source)  # type: ignore[assignment]


class _Strings:
    """The table of shared strings, each read when it is asked for; those of late are remembered."""

    def __init__(self, source: Any) -> None:
        self._spill = Spill()
        events = iterparse(source, ("start", "end"))
        _, root = next(events)
        for event, node in events:
            if event == "end" and node.tag == _STRING:
                plain = node[0] if len(node) == 1 and node[0].tag == _TEXT else None
                text = Text.from_tree(node) if plain is None else None  # phonetic signs, runs of several fonts
                content = str(text.content) if text else "" if plain is None else plain.text or ""
                content = content.replace("x005F_", "")  # as openpyxl does
                self._spill.put(content.encode("utf-8", "surrogatepass"))
                root.clear()
        self._remembered = lru_cache(maxsize=512)(self._read)

    def _read(self, number: int) -> str:
        return self._spill.take(number).decode("utf-8", "surrogatepass")

    def __getitem__(self, number: int) -> str:
        return self._remembered(number)


_STRING, _TEXT = f"{{{SHEET_MAIN_NS}}}si", f"{{{SHEET_MAIN_NS}}}t"


class Roster:
    """A roster that is being read. ``mistakes`` grows as the rows are; ``unread`` are the cells (sheet, name)
    of which nothing could be made, so that nobody else complains about them.

    Raises ``CampaignError`` where the file is not there or is no workbook, here or while it is read.
    """

    def __init__(self, path: Path, form: Form) -> None:
        self.path = path
        self.mistakes: list[RosterMistake] = []
        self.unread: set[tuple[str, str]] = set()
        self.units, self.projects, self.indicators = (Rows(self, table) for table in tables(form))
        self._end = ExitStack()

    def __enter__(self) -> Roster:
        with ExitStack() as undo:
            undo.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")  # openpyxl's, about extensions that it does not keep
            with _readable(self.path):
                package = _Package(self.path, read_only=True, data_only=True, keep_links=False)
                undo.callback(package.archive.close)
                package.read()
                self._book = package.wb
            self._end = undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        self._end.close()

    def note(self, table: Table, cell: str, zh: str, en: str) -> None:
        """A cell that cannot be read, or the lack of one."""
        self.mistakes.append(RosterMistake(table.sheet, cell, zh.replace("\n", " "), en.replace("\n", " ")))
        self.unread.add((table.sheet, cell))

    def complain(self, rows: Rows, row: Row | None, term: str, zh: str, en: str) -> None:
        """What is wrong with what was read, unless the cell has been found unreadable; ``None`` is the sheet."""
        cell = rows.cell(row, term) if row is not None else "A1"
        if (rows.table.sheet, cell) not in self.unread:
            self.mistakes.append(RosterMistake(rows.table.sheet, cell, zh, en))

    def sheet(self, table: Table) -> Any:
        """The sheet of that table, or ``None``, which is noted."""
        names = self._book.sheetnames
        sheet = self._book[table.sheet] if table.sheet in names else None
        if isinstance(sheet, ReadOnlyWorksheet):
            return sheet
        hint = near(table.sheet, names) if sheet is None else ""
        self.note(
            table,
            "",
            f"缺少工作表“{table.sheet}”" + (f"（是不是 {hint}？）" if hint else "") + "；请恢复这个名称",
            f"the sheet {table.sheet} is missing; give it that name again",
        )
        return None


class Rows:
    """The rows of a sheet that somebody filled in, to be gone through once; then ``columns`` says in which
    column of it each term stands."""

    def __init__(self, roster: Roster, table: Table) -> None:
        self.table = table
        self.columns: dict[str, int] = {}
        self._roster: Roster | None = roster
        self._fields: dict[int, tuple[Field, Limits | None]] = {}
        self._required: list[Field] = []

    def cell(self, row: Row, term: str) -> str:
        """The name of a cell; that of column A where the sheet lacks the column."""
        return a1(row.number, self.columns.get(term, 1))

    def __iter__(self) -> Iterator[Row]:
        roster, self._roster = self._roster, None
        assert roster is not None, "read already"
        sheet = roster.sheet(self.table)
        if sheet is None:
            return
        head = False
        with _readable(roster.path), sheet._get_source() as source:
            book = sheet.parent
            parser = _Parser(
                source,
                sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for number, cells in parser.parse():
                if number == HEAD_ROW:
                    self._columns(cells, roster)
                    head = True
                elif self.columns and not (number == HINT_ROW and self._is_hint(cells)):
                    row = self._row(number, cells, sheet, roster)
                    if row is not None:
                        yield row
        if not head:
            self._columns((), roster)
        self._refuse_merged(parser.merged_cells, roster)

    def _columns(self, cells: Sequence[Any], roster: Roster) -> None:
        """Where each column stands, by its heading; the officer may have moved them."""
        wanted = {squeeze(field.heading): field for field in self.table.fields}
        for cell in cells:
            at, value = cell["column"], cell["value"]
            heading = squeeze(str(value if value is not None else "")).removesuffix("*")
            if not heading or heading.startswith("备注"):
                continue
            field = wanted.get(heading)
            if field is None:
                hint = near(heading, wanted)
                roster.note(
                    self.table,
                    a1(HEAD_ROW, at),
                    f"没有“{heading}”这一栏" + (f"（是不是“{hint}”？）" if hint else "") + "；自用的栏请以“备注”开头",
                    f"no column is called {heading!r}; a column of your own should begin with 备注",
                )
            elif field.term in self.columns:
                zh, en = f"“{heading}”一栏出现两次", f"the column {heading!r} stands twice"
                roster.note(self.table, a1(HEAD_ROW, at), zh, en)
            else:
                self.columns[field.term] = at
        for field in self.table.fields:
            if field.required and field.term not in self.columns:
                roster.note(
                    self.table,
                    a1(HEAD_ROW, 1),
                    f"缺少“{field.heading}”一栏；请恢复第 {HEAD_ROW} 行的栏名",
                    f"the column {field.heading!r} ({field.hint}) is missing; restore the headings in row {HEAD_ROW}",
                )
        known = [field for field in self.table.fields if field.term in self.columns]
        texts = {field.term: limits_of(field) for field in known if field.kind not in ("amount", "weight")}
        wanted_fields = [field for field in known if field.term != "remark"]
        self._fields = {self.columns[field.term]: (field, texts.get(field.term)) for field in wanted_fields}
        self._required = [field for field in known if field.required and not field.once]

    def _is_hint(self, cells: Sequence[Any]) -> bool:
        """Whether row 2 is still the line that explains the columns."""
        hints = {self.columns.get(field.term): field.hint for field in self.table.fields}
        return any(cell["value"] is not None and hints.get(cell["column"]) == cell["value"] for cell in cells)

    def _row(self, number: int, cells: Sequence[Any], sheet: Any, roster: Roster) -> Row | None:
        values: dict[str, Value] = {}
        at_fault = set[str]()
        fields = self._fields
        for cell in cells:
            content, kind = cell["value"], cell["data_type"]
            if content is None and kind != UNCOMPUTED:
                continue
            field, limits = fields.get(cell["column"], (None, None))
            if field is None:
                continue
            try:
                if kind == "s" and limits is not None:
                    value = text_of(content, limits)
                else:
                    value = value_of(field, content, kind, lambda cell=cell: _number_format(sheet, cell))  # type: ignore[misc]
            except ValueError as fault:
                roster.note(self.table, a1(number, cell["column"]), *fault.args)
                at_fault.add(field.term)
                continue
            if value is not None:
                values[field.term] = value
        if not values and not at_fault:
            return None
        for field in self._required:
            if field.term not in values and field.term not in at_fault:
                place = a1(number, self.columns[field.term])
                zh, en = f"没有填“{field.heading}”", f"{field.heading} ({field.hint}) is not filled in"
                roster.note(self.table, place, zh, en)
        return Row(number, values)

    def _refuse_merged(self, merged: Any, roster: Roster) -> None:
        """Merged cells cannot be read row by row."""
        for each in merged.mergeCell if merged is not None else ():
            area = area_from_a1(str(each.ref))
            if area.bottom > HEAD_ROW and any(area.left <= at <= area.right for at in self.columns.values()):
                roster.note(
                    self.table,
                    a1(area.top, area.left),
                    f"{a1_area(area)} 是合并单元格；请取消合并，每行都填",
                    f"{a1_area(area)} is merged; unmerge it and fill in every row",
                )


def _number_format(sheet: Any, cell: Mapping[str, Any]) -> str:
    return str(ReadOnlyCell(sheet, **cell).number_format)


_FAULTS = (OSError, zipfile.BadZipFile, zlib.error, InvalidFileException, LookupError, ValueError, SyntaxError)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What goes wrong while the file is read, in words."""
    try:
        yield
    except FileNotFoundError as error:
        raise CampaignError("NO_ROSTER", f"没有花名册 {path}。", f"There is no roster {path}.", 2) from error
    except PermissionError as error:
        raise CampaignError(
            "ROSTER_UNREADABLE",
            f"读不了花名册 {path}：没有权限，或正被其他程序占用。请关闭后重试。",
            f"Cannot read the roster {path}: no permission, or another program holds it. Close it and try again.",
            2,
        ) from error
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        InvalidFileException,
        LookupError,
        ValueError,
        SyntaxError,
    ) as error:
        raise CampaignError(
            "ROSTER_UNREADABLE",
            f"{path} 不是读得出的 .xlsx 工作簿（{error}）。请用 Excel 或 WPS 打开，另存为 .xlsx。",
            f"{path} is no .xlsx workbook that can be read ({error}). Open it in Excel or WPS and save it as .xlsx.",
            2,
        ) from error


def sort_mistakes(mistakes: Sequence[RosterMistake], form: Form) -> list[RosterMistake]:
    """In the order of the sheets, then from the top."""
    order = [table.sheet for table in tables(form)]

    def key(mistake: RosterMistake) -> tuple[int, int, int]:
        place = area_from_a1(mistake.cell) if mistake.cell else None
        return (order.index(mistake.sheet), place.top if place else 0, place.left if place else 0)

    return sorted(mistakes, key=key)
