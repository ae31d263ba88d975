"""Why a wrong figure is what it is 差错成因: hypotheses that reproduce it to the cent.

A hypothesis proposes values; it fits where one of them is the figure that was stated.
A diagnosis explains a finding and never changes a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property

from .finding import Diagnosis, Fact, fact_text
from .form import FundColumn
from .formula import UncomputableError, evaluate, parse, terms
from .noun import ordered_noun, replace
from .number import half_up, neat, places_of, plain
from .record import FundingLine, Indicator
from .sheet import Value
from .submission import Submission

TEN_THOUSAND = Decimal(10_000)
"""元 in one 万元."""

# The figures that hypotheses are about, by the rules that find them wrong.
_TOTAL, _WEIGHTS, _SUM = ("T01",), ("K02",), ("M01",)
_RATE, _SCORE, _ROW = ("X02",), ("X04",), ("S01", "S02")


@ordered_noun
class Guess:
    """A value that the figure would have, if the hypothesis held, and facts for its words."""

    value: Decimal
    facts: Mapping[str, Fact] = {}


class Case:
    """A figure of a submission that a rule found wrong, and what the form's own formulas give.

    The arithmetic is that of the form's definition, evaluated with other inputs.
    """

    def __init__(self, submission: Submission, rule: str, field: str) -> None:
        self.submission, self.rule, self.field = submission, rule, field

    @cached_property
    def index(self) -> int:
        """The line that the field stands in: 9 of ``indicators[9].score``."""
        _, _, rest = self.field.partition("[")
        return int(rest.partition("]")[0] or 0)

    @cached_property
    def term(self) -> str:
        """The last part of the field: ``score``."""
        return self.field.rpartition(".")[2]

    @cached_property
    def line(self) -> FundingLine:
        """The funding line in question; the total where the field is no fund field."""
        record = self.submission.record
        if self.field.startswith("funds["):
            return record.funds[self.index]
        return record.total or FundingLine(source="total")

    @cached_property
    def row(self) -> Indicator:
        """The indicator row in question."""
        return self.submission.record.indicators[self.index]

    @cached_property
    def stated(self) -> Decimal | None:
        """The figure that stands in the form."""
        subject: object = self.submission.record
        if self.field.startswith("funds["):
            subject = self.line
        elif self.field.startswith("indicators["):
            subject = self.row
        return _decimal(getattr(subject, self.term, None))

    @cached_property
    def expected(self) -> Decimal | None:
        """The figure that should stand there."""
        if self.rule in _TOTAL:
            return self.total()
        if self.rule in _WEIGHTS:
            return self.total(of="weight")
        if self.rule in _ROW:
            return self.proportional()
        if self.rule in _SUM:
            return self.parts_sum(self.term)
        return self.fund_figure(self.term)

    def total(self, of: str = "score", **columns: Iterable[Decimal | None]) -> Decimal | None:
        """总分 or 分值合计 by the form's formula, with whole columns replaced: ``funds``, ``indicators``."""
        form, record = self.submission.form, self.submission.record
        subjects: dict[str, Iterable[object]] = {"funds": record.funds, "indicators": record.indicators}

        def values(name: str) -> list[Value]:
            block, _, term = name.partition(".")
            if term == of and block in columns:
                return list(columns[block])
            return [getattr(subject, term, None) for subject in subjects[block]]

        source = form.total_score if of == "score" else form.total_weight
        return _figure(source, values) if source else None

    def fund_figure(self, term: str, **swapped: Decimal | None) -> Decimal | None:
        """A figure of the funding line by the form's formula, with some of its inputs replaced."""

        def values(name: str) -> list[Value]:
            if name in swapped:
                return [swapped[name]]
            column = self.submission.form.fund_column(name)
            if column is not None and column.across:
                return [self.fund_figure(name, **swapped)]
            found = getattr(self.line, name)
            return [self.submission.form.execution_weight if found is None and name == "weight" else found]

        column = self.submission.form.fund_column(term)
        return _figure(column.across, values) if column is not None and column.across else None

    def proportional(self, places: int = 2) -> Decimal | None:
        """The row's score in proportion to what was reached; fewer ``places`` round it once more."""
        row = self.row
        if row.target is None or row.actual is None or row.weight is None:
            return None
        target, actual = row.target.number, row.actual.number
        if target is None or actual is None or target <= 0:
            return None
        # Above a ceiling the score falls as the excess grows: (1 - (a - t) / t) · w = (2t - a) / t · w.
        ceiling = (row.target.operator or row.operator) in ("≤", "<")
        part = max(2 * target - actual if ceiling else actual, Decimal(0))
        inputs = {"part": part, "whole": target, "weight": row.weight}
        decimals = max(places_of(part), places_of(target))
        score = _figure(f"proportion(part, whole, weight, {decimals})", lambda name: [inputs[name]])
        return None if score is None else half_up(score, places)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The sources that add up to the total row."""
        return self.submission.form.total_parts

    def part(self, source: str, term: str) -> Decimal | None:
        """An amount of one part of the total row."""
        return _decimal(getattr(self.submission.record.line(source), term, None))

    def parts_sum(self, term: str) -> Decimal | None:
        """What the parts of a money column add up to, by the formula of the total row."""
        down = next((row.down for row in self.submission.form.fund_rows if row.term == self.line.source), None)
        return _figure(down, lambda name: [self.part(name, term)]) if down else None

    @cached_property
    def other_columns(self) -> tuple[FundColumn, ...]:
        """The budgets that the execution rate is not measured against."""
        form = self.submission.form
        rate = form.fund_column("execution_rate")
        used = terms(parse(rate.across)) if rate is not None and rate.across else frozenset()
        return tuple(
            column for column in form.money_columns if column.term not in used | {form.denominator, "executed_amount"}
        )

    def shown(self, facts: Mapping[str, Fact]) -> dict[str, Fact]:
        """Facts as people write them: a rate is a percentage on paper."""
        if self.rule not in _RATE:
            return dict(facts)
        rates = {name: facts.get(name) for name in ("stated", "expected", "value")}
        exact = {name: half_up(rate * 100, 2) for name, rate in rates.items() if isinstance(rate, Decimal)}
        return {**facts, **{name: f"{plain(rate)}%" for name, rate in exact.items()}}

    def cell(self, field: str, fallback: str) -> str:
        """Where a field stands, as people name it."""
        found = self.submission.cells.get(field)
        return found.cell_name if found is not None else fallback


def _figure(source: str, values: Callable[[str], list[Value]]) -> Decimal | None:
    try:
        found = evaluate(parse(source), values)
    except UncomputableError:
        return None
    return _decimal(found)


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


@ordered_noun
class Hypothesis:
    """One way in which a figure goes wrong: the rules whose findings it can explain, its code, its guesses."""

    name: str
    explains: tuple[str, ...]
    rule: str | None
    guesses: Callable[[Case], Iterator[Guess]]


def other_denominator(case: Case) -> Iterator[Guess]:
    """用另一预算列作了分母。 The score or rate, or the total with it, by another budget column.

    Fits: T01 initial=4764200 annual=3028940 executed=2977291.16 execution=9.83 rows=82/90 stated=88.25
    Fits: T01 initial=6846050 annual=5910686.64 executed=5910686.64 execution=10 rows=90/90 stated=98.63
    Fits: X04 initial=4764200 annual=3028940 executed=2977291.16 stated=6.25
    Fits: X02 initial=4764200 annual=3028940 executed=2977291.16 stated=0.6249
    Misses: T01 initial=4764200 annual=3028940 executed=2977291.16 execution=9.83 rows=82/90 stated=88.26
    """
    for column in case.other_columns:
        amount = getattr(case.line, column.term)
        swapped = {case.submission.form.denominator: amount}
        facts: dict[str, Fact] = {"column": column.label, "amount": amount, "term": column.term}
        if case.rule in _TOTAL:
            score = case.fund_figure("score", **swapped)
            value = case.total(funds=[score])
        else:
            value = score = case.fund_figure(case.term, **swapped)
        if value is not None and score is not None:
            yield Guess(value, {**facts, "value": score})


def execution_left_out(case: Case) -> Iterator[Guess]:
    """漏加了预算执行率的得分（或分值）。 The indicators alone, without the execution score (or its weight).

    Fits: T01 annual=100 executed=95 execution=9.5 rows=82/90 stated=82
    Fits: K02 annual=100 executed=95 rows=82/90 stated=90
    Misses: T01 annual=100 executed=95 execution=9.5 rows=82/90 stated=83
    """
    value = case.total("weight" if case.rule in _WEIGHTS else "score", funds=[])
    if value is not None:
        yield Guess(value)


def execution_as_full(case: Case) -> Iterator[Guess]:
    """执行率得分按满分计入。 The execution score taken as full marks.

    Fits: T01 annual=100 executed=95 execution=9.5 rows=82/90 stated=92
    Fits: X04 annual=100 executed=95 stated=10
    Misses: T01 annual=100 executed=95 execution=9.5 rows=82/90 stated=91
    """
    weight = case.line.weight if case.line.weight is not None else case.submission.form.execution_weight
    value = case.total(funds=[weight]) if case.rule in _TOTAL else weight
    if value is not None and weight is not None:
        yield Guess(value, {"value": weight})


def weights_for_scores(case: Case) -> Iterator[Guess]:
    """把分值当得分相加，含或不含执行率。 Weights added up where scores were meant, with or without the execution score.

    Fits: T01 annual=100 executed=95 execution=9.5 rows=40/50,32/40 stated=100
    Fits: T01 annual=100 executed=95 execution=9.5 rows=40/50,32/40 stated=99.5
    Misses: T01 annual=100 executed=95 execution=9.5 rows=40/50,32/40 stated=90.5
    """
    rows = case.submission.record.indicators
    if all(row.score == row.weight for row in rows):
        return  # both columns add up to the same
    weights = [row.weight for row in rows]
    execution = [line.weight for line in case.submission.record.funds]
    for value in (
        case.total(indicators=weights),
        case.total(indicators=weights, funds=execution),
        case.total(indicators=weights, funds=[]),
    ):
        if value is not None:
            yield Guess(value)


def _one_row(case: Case, sign: int) -> Iterator[Guess]:
    """One guess for each distinct figure; rows with the same figure share it."""
    if case.expected is None:
        return
    of = "weight" if case.rule in _WEIGHTS else "score"
    places: dict[Decimal, list[str]] = {}
    if case.rule in _SUM:
        labels = {row.term: row.label for row in case.submission.form.fund_rows}
        figures = [(case.part(part, case.term), labels[part]) for part in case.parts]
    else:
        figures = [
            (getattr(row, of), case.cell(f"indicators[{at}].{of}", f"#{at + 1}"))
            for at, row in enumerate(case.submission.record.indicators)
        ]
    for figure, place in figures:
        if figure:
            places.setdefault(figure, []).append(place)
    for figure, where in places.items():
        shown = ", ".join(where[:5]) + (" …" if len(where) > 5 else "")
        yield Guess(case.expected + sign * figure, {"value": figure, "row": shown, "rows": len(where)})


def row_left_out(case: Case) -> Iterator[Guess]:
    """求和漏了一行。 One row is missing from the sum.

    Fits: T01 annual=100 executed=95 execution=9.5 rows=8/10,74/80 stated=83.5
    Fits: M01 parts=100,20,3 stated=120
    Misses: T01 annual=100 executed=95 execution=9.5 rows=8/10,74/80 stated=84.5
    """
    return _one_row(case, -1)


def row_twice(case: Case) -> Iterator[Guess]:
    """求和把一行算了两遍。 One row stands in the sum twice.

    Fits: T01 annual=100 executed=95 execution=9.5 rows=8/10,74/80 stated=99.5
    Fits: M01 parts=100,20,3 stated=126
    Misses: M01 parts=100,20,3 stated=125
    """
    return _one_row(case, 1)


def row_as_full(case: Case) -> Iterator[Guess]:
    """未达指标值却给了满分。 A row that did not reach its target has full marks all the same.

    Fits: S01 target=100% actual=10% weight=5 stated=5
    Misses: S01 target=100% actual=10% weight=5 stated=1
    """
    if case.row.weight is not None:
        yield Guess(case.row.weight, {"value": case.row.weight})


def rate_rounded_first(case: Case) -> Iterator[Guess]:
    """先舍入执行率再算得分。 The rate was rounded as it is printed, and the score computed from that.

    Fits: X04 annual=1000 executed=984.6 rate=0.98 stated=9.80
    Misses: X04 annual=1000 executed=984.6 rate=0.98 stated=9.85
    """
    exact, printed = case.fund_figure("execution_rate"), case.line.execution_rate
    if exact is not None and printed is not None:
        rate = half_up(exact, max(2, places_of(printed)))
        # Measured against 1, the score column gives the rate its weight.
        score = case.fund_figure(
            "score", executed_amount=rate, execution_rate=rate, **{case.submission.form.denominator: Decimal(1)}
        )
        if score is not None:
            yield Guess(score, {"value": score, "rate": f"{neat(rate * 100)}%"})


def whole_points(case: Case) -> Iterator[Guess]:
    """四舍五入成了整数分。 A figure with decimals rounded to whole points.

    Fits: S01 target=100% actual=10% weight=5 stated=1
    Fits: X04 annual=1000 executed=862 stated=9
    Misses: S01 target=100% actual=30% weight=5 stated=1
    """
    if case.expected is not None:
        yield Guess(half_up(case.expected, 0), {"value": case.expected})


def mixed_units(case: Case) -> Iterator[Guess]:
    """元与万元混用。 Yuan and ten thousand yuan mixed: the figure itself, or the spending against the budget.

    Fits: M01 parts=100,20,3 stated=1230000
    Fits: X02 annual=302.894 executed=297.729116 stated=9829.4821
    Misses: M01 parts=100,20,3 stated=12300
    """
    for factor in (TEN_THOUSAND, 1 / TEN_THOUSAND):
        if case.rule in _SUM:
            if case.expected is not None:
                yield Guess(case.expected * factor)
        elif case.line.executed_amount is not None:
            value = case.fund_figure(case.term, executed_amount=case.line.executed_amount * factor)
            if value is not None:
                yield Guess(value)


def transposed_digits(case: Case) -> Iterator[Guess]:
    """相邻两位数字颠倒。 Two neighbouring digits have changed places.

    Fits: T01 annual=100 executed=95 execution=9.5 rows=82/90 stated=95.1
    Fits: M01 parts=100,20,3 stated=132
    Misses: M01 parts=100,20,3 stated=321
    """
    if case.expected is None:
        return
    digits = neat(case.expected * 100 if case.rule in _RATE else case.expected)
    for at in range(len(digits) - 1):
        left, right = at, at + 1
        if digits[right] == "." and right + 1 < len(digits):
            right += 1
        if digits[left].isdigit() and digits[right].isdigit() and digits[left] != digits[right]:
            swapped = list(digits)
            swapped[left], swapped[right] = swapped[right], swapped[left]
            value = Decimal("".join(swapped))
            yield Guess(value / 100 if case.rule in _RATE else value)


def slipped_decimal(case: Case) -> Iterator[Guess]:
    """小数点错位。 The point stands one or two places off.

    Fits: T01 annual=100 executed=95 execution=9.5 rows=82/90 stated=9.15
    Fits: M01 parts=100,20,3 stated=1230
    Misses: M01 parts=100,20,3 stated=12301
    """
    if case.expected:
        for shift in (1, -1, 2, -2):
            yield Guess(case.expected.scaleb(shift), {"value": case.expected})


HYPOTHESES = (
    Hypothesis("other_denominator_total", _TOTAL, "T02", other_denominator),
    Hypothesis("other_denominator", _SCORE + _RATE, "X05", other_denominator),
    Hypothesis("execution_left_out", _TOTAL, "T03", execution_left_out),
    Hypothesis("execution_weight_left_out", _WEIGHTS, None, execution_left_out),
    Hypothesis("execution_as_full", _TOTAL, "T03", execution_as_full),
    Hypothesis("score_as_full", _SCORE, None, execution_as_full),
    Hypothesis("row_as_full", _ROW, None, row_as_full),
    Hypothesis("weights_for_scores", _TOTAL, "T03", weights_for_scores),
    Hypothesis("rate_rounded_first", _SCORE, None, rate_rounded_first),
    Hypothesis("row_left_out", _TOTAL, "T03", row_left_out),
    Hypothesis("row_left_out", _WEIGHTS + _SUM, None, row_left_out),
    Hypothesis("row_twice", _TOTAL, "T03", row_twice),
    Hypothesis("row_twice", _WEIGHTS + _SUM, None, row_twice),
    Hypothesis("rounded_to_whole_points", _ROW + _SCORE + _TOTAL, None, whole_points),
    Hypothesis("mixed_units", _SUM + _RATE + _SCORE, None, mixed_units),
    Hypothesis("transposed_digits", _TOTAL + _WEIGHTS + _SCORE + _RATE + _SUM, None, transposed_digits),
    Hypothesis("slipped_decimal", _TOTAL + _WEIGHTS + _SCORE + _RATE + _SUM + _ROW, None, slipped_decimal),
)
"""All hypotheses, the most specific first."""

WORDS: Mapping[str, tuple[str, str]] = {
    "other_denominator_total": (
        "总分 {stated} 与执行率得分按{column} {amount} 计算（{value} 分）的结果一致：换了分母之后总分没有随之重算。",
        "The total {stated} is what the rows give when the execution score is computed against {column} {amount} "
        "({value} points): it was not recomputed after the denominator changed.",
    ),
    "other_denominator": (
        "{stated} 与按{column} {amount} 作分母计算的结果一致。",
        "{stated} is what comes out when {column} {amount} is the denominator.",
    ),
    "execution_left_out": (
        "总分 {stated} 是各指标得分之和，漏加了预算执行率得分。",
        "The total {stated} is the sum of the indicator scores; the execution score was left out.",
    ),
    "execution_weight_left_out": (
        "分值合计 {stated} 是各指标分值之和，漏加了预算执行率的分值。",
        "The weight total {stated} is the sum of the indicators; the weight of the execution rate was left out.",
    ),
    "execution_as_full": (
        "总分 {stated} 把预算执行率按满分 {value} 计入了。",
        "The total {stated} takes the execution score as its full {value} points.",
    ),
    "score_as_full": (
        "执行率得分按满分 {value} 填写，没有按执行率计算。",
        "The execution score was given its full {value} points instead of being computed from the rate.",
    ),
    "row_as_full": (
        "未达到指标值，却按满分 {value} 给分。",
        "The target was not reached, yet the row has its full {value} points.",
    ),
    "weights_for_scores": (
        "总分 {stated} 是分值之和，不是得分之和：求和时选错了列。",
        "The total {stated} adds up weights, not scores: the wrong column was summed.",
    ),
    "rate_rounded_first": (
        "先把执行率舍入成 {rate} 再算得分，得 {value}。",
        "The rate was rounded to {rate} first and the score computed from that, which gives {value}.",
    ),
    "row_left_out": (
        "{stated} 正好少一行的 {value}：求和漏了 {which}。",
        "{stated} is short by exactly one row of {value}: {which} was left out of the sum.",
    ),
    "row_twice": (
        "{stated} 正好多一行的 {value}：求和把 {which} 算了两遍。",
        "{stated} is over by exactly one row of {value}: {which} was counted twice.",
    ),
    "rounded_to_whole_points": (
        "按比例应得 {value}，被四舍五入成了整数分 {stated}。",
        "The exact score is {value}; it was rounded to {stated} whole points.",
    ),
    "mixed_units": (
        "{stated} 与应填的 {expected} 相差一万倍：元与万元混用。",
        "{stated} is what comes out when 元 and 万元 are mixed (a factor of ten thousand; expected {expected}).",
    ),
    "transposed_digits": (
        "{stated} 与 {expected} 只差相邻两位数字颠倒：录入时写反了。",
        "{stated} is {expected} with two neighbouring digits swapped: a typing slip.",
    ),
    "slipped_decimal": (
        "{stated} 与 {expected} 只差小数点的位置。",
        "{stated} is {expected} with the decimal point in another place.",
    ),
}
"""The words of each hypothesis in Chinese and English."""

EXPLAINABLE = frozenset(rule for hypothesis in HYPOTHESES for rule in hypothesis.explains)
"""The rules whose findings can have a diagnosis."""


def explain(rule: str, submission: Submission, field: str) -> Diagnosis | None:
    """Why the figure in ``field``, which ``rule`` found wrong, is what it is.

    ``None`` where no hypothesis is about that rule, or where one of the figures is missing.
    """
    if rule not in EXPLAINABLE:
        return None
    case = Case(submission, rule, field)
    if case.stated is None or case.expected is None:
        return None
    fits = list(_fits(case))
    if not fits:
        return Diagnosis(state="unexplained")
    first, *rest = fits
    return replace(first, state="ambiguous", alternatives=tuple(rest)) if rest else first


def _fits(case: Case) -> Iterator[Diagnosis]:
    """The hypotheses that give the figure in full; where none does, those that give it as printed.

    A whole number says little of the decimals behind it, so that 92 is 92.00 first of all.
    """
    stated, expected = case.stated, case.expected
    if stated is None or expected is None:
        return
    proposed = [
        (hypothesis, guess)
        for hypothesis in HYPOTHESES
        if case.rule in hypothesis.explains
        for guess in hypothesis.guesses(case)
    ]
    printed, fine = places_of(stated), 4 if case.rule in _RATE else 2
    for places in dict.fromkeys((max(printed, fine), printed)):
        target, trivial = half_up(stated, places), half_up(expected, places)
        if target == trivial:
            continue
        seen: set[str] = set()
        for hypothesis, guess in proposed:
            if half_up(guess.value, places) == target and hypothesis.name not in seen:
                seen.add(hypothesis.name)
                facts = case.shown({"stated": stated, "expected": expected, **guess.facts})
                rule = hypothesis.rule if facts.get("term", "initial_budget") == "initial_budget" else None
                yield Diagnosis(state="explained", name=hypothesis.name, rule=rule, facts=facts)
        if seen:
            return


class _Facts(dict[str, str]):
    """A fact that is missing is shown as a blank."""

    def __missing__(self, key: str) -> str:
        return fact_text(None)


def words(diagnosis: Diagnosis, lang: str) -> str:
    """The diagnosis in Chinese (``zh``) or English."""
    if diagnosis.state == "unexplained" or diagnosis.name not in WORDS:
        return "没有一种常见差错能得出这个数。" if lang == "zh" else "No common slip gives this figure."
    zh, en = WORDS[diagnosis.name]
    shown = _Facts({name: fact_text(fact) for name, fact in diagnosis.facts.items()})
    several = diagnosis.facts.get("rows", 1) != 1
    shown["which"] = (
        shown["row"] if not several else f"{shown['row']} 之一" if lang == "zh" else f"one of {shown['row']}"
    )
    return (zh if lang == "zh" else en).format_map(shown)
