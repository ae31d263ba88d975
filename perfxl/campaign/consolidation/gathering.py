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
from ...number import squeeze
from ...record import Assignment
from ...rules import by_code
from ...submission import Submission
from ...validator import status_of
from ..plan import Plan
from ..returned import Return
from ..standing import Standing
from .counting import Asked, Project, Terms, asked_for, project_of
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
        asked = asked_for(plan)
        shared = _shared(asked.values())
        for project, found in _side_by_side(asked, sources, form, terms):
            if project is None:
                if found is not None:
                    season.beside.append(_beside(found, plan))
                continue
            if project.why in ("waived", "nothing_to_report"):
                excused.add(project.assignment)
            season.add(project, found)
            if found is not None and found.digest is not None:
                digest = found.digest._replace(file=str(project.place))
                batch.add(digest)
                if project.counts and project.place in shared:
                    season.summing.add(digest)
                if sources.earlier is not None:
                    years.add(digest)
            step()
        season.projects.sort(key=lambda each: each.place)
        season.beside += [_beside(each, plan) for each in sources.beside]
        batch.issued = [_head(each, plan) for each in season.projects if each.assignment not in excused]
        _check_across(season, batch, years, sources.earlier, form, config)
        undo.pop_all()
    return season


def _shared(asked: Iterable[Asked]) -> set[int]:
    """The places of projects that several units of a department carry out under one name."""
    groups: dict[tuple[str, str], list[Asked]] = {}
    for each in asked:
        groups.setdefault((squeeze(each.department), squeeze(each.name)), []).append(each)
    return {each.place for own in groups.values() if len({each.unit for each in own}) > 1 for each in own}


def _side_by_side(
    asked: Mapping[str, Asked], sources: Sources, form: Form, terms: Terms
) -> Iterator[tuple[Project | None, Return | None]]:
    """What was asked for with what came back; without a line, returns that the roster asks for no more."""
    left = dict(asked)
    for standing, back in _merged(sources.standings, sources.returns):
        own = left.pop(
            standing.assignment if standing is not None else back.assignment if back is not None else "", None
        )
        if own is None:
            if back is not None:
                yield None, back
            continue
        mine = _with_accounts(back, form, sources.accounts)
        yield project_of(own, standing, mine, form, terms), mine
    for own in left.values():
        yield project_of(own, None, None, form, terms), None


def _merged(
    standings: Iterable[Standing], returns: Iterable[Return]
) -> Iterator[tuple[Standing | None, Return | None]]:
    """Both come by assignment: one pass brings them together."""
    coming = iter(returns)
    back = next(coming, None)
    for standing in standings:
        while back is not None and back.assignment < standing.assignment:
            yield None, back
            back = next(coming, None)
        if back is not None and back.assignment == standing.assignment:
            yield standing, back
            back = next(coming, None)
        else:
            yield standing, None
    while back is not None:
        yield None, back
        back = next(coming, None)


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


def _head(project: Project, plan: Plan) -> Assignment:
    """What was issued, as far as the rules over a batch ask."""
    return Assignment(
        id=project.assignment,
        form=plan.form,
        fiscal_year=plan.fiscal_year,
        project_name=project.name,
        implementing_unit=project.unit_name,
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


def check_summaries(season: Season, config: Config) -> None:
    """Hold the department's own forms, which ``season.summing`` has now as well, against those of its units."""
    rules = [rule for rule in config.rules() if rule.over == "summaries"]
    if not rules or not season.summing.forms:
        return
    found = across(season.summing, form=season.form, rules=rules, changes=config.changes, severities=config.severities)
    _take(season, found.findings, {str(each.place): each for each in season.projects})
    season.not_run_across[:] = [each for each in season.not_run_across if each.missing != ("summary",)]


def _take(season: Season, findings: Iterable[BatchFinding], projects: Mapping[str, Project]) -> None:
    for each in findings:
        met = dict.fromkeys(place.file for place in each.places)
        at = [projects[file] for file in met if file in projects]
        season.add_across(BatchFinding(finding=each.finding, places=_Named(each.places, projects)), at)
