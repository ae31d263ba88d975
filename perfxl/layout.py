"""Where the fields of a form stand on a sheet, and how a stamped one is read by its names."""

from __future__ import annotations

from collections.abc import Mapping, Set
from decimal import Decimal
from functools import lru_cache

from .finding import Understood
from .noun import draft, field
from .number import squeeze
from .page import NAME
from .sheet import Area, Sheet
from .vocabulary import is_block

Place = tuple[int, int]


@draft
class Layout:
    """Places of fields, (row, column): ``single`` by term (header, goals, totals), the fund
    rows by source, the indicator rows in order, the sign-off fields with their labels.

    Of a form read by its labels also: what they say by themselves.  ``inline`` are values that stand
    in the cell of their label (``项目名称：绿道改造``), ``continued`` the further cells of a text,
    ``weights`` those printed in labels (``产出指标（50分）``) by place, ``in_percent`` the terms whose
    heading says so (``执行率（%）``), ``unused`` the rows of a
    template that nobody filled in, by the place of their name.
    """

    single: dict[str, Place] = field(default_factory=dict)
    funds: dict[str, dict[str, Place]] = field(default_factory=dict)
    indicators: list[dict[str, Place]] = field(default_factory=list)
    sign_off: dict[str, tuple[str, Place]] = field(default_factory=dict)
    labels: set[Place] = field(default_factory=set)
    title: str | None = None
    year_text: str | None = None
    unit_text: str | None = None
    extent: Area | None = None
    inline: dict[Place, str] = field(default_factory=dict)
    continued: dict[Place, tuple[Place, ...]] = field(default_factory=dict)
    weights: dict[Place, Decimal] = field(default_factory=dict)
    execution_weight: Decimal | None = None
    in_percent: set[str] = field(default_factory=set)
    unused: list[Place] = field(default_factory=list)
    kept_out: set[Place] = field(default_factory=set)
    understood: list[Understood] = field(default_factory=list)

    def label(self, field: str) -> str | None:
        """The label that led to a field, as printed."""
        return next((each.label for each in self.understood if each.field == field), None)

    def terms(self, block: str) -> tuple[str, ...]:
        """The terms of a block whose labels were found, in the order printed: ``indicators[]``, ``funds[]``."""
        start = block + "."
        return tuple(each.field[len(start) :] for each in self.understood if each.field.startswith(start))


_CENTURY, _FIGURES = "〇零○Oo0九", "〇零○Oo0一二三四五六七八九"
_DIGITS = str.maketrans("〇零○Oo一二三四五六七八九", "00000123456789")


def year_of(text: str | None) -> int | None:
    """The year that a text names: ``（2022 年度）``, ``二〇二三年度``."""
    bare = squeeze(text or "")
    at = bare.find("年")
    while at >= 0:
        four = bare[at - 4 : at] if at >= 4 else ""
        if _is_year(four):
            digits = four.translate(_DIGITS)
            return int(digits) if digits.startswith(("19", "20")) else None
        at = bare.find("年", at + 1)
    return None


def _is_year(four: str) -> bool:
    """1998, 2023, 二〇二三."""
    if four.startswith(("19", "20")):
        return four[2:].isdecimal()
    return four[:1] in ("一", "二") and four[1] in _CENTURY and four[2] in _FIGURES and four[3] in _FIGURES


def unit_of(text: str) -> str | None:
    """元 or 万元 as a label names it: ``项目资金（元）``, ``单位：万元``."""
    bare = squeeze(text)
    at = bare.find("元")
    while at >= 0:
        start = at - 1 if bare[at - 1 : at] == "万" else at
        if bare.endswith(("(", ":", "金额单位"), 0, start):
            return bare[start : at + 1]
        at = bare.find("元", at + 1)
    return None


@lru_cache(maxsize=4096)
def _steps(name: str) -> tuple[str, ...]:
    """``pxl.funds.total.score`` in its steps, without the first."""
    return tuple(name.removeprefix(NAME).split("."))


def by_names(sheet: Sheet, names: Mapping[str, Area]) -> Layout:
    """A stamped form, read by the defined names of its field cells."""
    layout = Layout()
    slots: dict[int, dict[str, Place]] = {}
    for name, area in names.items():
        parts = _steps(name)
        place = (area.top, area.left)
        if len(parts) == 1:
            layout.single[parts[0]] = place
        elif parts[0] == "funds" and len(parts) == 3:
            layout.funds.setdefault(parts[1], {})[parts[2]] = place
        elif parts[0] == "indicators" and len(parts) == 3 and parts[1].isdigit():
            slots.setdefault(int(parts[1]), {})[parts[2]] = place
        elif parts[0] == "sign_off" and len(parts) == 2:
            layout.sign_off[parts[1]] = (parts[1], place)
    layout.indicators = [slots[number] for number in sorted(slots)]
    year = layout.single.get("fiscal_year")
    layout.year_text = sheet.cell(*year).text if year else None
    return layout


def stray(sheet: Sheet, layout: Layout, known: Set[Place]) -> list[Place]:
    """Cells inside the form that hold something and were not placed."""
    if layout.extent is None:
        return []
    return sorted(
        place
        for place, cell in sheet.cells.items()
        if place not in known
        and place not in layout.labels
        and place not in layout.kept_out
        and layout.extent.holds(*place)
        and cell.text
        and not is_block(cell.text)
    )
