"""The units that ``--only`` names."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..campaign.plan import Plan
from ..form import near
from .speech import Speech


def unit_codes(say: Speech, words: Sequence[str], plan: Plan) -> tuple[str, ...]:
    """The codes of the units that are meant: by code, in whatever letter case, or by name. Raises a usage error
    for one that is not in the roster."""
    codes = {unit.name: unit.code for unit in plan.units} | {unit.code.casefold(): unit.code for unit in plan.units}
    found = []
    for word in words:
        code = codes.get(word.casefold()) or codes.get(word)
        if code is None:
            hint = near(word, [unit.code for unit in plan.units] + [unit.name for unit in plan.units])
            zh, en = f"花名册里没有单位 {word}。", f"No unit {word!r} in the roster. "
            raise click.UsageError(
                say(zh + (f"是不是 {hint}？" if hint else ""), en + (f"Did you mean {hint}?" if hint else ""))
            )
        found.append(code)
    return tuple(found)
