"""Filled forms of many provinces as plain data, and what is true of each: every field, its cell, the faults planted.

The layouts are those of published forms; projects, units and figures are invented.
"""

from __future__ import annotations

from . import national, provinces, relatives, stages
from .compare import Outcome, compare, compare_all, total
from .paper import Fixture, Paper, Planted, Truth
from .surface import perturb


def fixtures() -> tuple[Fixture, ...]:
    """Every filled form, in the order of the families."""
    return (*national.fixtures(), *provinces.fixtures(), *stages.fixtures(), *relatives.fixtures())


__all__ = ["Fixture", "Outcome", "Paper", "Planted", "Truth", "compare", "compare_all", "fixtures", "perturb", "total"]
