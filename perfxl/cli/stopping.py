"""Ctrl-C: the first ends the work at the next good place, the second at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

from .speech import Speech

INTERRUPTED = 130
"""Exit code: interrupted; what was done is kept."""


@contextmanager
def stoppable(say: Speech) -> Iterator[Callable[[], bool]]:
    """Whether somebody wants to stop: asked between pieces of work. SIGTERM counts as Ctrl-C."""
    wanted = False

    def first(number: int, _: FrameType | None) -> None:
        nonlocal wanted
        wanted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        click.echo(say("\n正在停下…", "\nstopping…"), err=True)

    before = {}
    names = [signal.SIGINT] + ([signal.SIGTERM] if sys.platform != "win32" else [])
    with suppress(ValueError):  # not in the main thread: then nobody presses Ctrl-C here
        before = {number: signal.signal(number, first) for number in names}
    try:
        yield lambda: wanted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
