"""What the rules over a batch need of one form 摘要: small, and cheap to hand from process to process.

Names are compared without blanks and width; amounts are in 元, whatever the form counts in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from zlib import crc32

from .claims import NARRATIVES, Claim, claims_of, plain_text, storable
from .noun import NamedTuple
from .number import squeeze
from .pattern import pattern
from .record import SelfEvaluation, Target
from .submission import Submission

try:  # the same without loading OpenSSL, which takes as long as reading a form
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

COUNTING = ("个", "家", "所", "座", "处", "支", "户", "条", "只", "名", "片")
"""Measure words 量词 behind which a countable thing is named."""

_SUMMARY = pattern(r"\((?:本级)?汇总\)|汇总$")
_STOPS = "。；;，,：:、？！"
_GENERIC = pattern("专项|经费|资金|项目|补助|补贴|20[0-9]{2}年度?")
CLAUSE_BYTES, CLAUSES, CORE_LENGTH = 18, 16, 4
"""Shorter clauses say nothing of a text; so many of a long text are kept; a shorter name is no name."""


class Count(NamedTuple):
    """A countable thing and how many of it a form says there are, and where.

    ``whole``: said of the whole district (全街道, 辖区内), not of the unit.
    """

    thing: str
    number: int
    cell: str | None
    whole: bool


class Outcome(NamedTuple):
    """Target and actual value of a row with figures, for the year after."""

    name: str
    unit: str
    target: Decimal | None
    actual: Decimal | None
    cell: str | None
    falling: bool


class Digest(NamedTuple):
    """One form, as the rules over the batch see it. Hashes are 16 bytes; blanks are ``None``; amounts in 元.

    ``summary`` is 2 where a form says 汇总, 1 where a department is its own unit; ``wan`` where the form
    counts in 万元.  ``content`` stands for all that was filled in, ``block`` for the text of results,
    the actual values and the scores.  ``core`` is the project's name without 专项, 经费 and the like.
    ``body`` is the text of results without names, in UTF-8; ``clauses`` are 32-bit hashes of its
    clauses; ``cells`` are those of ``CELLS``.
    """

    file: str
    sheet: str
    form: str
    stamp: str | None
    unit: str | None
    department: str | None
    project: str | None
    year: int | None
    summary: int
    wan: bool
    initial: Decimal | None
    annual: Decimal | None
    executed: Decimal | None
    carried: Decimal | None
    total: Decimal | None
    content: bytes
    block: bytes | None
    text: bytes | None
    core: str | None
    characters: int
    body: bytes
    clauses: tuple[int, ...]
    cells: tuple[str | None, ...]
    counts: tuple[Count, ...]
    claims: tuple[Claim, ...]
    outcomes: tuple[Outcome, ...]


CELLS = ("project_name", "initial_budget", "annual_budget", "executed_amount", "total_score", "actual_result")
"""The cells that a place of the batch may name."""


def bare(name: str | None) -> str | None:
    """A name as names are compared: without blanks, width, and the suffix (汇总)."""
    return (_SUMMARY.sub("", squeeze(storable(name))) or None) if name else None


def digest_of(submission: Submission, file: str) -> Digest | None:
    """The digest of a form; ``None`` where nothing was filled in."""
    if submission.is_blank:
        return None
    record, total = submission.record, submission.record.total
    wan = "万" in (record.currency_unit or submission.form.currency_unit)
    scale = Decimal(10_000) if wan else Decimal(1)
    line = next((number for number, each in enumerate(record.funds) if each is total), 0)
    carryover = record.line("carryover")
    project, unit = bare(record.project_name), bare(record.implementing_unit)
    texts = {field: plain_text(getattr(record, field)) for field in NARRATIVES}
    text = _masked(texts["actual_result"], project, unit)
    paths = [f"funds[{line}].{name}" if name in CELLS[1:4] else name for name in CELLS]
    department = bare(record.supervising_department)

    def yuan(amount: Decimal | None) -> Decimal | None:
        return None if amount is None else amount * scale

    return Digest(
        file=file,
        sheet=storable(submission.sheet),
        form=submission.form.id,
        stamp=submission.stamp,
        unit=unit,
        department=department,
        project=project,
        year=record.fiscal_year,
        summary=_is_summary(record, unit, department),
        wan=wan,
        initial=yuan(total.initial_budget if total else None),
        annual=yuan(total.annual_budget if total else None),
        executed=yuan(total.executed_amount if total else None),
        carried=yuan(carryover.initial_budget if carryover else None),
        total=record.total_score,
        content=_content(record),
        block=_block(record, text),
        text=_hash(text) if text else None,
        core=core_name(project) if project and len(core_name(project)) >= CORE_LENGTH else None,
        characters=len(text),
        body=text.encode(),
        clauses=_clauses(text),
        cells=tuple(_cell(submission, path) for path in paths),
        counts=tuple(_counts(submission, texts)),
        claims=tuple(claims_of(submission, texts)),
        outcomes=tuple(_outcomes(submission)),
    )


def core_name(name: str) -> str:
    """A project's name without the words that every project's name has; the same for a text that names it."""
    return _GENERIC.sub("", name)


def _is_summary(record: SelfEvaluation, unit: str | None, department: str | None) -> int:
    """Whether a department sums up its units here: unit or project say 汇总 (2), or it is the unit itself (1)."""
    if any(name and _SUMMARY.search(squeeze(name)) for name in (record.implementing_unit, record.project_name)):
        return 2
    return int(unit is not None and unit == department)


def _cell(submission: Submission, path: str) -> str | None:
    found = submission.cells.get(path)
    return None if found is None else found.cell_name


# ---- texts ------------------------------------------------------------------------------


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


def _masked(text: str, *names: str | None) -> str:
    """A text without the names of its own project and unit."""
    for name in names:
        if name and len(name) > 1:
            text = text.replace(name, "")
    return text


def _clauses(text: str) -> tuple[int, ...]:
    """Hashes of the clauses, the smallest first: two copies of one text keep the same ones."""
    for stop in _STOPS:
        text = text.replace(stop, "\n")
    found = {crc32(part) for part in text.encode().split(b"\n") if len(part) >= CLAUSE_BYTES}
    return tuple(sorted(found)[:CLAUSES])


def _value(value: Target | None) -> str:
    return "" if value is None else value.text


def _block(record: SelfEvaluation, text: str) -> bytes | None:
    """The text of results, the actual values and the scores as one hash; ``None`` without text or rows."""
    if not text or not record.indicators:
        return None
    rows = [f"{_value(row.actual)}\x1f{row.score}" for row in record.indicators]
    return _hash("\x1e".join((text, *rows)))


def _content(record: SelfEvaluation) -> bytes:
    """All that was filled in, as one hash."""
    parts = [
        f"{line.source}\x1f{line.initial_budget}\x1f{line.annual_budget}\x1f{line.executed_amount}\x1f{line.score}"
        for line in record.funds
    ]
    parts += [
        f"{row.level_3}\x1f{_value(row.target)}\x1f{_value(row.actual)}\x1f{row.weight}\x1f{row.score}"
        f"\x1f{row.variance_explanation}"
        for row in record.indicators
    ]
    parts += [record.expected_goal or "", record.actual_result or "", str(record.total_score)]
    return _hash("\x1e".join(parts))


# ---- how many there are -----------------------------------------------------------------


@lru_cache(maxsize=16)
def _names(things: tuple[str, ...]) -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """Wording to thing; a pattern for counted things in a text, and one for things in a name."""
    thing = {squeeze(name): group.split("/")[0] for group in things for name in group.split("/")}
    either = "|".join(sorted(map(re.escape, thing), key=len, reverse=True)) or "(?!)"
    measure = "|".join(COUNTING)
    counted = pattern(rf"(?<![\d.,+\-—~第])(\d{{1,6}})(?:余|多)?(?:{measure})?(?:基层|下属|所属)?({either})", re.ASCII)
    return thing, counted, pattern(either)


_WHOLE = pattern(r"全[市区县镇乡街旗州]|辖区|街道共?有?$|[市区县镇乡]共有?$")


def _counts(submission: Submission, texts: Mapping[str, str]) -> Iterator[Count]:
    """Counted things of the two narratives, and of rows whose value is a bare count."""
    record, things = submission.record, submission.form.rules.counted_things
    if not things:
        return
    thing, counted, named = _names(things)
    seen = set[Count]()
    for field, text in texts.items():
        for found in counted.finditer(text):
            whole = _WHOLE.search(text, max(0, found.start() - 12), found.start()) is not None
            seen.add(Count(thing[found[2]], int(found[1]), _cell(submission, field), whole))
    project = squeeze(record.project_name or "")
    for number, row in enumerate(record.indicators):
        name = squeeze(row.level_3 or "")
        subject = named.search(name) or (named.search(project) if name.endswith(("数", "数量")) else None)
        if subject is None:
            continue
        for field in ("target", "actual"):
            value: Target | None = getattr(row, field)
            if value is not None and (count := _bare_count(value)) is not None:
                cell = _cell(submission, f"indicators[{number}].{field}")
                seen.add(Count(thing[subject.group()], count, cell, False))
    yield from sorted(seen, key=lambda each: (each.thing, each.number, each.cell or ""))


def _bare_count(value: Target) -> int | None:
    """The number of a value that is one and nothing else, or has a measure word behind it."""
    number, counts = value.number, value.unit is None or value.unit in COUNTING
    if value.kind != "number" or number is None or not counts or value.operator not in (None, "=", "≥"):
        return None
    return int(number) if 0 < number < 10**9 and number == number.to_integral_value() else None


# ---- what the year after is measured by ---------------------------------------------------


def _outcomes(submission: Submission) -> Iterator[Outcome]:
    for number, row in enumerate(submission.record.indicators):
        target, actual = row.target, row.actual
        name = squeeze(row.level_3 or "")
        if not name or ((target is None or target.number is None) and (actual is None or actual.number is None)):
            continue
        unit = (target.unit if target and target.number is not None else actual.unit if actual else None) or ""
        yield Outcome(
            name=name,
            unit=unit,
            target=target.number if target else None,
            actual=actual.number if actual and (actual.unit or "") == unit else None,
            cell=_cell(submission, f"indicators[{number}].target"),
            falling=bool(target and target.operator in ("≤", "<")),
        )
