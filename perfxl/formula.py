"""One expression for each computed cell, read twice: to Excel text, and to a ``Decimal``.

The language of a definition: numbers, ``'text'``, terms (``annual_budget``,
``indicators.score``), ``+ - * / &``, comparisons, ``and or not`` and the functions
of ``FUNCTIONS``.  It compiles only to functions that Excel 2007, WPS and
LibreOffice know.  A blank counts as 0 in arithmetic, as it does in a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from .noun import ordered_noun
from .number import NO_ANSWERS, half_up, neat
from .pattern import pattern
from .sheet import Value

HOLDS, BROKEN, OPEN = "√", "×", "○"
"""The three answers of the live self-check: holds, broken, not decided in the sheet."""

_WORDS = {"holds": HOLDS, "broken": BROKEN, "undecided": OPEN}
_TOKEN = pattern(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|'(?P<text>[^']*)'|(?P<name>\w[\w.]*)|(?P<sign><=|>=|<>|[-+*/&(),=<>]))"
)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz_")
_DIGITS = frozenset("0123456789")
_SMALL = _LETTERS | _DIGITS


def is_name(word: str) -> bool:
    """Whether a word may name a term of a definition's own: small letters, 汉字, digits and _."""
    return bool(word) and "." not in word and _length_of_name(word) == len(word)


def _length_of_name(word: str) -> int:
    """How much of a word is a name: small letters, 汉字, digits and _, then parts behind dots without 汉字.

    An expression with that range of letters takes as long to compile as all formulas of a form take to read.
    """
    head, *parts = word.split(".")
    if not parts and word[0] in _LETTERS and _SMALL.issuperset(word):
        return len(word)
    end = 0
    while end < len(head) and (head[end] in _LETTERS or "一" <= head[end] <= "鿿" or (end and head[end] in _DIGITS)):
        end += 1
    if end < len(head):
        return end
    for part in parts:
        size = 0
        while size < len(part) and (part[size] in _LETTERS or part[size] in _DIGITS):
            size += 1
        end += 1 + size if size else 0
        if size < len(part) or not size:
            break
    return end


class FormulaError(ValueError):
    """An expression that is not of the language: what is wrong, and where."""


class UncomputableError(ArithmeticError):
    """A value that a sheet would show as an error: its text, ``#DIV/0!`` or ``#VALUE!``."""


@ordered_noun
class Number:
    """A constant number."""

    value: Decimal


@ordered_noun
class Text:
    """A constant text."""

    value: str


@ordered_noun
class Term:
    """A field of the form, or a column of them."""

    name: str


@ordered_noun
class Call:
    """An operator or a function with its arguments."""

    name: str
    arguments: tuple[Expression, ...]


Expression = Number | Text | Term | Call

FUNCTIONS: dict[str, tuple[int, int]] = {
    "sum": (1, 99),
    "min": (1, 99),
    "max": (1, 99),
    "count": (1, 99),
    "round": (2, 2),
    "if": (3, 3),
    "not": (1, 1),
    "blank": (1, 1),
    "proportion": (4, 4),
    "tally": (2, 2),
    "figure": (1, 1),
    "percent": (1, 1),
    "unanswered": (1, 1),
    "unexplained": (1, 1),
}
"""Functions with their least and greatest number of arguments."""


class _Parser:
    """Precedence climbing over the tokens of one expression."""

    LEVELS = (("or",), ("and",), ("=", "<>", "<", "<=", ">", ">="), ("&",), ("+", "-"), ("*", "/"))
    RANKS = {sign: rank for rank, signs in enumerate(LEVELS) for sign in signs}

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while source[at:].strip():
            found = _TOKEN.match(source, at)
            if found is None:
                raise FormulaError(f"{source!r}: not understood at {source[at:].strip()[:12]!r}")
            kind = str(found.lastgroup)
            word, at = found[kind], found.end()
            if kind == "name" and (length := _length_of_name(word)) < len(word):
                if not length:
                    raise FormulaError(f"{source!r}: not understood at {source[found.start(kind) :][:12]!r}")
                word, at = word[:length], found.start(kind) + length
            self.tokens.append((kind, word))
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> tuple[str, str]:
        if self.at >= len(self.tokens) or (wanted is not None and self.peek() != wanted):
            raise FormulaError(f"{self.source!r}: expected {wanted or 'a value'!r} before {self.peek() or 'the end'!r}")
        self.at += 1
        return self.tokens[self.at - 1]

    def level(self, least: int = 0) -> Expression:
        """A value and all that is bound to it at least so firmly."""
        left = self.unary()
        while self.at < len(self.tokens):
            kind, sign = self.tokens[self.at]
            rank = -1 if kind == "text" else self.RANKS.get(sign, -1)
            if rank < least:
                break
            self.at += 1
            left = Call(sign, (left, self.level(rank + 1)))
        return left

    def unary(self) -> Expression:
        if self.peek() == "-":
            self.take()
            return Call("-", (Number(Decimal(0)), self.unary()))
        kind, word = self.take()
        if kind == "number":
            return Number(Decimal(word))
        if kind == "text":
            return Text(word)
        if word == "(":
            inside = self.level()
            self.take(")")
            return inside
        if kind != "name":
            raise FormulaError(f"{self.source!r}: a value cannot begin with {word!r}")
        if word in _WORDS:
            return Text(_WORDS[word])
        return self.call(word) if self.peek() == "(" else Term(word)

    def call(self, name: str) -> Expression:
        if name not in FUNCTIONS:
            raise FormulaError(f"{self.source!r}: there is no function {name!r}; known: {', '.join(sorted(FUNCTIONS))}")
        self.take("(")
        arguments = [self.level()]
        while self.peek() == ",":
            self.take()
            arguments.append(self.level())
        self.take(")")
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise FormulaError(f"{self.source!r}: {name} takes {least} to {most} arguments, not {len(arguments)}")
        return proportion(*arguments) if name == "proportion" else Call(name, tuple(arguments))


@lru_cache(maxsize=512)
def parse(source: str) -> Expression:
    """Read an expression. Raises ``FormulaError`` with the place and what would be right."""
    parser = _Parser(source)
    tree = parser.level()
    if parser.peek():
        raise FormulaError(f"{source!r}: {parser.peek()!r} is left over")
    return tree


def proportion(part: Expression, whole: Expression, of: Expression, places: Expression) -> Expression:
    """``min(part / whole, 1) * of``, half-up to 2 decimals, in whole hundredths and cents.

    ``places`` are the decimals of ``part`` and ``whole``.  With integers on both sides the
    quotient at a rounding edge is exactly a half, so that no binary fraction decides.
    """
    if not isinstance(places, Number):
        raise FormulaError("proportion: the decimals of the amounts are a constant")
    scale, hundred, zero = Number(Decimal(10) ** int(places.value)), Number(Decimal(100)), Number(Decimal(0))

    def whole_units(x: Expression, by: Number) -> Expression:
        return Call("round", (Call("*", (x, by)), zero))

    full = whole_units(of, hundred)
    share = Call("/", (Call("*", (whole_units(part, scale), full)), whole_units(whole, scale)))
    return Call("/", (Call("round", (Call("min", (share, full)), zero)), hundred))


def terms(tree: Expression) -> frozenset[str]:
    """The names of all fields that the expression reads."""
    if isinstance(tree, Term):
        return frozenset({tree.name})
    if isinstance(tree, Call):
        return frozenset().union(*(terms(argument) for argument in tree.arguments))
    return frozenset()


@lru_cache(maxsize=512)
def terms_of(source: str) -> tuple[str, ...]:
    """The names of all fields that an expression reads, in order of the alphabet."""
    return tuple(sorted(terms(parse(source))))


QUESTIONS = ("blank", "percent", "unanswered", "unexplained")
"""Functions of one value that answer yes or no."""


@lru_cache(maxsize=512)
def questions_of(source: str) -> Mapping[str, tuple[str, ...]]:
    """The names of fields of which an expression asks nothing but questions, and which: of a long text that is
    only asked whether it is blank, nothing else matters."""
    asked: dict[str, set[str]] = {}

    def walk(node: Expression, question: str) -> None:
        if isinstance(node, Term):
            asked.setdefault(node.name, set()).add(question)
        elif isinstance(node, Call):
            for argument in node.arguments:
                walk(argument, node.name if node.name in QUESTIONS else "")

    walk(parse(source), "")
    return {name: tuple(sorted(found)) for name, found in asked.items() if "" not in found}


def answer(question: str, value: Value) -> bool:
    """The answer to one of ``QUESTIONS``."""
    return bool(_ONE_BY_ONE[question](value))


# ---- to Excel ---------------------------------------------------------------------------

Places = Callable[[str], Sequence[str]]
"""Gives the references of a term, ``["G6"]`` or ``["G6", "H13:H30"]``."""

_NO_ANSWER_LIST = "¦" + "¦".join(sorted(NO_ANSWERS)) + "¦"
_BLANKS = " \u3000\u00a0\u2002\u2003\u2009\t\n\r"
"""The blanks that the sheet takes out of an answer: those of keyboards, and those that pasting brings."""
_BINARY = {"+", "-", "*", "/", "&", "=", "<>", "<", "<=", ">", ">="}
_RANK = {"=": 1, "<>": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4}


def quote(text: str) -> str:
    """A text constant of an Excel formula."""
    return '"' + text.replace('"', '""') + '"'


def to_excel(tree: Expression, places: Places) -> str:
    """The formula for a sheet, without the leading ``=``."""

    def write(node: Expression, rank: int = 0) -> str:
        if isinstance(node, Number):
            return neat(node.value)
        if isinstance(node, Text):
            return quote(node.value)
        if isinstance(node, Term):
            return ",".join(places(node.name))
        if node.name in _BINARY:
            mine = _RANK[node.name]
            left, right = node.arguments
            text = f"{write(left, mine)}{node.name}{write(right, mine + 1)}"
            return f"({text})" if mine < rank else text
        text = _excel_call(node.name, [write(argument) for argument in node.arguments])
        return f"({text})" if rank and node.name in ("blank", "percent") else text

    return write(tree)


def _excel_call(name: str, arguments: list[str]) -> str:
    x = arguments[0]
    if name == "blank":
        return f'{x}=""'
    if name == "tally":
        return f"COUNTIF({x},{arguments[1]})"
    if name == "percent":
        return f'RIGHT({x},1)="%"'
    if name == "figure":
        y = f'SUBSTITUTE({x},"%","")'
        v = f"VALUE({y})"
        same = f'OR({y}={v}&"",{y}=TEXT({v},"0.0"),{y}=TEXT({v},"0.00"))'
        size = f'LEN({y})<11,OR({x}={y},{x}={y}&"%"),OR({v}=0,{v}>=0.001)'
        return f'IFERROR(IF(AND(ISTEXT({x}),{size},{same}),{v},""),"")'
    if name in ("unanswered", "unexplained"):
        bare = f'SUBSTITUTE({x},"¦","|")'
        for blank in _BLANKS:
            found = f"CHAR({ord(blank)})" if blank < " " else quote(blank)
            bare = f'SUBSTITUTE({bare},{found},"")'
        listed = _NO_ANSWER_LIST + ("0¦" if name == "unexplained" else "")
        return f'ISNUMBER(FIND("¦"&LOWER({bare})&"¦",{quote(listed)}))'
    return f"{name.upper()}({','.join(arguments)})"


# ---- to Decimal -------------------------------------------------------------------------

Values = Callable[[str], Sequence[Value]]
"""Gives the values of a term: one for a field, many for a column."""


def evaluate(tree: Expression, values: Values) -> Value:
    """The value that a sheet would show, computed in ``Decimal``.

    Raises ``UncomputableError`` where a sheet would show an error value.
    """
    if isinstance(tree, Number | Text):
        return tree.value
    if isinstance(tree, Term):
        found = values(tree.name)
        if len(found) != 1:
            raise FormulaError(f"{tree.name} is a column; only sum, min, max, count and tally take one")
        return found[0]
    name, arguments = tree.name, tree.arguments
    if name == "if":
        return evaluate(arguments[1 if _truth(evaluate(arguments[0], values)) else 2], values)
    if name in ("and", "or"):
        results = [_truth(evaluate(argument, values)) for argument in arguments]
        return all(results) if name == "and" else any(results)
    if name in _OVER_MANY:
        return _OVER_MANY[name](_numbers(arguments, values))
    if name == "tally":
        column = values(arguments[0].name) if isinstance(arguments[0], Term) else ()
        wanted = evaluate(arguments[1], values)
        return Decimal(sum(1 for value in column if value == wanted))
    return _ONE_BY_ONE[name](*(evaluate(argument, values) for argument in arguments))


def _numbers(arguments: Sequence[Expression], values: Values) -> list[Decimal]:
    """The numbers among fields and columns; text and blanks in cells are passed over, as SUM does."""
    found: list[Decimal] = []
    for argument in arguments:
        if isinstance(argument, Term):
            found += [value for value in values(argument.name) if isinstance(value, Decimal)]
        else:
            found.append(_number(evaluate(argument, values)))
    return found


def _number(value: Value) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if value is None or isinstance(value, bool):
        return Decimal(bool(value))
    raise UncomputableError("#VALUE!")


def _truth(value: Value) -> bool:
    return bool(value) if isinstance(value, bool) else _number(value) != 0


def _divide(left: Value, right: Value) -> Decimal:
    divisor = _number(right)
    if divisor == 0:
        raise UncomputableError("#DIV/0!")
    return _number(left) / divisor


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return "" if value is None else neat(value) if isinstance(value, Decimal) else value


def _compare(left: Value, right: Value) -> int:
    """-1, 0 or 1 as a sheet orders values: a number comes before any text; a blank takes the other's kind."""
    if left is None:
        left = "" if isinstance(right, str) else Decimal(0)
    if right is None:
        right = "" if isinstance(left, str) else Decimal(0)
    if isinstance(left, str) and isinstance(right, str):
        a, b = left.casefold(), right.casefold()
        return (a > b) - (a < b)
    if isinstance(left, str) or isinstance(right, str):
        return 1 if isinstance(left, str) else -1
    return (left > right) - (left < right)


_PLAIN_FIGURE = pattern(r"(0|[1-9]\d*)(?:\.(\d+))?", re.ASCII)


def _figure(value: Value) -> Value:
    """A text that is a plain number or percentage, as the sheet itself can read it; else ``''``."""
    if not isinstance(value, str):
        return ""
    bare = value.removesuffix("%")
    found = _PLAIN_FIGURE.fullmatch(bare)
    if found is None or len(bare) > 10 or (found[2] and len(found[2]) > 2 and found[2].endswith("0")):
        return ""
    number = Decimal(bare)
    return number if number == 0 or number >= Decimal("0.001") else ""


_WITHOUT_BLANKS = dict.fromkeys(map(ord, _BLANKS))


def _bare(value: Value) -> str:
    """An answer as the sheet compares it: without the blanks that it takes out, in lower case."""
    return _text(value).translate(_WITHOUT_BLANKS).lower()


_OVER_MANY: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "sum": lambda numbers: sum(numbers, Decimal(0)),
    "min": lambda numbers: min(numbers, default=Decimal(0)),
    "max": lambda numbers: max(numbers, default=Decimal(0)),
    "count": lambda numbers: Decimal(len(numbers)),
}

_ONE_BY_ONE: dict[str, Callable[..., Value]] = {
    "+": lambda a, b: _number(a) + _number(b),
    "-": lambda a, b: _number(a) - _number(b),
    "*": lambda a, b: _number(a) * _number(b),
    "/": _divide,
    "&": lambda a, b: _text(a) + _text(b),
    "=": lambda a, b: _compare(a, b) == 0,
    "<>": lambda a, b: _compare(a, b) != 0,
    "<": lambda a, b: _compare(a, b) < 0,
    "<=": lambda a, b: _compare(a, b) <= 0,
    ">": lambda a, b: _compare(a, b) > 0,
    ">=": lambda a, b: _compare(a, b) >= 0,
    "not": lambda a: not _truth(a),
    "blank": lambda a: a is None or a == "",
    "round": lambda a, places: half_up(_number(a), int(_number(places))),
    "percent": lambda a: _text(a).endswith("%"),
    "figure": _figure,
    "unanswered": lambda a: _bare(a) in NO_ANSWERS,
    "unexplained": lambda a: _bare(a) in NO_ANSWERS or _bare(a) == "0",
}


# ---- comparing formulas -----------------------------------------------------------------

_CANON = pattern(
    r'(?P<text>"(?:[^"]|"")*")|(?P<sheet>\'(?:[^\']|\'\')*\'!)|(?P<space>\s+)|(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.(]))|(?P<name>[^\W\d][\w.$]*|\$[A-Za-z$]+\d+)|(?P<sign>.)',
    re.DOTALL,
)


@lru_cache(maxsize=8192)
def canonical(formula: str) -> str:
    """A formula in the form in which two are compared.

    Blanks outside texts, letter case, ``_xlfn.``, ``@``, ``TRUE()`` for ``TRUE``, ``;`` for ``,``
    and the writing of numbers make no difference: saving in another program changes them.
    """
    out: list[str] = []
    for found in _CANON.finditer(formula.removeprefix("=")):
        kind, word = found.lastgroup, found.group()
        if kind == "space" or word == "@":
            continue
        if kind == "name":
            word = word.upper().replace("$", "").removeprefix("_XLFN.").removeprefix("_XLWS.")
        elif kind == "number":
            word = neat(Decimal(word))
        elif kind == "sheet":
            word = word.upper()
        elif word == ";":
            word = ","
        elif word == "$":
            continue
        out.append(word)
    return "".join(out).replace("TRUE()", "TRUE").replace("FALSE()", "FALSE")
