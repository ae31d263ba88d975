"""``perfxl init``: a campaign folder with a roster to fill in."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from ..campaign.founding import found
from ..campaign.settings import KEY, ROSTER, SETTINGS
from ..campaign.trouble import CampaignError
from .definitions import form_of
from .speech import Command, Speech
from .trouble import CampaignClickError


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "init",
        say,
        partial(run, say),
        (
            "在 DIR（新的或空的文件夹）建立填报任务：花名册、设置、台账。",
            "Make a campaign in DIR, a new or empty folder: roster, settings, ledger.",
        ),
        [
            click.Argument(["folder"], metavar="DIR"),
            click.Option(
                ["--form", "form_name"],
                required=True,
                metavar="FORM",
                help=say("表样（见 perfxl forms）或定义文件 .toml。", "the form (see perfxl forms), or a definition"),
            ),
            click.Option(
                ["--year"],
                required=True,
                type=click.IntRange(1990, 2199),
                help=say("年度，如 2026。", "the fiscal year"),
            ),
            click.Option(
                ["--department"],
                default="",
                metavar="NAME",
                help=say("主管部门，印在表上。", "the supervising department"),
            ),
            click.Option(
                ["--sample"],
                is_flag=True,
                help=say("填入虚构的单位和 30 个项目。", "fill in invented units and 30 projects"),
            ),
        ],
    )


def run(say: Speech, folder: str, form_name: str, year: int, department: str, sample: bool) -> int:
    """Make the folder; say what is next."""
    form = form_of(form_name, say)
    definition = Path(form_name).read_bytes() if form_name.endswith(".toml") else None
    try:
        password = found(Path(folder), form, year, department=department, sample=sample, definition=definition)
    except CampaignError as error:
        raise CampaignClickError(error, say) from error
    place = Path(folder)
    rows = (
        (place / ROSTER, "花名册：请填写后保存", "the roster: fill it in and save it"),
        (place / SETTINGS, f"设置；工作表密码 {password} 也在其中", f"settings, with the sheet password {password}"),
        (place / KEY, "密钥：请备份，不要外传", "the key: keep a copy, give it to nobody"),
    )
    click.echo(say(f"已建立填报任务 {folder}", f"Made the campaign {folder}"))
    for path, zh, en in rows:
        click.echo(f"  {path}  {say(zh, en)}")
    click.echo(say(f"下一步：perfxl generate {folder}", f"Next: perfxl generate {folder}"))
    return 0
