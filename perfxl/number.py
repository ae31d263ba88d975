"""The grammar of figures: those that people type, and those that a file stores.

Text that people typed never passes through ``float``.  A numeric cell of a file is a
binary double: Excel stores 9.83 as ``9.8300000000000001``, so 15 significant digits
are taken, then ``Decimal``.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from .noun import ordered_noun
from .pattern import pattern
from .record import Kind, Operator, Target

_STORED = pattern(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_ONE = Decimal(1)
_WIDE = Context(prec=400)
"""For rounding: a product of the largest figures has all its digits."""

MOST_DIGITS = 18
"""Digits before the point, and three times as many behind it: what has more is no figure of a form."""
_NOTHING = Decimal("1e-54")


def is_figure(number: Decimal) -> bool:
    """Whether a form may hold the number: what is longer is a slip, as a pasted account number."""
    return number.is_finite() and number.adjusted() < MOST_DIGITS and places_of(number) <= 3 * MOST_DIGITS


def half_up(number: Decimal, places: int) -> Decimal:
    """四舍五入 to ``places`` decimals, away from zero at the half, as Excel's ROUND does."""
    return number.quantize(_ONE.scaleb(-places), rounding=ROUND_HALF_UP, context=_WIDE)


def plain(number: Decimal) -> str:
    """Plain decimal notation: no exponent, the decimals that the number carries."""
    return format(number, "f")


def neat(number: Decimal) -> str:
    """Plain notation without trailing zeros behind the point: ``5``, ``9.83``."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def from_double(stored: str) -> Decimal:
    """A number as a file stores it, to the 15 digits that Excel itself shows.

    ``9.8300000000000001`` gives ``9.83``; what is left of a difference of equals, below 1e-54, is 0.
    Raises ``ValueError`` for NaN, inf, an overflow and whatever else is no figure.
    """
    whole, _, part = stored.partition(".")
    digits = whole.removeprefix("-") + part
    if not (digits.isascii() and digits.isdigit()) and not _STORED.fullmatch(stored):
        raise ValueError(f"not a stored number: {stored!r}")
    number = Decimal(format(float(stored), ".15g"))
    if number.is_finite() and abs(number) < _NOTHING:
        return number if number == 0 else Decimal(0)
    if not number.is_finite() or number.adjusted() >= MOST_DIGITS:
        raise ValueError(f"no figure: {stored!r}")
    return number.quantize(_ONE) if number.as_tuple().exponent > 0 else number  # type: ignore[operator]


@ordered_noun
class Format:
    """What a number format asks for: ``percent``, ``places`` behind the point, ``grouped`` thousands."""

    percent: bool
    places: int | None
    grouped: bool


_LITERAL = pattern(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')


@lru_cache(maxsize=256)
def read_format(number_format: str) -> Format:
    """The positive section of a number format; ``General`` and ``@`` have no fixed places."""
    literal = any(mark in number_format for mark in '"\\[_*')
    section = (_LITERAL.sub("", number_format) if literal else number_format).split(";", 1)[0]
    if section.lower() == "general" or "@" in section or not any(digit in section for digit in "0#?"):
        return Format(False, None, False)
    percent = "%" in section
    whole, _, rest = section.partition(".")
    places = len(rest) - len(rest.lstrip("0#?"))
    return Format(percent, places, any(f"{a},{b}" in whole for a in "0#?" for b in "0#?"))


def shown(number: Decimal, number_format: str) -> str:
    """The number as a cell shows it: ``0.983`` under ``0.00%`` is ``98.30%``."""
    how = read_format(number_format)
    if how.places is None:
        return neat(number)
    value = number * 100 if how.percent else number
    text = format(half_up(value, how.places), ",f" if how.grouped else "f")
    return text + "%" if how.percent else text


def as_printed(number: Decimal, number_format: str) -> Decimal:
    """The number with the decimals that its format prints, never with fewer than it has.

    ``0.983`` under ``0.00%`` is ``0.9830``; ``0.98294822`` stays as it is.
    """
    how = read_format(number_format)
    if how.places is None:
        return number
    places = how.places + 2 if how.percent else how.places
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent < places:
        return number.quantize(_ONE.scaleb(-places), context=_WIDE)
    return number


def places_of(number: Decimal) -> int:
    """How many decimals the number carries: ``4764200.00`` has 2."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


_SPACES = pattern(r"[\s\u200b-\u200f\u2060\ufeff]+")

NO_ANSWERS = frozenset({"", "/", "／", "—", "——", "-", "－", "--", "无", "無", "null", "none", "*", "＊"})
"""What people write where they answer nothing; the sheet's own self-check uses the same list."""


def _close_up(text: str) -> str:
    """The text without spaces and invisible characters."""
    bare = "".join(text.split())
    return bare if bare.isprintable() else _SPACES.sub("", bare)


SHORT = 60
"""A longer text is a narrative: of those only the last few are remembered, for each file brings its own."""


def squeeze(text: str) -> str:
    """NFKC, without spaces and invisible characters: how labels and short answers are compared."""
    return _squeezed(text) if len(text) <= SHORT else _squeezed_long(text)


def _squeeze(text: str) -> str:
    return _close_up(unicodedata.normalize("NFKC", text))


_squeezed, _squeezed_long = lru_cache(maxsize=1024)(_squeeze), lru_cache(maxsize=32)(_squeeze)


def tighten(text: str) -> str:
    """The text without blanks, in lower case: how the sheet itself looks at an answer."""
    return "".join(text.split()).lower()


@lru_cache(maxsize=512)
def _is_no_answer(text: str) -> bool:
    return tighten(text) in NO_ANSWERS


_SHORT = 40
"""Longer texts are not worth remembering."""


def is_blank(text: str | None) -> bool:
    """Whether an answer is none: empty, spaces, ``/``, ``—``, ``无``, ``NULL``."""
    if text is None:
        return True
    return _is_no_answer(text) if len(text) < _SHORT else tighten(text) in NO_ANSWERS


def is_no_reason(text: str | None) -> bool:
    """Whether a reason is none: blank, or only ``0``."""
    return is_blank(text) or tighten(text or "") == "0"


@ordered_noun
class Amount:
    """A figure typed as text in a number cell: ``number`` (a percentage already as a fraction)
    and the ``oddities`` of its writing (``leading_zero``, ``spaces``, ``unit``, ``width``).

    ``unit`` is the trailing unit, which has not been applied to ``number``."""

    number: Decimal
    oddities: frozenset[str]
    unit: str | None = None


_AMOUNT = pattern(
    r"(?P<sign>[+-]?)(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<part>\.\d+)?(?P<unit>%|万元|元|分|个|人|次|场|项|家)?",
    re.ASCII,
)


@lru_cache(maxsize=1024)
def read_amount(text: str) -> Amount | None:
    """The figure in a number cell that holds text, or ``None`` where it is no figure.

    Full width, spaces, thousands separators and a trailing unit are read; broken grouping,
    Chinese numerals, exponents, ``nan`` and hexadecimal are not numbers.
    """
    folded = unicodedata.normalize("NFKC", text).replace("−", "-").replace("，", ",")
    oddities: set[str] = set()
    if unicodedata.normalize("NFKC", text) != text:
        oddities.add("width")
    bare = _close_up(folded)
    if bare != folded:
        oddities.add("spaces")
    found = _AMOUNT.fullmatch(bare)
    if found is None:
        return None
    whole, unit = found["whole"], found["unit"]
    if len(whole) > 1 and whole[0] == "0":
        oddities.add("leading_zero")
    number = Decimal(found["sign"] + whole.replace(",", "") + (found["part"] or ""))
    if not is_figure(number):
        return None
    if unit == "%":
        number = number.scaleb(-2)
    elif unit:
        oddities.add("unit")
    return Amount(number, frozenset(oddities), unit)


_BEFORE: tuple[tuple[str, Operator], ...] = (
    ("≥", "≥"), (">=", "≥"), ("=>", "≥"), ("不低于", "≥"), ("不少于", "≥"), ("不小于", "≥"), ("至少", "≥"),
    ("≤", "≤"), ("<=", "≤"), ("=<", "≤"), ("不超过", "≤"), ("不高于", "≤"), ("不大于", "≤"), ("不多于", "≤"),
    ("控制在", "≤"), ("大于等于", "≥"), ("小于等于", "≤"), ("大于", ">"), ("高于", ">"), ("小于", "<"), ("低于", "<"),
    ("等于", "="), (">", ">"), ("<", "<"), ("=", "="),
)  # fmt: skip
_AFTER: tuple[tuple[str, Operator], ...] = (
    ("及以上", "≥"), ("(含)以上", "≥"), ("以上", "≥"), ("及以下", "≤"), ("以内", "≤"), ("以下", "≤"), ("之内", "≤"),
)  # fmt: skip
_TIME = pattern(
    r"(?:\d{2,4}年)?(?:\d{1,2}月(?:份)?(?:\d{1,2}[日号]|[上中下]旬|底|末|初)?|第?[一二三四1-4]季度|年[底末初中])(?:之?前|以前|底前|完成|为止)*"
    r"|\d{4}年(?:底|末|内|度)?(?:之?前|以前)?|\d{4}[-./]\d{1,2}[-./]\d{1,2}(?:之?前|以前)?|全年|当年|及时"
)
_RANGE = pattern(r"\d[\d,.]*%?[-~—–至到]\d[\d,.]*%?[^\d%]*")
_FIGURE = pattern(
    r"(?:百分之(?P<hundred>\d+(?:\.\d+)?)|(?P<whole>-?\d{1,3}(?:,\d{3})+|-?\d+)(?P<part>\.\d+)?(?P<scale>[万亿])?(?P<unit>%|[^\d,.%<>=≥≤].*)?)"
)
_SCALES = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}


def _operator(text: str) -> tuple[Operator | None, str]:
    for word, operator in _BEFORE:
        if text.startswith(word):
            return operator, text[len(word) :]
    for word, operator in _AFTER:
        if text.endswith(word):
            return operator, text[: -len(word)]
    return None, text


def _is_time(text: str) -> bool:
    # no time is without one of these signs, and most answers have none of them
    return (any(sign in text for sign in "月季年及") or text[4:5] in ("-", ".", "/")) and bool(_TIME.fullmatch(text))


Figure = tuple[Decimal, str | None, str | None]
"""A number, the scale it is written in (万, 亿, 百分之), its unit."""


def _plain_figure(text: str) -> Figure | None:
    """The usual figure, ``90``, ``90.00%``, ``12场``, as ``_figure`` reads it; ``None`` for any other."""
    behind = text.lstrip("0123456789")
    decimals = behind[1:].lstrip("0123456789")
    if behind[:1] == "." and len(decimals) < len(behind) - 1:
        behind = decimals
    number = text[: len(text) - len(behind)]
    if not number[:1].isdigit() or not number.isascii():
        return None
    if behind not in ("", "%") and (behind[0] in ",.%<>=≥≤万亿" or behind[0].isdecimal()):
        return None
    return Decimal(number), None, behind or None


def _figure(text: str) -> Figure | None:
    found = _FIGURE.fullmatch(text) if text[:1].isdecimal() or text.startswith(("-", "百分之")) else None
    if found is None:
        return None
    if found["hundred"]:
        return Decimal(found["hundred"]), "百分之", None
    number = Decimal(found["whole"].replace(",", "") + (found["part"] or ""))
    return number, found["scale"], found["unit"]


@lru_cache(maxsize=1024)
def read_target(text: str) -> Target:
    """年度指标值 or 实际完成值 as typed, to its operator, number and unit.

    ``≥90.00%``, ``10个``, ``5万元``, ``不低于95%`` have a number; ``12月中旬`` is a time,
    ``80%-90%`` a range; the rest is 定性.
    """
    bare = _close_up(unicodedata.normalize("NFKC", text)).replace("≧", "≥").replace("≦", "≤")
    if _is_time(bare):
        return Target(text=text, kind="time")
    operator, rest = _operator(bare)
    if rest[:1].isdecimal() and any(mark in rest for mark in "-~—–至到") and _RANGE.fullmatch(rest):
        return Target(text=text, kind="range", operator=operator)
    found = _plain_figure(rest) or _figure(rest)
    if found is None:
        kind: Kind = "time" if _is_time(rest) else "text"
        return Target(text=text, kind=kind, operator=operator)
    number, scale, unit = found
    if not is_figure(number):
        return Target(text=text, kind="text", operator=operator)
    if scale == "百分之":
        return Target(text=text, kind="percent", operator=operator, number=number, unit="%", places=places_of(number))
    places = places_of(number)
    if scale:
        number *= _SCALES[scale]
    if unit and len(unit) > 8:
        return Target(text=text, kind="text", operator=operator)
    kind = "percent" if unit == "%" else "number"
    return Target(text=text, kind=kind, operator=operator, number=number, unit=unit, places=places)
