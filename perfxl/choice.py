"""By which definition a form that was read by its labels is judged, and why.

A definition is taken where everything on the sheet has its place in it.  Where none fits, what is
printed on the sheet is itself the definition: it only adds no judgement of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache

from .finding import Choice
from .form import Column, Entry, Form, FundColumn, FundRow, Level1, shipped_form
from .formula import is_name
from .layout import Layout
from .noun import field_names, ordered_noun, replace
from .number import squeeze
from .record import FundingLine, Indicator, SelfEvaluation
from .vocabulary import bare_label, without_prefix

GENERAL = "general"
_ENOUGH = Decimal("0.85")
"""Share of a definition's labels that a sheet must carry, letter for letter, to be one with parts missing."""

_WITHIN = frozenset(
    {"central", "provincial", "municipal", "local", "superior", "government_fund", "state_capital", "bonds"}
)
"""Sources that some forms print as parts of 财政拨款 and others beside it."""


@ordered_noun
class _Printed:
    """What of a layout decides by which definition it is judged: fields with their labels, as printed."""

    labels: tuple[tuple[str, str], ...]
    totals: tuple[str, ...]
    unit_text: str | None
    execution_weight: str | None

    def terms(self, block: str) -> tuple[str, ...]:
        """As ``Layout.terms``."""
        start = block + "."
        return tuple(field[len(start) :] for field, _ in self.labels if field.startswith(start))


def choose(layout: Layout, forms: Iterable[Form]) -> tuple[Form, Choice]:
    """The definition that a layout is judged by: one of ``forms``, else what the sheet itself says."""
    printed = _Printed(
        tuple([(each.field, each.label) for each in layout.understood]),
        tuple(total for total in ("total_weight", "total_score") if total in layout.single),
        layout.unit_text,
        None if layout.execution_weight is None else str(layout.execution_weight),
    )
    form, choice = _choice(printed, tuple(forms))
    return form or described(layout), choice


@lru_cache(maxsize=64)
def _choice(layout: _Printed, forms: tuple[Form, ...]) -> tuple[Form | None, Choice]:
    """The definition, ``None`` where it is what the sheet itself says; the returns of one form are printed alike."""
    best: tuple[tuple[bool, Decimal], Form, Choice] | None = None
    for form in forms:
        fit = _fit(layout, form)
        whole = not fit.extra and not _unplaced(layout, form)
        share = Decimal(fit.matched) / fit.labels
        if fit.extra or not (whole or share >= _ENOUGH):
            whole, fit = False, replace(fit, form=GENERAL)
        rank = (fit.form != GENERAL and whole, share)
        if best is None or (fit.form != GENERAL, *rank) > (best[2].form != GENERAL, *best[0]):
            best = (rank, form, fit)
    if best is None:
        return None, Choice(form=GENERAL, nearest=GENERAL, matched=0, labels=1)
    return (best[1] if best[2].form != GENERAL else None), best[2]


def _labels(form: Form) -> Iterator[tuple[str, str]]:
    """Every labelled field of a definition: its path and its label."""
    for entry in (entry for row in form.header for entry in row):
        yield entry.term, entry.label
    for row in form.fund_rows:
        yield f"funds.{row.term}", row.label
    for fund_column in form.fund_columns:
        yield f"funds[].{fund_column.term}", fund_column.label
    yield "expected_goal", form.expected_label
    yield "actual_result", form.actual_label
    for column in form.columns:
        yield f"indicators[].{column.term}", column.label
    for entry in form.sign_off:
        yield f"sign_off.{entry.term}", entry.label


def _fit(layout: _Printed, form: Form) -> Choice:
    printed = dict(layout.labels)
    wanted = dict(_labels(form))
    same = [field for field, label in wanted.items() if _same(printed.get(field), label)]
    absent = tuple(label for field, label in wanted.items() if field not in printed)
    extra = [label for field, label in printed.items() if field not in wanted and _judged(field)]
    if layout.unit_text is not None and layout.unit_text != form.currency_unit:
        extra.append(layout.unit_text)
    if form.denominator not in layout.terms("funds[]") and layout.terms("funds[]"):
        extra.append(next((c.label for c in form.fund_columns if c.term == form.denominator), form.denominator))
    columns = layout.terms("indicators[]")
    if not _in_order(columns, form):
        extra.append("、".join(printed[f"indicators[].{term}"] for term in columns))
    weight, own = layout.execution_weight, form.execution_weight
    if weight is not None and own and Decimal(weight) != own:
        extra.append(weight)
    return Choice(
        form=form.id, nearest=form.id, matched=len(same), labels=len(wanted), absent=absent, extra=tuple(extra)
    )


def _judged(field: str) -> bool:
    """Whether a field that a definition does not have speaks against it: a column or a fund row does."""
    return field.startswith(("indicators[].", "funds"))


def _same(printed: str | None, label: str) -> bool:
    return printed is not None and without_prefix(bare_label(printed)) == without_prefix(bare_label(label))


def _in_order(found: tuple[str, ...], form: Form) -> bool:
    """Whether the columns that were found stand in the order of the definition."""
    wanted = [column.term for column in form.columns if column.term in found]
    return wanted == [term for term in found if term in wanted]


def _unplaced(layout: _Printed, form: Form) -> bool:
    """Whether a field of the definition was not found on the sheet."""
    printed = {field for field, _ in layout.labels}
    missing = {field for field, _ in _labels(form)} - printed
    totals = {"total_weight", "total_score"} - set(layout.totals)
    return bool(totals) or any(not field.startswith("sign_off") for field in missing)


# ---- the form that the sheet itself describes -----------------------------------------------------


@lru_cache(maxsize=1)
def general() -> Form:
    """The definition behind every form that none describes."""
    return shipped_form("general.toml")


def described(layout: Layout) -> Form:
    """A form as its own sheet prints it: labels, columns, fund rows, the weights in its labels."""
    base = general()
    unit = layout.unit_text or base.currency_unit
    terms = layout.terms("funds[]")
    denominator = "annual_budget" if "annual_budget" in terms or "initial_budget" not in terms else "initial_budget"
    labels = {each.field: each.label for each in layout.understood}
    header = tuple(
        (Entry(term=term, label=labels[term]),)
        for term in ("project_name", "supervising_department", "implementing_unit")
        if term in labels
    )
    known = set(field_names(Indicator))
    return replace(
        base,
        title=layout.title or base.title,
        currency_unit=unit,
        denominator=denominator,
        header=header,
        fund_rows=_fund_rows(layout, labels),
        fund_columns=tuple(_fund_columns(base, terms, labels, denominator)),
        expected_label=labels.get("expected_goal", base.expected_label),
        actual_label=labels.get("actual_result", base.actual_label),
        columns=tuple(
            Column(term=term, label=labels[f"indicators[].{term}"])
            for term in layout.terms("indicators[]")
            if term in known
        ),
        levels=(),
        total_label=labels.get("total_score", base.total_label),
        sign_off=tuple(Entry(term=term, label=label) for term, (label, _) in layout.sign_off.items()),
        rules=replace(base.rules, money_places=2 if unit == "元" else 6),
    )


def _fund_rows(layout: Layout, labels: Mapping[str, str]) -> tuple[FundRow, ...]:
    return tuple(
        FundRow(
            term=source,
            label=labels.get(f"funds.{source}", source),
            weight=layout.execution_weight if source == "total" else None,
        )
        for source in layout.funds
    )


def _fund_columns(
    base: Form, terms: tuple[str, ...], labels: Mapping[str, str], denominator: str
) -> Iterator[FundColumn]:
    known = set(field_names(FundingLine))
    for term in terms:
        column = base.fund_column(term)
        if column is None or term not in known:
            continue
        across = column.across and column.across.replace("annual_budget", denominator)
        if across and ("executed_amount" not in terms or denominator not in terms):
            across = None
        if across and term == "score" and "weight" not in terms:
            across = None
        yield replace(column, label=labels[f"funds[].{term}"], across=across)


def as_filled(form: Form, record: SelfEvaluation, weights: Mapping[str, Decimal]) -> Form:
    """A described form with what only its content tells.

    The levels are the 一级指标 of the record, with the weights printed in their labels; the rows that
    make the fund total are those that do so in the most columns; and where the indicators alone
    weigh the full score, the execution rate has none beside them.
    """
    if form.id != GENERAL:
        return form
    names: dict[str, Decimal | None] = {}
    for row in record.indicators:
        if row.level_1:
            names.setdefault(bare_label(row.level_1), weights.get(row.level_1))
    levels = tuple(Level1(name=name, weight=weight, required=False) for name, weight in names.items() if name)
    parts = _parts(form, record)
    down = f"sum({', '.join(parts)})" if parts else None
    rows = tuple(replace(row, down=down) if row.term == "total" else row for row in form.fund_rows)
    weighed = sum((row.weight for row in record.indicators if row.weight is not None), Decimal(0))
    alone = form.fund_column("score") is None and weighed == form.rules.total_weight
    return replace(form, levels=levels, fund_rows=rows, execution_scored=not alone)


def _parts(form: Form, record: SelfEvaluation) -> tuple[str, ...]:
    """The rows that make 年度资金总额; none where the sheet leaves it in doubt.

    Some forms print 中央资金 or 专项债券 within 财政拨款, others beside it: the amounts decide.
    """
    rest = [row for row in form.fund_rows if row.term != "total"]
    total = record.total
    if total is None or not rest or not all(is_name(row.term) for row in rest):
        return ()
    every = tuple(row.term for row in rest)
    beside = tuple(row.term for row in rest if row.term not in _WITHIN)
    outer = tuple(row.term for at, row in enumerate(rest) if not at or not squeeze(row.label).startswith("其中"))
    ways = list(dict.fromkeys(way for way in (every, outer, beside) if way))
    if len(ways) == 1 and len(rest) > 1:
        return ways[0]  # a single 其中 may name a part only
    held = {way: sum(_adds_up(record, way, column.term) for column in form.money_columns) for way in ways}
    best = max(held.values())
    fitting = [way for way in ways if held[way] == best]
    return fitting[0] if best and len(fitting) == 1 else ()


def _adds_up(record: SelfEvaluation, sources: tuple[str, ...], term: str) -> bool:
    amounts = [getattr(line, term) for line in record.funds if line.source in sources]
    whole = getattr(record.total, term)
    return whole is not None and any(amounts) and sum((each or Decimal(0) for each in amounts), Decimal(0)) == whole
