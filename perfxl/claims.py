"""Figures of an earlier moment 阶段执行数 in the narratives of a form: 截至10月18日已执行137.288万元."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal

from .noun import NamedTuple
from .pattern import pattern
from .record import SelfEvaluation
from .submission import Submission

NARRATIVES = ("expected_goal", "actual_result")

_MARKUP = pattern(r"<[^<>]{1,300}>")
_WIDE = "０１２３４５６７８９％．"


class Claim(NamedTuple):
    """A figure of an earlier moment 阶段执行数: 截至10月18日已执行137.288万元.

    ``amount`` in 元; ``context`` the words before it, in which the project may be named; ``own``
    where it says 本项目.
    """

    context: str
    own: bool
    month: int
    day: int
    amount: Decimal
    quote: str
    cell: str | None


def storable(text: str) -> str:
    """Halves of characters, which no file can hold, become ``?``."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def plain_text(text: str | None) -> str:
    """A narrative without markup, blanks, and figures of full width; not kept in any cache, for it may be long."""
    if not text:
        return ""
    if "<" in text:
        text = _MARKUP.sub("", text)
    if any(letter in text for letter in _WIDE):
        text = unicodedata.normalize("NFKC", text)
    return storable("".join(text.split()))


def may_claim(record: SelfEvaluation) -> bool:
    """Whether a narrative has the words without which it says no figure of an earlier moment; cheap to ask."""
    return any(_speaks(plain_text(getattr(record, field))) for field in NARRATIVES)


def _speaks(text: str) -> bool:
    """Whether ``_CUT`` could be met in a text, and ``_SPENT`` within reach behind it."""
    for mark in _MARKS:
        at = text.find(mark)
        while at >= 0:
            behind = text[at : at + _LONGEST + _REACH]
            if any(word in behind for word in _SPENDING) and any(unit in behind for unit in _UNITS):
                return True
            at = text.find(mark, at + 1)
    return False


_MARKS = ("截至", "截止", "上半年", "季度", "1-", "1—", "1–", "1~", "1～", "1至", "1到")
_SPENDING = ("执行", "支出", "支付", "使用", "拨付")
_UNITS = {"元": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
_BEFORE, _REACH, _LONGEST = 80, 60, 20
"""Characters before a date that may name the project, and behind it where the figure stands; no date is longer
than the last."""

_CUT = pattern(
    r"截[至止]到?(?P<year>20\d\d年)?(?P<month>\d{1,2})月(?P<day>\d{1,2}(?=[日号])|[底末份初]|[上中下]旬)?"
    r"|(?P<year2>20\d\d年)?1[-—–~～至到]{1,2}(?P<upto>\d{1,2})月|前(?P<quarter>[一二三1-3])个?季度|上半年",
    re.ASCII,
)
_SPENT = pattern(
    r"(?:执行|支出|支付|使用|拨付)[^。；;，,\d]{0,16}(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<unit>亿元?|万元|元|万)",
    re.ASCII,
)
_QUARTERS = {"一": 3, "1": 3, "二": 6, "2": 6, "三": 9, "3": 9}
_DAYS = {"初": 1, "上旬": 10, "中旬": 20}
_LAST = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def claims_of(submission: Submission, texts: Mapping[str, str]) -> Iterator[Claim]:
    """What a narrative says was spent by a date of the fiscal year."""
    year = submission.record.fiscal_year
    for field, text in texts.items():
        if not _speaks(text):
            continue
        there = submission.cells.get(field)
        for cut in _CUT.finditer(text):
            moment = _moment(cut, year)
            sentence = re.split("[。；;]", text[cut.end() : cut.end() + _REACH], maxsplit=1)[0]
            spent = _SPENT.search(sentence)
            if moment is None or spent is None or text[max(0, cut.start() - 3) : cut.start()].endswith(("较", "比")):
                continue
            amount = Decimal(spent["number"].replace(",", "")) * _UNITS[spent["unit"][0]]
            quote = text[cut.start() : cut.end() + spent.end()]
            context = text[max(0, cut.start() - _BEFORE) : cut.end() + spent.start()]
            own = re.search("本项目|该项目|本专项|项目资金|本年度?预算", quote) is not None
            yield Claim(context, own, *moment, amount, quote, None if there is None else there.cell_name)


def _moment(cut: re.Match[str], year: int | None) -> tuple[int, int] | None:
    """Month and day of a date; ``None`` where it is of another year, or no date of the year before its end."""
    named = cut["year"] or cut["year2"]
    if named and year is not None and named != f"{year}年":
        return None
    month = int(cut["month"] or cut["upto"] or _QUARTERS.get(cut["quarter"] or "", 6))
    if not 1 <= month <= 12:
        return None
    day = cut["day"] or ""
    last = int(day) if day.isdigit() else _DAYS.get(day, _LAST[month - 1])
    return None if (month, last) >= (12, 31) or last < 1 else (month, last)
