"""Campaigns whose returns have come: each unit filled in its forms, was judged, and the ledger knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import cast

from perfxl.campaign.kept import Kept
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.plan import Plan, Task
from perfxl.campaign.returned import Counting
from perfxl.campaign.returns import (
    Arrival,
    Judgement,
    Original,
    judgement_of,
    note_arrival,
    note_judgements,
    note_original,
)
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.settings import Campaign, read_campaign
from perfxl.checking import Terms, judge_content
from perfxl.form import Form
from perfxl.formdigest import Digest
from perfxl.number import half_up, read_target
from perfxl.record import FundingLine, SelfEvaluation
from perfxl.stamp import Seal
from perfxl.template import build_workbook
from perfxl.xlsx.stencil import Stencils

Change = Callable[[int, SelfEvaluation], SelfEvaluation | None]
JUDGED = Terms(cells=True, digests=True, files=2)
CAME = "2026-11-{day:02d}T08:00:00Z"


def opened(folder: Path) -> tuple[Campaign, Form, Plan]:
    """The campaign of a folder, its form and its plan."""
    campaign = read_campaign(folder)
    form = campaign.load_form()
    return campaign, form, read_plan(campaign, form)


def filled(number: int, task: Task, form: Form) -> SelfEvaluation:
    """An honest form, other figures for each number: every third misses one target and says why."""
    assignment = task.assignment
    scale = Decimal(1) if form.currency_unit == "元" else Decimal(10_000)
    budget = half_up((Decimal(300_000) + 7_654 * number + Decimal("0.37") * number) / scale, 2)
    spent = half_up(budget * (Decimal(100 - number % 17) / 100), 2)
    rows = []
    for at, row in enumerate(assignment.indicators, 1):
        weight = row.weight or Decimal(0)
        wanted = row.target.number if row.target and row.target.number is not None else Decimal(90)
        missed = number % 3 == 0 and at == 1
        got = half_up(wanted * Decimal("0.9"), 2) if missed else wanted + Decimal("0.5")
        score = half_up(got / wanted * weight, 2) if missed else weight
        rows.append(
            replace(
                row,
                actual=read_target(f"{min(got, Decimal(100)):f}%"),
                score=score,
                variance_explanation="场地维修推迟了开班，下一步改进排期、加强调度。" if missed else None,
            )
        )
    return SelfEvaluation(
        project_name=assignment.project_name,
        supervising_department=assignment.supervising_department,
        implementing_unit=assignment.implementing_unit,
        funds=(
            FundingLine(source="appropriation", initial_budget=budget, annual_budget=budget, executed_amount=spent),
            FundingLine(
                source="carryover", initial_budget=Decimal(0), annual_budget=Decimal(0), executed_amount=Decimal(0)
            ),
            FundingLine(
                source="other", initial_budget=Decimal(0), annual_budget=Decimal(0), executed_amount=Decimal(0)
            ),
        ),
        expected_goal=f"年内完成第 {number} 号项目的各项任务，服务对象满意。",
        actual_result=f"第 {number} 号项目全年完成 {number + 4} 项任务，支出 {spent} 元，群众反映良好，资料齐备可查。",
        indicators=tuple(rows),
    )


def worse(record: SelfEvaluation) -> SelfEvaluation:
    """One row with more points than its weight."""
    first, *others = record.indicators
    return replace(record, indicators=(replace(first, score=(first.weight or Decimal(0)) + 3), *others))


def filled_bytes(
    campaign: Campaign, form: Form, task: Task, record: SelfEvaluation, stencils: Stencils, key: bytes
) -> bytes:
    """The workbook as the unit sends it back."""
    seal = Seal(campaign.id, task.unit, key)
    return stencils.write(
        build_workbook(form, [task.assignment], year=campaign.fiscal_year, seal=seal, records=[record])
    )


def take_in(ledger: Ledger, task: Task, data: bytes, name: str, *, day: int = 20, standing: Counting = "counts") -> str:
    """What ``collect`` does with one file: kept, judged, known to the ledger; its digest."""
    digest = sha256(data).hexdigest()
    file = f"returns/{digest[:2]}/{digest}.xlsx"
    place = ledger.folder / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    rows = [
        judgement_of(
            Kept(verdict=each.verdict, digest=cast("Digest | None", each.digest)),
            assignment=task.assignment.id if standing == "counts" else "",
            unit=task.unit,
            match="stamp" if standing == "counts" else "",
            standing="rejected" if each.verdict.code else standing,
        )
        for each in judge_content(name, data, JUDGED)
    ]
    _know(ledger, task, digest, file, name, len(data), day, rows)
    return digest


def _know(
    ledger: Ledger, task: Task, digest: str, file: str, name: str, size: int, day: int, rows: list[Judgement]
) -> None:
    note_original(ledger, Original(sha256=digest, kind="workbook", file=file, size=size))
    note_arrival(ledger, Arrival(sha256=digest, source="收件", name=name, came_at=CAME.format(day=day)))
    note_judgements(ledger, digest, rows)
    for each in rows:
        if each.standing == "counts":
            ledger.record("returned", each.assignment, unit=task.unit, file=file, sha256=digest)


def hand_in(folder: Path, change: Change = lambda number, record: record, *, day: int = 20) -> None:
    """Every unit hands in what ``change`` makes of an honest form; ``None`` is not handed in."""
    campaign, form, plan = opened(folder)
    key, stencils = (folder / "campaign.key").read_bytes(), Stencils()
    with Ledger.open(folder, "collect") as ledger, ledger.writing():
        for number, task in enumerate(plan.tasks, 1):
            if not any(True for _ in ledger.history(task.assignment.id)):
                ledger.record("issued", task.assignment.id, unit=task.unit)
            record = change(number, filled(number, task, form))
            if record is not None:
                data = filled_bytes(campaign, form, task, record, stencils, key)
                take_in(ledger, task, data, f"{task.assignment.id}.xlsx", day=day)


def statuses(folder: Path) -> Iterator[tuple[str, str]]:
    """Assignment and verdict of what counts, for a look."""
    from perfxl.campaign.returns import standing_returns

    with Ledger.open(folder, "test", hold=False) as ledger:
        for each in standing_returns(ledger):
            yield each.assignment, each.verdict.status
