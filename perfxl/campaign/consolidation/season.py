"""The season 本次收表: every project as a line, every finding of its returns, and what is needed to add up twice.

The lines are kept in memory, a kilobyte each; findings, indicators and the second set of amounts lie in
a temporary SQLite file that has no name and is gone when the season is closed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from ...batch import Batch
from ...finding import BatchFinding, BatchNotRun, Finding, Verdict
from ...form import Form
from ...noun import NamedTuple
from ...number import plain
from ...record import Indicator, Target
from ...report.lines import COLUMNS, UNJUDGED, Line, batch_line, lines
from ..returned import Counting, Return
from .counting import MONEY, Project

if TYPE_CHECKING:
    from sqlite3 import Connection

_TABLES = """
PRAGMA page_size = 4096;
PRAGMA cache_size = -4096;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE finding (id INTEGER PRIMARY KEY, project INTEGER, rule TEXT, severity TEXT, waived INTEGER, line TEXT);
CREATE TABLE rule_form (rule TEXT, project INTEGER, unit TEXT, findings INTEGER, errors INTEGER, warnings INTEGER);
CREATE TABLE indicator (id INTEGER PRIMARY KEY, project INTEGER, line TEXT);
CREATE INDEX indicator_of ON indicator (project);
CREATE TABLE fund (
    project INTEGER, source TEXT, term TEXT, amount TEXT, PRIMARY KEY (project, source, term)
) WITHOUT ROWID;
CREATE TABLE again (project INTEGER PRIMARY KEY, unit TEXT, department TEXT,
                    initial TEXT, annual TEXT, executed TEXT, total TEXT);
"""
INDICATOR = (
    "level_1", "level_2", "level_3", "target", "target_operator", "target_number", "target_unit", "actual",
    "actual_number", "actual_unit", "weight", "score", "variance_explanation", "operator", "unit_of_measure",
)  # fmt: skip
FINDING: tuple[str, ...] = tuple(name for name, _, _ in COLUMNS)


class Beside(NamedTuple):
    """A return that came and is no line: why not, and what is known of it."""

    why: Counting
    unit: str
    assignment: str
    project: str
    name: str
    file: str
    sheet: str
    returned_at: str
    code: str


class Again(NamedTuple):
    """A sum from the digests: amounts in 元, the total scores, and of how many forms."""

    name: str
    initial: Decimal
    annual: Decimal
    executed: Decimal
    total: Decimal
    forms: int


class RuleCount(NamedTuple):
    """How often a rule was broken: findings, forms, units, and how grave at worst; where it was not run."""

    code: str
    findings: int
    forms: int
    units: int
    severity: str
    not_run: int


class Season:
    """What a consolidation is made of; to be closed."""

    def __init__(self, form: Form, lang: str) -> None:
        self.form, self.lang = form, lang
        self.projects: list[Project] = []
        self.beside: list[Beside] = []
        self.not_run_across: list[BatchNotRun] = []
        self.unchecked: list[str] = []
        self.notes: list[tuple[str, str]] = []
        self.findings = self.across = 0
        self.summing = Batch()
        """The digests of what counts of projects that several units of a department carry out, for C01."""
        self._not_run = Counter[str]()
        self._database = _opened()

    def __enter__(self) -> Season:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        self.summing.close()
        self._database.close()

    # ---- filling ----

    def add(self, project: Project, found: Return | None = None) -> None:
        """A line, with what its return says."""
        self.projects.append(project)
        if found is None:
            return
        self._add_findings(project, found.verdict)
        if found.verdict.record is not None:
            self._database.executemany(
                "INSERT INTO indicator (project, line) VALUES (?, ?)",
                [(project.place, _json(_indicator(row))) for row in found.verdict.record.indicators],
            )
        if not project.counts:
            return
        self._add_funds(project, found.verdict)
        digest = found.digest
        if digest is None:
            if any(each is not None for each in (project.initial, project.annual, project.executed, project.total)):
                self.unchecked.append(project.assignment)
            return
        amounts = (digest.initial, digest.annual, digest.executed, digest.total)
        self._database.execute(
            "INSERT INTO again VALUES (?, ?, ?, ?, ?, ?, ?)",
            (project.place, project.unit, project.department, *(None if a is None else plain(a) for a in amounts)),
        )

    def _add_funds(self, project: Project, verdict: Verdict) -> None:
        amounts = [
            (project.place, line.source, term, plain(amount))
            for line in (verdict.record.funds if verdict.record else ())
            for term in MONEY
            if (amount := getattr(line, term)) is not None
        ]
        self._database.executemany("INSERT OR IGNORE INTO fund VALUES (?, ?, ?, ?)", amounts)

    def _add_findings(self, project: Project, verdict: Verdict) -> None:
        counts: dict[str, list[int]] = {}
        rows = []
        own = lines(verdict, self.lang)
        for finding, line in zip(verdict.findings or (None,) * 1, own, strict=False):
            rule, severity, waived = _grading(finding)
            rows.append((project.place, rule, severity, waived, _json(_of_project(project, line))))
            if not waived:
                count = counts.setdefault(rule, [0, 0, 0])
                count[0] += 1
                count[1] += severity == "error"
                count[2] += severity == "warning"
        self.findings += len(rows)
        self._database.executemany(
            "INSERT INTO finding (project, rule, severity, waived, line) VALUES (?, ?, ?, ?, ?)", rows
        )
        self._database.executemany(
            "INSERT INTO rule_form VALUES (?, ?, ?, ?, ?, ?)",
            [(rule, project.place, project.unit, *count) for rule, count in counts.items()],
        )
        self._not_run.update({each.rule for each in verdict.not_run})

    def add_across(self, found: BatchFinding, places: Sequence[Project]) -> None:
        """A finding across forms, and the projects at whose forms it shows."""
        finding = found.finding
        line = batch_line(found, self.lang)
        unit = places[0].unit_name if places else None
        shown = (line.file or None, line.sheet or None, unit, places[0].name if len(places) == 1 else None)
        self.findings, self.across = self.findings + 1, self.across + 1
        self._database.execute(
            "INSERT INTO finding (project, rule, severity, waived, line) VALUES (NULL, ?, ?, 0, ?)",
            (finding.rule, finding.severity.value, _json((*shown, *line.values()[4:]))),
        )
        grave = (int(finding.severity == "error"), int(finding.severity == "warning"))
        rows = [(finding.rule, each.place, each.unit, int(at == 0), *grave) for at, each in enumerate(places)]
        self._database.executemany(
            "INSERT INTO rule_form VALUES (?, ?, ?, ?, ?, ?)", rows or [(finding.rule, None, None, 1, *grave)]
        )

    # ---- reading ----

    @property
    def counted(self) -> Iterator[Project]:
        """The lines that are added up."""
        return (each for each in self.projects if each.counts)

    def finding_lines(self) -> Iterator[tuple[int | None, str, Sequence[Any]]]:
        """Of each finding the place of its project, its severity, and its values in the order of ``FINDING``;
        those across forms, which have no place, last."""
        query = "SELECT project, severity, line FROM finding ORDER BY project IS NULL, project, id"
        for place, severity, line in self._database.execute(query):
            yield place, severity, _values(line)

    def indicator_lines(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """The place of the project and the values of each indicator, in the order of ``INDICATOR``."""
        for place, line in self._database.execute("SELECT project, line FROM indicator ORDER BY project, id"):
            yield place, _values(line)

    def funds_of(self, place: int) -> dict[tuple[str, str], Decimal]:
        """The amounts of a project that counts, by source and term, in the unit of its form."""
        query = "SELECT source, term, amount FROM fund WHERE project = ?"
        return {(source, term): Decimal(text) for source, term, text in self._database.execute(query, (place,))}

    def indicators_of(self, place: int) -> Iterator[Sequence[Any]]:
        """The indicators of a project, in the order of the form."""
        query = "SELECT line FROM indicator WHERE project = ? ORDER BY id"
        return (_values(line) for (line,) in self._database.execute(query, (place,)))

    def rule_counts(self) -> list[RuleCount]:
        """The rules that were broken or not run, the one with the most forms first."""
        found = {
            rule: RuleCount(rule, findings, forms, units, severity, self._not_run.get(rule, 0))
            for rule, findings, forms, units, severity in self._database.execute(
                "SELECT rule, sum(findings), count(DISTINCT project), count(DISTINCT unit),"
                " CASE WHEN sum(errors) THEN 'error' WHEN sum(warnings) THEN 'warning' ELSE 'info' END"
                " FROM rule_form GROUP BY rule"
            )
        }
        for rule, forms in self._not_run.items():
            found.setdefault(rule, RuleCount(rule, 0, 0, 0, "", forms))
        return sorted(found.values(), key=lambda each: (-each.forms, -each.findings, each.code))

    def again(self, group: Literal["unit", "department"]) -> Iterator[Again]:
        """The sums that the digests come to, added by the database in exact decimals."""
        rows = self._database.execute(
            f"SELECT {group}, decimal_sum(initial), decimal_sum(annual), decimal_sum(executed), decimal_sum(total),"
            f" count(*) FROM again GROUP BY {group} ORDER BY {group}"
        )
        for name, initial, annual, executed, total, forms in rows:
            yield Again(name, Decimal(initial), Decimal(annual), Decimal(executed), Decimal(total), forms)


class _DecimalSum:
    """An aggregate of SQLite that adds decimals kept as text, exactly."""

    def __init__(self) -> None:
        self.total = Decimal(0)

    def step(self, value: str | None) -> None:
        if value is not None:
            self.total += Decimal(value)

    def finalize(self) -> str:
        return plain(self.total)


def _opened() -> Connection:
    import sqlite3

    database = sqlite3.connect("", isolation_level=None)
    database.executescript(_TABLES)
    database.execute("BEGIN")
    database.create_aggregate("decimal_sum", 1, _DecimalSum)  # type: ignore[arg-type]
    return database


def _grading(finding: Finding | None) -> tuple[str, str, bool]:
    if finding is None:
        return UNJUDGED, "error", False
    return finding.rule, finding.severity.value, finding.waived is not None


def _of_project(project: Project, line: Line) -> tuple[Any, ...]:
    """The line under the names of the roster, and that of the file as it came."""
    _, sheet, _, _, *rest = line.values()
    return (project.returned_as or project.file, sheet, project.unit_name, project.name, *rest)


def _indicator(row: Indicator) -> tuple[Any, ...]:
    target, actual = row.target or Target(text=""), row.actual or Target(text="")
    return (
        row.level_1, row.level_2, row.level_3,
        target.text or None, target.operator, target.number, target.unit,
        actual.text or None, actual.number, actual.unit,
        row.weight, row.score, row.variance_explanation, row.operator, row.unit,
    )  # fmt: skip


def _json(values: Iterable[Any]) -> str:
    return json.dumps([{"#": plain(each)} if isinstance(each, Decimal) else each for each in values])


def _values(line: str) -> list[Any]:
    return [Decimal(each["#"]) if isinstance(each, dict) else each for each in json.loads(line)]
