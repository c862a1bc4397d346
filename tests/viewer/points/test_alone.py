"""The room of points could be a package of its own, and is the only door to napari's private parts."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from processes import run
from project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = ROOT / "src"
PACKAGE = SOURCE / "napari_abc"
POINTS = PACKAGE / "viewer" / "points"
ROOM = "napari_abc.viewer.points"
LEAVES = {"napari_abc.errors", "napari_abc.task"}
OTHERS = {"napari", "vispy", "qtpy", "numpy", "scipy", "pydantic"}
"""What the room may import besides itself, the leaves and the standard library."""

# Asks OpenGL itself whether it draws, in a process of its own, by vispy's public parts alone.
PROBE = PACKAGE / "cli" / "probe_gl.py"

# Ends an interpreter's way to every other room of the package.
BLOCK = f"""
import sys

class Closed:
    def find_spec(self, name, path=None, target=None):
        allowed = {LEAVES | {"napari_abc", "napari_abc.viewer", ROOM}!r}
        if name.startswith("napari_abc") and name not in allowed and not name.startswith("{ROOM}."):
            raise ImportError(name + " is another room")

sys.meta_path.insert(0, Closed())
"""


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports from, deferred and type-only imports included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield str(node.module)
            yield from (f"{node.module}.{name.name}" for name in node.names if name.name.startswith("_"))


def is_private(module: str) -> bool:
    """Whether it is one of napari's own, or of vispy, whose parts napari may exchange any time."""
    root, *parts = module.split(".")
    return root == "vispy" or (root == "napari" and any(part.startswith("_") for part in parts))


def works_alone(code: str) -> None:
    run([sys.executable, "-W", "error::ImportWarning", "-c", BLOCK + code], check=True)


def test_private_parts_of_napari_and_vispy_are_used_in_this_room_alone() -> None:
    inside = {module for path in POINTS.glob("*.py") for module in imports(path) if is_private(module)}
    assert "vispy.gloo" in inside and any(module.startswith("napari._vispy") for module in inside)
    found = {
        f"{path.relative_to(PACKAGE)} imports {module}"
        for path in PACKAGE.rglob("*.py")
        if path.parent != POINTS and path != PROBE
        for module in imports(path)
        if is_private(module)
    }
    assert not found


def test_no_private_attribute_of_napari_is_used_elsewhere() -> None:
    """Of an object that is neither ``self`` nor one of our own modules' names."""
    ours = {"_replace", "_asdict"}  # of named tuples, which are public

    def foreign(path: Path) -> Iterator[str]:
        tree = ast.parse(path.read_text("utf-8"))
        own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_self(node)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or _is_self(node):
                continue
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            # By __class__ a layer could be made one of another class.
            if (private and node.attr not in ours | own) or node.attr == "__class__":
                yield f"{path.relative_to(PACKAGE)}:{node.lineno} {ast.unparse(node)}"

    def _is_self(node: ast.Attribute) -> bool:
        return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")

    rooms = [PACKAGE / "viewer", PACKAGE / "widgets"]
    files = [path for room in rooms for path in room.rglob("*.py") if path.parent != POINTS]
    assert not [found for path in files for found in foreign(path)]
    assert [found for path in POINTS.glob("*.py") for found in foreign(path)]  # or it would see nothing


def test_it_imports_nothing_else_of_this_package() -> None:
    for path in POINTS.glob("*.py"):
        for module in imports(path):
            root = module.partition(".")[0]
            if root == "napari_abc":
                assert module in LEAVES or module.startswith(ROOM), f"{path.name} imports {module}"
            else:
                assert root in OTHERS | sys.stdlib_module_names, f"{path.name} imports {module}"


def test_it_works_where_every_other_room_is_closed() -> None:
    works_alone(
        "\n".join(f"import {ROOM}.{path.stem}" for path in POINTS.glob("_[a-z]*.py"))
        + f"\nimport doctest, {ROOM} as points"
        + "\nresults = doctest.testmod(points)"
        + "\nassert results.attempted > 10 and not results.failed, results"
    )


def test_the_other_rooms_are_closed_then() -> None:
    works_alone(
        "try:\n    import napari_abc.model\nexcept ImportError as error:\n    said = str(error)"
        "\nassert said == 'napari_abc.model is another room'"
    )
