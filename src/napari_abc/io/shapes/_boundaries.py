"""Cell boundaries as vendors write them (vertex tables, WKB polygons, HDF5), as flat rings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from napari_abc.errors import FormatError
from napari_abc.io.ids import CellIds
from napari_abc.io.matrix import check_storage, child, open_hdf5
from napari_abc.model import Outlines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = [
    "count_cells",
    "hdf5_planes",
    "read_hdf5_outlines",
    "rings_from_vertices",
    "rings_from_wkb",
    "rows_of",
]

_MAX_VERTICES = 1_000_000
"""Vertices of one ring; an outline of a cell has tens or hundreds."""
_SHAPES = 2**15
"""Polygons that are taken apart at a time."""
_PLANE = re.compile(r"zIndex_(\d{1,6})")


def rows_of(labels: Any, cells: Any) -> NDArray[np.int64]:
    """Row of the cells table for each label, -1 where there is none; each distinct label looked up once.

    Parameters
    ----------
    labels
        Arrow array or column of text, bytes or whole numbers; also dictionary-encoded.
    cells
        Labels of the cells table.

    Raises
    ------
    FormatError
        If labels are neither text nor whole numbers.
    """
    if not len(labels):
        return np.empty(0, np.int64)
    if not pa.types.is_dictionary(labels.type):
        labels = pc.dictionary_encode(labels)
    if isinstance(labels, pa.ChunkedArray):
        labels = labels.unify_dictionaries().combine_chunks()
    if isinstance(labels, pa.ChunkedArray):
        labels = labels.chunk(0)
    row = np.append(CellIds(cells, "The cells table").rows_of(labels.dictionary), -1)
    codes = labels.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.asarray(row[codes], np.int64)


def rings_from_vertices(
    cell: NDArray[np.int64], x: NDArray[Any], y: NDArray[Any], part: NDArray[Any] | None = None
) -> Outlines:
    """Rings from a table with a row a vertex, the vertices of a ring one after the other.

    Parameters
    ----------
    cell
        (vertices,) row of the cells table; -1 for a cell that is not in it, which is left out.
    x, y
        (vertices,) coordinates. A ring with one that is not finite is left out.
    part
        (vertices,) changes where a cell's next polygon begins; None where cells have one each.
    """
    breaks = np.diff(cell, prepend=-2) != 0
    if part is not None:
        breaks |= np.append(True, part[1:] != part[:-1])[: len(breaks)]
    vertices = np.stack([x, y], axis=1).astype(np.float32)
    offsets = np.append(np.flatnonzero(breaks), len(cell)).astype(np.int64)
    return _usable(Outlines(cell[offsets[:-1]], offsets, vertices))


def rings_from_wkb(cell: NDArray[np.int64], shapes: Sequence[bytes | None]) -> tuple[Outlines, int]:
    """Rings of polygons and multipolygons in Well-Known Binary, interior rings included.

    Parameters
    ----------
    cell
        (shapes,) row of the cells table; -1 for one that is left out.
    shapes
        Polygons; None for none.

    Returns
    -------
    outlines, unreadable
        And how many shapes are no polygon that can be read.
    """
    parts, unreadable = [], 0
    for start in range(0, len(cell), _SHAPES):  # shapely's objects take many times what the vertices take
        part, failed = _wkb_rings(cell[start : start + _SHAPES], shapes[start : start + _SHAPES])
        parts.append(part)
        unreadable += failed
    return _joined(parts), unreadable


def _wkb_rings(cell: NDArray[np.int64], shapes: Sequence[bytes | None]) -> tuple[Outlines, int]:
    geometry = shapely.from_wkb(np.asarray(shapes, dtype=object), on_invalid="ignore")
    areal = np.isin(shapely.get_type_id(geometry), (3, 6))  # Polygon, MultiPolygon
    polygons, of_shape = shapely.get_parts(geometry[areal], return_index=True)
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    vertices, of_ring = shapely.get_coordinates(rings, return_index=True)
    offsets = np.append(0, np.cumsum(np.bincount(of_ring, minlength=len(rings)))).astype(np.int64)
    owner = cell[areal][of_shape[of_polygon]].astype(np.int64)
    return _usable(Outlines(owner, offsets, vertices.astype(np.float32))), int(np.count_nonzero(~areal))


def _joined(parts: Sequence[Outlines]) -> Outlines:
    sizes = [np.diff(part.offsets) for part in parts]
    return Outlines(
        np.concatenate([np.empty(0, np.int64), *(part.cell for part in parts)]),
        np.append(0, np.cumsum(np.concatenate([np.empty(0, np.int64), *sizes]))).astype(np.int64),
        np.concatenate([np.empty((0, 2), np.float32), *(part.vertices for part in parts)]),
    )


def hdf5_planes(path: Path) -> set[int]:
    """Z planes that the first cells of a Vizgen ``feature_data_*.hdf5`` are outlined on.

    Raises
    ------
    FormatError
        If the file is damaged.
    """
    planes: set[int] = set()
    with open_hdf5(path) as file:
        cells = child(file, "featuredata")
        for name in list(cells or ())[:100]:
            node = child(cells, name)
            keys = node if isinstance(node, h5py.Group) else ()
            planes |= {int(match[1]) for key in keys if (match := _PLANE.fullmatch(key))}
    return planes


def read_hdf5_outlines(paths: Sequence[Path], plane: int, cells: pd.Index, task: Task) -> Outlines:
    """Rings of one z plane from Vizgen's older ``cell_boundaries/feature_data_*.hdf5``.

    Parameters
    ----------
    paths
        The files, one a field of view: ``featuredata/<cell>/zIndex_<k>/p_<j>/coordinates``.
    plane
        Number of the z plane.
    cells
        Index of the cells table, text.
    task
        Told of each file; may be cancelled.

    Raises
    ------
    FormatError
        If a file is damaged, or reads other files.
    """
    owners: list[int] = []
    rings: list[NDArray[np.float32]] = []
    for done, path in enumerate(paths):
        task.report("Reading cell boundaries", done, len(paths), "files")
        with open_hdf5(path) as file:
            features = child(file, "featuredata")
            names = [] if features is None else list(features)
            for name, row in zip(names, rows_of(pa.array(names, pa.string()), cells).tolist(), strict=True):
                task.check()
                polygons = child(features, f"{name}/zIndex_{plane}") if row >= 0 else None
                for key in polygons or ():
                    if (ring := _hdf5_ring(child(polygons, f"{key}/coordinates"))) is not None:
                        owners.append(row)
                        rings.append(ring)
    sizes = np.fromiter((len(ring) for ring in rings), np.int64, len(rings))
    vertices = np.concatenate(rings) if rings else np.empty((0, 2), np.float32)
    offsets = np.append(0, np.cumsum(sizes)).astype(np.int64)
    return _usable(Outlines(np.asarray(owners, np.int64), offsets, vertices))


def _hdf5_ring(node: Any) -> NDArray[np.float32] | None:
    shape = getattr(node, "shape", None)
    if shape is None or len(shape) < 2 or shape[-1] < 2 or node.dtype.kind != "f":
        return None
    if node.size > _MAX_VERTICES * shape[-1]:
        raise FormatError(
            f"{node.file.filename}: {node.name!r} has {node.size:,} values, too many for the outline of a "
            "cell; export the boundaries again."
        )
    values: NDArray[Any] = check_storage(node)[...]
    return values.reshape(-1, shape[-1])[:, :2].astype(np.float32)


def count_cells(outlines: Outlines) -> int:
    """Number of cells that have an outline."""
    return int(np.count_nonzero(np.bincount(outlines.cell)))


def _usable(outlines: Outlines) -> Outlines:
    """Only rings of known cells that are made of three or more finite points."""
    sizes = np.diff(outlines.offsets)
    good = (outlines.cell >= 0) & (sizes >= 3)
    bad = ~(np.isfinite(outlines.vertices[:, 0]) & np.isfinite(outlines.vertices[:, 1]))
    if bad.any():
        good[np.searchsorted(outlines.offsets, np.flatnonzero(bad), side="right") - 1] = False
    if good.all():
        return outlines
    offsets = np.append(0, np.cumsum(sizes[good])).astype(np.int64)
    return Outlines(outlines.cell[good], offsets, outlines.vertices[np.repeat(good, sizes)])
