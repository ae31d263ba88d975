"""Files that are either not there or complete: several at a time, so that the disk is waited for once.

A file is written under a temporary name in its own folder, brought to the disk, and only then
gets its name.  What was there before stays until that moment.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

TEMPORARY = re.compile(r"\.perfxl-[0-9a-f]{12}\.tmp")
_FULL = frozenset((errno.ENOSPC, errno.EFBIG, *(getattr(errno, name) for name in ("EDQUOT",) if hasattr(errno, name))))
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM)


class DiskFullError(OSError):
    """No room on the disk, or more than may be written: nothing further can be placed."""


class Placed(NamedTuple):
    """What became of a file: ``error`` is ``None`` where it now stands complete."""

    path: Path
    error: OSError | None


Announce = Callable[[Sequence[Path]], None]


def place(
    files: Sequence[tuple[Path, bytes]],
    *,
    durable: bool = True,
    announce: Announce | None = None,
) -> list[Placed]:
    """Put files in their places, in order. ``durable`` waits until they are on the disk; ``announce``
    is told which files are ready, before the first of them gets its name.

    A file that cannot be placed does not keep the others.  Raises ``DiskFullError`` where the disk
    is full; then none of the files has changed that were not placed.
    """
    ready: list[tuple[Path, Path | None, OSError | None]] = []
    placed: list[Placed] = []
    try:
        for path, data in files:
            ready.append(_prepared(path, data))
        if durable:
            _sync([temporary for _, temporary, error in ready if temporary is not None and error is None])
        if announce is not None:
            announce([path for path, _, error in ready if error is None])
        for path, temporary, error in ready:
            placed.append(_named(path, temporary, error))
        if durable:
            for folder in dict.fromkeys(path.parent for path, error in placed if error is None):
                _sync_folder(folder)
        return placed
    finally:
        named = {path for path, error in placed if error is None}
        for path, temporary, _ in ready:
            if temporary is not None and path not in named:
                with suppress(OSError):
                    temporary.unlink()


def _prepared(path: Path, data: bytes) -> tuple[Path, Path | None, OSError | None]:
    temporary = path.parent / f".perfxl-{os.urandom(6).hex()}.tmp"
    try:
        with _opened(temporary) as file:
            written = file.write(data)
            if written != len(data):  # a disk that filled up in the middle
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        if error.errno in _FULL:
            raise DiskFullError(error.errno, error.strerror) from error
        return path, None, error
    return path, temporary, None


def _opened(temporary: Path) -> io.FileIO:
    try:
        return open(temporary, "xb", buffering=0)
    except FileNotFoundError:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        return open(temporary, "xb", buffering=0)


def _sync(temporaries: Sequence[Path]) -> None:
    """All written before any is waited for: the first wait then takes most of the others along."""
    for temporary in temporaries:
        try:
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFullError(error.errno, error.strerror) from error
            raise


def _named(path: Path, temporary: Path | None, error: OSError | None) -> Placed:
    if temporary is None:
        return Placed(path, error)
    for left in range(9, -1, -1):
        try:
            os.replace(temporary, path)
            return Placed(path, None)
        except PermissionError as refused:
            # Windows: a scanner lets go in a moment, Excel does not.
            if not left or sys.platform != "win32":
                return Placed(path, refused)
            time.sleep(0.05)
        except OSError as refused:
            return Placed(path, refused)
    raise AssertionError("not reached")


def place_ready(temporary: Path, path: Path) -> OSError | None:
    """Give a file that is complete and on the disk its name; why that could not be, ``None`` where it was."""
    error = _named(path, temporary, None).error
    if error is None:
        _sync_folder(path.parent)
    return error


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)


def sweep(folder: Path) -> int:
    """Take away what a run that was killed left half written; how many files that were."""
    count = 0
    for inside, _, names in os.walk(folder):
        for name in names:
            if TEMPORARY.fullmatch(name):
                with suppress(OSError):
                    os.unlink(os.path.join(inside, name))
                    count += 1
    return count
