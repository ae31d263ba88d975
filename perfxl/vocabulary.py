"""The wordings of labels, kept as data in ``templates/vocabulary.toml``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast

from .form import Form
from .number import SHORT, squeeze
from .pattern import pattern
from .shipped import shipped_table

LONGEST_LABEL = 40
"""Characters without spaces; a longer text is no label."""

_BRACKETS = pattern(r"[(\[【〔][^)\]】〕]*[)\]】〕]")
_NUMBERED = pattern(r"^(?:[一二三四五六七八九十]{1,3}[、.]|\d{1,2}[、.](?!\d)|[①-⑳])+")
_LETTER = pattern(r"[A-Z]$")
_TRAILING = ":。,、*:;"


def bare_label(text: str) -> str:
    """A label as it is compared: half width, no spaces, no trailing colon, nothing in brackets."""
    return _bare(text) if len(text) <= SHORT else _bare_long(text)


def _bare_label(text: str) -> str:
    return _BRACKETS.sub("", squeeze(text)).strip(_TRAILING)


_bare, _bare_long = lru_cache(maxsize=512)(_bare_label), lru_cache(maxsize=32)(_bare_label)


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]]]:
    return cast("dict[str, dict[str, list[str]]]", shipped_table("vocabulary.toml"))


class Group:
    """One group of the vocabulary: whole wordings to terms, and one expression that tells the rest."""

    __slots__ = ("patterns", "ranks", "terms", "words")

    def __init__(self, words: dict[str, str], terms: tuple[str, ...], patterns: re.Pattern[str] | None) -> None:
        self.words, self.terms, self.patterns = words, terms, patterns
        self.ranks = {word: at for at, word in enumerate(words)}

    def rank(self, text: str) -> int:
        """How near a label is to the usual wording: of two for one field the lower rank counts."""
        label = squeeze(text).strip(_TRAILING)
        return self.ranks.get(label, self.ranks.get(bare_label(text), len(self.ranks)))

    def find(self, label: str) -> str | None:
        """The term of a label as it stands."""
        found = self.words.get(label)
        if found is not None or self.patterns is None or not label:
            return found
        told = self.patterns.fullmatch(label)
        # each pattern is a group of that number, which closes last
        return self.terms[int(told.lastgroup[1:])] if told and told.lastgroup else None


@lru_cache(maxsize=16)
def group(name: str) -> Group:
    """A group of the vocabulary by its name."""
    words: dict[str, str] = {}
    terms: list[str] = []
    patterns: list[str] = []
    for term, wordings in _table()[name].items():
        for wording in wordings:
            if wording.startswith("~"):
                patterns.append(f"(?P<_{len(terms)}>{wording[1:]})")
                terms.append(term)
            else:
                words.setdefault(squeeze(wording).strip(_TRAILING), term)
    return Group(words, tuple(terms), re.compile("|".join(patterns)) if patterns else None)


@lru_cache(maxsize=64)
def of_form(form: Form, name: str) -> Group:
    """The group with the form's own labels first: a definition's wording always counts."""
    own = {
        "header": [(entry.label, entry.term) for row in form.header for entry in row if "." not in entry.term],
        "fund_columns": [(column.label, column.term) for column in form.fund_columns],
        "fund_rows": [(row.label, row.term) for row in form.fund_rows],
        "goals": [(form.expected_label, "expected_goal"), (form.actual_label, "actual_result")],
        "indicator_columns": [(column.label, column.term) for column in form.columns],
        "total": [(form.total_label, "total")],
        "sign_off": [(entry.label, entry.term) for entry in form.signed],
    }.get(name, [])
    given = group(name)
    words = dict(given.words)
    for label, term in own:
        words[squeeze(label).strip(_TRAILING)] = term
        words[bare_label(label)] = term
        words.setdefault(without_prefix(bare_label(label)), term)
    return Group(words, given.terms, given.patterns)


def term_in(given: Group, text: str) -> str | None:
    """The term that a printed label stands for in a group, ``None`` where it stands for none.

    ``得分(审核)``, ``3.其中：财政拨款（万元）`` and ``执 行 数 B`` are read; a long text is no label.
    """
    return _term(given, text) if len(text) <= SHORT else _term_long(given, text)


def _term_in(given: Group, text: str) -> str | None:
    label = squeeze(text).strip(_TRAILING)
    if not label or len(label) > LONGEST_LABEL or label.isascii():
        return None
    bare = bare_label(text)
    plain = _NUMBERED.sub("", bare)
    for wording in dict.fromkeys(
        (label, bare, plain, without_prefix(bare), _LETTER.sub("", bare), without_prefix(plain))
    ):
        found = given.find(wording)
        if found is not None:
            return found
    return None


_term, _term_long = lru_cache(maxsize=1024)(_term_in), lru_cache(maxsize=128)(_term_in)


@lru_cache(maxsize=512)
def without_prefix(label: str) -> str:
    """``其中:当年财政拨款`` to ``当年财政拨款``."""
    for prefix in _table()["words"]["prefixes"]:
        if label.startswith(prefix):
            return label[len(prefix) :].lstrip(":")
    return label


def without_number(label: str) -> str:
    """``一、产出指标`` to ``产出指标``."""
    return _NUMBERED.sub("", squeeze(label))


def is_title(text: str) -> bool:
    """Whether a cell is the heading of a self-evaluation form."""
    if len(text) > 200:
        return False
    label, words = squeeze(text), _table()["words"]
    return (
        len(label) <= 60
        and any(word in label for word in words["title"])
        and not any(bare_label(text).endswith(word) for word in words["not_title"])
        and not label.startswith(("注:", "附件:"))
    )


def is_of_other_stage(text: str) -> bool:
    """Whether a cell is the heading of a form of another stage: 目标申报表, 运行监控表 and the like."""
    if len(text) > 200 or is_title(text):
        return False
    label = squeeze(text)
    return len(label) <= 60 and any(word in label for word in _table()["words"]["other_stage"])


def is_block(text: str) -> bool:
    """Whether a cell is one of the printed block labels (绩效指标, 年度总体目标)."""
    label = bare_label(text)
    return label in _blocks() or _NUMBERED.sub("", label) in _blocks()


@lru_cache(maxsize=1)
def _blocks() -> frozenset[str]:
    return frozenset(_table()["words"]["block"])


def is_note(text: str) -> bool:
    """Whether a text is a note under the form (``注：…``, ``填表说明：…``)."""
    return _notes().match(squeeze(text[:80])) is not None


@lru_cache(maxsize=1)
def _notes() -> re.Pattern[str]:
    words = "|".join(_table()["words"]["note"])
    return re.compile(rf"(?:{words})(?:[\d一二三四五]?[:.、]|$)")


def level_of(text: str) -> int | None:
    """1 or 2 where a text is the name of a customary 一级 or 二级指标, else ``None``."""
    if len(text) > LONGEST_LABEL:
        return None
    label = bare_label(text).removesuffix("指标")
    words = _table()["words"]
    if label in words["level_1"]:
        return 1
    return 2 if label in words["level_2"] else None
