"""How a reading stands against the truth: what is right, what is missing, what was credited to another field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from perfxl.number import read_target, squeeze
from perfxl.record import Target
from perfxl.submission import Submission
from perfxl.vocabulary import bare_label

from .paper import Fixture, Meaning, Truth

LEVELS = ("level_1", "level_2")
WITHOUT_CELL = ("fiscal_year",)


class Outcome(NamedTuple):
    """Fields of the truth by what became of them. ``misattributed`` says in words what stands where it
    should not: a value in another field, from another cell, or with another meaning; ``unsaid`` are
    the missing ones that the reading did not even name as not understood."""

    right: tuple[str, ...]
    missing: tuple[str, ...]
    misattributed: tuple[str, ...]
    unsaid: tuple[str, ...]

    def __str__(self) -> str:
        head = f"right {len(self.right)}, missing {len(self.missing)} (unsaid {len(self.unsaid)}), misattributed {len(self.misattributed)}"
        return "\n  ".join((head, *self.misattributed, *(f"missing {name}" for name in self.missing)))

    @property
    def exact(self) -> bool:
        """Every field read as it stands, none credited to another."""
        return not self.missing and not self.misattributed


def said(submission: Submission, path: str) -> object:
    """What the record says at a path such as ``funds[0].annual_budget``."""
    record: object = submission.record
    if path.startswith("sign_off."):
        term = path.partition(".")[2]
        return next((entry.text for entry in submission.record.sign_off if entry.term == term), None)
    for part in path.split("."):
        name, _, index = part.partition("[")
        record = getattr(record, name)
        if index:
            record = record[int(index[:-1])]  # type: ignore[index]
    return record


def same(name: str, found: object, means: Meaning) -> bool:
    """Whether a value of the record is what the cell says."""
    if isinstance(means, Target):
        if not isinstance(found, Target):
            return False
        return squeeze(found.text) == squeeze(means.text) or _figure(found) == _figure(means)
    if isinstance(means, str) and isinstance(found, str):
        term = name.rpartition(".")[2]
        if term in LEVELS and bare_label(found) == bare_label(means):
            return True
        if term == "level_3" and squeeze(means).endswith(squeeze(found)) and len(found) * 2 > len(means):
            return True  # 指标1：… without its number
        return squeeze(found) == squeeze(means)
    return found == means


def _figure(target: Target) -> tuple[object, ...]:
    again = read_target(target.text)
    if again.number is None:
        return (squeeze(again.text),)
    return again.operator, again.number, again.unit


FREE_SOURCES = frozenset({"central", "local"})
"""Fund lines that the vocabulary may name as it likes; they are known by their cells."""


class _Paths:
    """The submission's paths in the words of the truth: ``funds[0].score`` is ``funds.total.score``,
    ``indicators[2].score`` that of the row whose cells it was read from."""

    def __init__(self, truth: Truth, submission: Submission) -> None:
        self.truth, self.submission = truth, submission
        self.by_cell: dict[str, list[str]] = {}
        for name, (cell, _) in truth.fields.items():
            self.by_cell.setdefault(cell, []).append(name)
        self.rows = self._rows()
        self.lines = self._lines()

    def _lines(self) -> dict[str, str]:
        """Fund lines by what the truth calls them."""
        own = {name.split(".")[1] for name in self.truth.fields if name.startswith("funds.")}
        votes: dict[str, Counter[str]] = {}
        for path, field in self.submission.cells.items():
            if path.startswith("funds["):
                counter = votes.setdefault(path.partition(".")[0], Counter())
                counter.update(
                    name.split(".")[1] for name in self.by_cell.get(field.cell_name, []) if name.startswith("funds.")
                )
        found = {}
        for head, counter in votes.items():
            source = str(said(self.submission, head + ".source"))
            nearest = counter.most_common(1)[0][0] if counter else source
            found[head] = nearest if source not in own and nearest in FREE_SOURCES else source
        return found

    def _rows(self) -> dict[str, str | None]:
        votes: dict[str, Counter[str]] = {}
        for path, field in self.submission.cells.items():
            head, _, term = path.partition(".")
            if not head.startswith("indicators["):
                continue
            counter = votes.setdefault(head, Counter())
            if term in LEVELS:
                continue
            for name in self.by_cell.get(field.cell_name, []):
                if name.startswith("indicators."):
                    counter[name.rpartition(".")[0]] += 1
        return {head: counter.most_common(1)[0][0] if counter else None for head, counter in votes.items()}

    def name(self, path: str) -> str | None:
        head, _, term = path.partition(".")
        if head.startswith("funds["):
            return f"funds.{self.lines[head]}.{term}"
        if head.startswith("indicators["):
            row = self.rows[head]
            return None if row is None else f"{row}.{term}"
        if head == "sign_off":
            cell = self.submission.cells[path].cell_name
            return next((name for name in self.by_cell.get(cell, []) if name.startswith("sign_off.")), path)
        return path


def compare(truth: Truth, submission: Submission) -> Outcome:
    """A reading against what is true of the form."""
    paths = _Paths(truth, submission)
    right: set[str] = set()
    wrong: list[str] = []
    read: set[str] = set()
    for path, field in submission.cells.items():
        found = said(submission, path)
        if found is None or found == "" or path in WITHOUT_CELL:
            continue
        name, cell, term = paths.name(path), field.cell_name, path.rpartition(".")[2]
        if name is None or name not in truth.fields:
            if not _allowed(truth, paths, term, cell, name is None):
                wrong.append(f"{path} = {_shown(found)} from {cell}, which is {_what(truth, paths, cell)}")
            continue
        true_cell, means = truth.fields[name]
        if name in read:
            wrong.append(f"{path} = {_shown(found)} from {cell}: {name} was read twice")
        elif cell != true_cell:
            wrong.append(f"{path} = {_shown(found)} from {cell}; {name} stands in {true_cell}")
        elif not same(name, found, means):
            wrong.append(f"{path} = {_shown(found)} from {cell}, where {name} says {_shown(means)}")
        else:
            right.add(name)
        read.add(name)
    for name, found in (
        ("fiscal_year", submission.record.fiscal_year),
        ("currency_unit", submission.record.currency_unit),
    ):
        means = truth.currency_unit if name == "currency_unit" else truth.fields.get(name, ("", None))[1]
        if found is not None and found == means:
            right.add(name)
        elif found is not None:
            wrong.append(f"{name} = {found}, should be {means}")
    wanted = [name for name, (_, means) in truth.fields.items() if means is not None]
    missing = tuple(name for name in wanted if name not in right and name not in read)
    return Outcome(tuple(sorted(right)), missing, tuple(wrong), _unsaid(truth, submission, missing))


def compare_all(fixture: Fixture, submissions: Sequence[Submission]) -> Outcome:
    """All readings of a workbook against all forms of it: each form with the reading that fits it best."""
    left = list(submissions)
    parts: list[Outcome] = []
    for form in range(fixture.paper.forms):
        truth = fixture.truth(form)
        if not left:
            names = tuple(name for name, (_, means) in truth.fields.items() if means is not None)
            parts.append(Outcome((), names, (), names))
            continue
        best = max(left, key=lambda each: len(compare(truth, each).right))
        left.remove(best)
        parts.append(compare(truth, best))
    extra = tuple(f"a form that is not there, on {each.sheet}" for each in left)
    right, missing, wrong, unsaid = (tuple(name for part in parts for name in part[at]) for at in range(4))
    return Outcome(right, missing, wrong + extra, unsaid)


def _allowed(truth: Truth, paths: _Paths, term: str, cell: str, alien: bool) -> bool:
    """Whether a value may stand in a field that the truth does not name."""
    if term in truth.maybe.get(cell, ()):
        return True
    # a row left over from the pattern shares the levels of the rows above it
    return alien and term in LEVELS and any(name.endswith(term) for name in paths.by_cell.get(cell, []))


def _unsaid(truth: Truth, submission: Submission, missing: tuple[str, ...]) -> tuple[str, ...]:
    named = {each.cell for each in submission.not_understood}
    located = set(submission.missing)

    def told(name: str) -> bool:
        parents = [name, name.rpartition(".")[0], name.split(".")[0]]
        return truth.fields[name][0] in named or any(parent in located for parent in parents if parent)

    return tuple(name for name in missing if not told(name))


def _what(truth: Truth, paths: _Paths, cell: str) -> str:
    names = paths.by_cell.get(cell) or list(truth.maybe.get(cell, ()))
    return ", ".join(names) or "no field of the form"


def _shown(value: object) -> str:
    if isinstance(value, Target):
        return repr(value.text)
    return str(value) if isinstance(value, Decimal) else repr(value)


def total(outcomes: Mapping[str, Outcome]) -> str:
    """One line for many readings."""
    right = sum(len(each.right) for each in outcomes.values())
    missing = sum(len(each.missing) for each in outcomes.values())
    wrong = sum(len(each.misattributed) for each in outcomes.values())
    unsaid = sum(len(each.unsaid) for each in outcomes.values())
    return f"{len(outcomes)} forms: right {right}, missing {missing} (unsaid {unsaid}), misattributed {wrong}"
