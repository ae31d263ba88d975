"""``perfxl check FILE``, the commonest call, without a parser of command lines.

To load one takes nearly as long as to read and judge a form.  What is not this very call, and what
does not go well, is left to the command line (``cli``), which says in full what it makes of it; the
tests hold both to the same output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .batch import Batch
from .checking import check
from .config import PLAIN, find_config
from .crosscheck import across
from .files import ARCHIVES
from .report.tally import Tally
from .report.text import TextReport
from .terminal import LANGUAGES, is_terminal, painter, terminal_width, usual_language


def check_one(words: Sequence[str]) -> int | None:
    """Judge the one file that these words of a command line ask for, and print the report.

    The exit code; ``None`` where they ask for anything else: then nothing was printed.
    """
    asked = _understood(words)
    if asked is None or sys.stdout is None or (sys.platform == "win32" and is_terminal(sys.stdout)):
        return None
    path, language = asked
    tally, batch, on = Tally(), Batch(), is_terminal(sys.stdout)
    try:
        rules = PLAIN.rules()
        verdicts = check([path], jobs=1, batch=batch)
        report = TextReport(language, paint=painter(on), width=terminal_width() if on else None)
        text = "".join(report.report(verdicts, tally, across(batch, rules=rules)))
    except KeyboardInterrupt:
        return 130
    except OSError:
        return None
    if not tally.files:
        return None
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        from .cli import cannot_go_on  # whoever has room does without

        return cannot_go_on(error)
    return tally.exit_code("error")


def _understood(words: Sequence[str]) -> tuple[str, str] | None:
    """The file and the language, of ``check FILE`` with or without ``--lang``."""
    rest, language = list(words), ""
    for at, word in enumerate(rest):
        if word == "--lang" and at + 1 < len(rest):
            language = rest[at + 1]
            del rest[at : at + 2]
            break
        if word.startswith("--lang="):
            language = word.removeprefix("--lang=")
            del rest[at]
            break
    if len(rest) != 2 or rest[0] != "check" or rest[1].startswith("-"):
        return None
    language = language or usual_language()
    path = rest[1]
    if language not in LANGUAGES or path.lower().endswith(ARCHIVES) or not os.path.isfile(path):
        return None
    return None if find_config(os.getcwd()) else (path, language)
