"""What a narrative says in figures: amounts of money with their labels, counts, enumerations.

Nothing here judges.  A text is cut into sentences and clauses; each amount of money comes with
the words in front of it and behind it, each figure with its unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from .noun import ordered_noun
from .number import neat
from .pattern import pattern

Role = Literal["budget", "spent", "adjusted", ""]

_SCALES = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000), "百万": Decimal(1_000_000)}
_SCALES["千万"] = Decimal(10_000_000)
_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_MEASURED = pattern(rf"{_NUMBER}\s*(?P<more>[多余来])?(?P<scale>百万|千万|万|亿)?(?P<late>[多余])?(?P<unit>元)?")
_MONEY = pattern(
    rf"{_NUMBER}\s*(?P<more>[多余来])?(?:(?P<scale>百万|千万|万|亿)(?P<late>[多余])?(?P<unit>元)?|(?P<yuan>元))"
)
_CLAUSE_END = "，。；！？：;!?\n（）()、"
_SENTENCE_END = pattern(r"[。！？!?\n]|；(?=[一二三四五六七八九十]是)")
# 480万 alone is money; 115万人次 is not
_NO_MONEY = frozenset("人份次亩吨户平立公千米件个台套株头只棵例条字度瓦")
_ABOUT = ("约", "近", "逾", "超", "超过")


@ordered_noun
class Amount:
    """An amount of money 金额 in a text, in 元.

    ``slack`` is half a unit of the last digit printed (480万 says 4,800,000 ± 5,000), a tenth of
    the amount where the text says 约 or 余.  ``before`` and ``after`` are the words of its clause,
    ``earlier`` what stands before them in the sentence.
    """

    number: Decimal
    slack: Decimal
    text: str
    before: str
    after: str
    earlier: str

    def is_about(self, amount: Decimal) -> bool:
        """Whether that amount, in 元, could have been written so."""
        return abs(amount - self.number) <= self.slack


def _value(found: re.Match[str]) -> tuple[Decimal, Decimal]:
    """The number and half a unit of its last digit, scale applied."""
    digits = found["number"].replace(",", "")
    scale = _SCALES[found["scale"] or ""]
    places = len(digits.partition(".")[2])
    return Decimal(digits) * scale, scale.scaleb(-places) / 2


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, without their ends."""
    at = 0
    for end in _SENTENCE_END.finditer(text):
        if text[at : end.start()].strip():
            yield text[at : end.start()]
        at = end.end()
    if text[at:].strip():
        yield text[at:]


def clauses(sentence: str) -> list[str]:
    """A sentence at its commas; a comma inside a number is none."""
    return [part for part in re.split(r"[，；：;、]|,(?!\d{3})", sentence) if part.strip()]


@lru_cache(maxsize=16)
def amounts(text: str) -> tuple[Amount, ...]:
    """Every amount of money of a text, in order: ``82000元``, ``182.27万元``, ``480万``."""
    if "元" not in text and "万" not in text and "亿" not in text:
        return ()
    found = []
    start = 0
    for match in _MONEY.finditer(text):
        for end in _SENTENCE_END.finditer(text, start, match.start()):
            start = end.end()
        rest = text[match.end() : match.end() + 40]
        if not (match["unit"] or match["yuan"]) and rest[:1] in _NO_MONEY:
            continue
        number, slack = _value(match)
        before, earlier = _clause_before(text[start : match.start()])
        about = match["more"] or match["late"] or before.endswith(_ABOUT) or rest.startswith(("左右", "以上"))
        cut = next((at for at, ch in enumerate(rest) if ch in _CLAUSE_END), len(rest))
        found.append(
            Amount(
                number=number,
                slack=number / 10 if about else slack,
                text=match.group().strip(),
                before=before,
                after=rest[:cut],
                earlier=earlier,
            )
        )
    return tuple(found)


def _clause_before(words: str) -> tuple[str, str]:
    """The last clause of what stands before an amount, and the rest."""
    start = len(words)
    while start > 0 and (words[start - 1] not in _CLAUSE_END or words[start - 1] in "：（("):
        start -= 1
    return words[start:].strip(), words[:start]


# ---- what an amount is called --------------------------------------------------------------

_ADJUSTED = ("调减", "调增", "追加", "压减", "核减", "削减", "缩减", "核增")
_CHANGED = ("调减", "调增", "调整", "压减", "核减", "削减", "缩减")
_SPENT = pattern(
    r"(?:(?:实际|累计|全年|年度|本年|总|共|预算|已|完成)(?:支出|执行|使用|支付)|支出总额|支出数|执行数|执行金额)"
    r"(?:年初|全年|项目|专项)*(?:资金|经费|预算)*(?:合计|共计|总计|共|约|为|是|达|到|:|：)*$"
)
_BUDGET = pattern(
    r"预算(?:数|总额|资金|金额|经费|安排|批复|下达|总计|合计|共计)*(?:共|为|是|由|从|:|：)*$"
    r"|(?:安排|批复|下达)(?:项目|专项|财政|预算)*(?:资金|经费|预算)(?:共|为|总计|合计|共计)*$"
    r"|(?:资金|经费|预算|投入|投资)(?:总计|合计|总额|共计|总共)(?:为|是|约)*$"
)
_BUDGET_AFTER = pattern(r"(?:的)?(?:年初|全年|年度|项目|财政)?预算")
_MEANWHILE = ("其中", "截至", "截止", "上半年", "下半年", "中期", "季度")
_PARTS = (
    "每 人均 户均 单价 标准 类 分别 用于 节约 结余 结转 剩余 缺口 补助 补贴 奖励 慰问 购买 购置 采购 发放 涉及 "
    "上年 去年 往年 历年 明年 下年 同期 以来 两年 二年 三年 四年 五年 "
    "累计投资 不足 占 各 争取 引进 带动 撬动 募集 自筹 社会 上级 中央 单位 部门 全局 全院 全校 全委 全区 全县 全市 "
    "三公 一般性"
)
_PARTLY = (*_MEANWHILE, *_PARTS.split())
_YEAR = pattern(r"(20\d\d)年")
_WHOLE = ("全年", "年度", "本年", "当年", "总共", "合计", "总计", "累计")


def role(amount: Amount) -> Role:
    """What the words beside an amount call it: 预算, 支出, 调整, or nothing that is known."""
    label = amount.before[-14:]
    if _is_adjusted_to(label):
        return "budget"
    if _is_adjusted(label):
        return "adjusted"
    if any(word in label for word in _SPENDING) and _SPENT.search(label):
        return "spent"
    budget = any(word in label for word in _BUDGETING) and _BUDGET.search(label)
    if budget or ("预算" in amount.after and _BUDGET_AFTER.match(amount.after)):
        return "budget"
    return ""


_SPENDING = ("支出", "执行", "使用", "支付")
_BUDGETING = ("预算", "资金", "经费", "投入", "投资")


def _is_adjusted_to(label: str) -> bool:
    """调整为, 压减预算至: what an amount was changed to."""
    if label[-1:] not in ("至", "到", "为"):
        return False
    stem = label[:-1]
    return stem.endswith(_CHANGED) or (stem.endswith(("预算", "资金", "经费")) and stem[:-2].endswith(_CHANGED))


def _is_adjusted(label: str) -> bool:
    """调减, 追加; 调整 where it is not 调整后."""
    return any(word in label for word in _ADJUSTED) or "调整" in label.replace("调整后", "")


def _is_partly(words: str) -> bool:
    """Whether the words say that it is some of it: 其中, 每, 3月, a fee 费 of its own kind."""
    if any(word in words for word in _PARTLY):
        return True
    months = (at for at, letter in enumerate(words) if letter == "月")
    if any(words[at - 1 : at].isdecimal() for at in months):
        return True
    fees = (at for at, letter in enumerate(words) if letter == "费")
    return any(words[at - 1 : at] != "经" and words[at + 1 : at + 2] != "用" for at in fees)


def is_part(amount: Amount, year: int | None) -> bool:
    """Whether the words say that it is not the whole of the year's project: 其中, 上半年, another year …"""
    if _is_partly(amount.before) or any(word in amount.earlier for word in _MEANWHILE):
        return True
    years = [int(found) for found in _YEAR.findall(amount.before)] if "年" in amount.before else []
    return year is not None and any(found != year for found in years)


def says_whole(amount: Amount) -> bool:
    """Whether the words say that it is all of the year: 全年, 合计 …"""
    return any(word in amount.before for word in _WHOLE)


# ---- counts and enumerations ---------------------------------------------------------------

_ALIKE = ("人 人次 名 位", "场 次 场次", "个 项 项目", "户 家 户次")
_UNITS = {unit: line.split()[0] for line in _ALIKE[:3] for unit in line.split()}


def _unit(text: str) -> str:
    """The unit at the head of the characters behind a number, alike units as one."""
    for length in (2, 1):
        if text[:length] in _UNITS:
            return _UNITS[text[:length]]
    return text[:1]


def _writings(number: Decimal) -> Iterator[str]:
    """How people write a figure: plain, grouped, in 万."""
    plain = neat(number)
    yield plain
    if number >= 1000:
        yield f"{number.normalize():,f}"
    if number >= 10_000:
        yield f"{neat(number / 10_000)}万"


def mentions(text: str, number: Decimal, unit: str | None) -> bool:
    """Whether a text gives that figure in that unit; one without unit by the figure alone."""
    for written in _writings(number):
        at = text.find(written)
        while at >= 0:
            before, rest = text[at - 1 : at] if at else "", text[at + len(written) : at + len(written) + 4]
            whole = not (before.isdigit() or before in (".", ",")) and not re.match(r"[.,]?\d|[万亿]", rest)
            rest = rest.lstrip("多余")
            if whole and (not unit or rest.startswith(unit) or _unit(rest) == _unit(unit)):
                return True
            at = text.find(written, at + 1)
    return False


@ordered_noun
class Enumeration:
    """“共 N…，其中 a、b、c”: the total as written, its parts, and by how much they may differ by rounding."""

    total: Decimal
    parts: tuple[Decimal, ...]
    unit: str
    slack: Decimal
    open: bool

    @property
    def gap(self) -> Decimal:
        """The total less the sum of its parts."""
        return self.total - sum(self.parts, Decimal(0))


_THEREOF = pattern(r"[，,。；;（(]\s*(?:其中|包括|分别为|分别是)")
_NEXT = pattern(r"[。\n）)]|其中")


def enumerations(text: str) -> Iterator[Enumeration]:
    """Every enumeration of a text: a total, 其中, and at least two parts in its unit."""
    for mark in _THEREOF.finditer(text):
        head = text[max(0, mark.start() - 60) : mark.start()]
        head = re.split(r"[。\n]", head)[-1]
        end = _NEXT.search(text, mark.end())
        tail = text[mark.end() : end.start() if end else len(text)]
        totals = _measured(head)
        parts: dict[str, list[tuple[Decimal, Decimal]]] = {}
        for unit, number, slack in _measured(tail):
            parts.setdefault(unit, []).append((number, slack))
        seen: set[str] = set()
        for unit, number, slack in reversed(totals):
            found = parts.get(unit, [])
            if unit in seen or len(found) < 2:
                continue
            seen.add(unit)
            yield Enumeration(
                total=number,
                parts=tuple(part for part, _ in found),
                unit=unit,
                slack=(slack + sum((part for _, part in found), Decimal(0))) if unit == "元" else Decimal(0),
                open="等" in tail[-8:],
            )


def _measured(text: str) -> list[tuple[str, Decimal, Decimal]]:
    """The figures of a text that count or are money: unit, number, half a unit of the last digit."""
    found = []
    for match in _MEASURED.finditer(text):
        rest = text[match.end() : match.end() + 4]
        han = "\u4e00" <= rest[:1] <= "\u9fff"
        if match["unit"] or (match["scale"] and not han):
            found.append(("元", *_value(match)))
        elif han and rest[0] not in "年月日号时至":
            number, slack = _value(match)
            found.append((_unit(rest), number, slack))
    return found
