"""What the recalculation tests share: filled forms from a seed, stored results taken out, other programs asked.

A form is filled in as clerks fill it in: blanks, zeros, amounts at rounding edges, answers in
every writing that a cell lets through.
"""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from io import BytesIO
from math import gcd
from pathlib import Path
from random import Random
from typing import Any, cast

from perfxl.form import Form
from perfxl.page import Page, rows_of
from perfxl.record import Assignment, FundingLine, Indicator, SelfEvaluation, Target
from perfxl.sheet import Sheet, Value, Workbook, a1
from perfxl.template import build_workbook, skeleton
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.writer import write_workbook

YEAR = 2024
ANSWERS = (
    *(
        "",
        "  ",
        "　",
        "\u00a0",
        "\t",
        "\n",
        "\u2003",
        "/",
        "／",
        "—",
        "——",
        "-",
        "--",
        "无",
        " 无 ",
        "NULL",
        "None",
        "*",
    ),
    *("0", "5", "05", "12", "90", "90.0", "90.00", "90.000", "0.9", "0.10", "0.001", "0.0009", "0.00", "100"),
    *("1234567.89", "9999999999", "10000000000", "90%", "90.00%", "98.3%", "0%", "%", "9%0", "%90", "90%%", "9 0"),
    *("≥90%", "≤100万元", "不低于95%", "12月中旬", "1E+20", "1e3", "１２", "９０％", "1,234", "-5", "+5", "5.", ".5"),
    *("=1+1", "=SUM(A1)", "TRUE", "FALSE", "1/2", "2024-05-01", "12:30", "$5", "￥5", "(5)", "#DIV/0!", "0x10"),
    *("10场", "达成", "部分达成", "健全", "'90", '"90"', "无\n", "无偏差", "提升" * 120),
)
"""What people write where a target, an actual value or a name is asked for."""

NAMES = ("开展活动场次", "居民满意度", "补贴发放及时率", "制度健全性", "", "/", "　")
REASONS = ("", "无", "/", "0", " 0 ", "０", "--", "因场地维修推迟，下一步加快进度", "疫情", "\n", "　无", "0.0")
TYPED = ("5", "优", "", " ", "5分", "—", "'5", "1,000,000.00", "5万元", "300000000")
"""Texts in cells that should hold a number."""


def share_of(count: int) -> int:
    """A number of records, scaled by PERFXL_SHARE."""
    return max(1, round(count * float(os.environ.get("PERFXL_SHARE", "1"))))


# ---- records ------------------------------------------------------------------------------


def issued(form: Form) -> Assignment:
    """An assignment with the indicator rows that the form offers, nothing but their levels given."""
    rows = rows_of(form, (), issued=False)
    return Assignment(
        form=form.id,
        fiscal_year=YEAR,
        project_name="居委办公经费",
        indicators=tuple(Indicator(level_1=row.level_1, level_2=row.level_2) for row in rows if not row.spare),
    )


def _split(random: Random, units: int, parts: int) -> list[int]:
    """``units`` over that many parts; one of them often takes all."""
    if random.random() < 0.4:
        return [units] + [0] * (parts - 1)
    cuts = sorted(random.randint(0, units) for _ in range(parts - 1))
    return [end - begin for begin, end in zip([0, *cuts], [*cuts, units], strict=True)]


def _at_an_edge(random: Random, weight: Decimal, most: int) -> tuple[int, int]:
    """Budget and spending in whole units, the score exactly half a hundredth or one unit beside it."""
    full = int(weight * 100)
    odd = 2 * random.randrange(full) + 1
    common = gcd(odd, 2 * full)
    budget, spent = 2 * full // common, odd // common
    times = random.randint(1, 10 ** random.randint(1, len(str(most // budget))))
    times = min(times, most // budget)
    return budget * times, spent * times + random.choice((-1, 0, 0, 1))


def summed(form: Form) -> tuple[str, ...]:
    """The fund rows whose amounts make up the total: its parts, or the total itself where it is typed."""
    return form.total_parts or ("total",)


def funds(form: Form, random: Random, *, typed: bool = False) -> tuple[FundingLine, ...]:
    """The amounts of a form, below 10^9: blank, zero, plain, overspent, or at a rounding edge."""
    parts = summed(form)
    typed_rows = tuple(row.term for row in form.fund_rows if row.down is None)
    amounts: dict[str, dict[str, Any]] = {source: {} for source in typed_rows}
    how = random.random()
    weight = form.execution_weight or Decimal(10)
    for column in form.money_columns:
        unit = Decimal(1).scaleb(-column.places)
        most = 10 ** (9 + column.places) - 1
        if how < 0.45 and column.term in (form.denominator, "executed_amount"):
            continue
        for source in typed_rows:
            kind = random.random()
            if kind < 0.2:
                continue
            units = 0 if kind < 0.3 else random.randint(0, 10 ** random.randint(2, len(str(most))) - 1) // 3
            amounts[source][column.term] = random.choice(TYPED) if typed and kind > 0.95 else units * unit
    if how < 0.45:
        places = next(column.places for column in form.money_columns if column.term == form.denominator)
        budget, spent = _at_an_edge(random, weight, 10 ** (9 + places) - 1)
        for term, whole in ((form.denominator, budget), ("executed_amount", spent)):
            for source, units in zip(parts, _split(random, whole, len(parts)), strict=True):
                amounts[source][term] = Decimal(units).scaleb(-places) if units or random.random() < 0.5 else None
    return tuple(FundingLine(source=source, **values) for source, values in amounts.items())


def _hundredths(random: Random, most: int) -> Decimal:
    return Decimal(random.randint(0, most * 100)).scaleb(-2)


def _answer(text: str) -> Target:
    return Target(text=text)


def plain_row(random: Random) -> Indicator:
    """A row with plain figures only, scored near the edge, well above it, or below it."""
    weight = random.choice((Decimal(5), Decimal(10), Decimal("2.5"), Decimal("3.33"), Decimal(8)))
    percent = random.choice(("", "%"))
    full = int(weight * 100)
    if random.random() < 0.3:
        odd = 2 * random.randrange(full) + 1
        common = gcd(odd, 2 * full)
        target, actual = Decimal(2 * full // common), Decimal(odd // common)
    else:
        places = random.choice((0, 0, 1, 2))
        target = Decimal(random.randint(10**places, 10 ** (places + 3))).scaleb(-places)
        actual = max((target * random.randint(10, 130) / 100).quantize(target), Decimal(1).scaleb(-places))
    earned = (min(actual, target) * weight / target).quantize(Decimal("0.01"), ROUND_HALF_UP)
    score = max(Decimal(0), earned + random.choice((0, 0, 0, -1, 1, 2, 3, 4, 5, 50, -50)) * Decimal("0.01"))
    return Indicator(
        level_3=random.choice(NAMES[:4]),
        target=_answer(_as_typed(random, target) + percent),
        actual=_answer(_as_typed(random, actual) + percent),
        weight=weight,
        score=score,
        variance_explanation=random.choice(REASONS),
    )


def _as_typed(random: Random, number: Decimal) -> str:
    text = format(number, "f")
    return text + ".00" if "." not in text and random.random() < 0.2 and len(text) < 8 else text


def row(random: Random, *, typed: bool = False) -> Indicator:
    """An indicator row: blank, plain figures, or anything that a cell takes."""
    kind = random.random()
    if kind < 0.15:
        return Indicator()
    if kind < 0.5:
        return plain_row(random)
    weight: Any = random.choice((None, Decimal(0), Decimal(5), Decimal("2.5"), Decimal(100), _hundredths(random, 30)))
    score: Any = random.choice((None, Decimal(0), weight, _hundredths(random, 30), Decimal(-1), Decimal("4.335")))
    target, actual = (random.choice(ANSWERS) for _ in range(2))
    row = Indicator(
        level_3=random.choice(NAMES),
        target=_answer(target),
        actual=_answer(target if random.random() < 0.2 else actual),
        weight=weight,
        score=score,
        variance_explanation=random.choice(REASONS),
    )
    return _typed(random, row) if typed and random.random() < 0.3 else row


def _typed(random: Random, row: Indicator) -> Indicator:
    """Texts where numbers belong, and numbers where texts belong."""
    values: dict[str, Any] = {term: getattr(row, term) for term in Indicator.__dataclass_fields__}
    values[random.choice(("weight", "score"))] = random.choice(TYPED)
    values[random.choice(("target", "actual", "level_3"))] = random.choice((Decimal(0), Decimal("0.9"), Decimal(90)))
    return Indicator(**values)


def with_coefficient(form: Form, random: Random, row: Indicator, *, whole: bool = False) -> Indicator:
    """Where the score is computed: a coefficient that comes near the score, or any other."""
    if form.column("coefficient") is None or row == Indicator():
        return row
    near = Decimal("0.8")
    if isinstance(row.score, Decimal) and isinstance(row.weight, Decimal) and row.weight > 0 <= row.score:
        near = row.score / row.weight
    share = min(Decimal(1), near.quantize(Decimal("0.001"), ROUND_HALF_UP))
    if random.random() < 0.3:
        share = random.choice((Decimal(0), Decimal(1), Decimal("0.5"), Decimal(random.randint(0, 1000)).scaleb(-3)))
    if not whole and random.random() < 0.1:
        return replace(row, coefficient=None, score=None)
    score = (share * row.weight).quantize(Decimal("0.01"), ROUND_HALF_UP) if isinstance(row.weight, Decimal) else None
    return replace(row, coefficient=share, score=score)


def record(form: Form, random: Random, *, typed: bool = False) -> SelfEvaluation:
    """A form filled in by chance, the same for the same seed.

    ``typed`` also puts texts into cells for numbers, which the prompts of the sheet refuse but
    pasting does not.
    """
    rows = [row(random, typed=typed) for _ in range(rows_offered(form))]
    if random.random() < 0.3:
        rows = with_full_weights(form, random, rows)
    rows = [with_coefficient(form, random, each) for each in rows]
    return SelfEvaluation(
        fiscal_year=YEAR,
        funds=funds(form, random, typed=typed),
        actual_result="全年开展活动 12 场。",
        indicators=tuple(rows),
    )


def rows_offered(form: Form) -> int:
    """How many indicator rows a form offers, the spare ones included."""
    return len(rows_of(form, (), issued=False))


def with_full_weights(form: Form, random: Random, rows: Sequence[Indicator]) -> list[Indicator]:
    """The rows with weights that make the full score of the form, to the hundredth."""
    left = form.rules.total_weight - (form.execution_weight or 0)
    shares = _split(random, int(left * 100), len(rows))
    return [replace(row, weight=Decimal(share).scaleb(-2)) for row, share in zip(rows, shares, strict=True)]


def edges(form: Form, filled: Iterable[SelfEvaluation]) -> int:
    """How many of the records have an execution score that is exactly half a hundredth before rounding."""
    found = 0
    for each in filled:
        spent, budget = (
            sum(
                (
                    amount
                    for line in each.funds
                    if line.source in summed(form) and isinstance(amount := getattr(line, term), Decimal)
                ),
                Decimal(0),
            )
            for term in ("executed_amount", form.denominator)
        )
        if budget and spent < budget:
            found += (spent * (form.execution_weight or 0) * 200) % budget == 0 and (
                spent * (form.execution_weight or 0) * 100
            ) % budget != 0
    return found


def records(form: Form, count: int, seed: int, *, typed: bool = False) -> list[SelfEvaluation]:
    """That many records of a form."""
    random = Random(f"{form.id} {seed}")
    return [record(form, random, typed=typed) for _ in range(count)]


# ---- workbooks ----------------------------------------------------------------------------


def page_of(form: Form, assignment: Assignment) -> Page:
    """The drawing board behind the sheet: the names of its fields and their expressions."""
    return skeleton(form, rows_of(form, assignment.indicators, issued=bool(assignment.indicators))).page


@dataclass(frozen=True)
class Book:
    """A workbook of several filled forms, with the page that all of its form sheets share."""

    name: str
    page: Page
    workbook: Workbook
    size: int

    @property
    def forms(self) -> Sequence[Sheet]:
        """The form sheets, in order."""
        return self.workbook.sheets[: self.size]

    @cached_property
    def data(self) -> bytes:
        """The file."""
        return write_workbook(self.workbook)


def books(
    form: Form,
    filled: Sequence[SelfEvaluation | None],
    name: str,
    *,
    a_book: int = 10,
    assignment: Assignment | None = None,
) -> Iterator[Book]:
    """The records as sheets of workbooks, ten to a workbook."""
    given = issued(form) if assignment is None else assignment
    for at in range(0, len(filled), a_book):
        some = filled[at : at + a_book]
        workbook = build_workbook(form, [given] * len(some), year=YEAR, records=some)
        yield Book(f"{name}-{form.id}-{at // a_book}", page_of(form, given), workbook, len(some))


_FORMULA_CELL = re.compile(r'<c (r="[A-Z]+[0-9]+"(?: s="[0-9]+")?)(?: t="[a-z]+")?>(<f>[^<]*</f>)<v>[^<]*</v></c>')


def _with_results(data: bytes, replacement: str) -> bytes:
    changed = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith("xl/worksheets/"):
                part = _FORMULA_CELL.sub(replacement, part.decode()).encode()
            new.writestr(name, part)
    return changed.getvalue()


def without_results(data: bytes) -> bytes:
    """The file with formulas only: no cell of them has a stored result."""
    return _with_results(data, r"<c \1>\2</c>")


def poisoned(data: bytes) -> bytes:
    """The file with 999 as the stored result of every formula."""
    return _with_results(data, r"<c \1>\2<v>999</v></c>")


# ---- other programs -----------------------------------------------------------------------

Look = Callable[[int, int, int], Value]
"""The value in a sheet (from 0), row and column (from 1)."""


def libreoffice(soffice: str, files: Mapping[str, bytes], folder: Path) -> dict[str, Look]:
    """Every file opened and saved by LibreOffice, all in one start of it."""
    given, saved = folder / "given", folder / "saved"
    given.mkdir(parents=True)
    for name, data in files.items():
        (given / f"{name}.xlsx").write_bytes(data)
    subprocess.run(
        [
            *(soffice, "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}"),
            *("--convert-to", "xlsx", "--outdir", str(saved)),
            *(str(given / f"{name}.xlsx") for name in files),
        ],
        check=True,
        capture_output=True,
        timeout=600,
    )
    return {name: stored(read_workbook((saved / f"{name}.xlsx").read_bytes())) for name in files}


def stored(workbook: Workbook) -> Look:
    """The results that are stored in a workbook."""

    def look(sheet: int, row: int, column: int) -> Value:
        cell = workbook.sheets[sheet].cell(row, column)
        return cell.error or cell.cached

    return look


def ironcalc(files: Mapping[str, bytes], folder: Path) -> dict[str, Look]:
    """Every file evaluated by IronCalc."""
    import ironcalc as engine

    def asked(model: Any) -> Look:
        def look(sheet: int, row: int, column: int) -> Value:
            value = model.get_cell_value(sheet, row, column)
            if isinstance(value, float | int) and not isinstance(value, bool):
                return Decimal(repr(value))
            return cast(Value, value)

        return look

    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, data in files.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(data)
        model = engine.load_from_xlsx(str(path))
        model.evaluate()
        found[name] = asked(model)
    return found


# ---- comparing ----------------------------------------------------------------------------

_CLOSE = Decimal("1e-9")


def agree(ours: Value, theirs: Value, *, exactly: bool) -> bool:
    """Whether two programs show the same: numbers to 15 digits, or to 10^-9 of their size."""
    if isinstance(ours, Decimal) and isinstance(theirs, Decimal):
        if exactly:
            return Decimal(format(ours, ".15g")) == Decimal(format(theirs, ".15g"))
        return abs(ours - theirs) <= abs(ours) * _CLOSE
    if isinstance(ours, Decimal) or isinstance(theirs, Decimal):
        return False
    return ("" if ours is None else ours) == ("" if theirs is None else theirs)


def differences(book: Book, look: Look) -> list[str]:
    """Every formula cell of the form sheets in which the other program shows something else."""
    found = []
    for at, sheet in enumerate(book.forms):
        for name in book.page.formulas:
            place = book.page.fields[name].corner
            cell = sheet.cell(*place)
            theirs = look(at, *place)
            if not agree(cell.cached, theirs, exactly=not name.endswith(".execution_rate")):
                found.append(
                    f"{book.name} {at + 1} {name} {a1(*place)}: ours {cell.cached!r}, theirs {theirs!r}, {cell.formula}"
                )
    return found


# ---- answers of the self-check ------------------------------------------------------------


def answers(page: Page, sheet: Sheet) -> dict[str, Value]:
    """What the self-check beside a form says, by the name of its cell without ``check.``."""
    return {
        name.removeprefix("check."): sheet.cell(*page.fields[name].corner).cached
        for name in page.formulas
        if name.startswith("check.")
    }
