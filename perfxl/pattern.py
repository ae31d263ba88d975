"""Regular expressions that are compiled when they are first used.

Compiling the sixty of perfxl takes longer than judging a form, and most runs need a few of them.
"""

from __future__ import annotations

import re
from typing import AnyStr, cast

_METHODS = ("fullmatch", "match", "search", "sub", "findall", "finditer", "split")


class _Lazy:
    """Stands for ``re.compile(source, flags)``. Once compiled, its methods are those of the real one."""

    __slots__ = ("flags", "source", *_METHODS)

    def __init__(self, source: str | bytes, flags: int) -> None:
        self.source, self.flags = source, flags

    def __getattr__(self, name: str) -> object:  # asked only for a slot that is still empty
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.source, self.flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(self, name)


def pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The expression, not compiled yet; a mistake in it comes to light at its first use."""
    return cast("re.Pattern[AnyStr]", _Lazy(source, flags))
