"""What a cell of the roster says: a text or a number that may stand there, or why not."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ..number import from_double, neat, shown, squeeze
from .roster_layout import Field

Value = str | Decimal | None

UNCOMPUTED = "no result"
"""The type of a cell with a formula whose result is not in the file."""


def value_of(field: Field, value: object, kind: str, number_format: Callable[[], str]) -> Value:
    """What stands in a cell of that column: its value and type as openpyxl has them, or ``UNCOMPUTED``.
    Raises ``ValueError`` with the words in both languages."""
    if kind == "e":
        raise ValueError(
            f"是错误值 {value}；请改正公式或直接填写", f"holds the error {value}; mend the formula or type it"
        )
    if kind == UNCOMPUTED:
        raise ValueError(
            "公式的结果没有存在文件里；请用 Excel 打开并保存，或改为数值",
            "the result of the formula is not in the file; open and save it in Excel, or paste it as a value",
        )
    if isinstance(value, bool):
        raise ValueError("是 TRUE/FALSE；请填文字或数", "is TRUE or FALSE; type a text or a number")
    if field.kind in ("amount", "weight"):
        return _number(field, value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        if field.term == "target" and not isinstance(value, datetime.time):
            return f"{value.year}年{value.month}月{value.day}日"
        raise ValueError(
            "成了日期；请把单元格设为文本后重填", "has become a date; make the cell a text and type it again"
        )
    if isinstance(value, int | float):
        number = from_double(repr(value))
        return shown(number, number_format()) if field.term == "target" else neat(number)
    return text_of(str(value), limits_of(field))


def _number(field: Field, value: object) -> Value:
    what = ("金额", "amount") if field.kind == "amount" else ("分值", "weight")
    if isinstance(value, str):
        if not squeeze(value):
            return None
        raise ValueError(
            f"{what[0]}“{_short(value)}”是文字，不是数；请清除单元格的文本格式后重新输入数字，不带单位和逗号",
            f"the {what[1]} {_short(value)!r} is a text and no number; make the cell a number and type it again, "
            "without unit or commas",
        )
    if not isinstance(value, int | float):
        raise ValueError(f"{what[0]}成了日期；请改为数", f"the {what[1]} has become a date; make it a number")
    try:
        number = from_double(repr(value))
    except ValueError:
        raise ValueError(f"{what[0]}不是数", f"the {what[1]} is no number") from None
    if number < 0:
        raise ValueError(f"{what[0]} {neat(number)} 为负；请核对", f"the {what[1]} {neat(number)} is negative")
    return number


_CARRIAGE = re.compile(r"_x000D_\n?|\r\n?")


class Limits(NamedTuple):
    """What the texts of a column may be: whether codes, with which control characters, how long."""

    code: bool
    allowed: str
    characters: int


@lru_cache(maxsize=64)
def limits_of(field: Field) -> Limits:
    """The limits of a column of texts."""
    limit = 40 if field.kind == "code" else 4_000 if field.term == "expected_goal" else 300
    return Limits(field.kind == "code", "\n\t" if field.term in ("expected_goal", "level_3") else "", limit)


@lru_cache(maxsize=256)
def text_of(text: str, limits: Limits) -> Value:
    """The text of a cell, trimmed; ``None`` where nothing is left. Raises ``ValueError`` as ``value_of``."""
    code, allowed, limit = limits
    if "\r" in text or "_x000D_" in text:
        text = _CARRIAGE.sub("\n", text)
    text = text.strip()
    for sign in text if _ODD.search(text) else "":
        if (sign not in allowed and unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")) or sign in _BIDI:
            raise ValueError(
                f"含有换行或看不见的字符 U+{ord(sign):04X}；请删去后重填",
                f"holds a line end or an invisible character U+{ord(sign):04X}; delete it and type it again",
            )
    if code and any(map(str.isspace, text)):
        raise ValueError(f"“{_short(text)}”中有空格；请去掉", f"{_short(text)!r} holds a blank; take it out")
    if len(text) > limit:
        raise ValueError(f"长于 {limit} 字；请缩短", f"is longer than {limit} characters; shorten it")
    return text or None


_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _short(text: str) -> str:
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return text if len(text) <= 30 else text[:30] + "…"
