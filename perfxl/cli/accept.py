"""``perfxl accept``: the officer is content with a return."""

from __future__ import annotations

from functools import partial

import click

from ..campaign.decisions import decide
from ..campaign.ledger import Ledger
from ..campaign.plan import Label
from ..campaign.standing import Standing
from .deciding import Words, decided, params
from .speech import Command, Speech


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "accept",
        say,
        partial(run, say),
        (
            "通过收回的表。TARGET 是编号，或单位（它收回的都算）。有错误的表不能直接通过："
            "请单位更正，或用 perfxl waive。之后又来新的一份时，这个决定不再有效。",
            "Accept returns. TARGET is an assignment, or a unit (all that it returned). A return with errors is not "
            "accepted as it is: have it mended, or use perfxl waive. A newer return asks for a new decision.",
        ),
        params(
            say,
            click.Option(
                ["--clean"],
                is_flag=True,
                help=say(
                    "没有给出 TARGET 时：所有没有任何问题的都通过。",
                    "without a TARGET: all that have nothing against them",
                ),
            ),
        ),
    )


def run(say: Speech, folder: str, targets: tuple[str, ...], clean: bool, undo: bool, network: bool) -> int:
    """Accept each; those that cannot be are named."""
    if clean and undo:
        raise click.UsageError(say("--clean 与 --undo 不能同用。", "--clean and --undo exclude each other"))
    return decided(
        say, "accept", folder, targets, partial(_accept, clean=clean), ("已通过", "accepted"), network=network,
        undo=undo, every=clean,
    )  # fmt: skip


def _accept(ledger: Ledger, task: Label, standing: Standing, clean: bool) -> Words | None:
    if standing.status is None:
        return "还没有收回，无从通过", "nothing has come back yet"
    if standing.decision is not None and standing.decision.kind == "accepted":
        return "已经通过", "is accepted already"
    if standing.status == "fail":
        return (
            f"有 {standing.errors} 处错误；请单位更正，或写明理由用 perfxl waive",
            f"has {standing.errors} errors; have it mended, or waive them with a reason (perfxl waive)",
        )
    if clean and standing.status != "pass":
        return "有提示，请看过再通过", "has notes: look at it first"
    if standing.decision is not None and clean:
        return "已有决定", "is decided already"
    decide(ledger, "accepted", task.id, unit=task.unit, file=standing.file, sha256=standing.sha256)
    return None
