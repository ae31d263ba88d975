"""From the ledger to a ``Season``: one pass over the standings and the returns, side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal

from ...batch import Batch
from ...config import PLAIN, Config
from ...crosscheck import across
from ...finding import BatchFinding, Finding, Place, Verdict
from ...form import Form
from ...formdigest import Digest
from ...noun import noun
from ...rules import by_code
from ...submission import Submission
from ...validator import status_of
from ..plan import Plan, Task
from ..returned import Return
from ..standing import Standing
from .counting import Project, Terms, project_of
from .season import Beside, Season

Amounts = Mapping[str, Decimal]


@noun
class Sources:
    """What a season is gathered from: where each assignment stands and the returns that count, both by
    assignment; returns that are ``beside``; the digests of an ``earlier`` year; ``accounts`` by assignment,
    in the unit of the form, ``None`` where nobody supplied any."""

    standings: Iterable[Standing]
    returns: Iterable[Return]
    beside: Iterable[Return] = ()
    earlier: Iterable[Digest] | None = None
    accounts: Mapping[str, Amounts] | None = None


def gather(
    plan: Plan, sources: Sources, form: Form, terms: Terms, lang: str, *, config: Config = PLAIN,
    step: Callable[[], None] = lambda: None,
) -> Season:  # fmt: skip
    """The season, to be closed by the caller; ``step`` is told of each return that was looked at."""
    excused = set[str]()
    with ExitStack() as undo, closing(Batch([])) as batch, closing(Batch()) as years:
        season = undo.enter_context(Season(form, lang))
        for project, task, found in _side_by_side(plan, sources, form, terms):
            if task is None:
                if found is not None:
                    season.beside.append(_beside(found, plan))
                continue
            if project.why in ("waived", "nothing_to_report"):
                excused.add(project.assignment)
            season.add(project, found)
            if found is not None and found.digest is not None:
                digest = found.digest._replace(file=str(project.place))
                batch.add(digest)
                if sources.earlier is not None:
                    years.add(digest)
            step()
        season.projects.sort(key=lambda each: each.place)
        season.beside += [_beside(each, plan) for each in sources.beside]
        batch.issued = [task.assignment for task in plan.tasks if task.assignment.id not in excused]
        _check_across(season, batch, years, sources.earlier, form, config)
        undo.pop_all()
    return season


def _side_by_side(
    plan: Plan, sources: Sources, form: Form, terms: Terms
) -> Iterator[tuple[Project, Task | None, Return | None]]:
    """Each task with where it stands and what came back; then returns whose task is in the plan no more."""
    names = {unit.code: unit.name for unit in plan.units}
    ordered = _places(plan)
    returns = iter(sources.returns)
    back = next(returns, None)
    left = dict(ordered)
    for standing in sources.standings:
        while back is not None and back.assignment < standing.assignment:
            yield from _stray(back, left, plan, names, form, terms, sources.accounts)
            back = next(returns, None)
        mine = None
        if back is not None and back.assignment == standing.assignment:
            mine, back = back, next(returns, None)
        entry = left.pop(standing.assignment, None)
        if entry is None:
            if mine is not None:
                yield _NOBODY, None, mine
            continue
        place, task = entry
        mine = _with_accounts(mine, form, sources.accounts)
        yield project_of(place, task, plan, names, standing, mine, form, terms), task, mine
    while back is not None:
        yield from _stray(back, left, plan, names, form, terms, sources.accounts)
        back = next(returns, None)
    for place, task in left.values():
        yield project_of(place, task, plan, names, None, None, form, terms), task, None


_NOBODY = Project(place=0, assignment="", unit="", unit_name="", department="", name="", why="missing")


def _stray(
    back: Return, left: dict[str, tuple[int, Task]], plan: Plan, names: Mapping[str, str], form: Form, terms: Terms,
    accounts: Mapping[str, Amounts] | None,
) -> Iterator[tuple[Project, Task | None, Return]]:  # fmt: skip
    """A return of which the history says nothing."""
    entry = left.pop(back.assignment, None)
    if entry is None:
        yield _NOBODY, None, back
        return
    place, task = entry
    mine = _with_accounts(back, form, accounts)
    assert mine is not None
    yield project_of(place, task, plan, names, None, mine, form, terms), task, mine


def _places(plan: Plan) -> dict[str, tuple[int, Task]]:
    """The tasks by id, numbered in the order of the 汇总: by department, unit, and place in the roster."""
    units = {unit.code: at for at, unit in enumerate(plan.units)}
    departments: dict[str, int] = {}
    for task in plan.tasks:
        departments.setdefault(_department(task, plan), len(departments))
    ordered = sorted(plan.tasks, key=lambda task: (departments[_department(task, plan)], units.get(task.unit, -1)))
    return {task.assignment.id: (place, task) for place, task in enumerate(ordered, 1)}


def _department(task: Task, plan: Plan) -> str:
    return task.assignment.supervising_department or plan.supervising_department or ""


def _beside(found: Return, plan: Plan) -> Beside:
    record, unit = found.verdict.record, plan.unit(found.unit)
    return Beside(
        why=found.counting,
        unit=unit.name if unit else (record.implementing_unit or "" if record else ""),
        assignment=found.assignment,
        project=(record.project_name or "") if record else "",
        name=found.name,
        file=found.file,
        sheet=found.verdict.sheet or "",
        returned_at=found.returned_at,
        code=found.verdict.code or "",
    )


# ---- the accounts ------------------------------------------------------------------------------


def _with_accounts(found: Return | None, form: Form, accounts: Mapping[str, Amounts] | None) -> Return | None:
    """The return with what M13 says of it, where there are accounts of its project."""
    if found is None or accounts is None or found.verdict.record is None:
        return found
    amounts = accounts.get(found.assignment)
    rule = by_code("M13")
    if amounts is None or rule is None:
        return found
    verdict = found.verdict
    assert verdict.record is not None
    read = Submission(
        form=form, form_reason="labels", sheet=verdict.sheet or "", record=verdict.record, cells={}, ledger=amounts
    )
    broken = tuple(
        Finding(
            rule=rule.code,
            severity=breach.severity or rule.severity,
            sheet=verdict.sheet or "",
            cell=verdict.cells.get(breach.field),
            field=breach.field,
            expected=breach.expected,
            actual=breach.actual,
            difference=(breach.actual or Decimal(0)) - breach.expected
            if isinstance(breach.expected, Decimal) and not isinstance(breach.actual, str)
            else None,
            facts=breach.facts,
        )
        for breach in rule.function(read, form)
    )
    return replace(found, verdict=_graver(verdict, broken))


def _graver(verdict: Verdict, broken: tuple[Finding, ...]) -> Verdict:
    kept = tuple(each for each in verdict.not_run if each.rule != "M13")
    findings = (*verdict.findings, *broken)
    status = status_of(findings) if verdict.status in ("pass", "notes", "fail") else verdict.status
    return replace(verdict, findings=findings, not_run=kept, status=status)


# ---- across forms ------------------------------------------------------------------------------


class _Named:
    """Places under the names that the files came by; those of this season are kept by their project's place."""

    def __init__(self, places: Collection[Place], projects: Mapping[str, Project]) -> None:
        self._places, self._projects = places, projects

    def __iter__(self) -> Iterator[Place]:
        for place in self._places:
            project = self._projects.get(place.file)
            yield place if project is None else Place(file=project.returned_as, sheet=place.sheet, cell=place.cell)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, place: object) -> bool:
        return any(place == each for each in self)


def _check_across(
    season: Season, batch: Batch, years: Batch, earlier: Iterable[Digest] | None, form: Form, config: Config
) -> None:
    rules = config.rules()
    projects = {str(each.place): each for each in season.projects}
    if batch.forms:
        own = rules if earlier is None else [rule for rule in rules if rule.over != "years"]
        found = across(batch, form=form, rules=own, changes=config.changes, severities=config.severities)
        _take(season, found.findings, projects)
        season.not_run_across += found.not_run
    if earlier is None or not batch.forms:
        return
    for digest in earlier:
        years.add(digest)
    own = [rule for rule in rules if rule.over == "years"]
    found = across(years, form=form, rules=own, changes=config.changes, severities=config.severities)
    _take(season, found.findings, projects)
    season.not_run_across += found.not_run


def _take(season: Season, findings: Iterable[BatchFinding], projects: Mapping[str, Project]) -> None:
    for each in findings:
        met = dict.fromkeys(place.file for place in each.places)
        at = [projects[file] for file in met if file in projects]
        season.add_across(BatchFinding(finding=each.finding, places=_Named(each.places, projects)), at)
