"""Formulas that a unit typed where a value is due: which may stay, and which reach beyond the form."""

from __future__ import annotations

from .pattern import pattern

_TEXT = pattern(r'"(?:[^"]|"")*"')
_ELSEWHERE = pattern(r"\[[^\[\]]*\][^!,;()]*!|'[^']*[\[\\/][^']*'!|[A-Z]+://|\\\\")
_PREFIX = pattern(r"_XLFN\.|_XLWS\.|_XLUDF\.")
_CALL = pattern(r"([A-Z][A-Z0-9_.]*)\s*\(")

REACHING = frozenset({"WEBSERVICE", "HYPERLINK", "INDIRECT", "RTD", "CALL", "REGISTER", "REGISTER.ID", "EXEC", "DDE"})
"""Functions that reach beyond the workbook, or to a place that the formula does not show."""
VOLATILE = frozenset({"NOW", "TODAY", "RAND", "RANDBETWEEN", "RANDARRAY", "OFFSET", "CELL", "INFO"})
"""Functions whose result is another at each opening."""


def reaches(formula: str) -> str | None:
    """What makes a formula unfit for an input cell: the function, or ``[ ]!`` or ``|``; ``None`` if it is fit.

    ``[ ]!`` stands for a reference to another workbook, ``|`` for a call of another program (DDE).
    """
    bare = _PREFIX.sub("", _TEXT.sub('""', formula).upper())
    if "|" in bare:
        return "|"
    if _ELSEWHERE.search(bare):
        return "[ ]!"
    for name in _CALL.findall(bare):
        if name in REACHING or name in VOLATILE or name.startswith("IMPORT"):
            return str(name)
    return None
