"""How the roster 花名册 is laid out: its sheets and columns, the same for writing the blank one and reading it."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Literal

from ..form import Form
from ..noun import noun
from ..number import neat, shown
from ..page import money_format
from ..sheet import Cell, Value

UNITS, PROJECTS, INDICATORS, GUIDE = "单位", "项目", "指标", "说明"
ISSUED_MONEY = ("initial_budget", "annual_budget")
"""The amounts that the department may issue; what was spent is for the unit to report."""

HEAD_ROW, HINT_ROW = 1, 2
"""Headings stand in row 1; row 2 explains them; what the officer fills in begins below."""

Kind = Literal["code", "text", "long", "amount", "weight", "address"]


@noun
class Field:
    """A column 列 of the roster. ``term`` says what it fills; ``heading`` is printed, in Chinese, and is
    what the reader looks for; ``hint`` is the English line below; ``width`` is in characters.  ``once``
    means that further rows of the same unit may leave it blank."""

    term: str
    heading: str
    hint: str
    kind: Kind = "text"
    width: float = 16
    required: bool = False
    once: bool = False


@noun
class Table:
    """A sheet 工作表 of the roster and its columns."""

    sheet: str
    fields: tuple[Field, ...]

    def field(self, term: str) -> Field:
        """The column of that term. Raises ``LookupError``."""
        for field in self.fields:
            if field.term == term:
                return field
        raise LookupError(term)


REMARK = Field(term="remark", heading="备注", hint="for yourself; not issued", kind="long", width=24)
_UNIT_CODE = Field(term="unit", heading="单位代码", hint="unit code", kind="code", width=12, required=True)
_PROJECT = Field(term="project", heading="项目编号", hint="project id, each once", kind="code", width=14, required=True)

_UNITS = Table(
    sheet=UNITS,
    fields=(
        _UNIT_CODE,
        Field(
            term="name",
            heading="单位名称",
            hint="name, printed on the form",
            kind="long",
            width=34,
            required=True,
            once=True,
        ),
        Field(term="contact", heading="联系人", hint="contact; another one: another row, same code", width=14),
        Field(term="address", heading="邮箱", hint="mail address", kind="address", width=32),
        REMARK,
    ),
)


@lru_cache(maxsize=16)
def tables(form: Form) -> tuple[Table, Table, Table]:
    """The sheets 单位, 项目 and 指标 of a roster for that form."""
    return _UNITS, _projects(form), _indicators(form)


def amount_term(source: str, column: str) -> str:
    """The term of an amount: ``funds.appropriation.initial_budget``."""
    return f"funds.{source}.{column}"


def _projects(form: Form) -> Table:
    unit = "yuan" if form.currency_unit == "元" else "10,000 yuan"
    amounts = []
    for row in form.fund_rows:
        if row.down is not None:
            continue
        label = row.label.removeprefix("其中：").strip()
        for column in form.money_columns:
            if column.term not in ISSUED_MONEY:
                continue
            amounts.append(
                Field(
                    term=amount_term(row.term, column.term),
                    heading=f"{label}\n{column.label}（{form.currency_unit}）",
                    hint=f"{row.term}, {column.term.replace('_', ' ')}, {unit}",
                    kind="amount",
                    width=17,
                )
            )
    return Table(
        sheet=PROJECTS,
        fields=(
            _PROJECT,
            _UNIT_CODE,
            Field(term="project_name", heading="项目名称", hint="project name", kind="long", width=34, required=True),
            *amounts,
            Field(
                term="expected_goal", heading="年度预期目标", hint="expected goal of the year", kind="long", width=48
            ),
            Field(
                term="supervising_department",
                heading="主管部门",
                hint="department, where another than in perfxl.toml",
                kind="long",
                width=20,
            ),
            REMARK,
        ),
    )


def _indicators(form: Form) -> Table:
    labels = {column.term: column.label for column in form.columns}
    wanted = (
        Field(term="level_1", heading="一级指标", hint="first level", width=12, required=True),
        Field(term="level_2", heading="二级指标", hint="second level", width=18),
        Field(
            term="level_3",
            heading="三级指标",
            hint="third level: what is measured",
            kind="long",
            width=32,
            required=True,
        ),
        Field(term="operator", heading=labels.get("operator", "指标性质"), hint="≥ ≤ = > <", width=10),
        Field(term="target", heading="年度指标值", hint="target, e.g. ≥90%", kind="text", width=18),
        Field(term="unit_of_measure", heading=labels.get("unit", "度量单位"), hint="unit of the target", width=10),
        Field(term="weight", heading="分值", hint="weight", kind="weight", width=9),
        Field(term="core", heading=labels.get("core", "是否核心"), hint="core or not, as printed", width=10),
    )
    printed = {
        "level_1": "level_1",
        "level_2": "level_2",
        "core": "core",
        "operator": "operator",
        "unit_of_measure": "unit",
    }
    kept = tuple(field for field in wanted if printed.get(field.term, "level_3") in labels)
    return Table(sheet=INDICATORS, fields=(_PROJECT, *kept, REMARK))


_STYLES = {"code": "roster_code", "amount": "roster_figure", "weight": "roster_code"}


def filled(form: Form, field: Field, value: Value) -> Cell:
    """A cell of the roster, as it looks and with what stands in it."""
    number_format = "@"
    if field.kind == "amount":
        column = next(each for each in form.money_columns if field.term.endswith("." + each.term))
        number_format = money_format(column.places)
    elif field.kind == "weight":
        number_format = "General"
    text = shown(value, number_format) if isinstance(value, Decimal) else str(value or "")
    style = _STYLES.get(field.kind, "roster_text")
    return Cell(value=value, text=text, style=style, number_format=number_format)


def execution(form: Form) -> str:
    """The weight of the execution rate, for words."""
    return neat(form.execution_weight) if form.execution_weight is not None else "0"
