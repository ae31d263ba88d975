"""Which workbooks go to which unit, and the proof that they are that unit's.

A workbook is believed to be a unit's only when the hash of its bytes is the one that the ledger
has for what was issued, and the stamp that it carries names that unit's assignments and no other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from ..noun import noun
from ..rejection import Rejected
from ..stamp import carried, is_genuine
from ..xlsx.limits import DEFAULT
from ..xlsx.reader import read_workbook
from . import mime
from .ledger import Entry
from .mime import Attachment
from .outbox import Enclosure, Row
from .plan import Plan, Unit


class MismatchError(Exception):
    """A workbook that must not go out: why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@noun
class Issued:
    """What was issued: the campaign's id and key, the plan, the newest ``issued`` line of each
    assignment, and the campaign folder."""

    campaign: str
    key: bytes
    plan: Plan
    entries: Mapping[str, Entry]
    folder: Path

    def files_of(self, unit: Unit) -> dict[str, list[Entry]]:
        """The files of a unit and the lines of each, in the order of the roster. Raises
        ``MismatchError`` where something of the plan was not generated."""
        files: dict[str, list[Entry]] = {}
        for task in self.plan.tasks_of(unit.code):
            entry = self.entries.get(task.assignment.id)
            if entry is None:
                what = task.assignment.project_name or task.assignment.id
                raise MismatchError(
                    f"“{what}”的表还没有生成；请先运行 perfxl generate",
                    f"the workbook of {what!r} is not there; run perfxl generate first",
                )
            files.setdefault(entry.file, []).append(entry)
        return files

    def open_file(self, unit: Unit, file: str, entries: list[Entry]) -> bytes:
        """The bytes of a unit's workbook, proved to be that. Raises ``MismatchError``."""
        data = self._bytes(file)
        self.prove(unit, file, data, entries)
        return data

    def _bytes(self, file: str) -> bytes:
        try:
            with open(self.folder / file, "rb") as opened:
                return opened.read(DEFAULT.file_bytes + 1)
        except OSError as error:
            why = error.strerror
            raise MismatchError(f"{file} 打不开：{why}", f"{file} cannot be opened: {why}") from error

    def prove(self, unit: Unit, file: str, data: bytes, entries: list[Entry]) -> None:
        """Raises ``MismatchError`` unless the bytes are what was issued to that unit in these lines."""
        digest = sha256(data).hexdigest()
        if not data or any(entry.sha256 != digest for entry in entries):
            raise MismatchError(
                f"{file} 与下发时登记的不同，可能被改动或调换；请重新运行 perfxl generate",
                f"{file} is not what the ledger says was issued: changed or exchanged; run perfxl generate again",
            )
        if any(entry.unit != unit.code for entry in entries):
            raise MismatchError(f"{file} 登记在别的单位名下", f"{file} is another unit's in the ledger")
        self._prove_stamp(unit, file, data, {entry.assignment for entry in entries})

    def _prove_stamp(self, unit: Unit, file: str, data: bytes, expected: set[str]) -> None:
        try:
            stamp = carried(read_workbook(data))
        except Rejected as error:
            raise MismatchError(f"{file} 读不出来（{error.code}）", f"{file} cannot be read ({error.code})") from error
        if stamp is None or stamp.content is None or not is_genuine(stamp.text, self.key):
            raise MismatchError(f"{file} 没有本次填报任务的标识", f"{file} does not carry the stamp of this campaign")
        content = stamp.content
        named = {each.implementing_unit or unit.name for each in content.assignments}
        if content.campaign != self.campaign or content.unit != unit.code or named != {unit.name}:
            whose = "、".join(sorted(named))
            raise MismatchError(
                f"{file} 是“{whose}”（{content.unit}）的表，不是“{unit.name}”（{unit.code}）的",
                f"{file} is the workbook of {whose!r} ({content.unit}), not of {unit.name!r} ({unit.code})",
            )
        if {assignment.id for assignment in content.assignments} != expected:
            raise MismatchError(f"{file} 的表与登记的不是同样几张", f"{file} does not hold the forms that it should")

    def prove_message(self, row: Row, data: bytes) -> None:
        """Immediately before it is sent: the message goes to the unit's people as the roster has them now
        (a trial: to whom it was queued for), and each workbook in it is proved again, from the bytes that
        are sent and from the file as it lies in the folder. Raises ``MismatchError``."""
        unit = self.plan.unit(row.unit)
        if unit is None:
            raise MismatchError(f"花名册里没有 {row.unit}", f"{row.unit} is not in the roster")
        message = mime.read(data)
        if message.to != row.recipients or message.message_id != row.message_id:
            raise MismatchError("邮件的收件人与登记的不同", "the message is not addressed to whom it should be")
        if len(message.attachments) != len(row.enclosures):
            raise MismatchError("附件的数目不对", "the number of attachments is wrong")
        for enclosure, attachment in zip(row.enclosures, message.attachments, strict=True):
            self._prove_enclosure(unit, enclosure, attachment)

    def _prove_enclosure(self, unit: Unit, enclosure: Enclosure, attachment: Attachment) -> None:
        entries = [self.entries[each] for each in enclosure.assignments if each in self.entries]
        tasks = {task.assignment.id for task in self.plan.tasks_of(unit.code)}
        if len(entries) != len(enclosure.assignments) or not tasks.issuperset(enclosure.assignments):
            raise MismatchError(
                f"{enclosure.file} 里有不属于“{unit.name}”的表", f"{enclosure.file} is not all of {unit.name!r}"
            )
        if any(entry.file != enclosure.file for entry in entries) or attachment.name != enclosure.name:
            raise MismatchError(f"{enclosure.name} 不是要发的附件", f"{enclosure.name} is not the attachment meant")
        self.prove(unit, enclosure.file, attachment.data, entries)
        if self._bytes(enclosure.file) != attachment.data:
            raise MismatchError(
                f"{enclosure.file} 与写信时不同，可能被改动或调换；请重新运行 perfxl generate",
                f"{enclosure.file} is not what the letter holds: changed or exchanged; run perfxl generate again",
            )


def attachment_names(plan: Plan, unit: Unit, files: Mapping[str, list[Entry]], *, chinese: bool) -> dict[str, str]:
    """A name for each file: ``U001-1_shanghai_2026.xlsx``, or by project in Chinese, each once."""
    form, names = Path(plan.form).stem, dict[str, str]()
    projects = {task.assignment.id: task.assignment.project_name or "" for task in plan.tasks_of(unit.code)}
    taken = set[str]()
    for number, (file, entries) in enumerate(files.items(), 1):
        alone = entries[0].assignment if len(entries) == 1 else ""
        if chinese:
            stem = shown_name(projects.get(alone, "") or unit.name) or f"{plan.fiscal_year}-{number}"
        else:
            stem = "_".join(filter(None, (_ascii(alone or unit.code), _ascii(form), str(plan.fiscal_year))))
        name, again = stem, 1
        while name.casefold() in taken:
            again += 1
            name = f"{stem}-{again}"
        taken.add(name.casefold())
        names[file] = f"{name}.xlsx"
    return names


def shown_name(text: str) -> str:
    """A Chinese name that Windows, the header and a person can all read, at most so long as is shown."""
    kept = re.sub(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*=\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]', "", text)
    return kept.strip(" .").strip()[: mime.CHINESE_NAME].strip(" .")


def _ascii(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", text).strip("-")[:40]
