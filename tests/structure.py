"""Structural edits of a form sheet on its XML, as a spreadsheet program makes them.

``Structure`` inserts, deletes, cuts and pastes, sorts, merges, hides.  With ``follow`` formulas,
merges and defined names go with their cells, as in Excel, WPS and LibreOffice; without it they
stay where they were, as in a script that knows cells only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape, unescape

import surgery

from perfxl.sheet import Area, a1, a1_area, area_from_a1, from_a1

Place = tuple[int, int]
Where = Callable[[Place], Place | None]

_ROW = re.compile(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL = re.compile(r'<c r="([A-Z]+\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
_MERGE = re.compile(r'<mergeCell ref="([^"]+)"/>')
_NAME = re.compile(r'(<definedName name="(pxl\.[^"]+)" localSheetId="(\d+)"[^>]*>)([^<]*)(</definedName>)')
_REF = re.compile(r'"[^"]*"|(?<![A-Za-z0-9_".!])([A-Z]{1,3}[1-9]\d*)(?::([A-Z]{1,3}[1-9]\d*))?(?![\w(])')


class Structure:
    """One sheet of a workbook open for structural edits."""

    def __init__(self, data: bytes, number: int = 1) -> None:
        self.parts = surgery.parts_of(data)
        self.part, self.local = f"xl/worksheets/sheet{number}.xml", str(number - 1)
        xml = self.parts[self.part].decode()
        self.cells: dict[Place, tuple[str, str]] = {}
        self.rows: dict[int, str] = {}
        for row in _ROW.finditer(xml):
            self.rows[int(row[1])] = re.sub(r' spans="[^"]*"', "", row[2])
            for cell in _CELL.finditer(row[3] or ""):
                self.cells[from_a1(cell[1])] = cell[2], cell[3] or ""
        self.merges = [area_from_a1(ref) for ref in _MERGE.findall(xml)]
        self.xml = xml
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()

    # ---- edits ---------------------------------------------------------------------------

    def relocate(self, where: Where, span: Callable[[Area], Area | None], *, follow: bool) -> Structure:
        """Put every cell where it goes (``None``: gone); ``span`` says where an area goes."""
        arriving = {where(place) for place in self.cells} - {None}
        moved: dict[Place, tuple[str, str]] = {}
        for place, content in sorted(self.cells.items(), key=lambda item: where(item[0]) != item[0]):
            now = where(place)
            if now is not None:
                moved[now] = content
        del arriving
        self.cells = moved
        if follow:
            self.cells = {place: (style, self._refs_in(inside, span)) for place, (style, inside) in moved.items()}
            self.merges = [area for each in self.merges if (area := span(each)) is not None and area[:2] != area[2:]]
            self._names(span)
        return self

    @staticmethod
    def _refs_in(inside: str, span: Callable[[Area], Area | None]) -> str:
        def ref(found: re.Match[str]) -> str:
            if found[1] is None:
                return found[0]
            area = span(area_from_a1(found[0]))
            return "#REF!" if area is None else a1_area(area)

        def formula(found: re.Match[str]) -> str:
            return f"<f{found[1]}>{escape(_REF.sub(ref, unescape(found[2])))}</f>"

        return re.sub(r"<f([^>]*)>(.*?)</f>", formula, inside, flags=re.DOTALL)

    def _names(self, span: Callable[[Area], Area | None]) -> None:
        def name(found: re.Match[str]) -> str:
            sheet, mark, ref = found[4].rpartition("!")
            if found[3] != self.local or not mark or not ref:
                return found[0]
            area = span(area_from_a1(ref))
            return (
                found[1] + (f"{sheet}!#REF!" if area is None else f"{sheet}!{a1_area(area, absolute=True)}") + found[5]
            )

        self.parts[surgery.BOOK] = _NAME.sub(name, self.parts[surgery.BOOK].decode()).encode()

    def insert(self, axis: int, at: int, count: int = 1, *, follow: bool = True) -> Structure:
        """Insert rows (axis 0) or columns (axis 1) ahead of one."""

        def shift(line: int) -> int:
            return line + count if line >= at else line

        def where(place: Place) -> Place:
            return (shift(place[0]), place[1]) if axis == 0 else (place[0], shift(place[1]))

        return self.relocate(where, lambda area: Area(*where(area[:2]), *where(area[2:])), follow=follow)

    def delete(self, axis: int, at: int, count: int = 1, *, follow: bool = True) -> Structure:
        """Delete rows (axis 0) or columns (axis 1)."""

        def shift(line: int) -> int | None:
            return line if line < at else None if line < at + count else line - count

        def where(place: Place) -> Place | None:
            line = shift(place[axis])
            return None if line is None else (line, place[1]) if axis == 0 else (place[0], line)

        def span(area: Area) -> Area | None:
            left = [line for each in range(area[axis], area[axis + 2] + 1) if (line := shift(each)) is not None]
            if not left:
                return None
            first, last = min(left), max(left)
            return Area(first, area.left, last, area.right) if axis == 0 else Area(area.top, first, area.bottom, last)

        return self.relocate(where, span, follow=follow)

    def move(self, area: Area, down: int, right: int, *, follow: bool = True) -> Structure:
        """Cut an area and paste it elsewhere; what stood there is overwritten."""
        target = Area(area.top + down, area.left + right, area.bottom + down, area.right + right)

        def where(place: Place) -> Place | None:
            if area.holds(*place):
                return place[0] + down, place[1] + right
            return None if target.holds(*place) else place

        def span(each: Area) -> Area | None:
            if area.holds(*each[:2]) and area.holds(*each[2:]):
                return Area(each.top + down, each.left + right, each.bottom + down, each.right + right)
            if target.holds(*each[:2]) and target.holds(*each[2:]):
                return None
            return each

        return self.relocate(where, span, follow=follow)

    def reorder(self, area: Area, order: list[int]) -> Structure:
        """Sort the rows of an area: its row ``i`` comes from row ``order[i]``. Names stay, as in every program."""
        was = dict(self.cells)
        for at, source in enumerate(order):
            for column in range(area.left, area.right + 1):
                self.cells.pop((area.top + at, column), None)
                if (area.top + source, column) in was:
                    self.cells[area.top + at, column] = was[area.top + source, column]
        return self

    def merge(self, area: Area, *, drop: bool = True) -> Structure:
        """Merge an area; a program drops what it covers, a script does not."""
        self.merges = [each for each in self.merges if not _touch(each, area)] + [area]
        if drop:
            for place in [place for place in self.cells if area.holds(*place) and place != area.corner]:
                style, _ = self.cells[place]
                self.cells[place] = style, ""
        return self

    def unmerge(self, at: int) -> Structure:
        """Undo one merge."""
        del self.merges[at % len(self.merges)]
        return self

    def put(self, place: Place, content: surgery.Content) -> Structure:
        """Overwrite a cell in its style."""
        style = re.sub(r' t="\w+"', "", self.cells.get(place, ("", ""))[0])
        self.cells[place] = f'{style} t="{content.kind}"', content.inside
        return self

    # ---- out -----------------------------------------------------------------------------

    def bytes(self) -> bytes:
        """The workbook after the edits."""
        lines: dict[int, list[str]] = {}
        for place in sorted(self.cells):
            style, inside = self.cells[place]
            name = a1(*place)
            lines.setdefault(place[0], []).append(
                f'<c r="{name}"{style}>{inside}</c>' if inside else f'<c r="{name}"{style}/>'
            )
        data = "".join(
            f'<row r="{row}"{self.rows.get(row, "")}{_hidden(row in self.hidden_rows)}>{"".join(lines.get(row, []))}</row>'
            for row in sorted(lines.keys() | self.hidden_rows)
        )
        xml = re.sub(
            r"<sheetData>.*</sheetData>", lambda _: f"<sheetData>{data}</sheetData>", self.xml, flags=re.DOTALL
        )
        merges = "".join(f'<mergeCell ref="{a1_area(area)}"/>' for area in self.merges)
        block = f'<mergeCells count="{len(self.merges)}">{merges}</mergeCells>' if merges else ""
        xml = re.sub(r"<mergeCells.*?</mergeCells>", lambda _: block, xml, flags=re.DOTALL)
        if self.hidden_columns:
            columns = "".join(
                f'<col min="{each}" max="{each}" width="9" hidden="1"/>' for each in sorted(self.hidden_columns)
            )
            xml = re.sub(r"<cols>.*?</cols>", lambda _: f"<cols>{columns}</cols>", xml, flags=re.DOTALL)
        return surgery.packed({**self.parts, self.part: xml.encode()})


def _hidden(hidden: bool) -> str:
    return ' hidden="1"' if hidden else ""


def _touch(one: Area, other: Area) -> bool:
    return not (one.bottom < other.top or other.bottom < one.top or one.right < other.left or other.right < one.left)


def copied_sheet(data: bytes, number: int, name: str, changes: Mapping[Place, surgery.Content] | None = None) -> bytes:
    """The workbook with a copy of one sheet at its end, its names copied as a spreadsheet program does."""
    parts = surgery.parts_of(data)
    sheet = Structure(data, number)
    for place, content in (changes or {}).items():
        sheet.put(place, content)
    fresh = surgery.parts_of(sheet.bytes())[sheet.part]
    parts["xl/worksheets/copy.xml"] = re.sub(rb"<(legacyDrawing|drawing|pageSetup)[^>]*/>", b"", fresh)
    rels = parts["xl/_rels/workbook.xml.rels"].decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    line = f'<Relationship Id="rIdCopy" Type="{kind}" Target="worksheets/copy.xml"/></Relationships>'
    parts["xl/_rels/workbook.xml.rels"] = rels.replace("</Relationships>", line).encode()
    book = parts[surgery.BOOK].decode()
    count = len(re.findall(r"<sheet ", book))
    book = book.replace("</sheets>", f'<sheet name="{escape(name)}" sheetId="{count + 50}" r:id="rIdCopy"/></sheets>')
    names = ""
    for found in re.finditer(
        r'<definedName name="(pxl\.[^"]+)" localSheetId="(\d+)"([^>]*)>([^<]*)</definedName>', book
    ):
        if found[2] == str(number - 1):
            refers = f"'{name}'!" + found[4].rpartition("!")[2] if "!" in found[4] else found[4]
            names += f'<definedName name="{found[1]}" localSheetId="{count}"{found[3]}>{refers}</definedName>'
    parts[surgery.BOOK] = book.replace("</definedNames>", names + "</definedNames>").encode()
    types = parts["[Content_Types].xml"].decode()
    override = '<Override PartName="/xl/worksheets/copy.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    parts["[Content_Types].xml"] = types.replace("</Types>", override).encode()
    return surgery.packed(parts)
