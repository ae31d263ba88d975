"""部门汇总表: the department's own form of a project that several of its units carry out, added up from theirs.

Amounts are added up, line by line of the funds. Texts, results and scores cannot be: these cells stay blank for
the department, and C01 compares the form with the forms of the units, as it stands then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from ...checking import Terms as Judging
from ...checking import judge_content
from ...form import Form
from ...formdigest import Digest
from ...noun import noun
from ...number import read_target, squeeze
from ...record import Assignment, FundingLine, Indicator, SelfEvaluation
from ...template import build_workbook
from ...xlsx.writer import write_workbook
from ..ledger import Ledger
from ..naming import safe_name
from .counting import MONEY, Project, Unit, converted
from .made import Draft, cannot_write, drafted, is_ours
from .season import INDICATOR, Season

FOLDER = ("部门汇总表", "department-forms")
"""Where these forms go, beside the workbook."""
SUMMARY = "（汇总）"
"""Behind the department's name where it stands for all its units."""


@noun
class Shared:
    """A project of several units of one department. ``why`` says in both languages why there is no form of it,
    where there is none; ``asked`` counts the units that were asked, ``places`` are those that count; ``blanks``
    counts amounts of the units that were left blank, and ``alike`` says whether they had the same indicators."""

    department: str
    name: str
    asked: int
    places: tuple[int, ...]
    record: SelfEvaluation | None = None
    assignment: Assignment | None = None
    why: tuple[str, str] = ("", "")
    blanks: int = 0
    alike: bool = True

    @property
    def file(self) -> str:
        """The name of its file."""
        return safe_name(f"{self.department}_{self.name}") + ".xlsx"


def shared_projects(season: Season, year: int) -> Iterator[Shared]:
    """Projects that two or more units of a department were asked about under one name, in the order of the lines."""
    groups: dict[tuple[str, str], list[Project]] = {}
    for each in season.projects:
        if each.department:
            groups.setdefault((squeeze(each.department), squeeze(each.name)), []).append(each)
    for members in groups.values():
        if len({each.unit for each in members}) > 1:
            yield _added_up(season, members, year)


def _added_up(season: Season, asked: Sequence[Project], year: int) -> Shared:
    form, first = season.form, asked[0]
    members = [each for each in asked if each.counts]
    own = Shared(
        department=first.department,
        name=first.name,
        asked=len(asked),
        places=tuple(each.place for each in members),
    )
    if len({each.unit for each in members}) < 2:
        count = len(members)
        return replace(own, why=(f"计入的单位表只有 {count} 份", f"{count} of its units' forms count"))
    others = sorted({each.form or "?" for each in members} - {form.id})
    if others:
        named = "、".join(others)
        return replace(own, why=(f"有的单位用了另一种表样（{named}）", f"some units have another form ({named})"))
    lines, blanks = _funds(season, members, form)
    rows = _rows(season, members)
    assignment = Assignment(
        form=form.id,
        fiscal_year=year,
        project_name=first.name,
        supervising_department=first.department,
        implementing_unit=first.department + SUMMARY,
        indicators=rows or (),
    )
    record = SelfEvaluation(funds=lines)
    return replace(own, record=record, assignment=assignment, blanks=blanks, alike=rows is not None)


def _funds(season: Season, members: Iterable[Project], form: Form) -> tuple[tuple[FundingLine, ...], int]:
    """The lines that are typed, each the sum of the units'; a sum of blanks alone is blank."""
    typed = [row.term for row in form.fund_rows if row.down is None]
    unit: Unit = "万元" if "万" in form.currency_unit else "元"
    sums: dict[tuple[str, str], Decimal] = {}
    blanks = 0
    for each in members:
        stated = season.funds_of(each.place)
        for source in typed:
            for term in MONEY:
                amount = converted(stated.get((source, term)), each.stated_unit, unit)
                if amount is None:
                    blanks += term in {column.term for column in form.money_columns}
                else:
                    sums[source, term] = sums.get((source, term), Decimal(0)) + amount
    lines = (
        FundingLine(
            source=source,
            initial_budget=sums.get((source, "initial_budget")),
            annual_budget=sums.get((source, "annual_budget")),
            executed_amount=sums.get((source, "executed_amount")),
        )
        for source in typed
    )
    return tuple(lines), blanks


def _rows(season: Season, members: Iterable[Project]) -> tuple[Indicator, ...] | None:
    """The rows that were issued to all of them, without results; ``None`` where the units' rows differ."""
    found: tuple[Indicator, ...] | None = None
    for each in members:
        rows = tuple(map(_issued, season.indicators_of(each.place)))
        if found is not None and rows != found:
            return None
        found = rows
    return found


def _issued(values: Sequence[object]) -> Indicator:
    named = dict(zip(INDICATOR, values, strict=True))
    target, weight = named["target"], named["weight"]

    def text(name: str) -> str | None:
        return None if named[name] is None else str(named[name])

    return Indicator(
        level_1=text("level_1"),
        level_2=text("level_2"),
        level_3=text("level_3"),
        target=read_target(str(target)) if target is not None else None,
        weight=weight if isinstance(weight, Decimal) else None,
        operator=text("operator"),
        unit=text("unit_of_measure"),
    )


def form_of(shared: Shared, form: Form, year: int, password: str) -> bytes:
    """The department's form as a workbook. Raises ``ValueError`` where no file can hold it."""
    assert shared.assignment is not None
    return write_workbook(
        build_workbook(form, [shared.assignment], year=year, records=[shared.record], password=password)
    )


def digest_of_file(data: bytes, name: str) -> Digest | None:
    """The digest of a department's form, as it stands."""
    for each in judge_content(name, data, Judging(digests=True, files=2)):
        if isinstance(each.digest, Digest):
            return each.digest
    return None


@noun
class Made:
    """What became of a department's form: where it belongs, its draft; none where somebody has worked on the one
    that stands there."""

    path: Path
    draft: Draft | None = None


def department_forms(ledger: Ledger, season: Season, out: Path, year: int, *, password: str = "") -> Iterator[Made]:
    """The department's own forms, each on its way into the folder beside the workbook; what is to be known of
    them goes to the notes of the season, and their digests to its batch. Raises ``CampaignError``."""
    folder = out.parent / FOLDER[0 if season.lang == "zh" else 1]
    taken = set[str]()
    for shared in shared_projects(season, year):
        where = f"{shared.department} · {shared.name}"
        if shared.assignment is None:
            zh, en = shared.why
            season.notes.append((f"没有做部门汇总表 {where}：{zh}", f"No department's form of {where}: {en}"))
            continue
        path = folder / _fresh(shared.file, taken)
        made, data = _made(ledger, shared, season, path, year, password)
        digest = digest_of_file(data, path.name)
        if digest is not None:
            season.summing.add(digest)
        _note(season, shared, where, edited=made.draft is None)
        yield made


def _fresh(name: str, taken: set[str]) -> str:
    """The name, with a number where another project's file bears it already."""
    stem, count = name.removesuffix(".xlsx"), 1
    while name.casefold() in taken:
        count += 1
        name = f"{stem}_{count}.xlsx"
    taken.add(name.casefold())
    return name


def _made(ledger: Ledger, shared: Shared, season: Season, path: Path, year: int, password: str) -> tuple[Made, bytes]:
    try:
        if not is_ours(ledger, path):
            return Made(path=path), path.read_bytes()
    except OSError as error:
        raise cannot_write(path, error) from error
    data = form_of(shared, season.form, year, password)

    def write(file: BinaryIO) -> None:
        file.write(data)

    return Made(path=path, draft=drafted(path, write)), data


def _note(season: Season, shared: Shared, where: str, *, edited: bool) -> None:
    units = f"{len(shared.places)} / {shared.asked}"
    zh = f"部门汇总表 {where}：由 {units} 份单位表相加"
    en = f"Department's form of {where}: added up from {units} of its units' forms"
    if edited:
        zh = f"部门汇总表 {where}：部门已在填写，没有动它；C01 按它现在的内容核对"
        en = f"Department's form of {where}: the department is at work on it, it was left alone; C01 compares it"
    if shared.blanks:
        zh += f"；单位表中 {shared.blanks} 处金额空白，未计"
        en += f"; {shared.blanks} amounts of the units are blank and not counted"
    if not shared.alike:
        zh, en = zh + "；各单位指标不同，指标留空", en + "; the units' indicators differ and were left out"
    season.notes.append((zh + "。", en + "."))
