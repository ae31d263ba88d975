"""Findings, verdicts, and how a rule is declared.

A failure is data: rule, field, cell, expected, actual, difference, facts.  The words
are kept beside the rule, in Chinese and English, and are put together when they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .noun import NamedTuple, noun, ordered_noun
from .noun import field as default
from .number import plain
from .pattern import pattern
from .record import SelfEvaluation

if TYPE_CHECKING:
    from .drawing import Drawing

Fact = Decimal | str | int | None
Status = Literal["pass", "notes", "fail", "rejected", "internal_error"]
Over = Literal[
    "form", "funds", "total", "columns", "indicators", "cells", "texts", "submission", "differences", "issued",
    "waivers", "returns", "units", "copies", "summaries", "things", "claims", "registers", "years",
]  # fmt: skip
"""What a rule is about: the first nine are of one form, the others groups of the forms of a batch."""


class Severity(StrEnum):
    """How grave 严重程度: return the form, look at it, or style."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """3 for an error, 1 for an info."""
        return {"error": 3, "warning": 2, "info": 1}[self.value]


@ordered_noun
class Breach:
    """What a rule yields: the field (within its subject), both values, and facts for the words.

    ``severity`` is given only where one rule has two; ``difference`` is actual less expected
    unless given; ``variant`` picks another text of the rule.
    """

    field: str
    expected: Fact = None
    actual: Fact = None
    difference: Decimal | None = None
    severity: Severity | None = None
    facts: Mapping[str, Fact] = default(default_factory=dict)
    variant: str = ""


@noun
class Diagnosis:
    """Why a figure is what it is 差错成因: a hypothesis reproduces it at the printed precision.

    ``state`` is ``explained`` (one fits), ``ambiguous`` (several: the rest are ``alternatives``)
    or ``unexplained``.  ``rule`` is T02, T03, X05 or ``None``; ``name`` is a key of
    ``diagnosis.WORDS``.
    """

    state: Literal["explained", "ambiguous", "unexplained"]
    name: str = ""
    rule: str | None = None
    facts: Mapping[str, Fact] = default(default_factory=dict)
    alternatives: tuple[Diagnosis, ...] = ()


@noun
class Waiver:
    """豁免: a finding of ``rule`` that somebody has accepted, for a reason, to the end of ``expires``.

    ``file`` (with ``*`` and ``?``), ``project`` and ``unit`` say of which form, ``sheet``, ``cell`` and
    ``field`` where in it; ``None`` is anywhere.  Days are written ``2026-12-31``.  ``source`` and
    ``number`` are the file and the place in it.
    """

    rule: str
    reason: str
    approver: str
    expires: str
    file: str | None = None
    project: str | None = None
    unit: str | None = None
    sheet: str | None = None
    cell: str | None = None
    field: str | None = None
    source: str = ""
    number: int = 0


@noun
class Finding:
    """核验问题: one broken rule at one place. ``cell`` is ``H31``, or ``None`` where there is no cell.

    One that is ``waived`` is kept, and no longer counts.
    """

    rule: str
    severity: Severity
    sheet: str
    cell: str | None
    field: str
    expected: Fact = None
    actual: Fact = None
    difference: Decimal | None = None
    facts: Mapping[str, Fact] = default(default_factory=dict)
    variant: str = ""
    caused_by: tuple[str, str | None] | None = None
    diagnosis: Diagnosis | None = None
    waived: Waiver | None = None


@noun
class Place:
    """A cell of a form of the batch; ``cell`` is ``None`` where the form as a whole is meant."""

    file: str
    sheet: str
    cell: str | None = None


@noun
class BatchFinding:
    """核验问题 across forms 跨表问题: what is wrong, and all the places where it shows.

    ``finding`` has neither sheet nor cell.  ``places`` may be kept on disk: walk through them, do not copy.
    """

    finding: Finding
    places: Collection[Place]


@noun
class BatchNotRun:
    """A rule across forms that could not be applied, what was missing, and to how many forms."""

    rule: str
    missing: tuple[str, ...]
    forms: int


class Across(NamedTuple):
    """What the rules over a batch say once all its forms are there; to be walked through once, in this order."""

    findings: Iterable[BatchFinding]
    not_run: Iterable[BatchNotRun]


@noun
class NotRun:
    """A rule that could not be applied at a place, and what was missing."""

    rule: str
    cell: str | None
    field: str
    missing: tuple[str, ...]


@noun
class NotUnderstood:
    """A cell inside the form that was not placed: its address and what stands in it."""

    cell: str
    text: str


@noun
class Understood:
    """A printed label that led to a field: the field (``indicators[].actual``), the label as printed,
    its cell, and the first cell of what it leads to."""

    field: str
    label: str
    cell: str
    leads_to: str


@noun
class Choice:
    """By which definition a form was judged that was read by its labels, and why.

    ``form`` is the definition taken, ``general`` where none was: what is printed on the sheet then
    counts, and the rest is said of the ``nearest``.  The sheet carries ``matched`` of its ``labels``
    letter for letter; ``absent`` are those that were not found, ``extra`` what of the sheet has no
    place in it.
    """

    form: str
    nearest: str
    matched: int
    labels: int
    absent: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


@noun
class Verdict:
    """核验结论 on one form sheet, or on a file that could not be judged (``code``, ``where``).

    ``grade`` is the 评级 that the form's bands give the total as it was stated; ``drawing`` is the
    sheet to be drawn again, ``cells`` the cell of each field by its path (``total_score``: ``H31``),
    where these were asked for.
    """

    file: str
    sheet: str | None = None
    sha256: str | None = None
    status: Status
    code: str | None = None
    where: str = ""
    form: str | None = None
    form_reason: Literal["stamp", "labels", "option"] | None = None
    stamp: str | None = None
    not_understood: tuple[NotUnderstood, ...] = ()
    record: SelfEvaluation | None = None
    findings: tuple[Finding, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    grade: str | None = None
    drawing: Drawing | None = None
    understood: tuple[Understood, ...] = ()
    choice: Choice | None = None
    cells: Mapping[str, str] = default(default_factory=dict)


@noun
class Rule:
    """A rule of the book 核验规则.

    ``over`` says what the function is called with; where ``applies`` says no, the rule has nothing
    to say and is kept; ``needs`` are paths of the subject that must not be blank, else the rule is
    *not run* there (``denominator`` stands for the budget that the form divides by).  ``places`` are
    fields whose blank is what the rule speaks of: on a sheet that has no such field it is *not run*.
    ``live`` is the expression by which the sheet itself decides the rule, with the answers of
    ``formula``; its words are ``live_zh`` and ``live_en``.  A ``preview`` rule may accuse in vain more often than the
    others: it runs only where it is asked for.
    """

    code: str
    over: Over
    severity: Severity
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    basis: str
    needs: tuple[str, ...]
    function: Callable[..., Iterator[Breach]]
    live: str | None = None
    live_zh: str = ""
    live_en: str = ""
    variants: Mapping[str, tuple[str, str]] = default(default_factory=dict)
    applies: Callable[..., bool] | None = None
    preview: bool = False
    places: tuple[str, ...] = ()

    @property
    def title_zh(self) -> str:
        """The first sentence of the docstring: the Chinese title."""
        return self._first_line[0]

    @property
    def title_en(self) -> str:
        """The second sentence of the docstring: the English title."""
        return self._first_line[1]

    @property
    def _first_line(self) -> tuple[str, str]:
        line = (self.function.__doc__ or "").strip().split("\n", 1)[0]
        zh, _, en = line.partition("。")
        return zh + "。", en.strip()

    @property
    def reason(self) -> tuple[str, str]:
        """The longer reason in Chinese and English: the paragraphs of the docstring below its first line."""
        from inspect import cleandoc  # slow to import, and asked for by explain only

        body = "".join(_EXAMPLE.split(cleandoc(self.function.__doc__ or "").partition("\n")[2])[::3])
        zh, en = list[str](), list[str]()
        for paragraph in filter(None, (part.strip() for part in body.split("\n\n"))):
            # a Chinese paragraph is folded without blanks
            is_zh = paragraph[0] >= "\u2e80" or paragraph[0] in "“《"
            (zh if is_zh else en).append(_FOLD_ZH.sub("", paragraph) if is_zh else " ".join(paragraph.split()))
        return "\n".join(zh), "\n".join(en)

    @property
    def examples(self) -> tuple[tuple[Literal["Pass", "Fail"], str], ...]:
        """The ``Pass:`` and ``Fail:`` lines of the docstring, which the tests run."""
        found = _EXAMPLE.findall(self.function.__doc__ or "")
        return tuple((outcome, _GOES_ON.sub(" ", text)) for outcome, text in found)


# An example of several forms goes on in lines that begin with a bar.
_EXAMPLE = pattern(r"^\s*(Pass|Fail): (.*(?:\n\s*\| .*)*)$", re.MULTILINE)
_GOES_ON = pattern(r"\n\s*(?=\| )")
_FOLD_ZH = pattern(r"\s*\n\s*")


def rule(
    code: str,
    *,
    over: Over,
    severity: Severity,
    zh: str,
    en: str,
    remedy: tuple[str, str],
    basis: str = "customary",
    needs: tuple[str, ...] = (),
    live: str | None = None,
    live_words: tuple[str, str] = ("", ""),
    variants: Mapping[str, tuple[str, str]] | None = None,
    applies: Callable[..., bool] | None = None,
    preview: bool = False,
    places: tuple[str, ...] = (),
) -> Callable[[Callable[..., Iterator[Breach]]], Rule]:
    """Declare a rule: the page of the rule book on top, the check below it.

    The texts may name ``{expected}``, ``{actual}``, ``{difference}`` and every fact of the breach.
    ``remedy`` says what to do, in Chinese and English; ``variants`` are further texts by name.
    """

    def declare(function: Callable[..., Iterator[Breach]]) -> Rule:
        return Rule(
            code=code,
            over=over,
            severity=severity,
            zh=zh,
            en=en,
            remedy_zh=remedy[0],
            remedy_en=remedy[1],
            basis=basis,
            needs=needs,
            function=function,
            live=live,
            live_zh=live_words[0],
            live_en=live_words[1],
            variants=variants or {},
            applies=applies,
            preview=preview,
            places=places,
        )

    return declare


_Given = TypeVar("_Given")


def given(value: _Given | None) -> _Given:
    """A value that the ``needs`` of a rule promise: never blank when the rule runs."""
    if value is None:
        raise AssertionError("a rule ran without a value that it needs")
    return value


def fact_text(fact: Any) -> str:
    """A fact as it stands in a message: plain decimal notation, an en dash for a blank."""
    if fact is None:
        return "–"
    return plain(fact) if isinstance(fact, Decimal) else str(fact)
