"""``perfxl correct``: returned workbooks to corrected ones for the units, their problems marked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial

import click

from ..checking import Terms
from ..correcting import Correction, NoYearError, correct
from ..files import contents, find_files
from ..rejection import REJECTIONS, Rejected
from ..report import words
from .definitions import form_to_judge_by
from .output import CANNOT_WRITE, CannotWriteError, write_file
from .speech import Command, Speech

TAIL = "_请更正"
"""How the name of a corrected form ends."""


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "correct",
        say,
        partial(run, say),
        (
            "给每份收回的表做一份更正表：重新锁定、带入已填内容、标出问题，首页为问题清单。原件不动。",
            "Make a corrected form of each return: locked anew, filled in from it, its problems marked, with a list of "
            "them in front. The returns are left alone.",
        ),
        [
            click.Argument(["paths"], metavar="PATH...", nargs=-1, required=True),
            click.Option(
                ["-o", "--output"],
                metavar="DIR",
                required=True,
                help=say("更正表放到这个文件夹。", "the folder for the corrected forms"),
            ),
            click.Option(
                ["--form", "form_name"],
                metavar="FORM",
                help=say("指定表样：id 或 .toml。", "the form: an id or a .toml"),
            ),
            click.Option(["--year"], type=click.IntRange(1990, 2199), help=say("应填的年度。", "the year asked for")),
            click.Option(
                ["--all", "every"],
                is_flag=True,
                help=say("没有问题的表也做。", "also for forms without a problem"),
            ),
            click.Option(
                ["--force"], is_flag=True, help=say("覆盖已有的同名文件。", "overwrite files of the same name")
            ),
        ],
    )


def run(
    say: Speech, paths: tuple[str, ...], output: str, form_name: str | None, year: int | None, every: bool, force: bool
) -> int:
    """Correct each return; one that cannot be read does not keep the others."""
    try:
        sources = find_files(paths)
    except FileNotFoundError as error:
        raise click.UsageError(say(f"没有这个文件或文件夹：{error}", f"no such file or folder: {error}")) from error
    terms = Terms(form=form_to_judge_by(form_name, say) if form_name else None, year=year)
    target = Target(output, say, force=force)
    failed = False
    for source in sources:
        for name, content in contents(source):
            try:
                if isinstance(content, Rejected):
                    raise content
                for correction, tail in _named(correct(content, name, terms=terms, lang=say.lang)):
                    if correction.left or every:
                        _tell(target.write(name, tail, correction.data), correction, say)
                    else:
                        click.echo(say(f"{_shown(name)}：没有要更正的。", f"{_shown(name)}: nothing to correct"))
            except Rejected as rejection:
                failed = True
                _refused(name, rejection, say)
            except NoYearError:
                failed = True
                zh = f"{_shown(name)}：表上没有年度，请用 --year 指定。"
                click.echo(say(zh, f"{_shown(name)}: the form names no year; give one with --year"), err=True)
            except CannotWriteError as error:
                failed = True
                error.show()
    return CANNOT_WRITE if failed else 0


def _named(corrections: Sequence[Correction]) -> Iterator[tuple[Correction, str]]:
    """Each with what its name ends in, so that several of one file differ."""
    for number, correction in enumerate(corrections, 1):
        yield correction, TAIL if len(corrections) == 1 else f"{TAIL}{number}"


class Target:
    """The folder of the corrected forms; it never takes the place of a file unless told to."""

    def __init__(self, folder: str, say: Speech, *, force: bool) -> None:
        if os.path.lexists(folder) and not os.path.isdir(folder):
            raise click.UsageError(say(f"{folder} 不是文件夹。", f"{folder} is no folder"))
        self.folder, self.say, self.force = folder, say, force
        self.taken: set[str] = set()

    def write(self, name: str, tail: str, data: bytes) -> str:
        """Write one; the path it got. Raises ``CannotWriteError`` where another file bears the name."""
        base = os.path.splitext(name.replace("\\", "/").rpartition("/")[2])[0]
        wanted, count = f"{base}{tail}.xlsx", 1
        while wanted.casefold() in self.taken:  # two returns of one name, from two folders
            count += 1
            wanted = f"{base}{tail} ({count}).xlsx"
        self.taken.add(wanted.casefold())
        path = os.path.join(self.folder, wanted)
        if os.path.lexists(path) and not self.force:
            raise CannotWriteError(
                self.say(
                    f"{path} 已存在，没有覆盖；要覆盖请加 --force。",
                    f"{path} exists and was left; --force overwrites it",
                )
            )
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as error:
            raise CannotWriteError(f"{self.folder}: {error.strerror}") from error
        write_file(path, data, self.say)
        return path


def _shown(name: str) -> str:
    return words.clean(name)


def _tell(path: str, correction: Correction, say: Speech) -> None:
    counts = {kind: sum(loss.kind == kind for loss in correction.losses) for kind in ("restored", "recomputed", "lost")}
    zh = [f"待更正 {correction.left} 处"]
    en = [f"{correction.left} to mend"]
    for kind, (word_zh, word_en) in {
        "restored": ("恢复下发内容", "restored"),
        "recomputed": ("重算", "computed again"),
        "lost": ("未能带入", "not carried over"),
    }.items():
        if counts[kind]:
            zh.append(f"{word_zh} {counts[kind]} 处")
            en.append(f"{counts[kind]} {word_en}")
    click.echo(say(f"{_shown(path)}：{'，'.join(zh)}", f"{_shown(path)}: {', '.join(en)}"))


def _refused(name: str, rejection: Rejected, say: Speech) -> None:
    said = REJECTIONS[rejection.code]
    where = f" [{words.clean(rejection.where)}]" if rejection.where else ""
    zh = f"{_shown(name)}：{rejection.code}{where} {said.zh}{said.remedy_zh}"
    click.echo(say(zh, f"{_shown(name)}: {rejection.code}{where} {said.en} {said.remedy_en}"), err=True)
