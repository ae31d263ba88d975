"""How far a long run is: a bar with rate and time left, on a terminal only."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

from .output import is_terminal
from .speech import Speech

_EVERY, _WINDOW = 0.1, 10.0
_BAR, _SHORTEST, _NARROWEST = 24, 8, 12
"""Columns of the bar, of a bar that still shows something, and of any terminal."""


class Progress:
    """A line on stderr that is drawn over; nothing at all where nobody sits at a terminal.

    ``with Progress("生成", "making", total, say) as bar: bar.step()``.  Called with two numbers it
    shows so many of so many.  What does not fit into the terminal is left out, the count last.
    """

    def __init__(
        self,
        zh: str,
        en: str,
        total: int,
        say: Speech,
        *,
        stream: TextIO | None = None,
        quiet: bool = False,
        width: Callable[[], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.say, self.what, self.total = say, say(zh, en), total
        self.stream = stream or sys.stderr
        self.on = not quiet and is_terminal(self.stream)
        self.width, self.clock = width or self._columns, clock
        self.marks = "█░" if self._can_say("█░") else "#-"
        self.done = 0
        self._past: deque[tuple[float, int]] = deque()
        self._drawn, self._wide = float("-inf"), 0

    def __enter__(self) -> Progress:
        self._past.append((self.clock(), self.done))
        if self.total:
            self._draw(self.clock())
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __call__(self, done: int, total: int) -> None:
        """So many of so many are done."""
        self.done, self.total = done, total
        self.step(0)

    def step(self, count: int = 1) -> None:
        """So many more are done."""
        self.done += count
        now = self.clock()
        if now - self._drawn >= _EVERY or self.done >= self.total:
            self._draw(now)

    def wipe(self) -> None:
        """Leave nothing on the line."""
        if self.on and self._wide:
            self._over("")
            self.stream.write("\r")
            self.stream.flush()

    def line(self, now: float) -> str:
        """The line at that time, in no more columns than the terminal has."""
        share = min(1.0, self.done / self.total) if self.total else 1.0
        head, rest = f"{self.what} {self.done}/{self.total}", [f"{share:.0%}"]
        rate = self._rate(now)
        if rate > 0:
            rest.append(self.say(f"{_figure(rate)} 个/秒", f"{_figure(rate)}/s"))
            left = _clock((self.total - self.done) / rate)
            rest.append(self.say(f"还需 {left}", f"{left} left"))
        # the last column stays free: a full line would scroll
        width = max(_NARROWEST, self.width()) - 1
        room = min(_BAR, width - _wide("  ".join([head, *rest])) - 2)
        if room >= _SHORTEST:
            full = int(share * room)
            return "  ".join([head, self.marks[0] * full + self.marks[1] * (room - full), *rest])
        for pieces in ([head, *rest], [head, *rest[2:]], [head], [f"{self.done}/{self.total}"]):
            if _wide("  ".join(pieces)) <= width:
                return "  ".join(pieces)
        return f"{share:.0%}"

    def _rate(self, now: float) -> float:
        """Of the last seconds, so that a slow start is forgotten."""
        self._past.append((now, self.done))
        while len(self._past) > 2 and now - self._past[1][0] > _WINDOW:
            self._past.popleft()
        then, before = self._past[0]
        return (self.done - before) / (now - then) if now > then else 0.0

    def _draw(self, now: float) -> None:
        if self.on:
            self._drawn = now
            self._over(self.line(now))

    def _over(self, text: str) -> None:
        """Over what stood there; with blanks, for not every console knows how to erase a line."""
        wide = _wide(text)
        self.stream.write("\r" + text + " " * max(0, self._wide - wide))
        self.stream.flush()
        self._wide = wide

    def _can_say(self, marks: str) -> bool:
        try:
            marks.encode(getattr(self.stream, "encoding", None) or "ascii")
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or 80
        except (OSError, ValueError, AttributeError):
            return 80


def _wide(text: str) -> int:
    """Chinese characters take two columns; nothing else here is wide."""
    return sum(2 if "\u2e80" <= ch <= "\uffef" else 1 for ch in text)


def _figure(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
