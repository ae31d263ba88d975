"""The HTML report as a file: what it may load and run, what its data says, what no text of a return can do to it."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import payloads
import pytest

import perfxl
from perfxl.drawing import Drawing, draw
from perfxl.finding import Verdict
from perfxl.report import words
from perfxl.report.compact import Compactor
from perfxl.report.html import html_report, page, script_json
from perfxl.report.tally import Tally
from perfxl.rules import ALL
from perfxl.sheet import Area, Cell, Sheet

SAMPLES = Path(__file__).parent.parent / "samples"
DRAWING = Drawing(
    rows=(1, 2),
    columns=(1, 2),
    widths=(10.0, 0.0),
    merges=(Area(1, 1, 1, 2),),
    printed=((1, 1, "财政项目支出绩效自评表"), (2, 1, "总分")),
    filled=((2, 2, "88.25"),),
    figures=frozenset({(2, 2)}),
    framed=(2, 2),
    hidden=frozenset(),
)


class Parsed(HTMLParser):
    """Elements with their attributes, and the content of the scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[tuple[str, tuple[tuple[str, str | None], ...]]] = Counter()
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self.other: list[str] = []
        self._at = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag, tuple(attrs)] += 1
        if tag in self.inside:
            self._at = tag
            self.inside[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._at = ""

    def handle_data(self, data: str) -> None:
        if self._at:
            self.inside[self._at][-1] += data
        else:
            self.other.append(data)

    def handle_comment(self, data: str) -> None:
        self.elements["comment", ()] += 1


def drawn(text: str) -> Verdict:
    spot = replace(DRAWING, filled=((2, 2, text),), printed=((1, 1, text), (2, 1, text)))
    return replace(payloads.verdict(text), drawing=spot)


def report(*verdicts: Verdict, lang: str = "zh", made: str = "") -> str:
    return b"".join(html_report(verdicts, Tally(), lang, made)).decode()


def data_of(text: str) -> Any:
    return json.loads(Parsed(text).inside["script"][0])


def test_one_script_and_one_style_are_allowed_by_their_digests_and_nothing_else() -> None:
    parsed = Parsed(report(drawn("党建")))
    (policy,) = [
        dict(attrs)["content"]
        for (tag, attrs) in parsed.elements
        if tag == "meta" and len(attrs) == 2 and dict(attrs).get("http-equiv")
    ]
    rules = dict(part.strip().split(" ", 1) for part in str(policy).split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    data, script = parsed.inside["script"]
    for name, content in (("script-src", script), ("style-src", parsed.inside["style"][0])):
        digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert json.loads(data)["head"] == {"tool": perfxl.__version__, "lang": "zh", "made": ""}
    scripts = {attrs: count for (tag, attrs), count in parsed.elements.items() if tag == "script"}
    assert scripts == {(("type", "application/json"), ("id", "data")): 1, (): 1}


def test_the_page_asks_for_nothing_and_makes_no_markup_of_texts() -> None:
    for name in ("page.html", "page.css", "page.js"):
        text = resources.files("perfxl.report").joinpath("page", name).read_text(encoding="utf-8")
        assert not re.search(r"url\(|@import|@font-face|<link|src=|https?://(?!www\.w3\.org/2000/svg)", text), name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\bFunction\(|fetch\(|XMLHttp", text
        )
        assert "style=" not in text.replace("<style>", "")
    assert b"</script" not in page("zh")[1].split(b"<script>")[1].split(b"</script>")[0]


@pytest.mark.parametrize("text", payloads.ALL)
def test_no_text_of_a_return_becomes_markup(text: str) -> None:
    benign, hostile = (
        report(drawn(payloads.BENIGN), payloads.rejected(payloads.BENIGN)),
        report(drawn(text), payloads.rejected(text)),
    )
    assert Parsed(hostile).elements == Parsed(benign).elements
    assert Parsed(hostile).other == Parsed(benign).other
    data = data_of(hostile)
    shown = words.plain_text(text)
    assert not shown or shown in data["strings"]
    raw = hostile.split('id="data">')[1].split("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(raw)


def test_json_in_a_script_says_what_it_said() -> None:
    value = {"a": "</script><!--\u2028\u2029&\U00020bb7", "b": ["<", None, 1, True]}
    assert json.loads(script_json(value)) == value
    assert json.loads(script_json("a\ud800")) == "a\ufffd"


def filled(wording: list[int], data: Any, lang: int) -> str:
    """What the page makes of a wording: the same replacement as in its script."""
    at, *values = wording
    text, names = data["wordings"][at][lang], data["wordings"][at][2]
    strings = data["strings"]
    if not names:
        return str(text)
    return re.sub(
        r"\{(\w+)\}",
        lambda slot: (
            slot[0]
            if slot[1] not in names
            else strings[values[names.index(slot[1])]]
            if values[names.index(slot[1])] >= 0
            else ""
        ),
        text,
    )


@pytest.mark.parametrize("text", ["党建", *payloads.ALL[::7]])
def test_the_page_says_of_every_finding_what_the_other_reports_say(text: str) -> None:
    verdicts = [*perfxl.check([SAMPLES]), payloads.verdict(text)]
    data = data_of(report(*verdicts))
    compared = 0
    for verdict, form in zip(verdicts, data["forms"], strict=True):
        for finding, found in zip(verdict.findings, form["findings"], strict=True):
            assert data["rules"][found[0]][0] == finding.rule
            for at, lang in enumerate(("zh", "en")):
                assert filled(found[7], data, at) == words.message(finding, lang)
                assert (filled(found[8], data, at) if found[8] else "") == words.remedy(finding, lang)
                if finding.diagnosis:
                    assert data["wordings"][found[10][1]][at] == words.without_surrogates(
                        words.cause(finding.diagnosis, lang)
                    )
            compared += 1
    assert compared > 150


def test_the_templates_of_the_rule_book_have_plain_slots_only() -> None:
    for rule in ALL:
        texts = [
            rule.zh,
            rule.en,
            rule.remedy_zh,
            rule.remedy_en,
            *(text for pair in rule.variants.values() for text in pair),
        ]
        for text in texts:
            assert not re.search(r"[{}]", re.sub(r"\{\w+\}", "", text)), (rule.code, text)


def test_equal_layouts_and_texts_are_written_once() -> None:
    one = data_of(report(drawn("甲")))
    many = data_of(
        report(*(replace(drawn("甲"), drawing=replace(DRAWING, filled=((2, 2, str(n)),))) for n in range(50)))
    )
    assert len(one["layouts"]) == len(many["layouts"]) == 1
    assert len(many["strings"]) <= len(one["strings"]) + 52
    assert [many["strings"][form["texts"][0]] for form in many["forms"]] == [str(n) for n in range(50)]


def test_a_page_is_the_same_each_time_but_for_its_day() -> None:
    assert report(drawn("甲")) == report(drawn("甲"))
    assert report(made="2026-11-25").count("2026-11-25") == 1


def test_no_forms_are_a_page_too() -> None:
    data = data_of(report())
    assert (data["forms"], data["summary"]["files"]) == ([], 0)


def test_pieces_come_as_the_verdicts_do() -> None:
    met: list[int] = []

    def source() -> Any:
        for number in range(3):
            met.append(number)
            yield payloads.rejected(str(number))

    pieces = html_report(source(), Tally(), "zh")
    next(pieces), next(pieces)
    assert met == []
    next(pieces)
    assert met == [0]


def test_drawings_are_made_only_when_asked_for() -> None:
    assert [verdict.drawing for verdict in perfxl.check([SAMPLES])] == [None] * 9
    asked = list(perfxl.check([SAMPLES], drawings=True, jobs=2))
    assert all(verdict.drawing for verdict in asked)


def test_a_drawing_has_every_field_where_it_stood() -> None:
    for verdict in perfxl.check([SAMPLES], drawings=True):
        drawing, record = verdict.drawing, verdict.record
        assert drawing is not None
        assert record is not None
        texts = [text for _, _, text in drawing.filled]
        assert record.project_name in texts
        assert record.expected_goal in texts
        assert all(row.level_3 in texts for row in record.indicators)
        assert drawing.framed[0] == 3
        assert not any("自检" in text for _, _, text in drawing.printed)
        spots = {(row, column) for row, column, _ in (*drawing.printed, *drawing.filled)}
        merged = {
            (row, column)
            for area in drawing.merges
            for row in range(area.top, area.bottom + 1)
            for column in range(area.left, area.right + 1)
        }
        for finding in verdict.findings:
            if finding.cell:
                row, column = perfxl_place(finding.cell)
                assert row in drawing.rows
                assert column in drawing.columns
                assert (row, column) in spots | merged or finding.actual is None


def perfxl_place(name: str) -> tuple[int, int]:
    from perfxl.sheet import from_a1

    return from_a1(name)


def sheet(cells: dict[tuple[int, int], str], **more: Any) -> Sheet:
    return Sheet(name="表", cells={place: Cell(value=text, text=text) for place, text in cells.items()}, **more)


def test_a_far_cell_and_a_huge_merge_make_no_huge_drawing() -> None:
    drawing = draw(
        sheet(
            {(1, 1): "题", (2, 1): "总分", (2, 2): "9", (1048576, 16384): "远"}, merges=(Area(1, 1, 1048576, 16384),)
        ),
        {"B2": True},
    )
    assert drawing is not None
    assert len(drawing.rows) <= 250
    assert len(drawing.columns) <= 40
    assert drawing.cut


def test_hidden_rows_are_drawn_where_something_stands_in_them() -> None:
    cells = {(1, 1): "a", (1, 2): "b", (2, 1): "c", (4, 1): "d", (4, 2): "e"}
    drawing = draw(sheet(cells, hidden_rows=frozenset({2, 3})), {"B4": True})
    assert drawing is not None
    assert (drawing.rows, drawing.hidden) == ((1, 2, 4), frozenset({2}))


def test_the_frame_ends_above_a_sign_off_line_only() -> None:
    cells = {
        (1, 1): "题",
        (2, 1): "填报日期",
        (2, 2): "3月",
        (3, 1): "总分",
        (3, 2): "9",
        (4, 1): "填报人",
        (4, 2): "张",
    }
    fields = {"B2": False, "B3": True, "B4": False}
    drawing = draw(sheet(cells), fields, signed={"B2", "B4"})
    assert drawing is not None
    assert drawing.framed == (2, 3)


def test_an_empty_sheet_has_no_drawing() -> None:
    assert draw(sheet({}), {}) is None


def test_a_form_of_fifty_indicators_stays_small() -> None:
    compactor = Compactor()
    sizes = [len(script_json(compactor.verdict(verdict))) for verdict in perfxl.check([SAMPLES], drawings=True)]
    assert max(sizes) < 5_000
    assert Decimal(sum(len(script_json(table)) for table in compactor.tables().values())) < 80_000
