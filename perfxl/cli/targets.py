"""What a person means by a word: a unit by its code or name, an assignment by its id."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ..campaign.plan import Label, Plan
from ..form import near
from .speech import Speech


def unit_codes(say: Speech, wanted: Iterable[str], plan: Plan) -> tuple[str, ...]:
    """The codes of units given by code or name; a word that is neither is a usage error."""
    codes = _codes(plan)
    found = []
    for word in wanted:
        code = codes.get(word.casefold()) or codes.get(word)
        if code is None:
            raise _nobody(say, word, plan)
        found.append(code)
    return tuple(dict.fromkeys(found))


def tasks_meant(say: Speech, wanted: Iterable[str], plan: Plan) -> list[Label]:
    """The tasks given by id, or all those of a unit given by code or name; an unknown word is a usage error."""
    codes, ids = _codes(plan), {label.id.casefold(): label for label in plan.labels()}
    found: dict[str, Label] = {}
    for word in wanted:
        task, code = ids.get(word.casefold()), codes.get(word.casefold()) or codes.get(word)
        if task is None and code is None:
            raise _nobody(say, word, plan)
        for each in [task] if task is not None else plan.labels_of(code or ""):
            found[each.id] = each
    return list(found.values())


def _codes(plan: Plan) -> dict[str, str]:
    return {unit.name: unit.code for unit in plan.units} | {unit.code.casefold(): unit.code for unit in plan.units}


def _nobody(say: Speech, word: str, plan: Plan) -> click.UsageError:
    ids = [label.id for label in plan.labels()]
    hint = near(word, [*(unit.code for unit in plan.units), *(unit.name for unit in plan.units), *ids])
    zh, en = f"花名册里没有 {word}。", f"{word!r} is not in the roster. "
    return click.UsageError(
        say(zh + (f"是不是 {hint}？" if hint else ""), en + (f"Did you mean {hint}?" if hint else ""))
    )
