"""``perfxl rules``: the rule book in a table."""

from __future__ import annotations

from functools import partial

import click

from ..rules import BOOK, across_by_code, by_code
from .output import to_stdout
from .speech import Command, Speech

SEVERITIES = {"error": "错误", "warning": "提醒", "info": "提示"}


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "rules",
        say,
        partial(run, say),
        (
            "列出核验规则：代码、级别、内容；某一条详见 perfxl explain。",
            "The rule book: code, severity, title. See perfxl explain for one of them.",
        ),
        [
            click.Option(
                ["--format", "layout"],
                type=click.Choice(("text", "json")),
                default="text",
                help=say("输出格式（默认 text）。", "output format (text)"),
            )
        ],
    )


def run(say: Speech, layout: str) -> int:
    """Print the table. A code that looks at one form and at a batch stands in it once."""
    book = [rule for rule in BOOK if by_code(rule.code) is rule]
    if layout == "json":
        from ..report.json import dump

        shown = [
            {
                "code": rule.code,
                "severity": rule.severity.value,
                "title": say(rule.title_zh, rule.title_en),
                "basis": rule.basis,
                "live": rule.live is not None,
                "preview": rule.preview,
                "across": across_by_code(rule.code) is not None,
            }
            for rule in book
        ]
        to_stdout([b"[" + b",\n ".join(dump(each) for each in shown) + b"]\n"])
        return 0
    for rule in book:
        name = say(SEVERITIES[rule.severity], f"{rule.severity.value:<7}")
        live = say("  [表内自检]", "  [decided in the sheet too]") if rule.live is not None else ""
        beside = say("  [跨表]", "  [across forms]") if across_by_code(rule.code) else ""
        preview = say("  [预览]", "  [preview]") if rule.preview else ""
        click.echo(f"{rule.code}  {name}  {say(rule.title_zh, rule.title_en)}{live}{beside}{preview}")
    return 0
