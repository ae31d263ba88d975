"""``perfxl new``: one workbook, blank or prefilled from project files."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

import click

from ..form import BrokenDefinitionError, Form
from ..project import example, read_project
from ..record import Assignment
from ..template import build_workbook
from ..xlsx.writer import write_workbook
from .definitions import BrokenFileError, form_of
from .output import write_file
from .speech import Command, Speech


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "new",
        say,
        partial(run, say),
        (
            "生成一份表。FORM 是表样的 id（见 perfxl forms）或定义文件 .toml；表样不限年度。",
            "Write one workbook. FORM is a form's id (see perfxl forms) or a definition (.toml); it fits any year.",
        ),
        [
            click.Argument(["form_name"], metavar="FORM"),
            click.Option(["--year"], type=click.IntRange(1990, 2199), help=say("年度，如 2026。", "the fiscal year")),
            click.Option(["-o", "--output"], metavar="FILE.xlsx", help=say("写到这个文件。", "the file to write")),
            click.Option(
                ["--project", "projects"],
                metavar="FILE.toml",
                multiple=True,
                help=say("项目文件，可多次给出，一个项目一张表。", "a project file; several give several sheets"),
            ),
            click.Option(
                ["--example", "wants_example"],
                is_flag=True,
                help=say("给出项目文件的样例。", "print a project file to start from"),
            ),
            click.Option(["--force"], is_flag=True, help=say("可覆盖已有文件。", "overwrite a file that is there")),
        ],
    )


def run(
    say: Speech,
    form_name: str,
    year: int | None,
    output: str | None,
    projects: tuple[str, ...],
    wants_example: bool,
    force: bool,
) -> int:
    """Write the workbook, or the example."""
    form = form_of(form_name, say)
    if wants_example:
        text = example(form)
        if output is None:
            click.echo(text, nl=False)
            return 0
        _must_be_free(output, force, say)
        write_file(output, text.encode(), say)
        return 0
    if year is None or output is None:
        lacking = "--year" if year is None else "-o"
        raise click.UsageError(say(f"缺少 {lacking}。", f"missing {lacking}"))
    if not output.lower().endswith(".xlsx"):
        raise click.UsageError(say(f"{output}：文件名应以 .xlsx 结尾。", f"{output}: the name should end in .xlsx"))
    _must_be_free(output, force, say)
    assignments = read_projects(projects, form, year, say) or [Assignment(form=form.id, fiscal_year=year)]
    write_file(output, write_workbook(build_workbook(form, assignments, year=year)), say)
    count = len(assignments)
    click.echo(say(f"已生成 {output}（{count} 张表）。", f"{output} written ({count} form{'s' * (count != 1)})."))
    return 0


def _must_be_free(output: str, force: bool, say: Speech) -> None:
    if os.path.isdir(output):
        raise click.UsageError(say(f"{output} 是文件夹。", f"{output} is a folder"))
    if os.path.lexists(output) and not force:
        raise click.UsageError(say(f"{output} 已存在；要覆盖请加 --force。", f"{output} exists; --force overwrites it"))


def read_projects(paths: tuple[str, ...], form: Form, year: int, say: Speech) -> list[Assignment]:
    """The project files; the mistakes of all of them are reported at once."""
    found, broken = list[Assignment](), list[BrokenDefinitionError]()
    for path in paths:
        try:
            with open(path, encoding="utf-8-sig") as file:
                found.append(replace(read_project(file.read(), path, form), fiscal_year=year))
        except BrokenDefinitionError as error:
            broken.append(error)
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(say(f"读不了 {path}：{error}", f"cannot read {path}: {error}")) from error
    if broken:
        raise BrokenFileError(broken, say)
    return found
