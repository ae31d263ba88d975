"""Sheets to ``.xlsx`` bytes: the only module that knows xlsxwriter.

The same workbook gives the same bytes.  Data never turns into a formula, a
link or markup; whatever the format cannot hold raises ``ValueError`` and is
never cut silently.  Only the prompts of validations are cut, with an ellipsis.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO, StringIO
from sys import intern
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.packager import Packager
from xlsxwriter.sharedstrings import SharedStrings
from xlsxwriter.url import Url
from xlsxwriter.worksheet import Worksheet

from perfxl.sheet import EMPTY, Area, Cell, PrintSetup, Sheet, Validation, Workbook, a1, a1_area
from perfxl.xlsx.charting import add_chart
from perfxl.xlsx.content import (
    CONTROLS,
    MAX_SHORT,
    MAX_TEXT,
    cut,
    double,
    inline_string,
    is_quoted,
    sound,
    stored_result,
    string_item,
)
from perfxl.xlsx.styles import BODY, cell_look, mark_look

MAX_FORMULA = 8_192
MAX_TITLE = 32
MAX_SHEET_NAME = 31
MAX_HEIGHT = 409.0  # points

_CREATED = datetime(2000, 1, 1)
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_ON_DISK = {**_OPTIONS, "in_memory": False}
_PAPERS = {"A4": 9, "A3": 8}
MAX_LINKS = 65_000
"""So many links a sheet may have; Excel takes some hundreds more."""
_PROTECTION = {"format_columns": True, "format_rows": True, "select_locked_cells": True, "select_unlocked_cells": True}
_STRUCTURE_LOCK = '<workbookProtection lockStructure="1"/>'
_ERROR_TYPES = {True: "stop", False: "information"}
_ANY_NUMBER = ("-1E+300", "1E+300")


def write_workbook(workbook: Workbook) -> bytes:
    """The workbook as the bytes of an ``.xlsx`` file.

    A number is stored as a binary double, so 15 significant digits survive;
    a cell that holds an error value and no formula is written as its text.

    Raises ``ValueError`` where the file format cannot hold what is asked for:
    a text of more than 32,767 characters, a lone surrogate, a name, a sheet
    name, a style or a validation that is none.
    """
    out = BytesIO()
    _write(workbook, out, _OPTIONS)
    return out.getvalue()


def write_into(workbook: Workbook, out: BinaryIO, *, scratch: str | None = None) -> None:
    """The same into a file that can be sought in, by way of files in the folder ``scratch``: sheets with
    ``lines`` are never in memory as a whole. Raises ``OSError`` besides, as where a disk is full."""
    import tempfile  # the library has it loaded

    with tempfile.TemporaryDirectory(prefix="perfxl-", dir=scratch) as folder:
        _write(workbook, out, {**_ON_DISK, "tmpdir": folder})


def _write(workbook: Workbook, out: BinaryIO, options: dict[str, Any]) -> None:
    book = _Book(out, workbook, options)
    try:
        _fill(book, workbook)
        book.close()
    except XlsxWriterException as fault:
        if isinstance(fault.__context__, OSError):
            raise fault.__context__ from fault
        raise ValueError(str(fault)) from fault
    finally:
        book.let_go()


# --- the package -----------------------------------------------------------


class _Strings(SharedStrings):  # type: ignore[misc]
    """Shared strings spelled our way."""

    def _write_si(self, string: str) -> None:
        self.fh.write(string_item(string))


class _Page(Worksheet):  # type: ignore[misc]
    """A sheet whose texts, where they stand in the cells themselves, are spelled our way."""

    def _escape_control_characters(self, text: str) -> str:
        return text

    def _xml_inline_string(self, string: str, preserve: bool, attributes: Any = ()) -> None:
        inside = "".join(f' {key}="{self._escape_attributes(value)}"' for key, value in attributes)
        self.fh.write(f'<c{inside} t="inlineStr">{inline_string(string)}</c>')

    def _xml_rich_inline_string(self, string: str, attributes: Any = ()) -> None:
        self._xml_inline_string(string, False, attributes)


class _Package(Packager):  # type: ignore[misc]
    def _write_shared_strings_file(self) -> None:
        strings = _Strings()
        strings.string_table = self.workbook.str_table
        if strings.string_table.count:
            strings._set_xml_writer(self._filename("xl/sharedStrings.xml"))
            strings._assemble_xml_file()

    def _create_package(self) -> list[tuple[Any, str, bool]]:
        parts: list[tuple[Any, str, bool]] = super()._create_package()
        if not self.workbook.structure_locked:
            return parts
        return [(_lock(part) if name == "xl/workbook.xml" else part, name, binary) for part, name, binary in parts]


def _password(password: str) -> str:
    if not password.isascii() or not (password.isprintable() and len(password) <= MAX_SHORT):
        raise ValueError("a sheet password is of printable ASCII characters")
    return password


def _lock(part: StringIO) -> StringIO:
    """The workbook part with its structure locked; the library has no word for that."""
    before, views, after = part.getvalue().partition("<bookViews>")
    if not views:
        raise RuntimeError("no <bookViews> in the workbook part: the structure cannot be locked")
    return StringIO(before + _STRUCTURE_LOCK + views + after)


class _Book(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook of the library that keeps each of our formats once."""

    def __init__(self, out: BinaryIO, workbook: Workbook, options: dict[str, Any]) -> None:
        super().__init__(out, options)
        self.structure_locked = workbook.structure_locked
        self.password = _password(workbook.password)
        self._kept: dict[tuple[str, str, bool, bool, bool, bool], Any] = {}

    def _get_packager(self) -> _Package:
        return _Package()

    def page(self, sheet: Sheet) -> Any:
        """A sheet of the library, which goes to a file row by row where it has ``lines``."""
        self.constant_memory = sheet.lines is not None and not self.in_memory
        try:
            return self.add_worksheet(sound(sheet.name, "sheet name", MAX_SHEET_NAME), _Page)
        finally:
            self.constant_memory = False

    def let_go(self) -> None:
        """Close the files of sheets that were not finished."""
        for page in self.worksheets():
            if page.row_data_fh is not None:
                page.row_data_fh.close()

    def format_of(self, cell: Cell) -> Any:
        """The format of that cell; ``None`` where it needs none."""
        quoted = is_quoted(cell)
        key = (
            cell.style,
            cell.number_format,
            cell.locked,
            cell.formula is not None,
            quoted,
            cell.link is not None,
        )
        if key not in self._kept:
            self._kept[key] = self.add_format(
                cell_look(
                    cell.style,
                    sound(cell.number_format, "number format", MAX_SHORT),
                    locked=cell.locked,
                    computed=key[3],
                    quoted=quoted,
                    link=key[5],
                )
            )
        return self._kept[key]


def _fill(book: _Book, workbook: Workbook) -> None:
    book.set_properties({"created": _CREATED})
    first = next((place for place, sheet in enumerate(workbook.sheets) if sheet.visibility == "visible"), None)
    if first is None:
        raise ValueError("a workbook needs a visible sheet")
    # All sheets first, so that a link or a name may point forward.
    pages = [book.page(sheet) for sheet in workbook.sheets]
    pages[first].activate()
    if first:
        pages[first].set_first_sheet()
    for page, sheet in zip(pages, workbook.sheets, strict=True):
        _write_sheet(book, page, sheet)
        _name_sheet(book, sheet)
    for page, sheet in zip(pages, workbook.sheets, strict=True):
        for chart in sheet.charts:
            add_chart(book, page, chart)
    for name, text in workbook.constants.items():
        _define(book, name, _constant(name, text))
    for name, text in sorted(workbook.properties.items()):
        label = sound(name, "property name", MAX_SHORT)
        book.set_custom_property(label, sound(text, f"property {name!r}", MAX_SHORT), "text")


# --- one sheet -------------------------------------------------------------


def _write_sheet(book: _Book, page: Any, sheet: Sheet) -> None:
    if sheet.visibility == "hidden":
        page.hide()
    elif sheet.visibility == "veryHidden":
        page.very_hidden()
    if sheet.protected:
        page.protect(book.password, _PROTECTION)
    _measure(book, page, sheet)
    covered = _merge(book, page, sheet)
    for (row, column), cell in sorted(sheet.cells.items()):
        if (row, column) not in covered:
            _write_cell(book, page, sheet, row, column, cell)
        elif not cell.is_empty:
            raise ValueError(f"{sheet.name}!{a1(row, column)} lies under a merged cell and holds something")
    if sheet.lines is not None:
        _write_lines(book, page, sheet)
    for validation in sheet.validations:
        _validate(page, sheet, validation)
    for mark in sheet.marks:
        options = {
            "type": "formula",
            "criteria": "=" + _formula(mark.formula.removeprefix("="), f"{sheet.name}!{a1_area(mark.area)}"),
            "format": book.add_format(mark_look(mark.style)),
        }
        _done(page.conditional_format(*_zero(mark.area), options), f"{sheet.name}!{a1_area(mark.area)}: mark")
    if sheet.filtered is not None:
        page.autofilter(*_zero(sheet.filtered))
    if sheet.frozen is not None:
        page.freeze_panes(*sheet.frozen)
    if sheet.printing is not None or sheet.protected:
        page.hide_gridlines(2)
    if sheet.printing is not None:
        _set_up_print(page, sheet, sheet.printing)


def _write_lines(book: _Book, page: Any, sheet: Sheet) -> None:
    """The rows that come one by one, below the others."""
    assert sheet.lines is not None
    if sheet.merges or any(cell.note is not None for cell in sheet.cells.values()):
        raise ValueError(f"{sheet.name}: a sheet that is written row by row has neither merges nor notes")
    row = max((row for row, _ in sheet.cells), default=0)
    for line in sheet.lines():
        row += 1
        if line.height is not None:
            _done(page.set_row(row - 1, min(line.height, MAX_HEIGHT)), f"row {row}")
        for column, cell in enumerate(line.cells, 1):
            if cell is not None:
                _write_cell(book, page, sheet, row, column, cell)
        page.row_info.pop(row - 2, None)  # the library has written it, and would keep it


def _measure(book: _Book, page: Any, sheet: Sheet) -> None:
    """Widths in characters and heights in points, and what is hidden."""
    for column in sorted(sheet.widths.keys() | sheet.hidden_columns | sheet.column_looks.keys()):
        hidden = {"hidden": True} if column in sheet.hidden_columns else {}
        look = book.format_of(sheet.column_looks[column]) if column in sheet.column_looks else None
        _done(page.set_column(column - 1, column - 1, sheet.widths.get(column), look, hidden), f"column {column}")
    for row in sorted(sheet.heights.keys() | sheet.hidden_rows):
        height = sheet.heights.get(row)
        hidden = {"hidden": True} if row in sheet.hidden_rows else {}
        at_most = None if height is None else min(height, MAX_HEIGHT)
        _done(page.set_row(row - 1, at_most, None, hidden), f"row {row}")


def _merge(book: _Book, page: Any, sheet: Sheet) -> set[tuple[int, int]]:
    """Merge the areas, framed all round; the cells that now lie covered."""
    covered: set[tuple[int, int]] = set()
    for area in sheet.merges:
        if area.top == area.bottom and area.left == area.right:
            continue
        corner = sheet.cells.get(area.corner, EMPTY)
        _done(page.merge_range(*_zero(area), "", book.format_of(corner)), f"{sheet.name}!{a1_area(area)}: merge")
        covered.update(
            (row, column) for row in range(area.top, area.bottom + 1) for column in range(area.left, area.right + 1)
        )
        covered.discard(area.corner)
    return covered


def _write_cell(book: _Book, page: Any, sheet: Sheet, row: int, column: int, cell: Cell) -> None:
    place = (row - 1, column - 1)
    look = book.format_of(cell)
    try:
        if cell.link is not None:
            # The link first: its cell text is then replaced by the true content.
            _done(page.write_url(*place, _target(cell.link), look), "link")
        _done(_put(page, place, cell, look), "cell")
        if cell.note is not None:
            _write_note(page, place, sound(cell.note, "note", MAX_TEXT))
    except ValueError as fault:
        # Named here and not beforehand: the place of a sound cell is never spelled out.
        raise ValueError(f"{sheet.name}!{a1(row, column)}: {fault}") from None


def _put(page: Any, place: tuple[int, int], cell: Cell, look: Any) -> int:
    """Write the content; the return code of the library."""
    value = cell.value
    code: int
    if cell.formula is not None:
        code = page.write_formula(*place, "=" + _formula(cell.formula, "formula"), look, stored_result(cell))
    elif isinstance(value, str):
        code = page.write_string(*place, sound(value, "text", MAX_TEXT), look)
    elif value is None:
        if cell.error:
            code = page.write_string(*place, cell.error, look)
        else:
            code = page.write_blank(*place, None, look)
    elif isinstance(value, bool):
        code = page.write_boolean(*place, value, look)
    else:
        code = page.write_number(*place, double(value, "number"), look)
    return code


def _write_note(page: Any, place: tuple[int, int], text: str) -> None:
    # 24 Chinese characters a line at this width; higher for a longer text.
    lines = sum(1 + len(line) // 24 for line in text.split("\n"))
    options = {
        "font_name": BODY["font_name"],
        "font_size": 9,
        "width": 300,
        "height": min(400, 24 + 16 * lines),
        "author": "",
    }
    _done(page.write_comment(*place, text, options), "note")


def _set_up_print(page: Any, sheet: Sheet, printing: PrintSetup) -> None:
    page.set_paper(_PAPERS[printing.paper])
    if printing.landscape:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    page.center_horizontally()
    if sheet.protected:
        # The fills show a clerk where to type; paper stays white.
        page.print_black_and_white()
    if printing.area is not None:
        page.print_area(*_zero(printing.area))
    if printing.repeat_rows is not None:
        first, last = printing.repeat_rows
        page.repeat_rows(first - 1, last - 1)
    if printing.footer:
        page.set_footer(sound(printing.footer, f"footer of {sheet.name}", MAX_SHORT))


# --- validations and names -------------------------------------------------


def _validate(page: Any, sheet: Sheet, validation: Validation) -> None:
    where = f"{sheet.name}!{a1_area(validation.area)}: validation"
    options = {**_condition(validation, where), "ignore_blank": True, "error_type": _ERROR_TYPES[validation.strict]}
    words = {
        "input_title": cut(validation.title, MAX_TITLE),
        "input_message": cut(validation.prompt, MAX_SHORT),
        "error_title": cut(validation.title, MAX_TITLE) if validation.error else "",
        "error_message": cut(validation.error, MAX_SHORT),
    }
    for key, text in words.items():
        if text:
            # These stand in attributes, which have no escape for control characters.
            options[key] = CONTROLS.sub(" ", sound(text, where, MAX_SHORT))
    _done(page.data_validation(*_zero(validation.area), options), where)


def _condition(validation: Validation, where: str) -> dict[str, Any]:
    """The condition in the library's words; a missing bound bounds nothing."""
    kind, low, high = validation.kind, validation.minimum, validation.maximum
    if kind == "any":
        return {"validate": "any"}
    if kind == "list":
        if not validation.choices and low is not None and low.startswith("="):
            return {"validate": "list", "source": low}
        choices = [choice.replace('"', '""') for choice in validation.choices]
        if not choices or any("," in choice for choice in choices):
            raise ValueError(f"{where}: an inline list needs choices, none of them with a comma")
        sound(",".join(choices), where, MAX_SHORT)
        return {"validate": "list", "source": choices}
    if low is None and high is None:
        low, high = _ANY_NUMBER if kind == "decimal" else ("0", str(MAX_TEXT))
    if low is not None and high is not None:
        return {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
    return {"validate": kind, "criteria": ">=" if high is None else "<=", "value": low if high is None else high}


def _name_sheet(book: _Book, sheet: Sheet) -> None:
    owner = "'" + sheet.name.replace("'", "''") + "'!"
    for name, area in sheet.names.items():
        _define(book, f"{sheet.name}!{name}", f"={owner}{a1_area(area, absolute=True)}")
    for name, text in sheet.constants.items():
        _define(book, f"{sheet.name}!{name}", _constant(name, text))


def _define(book: _Book, name: str, formula: str) -> None:
    _done(book.define_name(sound(name, "defined name", MAX_SHORT), formula), f"defined name {name!r}")


def _constant(name: str, text: str) -> str:
    if CONTROLS.search(text):
        raise ValueError(f"defined name {name!r}: a named text holds no control characters")
    return '="' + sound(text, f"defined name {name!r}", MAX_SHORT).replace('"', '""') + '"'


# --- what the library would read in its own way --------------------------


def _formula(text: str, where: str) -> str:
    """The formula without its ``=``, checked for what the library would read in its own way."""
    if not text or text.startswith(("=", "{")) or text.endswith("}") or CONTROLS.search(text):
        raise ValueError(f"{where}: not a formula: {text!r}")
    return sound(text, where, MAX_FORMULA)


class _Link(Url):  # type: ignore[misc]
    """A link whose path has slashes, as Excel itself stores it: others do not know the backslashes. The
    library keeps each until the end: what it does not ask for again is let go."""

    def __init__(self, link: str) -> None:
        super().__init__(link)
        if link.startswith("external:"):
            anchor: str = getattr(self, "_anchor")  # noqa: B009
            self._text, self._original_url = "→", ""
            self._link, self._anchor = self._relationship_link, intern(anchor)

    def _target(self) -> str:
        return str(super()._target()).replace("\\", "/")


def _target(link: str) -> Url:
    """The link in the library's words: into the workbook itself, or to a file below or beside its folder."""
    if CONTROLS.search(link):
        raise ValueError(f"not a link: {link!r}")
    if link.startswith("#"):
        return _Link("internal:" + sound(link[1:], "link", MAX_SHORT))
    path = link.partition("#")[0]
    if not path or path.startswith("/") or any(sign in path for sign in '\\:|?*"<>%'):
        raise ValueError(f"a link leads into the workbook itself, or to a file near it: {link!r}")
    return _Link("external:" + sound(link, "link", MAX_SHORT))


def _zero(area: Area) -> tuple[int, int, int, int]:
    """The corners as the library counts them, from 0."""
    return area.top - 1, area.left - 1, area.bottom - 1, area.right - 1


def _done(code: int, what: str) -> None:
    # The library refuses with a return code: unseen, the thing would just be absent.
    if code:
        raise ValueError(f"{what}: refused ({code})")
