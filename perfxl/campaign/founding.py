"""A new campaign folder: settings, key, ledger, roster. Nothing that is there is ever written over."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ..form import Form, template_text
from ..xlsx.writer import write_workbook
from .ledger import Ledger
from .ledger_loss import FILE
from .roster_blank import blank_roster
from .sample import DEPARTMENT, sample_rows
from .settings import ISSUED, KEY, KEY_BYTES, ROSTER, SETTINGS
from .stationery import supply_templates
from .trouble import CampaignError

_SIGNS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for another."""

SAMPLE_SENDER = "jixiao@finance.example"
IGNORE, DEFINITION = ".gitignore", "form.toml"
_IGNORED = (KEY, FILE + "*", "backups/", ".perfxl-*", ISSUED + "/", "outbox/", "rehearsal/", "returned/", "returns/")


def found(
    folder: Path, form: Form, year: int, *, department: str = "", sample: bool = False, definition: bytes | None = None
) -> str:
    """Make a campaign in a folder that is new or empty; the password of its sheets is returned.

    ``definition`` is the file of a form that does not ship with perfxl; it is kept in the folder.
    Raises ``CampaignError``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _must_be_empty(folder)
    except OSError as error:
        raise _cannot(folder, error) from error
    password = "".join(secrets.choice(_SIGNS) for _ in range(10))
    name = f"{year}-{form.id}-{secrets.token_hex(4)}"
    department = department or (DEPARTMENT if sample else "")
    roster = write_workbook(blank_roster(form, sample_rows(form) if sample else None))
    form_name = form.id if definition is None else DEFINITION
    made: list[Path] = []
    try:
        _new(folder / KEY, secrets.token_bytes(KEY_BYTES), made, secret=True)
        _new(folder / IGNORE, "".join(f"{line}\n" for line in _IGNORED).encode(), made)
        _new(folder / ROSTER, roster, made)
        if definition is not None:
            _new(folder / DEFINITION, definition, made)
        supply_templates(folder)
        Ledger.create(folder).close()
        _new(folder / SETTINGS, (_settings(name, form_name, year, department, password) + _mail(sample)).encode(), made)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise _cannot(folder, error) from error
    return password


def _must_be_empty(folder: Path) -> None:
    there = sorted(path.name for path in folder.iterdir())
    if there:
        shown = "、".join(there[:3]) + (" …" if len(there) > 3 else "")
        raise CampaignError(
            "FOLDER_NOT_EMPTY",
            f"{folder} 里已有 {shown}，没有改动。请另给一个新的或空的文件夹。",
            f"{folder} holds {shown} already; nothing was changed. Give a new or empty folder.",
            2,
        )


def _new(path: Path, data: bytes, made: list[Path], *, secret: bool = False) -> None:
    """A file that is not there yet, on disk when this returns."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o600 if secret else 0o666)
    made.append(path)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _cannot(folder: Path, error: OSError) -> CampaignError:
    why = error.strerror or str(error)
    return CampaignError(
        "CANNOT_WRITE",
        f"不能在 {folder} 里建立填报任务：{why}。请换一个文件夹，或腾出空间、检查权限后重试。",
        f"Cannot make a campaign in {folder}: {why}. Take another folder, or make room, or check permissions.",
    )


def _mail(sample: bool) -> str:
    """The mailbox, to be filled in; that of the sample is filled in, so that it can be rehearsed with."""
    text = template_text("mail/settings.toml")
    return text.replace('from = "" ', f'from = "{SAMPLE_SENDER}" ') if sample else text


def _settings(name: str, form: str, year: int, department: str, password: str) -> str:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return f"""\
# 填报任务的设置 · the settings of this campaign
# 改动后重新运行 perfxl generate 即可；id 发出后不要改。After a change run perfxl generate again; keep the id.

issued = "."                            # 核验以本任务下发的内容为准 · check holds returns against what was issued here

[campaign]
id = {quoted(name)}
form = {quoted(form)}                      # 表样 · the form (perfxl forms)
fiscal_year = {year}
supervising_department = {quoted(department)}     # 主管部门，印在每张表上 · printed on every form
due = ""                                # 截止日期，如 2027-03-31 · the day by which forms should be back
one_workbook_per = "project"            # project 每个项目一个文件；unit 每个单位一个文件，一个项目一张表
allow_shared_addresses = false          # 几个单位可共用一个邮箱 · several units may have one address
# 工作表密码只防误改，不是保密措施，丢失无妨。It keeps slips out and is no security; its loss costs nothing.
sheet_password = {quoted(password)}
"""
