"""Where results go: a terminal, a pipe, or a file that is either the old one or the whole new one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

import click

from .speech import Speech

NARROWEST = 40
"""A terminal that says it is narrower than this, or does not know (0), is not believed."""

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


def is_terminal(stream: object) -> bool:
    """Whether a person is looking at the stream."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def terminal_width() -> int | None:
    """The width of the terminal on stdout, ``None`` where there is none."""
    try:
        found = os.get_terminal_size(sys.stdout.fileno()).columns if is_terminal(sys.stdout) else None
    except (OSError, ValueError):
        return None
    return None if found is None else max(found, NARROWEST)


def painter(on: bool) -> Callable[[str, str], str]:
    """Colours on a terminal, where nobody asked for none."""
    if not on or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return lambda text, _: text

    def paint(text: str, look: str) -> str:
        if look in ("bold", "dim"):
            return click.style(text, bold=look == "bold" or None, dim=look == "dim" or None)
        return click.style(text, fg=look)

    return paint
