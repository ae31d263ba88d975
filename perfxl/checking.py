"""Many files to verdicts: find, read, judge; the one file boundary.

    for verdict in check(["returns/"]): ...

One bad file never stops the others.  Verdicts come in the order of the files, one for each
form sheet, and no more of them are held than are under way.  Nothing is written to disk.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from . import rules as rule_book
from .finding import Rule, Verdict
from .form import Form
from .noun import noun
from .reading import read_submissions
from .rejection import Rejected
from .submission import Submission
from .validator import judge
from .xlsx.limits import DEFAULT, MIB
from .xlsx.reader import read_workbook

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future
    from zipfile import ZipFile, ZipInfo

Path = str | os.PathLike[str]

WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm")
"""Names that a workbook we read should have."""

COLLECTED = (*WORKBOOKS, ".xls", ".et", ".xlsb", ".ods", ".zip")
"""Names that are taken from a folder."""

ARCHIVES = (".zip", ".rar", ".7z")
MAX_MEMBERS, MAX_ARCHIVE, MAX_DIRECTORY = 1_000, 200 * MIB, 1 * MIB
"""An archive of returns: members, bytes unpacked, bytes of its directory."""

CHUNK, SERIAL_BELOW = 32, 500
"""Files that go to a worker at a time; below so many files a second worker does not pay."""


class Source(NamedTuple):
    """A file to be judged: where it lies and how it is called in reports."""

    path: str
    name: str


@noun
class Terms:
    """On what terms files are judged; goes to worker processes, so rules go by their codes."""

    form: Form | None = None
    year: int | None = None
    stamped_only: bool = False
    codes: tuple[str, ...] | None = None

    def rules(self) -> tuple[Rule, ...]:
        """The rules to be run, in the order of the rule book."""
        if self.codes is None:
            return rule_book.ALL
        return tuple(rule for rule in rule_book.ALL if rule.code in self.codes)


def find_files(paths: Iterable[Path]) -> list[Source]:
    """Files as given; in folders, all workbooks and archives, sorted; no file twice.

    Lock files (``~$…``) and hidden files of a folder are left out.  Raises
    ``FileNotFoundError`` for a path that is not there.
    """
    found: dict[str, Source] = {}
    for path in (os.fspath(path) for path in paths):
        if os.path.isdir(path):
            for each in _inside(path):
                found.setdefault(os.path.normpath(each), Source(each, each))
        elif os.path.lexists(path):
            found.setdefault(os.path.normpath(path), Source(path, path))
        else:
            raise FileNotFoundError(path)
    return list(found.values())


def _inside(folder: str) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if _wanted(name):
                yield os.path.join(where, name)


def _wanted(name: str) -> bool:
    return name.lower().endswith(COLLECTED) and not name.startswith((".", "~$"))


def check(
    paths: Sequence[Path],
    *,
    form: Form | None = None,
    year: int | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    stamped_only: bool = False,
    rules: Sequence[Rule] = rule_book.ALL,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Verdict]:
    """The verdicts on files, folders and zips of returns, in their order, as they are ready.

    ``form`` and ``year`` decide where detection should not; ``stamped_only`` refuses a form
    that perfxl did not write.  ``rules`` are some of the rule book.  ``jobs`` above 1 starts
    that many processes; an ``executor`` (any of ``concurrent.futures``) is used instead where
    one is given.  ``progress`` is told how many files of how many are done.

    Raises ``FileNotFoundError`` at once for a path that is not there.
    """
    sources = find_files(paths)
    codes = None if rules is rule_book.ALL else tuple(rule.code for rule in rules)
    terms = Terms(form=form, year=year, stamped_only=stamped_only, codes=codes)
    return _stream(sources, terms, jobs, executor, progress)


def workers_for(files: int) -> int:
    """How many processes pay for so many files."""
    return max(1, min(os.cpu_count() or 1, files // SERIAL_BELOW))


def _stream(
    sources: list[Source],
    terms: Terms,
    jobs: int,
    executor: Executor | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[Verdict]:
    if executor is not None:
        batches = _window(sources, terms, executor, 2 * (os.cpu_count() or 1))
    elif jobs > 1 and len(sources) > 1:
        batches = _pool(sources, terms, jobs)
    else:
        batches = (judge_source(source, terms) for source in sources)
    for done, verdicts in enumerate(batches, 1):
        yield from verdicts
        if progress is not None:
            progress(done, len(sources))


def _pool(sources: list[Source], terms: Terms, jobs: int) -> Iterator[list[Verdict]]:
    """Own processes.  Where one dies, its files are tried one by one, so that only the guilty one suffers."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    while done < len(sources):
        with ProcessPoolExecutor(jobs, initializer=_quiet_worker) as pool:
            try:
                for verdicts in _window(sources[done:], terms, pool, 2 * jobs):
                    done += 1
                    yield verdicts
                return
            except BrokenProcessPool:
                pass
        for source in sources[done : done + CHUNK]:
            with ProcessPoolExecutor(1, initializer=_quiet_worker) as pool:
                try:
                    verdicts = pool.submit(judge_source, source, terms).result()
                except BrokenProcessPool:
                    verdicts = [Verdict(file=source.name, status="rejected", code="MEMORY_LIMIT")]
            done += 1
            yield verdicts


def _quiet_worker() -> None:
    """Ctrl-C is for the parent, which stops the workers."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _window(sources: list[Source], terms: Terms, executor: Executor, width: int) -> Iterator[list[Verdict]]:
    """Results in order, with no more than ``width`` chunks under way."""
    size = max(1, min(CHUNK, -(-len(sources) // width)))
    under_way: deque[Future[list[list[Verdict]]]] = deque()
    try:
        for at in range(0, len(sources), size):
            under_way.append(executor.submit(judge_chunk, sources[at : at + size], terms))
            if len(under_way) >= width:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def judge_chunk(sources: Sequence[Source], terms: Terms) -> list[list[Verdict]]:
    """The verdicts on some files, file by file: the work of one worker."""
    return [judge_source(source, terms) for source in sources]


def judge_source(source: Source, terms: Terms) -> list[Verdict]:
    """The verdicts on one file on disk, or on every workbook of a zip of returns."""
    try:
        if not stat.S_ISREG(os.stat(source.path).st_mode):
            raise OSError("no regular file")
        if source.name.lower().endswith(".zip"):
            from zipfile import ZipFile, is_zipfile

            if is_zipfile(source.path):
                _look_ahead(source.path)
                with ZipFile(source.path) as archive:
                    if not _is_document(archive):
                        return list(_judge_archive(source.name, archive, terms))
        with open(source.path, "rb") as file:
            data = file.read(DEFAULT.file_bytes + 1)
    except OSError as error:
        return [_rejected(source.name, "UNREADABLE", error.strerror or str(error))]
    except Rejected as rejection:
        return [_rejected(source.name, rejection.code, rejection.where)]
    except _zip_errors():
        return [_rejected(source.name, "BAD_ZIP")]
    return judge_bytes(source.name, data, terms)


def judge_bytes(name: str, data: bytes, terms: Terms | None = None) -> list[Verdict]:
    """The verdicts on one file's content: one a form sheet, or one that says why it cannot be judged.

    This is the file boundary: whatever goes wrong inside is a verdict, never an exception.
    """
    terms = terms or Terms()
    whole = len(data) <= DEFAULT.file_bytes
    sha256 = hashlib.sha256(data).hexdigest() if whole else None
    try:
        submissions = read_submissions(
            read_workbook(data, forms_only=True), form=terms.form, year=terms.year, stamped_only=terms.stamped_only
        )
        rules = terms.rules()
        verdicts = [judge(submission, name, sha256, rules=rules) for submission in submissions]
    except Rejected as rejection:
        return [_rejected(name, rejection.code, rejection.where, sha256)]
    except MemoryError:
        return [_rejected(name, "MEMORY_LIMIT", "", sha256)]
    except Exception as defect:
        where = _place(defect)
        return [Verdict(file=name, sha256=sha256, status="internal_error", code="INTERNAL_ERROR", where=where)]
    if not name.lower().endswith(WORKBOOKS):
        note = ("WRONG_EXTENSION", os.path.splitext(name)[1])
        verdicts = [replace(verdict, notes=(*verdict.notes, note)) for verdict in verdicts]
    return verdicts


def _rejected(name: str, code: str, where: str = "", sha256: str | None = None) -> Verdict:
    return Verdict(file=name, sha256=sha256, status="rejected", code=code, where=where)


def _place(defect: Exception) -> str:
    """The kind of a defect and the line where it arose; nothing of the file's content."""
    trace = defect.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(defect).__name__
    file = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f"{type(defect).__name__} in {file}:{trace.tb_lineno}"


# ---- zips of returns ----------------------------------------------------------------------


def _zip_errors() -> tuple[type[Exception], ...]:
    """All that the standard library raises for a damaged or odd archive."""
    import struct
    import zlib
    from zipfile import BadZipFile

    return (
        *(OSError, BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
        *(OverflowError, UnicodeDecodeError, ValueError, EOFError, IndexError),
    )


def _look_ahead(path: str) -> None:
    """Refuse a directory too large to be read, by the figures at the archive's end."""
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 65_557))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    entries, size = tail[end + 10 : end + 12], tail[end + 12 : end + 16]
    large = b"PK\x06\x07" in tail[max(0, end - 20) : end]
    if large or int.from_bytes(entries, "little") > 0xFFF0 or int.from_bytes(size, "little") > MAX_DIRECTORY:
        raise Rejected("TOO_MANY_FILES")


def _is_document(archive: ZipFile) -> bool:
    """Whether the archive is itself a document: a workbook called ``.zip``."""
    names = set(archive.namelist())
    return bool(names & {"[Content_Types].xml", "mimetype", "xl/workbook.xml"})


def _judge_archive(name: str, archive: ZipFile, terms: Terms) -> Iterator[Verdict]:
    """Every workbook of an archive, one level deep, read to memory only."""
    members = [(_member_name(member), member) for member in archive.infolist() if not member.is_dir()]
    shown = [(inside, inside.replace("\\", "/").rpartition("/")[2], member) for inside, member in members]
    wanted = [
        (f"{name}/{inside}", member)
        for inside, base, member in shown
        if (_wanted(base) or (base.lower().endswith(ARCHIVES) and not base.startswith(".")))
        and not inside.startswith("__MACOSX/")
    ]
    if not wanted:
        raise Rejected("NOT_A_WORKBOOK")
    if len(members) > MAX_MEMBERS:
        raise Rejected("TOO_MANY_FILES", str(len(members)))
    if sum(member.file_size for _, member in wanted) > MAX_ARCHIVE:
        raise Rejected("FILE_TOO_LARGE")
    for file, member in sorted(wanted, key=lambda pair: pair[0]):
        if file.lower().endswith(ARCHIVES):
            yield _rejected(file, "NESTED_ARCHIVE")
        elif member.flag_bits & 0x41:
            yield _rejected(file, "ENCRYPTED_ZIP")
        else:
            yield from _judge_member(file, archive, member, terms)


def _judge_member(file: str, archive: ZipFile, member: ZipInfo, terms: Terms) -> list[Verdict]:
    try:
        with archive.open(member) as stream:
            data = stream.read(DEFAULT.file_bytes + 1)
    except _zip_errors():
        return [_rejected(file, "BAD_ZIP")]
    return judge_bytes(file, data, terms)


def _member_name(member: ZipInfo) -> str:
    """A member's name: UTF-8 where it says so or is so, else the code page of Chinese Windows, else as it is."""
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def read(data: bytes, *, form: Form | None = None, year: int | None = None) -> list[Submission]:
    """What the form sheets of a returned workbook say, read but not judged.

    Raises ``Rejected`` where the bytes are no workbook or hold no form.
    """
    return read_submissions(read_workbook(data, forms_only=True), form=form, year=year)
