"""The TOML files that ship: a copy in bytecode says what the file says, or is not taken."""

from __future__ import annotations

import os
import tomllib
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from perfxl import shipped
from perfxl.form import data_folder

FILES = sorted(Path(data_folder("templates")).glob("*.toml"))


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    monkeypatch.setattr("sys.pycache_prefix", None)


def read(path: Path) -> dict[str, object]:
    return shipped.table_of(str(path), path.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("writes")
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_copy_says_what_the_file_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / path.name
    own.write_bytes(path.read_bytes())
    right = tomllib.loads(path.read_text(encoding="utf-8"))
    assert read(own) == right
    assert Path(cache_from_source(str(own))).exists()
    monkeypatch.setattr(tomllib, "loads", None)  # the copy does without
    assert read(own) == right
    assert list(read(own)) == list(right)


@pytest.mark.usefixtures("writes")
def test_a_copy_of_another_text_is_not_taken(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('title = "甲"', encoding="utf-8")
    assert read(own) == {"title": "甲"}
    times = own.stat()
    own.write_text('title = "乙"', encoding="utf-8")
    os.utime(own, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert read(own) == {"title": "乙"}


@pytest.mark.usefixtures("writes")
@pytest.mark.parametrize("cut", [0, 3, 17, 40])
def test_a_broken_copy_does_no_harm(tmp_path: Path, cut: int) -> None:
    own = tmp_path / "own.toml"
    own.write_text("rows = [1, 2]", encoding="utf-8")
    read(own)
    copy = Path(cache_from_source(str(own)))
    copy.write_bytes(copy.read_bytes()[:cut])
    assert read(own) == {"rows": [1, 2]}


@pytest.mark.usefixtures("writes")
def test_what_python_cannot_write_is_read_each_time(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("day = 2026-01-02", encoding="utf-8")
    assert str(read(own)["day"]) == "2026-01-02"
    assert not Path(cache_from_source(str(own))).exists()


def test_where_nothing_may_be_written_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    own = tmp_path / "own.toml"
    own.write_bytes(b'a = "1"\r\nb = 2\r\n')
    assert read(own) == {"a": "1", "b": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["own.toml"]
