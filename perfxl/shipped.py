"""The data that ships with perfxl: where it lies, and its TOML files as tables.

Reading a definition as TOML takes longer than reading and judging a form by it.  What a file says is
therefore kept as Python keeps its own modules: as bytecode in ``__pycache__`` beside the file, made at
the first use, renewed when the file changes, left out where nothing may be written.  The copy also
names the digest of the text that it was made of; one of any other text is not taken.
"""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from .digest import hex_digest


def data_folder(name: str) -> str:
    """Where ``templates`` or ``samples`` lie: inside an installed package, beside it in a checkout."""
    here = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(here, name)
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), name)


def template_text(file: str) -> str:
    """The text of a file in ``templates``."""
    with open(os.path.join(data_folder("templates"), file), encoding="utf-8") as opened:
        return opened.read()


def shipped_table(file: str) -> dict[str, object]:
    """What a TOML file in ``templates`` says."""
    path = os.path.join(data_folder("templates"), file)
    return table_of(path, template_text(file))


def table_of(path: str, text: str) -> dict[str, object]:
    """What the TOML file of that path and text says, from its copy where there is a good one."""
    kept: dict[str, Any] = {}
    try:
        code = _Loader(file_name(path), path).get_code(file_name(path))
        if code is not None:
            exec(code, kept)
    except (OSError, ImportError, EOFError, ValueError, TypeError, _NotPlainError):
        kept = {}
    if kept.get("DIGEST") == hex_digest(text.encode()):
        table: dict[str, object] = kept["TABLE"]
        return table
    return parsed(text)


def file_name(path: str) -> str:
    """The name under which a file is kept."""
    return os.path.splitext(os.path.basename(path))[0]


def parsed(text: str) -> dict[str, object]:
    """What a text in TOML says. Raises ``tomllib.TOMLDecodeError``."""
    import tomllib  # a copy does without

    return tomllib.loads(text)


class _NotPlainError(Exception):
    """The file says something that cannot be written as Python writes it: a date."""


class _Loader(SourceFileLoader):
    """Python's own way with a module and its bytecode, for a file in TOML."""

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # type: ignore[override]
        """The table and the digest of its text as two assignments."""
        text = bytes(data).decode("utf-8")
        table = parsed(text.replace("\r\n", "\n"))
        if not _is_plain(table):
            raise _NotPlainError(path)
        digest = hex_digest(text.replace("\r\n", "\n").encode())
        code: CodeType = compile(f"DIGEST = {digest!r}\nTABLE = {table!r}\n", path, "exec", dont_inherit=True)
        return code


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(each) for each in value.values())
    if isinstance(value, list):
        return all(_is_plain(each) for each in value)
    return isinstance(value, str | bool | int)
