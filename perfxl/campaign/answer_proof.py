"""The proof of an answer and of a reminder, immediately before it is sent: that it speaks to a unit of its own
projects alone, and that each workbook in it is that unit's."""

from __future__ import annotations

from collections.abc import Set
from hashlib import sha256

from ..noun import noun
from ..rejection import Rejected
from ..stamp import carried, is_genuine
from ..xlsx.reader import read_workbook
from . import mime
from .enclosing import Issued, MismatchError
from .mime import Attachment
from .outbox import Enclosure, Row, is_mention
from .plan import Unit


@noun
class Proof:
    """``only``: the assignments that may be spoken of; ``None`` for all of the unit's own."""

    issued: Issued
    only: Set[str] | None = None

    def prove_message(self, row: Row, data: bytes) -> None:
        """Raises ``MismatchError`` where the message must not go."""
        unit = self.issued.plan.unit(row.unit)
        if unit is None:
            raise MismatchError(f"花名册里没有 {row.unit}", f"{row.unit} is not in the roster")
        message = mime.read(data)
        if message.to != row.recipients or message.message_id != row.message_id:
            raise MismatchError("邮件的收件人与登记的不同", "the message is not addressed to whom it should be")
        tasks = {label.id for label in self.issued.plan.labels_of(unit.code)}
        said = {assignment for each in row.enclosures for assignment in each.assignments}
        if not said or not said <= tasks:
            raise MismatchError(f"邮件里有不属于“{unit.name}”的项目", f"not all of it is {unit.name!r}'s")
        if self.only is not None and not said <= self.only:
            raise MismatchError("其中有已经报回的项目", "something in it has been returned since")
        enclosed = [each for each in row.enclosures if not is_mention(each)]
        if len(message.attachments) != len(enclosed):
            raise MismatchError("附件的数目不对", "the number of attachments is wrong")
        for enclosure, attachment in zip(enclosed, message.attachments, strict=True):
            self._prove(unit, enclosure, attachment)

    def _prove(self, unit: Unit, enclosure: Enclosure, attachment: Attachment) -> None:
        file, data = enclosure.file, attachment.data
        if attachment.name != enclosure.name or sha256(data).hexdigest() != enclosure.sha256:
            raise MismatchError(f"{enclosure.name} 不是要发的附件", f"{enclosure.name} is not the attachment meant")
        try:
            if (self.issued.folder / file).read_bytes() != data:
                raise MismatchError(f"{file} 与写信时不同", f"{file} is not what the letter holds")
            stamp = carried(read_workbook(data))
        except OSError as error:
            raise MismatchError(f"{file} 打不开：{error.strerror}", f"{file} cannot be opened") from error
        except Rejected as error:
            raise MismatchError(f"{file} 读不出来（{error.code}）", f"{file} cannot be read ({error.code})") from error
        if stamp is None or stamp.content is None or not is_genuine(stamp.text, self.issued.key):
            raise MismatchError(f"{file} 没有本次填报任务的标识", f"{file} does not carry the stamp of this campaign")
        content = stamp.content
        named = {each.implementing_unit or unit.name for each in content.assignments}
        ids = {each.id for each in content.assignments}
        right = content.campaign == self.issued.campaign and content.unit == unit.code and named == {unit.name}
        if not right or ids != set(enclosure.assignments):
            whose = "、".join(sorted(named))
            raise MismatchError(f"{file} 是“{whose}”的表，不是“{unit.name}”的", f"{file} is the form of {whose!r}")
