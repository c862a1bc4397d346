"""Volumes converted into multiscale OME-Zarr: exact, in register, whole or not at all, in bounded memory."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest
import zarr

from napari_abc.errors import FormatError
from napari_abc.io.images import Layout, convert_volume, open_volume
from napari_abc.io.images import _convert as volume_write
from napari_abc.io.images import _halving as halving
from napari_abc.io.images import _nifti as nifti
from napari_abc.io.images._halving import Halver, level_shapes
from napari_abc.io.images._lazy import LazyArray
from nifti_files import blob, convert

if TYPE_CHECKING:
    from pathlib import Path

ISOTROPIC = (1.0, 1.0, 1.0)


@pytest.fixture
def small_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels down to a few voxels, and small chunks, so that small volumes have several."""
    monkeypatch.setattr(halving, "_MOST_VOXELS", 200)
    monkeypatch.setattr(halving, "_TOGETHER", 1)
    monkeypatch.setattr(volume_write, "_CHUNK", 8)
    monkeypatch.setattr(volume_write, "_SHARD", 16)


@pytest.mark.usefixtures("small_levels")
@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
def test_voxels_are_those_of_the_file_in_the_order_of_the_display(
    tmp_path: Path, axes: tuple[int, int, int]
) -> None:
    data = blob((13, 20, 33))
    volume = open_volume(convert(tmp_path, data, Layout(axes, ISOTROPIC)))
    np.testing.assert_array_equal(volume.levels[0], data.transpose(axes))
    assert len(volume.levels) > 2
    for level in volume.levels:
        assert isinstance(level, LazyArray)
        assert level.dtype == np.uint16


def resampled(data: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Means over boxes that divide the volume evenly, worked out the long way."""
    for axis, m in enumerate(shape):
        n = data.shape[axis]
        weights = np.zeros((m, n))
        for i in range(m):
            for j in range(n):
                weights[i, j] = max(0, min((i + 1) * n / m, j + 1) - max(i * n / m, j)) * m / n
        data = np.moveaxis(np.tensordot(weights, data, (1, axis)), 0, axis)
    return data


@pytest.mark.usefixtures("small_levels")
@pytest.mark.parametrize("shape", [(16, 24, 32), (17, 24, 32), (16, 25, 33), (19, 21, 35), (3, 50, 40)])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4", "f8"])
def test_a_smaller_image_is_the_mean_of_what_lies_in_its_voxels(
    tmp_path: Path, shape: tuple[int, int, int], dtype: str
) -> None:
    data = blob(shape, dtype) - (100 if dtype in ("i2", "f4", "f8") else 0)
    volume = open_volume(convert(tmp_path, data.astype(dtype), Layout((2, 0, 1), ISOTROPIC)))
    assert len(volume.levels) > 1
    for level, smaller in itertools.pairwise(volume.levels):
        expected = resampled(np.asarray(level, np.float64), smaller.shape)
        if dtype[0] == "f":
            np.testing.assert_allclose(smaller, expected, rtol=1e-5, atol=1e-4)
        else:
            assert np.abs(np.asarray(smaller, np.float64) - expected).max() <= 0.5 + 1e-3


@pytest.mark.usefixtures("small_levels")
def test_large_planes_are_written_in_flatter_bands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = blob((13, 20, 33))
    plane = 13 * 20 * data.itemsize
    monkeypatch.setattr(volume_write, "_BAND", 2 * plane)
    folder = convert(tmp_path, data, Layout((2, 1, 0), ISOTROPIC))
    (chunk, *_) = zarr.open_array(folder / "0", mode="r").metadata.codecs[0].chunk_shape
    assert chunk == 2
    levels = open_volume(folder).levels
    np.testing.assert_array_equal(levels[0], data.transpose(2, 1, 0))
    for level, smaller in itertools.pairwise(levels):
        expected = resampled(np.asarray(level, np.float64), smaller.shape)
        assert np.abs(np.asarray(smaller, np.float64) - expected).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_file_is_the_same_however_little_is_read_at_a_time(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = np.random.default_rng(0).integers(0, 60_000, (20, 30, 40)).astype("u2")
    monkeypatch.setattr(nifti, "_PIECE", 64)
    monkeypatch.setattr(nifti, "_INPUT", 1024)
    levels = open_volume(convert(tmp_path, data, Layout((0, 1, 2), ISOTROPIC), name)).levels
    np.testing.assert_array_equal(levels[0], data)


@pytest.mark.usefixtures("small_levels")
def test_labels_are_never_averaged(tmp_path: Path) -> None:
    data = np.random.default_rng(0).choice(np.array([0, 5, 997, 2**31 + 7], "u4"), (17, 24, 33))
    volume = open_volume(convert(tmp_path, data, Layout((0, 1, 2), ISOTROPIC, labels=True)))
    assert volume.kind == "labels"
    assert volume.contrast_limits is None
    for k, level in enumerate(volume.levels):
        assert level.dtype == np.uint32
        np.testing.assert_array_equal(level, data[:: 2**k, :: 2**k, :: 2**k])
    assert len(volume.levels) > 2


def test_labels_that_are_stored_as_floats_become_whole_numbers(tmp_path: Path) -> None:
    data = blob((5, 6, 7), "f4")
    volume = open_volume(convert(tmp_path, data, Layout((0, 1, 2), ISOTROPIC, labels=True)))
    assert volume.levels[0].dtype == np.int32
    np.testing.assert_array_equal(volume.levels[0], data)
    for bad in (0.5, np.nan, np.inf, 3e9):
        data[2, 2, 2] = bad
        with pytest.raises(FormatError, match="can't be labels"):
            convert(tmp_path, data, Layout((0, 1, 2), ISOTROPIC, labels=True))
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_the_scale_of_the_file_is_respected(tmp_path: Path) -> None:
    data = blob((5, 6, 7), "i2")
    path = tmp_path / "a.nii.gz"
    image = nibabel.Nifti1Image(data, np.eye(4), dtype="i2")
    image.header.set_slope_inter(0.5, 10)
    nibabel.save(image, path)
    shown = np.asarray(nibabel.load(path).dataobj)
    volume = open_volume(convert_volume(path, tmp_path / "cache", Layout((0, 1, 2), ISOTROPIC)))
    assert volume.levels[0].dtype == np.float32
    np.testing.assert_allclose(volume.levels[0], shown, rtol=1e-6)


# -- in register ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_levels")
def test_all_levels_span_the_same_extent(tmp_path: Path) -> None:
    layout = Layout((0, 1, 2), (0.2, 0.1, 0.1), "millimeter", origin=(1.0, 2.0, 3.0))
    folder = convert(tmp_path, blob((17, 40, 33)), layout)
    ome = json.loads((folder / "zarr.json").read_text())["attributes"]["ome"]
    (image,) = ome["multiscales"]
    edges = []
    for dataset in image["datasets"]:
        scale, translation = (
            np.array(next(t[kind] for t in dataset["coordinateTransformations"] if t["type"] == kind))
            for kind in ("scale", "translation")
        )
        shape = zarr.open_array(folder / dataset["path"], mode="r").shape
        edges.append((translation - scale / 2, translation + scale * (np.array(shape) - 0.5)))
    assert len(edges) > 2
    for low, high in edges:
        np.testing.assert_allclose(low, np.array([1, 2, 3]) - np.array([0.2, 0.1, 0.1]) / 2)
        np.testing.assert_allclose(high, edges[0][1])
    volume = open_volume(folder)
    assert (volume.scale, volume.translate, volume.unit) == ((0.2, 0.1, 0.1), (1, 2, 3), "millimeter")


def test_only_what_is_fine_is_halved() -> None:
    assert level_shapes((76, 1100, 1100), (0.2, 0.01, 0.01)) == [(76, 1100, 1100), (76, 550, 550)]
    assert level_shapes((1320, 800, 1140), (0.01, 0.01, 0.01)) == [
        (1320, 800, 1140),
        (660, 400, 570),
        (330, 200, 285),
    ]
    assert level_shapes((528, 320, 456), (0.025,) * 3)[1:] == [(264, 160, 228)]
    assert level_shapes((197, 233, 189), (1, 1, 1)) == [(197, 233, 189)]
    assert level_shapes((10**9, 1, 1), (1, 1, 1))[-1][0] <= 70_000  # no more levels than make sense
    # Depth joins in once the others have caught up.
    shapes = level_shapes((400, 4000, 4000), (3.0, 1.0, 1.0))
    assert shapes[:4] == [(400, 4000, 4000), (400, 2000, 2000), (200, 1000, 1000), (100, 500, 500)]


@pytest.mark.parametrize("bands", [(16,), (2, 2, 2, 2, 2, 2, 2, 2), (6, 4, 6)])
@pytest.mark.parametrize("odd", [0, 1])
def test_bands_of_any_height_give_the_same(bands: tuple[int, ...], odd: int) -> None:
    data = blob((16 + odd, 9, 8))
    whole = Halver(data.shape, (8 + odd, 5, 4), nearest=False).planes(0, data)
    halver, parts, start = Halver(data.shape, (8 + odd, 5, 4), nearest=False), [], 0
    for band in (*bands[:-1], bands[-1] + odd):
        parts.append(halver.planes(start, data[start : start + band].copy()))
        start += band
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_not_a_number_stays_where_it_is() -> None:
    data = np.ones((4, 4, 4), "f4")
    data[0, 0, 0] = np.nan
    (smaller,) = (Halver((4, 4, 4), (2, 2, 2), nearest=False).planes(0, data),)
    assert np.isnan(smaller[0, 0, 0])
    assert np.count_nonzero(np.isnan(smaller)) == 1


# -- for other programs --------------------------------------------------------------------------------


def test_others_can_open_it(tmp_path: Path) -> None:
    data = blob((70, 66, 130))
    folder = convert(tmp_path, data, Layout((0, 2, 1), (0.1, 0.1, 0.1)))
    assert folder.name.endswith(".ome.zarr")
    group = zarr.open_group(folder, mode="r")
    assert group.attrs["ome"]["version"] == "0.5"
    array = group["0"]
    np.testing.assert_array_equal(array[:], data.transpose(0, 2, 1))
    assert array.metadata.dimension_names == ("z", "y", "x")
    assert array.chunks == (64, 64, 64)
    assert array.shards is not None
    assert sum(path.is_file() for path in folder.rglob("*")) < 20


def test_contrast_limits_are_percentiles_without_the_surroundings(tmp_path: Path) -> None:
    data = np.zeros((20, 20, 20), "u2")
    data[5:15, 5:15, 5:15] = np.arange(1000).reshape(10, 10, 10) + 1000
    volume = open_volume(convert(tmp_path, data, Layout((0, 1, 2), ISOTROPIC)))
    assert volume.contrast_limits is not None
    low, high = volume.contrast_limits
    assert 1000 < low < 1020 and 1990 < high < 2000
    mask = (data > 0).astype("u1")
    assert open_volume(convert(tmp_path, mask, Layout((0, 1, 2), ISOTROPIC), "b.nii")).contrast_limits == (
        0,
        1,
    )
