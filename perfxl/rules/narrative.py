"""N 文字: goals and results in words, clean and there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Breach, Rule, Severity, rule
from ..form import Form
from ..number import is_blank, read_target
from ..pattern import pattern
from ..record import SelfEvaluation
from ..submission import TextField

# Only names of elements and of entities: "<90%" and "a<b" are figures and words.
_MARKUP = pattern(
    r"</?(?:p|br|div|span|em|strong|font|table|tbody|thead|tr|td|th|ul|ol|li|h[1-6]|img|style|script|html|body|o:p)"
    r"(?:\s[^<>]{0,300})?/?>|</(?:a|b|i|u)>|<a\s[^<>]{1,300}>|<!--|&(?:nbsp|lt|gt|amp|quot|ldquo|rdquo|mdash|hellip|middot|#\d{2,6}|#x[0-9a-f]{2,5});",
    re.IGNORECASE,
)
_CONTROL = pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|_x[0-9A-Fa-f]{4}_")
_LONG = 500  # a longer text does not consist of markup alone
_INJECTION = ("=", "@", "+", "＝", "＠", "＋")


@rule(
    "N01",
    over="texts",
    severity=Severity.ERROR,
    zh="{label}中混入网页标记“{actual}”（共 {count} 处）。",
    en="{label} holds markup, “{actual}” ({count} in all).",
    remedy=("请删除网页标记，只保留文字。", "Delete the markup and keep the words."),
)
def no_markup(text: TextField, form: Form) -> Iterator[Breach]:
    """文字中不得有网页标记。 No markup leaked into a text.

    Pass: kind=narrative text=满意度<90%，不合格率>=5%
    Fail: kind=narrative text=<p>开展活动</p>
    Fail: kind=narrative text=活动&nbsp;开展
    """
    if "<" not in text.text and "&" not in text.text:
        return
    found = _MARKUP.findall(text.text)
    if found:
        yield Breach("", actual=found[0], facts={"label": text.label, "count": len(found)})


@rule(
    "N02",
    over="texts",
    severity=Severity.WARNING,
    zh="{label}中有不可见的控制字符（{actual}）。",
    en="{label} holds invisible control characters ({actual}).",
    remedy=("请重新录入这段文字，不要从其他系统直接粘贴。", "Type the text again instead of pasting it."),
    variants={
        "formula": (
            "{label}以“{actual}”开头，打开时可能被当作公式执行。",
            "{label} begins with “{actual}” and may be run as a formula when opened.",
        )
    },
)
def no_hidden_characters(text: TextField, form: Form) -> Iterator[Breach]:
    """文字中不得有控制字符或公式。 No control character, and no text that acts as a formula.

    Pass: kind=value text=>=90
    Pass: kind=value text==0起
    Fail: kind=narrative text==HYPERLINK("http://example.org")
    Fail: kind=name text=@SUM
    Fail: kind=narrative text=开展_x000D_活动
    """
    words = text.text
    found = None if words.isprintable() and "_x" not in words else _CONTROL.search(words)
    if found:
        mark = found.group()
        shown = mark if len(mark) > 1 else f"U+{ord(mark):04X}"
        yield Breach("", actual=shown, facts={"label": text.label})
    first = words.lstrip()[:1]
    if first in _INJECTION and first and not (text.kind == "value" and read_target(words).number is not None):
        severity = Severity.ERROR if first in "=＝" else None
        yield Breach("", actual=first, severity=severity, facts={"label": text.label}, variant="formula")


@rule(
    "N03",
    over="form",
    severity=Severity.ERROR,
    places=("expected_goal", "actual_result"),
    zh="{label}未填写。",
    en="{label} is empty.",
    remedy=("请填写。", "Fill it in."),
)
def narrative_given(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """预期目标和实际完成情况应填写。 Goal and result are given in words.

    Pass: expected_goal=开展培训100场 actual_result=开展培训100场
    Fail: expected_goal=开展培训100场
    Fail: expected_goal=/ actual_result=<p></p>
    """
    fields = (
        ("expected_goal", form.expected_label, record.expected_goal),
        ("actual_result", form.actual_label, record.actual_result),
    )
    for name, label, text in fields:
        if text and len(text) > _LONG:
            continue
        if is_blank(text) or is_blank(_MARKUP.sub("", text or "")):
            yield Breach(name, actual=text, facts={"label": label})


RULES: tuple[Rule, ...] = (no_markup, no_hidden_characters, narrative_given)
