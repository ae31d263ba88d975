"""The numbers of a consolidation as tables for people who analyse: a row a project, an indicator, a finding.

Plain data for ``CSV`` and ``Parquet`` alike. All returns are in them, counted or not: a column says which.
Amounts are in one unit, which a column names; rates are fractions; a blank is a blank.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO, Literal

from ...noun import NamedTuple, noun
from ...number import half_up
from ...report.csv import BOM
from ...report.csv import row as csv_line
from .counting import budget_of, rate_of
from .overview import Frame
from .season import FINDING, INDICATOR

Kind = Literal["text", "count", "flag", "amount", "points", "rate"]
Format = Literal["csv", "parquet"]
Value = Decimal | str | int | bool | None
PLACES = {"amount": 6, "points": 6, "rate": 10}
"""Decimals of each kind of figure: 0.01 元 is 0.000001 万元; more than that no form states."""
LARGEST = Decimal(10) ** 27


class Field(NamedTuple):
    """A column of a table."""

    name: str
    kind: Kind


@noun
class Table:
    """A table: its name, which is that of the file, and its columns."""

    name: str
    fields: tuple[Field, ...]


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, "text") for name in names)


_OWN = (Field("place", "count"), *_texts("assignment", "unit", "unit_name", "department", "project"))
PROJECTS = Table(
    name="projects",
    fields=(
        *_OWN,
        Field("counted", "flag"),
        *_texts("why", "decision", "remark", "status"),
        *(Field(name, "count") for name in ("errors", "warnings", "infos")),
        *_texts(
            "returned_at", "returned_as", "file", "sha256", "sheet", "cell", "form", "stated_unit", "currency_unit"
        ),
        *(Field(name, "amount") for name in ("initial_budget", "annual_budget", "executed_amount")),
        Field("execution_rate", "rate"),
        Field("execution_score", "points"),
        Field("total_score", "points"),
        Field("indicator_result", "rate"),
        Field("grade", "text"),
    ),
)
_NUMBERS = {"target_number": "amount", "actual_number": "amount", "weight": "points", "score": "points"}
INDICATORS = Table(
    name="indicators",
    fields=(
        *_OWN,
        Field("counted", "flag"),
        Field("number", "count"),
        *(Field(name, _NUMBERS.get(name, "text")) for name in INDICATOR),  # type: ignore[arg-type]
    ),
)
_FOUND = [name for name in FINDING if name not in ("unit", "project", "severity")]
FINDINGS = Table(
    name="findings",
    fields=(*_OWN, Field("severity", "text"), *(Field(n, "amount" if n == "difference" else "text") for n in _FOUND)),
)
TABLES = (PROJECTS, INDICATORS, FINDINGS)


def rows(table: Table, frame: Frame) -> Iterator[tuple[Value, ...]]:
    """The rows of a table, one by one, in the order of its fields."""
    made = {"projects": _projects, "indicators": _indicators, "findings": _findings}[table.name]
    for row in made(frame):
        yield tuple(_held(value, field.kind) for value, field in zip(row, table.fields, strict=True))


def _held(value: Value, kind: Kind) -> Value:
    """The value as the column holds it: figures with its decimals, half-up; none that no column could hold."""
    if not isinstance(value, Decimal):
        return value
    if kind == "text":
        return format(value, "f")
    return half_up(value, PLACES[kind]) if abs(value) < LARGEST else None


def _own(frame: Frame, place: int | None) -> tuple[Value, ...]:
    if place is None:
        return (None,) * len(_OWN)
    each = frame.season.projects[place - 1]
    return (each.place, each.assignment, each.unit, each.unit_name, each.department or None, each.name)


def _projects(frame: Frame) -> Iterator[tuple[Value, ...]]:
    form = frame.season.form
    for each in frame.season.projects:
        texts = (
            each.returned_at, each.returned_as, each.file, each.sha256, each.sheet, each.cell, each.form,
            each.stated_unit,
        )  # fmt: skip
        yield (
            *_own(frame, each.place), each.counts, each.why or None, each.decision or None, each.remark or None,
            each.status, each.errors, each.warnings, each.infos, *(text or None for text in texts), frame.terms.unit,
            each.initial, each.annual, each.executed, rate_of(each.executed, budget_of(each, form)),
            each.execution_score, each.total, each.result, each.grade or None,
        )  # fmt: skip


def _indicators(frame: Frame) -> Iterator[tuple[Value, ...]]:
    before, number = 0, 0
    for place, values in frame.season.indicator_lines():
        number = number + 1 if place == before else 1
        before = place
        yield (*_own(frame, place), frame.season.projects[place - 1].counts, number, *values)


def _findings(frame: Frame) -> Iterator[tuple[Value, ...]]:
    at = [FINDING.index(name) for name in _FOUND]
    for place, severity, values in frame.season.finding_lines():
        yield (*_own(frame, place), severity, *(values[each] for each in at))


def write_csv(table: Table, frame: Frame, file: BinaryIO) -> None:
    """The table as CSV: UTF-8 with a byte order mark, and nothing that a spreadsheet would run."""
    file.write(BOM + csv_line([field.name for field in table.fields]))
    for row in rows(table, frame):
        file.write(csv_line([_plain(value) for value in row]))


def _plain(value: Value) -> Decimal | str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return Decimal(value) if isinstance(value, int) else value
