"""决算（账面）数 of the finance department, for M13: a table of projects, as a workbook or as CSV.

The first row names the columns: 项目编号, or 单位 with 项目名称; and one or more of 年初预算数, 全年预算数,
全年执行数, behind which 元 or 万元 may stand. Amounts come back in the currency unit of the form.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast

from ...form import Form, near
from ...noun import NamedTuple
from ...number import read_amount, squeeze
from ...rejection import REJECTIONS, Rejected
from ...sheet import a1
from ...xlsx.reader import read_workbook
from ..plan import Plan
from ..trouble import CampaignError
from .counting import MONEY, Asked, Unit, asked_for, converted

_HEADS = {
    "assignment": ("项目编号", "编号", "assignment", "id"),
    "unit": ("实施单位", "单位", "单位名称", "单位代码", "unit"),
    "project": ("项目名称", "项目", "project"),
    "initial_budget": ("年初预算数", "年初预算", "initial_budget"),
    "annual_budget": ("全年预算数", "调整后预算数", "全年预算", "annual_budget"),
    "executed_amount": ("全年执行数", "执行数", "决算数", "账面数", "executed_amount"),
}
_UNITS: dict[str, Unit] = {"(万元)": "万元", "(元)": "元", "万元": "万元"}
Row = Sequence[Decimal | str | None]


class Accounts(NamedTuple):
    """The amounts by assignment and term, in the unit of the form; rows that name no project of the campaign."""

    amounts: dict[str, dict[str, Decimal]]
    strangers: tuple[str, ...]


def read_accounts(path: Path, plan: Plan, form: Form) -> Accounts:
    """The accounts in a file. Raises ``CampaignError`` with every mistake in it."""
    rows = _rows(path)
    head = next(rows, ())
    columns, units, mistakes = _columns(head, form)
    if mistakes:
        raise _wrong(path, mistakes)
    found: dict[str, dict[str, Decimal]] = {}
    strangers = []
    keys = _keys(asked_for(plan).values(), plan)
    for number, row in enumerate(rows, 2):
        texts = {name: _text(row, columns.get(name)) for name in ("assignment", "unit", "project")}
        if not any(texts.values()):
            continue
        own = keys.get((squeeze(texts["assignment"]),)) if texts["assignment"] else None
        own = own or keys.get((squeeze(texts["unit"]), squeeze(texts["project"])))
        if own is None:
            strangers.append(" · ".join(filter(None, texts.values())))
            continue
        if own in found:
            mistakes.append((f"第 {number} 行：{own} 出现两次", f"row {number}: {own} stands twice"))
        found[own] = dict(_amounts(row, number, columns, units, form, mistakes))
    if mistakes:
        raise _wrong(path, mistakes)
    return Accounts(found, tuple(strangers))


def _keys(asked: Iterable[Asked], plan: Plan) -> dict[tuple[str, ...], str]:
    """What a row may name a project by: its id, or its unit (by name or code) and its name."""
    keys: dict[tuple[str, ...], str] = {}
    for each in asked:
        keys[(squeeze(each.assignment),)] = each.assignment
        for unit in (each.unit, each.unit_name):
            keys[squeeze(unit), squeeze(each.name)] = each.assignment
    return keys


def _columns(head: Row, form: Form) -> tuple[dict[str, int], dict[str, Unit], list[tuple[str, str]]]:
    """Where each column stands, and in which unit its amounts are."""
    columns: dict[str, int] = {}
    units: dict[str, Unit] = {}
    known = {squeeze(word): name for name, words in _HEADS.items() for word in words}
    unknown = []
    for at, value in enumerate(head):
        text = squeeze(str(value or "")).replace("（", "(").replace("）", ")")
        for tail, unit in _UNITS.items():
            if text.endswith(tail):
                text, units[str(at)] = text.removesuffix(tail), unit
                break
        name = known.get(text.casefold())
        if name is not None:
            columns.setdefault(name, at)
        elif text:
            unknown.append(text)
    mistakes = []
    if "assignment" not in columns and not {"unit", "project"} <= set(columns):
        hint = next((f"（{text} 是不是 {close}？）" for text in unknown if (close := near(text, known))), "")
        mistakes.append(
            (f"第 1 行要有“项目编号”，或“单位”和“项目名称”{hint}", "row 1 needs 项目编号, or 单位 with 项目名称")
        )
    wanted = [column.term for column in form.money_columns if column.term in columns]
    if not wanted:
        mistakes.append(("第 1 行要有年初预算数、全年预算数、全年执行数之一", "row 1 names no column of amounts"))
    return columns, units, mistakes


def _amounts(
    row: Row, number: int, columns: dict[str, int], units: dict[str, Unit], form: Form,
    mistakes: list[tuple[str, str]],
) -> Iterator[tuple[str, Decimal]]:  # fmt: skip
    for term in MONEY:
        at = columns.get(term)
        value = row[at] if at is not None and at < len(row) else None
        if value is None or value == "" or at is None:
            continue
        usual: Unit = "万元" if "万" in form.currency_unit else "元"
        read = _read(value, units.get(str(at), usual))
        if read is None:
            cell = a1(number, at + 1)
            mistakes.append((f"{cell}：“{value}”不是金额", f"{cell}: {value!r} is no amount"))
            continue
        moved = converted(*read, usual)
        if moved is not None:
            yield term, moved


def _read(value: Decimal | str, unit: Unit) -> tuple[Decimal, Unit] | None:
    """An amount and its unit: that of the column, or one that stands behind the figure."""
    if isinstance(value, Decimal):
        return value, unit
    amount = read_amount(value)
    if amount is None or amount.unit not in (None, "元", "万元"):
        return None
    return amount.number, unit if amount.unit is None else cast(Unit, amount.unit)


def _text(row: Row, at: int | None) -> str:
    value = row[at] if at is not None and at < len(row) else None
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value).strip()


def _rows(path: Path) -> Iterator[Row]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unread(path, error.strerror or str(error), error.strerror or str(error)) from error
    if path.suffix.lower() == ".csv":
        return _of_csv(data)
    try:
        sheet = next(each for each in read_workbook(data).sheets if each.visibility == "visible")
    except Rejected as rejected:
        said = REJECTIONS[rejected.code]
        raise _unread(path, said.zh, said.en) from rejected
    last = max((row for row, _ in sheet.cells), default=0)
    wide = max((column for _, column in sheet.cells), default=0)
    return (
        [
            value if isinstance(value := sheet.cell(row, column).content, Decimal | str) else None
            for column in range(1, wide + 1)
        ]
        for row in range(1, last + 1)
    )


def _of_csv(data: bytes) -> Iterator[Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")  # as Excel saves CSV in China
    return (tuple(row) for row in csv.reader(io.StringIO(text, newline="")))


def _unread(path: Path, zh: str, en: str) -> CampaignError:
    return CampaignError("BAD_ACCOUNTS", f"读不了决算数 {path}：{zh}", f"Cannot read the accounts {path}: {en}", 2)


def _wrong(path: Path, mistakes: Sequence[tuple[str, str]]) -> CampaignError:
    return CampaignError(
        "BAD_ACCOUNTS",
        f"决算数 {path} 有误：" + "".join(f"\n  {zh}" for zh, _ in mistakes[:30]),
        f"The accounts {path} are wrong:" + "".join(f"\n  {en}" for _, en in mistakes[:30]),
        2,
    )
