"""``perfxl.toml``: how an office wants its returns judged 核验配置.

    select = ["T", "X0"]          # rules by the beginning of their codes; ignore takes rules away
    ignore = ["V02"]
    preview = false               # rules in preview too
    fail_on = "error"             # error, warning, info or never
    waivers = "waivers.toml"      # beside this file
    issued = "issued.xlsx"        # what was issued: a workbook or a project file, beside this file

    [severity]
    V04 = "info"

    [rules]                       # any key of templates/defaults.toml: thresholds, words, bands, scoring
    adjustment_rate = "0.15"

It is looked for in the current folder and those above it.  All its mistakes are reported at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import cast

from .definition import BrokenDefinitionError, Mistake, Table, near
from .finding import Rule, Severity
from .form import parameter_changes
from .noun import noun
from .rules import BOOK, STANDARD

NAME = "perfxl.toml"
OF_THE_CAMPAIGN = ("campaign", "mail", "imap")
"""Tables of the same file that are read elsewhere, in the folder of a campaign."""
LEVELS = ("error", "warning", "info", "never")
NEVER_FINDINGS = ("W01", "T02", "T03", "X05")
"""Codes of the rule book that are never findings: rejections, and diagnoses of other findings."""


@noun
class Config:
    """What a ``perfxl.toml`` says; everything at rest where there is none.

    ``changes`` are parameters of the rules by name, checked; ``waivers`` and ``issued`` are paths.
    """

    source: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    fail_on: str | None = None
    waivers: str | None = None
    issued: str | None = None
    severities: tuple[tuple[str, Severity], ...] = ()
    changes: tuple[tuple[str, object], ...] = ()

    def rules(self) -> tuple[Rule, ...]:
        """The rules to be run: those selected, less those ignored, in preview only where asked for."""
        book = BOOK if self.preview else STANDARD
        if not self.select and not self.ignore:
            return book
        return tuple(
            rule
            for rule in book
            if (not self.select or rule.code.startswith(self.select))
            and not (self.ignore and rule.code.startswith(self.ignore))
        )


PLAIN = Config()
"""What holds where nobody says otherwise."""


def find_config(folder: str) -> str | None:
    """The nearest ``perfxl.toml``, in the folder or above it."""
    here = os.path.abspath(folder)
    while True:
        path = os.path.join(here, NAME)
        if os.path.isfile(path):
            return path
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def load_config(path: str) -> Config:
    """The configuration in a file.

    Raises ``BrokenDefinitionError`` with every mistake of it, or ``OSError``.
    """
    with open(path, encoding="utf-8-sig") as opened:
        return read_config(opened.read(), path)


def read_config(text: str, source: str) -> Config:
    """The text of a ``perfxl.toml`` to a ``Config``; paths are taken from where ``source`` lies.

    Raises ``BrokenDefinitionError`` with every mistake of it.
    """
    mistakes: list[Mistake] = []
    top = Table(_parsed(text, source), "", mistakes)
    rules = cast("dict[str, object]", top.take("rules", dict, ("表", "a table"), {}))
    config = Config(
        source=source,
        select=_codes(top, "select"),
        ignore=_codes(top, "ignore"),
        preview=top.flag("preview", False),
        fail_on=top.choice("fail_on", LEVELS, "") or None,
        waivers=_path(top, "waivers", source),
        issued=_path(top, "issued", source),
        severities=_severities(top),
        changes=parameter_changes(rules, mistakes),
    )
    top.seen.update(OF_THE_CAMPAIGN)
    top.done()
    if mistakes:
        raise BrokenDefinitionError(source, mistakes)
    return config


def _parsed(text: str, source: str) -> Mapping[str, object]:
    import tomllib  # most runs have no configuration

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BrokenDefinitionError(
            source, [Mistake(key="", value="", zh=f"不是 TOML：{error}", en=f"is no TOML: {error}")]
        ) from error


def known_codes() -> tuple[str, ...]:
    """Every code that may be named: of rules, and of what is never a finding of its own."""
    return (*(rule.code for rule in BOOK), *NEVER_FINDINGS)


def unknown_codes(words: Iterable[str]) -> list[str]:
    """Those words with which no code begins."""
    known = known_codes()
    return [word for word in words if not any(code.startswith(word.upper()) for code in known)]


def _codes(table: Table, name: str) -> tuple[str, ...]:
    words = cast("list[object]", table.take(name, list, ("列表", "a list"), []))
    codes = [str(word) for word in words]
    for word in unknown_codes(codes):
        table.mistakes.append(
            Mistake(
                key=name,
                value=repr(word),
                zh="没有这样开头的规则",
                en="no rule begins so",
                hint=near(word.upper(), known_codes()),
            )
        )
    return tuple(code.upper() for code in codes)


def _path(table: Table, name: str, source: str) -> str | None:
    value = table.text(name, "")
    return os.path.join(os.path.dirname(source), value) if value else None


def _severities(top: Table) -> tuple[tuple[str, Severity], ...]:
    inside = cast("dict[str, object]", top.take("severity", dict, ("表", "a table"), {}))
    table = Table(inside, "severity", top.mistakes)
    known = {rule.code for rule in BOOK}
    found = []
    for code in inside:
        table.seen.add(code)
        if code.upper() not in known:
            table.wrong(code, "没有这条规则", "is no rule", near(code.upper(), known))
            continue
        level = table.choice(code, LEVELS[:3])
        if level in LEVELS[:3]:
            found.append((code.upper(), Severity(level)))
    return tuple(found)
