"""What the tests share: tools that may be missing, and a folder to work in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NoReturn

import pytest

from perfxl.form import form_ids


def require(tool: str) -> str:
    """The path of a tool; skips with the reason where it is missing, fails under PERFXL_REQUIRE_ALL=1."""
    return shutil.which(tool) or _missing(tool)


def require_module(name: str) -> Any:
    """A module that only tests use; skips or fails as ``require`` does, for the whole file that asks."""
    try:
        return import_module(name)
    except ImportError:
        return _missing(name)


def _missing(name: str) -> NoReturn:
    reason = f"{name} is not installed; .ci/run installs it"
    if os.environ.get("PERFXL_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


WHOLE_FORM_TESTS = frozenset(
    {"test_damage", "test_formula_truth", "test_openpyxl_agrees", "test_recalculation"}
    | {"test_roundtrip", "test_selfcheck", "test_stencil", "test_tamper"}
)
"""Files that put a whole form through many changes."""

AT_EVERY_TURN = ("chongqing", "shanghai")
"""Forms that these files try at every turn; all the others under ``-m slow``."""


def every(nth: int, values: Iterable[Any]) -> list[Any]:
    """Parameters of which every nth is tried at every turn, and all the others under ``-m slow``."""
    return [each if at % nth == 0 else pytest.param(each, marks=pytest.mark.slow) for at, each in enumerate(values)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long tests of whole forms run at every turn with two of them, and with all under ``-m slow``."""
    later = set(form_ids()) - set(AT_EVERY_TURN)
    for item in items:
        given = getattr(item, "callspec", None)
        if given is None or item.path.stem not in WHOLE_FORM_TESTS:
            continue
        if later & {str(getattr(value, "id", value)).partition("-")[0] for value in given.params.values()}:
            item.add_marker(pytest.mark.slow)
