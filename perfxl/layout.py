"""Where the fields of a form stand on a sheet: found by labels, or by the names of a stamped one."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import field

from .form import Form
from .noun import draft
from .number import squeeze
from .page import NAME
from .pattern import pattern
from .sheet import Area, Cell, Sheet
from .vocabulary import bare_label, is_block, is_title, of_form, without_prefix

Place = tuple[int, int]


@draft
class Layout:
    """Places of fields, (row, column): ``single`` by term (header, goals, totals), the fund
    rows by source, the indicator rows in order, the sign-off fields with their labels."""

    single: dict[str, Place] = field(default_factory=dict)
    funds: dict[str, dict[str, Place]] = field(default_factory=dict)
    indicators: list[dict[str, Place]] = field(default_factory=list)
    sign_off: dict[str, tuple[str, Place]] = field(default_factory=dict)
    labels: set[Place] = field(default_factory=set)
    title: str | None = None
    year_text: str | None = None
    unit_text: str | None = None
    extent: Area | None = None


_YEAR = pattern(r"(?:19|20)\d\d年")
_UNIT = pattern(r"[(:](?:单位:)?(万?元)\)?|金额单位:?(万?元)|单位:(万?元)")


def unit_of(text: str) -> str | None:
    """元 or 万元 as a label names it: ``项目资金（元）``, ``单位：万元``."""
    found = _UNIT.search(squeeze(text))
    return next((group for group in found.groups() if group), None) if found else None


class _Labels:
    """One reading of a sheet by its labels."""

    def __init__(self, sheet: Sheet, form: Form) -> None:
        self.sheet, self.form, self.layout = sheet, form, Layout()
        self.covers = {area.corner: area for area in sheet.merges}
        self.rows: dict[int, list[tuple[int, Cell]]] = {}
        for (row, column), cell in sorted(sheet.cells.items()):
            if cell.text:
                self.rows.setdefault(row, []).append((column, cell))

    def span(self, place: Place) -> Area:
        return self.covers.get(place, Area(*place, *place))

    def header_row(self, group: str, wanted: set[str], least: int, first: int = 0) -> tuple[int, dict[str, Area]]:
        """The first row that carries enough labels of a group; columns by term."""
        words = of_form(self.form, group)
        for row in sorted(self.rows):
            if row <= first:
                continue
            found: dict[str, Area] = {}
            for column, cell in self.rows[row]:
                term = words.get(bare_label(cell.text))
                if term is not None and term not in found:
                    found[term] = self.span((row, column))
            if wanted <= set(found) and len(found) >= least:
                self.layout.labels.update(area.corner for area in found.values())
                return row, found
        return 0, {}

    def value_in(self, row: int, columns: Area) -> Place:
        """The cell of a row under a heading; a heading may be merged over several columns."""
        for column in range(columns.left, min(columns.right, columns.left + 20) + 1):
            if (row, column) in self.sheet.cells:
                return row, column
        return row, columns.left

    def label_of(self, row: int, right: int, words: Mapping[str, str]) -> tuple[str, Place] | None:
        """The label in the cells of a row to the left of a column."""
        for column, cell in self.rows.get(row, []):
            if column >= right:
                return None
            label = bare_label(cell.text)
            term = words.get(label) or words.get(without_prefix(label))
            if term is not None:
                return term, (row, column)
        return None

    def beside(self, group: str, first: int, last: int) -> dict[str, tuple[str, Place]]:
        """Fields whose value stands to the right of their label, within some rows."""
        words = of_form(self.form, group)
        found: dict[str, tuple[str, Place]] = {}
        for row in range(first, last + 1):
            cells = self.rows.get(row, [])
            for at, (column, cell) in enumerate(cells):
                label = bare_label(cell.text)
                term = words.get(label)
                if term is None or term in found:
                    continue
                following = cells[at + 1] if at + 1 < len(cells) else None
                place = (row, self.span((row, column)).right + 1)
                if following is not None and words.get(bare_label(following[1].text)) is None:
                    place = (row, following[0])
                self.layout.labels.add((row, column))
                found[term] = label, place
        return found

    def read(self) -> Layout | None:
        """The whole sheet, or ``None`` where it is no self-evaluation form."""
        head, columns = self.header_row("indicator_columns", {"level_3", "actual"}, 4)
        if not head:
            return None
        fund_head, fund_columns = self.header_row("fund_columns", {"executed_amount"}, 2)
        if fund_head >= head:
            fund_head, fund_columns = 0, {}
        top = min(self.rows)
        self.heading(top, fund_head or head)
        for term, (_, place) in self.beside("header", top, (fund_head or head) - 1).items():
            self.layout.single[term] = place
        if fund_head:
            self.funds(fund_head, head, fund_columns)
        self.goals(fund_head, head)
        last = self.indicators(head, columns)
        for term, (label, place) in self.beside("sign_off", last + 1, last + 6).items():
            self.layout.sign_off[term] = (label, place)
        left = min(column for row in self.rows if top <= row <= last for column, _ in self.rows[row])
        right = max(area.right for area in columns.values())
        self.layout.extent = Area(top, left, last, right)
        return self.layout

    def heading(self, top: int, end: int) -> None:
        for row in range(top, end):
            for column, cell in self.rows.get(row, []):
                if self.layout.title is None and is_title(cell.text):
                    self.layout.title = cell.text
                    self.layout.labels.add((row, column))
                elif self.layout.year_text is None and _YEAR.search(squeeze(cell.text)) and len(cell.text) < 30:
                    self.layout.year_text = cell.text
                    self.layout.single["fiscal_year"] = (row, column)
                    self.layout.labels.add((row, column))
        if self.layout.year_text is None and self.layout.title and _YEAR.search(squeeze(self.layout.title)):
            self.layout.year_text = self.layout.title

    def funds(self, head: int, end: int, columns: dict[str, Area]) -> None:
        words = of_form(self.form, "fund_rows")
        first = min(area.left for area in columns.values())
        for row in range(head + 1, end):
            found = self.label_of(row, first, words)
            if found is not None and found[0] not in self.layout.funds:
                self.layout.labels.add(found[1])
                self.layout.funds[found[0]] = {term: self.value_in(row, area) for term, area in columns.items()}
        for row in range(min(self.rows), end):
            for column, cell in self.rows.get(row, []):
                unit = unit_of(cell.text)
                if unit and len(cell.text) < 40 and self.layout.unit_text is None:
                    self.layout.unit_text = unit
                    self.layout.labels.add((row, column))

    def goals(self, fund_head: int, head: int) -> None:
        words = of_form(self.form, "goals")
        for row in range(fund_head + 1, head):
            for column, cell in self.rows.get(row, []):
                term = words.get(bare_label(cell.text))
                if term is None or term in self.layout.single:
                    continue
                self.layout.labels.add((row, column))
                self.layout.single[term] = self.below(row, self.span((row, column)), head)

    def below(self, row: int, columns: Area, end: int) -> Place:
        """The first filled cell under a label, above the indicators."""
        for under in range(row + 1, end):
            for column, _ in self.rows.get(under, []):
                if columns.left <= column <= columns.right:
                    return under, column
        return row + 1, columns.left

    def indicators(self, head: int, columns: dict[str, Area]) -> int:
        totals = of_form(self.form, "total")
        first_value = min(columns[term].left for term in ("target", "actual", "weight") if term in columns)
        levels: dict[str, Place] = {}
        last = head
        for row in range(head + 1, max(self.rows) + 1):
            total = self.label_of(row, first_value, totals)
            if total is not None:
                self.layout.labels.add(total[1])
                for term in ("weight", "score"):
                    if term in columns:
                        self.layout.single[f"total_{term}"] = self.value_in(row, columns[term])
                return row
            if row not in self.rows:
                continue
            places = {term: self.value_in(row, area) for term, area in columns.items()}
            self.carry_levels(places, levels)
            if any(place in self.sheet.cells for term, place in places.items() if term not in ("level_1", "level_2")):
                self.layout.indicators.append(places)
                last = row
        return last

    def carry_levels(self, places: dict[str, Place], levels: dict[str, Place]) -> None:
        """一级 and 二级指标 stand once for several rows, merged or simply left blank."""
        if places.get("level_1") in self.sheet.cells and places.get("level_1") != levels.get("level_1"):
            levels.pop("level_2", None)
        for term in ("level_1", "level_2"):
            if term not in places:
                continue
            if places[term] in self.sheet.cells:
                levels[term] = places[term]
            elif term in levels:
                places[term] = levels[term]


def by_labels(sheet: Sheet, form: Form) -> Layout | None:
    """A form typed from scratch, read by its labels wherever they stand; ``None`` where it is no form."""
    return _Labels(sheet, form).read() if sheet.cells else None


def by_names(sheet: Sheet, names: Mapping[str, Area]) -> Layout:
    """A stamped form, read by the defined names of its field cells."""
    layout = Layout()
    slots: dict[int, dict[str, Place]] = {}
    for name, area in names.items():
        parts = name.removeprefix(NAME).split(".")
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
    return [
        place
        for place, cell in sorted(sheet.cells.items())
        if layout.extent.holds(*place)
        and cell.text
        and place not in known
        and place not in layout.labels
        and not is_block(cell.text)
    ]
