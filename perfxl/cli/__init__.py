"""The command line. Each command is a module that is imported when it is called for.

``main`` is the entry point, ``cli`` the click group.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from errno import EPIPE
from functools import partial
from importlib import import_module
from typing import Any

import click

from .speech import Speech, show_help, take_language

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("用样表演示全过程", "the main job on the sample forms"),
    "new": ("生成一份空表或预填的表", "write one workbook, blank or prefilled"),
    "check": ("核验收回的表：文件、文件夹、压缩包", "judge returned workbooks: files, folders, zips"),
    "correct": (
        "做更正表发回单位：带入已填内容，标出问题",
        "corrected forms for the units: filled in, problems marked",
    ),
    "rules": ("列出核验规则", "the rule book"),
    "explain": ("讲解一条规则或一种拒收", "one rule, or one reason of rejection, in full"),
    "forms": ("列出或检查表样定义", "the form definitions; --check checks one"),
    "init": ("建立填报任务和花名册", "a campaign folder with a roster to fill in"),
    "generate": ("按花名册生成下发的表", "the workbooks of a campaign, from its roster"),
    "send": ("把表发给各单位；默认演练", "send the workbooks to their units; a rehearsal by default"),
    "collect": ("收取报回的表，核验，对上下发的任务", "take in, judge and match returns"),
    "answer": ("答复各单位：结论、更正表、回执；默认演练", "answer the units: verdicts, corrections, receipts"),
    "accept": ("通过收回的表", "accept returns"),
    "waive": ("豁免：收回的表的问题，或不必填报", "let findings, or a return, be waived"),
    "nothing-to-report": ("零报告：项目没有可报的内容", "record that there is nothing to report"),
    "status": ("谁报回了、谁没有、结论如何", "who has returned what, and who has not"),
    "chase": ("催报还没有报回的单位；默认演练", "remind the units that have not returned"),
    "consolidate": ("把收回的表汇总成一个工作簿", "add the returns up in one workbook"),
}
"""The commands: each the module of that name, with its line of help in Chinese and English."""


class Commands(click.Group):
    """The group: knows the commands by name and loads the one that is called."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Take ``--lang`` out of the arguments, wherever it stands; the context carries it."""
        lang, args = take_language(args)
        extra.setdefault("obj", Speech(lang))
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are met."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name.replace('-', '_')}", __name__).command(ctx.obj)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a name that is not there."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            say: Speech = ctx.obj
            hint = say(f"是不是 {near[0]}？", f"Did you mean {near[0]}?") if near else ", ".join(COMMANDS)
            raise click.UsageError(say(f"没有 {args[0]} 这个命令。{hint}", f"No command {args[0]!r}. {hint}"), ctx)
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage line."""
        say: Speech = ctx.obj
        formatter.write_usage(
            ctx.command_path, say("[选项] 命令 [参数]…", "[OPTIONS] COMMAND [ARGS]..."), prefix=say("用法：", "Usage: ")
        )

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What perfxl is."""
        say: Speech = ctx.obj
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(
                say(
                    "财政项目支出绩效自评表：写出带锁定公式的表，读回来，说清哪里错、为什么错。",
                    "China's project expenditure self-evaluation form: written with locked formulas, read back, "
                    "and judged, with what is wrong and why.",
                )
            )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options and the commands."""
        say: Speech = ctx.obj
        with formatter.section(say("选项", "Options")):
            formatter.write_dl(
                [
                    (
                        "--lang zh|en",
                        say("语言；可写在任何位置，也可用 PERFXL_LANG。", "language; anywhere; or PERFXL_LANG"),
                    ),
                    ("--version", say("显示版本。", "show the version")),
                    ("--help", say("显示说明；命令之后也可用。", "show this message; also after a command")),
                ]
            )
        with formatter.section(say("命令", "Commands")):
            formatter.write_dl([(name, say(*words)) for name, words in COMMANDS.items()])

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run; the exit code is what the command returns, and 130 where it was interrupted."""
        standalone = extra.pop("standalone_mode", True)
        run: Callable[..., Any] = partial(super().main, standalone_mode=False)
        if not standalone:
            return run(*args, **extra)
        try:
            code = run(*args, **extra)
        except click.ClickException as problem:
            problem.show()
            code = problem.exit_code
        except click.Abort:
            code = 130
        except OSError as error:  # nobody nearer knew what to do: most likely stdout has no room
            code = cannot_go_on(error)
        sys.exit(code if isinstance(code, int) else 0)


def cannot_go_on(error: OSError) -> int:
    """Say that there is no room, or no reader left; the exit code."""
    from contextlib import suppress

    from .output import CANNOT_WRITE

    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - what is left in the old one cannot go out
    if error.errno == EPIPE:
        return 1  # whoever read has had enough
    why = " ".join(str(part) for part in (error.strerror or error, error.filename) if part)
    with suppress(OSError):
        click.echo(f"perfxl: 无法继续读写 · cannot go on reading or writing: {why}", err=True)
    return CANNOT_WRITE


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from perfxl import __version__

        click.echo(f"perfxl {__version__}")
        ctx.exit()


cli = Commands(
    "perfxl",
    params=[
        click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version),
        click.Option(["--help"], is_flag=True, is_eager=True, expose_value=False, callback=show_help),
    ],
    add_help_option=False,  # click's own loads a catalogue of translations to say what it does
)


def main() -> None:
    """The entry point: a console that cannot show a character shows ``?`` instead of failing."""
    gc.set_threshold(100_000, 20, 20)  # start-up makes thousands of objects and no garbage
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli.main()
