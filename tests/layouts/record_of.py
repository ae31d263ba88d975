"""The record that a form should be read to, from its truth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from perfxl.record import FundingLine, Indicator, SelfEvaluation, SignOff

from .paper import Truth


def record_of(truth: Truth) -> SelfEvaluation:
    """Every field of the truth in the nouns of the form, the rows in their order."""
    funds: dict[str, dict[str, Any]] = {}
    rows: dict[int, dict[str, Any]] = {}
    sign_off: list[SignOff] = []
    rest: dict[str, Any] = {}
    for name, (_, means) in truth.fields.items():
        parts = name.split(".")
        if parts[0] == "funds":
            funds.setdefault(parts[1], {})[parts[2]] = means
        elif parts[0] == "indicators":
            rows.setdefault(int(parts[1]), {})[parts[2]] = means
        elif parts[0] == "sign_off":
            sign_off.append(SignOff(term=parts[1], label=parts[1], text=str(means)))
        else:
            rest[name] = means
    indicators = tuple(
        Indicator(**{**rows[number], "score": _decimal(rows[number].get("score"))}) for number in sorted(rows)
    )
    lines = tuple(FundingLine(source=source, **values) for source, values in funds.items())
    return SelfEvaluation(
        currency_unit=truth.currency_unit, funds=lines, indicators=indicators, sign_off=tuple(sign_off), **rest
    )


def _decimal(value: object) -> Decimal | None:
    assert value is None or isinstance(value, Decimal)
    return value


def place_of(record: SelfEvaluation, field: str) -> str:
    """``funds.total.score`` as the record counts it: ``funds[0].score``; ``indicators.3.score``: ``indicators[3].score``."""
    head, *rest = field.split(".")
    if head == "funds":
        sources = [line.source for line in record.funds]
        return f"funds[{sources.index(rest[0])}].{rest[1]}"
    return f"indicators[{rest[0]}].{rest[1]}" if head == "indicators" else field
