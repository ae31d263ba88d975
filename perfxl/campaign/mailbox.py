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
from .settings_table import SETTINGS, Keys, address_in, read_table, wrong_table
from .trouble import CampaignError

Security = Literal["tls", "starttls", "none"]
SECURITIES: tuple[Security, ...] = ("tls", "starttls", "none")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
MB = 1_000_000

_KEYS = Keys(
    texts=(
        "provider",
        "from",
        "name",
        "host",
        "login",
        "reply_to",
        "archive",
        "security",
        "language",
        "attachment_names",
    ),
    figures=("port", "gap_seconds", "per_minute", "per_day", "per_connection", "size_mb"),
    lists=("domains",),
    choices={"security": SECURITIES, "language": ("zh", "en", ""), "attachment_names": ("ascii", "chinese")},
)


@noun
class Mailbox:
    """发件信箱. ``address`` is From and, by default, the login; ``gap`` is in seconds, ``size`` in bytes
    of a message when encoded; ``archive`` gets a copy of every message (empty: nobody); ``domains`` are
    those that may be sent to, empty for all."""

    provider: str
    host: str
    port: int
    security: Security
    address: str
    name: str
    login: str
    reply_to: str
    archive: str
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
    return mailbox_of(read_table(folder, "mail"), folder / SETTINGS)


def mailbox_of(given: object, path: Path) -> Mailbox:
    """The mailbox that a table ``[mail]`` describes."""
    if not isinstance(given, dict):
        raise wrong_table(path, "mail", [("[mail] 应为一节", "[mail] should be a table")])
    mistakes = _KEYS.mistakes(given)
    provider = str(given.get("provider", "generic"))
    known = providers()
    if provider not in known:
        hint = near(provider, tuple(known)) or "、".join(known)
        mistakes.append((f"provider：没有 {provider}；{hint}", f"provider: no {provider!r}; {hint}"))
    merged = {**known.get(provider, known["generic"]), **given}
    address = address_in(merged, "from", mistakes, needed=True)
    reply_to = address_in(merged, "reply_to", mistakes) or address
    archive = address_in(merged, "archive", mistakes)
    if mistakes:
        raise wrong_table(path, "mail", mistakes)
    return _made(merged, provider, address, reply_to, archive)


def _made(merged: Mapping[str, object], provider: str, address: str, reply_to: str, archive: str) -> Mailbox:
    figures = {name: cast(int | float, merged[name]) for name in _KEYS.figures}
    return Mailbox(
        provider=provider,
        host=str(merged.get("host", "")),
        port=int(figures["port"]),
        security=cast(Security, merged["security"]),
        address=address,
        name=str(merged.get("name", "")),
        login=str(merged.get("login") or address),
        reply_to=reply_to,
        archive=archive,
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


def refuse_insecure(host: str, security: Security, insecure: bool) -> None:
    """No password and no message travels in the clear, but on this machine and on demand."""
    if insecure and host not in LOOPBACK:
        zh, en = "--insecure 只能用于本机（127.0.0.1）", "--insecure is for this machine (127.0.0.1) only"
        raise CampaignError("INSECURE", f"{zh}，不能用于 {host}。", f"{en}, not for {host}.", 2)
    if security == "none" and not insecure:
        zh = 'security = "none" 不加密，只能用于本机并加 --insecure。请改为 tls 或 starttls。'
        en = 'security = "none" is in the clear: this machine only, with --insecure. Use tls or starttls.'
        raise CampaignError("INSECURE", zh, en, 2)
