"""The rule book 核验规则, in the order of the form."""

from __future__ import annotations

from functools import lru_cache

from ..finding import Rule
from . import deviations, execution, header, money, narrative, scores, statements, totals, values, weights, workbook

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


STABLE: tuple[Rule, ...] = tuple(rule for rule in ALL if not rule.preview)
"""The rules that run where nobody says otherwise: all but those in preview."""


@lru_cache(maxsize=256)
def by_code(code: str) -> Rule | None:
    """The rule of that code, or ``None``."""
    return next((rule for rule in ALL if rule.code == code), None)
