"""Files to verdicts: read, judge; the one file boundary.

    for verdict in check(["returns/"]): ...

One bad file never stops the others.  Verdicts come in the order of the files, one for each
form sheet, and no more of them are held than are under way.  Nothing is written to disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from . import rules as rule_book
from .batch import Batch, Later
from .claims import may_claim
from .config import PLAIN, Config
from .digest import expect, hex_digest
from .files import WORKBOOKS, Path, Source, content_name, contents, find_files
from .finding import Rule, Severity, Verdict
from .form import Form, with_parameters
from .noun import NamedTuple, noun, replace
from .pool import Fate, stream
from .reading import read_sheets, read_submissions
from .rejection import Rejected
from .sheet import Workbook
from .submission import FIGURES, Refused, Submission
from .validator import judge
from .xlsx.limits import DEFAULT
from .xlsx.reader import read_workbook

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from .formdigest import Digest
    from .issued import Register


@noun
class Terms:
    """On what terms files are judged; goes to worker processes, so rules go by their codes."""

    form: Form | None = None
    year: int | None = None
    stamped_only: bool = False
    codes: tuple[str, ...] | None = None
    drawings: bool = False
    cells: bool = False
    digests: bool = False
    readings: bool = False
    changes: tuple[tuple[str, object], ...] = ()
    severities: tuple[tuple[str, Severity], ...] = ()
    issued: Register | None = None
    files: int = 1
    password: str | None = None

    def rules(self) -> tuple[Rule, ...]:
        """The rules to be run, in the order of the rule book."""
        if self.codes is None:
            return rule_book.STABLE
        return tuple(rule for rule in rule_book.ALL if rule.code in self.codes)


def check(
    paths: Sequence[Path | bytes],
    *,
    form: Form | None = None,
    year: int | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    stamped_only: bool = False,
    rules: Sequence[Rule] = rule_book.STANDARD,
    progress: Callable[[int, int], None] | None = None,
    drawings: bool = False,
    cells: bool = False,
    batch: Batch | None = None,
    config: Config = PLAIN,
    issued: Register | None = None,
    stop: Callable[[], bool] | None = None,
    password: str | None = None,
) -> Iterator[Verdict]:
    """The verdicts on files, folders and zips of returns, in their order, as they are ready.

    ``form`` and ``year`` decide where detection should not; ``stamped_only`` refuses a form
    that perfxl did not write.  ``rules`` are some of the rule book.  ``jobs`` above 1 starts
    that many processes; an ``executor`` (any of ``concurrent.futures``) is used instead where
    one is given.  ``batch`` takes in what the rules over a batch need of each form, for
    ``crosscheck``.  ``config`` grades findings, changes thresholds and, where ``rules`` are not
    given, chooses among them; ``issued`` is what the department issued, by its own record.
    ``progress`` is told how many files of how many are done.  With ``drawings`` each verdict
    carries its sheet as it stands, for a report that shows it, with ``cells`` where each field
    stood; once ``stop`` says yes, the files in hand are finished and no other is begun.

    In processes of our own a file that ends its process is rejected as ``MEMORY_LIMIT``, one that does
    not end as ``TIME_LIMIT``; both cost no other file its verdict.
    ``password`` opens encrypted workbooks.

    Raises ``FileNotFoundError`` at once for a path that is not there.
    """
    sources = find_files(paths)
    rules = config.rules() if rules is rule_book.STANDARD else rules
    terms = Terms(
        form=form,
        year=year,
        stamped_only=stamped_only,
        codes=None if rules is rule_book.STANDARD else tuple(rule.code for rule in rules),
        drawings=drawings,
        cells=cells,
        digests=batch is not None,
        changes=config.changes,
        severities=config.severities,
        issued=issued,
        files=len(sources),
        password=password,
    )
    events = stream(
        partial(judge_source, terms=terms), sources, lost, jobs=jobs, executor=executor, stop=stop or _never
    )
    return _told(events, len(sources), progress, batch)


def _never() -> bool:
    return False


def _told(
    events: Iterator[list[Judged] | None],
    count: int,
    progress: Callable[[int, int], None] | None,
    batch: Batch | None,
) -> Iterator[Verdict]:
    done = 0
    for judged in events:
        for each in judged or ():
            if batch is not None and each.digest is not None:
                batch.add(each.digest)
            yield each.verdict
        if judged is None:
            done += 1
            if progress is not None:
                progress(done, count)


class Judged(NamedTuple):
    """The verdict on a form, and its digest where one was asked for and the form says something; the form as it
    was read, where that was asked for."""

    verdict: Verdict
    digest: Digest | Later | None = None
    reading: Submission | None = None


def judge_source(source: Source, skip: int, terms: Terms) -> Iterator[list[Judged]]:
    """The verdicts on one file on disk, or on every workbook of a zip of returns but the first ``skip``."""
    expect(terms.files)
    for name, content in contents(source, skip):
        if isinstance(content, Rejected):
            yield [_rejected(name, content.code, content.where)]
        else:
            yield judge_content(name, content, terms)


def lost(source: Source, number: int, fate: Fate) -> list[Judged] | None:
    """The verdict on a workbook that took its process with it, or would not end; ``None`` behind the last one."""
    name = content_name(source, number)
    return None if name is None else [_rejected(name, fate)]


def judge_bytes(name: str, data: bytes, terms: Terms | None = None) -> list[Verdict]:
    """The verdicts on one file's content: one a form sheet, or one that says why it cannot be judged."""
    return [each.verdict for each in judge_content(name, data, terms or Terms())]


def judge_content(name: str, data: bytes, terms: Terms) -> list[Judged]:
    """The verdicts on one file's content, with their digests.

    This is the file boundary: whatever goes wrong inside is a verdict, never an exception.
    """
    whole = len(data) <= DEFAULT.file_bytes
    sha256 = hex_digest(data) if whole else None
    try:
        workbook, extensions = _opened(data, terms.password)
        found = read_sheets(workbook, form=terms.form, year=terms.year, stamped_only=terms.stamped_only)
        rules = terms.rules()
        judged = [_judged(each, workbook, name, sha256, terms, rules) for each in found]
    except Rejected as rejection:
        return [_rejected(name, rejection.code, rejection.where, sha256)]
    except MemoryError:
        return [_rejected(name, "MEMORY_LIMIT", "", sha256)]
    except Exception as defect:
        where = _place(defect)
        broken = Verdict(file=name, sha256=sha256, status="internal_error", code="INTERNAL_ERROR", where=where)
        return [Judged(broken)]
    if not name.lower().endswith(extensions or WORKBOOKS):
        note = ("WRONG_EXTENSION", os.path.splitext(name)[1])
        judged = [each._replace(verdict=replace(each.verdict, notes=(*each.verdict.notes, note))) for each in judged]
    return judged


_FOREIGN = frozenset({"LEGACY_XLS_OR_ET", "ENCRYPTED"})
"""What our own reader refuses and another may read."""


def _opened(data: bytes, password: str | None) -> tuple[Workbook, tuple[str, ...]]:
    """A workbook of any format that can be read, with the extensions that such a file usually has."""
    try:
        return read_workbook(data, forms_only=True), ()
    except Rejected as rejection:
        if rejection.code not in _FOREIGN:
            raise
    from .foreign import open_workbook  # most returns need nothing of it

    return open_workbook(data, password)


def _judged(
    form_read: Submission | Refused,
    workbook: Workbook,
    name: str,
    sha256: str | None,
    terms: Terms,
    rules: Sequence[Rule],
) -> Judged:
    if isinstance(form_read, Refused):
        refused = _rejected(name, form_read.code, form_read.where, sha256)
        return Judged(replace(refused.verdict, sheet=form_read.sheet))
    if terms.issued is not None:
        from .issued import against  # few ask for it, and the start is light

        form_read = against(form_read, terms.issued)
    if terms.changes:
        form_read = replace(form_read, form=with_parameters(form_read.form, terms.changes))
    verdict = judge(form_read, name, sha256, rules=rules, severities=dict(terms.severities))
    if terms.drawings:
        verdict = _drawn(workbook, form_read, verdict)
    if terms.cells:
        verdict = replace(verdict, cells={path: each.cell_name for path, each in form_read.cells.items()})
    digest = _digest(form_read, name, terms) if terms.digests else None
    return Judged(verdict, digest, form_read if terms.readings else None)


def _digest(form_read: Submission, name: str, terms: Terms) -> Digest | Later | None:
    """The form as the rules over a batch see it; of one file that may never be needed."""
    if form_read.is_blank:
        return None
    if terms.files == 1 and not may_claim(form_read.record):
        return Later(form_read, name)
    from .formdigest import digest_of  # one file alone rarely needs it

    return digest_of(form_read, name)


def _drawn(workbook: Workbook, submission: Submission, verdict: Verdict) -> Verdict:
    """The verdict with its sheet to be drawn."""
    sheet = next(sheet for sheet in workbook.sheets if sheet.name == submission.sheet)
    fields = {each.cell_name: each.kind in FIGURES for each in submission.cells.values()}
    signed = {each.cell_name for field, each in submission.cells.items() if field.startswith("sign_off")}
    marked = {finding.cell for finding in verdict.findings if finding.cell}
    from .drawing import draw  # for pages alone

    return replace(verdict, drawing=draw(sheet, fields, marked=marked, signed=signed))


def _rejected(name: str, code: str, where: str = "", sha256: str | None = None) -> Judged:
    return Judged(Verdict(file=name, sha256=sha256, status="rejected", code=code, where=where))


def _place(defect: Exception) -> str:
    """The kind of a defect and the line where it arose; nothing of the file's content."""
    trace = defect.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(defect).__name__
    file = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f"{type(defect).__name__} in {file}:{trace.tb_lineno}"


def read(
    data: bytes, *, form: Form | None = None, year: int | None = None, password: str | None = None
) -> list[Submission]:
    """What the form sheets of a returned workbook say, read but not judged; ``password`` opens an encrypted one.

    Raises ``Rejected`` where the bytes are no workbook or hold no form.
    """
    return read_submissions(_opened(data, password)[0], form=form, year=year)
