"""Which vendor a path belongs to: told fast, without raising, and opened by that vendor's reader."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anndata
import numpy as np
import pandas as pd
import pytest

from generated import xenium_run
from napari_abc import open_bundle
from napari_abc.errors import FormatError, MissingFileError, UnknownNameError
from napari_abc.task import Progress, Task
from napari_abc.vendors.registry import file_filter, find_vendor, vendor_names, vendor_of_name
from project import cut_and_whole, whole_only

if TYPE_CHECKING:
    from pathlib import Path

REAL_RUNS = [
    *cut_and_whole("xenium/cell-mix-526", "xenium"),
    pytest.param(xenium_run(), "xenium", id="generated"),
    *whole_only("xenium/mouse-brain-10k", "xenium"),
    *cut_and_whole("merscope/smallset-24", "merscope"),
    *cut_and_whole("merscope/brain-tumor-150", "merscope"),
    *cut_and_whole("h5ad/visium-49.h5ad", "h5ad"),
]


def kind_of(path: str | Path) -> str | None:
    vendor = find_vendor(path)
    return vendor.name.lower() if vendor is not None else None


@pytest.fixture
def h5ad(tmp_path: Path) -> Path:
    path = tmp_path / "mine.H5AD"
    adata = anndata.AnnData(
        np.ones((3, 2)), pd.DataFrame(index=list("abc")), obsm={"spatial": np.ones((3, 2))}
    )
    adata.write_h5ad(path)
    return path


def test_an_h5ad_file(h5ad: Path) -> None:
    assert kind_of(h5ad) == kind_of(str(h5ad)) == "h5ad"
    seen: list[Progress] = []
    slab = open_bundle(str(h5ad), Task(seen.append), z=3)
    assert (slab.dataset, slab.label, len(slab.cells)) == ("h5ad", "mine", 3)
    assert seen


@pytest.mark.parametrize(("path", "kind"), REAL_RUNS)
def test_real_runs(path: Path, kind: str) -> None:
    assert kind_of(path) == kind
    slab = open_bundle(path)
    assert kind in slab.dataset.lower()
    assert slab.kind == "run"
    # Each is named after the number of its cells.
    cells = int(path.stem.replace("10k", "10000").rpartition("-")[2])
    assert len(slab.cells) + slab.unplaced == cells


def test_what_is_nobodys_is_told_apart_in_milliseconds(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("cell,x\n")
    (tmp_path / "fake.h5ad").write_text("not HDF5")
    many = tmp_path / "many"
    many.mkdir()
    for i in range(2_000):
        (many / f"{i}.tif").touch()
    paths = [tmp_path / "table.csv", tmp_path / "fake.h5ad", tmp_path / "absent", tmp_path, many]
    find_vendor(tmp_path)  # imports
    start = time.perf_counter()
    assert [find_vendor(path) for path in paths] == [None] * len(paths)
    assert time.perf_counter() - start < 0.25
    assert find_vendor("a\0b") is None
    assert find_vendor("~nobody-of-that-name/run") is None
    assert find_vendor(3) is None  # type: ignore[arg-type]


def test_refusals_say_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no file or folder"):
        open_bundle(tmp_path / "absent")
    for path in (tmp_path, tmp_path / "table.csv"):
        if path.suffix:
            path.write_text("cell,x\n")
        with pytest.raises(
            FormatError, match=r"experiment\.xenium.*cell_metadata\.csv.*\.h5ad file"
        ) as caught:
            open_bundle(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    (tmp_path / "fake.h5ad").write_text("not HDF5")
    with pytest.raises(FormatError, match="not an HDF5 file"):
        open_bundle(tmp_path / "fake.h5ad")


def test_a_run_says_where_it_was_opened_from(h5ad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(h5ad.parent)
    assert open_bundle(h5ad.name).source == str(h5ad)


def test_a_plane_is_handed_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "cell_metadata.csv").write_text("EntityID,center_x,center_y\n1,2,3\n")
    with pytest.raises(UnknownNameError, match="no plane z7"):
        open_bundle(run, z=7)


@pytest.mark.parametrize(
    ("name", "vendor"), [("a.H5AD", "h5ad"), ("experiment.xenium", "Xenium"), ("h5ad", None), ("a.csv", None)]
)
def test_whose_a_file_is_by_its_name_alone(tmp_path: Path, name: str, vendor: str | None) -> None:
    found = vendor_of_name(tmp_path / name)
    assert (found.name if found else None) == vendor


def test_what_a_dialog_offers() -> None:
    assert file_filter() == "h5ad files (*.h5ad)"
    assert (vendor_names(True), vendor_names(False)) == ("Xenium or MERSCOPE", "h5ad")
