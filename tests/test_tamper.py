"""Every locked cell, changed in every way, is found at its address; an honest save is never accused."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from xml.sax.saxutils import escape

import openpyxl
import pytest
import surgery
from records_made import YEAR, as_read, filled, issued, through_libreoffice, workbook_bytes

from perfxl.form import Form, form_ids, load_form
from perfxl.formula import canonical
from perfxl.number import neat
from perfxl.reading import read_submissions
from perfxl.record import Assignment, SelfEvaluation
from perfxl.rejection import Rejected
from perfxl.sheet import EMPTY, Cell, Workbook, a1, from_a1
from perfxl.stamp import HIDDEN_SHEET, STAMP_NAME, STAMP_PROPERTY, carried
from perfxl.submission import Submission
from perfxl.xlsx.reader import read_workbook

Place = tuple[int, int]
STAGES = ("blank", "prefilled", "filled")


@dataclass(frozen=True)
class Case:
    """A form at one stage of its life: its bytes, and the same read."""

    form: Form
    stage: str
    data: bytes
    workbook: Workbook
    record: SelfEvaluation | None

    def locked(self) -> dict[Place, Cell]:
        """The locked cells of the form sheet that hold something."""
        return {place: cell for place, cell in self.workbook.sheets[0].cells.items() if cell.locked}

    def with_cells(self, changes: dict[Place, Cell]) -> Workbook:
        """The workbook with some cells of the form sheet exchanged."""
        first, *others = self.workbook.sheets
        return replace(self.workbook, sheets=(replace(first, cells={**first.cells, **changes}), *others))


@lru_cache(maxsize=16)
def case(form_id: str, stage: str) -> Case:
    """A form blank as anybody may take it, issued to a unit, or filled in by that unit."""
    form = load_form(form_id)
    assignment = Assignment(id="A000", form=form_id, fiscal_year=YEAR) if stage == "blank" else issued(form)
    record = filled(form, assignment) if stage == "filled" else None
    data = workbook_bytes(form, [assignment], [record])
    return Case(form, stage, data, read_workbook(data), record)


CASES = [(form_id, stage) for form_id in form_ids() for stage in STAGES]
each_case = pytest.mark.parametrize(("form_id", "stage"), CASES)


def only(workbook: Workbook) -> Submission:
    """The one form of a workbook."""
    found = read_submissions(workbook)
    assert len(found) == 1
    return found[0]


def differing(workbook: Workbook) -> list[str]:
    """The addresses of the locked cells that differ."""
    return [difference.cell_name for difference in only(workbook).differences]


def told(workbook: Workbook) -> list[str] | str:
    """``differing``, or that the labels no longer say what stands where, or that rows were sorted."""
    try:
        return differing(workbook) or " ".join(code for code, _ in only(workbook).notes)
    except Rejected as refused:
        return f"{refused.code} {refused.where.rpartition('!')[2]}"


# ---- ways to change a cell -------------------------------------------------------------------


def typed(value: Decimal | str | bool, like: Cell) -> Cell:
    """A constant in the place of a cell."""
    text = neat(value) if isinstance(value, Decimal) else str(value)
    return replace(like, value=value, text=text, formula=None, cached=None, error=None)


def another_value(cell: Cell) -> Cell:
    """Another text, another figure, another formula."""
    if cell.formula is not None:
        return replace(cell, formula=f"{cell.formula}&1")
    if isinstance(cell.value, Decimal):
        return typed(cell.value + 1, cell)
    return typed(f"{cell.value}改", cell)


def another_type(cell: Cell) -> Cell:
    """The same look, another type: the figure as text, the text as figure, the formula as its own text."""
    if cell.formula is not None:
        return typed("=" + cell.formula, cell)
    if isinstance(cell.value, Decimal):
        return typed(neat(cell.value), cell)
    return typed(Decimal(7), cell)


def truth_instead(cell: Cell) -> Cell:
    """TRUE where something else stood."""
    return typed(True, cell)


def its_own_result(cell: Cell) -> Cell | None:
    """A formula overwritten with the very value that it showed."""
    return None if cell.formula is None else typed("" if cell.cached is None else cell.cached, cell)


def a_formula_instead(cell: Cell) -> Cell | None:
    """A constant that became a formula with the same result."""
    if cell.formula is not None:
        return None
    source = neat(cell.value) if isinstance(cell.value, Decimal) else f'"{cell.value}"'
    return replace(cell, value=None, formula=source, cached=cell.value)


def an_error_instead(cell: Cell) -> Cell:
    """A formula or a label gone to #REF!."""
    return replace(cell, value=None, formula=None, cached=None, error="#REF!", text="#REF!")


def cleared(cell: Cell) -> Cell:
    """Nothing any more."""
    return EMPTY


Way = Callable[[Cell], Cell | None]
WAYS: tuple[Way, ...] = (
    another_value,
    another_type,
    truth_instead,
    its_own_result,
    a_formula_instead,
    an_error_instead,
    cleared,
)


# ---- on the data that the reader gives -------------------------------------------------------


@each_case
def test_an_untouched_form_has_no_differences(form_id: str, stage: str) -> None:
    submission = only(case(form_id, stage).workbook)
    assert submission.compared
    assert (submission.differences, submission.missing, submission.not_understood) == ((), (), ())


def test_the_sweeps_reach_every_part_of_a_form() -> None:
    """Title, year, names, levels, targets, weights, formulas, and the live self-check beside the form."""
    there = case("shanghai", "filled")
    names = there.workbook.sheets[0].names
    swept = there.locked()
    for field in ("fiscal_year", "project_name", "indicators.1.level_1", "indicators.1.target", "indicators.1.weight"):
        assert names["pxl." + field].corner in swept, field
    assert sum(1 for cell in swept.values() if cell.formula is not None) > 80
    assert max(column for _, column in swept) > names["pxl.indicators.1.variance_explanation"].right + 8


def missed(there: Case, changes: Iterable[tuple[Place, Cell | None]]) -> dict[str, list[str]]:
    """Which of these changes, made one at a time, are not found at their address and nowhere else."""
    wrong = {}
    for place, changed in changes:
        if changed is not None:
            found = differing(there.with_cells({place: changed}))
            if found != [a1(*place)]:
                wrong[a1(*place)] = found
    return wrong


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("form_id", form_ids())
def test_a_changed_locked_cell_of_a_return_is_found_at_its_address(form_id: str, way: Way) -> None:
    there = case(form_id, "filled")
    assert missed(there, ((place, way(cell)) for place, cell in there.locked().items())) == {}


@pytest.mark.parametrize(("form_id", "stage"), [each for each in CASES if each[1] != "filled"])
def test_a_changed_locked_cell_of_a_form_not_filled_in_is_found(form_id: str, stage: str) -> None:
    there = case(form_id, stage)
    ways = [(place, cell, WAYS[at % len(WAYS)]) for at, (place, cell) in enumerate(sorted(there.locked().items()))]
    assert missed(there, ((place, way(cell)) for place, cell, way in ways)) == {}


def unequal_neighbours(there: Case) -> Iterator[tuple[Place, Place]]:
    """Pairs of a locked cell and the next filled cell to the right or below that says something else."""
    cells = there.workbook.sheets[0].cells
    for row, column in there.locked():
        right = min((place for place in cells if place[0] == row and place[1] > column), default=None)
        below = min((place for place in cells if place[1] == column and place[0] > row), default=None)
        for other in (right, below):
            if other is not None and what_it_says(cells[row, column]) != what_it_says(cells[other]):
                yield (row, column), other


def what_it_says(cell: Cell) -> object:
    return canonical(cell.formula) if cell.formula is not None else cell.value


@pytest.mark.parametrize("form_id", form_ids())
def test_two_swapped_neighbours_are_found(form_id: str) -> None:
    there = case(form_id, "filled")
    cells = there.workbook.sheets[0].cells
    pairs = list(unequal_neighbours(there))
    assert len(pairs) > 100
    wrong = {}
    for one, other in pairs:
        swapped = {
            one: replace(cells[other], locked=cells[one].locked),
            other: replace(cells[one], locked=cells[other].locked),
        }
        found = told(there.with_cells(swapped))
        both = [a1(*place) for place in sorted((one, other)) if cells[place].locked]
        if found not in (both, "ROWS_SORTED", *(f"LAYOUT_CHANGED {name}" for name in both)):
            wrong[a1(*one), a1(*other)] = found
    assert not wrong


def test_a_formula_frozen_at_its_own_result_is_called_a_formula_and_the_field_is_named() -> None:
    there = case("shanghai", "filled")
    place = there.workbook.sheets[0].names["pxl.funds.total.score"].corner
    changed = its_own_result(there.workbook.sheets[0].cells[place])
    assert changed is not None
    (difference,) = only(there.with_cells({place: changed})).differences
    assert (difference.kind, difference.field) == ("formula", "funds[0].score")
    assert difference.issued.startswith("=IF(COUNT(")
    assert difference.found == changed.text


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        ("fiscal_year", "issued", "fiscal_year"),
        ("implementing_unit", "issued", "implementing_unit"),
        ("indicators.3.target", "issued", "indicators[2].target"),
        ("indicators.3.weight", "issued", "indicators[2].weight"),
        ("indicators.1.level_2", "issued", "indicators[0].level_2"),
        ("funds.total.weight", "label", "funds[0].weight"),
        ("total_score", "formula", "total_score"),
    ],
)
def test_a_difference_says_what_kind_of_content_was_changed_and_which_field(name: str, kind: str, field: str) -> None:
    there = case("mof", "filled")
    place = there.workbook.sheets[0].names["pxl." + name].corner
    (difference,) = only(there.with_cells({place: typed("别的", EMPTY)})).differences
    assert (difference.kind, difference.field, difference.found) == (kind, field, "别的")


def test_a_text_that_another_program_wrote_differently_is_the_same_text() -> None:
    """Decomposed letters, CRLF and blanks around are no change."""
    form = load_form("shanghai")
    assignment = replace(issued(form), project_name="Café\n改造", implementing_unit="示例单位")
    workbook = read_workbook(workbook_bytes(form, [assignment]))
    first, *others = workbook.sheets
    names = first.names
    cells = dict(first.cells)
    for name, text in {
        "project_name": unicodedata.normalize("NFD", "Café\r\n改造"),
        "implementing_unit": " 示例单位\n",
    }.items():
        place = names["pxl." + name].corner
        cells[place] = typed(text, cells[place])
    assert differing(replace(workbook, sheets=(replace(first, cells=cells), *others))) == []


@pytest.mark.parametrize("name", ["total_score", "funds.total.score", "indicators.2.target", "project_name"])
def test_a_field_whose_name_was_deleted_is_listed_as_missing(name: str) -> None:
    there = case("shanghai", "filled")
    first, *others = there.workbook.sheets
    fewer = {each: area for each, area in first.names.items() if each != "pxl." + name}
    submission = only(replace(there.workbook, sheets=(replace(first, names=fewer), *others)))
    assert submission.missing == (name,)


def test_content_added_to_an_empty_locked_cell_is_not_overlooked() -> None:
    there = case("shanghai", "filled")
    assert (6, 3) not in there.workbook.sheets[0].cells
    assert [each.cell for each in only(there.with_cells({(6, 3): typed("另有说明", EMPTY)})).not_understood] == ["C6"]


# ---- on the bytes of the file ----------------------------------------------------------------


def operations(there: Case) -> list[tuple[str, str, Callable[[surgery.Operated], surgery.Operated]]]:
    """For each locked cell one edit of the XML, the kinds of edit in turn."""
    found: list[tuple[str, str, Callable[[surgery.Operated], surgery.Operated]]] = []
    for at, (place, cell) in enumerate(sorted(there.locked().items())):
        name = a1(*place)
        frozen = surgery.Content("str", f"<v>{escape(str(cell.cached))}</v>") if cell.formula else surgery.NOTHING
        kinds: list[tuple[str, Callable[[surgery.Operated], surgery.Operated]]] = [
            ("number", lambda book, name=name: book.put(name, surgery.number("88.25"))),  # type: ignore[misc]
            ("text in the cell", lambda book, name=name: book.put(name, surgery.inline("改 & <改>"))),  # type: ignore[misc]
            ("shared text", lambda book, name=name: book.put_shared(name, "改]]>")),  # type: ignore[misc]
            ("truth", lambda book, name=name: book.put(name, surgery.truth(True))),  # type: ignore[misc]
            ("formula", lambda book, name=name: book.put(name, surgery.formula("1+1", "2"))),  # type: ignore[misc]
            ("frozen or cleared", lambda book, name=name, frozen=frozen: book.put(name, frozen)),  # type: ignore[misc]
        ]
        kind, operate = kinds[at % len(kinds)]
        found.append((name, kind, operate))
    return found


@pytest.mark.parametrize("form_id", form_ids())
def test_an_edit_of_the_xml_is_found_at_its_address(form_id: str) -> None:
    there = case(form_id, "filled")
    wrong = {}
    for name, kind, operate in operations(there)[::3]:
        found = differing(read_workbook(operate(surgery.Operated(there.data)).bytes()))
        if found != [name]:
            wrong[name, kind] = found
    assert not wrong


@pytest.mark.parametrize("form_id", form_ids())
def test_cells_swapped_in_the_xml_are_found(form_id: str) -> None:
    there = case(form_id, "filled")
    locked = there.locked()
    pairs = [pair for pair in unequal_neighbours(there) if pair[1] in locked][::9]
    for one, other in pairs:
        swapped = surgery.Operated(there.data).swap(a1(*one), a1(*other)).bytes()
        both = [a1(*place) for place in sorted((one, other))]
        assert told(read_workbook(swapped)) in (both, "ROWS_SORTED", *(f"LAYOUT_CHANGED {name}" for name in both))


def tampered(there: Case) -> tuple[bytes, list[str]]:
    """A return with every fifth locked cell edited, and the addresses."""
    book = surgery.Operated(there.data)
    chosen = operations(there)[::5]
    for _, _, operate in chosen:
        operate(book)
    return book.bytes(), [name for name, _, _ in chosen]


@pytest.mark.parametrize("form_id", form_ids())
def test_many_edits_are_all_found_in_reading_order(form_id: str) -> None:
    data, names = tampered(case(form_id, "filled"))
    assert differing(read_workbook(data)) == names
    assert names == sorted(names, key=from_a1)


# ---- saved by another program ----------------------------------------------------------------


def through_openpyxl(data: bytes) -> bytes:
    """Opened and saved by openpyxl, which keeps no result of a formula."""
    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(data)).save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def saved_by_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """Every case of a form, and it tampered with, after a save in LibreOffice."""

    @cache
    def saved(form_id: str) -> dict[str, bytes]:
        files = {stage: case(form_id, stage).data for each, stage in CASES if each == form_id}
        return through_libreoffice({**files, "tampered": tampered(case(form_id, "filled"))[0]}, tmp_path_factory)

    return saved


def assert_unharmed(there: Case, data: bytes) -> None:
    """No difference, nothing missing, the record equal, the stamp in all of its places."""
    workbook = read_workbook(data)
    submission = only(workbook)
    assert submission.form_reason == "stamp"
    assert submission.compared
    assert submission.differences == ()
    assert (submission.missing, submission.not_understood, submission.errors) == ((), (), {})
    assert submission.record == only(there.workbook).record
    if there.record is not None:
        assert submission.record == as_read(there.record, there.form)
    assert stamps(workbook) == stamps(there.workbook)


def stamps(workbook: Workbook) -> list[str | None]:
    """The stamp in the defined name, in the property, on the hidden sheet."""
    hidden = next((sheet.cell(1, 2).text for sheet in workbook.sheets if sheet.name == HIDDEN_SHEET), None)
    return [workbook.constants.get(STAMP_NAME), workbook.properties.get(STAMP_PROPERTY), hidden]


@each_case
def test_a_save_in_libreoffice_is_no_change(
    saved_by_libreoffice: Callable[[str], dict[str, bytes]], form_id: str, stage: str
) -> None:
    assert_unharmed(case(form_id, stage), saved_by_libreoffice(form_id)[stage])


@each_case
def test_a_save_in_openpyxl_is_no_change(form_id: str, stage: str) -> None:
    there = case(form_id, stage)
    assert_unharmed(there, through_openpyxl(there.data))


@pytest.mark.parametrize("form_id", form_ids())
def test_what_was_changed_is_found_after_a_save_in_libreoffice(
    saved_by_libreoffice: Callable[[str], dict[str, bytes]], form_id: str
) -> None:
    _, names = tampered(case(form_id, "filled"))
    assert differing(read_workbook(saved_by_libreoffice(form_id)["tampered"])) == names


@pytest.mark.parametrize("form_id", form_ids())
def test_what_was_changed_is_found_after_a_save_in_openpyxl(form_id: str) -> None:
    data, names = tampered(case(form_id, "filled"))
    assert differing(read_workbook(through_openpyxl(data))) == names


def test_one_place_of_the_stamp_suffices() -> None:
    there = case("shanghai", "filled").workbook
    text = there.constants[STAMP_NAME]
    assert stamps(there) == [text, text, text]
    for bare in (
        replace(there, constants={}),
        replace(there, properties={}),
        replace(there, constants={}, properties={}),
    ):
        assert only(bare).compared
    without = replace(there, sheets=tuple(sheet for sheet in there.sheets if sheet.name != HIDDEN_SHEET))
    submission = only(without)
    assert submission.stamp == text
    assert (submission.compared, submission.differences) == (False, ())


def test_issued_content_that_was_edited_is_not_believed() -> None:
    there = case("shanghai", "filled").workbook
    hidden = next(sheet for sheet in there.sheets if sheet.name == HIDDEN_SHEET)
    text = hidden.cell(2, 2).text
    edited = typed(text.replace("示例单位", "别的单位"), hidden.cell(2, 2))
    forged = replace(hidden, cells={**hidden.cells, (2, 2): edited})
    workbook = replace(there, sheets=tuple(forged if sheet is hidden else sheet for sheet in there.sheets))
    found = carried(workbook)
    assert found is not None
    assert found.content is None
    assert not only(workbook).compared
