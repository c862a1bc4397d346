"""Cell outlines: from what vendors write to rings, and from rings to label pyramids in register."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import dask.array as da
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon

from napari_abc.errors import Cancelled, ConfigurationError, FormatError
from napari_abc.io.shapes import (
    _boundaries,
    count_cells,
    hdf5_planes,
    rasterize,
    read_hdf5_outlines,
    rings_from_vertices,
    rings_from_wkb,
    rows_of,
)
from napari_abc.io.shapes import _outlines as module
from napari_abc.io.shapes._outlines import choose_pixel_size
from napari_abc.model import Outlines
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from pathlib import Path


def star(x: float, y: float, rng: np.random.Generator, radius: float = 5.0) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, 17, endpoint=False)
    length = radius * rng.uniform(0.6, 1.0, len(angle))
    return Polygon(np.column_stack([x + length * np.cos(angle), y + length * np.sin(angle)]))


def tissue() -> list[Polygon | MultiPolygon]:
    """Cells side by side, one with a hole, one in two parts; the first row is left of the y axis."""
    rng = np.random.default_rng(3)
    cells: list[Polygon | MultiPolygon] = [
        star(10.0 * i - 7, 10.0 * j + 1000, rng) for j in range(9) for i in range(12)
    ]
    ring = Point(180, 1020).buffer(20)
    cells.append(ring.difference(Point(185, 1020).buffer(8)))
    cells.append(MultiPolygon([star(150, 1060, rng), star(175, 1070, rng)]))
    return cells


def rings(cells: list[Polygon | MultiPolygon]) -> Outlines:
    outlines, unreadable = rings_from_wkb(np.arange(len(cells)), [cell.wkb for cell in cells])
    assert unreadable == 0
    return outlines


def centers(
    shape: tuple[int, int], size: float, volume: object, finest: float
) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the centers of the pixels of a level that covers the same area as the first."""
    low = np.asarray(volume.translate) - finest / 2  # the corner
    y, x = (low[axis] + size * (np.arange(shape[axis]) + 0.5) for axis in (0, 1))
    return np.meshgrid(x, y)


def test_every_level_holds_each_cell_where_its_polygon_is() -> None:
    cells = tissue()
    volume = rasterize(rings(cells), 0.3)
    assert volume.kind == "labels"
    assert volume.unit == "micrometer"
    assert len(volume.levels) >= 2
    tree = shapely.STRtree(cells)
    edges = shapely.union_all([cell.boundary for cell in cells])
    for k, level in enumerate(volume.levels):
        labels = np.asarray(level)
        assert labels.dtype == np.int32
        x, y = centers(labels.shape, 0.3 * 2**k, volume, 0.3)
        points = shapely.points(x, y).ravel()
        pixel, row = tree.query(points, predicate="within")
        expected = np.zeros(labels.size, np.int32)
        expected[pixel] = row + 1
        different = np.flatnonzero(labels.ravel() != expected)
        # Vertices are float32: a center on an edge, as good as, may fall on either side of it.
        assert len(different) < labels.size / 10_000
        assert (shapely.distance(edges, points[different]) < 2e-4).all()
        assert len(np.unique(labels)) == len(cells) + 1


def test_levels_halve_exactly_so_that_napari_places_them_in_register() -> None:
    volume = rasterize(rings(tissue()), 0.05)
    shapes = [level.shape for level in volume.levels]
    for finer, coarser in itertools.pairwise(shapes):
        assert finer == (2 * coarser[0], 2 * coarser[1])
    assert max(shapes[-1]) <= 512 < max(shapes[-2])


def test_fine_levels_are_drawn_when_read_and_coarse_ones_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COARSE", 600)
    volume = rasterize(rings(tissue()), 0.1)
    lazy = volume.levels[0]
    assert isinstance(lazy, da.Array)
    assert isinstance(volume.levels[-1], np.ndarray)
    whole = np.asarray(lazy)
    assert whole.shape == lazy.shape
    for key in (
        (slice(100, 300), slice(50, 400)),
        (slice(None, None, 7), slice(3, 900, 5)),
        (slice(300, 100, -3), slice(-50, None)),
        (slice(None, None, -1), 200),
        (150, slice(None)),
        (-1, -1),
        (np.int64(40), slice(5, 5)),
        (Ellipsis, slice(10, 20)),
        slice(5, 9),
        17,
        Ellipsis,
    ):
        np.testing.assert_array_equal(lazy[key], whole[key], err_msg=str(key))


@pytest.mark.parametrize(("name", "value"), [("_CROSSINGS", 64), ("_VERTICES", 40), ("_BLOCK", 100)])
def test_what_is_drawn_does_not_depend_on_how_much_is_drawn_at_a_time(
    name: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = np.asarray(rasterize(rings(tissue()), 0.4).levels[0])
    monkeypatch.setattr(module, name, value)
    np.testing.assert_array_equal(np.asarray(rasterize(rings(tissue()), 0.4).levels[0]), whole)


def test_of_overlapping_cells_the_later_one_is_on_top() -> None:
    squares = [shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)]
    volume = rasterize(rings(squares), 1.0)
    row = np.asarray(volume.levels[0])[5]
    assert row[row > 0].tolist() == [1] * 5 + [2] * 10
    volume = rasterize(rings(squares[::-1]), 1.0)
    row = np.asarray(volume.levels[0])[5]
    assert row[row > 0].tolist() == [2] * 0 + [2] * 10 + [1] * 5


def test_rings_of_a_cell_need_not_follow_each_other() -> None:
    cells = [Point(20, 20).buffer(18).difference(Point(20, 20).buffer(9)), shapely.box(50, 0, 60, 10)]
    outlines = rings(cells)
    assert outlines.cell.tolist() == [0, 0, 1]
    order = [1, 2, 0]  # the hole, the other cell, the outer ring
    parts = [outlines.vertices[outlines.offsets[i] : outlines.offsets[i + 1]] for i in order]
    mixed = Outlines(
        outlines.cell[order], np.append(0, np.cumsum([len(p) for p in parts])), np.concatenate(parts)
    )
    np.testing.assert_array_equal(rasterize(mixed, 0.5).levels[0], rasterize(outlines, 0.5).levels[0])


def test_pixel_size_follows_the_cells_and_is_bounded_by_the_extent() -> None:
    squares = [shapely.box(20.0 * i, 0, 20.0 * i + 10, 10) for i in range(5)]
    assert choose_pixel_size(rings(squares)) == pytest.approx(10 / 256)
    far = [*squares, shapely.box(1e6, 0, 1e6 + 10, 10)]
    assert choose_pixel_size(rings(far)) == pytest.approx(1e6 / 2**17, rel=1e-3)
    nothing = Outlines(np.empty(0, np.int64), np.zeros(1, np.int64), np.empty((0, 2), np.float32))
    assert choose_pixel_size(nothing) == 1.0
    volume = rasterize(nothing)
    assert not np.asarray(volume.levels[0]).any()


@pytest.mark.parametrize("size", [0, -1, np.nan, np.inf, 1e-5])
def test_pixel_sizes_that_make_no_sense_are_refused(size: float) -> None:
    with pytest.raises(ConfigurationError):
        rasterize(rings(tissue()), size)


def test_drawing_can_be_cancelled() -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        rasterize(rings(tissue()), task=task)


def test_napari_finds_the_cell_under_a_point_at_every_zoom() -> None:
    from napari.layers import Labels

    cells = tissue()
    volume = rasterize(rings(cells))
    layer = Labels(list(volume.levels), multiscale=True, scale=volume.scale, translate=volume.translate)
    layer.contour = 1
    for level in range(len(volume.levels)):
        layer.data_level = level
        layer.corner_pixels = np.array([[0, 0], np.array(volume.levels[0].shape) - 1])
        if max(volume.levels[level].shape) > 4096:
            continue
        layer.refresh()
        for row in (0, 5, 60, 107):
            x, y = cells[row].centroid.coords[0]
            found = layer.get_value((y, x), world=True)
            assert found is not None
            assert found[1] == row + 1, (level, row)


# -- from vendors' files to rings --------------------------------------------------------------


def test_vertices_become_rings_of_known_cells() -> None:
    cell = np.repeat([0, -1, 2, 1, 2], [4, 3, 3, 5, 2])
    x = np.arange(17.0)
    y = x * 2
    y[12] = np.nan  # in cell 1
    outlines = rings_from_vertices(cell, x, y)
    assert outlines.cell.tolist() == [0, 2]  # of the others one is unknown, one not finite, one a line
    assert outlines.offsets.tolist() == [0, 4, 7]
    assert outlines.vertices[4:].tolist() == [[7, 14], [8, 16], [9, 18]]
    empty = rings_from_vertices(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.int64))
    assert empty.offsets.tolist() == [0]


def test_a_cell_of_several_polygons_has_a_ring_each() -> None:
    cell = np.zeros(6, np.int64)
    xy = np.arange(6.0)
    assert len(rings_from_vertices(cell, xy, xy).cell) == 1
    assert rings_from_vertices(cell, xy, xy, np.array([1, 1, 1, 2, 2, 2])).offsets.tolist() == [0, 3, 6]


def test_wkb_that_is_no_polygon_is_counted() -> None:
    square = shapely.box(0, 0, 1, 1)
    shapes = [
        square.wkb,
        b"\x01\x06",
        None,
        Point(1, 1).wkb,
        MultiPolygon([square]).wkb,
        b"",
        square.wkb[:-9],
    ]
    outlines, unreadable = rings_from_wkb(np.arange(len(shapes)), shapes)
    assert outlines.cell.tolist() == [0, 4]
    assert unreadable == 5


def test_wkb_that_claims_billions_of_points_takes_no_memory() -> None:
    bomb = b"\x01\x03\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\x7f" + bytes(32)
    outlines, unreadable = rings_from_wkb(np.zeros(1, np.int64), [bomb])
    assert (len(outlines.cell), unreadable) == (0, 1)


@pytest.mark.parametrize(
    "labels",
    [
        pa.chunked_array([["b", "c"], ["a", "b"]]),
        pa.array([b"b", b"c", b"a", b"b"]),
        pa.chunked_array(
            [pa.array(["b", "c"]).dictionary_encode(), pa.array(["a", "b"]).dictionary_encode()]
        ),
    ],
    ids=["text", "bytes", "codes"],
)
def test_labels_are_found_whatever_they_are_stored_as(labels: pa.Array) -> None:
    assert rows_of(labels, pd.Index(["a", "b"])).tolist() == [1, -1, 0, 1]


def test_long_whole_numbers_are_found_exactly() -> None:
    ids = [2317032900000100001, 2317032900000100002, None]
    assert rows_of(pa.array(ids), pd.Index(["2317032900000100002"])).tolist() == [-1, 0, -1]
    assert rows_of(pa.chunked_array([], pa.string()), pd.Index(["a"])).tolist() == []
    with pytest.raises(FormatError):
        rows_of(pa.array([1.0, 2.0]), pd.Index(["1"]))


def write_hdf5(path, cells: dict[str, dict[int, list[np.ndarray]]]) -> None:
    with h5py.File(path, "w") as file:
        for name, planes in cells.items():
            for plane, parts in planes.items():
                for j, part in enumerate(parts):
                    file[f"featuredata/{name}/zIndex_{plane}/p_{j}/coordinates"] = part[None]


def test_hdf5_outlines_of_one_plane(tmp_path) -> None:
    triangle = np.array([[0, 0], [1, 0], [0, 1.0]])
    write_hdf5(
        tmp_path / "a.hdf5",
        {"9007199254740993": {0: [triangle], 3: [triangle + 5, triangle + 9]}, "7": {3: [triangle]}},
    )
    write_hdf5(tmp_path / "b.hdf5", {"8": {3: [triangle + 1]}, "unknown": {3: [triangle]}})
    files = [tmp_path / "a.hdf5", tmp_path / "b.hdf5"]
    assert hdf5_planes(files[0]) == {0, 3}
    cells = pd.Index(["8", "9007199254740993", "9007199254740992"])
    outlines = read_hdf5_outlines(files, 3, cells, Task())
    assert sorted(outlines.cell.tolist()) == [0, 1, 1]
    assert count_cells(outlines) == 2
    assert outlines.vertices.shape == (9, 2)


def test_hdf5_that_reads_other_files_or_claims_too_much_is_refused(tmp_path) -> None:
    (tmp_path / "secret.hdf5").write_bytes(b"")
    with h5py.File(tmp_path / "link.hdf5", "w") as file:
        file["featuredata/1/zIndex_0/p_0/coordinates"] = h5py.ExternalLink("secret.hdf5", "/x")
    with h5py.File(tmp_path / "bomb.hdf5", "w") as file:
        group = file.create_group("featuredata/1/zIndex_0/p_0")
        group.create_dataset(
            "coordinates", shape=(1, 10**9, 2), dtype="f8", chunks=(1, 1000, 2), compression=1
        )
    with h5py.File(tmp_path / "other.hdf5", "w") as file:
        file["x"] = 1
    cells = pd.Index(["1"])
    for name in ("link", "bomb"):
        with pytest.raises(FormatError, match=name):
            read_hdf5_outlines([tmp_path / f"{name}.hdf5"], 0, cells, Task())
    assert count_cells(read_hdf5_outlines([tmp_path / "other.hdf5"], 0, cells, Task())) == 0
    assert hdf5_planes(tmp_path / "other.hdf5") == set()
    with pytest.raises(FormatError, match="secret"):
        hdf5_planes(tmp_path / "secret.hdf5")


def test_rings_are_the_same_in_whatever_batches_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_boundaries, "_SHAPES", 7)
    cells = tissue()
    outlines = rings(cells)
    expected = [
        (row, ring)
        for row, cell in enumerate(cells)
        for polygon in getattr(cell, "geoms", [cell])
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    assert outlines.cell.tolist() == [row for row, _ in expected]
    for number, (_, ring) in enumerate(expected):
        found = outlines.vertices[outlines.offsets[number] : outlines.offsets[number + 1]]
        np.testing.assert_array_equal(found, np.asarray(ring.coords, np.float32)[: len(found)])
        assert len(found) in (len(ring.coords), len(ring.coords) - 1)  # the first vertex need not come again


def test_drawing_and_reading_say_how_far_they_are(tmp_path: Path) -> None:
    seen: list[Progress] = []
    volume = rasterize(rings(tissue()), 0.1, task=Task(seen.append))
    drawn = [one for one in seen if one.what == "Drawing cell outlines"]
    assert drawn
    assert {(one.total, one.unit) for one in drawn} == {(len(volume.levels), "levels")}
    assert [one.done for one in drawn] == sorted({one.done for one in drawn})
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"feature_data_{number}.hdf5")
        with h5py.File(paths[-1], "w") as file:
            file.create_group("featuredata")
    seen.clear()
    read_hdf5_outlines(paths, 0, pd.Index(["a"]), Task(seen.append))
    assert seen == [Progress("Reading cell boundaries", done, 3, "files") for done in range(3)]
