"""What the units of the sample campaign send back: the letters of an ordinary season, its usual faults among them.

Each form is the one that was issued, filled in as its unit would.  One unit does not answer, one keeps
a form back, one has nothing to report on a project, and one sends a form of somebody else.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from ..form import Form
from ..noun import field as default
from ..noun import noun
from ..number import half_up, read_target
from ..page import NAME
from ..record import Assignment, FundingLine, Indicator, SelfEvaluation, SignOff
from ..sheet import Workbook
from ..stamp import Seal
from ..template import build_workbook
from ..xlsx.stencil import Stencils
from .plan import Plan, Unit
from .settings import Campaign

LATE, KEPT_BACK, NOTHING = "U10", "A009", "A027"
"""The unit that does not answer, the form that one keeps back, the project that has nothing to report."""
ZIPPED, MISTAKEN, STRAY, MENDED = "U04", "U07", "A024", "A008"
"""The unit that sends a zip, the one that sends a form of somebody else and which; what comes again, mended."""

Filled = tuple[SelfEvaluation, Workbook]


class Letter(NamedTuple):
    """A letter to the officer: the unit's code, and the bytes of its ``.eml``."""

    unit: str
    data: bytes


@noun
class Units:
    """The units of the sample campaign at their desks; they write on the day ``at``."""

    campaign: Campaign
    form: Form
    plan: Plan
    key: bytes
    at: datetime
    stencils: Stencils = default(default_factory=Stencils)

    def letters(self) -> Iterator[Letter]:
        """What comes back first, unit by unit."""
        for unit in self.plan.units:
            here = [task.assignment for task in self.plan.tasks if task.unit == unit.code]
            files = [(f"{each.id}_{self.form.id}.xlsx", self.returned(each)) for each in here if each.id not in _SILENT]
            if unit.code == ZIPPED:
                files = [("自评表.zip", _zipped(files))]
            if unit.code != LATE:
                yield self._letter(unit, "绩效自评表", files)
        (stray,) = (task.assignment for task in self.plan.tasks if task.assignment.id == STRAY)
        (mistaken,) = (unit for unit in self.plan.units if unit.code == MISTAKEN)
        typed = {"total_score": Decimal(95)}
        yield self._letter(mistaken, "补报", [(f"{STRAY}.xlsx", self.returned(stray, typed=typed))])

    def mended(self) -> Letter:
        """The answer to an answer: one form again, without its fault."""
        (task,) = (task for task in self.plan.tasks if task.assignment.id == MENDED)
        (unit,) = (unit for unit in self.plan.units if unit.code == task.unit)
        return self._letter(unit, "更正", [(f"{MENDED}_更正.xlsx", self.returned(task.assignment, mended=True))])

    def returned(
        self, assignment: Assignment, *, mended: bool = False, typed: Mapping[str, Decimal] | None = None
    ) -> bytes:
        """The workbook of an assignment as its unit sends it back; ``typed`` are figures put over formulas."""
        unit = next(task.unit for task in self.plan.tasks if task.assignment.id == assignment.id)
        number = int(assignment.id.lstrip("A"))
        record = _honest(self.form, assignment, number)
        if not mended:
            record = _SLIPS.get(assignment.id, _as_it_is)(record)
        book = build_workbook(
            self.form,
            [assignment],
            year=self.campaign.fiscal_year,
            records=[record],
            seal=Seal(self.campaign.id, unit, self.key),
            password=self.campaign.password,
        )
        typed = typed or ({} if mended else _TYPED_OVER.get(assignment.id, {}))
        return self.stencils.write(_typed_over(book, typed))

    def _letter(self, unit: Unit, subject: str, files: Sequence[tuple[str, bytes]]) -> Letter:
        message = EmailMessage(policy=SMTP)
        contact = unit.contacts[0]
        number = len(files)
        message["From"] = contact.address
        message["To"] = "officer@finance.example"
        message["Subject"] = f"{unit.name} {subject}"
        message["Date"] = format_datetime(self.at)
        message["Message-ID"] = (
            f"<{unit.code.lower()}.{files[0][0].encode().hex()[:24]}.{self.at:%Y%m%d%H%M}@{contact.address.partition('@')[2]}>"
        )
        message.set_content(f"您好，现报送{subject}，附件 {number} 个，请查收。\n\n{unit.name}\n", cte="base64")
        for name, data in files:
            kind = ("application", "zip" if name.endswith(".zip") else _XLSX)
            message.add_attachment(data, *kind, filename=name)
        return Letter(unit.code, message.as_bytes())


_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SILENT = (KEPT_BACK, NOTHING)


def _honest(form: Form, assignment: Assignment, number: int) -> SelfEvaluation:
    """The form filled in with care: most targets reached, one in some of them missed and explained."""
    budget = next((line.initial_budget for line in assignment.funds if line.initial_budget), None)
    money = {column.term: column.places for column in form.money_columns}
    initial = budget or Decimal(600_000 + 10_000 * number)
    annual = initial if number % 3 else half_up(initial * Decimal("0.9"), money["annual_budget"])
    spent = half_up(annual * (Decimal(100) - number % 6) / 100, money["executed_amount"])
    line = FundingLine(source="appropriation", initial_budget=initial, annual_budget=annual, executed_amount=spent)
    name = assignment.project_name or ""
    rows = tuple(_row(row, at, number) for at, row in enumerate(assignment.indicators))
    return SelfEvaluation(
        project_name=assignment.project_name,
        supervising_department=assignment.supervising_department,
        implementing_unit=assignment.implementing_unit,
        funds=(line,),
        expected_goal=assignment.expected_goal,
        actual_result=f"“{name[:20]}”年内完成 {number + 4} 项任务，服务对象反映良好。",
        indicators=rows,
        sign_off=tuple(
            SignOff(term=each.term, label=each.label, text=_SIGNED.get(each.term, "李四")) for each in form.signed
        ),
    )


_SIGNED = {"phone": "010-60000000", "date": "2027-01-15"}


def _row(row: Indicator, at: int, number: int) -> Indicator:
    weight = row.weight or Decimal(0)
    target = row.target.number if row.target and row.target.number is not None else Decimal(90)
    unit = row.unit or "%"
    if number % 4 == 1 and at == number % 5 and target:
        reached = half_up(target * Decimal("0.8"), 0)
        score = half_up(weight * reached / target, 2)
        why = "受汛期影响部分工作顺延至下年一季度；已调整排期，按月督办。"
        return replace(row, actual=read_target(f"{reached}{unit}"), score=score, variance_explanation=why)
    reached = min(target + at % 3, Decimal(100)) if unit == "%" else target
    return replace(row, actual=read_target(f"{reached}{unit}"), score=weight)


# ---- the usual faults ----------------------------------------------------------------------


def _as_it_is(record: SelfEvaluation) -> SelfEvaluation:
    return record


def _no_reason(record: SelfEvaluation) -> SelfEvaluation:
    """得分低于分值而未说明原因."""
    first, *rest = record.indicators
    weight = first.weight or Decimal(0)
    return replace(record, indicators=(replace(first, score=weight - 2, actual=read_target("60%")), *rest))


def _in_wan(record: SelfEvaluation) -> SelfEvaluation:
    """执行数按万元填在元的表上."""
    (line,) = record.funds
    spent = half_up((line.executed_amount or Decimal(0)) / 10_000, 2)
    return replace(record, funds=(replace(line, executed_amount=spent),))


def _above_weight(record: SelfEvaluation) -> SelfEvaluation:
    """得分高于分值."""
    *rest, last = record.indicators
    return replace(record, indicators=(*rest, replace(last, score=(last.weight or Decimal(0)) + 2)))


def _no_result(record: SelfEvaluation) -> SelfEvaluation:
    """未填实际完成情况."""
    return replace(record, actual_result=None)


def _copied(record: SelfEvaluation) -> SelfEvaluation:
    """完成情况从另一张表粘来."""
    text = "全年按计划完成巡查、检测与维修，设施完好，未发生责任事故，市民投诉较上年减少，资金按进度支付，档案齐全。"
    return replace(record, actual_result=text)


_SLIPS: Mapping[str, Callable[[SelfEvaluation], SelfEvaluation]] = {
    "A005": _no_reason,
    MENDED: _in_wan,
    "A012": _above_weight,
    "A016": _no_result,
    "A021": _copied,
    "A022": _copied,
}
_TYPED_OVER: Mapping[str, Mapping[str, Decimal]] = {"A002": {"total_score": Decimal("98.5")}}
"""Figures typed over a formula, by the field."""


def _typed_over(book: Workbook, figures: Mapping[str, Decimal]) -> Workbook:
    """The workbook with figures where formulas stood, as after 选择性粘贴."""
    if not figures:
        return book
    first, *others = book.sheets
    cells = dict(first.cells)
    for field, figure in figures.items():
        place = first.names[NAME + field].corner
        cells[place] = replace(cells[place], value=figure, text=str(figure), formula=None, cached=None)
    return replace(book, sheets=(replace(first, cells=cells), *others))


def _zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, (2027, 1, 15, 9, 0, 0)), data)
    return buffer.getvalue()
