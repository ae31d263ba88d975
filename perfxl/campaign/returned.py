"""The noun that the second half of the season turns on: a form that came back."""

from __future__ import annotations

from typing import Literal

from ..finding import Verdict
from ..formdigest import Digest
from ..noun import noun

Match = Literal["stamp", "labels", ""]
"""How a return was matched with its assignment: by its stamp, by unit and project, not at all."""

Counting = Literal["counts", "superseded", "unmatched", "foreign", "blank", "rejected"]
"""Whether a return counts, or why not: a newer one came, it answers nothing that was issued, it is another
unit's than its sender's or its own header says, nothing is filled in, it could not be judged."""


@noun
class Return:
    """收回的自评表: one judged form sheet of a file that came back, as the ledger keeps it.

    ``assignment`` and ``unit`` are the ids of the roster, ``""`` where nothing matched.  ``name`` is
    the file's name as it came, ``file`` where the original is kept, relative to the campaign folder;
    ``returned_at`` and ``judged_at`` are UTC (``2026-11-25T08:00:00Z``).  ``verdict`` carries the
    record, the findings (those waived for this return marked) and the cell of each field; ``digest``
    is what the rules over a batch need.
    """

    assignment: str
    unit: str
    name: str
    file: str
    sha256: str
    returned_at: str
    judged_at: str
    match: Match
    verdict: Verdict
    digest: Digest | None = None
    counting: Counting = "counts"
