"""Verdicts as compact data for the HTML report: every text once, equal layouts once.

A form of forty cells and thirty findings takes five kilobytes or so.  Wordings of rules are kept as
the templates of both languages with their facts, so that the page speaks either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from ..drawing import Drawing
from ..finding import BatchFinding, Diagnosis, Fact, Finding, NotRun, Severity, Verdict
from ..number import half_up, plain
from ..record import SelfEvaluation
from ..rules import across_by_code, by_code
from . import words
from .json import Json
from .lines import waived

SEVERITIES = tuple(severity.value for severity in Severity)
PLACES = 200
"""So many places of a finding across forms go into the page."""
STATES = ("explained", "ambiguous", "unexplained")
_SLOT = re.compile(r"\{(\w+)\}")
_INDEX = re.compile(r"(funds|indicators)\[(\d+)\]")


class Table:
    """Things by number, in the order met; equal ones once."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self.items: list[Json] = []

    def number(self, key: object, make: Callable[[], Json]) -> int:
        """The number of that thing; ``make`` gives it as data where it is new."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.items)
            self.items.append(make())
        return found


class Compactor:
    """Makes one compact object of each verdict, and at the end the tables that they lean upon."""

    def __init__(self) -> None:
        self._strings, self._wordings, self._layouts, self._rules = Table(), Table(), Table(), Table()

    def tables(self) -> dict[str, Json]:
        """What the compact verdicts refer to by number."""
        return {
            "strings": self._strings.items,
            "wordings": self._wordings.items,
            "layouts": self._layouts.items,
            "rules": self._rules.items,
        }

    def text(self, text: str | None, longest: int = 0) -> int:
        """The number of a text, -1 for a blank; the first text is number 0."""
        if not text:
            return -1
        shown = words.clean(text, longest) if longest else words.without_surrogates(text)
        return self._strings.number(shown, lambda: shown) if shown else -1

    def verdict(self, verdict: Verdict) -> dict[str, Json]:
        """One verdict; keys that have nothing to say are left out."""
        record = verdict.record
        found: dict[str, Json] = {
            "file": self.text(words.plain_text(verdict.file)),
            "sheet": self.text(verdict.sheet, 60),
            "status": verdict.status,
            "form": self.text(verdict.form),
            "reason": verdict.form_reason,
            "sha": (verdict.sha256 or "")[:12],
        }
        if verdict.code:
            found |= {"code": verdict.code, "why": self._rejection(verdict), "where": self.text(verdict.where, 200)}
        if record is not None:
            found |= self._record(record)
        if verdict.grade:
            found["grade"] = self.text(verdict.grade, 20)
        if verdict.findings:
            found["findings"] = [self._finding(finding, record) for finding in verdict.findings]
        if verdict.not_run:
            found["notRun"] = [self._not_run(each) for each in verdict.not_run]
        if verdict.notes:
            found["notes"] = [
                [self._pair(words.note(code, "zh"), words.note(code, "en")), self.text(where, 200)]
                for code, where in verdict.notes
            ]
        if verdict.not_understood:
            found["odd"] = [[each.cell, self.text(each.text, 200)] for each in verdict.not_understood]
        if verdict.drawing is not None:
            found["layout"], found["texts"] = self._drawing(verdict.drawing)
        return found

    def _record(self, record: SelfEvaluation) -> dict[str, Json]:
        money = record.total
        amounts: list[Json] = []
        if money is not None:
            rate = None if money.execution_rate is None else half_up(100 * money.execution_rate, 2)
            values = (money.initial_budget, money.annual_budget, money.executed_amount, rate)
            amounts = [_fact(value) for value in values]
        return {
            "unit": self.text(record.implementing_unit, 200),
            "project": self.text(record.project_name, 200),
            "dept": self.text(record.supervising_department, 200),
            "year": record.fiscal_year,
            "currency": self.text(record.currency_unit, 20),
            "money": amounts,
            "total": _fact(record.total_score),
        }

    # ---- wordings -----------------------------------------------------------------------

    def _pair(self, zh: str, en: str, names: tuple[str, ...] = ()) -> int:
        zh, en = words.without_surrogates(zh), words.without_surrogates(en)
        return self._wordings.number((zh, en, names), lambda: [zh, en, list(names)])

    def _rejection(self, verdict: Verdict) -> list[Json]:
        (zh, do_zh), (en, do_en) = (words.rejection(verdict, lang) for lang in ("zh", "en"))
        return [self._pair(zh, en), self._pair(do_zh, do_en)]

    def _wording(self, templates: tuple[str, str], facts: Mapping[str, str]) -> list[Json]:
        """The number of the templates, and the facts for their slots in order."""
        names = _slots(templates)
        return [self._pair(*templates, names), *(self.text(facts[name]) for name in names)]

    # ---- findings -----------------------------------------------------------------------

    def rule(self, code: str, *, across: bool = False) -> int:
        """The number of a rule of the book, or of one over a batch: its code, titles and severity."""

        def make() -> Json:
            rule = across_by_code(code) if across else by_code(code)
            severity = rule.severity.value if rule else "error"
            title = words.batch_title if across else words.title
            return [code, title(code, "zh"), title(code, "en"), severity]

        return self._rules.number((code, across), make)

    def _finding(self, finding: Finding, record: SelfEvaluation | None) -> list[Json]:
        templates = words.templates(finding)
        facts = words.facts(finding)
        return [
            self.rule(finding.rule),
            SEVERITIES.index(finding.severity.value),
            finding.cell,
            self._field(finding.field, record),
            self.text(_figure(finding.expected), 200),
            self.text(_figure(finding.actual), 200),
            self.text(_figure(finding.difference)),
            self._wording(templates[0], facts),
            self._wording(templates[1], facts) if any(templates[1]) else None,
            [self.rule(finding.caused_by[0]), finding.caused_by[1]] if finding.caused_by else None,
            self._diagnosis(finding.diagnosis),
            *self._waived(finding),
        ]

    def _waived(self, finding: Finding) -> list[Json]:
        """Nothing, or the wording of who waived it."""
        zh, en = waived(finding, "zh"), waived(finding, "en")
        return [[self._pair(zh, en)]] if zh and en else []

    def across(self, found: BatchFinding) -> list[Json]:
        """One finding across forms with its first places: numbers of file and sheet, and the cell."""
        finding = found.finding
        templates = words.templates(finding)
        facts = words.facts(finding)
        places: list[Json] = [
            [self.text(words.plain_text(place.file)), self.text(place.sheet, 60), place.cell]
            for place in islice(found.places, PLACES)
        ]
        return [
            self.rule(finding.rule, across=True),
            SEVERITIES.index(finding.severity.value),
            self._wording(templates[0], facts),
            self._wording(templates[1], facts),
            places,
            *self._waived(finding),
        ]

    def _field(self, path: str, record: SelfEvaluation | None) -> list[Json]:
        """What a field is called: its term in both languages, and the indicator that it belongs to."""
        pair = words.term_pair(path)
        name = None
        found = _INDEX.match(path)
        if found and found[1] == "indicators" and record and int(found[2]) < len(record.indicators):
            name = record.indicators[int(found[2])].level_3
        return [self._pair(*pair) if pair else -1, self.text(name, 40)]

    def _diagnosis(self, diagnosis: Diagnosis | None) -> Json:
        if diagnosis is None:
            return None
        said = [diagnosis, *diagnosis.alternatives]
        return [
            STATES.index(diagnosis.state),
            *(self._pair(words.cause(each, "zh"), words.cause(each, "en")) for each in said),
        ]

    def _not_run(self, each: NotRun) -> list[Json]:
        missing = self._pair(words.missing(each, "zh"), words.missing(each, "en"))
        return [self.rule(each.rule), each.cell, missing]

    # ---- the form as it stands ----------------------------------------------------------

    def _drawing(self, drawing: Drawing) -> tuple[int, list[Json]]:
        """The number of the layout, and the texts filled into it, in its order."""
        rows = {row: place for place, row in enumerate(drawing.rows)}
        columns = {column: place for place, column in enumerate(drawing.columns)}
        filled = [(row, column) for row, column, _ in drawing.filled]
        printed = [(row, column, self.text(words.plain_text(text))) for row, column, text in drawing.printed]
        key = (drawing.rows, drawing.columns, drawing.widths, drawing.merges, tuple(printed), tuple(filled),
               drawing.figures, drawing.framed, drawing.hidden, drawing.cut)  # fmt: skip

        def make() -> Json:
            merges = [_cut(area, rows, columns) for area in drawing.merges]
            return {
                "rows": _ranges(drawing.rows),
                "columns": list(drawing.columns),
                "widths": [round(width * 10) for width in drawing.widths],
                "merges": [list(merge) for merge in merges if merge],
                "printed": [[rows[row], columns[column], text] for row, column, text in printed if column in columns],
                "fields": [
                    [rows[row], columns[column], int((row, column) in drawing.figures)] for row, column in filled
                ],
                "framed": [*drawing.framed],
                "hidden": [*sorted(drawing.hidden)],
                "cut": drawing.cut,
            }

        texts: list[Json] = [self.text(words.plain_text(text)) for _, _, text in drawing.filled]
        return self._layouts.number(key, make), texts


@lru_cache(maxsize=1024)
def _slots(templates: tuple[str, str]) -> tuple[str, ...]:
    """The names of the slots of both templates, in the order met."""
    return tuple(dict.fromkeys(_SLOT.findall(templates[0]) + _SLOT.findall(templates[1])))


def _fact(value: Fact) -> str | None:
    return plain(value) if isinstance(value, Decimal) else None if value is None else str(value)


def _figure(value: Fact) -> str | None:
    """A figure with its thousands apart; a text as it was written."""
    return f"{value:,f}" if isinstance(value, Decimal) else _fact(value)


def _cut(area: tuple[int, int, int, int], rows: dict[int, int], columns: dict[int, int]) -> tuple[int, ...] | None:
    """A merged area by the places of the drawn rows and columns that it covers: top, left, height, width."""
    down = [place for row, place in rows.items() if area[0] <= row <= area[2]]
    across = [place for column, place in columns.items() if area[1] <= column <= area[3]]
    if not down or not across:
        return None
    return down[0], across[0], len(down), len(across)


def _ranges(rows: tuple[int, ...]) -> list[Json]:
    """Row numbers as pairs of first and last."""
    return [list(pair) for pair in _runs(rows)]


def _runs(rows: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    first = last = rows[0]
    for row in rows[1:]:
        if row != last + 1:
            yield first, last
            first = row
        last = row
    yield first, last
