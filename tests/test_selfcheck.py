"""The live self-check never says the opposite of the validator, and decides what it claims to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import pytest
from recalculation import (
    Book,
    answers,
    books,
    funds,
    issued,
    page_of,
    plain_row,
    records,
    rows_offered,
    share_of,
    with_coefficient,
    with_full_weights,
)

from perfxl.finding import Verdict
from perfxl.form import Column, Form, form_ids, load_form
from perfxl.number import read_target
from perfxl.reading import read_submissions
from perfxl.record import FundingLine, Indicator, SelfEvaluation, Target
from perfxl.rules import by_code
from perfxl.rules.scores import row_score
from perfxl.selfcheck import FUND_CODE, ROW_CODES, TOTAL_CODE
from perfxl.sheet import Sheet, Value, from_a1
from perfxl.validator import judge
from perfxl.xlsx.reader import read_workbook

FORMS = form_ids()
CODES = (*ROW_CODES, FUND_CODE, TOTAL_CODE)
MARGIN = Decimal("0.03")
"""Points beyond the tolerance within which S01 is left open."""


def state_cells(book: Book) -> Iterator[tuple[str, str]]:
    """The state cells: their names and the codes of their rules."""
    for name in book.page.formulas:
        code = name.rpartition(".")[2].upper()
        if name.startswith("check.") and code in CODES:
            yield name, code


class Judged(NamedTuple):
    """A verdict, and the rows of the sheet by the path of the line: ``indicators[3]`` stands in row 21."""

    verdict: Verdict
    rows: dict[str, int]

    def row(self, cell: str | None, field: str) -> int:
        """The row of a finding; also where the form has no cell for it."""
        return from_a1(cell)[0] if cell else self.rows.get(field.rpartition(".")[0], 0)


def verdicts(book: Book, form: Form) -> list[Judged]:
    """The verdicts on the forms of a workbook, written and read back."""
    submissions = read_submissions(read_workbook(book.data), lookup=lambda name: form)
    assert len(submissions) == book.size
    return [
        Judged(
            judge(each, f"{book.name}.xlsx", None),
            {path.rpartition(".")[0]: from_a1(cell.cell_name)[0] for path, cell in each.cells.items()},
        )
        for each in submissions
    ]


def opposites(book: Book, sheet: Sheet, judged: Judged) -> list[str]:
    """Where the sheet says √ and the validator found a fault of that row, or × and it found none."""
    said = {(each.rule, judged.row(each.cell, each.field)) for each in judged.verdict.findings}
    not_run = {(each.rule, judged.row(each.cell, each.field)) for each in judged.verdict.not_run}
    found = []
    for name, code in state_cells(book):
        row, column = book.page.fields[name].corner
        answer = sheet.cell(row, column).cached
        at_fault = (code, row) in said
        kept_back = {(code, row), (code, 0)} & not_run
        if (answer == "√" and at_fault) or (answer == "×" and not at_fault and not kept_back):
            content = [str(sheet.cell(row, each).content) for each in range(2, book.page.columns + 1)]
            found.append(f"{book.name} {sheet.name} {name}: {answer}, {content}")
    return found


def all_opposites(form: Form, filled: Sequence[SelfEvaluation], name: str = "filled") -> list[str]:
    return [
        each
        for book in books(form, filled, name)
        for sheet, judged in zip(book.forms, verdicts(book, form), strict=True)
        for each in opposites(book, sheet, judged)
    ]


# ---- against the validator ----------------------------------------------------------------


@pytest.mark.parametrize("typed", [False, True], ids=["figures", "texts"])
@pytest.mark.parametrize("name", FORMS)
def test_never_the_opposite(name: str, typed: bool) -> None:
    form = load_form(name)
    assert all_opposites(form, records(form, share_of(20), 3, typed=typed)) == []


@pytest.mark.slow
@pytest.mark.parametrize("typed", [False, True], ids=["figures", "texts"])
@pytest.mark.parametrize("name", FORMS)
def test_never_the_opposite_of_many(name: str, typed: bool) -> None:
    form = load_form(name)
    assert all_opposites(form, records(form, share_of(1000), 4, typed=typed)) == []


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_answer_would_be_seen(name: str) -> None:
    """Turned round, every √ and every × is the opposite of the validator."""
    form = load_form(name)
    turned = {"√": "×", "×": "√"}
    for book in books(form, records(form, 10, 5), "turned"):
        for sheet, judged in zip(book.forms, verdicts(book, form), strict=True):
            places = [book.page.fields[field].corner for field, _ in state_cells(book)]
            decided = [place for place in places if sheet.cell(*place).cached in turned]
            cells = {
                place: replace(sheet.cell(*place), cached=turned[str(sheet.cell(*place).cached)]) for place in decided
            }
            not_run = {each.rule for each in judged.verdict.not_run}
            seen = opposites(book, replace(sheet, cells={**sheet.cells, **cells}), judged)
            assert len(seen) >= 0.9 * len(decided) - sum(code in not_run for code in CODES)
            assert opposites(book, sheet, judged) == []


@pytest.mark.parametrize("name", FORMS)
def test_locked_formulas_are_never_accused(name: str) -> None:
    """What the sheet itself computes is right by the validator's own rules."""
    form = load_form(name)
    for book in books(form, records(form, 20, 6), "locked"):
        for judged in verdicts(book, form):
            accused = {each.rule for each in judged.verdict.findings} & {
                "M01",
                "X02",
                "X03",
                "X04",
                "X06",
                "X08",
                "K02",
                "T01",
            }
            assert accused == set()


# ---- what it claims to decide -------------------------------------------------------------


def plain_form(form: Form, random: Random) -> SelfEvaluation:
    """A form filled in completely, with plain figures throughout."""
    rows = [plain_row(random) for _ in range(rows_offered(form))]
    if random.random() < 0.5:
        rows = with_full_weights(form, random, rows)
    rows = [with_coefficient(form, random, each, whole=True) for each in rows]
    lines = tuple(
        replace(
            line, annual_budget=line.annual_budget or Decimal(0), executed_amount=line.executed_amount or Decimal(0)
        )
        for line in funds(form, random)
    )
    return SelfEvaluation(funds=lines, actual_result="全年开展活动 12 场。", indicators=tuple(rows))


def near_the_edge(row: Indicator, form: Form) -> bool:
    """Whether the score lies above the earned one by no more than what S01 leaves open."""
    target, actual = (read_target(value.text) if value else None for value in (row.target, row.actual))
    earned = row_score(replace(row, target=target, actual=actual), form)
    return (
        earned is not None and row.score is not None and 0 < row.score - earned <= form.rules.score_tolerance + MARGIN
    )


@pytest.mark.parametrize("name", FORMS)
def test_plain_figures_are_decided(name: str) -> None:
    form, random = load_form(name), Random(f"{name} plain")
    filled = [plain_form(form, random) for _ in range(30)]
    decided, asked = Counter[str](), Counter[str]()
    for at, book in enumerate(books(form, filled, "plain")):
        for record, sheet in zip(filled[at * 10 :], book.forms, strict=False):
            for field, code in state_cells(book):
                if code == "S01" and near_the_edge(record.indicators[int(field.split(".")[1]) - 1], form):
                    continue
                asked[code] += 1
                decided[code] += sheet.cell(*book.page.fields[field].corner).cached in ("√", "×")
    silent = {"D01"} if form.column("variance_explanation") is None else set()
    assert {code for code in CODES if decided[code] < 0.95 * asked[code]} == silent
    assert all(asked[code] >= 30 for code in CODES)
    assert all_opposites(form, filled) == []


@pytest.mark.parametrize("name", FORMS)
def test_blank_rows_stay_silent(name: str) -> None:
    form = load_form(name)
    count = rows_offered(form)
    rows = (Indicator(level_3="开展活动场次", target=Target(text="12"), weight=Decimal(5)),) + (Indicator(),) * (
        count - 1
    )
    said = answer_to(form, rows)
    for number in range(2, count + 1):
        assert {said[f"{number}.{code.lower()}"] for code in ROW_CODES} == {""}
        assert said[f"{number}.words"] == ""
    assert said["1.s05"] == "×"


# ---- answer by answer ---------------------------------------------------------------------


def answer_to(form: Form, rows: Sequence[Indicator], lines: Sequence[FundingLine] = ()) -> dict[str, Value]:
    """What the self-check of a form with these rows says, by name of its cell."""
    record = SelfEvaluation(funds=tuple(lines), actual_result="全年开展活动 12 场。", indicators=tuple(rows))
    (book,) = books(form, [record], "one")
    (judged,) = verdicts(book, form)
    assert opposites(book, book.forms[0], judged) == []
    return answers(book.page, book.forms[0])


def row(target: Any, actual: Any, weight: str | None, score: str | None, reason: str | None = None) -> Indicator:
    return Indicator(
        level_3="开展活动场次",
        target=Target(text=target) if isinstance(target, str) else target,
        actual=Target(text=actual) if isinstance(actual, str) else actual,
        weight=None if weight is None else Decimal(weight),
        score=None if score is None else Decimal(score),
        variance_explanation=reason,
    )


ANSWERED = [
    ("S05", "×", row("12", "12", "5", None)),
    ("S05", "√", row("12", "12", "5", "0")),
    ("S05", "√", row("12", "12", "0", None)),
    ("S05", "○", row("12", "12", None, None)),
    ("S03", "×", row("12", "12", "5", "5.01")),
    ("S03", "√", row("12", "12", "5", "5")),
    ("S03", "○", row("12", "12", "5", None)),
    ("D01", "×", row("12", "12", "5", "4.99")),
    ("D01", "×", row("12", "12", "5", "4", " 无 ")),
    ("D01", "×", row("12", "12", "5", "4", "0")),
    ("D01", "×", row("12", "12", "5", "4", "\u2003\t\n")),
    ("D01", "√", row("12", "12", "5", "4", "因场地维修推迟")),
    ("D01", "√", row("12", "12", "5", "5")),
    ("V01", "×", row("12", None, "5", "5")),
    ("V01", "×", row("12", "　／", "5", "5")),
    ("V01", "×", row("12", "\tNULL\u2003", "5", "5")),
    ("V01", "○", row("12", "0", "5", "5")),
    ("V01", "○", row("12", Decimal(0), "5", "5")),
    ("V01", "√", row("12", "12场", "5", "5")),
    # three answers around the edge: earned is 4.17
    ("S01", "√", row("12", "10", "5", "4.17")),
    ("S01", "○", row("12", "10", "5", "4.18")),
    ("S01", "○", row("12", "10", "5", "4.20")),
    ("S01", "×", row("12", "10", "5", "4.21")),
    # earned is exactly half a hundredth before rounding: 2.13
    ("S01", "√", row("40", "17", "5.01", "2.13")),
    ("S01", "×", row("40", "17", "5.01", "2.17")),
    ("S01", "√", row("90%", "98.3%", "5", "5")),
    ("S01", "×", row("90%", "45.00%", "5", "5")),
    # a sign on one side only, a sign of comparison, a unit, an odd writing: not the sheet's
    ("S01", "○", row("90%", "45", "5", "5")),
    ("S01", "○", row("≥90", "45", "5", "5")),
    ("S01", "○", row("≤90", "100", "5", "5")),
    ("S01", "○", row("90场", "45场", "5", "5")),
    ("S01", "○", row("090", "45", "5", "5")),
    ("S01", "○", row("９０", "45", "5", "5")),
    ("S01", "○", row(Decimal("0.9"), "45", "5", "5")),
    ("S01", "○", row("0", "0", "5", "5")),
    # figures of different scale are no proportion (V12)
    ("S01", "○", row("1", "100", "5", "6")),
    ("S01", "○", row("10000", "1", "5", "5")),
    ("S01", "○", row("98", "0.98", "5", "5")),
    ("S01", "×", row("98", "0", "5", "5")),
]


@pytest.mark.parametrize(("code", "answer", "indicator"), ANSWERED)
def test_answer_for_a_row(code: str, answer: str, indicator: Indicator) -> None:
    assert answer_to(load_form("shanghai"), [indicator])[f"1.{code.lower()}"] == answer


@pytest.mark.parametrize(
    ("budget", "spent", "answer"),
    [
        ("100", "100.01", "√"),
        ("100", "100.02", "×"),
        ("0", "0", "√"),
        (None, "5", "○"),
        ("5", None, "○"),
        (None, None, ""),
    ],
)
def test_answer_for_the_funds(budget: str | None, spent: str | None, answer: str) -> None:
    line = FundingLine(
        source="appropriation",
        annual_budget=None if budget is None else Decimal(budget),
        executed_amount=None if spent is None else Decimal(spent),
    )
    said = answer_to(load_form("shanghai"), [row("12", "12", "5", "5")], [line])
    assert said["funds.appropriation.m07"] == said["funds.total.m07"] == answer


def test_an_amount_typed_as_text_leaves_the_total_open() -> None:
    """The sum of the sheet passes over it, a reader does not."""
    text: Any = "300,000.00"
    lines = [
        FundingLine(source="appropriation", annual_budget=Decimal(100), executed_amount=Decimal(90)),
        FundingLine(source="other", annual_budget=Decimal(0), executed_amount=text),
    ]
    said = answer_to(load_form("shanghai"), [row("12", "12", "5", "5")], lines)
    assert (said["funds.appropriation.m07"], said["funds.other.m07"], said["funds.total.m07"]) == ("√", "○", "○")


@pytest.mark.parametrize(
    ("weights", "answer"),
    [
        (["50", "40"], "√"),
        (["50", "39.99"], "×"),
        (["33.33", "33.33", "23.34"], "√"),
        (["50", "40", None], "○"),
        ([None], "○"),
    ],
)
def test_answer_for_the_weights(weights: list[str | None], answer: str) -> None:
    said = answer_to(load_form("shanghai"), [row("12", "12", weight, weight) for weight in weights])
    assert said["total.k01"] == answer


@pytest.mark.parametrize("typed", ["40", "优", " "])
def test_a_weight_typed_as_text_leaves_the_total_open(typed: Any) -> None:
    rows = [row("12", "12", "50", "50"), Indicator(weight=typed)]
    assert answer_to(load_form("shanghai"), rows)["total.k01"] == "○"


# ---- words --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
def test_words_name_what_does_not_hold(name: str) -> None:
    """Beside each row: the words of every rule that is broken there, else ○ or √; on top: how many."""
    form = load_form(name)
    for book in books(form, records(form, 10, 7, typed=True), "words"):
        for sheet in book.forms:
            said = answers(book.page, sheet)
            for head in {field.rpartition(".")[0] for field in said if field.endswith(".words")}:
                codes = [code for code in CODES if f"{head}.{code.lower()}" in said]
                states = [said[f"{head}.{code.lower()}"] for code in codes]
                words = str(said[f"{head}.words"])
                for code, state in zip(codes, states, strict=True):
                    rule = by_code(code)
                    assert rule is not None
                    assert (f"{rule.live_zh} {rule.live_en}" in words) == (state == "×")
                assert words[:1] == next((mark for mark in "×○√" if mark in states), "")
            counted = Counter(said[field.removeprefix("check.")] for field, _ in state_cells(book))
            if counted["×"]:
                assert str(said["summary"]).startswith(f"× {counted['×']} 处不符")
            else:
                assert str(said["summary"]).startswith("○" if counted["○"] else "√")


def test_summary_without_a_fault() -> None:
    form = load_form("shanghai")
    lines = [
        FundingLine(source=source, annual_budget=Decimal(100), executed_amount=Decimal(90))
        for source in form.total_parts
    ]
    said = answer_to(form, [row("12", "12", "90", "90")], lines)
    assert said["summary"] == "√ 表内各项均相符 all hold"
    said = answer_to(form, [row("≥12", "12", "90", "90")], lines)
    assert str(said["summary"]).startswith("○ 未见不符；1 处")


# ---- other definitions --------------------------------------------------------------------


def with_rules(**changes: Any) -> Form:
    form = load_form("shanghai")
    return replace(form, rules=replace(form.rules, **changes))


@pytest.mark.parametrize(
    "form", [with_rules(scoring="manual"), with_rules(score_places=1)], ids=["manual", "one place"]
)
def test_scores_by_hand_or_coarse_are_not_decided(form: Form) -> None:
    random = Random(8)
    filled = [plain_form(form, random) for _ in range(10)]
    assert all_opposites(form, filled) == []
    assert answer_to(form, [row("12", "6", "5", "5")])["1.s01"] == "○"


def with_columns(*terms: str) -> Form:
    """A form with columns of their own for 指标性质 and 度量单位."""
    form = load_form("shanghai")
    at = [column.term for column in form.columns].index("target")
    more = tuple(Column(term=term, label={"operator": "指标性质", "unit": "度量单位"}[term]) for term in terms)
    return replace(form, columns=(*form.columns[:at], *more, *form.columns[at:]))


@pytest.mark.parametrize(
    ("operator", "unit", "answer"),
    [
        (None, None, "×"),
        ("≥", None, "×"),
        ("≥", "%", "×"),
        ("≤", "%", "○"),
        ("＝", None, "○"),
        ("定性", None, "○"),
        ("≥", "月", "○"),
        (None, "场", "○"),
    ],
)
def test_sign_and_unit_in_columns_of_their_own(operator: str | None, unit: str | None, answer: str) -> None:
    indicator = replace(row("12", "6", "5", "5"), operator=operator, unit=unit)
    assert answer_to(with_columns("operator", "unit"), [indicator])["1.s01"] == answer


def test_a_form_without_reasons_does_not_ask_for_any() -> None:
    """D01 speaks of a blank reason: where the form has no such column the sheet is silent, and the validator not run."""
    form = load_form("shanghai")
    form = replace(form, columns=tuple(each for each in form.columns if each.term != "variance_explanation"))
    assert answer_to(form, [row("12", "12", "5", "4")])["1.d01"] == ""
    assert answer_to(form, [row("12", "12", "5", "5")])["1.d01"] == ""


@pytest.mark.parametrize("change", [lambda form: form, lambda form: with_columns("operator", "unit")])
def test_state_cells_of_every_row(change: Callable[[Form], Form]) -> None:
    """One for each rule that the sheet decides and each row, and no other."""
    form = change(load_form("shanghai"))
    page = page_of(form, issued(form))
    states = [name for name in page.formulas if name.rpartition(".")[2].upper() in CODES and name.startswith("check.")]
    assert len(states) == rows_offered(form) * len(ROW_CODES) + len(form.fund_rows) + 1
    assert {code for code in CODES if (rule := by_code(code)) is None or rule.live is None} == set()
