"""``perfxl answer``: to each unit the verdict on what it returned, what to mend, and its receipts."""

from __future__ import annotations

from functools import partial

import click

from ..campaign.answer_proof import Proof
from ..campaign.answering import ANSWER, Answering
from ..campaign.collecting import judge_for
from ..campaign.corrections import Corrections
from ..campaign.drafting import Prepared
from .collect import campaign_config
from .mailing import Desk, mail_params, run_mailing
from .progress import Progress
from .sending import Prover
from .speech import Command, Speech


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "answer",
        say,
        partial(run, say),
        (
            "答复报回的表，每个单位一封：结论、要更正的附更正表、已通过的给回执。默认是演练。",
            "Answer what came back, one message a unit: the verdict, a corrected form where something is to be mended, "
            "a receipt for what was accepted. A rehearsal by default.",
        ),
        mail_params(say),
    )


def run(say: Speech, folder: str, **given: object) -> int:
    """Write the answers that are due; with ``--send``, send them."""
    return run_mailing(say, "answer", ANSWER, folder, given, partial(_write, say, bool(given["quiet"])))


def _write(say: Speech, quiet: bool, desk: Desk) -> tuple[Prepared, Prover]:
    config = campaign_config(desk.campaign.folder, say)
    judge = judge_for(desk.campaign, desk.form, desk.plan, desk.ledger, config)
    corrections = Corrections(
        issued=desk.issued,
        judge=judge,
        form=desk.form,
        password=desk.campaign.password,
        lang=desk.order.lang,
        chinese_names=desk.mailbox.chinese_names,
    )
    answering = Answering(
        ledger=desk.ledger, outbox=desk.outbox, order=desk.order, issued=desk.issued, corrections=corrections
    )
    with Progress("写信", "writing", len(desk.order.only) or len(desk.plan.units), say, quiet=quiet) as bar:
        return answering.prepare(bar.step), Proof(issued=desk.issued)
