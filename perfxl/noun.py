"""Frozen, slotted, keyword-only classes that are cheap to define.

They behave as ``dataclass(frozen=True, slots=True, kw_only=True)`` does, ``fields`` and
``replace`` included.  Forty such classes cost 30 ms at every start with the standard decorator,
which compiles six functions for each; here only ``__init__`` is compiled, and only for a class
of which many are made.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, FrozenInstanceError, field
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

FEW = 40
"""So many instances are made before compiling ``__init__`` pays: it costs what eighty of them save."""


class _Fields:
    """``__dataclass_fields__`` of a noun, made when ``dataclasses`` first asks for it."""

    def __get__(self, instance: object, owner: Any) -> dict[str, Field[Any]]:
        found: dict[str, Field[Any]] = {}
        for name in owner.__slots__:
            given = owner.__noun_defaults__.get(name, MISSING)
            entry: Any = given if isinstance(given, Field) else field(default=given)
            entry.name, entry.type, entry.kw_only = name, owner.__annotations__[name], True
            entry._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
            found[name] = entry
        owner.__dataclass_fields__ = found
        return found


def _refuse(self: object, name: str, *value: object) -> None:
    raise FrozenInstanceError(f"cannot change {name!r}")


def _values(self: Any) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name in self.__slots__])


def _equal(self: object, other: object) -> bool:
    return NotImplemented if type(self) is not type(other) else _values(self) == _values(other)


def _hash(self: object) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{type(self).__qualname__}({inside})"


def _rebuild(kind: Any, values: tuple[object, ...]) -> object:
    return kind(**dict(zip(kind.__slots__, values, strict=True)))


def _reduce(self: object) -> tuple[object, ...]:
    return _rebuild, (type(self), _values(self))


_SHARED: dict[str, Any] = {
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__reduce__": _reduce,
    "__dataclass_fields__": _Fields(),
}
_OF_DRAFTS = {**_SHARED, "__setattr__": object.__setattr__, "__delattr__": object.__delattr__, "__hash__": None}


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, Field))
def noun(cls: type[T]) -> type[T]:
    """Class decorator: the annotated names become the fields, in order."""
    return _made(cls, keywords=True, shared=_SHARED)


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def ordered_noun(cls: type[T]) -> type[T]:
    """The same, for the few whose values are given in order."""
    return _made(cls, keywords=False, shared=_SHARED)


@dataclass_transform(kw_only_default=True, field_specifiers=(field, Field))
def draft(cls: type[T]) -> type[T]:
    """A noun that is still being written: its values may change, and it has no hash."""
    return _made(cls, keywords=True, shared=_OF_DRAFTS)


def _made(cls: type[T], *, keywords: bool, shared: dict[str, Any]) -> type[T]:
    names = tuple(cls.__annotations__)
    given = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    body = {name: value for name, value in cls.__dict__.items() if name not in given}
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    if body.get("__hash__", 0) is None:
        del body["__hash__"]
    body = {**shared, **body, "__slots__": names, "__noun_defaults__": given}
    made: Any = type(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    made.__init__ = _first_init(made, names, given, keywords)
    return made  # type: ignore[no-any-return]


def _first_init(made: Any, names: tuple[str, ...], given: dict[str, Any], keywords: bool) -> object:
    """``__init__`` while the instances are few: the same, slower, but nothing to compile."""
    slots = [(name, made.__dict__[name].__set__) for name in names]
    known = {name: value for name, value in given.items() if not isinstance(value, Field)}
    makers: list[tuple[str, Any]] = [
        (name, value.default_factory) for name, value in given.items() if isinstance(value, Field)
    ]
    every, left = set(names), FEW

    def __init__(self: Any, *ordered: object, **named: object) -> None:  # noqa: N807
        nonlocal left
        left -= 1
        values = {**known, **dict(zip(names, ordered, strict=False)), **named}
        for name, make in makers:
            if name not in values:
                values[name] = make()
        wrong = (
            (keywords and ordered) or len(ordered) > len(names) or not named.keys().isdisjoint(names[: len(ordered)])
        )
        if left <= 0 or wrong or values.keys() != every:
            made.__init__ = _init(made, names, given, keywords)
            made.__init__(self, *ordered, **named)  # says what is wrong with the arguments, if anything is
            return
        for name, put in slots:
            put(self, values[name])

    return __init__


def _init(made: Any, names: tuple[str, ...], given: dict[str, Any], keywords: bool) -> object:
    """The one compiled function: sets each slot through its own descriptor."""
    space: dict[str, Any] = {"MISSING": MISSING}
    heads, lines = [], []
    for name in names:
        space[f"set_{name}"] = made.__dict__[name].__set__
        value = name
        if name not in given:
            heads.append(name)
        elif isinstance(given[name], Field):
            space[f"make_{name}"] = given[name].default_factory
            heads.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        else:
            space[f"default_{name}"] = given[name]
            heads.append(f"{name}=default_{name}")
        lines.append(f" set_{name}(self, {value})")
    star = "*, " if heads and keywords else ""
    exec(f"def __init__(self, {star}{', '.join(heads)}):\n" + ("\n".join(lines) or " pass"), space)
    return space["__init__"]
