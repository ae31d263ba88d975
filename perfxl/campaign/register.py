"""What a campaign issued 下发登记, as its ledger and the workbooks in ``issued/`` have it: for ``--issued DIR``.

The ledger says which bytes went out last for each assignment, the workbook with these bytes what is in
them.  Names are kept in memory, the rest is read again when a return asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ..digest import hex_digest
from ..number import squeeze
from ..record import Assignment
from ..rejection import Rejected
from ..stamp import Content, carried, is_genuine
from ..submission import Registered, Submission
from ..xlsx.reader import read_workbook
from .ledger import Ledger
from .settings import read_key

Names = tuple[str, str]


class CampaignRegister:
    """The assignments of a campaign, for ``check(issued=…)``.

    ``assignments`` are their heads alone; ``gone`` the ids whose workbook is not in the folder as it
    was issued: of these a return is believed where its stamp was made with the campaign's key.
    """

    def __init__(
        self, folder: Path, key: bytes, files: Mapping[str, tuple[str, str]], assignments: tuple[Assignment, ...]
    ) -> None:
        self.folder, self.files, self.assignments = folder, files, assignments
        self.source = str(folder)
        self._key = key
        known = {each.id for each in assignments}
        self.gone = tuple(each for each in files if each not in known)
        self._named: dict[Names, str | None] = {}
        for each in assignments:
            names = _names(each.project_name, each.implementing_unit)
            self._named[names] = None if names in self._named else each.id  # of two by one name neither

    @property
    def is_whole(self) -> bool:
        """Whether all that was issued is known, so that what is missing can be told."""
        return not self.gone

    def __repr__(self) -> str:
        return f"CampaignRegister({self.source})"  # the key is shown nowhere

    def registered(self, form_read: Submission) -> Registered | None:
        """What was issued to whoever sent the form: by the id of its stamp, else by project and unit."""
        if not self.files:  # nothing has gone out yet
            return None
        own = form_read.origin
        if own is not None and own.id in self.files:
            return self._by_id(own.id) or self._believed(form_read)
        names = own or form_read.record
        found = self._named.get(_names(names.project_name, names.implementing_unit))
        return (self._by_id(found) if found else None) or Registered(assignment=None)

    def _by_id(self, assignment: str) -> Registered | None:
        content = issued_content(self.folder, *self.files[assignment])
        for each in content.assignments if content else ():
            if each.id == assignment:
                return Registered(assignment=each, version=content.version if content else None)
        return None

    def _believed(self, form_read: Submission) -> Registered | None:
        if form_read.stamp and is_genuine(form_read.stamp, self._key):
            return Registered(assignment=form_read.origin)
        return None


def load_register(folder: Path) -> CampaignRegister:
    """The register of a campaign folder; the ledger is read beside whoever holds it. Raises ``CampaignError``."""
    key = read_key(folder)
    with Ledger.open(folder, "check", hold=False) as ledger:
        files = {each.assignment: (each.file, each.sha256) for each in ledger.latest("issued").values()}
    heads: dict[str, Assignment] = {}
    for file, sha256 in dict.fromkeys(files.values()):
        content = issued_content(folder, file, sha256)
        for each in content.assignments if content else ():
            if files.get(each.id) == (file, sha256):
                heads[each.id] = _head(each)
    return CampaignRegister(folder, key, files, tuple(heads.values()))


@lru_cache(maxsize=32)
def issued_content(folder: Path, file: str, sha256: str) -> Content | None:
    """What was issued in that file, ``None`` where it is gone or another stands there."""
    try:
        data = (folder / file).read_bytes()
        if hex_digest(data) != sha256:
            return None
        stamp = carried(read_workbook(data, forms_only=True))
    except (OSError, Rejected):
        return None
    return stamp.content if stamp else None


def _head(assignment: Assignment) -> Assignment:
    return Assignment(
        id=assignment.id,
        form=assignment.form,
        fiscal_year=assignment.fiscal_year,
        project_name=assignment.project_name,
        supervising_department=assignment.supervising_department,
        implementing_unit=assignment.implementing_unit,
    )


def _names(project: str | None, unit: str | None) -> Names:
    return squeeze(project or ""), squeeze(unit or "")
