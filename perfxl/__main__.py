"""``perfxl`` and ``python -m perfxl``: a process that does one thing and ends."""

import gc
import os
import sys

_MORE_TO_END = ("multiprocessing", "sqlite3", "logging")
"""Modules that have something to do at the end of a process."""


def run() -> None:
    """Run, then leave without taking the interpreter apart.

    To free every object, one by one, takes as long as to judge a form; the system does it at once.
    """
    try:
        _main()
    except SystemExit as end:
        if isinstance(end.code, int) and not any(name in sys.modules for name in _MORE_TO_END):
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            except OSError:
                raise end from None  # the interpreter's own end says what it has to say
            os._exit(end.code)
        raise


def _main() -> None:
    """A console that cannot show a character shows ``?`` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if "check" in sys.argv and len(sys.argv) < 6:
        gc.set_threshold(100_000, 20, 20)  # a start makes thousands of objects and no garbage
        from perfxl.one_file import check_one

        code = check_one(sys.argv[1:])
        if code is not None:
            sys.exit(code)
    from perfxl.cli import main

    main()


if __name__ == "__main__":
    run()
