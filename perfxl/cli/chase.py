"""``perfxl chase``: a reminder to the units that have not returned, and to nobody else."""

from __future__ import annotations

import datetime
from functools import partial

import click

from ..campaign.answer_proof import Proof
from ..campaign.chasing import CHASE, Chasing
from ..campaign.drafting import Prepared
from ..campaign.overview import CHINA
from .mailing import Desk, mail_params, run_mailing
from .progress import Progress
from .sending import Prover
from .speech import Command, Speech


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "chase",
        say,
        partial(run, say),
        (
            "催报：只发给还没有报回的单位，截止前提醒，逾期催收；一轮（默认一天）只发一次。默认是演练。",
            "Remind the units that have not returned, before the due date and after it; once a round (by default a "
            "day). A rehearsal by default.",
        ),
        mail_params(
            say,
            click.Option(
                ["--round", "round_"],
                metavar="NAME",
                default="",
                help=say(
                    "这一轮的名称（默认为日期，没发完的一轮先接着发）。",
                    "the round's name (the day; one that is not through is carried on)",
                ),
            ),
        ),
    )


def run(say: Speech, folder: str, round_: str, **given: object) -> int:
    """Write the reminders that are due; with ``--send``, send them."""
    return run_mailing(say, "chase", CHASE, folder, given, partial(_write, say, bool(given["quiet"]), round_))


def _write(say: Speech, quiet: bool, name: str, desk: Desk) -> tuple[Prepared, Prover]:
    today = datetime.datetime.now(CHINA).date()
    chasing = Chasing(
        ledger=desk.ledger, outbox=desk.outbox, order=desk.order, issued=desk.issued, today=today, round=name
    )
    with Progress("写信", "writing", len(desk.plan.units), say, quiet=quiet) as bar:
        prepared = chasing.prepare(bar.step)
    missing = {line.assignment for lines in chasing.missing().values() for line in lines}
    return prepared, Proof(issued=desk.issued, only=missing)
