"""Volumes that are dropped on napari: upright, in units, in register at every level, large ones lazily."""

from __future__ import annotations

import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest
from napari.layers import Image, Labels

from generated import ngff_0_4
from napari_abc.errors import AbcError, FormatError
from napari_abc.io.images import _halving as halving
from napari_abc.io.images import _nifti_volume as nifti_volume
from napari_abc.io.images._lazy import LazyArray
from napari_abc.viewer.npe2 import volume_readers
from napari_abc.viewer.npe2.volume_readers import get_reader, read
from napari_abc.widgets.commands import open_dock
from napari_abc.widgets.readers import volume_reader
from project import DATA, cut_and_whole, whole_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import napari


def save(path: Path, data: np.ndarray, affine: Any = None, unit: str = "mm") -> str:
    image = nibabel.Nifti1Image(data, np.diag([-1, -1, 1, 1]) if affine is None else affine, dtype=data.dtype)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)
    return str(path)


def block(shape: tuple[int, ...] = (60, 50, 40)) -> np.ndarray:
    """One bright block, (i, j, k)."""
    data = np.ones(shape, "u2")
    data[24:32, 16:24, 8:32] = 1000
    return data


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small volumes are taken for large ones, with three levels."""
    monkeypatch.setattr(nifti_volume, "_SMALL", 1000)
    monkeypatch.setattr(halving, "_MOST_VOXELS", 2000)


@pytest.fixture
def no_docks(viewer: napari.Viewer) -> Iterator[None]:
    yield
    viewer.window.remove_dock_widget("all")


# -- whose files they are ------------------------------------------------------------------------------


def test_volumes_are_accepted(tmp_path: Path) -> None:
    bigendian = DATA / "volumes" / "anatomical-bigendian.nii"
    paths = [tmp_path / "a.nii.gz", bigendian, DATA / "precomputed" / "segmentation-compresso"]
    paths[0].write_bytes(gzip.compress(bigendian.read_bytes()))
    for path in paths:
        assert get_reader(str(path)) is read
        assert get_reader([str(path)]) is read
    upper = tmp_path / "A.NII"
    upper.write_bytes(paths[1].read_bytes())
    assert get_reader(str(upper)) is read


@pytest.mark.parametrize(
    "path",
    [
        ngff_0_4() / "image-03.zarr",
        DATA / "ome-zarr/simple-0.5",
        DATA / "volumes/mouse-brain-33.tiff",
        DATA / "volumes",
        DATA / "precomputed",
        DATA / "precomputed/annotation",
        DATA / "xenium/cell-mix-526",
    ],
    ids=lambda path: path.name,
)
def test_what_others_read_is_left_to_them(path: Path) -> None:
    assert get_reader(str(path)) is None


def test_anything_else_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder.nii").mkdir()
    (tmp_path / "info").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "info").write_text("hello")
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for number in range(2000):
        (crowd / f"image_{number}.nii").touch()
    get_reader(str(tmp_path))
    start = time.perf_counter()
    for path in ("folder.nii", "a", "", "none.nii", "none.nii.gz", "crowd"):
        assert get_reader(str(tmp_path / path)) is None
    for other in ("", "\0", "https://example.invalid/a.nii.gz", []):
        assert get_reader(other) is None
    assert time.perf_counter() - start < 0.2


def test_several_volumes_are_no_stack(tmp_path: Path) -> None:
    paths = [save(tmp_path / name, block()) for name in ("a.nii", "b.nii")]
    assert get_reader(paths) is None
    with pytest.raises(AbcError, match="one by one"):
        read(paths)


# -- what is shown -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "darkest"),
    [
        # Air is 0 in both; the small one has too little of brain for its lower limit to lie above that.
        *cut_and_whole("volumes/anatomical-bigendian.nii", 0),
        *whole_only("volumes/mni152-t1.nii.gz", 1),
    ],
)
def test_a_real_brain_is_upright(viewer: napari.Viewer, path: Path, darkest: int) -> None:
    (layer,) = viewer.open(str(path), plugin="napari-abc")
    assert isinstance(layer, Image)
    assert [str(unit) for unit in layer.units] == ["millimeter"] * 3
    assert layer.axis_labels == ("z", "y", "x")
    image = nibabel.load(path)
    values = np.asarray(image.dataobj)
    np.testing.assert_allclose(layer.scale, np.abs(np.diag(image.affine))[2::-1])
    # World coordinates are up, back, left; NIfTI's are right, front, up.
    found = set()
    for shares in ((0.3, 0.7, 0.6), (0.6, 0.2, 0.4), (0.5, 0.45, 0.5)):
        voxel = np.rint(np.array(shares) * (np.array(values.shape) - 1)).astype(int)
        right, front, up, _ = image.affine @ [*voxel, 1]
        viewer.dims.set_point(0, up)
        found.add(layer.get_value((up, -front, -right), world=True))
        assert layer.get_value((up, -front, -right), world=True) == values[tuple(voxel)]
    assert len(found) == 3
    low, high = layer.contrast_limits
    assert darkest <= low < high <= values.max()


def test_labels_and_micrometers(viewer: napari.Viewer, tmp_path: Path) -> None:
    data = (block() > 1) * 700
    path = save(tmp_path / "annotation_25.nii.gz", data.astype("u4"), np.diag([-25, -25, 25, 1]), "micron")
    (layer,) = viewer.open(path, plugin="napari-abc")
    assert isinstance(layer, Labels)
    assert [str(unit) for unit in layer.units] == ["micrometer"] * 3
    np.testing.assert_allclose(layer.scale, 25)
    assert layer.get_value((20 * 25, 20 * 25, 28 * 25), world=True) == 700


def test_a_series_has_a_slider_for_its_points_in_time(viewer: napari.Viewer, tmp_path: Path) -> None:
    data = np.stack([block(), block() * 2], axis=-1)
    (layer,) = viewer.open(save(tmp_path / "a.nii.gz", data), plugin="napari-abc")
    assert layer.axis_labels == ("t", "z", "y", "x")
    assert layer.data.shape == (2, 40, 50, 60)
    assert [str(unit) for unit in layer.units] == ["pixel", *["millimeter"] * 3]


def test_a_rotation_that_is_left_out_is_said(
    viewer: napari.Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("napari.utils.notifications.show_info", said.append)
    turn = np.array([[0.9, -0.2, 0, 0], [0.2, 0.9, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    viewer.open(save(tmp_path / "a.nii", block(), turn), plugin="napari-abc")
    assert len(said) == 1 and "a.nii is rotated" in said[0]
    viewer.open(save(tmp_path / "b.nii", block()), plugin="napari-abc")
    assert len(said) == 1


def test_a_precomputed_folder(viewer: napari.Viewer) -> None:
    (layer,) = viewer.open(str(DATA / "precomputed" / "segmentation-compresso"), plugin="napari-abc")
    assert isinstance(layer, Labels)
    assert layer.multiscale and len(layer.data) == 5
    assert [str(unit) for unit in layer.units] == ["nanometer"] * 3
    np.testing.assert_allclose(layer.scale, (40, 4, 4))


def test_what_has_no_small_copy_is_refused_before_it_is_read(tmp_path: Path) -> None:
    side = 2**20
    info = {
        "type": "image",
        "data_type": "uint8",
        "num_channels": 1,
        "scales": [
            {
                "key": "s", "size": [side] * 3, "resolution": [1, 1, 1], "voxel_offset": [0, 0, 0],
                "chunk_sizes": [[64, 64, 64]], "encoding": "raw",
            }
        ],
    }  # fmt: skip
    (tmp_path / "info").write_text(json.dumps(info))
    reader = get_reader(str(tmp_path))
    assert reader is read
    with pytest.raises(FormatError, match="smaller levels"):
        reader(str(tmp_path))


# -- large ones ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("converted", "no_docks")
def test_a_large_volume_is_converted_in_the_background(
    viewer: napari.Viewer, tmp_path: Path, qtbot: Any
) -> None:
    path = save(tmp_path / "a.nii.gz", block())
    assert viewer.open(path, plugin="napari-abc") == []
    qtbot.waitUntil(lambda: len(viewer.layers) == 1, timeout=30_000)
    layer = viewer.layers[0]
    assert len(layer.data) == 3
    assert all(isinstance(level, LazyArray) for level in layer.data)
    np.testing.assert_array_equal(layer.data[0], block().T)
    # The second time it is there at once.
    (again,) = viewer.open(path, plugin="napari-abc")
    assert again.data[0].shape == layer.data[0].shape
    np.testing.assert_allclose(again.contrast_limits, layer.contrast_limits)


@pytest.mark.usefixtures("converted", "no_docks")
def test_a_damaged_one_is_told_and_leaves_the_window_as_it_was(
    viewer: napari.Viewer, tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("napari.utils.notifications.show_error", said.append)
    path = tmp_path / "a.nii"
    save(path, block())
    damaged = tmp_path / "b.nii.gz"
    damaged.write_bytes(gzip.compress(path.read_bytes())[:-40])
    assert viewer.open(str(damaged), plugin="napari-abc") == []
    qtbot.waitUntil(lambda: bool(said), timeout=30_000)
    assert "b.nii.gz is cut off" in said[0]
    assert not viewer.layers


@pytest.mark.usefixtures("converted", "no_docks")
def test_it_can_be_cancelled_in_the_dock(
    viewer: napari.Viewer, tmp_path: Path, qtbot: Any, cache_folder: Path
) -> None:
    dock = open_dock(viewer)
    viewer.open(save(tmp_path / "a.nii.gz", block((200, 200, 200))), plugin="napari-abc")
    (purpose,) = [purpose for purpose in dock.jobs.purposes() if purpose.startswith("volume")]
    dock.jobs.cancel(purpose)
    dock.jobs.shutdown(20)
    assert not list((cache_folder / "napari-abc").rglob("*.ome.zarr"))
    assert not viewer.layers


@pytest.mark.usefixtures("converted")
def test_without_a_window_it_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import napari

    monkeypatch.setattr(napari, "current_viewer", lambda: None)  # another test of this file may have one
    path = save(tmp_path / "a.nii.gz", block())
    reader = volume_reader(path)
    assert reader is not None
    ((data, arguments, kind),) = reader(path)
    assert (kind, arguments["name"]) == ("image", "a")
    np.testing.assert_array_equal(data[0], block().T)


@pytest.mark.usefixtures("converted")
def test_only_a_volume_that_has_to_be_converted_is_waited_for(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii.gz", block())
    assert volume_readers.slow_path(path) == volume_readers.slow_path([path]) == tmp_path / "a.nii.gz"
    read(path)
    assert volume_readers.slow_path(path) is None  # it was converted
    small = save(tmp_path / "b.nii", block((5, 5, 5)))
    assert volume_readers.slow_path(small) is None
    assert volume_readers.slow_path([path, small]) is None
    assert volume_readers.slow_path(str(DATA / "precomputed" / "segmentation-compresso")) is None


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("shape", [(60, 50, 40), (61, 51, 41)])
def test_levels_are_in_register_on_the_canvas(
    viewer: napari.Viewer, tmp_path: Path, shape: tuple[int, ...], look: Callable[[napari.Viewer], Any]
) -> None:
    """The block is where it is, whichever level is drawn."""
    volume = nifti_volume.open_nifti(_path(save(tmp_path / "a.nii.gz", block(shape)), tmp_path))
    ((data, arguments, _),) = volume_readers.volume_layers([volume])
    layer = viewer.add_image(data, **(arguments | {"contrast_limits": (1, 1000)}))
    assert len(layer.data) >= 3
    viewer.dims.set_point(0, 20)
    viewer.reset_view()
    centers = []
    for level in range(3):
        layer.locked_data_level = level
        pixels = look(viewer).pixels[..., 0].astype(float)
        rows, columns = np.indices(pixels.shape)
        centers.append([(part * pixels).sum() / pixels.sum() for part in (rows, columns)])
    # A mean over what lies in a voxel moves no weight, so the center stays within a pixel of the screen,
    # where a voxel of the smallest level is dozens of them.
    np.testing.assert_allclose(centers[1:], [centers[0]] * 2, atol=1)


def _path(path: str, folder: Path) -> Path:
    return folder / path.rpartition("/")[2]
