"""What a clerk is told on entering a cell, and the bounds of a figure: comfort, never evidence."""

from __future__ import annotations

from .page import Page
from .sheet import Area, Validation

PROMPTS = {
    "money": ("金额", "请填数字，单位：{unit}；没有的填 0。Figure in {unit}; 0 where there is none."),
    "weight": ("分值", "请填 0 至 100 的数。A number from 0 to 100."),
    "score": ("得分", "请填数字，不高于分值。A number, not above the weight."),
    "actual": (
        "实际完成值",
        "请填实际测得的值并带单位，如 95%、12场；不要照抄指标值。The measured value with its unit.",
    ),
    "target": ("年度指标值", "请填指标值并带符号和单位，如 ≥90%、12场。With operator and unit."),
    "variance_explanation": (
        "偏差原因及改进措施",
        "得分低于分值时必填：原因和改进措施。Due where the score is below the weight.",
    ),
    "coefficient": ("得分系数", "请填 0% 至 100%。From 0% to 100%."),
    "deduction": ("扣减分数", "请填扣减的分数，不高于分值。Points taken off, not above the weight."),
    "review_score": ("审核得分", "由主管部门或财政部门填写。For the department or the finance bureau."),
    "adjusted_target": (
        "调整指标值",
        "指标值年中有调整的填调整后的值，没有调整的留空。Only where the target was adjusted.",
    ),
    "description": ("定性指标说明", "定性指标简述完成情况。For a qualitative target: what was done."),
    "reason": ("原因", "执行率偏低或预算有调整的，说明原因。Why money was left, or the budget adjusted."),
    "evaluation": ("评价结论", "对项目完成情况的总体评价。The overall judgement."),
    "problems": ("存在问题", "没有的填“无”。Where there are none, enter 无."),
    "measures": ("改进措施", "没有的填“无”。Where there are none, enter 无."),
    "expected_goal": ("预期目标", "本年度要达到的目标。What the year should achieve."),
    "actual_result": ("实际完成情况", "对照预期目标写清全年结果，写出数量。The year's results, with figures."),
}


def decimal(page: Page, area: Area, kind: str, least: str, most: str | None) -> Validation:
    title, prompt = PROMPTS[kind]
    return Validation(
        area=area,
        kind="decimal",
        minimum=least,
        maximum=most,
        title=title,
        prompt=prompt.format(unit=page.form.currency_unit),
        error="请填数字，且不超出允许的范围。A number within the limits, please.",
    )


def prompt_at(page: Page, area: Area, term: str) -> None:
    """What a clerk is told on entering a cell."""
    title, prompt = PROMPTS[term]
    page.validations.append(Validation(area=area, kind="any", title=title, prompt=prompt))
