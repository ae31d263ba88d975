"""The rules over a batch; findings with all their places out 跨表核验."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from .batch import Batch
from .finding import Across, BatchFinding, BatchNotRun, Breach, Finding, Over, Rule, Severity
from .form import Form, Parameters, load_form, with_parameters
from .rules import BOOK

_GROUPS: frozenset[Over] = frozenset(
    ("returns", "units", "copies", "summaries", "things", "registers", "claims", "years")
)
"""What rules over a batch are called with: each is made by the function of that name in ``grouping``, which is
loaded where there is a batch."""


Changes = tuple[tuple[str, object], ...]
Severities = tuple[tuple[str, Severity], ...]


def across(
    batch: Batch,
    *,
    form: Form | None = None,
    rules: Sequence[Rule] = BOOK,
    changes: Changes = (),
    severities: Severities = (),
) -> Across:
    """What the rules over a batch say of it; of ``rules``, those of one form are passed over.

    ``changes`` and ``severities`` are those of a ``Config``.
    Nothing is computed before the findings are walked through: the batch may still be filling.
    """
    found = cross_check(batch, form=form, rules=rules, changes=changes, severities=severities)
    return Across(found, not_run(batch, rules))


def cross_check(
    batch: Batch,
    *,
    form: Form | None = None,
    rules: Sequence[Rule] = BOOK,
    changes: Changes = (),
    severities: Severities = (),
) -> Iterator[BatchFinding]:
    """跨表核验: findings in the order of the rule book.

    Thresholds are those of ``form``, else of the definition that most forms of the batch have.
    """
    chosen = [rule for rule in rules if rule.over in _GROUPS]
    if batch.is_alone or not chosen:
        return
    from . import grouping

    form = form or _definition(batch)
    form, graded = with_parameters(form, changes), dict(severities)
    for rule in chosen:
        groups: Callable[[Batch, Parameters], Iterator[Any]] = getattr(grouping, rule.over)
        for group in groups(batch, form.rules):
            for breach in rule.function(group, form):
                yield _finding(rule, breach, group, graded.get(rule.code))


def _definition(batch: Batch) -> Form:
    """The definition that most forms of the batch have; forms that none describes have the general one."""
    from .choice import GENERAL, general

    name = max(batch.kinds, key=lambda name: batch.kinds[name])
    if name == GENERAL:
        return general()
    return load_form(name)


def _finding(rule: Rule, breach: Breach, group: Any, graded: Severity | None) -> BatchFinding:
    difference, expected, actual = breach.difference, breach.expected, breach.actual
    if difference is None and isinstance(expected, Decimal) and isinstance(actual, Decimal):
        difference = actual - expected
    finding = Finding(
        rule=rule.code,
        severity=graded or breach.severity or rule.severity,
        sheet="",
        cell=None,
        field="",
        expected=expected,
        actual=actual,
        difference=difference,
        facts=breach.facts,
        variant=breach.variant,
    )
    return BatchFinding(finding=finding, places=getattr(group, breach.field or "places"))


def not_run(batch: Batch, rules: Sequence[Rule] = BOOK) -> Iterator[BatchNotRun]:
    """Rules over a batch that could not be applied: to any form, or to the forms that do not say enough."""
    for rule in rules:
        lacking = _lacking(rule.over, batch)
        if lacking:
            yield BatchNotRun(rule=rule.code, missing=lacking, forms=batch.forms)
        elif rule.over in _GROUPS and rule.needs and not batch.is_alone:
            for term, forms in batch.without(rule.needs).items():
                yield BatchNotRun(rule=rule.code, missing=(term,), forms=forms)


def _lacking(over: Over, batch: Batch) -> tuple[str, ...]:
    if over == "registers" and batch.issued is None:
        return ("register",)
    if over in ("summaries", "years"):
        return ("summary" if over == "summaries" else "history",) if batch.is_alone or not _has(over, batch) else ()
    return ("monitoring",) if over == "claims" else ()


def _has(over: Over, batch: Batch) -> bool:
    from . import grouping

    return grouping.has_summary(batch) if over == "summaries" else grouping.has_years(batch)
