"""Builders for tests: submissions from a record, subjects from the examples of a rule, the forms of 2022."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from perfxl.batch import Batch
from perfxl.finding import Over, Waiver
from perfxl.form import MONEY, Form, load_form
from perfxl.formdigest import digest_of
from perfxl.number import as_printed, read_amount, read_target, shown
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation
from perfxl.rules.exceptions import WaiverUse
from perfxl.sheet import Cell, Value
from perfxl.submission import Difference, FieldCell, FieldKind, MoneyColumn, Registered, Submission, TextField

HERE = Path(__file__).parent
SOURCES = ("total", "appropriation", "carryover", "other")
_LINE_KEYS = ("initial_budget", "annual_budget", "executed_amount", "weight", "execution_rate", "score")
_ROW_COLUMNS = {
    "level_1": "B",
    "level_2": "C",
    "level_3": "D",
    "target": "E",
    "actual": "F",
    "weight": "G",
    "score": "H",
    "variance_explanation": "I",
}
_MONEY: FieldKind = "money"
_LINE_COLUMNS = dict(zip(_LINE_KEYS, "DEFGHI", strict=True))
_KINDS: Mapping[str, FieldKind] = {
    **dict.fromkeys(MONEY, _MONEY),
    "weight": "weight",
    "total_weight": "weight",
    "score": "score",
    "total_score": "score",
    "execution_rate": "rate",
    "target": "value",
    "actual": "value",
}


# ---- a submission from a record -----------------------------------------------------------


def field_cell(field: str, address: str, value: Value, number_format: str = "General") -> FieldCell:
    """A cell as the reader hands it on: a text that is a figure is read as one."""
    kind: FieldKind = _KINDS.get(field.rpartition(".")[2], "text")
    text = shown(value, number_format) if isinstance(value, Decimal) else str(value or "")
    number, oddities = (value, frozenset[str]()) if isinstance(value, Decimal) else (None, frozenset[str]())
    if isinstance(value, str) and kind in ("money", "weight", "score", "rate"):
        amount = read_amount(value)
        if amount is not None:
            number, oddities = amount.number, amount.oddities
    cell = Cell(value=value, text=text, number_format=number_format)
    return FieldCell(field=field, kind=kind, cell_name=address, cell=cell, number=number, oddities=oddities)


def submission(
    record: SelfEvaluation,
    *,
    form: Form | None = None,
    typed: Mapping[str, tuple[Value, str]] | None = None,
    **more: Any,
) -> Submission:
    """A submission on nine columns with a cell for every field; ``typed`` gives value and number format."""
    typed = typed or {}
    values: list[tuple[str, str, Value]] = [
        ("project_name", "B3", record.project_name),
        ("supervising_department", "B4", record.supervising_department),
        ("implementing_unit", "F4", record.implementing_unit),
    ]
    for number, line in enumerate(record.funds):
        values += [
            (f"funds[{number}].{key}", f"{_LINE_COLUMNS[key]}{6 + number}", getattr(line, key)) for key in _LINE_KEYS
        ]
    values += [("expected_goal", "B11", record.expected_goal), ("actual_result", "F11", record.actual_result)]
    for number, row in enumerate(record.indicators):
        for key, column in _ROW_COLUMNS.items():
            value = getattr(row, key)
            text = value.text if key in ("target", "actual") and value is not None else value
            values.append((f"indicators[{number}].{key}", f"{column}{13 + number}", text))
    last = 13 + len(record.indicators)
    values += [("total_weight", f"G{last}", record.total_weight), ("total_score", f"H{last}", record.total_score)]
    cells = {}
    for field, address, value in values:
        kept, number_format = typed.get(field, (value, "General"))
        cells[field] = field_cell(field, address, kept, number_format)
    return Submission(
        form=form or load_form("shanghai"),
        form_reason=more.pop("form_reason", "labels"),
        sheet=more.pop("sheet", "自评表"),
        record=record,
        cells=cells,
        **more,
    )


# ---- the forms of 2022 --------------------------------------------------------------------


def _money(raw: str) -> tuple[Value, str]:
    """Amounts are numbers whose format gives the printed look; what no format prints is text."""
    if not raw:
        return None, "General"
    bare = raw.replace(",", "")
    if len(bare) > 1 and bare.startswith("0"):
        return raw, "@"
    places = len(bare.partition(".")[2])
    return Decimal(bare), ("#,##0" if "," in raw else "0") + ("." + "0" * places if places else "")


def _decimal(raw: str) -> Decimal | None:
    return Decimal(raw) if raw else None


@lru_cache(maxsize=4)
def _seeds() -> Mapping[str, Any]:
    with (HERE / "data" / "seed_2022.toml").open("rb") as file:
        return tomllib.load(file)


def seed(name: str) -> Submission:
    """One of the published forms (``F1``, ``F2``, ``F3``) as printed: unstamped, every value typed."""
    data = _seeds()[name]
    typed: dict[str, tuple[Value, str]] = {}
    lines = []
    for number, (source, amounts) in enumerate(zip(SOURCES, data["funds"], strict=True)):
        own: dict[str, Decimal | None] = {}
        for term, raw in zip(MONEY, amounts, strict=True):
            value, number_format = _money(raw)
            typed[f"funds[{number}].{term}"] = value, number_format
            if isinstance(value, str):
                amount = read_amount(value)
                own[term] = amount.number if amount else None
            else:
                own[term] = as_printed(value, number_format) if isinstance(value, Decimal) else None
        lines.append(FundingLine(source=source, reason=None, **own))
    for number in (1, 2, 3):
        typed[f"funds[{number}].weight"] = "—", "@"
    raw_rate: str = data["execution_rate"]
    rate = Decimal(raw_rate.rstrip("%")).scaleb(-2)
    typed["funds[0].execution_rate"] = rate, "0." + "0" * len(raw_rate.rstrip("%").partition(".")[2]) + "%"
    lines[0] = replace(
        lines[0],
        weight=Decimal(data["execution_weight"]),
        execution_rate=rate,
        score=Decimal(data["execution_score"]),
    )
    rows = tuple(
        Indicator(
            level_1=level_1,
            level_2=level_2,
            level_3=level_3,
            target=read_target(target),
            actual=read_target(actual),
            weight=_decimal(weight),
            score=_decimal(score),
            variance_explanation=reason or None,
        )
        for level_1, level_2, level_3, target, actual, weight, score, reason in data["rows"]
    )
    record = SelfEvaluation(
        fiscal_year=2022,
        project_name=data["project_name"],
        supervising_department=data["supervising_department"],
        implementing_unit=data["implementing_unit"],
        currency_unit="元",
        funds=tuple(lines),
        expected_goal=data["expected_goal"],
        actual_result=data["actual_result"],
        indicators=rows,
        total_weight=Decimal(data["total_weight"]),
        total_score=Decimal(data["total_score"]),
    )
    return submission(
        record, typed=typed, title=data["title"], year_text=data["year_line"], unit_text=data["unit_line"]
    )


# ---- subjects from examples ---------------------------------------------------------------


def example(over: Over, text: str) -> tuple[Any, Form]:
    """The subject that an example describes, and the form with its parameters."""
    if over not in get_args(Over):
        raise ValueError(over)
    pairs = dict(token.partition("=")[::2] for token in shlex.split(text))
    form = _form({key[5:]: pairs.pop(key) for key in list(pairs) if key.startswith("form.")})
    return _BUILDERS[over](pairs, form), form


_SHORT = {
    "unit": "implementing_unit",
    "project": "project_name",
    "year": "fiscal_year",
    "department": "supervising_department",
    "annual": "total.annual_budget",
    "executed": "total.executed_amount",
    "carried": "carryover.initial_budget",
    "result": "actual_result",
    "total": "total_score",
    "rows": "indicators.level_3",
    "targets": "indicators.target",
    "actuals": "indicators.actual",
    "scores": "indicators.score",
}
"""Short names in the examples of rules over a batch."""


def batch_example(text: str) -> tuple[Batch, Form]:
    """The batch that an example describes: forms parted by bars, ``issued:`` before what was issued, ``*10`` copies."""
    changes: dict[str, str] = {}
    forms, issued = list[SelfEvaluation](), list[Assignment]()
    for part in text.split(" | "):
        tokens = shlex.split(part)
        head = tokens.pop(0) if tokens[0] == "issued:" or tokens[0].startswith("*") else ""
        pairs = dict(token.partition("=")[::2] for token in tokens)
        changes |= {key[5:]: pairs.pop(key) for key in list(pairs) if key.startswith("form.")}
        pairs = {_SHORT.get(key, key): value for key, value in pairs.items()}
        record = _record(pairs)
        if "fiscal_year" in pairs:
            record = replace(record, fiscal_year=int(pairs["fiscal_year"]))
        if head == "issued:":
            unit, project = pairs.get("implementing_unit"), pairs.get("project_name")
            issued.append(Assignment(fiscal_year=record.fiscal_year or 0, implementing_unit=unit, project_name=project))
            continue
        for _ in range(int(head[1:] or 1) if head else 1):
            # something is filled in, else the form is blank and says nothing
            result, project = f"完成第{len(forms)}项工作", f"项目{len(forms)}"
            own = replace(record, project_name=record.project_name or project)
            forms.append(replace(own, actual_result=record.actual_result or result))
    batch = Batch(issued or None)
    form = _form(changes)
    for number, record in enumerate(forms):
        digest = digest_of(submission(record, form=form), f"{number}.xlsx")
        assert digest is not None
        batch.add(digest)
    return batch, form


def _form(changes: Mapping[str, str]) -> Form:
    form = load_form("shanghai")
    values: dict[str, Any] = {}
    for name, text in changes.items():
        now = getattr(form.rules, name)
        if isinstance(now, bool):
            values[name] = {"true": True, "false": False}[text]
        elif isinstance(now, tuple):
            values[name] = tuple(text.split(","))
        else:
            values[name] = type(now)(text)
    return replace(form, rules=replace(form.rules, **values))


def _line(pairs: Mapping[str, str], source: str = "total") -> FundingLine:
    values = {key: Decimal(text) for key, text in pairs.items() if key != "source" and text}
    return FundingLine(source=pairs.get("source", source), reason=None, **values)


def _row(pairs: Mapping[str, str]) -> Indicator:
    values: dict[str, Any] = {}
    for key, text in pairs.items():
        if not text:
            continue
        if key in ("target", "actual"):
            values[key] = read_target(text)
        else:
            values[key] = Decimal(text) if key in ("weight", "score") else text
    return Indicator(**values)


def _record(pairs: Mapping[str, str]) -> SelfEvaluation:
    lines: dict[str, dict[str, str]] = {}
    columns: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for key, text in pairs.items():
        head, _, name = key.partition(".")
        if head in SOURCES:
            lines.setdefault(head, {})[name] = text
        elif head == "indicators":
            columns[name] = text.split(",")
        elif text:
            figure = key in ("total_weight", "total_score")
            values[key] = Decimal(text) if figure else int(text) if key == "fiscal_year" else text
    counts = {len(column) for column in columns.values()}
    if len(counts) > 1:
        raise ValueError(f"columns of different length: {columns}")
    rows = [_row(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    funds = tuple(_line(lines[source], source) for source in SOURCES if source in lines)
    return SelfEvaluation(funds=funds, indicators=tuple(rows), **values)


def _column(pairs: Mapping[str, str], form: Form) -> MoneyColumn:
    parts = tuple(Decimal(part) if part else None for part in pairs["parts"].split(","))
    total = Decimal(pairs["total"]) if pairs["total"] else None
    column = form.money_columns[0]
    return MoneyColumn(field=f"funds[0].{column.term}", term=column.term, label=column.label, total=total, parts=parts)


def _value(text: str | None) -> Value:
    if not text:
        return None
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


_FIELDS = {"money": "funds[0].annual_budget", "rate": "funds[0].execution_rate", "text": "project_name"}


def _cell(pairs: Mapping[str, str]) -> FieldCell:
    kind = cast(FieldKind, pairs["kind"])
    value: Value = pairs["text"] if "text" in pairs and "value" not in pairs else _value(pairs.get("value"))
    number_format = pairs.get("number_format", "General")
    shown_text = shown(value, number_format) if isinstance(value, Decimal) else str(value or "")
    cell = Cell(
        value=None if "formula" in pairs else value,
        text=pairs.get("text", shown_text),
        number_format=number_format,
        formula=pairs.get("formula"),
        cached=_value(pairs.get("cached")),
        error=pairs.get("error"),
    )
    return FieldCell(
        field=pairs.get("field", _FIELDS.get(kind, f"indicators[0].{kind}")),
        kind=kind,
        cell_name="A1",
        cell=cell,
        number=Decimal(pairs["number"]) if "number" in pairs else None,
        oddities=frozenset(pairs["oddities"].split(",")) if "oddities" in pairs else frozenset(),
        computed=_value(pairs.get("computed")),
        issued_formula=pairs.get("issued_formula"),
    )


def _difference(pairs: Mapping[str, str]) -> Difference:
    return Difference(
        kind=cast(Any, pairs["kind"]),
        field=pairs.get("field", "total_score"),
        cell_name="A1",
        issued=pairs["issued"],
        found=pairs["found"],
        state=cast(Any, pairs.get("state", "")),
        **{key: Decimal(pairs[key]) for key in ("due", "holds", "effect") if key in pairs},
    )


def _text(pairs: Mapping[str, str]) -> TextField:
    kind = pairs["kind"]
    field = pairs.get("field", "actual_result")
    words = re.sub(r"(.)\{(\d+)\}", lambda found: found[1] * int(found[2]), pairs["text"])
    return TextField(field=field, label="实际完成情况", text=words, kind=cast(Any, kind))


def _submission(pairs: dict[str, str], form: Form) -> Submission:
    more: dict[str, Any] = {}
    for key in ("title", "year_text", "unit_text", "stamp"):
        if key in pairs:
            more[key] = pairs.pop(key) or None
    if "year_asked" in pairs:
        more["year_asked"] = int(pairs.pop("year_asked"))
    if "missing" in pairs:
        more["missing"] = tuple(pairs.pop("missing").split(","))
    for key in ("stamp_state", "protected", "stamp_expected"):
        if key in pairs:
            text = pairs.pop(key)
            more[key] = {"yes": True, "no": False}.get(text, text)
    formula = pairs.pop("formula", "")
    if "remarks" in pairs:
        more["remarks"] = tuple(entry.partition(":")[::2] for entry in pairs.pop("remarks").split(","))
    if "ledger" in pairs:
        entries = (entry.partition(":") for entry in pairs.pop("ledger").split(","))
        more["ledger"] = {term: Decimal(amount) for term, _, amount in entries}
    if "origin" in pairs:
        more["origin"] = _assignment(pairs.pop("origin"))[0]
    if "registered" in pairs:
        known = pairs.pop("registered")
        wanted, version = (None, None) if known == "none" else _assignment(known)
        more["registered"] = Registered(assignment=wanted, version=version)
    dated = pairs.pop("dated", "")
    for key in ("issued_names", "errors"):
        if key in pairs:
            more[key] = dict(entry.partition(":")[::2] for entry in pairs.pop(key).split(","))
    looks = pairs.pop("looks", "")
    record = _record(pairs)
    typed: dict[str, tuple[Value, str]] = {}
    if dated:
        typed[dated] = Decimal(44842), "m/d"
    for term, number_format in zip(MONEY, looks.split(";") if looks else (), strict=False):
        typed[f"funds[0].{term}"] = getattr(record.funds[0], term), number_format
    made = submission(record, form=form, typed=typed, **more)
    if formula:  # in an input: the field, the formula, the stored result
        field, _, rest = formula.partition(":")
        text, _, stored = rest.rpartition(":")
        error, _, due = stored.partition("=") if stored.startswith("#") else ("", "", "")
        cell = Cell(formula=text, cached=None if error else _value(stored), text=error or stored, error=error or None)
        own = replace(made.cells[field], cell=cell, computed=_value(due))
        made = replace(made, cells={**made.cells, field: own})
    return made


def _assignment(text: str) -> tuple[Assignment, str | None]:
    """``unit/project/year/version``."""
    unit, project, year, *version = text.split("/")
    given = Assignment(implementing_unit=unit or None, project_name=project or None, fiscal_year=int(year))
    return given, version[0] if version else None


def _use(pairs: Mapping[str, str]) -> WaiverUse:
    waiver = Waiver(rule="M09", reason="机构调整", approver="预算科", expires=pairs["expires"], number=1)
    return WaiverUse(waiver=waiver, used=pairs["used"] == "yes", today=pairs["today"])


_BUILDERS: Mapping[Over, Any] = {
    "form": lambda pairs, form: _record(pairs),
    "funds": lambda pairs, form: _line(pairs),
    "total": lambda pairs, form: _line(pairs),
    "columns": _column,
    "indicators": lambda pairs, form: _row(pairs),
    "cells": lambda pairs, form: _cell(pairs),
    "differences": lambda pairs, form: _difference(pairs),
    "issued": lambda pairs, form: _difference(pairs),
    "texts": lambda pairs, form: _text(pairs),
    "submission": _submission,
    "waivers": lambda pairs, form: _use(pairs),
}
