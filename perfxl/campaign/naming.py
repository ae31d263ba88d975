"""Names of files and folders that every system takes, whatever units and projects are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

MAX_CHARACTERS, MAX_BYTES = 60, 180
"""The longest name before its extension; three bytes a Chinese character, 255 in all on most disks."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """The text as a name: NFC, nothing that Windows or a shell takes amiss, not too long, never empty."""
    text = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    if not text.isprintable():
        text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    text = re.sub(r"\s+", " ", text).strip(" .").lstrip("-. ~")
    text = text[:MAX_CHARACTERS].encode()[:MAX_BYTES].decode(errors="ignore").rstrip(" .")
    if not text or _RESERVED.fullmatch(text):
        text = "_" + text
    return text


def collisions(names: Callable[[], Iterable[str]]) -> list[tuple[str, str]]:
    """Pairs of names that are one to a disk that minds neither letter case nor composition. ``names`` gives them
    from the beginning, twice where there are any: so many names need not be remembered."""
    hashes, total = set[int](), 0
    for name in names():
        hashes.add(hash(_on_disk(name)))
        total += 1
    if len(hashes) == total:
        return []
    seen: dict[str, str] = {}
    found = []
    for name in names():
        first = seen.setdefault(_on_disk(name), name)
        if first is not name:
            found.append((first, name))
    return found


def _on_disk(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
