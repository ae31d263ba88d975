"""Filled forms of many provinces as plain data, and what is true of each: every field, its cell, the faults planted.

The layouts are those of published forms; projects, units and figures are invented.
"""

from __future__ import annotations

from . import national, provinces, relatives, stages, strangers
from .compare import Outcome, compare, compare_all, total
from .paper import Fixture, Paper, Planted, Truth
from .surface import perturb


def fixtures() -> tuple[Fixture, ...]:
    """Every filled form, in the order of the families."""
    return (
        *national.fixtures(),
        *provinces.fixtures(),
        *stages.fixtures(),
        *relatives.fixtures(),
        *strangers.fixtures(),
    )


def decoys() -> tuple[Fixture, ...]:
    """Sheets that speak like a form and are none."""
    return strangers.decoys()


__all__ = [
    "Fixture",
    "Outcome",
    "Paper",
    "Planted",
    "Truth",
    "compare",
    "compare_all",
    "decoys",
    "fixtures",
    "perturb",
    "total",
]
