"""How far a long run is: a bar with rate and time left, on a terminal only."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from .output import is_terminal
from .speech import Speech

_EVERY = 0.1
_BAR = 24


class Progress:
    """A line on stderr that is drawn over; nothing at all where nobody sits at a terminal.

    ``with Progress("生成", "making", total, say) as bar: bar.step()``
    """

    def __init__(
        self, zh: str, en: str, total: int, say: Speech, *, stream: TextIO | None = None, quiet: bool = False
    ) -> None:
        self.say, self.what, self.total = say, say(zh, en), total
        self.stream = stream or sys.stderr
        self.on = total > 0 and not quiet and is_terminal(self.stream)
        self.done = 0
        self._began = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Progress:
        self._began = time.monotonic()
        self._draw(self._began)
        return self

    def __exit__(self, *_: object) -> None:
        if self.on:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def step(self, count: int = 1) -> None:
        """So many more are done."""
        self.done += count
        now = time.monotonic()
        if now - self._drawn >= _EVERY:
            self._draw(now)

    def line(self, now: float) -> str:
        """The line at that time (``time.monotonic``)."""
        share = min(1.0, self.done / self.total) if self.total else 1.0
        full = int(share * _BAR)
        passed = now - self._began
        rate = self.done / passed if passed > 0 else 0.0
        pieces = [f"{self.what} {self.done}/{self.total}", "█" * full + "░" * (_BAR - full), f"{share:4.0%}"]
        if rate > 0:
            left = _clock((self.total - self.done) / rate)
            pieces += (self.say(f"{rate:.0f} 个/秒", f"{rate:.0f}/s"), self.say(f"还需 {left}", f"{left} left"))
        return "  ".join(pieces)

    def _draw(self, now: float) -> None:
        if self.on:
            self._drawn = now
            self.stream.write("\r" + self.line(now) + "\x1b[K")
            self.stream.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
