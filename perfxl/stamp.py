"""The stamp 标识: whose form a workbook is, and what was issued in it, carried inside.

It stands in three places: a defined name, a very hidden sheet, a custom document
property.  The very hidden sheet also carries the issued content, which the digest covers.
The stamp proves lineage and version, and no more.  That of ``perfxl new`` is no secret; a
campaign adds a keyed digest, so that nobody without its key can make a stamp of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from .digest import hex_digest
from .form import HEADER, MONEY
from .noun import noun, ordered_noun
from .number import plain, read_target
from .pattern import pattern
from .record import Assignment, FundingLine, Indicator
from .sheet import Cell, Sheet, Workbook

STAMP_NAME, STAMP_PROPERTY, HIDDEN_SHEET = "perfxl.stamp", "perfxl.stamp", "_perfxl"
_CHUNK = 30_000
_STAMP = pattern(r"(perfxl1\.([^.]+)\.([0-9a-f]+)\.([^.]+)\.([0-9a-f]{32}))(?:\.([a-z2-7]{26}))?")
_HEX, _BASE32 = "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz234567"
_TEXTS = ("level_1", "level_2", "level_3", "operator", "unit", "core")
_HEAD = ("id", *HEADER, "expected_goal")


@ordered_noun
class Stamp:
    """A stamp taken apart: form id, version of the definition, assignment, digest of the content,
    and the keyed digest of all that, where a campaign made the stamp."""

    form: str
    version: str
    assignment: str
    digest: str
    mac: str = ""


def read_stamp(text: str) -> Stamp | None:
    """The parts of a stamp, or ``None`` where the text is none."""
    words = text.strip().split(".")
    if not 5 <= len(words) <= 6 or words[0] != "perfxl1" or not (words[1] and words[3]):
        return None
    sizes = [len(word) for word in words[4:]]
    if sizes != [32, 26][: len(sizes)] or words[2].strip(_HEX) or not words[2] or words[4].strip(_HEX):
        return None
    mac = words[5] if len(words) == 6 else ""
    return None if mac.strip(_BASE32) else Stamp(words[1], words[2], words[3], words[4], mac)


class Seal:
    """What a campaign 填报任务 puts into its stamps: its id, the unit's code, and a digest by its own key."""

    __slots__ = ("_key", "campaign", "unit")

    def __init__(self, campaign: str, unit: str, key: bytes) -> None:
        self.campaign, self.unit, self._key = campaign, unit, key

    def mac(self, text: str) -> str:
        """HMAC-SHA256 of the text by the campaign's key, its first 16 bytes in base32: 26 signs."""
        return keyed(text, self._key)


def keyed(text: str, key: bytes) -> str:
    """HMAC-SHA256 of a text, its first 16 bytes in base32 and small letters."""
    import base64  # campaigns alone make keyed stamps
    import hmac

    digest = hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def is_genuine(text: str, key: bytes) -> bool:
    """Whether a stamp was made with that key."""
    import hmac

    found = _STAMP.fullmatch(text.strip())
    return found is not None and hmac.compare_digest(found[6] or "", keyed(found[1], key))


@noun
class Content:
    """What was issued in one workbook: the form, its version, the year, one assignment a sheet;
    in a campaign also the campaign's id and the unit's code."""

    form: str
    version: str
    year: int
    assignments: tuple[Assignment, ...]
    campaign: str = ""
    unit: str = ""

    def text(self) -> str:
        """The content as canonical JSON."""
        data: dict[str, object] = {
            "form": self.form,
            "version": self.version,
            "year": self.year,
            "sheets": [_assignment_out(assignment) for assignment in self.assignments],
        }
        for name in ("campaign", "unit"):
            if getattr(self, name):
                data[name] = getattr(self, name)
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        # LibreOffice saves a literal _x005F_ so that it reads as _ afterwards; the digest would no longer fit.
        return text.replace("_x", "\\u005fx")

    def digest(self, text: str | None = None) -> str:
        """The first 32 hex digits of the content's SHA-256; ``text`` is its text, where that is at hand."""
        return _digest(self.text() if text is None else text)

    def stamp(self, seal: Seal | None = None, text: str | None = None) -> str:
        """``perfxl1.<form>.<version>.<assignment>.<digest>``, under a seal also ``.<keyed digest>``."""
        name = self.assignments[0].id if len(self.assignments) == 1 else f"{len(self.assignments)}-sheets"
        made = f"perfxl1.{_safe(self.form)}.{self.version}.{_safe(name) or 'blank'}.{self.digest(text)}"
        return made if seal is None else f"{made}.{seal.mac(made)}"


def _digest(text: str) -> str:
    return hex_digest(text.encode("utf-8", "surrogatepass"))[:32]


def _safe(text: str) -> str:
    return re.sub(r"[.\s\x00-\x1f]", "_", text)[:60]


def _assignment_out(assignment: Assignment) -> dict[str, object]:
    out: dict[str, object] = {term: getattr(assignment, term) for term in _HEAD if getattr(assignment, term)}
    funds = []
    for line in assignment.funds:
        amounts = {term: plain(getattr(line, term)) for term in MONEY if getattr(line, term) is not None}
        funds.append({"source": line.source, **amounts})
    rows = []
    for row in assignment.indicators:
        texts = {term: getattr(row, term) for term in _TEXTS if getattr(row, term)}
        target = {"target": row.target.text} if row.target else {}
        weight = {"weight": plain(row.weight)} if row.weight is not None else {}
        rows.append({**texts, **target, **weight})
    return {**out, "funds": funds, "indicators": rows}


def _assignment_in(data: Mapping[str, object], form: str, year: int) -> Assignment:
    funds, rows = data.get("funds", []), data.get("indicators", [])
    if not isinstance(funds, list) or not isinstance(rows, list):
        raise ValueError("issued content of the wrong shape")
    head = {term: str(data[term]) for term in _HEAD if data.get(term)}
    return Assignment(
        id=head.pop("id", ""),
        form=form,
        fiscal_year=year,
        project_name=head.get("project_name"),
        supervising_department=head.get("supervising_department"),
        implementing_unit=head.get("implementing_unit"),
        expected_goal=head.get("expected_goal"),
        funds=tuple(_fund_in(line) for line in funds),
        indicators=tuple(_indicator_in(row) for row in rows),
    )


def _fund_in(line: Mapping[str, str]) -> FundingLine:
    amounts = {term: Decimal(line[term]) for term in MONEY if term in line}
    return FundingLine(source=line["source"], reason=None, **amounts)


def _indicator_in(row: Mapping[str, str]) -> Indicator:
    return Indicator(
        level_1=row.get("level_1"),
        level_2=row.get("level_2"),
        level_3=row.get("level_3"),
        operator=row.get("operator"),
        unit=row.get("unit"),
        core=row.get("core"),
        target=read_target(row["target"]) if "target" in row else None,
        weight=Decimal(row["weight"]) if "weight" in row else None,
    )


def hidden_sheet(text: str, stamp: str) -> Sheet:
    """The very hidden sheet: the stamp, then the text of the issued content in pieces."""
    size = _CHUNK if max(text) <= "\uffff" else _CHUNK // 2  # a cell counts an emoji twice
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    cells = {}
    for row, (key, value) in enumerate([("stamp", stamp), *(("content", piece) for piece in pieces)], 1):
        cells[row, 1] = Cell(value=key, text=key, style="hidden")
        cells[row, 2] = Cell(value=value, text=value, style="hidden", number_format="@")
    return Sheet(name=HIDDEN_SHEET, cells=cells, visibility="veryHidden", protected=True)


@ordered_noun
class Carried:
    """What a returned workbook carries: its stamp, the issued content where it is whole, and
    the stamps of the three places where they disagree."""

    text: str
    stamp: Stamp
    content: Content | None
    places: tuple[str, ...]


@lru_cache(maxsize=64)
def _content(text: str, digest: str) -> Content | None:
    if _digest(text) != digest:
        return None
    try:
        data = json.loads(text)
        year = int(data["year"])
        sheets = tuple(_assignment_in(sheet, str(data["form"]), year) for sheet in data["sheets"])
        return Content(
            form=str(data["form"]),
            version=str(data["version"]),
            year=year,
            assignments=sheets,
            campaign=str(data.get("campaign", "")),
            unit=str(data.get("unit", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation, RecursionError):
        return None


def carried(workbook: Workbook) -> Carried | None:
    """The stamp of a workbook from whichever of its places survive, or ``None``."""
    hidden = next((sheet for sheet in workbook.sheets if sheet.name.casefold() == HIDDEN_SHEET), None)
    places = [workbook.constants.get(STAMP_NAME, ""), workbook.properties.get(STAMP_PROPERTY, "")]
    pieces = ""
    if hidden is not None:
        rows = sorted((row, cell.text) for (row, column), cell in hidden.cells.items() if column == 2)
        places.append(rows[0][1] if rows else "")
        pieces = "".join(text for _, text in rows[1:])
    found = [(text, read) for text in places if (read := read_stamp(text))]
    if not found:
        return None
    for text, stamp in found:
        content = _content(pieces, stamp.digest) if pieces else None
        if content is not None:
            return Carried(text, stamp, content, tuple(dict.fromkeys(text for text, _ in found)))
    return Carried(found[0][0], found[0][1], None, tuple(dict.fromkeys(text for text, _ in found)))
