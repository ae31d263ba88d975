"""A mutation fuzzer over our own forms: bytes, parts, XML and packages changed at random, by number.

    python tests/mutation.py FIRST COUNT      # prints what went wrong, as JSON

Run as a program it judges the mutants and says which were slow or broke something, and its own
peak of memory, so that a test can hold it to the limits.
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections import Counter
from functools import lru_cache

import surgery

SECONDS, MEBIBYTES = 5.0, 200
"""What one mutant may take, and the process that judges them all."""

FIGURES = (
    "",
    "NaN",
    "inf",
    "-inf",
    "1e400",
    "1E-400",
    "0x10",
    "1,5",
    "--1",
    "9" * 400,
    "1e308",
    "-0",
    "１２",
    "1_000",
    "٣",
)
REFERENCES = (
    "A0",
    "XFE1",
    "A1048577",
    "ZZZZ1",
    "1A",
    "",
    "a1",
    "$A$1",
    "A1:B2",
    "XFD1048576",
    "R1C1",
    "A" + "9" * 30,
    "A01",
)
AREAS = ("A1:XFD1048576", "B2:A1", "A1:", ":A1", "A0:B1", "#REF!", "A:A", "1:1", "A1:A1", "A1 B2")
TYPES = ("n", "s", "str", "b", "e", "d", "inlineStr", "x", "")
FORMULAS = (
    "",
    "1/0",
    "A1",
    "SUM(A1:XFD1048576)",
    "(" * 500,
    '"' * 31,
    "'" * 31,
    "#REF!",
    "[1]x!A1",
    "cmd|' /C calc'!A0",
    "A1" + "+A1" * 3000,
)
TEXTS = (
    "",
    "\u202e倒",
    "&#0;",
    "&#x1F600;",
    "]]&gt;",
    "_x0000_",
    "&lt;script&gt;",
    "\ud7ff",
    "&amp;" * 2000,
    "=1+1",
    "é" * 40000,
)


@lru_cache(maxsize=1)
def seeds() -> tuple[bytes, ...]:
    """Four of our own forms: blank, issued, filled in, with several projects."""
    from records_made import filled, issued, workbook_bytes

    from perfxl.form import form_ids, load_form
    from perfxl.record import Assignment

    found = []
    ids = form_ids()
    for form_id in ids[:: max(1, -(-len(ids) // 4))]:
        form = load_form(form_id)
        project = issued(form)
        found.append(workbook_bytes(form, [Assignment(id="A0", form=form_id, fiscal_year=2024)]))
        found.append(workbook_bytes(form, [project], [filled(form, project)]))
        found.append(workbook_bytes(form, [project, project], [filled(form, project), None]))
    return tuple(found)


def mutant(number: int) -> bytes:
    """The mutant of that number; always the same."""
    draw = random.Random(number)
    data = draw.choice(seeds())
    way = draw.choice((_raw, _bytes_of_parts, _xml, _xml, _xml, _package))
    return way(data, draw)


def _raw(data: bytes, draw: random.Random) -> bytes:
    """The file itself: bytes flipped, cut off, repeated."""
    book = bytearray(data)
    kind = draw.randrange(5)
    if kind == 0:
        return bytes(book[: draw.randrange(len(book))])
    if kind == 1:
        at = draw.randrange(len(book))
        return bytes(book[:at] + book[at : at + 999] + book[at:])
    if kind == 2:  # the directory at the end
        for _ in range(draw.randint(1, 8)):
            book[-draw.randrange(1, 1500)] = draw.randrange(256)
        return bytes(book)
    for _ in range(draw.randint(1, 30)):
        book[draw.randrange(len(book))] ^= 1 << draw.randrange(8)
    return bytes(book)


def _bytes_of_parts(data: bytes, draw: random.Random) -> bytes:
    """Bytes of one part, with sizes and checksum put right again."""
    parts = surgery.parts_of(data)
    name = _part(parts, draw)
    content = bytearray(parts[name])
    for _ in range(draw.randint(1, 12)):
        at = draw.randrange(len(content))
        kind = draw.randrange(3)
        if kind == 0:
            content[at] = draw.randrange(256)
        elif kind == 1:
            del content[at : at + draw.randint(1, 40)]
        else:
            content[at:at] = bytes(draw.randrange(256) for _ in range(draw.randint(1, 8)))
        if not content:
            break
    return surgery.packed({**parts, name: bytes(content)})


def _part(parts: dict[str, bytes], draw: random.Random) -> str:
    read = [
        name
        for name in parts
        if parts[name] and re.search(r"sheet\d|workbook|sharedStrings|styles|rels|Content|custom", name)
    ]
    return draw.choice(read)


def _xml(data: bytes, draw: random.Random) -> bytes:
    """Some edits of the XML that keep most of it well-formed."""
    parts = surgery.parts_of(data)
    for _ in range(draw.randint(1, 4)):
        name = _part(parts, draw)
        parts[name] = draw.choice(_EDITS)(parts[name].decode(errors="replace"), draw).encode(errors="replace")
    return surgery.packed(parts)


def _once(pattern: str, make: str, text: str, draw: random.Random) -> str:
    """One of the matches of a pattern replaced; group 1 and 2 stay around it."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    one = draw.choice(found)
    return text[: one.start()] + one[1] + make + one[2] + text[one.end() :]


def _attribute(text: str, draw: random.Random) -> str:
    return _once(r'( \w+=")[^"]*(")', draw.choice((*FIGURES, *REFERENCES, *TYPES)), text, draw)


def _reference(text: str, draw: random.Random) -> str:
    return _once(r'( r=")[^"]*(")', draw.choice(REFERENCES), text, draw)


def _area(text: str, draw: random.Random) -> str:
    return _once(r'( ref=")[^"]*(")', draw.choice(AREAS), text, draw)


def _kind(text: str, draw: random.Random) -> str:
    return _once(r'( t=")[^"]*(")', draw.choice(TYPES), text, draw)


def _value(text: str, draw: random.Random) -> str:
    return _once(r"(<v>)[^<]*(</v>)", draw.choice((*FIGURES, "99999999", "-1", "4294967295")), text, draw)


def _formula(text: str, draw: random.Random) -> str:
    return _once(r"(<f>)[^<]*(</f>)", draw.choice(FORMULAS).replace("<", "&lt;"), text, draw)


def _shared(text: str, draw: random.Random) -> str:
    return _once(r"(<c [^>]*>)<f>[^<]*</f>()", f'<f t="shared" si="{draw.choice((0, 1, 7, "x", -1))}"/>', text, draw)


def _text(text: str, draw: random.Random) -> str:
    return _once(r"(<t[^>]*>)[^<]*(</t>)", draw.choice(TEXTS), text, draw)


def _name(text: str, draw: random.Random) -> str:
    refers = draw.choice((*AREAS, "自评表!$A$1", "'自评表'!$ZZZ$9", "1", '"x"', "自评表!A1,自评表!B2", "#REF!"))
    return _once(r'(<definedName name="pxl[^>]*>)[^<]*(</definedName>)', refers, text, draw)


def _dropped(text: str, draw: random.Random) -> str:
    return _once(r"()<(?:c|row|f|v|xf|sheet|si|definedName|mergeCell|Relationship) [^>]*/?>()", "", text, draw)


def _doubled(text: str, draw: random.Random) -> str:
    found = list(
        re.finditer(
            r"<(?:c|mergeCell|definedName|sheet|Relationship|si|xf|col)\b[^>]*/>|<(c|row|si)\b.*?</\1>", text, re.DOTALL
        )
    )
    if not found:
        return text
    one = draw.choice(found)
    return text[: one.end()] + one[0] * draw.choice((1, 1, 50)) + text[one.end() :]


def _wrapped(text: str, draw: random.Random) -> str:
    levels = draw.choice((1, 3, 70))
    return _once(r"(<sheetData>|<sst[^>]*>|<sheets>)()", "<a>" * levels + "</a>" * levels, text, draw)


def _doctype(text: str, draw: random.Random) -> str:
    return text.replace("?>", '?><!DOCTYPE a [<!ENTITY b "c">]>', 1)


def _namespace(text: str, draw: random.Random) -> str:
    return text.replace(
        "schemas.openxmlformats.org", draw.choice(("purl.oclc.org/ooxml", "example.org", "")), draw.choice((1, 9))
    )


_EDITS = (
    _attribute, _reference, _area, _kind, _value, _value, _formula, _shared, _text, _name, _name, _dropped, _doubled,
    _wrapped, _doctype, _namespace,
)  # fmt: skip


def _package(data: bytes, draw: random.Random) -> bytes:
    """Parts taken away, renamed, exchanged, written in another encoding."""
    parts = surgery.parts_of(data)
    kind = draw.randrange(5)
    name = _part(parts, draw)
    if kind == 0:
        del parts[name]
    elif kind == 1:
        parts = {(key.upper() if key == name else key): value for key, value in parts.items()}
    elif kind == 2:
        other = _part(parts, draw)
        parts[name], parts[other] = parts[other], parts[name]
    elif kind == 3:
        text = parts[name].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
        parts[name] = text.encode(draw.choice(("utf-16", "utf-16-le", "utf-8-sig", "utf-16-be")))
    else:
        parts[name] = b"" if draw.random() < 0.5 else b" " * 2_000_000
    return surgery.packed(parts)


def main(first: int, count: int) -> dict[str, object]:
    """Judge some mutants: what broke, what was slow, the verdicts counted, the peak of memory in MiB."""
    from perfxl.checking import judge_bytes

    wrong: list[str] = []
    fates: Counter[str] = Counter()
    slowest = 0.0
    for number in range(first, first + count):
        data = mutant(number)
        start = time.process_time()
        verdicts = judge_bytes("变体.xlsx", data)
        took = time.process_time() - start
        slowest = max(slowest, took)
        if took > SECONDS:
            wrong.append(f"{number} took {took:.1f} s")
        if not verdicts:
            wrong.append(f"{number} has no verdict")
        for verdict in verdicts:
            fates[verdict.code or verdict.status] += 1
            if verdict.status == "internal_error":
                wrong.append(f"{number}: {verdict.where}")
    return {"wrong": wrong, "fates": dict(fates.most_common()), "slowest": round(slowest, 2), "peak": _peak()}


def _peak() -> int:
    """The peak of memory of this process in MiB; 0 where the system does not say.

    The figure of ``getrusage`` will not do: it takes in what the process that started this one held.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            lines = dict(line.split(":", 1) for line in status)
    except OSError:
        return 0
    return int(lines["VmHWM"].split()[0]) // 1024


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2])), ensure_ascii=False))
