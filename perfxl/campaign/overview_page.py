"""The table of progress as one page that needs no network and no script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote

from perfxl import __version__

from ..report.words import plain_text
from .overview import PLACE_WORDS, PLACES, Line, Place, Totals
from .overview_table import COLUMNS, title, under, values_of
from .overview_workbook import Link
from .plan import Plan

_CLASS: dict[Place, str] = {
    "missing": "fail", "to_mend": "notes", "to_accept": "open", "accepted": "pass", "waived": "pass",
    "nothing_to_report": "pass",
}  # fmt: skip


def html_pieces(
    lines: Iterable[Line], totals: Totals, plan: Plan, lang: str, today: str, link: Link
) -> Iterator[bytes]:
    """The table as one page that needs no network and no script."""
    every = list(totals.counted(lines))
    policy = f"default-src 'none'; style-src 'sha256-{_digest(_STYLE)}'; base-uri 'none'; form-action 'none'"
    heading = escape(title(plan, lang))
    yield (
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{heading}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<header>\n"
        f'<p class="over">{"绩效自评" if lang == "zh" else "PERFORMANCE SELF-EVALUATION"}</p>\n<h1>{heading}</h1>\n'
        f'<p class="under">{escape(under(plan, lang, today))}</p>\n</header>\n<main>\n'
    ).encode()
    yield _tiles(totals, lang)
    yield b'<div class="list"><table>\n<thead><tr>'
    for name, zh, en, _ in COLUMNS:
        yield f'<th scope="col" class="{_KINDS.get(name, "")}">{zh if lang == "zh" else en}</th>'.encode()
    yield b"</tr></thead>\n<tbody>\n"
    for line in every:
        yield _html_row(line, lang, link)
    yield b"</tbody>\n</table></div>\n</main>\n"
    yield f"<footer>perfxl {__version__}</footer>\n</body>\n</html>\n".encode()


_KINDS = {
    **dict.fromkeys(("days_late", "returns"), "r"),
    **dict.fromkeys(("assignment", "unit", "verdict", "sent", "returned", "answered"), "d"),
    **dict.fromkeys(("unit_name", "file"), "f"),
}


def _tiles(totals: Totals, lang: str) -> bytes:
    """The sums, and one bar of all that was asked for."""
    zh, asked, at = lang == "zh", max(1, totals.asked), 0.0
    bar = list[str]()
    for place in ("accepted", "waived", "nothing_to_report", "to_accept", "to_mend", "missing"):
        share = 1000 * totals.places[place] / asked
        if share:
            bar.append(f'<rect class="f-{_CLASS[place]}" x="{at:.1f}" y="0" width="{share:.1f}" height="8"/>')
        at += share
    whole = "".join(bar)
    tiles = "".join(
        f'<li><b>{totals.places[place]}</b><small><i class="f-{_CLASS[place]}"></i>'
        f"{PLACE_WORDS[place][not zh]}</small></li>"
        for place in PLACES
    )
    sums = (
        f"共 {totals.asked} 份，{len(totals.units)} 个单位，其中 {totals.units_complete} 个已全部收齐；"
        f"逾期未收 {totals.late} 份。"
        if zh
        else f"{totals.asked} asked for, {len(totals.units)} units, {totals.units_complete} of them complete; "
        f"{totals.late} overdue."
    )
    return (
        f'<section class="card"><svg viewBox="0 0 1000 8" preserveAspectRatio="none" role="img" aria-label="{sums}">'
        f'{whole}</svg><ul>{tiles}</ul></section>\n<p class="sums">{sums}</p>\n'
    ).encode()


def _html_row(line: Line, lang: str, link: Link) -> bytes:
    cells = list[str]()
    for (name, *_), value in zip(COLUMNS, values_of(line, lang), strict=True):
        text = "" if value is None else escape(plain_text(str(value)))
        if name == "place":
            text = f'<span class="state {_CLASS[line.place]}">{text}</span>'
        elif name == "file" and value is not None:
            there = link(str(value))
            text = escape(plain_text(line.standing.name))
            text = f'<a href="{escape(quote(there))}">{text}</a>' if there else text
        elif name == "days_late" and (line.days_late or 0) <= 0:
            text = ""  # on paper a day too early says nothing
        late = name == "days_late" and bool(text) and line.place == "missing"
        kinds = " ".join(filter(None, [_KINDS.get(name, ""), "late" if late else ""]))
        cells.append(f'<td class="{kinds}">{text}</td>' if kinds else f"<td>{text}</td>")
    return f"<tr>{''.join(cells)}</tr>\n".encode()


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_STYLE = """
:root{--ground:#f4f2ed;--paper:#fffefc;--raised:#fbfaf6;--ink:#1d2126;--soft:#565d66;--line:#dcd8ce;
--red:#a8261b;--red-wash:#fbe9e5;--amber:#7d5200;--amber-wash:#fbf1d9;--blue:#28537d;--blue-wash:#e8eff6;
--green:#2b6340;--green-wash:#e6f1e8;
--ui:"PingFang SC","Microsoft YaHei UI","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",system-ui,sans-serif;
--song:"SimSun","宋体","Songti SC","STSong","Noto Serif CJK SC","Source Han Serif SC",serif}
@media (prefers-color-scheme:dark){:root{--ground:#14161a;--paper:#1c1f24;--raised:#20242a;--ink:#e9e5dc;
--soft:#aaa69c;--line:#363b43;--red:#ff9a8c;--red-wash:#43211e;--amber:#eabb63;--amber-wash:#3b2f16;
--blue:#95c1ee;--blue-wash:#1f2f40;--green:#91cfa2;--green-wash:#1c3325}}
*{box-sizing:border-box}
html{font:15px/1.65 var(--ui);color:var(--ink);background:var(--ground)}
body{margin:0;padding:0 32px}
header,main,footer{max-width:1400px;margin:0 auto}
header{padding:40px 0 20px}
h1,p,ul{margin:0;padding:0}
ul{list-style:none}
.over{color:var(--red);font-size:13px;letter-spacing:.14em;font-weight:600}
h1{font:700 34px/1.25 var(--song);letter-spacing:.02em}
.under,.sums,footer{color:var(--soft);font-size:13.5px}
.sums{margin:12px 2px}
footer{padding:24px 0 40px}
.card{background:var(--paper);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.card svg{display:block;width:100%;height:8px}
.card ul{display:grid;grid-template-columns:repeat(6,1fr)}
.card li{padding:16px 22px 18px}
.card li+li{border-left:1px solid var(--line)}
.card b{display:block;font:600 34px/1.1 var(--ui);font-variant-numeric:tabular-nums}
.card small{font-size:13px;color:var(--soft)}
.card i{display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:7px}
i.f-fail{background:var(--red)}i.f-notes{background:var(--amber)}i.f-pass{background:var(--green)}i.f-open{background:var(--blue)}
rect.f-fail{fill:var(--red)}rect.f-notes{fill:var(--amber)}rect.f-pass{fill:var(--green)}rect.f-open{fill:var(--blue)}
.list{background:var(--paper);border:1px solid var(--line);border-radius:10px;overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:13.5px}
th{font-weight:500;font-size:12.5px;color:var(--soft);text-align:left;background:var(--raised);white-space:nowrap}
th,td{padding:9px 12px;vertical-align:top}
tbody td{border-top:1px solid var(--line);overflow-wrap:anywhere;min-width:54px}
tbody tr:hover{background:var(--raised)}
.r{text-align:right;font-variant-numeric:tabular-nums}
.d{white-space:nowrap}
.f{min-width:150px}
.late{color:var(--red);font-weight:600}
a{color:var(--blue)}
.state{display:inline-block;padding:1px 9px;border-radius:20px;font-size:12.5px;white-space:nowrap}
.state.fail{color:var(--red);background:var(--red-wash)}.state.notes{color:var(--amber);background:var(--amber-wash)}
.state.pass{color:var(--green);background:var(--green-wash)}.state.open{color:var(--blue);background:var(--blue-wash)}
@media (max-width:800px){body{padding:0 14px}.card ul{grid-template-columns:repeat(3,1fr)}h1{font-size:25px}}
@media print{html{background:#fff;font-size:11px}body{padding:0}.list,.card{border-radius:0;break-inside:auto}
tr{break-inside:avoid}thead{display:table-header-group}@page{size:A4 landscape;margin:12mm}}
"""
