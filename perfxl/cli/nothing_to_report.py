"""``perfxl nothing-to-report``: 零报告, a project of which nothing is to be returned."""

from __future__ import annotations

from functools import partial

import click

from ..campaign.decisions import decide
from ..campaign.ledger import Ledger
from ..campaign.plan import Label
from ..campaign.standing import Standing
from .deciding import Words, decided, not_empty, params
from .speech import Command, Speech


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "nothing-to-report",
        say,
        partial(run, say),
        (
            "零报告：单位说明项目没有可填报的内容（未实施、未安排资金…）。不再催报；之后收到表时照常核验。",
            "Nothing to report: the unit says so (not carried out, no funds). It is not chased; a form that comes "
            "after all is judged as any other.",
        ),
        params(
            say,
            click.Option(["--reason"], metavar="TEXT", default="", help=say("说明。", "why")),
            click.Option(["--approver"], metavar="NAME", default="", help=say("批准人。", "who stands for it")),
        ),
    )


def run(
    say: Speech, folder: str, targets: tuple[str, ...], reason: str, approver: str, undo: bool, network: bool
) -> int:
    """Record it of each; one that has come back is named."""
    if not undo:
        reason = not_empty(say, "reason", reason)
    return decided(
        say, "nothing-to-report", folder, targets, partial(_record, reason=reason, approver=approver.strip()),
        ("已记为零报告", "recorded as nothing to report"), network=network, undo=undo,
    )  # fmt: skip


def _record(ledger: Ledger, task: Label, standing: Standing, reason: str, approver: str) -> Words | None:
    if standing.status is not None:
        return "已经收回了表；可用 perfxl accept 或 perfxl waive", "has come back: use perfxl accept or perfxl waive"
    decide(ledger, "nothing_to_report", task.id, unit=task.unit, reason=reason, approver=approver)
    return None
