"""``perfxl explain``: a page of the rule book, a diagnosis, or a reason of rejection."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from inspect import cleandoc
from itertools import chain

import click

from ..diagnosis import HYPOTHESES
from ..finding import Rule
from ..rejection import REJECTIONS
from ..rules import BOOK
from .definitions import meant
from .rules import SEVERITIES
from .speech import Command, Speech

DIAGNOSES = {
    "T02": (
        "总分与执行率得分按另一预算列（如年初预算数）计算的结果一致。",
        "The total follows from another budget column.",
    ),
    "T03": (
        "总分漏加、多加或加错了某一项。",
        "The total leaves something out, counts it twice, or adds the wrong column.",
    ),
    "X05": ("执行率或其得分是按年初预算数计算的。", "The rate or its score is computed against the initial budget."),
}
"""Codes that are never findings: they say why a T01, X02 or X04 came about."""


def command(say: Speech) -> click.Command:
    """The command in the language of ``say``."""
    return Command(
        "explain",
        say,
        partial(run, say),
        (
            "讲解一条规则（如 T01）、一种成因（T02）或一种拒收（如 ENCRYPTED）。",
            "Explain a rule (T01), a diagnosis (T02), or a reason of rejection (ENCRYPTED).",
        ),
        [click.Argument(["code"], metavar="CODE")],
    )


def run(say: Speech, code: str) -> int:
    """Print the page."""
    wanted = code.upper()
    rules = [rule for rule in BOOK if rule.code == wanted]
    if rules:
        lines: Iterator[str] = chain.from_iterable(rule_page(rule, say) for rule in rules)
    elif wanted in DIAGNOSES:
        lines = diagnosis_page(wanted, say)
    elif wanted == "W01":
        lines = rejection_pages(say)
    elif wanted in REJECTIONS:
        lines = rejection_page(wanted, say)
    else:
        known = [*(rule.code for rule in BOOK), *DIAGNOSES, "W01", *REJECTIONS]
        raise click.UsageError(say(f"没有 {code} 这个代码。", f"No code {code!r}. ") + meant(code, known, say))
    for line in lines:
        click.echo(line)
    return 0


def _section(say: Speech, zh: str, en: str) -> str:
    return "\n" + click.style(say(zh, en), bold=True)


def rule_page(rule: Rule, say: Speech) -> Iterator[str]:
    """A rule: title, reason, what is said, what to do, basis, examples, whether the sheet checks it."""
    yield click.style(rule.code, bold=True) + "  " + say(rule.title_zh, rule.title_en)
    yield say(f"级别：{SEVERITIES[rule.severity]} {rule.severity}", f"severity: {rule.severity}")
    if rule.preview:
        yield say("预览：只在加 --preview 时核验。", "preview: runs only with --preview.")
    zh, en = rule.reason
    if zh or en:
        yield _section(say, "理由", "Why")
        yield say(zh or en, en or zh)
    yield _section(say, "提示语", "Message")
    yield say(rule.zh, rule.en)
    yield from (f"[{name}] {say(*texts)}" for name, texts in rule.variants.items())
    yield _section(say, "处理", "Remedy")
    yield say(rule.remedy_zh, rule.remedy_en)
    yield _section(say, "依据", "Basis")
    yield say("惯例", "customary") if rule.basis == "customary" else rule.basis
    if rule.examples:
        yield _section(say, "例", "Examples")
        for kind, example in rule.examples:
            yield f"{say('符合', 'Pass') if kind == 'Pass' else say('不符', 'Fail')}  {example}"
    yield _section(say, "表内自检", "Checked live in the sheet")
    yield say(rule.live_zh or "是", rule.live_en or "yes") if rule.live else say("否", "no")


def diagnosis_page(code: str, say: Speech) -> Iterator[str]:
    """A diagnosis: what it says, and the hypotheses behind it."""
    yield click.style(code, bold=True) + "  " + say(*DIAGNOSES[code])
    yield say(
        "这不是单独的问题，而是对 T01、X02 或 X04 的成因解释；它不改变结论。",
        "No finding of its own: it explains a T01, X02 or X04, and changes no verdict.",
    )
    yield _section(say, "依据的假设", "Hypotheses")
    for hypothesis in HYPOTHESES:
        if hypothesis.rule == code:
            first, *rest = cleandoc(hypothesis.guesses.__doc__ or "").splitlines()
            zh, _, en = first.partition("。")
            yield f"{say(zh + '。', en.strip())} ({', '.join(hypothesis.explains)})"
            for line in rest:
                example = line.removeprefix("Fits: ")
                if example != line and example.startswith(hypothesis.explains):
                    yield "  " + say("符合", "fits") + f"  {example}"


def rejection_pages(say: Speech) -> Iterator[str]:
    """W01: all reasons for which a file is not judged."""
    yield click.style("W01", bold=True) + "  " + say("文件无法核验。", "A file that cannot be judged.")
    yield say("原因记在结论的 code 中：", "The verdict's code says why:")
    for code in REJECTIONS:
        yield ""
        yield from rejection_page(code, say)


def rejection_page(code: str, say: Speech) -> Iterator[str]:
    """One reason, and what to do."""
    words = REJECTIONS[code]
    yield click.style(code, bold=True) + "  " + say(words.zh, words.en)
    yield say("处理：", "Do: ") + say(words.remedy_zh, words.remedy_en)
