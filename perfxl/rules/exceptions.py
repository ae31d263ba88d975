"""Y 豁免: waivers that no longer hold, or that nothing needed."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Breach, Fact, Rule, Severity, Waiver, rule
from ..form import Form
from ..noun import noun


@noun
class WaiverUse:
    """A waiver 豁免 after all forms were judged: whether a finding met it, and what day it is."""

    waiver: Waiver
    used: bool
    today: str


def _facts(use: WaiverUse) -> dict[str, Fact]:
    waiver = use.waiver
    return {"number": waiver.number, "rule": waiver.rule, "reason": waiver.reason, "approver": waiver.approver}


@rule(
    "Y01",
    over="waivers",
    severity=Severity.WARNING,
    zh="第 {number} 条豁免（{rule}，{approver}：{reason}）已于 {actual} 到期，不再生效。",
    en="Waiver {number} ({rule}, {approver}: {reason}) expired on {actual} and no longer holds.",
    remedy=("请重新报批，或删除这条豁免。", "Have it approved again, or delete it."),
)
def waiver_current(use: WaiverUse, form: Form) -> Iterator[Breach]:
    """豁免应在有效期内。 A waiver has not expired.

    到期当天仍然有效。

    It holds to the end of its last day.

    Pass: expires=2026-12-31 today=2026-12-31 used=yes
    Fail: expires=2026-12-31 today=2027-01-01 used=yes
    """
    if use.waiver.expires < use.today:
        yield Breach("", expected=use.today, actual=use.waiver.expires, facts=_facts(use))


@rule(
    "Y02",
    over="waivers",
    severity=Severity.INFO,
    zh="第 {number} 条豁免（{rule}，{approver}：{reason}）没有用上：收回的表里没有它所指的问题。",
    en="Waiver {number} ({rule}, {approver}: {reason}) was of no use: no form has the finding that it is about.",
    remedy=("请核对规则、单位、项目和单元格，或删除这条豁免。", "Check rule, unit, project and cell, or delete it."),
)
def waiver_needed(use: WaiverUse, form: Form) -> Iterator[Breach]:
    """豁免应有所指。 A waiver is about something that was found.

    写错单位或单元格的豁免什么也挡不住，应当说出来。

    One with a mistaken unit or cell covers nothing, and nobody would notice.

    Pass: expires=2026-12-31 today=2026-11-25 used=yes
    Pass: expires=2025-12-31 today=2026-11-25 used=no
    Fail: expires=2026-12-31 today=2026-11-25 used=no
    """
    if not use.used and use.waiver.expires >= use.today:
        yield Breach("", facts=_facts(use))


RULES: tuple[Rule, ...] = (waiver_current, waiver_needed)
