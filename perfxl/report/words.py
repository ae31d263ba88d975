"""The words of findings, rejections and notes in Chinese (``zh``) and English (``en``).

Nothing here fails: a fact that is missing is shown as a blank.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..finding import Choice, Diagnosis, Fact, Finding, NotRun, Rule, Verdict, fact_text
from ..pattern import pattern
from ..rejection import NOTES, REJECTIONS
from ..rules import across_by_code, by_code

LONGEST = 200

# C0 but tab and line feed, C1, zero-width and bidi controls: never shown, for they move or hide what is.
_UNSEEN = pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_SURROGATES = pattern("[\ud800-\udfff]")

_INTERNAL = (
    "程序在核验这份文件时出了错，不是填报的问题。",
    "perfxl failed on this file; that is a defect of perfxl, not of the form.",
    "请把这一行连同文件交给维护者。",
    "Please send this line and the file to the maintainers.",
)
_OWN_NOTES = {
    "WRONG_FORM": (
        "这不是要收的那一份表，其余核验从略。",
        "This is not the form that was due; nothing else of it is judged.",
    ),
    "WRONG_EXTENSION": (
        "内容是 .xlsx 表格，但文件扩展名不对。",
        "The content is an .xlsx workbook, the file name says otherwise.",
    ),
}
_TERMS = {
    "initial_budget": ("年初预算数", "initial budget"),
    "annual_budget": ("全年预算数", "annual budget"),
    "executed_amount": ("全年执行数", "executed amount"),
    "execution_rate": ("执行率", "execution rate"),
    "weight": ("分值", "weight"),
    "score": ("得分", "score"),
    "target": ("指标值", "target"),
    "actual": ("完成值", "actual value"),
    "level_3": ("三级指标", "indicator name"),
    "variance_explanation": ("偏差原因", "reason"),
    "total_weight": ("分值合计", "weight total"),
    "total_score": ("总分", "total score"),
    "expected_goal": ("预期目标", "expected goal"),
    "actual_result": ("实际完成情况", "actual result"),
    "parts": ("组成合计的各行", "the rows that make the total"),
    "registered": ("主管部门留存的下发内容（--issued）", "the department's own record (--issued)"),
    "ledger": ("决算（账面）数", "figures of the accounts"),
    "formulas": ("公式（这种文件格式读不到公式）", "formulas (this file format gives results only)"),
    "issued": ("下发内容（本表没有标识）", "issued content (the form is not stamped)"),
    "register": ("下发清单", "a list of what was issued"),
    "summary": ("部门汇总表", "a department's summary form"),
    "history": ("上年的表", "the forms of the year before"),
    "monitoring": ("以往的监控数据", "earlier monitoring returns"),
    "fiscal_year": ("年度", "fiscal year"),
    "currency_unit": ("金额单位", "currency unit"),
    "project_name": ("项目名称", "project name"),
    "supervising_department": ("主管部门", "supervising department"),
    "implementing_unit": ("实施单位", "implementing unit"),
}
_PARTS = {
    "number": ("中的数", ": a figure"),
    "operator": ("的比较符号", ": an operator"),
    "unit": ("的单位", ": a unit"),
}


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return fact_text(None)


def without_surrogates(text: str) -> str:
    """Halves of characters, which no encoding can write, become U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)


def plain_text(text: str) -> str:
    """A text without anything that moves the cursor, hides, or cannot be written out."""
    return text if text.isprintable() else without_surrogates(_UNSEEN.sub("", text))


def clean(text: str, longest: int = LONGEST) -> str:
    """A text of a form as it is shown: one line, nothing unseen, at most ``longest`` characters."""
    if len(text) <= longest and text.isprintable() and "  " not in text and text == text.strip(" "):
        return text
    text = text[: 4 * longest]
    shown = " ".join((plain_text(text)).split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _fact(fact: Fact) -> str:
    return clean(fact_text(fact))


class _OfFinding(_Facts):
    """The facts of a finding, each worked out when a text asks for it."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding

    def __missing__(self, name: str) -> str:
        if name in self.finding.facts:
            return _fact(self.finding.facts[name])
        if name in _FIGURES:
            return _fact(getattr(self.finding, name))
        return super().__missing__(name)


_FIGURES = ("expected", "actual", "difference")


def facts(finding: Finding) -> Mapping[str, str]:
    """The facts of a finding as they are shown, by the names that its texts use; any other is a blank."""
    found = _Facts({name: _fact(fact) for name, fact in finding.facts.items()})
    for name in _FIGURES:
        found.setdefault(name, _fact(getattr(finding, name)))
    return found


def _filled(text: str, finding: Finding) -> str:
    if "{" not in text and "}" not in text:
        return text
    try:
        return text.format_map(_OfFinding(finding))
    except (ValueError, IndexError, AttributeError, KeyError):
        return text


def _rule_of(finding: Finding) -> Rule | None:
    """A finding of a batch stands on no sheet."""
    return (None if finding.sheet else across_by_code(finding.rule)) or by_code(finding.rule)


def message(finding: Finding, lang: str) -> str:
    """What is wrong, with both values."""
    rule = _rule_of(finding)
    if rule is None:
        return finding.rule
    zh, en = rule.variants.get(finding.variant, (rule.zh, rule.en))
    return _filled(zh if lang == "zh" else en, finding)


def remedy(finding: Finding, lang: str) -> str:
    """What to do about it."""
    rule = _rule_of(finding)
    return _filled((rule.remedy_zh if lang == "zh" else rule.remedy_en) if rule else "", finding)


def title(code: str, lang: str) -> str:
    """The title of a rule."""
    rule = by_code(code)
    return (rule.title_zh if lang == "zh" else rule.title_en) if rule else code


def batch_title(code: str, lang: str) -> str:
    """The title of a rule over a batch."""
    rule = across_by_code(code)
    return (rule.title_zh if lang == "zh" else rule.title_en) if rule else code


def cause(diagnosis: Diagnosis, lang: str) -> str:
    """The diagnosis, without anything unseen."""
    from ..diagnosis import words  # most reports have none

    return plain_text(words(diagnosis, lang))


def rejection(verdict: Verdict, lang: str) -> tuple[str, str]:
    """Why a file was not judged, and what to do."""
    words = REJECTIONS.get(verdict.code or "")
    if words is None:
        return (_INTERNAL[0], _INTERNAL[2]) if lang == "zh" else (_INTERNAL[1], _INTERNAL[3])
    return (words.zh, words.remedy_zh) if lang == "zh" else (words.en, words.remedy_en)


def note(code: str, lang: str) -> str:
    """The words of a note on a file."""
    return (_OWN_NOTES.get(code) or NOTES.get(code, (code, code)))[lang != "zh"]


def choice(taken: Choice, lang: str) -> str:
    """By which definition a form without a stamp was judged, and why."""

    def listed(labels: tuple[str, ...]) -> str:
        shown = [clean(label, 24) for label in labels[:4]]
        return ("、" if lang == "zh" else ", ").join(shown) + ("…" if len(labels) > 4 else "")

    if taken.form == taken.nearest:
        zh = f"按标签认作 {taken.form}：{taken.labels} 个标签中 {taken.matched} 个逐字相符"
        en = f"Read by its labels, as {taken.form}: {taken.matched} of {taken.labels} labels are the same"
    else:
        near_zh = f"最接近 {taken.nearest}（{taken.labels} 个标签中 {taken.matched} 个相符）"
        near_en = f"nearest is {taken.nearest} ({taken.matched} of {taken.labels} labels)"
        zh = f"没有完全相符的表样，按表上印出的内容核验；{near_zh}"
        en = f"No definition fits, so it is judged by what it prints; {near_en}"
    if taken.absent:
        zh, en = f"{zh}，缺 {listed(taken.absent)}", f"{en}; without {listed(taken.absent)}"
    if taken.extra:
        zh, en = f"{zh}，多 {listed(taken.extra)}", f"{en}; besides {listed(taken.extra)}"
    return f"{zh}。" if lang == "zh" else f"{en}."


def missing(not_run: NotRun, lang: str) -> str:
    """What a rule found missing, in words."""
    at = 0 if lang == "zh" else 1
    named = dict.fromkeys(_term(path, at) for path in not_run.missing)
    return ("、" if lang == "zh" else ", ").join(named)


def _term(path: str, at: int) -> str:
    name, _, part = path.rpartition(".")
    if part in _PARTS and name.rpartition(".")[2] in _TERMS:
        return _TERMS[name.rpartition(".")[2]][at] + _PARTS[part][at]
    return _TERMS[part][at] if part in _TERMS else path


def templates(finding: Finding) -> tuple[tuple[str, str], tuple[str, str]]:
    """The texts of message and remedy in Chinese and English, their slots still open."""
    rule = _rule_of(finding)
    if rule is None:
        return (finding.rule, finding.rule), ("", "")
    return rule.variants.get(finding.variant, (rule.zh, rule.en)), (rule.remedy_zh, rule.remedy_en)


def term_pair(path: str) -> tuple[str, str] | None:
    """What the last part of a field's path is called in Chinese and English; ``None`` where that has no name."""
    return _TERMS.get(path.rpartition(".")[2])
