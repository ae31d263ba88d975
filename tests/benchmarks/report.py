"""The HTML report of a thousand forms: its size, how long a browser takes to open it and to draw a form.

    python tests/benchmarks/report.py [--quick]

No two of the forms share a text of their own.  Needs chromium and playwright.  The clock runs from the start of
the navigation until the page answers; nothing here is a test: it judges nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from shutil import which
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import crowd

from perfxl.report.html import html_report
from perfxl.report.tally import Tally

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def opening(browser: Any, path: Path, form: int) -> tuple[float, float, float]:
    """Seconds until the first paint, until the page answers, and for drawing one form."""
    context = browser.new_context(viewport={"width": 1400, "height": 950})
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    ready, paint = page.evaluate(
        "[Number(document.documentElement.dataset.ready), performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0]"
    )
    drawn = page.evaluate(
        "n => new Promise(done => { const from = performance.now(); addEventListener('hashchange', () => "
        "requestAnimationFrame(() => done(performance.now() - from)), {once: true}); location.hash = '#f' + n; })",
        form,
    )
    context.close()
    return paint / 1000, ready / 1000, drawn / 1000


def main() -> None:
    """Write the report, open it some times, print the medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 3 if options.parse_args().quick else 9
    from playwright.sync_api import sync_playwright

    verdicts = list(crowd.verdicts(1000))
    before = time.process_time()
    data = b"".join(html_report(verdicts, Tally(), "zh"))
    spent = time.process_time() - before
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "report.html"
        path.write_bytes(data)
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=list(FLAGS))
        runs = [opening(browser, path, 1 + 97 * number) for number in range(rounds)]
        browser.close()
    paint, ready, drawn = (statistics.median(each) for each in zip(*runs, strict=True))
    print(
        f"HTML report of 1,000 forms: {len(data) / 1e6:.2f} MB, written in {spent:.2f} s of CPU; chromium shows it after "
        f"{max(paint, ready):.2f} s (first paint {paint:.2f} s, ready {ready:.2f} s), a form in {drawn:.3f} s "
        f"({rounds} rounds)"
    )


if __name__ == "__main__":
    main()
