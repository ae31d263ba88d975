"""One table of a definition while it is read: what it holds, what it should hold, and every mistake noted.

A broken definition reports all of its mistakes at once, each with its key, the value and what
may have been meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import cast

from .formula import FormulaError, parse, terms
from .noun import ordered_noun


@ordered_noun
class Mistake:
    """One mistake of a definition: the key, the value found, what is wrong, what may be meant."""

    key: str
    value: str
    zh: str
    en: str
    hint: str = ""


class BrokenDefinitionError(ValueError):
    """A definition with mistakes; ``mistakes`` holds all of them."""

    def __init__(self, source: str, mistakes: Iterable[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        super().__init__(f"{source}: " + "; ".join(f"{m.key} = {m.value}: {m.en}" for m in self.mistakes))


class Table:
    """One table of a definition while it is read; every mistake is noted, none is raised."""

    def __init__(self, data: Mapping[str, object], key: str, mistakes: list[Mistake]) -> None:
        self.data, self.key, self.mistakes, self.seen = data, key, mistakes, set[str]()

    def path(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name

    def wrong(self, name: str, zh: str, en: str, hint: str = "") -> None:
        self.mistakes.append(Mistake(self.path(name), repr(self.data.get(name, "")), zh, en, hint))

    def take(self, name: str, kind: type, words: tuple[str, str], default: object) -> object:
        self.seen.add(name)
        if name not in self.data:
            if default is _REQUIRED:
                self.wrong(name, "缺少这一项", "is missing")
                return kind()
            return default
        value = self.data[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong(name, f"应为{words[0]}", f"should be {words[1]}")
            return kind() if default is _REQUIRED else default
        return value

    def text(self, name: str, default: object = None) -> str:
        return cast(str, self.take(name, str, ("文字", "a text"), _REQUIRED if default is None else default))

    def whole(self, name: str, default: int | None = None, least: int = 0, most: int = 10_000) -> int:
        value = cast(int, self.take(name, int, ("整数", "a whole number"), _REQUIRED if default is None else default))
        if not least <= value <= most:
            self.wrong(name, f"应在 {least} 与 {most} 之间", f"should lie between {least} and {most}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        return cast(bool, self.take(name, bool, ("true 或 false", "true or false"), default))

    def amount(self, name: str, default: Decimal | None = None) -> Decimal | None:
        self.seen.add(name)
        if name not in self.data:
            return default
        return self.number(name, self.data[name])

    def number(self, name: str, value: object) -> Decimal:
        try:
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise InvalidOperation
            number = Decimal(value)
            if not number.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            self.wrong(name, "应为数（小数写作字符串）", 'should be a number (a decimal in quotes, "0.5")')
            return Decimal(0)
        return number

    def choice(self, name: str, known: Iterable[str], default: str | None = None) -> str:
        value = self.text(name, default)
        choices = tuple(known)
        if value not in choices and (value or self.data.get(name) == ""):
            self.wrong(
                name, f"应为其一：{'、'.join(choices)}", f"should be one of {', '.join(choices)}", near(value, choices)
            )
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts that may be left out."""
        found = cast("list[object]", self.take(name, list, ("列表", "a list"), []))
        if not all(isinstance(word, str) and word for word in found):
            self.wrong(name, "各项应为文字", "should hold texts")
            return ()
        return tuple(str(word) for word in found)

    def word(self, name: str) -> str:
        """A term of the definition's own, fit for formulas and names of cells."""
        value = self.text(name)
        if value and (value.strip(_LETTERS) or value[0] not in _LETTERS[:26]):
            self.wrong(name, "应为小写字母、数字、下划线", "should be of small letters, digits and underscores")
        return value

    def expression(self, name: str, known: Iterable[str], default: str | None = "") -> str | None:
        source = self.text(name, default)
        if not source:
            return None
        names = tuple(known)
        try:
            for term in sorted(terms(parse(source)) - set(names)):
                self.wrong(name, f"公式中没有 {term} 这一栏", f"the formula names no field {term!r}", near(term, names))
        except FormulaError as error:
            self.wrong(name, f"公式读不懂：{error}", f"the formula is not understood: {error}")
        return source

    def table(self, name: str) -> Table:
        inside = cast("dict[str, object]", self.take(name, dict, ("表", "a table"), _REQUIRED))
        return Table(inside, self.path(name), self.mistakes)

    def tables(self, name: str, default: object = None) -> list[Table]:
        found = cast(
            "list[object]", self.take(name, list, ("列表", "a list"), _REQUIRED if default is None else default)
        )
        tables = []
        for at, item in enumerate(found):
            if isinstance(item, dict):
                tables.append(Table(item, f"{self.path(name)}[{at}]", self.mistakes))
            else:
                self.wrong(name, f"第 {at + 1} 项应为表", f"item {at + 1} should be a table")
        if not found and default is None and name in self.data:
            self.wrong(name, "不可为空", "should not be empty")
        return tables

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for name in self.data:
            if name not in self.seen:
                self.wrong(name, "没有这一项", "is no key of a definition", near(name, self.seen))


_REQUIRED = object()
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


def near(word: str, known: Iterable[str]) -> str:
    """What may have been meant: the nearest known word, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else ""
