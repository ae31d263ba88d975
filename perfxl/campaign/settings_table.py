"""A table of ``perfxl.toml`` that the officer fills in: its keys, and every mistake in them at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..form import near
from .address import BadAddressError, checked, control
from .trouble import CampaignError

SETTINGS = "perfxl.toml"
Mistakes = list[tuple[str, str]]
"""Mistakes in Chinese and English."""


class Keys(NamedTuple):
    """The keys that a table may have, by kind; ``choices`` for texts of a few values."""

    texts: tuple[str, ...]
    figures: tuple[str, ...]
    lists: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]

    def mistakes(self, given: Mapping[str, object]) -> Mistakes:
        """What is wrong with the keys and the kinds of their values."""
        found = []
        for key, value in given.items():
            if key in ("password", "passwd", "pass"):
                zh = f"{key}：密码不写在这里，用环境变量 PERFXL_SMTP_PASSWORD 或 --password-file"
                found.append((zh, f"{key}: no password here; use PERFXL_SMTP_PASSWORD or --password-file"))
            elif key in self.figures:
                if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
                    found.append((f"{key}：应为数字", f"{key}: should be a number"))
            elif key in self.lists:
                if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                    found.append((f"{key}：应为文字的列表", f"{key}: should be a list of texts"))
            elif key not in self.texts:
                hint = near(key, (*self.texts, *self.figures, *self.lists)) or "?"
                found.append((f"{key}：没有这一项；是不是 {hint}？", f"{key}: no such key; did you mean {hint}?"))
            elif not isinstance(value, str) or control(value):
                found.append((f"{key}：应为一行文字", f"{key}: should be one line of text"))
            elif value not in self.choices.get(key, (value,)):
                choices = "、".join(filter(None, self.choices[key]))
                found.append((f"{key}：应为 {choices} 之一", f"{key}: should be one of {choices}"))
        return found


def read_table(folder: Path, name: str) -> object:
    """A table of the settings of a campaign, empty where there is none. Raises ``CampaignError``."""
    path = folder / SETTINGS
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")).get(name, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise wrong_table(path, name, [(f"读不了：{error}", f"cannot be read: {error}")]) from error


def address_in(merged: Mapping[str, object], key: str, mistakes: Mistakes, *, needed: bool = False) -> str:
    """An address, or ``""``; what is wrong with it goes to ``mistakes``."""
    text = merged.get(key, "")
    if not isinstance(text, str) or control(text) or (not text and not needed):
        return ""
    if not text:
        mistakes.append((f"{key}：还没有填发件地址", f"{key}: the sending address is not filled in"))
        return ""
    try:
        return checked(text)
    except BadAddressError as error:
        mistakes.append((f"{key}：{text} {error.zh}", f"{key}: {text} {error.en}"))
        return ""


def wrong_table(path: Path, name: str, mistakes: Mistakes) -> CampaignError:
    """All the mistakes of a table as one trouble."""
    zh = "\n".join([f"{path} 的 [{name}] 有 {len(mistakes)} 处错误：", *(f"  {zh}" for zh, _ in mistakes)])
    en = "\n".join([f"[{name}] of {path}: {len(mistakes)} mistake(s):", *(f"  {en}" for _, en in mistakes)])
    return CampaignError("MAIL_SETTINGS", zh, en, 2)
