"""What counts in a consolidation 计入汇总, and why the rest does not: pure functions of plan, standing and return.

Nothing is left out silently: each project of the plan is a line, counted or not, with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Literal

from ...finding import Finding, Severity, Status, Verdict
from ...form import Form
from ...noun import NamedTuple, noun
from ...number import plain
from ...record import FundingLine, SelfEvaluation
from ..plan import Plan
from ..returned import Return
from ..standing import Standing

Why = Literal[
    "", "missing", "failed", "notes", "not_accepted", "internal_error", "waived", "nothing_to_report", "blank",
]  # fmt: skip
"""Why a project does not count; ``""`` where it does."""
Unit = Literal["元", "万元"]
_USUAL = Context(prec=28)
MONEY = ("initial_budget", "annual_budget", "executed_amount")


@noun
class Terms:
    """On what terms is added up: the verdicts that count without the officer's word (``statuses``), the unit
    of the amounts, and whether only what was accepted counts."""

    statuses: frozenset[Status] = frozenset(("pass", "notes"))
    accepted_only: bool = False
    unit: Unit = "元"


class Asked(NamedTuple):
    """What the roster asks for, as much as a line needs: ``place`` numbers the lines from 1."""

    place: int
    assignment: str
    unit: str
    unit_name: str
    department: str
    name: str


def asked_for(plan: Plan) -> dict[str, Asked]:
    """What a plan asks for by id, in the order of the 汇总: by department, by unit, as in the roster."""
    units = {unit.code: (at, unit.name) for at, unit in enumerate(plan.units)}
    departments: dict[str, int] = {}
    found = []
    for task in plan.tasks:
        assignment = task.assignment
        department = assignment.supervising_department or plan.supervising_department or ""
        departments.setdefault(department, len(departments))
        order, name = units.get(task.unit, (-1, task.unit))
        asked = Asked(0, assignment.id, task.unit, name, department, assignment.project_name or assignment.id)
        found.append((departments[department], order, asked))
    found.sort(key=lambda each: each[:2])
    return {asked.assignment: asked._replace(place=place) for place, (_, _, asked) in enumerate(found, 1)}


class Group(NamedTuple):
    """The rows of one 一级指标 of a form: the sum of scores, and of the weights of the rows that have a score."""

    name: str
    score: Decimal | None
    weight: Decimal | None


@noun
class Project:
    """项目 as a line of the 汇总. Amounts are in the unit of the ``Terms``; figures are ``None`` where blank, and
    those of a project that does not count are not shown beside the others: see ``counts``.

    ``place`` is its place in the plan, ``cell`` that of the total score in ``sheet`` of ``file``.
    ``execution_score`` and ``total`` are as stated; ``remark`` is what the officer's decision says.
    """

    place: int
    assignment: str
    unit: str
    unit_name: str
    department: str
    name: str
    why: Why
    decision: str = ""
    remark: str = ""
    status: Status | None = None
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    returned_at: str = ""
    returned_as: str = ""
    file: str = ""
    sha256: str = ""
    sheet: str = ""
    cell: str = ""
    form: str = ""
    stated_unit: str = ""
    initial: Decimal | None = None
    annual: Decimal | None = None
    executed: Decimal | None = None
    execution_score: Decimal | None = None
    groups: tuple[Group, ...] = ()
    total: Decimal | None = None
    grade: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is added up."""
        return not self.why

    @property
    def result(self) -> Decimal | None:
        """指标得分率: scores of the indicators by their weights, a fraction, not rounded; ``None`` without weights."""
        weight = sum((each.weight for each in self.groups if each.weight), Decimal(0))
        score = sum((each.score for each in self.groups if each.score), Decimal(0))
        return _share(score, weight)

    @property
    def parts(self) -> Decimal | None:
        """What the stated scores add up to; ``None`` where none is stated."""
        stated = [each.score for each in self.groups if each.score is not None]
        if self.execution_score is not None:
            stated.append(self.execution_score)
        return sum(stated, Decimal(0)) if stated else None


def rate_of(executed: Decimal | None, budget: Decimal | None) -> Decimal | None:
    """执行率 as a fraction, not rounded; ``None`` where there is no budget to divide by."""
    return None if executed is None or budget is None else _share(executed, budget)


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    """A fraction; ``None`` for what is none, or out of all proportion."""
    if whole <= 0 or (part and part.adjusted() - whole.adjusted() > 15):
        return None
    return _USUAL.divide(part, whole)


def budget_of(project: Project, form: Form) -> Decimal | None:
    """The budget that the form divides by."""
    return project.initial if form.denominator == "initial_budget" else project.annual


def converted(amount: Decimal | None, stated: str, wanted: Unit) -> Decimal | None:
    """An amount from 元 to 万元 or back, exactly: the point moves by four places."""
    if amount is None or ("万" in stated) == ("万" in wanted):
        return amount
    if "万" in stated:
        return Decimal(plain(amount.scaleb(4)))
    return amount.scaleb(-4)


def project_of(asked: Asked, standing: Standing | None, found: Return | None, form: Form, terms: Terms) -> Project:
    """The line of what was asked for. ``found`` is the return that counts."""
    verdict = found.verdict if found else None
    decision = standing.decision if standing else None
    own = Project(
        place=asked.place,
        assignment=asked.assignment,
        unit=asked.unit,
        unit_name=asked.unit_name,
        department=asked.department,
        name=asked.name,
        why=_why(standing, verdict, terms),
        decision=decision.kind if decision else "",
        remark="；".join(filter(None, (decision.reason, decision.approver))) if decision else "",
    )
    if found is None or verdict is None:
        return own
    counts = counted_findings(verdict.findings)
    return _with_return(own, found, verdict, counts, form, terms)


def _with_return(
    own: Project, found: Return, verdict: Verdict, counts: Mapping[Severity, int], form: Form, terms: Terms
) -> Project:
    record = verdict.record or SelfEvaluation()
    money = record.total or FundingLine(source="total")
    stated = record.currency_unit or _usual_unit(found, form)
    return Project(
        place=own.place,
        assignment=own.assignment,
        unit=own.unit,
        unit_name=own.unit_name,
        department=own.department,
        name=own.name,
        why=own.why,
        decision=own.decision,
        remark=own.remark,
        status=verdict.status,
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        infos=counts[Severity.INFO],
        returned_at=found.returned_at,
        returned_as=found.name,
        file=found.file,
        sha256=found.sha256,
        sheet=verdict.sheet or "",
        cell=verdict.cells.get("total_score", ""),
        form=verdict.form or "",
        stated_unit="万元" if "万" in stated else "元",
        initial=converted(money.initial_budget, stated, terms.unit),
        annual=converted(money.annual_budget, stated, terms.unit),
        executed=converted(money.executed_amount, stated, terms.unit),
        execution_score=money.score,
        groups=groups_of(record),
        total=record.total_score,
        grade=verdict.grade or "",
    )


def _usual_unit(found: Return, form: Form) -> str:
    """The unit of a form that prints none on its sheet."""
    if found.verdict.form not in (None, form.id) and found.digest is not None:
        return "万元" if found.digest.wan else "元"
    return form.currency_unit


def counted_findings(findings: tuple[Finding, ...]) -> dict[Severity, int]:
    """How many of each severity, those that were waived left out."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        if finding.waived is None:
            counts[finding.severity] += 1
    return counts


def groups_of(record: SelfEvaluation) -> tuple[Group, ...]:
    """The sums by 一级指标, in the order of the form; a row without a name belongs to the one above."""
    scores: dict[str, Decimal | None] = {}
    weights: dict[str, Decimal | None] = {}
    name = ""
    for row in record.indicators:
        name = row.level_1 or name
        if row.score is None:
            scores.setdefault(name, None)
            continue
        scores[name] = (scores.get(name) or Decimal(0)) + row.score
        if row.weight is not None:
            weights[name] = (weights.get(name) or Decimal(0)) + row.weight
    return tuple(Group(each, scores[each], weights.get(each)) for each in scores)


def _why(standing: Standing | None, verdict: Verdict | None, terms: Terms) -> Why:
    """Why it does not count, ``""`` where it does: the officer's decision first, then the verdict."""
    state = standing.decision.kind if standing is not None and standing.decision is not None else None
    if state == "nothing_to_report":
        return "nothing_to_report"
    if verdict is None or verdict.record is None:
        if state == "waived":
            return "waived"
        return "missing" if verdict is None else "internal_error" if verdict.status == "internal_error" else "blank"
    if state == "accepted":
        return ""
    if terms.accepted_only:
        return "not_accepted"
    if verdict.status in terms.statuses:
        return ""
    return "internal_error" if verdict.status == "internal_error" else "failed" if verdict.status == "fail" else "notes"
