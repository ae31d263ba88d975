"""A project file (TOML) to an ``Assignment``: what the department issues for one project."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from .form import MONEY, BrokenDefinitionError, Form, Mistake, near
from .number import neat, read_target
from .record import Assignment, FundingLine, Indicator

_TEXTS = ("id", "project_name", "supervising_department", "implementing_unit", "expected_goal")
_ROW_TEXTS = ("level_1", "level_2", "level_3", "target", "operator", "unit", "core")


class _Mistakes(list[Mistake]):
    """All that is wrong in one file."""

    def note(self, key: str, value: object, zh: str, en: str, hint: str = "") -> None:
        self.append(Mistake(key, repr(value), zh, en, hint))

    def unknown(self, table: Mapping[str, object], known: tuple[str, ...], prefix: str = "") -> None:
        for name, value in table.items():
            if name not in known:
                self.note(prefix + name, value, "没有这一项", "is no key of a project file", near(name, known))

    def text(self, table: Mapping[str, object], name: str, prefix: str = "") -> str | None:
        value = table.get(name)
        if value is not None and not isinstance(value, str):
            self.note(prefix + name, value, "应为文字（加引号）", "should be a text (in quotes)")
            return str(value)
        return value or None

    def amount(self, table: Mapping[str, object], name: str, prefix: str = "") -> Decimal | None:
        value = table.get(name)
        if value is None or value == "":
            return None
        try:
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise InvalidOperation
            number = Decimal(value.replace(",", "") if isinstance(value, str) else value)
            if not number.is_finite() or number < 0:
                raise InvalidOperation
        except InvalidOperation:
            self.note(
                prefix + name,
                value,
                '应为不小于 0 的数，小数加引号（"1.5"）',
                'should be a number from 0, a decimal in quotes ("1.5")',
            )
            return None
        return number


def read_project(text: str, source: str, form: Form) -> Assignment:
    """A project file's text to what is issued; amounts in the form's currency unit.

    Raises ``BrokenDefinitionError`` with every mistake of it.
    """
    mistakes = _Mistakes()
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BrokenDefinitionError(source, [Mistake("", "", f"不是 TOML：{error}", f"is no TOML: {error}")]) from error
    mistakes.unknown(data, (*_TEXTS, "funds", "indicators"))
    texts = {name: mistakes.text(data, name) for name in _TEXTS}
    funds = _funds(data.get("funds", {}), form, mistakes)
    indicators = _indicators(data.get("indicators", []), form, mistakes)
    _weights(indicators, form, mistakes)
    if mistakes:
        raise BrokenDefinitionError(source, mistakes)
    return Assignment(
        id=texts["id"] or "",
        form=form.id,
        project_name=texts["project_name"],
        supervising_department=texts["supervising_department"],
        implementing_unit=texts["implementing_unit"],
        expected_goal=texts["expected_goal"],
        funds=funds,
        indicators=indicators,
    )


def _funds(tables: object, form: Form, mistakes: _Mistakes) -> tuple[FundingLine, ...]:
    open_rows = tuple(row.term for row in form.fund_rows if row.down is None)
    if not isinstance(tables, dict):
        mistakes.note("funds", tables, "应为表 [funds.行名]", "should be tables [funds.SOURCE]")
        return ()
    mistakes.unknown(tables, open_rows, "funds.")
    found = []
    for source in open_rows:
        line = tables.get(source, {})
        if not isinstance(line, dict):
            mistakes.note(f"funds.{source}", line, "应为表", "should be a table")
            continue
        if not line:
            continue
        mistakes.unknown(line, MONEY, f"funds.{source}.")
        amounts = {term: mistakes.amount(line, term, f"funds.{source}.") for term in MONEY}
        found.append(FundingLine(source=source, reason=None, **amounts))
    return tuple(found)


def _indicators(tables: object, form: Form, mistakes: _Mistakes) -> tuple[Indicator, ...]:
    if not isinstance(tables, list):
        mistakes.note("indicators", tables, "应为若干 [[indicators]]", "should be tables [[indicators]]")
        return ()
    levels = tuple(level.name for level in form.levels)
    found = []
    for at, row in enumerate(tables):
        prefix = f"indicators[{at}]."
        if not isinstance(row, dict):
            mistakes.note(prefix.rstrip("."), row, "应为表", "should be a table")
            continue
        mistakes.unknown(row, (*_ROW_TEXTS, "weight"), prefix)
        texts = {name: mistakes.text(row, name, prefix) for name in _ROW_TEXTS}
        if levels and texts["level_1"] not in levels:
            hint = near(texts["level_1"] or "", levels)
            mistakes.note(
                prefix + "level_1", texts["level_1"], "不是本表的一级指标", "is no first level of this form", hint
            )
        if not texts["level_3"]:
            mistakes.note(prefix + "level_3", "", "缺少三级指标名称", "is missing")
        target = "".join(texts[name] or "" for name in ("operator", "target", "unit"))
        found.append(
            Indicator(
                level_1=texts["level_1"],
                level_2=texts["level_2"],
                level_3=texts["level_3"],
                operator=texts["operator"],
                unit=texts["unit"],
                core=texts["core"],
                target=read_target(target) if target else None,
                weight=mistakes.amount(row, "weight", prefix),
            )
        )
    return tuple(found)


def _weights(indicators: tuple[Indicator, ...], form: Form, mistakes: _Mistakes) -> None:
    weights = [row.weight for row in indicators if row.weight is not None]
    if not indicators or len(weights) < len(indicators):
        return
    total = sum(weights, form.execution_weight or Decimal(0))
    if total != form.rules.total_weight:
        wanted = neat(form.rules.total_weight)
        mistakes.note(
            "indicators.weight",
            neat(total),
            f"分值连同执行率合计应为 {wanted}",
            f"the weights with that of the execution rate should add up to {wanted}",
        )


def example(form: Form) -> str:
    """A project file to start from, for this form."""
    open_rows = [row for row in form.fund_rows if row.down is None]
    separate = {column.term for column in form.columns} & {"operator", "unit"}
    lines = [
        f"# 下发给一个单位的一个项目（表样 {form.id}）；金额单位：{form.currency_unit}",
        f"# One project issued to one unit (form {form.id}); amounts in {form.currency_unit}.",
        'id = "A001"',
        'project_name = "示例项目"',
        'supervising_department = "示例主管部门"',
        'implementing_unit = "示例单位"',
        'expected_goal = "在此写明本年度预期目标。"',
    ]
    for at, row in enumerate(open_rows):
        amount = '"1200000.00"' if at == 0 and form.currency_unit == "元" else '"120"' if at == 0 else "0"
        lines += ["", f"[funds.{row.term}]        # {row.label}", f"initial_budget = {amount}"]
    for level, second, weight in form.groups:
        if level is not None:
            lines += _example_row(f"示例{second.name.removesuffix('指标')}完成率", weight, separate, level, second.name)
            continue
        part = weight // second.rows
        for number in range(1, second.rows + 1):
            share = weight - part * (second.rows - 1) if number == 1 else part
            lines += _example_row(f"示例指标{number}完成率", share, separate)
    return "\n".join(lines) + "\n"


def _example_row(name: str, weight: Decimal, separate: set[str], *levels: str) -> list[str]:
    """One table [[indicators]] of the example."""
    lines = ["", "[[indicators]]", *(f'level_{number} = "{level}"' for number, level in enumerate(levels, 1))]
    lines.append(f'level_3 = "{name}"')
    if "operator" in separate:
        lines.append('operator = "≥"')
    lines.append('target = "90"' if separate == {"operator", "unit"} else 'target = "≥90%"')
    if "unit" in separate:
        lines.append('unit = "%"')
    lines.append(f'weight = "{neat(weight)}"')
    return lines
