"""Where the password comes from, in order; a keyring that fails is no keyring."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from perfxl.campaign.secret import VARIABLE, find_password
from perfxl.campaign.trouble import CampaignError


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A keyring whose answer (or exception) may be set."""
    kept: dict[str, object] = {"answer": None}
    module, errors = ModuleType("keyring"), ModuleType("keyring.errors")

    class KeyringError(Exception):
        pass

    def get_password(service: str, login: str) -> object:
        assert (service, login) == ("perfxl", "cz@example.org")
        if isinstance(kept["answer"], Exception):
            raise kept["answer"]
        return kept["answer"]

    module.get_password = get_password  # type: ignore[attr-defined]
    errors.KeyringError = KeyringError  # type: ignore[attr-defined]
    kept["error"] = KeyringError
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.delenv(VARIABLE, raising=False)
    return kept


def test_variable_then_file_then_keyring_then_prompt(
    keyring: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_bytes("\ufeff from file \r\n".encode())
    file.chmod(0o600)
    keyring["answer"] = "from keyring"
    monkeypatch.setenv(VARIABLE, "from variable")
    assert find_password("cz@example.org", str(file), lambda: "asked") == "from variable"
    monkeypatch.delenv(VARIABLE)
    assert find_password("cz@example.org", str(file), lambda: "asked") == " from file "
    assert find_password("cz@example.org", None, lambda: "asked") == "from keyring"
    keyring["answer"] = None
    assert find_password("cz@example.org", None, lambda: "asked") == "asked"
    with pytest.raises(CampaignError, match="NO_PASSWORD"):
        find_password("cz@example.org", None, None)


def test_a_keyring_that_fails_is_no_keyring(keyring: dict[str, object]) -> None:
    error = keyring["error"]
    assert isinstance(error, type)
    for failure in (error("locked"), RuntimeError("no backend"), OSError("no bus")):
        keyring["answer"] = failure
        assert find_password("cz@example.org", None, lambda: "asked") == "asked"


def test_no_keyring_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert find_password("cz@example.org", None, lambda: "asked") == "asked"
