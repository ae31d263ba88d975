"""Every ``Pass:`` and ``Fail:`` line of the rule book is run, and every message is said."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from itertools import product

import pytest
from records import example

from perfxl import validator
from perfxl.finding import Breach, Rule, Severity, fact_text, rule
from perfxl.form import Form
from perfxl.formula import BROKEN, HOLDS, OPEN, evaluate, parse
from perfxl.number import plain, read_target
from perfxl.record import FundingLine, Indicator, SelfEvaluation
from perfxl.rules import ALL

EXAMPLES = [
    pytest.param(each, outcome, text, id=f"{each.code}-{outcome}-{number}")
    for each in ALL
    for number, (outcome, text) in enumerate(each.examples)
]


def breaches(each: Rule, text: str) -> list[Breach]:
    subject, form = example(each.over, text)
    if each.applies is not None and not each.applies(subject, form):
        return []
    assert validator.missing(each, subject, form) == []
    return list(each.function(subject, form))


@pytest.mark.parametrize(("each", "outcome", "text"), EXAMPLES)
def test_example(each: Rule, outcome: str, text: str) -> None:
    found = breaches(each, text)
    assert bool(found) == (outcome == "Fail"), found


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.code)
def test_page_is_complete(each: Rule) -> None:
    assert {outcome for outcome, _ in each.examples} == {"Pass", "Fail"}
    assert len(each.title_zh) > 1
    assert bool(each.reason[0]) == bool(each.reason[1]), "a longer reason is given in both languages"
    assert "Pass:" not in each.reason[1]
    assert each.title_en
    assert all((each.zh, each.en, *each.examples, each.remedy_zh, each.remedy_en, each.basis))
    assert all(zh and en for zh, en in each.variants.values())
    assert bool(each.live) == bool(each.live_zh) == bool(each.live_en)


def _messages(each: Rule, breach: Breach) -> list[str]:
    known = {
        "expected": fact_text(breach.expected),
        "actual": fact_text(breach.actual),
        "difference": fact_text(breach.difference),
        **{name: fact_text(fact) for name, fact in breach.facts.items()},
    }
    texts = each.variants[breach.variant] if breach.variant else (each.zh, each.en)
    return [string.Formatter().vformat(text, (), known) for text in texts]


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.code)
def test_messages_can_be_said(each: Rule) -> None:
    said = set()
    for outcome, text in each.examples:
        for breach in breaches(each, text) if outcome == "Fail" else ():
            assert all(_messages(each, breach))
            said.add(breach.variant)
    # the one variant that no rule function yields is the engine's own
    assert said >= set(each.variants) - {"blank_form", "title"}


@pytest.mark.parametrize("each", [each for each in ALL if each.live], ids=lambda each: each.code)
def test_sheet_never_says_the_opposite(each: Rule) -> None:
    for outcome, text in each.examples:
        subject, form = example(each.over, text)
        answer = _live(each, subject, form)
        assert answer in (HOLDS, BROKEN, OPEN, "")
        assert answer != (BROKEN if outcome == "Pass" else HOLDS), text


TARGETS = ("100%", "100", "≥90%", "98", "0", "50场", "0.98", "健全", "100.0%", "1")
ACTUALS = ("100%", "98%", "95", "0.98", "0", "0%", "/", "10%", "1", "健全", "0.98%", "0场", "120%")
SCORES = (None, "0", "0.5", "1", "4.9", "5", "5.01")


@pytest.mark.parametrize(
    "each", [each for each in ALL if each.live and each.over == "indicators"], ids=lambda e: e.code
)
def test_sheet_and_rule_agree_on_a_grid(each: Rule) -> None:
    form = example("indicators", "")[1]
    answers = set()
    for target, actual, score, reason in product(TARGETS, ACTUALS, SCORES, (None, "无", "因天气推迟")):
        row = Indicator(
            target=read_target(target),
            actual=read_target(actual),
            weight=Decimal(5),
            score=None if score is None else Decimal(score),
            variance_explanation=reason,
        )
        answer = _live(each, row, form)
        answers.add(answer)
        applies = each.applies is None or each.applies(row, form)
        if applies and validator.missing(each, row, form):
            assert answer not in (HOLDS, BROKEN), row
            continue
        broken = applies and bool(list(each.function(row, form)))
        assert answer != (HOLDS if broken else BROKEN), row
    assert answers >= {HOLDS, BROKEN}


def _live(each: Rule, subject: object, form: Form) -> object:
    source = each.live or ""
    if each.code == "S01" and form.rules.scoring == "manual":
        return OPEN
    for entry in fields(form.rules):
        value = getattr(form.rules, entry.name)
        if isinstance(value, Decimal):
            source = source.replace("{" + entry.name + "}", plain(value))
    terms: dict[str, list[Decimal | str | bool | None]] = {"used": [Decimal(1)]}
    if isinstance(subject, Indicator):
        for name in ("level_3", "weight", "score", "variance_explanation"):
            terms[name] = [getattr(subject, name)]
        for name in ("target", "actual"):
            value = getattr(subject, name)
            terms[name] = [value.text if value else None]
            terms[f"{name}_figure"] = [evaluate(parse(f"figure({name})"), terms.__getitem__)]
    elif isinstance(subject, FundingLine):
        terms["denominator"] = [getattr(subject, form.denominator)]
        terms["executed_amount"] = [subject.executed_amount]
    elif isinstance(subject, SelfEvaluation):
        weights = [row.weight for row in subject.indicators]
        terms["indicators.weight"] = list(weights)
        terms["rows_used"] = [Decimal(1) for _ in weights]
        own = subject.total.weight if subject.total else None
        terms["total_weight"] = [sum((weight for weight in (*weights, own) if weight is not None), Decimal(0))]
    return evaluate(parse(source), terms.__getitem__)


def test_unknown_need_is_refused() -> None:
    @rule(
        "Z99",
        over="indicators",
        severity=Severity.INFO,
        zh="。",
        en=".",
        remedy=("。", "."),
        needs=("weight", "actual.figure", "mass"),
    )
    def nothing(row: Indicator, form: Form) -> Iterator[Breach]:
        """空。 Empty."""
        yield from ()

    assert validator.unknown_needs(nothing) == ("actual.figure", "mass")
    assert all(validator.unknown_needs(each) == () for each in ALL)
