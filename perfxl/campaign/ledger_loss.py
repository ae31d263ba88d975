"""What is said when a ledger cannot be used, and the way back to one that can."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from .trouble import CampaignError

FILE, BACKUPS = "ledger.sqlite", "backups"


def backups(folder: Path) -> list[Path]:
    """The copies of the ledger, the oldest first."""
    return sorted((folder / BACKUPS).glob("ledger-*.sqlite"))


def newest_backup(folder: Path) -> Path | None:
    """The newest copy of the ledger, or ``None``."""
    copies = backups(folder)
    return copies[-1] if copies else None


def _way_back(folder: Path) -> tuple[str, str]:
    copy = newest_backup(folder)
    if copy is None:
        return ("没有找到备份。请从别处的备份取回。", "No copy was found in backups; take it from another backup.")
    return (
        f"办法：把 {FILE} 以及同名的 -wal、-shm 文件移到别处（不要删除），再把 {copy} 复制为 {FILE}。"
        "备份之后发出的邮件不在其中，重新发送前请核对“已发送”邮件箱。",
        f"The way back: move {FILE} and the files {FILE}-wal and -shm elsewhere (do not delete them), then copy "
        f"{copy} to {FILE}. What was sent after that copy is not in it: look at the mailbox before sending again.",
    )


def damaged(folder: Path, why: str) -> CampaignError:
    """The refusal of a ledger that cannot be trusted, with the way back."""
    zh, en = _way_back(folder)
    return CampaignError(
        "LEDGER_DAMAGED",
        f"台账 {folder / FILE} 已损坏（{why}），没有使用，也没有改动。{zh}",
        f"The ledger {folder / FILE} is damaged ({why}); it was not used and not changed. {en}",
    )


def trouble(folder: Path, error: sqlite3.DatabaseError) -> CampaignError:
    """A fault of the disk is told from a fault of the file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or not isinstance(error, sqlite3.OperationalError):
        return damaged(folder, str(error))
    return unwritable(folder, error)


def lost(folder: Path) -> CampaignError:
    """No ledger where there should be one: a loss where copies say that there was, else no campaign."""
    if newest_backup(folder) or os.path.lexists(folder / FILE):
        return damaged(folder, "0 bytes" if os.path.lexists(folder / FILE) else "missing")
    return CampaignError(
        "NO_LEDGER",
        f"{folder} 里没有台账，不是填报任务文件夹。请先用 perfxl init 建立，或检查路径。",
        f"{folder} has no ledger: it is no campaign folder. Make one with perfxl init, or check the path.",
        2,
    )


def unwritable(folder: Path, error: Exception) -> CampaignError:
    """The disk does not take it: full, read-only, gone."""
    return CampaignError(
        "LEDGER_UNWRITABLE",
        f"写不了 {folder} 里的台账：{error}。已写下的都在；请腾出空间或检查权限后重试。",
        f"Cannot write the ledger in {folder}: {error}. What was written stays; make room or check permissions, "
        "and try again.",
    )
