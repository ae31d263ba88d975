"""Chinese or English: which of the two, and how a command says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from ..noun import NamedTuple
from ..terminal import LANGUAGES, usual_language


class Speech(NamedTuple):
    """The language spoken; called with both wordings it gives the one."""

    lang: str

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en


def take_language(args: Sequence[str]) -> tuple[str, list[str]]:
    """The language, and the arguments without ``--lang``, which may stand anywhere before ``--``."""
    wanted, rest = None, list[str]()
    words = iter(args)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--lang":
            wanted = next(words, "")
        elif word.startswith("--lang="):
            wanted = word.removeprefix("--lang=")
        else:
            rest.append(word)
    if wanted is not None and wanted not in LANGUAGES:
        raise click.UsageError(f"--lang: 应为 zh 或 en · should be zh or en, not {wanted!r}")
    return wanted or usual_language(), rest


class Command(click.Command):
    """A command whose help speaks the language; ``run`` returns the exit code."""

    def __init__(
        self,
        name: str,
        speech: Speech,
        run: Callable[..., int],
        help: tuple[str, str],  # noqa: A002 - the name that click uses
        params: list[click.Parameter],
    ) -> None:
        self.speech = speech
        flag = click.Option(
            ["--help"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=show_help,
            help=speech("显示本说明。", "Show this message and exit."),
        )
        text = speech(*help)
        super().__init__(name, callback=run, help=text, params=[*params, flag], add_help_option=False)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=self.speech("用法：", "Usage: "))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of options."""
        records = [
            record
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx))
        ]
        with formatter.section(self.speech("选项", "Options")):
            formatter.write_dl(records)


def show_help(ctx: click.Context, _: click.Parameter, wanted: Any) -> None:
    """The callback of ``--help``."""
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help())
        ctx.exit()
