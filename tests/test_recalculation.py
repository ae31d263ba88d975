"""Every formula of every form, computed by programs that are not ours: LibreOffice and IronCalc."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import AT_EVERY_TURN, require
from hypothesis import given
from hypothesis import strategies as st
from recalculation import (
    ANSWERS,
    REASONS,
    Book,
    Look,
    books,
    differences,
    edges,
    ironcalc,
    libreoffice,
    poisoned,
    records,
    share_of,
    stored,
    without_results,
)

from perfxl.form import Form, form_ids, load_form
from perfxl.formula import evaluate, parse
from perfxl.number import is_blank, is_no_reason, read_target
from perfxl.record import Assignment
from perfxl.sheet import Value
from perfxl.xlsx.reader import read_workbook

FORMS = form_ids()
EARLIER, LATER = AT_EVERY_TURN, tuple(name for name in FORMS if name not in AT_EVERY_TURN)
KNOWN_FUNCTIONS = {
    *("SUM", "COUNT", "IF", "ROUND", "MIN", "MAX", "COUNTIF", "AND", "OR", "NOT", "RIGHT", "LEFT", "LEN", "SUBSTITUTE"),
    *("VALUE", "TEXT", "ISTEXT", "ISNUMBER", "FIND", "LOWER", "CHAR", "IFERROR"),
}
"""Functions that Excel 2007, WPS and LibreOffice all know."""


def filled(form: Form, count: int, seed: int) -> list[Book]:
    """Half of the records with numbers only in cells for numbers, half with texts in them as well."""
    some = records(form, count - count // 2, seed) + records(form, count // 2, seed, typed=True)
    return list(books(form, some, f"seed{seed}"))


class Asked(NamedTuple):
    """What LibreOffice was given, and what came back."""

    filled: list[Book]
    blank: list[Book]
    kept: Book
    results: Mapping[str, Look]


@pytest.fixture(
    scope="module", params=[EARLIER, pytest.param(LATER, marks=pytest.mark.slow)], ids=["every-turn", "the-rest"]
)
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    soffice = require("soffice")
    forms = [load_form(name) for name in request.param]
    given = [book for form in forms for book in filled(form, share_of(20), 1)]
    blank = [book for form in forms for book in books(form, [None], "blank", assignment=Assignment())]
    files = {book.name: without_results(book.data) for book in (*given, *blank)}
    kept = replace(given[0], name="kept")
    files[kept.name] = poisoned(kept.data)
    return Asked(given, blank, kept, libreoffice(soffice, files, tmp_path_factory.mktemp("libreoffice")))


# ---- recalculation ------------------------------------------------------------------------


def test_libreoffice_computes_what_we_compute(asked: Asked) -> None:
    found = [each for book in asked.filled for each in differences(book, asked.results[book.name])]
    assert found == []


def test_libreoffice_did_compute(asked: Asked) -> None:
    """It keeps a stored result: a poisoned one comes back as it is, one taken out comes back computed."""
    formulas = asked.kept.size * len(asked.kept.page.formulas)
    assert len(differences(asked.kept, asked.results["kept"])) == formulas
    assert differences(asked.filled[0], asked.results[asked.filled[0].name]) == []


def test_no_poisoned_result_goes_unseen(asked: Asked) -> None:
    for book in (*asked.filled, *asked.blank):
        seen = differences(book, stored(read_workbook(poisoned(book.data))))
        assert len(seen) == book.size * len(book.page.formulas)


def test_results_taken_out_are_out(asked: Asked) -> None:
    for book in asked.filled:
        look = stored(read_workbook(without_results(book.data)))
        places = [book.page.fields[name].corner for name in book.page.formulas]
        assert all(look(at, *place) in (None, "") for at in range(book.size) for place in places)


def test_our_file_stores_what_we_compute(asked: Asked) -> None:
    assert [each for book in asked.filled for each in differences(book, stored(read_workbook(book.data)))] == []


def test_ironcalc_computes_what_we_compute(asked: Asked, tmp_path: Path) -> None:
    """Given poisoned results, so that agreement means that it did compute."""
    given = (*asked.filled, *asked.blank)
    results = ironcalc({book.name: poisoned(book.data) for book in given}, tmp_path)
    assert [each for book in given for each in differences(book, results[book.name])] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_many_forms_agree(name: str, tmp_path: Path) -> None:
    soffice = require("soffice")
    given = filled(load_form(name), share_of(400), 2)
    results = libreoffice(soffice, {book.name: without_results(book.data) for book in given}, tmp_path / "lo")
    assert [each for book in given for each in differences(book, results[book.name])] == []
    results = ironcalc({book.name: poisoned(book.data) for book in given}, tmp_path / "ic")
    assert [each for book in given for each in differences(book, results[book.name])] == []


@pytest.mark.parametrize("name", FORMS)
def test_inputs_reach_the_rounding_edge(name: str) -> None:
    form = load_form(name)
    assert edges(form, records(form, 20, 1)) >= 2


@pytest.mark.parametrize("name", FORMS)
def test_inputs_reach_every_answer(name: str) -> None:
    """Each state cell that the self-check has says √, × and ○ somewhere among the inputs."""
    said: dict[str, set[Value]] = {}
    for book in filled(load_form(name), 60, 1):
        for sheet in book.forms:
            for field in book.page.formulas:
                last = field.rpartition(".")[2]
                if field.startswith("check.") and re.fullmatch(r"[a-z][0-9]{2}", last):
                    said.setdefault(last, set()).add(sheet.cell(*book.page.fields[field].corner).cached)
    form = load_form(name)
    never: dict[str, set[Value]] = {}
    if form.column("variance_explanation") is None:
        never["d01"] = {"√", "×", "○"}
    if "score" in {column.term for column in form.computed_columns}:
        never["s03"] = {"×"}  # a computed score is never above its weight
    missed = {code: {"√", "×", "○"} - values for code, values in said.items()}
    assert missed == {code: never.get(code, set()) for code in said}
    assert len(said) == 7


# ---- the blank form -----------------------------------------------------------------------


def shown_falsely(book: Book, look: Look) -> dict[str, Value]:
    """The computed cells of a blank form that show anything; the self-check may say that it decided nothing."""
    found = {name: look(0, *book.page.fields[name].corner) for name in book.page.formulas}
    return {
        name: value
        for name, value in found.items()
        if value not in ("", None)
        and not (name.startswith("check.") and str(value).startswith("○"))
        and not (name.endswith(".used") and value == 0)
    }


def test_blank_form_shows_nothing_false(asked: Asked) -> None:
    for book in asked.blank:
        assert shown_falsely(book, stored(book.workbook)) == {}


def test_blank_form_shows_nothing_false_in_libreoffice(asked: Asked) -> None:
    for book in asked.blank:
        assert shown_falsely(book, asked.results[book.name]) == {}


def test_blank_form_shows_no_figure_but_its_own_weight(asked: Asked) -> None:
    for book in asked.blank:
        sheet = book.forms[0]
        printed = [
            (place, cell.text)
            for place, cell in sheet.cells.items()
            if place[1] <= book.page.columns and re.fullmatch(r"[-0-9.,%#/A-Z!]+", cell.text)
        ]
        weight = book.page.fields["funds.total.weight"].corner
        assert printed == [(weight, "10")]


# ---- what the formulas are made of --------------------------------------------------------


def lint(formula: str) -> list[str]:
    """What a program older than ours would not take."""
    bare = re.sub(r'"(?:[^"]|"")*"', '""', formula)
    unknown = set(re.findall(r"([A-Z_][A-Z0-9_.]*)\(", bare)) - KNOWN_FUNCTIONS
    depth = deepest = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    found = [f"unknown function {name}" for name in sorted(unknown)]
    found += [f"{len(formula)} characters"] * (len(formula) >= 8192)
    found += [f"{deepest} levels"] * (deepest >= 64)
    found += ["brackets"] * (depth != 0) + ["array or external"] * bool(re.search(r"[{}\[\]!]", bare))
    return found + ["long text"] * any(len(text) > 255 for text in re.findall(r'"((?:[^"]|"")*)"', formula))


def test_formulas_are_known_to_old_programs(asked: Asked) -> None:
    for book in asked.filled:
        for name in book.page.formulas:
            formula = book.forms[0].cell(*book.page.fields[name].corner).formula
            assert formula
            assert lint(formula) == [], f"{name}: {formula}"


def test_lint_finds_what_it_looks_for() -> None:
    assert lint('IF(A1="TEXTJOIN(",SUM(A1:A3),"")') == []
    assert lint("TEXTJOIN(A1)") == ["unknown function TEXTJOIN"]
    assert lint("ROUND(" * 64 + "1" + ")" * 64) == ["64 levels"]
    assert lint("SUM(" + "1+" * 4096 + "1)") == ["8198 characters"]


# ---- texts as the sheet reads them --------------------------------------------------------

PIECES = (
    "0",
    "1",
    "5",
    "9",
    ".",
    "%",
    "-",
    "/",
    "无",
    "—",
    " ",
    "　",
    "\u00a0",
    "\t",
    "\n",
    "N",
    "one",
    "null",
    "¦",
    "万",
)
texts = st.one_of(
    st.sampled_from((*ANSWERS, *REASONS)),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.text(max_size=8),
)
numbers = st.decimals(min_value=0, max_value=10**6, places=2, allow_nan=False, allow_infinity=False).map(str)


def asked_of(text: str, source: str) -> Value:
    return evaluate(parse(source), lambda term: [text])


@given(st.one_of(texts, numbers, numbers.map(lambda text: text + "%")))
def test_a_figure_of_the_sheet_is_the_figure_of_the_reader(text: str) -> None:
    found = asked_of(text, "figure(answer)")
    if found == "":
        return
    target = read_target(text)
    assert isinstance(found, Decimal)
    assert target.number == found
    assert target.operator is None
    assert (target.kind, target.unit) == (("percent", "%") if text.endswith("%") else ("number", None))
    assert asked_of(text, "percent(answer)") == text.endswith("%")


@given(
    st.integers(min_value=0, max_value=10**10 - 1), st.integers(min_value=0, max_value=2), st.sampled_from(("", "%"))
)
def test_a_plain_figure_is_read_by_the_sheet(units: int, places: int, sign: str) -> None:
    number = Decimal(units).scaleb(-places)
    text = format(number, "f")
    if len(text) <= 10 and (number == 0 or number >= Decimal("0.001")):
        assert asked_of(text + sign, "figure(answer)") == number


@given(texts)
def test_an_unanswered_cell_is_a_blank_answer(text: str) -> None:
    """The blanks that no keyboard has aside: the sheet takes them for content."""
    for source, means in (("unanswered(answer)", is_blank), ("unexplained(answer)", is_no_reason)):
        found = asked_of(text, source)
        if found:
            assert means(text)
        elif means(text):
            assert any(ch.isspace() and ch not in " \u3000\u00a0\u2002\u2003\u2009\t\n\r" for ch in text)
