"""``collect``: what was found is kept, then judged; and what a run did, told from the ledger.

The ledger's ids say what is new since a mark, so a run of ten thousand returns keeps none of them in memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from ..checking import Terms
from ..config import Config
from ..form import Form
from ..noun import noun
from ..waivers import load_waivers
from .judging import Judge
from .ledger import Ledger
from .matching import Registry
from .plan import Plan
from .returned import Counting, Match
from .settings import Campaign, read_key


class Mark(NamedTuple):
    """How far the ledger had come at a moment."""

    arrival: int
    judgement: int


@noun
class Collected:
    """One judged sheet, or file that could not be judged, of a run. ``replaces`` is the name of the return that it
    took the place of, ``behind`` that of the newer one which counts instead; each with the time it came."""

    assignment: str
    unit: str
    match: Match
    counting: Counting
    status: str
    code: str
    errors: int
    warnings: int
    infos: int
    sheet: str
    file: str
    sha256: str
    name: str
    source: str
    sender: str
    returned_at: str
    replaces: tuple[str, str] | None = None
    behind: tuple[str, str] | None = None


class Other(NamedTuple):
    """An attachment that is no form, or a mail that carries nothing: where it came from, and where it is kept."""

    name: str
    source: str
    sender: str
    file: str
    size: int


def judge_for(campaign: Campaign, form: Form, plan: Plan, ledger: Ledger, config: Config) -> Judge:
    """How the returns of a campaign are judged: by its configuration, against what it issued."""
    registry = Registry(ledger.folder, campaign.id, read_key(campaign.folder), plan, ledger)
    rules = config.rules()
    own = not config.select and not config.ignore and not config.preview
    terms = Terms(
        form=form if campaign.form.endswith(".toml") else None,
        year=campaign.fiscal_year,
        codes=None if own else tuple(rule.code for rule in rules),
        cells=True,
        digests=True,
        readings=True,
        changes=config.changes,
        severities=config.severities,
        issued=registry,
        files=1_000,
    )
    waivers = load_waivers(config.waivers) if config.waivers else ()
    return Judge(terms=terms, registry=registry, waivers=waivers, today=time.strftime("%Y-%m-%d"))


def mark(ledger: Ledger) -> Mark:
    """Now, in the ledger's own count."""
    query = "SELECT (SELECT coalesce(max(id), 0) FROM arrival), (SELECT coalesce(max(id), 0) FROM judgement)"
    return Mark._make(ledger.database.execute(query).fetchone())


def collected(ledger: Ledger, since: Mark) -> Iterator[Collected]:
    """What was judged since, in the order of arrival."""
    rows = ledger.database.execute(
        """WITH every AS MATERIALIZED (SELECT j.*, a.name, a.source, a.sender FROM judged j
             JOIN arrival a ON a.id = j.first)
           SELECT e.assignment, e.unit, e.match, e.standing, e.status, e.code, e.errors, e.warnings, e.infos, e.sheet,
             o.file, e.sha256, e.name, e.source, e.sender, e.came_at, e.place, b.name, b.came_at
           FROM every e JOIN original o ON o.sha256 = e.sha256
             LEFT JOIN every b ON b.assignment = e.assignment AND b.standing = 'counts' AND e.standing = 'counts'
               AND b.place = CASE WHEN e.place = 1 THEN 2 ELSE 1 END AND b.sha256 <> e.sha256
           WHERE e.id > ? ORDER BY e.first, e.number""",
        (since.judgement,),
    )
    for row in rows:
        place, other = row[16], (row[17], row[18]) if row[17] is not None else None
        values = dict(zip(_FIELDS, row[:16], strict=True))
        if place is not None and place > 1:
            values["counting"] = "superseded"
        yield Collected(
            **values, replaces=other if place == 1 else None, behind=other if place is not None and place > 1 else None
        )


_FIELDS = tuple(Collected.__annotations__)[:16]


def others(ledger: Ledger, since: Mark) -> Iterator[Other]:
    """Attachments that are no form, since then."""
    query = """SELECT a.name, a.source, a.sender, o.file, o.size FROM arrival a JOIN original o ON o.sha256 = a.sha256
        WHERE a.id > ? AND o.kind = 'other' ORDER BY a.id"""
    return map(Other._make, ledger.database.execute(query, (since.arrival,)))


def bare_mails(ledger: Ledger, since: Mark) -> Iterator[Other]:
    """Mails that carry nothing, since then: their subjects for names."""
    query = """SELECT a.hint, a.source, a.sender, o.file, o.size FROM arrival a JOIN original o ON o.sha256 = a.sha256
        WHERE a.id > ? AND o.kind = 'mail' AND NOT EXISTS (SELECT 1 FROM arrival b WHERE b.inside = a.sha256)
          AND NOT EXISTS (SELECT 1 FROM refusal r WHERE r.inside = a.sha256)
          AND NOT EXISTS (SELECT 1 FROM outbox s WHERE s.message_id = a.message_id)
        ORDER BY a.id"""
    return (Other._make(row) for row in ledger.database.execute(query, (since.arrival,)))


def names_of(ledger: Ledger, plan: Plan) -> dict[str, str]:
    """The project of each assignment, as it is shown."""
    return {label.id: label.project for label in plan.labels()}
