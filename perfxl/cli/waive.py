"""``perfxl waive``: what a return has against it is let pass, for a reason, by somebody with a name."""

from __future__ import annotations

from functools import partial

import click

from ..campaign.decisions import decide
from ..campaign.ledger import Ledger
from ..campaign.plan import Label
from ..campaign.standing import Standing
from ..rules import BOOK
from .deciding import Words, decided, not_empty, params
from .definitions import meant
from .speech import Command, Speech


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "waive",
        say,
        partial(run, say),
        (
            "豁免。表已收回时，豁免它的问题（--rule 只豁免这些规则）；没有收回时，免予填报。理由和批准人记入历史。",
            "Waive: of a return, what it has against it (--rule: of these rules alone); where none came, the duty to "
            "return one. Reason and approver go into the history.",
        ),
        params(
            say,
            click.Option(["--reason"], metavar="TEXT", default="", help=say("理由。", "why")),
            click.Option(["--approver"], metavar="NAME", default="", help=say("批准人。", "who stands for it")),
            click.Option(
                ["--rule", "rules"],
                metavar="CODE",
                multiple=True,
                help=say("只豁免这条规则，可多次给出。", "this rule alone; repeatable"),
            ),
        ),
    )


def run(
    say: Speech, folder: str, targets: tuple[str, ...], reason: str, approver: str, rules: tuple[str, ...], undo: bool,
    network: bool,
) -> int:  # fmt: skip
    """Waive of each; those of which there is nothing to waive are named."""
    known = [rule.code for rule in BOOK]
    codes = tuple(
        code.strip().upper() for words in rules for code in words.replace("，", ",").split(",") if code.strip()
    )
    for code in codes:
        if code not in known:
            raise click.UsageError(say(f"没有规则 {code}。", f"No rule {code!r}. ") + meant(code, known, say))
    if not undo:
        reason, approver = not_empty(say, "reason", reason), not_empty(say, "approver", approver)
    return decided(
        say, "waive", folder, targets, partial(_waive, reason=reason, approver=approver, rules=codes),
        ("已豁免", "waived"), network=network, undo=undo,
    )  # fmt: skip


def _waive(
    ledger: Ledger, task: Label, standing: Standing, reason: str, approver: str, rules: tuple[str, ...]
) -> Words | None:
    if rules and standing.status is None:
        return "还没有收回，没有可豁免的问题", "nothing has come back: there is no finding to waive"
    decide(
        ledger, "waived", task.id, unit=task.unit, file=standing.file, sha256=standing.sha256,
        reason=reason, approver=approver, rules=rules,
    )  # fmt: skip
    return None
