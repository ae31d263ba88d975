"""Groups of the forms of a batch 跨表分组: returns of one project, forms of one unit, things counted twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from .batch import COLUMNS, IDENTITY, Batch, Row
from .copying import find_copies
from .finding import Place
from .form import Parameters
from .formdigest import Outcome, bare, core_name
from .groups import ClaimMet, Copies, Places, Register, Returns, Summary, Thing, UnitForms, YearAfter
from .stamp import read_stamp

_MONEY = (("initial", "in_initial"), ("annual", "in_annual"), ("executed", "in_executed"))
_TERMS = {"initial": "initial_budget", "annual": "annual_budget", "executed": "executed_amount"}
Owners = tuple[tuple[str, str | None], ...]
_PAIRS = "form AS now JOIN form AS was ON was.unit = now.unit AND was.project = now.project AND was.year = now.year - 1"


def returns(batch: Batch, _: Parameters) -> Iterator[Returns]:
    """Projects of which more than one form is there."""
    for unit, year, project, forms, versions in batch.rows(
        "SELECT unit, year, project, count(*), count(DISTINCT content) FROM form"
        " WHERE unit IS NOT NULL AND project IS NOT NULL GROUP BY unit, year, project HAVING count(*) > 1"
    ):
        where = "unit = ? AND year IS ? AND project = ?"
        places = batch.places("in_project", where, unit, year, project)
        yield Returns(unit=unit, project=project, year=year, forms=forms, versions=versions, places=places)


def units(batch: Batch, rules: Parameters) -> Iterator[UnitForms]:
    """The forms of each unit, then of each department with several units."""
    for owner in ("unit", "department"):
        rows = batch.rows(
            f"SELECT {owner}, year, project, annual, executed, total, unit FROM form WHERE {owner} IS NOT NULL"
            f" ORDER BY {owner}, year, {'' if owner == 'unit' else 'unit, '}project, id DESC"
        )
        for (name, year), members in groupby(rows, itemgetter(0, 1)):
            where = f"{owner} = ? AND year IS ?"
            counts = _tallied(members, rules.total_weight)
            if owner == "department" and counts.pop("units") < 2:
                continue
            counts.pop("units", None)
            yield UnitForms(
                name=name,
                is_department=owner == "department",
                year=year,
                variance=counts.pop("variance"),
                **{key: int(count) for key, count in counts.items()},
                rate_places=batch.places("in_executed", f"{where} AND annual = executed", name, year),
                total_places=batch.places("in_total", where, name, year),
            )


def copies(batch: Batch, rules: Parameters) -> Iterator[Copies]:
    """Forms of different projects with the same block of results, then those with the same text."""
    for block, forms in batch.rows(
        "SELECT block, count(*) FROM form WHERE block IS NOT NULL"
        f" GROUP BY block HAVING count(*) > 1 AND count(DISTINCT {IDENTITY}) > 1"
    ):
        places = batch.places("in_result", "block = ?", block)
        yield Copies(whole=True, forms=forms, share=Decimal(1), places=places)
    find_copies(batch, rules)
    for leader, forms, share in batch.rows(
        "SELECT leader, count(*), min(share) FROM copy JOIN form ON form.text = copy.hash GROUP BY leader"
        f" HAVING count(*) > 1 AND count(DISTINCT {IDENTITY}) > 1"
        " AND NOT (count(block) = count(*) AND min(block) = max(block))"
    ):
        where = "text IN (SELECT hash FROM copy WHERE leader = ?)"
        places = batch.places("in_result", where, leader)
        yield Copies(whole=False, forms=forms, share=Decimal(f"{share:.2f}"), places=places)


def summaries(batch: Batch, _: Parameters) -> Iterator[Summary]:
    """Each money column of a department's form with those of its units."""
    for form in batch.rows(f"SELECT id, {COLUMNS.replace(' ', ', ')} FROM form WHERE summary > 0"):
        own = dict(zip(("id", *COLUMNS.split()), form, strict=True))
        where, values = _parts_of(own)
        parts = list(batch.rows(f"SELECT initial, annual, executed, wan FROM form WHERE {where}", *values))
        if len(parts) < (1 if own["summary"] == 2 else 2):
            continue
        for at, (column, cell) in enumerate(_MONEY):
            amounts = [part[at] for part in parts]
            if own[column] is None or None in amounts:
                continue
            yield Summary(
                department=own["department"] or own["unit"],
                project=own["project"],
                column=_TERMS[column],
                stated=Decimal(own[column]),
                total=sum(map(Decimal, amounts), Decimal(0)),
                units=len(parts),
                wan=bool(own["wan"] or any(part[3] for part in parts)),
                places=batch.places(cell, f"id = ? OR ({where})", own["id"], *values),
            )


def _parts_of(own: Mapping[str, Any]) -> tuple[str, Row]:
    where = "department IN (?, ?) AND year IS ? AND project = ? AND summary = 0 AND id <> ?"
    return where, (own["department"], own["unit"], own["year"], own["project"], own["id"])


def has_summary(batch: Batch) -> bool:
    """Whether a department's form is there."""
    return any(True for _ in batch.rows("SELECT 1 FROM form WHERE summary > 0 LIMIT 1"))


def things(batch: Batch, rules: Parameters) -> Iterator[Thing]:
    """Things that forms of one unit count differently; of one department, where all of the district is meant."""
    for owner, chosen in (("unit", ""), ("department", " AND whole")):
        rows = batch.rows(
            f"SELECT thing, year, {owner}, number, min(form.id), min(unit), max(unit)"
            f" FROM counted JOIN form ON form.id = counted.form WHERE {owner} IS NOT NULL{chosen} AND number >= ?"
            f" GROUP BY thing, year, {owner}, number ORDER BY thing, year, {owner}, number",
            rules.near_count_least,
        )
        for (thing, year, name), members in groupby(rows, itemgetter(0, 1, 2)):
            counts = list(members)
            if owner == "department" and len({unit for each in counts for unit in each[5:]}) < 2:
                continue
            where = f"{owner} = ? AND year IS ? AND thing = ?{chosen}"
            apart = _apart(batch, where, (name, year, thing), [each[3] for each in counts], rules)
            if apart:
                firsts = {each[3]: each[4] for each in counts if each[3] in apart}
                marks = ", ".join("?" * len(apart))
                select = (
                    "SELECT file, sheet, cell FROM form CROSS JOIN counted ON counted.form = form.id"
                    f" WHERE {where} AND number IN ({marks}) ORDER BY form.id, cell"
                )
                places = Places(batch.database, select, (name, year, thing, *sorted(apart)))
                numbers = tuple((number, _title(batch, form)) for number, form in firsts.items())
                yield Thing(owner=name, name=thing, numbers=numbers, places=places)


def _title(batch: Batch, form: int) -> str:
    ((project, file),) = batch.rows("SELECT project, file FROM form WHERE id = ?", form)
    return str(project or file)


def _apart(batch: Batch, where: str, values: Row, numbers: Sequence[int], rules: Parameters) -> set[int]:
    """Numbers near to each other that no form says together: 48 here, 49 there."""
    apart = set[int]()
    both = (
        "SELECT 1 FROM form CROSS JOIN counted ON counted.form = form.id"
        f" WHERE {where} AND number = ? AND EXISTS (SELECT 1 FROM counted AS other WHERE"
        " other.form = counted.form AND other.thing = counted.thing AND other.number = ?) LIMIT 1"
    )
    for at, low in enumerate(numbers):
        for high in numbers[at + 1 :]:
            if high - low > rules.near_count * high:
                break
            if not any(True for _ in batch.rows(both, *values, low, high)):
                apart |= {low, high}
    return apart


def claims(batch: Batch, _: Parameters) -> Iterator[ClaimMet]:
    """What was said of an earlier moment, beside what the form of that project says of the year."""
    if not any(True for _ in batch.rows("SELECT 1 FROM claim LIMIT 1")):
        return
    for owner in ("unit", "department"):
        batch.database.execute(f"CREATE INDEX IF NOT EXISTS core_{owner} ON form ({owner}, year, core)")
    # where one text was copied into thousands of forms it is looked at once
    named = lru_cache(maxsize=64)(partial(_named_in, batch))
    for claim in batch.rows(
        "SELECT context, own, month, day, amount, quote, cell, form.id, unit, department, year, file, sheet"
        " FROM claim JOIN form ON form.id = claim.form ORDER BY claim.rowid"
    ):
        context, own, month, day, amount, quote, cell, form, unit, department, year, file, sheet = claim
        found = named(core_name(context), (("unit", unit), ("department", department)), year)
        if found is None and own:
            found = form
        if found is None:
            continue
        ((project, executed, where, other_file, other_sheet),) = batch.rows(
            "SELECT project, executed, in_executed, file, sheet FROM form WHERE id = ?", found
        )
        if executed is None:
            continue
        places = (Place(file=file, sheet=sheet, cell=cell), Place(file=other_file, sheet=other_sheet, cell=where))
        yield ClaimMet(
            project=project or other_file,
            quote=quote,
            month=month,
            day=day,
            amount=Decimal(amount),
            executed=Decimal(executed),
            places=places,
        )


def _named_in(batch: Batch, context: str, owners: Owners, year: int | None) -> int | None:
    """The form whose project the words name; the longest name counts, the unit's own before the department's."""
    for owner, name in owners:
        for (found,) in batch.rows(
            f"SELECT id FROM form WHERE {owner} = ? AND year IS ? AND core IS NOT NULL AND instr(?, core)"
            " ORDER BY length(core) DESC, id LIMIT 1",
            name, year, context,
        ):  # fmt: skip
            return int(found)
    return None


def registers(batch: Batch, _: Parameters) -> Iterator[Register]:
    """What was issued beside what is here."""
    if batch.issued is None:
        return
    missing, found = list[str](), set[int]()
    stamped: dict[str, list[int]] = {}
    for form, text in batch.rows("SELECT id, stamp FROM form WHERE stamp IS NOT NULL"):
        stamp = read_stamp(text)
        if stamp is not None:
            stamped.setdefault(stamp.assignment, []).append(form)
    for each in batch.issued:
        by_name = [form for (form,) in batch.rows(
            "SELECT id FROM form WHERE unit IS ? AND project IS ? AND (year IS ? OR ? = 0)",
            bare(each.implementing_unit), bare(each.project_name), each.fiscal_year or None, each.fiscal_year,
        )]  # fmt: skip
        back = [*stamped.get(each.id, ()), *by_name] if each.id else by_name
        found.update(back)
        if not back:
            missing.append(" · ".join(name for name in (each.implementing_unit, each.project_name or each.id) if name))
    yield Register(
        issued=len(batch.issued),
        returned=len(batch.issued) - len(missing),
        missing=tuple(missing),
        strangers=batch.forms - len(found),
        places=batch.places("in_project", "0"),
    )


def has_years(batch: Batch) -> bool:
    """Whether a project of one year and of the next is there."""
    return any(True for _ in batch.rows(f"SELECT 1 FROM {_PAIRS} LIMIT 1"))


def years(batch: Batch, _: Parameters) -> Iterator[YearAfter]:
    """Rows of a project and the same rows of the year before; what was carried over between them."""
    for row in batch.rows(
        "SELECT now.project, now.year, now.file, now.sheet, now.in_initial, now.carried, now.outcomes,"
        " was.file, was.sheet, was.in_executed, was.annual, was.executed, was.outcomes"
        f" FROM {_PAIRS} ORDER BY now.id, was.id"
    ):
        project, year, file, sheet, in_initial, carried, outcomes = row[:7]
        old_file, old_sheet, in_executed, annual, executed, old_outcomes = row[7:]
        before = {(each.name, each.unit): each for each in _outcomes(old_outcomes) if each.actual is not None}
        for each in _outcomes(outcomes):
            old = before.get((each.name, each.unit))
            if old is None or old.actual is None or each.target is None or each.falling:
                continue
            places = (
                Place(file=file, sheet=sheet, cell=each.cell),
                Place(file=old_file, sheet=old_sheet, cell=old.cell),
            )
            yield YearAfter(
                project=project,
                name=each.name,
                year=year,
                now=each.target,
                before=old.actual,
                carried=False,
                places=places,
            )
        if None not in (carried, annual, executed):
            places = (
                Place(file=file, sheet=sheet, cell=in_initial),
                Place(file=old_file, sheet=old_sheet, cell=in_executed),
            )
            left = Decimal(annual) - Decimal(executed)
            yield YearAfter(
                project=project, name="", year=year, now=Decimal(carried), before=left, carried=True, places=places
            )


def _outcomes(packed: str) -> Iterator[Outcome]:
    for name, unit, target, actual, cell, falling in json.loads(packed):
        yield Outcome(
            name,
            unit,
            None if target is None else Decimal(target),
            None if actual is None else Decimal(actual),
            cell,
            falling,
        )


def _tallied(members: Iterable[Row], full: Decimal) -> dict[str, Any]:
    """Counts over the forms of one owner, a project returned twice counted once; the variance of the totals."""
    seen, units = None, set[str]()
    rates = full_rates = totals = full_totals = 0
    first = squares = Decimal(0)
    for _, _, project, annual, executed, total, unit in members:
        if project is not None and (project, unit) == seen:
            continue
        seen = (project, unit)
        if len(units) < 2:
            units.add(unit)
        if annual is not None and executed is not None and Decimal(annual) > 0:
            rates, full_rates = rates + 1, full_rates + (Decimal(annual) == Decimal(executed))
        if total is not None:
            number = Decimal(total)
            totals, full_totals = totals + 1, full_totals + (number == full)
            first, squares = first + number, squares + number * number
    variance = squares / totals - (first / totals) ** 2 if totals else Decimal(0)
    return {
        "rates": rates, "full_rates": full_rates, "totals": totals, "full_totals": full_totals,
        "variance": variance, "units": len(units),
    }  # fmt: skip
