"""The settings of a campaign: ``[campaign]`` of ``perfxl.toml``, and the key beside it."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

from ..form import BrokenDefinitionError, Form, UnknownFormError, load_form, near
from ..noun import noun
from .trouble import CampaignError

SETTINGS, KEY, ROSTER, ISSUED = "perfxl.toml", "campaign.key", "花名册.xlsx", "issued"
"""Names in a campaign folder: settings, secret key, roster, the folder of what was generated."""

Per = Literal["project", "unit"]
_PER: tuple[Per, ...] = ("project", "unit")
_KEYS = (
    "id",
    "form",
    "fiscal_year",
    "supervising_department",
    "due",
    "one_workbook_per",
    "allow_shared_addresses",
    "sheet_password",
)
KEY_BYTES = 32
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")


@noun
class Campaign:
    """填报任务: the settings of one year's collection. ``folder`` holds it; ``form`` is the id of a form or
    the path of a definition; ``per`` says what one workbook is made for; ``password`` protects sheets
    from slips and is no secret of worth."""

    folder: Path
    id: str
    form: str
    fiscal_year: int
    supervising_department: str | None = None
    due: datetime.date | None = None
    per: Per = "project"
    allow_shared_addresses: bool = False
    password: str = ""

    def load_form(self) -> Form:
        """The form. Raises ``CampaignError``."""
        name = self.form
        if name.endswith(".toml"):
            name = str(self.folder / name)
        try:
            return load_form(name)
        except UnknownFormError as error:
            hint = near(name, error.known) or ", ".join(error.known)
            raise _wrong(self.folder, [(f"form：没有 {name}；{hint}", f"form: no form {name!r}; {hint}")]) from error
        except BrokenDefinitionError as error:
            lines = [(f"{each.key}：{each.zh}", f"{each.key}: {each.en}") for each in error.mistakes]
            raise _wrong(self.folder, lines) from error
        except (OSError, UnicodeDecodeError) as error:
            raise _wrong(self.folder, [(f"form：读不了：{error}", f"form: cannot be read: {error}")]) from error


def read_campaign(folder: Path) -> Campaign:
    """The settings in a campaign folder. Raises ``CampaignError`` with every mistake in them."""
    path = folder / SETTINGS
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise CampaignError(
            "NO_CAMPAIGN",
            f"{folder} 里没有 {SETTINGS}，不是填报任务文件夹。请先用 perfxl init 建立，或检查路径。",
            f"{folder} has no {SETTINGS}: it is no campaign folder. Make one with perfxl init, or check the path.",
            2,
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(folder, [(f"读不了：{error}", f"cannot be read: {error}")]) from error
    table = data.get("campaign")
    if not isinstance(table, dict):
        raise _wrong(folder, [("缺少 [campaign] 一节", "the table [campaign] is missing")])
    mistakes = _mistakes(table)
    if mistakes:
        raise _wrong(folder, mistakes)
    return Campaign(
        folder=folder,
        id=str(table["id"]),
        form=str(table["form"]),
        fiscal_year=int(table["fiscal_year"]),
        supervising_department=table.get("supervising_department") or None,
        due=_due(table.get("due")),
        per=cast(Per, table.get("one_workbook_per", "project")),
        allow_shared_addresses=bool(table.get("allow_shared_addresses", False)),
        password=str(table.get("sheet_password", "")),
    )


def _due(value: object) -> datetime.date | None:
    if isinstance(value, datetime.date):
        return value
    return datetime.date.fromisoformat(str(value)) if value else None


def _is_day(value: object) -> bool:
    if isinstance(value, datetime.datetime):
        return False
    try:
        _due(value)
    except ValueError:
        return False
    return True


def _mistakes(table: Mapping[str, object]) -> list[tuple[str, str]]:
    found = []
    for name in table:
        if name not in _KEYS:
            hint = near(name, _KEYS)
            found.append((f"没有 {name} 这一项；{hint}", f"no key {name!r}; {hint}"))
    year, password = table.get("fiscal_year"), table.get("sheet_password", "")
    rules = (
        (
            "id",
            isinstance(table.get("id"), str) and _ID.fullmatch(str(table["id"])),
            "英文字母、数字、-",
            "letters and -",
        ),
        ("form", isinstance(table.get("form"), str) and table["form"], "表样的 id", "a form's id"),
        ("fiscal_year", type(year) is int and 1990 <= year <= 2199, "年度，如 2026", "a year such as 2026"),
        ("one_workbook_per", table.get("one_workbook_per", "project") in _PER, "project 或 unit", "project or unit"),
        ("due", _is_day(table.get("due")), "日期，如 2027-03-31", "a day such as 2027-03-31"),
        (
            "supervising_department",
            isinstance(table.get("supervising_department", ""), str),
            "文字（加引号）",
            "a text in quotes",
        ),
        (
            "allow_shared_addresses",
            isinstance(table.get("allow_shared_addresses", False), bool),
            "true 或 false",
            "true or false",
        ),
        (
            "sheet_password",
            (isinstance(password, str) and password.isascii() and password.isprintable() and len(password) <= 255)
            or password == "",
            "英文字母和数字",
            "letters and digits",
        ),
    )
    for name, right, zh, en in rules:
        if not right:
            found.append((f"{name} = {table.get(name)!r}：应为{zh}", f"{name} = {table.get(name)!r}: should be {en}"))
    return found


def _wrong(folder: Path, mistakes: list[tuple[str, str]]) -> CampaignError:
    path = folder / SETTINGS
    return CampaignError(
        "BAD_SETTINGS",
        f"{path} 有误：" + "".join(f"\n  {zh}" for zh, _ in mistakes),
        f"{path} is wrong:" + "".join(f"\n  {en}" for _, en in mistakes),
        2,
    )


def read_key(folder: Path) -> bytes:
    """The key of the campaign, 32 bytes. Raises ``CampaignError`` where it is gone or damaged."""
    path = folder / KEY
    try:
        key = path.read_bytes()
    except OSError as error:
        raise _no_key(path, error.strerror or str(error)) from error
    if len(key) != KEY_BYTES:
        raise _no_key(path, f"{len(key)} bytes")
    return key


def _no_key(path: Path, why: str) -> CampaignError:
    return CampaignError(
        "NO_KEY",
        f"读不了密钥 {path}（{why}）。请从备份取回；没有它，认不出已下发的表是否出自本任务。",
        f"Cannot read the key {path} ({why}). Take it back from a backup: without it nobody can tell whether "
        "a workbook was issued here.",
        2,
    )
