"""What the tests share: tools that may be missing, and a folder to work in."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from typing import Any, NoReturn

import pytest


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
