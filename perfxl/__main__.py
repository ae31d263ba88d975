"""``perfxl`` and ``python -m perfxl``: a process that does one thing and ends."""

import os
import sys

from perfxl.cli import main

_MORE_TO_END = ("multiprocessing", "sqlite3", "logging")
"""Modules that have something to do at the end of a process."""


def run() -> None:
    """Run, then leave without taking the interpreter apart.

    To free every object, one by one, takes as long as to judge a form; the system does it at once.
    """
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int) and not any(name in sys.modules for name in _MORE_TO_END):
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            except OSError:
                raise end from None  # the interpreter's own end says what it has to say
            os._exit(end.code)
        raise


if __name__ == "__main__":
    run()
