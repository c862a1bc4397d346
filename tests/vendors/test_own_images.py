"""A person's image beside a slab: in the frame's unit, at the right depth, and what is not known is said."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_abc.errors import ConfigurationError, FormatError
from napari_abc.io.images import _planes as planes
from napari_abc.model import Frame, Slab
from napari_abc.task import Task
from napari_abc.vendors import own_images as own_image
from napari_abc.vendors.own_images import images_beside
from project import cut_and_whole

if TYPE_CHECKING:
    from pathlib import Path

MM = Frame("section", ("x", "y"), "millimeter", title="Section", plane="z_section")
UM = Frame("micron", ("x", "y"), "micrometer")
PIXELS = Frame("spatial", ("x", "y"), "", title="obsm")
CCF = Frame("ccf", ("x", "y", "z_section"), "millimeter", title="CCF")


def slab(frame: Frame, depth: float | None = None) -> Slab:
    cells = pd.DataFrame(
        {"x": [1.0, 2.0], "y": [1.0, 2.0], "z": 0.0}, index=pd.Index(["a", "b"], name="cell_label")
    )
    if depth is not None:
        cells["z_section"] = depth
    return Slab("Plane.03", "mine", cells, (frame,))


def stack(path: Path, planes: int = 5, spacing: float = 20.0) -> Path:
    """A stack whose values tell the plane; pixels of 10 x 5 µm, planes some µm apart."""
    data = np.broadcast_to(np.arange(planes, dtype=np.uint16)[:, None, None], (planes, 6, 8)).copy()
    size = {"PhysicalSizeX": 10, "PhysicalSizeY": 5, "PhysicalSizeZ": spacing}
    tifffile.imwrite(path, data, metadata={"axes": "ZYX", **size}, ome=True)
    return path


def only(path: Path, beside: Slab, notes: list[str]) -> Any:
    (source,) = images_beside(beside, path, notes=notes)
    assert source.download_bytes() == 0
    assert source.where == str(path)
    volume = source.load(Task())
    assert (source.name, source.kind, source.frame) == (volume.name, volume.kind, beside.frame.name)
    return volume


@pytest.mark.parametrize(("index", "depth"), [(0, 0.009), (1, 0.011), (3, 0.06), (4, 0.089)])
def test_the_plane_nearest_to_the_cells_in_the_unit_of_the_frame(
    tmp_path: Path, index: int, depth: float
) -> None:
    notes: list[str] = []
    volume = only(stack(tmp_path / "a.tif"), slab(MM, depth), notes)
    assert (volume.scale, volume.translate, volume.unit) == ((0.005, 0.01), (0.0, 0.0), "millimeter")
    assert (np.asarray(volume.levels[0]) == index).all()
    assert notes == [f"Plane {index + 1} of 5 is shown, nearest to the cells at {depth:g} mm."]


@pytest.mark.parametrize(
    ("frame", "depth", "says"),
    [
        (MM, 7.2, "lie at 7.2 mm, the image reaches from 0 to 0.08 mm: plane 3 of 5, in the middle"),
        (MM, None, "Nobody says at what depth the cells lie: plane 3 of 5"),
        (MM, np.nan, "Nobody says at what depth"),
        (UM, None, "Nobody says at what depth"),
    ],
)
def test_the_middle_plane_where_the_depth_is_not_known(
    tmp_path: Path, frame: Frame, depth: float | None, says: str
) -> None:
    notes: list[str] = []
    volume = only(stack(tmp_path / "a.tif"), slab(frame, depth), notes)
    assert (np.asarray(volume.levels[0]) == 2).all()
    assert says in notes[0]


def test_a_whole_stack_in_three_dimensions_but_no_single_plane(tmp_path: Path) -> None:
    notes: list[str] = []
    volume = only(stack(tmp_path / "a.tif"), slab(CCF, 1.0), notes)
    assert (volume.levels[0].shape, volume.scale, notes) == ((5, 6, 8), (0.02, 0.005, 0.01), [])
    tifffile.imwrite(tmp_path / "plane.tif", np.ones((6, 8), np.uint8))
    with pytest.raises(ConfigurationError, match=r"plane is a plane, .* frame of two dimensions first"):
        images_beside(slab(CCF, 1.0), tmp_path / "plane.tif")


def test_sizes_that_nobody_says(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((6, 8), np.uint8))
    notes: list[str] = []
    assert only(tmp_path / "a.tif", slab(MM), notes).scale == (0.001, 0.001)
    assert notes == ["The image does not say how large its pixels are; 1 is taken for 1 µm."]
    # Coordinates in pixels, as a Visium h5ad has them.
    notes.clear()
    volume = only(stack(tmp_path / "b.tif", planes=1), slab(PIXELS), notes)
    assert (volume.scale, volume.unit) == ((1.0, 1.0), "")
    assert notes == ["obsm has no unit: a pixel of the image is shown as 1 wide, from 0 on."]


@pytest.mark.parametrize("run", cut_and_whole("merscope/brain-tumor-150"))
def test_a_real_mosaic_lies_where_the_transform_beside_it_says(run: Path, tmp_path: Path) -> None:
    from napari_abc.vendors._merscope import open_merscope

    known = {image.name: image for image in open_merscope(run, Task()).images}
    path = next((run / "images").glob("mosaic_DAPI_z2.tif"))
    notes: list[str] = []
    volume = only(path, slab(UM), notes)
    assert (volume.scale, volume.translate) == (
        pytest.approx(known["DAPI z2"].scale),
        pytest.approx(known["DAPI z2"].translate),
    )
    assert notes == []
    shutil.copy(path, tmp_path / path.name)
    only(tmp_path / path.name, slab(UM), notes)
    assert len(notes) == 1


def test_what_holds_for_all_channels_is_said_once(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((3, 6, 8), np.uint8), imagej=True, metadata={"axes": "CYX"})
    notes: list[str] = []
    found = images_beside(slab(UM), tmp_path / "a.tif", notes=notes)
    assert [source.name for source in found] == ["a channel 0", "a channel 1", "a channel 2"]
    assert len(notes) == 1


def test_a_large_plane_is_read_when_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "_IN_MEMORY", 10)
    volume = only(stack(tmp_path / "a.tif"), slab(MM, 0.06), [])
    assert not isinstance(volume.levels[0], np.ndarray)
    assert (np.asarray(volume.levels[0]) == 3).all()
    monkeypatch.setattr(own_image, "_LARGEST_PLANE", 10)
    with pytest.raises(FormatError, match="no copy small enough"):
        images_beside(slab(MM, 0.06), tmp_path / "a.tif")
