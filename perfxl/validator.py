"""The rules over a submission; a ``Verdict`` out.

The engine knows no rule's meaning.  It finds the subjects of each rule, checks that what the
rule needs is there, places what the rule says, and folds what only follows from another fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from .finding import Breach, Finding, NotRun, Over, Rule, Severity, Status, Verdict
from .form import MONEY, Form
from .noun import field_names, replace
from .number import is_blank
from .record import FundingLine, Indicator, SelfEvaluation, Target
from .rules import ALL, STABLE, by_code
from .submission import Difference, FieldCell, MoneyColumn, Submission, TextField

Subject = tuple[Any, str, str | None]
"""What a rule is called with, the path of it in the record, and a cell of its own if it has one."""


# ---- what a rule needs ------------------------------------------------------------------

_SUBJECTS: Mapping[Over, type] = {
    "form": SelfEvaluation,
    "funds": FundingLine,
    "total": FundingLine,
    "columns": MoneyColumn,
    "indicators": Indicator,
    "cells": FieldCell,
    "differences": Difference,
    "issued": Difference,
    "texts": TextField,
    "submission": Submission,
}
_INSIDE: Mapping[str, type] = {
    "total": FundingLine,
    "target": Target,
    "actual": Target,
    "indicators": Indicator,
    "record": SelfEvaluation,
}
"""What lies behind a step of a path."""

_COLUMN = "indicators."


def unknown_needs(rule: Rule) -> tuple[str, ...]:
    """The paths of ``needs`` that do not lead anywhere in the subject of the rule."""

    def leads(path: str) -> bool:
        inside: type | None = _SUBJECTS[rule.over]
        for step in path.split("."):
            if inside is None or step not in _names(inside):
                return False
            inside = _INSIDE.get(step)
        return True

    return tuple(path for path in rule.needs if not leads(path))


def _names(noun: type) -> set[str]:
    names = set(field_names(noun))
    if noun is FundingLine:
        return names | {"denominator"}
    return names | {"total"} if noun is SelfEvaluation else names


def _check_needs(rules: Iterable[Rule]) -> None:
    for rule in rules:
        if unknown := unknown_needs(rule):
            raise TypeError(f"{rule.code} needs what its subject does not have: {', '.join(unknown)}")


_check_needs(ALL)

Missing = Callable[[Any], list[str]]


@lru_cache(maxsize=512)
def _missing(needs: tuple[str, ...], denominator: str) -> Missing:
    """A function that lists those of ``needs`` that a subject has not."""
    paths = [need.replace("denominator", denominator) for need in needs]
    simple = [(path, attrgetter(path)) for path in paths if "." not in path]
    deep = [_blank_at(path) for path in paths if "." in path]

    def absent(subject: Any) -> list[str]:
        found = [path for path, value in simple if value(subject) is None]
        for blanks in deep:
            found += blanks(subject)
        return found

    return absent


def _blank_at(path: str) -> Missing:
    if path.startswith(_COLUMN):
        return lambda record: _blank_rows(record, path[len(_COLUMN) :])
    steps = path.split(".")

    def blank(subject: Any) -> list[str]:
        for step in steps:
            subject = getattr(subject, step)
            if subject is None:
                return [path]
        return []

    return blank


def _blank_rows(record: SelfEvaluation, name: str) -> list[str]:
    """The rows without that value; a row with neither weight nor score has nothing to add."""
    return [
        f"indicators[{number}].{name}"
        for number, row in enumerate(record.indicators)
        if getattr(row, name) is None and (row.score is not None or row.weight)
    ]


def missing(rule: Rule, subject: Any, form: Form) -> list[str]:
    """What the rule needs of the subject and does not find."""
    return _missing(_needs(rule, form), form.denominator)(subject)


def _needs(rule: Rule, form: Form) -> tuple[str, ...]:
    """The needs of a rule; a form whose indicators alone make the full score has no execution score."""
    if form.execution_scored:
        return rule.needs
    return tuple(need for need in rule.needs if need not in ("total.weight", "total.score"))


# ---- subjects ---------------------------------------------------------------------------


def money_columns(record: SelfEvaluation, form: Form) -> Iterator[MoneyColumn]:
    """The money columns with the parts that make the total, of the rows that were found."""
    place = next((number for number, line in enumerate(record.funds) if line.source == "total"), None)
    parts = [line for line in record.funds if line.source in form.total_parts]
    if place is None or not parts:
        return
    for column in form.money_columns:
        yield MoneyColumn(
            field=f"funds[{place}].{column.term}",
            term=column.term,
            label=column.label,
            total=getattr(record.funds[place], column.term),
            parts=tuple(getattr(line, column.term) for line in parts),
        )


def texts(record: SelfEvaluation, form: Form) -> Iterator[TextField]:
    """Every text that somebody typed."""
    for entry in (entry for row in form.header for entry in row):
        text = getattr(record, entry.term, None)
        if text and isinstance(text, str):
            yield TextField(field=entry.term, label=entry.label, text=text, kind="name")
    if record.expected_goal:
        yield TextField(field="expected_goal", label=form.expected_label, text=record.expected_goal, kind="narrative")
    if record.actual_result:
        yield TextField(field="actual_result", label=form.actual_label, text=record.actual_result, kind="narrative")
    column = form.fund_column("reason")
    for at, line in enumerate(record.funds):
        if line.reason and column:
            yield TextField(field=f"funds[{at}].reason", label=column.label, text=line.reason, kind="reason")
    yield from _row_texts(record, form)
    for field in form.footer:
        text = getattr(record, field.term)
        if text and isinstance(text, str):
            yield TextField(field=field.term, label=field.label, text=text, kind="narrative")
    for signed in record.sign_off:
        if signed.text:
            yield TextField(field=f"sign_off.{signed.term}", label=signed.label, text=signed.text, kind="name")


def _row_texts(record: SelfEvaluation, form: Form) -> Iterator[TextField]:
    labels = {column.term: column.label for column in form.columns}
    for number, row in enumerate(record.indicators):
        path = f"indicators[{number}]."
        if row.level_3:
            yield TextField(field=path + "level_3", label=labels.get("level_3", ""), text=row.level_3, kind="name")
        if row.target is not None:
            yield TextField(field=path + "target", label=labels.get("target", ""), text=row.target.text, kind="value")
        if row.actual is not None:
            yield TextField(field=path + "actual", label=labels.get("actual", ""), text=row.actual.text, kind="value")
        if row.variance_explanation:
            yield TextField(
                field=path + "variance_explanation",
                label=labels.get("variance_explanation", ""),
                text=row.variance_explanation,
                kind="reason",
            )
        for term in ("description", "remark"):
            if text := getattr(row, term):
                yield TextField(field=path + term, label=labels.get(term, ""), text=text, kind="reason")


def _unused(text: str, form: Form) -> TextField:
    """The name of a template row that nobody filled in, ``指标2``: no indicator, and left over."""
    label = next((column.label for column in form.columns if column.term == "level_3"), "")
    return TextField(field="", label=label, text=text, kind="name")


def _filled(line: FundingLine) -> bool:
    return any(getattr(line, term) is not None for term in MONEY)


def _says_something(field: FieldCell) -> bool:
    """A typed text is judged as a text; of cells, the figures and the formulas are."""
    return field.kind not in ("text", "value") or field.cell.formula is not None


def in_force(record: SelfEvaluation) -> SelfEvaluation:
    """The record with the targets that count: where one was adjusted in the year, the adjusted one."""
    if not any(row.adjusted_target for row in record.indicators):
        return record
    rows = tuple(
        replace(row, target=row.adjusted_target)
        if row.adjusted_target and not is_blank(row.adjusted_target.text)
        else row
        for row in record.indicators
    )
    return replace(record, indicators=rows)


def subjects(submission: Submission) -> Mapping[Over, list[Subject]]:
    """What the rules are called with, by what they are over."""
    record, form = in_force(submission.record), submission.form
    lines: list[Subject] = [(line, f"funds[{number}].", None) for number, line in enumerate(record.funds)]
    differences: list[Subject] = [(each, each.field, each.cell_name) for each in submission.differences]
    return {
        "form": [(record, "", None)],
        "submission": [(submission, "", None)],
        # a line without any amount is a line that the project does not have
        "funds": [subject for subject in lines if subject[0].source == "total" or _filled(subject[0])],
        "total": [subject for subject in lines if subject[0].source == "total"],
        "columns": [(column, column.field, None) for column in money_columns(record, form)],
        "indicators": [(row, f"indicators[{number}].", None) for number, row in enumerate(record.indicators)],
        "cells": [(field, name, None) for name, field in submission.cells.items() if _says_something(field)],
        "texts": [
            *((text, text.field, None) for text in texts(record, form)),
            *((_unused(text, form), "", cell) for cell, text in submission.unused.items()),
        ],
        "differences": differences,
        "issued": differences,
    }


# ---- findings ---------------------------------------------------------------------------


def _place(submission: Submission, path: str) -> tuple[str, str | None]:
    """A field and its cell; a place outside all fields is its own cell and no field."""
    field = submission.cells.get(path)
    if field is not None:
        return path, field.cell_name
    return ("", path) if path in submission.errors else (path, None)


def _finding(rule: Rule, breach: Breach, subject: Subject, submission: Submission) -> Finding:
    _, path, own = subject
    field, cell = _place(submission, path + breach.field)
    difference, expected, actual = breach.difference, breach.expected, breach.actual
    if difference is None and isinstance(expected, Decimal) and isinstance(actual, Decimal):
        difference = actual - expected
    return Finding(
        rule=rule.code,
        severity=breach.severity or rule.severity,
        sheet=submission.sheet,
        cell=own or cell,
        field=field,
        expected=expected,
        actual=actual,
        difference=difference,
        facts=breach.facts,
        variant=breach.variant,
    )


def _not_run(rule: Rule, subject: Subject, absent: Sequence[str], submission: Submission) -> NotRun:
    """Placed at the last field that the rule looks at, or at the first that is blank."""
    own = [need for need in rule.needs if "." not in need and not absent[0].startswith(_COLUMN)]
    name = own[-1].replace("denominator", submission.form.denominator) if own else absent[0]
    if rule.over == "submission":
        return NotRun(rule=rule.code, cell=None, field="", missing=tuple(absent))
    path = subject[1] + name
    if path.startswith("total."):
        place = next((n for n, line in enumerate(submission.record.funds) if line.source == "total"), None)
        path = path if place is None else path.replace("total", f"funds[{place}]", 1)
    field, cell = _place(submission, path)
    return NotRun(rule=rule.code, cell=cell, field=field, missing=tuple(absent))


def _has_place(submission: Submission, path: str) -> bool:
    """Whether a field stands on the sheet at all; of a column, whether any row has it."""
    if path in submission.cells:
        return True
    head, _, term = path.rpartition(".")
    block = head.partition("[")[0]
    return bool(block) and any(name.startswith(block + "[") and name.endswith("." + term) for name in submission.cells)


_OF_FORMULAS = frozenset({"W05", "W06", "W07"})
"""Rules about formulas; some formats give their results only."""


# ---- what is met again and again ----------------------------------------------------------

Outcome = tuple[list[str], tuple[Breach, ...]]
"""What a rule makes of a subject: what it lacks of it, else what it says."""

_ALIKE: tuple[Over, ...] = ("indicators", "texts")
_SHORT = 60
"""A longer text is a narrative, and hardly met again."""


class _Same:
    """A form that is alike only itself: two that are equal may print a number differently."""

    __slots__ = ("form",)

    def __init__(self, form: Form) -> None:
        self.form = form

    def __hash__(self) -> int:
        return id(self.form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.form is self.form


def _written(subject: Any) -> tuple[str, ...]:
    """The numbers of a row as they are written: 5 and 5.0 are equal, and printed differently."""
    if not isinstance(subject, Indicator):
        return ()
    targets = (subject.target, subject.actual, subject.adjusted_target)
    return (
        f"{subject.weight} {subject.score} {subject.coefficient} {subject.deduction} {subject.review_score}",
        *[str(target.number) for target in targets if target is not None],
    )


@lru_cache(maxsize=16)
def _judge_of(same: _Same, codes: tuple[str, ...]) -> Callable[[Any], tuple[Outcome | None, ...]]:
    """What each of these rules makes of a row or of a text; the forms of a season share many of them.

    A rule knows its subject and the form, and nothing else: where both are the same, so is what it says.
    """
    form = same.form
    rules = [rule for code in codes if (rule := by_code(code)) is not None]
    asked = [(rule.function, rule.applies, _missing(_needs(rule, form), form.denominator)) for rule in rules]

    def outcomes(subject: Any, _: tuple[str, ...] = ()) -> tuple[Outcome | None, ...]:
        found: list[Outcome | None] = []
        for function, applies, absent_of in asked:
            if applies is not None and not applies(subject, form):
                found.append(None)
            elif absent := absent_of(subject):
                found.append((absent, ()))
            else:
                breaches = tuple(function(subject, form))
                found.append(([], breaches) if breaches else None)
        return tuple(found)

    kept = lru_cache(maxsize=256)(outcomes)

    def judge_one(subject: Any) -> tuple[Outcome | None, ...]:
        if isinstance(subject, TextField) and len(subject.text) > _SHORT:
            return outcomes(subject)
        return kept(subject, _written(subject))

    return judge_one


def _outcomes(
    rules: Sequence[Rule], given: Mapping[Over, list[Subject]], form: Form
) -> Mapping[str, Sequence[Outcome | None]]:
    """By the codes of the rules over rows and texts: what each makes of every one of them."""
    found: dict[str, Sequence[Outcome | None]] = {}
    for over in _ALIKE:
        codes = tuple([rule.code for rule in rules if rule.over == over and by_code(rule.code) is rule])
        if codes and given[over]:
            judge_one = _judge_of(_Same(form), codes)
            columns = zip(*[judge_one(subject[0]) for subject in given[over]], strict=True)
            found.update(zip(codes, columns, strict=True))
    return found


def _one_by_one(rule: Rule, form: Form, over: Sequence[Subject]) -> Iterator[tuple[Subject, Outcome]]:
    """The same of any other rule, one by one."""
    function, applies = rule.function, rule.applies
    absent_of = _missing(_needs(rule, form), form.denominator) if rule.needs else None
    if applies is not None:
        over = [subject for subject in over if applies(subject[0], form)]
    for subject in over:
        if absent_of is not None and (absent := absent_of(subject[0])):
            yield subject, (absent, ())
        elif breaches := tuple(function(subject[0], form)):
            yield subject, ([], breaches)


def _apply(rules: Sequence[Rule], submission: Submission) -> tuple[list[Finding], list[NotRun]]:
    findings, not_run = list[Finding](), list[NotRun]()
    form, record, given = submission.form, submission.record, subjects(submission)
    met = _outcomes(rules, given, form)
    for rule in rules:
        compared = submission.compared or (rule.over == "issued" and submission.content_compared)
        if rule.over in ("differences", "issued") and not compared:
            # without the issued content nobody can say that it was kept
            not_run.append(NotRun(rule=rule.code, cell=None, field="", missing=("issued",)))
            continue
        if rule.code in _OF_FORMULAS and not submission.formulas_read:
            not_run.append(NotRun(rule=rule.code, cell=None, field="", missing=("formulas",)))
            continue
        over = given[rule.over]
        if rule.over == "columns" and not over and record.total is not None:
            not_run.append(NotRun(rule=rule.code, cell=None, field="", missing=("funds.parts",)))
            continue
        known = met.get(rule.code)
        told: Iterable[tuple[Subject, Outcome | None]] = (
            _one_by_one(rule, form, over) if known is None else zip(over, known, strict=True)
        )
        lacking: set[str] = set()
        for subject, outcome in told:
            if outcome is None:
                continue
            absent, breaches = outcome
            if absent:
                not_run.append(_not_run(rule, subject, absent, submission))
            for breach in breaches:
                if breach.field in rule.places and not _has_place(submission, subject[1] + breach.field):
                    lacking.add(breach.field)
                    continue
                findings.append(_finding(rule, breach, subject, submission))
        for field in sorted(lacking):
            not_run.append(NotRun(rule=rule.code, cell=None, field="", missing=(field,)))
    return findings, not_run


# ---- what follows from what -------------------------------------------------------------

_SAME_FIELD: Mapping[str, tuple[str, ...]] = {
    # a total typed over its formula is first of all an altered form
    "T01": ("W05", "S04"),
    "X02": ("W05",),
    "X04": ("W05", "S04"),
    "K02": ("W05",),
    "M01": ("W05",),
    "W07": ("W05", "T01", "X02", "X04", "K02", "M01"),
    "T05": ("T01",),
    "X06": ("X04",),
    "M07": ("M08",),
    "S05": ("S04",),
    "D03": ("D04",),
    "W11": ("W05",),
    "W08": ("H02",),
    "M04": ("M05",),
    "X01": ("M05",),
}
"""Findings that follow from another at the same field, the nearest cause first."""

_ALONE = ("W03",)
"""A file that belongs elsewhere is said so, and nothing else of it."""

_SAME_LINE: Mapping[str, tuple[str, ...]] = {
    "S01": ("S03", "S15", "S06"),
    "D02": ("S15", "S06", "D01"),
    "X04": ("X02",),
    "X08": ("X04", "X02"),
    "M07": ("M08",),
    "D01": ("S15",),
    "S16": ("S01", "S02", "S15", "S06"),
}
"""Findings that follow from another in the same row."""


def _line(path: str) -> str:
    return path.rpartition(".")[0]


def _term(path: str) -> str:
    return path.rpartition(".")[2]


def _fold(findings: list[Finding]) -> list[Finding]:
    by_field = {(finding.rule, finding.field): finding for finding in reversed(findings) if finding.field}
    by_line = {(finding.rule, _line(finding.field)): finding for finding in reversed(findings) if finding.field}
    by_term = {_term(finding.field): finding for finding in findings if finding.variant == "not_a_number"}
    # where score and rate do not fit each other, the score does not come from the rate
    apart = {_line(finding.field) for finding in findings if finding.rule == "X08"}

    def cause(finding: Finding) -> Finding | None:
        if finding.rule != "W13" and (error := by_field.get(("W13", finding.field))):
            return error
        for code in _SAME_FIELD.get(finding.rule, ()):
            if found := by_field.get((code, finding.field)):
                return found
        if finding.rule == "M01" and (unread := by_term.get(_term(finding.field))):
            return unread
        line = _line(finding.field)
        if finding.rule == "X04" and line in apart:
            return None
        for code in _SAME_LINE.get(finding.rule, ()):
            if line and (found := by_line.get((code, line))):
                return found
        return None

    return [
        replace(finding, caused_by=(source.rule, source.cell)) if (source := cause(finding)) else finding
        for finding in findings
    ]


def _explain(findings: list[Finding], submission: Submission) -> list[Finding]:
    if not any(_has_figures(finding) for finding in findings):
        return findings
    from .diagnosis import EXPLAINABLE, explain  # most returns have no figure to explain

    return [
        replace(finding, diagnosis=explain(finding.rule, submission, finding.field))
        if finding.rule in EXPLAINABLE and _has_figures(finding)
        else finding
        for finding in findings
    ]


def _has_figures(finding: Finding) -> bool:
    return isinstance(finding.expected, Decimal) and isinstance(finding.actual, Decimal)


def status_of(findings: Iterable[Finding]) -> Status:
    """``fail`` with an error that nobody waived, ``notes`` with anything less, ``pass`` with nothing."""
    found = list(findings)
    worst = max((finding.severity.rank for finding in found if finding.waived is None), default=0)
    return "fail" if worst == Severity.ERROR.rank else "notes" if found else "pass"


def _blank_form(submission: Submission) -> Finding:
    rule = by_code("V01")
    if rule is None:
        raise LookupError("V01")
    return _finding(rule, Breach("", variant="blank_form"), (submission, "", None), submission)


def judge(
    submission: Submission,
    file: str,
    sha256: str | None,
    *,
    rules: Sequence[Rule] = STABLE,
    diagnose: bool = True,
    severities: Mapping[str, Severity] | None = None,
) -> Verdict:
    """核验 one submission: findings in the order of the rule book, then of the form.

    ``severities`` grade all findings of a rule otherwise than the rule does.  A form in which
    nothing was filled in is one finding, not sixty.
    """
    not_run, notes = list[NotRun](), submission.notes
    if submission.is_blank:
        findings = [_blank_form(submission)]
    else:
        findings, not_run = _apply(rules, submission)
        findings = _fold(findings)
        alone = [finding for finding in findings if finding.rule in _ALONE]
        if alone:
            findings, not_run, notes = alone[:1], [], (*notes, ("WRONG_FORM", ""))
        if diagnose:
            findings = _explain(findings, submission)
    if severities:
        findings = [replace(each, severity=severities.get(each.rule, each.severity)) for each in findings]
    return Verdict(
        file=file,
        sheet=submission.sheet,
        sha256=sha256,
        status=status_of(findings),
        form=submission.form.id,
        form_reason=submission.form_reason,
        stamp=submission.stamp,
        not_understood=submission.not_understood,
        understood=submission.understood,
        choice=submission.choice,
        record=submission.record,
        findings=tuple(findings),
        not_run=tuple(not_run),
        notes=notes,
        grade=_grade(submission),
    )


def _grade(submission: Submission) -> str | None:
    total = submission.record.total_score
    return None if total is None else submission.form.rules.grade(total)
