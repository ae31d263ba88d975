"""The HTML report in a real browser: what it shows, what keys and clicks do, paper, narrow screens, accessibility."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import crowd
import payloads
import pytest
from conftest import require, require_module

import perfxl
from perfxl.finding import Verdict, Waiver
from perfxl.report import words
from perfxl.report.html import html_report
from perfxl.report.tally import Tally

driver = require_module("playwright.sync_api")

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--font-render-hinting=none"),
)
ROWS = "#list tbody tr"
WIDE, NARROW = {"width": 1400, "height": 950}, {"width": 360, "height": 780}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = require("chromium")
    with driver.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


class Reports(NamedTuple):
    """Reports on disk, and the verdicts that they are about."""

    samples: Path
    verdicts: tuple[Verdict, ...]
    folder: Path

    def write(self, name: str, verdicts: list[Verdict], lang: str = "zh") -> Path:
        path = self.folder / f"{name}.html"
        path.write_bytes(b"".join(html_report(verdicts, Tally(), lang)))
        return path


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    folder = tmp_path_factory.mktemp("reports")
    verdicts = [
        *perfxl.check([crowd.SAMPLES], drawings=True),
        payloads.rejected("密.xlsx"),
        Verdict(file="好.xlsx", status="pass"),
    ]
    samples = folder / "samples.html"
    samples.write_bytes(b"".join(html_report(verdicts, Tally(), "zh")))
    return Reports(samples, tuple(verdicts), folder)


def become(page: Any, condition: str) -> None:
    """Wait until it holds. The page's own rules forbid what playwright would wait with."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


class Opened:
    """A page that is open: everything it complains of, asks for or pops up is remembered."""

    def __init__(self, context: Any, path: Path, place: str = "") -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri() + place)
        self.page.wait_for_selector("html[data-ready]")

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def count(self, selector: str) -> int:
        return int(self.page.locator(selector).count())

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.inner_text())

    def go(self, place: str) -> None:
        self.page.evaluate(f"location.hash = {place!r}")
        self.page.wait_for_selector(".form-title")

    def overflow(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def opened(browser: Any, reports: Reports) -> Iterator[Opened]:
    context = browser.new_context(viewport=WIDE)
    page = Opened(context, reports.samples)
    yield page
    assert page.complaints == []
    assert len(page.asked) == 1
    context.close()


def test_it_shows_every_verdict_and_asks_for_nothing(opened: Opened, reports: Reports) -> None:
    assert opened.count(ROWS) == len(reports.verdicts)
    assert opened.text("h1") == "绩效自评表核验报告"
    counts = [opened.page.locator(".states b").nth(at).inner_text() for at in range(5)]
    by_status = Counter(verdict.status for verdict in reports.verdicts)
    assert counts == [
        str(n) for n in (11, by_status["fail"], by_status["notes"], by_status["pass"], by_status["rejected"])
    ]
    judged = [verdict for verdict in reports.verdicts if verdict.record]
    bars = opened.page.locator(".chart .count").all_text_contents()
    assert sum(map(int, bars)) == len(judged)
    assert opened.count(".bars code") == 7


@pytest.mark.parametrize(
    ("name", "index"),
    [("unit", 1), ("severity", 1), ("severity", 3), ("rule", 2), ("rule", 9), ("status", 1), ("status", 4)],
)
def test_each_filter_lists_what_it_says(opened: Opened, reports: Reports, name: str, index: int) -> None:
    opened.page.locator(f"#by-{name}").select_option(index=index)
    chosen = opened.page.locator(f"#by-{name}").evaluate("node => node.selectedOptions[0].textContent")
    severities = {"错误": "error", "提示": "info"}
    states = {"退回": "fail", "未能核验": "rejected"}

    def fits(verdict: Verdict) -> bool:
        if name == "unit":
            return bool(verdict.record and verdict.record.implementing_unit == chosen.rpartition(" (")[0])
        if name == "severity":
            return any(finding.severity.value == severities[chosen] for finding in verdict.findings)
        if name == "rule":
            return any(finding.rule == chosen[:3] for finding in verdict.findings)
        return verdict.status == states[chosen]

    wanted = sum(map(fits, reports.verdicts))
    assert 0 < wanted <= opened.count(ROWS) == wanted
    assert f"所列 {wanted} 张" in opened.text(".tally span")
    opened.page.locator("#clear").click()
    assert opened.count(ROWS) == len(reports.verdicts)


def test_free_text_finds_project_unit_file_and_rule(opened: Opened, reports: Reports) -> None:
    def wanted(typed: str) -> int:
        def words_of(verdict: Verdict) -> str:
            record = verdict.record
            names = [record.project_name, record.implementing_unit, record.supervising_department] if record else []
            codes = {finding.rule for finding in verdict.findings}
            return "\n".join(
                [verdict.file, verdict.sheet or "", verdict.code or "", *filter(None, names), *codes]
            ).lower()

        return sum(all(word in words_of(verdict) for word in typed.split()) for verdict in reports.verdicts)

    for typed in ("居委办公", "密.xlsx", "居委办公 as-printed", "n01", "没有这个", "闵行区"):
        opened.page.locator("#search").fill(typed)
        become(opened.page, f"document.querySelectorAll('#list tbody tr').length === {wanted(typed)}")
        become(opened.page, "document.activeElement.id === 'search'")
    assert wanted("居委办公") == 3


def test_the_figures_of_the_overview_are_filters(opened: Opened, reports: Reports) -> None:
    opened.page.locator(".states button").nth(1).click()
    failed = sum(verdict.status == "fail" for verdict in reports.verdicts)
    assert opened.count(ROWS) == failed
    assert opened.page.locator(".states button").nth(1).get_attribute("aria-pressed") == "true"
    opened.page.locator(".states button").nth(1).click()
    assert opened.count(ROWS) == len(reports.verdicts)
    first = opened.page.locator(".bars").nth(1).locator("button").first
    first.click()
    assert opened.count(ROWS) == sum(
        any(finding.rule == "V02" for finding in verdict.findings) for verdict in reports.verdicts
    )
    opened.page.locator("#clear").click()
    opened.page.locator(".bars").first.locator("button").last.click()
    assert opened.count(ROWS) == sum(verdict.grade == "良" for verdict in reports.verdicts) == 1


def test_headings_sort(opened: Opened) -> None:
    opened.page.locator("th button", has_text="总分").click()
    totals = [float(text) for text in opened.page.locator(f"{ROWS} td:nth-child(5)").all_inner_texts() if text]
    assert totals == sorted(totals, reverse=True)
    opened.page.locator("th button", has_text="总分").click()
    totals = [float(text) for text in opened.page.locator(f"{ROWS} td:nth-child(5)").all_inner_texts() if text]
    assert totals == sorted(totals)
    assert opened.page.locator("th[aria-sort=ascending]").count() == 1


def test_each_form_is_drawn_as_it_was_received(opened: Opened, reports: Reports) -> None:
    for number, verdict in enumerate(reports.verdicts, 1):
        opened.go(f"#f{number}")
        drawing = verdict.drawing
        if drawing is None:
            assert opened.count(".sheet") == 0
            continue
        cells = opened.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('.sheet td[data-cell]')].map(td => [td.dataset.cell, td.firstChild && td.firstChild.nodeType === 3 ? td.firstChild.data : '']))"
        )
        for row, column, text in (*drawing.printed, *drawing.filled):
            assert cells[perfxl_name(row, column)] == words.plain_text(text)
        for area in drawing.merges:
            spans = opened.page.locator(f"td[data-cell={perfxl_name(area.top, area.left)}]").evaluate(
                "td => [td.rowSpan, td.colSpan]"
            )
            assert spans == [area.bottom - area.top + 1, area.right - area.left + 1]
        marked = set(opened.page.evaluate("[...document.querySelectorAll('td.found')].map(td => td.dataset.cell)"))
        assert {finding.cell for finding in verdict.findings if finding.cell in cells} == marked
        assert opened.count(".finding") == len({(f.rule, f.severity, f.variant) for f in verdict.findings})


def perfxl_name(row: int, column: int) -> str:
    from perfxl.sheet import a1

    return a1(row, column)


def test_a_click_leads_from_cell_to_finding_and_back(opened: Opened) -> None:
    opened.go("#f1")
    opened.page.locator("td[data-cell=H36] .mark").click()
    card = opened.page.locator(".finding.here")
    assert "T01" in card.inner_text()
    assert "91.83" in card.inner_text()
    assert "6.25 分" in card.inner_text()
    become(opened.page, "document.activeElement.matches('.finding.here')")
    opened.page.locator(".finding .chip", has_text="H19").click()
    assert opened.page.locator("td.here").get_attribute("data-cell") == "H19"
    become(opened.page, "document.activeElement.closest('td')?.dataset.cell === 'H19'")


def test_keys_walk_the_findings_and_the_forms(opened: Opened) -> None:
    page = opened.page
    page.locator(f"{ROWS} a").first.focus()
    page.keyboard.press("Enter")
    become(page, "document.activeElement.className === 'form-title'")
    page.keyboard.press("j")
    assert "S01" in opened.text(".finding.here")
    assert page.locator("td.here").get_attribute("data-cell") == "H18"
    page.keyboard.press("j")
    assert "T01" in opened.text(".finding.here")
    page.keyboard.press("Enter")
    become(page, "document.activeElement.closest('td')?.dataset.cell === 'H36'")
    page.keyboard.press("k")
    assert "S01" in opened.text(".finding.here")
    page.keyboard.press("]")
    become(page, "location.hash === '#f2' && document.activeElement.className === 'form-title'")
    page.wait_for_timeout(200)  # until the page has drawn itself
    page.keyboard.press("[")
    become(page, "location.hash === '#f1' && document.activeElement.className === 'form-title'")
    page.wait_for_timeout(200)  # until the page has drawn itself
    page.keyboard.press("Escape")
    become(page, "document.activeElement.getAttribute('href') === '#f1'")
    page.keyboard.press("/")
    become(page, "document.activeElement.id === 'search'")


def test_a_covered_cell_is_marked_at_its_merged_area(browser: Any, reports: Reports) -> None:
    verdict = reports.verdicts[0]
    covered = replace(verdict, findings=tuple(replace(f, cell="D3") for f in verdict.findings if f.rule == "T01"))
    page = Opened(browser.new_context(viewport=WIDE), reports.write("covered", [covered]), "#f1")
    assert page.page.locator("td.found").get_attribute("data-cell") == "B3"
    page.page.locator(".chip", has_text="D3").click()
    assert page.page.locator("td.here").get_attribute("data-cell") == "B3"
    page.page.context.close()


def test_a_waived_finding_stands_apart_and_does_not_count(browser: Any, reports: Reports) -> None:
    verdict = reports.verdicts[0]
    waiver = Waiver(rule="T01", reason="已报财政部门同意", approver="张三", expires="2026-12-31")
    findings = tuple(replace(f, waived=waiver) if f.rule == "T01" else f for f in verdict.findings)
    page = Opened(browser.new_context(viewport=WIDE), reports.write("waived", [replace(verdict, findings=findings)]))
    errors = sum(f.severity.value == "error" for f in verdict.findings)
    assert page.page.locator(f"{ROWS} td:nth-child(7)").inner_text() == str(errors - 1)
    page.go("#f1")
    assert "已报财政部门同意（张三 批准，至 2026-12-31）" in page.text(".finding.waived")
    assert page.page.locator("td[data-cell=H36] .mark").get_attribute("class") in ("mark warning", "mark waived")
    assert page.complaints == []
    page.page.context.close()


def test_it_speaks_either_language_whole(opened: Opened, reports: Reports) -> None:
    opened.page.locator("#en").click()
    assert opened.page.evaluate("document.documentElement.lang") == "en"
    assert opened.text("h1") == "Review of self-evaluation forms"
    opened.go("#f1")
    shown = opened.page.locator("main").evaluate("node => node.textContent")
    for finding in reports.verdicts[0].findings:
        assert words.message(finding, "en") in shown
        assert words.remedy(finding, "en") in shown
    opened.page.locator("#zh").click()
    shown = opened.page.locator("main").evaluate("node => node.textContent")
    for finding in reports.verdicts[0].findings:
        assert words.message(finding, "zh") in shown
    for verdict in reports.verdicts[:1]:
        for each in verdict.not_run:
            assert words.missing(each, "zh") in shown


def test_a_file_that_was_not_judged_says_why(opened: Opened) -> None:
    opened.go("#f10")
    assert "ENCRYPTED" in opened.text(".findings")
    assert "密码" in opened.text(".findings")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("place", ["", "#f1", "#f10"])
def test_a_narrow_screen_scrolls_only_down(browser: Any, reports: Reports, place: str, lang: str) -> None:
    context = browser.new_context(viewport=NARROW)
    page = Opened(context, reports.samples, place)
    page.page.locator(f"#{lang}").click()
    assert page.overflow() == 0
    page.page.set_viewport_size({"width": 320, "height": 600})
    assert page.overflow() == 0
    assert page.complaints == []
    context.close()


@pytest.fixture(scope="module")
def axe() -> str:
    path = os.environ.get("PERFXL_AXE") or "node_modules/axe-core/axe.min.js"
    if not Path(path).is_file():
        reason = "axe-core is not installed: npm install axe-core, and PERFXL_AXE with the path of axe.min.js"
        pytest.fail(reason) if os.environ.get("PERFXL_REQUIRE_ALL") == "1" else pytest.skip(reason)
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("place", "size"), [("", WIDE), ("#f1", WIDE), ("#f10", WIDE), ("", NARROW), ("#f2", NARROW)])
def test_axe_finds_no_barrier(browser: Any, reports: Reports, axe: str, place: str, size: Any, scheme: str) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    page = Opened(context, reports.samples, place)
    page.page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true; })")
    page.page.add_script_tag(content=axe)
    for lang in ("zh", "en"):
        page.page.locator(f"#{lang}").click()
        found = page.page.evaluate(
            "axe.run().then(result => result.violations.map(v => [v.id, v.nodes.map(n => [n.target.join(' '), n.failureSummary])]))"
        )
        assert found == []
    context.close()


def test_paper_shows_the_form_and_what_was_found_without_the_tools(
    browser: Any, reports: Reports, tmp_path: Path
) -> None:
    page = Opened(browser.new_context(viewport=WIDE), reports.samples, "#f1")
    page.page.emulate_media(media="print")
    for tool in (".walk", ".mast-tools", ".keys"):
        assert not page.page.locator(tool).first.is_visible()
    target = tmp_path / "form.pdf"
    page.page.pdf(path=str(target), prefer_css_page_size=True)
    text = subprocess.run(
        [require("pdftotext"), "-layout", str(target), "-"], capture_output=True, check=True
    ).stdout.decode()
    assert "党组织服务群众经费" in text
    assert "88.25" in text
    assert "T01" in text
    sizes = subprocess.run(["pdfinfo", str(target)], capture_output=True, check=True).stdout.decode()
    assert "A4" in sizes
    page.page.context.close()


def test_all_forms_listed_are_printed_and_the_page_is_as_before(opened: Opened) -> None:
    opened.page.evaluate(
        "window.print = () => { window.printed = document.querySelectorAll('#sheets .a-form').length; window.drawn = document.querySelectorAll('#sheets .sheet').length; }"
    )
    opened.page.locator("#by-status").select_option("fail")
    opened.page.locator("#print-forms").click()
    assert opened.page.evaluate("[window.printed, window.drawn]") == [5, 5]
    opened.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert opened.count("#sheets .a-form") == 0
    assert opened.page.locator("main").is_visible()


SHAPE = """() => [...document.querySelectorAll('body *:not(option):not(.walk *)')].map(node =>
  node.tagName + ' ' + [...node.attributes].map(a => a.name).sort().join(' '))"""


@pytest.mark.slow
def test_no_text_of_a_return_does_anything_in_the_page(browser: Any, reports: Reports) -> None:
    """Same elements, same attributes, as with a harmless text; nothing runs, opens or is fetched."""

    def verdict(text: str) -> Verdict:
        drawing = reports.verdicts[0].drawing
        assert drawing is not None
        filled = tuple((row, column, text) for row, column, _ in drawing.filled)
        return replace(payloads.verdict(text), drawing=replace(drawing, filled=filled))

    seen = [text for text in payloads.ALL if words.clean(text)]
    hostile = [each for text in seen for each in (verdict(text), payloads.rejected(text))]
    benign = [verdict(payloads.BENIGN), payloads.rejected(payloads.BENIGN)]
    context = browser.new_context(viewport=WIDE)
    good, bad = Opened(context, reports.write("benign", benign)), Opened(context, reports.write("hostile", hostile))
    shapes = []
    for place in ("#f1", "#f2"):
        good.go(place)
        shapes.append(Counter(good.page.evaluate(SHAPE)))
    for number, text in enumerate(seen):
        for kind in (0, 1):
            bad.go(f"#f{2 * number + kind + 1}")
            found = Counter(bad.page.evaluate(SHAPE))
            assert found == shapes[kind], text
    bad.page.evaluate("location.hash = ''")
    bad.page.wait_for_selector("#list")
    assert (
        bad.page.evaluate(
            "document.querySelectorAll('script, iframe, img, object, embed, link, base, form[action]').length"
        )
        == 2
    )
    assert {each.split("#")[0] for each in bad.asked} == {(reports.folder / "hostile.html").as_uri()}
    assert bad.complaints == []
    context.close()


def test_a_thousand_forms_are_below_eight_megabytes_and_show_at_once(browser: Any, reports: Reports) -> None:
    """No two of them share a text of their own; how fast it opens is measured in tests/benchmarks."""
    path = reports.write("thousand", list(crowd.verdicts(1000)))
    assert path.stat().st_size < 8_000_000
    context = browser.new_context(viewport=WIDE)
    page = Opened(context, path)
    assert "共 1,000 张" in page.text(".tally span")
    assert page.count(ROWS) == 200
    page.page.locator(".more").click()
    assert page.count(ROWS) == 400
    page.go("#f1000")
    assert page.count(".sheet td.found") > 3
    assert page.complaints == []
    context.close()
