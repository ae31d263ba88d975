"""What a mail server's reply means: a table (``templates/mail/replies.toml``), read from the top."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import Literal, NamedTuple, cast

from ..form import template_text

Stage = Literal["connect", "greeting", "ehlo", "tls", "auth", "mail", "rcpt", "data", "body", "end"]
"""How far a conversation came; ``end`` is the reply to the final dot."""

Means = Literal["sent", "refused", "deferred", "pause", "stop"]


class Reply(NamedTuple):
    """A reply: at which stage, its code (0 where there was none), its text, and whose it is."""

    stage: Stage
    code: int
    text: str
    address: str = ""

    def __str__(self) -> str:
        who = f" {self.address}" if self.address else ""
        return f"{self.stage}{who}: {self.code or ''} {self.text}".strip()[:500]


class Meaning(NamedTuple):
    """What to do, and the words for it."""

    means: Means
    zh: str
    en: str


class _Line(NamedTuple):
    stage: str
    code: str
    says: tuple[str, ...]
    meaning: Meaning


@lru_cache(maxsize=1)
def _table() -> tuple[_Line, ...]:
    lines = []
    for line in tomllib.loads(template_text("mail/replies.toml"))["reply"]:
        meaning = Meaning(cast(Means, line["means"]), line["zh"], line["en"])
        lines.append(_Line(line.get("stage", ""), line["code"], tuple(line.get("says", ())), meaning))
    return tuple(lines)


def meaning_of(reply: Reply, rate_marks: tuple[str, ...] = ()) -> Meaning:
    """What a reply means; ``rate_marks`` are the provider's own words for "too fast"."""
    if 200 <= reply.code < 300:
        return Meaning("sent", "已收下", "accepted")
    code, text = f"{reply.code:03d}", reply.text.casefold()
    for line in _table():
        if line.stage not in ("", reply.stage):
            continue
        if not all(want in ("x", have) for want, have in zip(line.code, code, strict=True)):
            continue
        if not line.says or any(mark.casefold() in text for mark in _marks(line.says, rate_marks)):
            return line.meaning
    return Meaning("deferred", "看不懂的回复，稍后再发", "a reply that makes no sense; tried again later")


def _marks(says: tuple[str, ...], rate_marks: tuple[str, ...]) -> list[str]:
    return [mark for said in says for mark in (rate_marks if said == "{rate}" else (said,))]
