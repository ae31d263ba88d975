"""The rule book 核验规则, in the order of the form."""

from __future__ import annotations

from functools import lru_cache

from ..finding import Rule
from . import (
    across,
    deviations,
    exceptions,
    execution,
    header,
    money,
    narrative,
    scores,
    statements,
    totals,
    values,
    weights,
    workbook,
)

ALL: tuple[Rule, ...] = (
    *workbook.RULES,
    *header.RULES,
    *money.RULES,
    *execution.RULES,
    *weights.RULES,
    *values.RULES,
    *scores.RULES,
    *deviations.RULES,
    *totals.RULES,
    *narrative.RULES,
    *statements.RULES,
)
"""The rules over one form."""

ACROSS: tuple[Rule, ...] = across.RULES
"""The rules over the forms of a batch."""

WAIVED: tuple[Rule, ...] = exceptions.RULES
"""The rules over waivers."""

BOOK: tuple[Rule, ...] = (*ALL, *ACROSS, *WAIVED)


STABLE: tuple[Rule, ...] = tuple(rule for rule in ALL if not rule.preview)
"""The rules over one form that run where nobody says otherwise: all but those in preview."""

STANDARD: tuple[Rule, ...] = (*STABLE, *(rule for rule in ACROSS if not rule.preview), *WAIVED)
"""The rules that run where nobody says otherwise."""


@lru_cache(maxsize=256)
def by_code(code: str) -> Rule | None:
    """The rule of that code, or ``None``; where there is one for a form and one for a batch, the former."""
    return next((rule for rule in BOOK if rule.code == code), None)


@lru_cache(maxsize=64)
def across_by_code(code: str) -> Rule | None:
    """The rule of that code over a batch, or ``None``."""
    return next((rule for rule in ACROSS if rule.code == code), None)
