"""``perfxl check``: returned workbooks to verdicts, on paper or for a program."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import click

from ..batch import Batch
from ..checking import check
from ..config import LEVELS, PLAIN, Config, find_config, known_codes, load_config, unknown_codes
from ..crosscheck import across
from ..definition import BrokenDefinitionError
from ..files import find_files
from ..finding import Across, Verdict
from ..form import Form, form_ids, load_form
from ..noun import replace
from ..rejection import REJECTIONS, Rejected
from ..report.tally import Tally
from ..rules import BOOK
from .definitions import BrokenFileError, form_to_judge_by, meant
from .output import is_terminal, painter, replacing, terminal_width, to_stdout
from .progress import Progress
from .speech import Command, Speech
from .stopping import INTERRUPTED, stoppable

if TYPE_CHECKING:
    from ..campaign.register import CampaignRegister
    from ..issued import Issued
    from ..waivers import Waivers

T = TypeVar("T")

FORMATS = ("text", "json", "jsonl", "csv", "sarif", "html", "xlsx")


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "check",
        say,
        partial(run, say),
        (
            "核验收回的表。PATH 是文件、文件夹（含子文件夹）或压缩包。",
            "Judge returned workbooks. PATH is a file, a folder (with all below it) or a zip.",
        ),
        [
            click.Argument(["paths"], metavar="PATH...", nargs=-1, required=True),
            click.Option(
                ["--format", "layout"],
                type=click.Choice(FORMATS),
                default="text",
                help=say("输出格式（默认 text）。", "output format (text)"),
            ),
            click.Option(["-o", "--output"], metavar="FILE", help=say("写到文件。", "write to a file")),
            click.Option(
                ["--select"],
                metavar="CODES",
                multiple=True,
                help=say("只用这些规则，如 T,X0。", "only these rules: T,X0"),
            ),
            click.Option(["--ignore"], metavar="CODES", multiple=True, help=say("不用这些规则。", "not these rules")),
            click.Option(["--preview"], is_flag=True, help=say("连同预览中的规则。", "the rules in preview too")),
            click.Option(
                ["--config", "config_file"],
                metavar="FILE",
                help=say("核验配置（默认找 perfxl.toml）。", "configuration (the nearest perfxl.toml)"),
            ),
            click.Option(
                ["--waivers", "waivers_file"],
                metavar="FILE",
                help=say("豁免文件（TOML）。", "a file of waivers (TOML)"),
            ),
            click.Option(
                ["--issued", "issued_path"],
                metavar="PATH",
                help=say(
                    "下发内容：工作簿、项目 .toml 或任务文件夹。",
                    "what was issued: a workbook, a project .toml or a campaign folder",
                ),
            ),
            click.Option(
                ["--password-file"],
                metavar="FILE",
                help=say("打开密码在此文件的第一行。", "its first line opens encrypted files"),
            ),
            click.Option(["--allow-macros"], is_flag=True, help=say("含宏的文件不算错误。", "macros are no error")),
            click.Option(
                ["--fail-on"],
                type=click.Choice(LEVELS),
                help=say("到哪一级返回 1（默认 error）。", "exit with 1 from this severity on (error)"),
            ),
            click.Option(
                ["--form", "form_name"],
                metavar="FORM",
                help=say("指定表样：id 或 .toml；general 只按表上所印核验。", "the form: an id, a .toml, or general"),
            ),
            click.Option(["--year"], type=click.IntRange(1990, 2199), help=say("应填的年度。", "the year asked for")),
            click.Option(
                ["--jobs"],
                type=click.IntRange(0),
                default=0,
                help=say("进程数（默认自动）。", "processes (0: as many as pay)"),
            ),
            click.Option(
                ["--stamped-only"],
                is_flag=True,
                help=say("只认本程序下发的表。", "refuse forms that perfxl did not issue"),
            ),
            click.Option(
                ["--schema"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_schema,
                help=say("显示 JSON 输出的 JSON Schema。", "show the JSON Schema of the JSON output"),
            ),
            click.Option(
                ["--quiet"], is_flag=True, help=say("只显示各表结论，不显示进度。", "verdicts only, and no progress")
            ),
        ],
    )


def _show_schema(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib import resources  # loads twenty modules

        to_stdout([resources.files("perfxl.report").joinpath("perfxl.check-1.schema.json").read_bytes()])
        ctx.exit()


def run(
    say: Speech,
    paths: tuple[str, ...],
    layout: str,
    output: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    preview: bool,
    config_file: str | None,
    waivers_file: str | None,
    issued_path: str | None,
    password_file: str | None,
    allow_macros: bool,
    fail_on: str | None,
    form_name: str | None,
    year: int | None,
    jobs: int,
    stamped_only: bool,
    quiet: bool,
) -> int:
    """Judge, report, and say by the exit code how it went."""
    config = configured(config_file, say)
    config = replace(
        config,
        select=_codes(select, say) or config.select,
        ignore=(*config.ignore, *_codes(ignore, say)),
        preview=preview or config.preview,
        changes=(*config.changes, ("allow_macros", True)) if allow_macros else config.changes,
    )
    _nothing_in_preview(config, say)
    form = form_to_judge_by(form_name, say) if form_name else None
    path = waivers_file or config.waivers
    waivers = _waivers(path, say) if path else None
    if layout == "xlsx" and output is None and is_terminal(sys.stdout):
        raise click.UsageError(say("xlsx 请用 -o 写到文件。", "an xlsx goes to a file: use -o FILE"))
    path = issued_path or config.issued
    issued = _issued(path, form, say) if path else None
    # a project file is one of many; a workbook is a register of what went out
    batch = Batch(issued.assignments if issued and issued.is_whole else None)
    tally = Tally()
    on = output is None and is_terminal(sys.stdout)
    with stoppable(say) as stop, Progress("核验", "checking", 0, say, quiet=quiet or on) as bar:
        try:
            if output:
                _spare_inputs(output, paths, say)
            verdicts = check(
                paths,
                form=form,
                year=year,
                jobs=jobs,
                stamped_only=stamped_only,
                config=config,
                issued=issued,
                progress=bar,
                drawings=layout == "html",
                password=password_of(password_file, say) if password_file else None,
                batch=batch,
                stop=stop,
            )
        except FileNotFoundError as error:
            raise click.UsageError(say(f"没有这个文件或文件夹：{error}", f"no such file or folder: {error}")) from error
        beside = across(batch, form=form, rules=config.rules(), changes=config.changes, severities=config.severities)
        if waivers is not None:
            verdicts = waivers.applied(verdicts)
            said = waivers.remarks(config.rules(), form or load_form(form_ids()[0]), config.severities)
            beside = Across(chain(waivers.across(beside.findings), said), beside.not_run)
        if layout == "text":
            from ..report.text import TextReport

            report = TextReport(say.lang, paint=painter(on), width=terminal_width() if on else None, brief=quiet)
            pieces: Iterable[bytes] = (piece.encode() for piece in report.report(verdicts, tally, beside))
        else:
            pieces = pieces_for(layout, verdicts, tally, say.lang, beside)
        gc.freeze()  # what start-up made stays to the end: no use to look through it again and again
        gc.set_threshold(5_000, 20, 20)  # what thousands of files leave behind is cleared in time
        emit(pieces, output, layout == "text", say)
        interrupted = stop() and (bar.done < bar.total or not bar.total)
    if interrupted:
        zh = f"已中断：{bar.total} 个文件核验了 {bar.done} 个。"
        click.echo(say(zh, f"interrupted: {bar.done} of {bar.total} files checked"), err=True)
        return INTERRUPTED
    if not tally.files:
        click.echo(say("没有找到可核验的文件。", "no workbooks found"), err=True)
    return tally.exit_code(fail_on or config.fail_on or "error")


def configured(file: str | None, say: Speech) -> Config:
    """The configuration of that file, else of the nearest ``perfxl.toml``; a broken one is a usage error."""
    path = file or find_config(os.getcwd())
    return PLAIN if path is None else _read(load_config, path, say)


def _read(load: Callable[[str], T], path: str, say: Speech) -> T:
    try:
        return load(path)
    except BrokenDefinitionError as error:
        raise BrokenFileError([error], say) from error
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(say(f"读不了 {path}：{error}", f"cannot read {path}: {error}")) from error


def _nothing_in_preview(config: Config, say: Speech) -> None:
    """A rule in preview that was asked for by its very code needs ``--preview``: it is not passed over in silence."""
    asked = [rule.code for rule in BOOK if rule.preview and rule.code in config.select]
    if asked and not config.preview:
        codes = ", ".join(asked)
        raise click.UsageError(
            say(f"{codes} 还在预览中，请加 --preview。", f"{codes}: in preview, add --preview to run it")
        )


def pieces_for(layout: str, verdicts: Iterable[Verdict], tally: Tally, lang: str, beside: Across) -> Iterable[bytes]:
    """The report in a format for programs, spreadsheets or browsers; each is loaded when it is asked for."""
    if layout == "xlsx":
        from ..report.workbook import findings_workbook
        from ..xlsx.writer import write_workbook

        return [write_workbook(findings_workbook(verdicts, tally, lang, beside))]
    if layout == "html":
        from ..report.html import html_report

        return html_report(verdicts, tally, lang, time.strftime("%Y-%m-%d"), beside)
    module = import_module(f"..report.{'json' if layout == 'jsonl' else layout}", __package__)
    report: Callable[[Iterable[Verdict], Tally, str, Across], Iterable[bytes]] = getattr(module, f"{layout}_report")
    return report(verdicts, tally, lang, beside)


def _waivers(path: str, say: Speech) -> Waivers:
    """The waivers of a file, on the day it is today."""
    from ..waivers import Waivers, load_waivers

    return Waivers(_read(load_waivers, path, say), time.strftime("%Y-%m-%d"))


def _issued(path: str, form: Form | None, say: Speech) -> Issued | CampaignRegister:
    """What was issued; a file that does not say is a usage error."""
    if os.path.isdir(path):
        return _campaign(path, say)
    from ..issued import load_issued

    try:
        return _read(partial(load_issued, form=form), path, say)
    except Rejected as rejection:
        words = REJECTIONS[rejection.code]
        zh, en = f"{path} 里没有下发内容：{words.zh}", f"{path} holds nothing that was issued: {words.en}"
        raise click.UsageError(say(zh, en)) from rejection


def _campaign(path: str, say: Speech) -> CampaignRegister:
    """What a campaign issued; of workbooks that are gone it is said on stderr."""
    from pathlib import Path

    from ..campaign.register import load_register
    from ..campaign.trouble import CampaignError
    from .trouble import CampaignClickError

    try:
        found = load_register(Path(path))
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    if found.gone:
        few = "、".join(found.gone[:3]), ", ".join(found.gone[:3])
        click.echo(
            say(
                f"下发的表有 {len(found.gone)} 份不在 {path} 里或被改过（{few[0]}…），对这些只认带有本任务印记的表。"
                "再运行 perfxl generate 可补回。",
                f"{len(found.gone)} issued forms are gone from {path}, or altered ({few[1]}…): of these only returns "
                "with the stamp of this campaign are believed. perfxl generate makes them again.",
            ),
            err=True,
        )
    return found


def password_of(file: str, say: Speech) -> str:
    """The first line of a password file; an empty or unreadable one is a usage error."""
    try:
        with open(file, "rb") as stream:
            raw = stream.read(4096)
    except OSError as error:
        raise click.UsageError(say(f"读不了密码文件：{error}", f"cannot read the password file: {error}")) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")  # Notepad on an older Chinese Windows
    password = text.partition("\n")[0].rstrip("\r")
    if not password:
        raise click.UsageError(say("密码文件的第一行是空的。", "the first line of the password file is empty"))
    return password


def emit(pieces: Iterable[bytes], output: str | None, is_text: bool, say: Speech) -> None:
    """The pieces to a file that appears whole, or to stdout as they come."""
    if output:
        with replacing(output, say) as file:
            for piece in pieces:
                file.write(piece)
    elif is_text:
        for piece in pieces:
            click.echo(piece.decode(), nl=False)
    else:
        to_stdout(pieces)


def _codes(lists: Sequence[str], say: Speech) -> tuple[str, ...]:
    """The beginnings of codes on the command line, checked."""
    known = known_codes()
    found = []
    for word in (word.strip() for words in lists for word in words.replace("，", ",").split(",")):
        if not word:
            continue
        if unknown_codes([word]):
            raise click.UsageError(
                say(f"没有 {word} 开头的规则。", f"No rule begins with {word!r}. ") + meant(word, known, say)
            )
        found.append(word.upper())
    return tuple(found)


def _spare_inputs(output: str, paths: Sequence[str], say: Speech) -> None:
    """A report never takes the place of a file that it reports on."""
    if os.path.isdir(output):
        raise click.UsageError(say(f"{output} 是文件夹。", f"{output} is a folder"))
    if not os.path.exists(output):
        return
    for source in find_files(paths):
        if os.path.exists(source.path) and os.path.samefile(source.path, output):
            raise click.UsageError(
                say(f"{output} 是要核验的文件，不能覆盖。", f"{output} is one of the files to be judged")
            )
