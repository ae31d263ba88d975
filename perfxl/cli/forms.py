"""``perfxl forms``: the form definitions, one of them, or the mistakes of a new one."""

from __future__ import annotations

from functools import partial

import click

from ..form import BrokenDefinitionError, Form, form_ids, load_form, read_definition
from ..number import neat
from .definitions import form_of, listed
from .output import to_stdout
from .speech import Command, Speech


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "forms",
        say,
        partial(run, say),
        (
            "列出表样定义；给出 FORM 则显示这一种。",
            "The form definitions; with FORM, that one in detail.",
        ),
        [
            click.Argument(["form_name"], metavar="[FORM]", required=False),
            click.Option(
                ["--format", "layout"],
                type=click.Choice(("text", "json")),
                default="text",
                help=say("输出格式（默认 text）。", "output format (text)"),
            ),
            click.Option(
                ["--check", "checked"],
                metavar="FILE.toml",
                help=say("检查一份定义，列出全部错误。", "check a definition and list all its mistakes"),
            ),
        ],
    )


def run(say: Speech, form_name: str | None, layout: str, checked: str | None) -> int:
    """List, show or check."""
    if checked is not None:
        return _check(checked, say)
    forms = [form_of(form_name, say)] if form_name else [load_form(name) for name in form_ids()]
    if layout == "json":
        from ..report.json import dump

        shown = [{"id": form.id, "title": form.title, "currency_unit": form.currency_unit} for form in forms]
        to_stdout([dump(shown) + b"\n"])
    elif form_name:
        click.echo("\n".join(details(forms[0], say)))
    else:
        width = max(len(form.id) for form in forms)
        for form in forms:
            click.echo(f"{form.id:<{width}}  {form.currency_unit}  {form.title}")
            click.echo(f"{'':<{width}}  {form.basis}")
    return 0


def _check(path: str, say: Speech) -> int:
    try:
        with open(path, encoding="utf-8-sig") as file:
            form = read_definition(file.read(), path)
    except BrokenDefinitionError as error:
        click.echo("\n".join(listed(error, say)))
        return 1
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(say(f"读不了 {path}：{error}", f"cannot read {path}: {error}")) from error
    click.echo(say(f"{path}：没有错误（{form.id}，{form.title}）。", f"{path}: OK ({form.id}, {form.title})"))
    return 0


def details(form: Form, say: Speech) -> list[str]:
    """A form on half a page: what is printed, and what weighs how much."""
    base = form.fund_column(form.denominator)
    weight = form.execution_weight
    lines = [
        f"{form.id}  {form.title}  [{form.version}]",
        say("依据", "basis") + f": {form.basis}",
        say("金额单位", "currency unit") + f": {form.currency_unit}",
        say("执行率分母", "execution rate against") + f": {base.label if base else form.denominator}",
        say("执行率分值", "weight of the execution rate") + f": {neat(weight) if weight is not None else '–'}",
        say("资金行", "fund rows") + ": " + "、".join(row.label for row in form.fund_rows),
        say("资金列", "fund columns") + ": " + "、".join(column.label for column in form.fund_columns),
        say("指标列", "indicator columns") + ": " + "、".join(column.label for column in form.columns),
        say("指标", "indicators") + ":",
    ]
    if not form.levels:
        lines.append("  " + say(f"不分级，{form.indicator_rows} 行", f"no levels, {form.indicator_rows} rows"))
    for level in form.levels:
        share = neat(level.weight) if level.weight is not None else "–"
        inside = "、".join(f"{second.name}×{second.rows}" for second in level.level_2)
        lines.append(f"  {level.name} {share}: {inside}")
    return lines
