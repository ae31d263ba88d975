"""Workbooks of other formats, and encrypted ones, read by other people's libraries in a process that may die.

``.xls`` and WPS ``.et`` by xlrd (extra ``legacy``), passwords by msoffcrypto-tool (extra
``encrypted``).  Whatever happens in there (a crash, a hang, an exception) costs this file only: it is
refused with the remedy.  None of these libraries is imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from .rejection import REJECTIONS, Rejected
from .sheet import MAX_COLUMN, MAX_ROW, Area, Cell, Sheet, Visibility, Workbook
from .xlsx.cells import make_cell
from .xlsx.limits import DEFAULT, MIB
from .xlsx.reader import read_workbook

KINDS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "LEGACY_XLS_OR_ET": ("xlrd", "legacy", (".xls", ".et", ".xlt", ".ett")),
    "ENCRYPTED": ("msoffcrypto", "encrypted", ()),
}
"""By rejection code: the library that reads it all the same, the extra that brings it, usual extensions."""

SECONDS, MEMORY = 20, 512 * MIB
"""What the process may take; memory is bounded where the system can bound it."""
_ANSWER = 192 * MIB
_VISIBILITIES: tuple[Visibility, ...] = ("visible", "hidden", "veryHidden")


class Opened(NamedTuple):
    """A workbook that was read, and the extensions that such a file usually has."""

    workbook: Workbook
    extensions: tuple[str, ...] = ()


def open_workbook(data: bytes, password: str | None = None) -> Opened:
    """Read a workbook of any format that is understood here.

    Raises ``Rejected`` as ``read_workbook`` does; ``WRONG_PASSWORD`` where the password does not open it.
    """
    try:
        return Opened(read_workbook(data, forms_only=True))
    except Rejected as rejection:
        if rejection.code not in KINDS or (rejection.code == "ENCRYPTED" and password is None):
            raise
        return _otherwise(data, rejection.code, password)


def _otherwise(data: bytes, code: str, password: str | None) -> Opened:
    from importlib.util import find_spec

    library, extra, extensions = KINDS[code]
    if find_spec(library) is None:
        raise Rejected(code, f"pip install 'perfxl[{extra}]'")
    if code == "ENCRYPTED":
        inside = _asked({"do": "decrypt", "password": password}, data, code)[1]
        found = open_workbook(inside)
        return found if found.extensions else Opened(found.workbook, (".xlsx", ".xlsm"))
    answer, _ = _asked({"do": library, "password": password, "cells": DEFAULT.cells}, data, code)
    try:
        return Opened(_workbook(answer), extensions)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise Rejected(code) from None


def _asked(request: Mapping[str, object], data: bytes, code: str) -> tuple[dict[str, Any], bytes]:
    """The answer of a fresh process: its first line as JSON, and the bytes behind it."""
    import json
    import subprocess
    from threading import Timer

    command = [sys.executable, "-E", "-m", "perfxl.foreign_worker", str(MEMORY)]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=flags
    ) as process:
        late: list[bool] = []

        def stop() -> None:
            late.append(True)
            process.kill()

        timer = Timer(SECONDS, stop)
        timer.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise OSError("no pipes")
            try:
                process.stdin.write(json.dumps(request).encode() + b"\n" + data)
                process.stdin.close()
            except BrokenPipeError:
                pass
            out = process.stdout.read(_ANSWER + 1)
        finally:
            timer.cancel()
            process.kill()
    if late:
        raise Rejected("TIME_LIMIT")
    head, _, body = out.partition(b"\n")
    if len(out) > _ANSWER:
        raise Rejected("MEMORY_LIMIT")
    try:
        answer = json.loads(head)
    except ValueError:
        raise Rejected(code) from None  # it died
    if not isinstance(answer, dict):
        raise Rejected(code)
    refused = answer.get("rejected")
    if refused is not None:
        raise Rejected(refused if refused in REJECTIONS else code)
    return answer, body


# ---- what came back, made ours -------------------------------------------------------------


def _workbook(answer: dict[str, Any]) -> Workbook:
    return Workbook(
        sheets=tuple(_sheet(sheet) for sheet in answer["sheets"][: DEFAULT.sheets]),
        constants={str(name): str(text) for name, text in answer["constants"].items()},
        notes=(("DATE_1904", ""),) if answer.get("date1904") else (),
    )


def _sheet(told: dict[str, Any]) -> Sheet:
    cells: dict[tuple[int, int], Cell] = {}
    for row, column, kind, raw, number_format, locked in told["cells"]:
        if 1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN and raw != "":
            if len(raw) > DEFAULT.text_characters:
                raise Rejected("TEXT_TOO_LONG", told["name"])
            cells[row, column] = make_cell(str(kind), str(raw), (str(number_format), bool(locked)), None)
    return Sheet(
        name=str(told["name"]),
        cells=cells,
        merges=tuple(Area(*map(int, area)) for area in told["merges"][: DEFAULT.merges]),
        names={str(name): Area(*map(int, area)) for name, area in told["names"].items()},
        constants={str(name): str(text) for name, text in told["constants"].items()},
        visibility=_VISIBILITIES[told["visibility"]],
        protected=bool(told["protected"]),
        hidden_rows=frozenset(map(int, told["hidden_rows"][: DEFAULT.hidden_rows])),
        hidden_columns=frozenset(map(int, told["hidden_columns"][:MAX_COLUMN])),
        formulas_read=False,
    )
