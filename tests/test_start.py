"""A start that stays light: what is loaded, compiled and taken apart for one small job."""

from __future__ import annotations

import hashlib
import importlib
import os
import pickle
import subprocess
import sys
import typing
from collections.abc import Callable
from dataclasses import fields
from dataclasses import replace as standard_replace
from pathlib import Path

import click
import pytest

import perfxl
from perfxl import digest, terminal
from perfxl.cli import cli
from perfxl.form import data_folder
from perfxl.noun import FEW, NamedTuple, draft, field, field_names, noun, ordered_noun, replace
from perfxl.one_file import check_one
from perfxl.pattern import _Lazy, pattern

ROOT = Path(perfxl.__file__).parent


def modules() -> list[str]:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        inside = path.relative_to(ROOT)
        if path.name != "__main__.py" and not {"templates", "samples"} & set(inside.parts):
            found.append(".".join(("perfxl", *inside.with_suffix("").parts)).removesuffix(".__init__"))
    return found


def test_every_pattern_compiles() -> None:
    met = 0
    for name in modules():
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, _Lazy):
                value.search(b"" if isinstance(value.source, bytes) else "")  # type: ignore[operator]
                met += 1
    assert met >= 25


def test_a_pattern_is_compiled_at_its_first_use_and_refuses_what_it_cannot_do() -> None:
    lazy, never = pattern(r"(\d+)万"), pattern("(")
    assert lazy.sub("#", "5万") == "#"
    assert lazy.findall("5万6万") == ["5", "6"]
    assert never is not None
    with pytest.raises(AttributeError):
        lazy.groups  # noqa: B018


@noun
class Amount:
    """A noun with a default, and one with a default that is made anew each time."""

    number: int
    unit: str = "元"
    seen: list[int] = field(default_factory=list)


@ordered_noun
class Pair:
    left: int
    right: int = 2


@draft
class Board:
    rows: list[int] = field(default_factory=list)


@pytest.mark.parametrize("made", [0, FEW + 5])
def test_a_noun_is_the_same_while_there_are_few_and_when_there_are_many(made: int) -> None:
    for number in range(made):
        Amount(number=number), Pair(number), Board()
    one, other = Amount(number=1), Amount(number=1)
    assert one == other
    assert one.seen is not other.seen
    assert replace(one, unit="万元").unit == "万元"
    assert standard_replace(one, unit="万元") == replace(one, unit="万元")
    assert [entry.name for entry in fields(Amount)] == ["number", "unit", "seen"]
    assert field_names(Amount) == ("number", "unit", "seen")
    assert (Pair(1).right, Pair(1, right=3).right, Pair(right=1, left=4).left) == (2, 3, 4)
    board = Board()
    board.rows = [1]
    assert board == Board(rows=[1])
    for wrong in (
        lambda: Amount(1),  # type: ignore[call-arg]
        lambda: Amount(),  # type: ignore[call-arg]
        lambda: Amount(numbr=1),  # type: ignore[call-arg]
        lambda: Amount(number=1, colour="red"),  # type: ignore[call-arg]
        lambda: replace(one, colour="red"),  # type: ignore[call-arg]
        lambda: Pair(1, 2, 3),  # type: ignore[call-arg]
        lambda: Pair(1, left=1),  # type: ignore[misc]
    ):
        with pytest.raises(TypeError):
            wrong()


class Row(NamedTuple):
    """A row of our own, and below the same by the standard library."""

    name: str
    weight: int
    unit: str = "元"

    def shown(self) -> str:
        return f"{self.weight}{self.unit}"


class Standard(typing.NamedTuple):
    name: str
    weight: int
    unit: str = "元"


@pytest.mark.parametrize("made", [0, FEW + 5])
def test_a_tuple_with_names_is_that_of_the_standard_library(made: int) -> None:
    for number in range(made):
        Row("甲", number)
    row, standard = Row("甲", weight=3), Standard("甲", weight=3)
    assert tuple(row) == tuple(standard) == ("甲", 3, "元")
    assert repr(row).partition("(")[2] == repr(standard).partition("(")[2]
    assert row._asdict() == standard._asdict()
    assert (row._fields, Row._field_defaults) == (standard._fields, Standard._field_defaults)
    assert tuple(row._replace(unit="个")) == tuple(standard._replace(unit="个")) == Row._make(["甲", 3, "个"])
    assert (row.name, row.weight, row.unit, row.shown()) == ("甲", 3, "元", "3元")
    assert pickle.loads(pickle.dumps(row)) == row
    assert type(pickle.loads(pickle.dumps(row))) is Row
    assert not hasattr(row, "__dict__")
    match row:
        case Row(name, weight):
            assert (name, weight) == ("甲", 3)
    mistakes: tuple[Callable[[], object], ...] = (
        lambda: Row("甲"),  # type: ignore[call-arg]
        lambda: Row("甲", 1, "元", 2),  # type: ignore[call-arg]
        lambda: Row("甲", 1, name="乙"),  # type: ignore[misc]
        lambda: Row("甲", 1, colour="red"),  # type: ignore[call-arg]
        lambda: Row._make([1, 2]),
    )
    for wrong in mistakes:
        with pytest.raises(TypeError):
            wrong()
    wanted: dict[str, typing.Any] = {"colour": "red"}
    with pytest.raises(ValueError, match="colour"):
        row._replace(**wanted)
    with pytest.raises(AttributeError):
        row.name = "乙"  # type: ignore[misc]


def test_a_digest_is_the_same_with_and_without_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "绩效自评表".encode() * 1000
    right = hashlib.sha256(data).hexdigest()
    assert digest.hex_digest(data) == right
    monkeypatch.delitem(sys.modules, "hashlib")
    assert digest.hex_digest(data) == right
    assert "hashlib" not in sys.modules
    digest.expect(1)
    assert "hashlib" not in sys.modules
    digest.expect(1000)
    assert "hashlib" in sys.modules


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "perfxl", *words],
        capture_output=True, encoding="utf-8", timeout=60,
        env={**os.environ, "PERFXL_LANG": "en", "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip


def test_a_process_that_leaves_at_once_leaves_nothing_unsaid(tmp_path: Path) -> None:
    book = run("rules")
    assert book.returncode == 0
    assert len(book.stdout.splitlines()) > 50
    assert book.stdout.endswith("\n")
    missing = run("check", str(tmp_path / "nothing.xlsx"))
    assert missing.returncode == 2
    assert "nothing.xlsx" in missing.stderr


# What the way of one check may load. A module that is not here costs every user at every start: load it in the
# function that needs it, or add it here with a reason that is worth its milliseconds.
OURS = {
    "batch", "borrowed", "checking", "claims", "config", "crosscheck", "definition", "diagnosis", "digest",
    "files", "filling", "finding", "form", "formula", "groups", "indicator_table", "layout", "moved", "noun",
    "number", "one_file", "page", "pattern", "perfxl", "placement", "pool", "prompts", "prose", "reading",
    "record", "rejection", "report", "report.tally", "report.text", "report.words", "rules", "selfcheck",
    "sheet", "shipped", "skeleton", "stamp", "stamped", "submission", "surroundings", "tamper", "template",
    "terminal", "validator", "vocabulary", "xlsx", "xlsx.cells", "xlsx.grid", "xlsx.kinds", "xlsx.limits",
    "xlsx.markup", "xlsx.package", "xlsx.parts", "xlsx.plain", "xlsx.reader", "xlsx.shared_formula",
    "xlsx.worksheet",
}  # fmt: skip
STANDARD = {
    "bisect", "decimal", "importlib", "json", "numbers", "pyexpat", "struct", "unicodedata", "zlib",
}  # fmt: skip
ANY_OF = ("perfxl.rules.",)

LOADED = """
import sys, enum, re, typing, contextlib
before = set(sys.modules)
from perfxl.one_file import check_one
assert check_one(["check", sys.argv[1]]) in (0, 1)
print("LOADED", *sorted(set(sys.modules) - before))
"""


def test_the_check_of_one_file_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    """The second time: the first one makes the copies in bytecode, which some machines forbid."""
    one = next(iter(sorted(Path(data_folder("samples"), "2022", "filled").glob("*.xlsx"))))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PERFXL_LANG": "en", "PYTHONIOENCODING": "utf-8", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    for _ in range(2):
        ended = subprocess.run(
            [sys.executable, "-c", LOADED, str(one)], capture_output=True, encoding="utf-8", timeout=60, env=environment
        )
    assert ended.returncode == 0, ended.stderr
    loaded = set(ended.stdout.rpartition("LOADED")[2].split())
    ours = {
        name.removeprefix("perfxl.") for name in loaded if name.startswith("perfxl") and not name.startswith(ANY_OF)
    }
    assert sorted(ours - OURS) == []
    others = {name.partition(".")[0] for name in loaded if not name.startswith("perfxl")}
    assert sorted(name for name in others - STANDARD - {"encodings"} if not name.startswith("_")) == []
    assert len(ours) >= 30


SAMPLES = Path(data_folder("samples"), "2022")
ONES = [
    *sorted((SAMPLES / "filled").glob("*.xlsx")),
    *sorted((SAMPLES / "corrected").glob("*.xlsx")),
    *sorted((SAMPLES / "as-printed").glob("*.xlsx")),
    Path(data_folder("templates")) / "shanghai.toml",
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ONES, ids=[f"{path.parent.name}-{path.stem}" for path in ONES])
def test_the_short_way_to_the_check_of_one_file_says_what_the_command_says(
    path: Path, language: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFXL_LANG", language)
    code = check_one(["check", str(path)])
    said = capfd.readouterr()
    with pytest.raises(SystemExit) as end:
        cli.main(["check", str(path)])
    assert (code, said) == (end.value.code, capfd.readouterr())
    assert said.out
    assert check_one(["check", str(path), "--lang", language]) == code
    assert capfd.readouterr() == said
    assert check_one(["--lang=" + language, "check", str(path)]) == code
    assert capfd.readouterr() == said


def test_the_short_way_leaves_all_else_to_the_command_line(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = str(ONES[0])
    (tmp_path / "returns.zip").write_bytes(b"")
    for words in (
        ["check"],
        ["check", one, one],
        ["check", one, "--quiet"],
        ["check", "--quiet"],
        ["check", one, "--lang", "fr"],
        ["check", one, "--lang"],
        ["check", str(tmp_path)],
        ["check", str(tmp_path / "returns.zip")],
        ["check", str(tmp_path / "nothing.xlsx")],
        ["explain", one],
    ):
        assert check_one(words) is None, words
    (tmp_path / "perfxl.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert check_one(["check", one]) is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device without room")
def test_the_short_way_says_that_there_is_no_room() -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "perfxl", "check", str(ONES[0])],
            stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=60,
        )  # fmt: skip
    assert ended.returncode == 3
    assert "cannot go on" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("look", sorted(terminal._LOOKS))
def test_colours_are_those_of_click(look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    paint = terminal.painter(True)
    if look in ("bold", "dim"):
        right = click.style("表", bold=look == "bold" or None, dim=look == "dim" or None)
    else:
        right = click.style("表", fg=look)
    assert paint("表", look) == right
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.painter(True)("表", look) == "表"
