"""下发: from the plan to one workbook for each project or unit, each written once and never over another's.

What was made, and from what, stands in the ledger.  A run that was broken off is carried on by the
next: a workbook that is there and as it should be is not written again.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

from .. import pool
from ..form import Form
from ..noun import noun
from ..stamp import Seal
from ..template import build_workbook
from ..xlsx.stencil import Stencils
from .ledger import Ledger
from .placing import place
from .works import Work, Works

BATCH = 64
"""Workbooks that are placed, and recorded, at a time."""

State = Literal["unchanged", "new", "changed", "adopted", "theirs", "failed"]
WRITTEN: tuple[State, ...] = ("new", "changed", "adopted")


@noun
class Outcome:
    """What became of a workbook 下发结果: ``theirs`` was not made by us, or was edited by somebody, and
    was left alone; ``failed`` could not be written, and ``zh`` and ``en`` say why."""

    work: Work
    state: State
    zh: str = ""
    en: str = ""


@noun
class Press:
    """What every workbook of a campaign is made with; goes to other processes."""

    form: Form
    year: int
    campaign: str
    key: bytes
    password: str

    def __call__(self, works: Sequence[Work]) -> list[bytes | str]:
        """The bytes of each workbook, or why there are none."""
        return [self.make(work) for work in works]

    def make(self, work: Work) -> bytes | str:
        """The bytes of one workbook; a text where a file cannot hold its content."""
        seal = Seal(self.campaign, work.unit.code, self.key)
        assignments = [task.assignment for task in work.tasks]
        try:
            return _stencils().write(
                build_workbook(self.form, assignments, year=self.year, seal=seal, password=self.password)
            )
        except ValueError as fault:
            return str(fault)

    def __repr__(self) -> str:
        return f"Press({self.campaign})"  # the key is shown nowhere


@lru_cache(maxsize=1)
def _stencils() -> Stencils:
    """Those of this process."""
    return Stencils()


# ---- making ----------------------------------------------------------------------------------


def issue(
    ledger: Ledger, press: Press, works: Works, *, jobs: int = 1, durable: bool = True,
    stop: Callable[[], bool] = bool,
) -> Iterator[Outcome]:  # fmt: skip
    """Make what is missing or has changed; one outcome for each workbook, unchanged ones first.

    ``stop`` is asked between batches; what was yielded by then is done and recorded.  Raises
    ``DiskFullError`` and ``CampaignError``; everything before stays done.
    """
    due, root = array("L"), os.fspath(ledger.folder)
    for number in range(len(works)):
        outcome = _at_rest(ledger, root, works, number)
        if outcome is None:
            due.append(number)
        else:
            yield outcome
    missing = works.some(due)
    made = zip(missing, pool.spread(press, missing, _lost, jobs=jobs), strict=True)
    while not stop():
        batch = list(islice(made, BATCH))
        if not batch:
            return
        yield from _placed(ledger, batch, durable)


def _lost(work: Work) -> bytes | str:
    return "the process that made it came to an end"


def _at_rest(ledger: Ledger, root: str, works: Works, number: int) -> Outcome | None:
    """The outcome of a workbook that is not to be made; ``None`` where it is."""
    file = works.file(number)
    name = f"{root}/{file}"
    folder = os.path.dirname(name)
    if os.path.islink(folder) or os.path.islink(os.path.dirname(folder)):
        return _theirs(works[number], "它的文件夹是链接", "its folder is a link")
    if not os.path.lexists(name):
        return None
    path, work = Path(name), works[number]
    if path.is_symlink() or not path.is_file():
        return _theirs(work, "那里是链接或文件夹", "a link or a folder stands there")
    newest = {entry.assignment: entry for entry in ledger.issued_as(file)}
    if not newest:
        return None
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return _failed(work, error)
    wanted = [newest.get(task.assignment.id) for task in work.tasks]
    if all(entry is not None and entry.sha256 == digest and entry.detail == work.source for entry in wanted):
        return Outcome(work=work, state="unchanged")
    return None


def _theirs(work: Work, zh: str, en: str) -> Outcome:
    return Outcome(
        work=work,
        state="theirs",
        zh=f"{zh}，没有覆盖；请把它移到别处或改名，再运行一次",
        en=f"{en}; it was left alone. Move or rename it and run again",
    )


def _against(ledger: Ledger, work: Work, data: bytes) -> Outcome:
    """What writing the workbook would do to what stands there."""
    path = ledger.folder / work.file
    if not os.path.lexists(path):
        return Outcome(work=work, state="new")
    try:
        there = path.read_bytes()
    except OSError as error:
        return _failed(work, error)
    if there == data:
        return Outcome(work=work, state="adopted")
    known = {entry.sha256 for entry in ledger.issued_as(work.file)}
    if not known:
        return _theirs(work, "那里已有一个不是 perfxl 生成的文件", "a file that perfxl did not make stands there")
    if hashlib.sha256(there).hexdigest() not in known:
        return _theirs(work, "生成之后被人改过", "somebody has edited it since it was made")
    return Outcome(work=work, state="changed")


def _placed(ledger: Ledger, batch: Sequence[tuple[Work, bytes | str]], durable: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    files: list[tuple[Path, bytes]] = []
    digests: dict[Path, tuple[Work, str]] = {}
    for work, data in batch:
        if isinstance(data, str):
            outcomes.append(Outcome(work=work, state="failed", zh=f"写不成：{data}", en=f"cannot be written: {data}"))
            continue
        path = ledger.folder / work.file
        outcomes.append(_against(ledger, work, data))
        if outcomes[-1].state in WRITTEN:
            digests[path] = (work, hashlib.sha256(data).hexdigest())
        if outcomes[-1].state in ("new", "changed"):
            files.append((path, data))

    def record(ready: Sequence[Path]) -> None:
        """Before a file has its name, so that no file of ours is ever unknown to the ledger."""
        to_come = {path for path, _ in files} - set(ready)
        with ledger.writing():
            for path, (work, digest) in digests.items():
                if path not in to_come:
                    _record(ledger, work, digest)

    failed = {placed.path: placed.error for placed in place(files, durable=durable, announce=record)}
    for at, outcome in enumerate(outcomes):
        error = failed.get(ledger.folder / outcome.work.file)
        if error is not None:
            outcomes[at] = _failed(outcome.work, error)
    return outcomes


def _record(ledger: Ledger, work: Work, digest: str) -> None:
    for task in work.tasks:
        ledger.record(
            "issued", task.assignment.id, unit=work.unit.code, file=work.file, sha256=digest, detail=work.source
        )


def _failed(work: Work, error: OSError) -> Outcome:
    if isinstance(error, PermissionError):
        return Outcome(
            work=work,
            state="failed",
            zh="没有权限，或正被 Excel 打开；请关闭后再运行一次",
            en="no permission, or it is open in Excel; close it and run again",
        )
    return Outcome(work=work, state="failed", zh=f"写不了：{error.strerror}", en=f"cannot be written: {error.strerror}")


def left_over(ledger: Ledger, works: Works) -> list[str]:
    """Files that were issued once and are still there, but belong to nothing in the plan now."""
    wanted = {hash(file) for file in works.files()}
    return [file for file in ledger.issued_files() if hash(file) not in wanted and (ledger.folder / file).is_file()]
