"""Formula issued, formula found, our own result, stored result: one finding, in words, with what it does to 总分."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

import pytest
import surgery
from records_made import filled, issued, through_libreoffice, workbook_bytes

from perfxl.borrowed import reaches
from perfxl.checking import judge_bytes
from perfxl.finding import Finding, Verdict
from perfxl.form import form_ids, load_form
from perfxl.formula import canonical
from perfxl.reading import read_submissions
from perfxl.report import words
from perfxl.sheet import a1
from perfxl.xlsx.reader import read_workbook


@lru_cache(maxsize=16)
def returned(form_id: str) -> bytes:
    """A form filled in without a fault of arithmetic."""
    form = load_form(form_id)
    return workbook_bytes(form, [issued(form)], [filled(form, issued(form))])


def cell_of(form_id: str, field: str) -> str:
    """The address of a field of that form."""
    return a1(*read_workbook(returned(form_id)).sheets[0].names["pxl." + field].corner)


def stored(form_id: str, field: str) -> tuple[str, Decimal]:
    """The formula of a field and its result."""
    sheet = read_workbook(returned(form_id)).sheets[0]
    cell = sheet.cell(*sheet.names["pxl." + field].corner)
    assert cell.formula is not None
    assert isinstance(cell.cached, Decimal)
    return cell.formula, cell.cached


def judged(form_id: str, field: str, content: surgery.Content) -> Verdict:
    """The verdict after an edit of that field."""
    data = surgery.Operated(returned(form_id)).put(cell_of(form_id, field), content).bytes()
    (verdict,) = judge_bytes("表.xlsx", data)
    return verdict


def workbook_findings(verdict: Verdict, cell: str) -> list[Finding]:
    """What is said of the cell by the rules of the workbook, follow-on faults left out."""
    return [
        each
        for each in verdict.findings
        if each.cell == cell and each.rule in ("W05", "W06", "W07", "W13") and not each.caused_by
    ]


def said(finding: Finding, lang: str) -> str:
    """The words of a finding."""
    return words.message(finding, lang)


@pytest.mark.parametrize("form_id", form_ids())
def test_an_untouched_formula_is_no_finding(form_id: str) -> None:
    (verdict,) = judge_bytes("表.xlsx", returned(form_id))
    assert not [each for each in verdict.findings if each.rule.startswith("W")]


Edit = Callable[[str, Decimal], surgery.Content]
STATES: dict[str, tuple[Edit, str, str, str]] = {
    "stale": (lambda formula, value: surgery.Content("n", f"<f>{esc(formula)}</f><v>{value + 2}</v>"), "W07", "high", "因此多出 2"),
    "missing": (lambda formula, value: surgery.Content("n", f"<f>{esc(formula)}</f>"), "W06", "", "没有存储计算结果"),
    "right number": (lambda formula, value: surgery.number(str(value)), "W05", "right", "一致"),
    "higher number": (lambda formula, value: surgery.number(str(value + Decimal("3.58"))), "W05", "wrong_more", "总分因此多出 3.58"),
    "lower number": (lambda formula, value: surgery.number(str(value - Decimal("1.37"))), "W05", "wrong_less", "总分因此少了 1.37"),
    "edited": (lambda formula, value: surgery.Content("n", f"<f>{esc(formula)}+2</f><v>{value + 2}</v>"), "W05", "edited_more", "总分因此多出 2"),
    "cleared": (lambda formula, value: surgery.NOTHING, "W05", "cleared", "公式被删除"),
    "error value": (lambda formula, value: surgery.Content("e", f"<f>{esc(formula)}</f><v>#VALUE!</v>"), "W13", "due", "#VALUE!"),
    "error typed": (lambda formula, value: surgery.Content("e", "<v>#REF!</v>"), "W13", "due", "#REF!"),
}  # fmt: skip


def esc(formula: str) -> str:
    """A formula as XML."""
    return formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("form_id", form_ids())
def test_each_state_of_the_total_is_one_finding_in_words(form_id: str, state: str) -> None:
    edit, rule, variant, text = STATES[state]
    verdict = judged(form_id, "total_score", edit(*stored(form_id, "total_score")))
    (finding,) = workbook_findings(verdict, cell_of(form_id, "total_score"))
    assert (finding.rule, finding.variant) == (rule, variant)
    assert text in said(finding, "zh")
    assert re.search("[a-z]{4}", said(finding, "en"))
    assert "{" not in said(finding, "en") + said(finding, "zh")


def test_a_score_typed_over_its_formula_says_what_it_adds_to_the_total() -> None:
    _, value = stored("shanghai", "funds.total.score")
    verdict = judged("shanghai", "funds.total.score", surgery.number(str(value - Decimal("0.5"))))
    (finding,) = workbook_findings(verdict, cell_of("shanghai", "funds.total.score"))
    assert (finding.variant, finding.difference) == ("wrong_less", Decimal("-0.5"))
    assert "the total score is 0.50 too low because of it" in said(finding, "en")


def test_an_amount_typed_over_a_sum_says_what_it_does_to_the_total_through_the_rate() -> None:
    _, value = stored("shanghai", "funds.total.executed_amount")
    half = (value / 2).quantize(Decimal("0.01"))
    verdict = judged("shanghai", "funds.total.executed_amount", surgery.number(str(half)))
    (finding,) = workbook_findings(verdict, cell_of("shanghai", "funds.total.executed_amount"))
    assert finding.variant == "wrong_less"
    assert finding.difference is not None
    assert Decimal(-6) < finding.difference < Decimal(-4)


def test_what_only_follows_from_a_typed_total_is_folded_under_it() -> None:
    _, value = stored("shanghai", "total_score")
    verdict = judged("shanghai", "total_score", surgery.number(str(value + 5)))
    cell = cell_of("shanghai", "total_score")
    rest = [each for each in verdict.findings if each.cell == cell and each.rule != "W05"]
    assert all(each.caused_by for each in rest)
    assert {each.rule for each in rest} <= {"T01", "T05", "T07", "W07"}


# ---- other programs ------------------------------------------------------------------------


SHAPES: dict[str, Callable[[str], str]] = {
    "blanks and small letters": lambda formula: formula.replace(",", " , ").lower(),
    "prefix of a new function": lambda formula: formula.replace("COUNT(", "_xlfn.COUNT("),
    "implicit intersection": lambda formula: re.sub(r"\bROUND\(", "ROUND(@", formula),
    "truth as a function": lambda formula: formula.replace("TRUE", "TRUE()"),
    "semicolons": lambda formula: ";".join(re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", formula)),
    "absolute references": lambda formula: re.sub(r"(?<![A-Za-z\"$])([A-Z]{1,2})(\d+)(?![\w(])", r"$\1$\2", formula),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form_id", form_ids())
def test_another_way_of_writing_is_no_change(form_id: str, shape: str) -> None:
    book = surgery.Operated(returned(form_id))
    changed = 0

    def rewritten(found: re.Match[str]) -> str:
        nonlocal changed
        formula = found[2].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        parts = re.split(r'("(?:[^"]|"")*")', formula)
        after = (
            "".join(part if part.startswith('"') else SHAPES[shape](part) for part in parts)
            if shape != "semicolons"
            else SHAPES[shape](formula)
        )
        changed += after != formula
        return f"<f{found[1]}>{esc(after)}</f>"

    book.sheet = re.sub(r"<f([^>]*)>(.*?)</f>", rewritten, book.sheet, flags=re.DOTALL)
    assert changed or shape == "truth as a function"
    (read,) = read_submissions(read_workbook(book.bytes()))
    assert read.differences == ()


def shared_rows(sheet: str) -> tuple[str, int]:
    """The formulas of the self-check down a column, as a program shares them."""
    groups: dict[tuple[str, str], list[re.Match[str]]] = {}
    pattern = re.compile(r'<c r="([A-Z]+)(\d+)"([^>]*)><f>(.*?)</f>', re.DOTALL)
    for found in pattern.finditer(sheet):
        row = int(found[2])
        alike = re.sub(rf"(?<=[A-Z]){row}\b", "#", found[4])
        groups.setdefault((found[1], alike), []).append(found)
    count = 0
    for key, cells in groups.items():
        rows = [int(cell[2]) for cell in cells]
        if len(cells) < 3 or re.search(r"[A-Z]\d", key[1]):
            continue
        for at, cell in enumerate(cells):
            inside = (
                f'<f t="shared" ref="{key[0]}{rows[0]}:{key[0]}{rows[-1]}" si="{count}">{cell[4]}</f>'
                if at == 0
                else f'<f t="shared" si="{count}"/>'
            )
            sheet = sheet.replace(cell[0], f'<c {cell[3].strip()} r="{key[0]}{rows[at]}">{inside}', 1)
        count += 1
    return sheet, count


@pytest.mark.parametrize("form_id", form_ids())
def test_shared_formulas_and_another_order_of_attributes_are_no_change(form_id: str) -> None:
    book = surgery.Operated(returned(form_id))
    book.sheet, count = shared_rows(book.sheet)
    assert count > 2
    (read,) = read_submissions(read_workbook(book.bytes()))
    assert read.differences == ()


@pytest.mark.parametrize("form_id", form_ids())
def test_the_package_as_wps_writes_it_is_no_change(form_id: str) -> None:
    """KSO properties, a calculation chain, another application, quoted sheet names."""
    parts = surgery.parts_of(returned(form_id))
    custom = parts["docProps/custom.xml"].decode()
    kso = '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="9" name="KSOProductBuildVer"><vt:lpwstr>2052-12.1.0.16929</vt:lpwstr></property></Properties>'
    parts["docProps/custom.xml"] = custom.replace("</Properties>", kso).encode()
    parts["docProps/app.xml"] = parts["docProps/app.xml"].replace(b"Microsoft Excel", "WPS 表格".encode())
    parts["xl/calcChain.xml"] = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="A1" i="1"/></calcChain>'
    )
    book = parts[surgery.BOOK].decode()
    parts[surgery.BOOK] = re.sub(r'(<definedName name="pxl[^>]*>)\'([^\']+)\'!', r"\1\2!", book).encode()
    (read,) = read_submissions(read_workbook(surgery.packed(parts)))
    assert (read.differences, read.missing, read.remarks) == ((), (), ())


@pytest.mark.slow
def test_formulas_through_libreoffice_and_older_formats_are_no_change(tmp_path_factory: pytest.TempPathFactory) -> None:
    files = {form_id: returned(form_id) for form_id in form_ids()}
    for form_id, data in through_libreoffice(files, tmp_path_factory, via=("xls", "ods")).items():
        (read,) = read_submissions(read_workbook(data))
        assert read.differences == (), form_id


def test_canonical_form_tells_real_changes_apart() -> None:
    assert canonical("ROUND(SUM(A1,B2),2)") != canonical("ROUND(SUM(A1,B3),2)")
    assert canonical('IF(A1>0,"合格","")') != canonical('IF(A1>0,"合 格","")')
    assert canonical("A1-B1") != canonical("B1-A1")


# ---- formulas in inputs --------------------------------------------------------------------

TABLE: list[tuple[str, str | None]] = [
    ("50+50", None),
    ("SUM(D7:D9)", None),
    ("ROUND(1234.567,2)", None),
    ("D7/2", None),
    ("-5", None),
    ("IF(D7>0,D7,0)", None),
    ('LEN("a|b[c]!NOW()")', None),
    ("'别的 表'!A1", None),
    ("Sheet1!A1*2", None),
    ("PI()*NOWHERE", None),
    ("VLOOKUP(1,A1:B9,2,FALSE)", None),
    ("[1]Sheet1!A1", "[ ]!"),
    ("'[底稿.xlsx]Sheet1'!$A$1", "[ ]!"),
    (r"'C:\财务\[底稿.xlsx]Sheet1'!A1", "[ ]!"),
    ("'https://example.org/[b.xlsx]S'!A1", "[ ]!"),
    ("SUM([2]Sheet1!A1:A3)", "[ ]!"),
    ("cmd|' /C calc'!A0", "|"),
    ('WEBSERVICE("http://example.org")', "WEBSERVICE"),
    ('_xlfn.WEBSERVICE("http://example.org")', "WEBSERVICE"),
    ('HYPERLINK("http://example.org","90")', "HYPERLINK"),
    ('INDIRECT("A"&1)', "INDIRECT"),
    ('RTD("prog",,"x")', "RTD"),
    ('CALL("kernel32","x")', "CALL"),
    ('REGISTER("x","y")', "REGISTER"),
    ('REGISTER.ID("x","y")', "REGISTER.ID"),
    ('EXEC("calc")', "EXEC"),
    ('IMPORTXML("http://example.org","//a")', "IMPORTXML"),
    ('importrange("x","A1")', "IMPORTRANGE"),
    ("NOW()", "NOW"),
    ("today ()", "TODAY"),
    ("RAND()*10", "RAND"),
    ("RANDBETWEEN(1,9)", "RANDBETWEEN"),
    ("OFFSET(A1,1,1)", "OFFSET"),
    ('CELL("row")', "CELL"),
]


@pytest.mark.parametrize(("formula", "reason"), TABLE)
def test_formulas_in_inputs(formula: str, reason: str | None) -> None:
    """A note where the result is a figure of the form; an error where the formula reaches beyond it."""
    assert reaches(formula) == reason
    verdict = judged("shanghai", "indicators.2.score", surgery.Content("n", f"<f>{esc(formula)}</f><v>3</v>"))
    (finding,) = [each for each in verdict.findings if each.rule == "W12"]
    assert (finding.severity, finding.variant) == (("info", "formula") if reason is None else ("error", "reaching"))
    assert finding.cell == cell_of("shanghai", "indicators.2.score")
    assert verdict.record is not None
    assert verdict.record.indicators[1].score == 3
    assert not [each for each in verdict.findings if each.rule == "W07" and each.cell == finding.cell]


def test_a_formula_without_a_figure_is_no_answer() -> None:
    verdict = judged("shanghai", "indicators.2.score", surgery.formula('"三分"', "三分"))
    (finding,) = [each for each in verdict.findings if each.rule == "W12"]
    assert (finding.severity, finding.variant) == ("error", "no_result")
