"""The terminal, if there is one: its width, its colours, and the language of whoever sits there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

NARROWEST = 40
"""A terminal that says it is narrower than this, or does not know (0), is not believed."""

LANGUAGES = ("zh", "en")

_LOOKS = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}


def is_terminal(stream: object) -> bool:
    """Whether a person is looking at the stream."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def terminal_width() -> int | None:
    """The width of the terminal on stdout, ``None`` where there is none."""
    try:
        found = os.get_terminal_size(sys.stdout.fileno()).columns if is_terminal(sys.stdout) else None
    except (OSError, ValueError):
        return None
    return None if found is None else max(found, NARROWEST)


def painter(on: bool) -> Callable[[str, str], str]:
    """Colours on a terminal, where nobody asked for none."""
    if not on or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return lambda text, _: text
    return lambda text, look: f"\x1b[{_LOOKS[look]}m{text}\x1b[0m"


def usual_language() -> str:
    """``PERFXL_LANG``, else the language of the locale; English where that is not Chinese."""
    for name in ("PERFXL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").lower()
        if value:
            return "zh" if value.startswith(("zh", "chinese")) else "en"
    return "zh" if sys.platform == "win32" and _windows_is_chinese() else "en"


def _windows_is_chinese() -> bool:
    import ctypes

    primary: int = getattr(ctypes, "windll").kernel32.GetUserDefaultUILanguage() & 0x3FF  # noqa: B009
    return primary == 0x04
