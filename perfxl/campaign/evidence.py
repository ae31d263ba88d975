"""What a mailbox says of messages that are uncertain: whether a copy of them lies there.

A copy in the sent folder, or with the archive, proves that the server took the message.  That
there is none proves nothing; but where the same folder holds other messages of the campaign, it
is a reason to believe that the message did not leave.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .imap import Postbox
from .outbox import Row

BEFORE = datetime.timedelta(days=2)
"""How far before the sending a folder is searched: servers' days begin elsewhere."""


class Evidence(NamedTuple):
    """``arrived``: messages of which a copy was found, and the folder of each; ``missing``: the others;
    ``folders`` were searched; ``others`` counts the messages in them that are known to be sent."""

    arrived: tuple[tuple[Row, str], ...]
    missing: tuple[Row, ...]
    folders: tuple[str, ...]
    others: int


def look(box: Postbox, uncertain: Sequence[Row], sent: Iterable[Row], folders: Sequence[str]) -> Evidence:
    """Look for the ``uncertain`` messages in some folders; ``sent`` are those that surely went. Raises
    ``CampaignError`` where the mailbox cannot be read."""
    first = min(datetime.datetime.fromisoformat(row.changed_at).date() for row in uncertain) - BEFORE
    left = {row.message_id: row for row in uncertain}
    known = {row.message_id for row in sent}
    arrived, others = list[tuple[Row, str]](), 0
    for folder in folders:
        held = box.message_ids(folder, first)
        others += len(held & known)
        for identity in list(left):
            if identity in held or box.find(folder, identity):
                arrived.append((left.pop(identity), folder))
    return Evidence(tuple(arrived), tuple(left.values()), tuple(folders), others)
