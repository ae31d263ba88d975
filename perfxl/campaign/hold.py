"""One process at a time in a campaign folder.

The hold is an exclusive lock on a small database, which every system that SQLite runs on
grants to one process and takes back when that process ends, however it ends.  A note beside
the lock says who holds it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from .trouble import CampaignError

LOCK, NOTE = ".perfxl-hold.sqlite", ".perfxl-hold.json"
WAIT, EVERY = 10.0, 0.1
"""Seconds: how long the second process waits, and how often it looks."""

BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class Holder(NamedTuple):
    """Who holds a campaign: process id, machine, person, command, and since when (UTC)."""

    pid: int
    host: str
    user: str
    command: str
    since: str


class HeldError(CampaignError):
    """Somebody else holds the campaign; exit code 4."""

    def __init__(self, holder: Holder | None, remedy: tuple[str, str] = ("", "")) -> None:
        self.holder = holder
        zh, en = "另一个 perfxl 进程", "another perfxl process"
        if holder is not None:
            zh = f"{holder.user}@{holder.host} 的 perfxl {holder.command}（进程 {holder.pid}，始于 {holder.since}）"
            en = f"perfxl {holder.command} of {holder.user}@{holder.host} (process {holder.pid}, since {holder.since})"
        super().__init__(
            "CAMPAIGN_HELD",
            f"{zh}正在使用这个填报任务文件夹。{remedy[0] or '请等它结束后重试。'}",
            f"{en} is at work in this campaign. {remedy[1] or 'Try again when it has ended.'}",
            4,
        )


def host() -> str:
    """The name of this machine; opens no socket."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


def user() -> str:
    """The name of the person, ``?`` where the system does not say."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if found := os.environ.get(name):
            return found
    return "?"


def now() -> str:
    """The time in UTC, to the second: ``2026-11-25T13:40:00Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Hold:
    """The campaign, held by this process until ``release`` or the end of the process.

    Raises ``HeldError`` where another process keeps it for longer than ``wait`` seconds.  A
    note left by a dead process of this machine is taken over; one of another machine is
    believed (locks of shared folders are not always real), unless ``take_over``.
    """

    def __init__(self, folder: Path, command: str, *, wait: float = WAIT, take_over: bool = False) -> None:
        self._note = folder / NOTE
        try:
            self._lock = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise _unusable(folder, error) from error
        with ExitStack() as undo:
            undo.callback(self._lock.close)
            self._take(folder, wait)
            left = read_note(folder)
            if left is not None and left.host != host() and not take_over:
                raise HeldError(left, _elsewhere(left))
            mine = Holder(os.getpid(), host(), user(), command, now())
            try:
                self._note.write_text(json.dumps(mine._asdict(), ensure_ascii=False), encoding="utf-8")
            except OSError as error:
                raise _unusable(folder, error) from error
            undo.pop_all()

    def _take(self, folder: Path, wait: float) -> None:
        deadline = time.monotonic() + wait
        while True:
            try:
                self._lock.execute("BEGIN EXCLUSIVE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in BUSY:
                    raise _unusable(folder, error) from error
                if time.monotonic() >= deadline:
                    raise HeldError(read_note(folder)) from None
            except sqlite3.DatabaseError as error:
                raise _unusable(folder, error) from error
            time.sleep(EVERY)

    def release(self) -> None:
        """Let the next one in."""
        with suppress(OSError):
            self._note.unlink()
        self._lock.close()


def read_note(folder: Path) -> Holder | None:
    """Who holds the campaign, as the note says; ``None`` where there is none that can be read."""
    try:
        data = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        texts = (str(data[name]) for name in ("host", "user", "command", "since"))
        return Holder(int(data["pid"]), *texts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _elsewhere(left: Holder) -> tuple[str, str]:
    return (
        f"如确认 {left.host} 上的进程已经结束，请删除文件 {NOTE} 后重试。",
        f"If that process on {left.host} has surely ended, delete the file {NOTE} and try again.",
    )


def _unusable(folder: Path, error: Exception) -> CampaignError:
    return CampaignError(
        "FOLDER_UNUSABLE",
        f"{folder}：不能在其中写文件（{error}）。请检查文件夹是否存在、是否只读、磁盘是否已满。",
        f"{folder}: cannot write there ({error}). Check that the folder exists, is not read-only, and has room.",
    )
