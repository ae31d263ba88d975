"""The wordings of labels, kept as data in ``templates/vocabulary.toml``."""

from __future__ import annotations

import tomllib
from functools import lru_cache

from .form import Form, template_text
from .number import squeeze
from .pattern import pattern

_BRACKETS = pattern(r"[(\[【][^)\]】]*[)\]】]")


@lru_cache(maxsize=4096)
def bare_label(text: str) -> str:
    """A label as it is compared: half width, no spaces, no trailing colon, nothing in brackets."""
    return _BRACKETS.sub("", squeeze(text)).rstrip(":。,、*")


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(template_text("vocabulary.toml"))


@lru_cache(maxsize=16)
def wordings(group: str) -> dict[str, str]:
    """Bare label to term, for one group of the vocabulary."""
    return {bare_label(word): term for term, words in _table()[group].items() for word in words}


@lru_cache(maxsize=64)
def of_form(form: Form, group: str) -> dict[str, str]:
    """The same, with the form's own labels added: a definition's wording always counts."""
    found = dict(wordings(group)) if group in _table() else {}
    own = {
        "header": [(entry.label, entry.term) for row in form.header for entry in row],
        "fund_columns": [(column.label, column.term) for column in form.fund_columns],
        "fund_rows": [(row.label, row.term) for row in form.fund_rows],
        "goals": [(form.expected_label, "expected_goal"), (form.actual_label, "actual_result")],
        "indicator_columns": [(column.label, column.term) for column in form.columns],
        "total": [(form.total_label, "total")],
        "sign_off": [(entry.label, entry.term) for entry in form.sign_off],
    }
    for label, term in own[group]:
        found[bare_label(label)] = term
        found.setdefault(without_prefix(bare_label(label)), term)
    return found


@lru_cache(maxsize=4096)
def without_prefix(label: str) -> str:
    """``其中:当年财政拨款`` to ``当年财政拨款``."""
    for prefix in _table()["words"]["prefixes"]:
        if label.startswith(prefix):
            return label[len(prefix) :]
    return label


def is_title(text: str) -> bool:
    """Whether a cell is the heading of a self-evaluation form."""
    label = squeeze(text)
    return len(label) <= 60 and any(word in label for word in _table()["words"]["title"])


def is_block(text: str) -> bool:
    """Whether a cell is one of the printed block labels (绩效指标, 年度总体目标)."""
    return bare_label(text) in _table()["words"]["block"]
