"""Where results go: a terminal, a pipe, or a file that is either the old one or the whole new one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

import click

from ..terminal import is_terminal as is_terminal
from ..terminal import painter as painter
from ..terminal import terminal_width as terminal_width
from .speech import Speech

CANNOT_WRITE = 3
"""Exit code: at least one file could not be judged or written."""


class CannotWriteError(click.ClickException):
    """A file that could not be written: no room, no permission, open elsewhere."""

    exit_code = CANNOT_WRITE


@contextmanager
def replacing(path: str, say: Speech) -> Iterator[BinaryIO]:
    """A file to write; it takes the place of ``path`` only when it is complete and on disk.

    Raises ``CannotWriteError``; then ``path`` is as it was.
    """
    folder = os.path.dirname(path) or "."
    temporary = os.path.join(folder, f".perfxl-{os.urandom(6).hex()}.tmp")
    try:
        file = open(temporary, "xb")  # noqa: SIM115
    except OSError as error:
        raise CannotWriteError(_cannot(path, error, say)) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _put(temporary, path)
    except OSError as error:
        raise CannotWriteError(_cannot(path, error, say)) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def write_file(path: str, data: bytes, say: Speech) -> None:
    """The whole file at once. Raises ``CannotWriteError``."""
    with replacing(path, say) as file:
        file.write(data)


def _put(temporary: str, path: str) -> None:
    """Windows refuses while a scanner or Excel holds the file: a scanner lets go in a moment."""
    for left in range(9, -1, -1):
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            if not left or sys.platform != "win32":
                raise
            time.sleep(0.05)


def _cannot(path: str, error: OSError, say: Speech) -> str:
    if isinstance(error, PermissionError):
        return say(
            f"写不了 {path}：没有权限，或正被 Excel 打开。请关闭后重试。",
            f"cannot write {path}: no permission, or it is open in Excel. Close it and try again.",
        )
    return say(f"写不了 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}")


def to_stdout(pieces: Iterable[bytes]) -> None:
    """UTF-8 as it is, whatever the console's code page."""
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
