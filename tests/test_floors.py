"""The house: which room may import from which, no circles, and who knows napari, Qt and the network.

Every import statement of every module is read, also those inside functions and those for types only.
"""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = ROOT / "src" / "napari_abc"
NAME = "napari_abc"

FLOORS = {
    "errors": 0, "task": 0, "text": 0, "per_process": 0,
    "model": 1,
    "io": 2,
    "demo": 3,
    "atlas": 4, "vendors": 4,
    "stage": 5,
    "viewer": 6,
    "widgets": 7,
    "cli": 8,
    "__init__": 9, "__main__": 9,
}  # fmt: skip
"""Floor of each room; a room imports from floors below its own, and from itself."""

MAY_KNOW = {
    ("napari",): {"viewer", "widgets", "cli"},
    ("vispy",): {"viewer/points", "cli"},
    ("napari._vispy", "napari._qt", "napari._app_model"): {"viewer/points"},
    ("qtpy", "superqt", "magicgui"): {"viewer/display", "viewer/figure", "viewer/points", "widgets", "cli"},
    ("s3fs", "aiohttp", "botocore", "fsspec", "socket", "urllib.request", "http"): {
        "io/remote", "io/gene_index", "io/files", "errors",
    },
    ("tensorstore", "zarr", "nibabel", "tifffile", "dask"): {"io", "demo"},
    ("pickle", "marshal", "shelve", "subprocess"): {"viewer/display", "cli"},
}  # fmt: skip
"""Libraries, and the only rooms (or parts of rooms) that may import them."""


class Import:
    """One import statement: where it stands, and what it names."""

    def __init__(self, path: Path, line: int, module: str, name: str | None) -> None:
        self.path, self.line, self.module, self.name = path, line, module, name

    def __repr__(self) -> str:
        what = f"{self.module}.{self.name}" if self.name else self.module
        return f"{self.path.relative_to(PACKAGE)}:{self.line} imports {what}"


def imports_of(path: Path) -> list[Import]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [Import(path, node.lineno, alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            found += [Import(path, node.lineno, node.module or "", alias.name) for alias in node.names]
    return found


def dotted(path: Path) -> str:
    """``io.files._atomic``; a package is its folder's name, the whole package ``__init__``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
IMPORTS = {name: imports_of(path) for name, path in MODULES.items()}


def own(statement: Import) -> str | None:
    """The module of this package that a statement imports (from); None for another package's."""
    if statement.module != NAME and not statement.module.startswith(f"{NAME}."):
        return None
    inside = statement.module.removeprefix(NAME).lstrip(".")
    deeper = f"{inside}.{statement.name}".lstrip(".")
    return deeper if deeper in MODULES else inside or "__init__"


LEAVES = {"errors", "task", "text", "per_process"}
"""Modules at the bottom, which count as one room."""


def room_of(module: str) -> str:
    return module.partition(".")[0]


def test_every_room_has_a_floor_and_every_floor_is_in_the_docs() -> None:
    assert {room_of(module) for module in MODULES} == set(FLOORS)
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    said = {
        room: int(floor)
        for floor, rooms in re.findall(r"^\| (\d) \| (`.+?`) \|", text, re.MULTILINE)
        for room in re.findall(r"`(\w+)/?`", rooms)
    }
    assert said == {room: floor for room, floor in FLOORS.items() if floor < 9}


@pytest.mark.parametrize("room", FLOORS)
def test_a_room_imports_only_from_the_floors_below(room: str) -> None:
    statements = [x for module in MODULES if room_of(module) == room for x in IMPORTS[module]]
    assert statements
    upward = [
        statement
        for statement in statements
        if (target := own(statement)) is not None
        and room_of(target) != room
        and not {room, room_of(target)} <= LEAVES
        and FLOORS[room_of(target)] >= FLOORS[room]
    ]
    assert not upward


def test_no_import_goes_round_in_a_circle() -> None:
    graph = {
        module: {target for x in statements if (target := own(x)) is not None and target != module}
        for module, statements in IMPORTS.items()
    }
    # What imports from a package waits for all that the package's __init__ imports.
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))
    assert set(order) == set(MODULES)


def test_private_modules_are_imported_by_their_own_package_only() -> None:
    trespassers = []
    for module, statements in IMPORTS.items():
        package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
        for statement in statements:
            target = own(statement)
            if target is None:
                continue
            *parents, last = target.split(".")
            if last.startswith("_") and not last.startswith("__") and ".".join(parents) != package:
                trespassers.append(statement)
    assert not trespassers


@pytest.mark.parametrize("libraries", MAY_KNOW, ids="-".join)
def test_a_library_is_known_only_where_it_may_be(libraries: tuple[str, ...]) -> None:
    allowed = MAY_KNOW[libraries]
    users: dict[str, list[Import]] = {}
    for module, statements in IMPORTS.items():
        for statement in statements:
            full = f"{statement.module}.{statement.name}" if statement.name else statement.module
            if any(full == library or full.startswith(f"{library}.") for library in libraries):
                users.setdefault(module, []).append(statement)
    strangers = [
        statement
        for module, statements in users.items()
        for statement in statements
        if not any(
            module.replace(".", "/") == a or module.replace(".", "/").startswith(f"{a}/") for a in allowed
        )
    ]
    assert not strangers
    if libraries[0] not in ("pickle",):
        assert users, "nobody imports it: take it off the list"


def test_packages_offer_what_they_import() -> None:
    """A package's ``__all__`` names all that its ``__init__`` takes from its private modules."""
    for module, path in MODULES.items():
        if path.name != "__init__.py" or module in ("__init__", "cli"):
            continue
        taken = {x.name for x in IMPORTS[module] if own(x)}
        tree = ast.parse(path.read_text("utf-8"))
        offered: set[str] = set()
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                offered = set(ast.literal_eval(node.value))
        assert taken == offered, module
