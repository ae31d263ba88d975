"""Names of files and folders that every system takes, whatever units and projects are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_CHARACTERS, MAX_BYTES = 60, 180
"""The longest name before its extension; three bytes a Chinese character, 255 in all on most disks."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """The text as a name: NFC, nothing that Windows or a shell takes amiss, not too long, never empty."""
    text = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    text = re.sub(r"\s+", " ", text).strip(" .").lstrip("-. ~")
    text = text[:MAX_CHARACTERS].encode()[:MAX_BYTES].decode(errors="ignore").rstrip(" .")
    if not text or _RESERVED.fullmatch(text):
        text = "_" + text
    return text


def collisions(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that are one to a disk that minds neither letter case nor composition."""
    seen: dict[str, str] = {}
    found = []
    for name in names:
        first = seen.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
        if first is not name:
            found.append((first, name))
    return found
