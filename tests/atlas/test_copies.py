"""An atlas, its datasets and slabs can be copied, pickled and used in another process."""

from __future__ import annotations

import copy
import pickle
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_abc import open_atlas
from processes import LONGEST, elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_abc import Atlas, Slab

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
PLANE = "H22.30.001.BS.3.Plane.01"
MERFISH = "MERFISH-C57BL6J-638850"
SECTION = "C57BL6J-638850.37"

WAYS: dict[str, Callable[[Any], Any]] = {
    "pickled": lambda thing: pickle.loads(pickle.dumps(thing)),
    "copied": copy.copy,
    "copied deeply": copy.deepcopy,
}


@pytest.fixture(scope="module")
def atlas(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return open_atlas(release_folder, cache=tmp_path_factory.mktemp("copies"))


@pytest.fixture(scope="module")
def slab(atlas: Atlas) -> Slab:
    slab = atlas[HUMAN].slab(PLANE)
    slab.expression("DRD1")  # so that a matrix is open
    return slab


@pytest.mark.parametrize("way", WAYS)
def test_a_slab(slab: Slab, way: str) -> None:
    again = WAYS[way](slab)
    assert repr(again) == repr(slab)
    assert again.cells.equals(slab.cells)
    assert again.expression("DRD1").equals(slab.expression("DRD1"))
    assert again.coloring("Group").names == slab.coloring("Group").names


@pytest.mark.parametrize("way", WAYS)
def test_a_slab_in_another_frame_with_volumes(atlas: Atlas, way: str) -> None:
    slab = atlas[MERFISH].slab(SECTION).in_frame("ccf")
    again = WAYS[way](slab)
    assert [volume.name for volume in again.volumes] == [volume.name for volume in slab.volumes]
    gene = slab.genes.index[0]
    assert again.expression(gene).equals(slab.expression(gene))


@pytest.mark.parametrize("way", WAYS)
def test_a_dataset_and_an_atlas(atlas: Atlas, way: str) -> None:
    dataset = WAYS[way](atlas[HUMAN])
    assert dataset.slabs.equals(atlas[HUMAN].slabs)
    assert len(dataset.slab(PLANE).cells) == len(atlas[HUMAN].slab(PLANE).cells)
    again = WAYS[way](atlas)
    assert repr(again) == repr(atlas)
    assert again.taxonomy("WMB-taxonomy").aliases.equals(atlas.taxonomy("WMB-taxonomy").aliases)


def test_a_copy_does_not_share_what_is_changed(slab: Slab) -> None:
    again = copy.deepcopy(slab)
    again.cells["x"] = 0.0
    assert (slab.cells["x"] > 0).all()


def test_another_process_reads_genes_and_slabs(atlas: Atlas, slab: Slab) -> None:
    """A child that shares nothing: started, as on Windows and macOS, and not forked."""
    values = elsewhere(methodcaller("expression", ["DRD1"]), slab)
    opened = elsewhere(methodcaller("slab", PLANE), atlas[HUMAN])
    assert values.equals(slab.expression(["DRD1"]))
    np.testing.assert_array_equal(opened.cells[["x", "y"]], slab.cells[["x", "y"]])


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:distributed")
def test_a_dask_worker_reads_genes(slab: Slab) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            death_timeout=LONGEST,
        ) as cluster,
        Client(cluster) as client,
    ):
        values = client.submit(methodcaller("expression", ["DRD1"]), slab).result(LONGEST)
    assert values.equals(slab.expression(["DRD1"]))


@pytest.mark.parametrize("thing", ["atlas", "dataset", "slab", "frame", "taxonomy", "level"])
def test_what_is_printed_fits_a_line(atlas: Atlas, slab: Slab, thing: str) -> None:
    taxonomy = atlas.taxonomy("WMB-taxonomy")
    text = repr(
        {
            "atlas": atlas,
            "dataset": atlas[HUMAN],
            "slab": slab,
            "frame": slab.frame,
            "taxonomy": taxonomy,
            "level": taxonomy.levels[0],
        }[thing]
    )
    assert "\n" not in text
    assert len(text.replace(atlas.source.location, "")) < 120
    assert text.startswith(f"<{thing.capitalize()} ")
