"""Filled forms of many provinces as plain data, and what is true of each: every field, its cell, the faults planted.

The layouts are those of published forms; projects, units and figures are invented.
"""

from __future__ import annotations

from . import national, provinces
from .compare import Outcome, compare, total
from .paper import Fixture, Paper, Planted, Truth
from .surface import perturb


def fixtures() -> tuple[Fixture, ...]:
    """Every filled form, in the order of the families."""
    return (*national.fixtures(), *provinces.fixtures())


__all__ = ["Fixture", "Outcome", "Paper", "Planted", "Truth", "compare", "fixtures", "perturb", "total"]
