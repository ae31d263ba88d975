"""Frozen, slotted, keyword-only classes that are cheap to define, and tuples with names.

The classes behave as ``dataclass(frozen=True, slots=True, kw_only=True)`` does, ``fields`` and
``replace`` of the standard library included.  Forty such classes cost 30 ms at every start with
the standard decorator, which compiles six functions for each; here only ``__init__`` is compiled,
and only for a class of which many are made.  ``dataclasses`` itself is loaded when somebody asks
it about a noun.  ``NamedTuple`` is that of ``typing``, likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from dataclasses import Field
    from dataclasses import field as field
    from dataclasses import replace as replace
    from typing import NamedTuple as NamedTuple

T = TypeVar("T")

FEW = 40
"""So many instances are made before compiling ``__init__`` pays: it costs what eighty of them save."""

_MISSING = object()


class _Fresh:
    """Stands in the class for a default that is made anew each time."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


if not TYPE_CHECKING:

    def field(*, default_factory: Callable[[], object]) -> object:
        """A default that is made anew each time: a list, a dictionary."""
        return _Fresh(default_factory)

    def replace(noun: Any, /, **changes: object) -> Any:
        """The same with other values; ``TypeError`` for a name that is no field."""
        values = dict(zip(noun.__slots__, noun.__noun_values__(noun), strict=True))
        values.update(changes)
        return type(noun)(**values)


def field_names(kind: type) -> tuple[str, ...]:
    """The fields of a noun, in order."""
    names: tuple[str, ...] = kind.__slots__  # type: ignore[attr-defined]
    return names


def field_kinds(kind: type) -> Mapping[str, str]:
    """The fields of a noun in order, with their types as written."""
    return kind.__annotations__


class _Fields:
    """``__dataclass_fields__`` of a noun, made when ``dataclasses`` first asks for it."""

    def __get__(self, instance: object, owner: Any) -> dict[str, Field[Any]]:
        import dataclasses

        found: dict[str, Field[Any]] = {}
        for name in owner.__slots__:
            given = owner.__noun_defaults__.get(name, dataclasses.MISSING)
            entry: Any
            if isinstance(given, _Fresh):
                entry = dataclasses.field(default_factory=given.make)
            else:
                entry = dataclasses.field(default=given)
            entry.name, entry.type, entry.kw_only = name, owner.__annotations__[name], True
            entry._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
            found[name] = entry
        owner.__dataclass_fields__ = found
        return found


def _refuse(self: object, name: str, *value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change {name!r}")


def _values(self: Any) -> tuple[object, ...]:
    values: tuple[object, ...] = self.__noun_values__(self)
    return values


def _equal(self: Any, other: Any) -> bool:
    if self is other:
        return True
    of = self.__noun_values__
    return NotImplemented if type(self) is not type(other) else bool(of(self) == of(other))


def _hash(self: Any) -> int:
    return hash(self.__noun_values__(self))


class _Few:
    """The values of a noun of one field, or of none, as a tuple."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def __call__(self, noun: object) -> tuple[object, ...]:
        return tuple([getattr(noun, name) for name in self.names])


def _repr(self: Any) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{type(self).__qualname__}({inside})"


def _rebuild(kind: Any, values: tuple[object, ...]) -> object:
    """From another process: the values were an instance's there, so nothing is asked of them."""
    made = object.__new__(kind)
    for put, value in zip(kind.__noun_puts__, values, strict=True):
        put(made, value)
    return made


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


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def noun(cls: type[T]) -> type[T]:
    """Class decorator: the annotated names become the fields, in order."""
    return _made(cls, keywords=True, shared=_SHARED)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def ordered_noun(cls: type[T]) -> type[T]:
    """The same, for the few whose values are given in order."""
    return _made(cls, keywords=False, shared=_SHARED)


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
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
    body["__noun_values__"] = attrgetter(*names) if len(names) > 1 else _Few(names)
    made: Any = type(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    made.__noun_puts__ = tuple([made.__dict__[name].__set__ for name in names])
    made.__init__ = _first_init(made, names, given, keywords)
    return made  # type: ignore[no-any-return]


def _first_init(made: Any, names: tuple[str, ...], given: dict[str, Any], keywords: bool) -> object:
    """``__init__`` while the instances are few: the same, slower, but nothing to compile."""
    slots = list(zip(names, made.__noun_puts__, strict=True))
    known = {name: value for name, value in given.items() if not isinstance(value, _Fresh)}
    makers = [(name, value.make) for name, value in given.items() if isinstance(value, _Fresh)]
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
    space: dict[str, Any] = {"MISSING": _MISSING}
    heads, lines = [], []
    for name in names:
        space[f"set_{name}"] = made.__dict__[name].__set__
        value = name
        if name not in given:
            heads.append(name)
        elif isinstance(given[name], _Fresh):
            space[f"make_{name}"] = given[name].make
            heads.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        else:
            space[f"default_{name}"] = given[name]
            heads.append(f"{name}=default_{name}")
        lines.append(f" set_{name}(self, {value})")
    star = "*, " if heads and keywords else ""
    exec(f"def __init__(self, {star}{', '.join(heads)}):\n" + ("\n".join(lines) or " pass"), space)
    return space["__init__"]


# ---- tuples with names ----------------------------------------------------------------------


def _row_repr(self: Any) -> str:
    inside = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{type(self).__name__}({inside})"


def _row_replaced(self: Any, /, **changes: object) -> Any:
    values = [changes.pop(name, value) for name, value in zip(self._fields, self, strict=True)]
    if changes:
        raise ValueError(f"no such field: {', '.join(changes)}")
    return self._make(values)


def _row_as_dict(self: Any) -> dict[str, object]:
    return dict(zip(self._fields, self, strict=True))


def _first_new(made: Any, names: tuple[str, ...], given: Mapping[str, object]) -> object:
    """``__new__`` while the instances are few: nothing to compile."""
    every, left, tuple_new = set(names), FEW, tuple.__new__

    def __new__(kind: Any, *ordered: object, **named: object) -> Any:  # noqa: N807
        nonlocal left
        left -= 1
        values = {**given, **dict(zip(names, ordered, strict=False)), **named}
        wrong = len(ordered) > len(names) or not named.keys().isdisjoint(names[: len(ordered)])
        if left <= 0 or wrong or values.keys() != every:
            made.__new__ = _new(names, given)
            return made.__new__(kind, *ordered, **named)  # says what is wrong with the arguments, if anything is
        return tuple_new(kind, [values[name] for name in names])

    return __new__


def _new(names: tuple[str, ...], given: Mapping[str, object]) -> object:
    space: dict[str, Any] = {f"default_{name}": value for name, value in given.items()}
    space["tuple_new"] = tuple.__new__
    heads = "".join(f", {name}=default_{name}" if name in given else f", {name}" for name in names)
    exec(f"def __new__(cls{heads}):\n return tuple_new(cls, ({''.join(name + ',' for name in names)}))", space)
    return space["__new__"]


if not TYPE_CHECKING:
    from _collections import _tuplegetter  # as the standard library's own named tuples have them

    class _Rows(type):
        """Makes the annotated names of a class the names of a tuple's values."""

        def __new__(meta, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
            body["__slots__"] = ()
            names = tuple(body.get("__annotations__", ()))
            if NamedTuple is None or not names:
                return super().__new__(meta, name, bases, body)
            given = {name: body.pop(name) for name in names if name in body}
            body |= {name: _tuplegetter(at, "") for at, name in enumerate(names)}
            body |= {"_fields": names, "_field_defaults": given, "__match_args__": names}
            made = super().__new__(meta, name, bases, body)
            made.__new__ = _first_new(made, names, given)
            return made

    NamedTuple = None

    class NamedTuple(tuple, metaclass=_Rows):  # noqa: F811
        """``typing.NamedTuple``, that compiles nothing until many are made."""

        __repr__ = _row_repr
        _replace = _row_replaced
        _asdict = _row_as_dict

        @classmethod
        def _make(cls, values: Any) -> Any:
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"{len(cls._fields)} values expected, {len(made)} given")
            return made

        def __getnewargs__(self) -> tuple[object, ...]:
            return tuple(self)
