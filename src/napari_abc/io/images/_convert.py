"""Streaming a NIfTI file into the arrays of a multiscale OME-Zarr 0.5 folder.

The file's planes are read in its own order and written by :mod:`~napari_abc.io.images._levels`, in bands as
thick as a chunk.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import FormatError
from napari_abc.io.images._halving import level_shapes
from napari_abc.io.images._levels import Levels, create_level
from napari_abc.io.images._nifti import open_voxels, value_type, values
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import tensorstore as ts
    from numpy.typing import NDArray

    from napari_abc.io.images._layout import Layout
    from napari_abc.io.images._nifti import Nifti
    from napari_abc.task import Task

__all__ = ["write_volume"]

_CHUNK = 64
"""Voxels a side: a plane of any orientation then touches some hundred chunks."""
_SHARD = 1024
"""Voxels across that one file holds; a file a chunk would be thousands of files."""
_BAND = 80 * 2**20
"""Bytes of a band of the largest level; volumes with larger planes get flatter chunks."""
_SAMPLE = 2**22
"""Voxels that contrast limits are taken from."""


def write_volume(nifti: Nifti, folder: Path, layout: Layout, task: Task) -> None:
    """Write a volume's levels and their description into an empty folder.

    Raises
    ------
    FormatError
        If the file is damaged, or its values are no labels where they ought to be.
    DiskFullError
        If there is no room.
    """
    dtype = _label_type(nifti) if layout.labels else value_type(nifti)
    # Arrays here are in the file's order, its slowest axis first; the display's axis d is its axis order[d].
    order = tuple(2 - axis for axis in layout.axes)
    spacing = tuple(layout.spacing[layout.axes.index(axis)] for axis in (2, 1, 0))
    shapes = level_shapes(nifti.shape[::-1], spacing)
    thickness = _thickness(math.prod(shapes[0][1:]) * dtype.itemsize, nifti.path)
    chunk = (thickness, _CHUNK, _CHUNK)
    stores = [
        create_level(folder / str(k), shape, chunk, _SHARD, dtype, "zyx", order)
        for k, shape in enumerate(shapes)
    ]
    levels = Levels(stores, shapes, thickness, dtype, order=order, nearest=layout.labels)
    direct = dtype == nifti.dtype.newbyteorder("=")
    stored = np.empty(shapes[0][1:], nifti.dtype.newbyteorder("="))
    with levels.writing(folder.parent / nifti.path.name, nifti.nbytes), open_voxels(nifti) as stream:
        for plane in range(shapes[0][0]):
            task.report(f"Converting {nifti.path.name}", plane * stored.nbytes, nifti.nbytes)
            place = levels.place()
            stream.read(place if direct else stored, task)
            if not direct:
                place[...] = _labels(nifti, stored) if layout.labels else values(nifti, stored)
            levels.advance()
        stream.finish()
    description = _description(nifti, layout, [tuple(shape[axis] for axis in order) for shape in shapes])
    if not layout.labels:
        description["ome"]["omero"] = _omero(nifti.path.name, stores[-1])
    group = {"zarr_format": 3, "node_type": "group", "attributes": description}
    (folder / "zarr.json").write_text(json.dumps(group, indent=1), "utf-8")


def _thickness(plane_bytes: int, path: Path) -> int:
    """Planes of a band: an even number, and not too many bytes."""
    thickness = _CHUNK
    while thickness > 2 and thickness * plane_bytes > _BAND:
        thickness //= 2
    if thickness * plane_bytes > 4 * _BAND:
        raise FormatError(
            f"{path} has planes of {bytes_text(plane_bytes)}, which is too large; save a part of it."
        )
    return thickness


def _label_type(nifti: Nifti) -> np.dtype[Any]:
    exact = nifti.dtype.kind in "iu" and not nifti.is_scaled
    return nifti.dtype.newbyteorder("=") if exact else np.dtype(np.int32)


def _labels(nifti: Nifti, stored: NDArray[Any]) -> NDArray[Any]:
    """Labels that the file stores as other numbers; exactly or not at all."""
    found = stored.astype(np.float64) * nifti.slope + nifti.inter
    # NaN compares as unequal, infinity is too large.
    if not ((found == np.rint(found)) & (np.abs(found) < 2**31)).all():
        raise FormatError(
            f"{nifti.path} holds values that are no whole numbers, so they can't be labels; open it as an "
            "image."
        )
    return found


def _description(nifti: Nifti, layout: Layout, shapes: Sequence[Sequence[int]]) -> dict[str, Any]:
    datasets = []
    for k, shape in enumerate(shapes):
        factors = [whole / n for whole, n in zip(shapes[0], shape, strict=True)]
        scale = [size * factor for size, factor in zip(layout.spacing, factors, strict=True)]
        # A level spans the extent of the first, so the center of its first voxel lies further in.
        start = [
            origin + size * (factor - 1) / 2
            for origin, size, factor in zip(layout.origin, layout.spacing, factors, strict=True)
        ]
        transforms = [{"type": "scale", "scale": scale}, {"type": "translation", "translation": start}]
        datasets.append({"path": str(k), "coordinateTransformations": transforms})
    axis = {"type": "space", "unit": layout.unit} if layout.unit else {"type": "space"}
    name = nifti.path.name.removesuffix(".gz").removesuffix(".nii")
    multiscale = {
        "name": name,
        "type": "nearest" if layout.labels else "mean",
        "axes": [{"name": letter, **axis} for letter in "zyx"],
        "datasets": datasets,
    }
    ome: dict[str, Any] = {"version": "0.5", "multiscales": [multiscale]}
    if layout.labels:
        ome["image-label"] = {"version": "0.5"}
    return {"ome": ome}


def _omero(name: str, smallest: ts.TensorStore) -> dict[str, Any]:
    """Contrast limits, as OME-Zarr keeps them: percentiles of the smallest level without its zeros."""
    levels = np.asarray(smallest.read().result())
    step = max(1, math.ceil((levels.size / _SAMPLE) ** (1 / 3)))
    sample = levels[::step, ::step, ::step]
    sample = sample[np.isfinite(sample) & (sample != 0)]
    low, high = (float(limit) for limit in np.percentile(sample, (1, 99.7))) if sample.size else (0.0, 1.0)
    if not high > low:
        low, high = (0.0, high) if high > 0 else (high, 0.0)
    window = {"start": low, "end": high, "min": float(levels.min()), "max": float(levels.max())}
    return {"channels": [{"label": name, "color": "FFFFFF", "active": True, "window": window}]}
