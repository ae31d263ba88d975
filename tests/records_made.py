"""Builders for tests: a project issued on any form, that form filled in, and what must be read back.

``as_read`` says what a filled form amounts to by plain arithmetic of its own; it knows nothing of
our formula language, so that the two can be held against each other.
"""

from __future__ import annotations

import subprocess
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, TypeVar

import pytest
from conftest import require
from hypothesis import strategies as st

from perfxl.form import Form
from perfxl.number import half_up, read_target
from perfxl.project import example, read_project
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation, SignOff, Target
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook

YEAR = 2024

HOSTILE = (
    "012",
    "=1+1",
    "+86 21 6000 0000",
    "-5",
    "@SUM(A1)",
    "＝1+1",
    "<r><t>粗体</t></r>",
    "<p>段落</p>",
    "_x0041_",
    "_x005F_x0041_",
    "]]>",
    "&amp; & &#10;",
    "引\"号'",
    "😀👨‍👩‍👧𠮷",
    " 前后有空格 ",
    "第一行\n第二行",
    "回车\r\n换行",
    "制表\t符",
    "\u3000全角空格\u3000",
    "e\u0301 分解的字母",
    "\u202e倒写\u202c",
    "http://example.org/",
    "TRUE",
    "#DIV/0!",
    "1E5",
    "2024-01-01",
    "'012",
    "响铃\x07符",
    "长" * 3000,
)
"""Texts that a program between two people likes to change."""


# ---- one project, one form -------------------------------------------------------------------


def issued(form: Form) -> Assignment:
    """The example project of a form, as the department would issue it."""
    return replace(read_project(example(form), "示例.toml", form), fiscal_year=YEAR)


def filled(form: Form, assignment: Assignment) -> SelfEvaluation:
    """The form as an honest unit fills it in: one target missed by half, all others exceeded."""
    open_rows = [row.term for row in form.fund_rows if row.down is None]
    lines = []
    for at, source in enumerate(open_rows, 1):
        base = Decimal(1_000_000 // 10**at)
        lines.append(
            FundingLine(
                source=source,
                initial_budget=base + Decimal("0.11") * at,
                annual_budget=base + Decimal("0.12") * at + 7,
                executed_amount=base - Decimal("0.13") * at,
                reason=f"第{at}行资金的原因" if form.fund_column("reason") else None,
            )
        )
    rows = []
    for number, row in enumerate(assignment.indicators, 1):
        weight = row.weight or Decimal(0)
        missed = number == 1
        figure = Decimal(45) if missed else 90 + Decimal(number) / 10
        rows.append(
            replace(
                row,
                actual=read_target(f"{figure}{row.unit or '%'}"),
                score=weight / 2 if missed else weight,
                **{
                    "variance_explanation": "受连续降雨影响工期顺延，下一步加强调度。" if missed else None,
                    **_of_columns(form, number),
                },
            )
        )
    return SelfEvaluation(
        project_name=assignment.project_name,
        supervising_department=assignment.supervising_department,
        implementing_unit=assignment.implementing_unit,
        funds=tuple(lines),
        expected_goal="完成42个小区的改造，惠及3100户居民。",
        actual_result="全年完成41个小区的改造，惠及3050户居民，余下1个小区转入下一年度。",
        indicators=tuple(rows),
        sign_off=tuple(SignOff(term=entry.term, label=entry.label, text=f"{entry.label}甲") for entry in form.signed),
        project_code="T000002086153" if _in_header(form, "project_code") else None,
        **_footer(form, [f"第{at}项，甲乙丙丁。" for at, _ in enumerate(form.footer, 1)]),
    )


def _footer(form: Form, said: Sequence[str | None]) -> dict[str, Any]:
    return {entry.term: text for entry, text in zip(form.footer, said, strict=True)}


def _in_header(form: Form, term: str) -> bool:
    return any(entry.term == term for row in form.header for entry in row)


def _of_columns(form: Form, number: int) -> dict[str, Any]:
    """What only some forms have columns for; the first row was missed by half."""
    values: dict[str, Any] = {
        "coefficient": Decimal("0.5") if number == 1 else Decimal(1),
        "core": "是" if number == 1 else "否",
        "description": f"第{number}项的说明",
        "adjusted_target": read_target("≥80%") if number == 2 else None,
    }
    found = {term: value for term, value in values.items() if form.column(term) is not None}
    if form.column("variance_explanation") is None:
        found["variance_explanation"] = None
    return found


def workbook_bytes(
    form: Form,
    assignments: Sequence[Assignment],
    records: Sequence[SelfEvaluation | None] | None = None,
) -> bytes:
    """The file that goes out, or comes back where records fill it in."""
    return write_workbook(build_workbook(form, assignments, year=YEAR, records=records))


# ---- what must be read back ------------------------------------------------------------------


def _printed(row: Indicator, form: Form) -> Indicator:
    """A row without what the form has no column for."""
    present = {column.term for column in form.columns}
    return replace(row, **{term: None for term in Indicator.__dataclass_fields__ if term not in present})


def as_read(record: SelfEvaluation, form: Form, *, year: int = YEAR) -> SelfEvaluation:
    """The record with everything that the form itself prints and computes."""
    funds = _funds(record, form)
    execution = next((line.score for line in funds if line.source == "total"), None)
    execution_weight = next((line.weight for line in funds if line.source == "total"), None)
    weights = [row.weight for row in record.indicators if row.weight is not None]
    rows = tuple(_computed(_printed(row, form), form) for row in record.indicators)
    scores = [row.score for row in rows if row.score is not None]
    texts = {entry.term: entry.text for entry in record.sign_off}
    return replace(
        record,
        fiscal_year=year,
        currency_unit=form.currency_unit,
        project_name=record.project_name or None,
        supervising_department=record.supervising_department or None,
        implementing_unit=record.implementing_unit or None,
        expected_goal=record.expected_goal or None,
        actual_result=record.actual_result or None,
        funds=funds,
        indicators=rows,
        total_weight=half_up(sum(weights, execution_weight or Decimal(0)), 2) if weights else None,
        total_score=half_up(sum(scores, execution or Decimal(0)), 2) if scores else None,
        sign_off=tuple(
            SignOff(term=entry.term, label=entry.label, text=texts.get(entry.term) or None) for entry in form.signed
        ),
    )


def _computed(row: Indicator, form: Form) -> Indicator:
    """得分 from 得分系数, 扣减分数 from 得分, where the form computes them."""
    computed = {column.term for column in form.computed_columns}
    if "score" in computed:
        whole = row.coefficient is not None and row.weight is not None
        exact = min(row.coefficient, Decimal(1)) * row.weight if whole else None  # type: ignore[operator,type-var]
        row = replace(row, score=None if exact is None else half_up(exact, 2))
    if "deduction" in computed:
        whole = row.weight is not None and row.score is not None
        row = replace(row, deduction=half_up(row.weight - row.score, 2) if whole else None)  # type: ignore[operator]
    return row


def _funds(record: SelfEvaluation, form: Form) -> tuple[FundingLine, ...]:
    lines = {row.term: record.line(row.term) or FundingLine(source=row.term) for row in form.fund_rows}
    for row in form.fund_rows:
        if row.down is None:
            continue
        sums: dict[str, Any] = {}
        for column in form.money_columns:
            amounts = [getattr(lines[part], column.term) for part in form.total_parts]
            given = [amount for amount in amounts if amount is not None]
            sums[column.term] = half_up(sum(given, Decimal(0)), column.places) if given else None
        lines[row.term] = FundingLine(source=row.term, **sums)
    found = []
    for row in form.fund_rows:
        line = replace(lines[row.term], weight=row.weight)
        spent, base = line.executed_amount, getattr(line, form.denominator)
        rate = form.fund_column("execution_rate")
        here = row.term == "total" or (rate is not None and rate.only is None)
        if here and spent is not None and base is not None:
            values = _execution(spent, base, row.weight)
            line = replace(line, **(values if row.term == "total" else {"execution_rate": values["execution_rate"]}))
        found.append(line)
    return tuple(found)


def _execution(spent: Decimal, base: Decimal, weight: Decimal | None) -> dict[str, Any]:
    """执行率 and its 得分: in proportion, never above the weight, to the cent."""
    if base <= 0:
        return {"execution_rate": None, "score": None if weight is None else Decimal(0)}
    rate = Context(prec=15).divide(spent, base)
    if weight is None:
        return {"execution_rate": rate, "score": None}
    share = min(Fraction(spent) / Fraction(base), Fraction(1)) * Fraction(weight)
    return {"execution_rate": rate, "score": Decimal(int(share * 100 + Fraction(1, 2))) / 100}


Noun = TypeVar("Noun")


def same_text(text: str) -> str:
    """A text as two are compared: composed, with plain line ends, without blanks around."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def under_text_policy(noun: Noun) -> Noun:
    """A record with its texts as two are compared; a text of blanks is none."""
    if isinstance(noun, Target):
        return read_target(same_text(noun.text))  # type: ignore[return-value]
    if isinstance(noun, str):
        return same_text(noun) or None  # type: ignore[return-value]
    if isinstance(noun, tuple):
        return tuple(under_text_policy(item) for item in noun)  # type: ignore[return-value]
    if is_dataclass(noun) and not isinstance(noun, type):
        values: Mapping[str, Any] = {entry.name: under_text_policy(getattr(noun, entry.name)) for entry in fields(noun)}
        return replace(noun, **values)
    return noun


# ---- strategies ------------------------------------------------------------------------------

_characters = st.characters(exclude_categories=["Cs"])
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(_characters, min_size=1, max_size=30),
    st.builds("".join, st.lists(st.sampled_from(HOSTILE[:-1]), min_size=1, max_size=3)),
)
scores = st.decimals(Decimal(0), Decimal(100), places=2)
coefficients = st.decimals(Decimal(0), Decimal(1), places=3)
weights = st.one_of(st.integers(0, 50).map(Decimal), st.decimals(Decimal(0), Decimal(50), places=1))


def amounts(form: Form) -> st.SearchStrategy[Decimal]:
    """Amounts of a form, up to a thousand million of its unit."""
    places = form.money_columns[0].places
    return st.one_of(
        st.decimals(Decimal(0), Decimal(10) ** 9, places=places), st.sampled_from([Decimal(0), Decimal(1)])
    )


_plain_values = st.sampled_from(["95%", "≥90.00%", "12场", "10", "5万元", "12月底前", "80%-90%", "提升", "/", "无"])
values = st.one_of(_plain_values, texts).map(read_target)


@st.composite
def indicators(draw: st.DrawFn, form: Form) -> Indicator:
    """A row of its own; what stands in the two level columns is never all of it."""
    name, second, _ = draw(st.sampled_from(form.groups))
    maybe = st.none()
    return Indicator(
        level_1=draw(st.just(name) | texts) if form.column("level_1") else None,
        level_2=draw(st.just(second.name) | texts) if form.column("level_2") else None,
        level_3=draw(texts),
        target=draw(maybe | values),
        actual=draw(maybe | values),
        weight=draw(maybe | weights),
        score=draw(maybe | scores),
        variance_explanation=draw(maybe | texts) if form.column("variance_explanation") else None,
        coefficient=draw(maybe | coefficients) if form.column("coefficient") else None,
        description=draw(maybe | texts) if form.column("description") else None,
    )


@st.composite
def lines_of(draw: st.DrawFn, form: Form) -> tuple[FundingLine, ...]:
    """The fund rows that a unit types."""
    money = st.none() | amounts(form)
    return tuple(
        FundingLine(
            source=row.term,
            initial_budget=draw(money),
            annual_budget=draw(money),
            executed_amount=draw(money),
        )
        for row in form.fund_rows
        if row.down is None
    )


@st.composite
def records(draw: st.DrawFn, form: Form) -> SelfEvaluation:
    """A record of any content: blanks, hostile texts, figures of every size."""
    maybe = st.none() | texts
    return SelfEvaluation(
        project_name=draw(maybe),
        supervising_department=draw(maybe),
        implementing_unit=draw(maybe),
        funds=draw(lines_of(form)),
        expected_goal=draw(maybe),
        actual_result=draw(maybe),
        indicators=tuple(draw(st.lists(indicators(form), min_size=1, max_size=6))),
        sign_off=tuple(SignOff(term=entry.term, label=entry.label, text=draw(maybe)) for entry in form.signed),
        **_footer(form, [draw(maybe) for _ in form.footer]),
    )


def to_issue(record: SelfEvaluation, form: Form, name: str = "A001") -> Assignment:
    """What a department could have issued, so that this record came back."""
    return Assignment(
        id=name,
        form=form.id,
        fiscal_year=YEAR,
        project_name=record.project_name,
        supervising_department=record.supervising_department,
        implementing_unit=record.implementing_unit,
        expected_goal=record.expected_goal,
        indicators=tuple(_unanswered(row) for row in record.indicators),
    )


def _unanswered(row: Indicator) -> Indicator:
    return Indicator(
        level_1=row.level_1,
        level_2=row.level_2,
        level_3=row.level_3,
        operator=row.operator,
        unit=row.unit,
        target=row.target,
        weight=row.weight,
        core=row.core,
    )


# ---- through another program -----------------------------------------------------------------


def through_libreoffice(
    files: Mapping[str, bytes], folders: pytest.TempPathFactory, via: Sequence[str] = ()
) -> dict[str, bytes]:
    """Each file opened and saved by LibreOffice; with ``via`` once through each of those formats, and back."""
    if via:
        found: dict[str, bytes] = {}
        for kind in via:
            older = in_libreoffice(files, "xlsx", kind, folders)
            back = in_libreoffice(older, kind, "xlsx:Calc MS Excel 2007 XML", folders)
            found.update({f"{name}-{kind}": data for name, data in back.items()})
        return found
    return in_libreoffice(files, "xlsx", "xlsx:Calc MS Excel 2007 XML", folders)


def in_libreoffice(files: Mapping[str, bytes], was: str, to: str, folders: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each file, of format ``was``, as LibreOffice saves it in format ``to``; one start for all of them."""
    program = require("soffice")
    before, after = folders.mktemp("before"), folders.mktemp("after")
    for name, data in files.items():
        (before / f"{name}.{was}").write_bytes(data)
    sources = [str(before / f"{name}.{was}") for name in files]
    profile = f"-env:UserInstallation={(folders.getbasetemp() / 'libreoffice').as_uri()}"
    command = [program, "--headless", profile, "--convert-to", to, "--outdir", str(after)]
    subprocess.run([*command, *sources], check=True, capture_output=True, timeout=120)
    return {name: (after / f"{name}.{to.partition(':')[0]}").read_bytes() for name in files}
