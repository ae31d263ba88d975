"""A returned workbook to the one that goes back to the unit: fresh, locked, filled in, its problems marked.

What is marked are the problems of the fresh form: what its formulas and the issued content have
mended by themselves is listed, and no longer a problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .checking import Terms
from .choice import GENERAL
from .finding import Severity, Verdict
from .form import with_parameters
from .noun import noun
from .reading import read_sheets
from .redrawn import redrawn
from .rejection import Rejected
from .report.correction import to_do, with_marks
from .sheet import Workbook
from .stamp import Seal, carried
from .submission import Refused, Submission
from .transplant import Loss, losses, transplant
from .validator import judge
from .xlsx.reader import read_workbook
from .xlsx.writer import write_workbook


@noun
class Correction:
    """The corrected form 更正表 of one return, or of one of its sheets: the bytes of an ``.xlsx``, the
    verdicts on it, and what became of values that it does not hold as they were returned."""

    data: bytes
    verdicts: tuple[Verdict, ...]
    losses: tuple[Loss, ...]

    @property
    def left(self) -> int:
        """How many places the unit has to see to."""
        return sum(1 for verdict in self.verdicts for _ in to_do(verdict))

    @property
    def worst(self) -> Severity | None:
        """The gravest of them."""
        found = [finding.severity for verdict in self.verdicts for finding in to_do(verdict)]
        return max(found, key=lambda severity: severity.rank, default=None)


class NoYearError(ValueError):
    """A form that names no year, where none was asked for either."""


def correct(data: bytes, name: str, *, terms: Terms | None = None, lang: str = "zh") -> list[Correction]:
    """The corrected forms of one returned workbook, in order: one for a workbook that we issued, one for
    each form sheet of another.

    Raises ``Rejected`` where the return cannot be read, ``NoYearError`` where no year is to be had.
    """
    terms = terms or Terms()
    workbook = read_workbook(data, forms_only=True)
    found = read_sheets(workbook, form=terms.form, year=terms.year, stamped_only=terms.stamped_only)
    refused = next((each for each in found if isinstance(each, Refused)), None)
    if refused is not None:
        raise Rejected(refused.code, refused.where)
    read = [each for each in found if isinstance(each, Submission)]
    stamp = carried(workbook)
    if any(each.form.id == GENERAL for each in read):
        # forms that no definition describes keep their own layout; so do those that stand beside them
        pages = [
            (sheet, [each for each in read if each.sheet == sheet.name])
            for sheet in workbook.sheets
            if any(each.sheet == sheet.name for each in read)
        ]
        return [_corrected(redrawn(pages), read, name, terms, lang)]
    groups = [read] if stamp is not None and all(each.stamp for each in read) else [[each] for each in read]
    return [
        _corrected(transplant(group, _year(group[0], name, terms), stamp), group, name, terms, lang) for group in groups
    ]


def correct_sealed(
    submissions: Sequence[Submission], name: str, *, terms: Terms, seal: Seal, password: str, lang: str
) -> Correction:
    """The corrected form of some sheets of one return, under a campaign's seal; what was issued on each is its
    ``assignment``. Raises ``ValueError`` where their definition cannot be laid out."""
    year = _year(submissions[0], name, terms)
    book = transplant(submissions, year, seal=seal, password=password)
    return _corrected(book, submissions, name, terms, lang)


def _year(submission: Submission, name: str, terms: Terms) -> int:
    year = terms.year or submission.record.fiscal_year or submission.year_asked
    if year is None or not 1990 <= year <= 2199:
        raise NoYearError(name)
    return year


def _corrected(book: Workbook, before: Sequence[Submission], name: str, terms: Terms, lang: str) -> Correction:
    form = terms.form if before[0].form_reason == "option" and before[0].form.id == GENERAL else None
    again = read_sheets(read_workbook(write_workbook(book), forms_only=True), form=form, year=terms.year)
    after = [each for each in again if isinstance(each, Submission)]
    if len(after) != len(before):
        raise ValueError("a fresh form was not read as it was written")
    verdicts = tuple(_judged(each, name, terms) for each in after)
    lost = tuple(loss for old, new in zip(before, after, strict=True) for loss in losses(old, new))
    return Correction(data=write_workbook(with_marks(book, verdicts, lost, lang)), verdicts=verdicts, losses=lost)


def _judged(submission: Submission, name: str, terms: Terms) -> Verdict:
    if terms.changes:
        submission = replace(submission, form=with_parameters(submission.form, terms.changes))
    return judge(submission, name, None, rules=terms.rules(), severities=dict(terms.severities))
