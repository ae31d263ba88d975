"""Make the pictures of the README, so that they stay true.

    python docs/pictures/make.py

Needs LibreOffice (soffice), pdftoppm and a Chinese font for ``form.png``, chromium for ``report.png``;
``verdict.svg`` needs nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unicodedata
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
SAMPLE = HERE.parent.parent / "samples" / "2022" / "filled" / "党组织服务群众经费.xlsx"
PRINTED = HERE.parent.parent / "samples" / "2022" / "as-printed" / "党组织服务群众经费.xlsx"
CELL, LINE, TOP = 8.4, 19, 46


def form() -> None:
    """The first page of a filled form as it prints."""
    with tempfile.TemporaryDirectory() as name:
        profile = f"-env:UserInstallation=file://{name}/profile"
        command = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", name, str(SAMPLE)]
        subprocess.run(command, check=True, capture_output=True)
        pages = ["pdftoppm", "-r", "110", "-png", "-singlefile", f"{name}/{SAMPLE.stem}.pdf", str(HERE / "form")]
        subprocess.run(pages, check=True)


def terminal(command: list[str], target: Path, folder: Path = PRINTED.parent) -> None:
    """What a command prints in that folder, drawn as a terminal window."""
    environment = {**os.environ, "PERFXL_LANG": "zh", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, check=False, env=environment, cwd=folder
    )
    shown = ["$ " + " ".join(command), *ran.stdout.decode("utf-8").splitlines()]
    width = max(sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in line) for line in shown) * CELL + 40
    height = TOP + LINE * len(shown) + 20
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        "font-family=\"Consolas,Menlo,'Noto Sans Mono CJK SC','Microsoft YaHei',monospace\" font-size=\"14\">",
        '<rect width="100%" height="100%" rx="8" fill="#1e2430"/>',
        *(
            f'<circle cx="{20 + 18 * at}" cy="20" r="6" fill="{c}"/>'
            for at, c in enumerate(("#ff5f56", "#ffbd2e", "#27c93f"))
        ),
    ]
    for number, line in enumerate(shown):
        colour = "#9fb3c8" if number == 0 else "#ff8a80" if "错误" in line[:8] else "#e6edf3"
        out.append(f'<text x="20" y="{TOP + LINE * number}" fill="{colour}" xml:space="preserve">{escape(line)}</text>')
    target.write_text("\n".join([*out, "</svg>", ""]), encoding="utf-8")


def report() -> None:
    """A form in the HTML report, in a browser."""
    with tempfile.TemporaryDirectory() as name:
        page = f"{name}/report.html"
        check = [sys.executable, "-m", "perfxl", "--lang", "zh", "check", ".", "--format", "html", "-o", page]
        subprocess.run(check, cwd=PRINTED.parent, check=False)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={name}/profile"]
        shot = [f"--screenshot={HERE / 'report.png'}", "--window-size=1400,1060", f"file://{page}#f3"]
        subprocess.run(["chromium", *flags, *shot], check=True, capture_output=True)


if __name__ == "__main__":
    report()
    terminal(["perfxl", "check", PRINTED.name], HERE / "verdict.svg")
    form()
