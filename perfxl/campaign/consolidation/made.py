"""Files that a consolidation leaves: written beside, brought to the disk, known to the ledger, then named.

What perfxl did not make, or what somebody has edited since, is never written over; see
``docs/decisions/0013-ledger-before-name.md``.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from ...noun import noun
from ..hold import now
from ..ledger import Ledger
from ..placing import TEMPORARY, place_ready
from ..trouble import CampaignError

State = Literal["new", "changed", "unchanged"]
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


@noun
class Draft:
    """A file that is complete and on the disk, under another name yet; ``path`` is where it belongs."""

    path: Path
    temporary: Path
    sha256: str


def drafted(path: Path, write: Callable[[BinaryIO], None]) -> Draft:
    """Write the file beside its place. Raises ``CampaignError`` where there is no room or no permission."""
    temporary = path.parent / f".perfxl-{os.urandom(6).hex()}.tmp"
    with ExitStack() as undo:
        undo.callback(_drop, temporary)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "x+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, sqlite3.OperationalError) as error:
            raise cannot_write(path, error) from error
        undo.pop_all()
    return Draft(path=path, temporary=temporary, sha256=digest)


def cannot_write(path: Path, error: OSError | sqlite3.Error) -> CampaignError:
    """Why a file cannot be written, and that what was there still is."""
    if isinstance(error, PermissionError):
        return CampaignError(
            "CANNOT_WRITE",
            f"写不了 {path}：没有权限，或正被 Excel 打开。原来的文件没有动；请关闭后再运行一次。",
            f"Cannot write {path}: no permission, or it is open in Excel. What was there is untouched; close it "
            "and run again.",
        )
    if isinstance(error, sqlite3.Error) or error.errno in _FULL:
        return CampaignError(
            "DISK_FULL",
            f"磁盘已满，写不了 {path}。原来的文件没有动；请腾出空间后再运行一次。",
            f"The disk is full: {path} cannot be written. What was there is untouched; make room and run again.",
        )
    return CampaignError(
        "CANNOT_WRITE",
        f"写不了 {path}：{error.strerror}。原来的文件没有动。",
        f"Cannot write {path}: {error.strerror}. What was there is untouched.",
    )


def key_of(ledger: Ledger, path: Path) -> str:
    """How the ledger names a file: from the campaign folder where it lies below it."""
    whole = Path(os.path.abspath(path))
    with suppress(ValueError):
        return whole.relative_to(os.path.abspath(ledger.folder)).as_posix()
    return whole.as_posix()


def is_ours(ledger: Ledger, path: Path) -> bool:
    """Whether nothing stands there, or a file that we made and nobody has edited since."""
    if not os.path.lexists(path):
        return True
    if path.is_symlink() or not path.is_file():
        return False
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    query = "SELECT 1 FROM made WHERE file = ? AND sha256 = ?"
    return ledger.database.execute(query, (key_of(ledger, path), digest)).fetchone() is not None


def refuse_theirs(ledger: Ledger, paths: Sequence[Path]) -> None:
    """Raise ``CampaignError`` where one of them would be written over and is not ours."""
    for path in paths:
        try:
            ours = is_ours(ledger, path)
        except OSError as error:
            raise cannot_write(path, error) from error
        if not ours:
            raise CampaignError(
                "NOT_OURS",
                f"{path} 不是 perfxl 生成的，或生成之后被人改过，没有覆盖。请把它移到别处，或用 -o 另给一个名字。",
                f"{path} was not made by perfxl, or was edited since, and was left alone. Move it, or name another "
                "file with -o.",
            )


def put(ledger: Ledger, drafts: Sequence[Draft]) -> dict[Path, State]:
    """Give the drafts their names, once the ledger knows them. Raises ``CampaignError``; drafts that did not
    come to their place are taken away."""
    states: dict[Path, State] = {}
    try:
        with ledger.writing():
            for draft in drafts:
                _note(ledger, key_of(ledger, draft.path), draft.sha256)
        for draft in drafts:
            states[draft.path] = _state(draft)
            if states[draft.path] == "unchanged":
                continue
            error = place_ready(draft.temporary, draft.path)
            if error is not None:
                raise cannot_write(draft.path, error)
    finally:
        drop(drafts)
    return states


def _state(draft: Draft) -> State:
    if not draft.path.exists():
        return "new"
    with open(draft.path, "rb") as file:
        same = hashlib.file_digest(file, "sha256").hexdigest() == draft.sha256
    return "unchanged" if same else "changed"


def _note(ledger: Ledger, file: str, sha256: str) -> None:
    ledger.database.execute("INSERT INTO made (file, sha256, at) VALUES (?, ?, ?)", (file, sha256, now()))


def swept(folder: Path) -> int:
    """Take away what a run that was killed left half written in a folder; how many files that were."""
    count = 0
    with suppress(OSError):
        for path in folder.iterdir():
            if TEMPORARY.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()
                    count += 1
    return count


def drop(drafts: Sequence[Draft]) -> None:
    """Take drafts away that shall not come to their place."""
    for draft in drafts:
        _drop(draft.temporary)


def _drop(temporary: Path) -> None:
    with suppress(OSError):
        temporary.unlink()
