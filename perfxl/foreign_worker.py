"""The process that may die: reads one foreign workbook from stdin, writes what is in it to stdout.

    python -m perfxl.foreign_worker BYTES_OF_MEMORY

Nothing else of perfxl is imported, nothing is written to disk, and an exception simply ends it.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

_MOST = 20 * 1024 * 1024
"""Bytes of a decrypted workbook: what a workbook may have at all."""


class Refused(Exception):  # noqa: N818 - an answer, no fault
    """A rejection code to hand back."""


class Capped(io.BytesIO):
    """Memory for a decrypted workbook, which refuses to grow without end."""

    def write(self, data: Any, /) -> int:
        """Take the bytes, up to the limit."""
        if self.tell() + len(data) > _MOST:
            raise Refused("FILE_TOO_LARGE")
        return super().write(data)


def decrypted(data: bytes, password: str) -> bytes:
    """The workbook inside an encrypted one."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    office, out = msoffcrypto.OfficeFile(io.BytesIO(data)), Capped()
    try:
        if getattr(office, "type", "") == "agile":
            office.load_key(password=password, verify_password=True)
        else:
            office.load_key(password=password)
        office.decrypt(out)
    except (InvalidKeyError, DecryptionError):
        raise Refused("WRONG_PASSWORD") from None
    inside = out.getvalue()
    if not inside.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x09\x08")):
        raise Refused("WRONG_PASSWORD")
    return inside


# ---- .xls and .et ---------------------------------------------------------------------------


def by_xlrd(data: bytes, password: str | None, most: int) -> dict[str, Any]:
    """A workbook of BIFF records; formulas are not to be had, their results are."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" not in str(error).lower():
            raise
        if password is None:
            raise Refused("ENCRYPTED") from None
        book = xlrd.open_workbook(file_contents=decrypted(data, password), formatting_info=True, logfile=io.StringIO())
    areas, constants = _names(xlrd, book)
    sheets = []
    for index, sheet in enumerate(book.sheets()):
        cells = list(_cells(xlrd, book, sheet))
        most -= len(cells)
        if most < 0:
            raise Refused("TOO_MANY_CELLS")
        sheets.append(
            {
                "name": sheet.name,
                "visibility": sheet.visibility if sheet.visibility in (0, 1, 2) else 0,
                "cells": cells,
                "merges": [[top + 1, left + 1, bottom, right] for top, bottom, left, right in sheet.merged_cells],
                "names": areas.get(index, {}),
                "constants": constants.get(index, {}),
                "protected": True,
                "hidden_rows": [row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden],
                "hidden_columns": [column + 1 for column, info in sheet.colinfo_map.items() if info.hidden],
            }
        )
    return {"sheets": sheets, "constants": constants.get(-1, {}), "date1904": bool(book.datemode)}


def _cells(xlrd: Any, book: Any, sheet: Any) -> Iterator[list[Any]]:
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            kind, raw = _typed(xlrd, cell)
            if kind is None or raw == "":
                continue
            form = book.xf_list[cell.xf_index] if cell.xf_index is not None else None
            found = book.format_map.get(form.format_key) if form is not None else None
            locked = bool(form.protection.cell_locked) if form is not None else True
            yield [row + 1, column + 1, kind, raw, found.format_str if found is not None else "General", locked]


def _typed(xlrd: Any, cell: Any) -> tuple[str | None, str]:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return "str", cell.value
    if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return "n", repr(cell.value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "b", str(int(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return "e", xlrd.error_text_from_code.get(cell.value, "#ERR!")
    return None, ""


def _names(xlrd: Any, book: Any) -> tuple[dict[int, dict[str, list[int]]], dict[int, dict[str, str]]]:
    """The names of ours by sheet (-1: of the workbook): areas, and texts."""
    areas: dict[int, dict[str, list[int]]] = {}
    constants: dict[int, dict[str, str]] = {}
    for name in book.name_obj_list:
        result = name.result
        if not name.name.lower().startswith(("pxl.", "perfxl.")) or result is None:
            continue
        if result.kind == xlrd.oSTRG or result.kind == xlrd.oNUM:
            value = result.value
            text = value if isinstance(value, str) else repr(value).removesuffix(".0")
            constants.setdefault(name.scope, {})[name.name] = text
        elif result.kind == xlrd.oREF and result.value and len(result.value) == 1:
            sheet, _, top, bottom, left, right = result.value[0].coords
            areas.setdefault(sheet, {})[name.name] = [top + 1, left + 1, bottom, right]
    return areas, constants


# ---- the process ----------------------------------------------------------------------------


def bound(memory: int) -> None:
    """Bound the memory of this process, where the system can."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(request: dict[str, Any], data: bytes) -> bytes:
    """What is in the workbook: one line of JSON, and bytes behind it."""
    password = request.get("password")
    if request["do"] == "decrypt":
        return b"{}\n" + decrypted(data, str(password))
    told = by_xlrd(data, password, int(request["cells"]))
    return json.dumps(told, ensure_ascii=True, allow_nan=False).encode() + b"\n"


def main() -> None:
    """Read the request and the workbook, write the answer."""
    bound(int(sys.argv[1]))
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    try:
        out = answer(json.loads(head), data)
    except Refused as refused:
        out = json.dumps({"rejected": str(refused)}).encode() + b"\n"
    except MemoryError:
        out = b'{"rejected": "MEMORY_LIMIT"}\n'
    sys.stdout.buffer.write(out)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
