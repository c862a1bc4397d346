"""What is dropped on napari: our runs are read as ``add_slab`` shows them, the rest is refused at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.layers import Labels, Points
from PIL import Image

import napari_abc as abc
from generated import ngff_0_4, xenium_run
from napari_abc.errors import AbcError
from napari_abc.viewer.color import painted
from napari_abc.viewer.links import slab_of, viewer_of
from napari_abc.viewer.npe2.readers import get_reader, read
from napari_abc.widgets.dock import AtlasDock
from project import DATA, cut_and_whole, whole_only

if TYPE_CHECKING:
    from pathlib import Path

    import napari
    from qtpy.QtWidgets import QWidget

OURS = (
    "xenium/cell-mix-526",
    "merscope/smallset-24",
    "merscope/brain-tumor-150",
    "h5ad/visium-49.h5ad",
    "h5ad/merfisheyes-valid/sparse_csc.h5ad",
)
NOT_OURS = ("ome-zarr/simple-0.5", "volumes", "precomputed/annotation", "h5ad")


@pytest.mark.parametrize(
    "path",
    [
        *(version for name in OURS for version in cut_and_whole(name)),
        pytest.param(xenium_run(), id="generated"),
        *whole_only("xenium/mouse-brain-10k"),
    ],
)
def test_runs_are_accepted(path: Path) -> None:
    assert get_reader(str(path)) is read
    assert get_reader([str(path)]) is read


@pytest.mark.parametrize(
    "path", [*(DATA / path for path in NOT_OURS), ngff_0_4() / "image-01.zarr", *whole_only("abc/bucket")]
)
def test_other_folders_are_refused(path: Path) -> None:
    assert get_reader(str(path)) is None


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A folder laid out as the bucket, by its names."""
    folder = tmp_path / "bucket"
    for path in ("releases/20260228/manifest.json", "metadata/HMBA/20260228/cell_metadata.csv"):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text("{}")
    return folder


def test_anything_else_is_refused(tmp_path: Path, release: Path) -> None:
    (tmp_path / "cells.zarr").mkdir()
    (tmp_path / "cell_metadata.csv.d").mkdir()
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    (tmp_path / "fake.h5ad").write_bytes(b"not HDF5")
    (tmp_path / "experiment.xenium").write_text("{}")
    paths = ["cells.zarr", "cell_metadata.csv.d", "table.csv", "fake.h5ad", "nothing", ""]
    for path in paths:
        assert get_reader(str(tmp_path / path) if path else "") is None, path
    assert get_reader("https://example.invalid/a.h5ad") is None
    assert get_reader("\0") is None
    assert get_reader([]) is None
    # A whole release is no layer; the dock opens it as a source.
    assert get_reader(str(release)) is None


def test_refusing_takes_milliseconds(tmp_path: Path, release: Path) -> None:
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for number in range(2000):
        (crowd / f"image_{number}.tif").touch()
    get_reader(str(crowd))  # the first call imports
    start = time.perf_counter()
    for path in (crowd, release, tmp_path, tmp_path / "no"):
        assert get_reader(str(path)) is None
    assert time.perf_counter() - start < 0.2


def test_a_folder_of_pictures_is_offered_to_us_but_never_taken(viewer: napari.Viewer, tmp_path: Path) -> None:
    """What the manifest can't prevent, and what the README says against it."""
    from napari.errors import MultipleReaderError
    from napari.settings import get_settings

    for number in range(2):
        Image.fromarray(np.full((8, 8), 60 * number, np.uint8)).save(tmp_path / f"{number}.png")
    with pytest.raises(MultipleReaderError, match="napari-abc"):
        viewer.open(str(tmp_path), plugin=None)  # as the window does, which then asks
    assert len(viewer.layers) == 0
    (pictures,) = viewer.open(str(tmp_path))  # as scripts do
    assert pictures.data.shape == (2, 8, 8)
    settings = get_settings().plugins
    before = dict(settings.extension2reader)
    try:
        settings.extension2reader = {**before, "*/": "napari"}
        (pictures,) = viewer.open(str(tmp_path), plugin=None)
    finally:
        settings.extension2reader = before
    assert pictures.data.shape == (2, 8, 8)


def test_several_runs_are_no_stack() -> None:
    paths = [str(DATA / path) for path in OURS[:2]]
    assert get_reader(paths) is None
    with pytest.raises(AbcError, match="one by one"):
        read(paths)


def test_napari_opens_a_xenium_folder_as_add_slab_does(viewer: napari.Viewer) -> None:
    path = str(DATA / "xenium" / "cell-mix-526")
    layers = viewer.open(path, plugin="napari-abc")
    assert [layer._type_string for layer in viewer.layers] == ["image", "labels", "points"]
    cells = next(layer for layer in layers if isinstance(layer, Points))
    assert len(cells.data) == 526
    assert viewer.layers.selection.active is cells
    assert viewer_of(cells) is viewer
    assert viewer.canvas.overlays.scale_bar.visible
    slab = slab_of(cells)
    assert slab is not None
    assert [str(unit) for unit in viewer.layers.units] == ["micrometer"] * 2
    added = abc.add_slab(viewer, slab)
    for mine, naparis in zip(added, layers, strict=True):
        assert type(mine) is type(naparis)
        for name in ("scale", "translate", "units", "axis_labels", "opacity", "blending"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(naparis, name), name)
        assert list(mine.metadata) == list(naparis.metadata)
    np.testing.assert_array_equal(added.cells.data, cells.data)
    np.testing.assert_array_equal(added.cells.size, cells.size)
    np.testing.assert_array_equal(added.cells.face_color, cells.face_color)


def test_cells_of_a_run_lie_in_their_outlines(viewer: napari.Viewer) -> None:
    layers = viewer.open(str(DATA / "xenium" / "cell-mix-526"), plugin="napari-abc")
    outlines = next(layer for layer in layers if isinstance(layer, Labels))
    cells = next(layer for layer in layers if isinstance(layer, Points))
    finest = outlines.data[0]
    hits = 0
    for row, world in enumerate(cells.data):
        y, x = np.rint((world - outlines.translate) / outlines.scale).astype(int)
        hits += int(finest[y, x]) == row + 1
    assert hits > 0.97 * len(cells.data)


@pytest.mark.parametrize("path", cut_and_whole("merscope/brain-tumor-150"))
def test_a_gene_of_a_run_colors_its_cells(viewer: napari.Viewer, path: Path) -> None:
    layers = viewer.open(str(path), plugin="napari-abc")
    cells = next(layer for layer in layers if isinstance(layer, Points))
    slab = slab_of(cells)
    assert slab is not None
    symbol = str(slab.genes["gene_symbol"].iloc[0])
    coloring = abc.color_by(cells, f"gene:{symbol}", slab.values[0])
    state = painted(cells)
    assert state is not None and state.coloring is coloring
    assert len(np.unique(cells.face_color, axis=0)) > 1


def test_the_experiment_file_stands_for_its_folder(viewer: napari.Viewer) -> None:
    path = xenium_run() / "experiment.xenium"
    (cells,) = viewer.open(str(path), plugin="napari-abc")
    assert len(cells.data) == 300


def test_sample_data_of_four_species_open_offline_and_say_that_they_are_synthetic(
    viewer: napari.Viewer,
) -> None:
    for key, unit in (("human", "mm"), ("macaque", "mm"), ("marmoset", "mm"), ("mouse", "mm")):
        viewer.layers.clear()
        layers = viewer.open_sample("napari-abc", key)
        cells = next(layer for layer in layers if isinstance(layer, Points))
        assert len(cells.data) > 1000
        assert all(layer.name.endswith("(synthetic)") for layer in layers)
        assert f"{viewer.layers.units[0]:~}" == unit
        state = painted(cells)
        assert state is not None
        assert 5 < np.count_nonzero(state.coloring.counts()) <= 40  # type: ignore[union-attr]
        assert viewer.layers.selection.active is cells
        assert viewer.layers.index(cells) == 0
        slab = slab_of(cells)
        assert slab is not None
        assert slab.species.casefold().startswith(key)


def test_a_sample_in_three_dimensions_and_one_of_an_embedding(viewer: napari.Viewer) -> None:
    (brain,) = viewer.open_sample("napari-abc", "mouse_ccf")
    assert brain.ndim == viewer.dims.ndisplay == 3
    assert brain.axis_labels == ("x_ccf", "y_ccf", "z_ccf")
    viewer.layers.clear()
    (cells,) = viewer.open_sample("napari-abc", "mouse_embedding")
    assert cells.scale.tolist() == [-1, 1]
    assert len(cells.data) > 1000
    assert all(layer.name.endswith("(synthetic)") for layer in (brain, cells))


def test_the_dock_shows_itself_with_what_comes_through_napari_and_not_in_scripts(
    viewer: napari.Viewer,
) -> None:
    def docks() -> list[QWidget]:
        return [dock for dock in viewer.window.dock_widgets.values() if isinstance(dock, AtlasDock)]

    slab = abc.open_atlas("demo")["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    abc.add_slab(viewer, slab)
    assert docks() == []
    viewer.open(str(xenium_run()), plugin="napari-abc")
    (dock,) = docks()
    assert dock.isVisible()
    assert not dock.find_view.source_section.expanded  # the legend has the room
    frame = dock.parentWidget()
    assert frame is not None
    frame.hide()
    viewer.open_sample("napari-abc", "mouse_embedding")
    assert docks() == [dock]
    assert dock.isVisible()
    titles = dock.steps.scene.stage.titles().values()
    assert len(titles) == 3
    viewer.window.remove_dock_widget("all")
