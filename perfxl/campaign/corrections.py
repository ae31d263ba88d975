"""The corrected form 更正表 of a return, under the campaign's own seal, whatever the return carried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from ..correcting import NoYearError, correct_sealed
from ..form import Form
from ..noun import noun
from ..reading import read_sheets
from ..rejection import Rejected
from ..stamp import Seal
from ..submission import Submission
from ..xlsx.reader import read_workbook
from .enclosing import Issued, MismatchError, shown_name
from .judging import Judge
from .placing import place
from .plan import Unit
from .trouble import CampaignError

FOLDER = "answers"

State = Literal["mend", "notes", "clean", "accepted", "waived"]


class Item(NamedTuple):
    """A return in a letter: the project, the name by which it came, how it stands, its problems in words (``more``
    are left out), and the corrected form in the attachments (``""``: none)."""

    assignment: str
    project: str
    name: str
    state: State
    errors: int
    notes: int
    problems: tuple[str, ...]
    more: int
    reason: str
    file: str = ""


class Load(NamedTuple):
    """A corrected form: whose, its bytes and their SHA-256, its place in the campaign folder, the name it goes by."""

    assignments: tuple[str, ...]
    data: bytes
    digest: str
    file: str
    name: str


@noun
class Corrections:
    """What corrected forms are made with."""

    issued: Issued
    judge: Judge
    form: Form
    password: str
    lang: str
    chinese_names: bool = False

    def loads(self, unit: Unit, wanted: Mapping[tuple[str, str], Sequence[Item]]) -> list[Load]:
        """A corrected form for each original (its file and hash) of which something is to be mended; none where
        the return has another layout than what was issued. They are on the disk when this returns."""
        loads, files = list[Load](), list[tuple[Path, bytes]]()
        for (original, digest), every in wanted.items():
            ids = [each.assignment for each in every]
            data = self._corrected(unit, original, digest, ids, every[0].name)
            if data is None:
                continue
            file = f"{FOLDER}/{digest[:2]}/{digest}_{sha256(data).hexdigest()[:8]}.xlsx"
            if not _stands(self.issued.folder / file, data):
                files.append((self.issued.folder / file, data))
            loads.append(Load(tuple(ids), data, sha256(data).hexdigest(), file, self._name(every[0], len(loads))))
        for path, error in place(files):
            if error is not None:
                raise CampaignError(
                    "CANNOT_WRITE", f"写不了 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"
                )
        return loads

    def _corrected(self, unit: Unit, original: str, digest: str, wanted: Iterable[str], name: str) -> bytes | None:
        path = self.issued.folder / original
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MismatchError(f"{original} 打不开：{error.strerror}", f"{original} cannot be opened") from error
        if sha256(data).hexdigest() != digest:
            raise MismatchError(
                f"{original} 与收取时不同；请再收一次", f"{original} is not as it was kept; collect it again"
            )
        terms, registry = self.judge.terms, self.judge.registry
        seal = Seal(self.issued.campaign, unit.code, self.issued.key)
        try:
            sheets = read_sheets(read_workbook(data, forms_only=True), form=terms.form, year=terms.year)
            mine = [each for each in sheets if isinstance(each, Submission)]
            mine = [each for each in mine if registry.match(each).assignment in set(wanted)]
            if not mine or any(each.form.id != self.form.id for each in mine):
                return None
            given = [registry.with_issued(each) for each in mine]
            return correct_sealed(given, name, terms=terms, seal=seal, password=self.password, lang=self.lang).data
        except (Rejected, NoYearError, ValueError):
            return None  # the letter says what is wrong all the same

    def _name(self, first: Item, count: int) -> str:
        if self.chinese_names:
            return f"{shown_name(first.project)[:16] or first.assignment}_更正.xlsx"
        stem = "".join(ch if ch.isascii() and (ch.isalnum() or ch == "-") else "-" for ch in first.assignment)
        return f"{stem.strip('-')[:40] or count + 1}_correction.xlsx"


def _stands(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False
