"""H 表头: whose form it is, of which year, in which unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ..finding import Breach, Rule, Severity, rule
from ..form import HEADER, Form
from ..noun import ordered_noun
from ..number import is_blank, squeeze
from ..pattern import pattern
from ..submission import Submission, TextField

_SHORT = 20  # a longer text is no placeholder as a whole
_YEAR = pattern(r"(?:19|20)\d{2}(?!\d)")


@rule(
    "H01",
    over="submission",
    severity=Severity.ERROR,
    zh="{label}为“{actual}”，下发为“{expected}”。",
    en="{label} reads “{actual}”; “{expected}” was issued.",
    remedy=("请按下发的名称填写。", "Enter the name as it was issued."),
    variants={"empty": ("{label}未填写。", "{label} is empty.")},
)
def names_as_issued(form_read: Submission, form: Form) -> Iterator[Breach]:
    """表头名称应完整并与下发一致。 The names in the header are there, as issued.

    Pass: project_name=党建经费 supervising_department=街道 implementing_unit=中心
    Fail: project_name= supervising_department=街道 implementing_unit=中心
    Fail: project_name=党建经费 supervising_department=街道 implementing_unit=中心 issued_names=project_name:办公经费
    """
    for entry in form.names:
        found: str | None = getattr(form_read.record, entry.term, None)
        issued = form_read.issued_names.get(entry.term)
        if is_blank(found):
            yield Breach(entry.term, expected=issued, actual=found, facts={"label": entry.label}, variant="empty")
        elif issued and squeeze(issued) != squeeze(found or ""):
            yield Breach(entry.term, expected=issued, actual=found, facts={"label": entry.label})


@rule(
    "H02",
    over="submission",
    severity=Severity.ERROR,
    zh="表上年度为 {actual}，应为 {expected}。",
    en="The form is of the year {actual}; {expected} was asked for.",
    remedy=("请填报要求年度的表。", "Return the form of the year asked for."),
    variants={
        "title": ("表题为“{actual}”，下发为“{expected}”。", "The title reads “{actual}”; “{expected}” was issued.")
    },
)
def year_as_asked(form_read: Submission, form: Form) -> Iterator[Breach]:
    """年度与表题应与下发一致。 Year and title are those that were issued.

    上一年度的表常在本年度收表时混进来。

    Forms of last year come back in this year's round.

    Pass: year_text=（2023年度） year_asked=2023
    Pass: year_text=（2022年度）
    Fail: year_text=（2022年度） year_asked=2023
    Fail: year_text= year_asked=2023
    """
    asked = form_read.year_asked
    if asked is not None:
        texts = (form_read.year_text, form_read.title)
        years = [int(year) for text in texts for year in _YEAR.findall(squeeze(text or ""))]
        wrong = [year for year in years if year != asked]
        found = wrong[0] if wrong else (years[0] if years else form_read.record.fiscal_year)
        if found != asked:
            yield Breach("fiscal_year", expected=asked, actual=found)
    title = form_read.title
    if form_read.stamp and title is not None and squeeze(form.title) not in squeeze(title):
        yield Breach("title", expected=form.title, actual=title, variant="title")


@ordered_noun
class _Placeholders:
    """Words that stand for something still to be written: found anywhere, or only as the whole text."""

    anywhere: tuple[tuple[str, re.Pattern[str] | None], ...]
    whole: frozenset[str]


@lru_cache(maxsize=64)
def _placeholders(words: tuple[str, ...]) -> _Placeholders:
    *anywhere, one, two, three = ("", "", "", *words)
    # XX inside a Latin word is no placeholder
    return _Placeholders(
        tuple(
            (word, pattern(rf"(?<![A-WYZa-z]){word}(?![A-WYZa-z])") if word.isascii() and word.isalpha() else None)
            for word in anywhere
            if word
        ),
        frozenset(squeeze(word).lower() for word in (*words, one, two, three) if word),
    )


def _placeholder(text: TextField, words: tuple[str, ...]) -> str | None:
    known, prose = _placeholders(words), text.kind == "narrative"
    if len(text.text) < _SHORT and squeeze(text.text).lower() in known.whole:
        return text.text
    for word, alone in known.anywhere:
        if word not in text.text or (prose and not word.strip("….")):
            continue  # dots in prose are an ellipsis
        if alone is None or alone.search(text.text):
            return word
    return None


@rule(
    "H03",
    over="texts",
    severity=Severity.ERROR,
    zh="{label}中留有占位文字“{actual}”。",
    en="{label} still holds the placeholder “{actual}”.",
    remedy=("请填写实际内容，或删除未使用的行。", "Write the real content, or clear the row that is not used."),
)
def no_placeholders(text: TextField, form: Form) -> Iterator[Breach]:
    """不得留有占位文字。 No placeholder is left.

    Pass: kind=name text=活动开展完成率
    Pass: kind=narrative text=开展培训、走访……共八场，效果较好
    Fail: kind=name text=指标1
    Fail: kind=narrative text=完成XX项目建设
    """
    found = _placeholder(text, form.rules.placeholders)
    if found is not None:
        if text.kind != "narrative" and is_blank(text.text):
            return  # no answer at all is no placeholder
        yield Breach("", actual=found, facts={"label": text.label})
    elif text.kind == "name" and squeeze(text.text) in form.rules.placeholder_names:
        yield Breach("", actual=text.text, facts={"label": text.label})


_CODE = pattern(r"[\[(【<]?(?=[A-Za-z]*\d)[0-9A-Za-z]{6,}[\])】>]?[-_—:：.]*")


def _code(name: str) -> str | None:
    """The code in front of a name that goes on in Chinese."""
    if not name or not (name[0].isascii() or name[0] == "【"):
        return None
    found = _CODE.match(name)
    return found.group() if found and "\u4e00" <= name[found.end() : found.end() + 1] <= "\u9fff" else None


@rule(
    "H05",
    over="texts",
    severity=Severity.INFO,
    zh="{label}“{actual}”带有系统后缀“{mark}”。",
    en="{label} “{actual}” carries the suffix “{mark}” of some system.",
    remedy=("请只填写规范的名称。", "Enter the plain name."),
    variants={
        "code": ("{label}“{actual}”前面带有编码“{mark}”。", "{label} “{actual}” begins with the code “{mark}”."),
        "blanks": ("{label}“{actual}”前后有空格。", "{label} “{actual}” has blanks at its end."),
    },
)
def name_without_additions(text: TextField, form: Form) -> Iterator[Breach]:
    """名称不应带系统后缀、编码或空格。 A name has no suffix, code or blanks that a system added.

    各表名称写法一致，汇总时才对得上。

    Names written alike can be matched when the forms are consolidated.

    Pass: kind=name field=implementing_unit text=某区教育局（本级）
    Pass: kind=name field=project_name text=12345热线运行经费
    Pass: kind=narrative text=某街道(汇总)
    Fail: kind=name field=supervising_department text=某街道(汇总)
    Fail: kind=name field=implementing_unit text=101001-某区教育局
    Fail: kind=name field=project_name text=[310112001]社区活动经费
    Fail: kind=name field=project_name text='社区活动经费 '
    """
    if text.kind != "name" or text.field not in HEADER:
        return
    words, facts = text.text, {"label": text.label}
    bare = squeeze(words)
    suffix = next((mark for mark in form.rules.system_suffixes if bare.endswith(squeeze(mark))), None)
    code = _code(bare)
    if suffix is not None:
        yield Breach("", expected=bare.removesuffix(squeeze(suffix)), actual=words, facts={**facts, "mark": suffix})
    elif code is not None:
        expected = bare.removeprefix(code)
        yield Breach("", expected=expected, actual=words, facts={**facts, "mark": code}, variant="code")
    elif words != words.strip():
        yield Breach("", expected=words.strip(), actual=words, facts=facts, variant="blanks")


@rule(
    "H06",
    over="submission",
    severity=Severity.ERROR,
    zh="金额单位为“{actual}”，本表应为“{expected}”。",
    en="Amounts are labelled “{actual}”; this form is in “{expected}”.",
    remedy=("请按本表的金额单位填写并保留单位标注。", "Use the currency unit of the form; leave its label alone."),
    variants={"absent": ("表上没有标明金额单位，应为“{expected}”。", "No currency unit is given: “{expected}”.")},
)
def currency_unit_kept(form_read: Submission, form: Form) -> Iterator[Breach]:
    """金额单位应与表样一致。 The currency unit is that of the form.

    Pass: unit_text=项目资金（元）
    Fail: unit_text=项目资金（万元）
    Fail: unit_text=项目资金
    """
    text = squeeze(form_read.unit_text or "")
    unit = _UNIT.search(text) if "元" in text else None
    if unit is None:
        yield Breach("currency_unit", expected=form.currency_unit, actual=form_read.unit_text, variant="absent")
    elif unit.group() != form.currency_unit:
        yield Breach("currency_unit", expected=form.currency_unit, actual=unit.group())


_UNIT = pattern(r"[百千万亿]*元")

RULES: tuple[Rule, ...] = (names_as_issued, year_as_asked, no_placeholders, name_without_additions, currency_unit_kept)
