"""The nouns of the form. Amounts, weights, scores and rates are ``Decimal``; ``None`` is blank.

A rate is a fraction (0.9830); it is a percentage only on paper.  The names are
those of the field; the Chinese term stands in each docstring.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from .noun import noun

Operator = Literal["≥", "≤", "=", ">", "<"]
Kind = Literal["number", "percent", "time", "range", "text"]


@noun
class Target:
    """年度指标值 or 实际完成值: what was typed, and the figure in it where there is one.

    ``number`` is in units of ``unit``: ``≥90.00%`` is 90 with unit ``%``, ``5万元`` is 50000
    with unit ``元``.  It is ``None`` for 定性 (``text``), 时间 (``time``) and ranges.
    ``places`` counts the decimals printed.
    """

    text: str
    kind: Kind = "text"
    operator: Operator | None = None
    number: Decimal | None = None
    unit: str | None = None
    places: int = 0


@noun
class FundingLine:
    """项目资金 line. ``source`` is ``total`` 年度资金总额, ``appropriation`` 当年财政拨款,
    ``carryover`` 上年结转资金, ``other`` 其他资金, or another term of the definition.

    Money is in the currency unit of the form. ``reason`` 原因 stands where the fund block has such
    a column: why money was left or the budget was adjusted.
    """

    source: str
    initial_budget: Decimal | None = None
    annual_budget: Decimal | None = None
    executed_amount: Decimal | None = None
    weight: Decimal | None = None
    execution_rate: Decimal | None = None
    score: Decimal | None = None
    reason: str | None = None


@noun
class Indicator:
    """绩效指标 line. ``operator`` 指标性质 and ``unit`` 度量单位 are filled where the form has
    columns of their own for them; ``target`` and ``actual`` then already include them.

    What only some provinces print: ``adjusted_target`` 调整指标值; ``coefficient`` 得分系数, a fraction
    (1 is full); ``deduction`` 扣减分数; ``review_score`` 审核得分, given by the department or the finance
    bureau; ``core`` 是否核心, as written; ``serial`` 序号; ``description`` 定性指标说明; ``goal`` the annual
    goal that the row serves, where a form has several; ``remark`` 备注.
    """

    level_1: str | None = None
    level_2: str | None = None
    level_3: str | None = None
    target: Target | None = None
    actual: Target | None = None
    weight: Decimal | None = None
    score: Decimal | None = None
    variance_explanation: str | None = None
    operator: str | None = None
    unit: str | None = None
    adjusted_target: Target | None = None
    coefficient: Decimal | None = None
    deduction: Decimal | None = None
    review_score: Decimal | None = None
    core: str | None = None
    serial: str | None = None
    description: str | None = None
    goal: str | None = None
    remark: str | None = None


@noun
class SignOff:
    """A field of the sign-off line 落款: 填报人, 联系电话, 日期 …"""

    term: str
    label: str
    text: str | None = None


@noun
class SelfEvaluation:
    """财政项目支出绩效自评表, one project in one fiscal year.

    Footer and header fields of some provinces: ``evaluation`` 评价结论, ``problems`` 存在问题,
    ``measures`` 改进措施, ``review_score`` 审核得分 of the whole form, ``grade`` 自评等级 as written,
    ``project_code`` 项目编码.
    """

    fiscal_year: int | None = None
    project_name: str | None = None
    supervising_department: str | None = None
    implementing_unit: str | None = None
    currency_unit: str | None = None
    funds: tuple[FundingLine, ...] = ()
    expected_goal: str | None = None
    actual_result: str | None = None
    indicators: tuple[Indicator, ...] = ()
    total_weight: Decimal | None = None
    total_score: Decimal | None = None
    sign_off: tuple[SignOff, ...] = ()
    evaluation: str | None = None
    problems: str | None = None
    measures: str | None = None
    review_score: Decimal | None = None
    grade: str | None = None
    project_code: str | None = None

    def line(self, source: str) -> FundingLine | None:
        """The funding line of that source, or ``None`` where the form has none."""
        for line in self.funds:
            if line.source == source:
                return line
        return None

    @property
    def total(self) -> FundingLine | None:
        """年度资金总额, the line that carries rate and execution score."""
        return self.line("total")


@noun
class Assignment:
    """填报任务: what the department issues to one unit for one project.

    Indicators carry names, targets and weights; their actuals and scores are blank.
    ``funds`` holds the budget figures that are known when the form goes out.
    """

    id: str = ""
    form: str = ""
    fiscal_year: int = 0
    project_name: str | None = None
    supervising_department: str | None = None
    implementing_unit: str | None = None
    funds: tuple[FundingLine, ...] = ()
    expected_goal: str | None = None
    indicators: tuple[Indicator, ...] = ()
