"""``templates/*.toml`` to ``Form``: what is printed, in which order, what is locked,
which formula stands where, which weights and thresholds hold.

A broken definition reports all of its mistakes at once, each with its key, the value
and what may have been meant.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Literal, cast

from .definition import BrokenDefinitionError as BrokenDefinitionError
from .definition import Mistake as Mistake
from .definition import Table
from .definition import near as near
from .digest import hex_digest
from .formula import FormulaError, parse, terms, terms_of
from .noun import field_kinds, field_names, noun, replace
from .record import FundingLine, Indicator
from .shipped import data_folder as data_folder
from .shipped import shipped_table
from .shipped import template_text as template_text

FundKind = Literal["money", "weight", "rate", "score", "text"]
MONEY = ("initial_budget", "annual_budget", "executed_amount")
_SPECIAL_SOURCES = ("total", "appropriation", "carryover", "other")


class UnknownFormError(ValueError):
    """No definition of that id; ``known`` lists those there are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        super().__init__(f"no form {name!r}; known: {', '.join(known)}")


SCORINGS = ("ratio", "banded", "manual")
"""Scoring profiles 计分方式: in proportion to the result, by bands where bands are given, by hand."""


@noun
class Entry:
    """A labelled field 栏目: ``term`` of the record and the label printed."""

    term: str
    label: str


@noun
class FundRow:
    """资金行. ``down`` is the formula of its money cells; ``weight`` the 分值 of the execution rate."""

    term: str
    label: str
    down: str | None = None
    weight: Decimal | None = None


@noun
class FundColumn:
    """资金列. ``across`` is its formula, ``only`` the one row that has it, ``span`` over how many
    columns of the page it is merged."""

    term: str
    label: str
    kind: FundKind
    across: str | None = None
    only: str | None = None
    places: int = 2
    span: int = 1


ROW_FIGURES = ("weight", "coefficient", "deduction", "score", "review_score")
"""Terms of an indicator that are figures, in the order in which they are computed."""


@noun
class Column:
    """绩效指标 column; ``width`` in characters of the sheet. ``across`` is the formula of a figure
    from the others of its row; ``choices`` what a clerk may pick."""

    term: str
    label: str
    width: Decimal = Decimal(12)
    across: str | None = None
    choices: tuple[str, ...] = ()


@noun
class Level2:
    """二级指标 with the number of rows that a blank form offers."""

    name: str
    rows: int = 1


@noun
class Level1:
    """一级指标 with its weight (``None``: free) and its 二级指标. ``label`` is what is printed where
    that is more than the name: ``产出指标（50分）``."""

    name: str
    weight: Decimal | None = None
    required: bool = True
    level_2: tuple[Level2, ...] = ()
    label: str = ""


@noun
class Footer:
    """A field under the indicators 表尾: 评价结论, 存在问题 …; ``height`` in points of one row."""

    term: str
    label: str
    height: int = 40
    characters: int = 1000


@noun
class Parameters:
    """Thresholds and words of the rules; the meaning of each stands in ``templates/defaults.toml``."""

    money_tolerance: Decimal
    money_places: int
    allow_negative: bool
    adjustment_rate: Decimal
    adjustment_words: tuple[str, ...]
    cut_rate: Decimal
    mixed_units: tuple[Decimal, Decimal]
    small_amount: Decimal
    large_amount: Decimal
    rate_reason: Decimal
    rate_against_score: Decimal
    unspent_rate: Decimal
    total_weight: Decimal
    strict_level_weights: bool
    allow_zero_weight: bool
    row_weight_max: Decimal
    row_share_max: Decimal
    row_share_rows: int
    output_level: str
    output_rows_min: int
    cost_level: str
    cost_required: bool
    cost_word: str
    rate_names: tuple[str, ...]
    capped_names: tuple[str, ...]
    completion_names: tuple[str, ...]
    satisfaction_names: tuple[str, ...]
    satisfaction_min: Decimal
    strict_measured_value: bool
    statement_names: tuple[str, ...]
    name_characters: int
    count_units: tuple[str, ...]
    effect_levels: tuple[str, ...]
    money_names: tuple[str, ...]
    demand_grade_words: bool
    savings_words: tuple[str, ...]
    date_names: tuple[str, ...]
    score_tolerance: Decimal
    score_places: int
    qualitative_words: tuple[tuple[str, Decimal, Decimal], ...]
    loose_target: Decimal
    copied_share: Decimal
    copied_rows: int
    qualitative_rows: int
    behind_rate: Decimal
    prompt_names: tuple[str, ...]
    measure_names: tuple[str, ...]
    surplus_rate: Decimal
    growth_names: tuple[str, ...]
    measure_words: tuple[str, ...]
    reason_characters: int
    stock_reasons: tuple[str, ...]
    not_done_words: tuple[str, ...]
    done_words: tuple[str, ...]
    no_deviation_words: tuple[str, ...]
    reason_characters_max: int
    total_tolerance: Decimal
    bands: tuple[tuple[Decimal, str], ...]
    result_gap: Decimal
    high_score: Decimal
    placeholders: tuple[str, ...]
    placeholder_names: tuple[str, ...]
    narrative_characters: int
    narrative_rows: int
    enumeration_gap: Decimal
    mention_share: Decimal
    mention_rows: int
    goal_keywords: tuple[str, ...]
    repeated_characters: int
    typos: tuple[tuple[str, str], ...]
    system_suffixes: tuple[str, ...]
    allow_macros: bool
    full_rate_share: Decimal
    full_rate_forms: int
    copied_text_share: Decimal
    copied_text_characters: int
    summary_tolerance_wan: Decimal
    even_totals_forms: int
    even_totals_deviation: Decimal
    full_totals_forms: int
    counted_things: tuple[str, ...]
    near_count: Decimal
    near_count_least: int
    late_spending: Decimal
    scoring: str
    execution_bands: tuple[tuple[Decimal, Decimal], ...]
    satisfaction_bands: tuple[tuple[Decimal, Decimal], ...]

    @staticmethod
    def share(bands: tuple[tuple[Decimal, Decimal], ...], value: Decimal) -> Decimal:
        """The share of the weight that a value earns: that of the first band it reaches, else nothing."""
        return next((share for floor, share in bands if value >= floor), Decimal(0))

    def grade(self, total: Decimal) -> str:
        """评级 of a total: the first band that it reaches."""
        return next((word for floor, word in self.bands if total >= floor), self.bands[-1][1])


@noun
class Form:
    """表样: a definition, checked. ``version`` is the first 12 hex digits of its SHA-256."""

    id: str
    version: str
    title: str
    year_line: str
    basis: str
    currency_unit: str
    denominator: str
    header: tuple[tuple[Entry, ...], ...]
    funds_label: str
    fund_rows: tuple[FundRow, ...]
    fund_columns: tuple[FundColumn, ...]
    goals_label: str
    expected_label: str
    actual_label: str
    goal_rows: int
    goal_height: int
    goal_characters: int
    indicators_label: str
    columns: tuple[Column, ...]
    levels: tuple[Level1, ...]
    spare_rows: int
    total_label: str
    total_weight: str
    total_score: str
    sign_off: tuple[Entry, ...]
    block_width: Decimal
    rules: Parameters
    execution_scored: bool = True
    footer: tuple[Footer, ...] = ()
    indicator_rows: int = 0

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    @property
    def execution_weight(self) -> Decimal | None:
        """分值 of the execution rate, or ``None`` where the form gives none."""
        return next((row.weight for row in self.fund_rows if row.weight is not None), None)

    @property
    def groups(self) -> tuple[tuple[str | None, Level2, Decimal], ...]:
        """What a blank form offers: 一级指标, 二级指标 with its rows, and the weight that falls to it.

        A form without levels is one group of ``indicator_rows`` rows.
        """
        if not self.levels:
            rest = self.rules.total_weight - (self.execution_weight or Decimal(0))
            return ((None, Level2(name="", rows=self.indicator_rows), rest),)
        found = []
        for level in self.levels:
            whole = level.weight or Decimal(0)
            part = whole // (len(level.level_2) or 1)
            for at, second in enumerate(level.level_2):
                share = whole - part * (len(level.level_2) - 1) if at == 0 else part
                found.append((level.name, second, share))
        return tuple(found)

    @property
    def names(self) -> tuple[Entry, ...]:
        """项目名称, 主管部门, 实施单位, in the order printed."""
        return tuple(entry for row in self.header for entry in row if entry.term in HEADER)

    @property
    def total_in_header(self) -> bool:
        """Whether 自评总分 stands in the header, and the last row adds up the weights alone."""
        return any(entry.term == "total_score" for row in self.header for entry in row)

    @property
    def signed(self) -> tuple[Entry, ...]:
        """Who answers for the form, in the header or below: contacts and sign-off, by their own terms."""
        above = [
            Entry(term=entry.term.removeprefix(SIGN_OFF), label=entry.label)
            for row in self.header
            for entry in row
            if entry.term.startswith(SIGN_OFF)
        ]
        return (*above, *self.sign_off)

    def printed_level(self, name: str | None) -> str | None:
        """一级指标 as the form prints it."""
        return next((level.label for level in self.levels if level.label and level.name == name), name)

    def level_name(self, printed: str | None) -> str | None:
        """一级指标 by name, whose printed words may say its weight as well."""
        return next((level.name for level in self.levels if level.label and level.label == printed), printed)

    def column(self, term: str) -> Column | None:
        """The indicator column of that term."""
        return next((column for column in self.columns if column.term == term), None)

    @property
    def computed_columns(self) -> tuple[Column, ...]:
        """The indicator columns with a formula, each behind those that it reads."""
        columns = {column.term: column for column in self.columns if column.across}
        if not columns:
            return ()
        done: dict[str, Column] = {}

        def visit(column: Column) -> None:
            for term in sorted(terms(parse(column.across or "0")) & set(columns)):
                visit(columns[term])
            done.setdefault(column.term, column)

        for column in columns.values():
            visit(column)
        return tuple(done.values())

    @property
    def money_columns(self) -> tuple[FundColumn, ...]:
        """The columns that hold amounts, in the order printed."""
        return tuple(column for column in self.fund_columns if column.kind == "money")

    def parts(self, row: FundRow) -> tuple[str, ...]:
        """The sources that a computed fund row is made of, read off its formula."""
        wanted = terms_of(row.down) if row.down else ()
        return tuple(each.term for each in self.fund_rows if each.term in wanted)

    @property
    def total_parts(self) -> tuple[str, ...]:
        """The sources that add up to 年度资金总额."""
        return next((self.parts(row) for row in self.fund_rows if row.term == "total"), ())

    @property
    def fund_rows_in_order(self) -> tuple[FundRow, ...]:
        """The fund rows as they are computed: parts before the rows made of them."""
        rows = {row.term: row for row in self.fund_rows}
        done: dict[str, FundRow] = {}

        def visit(row: FundRow) -> None:
            for part in self.parts(row):
                visit(rows[part])
            done.setdefault(row.term, row)

        for row in self.fund_rows:
            visit(row)
        return tuple(done.values())

    def fund_column(self, term: str) -> FundColumn | None:
        """The fund column of that term."""
        return next((column for column in self.fund_columns if column.term == term), None)


def _entries(tables: list[Table]) -> tuple[Entry, ...]:
    found = []
    for table in tables:
        found.append(Entry(term=table.word("term"), label=table.text("label")))
        table.done()
    return tuple(found)


HEADER = ("project_name", "supervising_department", "implementing_unit")
SIGN_OFF = "sign_off."
"""A header field whose term begins so is one of the sign-off: a contact in the header."""
_HEADER_TERMS = (*HEADER, "project_code", "total_score")


def _header_entry(table: Table) -> Entry:
    term = table.text("term")
    if term.startswith(SIGN_OFF):
        inner = Table({"term": term.removeprefix(SIGN_OFF)}, table.key, table.mistakes)
        inner.word("term")
    else:
        table.choice("term", _HEADER_TERMS)
    entry = Entry(term=term, label=table.text("label"))
    table.done()
    return entry


def _header(table: Table) -> tuple[tuple[Entry, ...], ...]:
    table.seen.add("rows")
    rows = table.data.get("rows")
    if not isinstance(rows, list) or not rows:
        table.wrong("rows", "应为若干行", "should be a list of rows")
        return ()
    found = []
    for at, row in enumerate(rows):
        if not isinstance(row, list) or not row or not all(isinstance(cell, dict) for cell in row):
            table.wrong("rows", f"第 {at + 1} 行应为若干表", f"row {at + 1} should be a list of tables")
            continue
        cells = [Table(cell, f"{table.key}.rows[{at}][{number}]", table.mistakes) for number, cell in enumerate(row)]
        found.append(tuple(_header_entry(cell) for cell in cells))
    _no_doubles(table, "rows", [entry.term for row in found for entry in row])
    table.done()
    return tuple(found)


FOOTER = ("evaluation", "problems", "measures", "review_score", "grade")


def _footer(tables: list[Table]) -> tuple[Footer, ...]:
    found = []
    for table in tables:
        found.append(
            Footer(
                term=table.choice("term", FOOTER),
                label=table.text("label"),
                height=table.whole("height", 40, least=15, most=409),
                characters=table.whole("characters", 1000, least=5, most=32767),
            )
        )
        table.done()
    return tuple(found)


def _fund_rows(table: Table) -> tuple[FundRow, ...]:
    found = []
    tables = table.tables("rows")
    sources = [str(row.data.get("term", "")) for row in tables]
    for row in tables:
        found.append(
            FundRow(
                term=row.word("term"),
                label=row.text("label"),
                down=row.expression("down", sources),
                weight=row.amount("weight"),
            )
        )
        row.done()
    _no_doubles(table, "rows", sources)
    if "total" not in sources:
        table.wrong("rows", '缺少 term = "total" 的合计行', 'a row with term = "total" is missing')
    formulas = {row.term: row.down for row in found}
    for row, made in zip(tables, found, strict=True):
        if made.term in _reached(made.term, formulas):
            row.wrong("down", "公式绕回到自己", "leads back to the row itself")
    return tuple(found)


def _reached(source: str, formulas: Mapping[str, str | None]) -> set[str]:
    """The terms that a formula leads to, through the formulas of others."""
    reached: set[str] = set()
    ahead = [source]
    while ahead:
        try:
            found = terms(parse(formulas.get(ahead.pop()) or "0")) - reached
        except FormulaError:
            continue  # noted where it was read
        reached |= found
        ahead += found
    return reached


def _no_doubles(table: Table, name: str, words: Iterable[str]) -> None:
    seen = set()
    for word in words:
        if word and word in seen:
            table.wrong(name, f"{word} 出现两次", f"{word!r} stands twice")
        seen.add(word)


def _fund_columns(table: Table, sources: Iterable[str]) -> tuple[FundColumn, ...]:
    known = [name for name in field_names(FundingLine) if name != "source"]
    tables = table.tables("columns")
    present = [str(column.data.get("term", "")) for column in tables]
    found = []
    for column in tables:
        term = column.choice("term", known)
        usual = "money" if term in MONEY else {"execution_rate": "rate", "reason": "text"}.get(term, term)
        only = column.text("only", "")
        if only and only not in sources:
            column.wrong("only", "没有这一资金行", "is no fund row", near(only, sources))
        found.append(
            FundColumn(
                term=term,
                label=column.text("label"),
                kind=cast(FundKind, column.choice("kind", ("money", "weight", "rate", "score", "text"), usual)),
                across=column.expression("across", present),
                only=only or None,
                places=column.whole("places", 2, most=6),
                span=column.whole("span", 1, least=1, most=12),
            )
        )
        column.done()
    _no_doubles(table, "columns", present)
    return tuple(found)


def _levels(table: Table) -> tuple[Level1, ...]:
    found = []
    for level in table.tables("levels", [] if "rows" in table.data else None):
        inner = []
        for second in level.tables("level_2"):
            inner.append(Level2(name=second.text("name"), rows=second.whole("rows", 1, least=1, most=60)))
            second.done()
        found.append(
            Level1(
                name=level.text("name"),
                weight=level.amount("weight"),
                required=level.flag("required", True),
                level_2=tuple(inner),
                label=level.text("label", ""),
            )
        )
        level.done()
    _no_doubles(table, "levels", [level.name for level in found])
    return tuple(found)


def _columns(table: Table) -> tuple[Column, ...]:
    known = list(field_names(Indicator))
    found = []
    tables = table.tables("columns")
    present = [str(column.data.get("term", "")) for column in tables]
    figures = [term for term in present if term in ROW_FIGURES]
    for column in tables:
        width = column.amount("width", Decimal(12)) or Decimal(12)
        term = column.choice("term", known)
        across = column.expression("across", figures)
        if across and term not in ROW_FIGURES:
            column.wrong("across", "只有数值列可以有公式", "is for columns of figures")
        choices = column.words("choices")
        found.append(Column(term=term, label=column.text("label"), width=width, across=across, choices=choices))
        column.done()
    _no_doubles(table, "columns", present)
    formulas = {column.term: column.across for column in found}
    for column, made in zip(tables, found, strict=True):
        if made.term in _reached(made.term, formulas):
            column.wrong("across", "公式绕回到自己", "leads back to the column itself")
    for term in ("level_3", "target", "actual", "weight", "score"):
        if term not in present:
            table.wrong("columns", f"缺少 {term} 列", f"the column {term!r} is missing")
    return tuple(found)


def parameter_changes(
    given: Mapping[str, object], mistakes: list[Mistake], key: str = "rules"
) -> tuple[tuple[str, object], ...]:
    """Some parameters of the rules as they are written in a file, checked; mistakes are added to the list."""
    found = _parameters(Table({**_defaults(), **given}, key, mistakes))
    return tuple((name, getattr(found, name)) for name in given if hasattr(found, name))


@lru_cache(maxsize=32)
def with_parameters(form: Form, changes: tuple[tuple[str, object], ...]) -> Form:
    """The form with some parameters of its rules changed; what is printed stays as it is."""
    return replace(form, rules=replace(form.rules, **dict(changes)))  # type: ignore[arg-type]


def _parameters(table: Table) -> Parameters:
    values: dict[str, object] = {}
    for name, kind in field_kinds(Parameters).items():
        raw = table.data.get(name)
        if kind == "Decimal":
            values[name] = table.amount(name, Decimal(0))
        elif kind == "int":
            values[name] = table.whole(name, most=1_000_000)
        elif kind == "bool":
            values[name] = table.flag(name, False)
        elif kind == "str":
            values[name] = table.text(name)
        else:
            table.seen.add(name)
            values[name] = _tuple(table, name, kind, raw)
    if values["scoring"] not in SCORINGS:
        table.wrong(
            "scoring",
            f"应为 {'、'.join(SCORINGS)} 之一",
            f"should be one of {', '.join(SCORINGS)}",
            near(str(values["scoring"]), SCORINGS),
        )
    table.done()
    return Parameters(**values)  # type: ignore[arg-type]


def _tuple(table: Table, name: str, kind: str, raw: object) -> tuple[object, ...]:
    if not isinstance(raw, list):
        table.wrong(name, "应为列表", "should be a list")
        return ((Decimal(0), ""),) if name == "bands" else ()
    if kind == "tuple[str, ...]":
        return tuple(str(word) for word in raw)
    if kind == "tuple[Decimal, Decimal]":
        if len(raw) != 2:
            table.wrong(name, "应为两个数", "should be two numbers")
        return tuple(table.number(name, item) for item in raw[:2])
    try:
        if name == "bands":
            bands = tuple((table.number(name, floor), str(word)) for floor, word in raw)
            if not bands or list(bands) != sorted(bands, key=lambda band: -band[0]):
                table.wrong(name, "应从高到低排列", "should run from the highest band to the lowest")
            return bands or ((Decimal(0), ""),)
        if kind == "tuple[tuple[Decimal, Decimal], ...]":
            shares = tuple((table.number(name, floor), table.number(name, share)) for floor, share in raw)
            if not shares or list(shares) != sorted(shares, key=lambda share: -share[0]):
                table.wrong(name, "应从高到低排列", "should run from the highest band to the lowest")
            return shares
        if kind == "tuple[tuple[str, str], ...]":
            return tuple((str(wrong), str(right)) for wrong, right in raw)
        return tuple((str(word), table.number(name, low), table.number(name, high)) for word, low, high in raw)
    except (TypeError, ValueError):
        table.wrong(name, "各项的格式不对", "has items of the wrong shape")
        return ((Decimal(0), ""),) if name == "bands" else ()


def read_definition(text: str, source: str = "definition") -> Form:
    """A definition's text to a ``Form``.

    Raises ``BrokenDefinitionError`` with every mistake of it.
    """
    import tomllib  # those that ship with perfxl do without

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BrokenDefinitionError(source, [Mistake("", "", f"不是 TOML：{error}", f"is no TOML: {error}")]) from error
    return _checked(data, text, source)


def _checked(data: dict[str, object], text: str, source: str) -> Form:
    mistakes: list[Mistake] = []
    top = Table(data, "", mistakes)
    form = _form(top, hex_digest(text.encode())[:12])
    if mistakes:
        raise BrokenDefinitionError(source, mistakes)
    return form


def _form(top: Table, version: str) -> Form:
    header, funds, goals = top.table("header"), top.table("funds"), top.table("goals")
    indicators, total = top.table("indicators"), top.table("total")
    rows = _fund_rows(funds)
    sources = [row.term for row in rows]
    fund_columns = _fund_columns(funds, sources)
    sums = ["funds.weight", "funds.score", "indicators.weight", "indicators.score"]
    money = [column.term for column in fund_columns if column.kind == "money"]
    overrides = top.take("rules", dict, ("表", "a table"), {})
    rules = Table({**_defaults(), **cast("dict[str, object]", overrides)}, "rules", top.mistakes)
    form = Form(
        id=top.text("id"),
        version=version,
        title=top.text("title"),
        year_line=top.text("year_line"),
        basis=top.text("basis"),
        currency_unit=top.choice("currency_unit", ("元", "万元")),
        denominator=top.choice("denominator", money or MONEY),
        header=_header(header),
        funds_label=funds.text("label"),
        fund_rows=rows,
        fund_columns=fund_columns,
        goals_label=goals.text("label"),
        expected_label=goals.text("expected"),
        actual_label=goals.text("actual"),
        goal_rows=goals.whole("rows", 2, least=1, most=40),
        goal_height=goals.whole("height", 60, least=15, most=409),
        goal_characters=goals.whole("characters", 4000, least=20, most=32767),
        indicators_label=indicators.text("label"),
        columns=_columns(indicators),
        levels=_levels(indicators),
        spare_rows=indicators.whole("spare", 0, most=60),
        total_label=total.text("label"),
        total_weight=total.expression("weight", sums, None) or "",
        total_score=total.expression("score", sums, None) or "",
        sign_off=_entries(top.tables("sign_off", [])),
        block_width=top.amount("block_width", Decimal(8)) or Decimal(8),
        rules=_parameters(rules),
        footer=_footer(top.tables("footer", [])),
        indicator_rows=indicators.whole("rows", 0, most=200),
    )
    if "{year}" not in form.year_line:
        top.wrong("year_line", "应含 {year}", "should contain {year}")
    elif set(form.year_line.replace("{year}", "")) & set("{}"):
        top.wrong("year_line", "除 {year} 外不可有花括号", "should have no braces but those of {year}")
    _no_doubles(top, "sign_off", [entry.term for entry in form.signed])
    _no_doubles(top, "footer", [field.term for field in form.footer])
    if sum(column.span for column in form.fund_columns) > len(form.columns) - 1:
        funds.wrong("columns", "资金列多于指标列，排不下", "are more than the indicator columns can carry")
    if not form.levels and not form.indicator_rows:
        indicators.wrong("rows", "没有一级指标的表样应有 rows", "is missing in a form without levels")
    for table in (funds, goals, indicators, total, top):
        table.done()
    return form


@lru_cache(maxsize=1)
def _defaults() -> dict[str, object]:
    return cast("dict[str, object]", shipped_table("defaults.toml")["rules"])


_NOT_FORMS = {"defaults.toml", "vocabulary.toml", "general.toml"}


@lru_cache(maxsize=1)
def form_ids() -> tuple[str, ...]:
    """The ids of the definitions that ship with perfxl, in order."""
    names = os.listdir(data_folder("templates"))
    return tuple(sorted(name[:-5] for name in names if name.endswith(".toml") and name not in _NOT_FORMS))


@lru_cache(maxsize=32)
def load_form(name: str) -> Form:
    """A form by id (``shanghai``), or by the path of a definition ending in ``.toml``.

    Raises ``UnknownFormError``, ``BrokenDefinitionError``, or ``OSError`` where the file cannot be read.
    """
    if name.endswith(".toml"):
        with open(name, encoding="utf-8-sig") as opened:
            return read_definition(opened.read(), name)
    if name not in form_ids():
        raise UnknownFormError(name, form_ids())
    return shipped_form(f"{name}.toml")


def shipped_form(file: str) -> Form:
    """The definition in a file of ``templates``."""
    text = template_text(file)
    return _checked(shipped_table(file), text, file)
