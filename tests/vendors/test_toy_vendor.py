"""A vendor that comes through the registry's door alone is opened, colored and listed everywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from napari.components import ViewerModel
from npe2 import PluginManager

from napari_abc import open_bundle
from napari_abc.cli import main
from napari_abc.errors import FormatError
from napari_abc.model import Frame, Slab
from napari_abc.vendors import registry
from napari_abc.viewer.npe2.readers import get_reader

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.task import Task

TABLE = {"cell": ["a", "b", "c"], "x": [1.0, 2.0, 4.0], "y": [5.0, 3.0, 4.0], "kind": ["D1", "D2", "D1"]}


class Toy:
    """Folders with a file ``toy.json``."""

    name = "Toyscope"
    is_folder = True
    patterns = ()
    example = "a Toyscope folder (toy.json)"

    def detect(self, path: Path) -> bool:
        return (path / "toy.json").is_file()

    def open(self, path: Path, task: Task, z: int | None = None) -> Slab:
        task.report(f"Reading {path.name}", 0, 1, "files")
        try:
            table = pd.DataFrame(json.loads((path / "toy.json").read_text())).set_index("cell")
        except (ValueError, OSError) as error:
            raise FormatError(f"{path} can't be read ({error}); copy it again.") from error
        notes = () if z is None else (f"Plane {z}.",)
        return Slab(path.name, self.name, table, (Frame("toy", ("x", "y"), "micrometer"),), notes=notes)


class ToyFile(Toy):
    """Files named ``.toy``."""

    name = "Toyfile"
    is_folder = False
    patterns = ("*.toy",)
    example = "a .toy file"

    def detect(self, path: Path) -> bool:
        return path.is_file() and path.read_bytes()[:3] == b"TOY"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(registry, "VENDORS", [*registry.VENDORS, Toy()])
    folder = tmp_path / "my run"
    folder.mkdir()
    (folder / "toy.json").write_text(json.dumps(TABLE))
    return folder


def test_it_opens_and_is_colored(run: Path) -> None:
    slab = open_bundle(str(run), z=2)
    assert (slab.dataset, slab.label, slab.notes) == ("Toyscope", "my run", ("Plane 2.",))
    assert slab.coloring("kind").counts().tolist() == [2, 1]


def test_the_shell_lists_and_writes_it(run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["slabs", str(run), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["slab"], row["cells"]) == ("my run", 3)
    assert main(["cells", str(run), "-o", str(tmp_path / "out.csv")]) == 0
    assert pd.read_csv(tmp_path / "out.csv").equals(
        pd.DataFrame(TABLE).rename(columns={"cell": "cell_label"})
    )


def test_napari_reads_it(run: Path) -> None:
    assert get_reader(str(run)) is not None
    PluginManager.instance().discover()  # as a window does at its start
    viewer = ViewerModel()
    (cells,) = viewer.open(str(run), plugin="napari-abc")
    assert np.array_equal(cells.data, np.column_stack([TABLE["y"], TABLE["x"]]))


def test_the_dialogs_and_messages_name_it(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.vendor_names(folders=True) == "Xenium or MERSCOPE or Toyscope"
    monkeypatch.setattr(registry, "VENDORS", [*registry.VENDORS, ToyFile()])
    assert registry.vendor_names(folders=False) == "h5ad or Toyfile"
    assert registry.file_filter() == "h5ad files (*.h5ad);;Toyfile files (*.toy)"
    with pytest.raises(
        FormatError, match=r"an \.h5ad file, a Toyscope folder \(toy\.json\), or a \.toy file"
    ):
        open_bundle(tmp_path)
    (tmp_path / "A.TOY").write_text("not one")
    with pytest.raises(FormatError, match=r"A\.TOY can't be read"):  # by its name it is the toy's to refuse
        open_bundle(tmp_path / "A.TOY")


def test_a_vendor_that_fails_to_look_keeps_nobody_from_the_others(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unreadable(Toy):
        def detect(self, path: Path) -> bool:
            raise PermissionError(path)

    monkeypatch.setattr(registry, "VENDORS", [Unreadable(), *registry.VENDORS])
    found = registry.find_vendor(run)
    assert found is not None and found.name == "Toyscope"
