"""The floors of the house: imports go down, nothing stands outside the plan."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import perfxl

ROOT = Path(perfxl.__file__).parent

# From the ground up. Modules of one floor meet only above, except that `form` floors import leftwards.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("pattern", "digest", "noun"),
    ("shipped", "terminal"),
    ("record", "sheet", "rejection"),
    ("number", "drawing", "borrowed"),
    ("formula",),
    ("finding",),
    ("definition",),
    ("form",),
    ("page", "project", "vocabulary", "stamp", "prose"),
    ("layout", "surroundings"),
    ("printed", "choice", "submission"),
    ("claims",),
    ("formdigest", "groups"),
    ("batch",),
    ("copying",),
    ("grouping",),
    ("rules.common_values", "rules.workbook", "rules.header", "rules.money", "rules.execution", "rules.weights",
     "rules.values", "rules.scores", "rules.deviations", "rules.totals", "rules.narrative", "rules.statements", "rules.exceptions",
     "rules.across"),
    ("rules",),
    ("selfcheck", "diagnosis"),
    ("guide",),
    ("prompts",),
    ("indicator_table",),
    ("skeleton",),
    ("filling",),
    ("template",),
    ("transplant", "redrawn"),
    ("moved",),
    ("tamper",),
    ("placement",),
    ("stamped",),
    ("reading",),
    ("validator", "crosscheck", "report", "xlsx"),
    ("foreign", "foreign_worker", "files", "pool", "config", "waivers", "issued"),
    ("checking",),
    ("correcting",),
    ("campaign",),
    ("cli", "one_file"),
)  # fmt: skip
SPARE = {"perfxl", "__main__"}
HEAVY = {
    "xlsxwriter": {"xlsx.writer"},
    "openpyxl": {"campaign.roster"},
    "jinja2": {"campaign.letter"},
    "pyarrow": {"campaign.consolidation.parquet"},
    "imap_tools": {"campaign.imap"},
    "xlrd": {"foreign_worker"},
    "msoffcrypto": {"foreign_worker"},
}


def floor_of(module: str) -> int:
    """The floor of a module: of itself, or of the room that it lies in."""
    for name in (module, module.partition(".")[0]):
        for number, rooms in enumerate(FLOORS):
            if name in rooms:
                return number
    raise AssertionError(f"{module} is not on the plan")


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        if {"templates", "samples"} & set(path.relative_to(ROOT).parts):
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found["perfxl" if name == "__init__" else name] = path
    return found


def imports(module: str, path: Path) -> list[tuple[str, bool]]:
    """What a module imports from perfxl and elsewhere; whether inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = []
    for node in ast.walk(tree):
        deep = id(node) not in top
        if isinstance(node, ast.Import):
            found += [(alias.name, deep) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                found.append((node.module or "", deep))
                continue
            parts = [] if package in ("", "perfxl") else package.split(".")
            base = parts[: len(parts) - node.level + 1]
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found += [("perfxl." + ".".join([*base, name]), deep) for name in names]
    return found


INSIDE = [
    (module, name.removeprefix("perfxl."), deep)
    for module, path in modules().items()
    for name, deep in imports(module, path)
    if name.startswith("perfxl.")
]


def test_the_plan_saw_enough_to_mean_anything() -> None:
    assert len(modules()) >= 35
    assert len(INSIDE) >= 120


@pytest.mark.parametrize("module", [name for name in modules() if name not in SPARE])
def test_every_module_is_on_the_plan(module: str) -> None:
    floor_of(module)


def test_imports_go_down() -> None:
    wrong = []
    for module, name, _ in INSIDE:
        if module in SPARE:
            continue
        above, below = floor_of(module), floor_of(name)
        same_room = module.partition(".")[0] == name.partition(".")[0]
        if below > above or (below == above and not same_room and module.partition(".")[0] in ("xlsx", "report")):
            wrong.append(f"{module} (floor {above}) imports {name} (floor {below})")
    assert not wrong


def test_heavy_libraries_are_imported_in_one_module_each() -> None:
    for module, path in modules().items():
        for name, _ in imports(module, path):
            library = name.partition(".")[0]
            if library in HEAVY:
                assert module in HEAVY[library], f"{module} imports {library}"


def test_one_place_alone_catches_everything() -> None:
    places = [
        module
        for module, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert places == ["checking"]


def test_no_room_is_called_utils() -> None:
    banned = {"utils", "helpers", "common", "base", "constants", "models"}
    assert not banned & {part for module in modules() for part in module.split(".")}
