"""Files that are either not there or complete: several at a time, so that the disk is waited for once.

A file is written under a temporary name in its own folder, brought to the disk, and only then
gets its name.  What was there before stays until that moment.
"""

from __future__ import annotations

import errno
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
    ready: list[_Ready] = []
    placed: list[Placed] = []
    try:
        for path, data in files:
            ready.append(_prepared(path, data))
        if durable:
            _sync(ready)
        _close(ready)
        if announce is not None:
            announce([each.path for each in ready if each.error is None])
        for each in ready:
            placed.append(_named(each.path, each.temporary, each.error))
        if durable:
            for folder in dict.fromkeys(path.parent for path, error in placed if error is None):
                _sync_folder(folder)
        return placed
    finally:
        _close(ready)
        named = {path for path, error in placed if error is None}
        for each in ready:
            if each.temporary and each.path not in named:
                with suppress(OSError):
                    os.unlink(each.temporary)


class _Ready:
    """A file that is written under its temporary name and still open; or why it is not."""

    __slots__ = ("error", "handle", "path", "temporary")

    def __init__(self, path: Path, temporary: str, handle: int, error: OSError | None = None) -> None:
        self.path, self.temporary, self.handle, self.error = path, temporary, handle, error


def _prepared(path: Path, data: bytes) -> _Ready:
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".perfxl-{os.urandom(6).hex()}.tmp")
    handle = -1
    try:
        handle = _opened(temporary)
        written = os.write(handle, data)
        if written != len(data):  # a disk that filled up in the middle
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        if handle >= 0:
            os.close(handle)
        with suppress(OSError):
            os.unlink(temporary)
        if error.errno in _FULL:
            raise DiskFullError(error.errno, error.strerror) from error
        return _Ready(path, "", -1, error)
    return _Ready(path, temporary, handle)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)


def _opened(temporary: str) -> int:
    try:
        return os.open(temporary, _NEW, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(temporary), exist_ok=True)
        return os.open(temporary, _NEW, 0o666)


def _sync(ready: Sequence[_Ready]) -> None:
    """All written before any is waited for: the first wait then takes most of the others along."""
    for each in ready:
        if each.error is not None:
            continue
        try:
            os.fsync(each.handle)
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFullError(error.errno, error.strerror) from error
            raise


def _close(ready: Sequence[_Ready]) -> None:
    """Windows renames no file that is open."""
    for each in ready:
        if each.handle >= 0:
            handle, each.handle = each.handle, -1
            try:
                os.close(handle)
            except OSError as error:  # network shares say only here that there was no room
                if error.errno in _FULL:
                    raise DiskFullError(error.errno, error.strerror) from error
                each.error = error


def _named(path: Path, temporary: str, error: OSError | None) -> Placed:
    if error is not None:
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
    error = _named(path, os.fspath(temporary), None).error
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
