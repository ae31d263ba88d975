"""What the tests share: tools that may be missing, and a folder to work in."""

from __future__ import annotations

import os
import shutil

import pytest


def require(tool: str) -> str:
    """The path of a tool; skips with the reason where it is missing, fails under PERFXL_REQUIRE_ALL=1."""
    found = shutil.which(tool)
    if found:
        return found
    reason = f"{tool} is not installed; .ci/run installs it"
    if os.environ.get("PERFXL_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
