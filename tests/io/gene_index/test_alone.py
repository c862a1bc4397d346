"""The gene index could be a package of its own: it needs a few shared leaves and nothing else of this one."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from processes import run
from project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ROOM = ROOT / "src" / "napari_abc" / "io" / "gene_index"
LEAVES = {f"napari_abc.{name}" for name in ("errors", "task", "text", "io.ids", "io.files")}


def imports_of(path: Path) -> set[str]:
    """Modules of this package that a module imports anywhere, in functions and for types too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found.add(node.module or "")
    return {name for name in found if name.split(".")[0] == "napari_abc"}


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.stem)
def test_it_imports_only_itself_and_the_leaves(path: Path) -> None:
    foreign = {name for name in imports_of(path) if not name.startswith("napari_abc.io.gene_index")}
    assert foreign <= LEAVES


def test_the_modules_of_the_leaves_import_only_leaves() -> None:
    """A leaf that imported another room would bring it along."""
    source = ROOT / "src"
    paths = [source.joinpath(*leaf.split(".")) for leaf in LEAVES]
    files = [
        file for path in paths for file in (path.glob("*.py") if path.is_dir() else [path.with_suffix(".py")])
    ]
    assert len(files) > len(LEAVES)
    for file in files:
        outside = {name for name in imports_of(file) if not name.startswith("napari_abc.io.files.")}
        assert outside <= LEAVES, file


ALONE = """
import importlib.abc, sys

LEAVES = set(sys.argv[1].split(","))
ALLOWED = ("napari_abc.io.gene_index", "napari_abc.io.files")

class Elsewhere(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if not name.startswith("napari_abc.") or name in LEAVES or name == "napari_abc.io":
            return None
        if any(name == room or name.startswith(room + ".") for room in ALLOWED):
            return None
        raise ImportError(f"{name} is another room")

sys.meta_path.insert(0, Elsewhere())
import pathlib, tempfile
import numpy as np, scipy.sparse
from napari_abc.io.gene_index import (
    ArrayMatrix, Order, build_index, build_indexes, open_index, open_published, upload
)
from napari_abc.task import Task

try:
    import napari_abc.io.matrix
except ImportError:
    pass
else:
    sys.exit("the other rooms could be imported")

values = scipy.sparse.random(500, 20, 0.2, "csr", np.float32, np.random.default_rng(0))
ids, genes = [str(i) for i in range(500)], [f"g{i}" for i in range(20)]
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    index = build_index(ArrayMatrix(values, ids, genes), folder / "m.zarr", "key", Task(), threads=2)
    assert (index.read(range(20)) == values.toarray()).all()
    upload(folder / "m.zarr", "memory://alone/m.zarr", Task())
    away = open_published("memory://alone", {"m.zarr": "key"}, 5, Task())["m.zarr"]
    assert (away.read([3], away.rows_of(["7"])) == values.toarray()[7, 3]).all()
    (folder / "n").write_bytes(b"")
    (made,) = build_indexes(
        [Order(folder / "n", folder / "n.zarr", "key")], lambda _: ArrayMatrix(values, ids, genes), Task()
    )
    assert (made.read(range(20)) == values.toarray()).all()
    made.close(), index.close()
print("works alone")
"""


def test_it_works_where_no_other_room_is_there() -> None:
    command = [sys.executable, "-W", "error", "-c", ALONE, ",".join(sorted(LEAVES))]
    done = run(command)
    assert (done.stdout, done.stderr) == ("works alone\n", "")
