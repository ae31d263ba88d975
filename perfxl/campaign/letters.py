"""A letter into the outbox: the same for what is issued, answered and chased.

One that is there, and would be the same but for its date, stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

from ..noun import noun
from . import mime
from .address import checked
from .letter import Letter
from .mailbox import Mailbox
from .mime import Attachment, Message
from .outbox import Draft, Enclosure, Outbox, Row, message_id
from .plan import Contact, Unit

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@noun
class Order:
    """What is to be written: for ``only`` these units (empty: all); ``again`` also what changed since it
    was sent, and what was refused; ``to_me`` everything to one's own address; ``shared`` allows one
    address for several units."""

    campaign: str
    mailbox: Mailbox
    lang: str
    title: str
    only: tuple[str, ...] = ()
    again: bool = False
    to_me: str = ""
    shared: bool = False


def put_letter(
    outbox: Outbox, order: Order, unit: Unit, purpose: str, part: int, letter: Letter,
    attachments: tuple[Attachment, ...], enclosures: tuple[Enclosure, ...], in_reply_to: str = "",
) -> Row:  # fmt: skip
    """One message into the outbox, to the unit's people (a trial: to oneself)."""
    mailbox, contacts = order.mailbox, contacts_of(order, unit)
    old = outbox.row(unit.code, purpose, part)
    message = Message(
        sender=Contact(name=mailbox.name, address=mailbox.address),
        to=contacts,
        reply_to=mailbox.reply_to,
        subject=letter.subject,
        body=letter.body,
        date=EPOCH,
        message_id=old.message_id if old else message_id(order.campaign, unit.code, purpose, part, mailbox.domain),
        attachments=attachments,
        in_reply_to=in_reply_to,
    )
    source = sha256(mime.serialised(message)).hexdigest()
    if old is not None and outbox.is_current(old, source):
        return old
    draft = Draft(
        unit=unit.code,
        purpose=purpose,
        part=part,
        recipients=tuple(contact.address for contact in contacts),
        message_id=message.message_id,
        source=source,
        data=mime.compose(_dated(message)),
        enclosures=enclosures,
    )
    return outbox.put(draft)


def contacts_of(order: Order, unit: Unit) -> tuple[Contact, ...]:
    """Each address once, its name on one line; a trial goes to oneself."""
    if order.to_me:
        return (Contact(name="", address=checked(order.to_me)),)
    found: dict[str, Contact] = {}
    for each in unit.contacts:
        address = checked(each.address)
        found.setdefault(address.lower(), Contact(name=" ".join(each.name.split()), address=address))
    return tuple(found.values())


def _dated(message: Message) -> Message:
    """The message with the time of writing, in China's time zone: what the recipients will read."""
    return replace(message, date=datetime.now(timezone(timedelta(hours=8))).replace(microsecond=0))
