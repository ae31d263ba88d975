"""Verdicts as one HTML file that needs nothing else: no network, no font, no script from elsewhere.

The data stands in the page as JSON that can end no element; the one script that shows it and the one
style sheet are allowed by their digests in the page's Content-Security-Policy, and nothing else is.
Verdicts are written as they come; the tables that they lean upon follow.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from perfxl import __version__

from ..finding import Across, Verdict
from .compact import Compactor
from .json import dump
from .tally import Tally

_ESCAPES = (
    (b"&", b"\\u0026"),
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
)
_LANGUAGES = {"zh": ("zh-CN", "绩效自评表核验报告"), "en": ("en", "Review of self-evaluation forms")}


def html_report(
    verdicts: Iterable[Verdict], tally: Tally, lang: str, made: str = "", across: Across | None = None
) -> Iterator[bytes]:
    """The page in pieces. ``made`` is the day that it bears, as ``2026-11-25``; the page is else the same each time."""
    before, after = page(lang)
    yield before
    head = {"tool": __version__, "lang": lang, "made": made}
    yield b'{"head": ' + script_json(head) + b',\n"forms": ['
    compactor, mark = Compactor(), b"\n"
    for verdict in tally.counted(verdicts):
        yield mark + script_json(compactor.verdict(verdict))
        mark = b",\n"
    yield b'],\n"batch": ['
    for number, found in enumerate(across.findings if across else ()):
        tally.add_across(found)
        yield (b",\n" if number else b"\n") + script_json(compactor.across(found))
    yield b"]"
    for name, table in compactor.tables().items():
        yield b",\n" + script_json(name) + b": " + script_json(table)
    yield b',\n"summary": ' + script_json(tally.summary) + b"}" + after


def script_json(value: object) -> bytes:
    """JSON that is safe inside a ``script`` element: nothing in it can be taken for markup."""
    data = dump(value)
    for sign, escape in _ESCAPES:
        if sign in data:
            data = data.replace(sign, escape)
    return data


@cache
def page(lang: str) -> tuple[bytes, bytes]:
    """The page before and after its data, with style and script in their places and their digests in its policy."""
    style, script = _part("page.css"), _part("page.js")
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    tag, title = _LANGUAGES[lang]
    parts = {b"%POLICY%": policy.encode(), b"%LANG%": tag.encode(), b"%TITLE%": title.encode()}
    whole = _part("page.html")
    for name, text in parts.items():
        whole = whole.replace(name, text)
    whole = whole.replace(b"%STYLE%", style).replace(b"%SCRIPT%", script)
    before, _, after = whole.partition(b"%DATA%")
    return before, after


def _part(name: str) -> bytes:
    data = resources.files("perfxl.report").joinpath("page", name).read_bytes()
    return data.replace(b"\r\n", b"\n")


def _digest(content: bytes) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(content).digest()).decode()}'"
