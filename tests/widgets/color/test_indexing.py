from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import anndata
import numpy as np
import pytest
import scipy.sparse

from napari_abc.atlas.atlas import open_atlas
from napari_abc.io.matrix import _own_index as own_index
from napari_abc.vendors.registry import open_bundle
from napari_abc.viewer.scene import add_slab
from napari_abc.widgets.color._indexing import INDEX

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.widgets.dock import AtlasDock

    Idle = Callable[[AtlasDock], None]

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"


@pytest.fixture
def slab(release_folder: Path, tmp_path: Path) -> Slab:
    dataset = open_atlas(release_folder, tmp_path / "cache")[HUMAN]
    return dataset.slab(dataset.slabs.index[0])


def indexes(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache/napari-abc/genes").glob("*.zarr"))


def test_the_first_gene_starts_an_index_and_the_next_comes_from_it(
    dock: AtlasDock, idle: Idle, slab: Slab, tmp_path: Path
) -> None:
    started: list[tuple[str, str]] = []
    dock.jobs.started.connect(lambda purpose, what: started.append((purpose, what)))
    viewer = dock.color_controller._viewer
    layer = add_slab(viewer, slab).cells
    genes = [str(gene) for gene in slab.genes["gene_symbol"].dropna().iloc[:3]]
    dock.color_controller.color_by_column(slab.color_keys()[next(iter(slab.color_keys()))][0])
    idle(dock)
    assert not indexes(tmp_path)
    dock.color_controller.color_by_gene(genes[0])
    idle(dock)
    (name,) = indexes(tmp_path)
    assert "log2" in name
    source = slab.expression_source
    assert source is not None and not source.index_missing("log2")
    colors = np.array(layer.face_color)
    dock.color_controller.color_by_gene(genes[1])
    idle(dock)
    dock.color_controller.color_by_gene(genes[0])
    idle(dock)
    np.testing.assert_array_equal(layer.face_color, colors)
    assert [what for purpose, what in started if purpose == INDEX] == ["Indexing genes…"]


def test_a_file_of_ones_own_gets_an_index_in_the_cache(
    dock: AtlasDock, idle: Idle, tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_index, "_WORTHWHILE", 0)
    rng = np.random.default_rng(1)
    values = scipy.sparse.random(400, 5, 0.3, "csr", "f4", rng)
    data = anndata.AnnData(values, obsm={"spatial": rng.random((400, 2))})
    data.var_names = [f"g{i}" for i in range(5)]
    data.obs_names = [f"c{i}" for i in range(400)]
    data.write_h5ad(tmp_path / "mine.h5ad")
    slab = open_bundle(tmp_path / "mine.h5ad")
    layer = add_slab(dock.color_controller._viewer, slab).cells
    dock.color_controller.color_by_gene("g2")
    idle(dock)
    (index,) = (cache_folder / "napari-abc/genes").glob("*.zarr")
    assert index.name.startswith("mine-")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.h5ad"]
    colors = np.array(layer.face_color)
    dock.color_controller.color_by_gene("g3")
    idle(dock)
    dock.color_controller.color_by_gene("g2")
    idle(dock)
    np.testing.assert_array_equal(layer.face_color, colors)


def test_closing_the_dock_stops_the_building(
    qtbot: QtBot, dock: AtlasDock, slab: Slab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = threading.Event()
    source = slab.expression_source
    assert source is not None

    def build(kind: str, task: object) -> None:
        reached.set()
        while True:
            task.report("Indexing genes", 1, 2, "parts")  # type: ignore[attr-defined]
            threading.Event().wait(0.005)

    monkeypatch.setattr(source, "build_index", build)
    add_slab(dock.color_controller._viewer, slab)
    dock.color_controller.color_by_gene(str(slab.genes["gene_symbol"].dropna().iloc[0]))
    qtbot.waitUntil(reached.is_set, timeout=20_000)
    dock.tidy_up()
    assert not [thread for thread in threading.enumerate() if thread.name == f"napari-abc {INDEX}"]
    assert not indexes(tmp_path)
