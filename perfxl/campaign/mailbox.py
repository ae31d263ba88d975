"""The mailbox that sends 发件信箱: ``[mail]`` of ``perfxl.toml`` upon the profile of its provider.

Profiles are data (``templates/mail/providers.toml``); every figure in them is second-hand and
may be overridden.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

from ..form import near, template_text
from ..noun import noun
from .address import BadAddressError, checked, control
from .trouble import CampaignError

SETTINGS = "perfxl.toml"
Security = Literal["tls", "starttls", "none"]
SECURITIES: tuple[Security, ...] = ("tls", "starttls", "none")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
MB = 1_000_000

_FIGURES = ("port", "gap_seconds", "per_minute", "per_day", "per_connection", "size_mb")
_TEXTS = ("provider", "from", "name", "host", "login", "reply_to", "security", "language", "attachment_names")
_LISTS = ("domains",)
_CHOICES = {"security": SECURITIES, "language": ("zh", "en", ""), "attachment_names": ("ascii", "chinese")}


@noun
class Mailbox:
    """发件信箱. ``address`` is From and, by default, the login; ``gap`` is in seconds, ``size`` in bytes
    of a message when encoded; ``domains`` are those that may be sent to, empty for all."""

    provider: str
    host: str
    port: int
    security: Security
    address: str
    name: str
    login: str
    reply_to: str
    domains: tuple[str, ...]
    chinese_names: bool
    language: str
    gap: float
    per_minute: int
    per_day: int
    per_connection: int
    size: int
    rate_marks: tuple[str, ...]

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.address.rpartition("@")[2]


@lru_cache(maxsize=1)
def providers() -> dict[str, dict[str, object]]:
    """The profiles by name; what a profile does not say is that of ``generic``."""
    read = tomllib.loads(template_text("mail/providers.toml"))
    return {name: {**read["generic"], **profile} for name, profile in read.items()}


def read_mailbox(folder: Path) -> Mailbox:
    """The mailbox of a campaign. Raises ``CampaignError`` with every mistake in ``[mail]``."""
    path = folder / SETTINGS
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, [(f"读不了：{error}", f"cannot be read: {error}")]) from error
    return mailbox_of(data.get("mail", {}), path)


def mailbox_of(given: object, path: Path) -> Mailbox:
    """The mailbox that a table ``[mail]`` describes."""
    if not isinstance(given, dict):
        raise _wrong(path, [("[mail] 应为一节", "[mail] should be a table")])
    mistakes = list(_mistakes(given))
    provider = str(given.get("provider", "generic"))
    known = providers()
    if provider not in known:
        hint = near(provider, tuple(known)) or "、".join(known)
        mistakes.append((f"provider：没有 {provider}；{hint}", f"provider: no {provider!r}; {hint}"))
    merged = {**known.get(provider, known["generic"]), **given}
    address = _address(merged, "from", mistakes, needed=True)
    reply_to = _address(merged, "reply_to", mistakes) or address
    if mistakes:
        raise _wrong(path, mistakes)
    return _made(merged, provider, address, reply_to)


def _made(merged: Mapping[str, object], provider: str, address: str, reply_to: str) -> Mailbox:
    figures = {name: cast(int | float, merged[name]) for name in _FIGURES}
    return Mailbox(
        provider=provider,
        host=str(merged.get("host", "")),
        port=int(figures["port"]),
        security=cast(Security, merged["security"]),
        address=address,
        name=str(merged.get("name", "")),
        login=str(merged.get("login") or address),
        reply_to=reply_to,
        domains=tuple(domain.lower().lstrip("@") for domain in cast(list[str], merged.get("domains", []))),
        chinese_names=merged.get("attachment_names", "ascii") == "chinese",
        language=str(merged.get("language", "")),
        gap=float(figures["gap_seconds"]),
        per_minute=int(figures["per_minute"]),
        per_day=int(figures["per_day"]),
        per_connection=int(figures["per_connection"]),
        size=int(figures["size_mb"] * MB),
        rate_marks=tuple(cast(list[str], merged["rate_marks"])),
    )


def _mistakes(given: Mapping[str, object]) -> list[tuple[str, str]]:
    found = []
    for key, value in given.items():
        if key in ("password", "passwd", "pass"):
            zh = f"{key}：密码不写在这里，用环境变量 PERFXL_SMTP_PASSWORD 或 --password-file"
            found.append((zh, f"{key}: no password here; use PERFXL_SMTP_PASSWORD or --password-file"))
        elif key in _FIGURES:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
                found.append((f"{key}：应为数字", f"{key}: should be a number"))
        elif key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                found.append((f"{key}：应为文字的列表", f"{key}: should be a list of texts"))
        elif key not in _TEXTS:
            hint = near(key, (*_TEXTS, *_FIGURES, *_LISTS)) or "?"
            found.append((f"{key}：没有这一项；是不是 {hint}？", f"{key}: no such key; did you mean {hint}?"))
        elif not isinstance(value, str) or control(value):
            found.append((f"{key}：应为一行文字", f"{key}: should be one line of text"))
        elif value not in _CHOICES.get(key, (value,)):
            choices = "、".join(filter(None, _CHOICES[key]))
            found.append((f"{key}：应为 {choices} 之一", f"{key}: should be one of {choices}"))
    return found


def _address(merged: Mapping[str, object], key: str, mistakes: list[tuple[str, str]], *, needed: bool = False) -> str:
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


def _wrong(path: Path, mistakes: list[tuple[str, str]]) -> CampaignError:
    zh = "\n".join([f"{path} 的 [mail] 有 {len(mistakes)} 处错误：", *(f"  {zh}" for zh, _ in mistakes)])
    en = "\n".join([f"[mail] of {path}: {len(mistakes)} mistake(s):", *(f"  {en}" for _, en in mistakes)])
    return CampaignError("MAIL_SETTINGS", zh, en, 2)
