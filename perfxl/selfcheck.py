"""The live self-check beside the form: while the clerk types, the sheet says what does not hold.

Each state cell answers for one rule and one row, by the rule's own ``live`` expression:
holds, broken, or not decided in the sheet.  It all stands outside the print area.
"""

from __future__ import annotations

from functools import lru_cache

from .finding import Rule
from .form import Parameters
from .formula import BROKEN, HOLDS, OPEN, parse, terms_of, to_excel
from .noun import field_names
from .number import plain
from .page import Page
from .rules import by_code
from .sheet import Area, Cell, Mark, a1_area

ROW_CODES = ("S05", "S03", "D01", "V01", "S01")
"""Rules that the sheet decides row by row, in the order of their columns."""

FUND_CODE, TOTAL_CODE = "M07", "K01"
_USED = "if(unanswered(level_3) and blank(weight) and blank(target) and blank(actual) and blank(score), 0, 1)"


def live_rule(code: str) -> Rule:
    """A rule that the sheet decides."""
    rule = by_code(code)
    if rule is None or rule.live is None:
        raise LookupError(f"{code} is not decided in the sheet")
    return rule


@lru_cache(maxsize=128)
def _source(code: str, parameters: Parameters) -> str:
    if code == "S01" and (parameters.scoring != "ratio" or parameters.score_places < 2):
        return "if(used = 0, '', undecided)"  # by hand, or rounded more coarsely than the sheet allows for
    source = live_rule(code).live or ""
    for name in field_names(type(parameters)):
        if f"{{{name}}}" in source:
            source = source.replace(f"{{{name}}}", plain(getattr(parameters, name)))
    return source


_ROW = "\x00"
"""Stands for the row number in the formulas of a line, which are alike but for it."""


@lru_cache(maxsize=256)
def _of_any_row(source: str, columns: tuple[tuple[str, str], ...]) -> str:
    terms = dict(columns)
    return to_excel(parse(source), lambda term: [terms[term]])


def sources(parameters: Parameters) -> tuple[str, ...]:
    """The expressions of the self-check, words included: what an edition of a form depends on."""
    codes = (*ROW_CODES, FUND_CODE, TOTAL_CODE)
    return (_USED, *(_source(code, parameters) for code in codes), _words(ROW_CODES))


_Made = tuple[int, str, str, str, str]
"""A formula of the first row: its column, the end of its name, its source and style, its text for any row."""


def _formula(
    page: Page, row: int, column: int, name: str, source: str, terms: dict[str, str], style: str
) -> list[_Made]:
    """Write a formula; what other rows may copy of it: nothing where it reads a cell that rows share."""
    tail = str(row)
    used = {term: terms[term] for term in terms_of(source)}
    alike = all(ref.endswith(tail) or not ref[-1:].isdigit() for ref in used.values())
    if alike:
        columns = tuple((term, _any_row(ref, tail)) for term, ref in used.items())
        text = _of_any_row(source, columns)
    else:
        text = to_excel(parse(source), lambda term: [terms[term]])
    page.put(Area(row, column, row, column), Cell(formula=text.replace(_ROW, tail), style=style), name)
    page.formulas[name] = source
    free = alike and used.keys().isdisjoint(("level_1", "level_2"))
    return [(column, name.rpartition(".")[2], source, style, text)] if free else []


def _any_row(ref: str, row: str) -> str:
    """``G13`` or ``L13:P13`` without its row number."""
    return ":".join(part.removesuffix(row) + _ROW if part.endswith(row) else part for part in ref.split(":"))


@lru_cache(maxsize=16)
def _words(codes: tuple[str, ...]) -> str:
    if len(codes) == 1:
        # a range of one cell: not every program counts in that
        own, rule = codes[0].lower(), live_rule(codes[0])
        return (
            f"if({own} = broken, '{BROKEN} {rule.live_zh} {rule.live_en}；', if({own} = undecided, "
            f"'{OPEN} 有内容表内不判断 partly undecided', if({own} = holds, '{HOLDS}', '')))"
        )
    said = " & ".join(
        f"if({code.lower()} = broken, '{live_rule(code).live_zh} {live_rule(code).live_en}；', '')" for code in codes
    )
    return (
        f"if(tally(states, broken) > 0, '{BROKEN} ' & {said}, if(tally(states, undecided) > 0, "
        f"'{OPEN} 有内容表内不判断 partly undecided', if(tally(states, holds) > 0, '{HOLDS}', '')))"
    )


def add(page: Page, *, fund_head: int, indicator_head: int, count: int, total_row: int) -> None:
    """Lay the self-check out: words and one state column a rule, then helper columns."""
    first = page.columns + 2
    states = first + 1
    last = states + len(ROW_CODES) - 1
    page.widths[page.columns + 1] = 2
    page.widths[first] = 36
    for column in range(states, last + 1):
        page.widths[column] = 5
    for column in range(last + 1, last + 4):
        page.widths[column] = 9
    _head(page, fund_head, first, (FUND_CODE,))
    _head(page, indicator_head, first, (*ROW_CODES, "填写", "指标数", "完成数"))
    for row in page.form.fund_rows:
        terms = {
            "denominator": page.ref(f"funds.{row.term}.{page.form.denominator}"),
            "executed_amount": page.ref(f"funds.{row.term}.executed_amount"),
        }
        parts = [
            f"{source}.{term}" for source in page.form.parts(row) for term in (page.form.denominator, "executed_amount")
        ]
        terms.update({part: page.ref(f"funds.{part}") for part in parts})
        # an amount typed as text is read by people, but not by the sum of the sheet
        read = " and ".join(f"(count({part}) = 1 or blank({part}))" for part in parts)
        at = page.fields[f"funds.{row.term}.executed_amount"].top
        _line(page, at, first, f"check.funds.{row.term}", (FUND_CODE,), terms, where=read)
    _rows(page, first, last, count)
    weights = "indicators.weight"
    used = Area(page.fields["check.1.used"].top, last + 1, page.fields[f"check.{count}.used"].top, last + 1)
    terms = {
        "total_weight": page.ref("total_weight"),
        weights: page.indicator_column("weight", count),
        "rows_used": a1_area(used),
    }
    _line(page, total_row, first, "check.total", (TOTAL_CODE,), terms)
    _summary(page, first, Area(fund_head, states, total_row, last))
    for mark, style in ((BROKEN, "bad"), (OPEN, "open"), (HOLDS, "good")):
        area = Area(1, first, total_row, last)
        page.marks.append(Mark(area=area, formula=f'LEFT({a1_area(Area(1, first, 1, first))},1)="{mark}"', style=style))


def _head(page: Page, row: int, first: int, names: tuple[str, ...]) -> None:
    page.row = row
    page.label(page.span(first, first), "自检提示 Self-check", "check_head")
    for at, name in enumerate(names):
        page.label(page.span(first + 1 + at, first + 1 + at), name, "check_head")


def _line(
    page: Page, row: int, first: int, name: str, codes: tuple[str, ...], terms: dict[str, str], *, where: str = ""
) -> list[_Made]:
    """The state cells of one row, decided only ``where`` that holds, and the words for them."""
    made: list[_Made] = []
    for at, code in enumerate(codes):
        source = _source(code, page.form.rules)
        if code == "D01" and page.form.column("variance_explanation") is None:
            source = "if(used = 0, '', '')"  # the form has no place for a reason
        if where:
            source = f"if({where}, {source}, undecided)"
        made += _formula(page, row, first + 1 + at, f"{name}.{code.lower()}", source, terms, "check_state")
    own = {code.lower(): page.ref(f"{name}.{code.lower()}") for code in codes}
    own["states"] = a1_area(Area(row, first + 1, row, first + len(codes)))
    return made + _formula(page, row, first, f"{name}.words", _words(codes), own, "check_words")


def _rows(page: Page, first: int, last: int, count: int) -> None:
    """The rows of the indicators: alike but for the number of the row, so the others copy the first."""
    made = _row(page, first, last, 1)
    wanted = len(ROW_CODES) + 4
    for number in range(2, count + 1):
        if len(made) < wanted:
            _row(page, first, last, number)
            continue
        row = page.fields[f"indicators.{number}.score"].top
        tail = str(row)
        for column, end, source, style, text in made:
            name = f"check.{number}.{end}"
            page.put(Area(row, column, row, column), Cell(formula=text.replace(_ROW, tail), style=style), name)
            page.formulas[name] = source


def _row(page: Page, first: int, last: int, number: int) -> list[_Made]:
    made: list[_Made] = []
    name = f"indicators.{number}."
    terms = {column.term: page.ref(name + column.term) for column in page.form.columns}
    terms.setdefault("variance_explanation", '""')
    row = page.fields[name + "score"].top
    target = "figure(target)"
    if "adjusted_target" in terms:
        target = "if(blank(adjusted_target), figure(target), '')"
    if "operator" in terms:
        target = f"if(blank(operator) or operator = '≥', {target}, '')"
    if "unit" in terms:
        # 12 with 月 is a time, no amount
        target = f"if(blank(unit) or unit = '%', {target}, '')"
    helper = {"used": _USED, "target_figure": target, "actual_figure": "figure(actual)"}
    for at, (term, source) in enumerate(helper.items()):
        made += _formula(page, row, last + 1 + at, f"check.{number}.{term}", source, terms, "check_state")
        terms[term] = page.ref(f"check.{number}.{term}")
    return made + _line(page, row, first, f"check.{number}", ROW_CODES, terms)


def _summary(page: Page, first: int, states: Area) -> None:
    page.row = 1
    page.label(page.span(first, first), "表内自检（不打印） Live self-check (not printed)", "check_title")
    source = (
        f"if(tally(states, broken) > 0, '{BROKEN} ' & tally(states, broken) & ' 处不符，见本列各行 do not hold', "
        f"if(tally(states, undecided) > 0, '{OPEN} 未见不符；' & tally(states, undecided)"
        " & ' 处表内不判断 not decided here', "
        f"'{HOLDS} 表内各项均相符 all hold'))"
    )
    _formula(page, 2, first, "check.summary", source, {"states": a1_area(states)}, "check_summary")
