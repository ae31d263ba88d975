"""A returned workbook to ``Submission`` s: which sheets are forms, and what each of them says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from decimal import Context, Decimal
from typing import Literal

from .finding import NotUnderstood, given
from .form import HEADER, ROW_FIGURES, Form, UnknownFormError, form_ids, load_form
from .formula import UncomputableError, canonical, evaluate, parse, terms_of
from .layout import Layout, Place, stray, unit_of, year_of
from .noun import replace
from .number import Amount, as_printed, is_blank, read_amount, read_format, read_target, squeeze
from .page import NAME
from .record import FundingLine, Indicator, SelfEvaluation, SignOff, Target
from .rejection import Rejected
from .sheet import Cell, Sheet, Value, Workbook, a1
from .stamp import Carried, carried
from .stamped import locate, number_of, settle_copies
from .submission import Difference, FieldCell, FieldKind, Refused, Submission
from .surroundings import of_sheet, of_workbook
from .tamper import state_of
from .template import OWN_SHEETS
from .vocabulary import is_of_other_stage

_KINDS: dict[str, FieldKind] = {
    "initial_budget": "money",
    "annual_budget": "money",
    "executed_amount": "money",
    "weight": "weight",
    "score": "score",
    "execution_rate": "rate",
    "target": "value",
    "actual": "value",
    "total_weight": "weight",
    "total_score": "score",
    "adjusted_target": "value",
    "review_score": "score",
    "deduction": "score",
    "coefficient": "rate",
}
_ROW_TEXTS = (
    *("level_1", "level_2", "level_3", "operator", "unit", "variance_explanation"),
    *("core", "serial", "description", "goal", "remark"),
)
_FORM_TEXTS = ("evaluation", "problems", "measures", "grade", "project_code")
_DASHES = frozenset({"—", "-", "－", "–", "——", "/", "*", "--"})
_ORDER = ("weight", "rate", "score")
"""How the figures of a fund line are computed."""

_FIFTEEN = Context(prec=15)
_WAN = Decimal(10_000)

Reason = Literal["stamp", "labels", "option"]


def read_submissions(
    workbook: Workbook,
    *,
    form: Form | None = None,
    year: int | None = None,
    stamped_only: bool = False,
    lookup: Callable[[str], Form] = load_form,
) -> list[Submission]:
    """Every form sheet of a workbook, in order.

    Raises ``Rejected`` as ``read_sheets`` does, and for the first sheet that cannot be read.
    """
    found: list[Submission] = []
    for each in read_sheets(workbook, form=form, year=year, stamped_only=stamped_only, lookup=lookup):
        if isinstance(each, Refused):
            raise Rejected(each.code, each.where)
        found.append(each)
    return found


def read_sheets(
    workbook: Workbook,
    *,
    form: Form | None = None,
    year: int | None = None,
    stamped_only: bool = False,
    lookup: Callable[[str], Form] = load_form,
) -> list[Submission | Refused]:
    """Every form sheet of a workbook, in order: what it says, or why it cannot be read.

    Raises ``Rejected``: ``NOT_OUR_FORM`` where no sheet is a form (or none is stamped and
    ``stamped_only``), ``UNKNOWN_FORM`` where the stamp names a definition that is not there.
    """
    stamp = carried(workbook)
    found: list[Submission | Refused] = []
    if stamp is not None:
        issuer = _issuer(stamp, form, lookup)
        chosen = form or given(issuer)
        sheets = [sheet for sheet in workbook.sheets if any(name.startswith(NAME) for name in sheet.names)]
        for at, sheet in enumerate(sheets):
            try:
                found.append(_stamped(sheet, at, chosen, issuer, stamp, year, "option" if form else "stamp"))
            except Rejected as rejection:
                found.append(Refused(sheet=sheet.name, code=rejection.code, where=rejection.where))
        found = settle_copies(found, sheets, stamp)
    if not found and not stamped_only:
        found = [one for sheet in workbook.sheets for one in _unstamped(sheet, form, year)]
    if not found:
        raise Rejected("NOT_OUR_FORM", _what_it_is(workbook))
    return _with_surroundings(found, workbook)


_TOP_ROWS = 12


def _what_it_is(workbook: Workbook) -> str:
    """The heading of a form of another stage with its sheet, else the name of the first sheet."""
    for sheet in workbook.sheets:
        for (row, _), cell in sorted(sheet.cells.items()):
            if row <= _TOP_ROWS and cell.text and is_of_other_stage(cell.text):
                return f"{sheet.name}: {squeeze(cell.text)}"
    return workbook.sheets[0].name if workbook.sheets else ""


def _with_surroundings(found: list[Submission | Refused], workbook: Workbook) -> list[Submission | Refused]:
    """What else the workbook holds, said at its first form; what a form sheet hides, at that form."""
    by_name = {sheet.name: sheet for sheet in workbook.sheets}
    common = of_workbook(workbook, [by_name[one.sheet] for one in found], OWN_SHEETS)
    told: list[Submission | Refused] = []
    for one in found:
        if isinstance(one, Submission):
            sheet = by_name[one.sheet]
            own = (*common, *of_sheet(sheet))
            common = ()
            one = replace(one, remarks=own) if own else one
            if not sheet.formulas_read:
                one = replace(one, formulas_read=False, notes=(*one.notes, ("FORMULAS_NOT_READ", sheet.name)))
        told.append(one)
    return told


def _issuer(stamp: Carried, form: Form | None, lookup: Callable[[str], Form]) -> Form | None:
    """The definition that the stamp names; where another was asked for, it may be missing."""
    if form is not None and form.id == stamp.stamp.form:
        return form
    try:
        return lookup(stamp.stamp.form)
    except UnknownFormError:
        if form is not None:
            return None
        raise Rejected("UNKNOWN_FORM", stamp.stamp.form) from None


# ---- one sheet -----------------------------------------------------------------------------


def _stamped(
    sheet: Sheet, at: int, form: Form, issuer: Form | None, stamp: Carried, year: int | None, reason: Reason
) -> Submission:
    there = locate(sheet, at, form, issuer, stamp)
    layout, changed = there.layout, there.changed
    layout.title, layout.unit_text = _printed_words(sheet)
    builder = _Builder(form, sheet, layout, there.formulas)
    record, cells = builder.build()
    field_at = {cell.cell_name: field for field, cell in reversed(cells.items())} if changed else {}
    changed = tuple(replace(each, field=field_at.get(each.cell_name, each.field)) for each in changed)
    if any(each.kind == "formula" and each.field in cells for each in changed):
        changed = _weighed(changed, builder, record)
    assignments, index = stamp.content.assignments if stamp.content else (), number_of(sheet, at)
    issued_names: dict[str, str] = {}
    if there.assignment is not None:
        for name in HEADER:
            value = getattr(there.assignment, name)
            if value:
                issued_names[name] = value
    return Submission(
        form=form,
        form_reason=reason,
        sheet=sheet.name,
        record=record,
        cells=cells,
        title=layout.title,
        year_text=layout.year_text,
        year_asked=year or (stamp.content.year if stamp.content else None),
        unit_text=layout.unit_text,
        stamp=stamp.text,
        issued_names=issued_names,
        differences=changed,
        compared=there.compared,
        stamp_state="damaged" if stamp.content is None else "disagree" if len(stamp.places) > 1 else "whole",
        protected=sheet.protected,
        origin=assignments[index] if 0 <= index < len(assignments) else None,
        missing=there.missing,
        errors=_errors(sheet, cells),
        not_understood=_not_understood(sheet, layout, there.known | builder.known),
        notes=there.notes,
        assignment=there.assignment,
    )


_WEIGHED = 12
"""How many altered formulas of one sheet are weighed for their effect on 总分."""


def _weighed(changed: tuple[Difference, ...], builder: _Builder, record: SelfEvaluation) -> tuple[Difference, ...]:
    """Altered formulas with what became of them, and by how much each puts 总分 out."""
    told: list[Difference] = []
    effects = 0
    for each in changed:
        field = builder.cells.get(each.field)
        if each.kind != "formula" or field is None or field.issued_formula is None:
            told.append(each)
            continue
        own = as_printed(field.computed, field.cell.number_format) if isinstance(field.computed, Decimal) else None
        effect = None
        if effects < _WEIGHED:
            effects += 1
            mended = _Builder(builder.form, builder.sheet, builder.layout, builder.formulas, restored=each.field)
            should, total = mended.build()[0].total_score, record.total_score
            effect = total - should if total is not None and should is not None else None
        told.append(
            replace(each, state=state_of(field.cell, field.number, own), due=own, holds=field.number, effect=effect)
        )
    return tuple(told)


def _printed_words(sheet: Sheet) -> tuple[str | None, str | None]:
    """The title (in the first rows) and the currency unit (of a block label, in the first column)."""
    heads = sorted(
        (place, cell.text) for place, cell in sheet.cells.items() if (place[0] <= 3 or place[1] == 1) and cell.text
    )
    title = next((text for (row, _), text in heads if row <= 3), None)
    units = (unit_of(text) for (_, column), text in heads if column == 1)
    return title, next((unit for unit in units if unit), None)


def _unstamped(sheet: Sheet, form: Form | None, year: int | None) -> list[Submission]:
    """The forms of a sheet that carries no names of ours, by its labels."""
    if sheet.visibility == "veryHidden" or not sheet.cells:
        return []
    from .choice import GENERAL  # most returns are stamped
    from .printed.labels import by_labels

    named = form if form is not None and form.id != GENERAL else None
    return [_by_labels(sheet, layout, form, year) for layout in by_labels(sheet, named)]


def _by_labels(sheet: Sheet, layout: Layout, form: Form | None, year: int | None) -> Submission:
    from .choice import GENERAL, as_filled, choose, described

    choice = None
    if form is None:
        chosen, choice = choose(layout, [load_form(name) for name in form_ids()])
    else:
        chosen = form if form.id != GENERAL else described(layout)
    builder = _Builder(chosen, sheet, layout, {})
    record, cells = builder.build()
    weights = {layout.inline.get(place, sheet.cell(*place).text): weight for place, weight in layout.weights.items()}
    return Submission(
        form=as_filled(chosen, record, weights),
        form_reason="labels" if form is None else "option",
        sheet=sheet.name,
        record=record,
        cells=cells,
        title=layout.title,
        year_text=layout.year_text,
        year_asked=year,
        unit_text=layout.unit_text,
        stamp_state="lost" if any(name.startswith(NAME) for name in sheet.names) else "absent",
        missing=() if chosen.id == GENERAL else _missing(chosen, layout),
        errors=_errors(sheet, cells),
        not_understood=_not_understood(sheet, layout, builder.known),
        understood=tuple(layout.understood),
        choice=choice,
        unused={a1(*place): sheet.cell(*place).text for place in layout.unused},
    )


def _missing(form: Form, layout: Layout) -> tuple[str, ...]:
    """Fields of the form that its labels did not lead to."""
    wanted = [entry.term for entry in form.names]
    wanted += ["expected_goal", "actual_result", "total_score"]
    if not form.total_in_header:  # printed forms of that kind have no last row
        wanted.append("total_weight")
    missing = [term for term in wanted if term not in layout.single]
    for row in form.fund_rows:
        places = layout.funds.get(row.term)
        if places is None:
            missing.append(f"funds.{row.term}")
            continue
        missing += [f"funds.{row.term}.{column.term}" for column in form.money_columns if column.term not in places]
    if "total" in layout.funds:
        for term in ("execution_rate", "score"):
            if form.fund_column(term) and term not in layout.funds["total"]:
                missing.append(f"funds.total.{term}")
    if not layout.indicators:
        missing.append("indicators")
    return tuple(missing)


def _errors(sheet: Sheet, cells: dict[str, FieldCell]) -> dict[str, str]:
    found = {a1(*place): cell.error for place, cell in sheet.cells.items() if cell.error}
    fields = {cell.cell_name for cell in cells.values()} if found else set()
    return {name: error for name, error in found.items() if name not in fields}


def _not_understood(sheet: Sheet, layout: Layout, known: Set[Place]) -> tuple[NotUnderstood, ...]:
    return tuple(
        NotUnderstood(cell=a1(*place), text=sheet.cells[place].text) for place in stray(sheet, layout, known)[:200]
    )


# ---- the record ----------------------------------------------------------------------------


class _Builder:
    """Builds the record and the field cells of one sheet from the places of its fields."""

    def __init__(
        self, form: Form, sheet: Sheet, layout: Layout, formulas: Mapping[Place, str], restored: str | None = None
    ) -> None:
        self.form, self.sheet, self.layout, self.formulas = form, sheet, layout, formulas
        self.restored = restored  # a field that is read as if its formula were intact
        self.cells: dict[str, FieldCell] = {}
        self.known: set[Place] = set()
        self.computed: dict[str, Value] = {}

    def build(self) -> tuple[SelfEvaluation, dict[str, FieldCell]]:
        rows = [places for places in self.layout.indicators if self.used(places)]
        indicators = tuple(self.indicator(at, places) for at, places in enumerate(rows))
        for places in self.layout.indicators:
            self.known.update(places.values())
        funds = self.funds(indicators)
        single = self.layout.single
        texts = {term: self.text(term, single.get(term)) for term in HEADER}
        goal, result = (
            self.text("expected_goal", single.get("expected_goal")),
            self.text("actual_result", single.get("actual_result")),
        )
        sign_off = tuple(
            SignOff(term=term, label=self.sign_label(term, label), text=self.text(f"sign_off.{term}", place))
            for term, (label, place) in sorted(self.layout.sign_off.items(), key=lambda item: self.sign_order(item[0]))
        )
        weights, scores = [row.weight for row in indicators], [row.score for row in indicators]
        total = next((line for line in funds if line.source == "total"), None)
        values: dict[str, list[Value]] = {
            "indicators.weight": list(weights),
            "indicators.score": list(scores),
            "funds.weight": [total.weight if total else None],
            "funds.score": [total.score if total else None],
        }
        total_weight = self.figure("total_weight", single.get("total_weight"), self.form.total_weight, values)
        total_score = self.figure("total_score", single.get("total_score"), self.form.total_score, values)
        if "fiscal_year" in single:
            self.text("fiscal_year", single["fiscal_year"])
        texts |= {term: self.text(term, single.get(term)) for term in _FORM_TEXTS}
        review_score = self.figure("review_score", single.get("review_score"))
        record = SelfEvaluation(
            fiscal_year=year_of(self.layout.year_text),
            currency_unit=self.layout.unit_text or self.form.currency_unit,
            funds=funds,
            expected_goal=goal,
            actual_result=result,
            indicators=indicators,
            total_weight=total_weight,
            total_score=total_score,
            sign_off=sign_off,
            review_score=review_score,
            **texts,
        )
        return record, self.cells

    def sign_order(self, term: str) -> int:
        """The place of a sign-off field in the form; names of a file come sorted by letter."""
        terms = [entry.term for entry in self.form.signed]
        return terms.index(term) if term in terms else len(terms)

    def sign_label(self, term: str, label: str) -> str:
        return next((entry.label for entry in self.form.signed if entry.term == term), label)

    def used(self, places: dict[str, Place]) -> bool:
        """Whether a row holds anything of its own; spare rows left blank are no indicators."""
        return any(
            self.sheet.cell(*place).content not in (None, "")
            for term, place in places.items()
            if term not in ("level_1", "level_2", "serial")
        )

    def text(self, field: str, place: Place | None, kind: FieldKind = "text") -> str | None:
        if place is None:
            return None
        self.known.add(place)
        cell = self.sheet.cell(*place)
        self.cells[field] = FieldCell(field=field, kind=kind, cell_name=a1(*place), cell=cell)
        text = self.layout.inline.get(place, cell.text)
        further = self.layout.continued.get(place, ())
        self.known.update(further)
        if further:
            text = "\n".join([text, *(self.sheet.cell(*each).text for each in further)])
        return text or None

    def figure(
        self, field: str, place: Place | None, source: str | None = None, values: dict[str, list[Value]] | None = None
    ) -> Decimal | None:
        """A number cell; where its issued formula is intact our own result counts, not the stored one."""
        if place is None:
            return None
        self.known.add(place)
        cell = self.sheet.cell(*place)
        kind = _KINDS[field.rpartition(".")[2]]
        number, oddities = self.number(self.layout.inline.get(place, cell.content), kind)
        if kind == "rate" and number is not None and self.is_percentage(field, number, cell):
            number = number.scaleb(-2)
        if number is not None and isinstance(cell.content, Decimal):
            number = as_printed(number, cell.number_format)
        issued = self.formulas.get(place)
        computed: Value = None
        if issued is not None and source and values is not None:
            computed = self.compute(source, values)
            found = cell.formula
            intact = found == issued or (found is not None and canonical(found) == canonical(issued))
            if intact or field == self.restored:
                number = as_printed(computed, cell.number_format) if isinstance(computed, Decimal) else None
        self.cells[field] = FieldCell(
            field=field,
            kind=kind,
            cell_name=a1(*place),
            cell=cell,
            number=number,
            oddities=oddities,
            computed=computed,
            issued_formula=issued,
        )
        return number

    def compute(self, source: str, values: dict[str, list[Value]]) -> Value:
        if not values.keys() >= set(terms_of(source)):
            return None  # a row or column that it reads is gone
        try:
            result = evaluate(parse(source), values.__getitem__)
        except UncomputableError:
            return None
        if isinstance(result, Decimal):
            return _FIFTEEN.plus(result)
        return None if result == "" else result

    def number(self, content: Value, kind: FieldKind) -> tuple[Decimal | None, frozenset[str]]:
        if isinstance(content, Decimal):
            return content, frozenset()
        if not isinstance(content, str) or content.strip() in _DASHES:
            return None, frozenset()
        amount = read_amount(content)
        if amount is None:
            return None, frozenset()
        return (self.in_unit(amount) if kind == "money" else amount.number), amount.oddities

    def is_percentage(self, field: str, number: Decimal, cell: Cell) -> bool:
        """Whether a rate is typed as 98.3 for 98.3%: its heading says so, or nothing else makes sense."""
        if read_format(cell.number_format).percent or "%" in cell.text:
            return False
        return field.rpartition(".")[2] in self.layout.in_percent or (isinstance(cell.content, Decimal) and number > 2)

    def in_unit(self, amount: Amount) -> Decimal:
        """``5万元`` typed into a form in 元 is 50,000; the unit that was typed counts."""
        own = self.form.currency_unit
        if amount.unit == "万元" and own == "元":
            return amount.number * _WAN
        if amount.unit == "元" and own == "万元":
            return amount.number / _WAN
        return amount.number

    def funds(self, indicators: tuple[Indicator, ...]) -> tuple[FundingLine, ...]:
        order = [row.term for row in self.form.fund_rows if row.term in self.layout.funds]
        order += [source for source in self.layout.funds if source not in order]
        index = {source: at for at, source in enumerate(order)}
        rows = {row.term: row for row in self.form.fund_rows}
        values: dict[str, dict[str, Decimal | None]] = {source: {} for source in order}
        money = [column for column in self.form.fund_columns if column.kind == "money"]
        rest = [column for column in self.form.fund_columns if column.kind in _ORDER]
        computed = [row.term for row in self.form.fund_rows_in_order if row.down and row.term in order]
        for source in (*(source for source in order if source not in computed), *computed):
            row = rows.get(source)
            for column in money:
                column_values: dict[str, list[Value]] = {each: [values[each].get(column.term)] for each in order}
                values[source][column.term] = self.figure(
                    f"funds[{index[source]}].{column.term}",
                    self.layout.funds[source].get(column.term),
                    row.down if row else None,
                    column_values,
                )
        for source in order:
            for column in sorted(rest, key=lambda column: _ORDER.index(column.kind)):
                line: dict[str, list[Value]] = {term: [value] for term, value in values[source].items()}
                here = column.only in (None, source)
                values[source][column.term] = self.figure(
                    f"funds[{index[source]}].{column.term}",
                    self.layout.funds[source].get(column.term),
                    column.across if here else None,
                    line,
                )
        reasons = {
            source: self.text(f"funds[{index[source]}].reason", self.layout.funds[source].get("reason"))
            for source in order
        }
        for places in self.layout.funds.values():
            self.known.update(places.values())
        if "total" in order and values["total"].get("weight") is None:
            values["total"]["weight"] = self.layout.execution_weight
        return tuple(FundingLine(source=source, reason=reasons[source], **values[source]) for source in order)

    def indicator(self, at: int, places: dict[str, Place]) -> Indicator:
        prefix = f"indicators[{at}]."
        texts = {term: self.text(prefix + term, places[term]) if term in places else None for term in _ROW_TEXTS}
        texts["level_1"] = self.form.level_name(texts["level_1"])
        operator, unit = texts["operator"], texts["unit"]
        figures = self.row_figures(prefix, places)
        if figures["weight"] is None and "weight" not in places:
            figures["weight"] = self.printed_weight(places)
        return Indicator(
            **texts,  # type: ignore[arg-type]
            **figures,  # type: ignore[arg-type]
            target=self.target(prefix + "target", places.get("target"), operator, unit),
            actual=self.target(prefix + "actual", places.get("actual"), None, unit),
            adjusted_target=self.target(prefix + "adjusted_target", places.get("adjusted_target"), operator, unit),
        )

    def printed_weight(self, places: dict[str, Place]) -> Decimal | None:
        """分值 in a form without such a column: in the name of the row, or of a level that has one row."""
        name = places.get("level_3")
        if name in self.layout.weights:
            return self.layout.weights[name]
        level = places.get("level_2")
        alone = sum(1 for row in self.layout.indicators if row.get("level_2") == level) == 1
        return self.layout.weights.get(level) if level is not None and alone else None

    def row_figures(self, prefix: str, places: dict[str, Place]) -> dict[str, Decimal | None]:
        """The figures of an indicator; those with a formula behind those that they are computed from."""
        figures: dict[str, Decimal | None] = {}
        formulas = {column.term: column.across for column in self.form.computed_columns}
        for term in (*(term for term in ROW_FIGURES if term not in formulas), *formulas):
            if term not in places:
                figures[term] = None
                continue
            source = formulas.get(term)
            values: dict[str, list[Value]] = {each: [figures.get(each)] for each in ROW_FIGURES} if source else {}
            figures[term] = self.figure(prefix + term, places[term], source, values)
        return figures

    def target(self, field: str, place: Place | None, operator: str | None, unit: str | None) -> Target | None:
        text = self.text(field, place, "value")
        if text is None or is_blank(text):
            return None if text is None else read_target(text)
        target = read_target(text)
        if unit and target.number is not None and target.unit is None:
            text += unit
        if operator and not is_blank(operator) and target.number is not None and target.operator is None:
            text = operator + text
        return read_target(text)
