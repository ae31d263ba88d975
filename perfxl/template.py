"""``Form`` (and ``Assignment``) to a ``Sheet``: locked, named, prefilled, with the live self-check."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from . import stamp
from .filling import shape
from .form import FOOTER, HEADER, MONEY, Form
from .noun import replace
from .page import GUIDE, NAME, TO_DO, rows_of
from .record import Assignment, Indicator, SelfEvaluation, Target
from .sheet import Area, PrintSetup, Sheet, Value, Workbook, sheet_name
from .skeleton import edition as edition
from .skeleton import skeleton as skeleton

OWN_SHEETS = (GUIDE, TO_DO, stamp.HIDDEN_SHEET)

# ---- filling -------------------------------------------------------------------------------


def _entered(record: SelfEvaluation | None, assignment: Assignment, count: int) -> dict[str, Value]:
    """What stands in the input cells, by field name: what was issued, overlaid by the record."""
    values: dict[str, Value] = {}
    for source in (assignment, record):
        if source is None:
            continue
        for term in (*HEADER, "project_code", "expected_goal", "actual_result", *FOOTER):
            if getattr(source, term, None) is not None:
                values[term] = getattr(source, term) or None
        for line in source.funds:
            for term in (*MONEY, "reason"):
                if getattr(line, term) is not None:
                    values[f"funds.{line.source}.{term}"] = getattr(line, term)
        for number, row in enumerate(source.indicators[:count], 1):
            values.update(_indicator_values(f"indicators.{number}.", row))
    if record is not None:
        values.update({f"sign_off.{entry.term}": entry.text for entry in record.sign_off if entry.text})
    return values


def _indicator_values(name: str, row: Indicator) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for term, value in zip(_TERMS, _all_of(row), strict=True):
        if value is not None:
            found[name + term] = value.text if isinstance(value, Target) else value
    return found


_TERMS: tuple[str, ...] = Indicator.__slots__  # type: ignore[attr-defined]
_all_of = attrgetter(*_TERMS)


def split_target(row: Indicator) -> Indicator:
    """For a form with columns of their own for 指标性质 and 度量单位: the target without them."""
    target = row.target
    if target is None or (row.operator is None and row.unit is None):
        return row
    text = target.text
    if row.operator and text.startswith(row.operator):
        text = text[len(row.operator) :]
    actual = row.actual
    if row.unit:
        text = text.removesuffix(row.unit)
        if actual is not None:
            actual = Target(text=actual.text.removesuffix(row.unit))
    return replace(row, target=Target(text=text), actual=actual)


ISSUED_TERMS = frozenset({"level_1", "level_2", "level_3", "target", "weight", "operator", "unit", "core"})


def issued_fields(form: Form, assignment: Assignment) -> dict[str, Value]:
    """What the department issued and the unit may not change, by field name."""
    found: dict[str, Value] = {name: getattr(assignment, name) for name in HEADER if getattr(assignment, name)}
    present = {column.term for column in form.columns}
    for number, row in enumerate(assignment.indicators, 1):
        values = _indicator_values(f"indicators.{number}.", split_target(row))
        if row.level_1:
            values[f"indicators.{number}.level_1"] = form.printed_level(row.level_1)
        found.update(
            {name: value for name, value in values.items() if name.rpartition(".")[2] in ISSUED_TERMS & present}
        )
    return found


def build_sheet(
    form: Form, assignment: Assignment, *, year: int, name: str, record: SelfEvaluation | None = None, number: int = 1
) -> Sheet:
    """One form sheet: blank, prefilled from the assignment, and filled in where a record is given."""
    indicators = assignment.indicators or (record.indicators if record else ())
    own = shape(form, rows_of(form, indicators, issued=bool(assignment.indicators)))
    spine, page = own.spine, own.page
    split = replace(assignment, indicators=tuple(split_target(row) for row in assignment.indicators))
    if record is not None:
        record = replace(record, indicators=tuple(split_target(row) for row in record.indicators))
    entered = _entered(record, split, spine.count)
    issued = issued_fields(form, assignment)
    cells = dict(page.cells)
    entered.update(own.printed)
    entered["fiscal_year"] = year_line = form.year_line.format(year=year)
    own.compute(entered, cells)
    issued.setdefault("fiscal_year", year_line)
    for field, corner, cell in own.inputs:
        if field in entered:
            cells[corner] = own.filled(field, cell, entered[field], lock=field in issued)
    return Sheet(
        name=name,
        cells=cells,
        merges=own.merges,
        names=own.names,
        constants={NAME + "sheet": str(number)},
        validations=tuple(each for corner, each in own.validations if not cells[corner].locked),
        marks=own.marks,
        widths=page.widths,
        heights=own.heights(cells),
        printing=PrintSetup(
            area=Area(1, 1, spine.last_row, page.columns),
            repeat_rows=spine.head_rows,
            footer="&C第 &P 页 共 &N 页",
        ),
        protected=True,
    )


def build_workbook(
    form: Form,
    assignments: Sequence[Assignment],
    *,
    year: int,
    records: Sequence[SelfEvaluation | None] | None = None,
    seal: stamp.Seal | None = None,
    password: str = "",
    again: stamp.Carried | None = None,
) -> Workbook:
    """A workbook 自评表 of one or several projects, with instructions and stamp.

    ``records`` fill the sheets in; one for each assignment.  A campaign puts its ``seal`` on the
    stamp and its ``password`` on the sheets; what was issued before in just this way comes ``again``
    under the same stamp.  Raises ``ValueError`` where there
    is no assignment or the year is not a year.
    """
    if not assignments or not 1990 <= year <= 2199:
        raise ValueError("a workbook needs an assignment and a year between 1990 and 2199")
    filled = records or [None] * len(assignments)
    assignments = [_with_rows(assignment, record) for assignment, record in zip(assignments, filled, strict=True)]
    content = stamp.Content(
        form=form.id,
        version=edition(form),
        year=year,
        assignments=tuple(assignments),
        campaign=seal.campaign if seal else "",
        unit=seal.unit if seal else "",
    )
    taken: list[str] = []
    sheets = []
    for at, assignment in enumerate(assignments):
        wanted = (assignment.project_name if len(assignments) > 1 else None) or "自评表"
        name = sheet_name(wanted, [*taken, *OWN_SHEETS])
        taken.append(name)
        sheets.append(build_sheet(form, assignment, year=year, name=name, record=filled[at], number=at + 1))
    from . import guide  # 填报说明 is written, never read: the way of a check is shorter without it

    issued = content.text()
    text = content.stamp(seal, issued)
    if again is not None and again.content is not None and _same_issue(again.content, content):
        issued, text = again.content.text(), again.text
    return Workbook(
        sheets=(*sheets, guide.sheet(form), stamp.hidden_sheet(issued, text)),
        constants={stamp.STAMP_NAME: text},
        properties={stamp.STAMP_PROPERTY: text},
        structure_locked=True,
        password=password,
    )


def _same_issue(before: stamp.Content, content: stamp.Content) -> bool:
    return replace(before, campaign="", unit="") == content


def _with_rows(assignment: Assignment, record: SelfEvaluation | None) -> Assignment:
    """Where no indicators were issued the rows follow the record, and the stamp has to say so."""
    if assignment.indicators or record is None:
        return assignment
    rows = tuple(Indicator(level_1=row.level_1, level_2=row.level_2) for row in record.indicators)
    return replace(assignment, indicators=rows)
