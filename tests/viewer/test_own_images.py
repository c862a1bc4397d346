"""A person's image on the canvas: its pixels lie where the cells' coordinates say, whatever its unit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest
import tifffile
import zarr
from napari.layers import Image, Labels

import napari_abc as abc
from napari_abc.errors import Cancelled, ConfigurationError, MissingFileError
from napari_abc.model import Frame
from napari_abc.task import Task
from napari_abc.viewer.own_images import add_prepared_images, prepare_images

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import napari

    from napari_abc.model import Slab

MM = Frame("slab", ("x", "y"), "millimeter", plane="z_slab")
UM = Frame("micron", ("x", "y"), "micrometer")
UP = Frame("up", ("x", "y"), "millimeter", y_down=False)
CCF = Frame("ccf", ("z_c", "y_c", "x_c"), "millimeter")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What napari's notifications said."""
    from napari.utils import notifications

    said: list[str] = []
    monkeypatch.setattr(notifications, "show_info", said.append)
    return said


def pixels(dtype: str = "u2") -> np.ndarray:
    """20 rows of 24 pixels of half a millimeter; the one at x 4 mm, y 1.5 mm is bright."""
    data = np.full((20, 24), 10, dtype)
    data[3, 8] = 1000 if dtype == "u2" else 200
    return data


def as_tiff(folder: Path) -> Path:
    size = {"PhysicalSizeX": 500, "PhysicalSizeY": 500}
    tifffile.imwrite(folder / "a.ome.tif", pixels(), metadata={"axes": "YX", **size})
    return folder / "a.ome.tif"


def as_zarr(folder: Path) -> Path:
    group = zarr.open_group(folder / "a.zarr", mode="w", zarr_format=3)
    group.create_array("0", data=pixels(), chunks=(8, 8))
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [0.05, 0.05]}]}]
    axes = [{"name": name, "type": "space", "unit": "centimeter"} for name in "yx"]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    return folder / "a.zarr"


def as_nifti(folder: Path) -> Path:
    """Three planes at 5, 7 and 9 mm; the pixel is bright in that at 7 mm."""
    data = np.full((24, 20, 3), 10, np.uint16)
    data[8, 3, 1] = 1000
    affine = np.diag([-0.5, -0.5, 2.0, 1.0])  # to the left and to the back
    affine[2, 3] = 5
    image = nibabel.Nifti1Image(data, affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, folder / "a.nii.gz")
    return folder / "a.nii.gz"


def as_precomputed(folder: Path) -> Path:
    (folder / "a" / "s").mkdir(parents=True)
    scale = {
        "key": "s", "size": [24, 20, 1], "resolution": [500_000, 500_000, 1000], "voxel_offset": [0, 0, 0],
        "chunk_sizes": [[24, 20, 1]], "encoding": "raw",
    }  # fmt: skip
    info = {"type": "image", "data_type": "uint16", "num_channels": 1, "scales": [scale]}
    (folder / "a" / "info").write_text(json.dumps(info))
    (folder / "a" / "s" / "0-24_0-20_0-1").write_bytes(pixels().tobytes())
    return folder / "a"


def bright(viewer: napari.Viewer, look: Callable[..., Any], unit: float, x: float, y: float) -> list[bool]:
    """Whether the canvas is white just inside the four sides of a pixel of 0.5 mm, and black just outside."""
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, y * unit, x * unit), 50 / unit
    canvas = look(viewer)
    sides = ((0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0))
    inside = [canvas.color(unit * (x + 0.2 * dx), unit * (y + 0.2 * dy)) == "#ffffff" for dx, dy in sides]
    outside = [canvas.color(unit * (x + 0.3 * dx), unit * (y + 0.3 * dy)) == "#000000" for dx, dy in sides]
    return inside + outside


@pytest.mark.parametrize("make", [as_tiff, as_zarr, as_nifti, as_precomputed])
@pytest.mark.parametrize("frame", [MM, UM])
def test_pixels_lie_where_the_cells_lie(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    tmp_path: Path,
    told: list[str],
    make: Callable[[Path], Path],
    frame: Frame,
) -> None:
    unit = 1.0 if frame is MM else 1000.0
    positions = unit * np.array([[1.0, 1.0], [4.0, 1.5], [5.0, 3.0]])
    slab = make_slab(positions, ("D1", "D2", "D1"), (0.0, 1.0, 2.0), frames=(frame,))
    slab.cells["z_slab"] = 6.8
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    path = make(tmp_path)
    (layer,) = abc.add_image_file(viewer, cells, path)
    assert isinstance(layer, Image)
    assert list(viewer.layers) == [layer, cells]
    assert viewer.layers.selection.active is cells
    assert [str(one) for one in layer.units] == [frame.unit] * 2
    assert layer.get_value((1.6 * unit, 4.1 * unit), world=True) == 1000
    cells.visible, layer.contrast_limits = False, (10, 1000)
    if make is as_precomputed:
        # There voxel 0 begins, and is not centered, at 0.
        assert all(bright(viewer, look, unit, 4.25, 1.75))
    else:
        assert all(bright(viewer, look, unit, 4.0, 1.5))
    if make is as_nifti:
        # Plane 2 of 5, 7 and 9 mm; a frame without depth gets the same, for it is in the middle.
        says = "nearest to the cells at 6.8 mm" if frame is MM else "Nobody says"
        assert len(told) == 1
        assert says in told[0]
    else:
        assert not told


def test_rows_go_up_where_y_does(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], tmp_path: Path
) -> None:
    cells = abc.add_slab(viewer, make_slab(frames=(UP,))).cells
    (layer,) = abc.add_image_file(viewer, cells, as_tiff(tmp_path))
    # What is at 1.5 mm in the frame is drawn above 0.
    assert layer.get_value((-1.5, 4.0), world=True) == 1000
    np.testing.assert_allclose(layer.data_to_world((3, 8)), cells.data_to_world((1.5, 4.0)))


def channels(folder: Path, count: int = 3) -> Path:
    """Channels as ImageJ has them, and nothing said of colors."""
    data = np.zeros((count, 20, 24), np.uint16)
    for k in range(count):
        data[k, k + 2, k + 2] = 100
    how: Any = {"imagej": True, "resolution": (2, 2), "metadata": {"axes": "CYX", "unit": "mm"}}
    tifffile.imwrite(folder / "c.tif", data, **how)
    return folder / "c.tif"


def test_channels_are_added_up_in_their_colors(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any], tmp_path: Path
) -> None:
    cells = abc.add_slab(viewer, make_slab()).cells
    layers = abc.add_image_file(viewer, cells, channels(tmp_path))
    assert [layer.blending for layer in layers] == ["additive"] * 3
    assert list(viewer.layers) == [*layers, cells]
    cells.visible = False
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 2, 2), 50
    canvas = look(viewer)
    assert [canvas.color(at, at) for at in (1.0, 1.5, 2.0)] == ["#0000ff", "#00ff00", "#ff00ff"]


def test_of_many_channels_the_first_are_shown_and_the_others_offered(
    viewer: napari.Viewer, slab: Slab, tmp_path: Path, told: list[str]
) -> None:
    cells = abc.add_slab(viewer, slab).cells
    assert len(abc.add_image_file(viewer, cells, channels(tmp_path, 8))) == 6
    assert told == ["6 of 8 channels are shown; tick others in the list."]
    assert [volume.name for volume in slab.volumes] == [f"c channel {k}" for k in range(8)]
    assert abc.add_volume(viewer, cells, "c channel 7").visible


def test_labels_are_labels(viewer: napari.Viewer, slab: Slab, tmp_path: Path) -> None:
    cells = abc.add_slab(viewer, slab).cells
    tifffile.imwrite(tmp_path / "nuclei_segmentation.tif", pixels())
    (layer,) = abc.add_image_file(viewer, cells, tmp_path / "nuclei_segmentation.tif")
    assert isinstance(layer, Labels)
    assert layer.get_value((0.003, 0.008), world=True) == 1000


def test_the_same_image_again_takes_its_own_place_and_others_keep_theirs(
    viewer: napari.Viewer, slab: Slab, tmp_path: Path
) -> None:
    cells = abc.add_slab(viewer, slab).cells
    path = as_tiff(tmp_path)
    (tmp_path / "b").mkdir()
    other = as_tiff(tmp_path / "b")
    abc.add_image_file(viewer, cells, path)
    (second,) = abc.add_image_file(viewer, cells, other)
    (again,) = abc.add_image_file(viewer, cells, path)
    assert [volume.name for volume in slab.volumes] == ["a (2)", "a"]
    assert {*viewer.layers} == {second, again, cells}


def test_it_is_set_aside_in_other_frames_and_comes_back(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], tmp_path: Path
) -> None:
    slab = make_slab(frames=(MM, Frame("other", ("x_o", "y_o"), "millimeter")))
    slab.cells = slab.cells.assign(x_o=slab.cells["y"], y_o=slab.cells["x"])
    cells = abc.add_slab(viewer, slab).cells
    cells = abc.show_in_frame(viewer, cells, "other").cells
    (layer,) = abc.add_image_file(viewer, cells, as_tiff(tmp_path))
    cells = abc.show_in_frame(viewer, cells, "slab").cells
    assert list(viewer.layers) == [cells]
    cells = abc.show_in_frame(viewer, cells, "other").cells
    assert list(viewer.layers) == [layer, cells]
    shown = cells.metadata["napari_abc.slab"]
    assert [(volume.name, volume.frame) for volume in shown.volumes] == [("a", "other")]
    assert abc.add_volume(viewer, cells, "a") is layer


def test_what_cannot_be_shown_leaves_the_viewer_as_it_was(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], tmp_path: Path
) -> None:
    slab = make_slab(frames=(MM, CCF))
    slab.cells = slab.cells.assign(z_c=slab.cells["x"], y_c=slab.cells["y"], x_c=5.0)
    cells = abc.add_slab(viewer, slab).cells
    with pytest.raises(MissingFileError):
        abc.add_image_file(viewer, cells, tmp_path / "nothing.tif")
    prepared = prepare_images(slab, as_tiff(tmp_path))
    cells = abc.show_in_frame(viewer, cells, "ccf").cells
    with pytest.raises(ConfigurationError, match="add the image again"):
        add_prepared_images(viewer, cells, prepared)
    with pytest.raises(ConfigurationError, match="three dimensions"):
        abc.add_image_file(viewer, cells, as_tiff(tmp_path))
    assert list(viewer.layers) == [cells]
    assert slab.volumes == ()
    with pytest.raises(ConfigurationError, match="no cells of the atlas"):
        abc.add_image_file(viewer, viewer.add_points(np.zeros((1, 2))), as_tiff(tmp_path))


def test_images_are_named_apart_from_others_that_wait(slab: Slab, tmp_path: Path) -> None:
    path = as_tiff(tmp_path)
    (alone,) = prepare_images(slab, path).sources
    (beside,) = prepare_images(slab, path, taken=[alone.name, "b"]).sources
    assert (alone.name, beside.name) == ("a", "a (2)")


def test_preparing_an_image_can_be_cancelled(slab: Slab, tmp_path: Path) -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        prepare_images(slab, as_tiff(tmp_path), task)
