"""Planes of TIFF files as multiscale images: their own pyramid, or one made once and kept.

A plane that is large and has no pyramid is read once, a band of rows at a time, and halved band by
band into a zarr folder, so that memory holds a band of each level and never the image. The folder
gets its name when it is whole. Zarr folders hold no open file, as the TIFF arrays hold none: nothing
has to be closed.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.io.files import OWN_FOLDER, atomic_folder, default_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import dask.array as da
    import zarr
    from numpy.typing import NDArray

    from napari_abc.io.images._tiff import Plane
    from napari_abc.task import Task

__all__ = ["contrast_limits", "multiscale", "pyramid_folder"]

_SINGLE = 4096
"""An image of at most this many pixels a side needs no smaller copies."""
_SMALLEST = 1024
"""Halving stops at this many pixels a side."""
_CHUNK = 512
_SHARD = 8192
"""Pixels across that one file of a level holds; a file a chunk would be tens of thousands of files."""
_FORMAT = 1


def pyramid_folder() -> Path:
    """Folder for pyramids that are made here, inside the default cache."""
    return default_cache() / OWN_FOLDER / "pyramids"


def multiscale(plane: Plane, folder: Path, task: Task) -> list[Any]:
    """Levels of a plane, the smallest of at most 4096 pixels a side.

    Parameters
    ----------
    plane
        An opened plane.
    folder
        Where a pyramid is kept that has to be made; see :func:`pyramid_folder`. It is made again
        when the image has changed.
    task
        Told of the rows done; may be cancelled, then nothing is kept.

    Returns
    -------
    list of dask arrays
        (y, x), largest first. Sizes that are odd are rounded up, so that at the far edge a level may
        be off by less than one of its pixels.

    Raises
    ------
    FormatError
        If the image is damaged.
    DiskFullError
        If the pyramid does not fit on the disk.
    """
    levels = list(plane.levels)
    if max(levels[-1].shape) <= _SINGLE:
        return levels
    # Where windows of the original are slow to read, the copy holds the full size as well.
    copied = not plane.random_access and len(levels) == 1
    target = folder / _name_of_file(plane) / f"{plane.stamp.size}-{plane.stamp.mtime}-{_name_of_plane(plane)}"
    if not target.is_dir():
        _build(levels[-1], target, copied, plane.path.name, task)
    made = _open(target)
    return made if copied else levels + made


def contrast_limits(levels: Sequence[Any]) -> tuple[float, float]:
    """Limits that show an image well: the 1st and 99.8th percentile of its smallest level.

    Zeros do not count, because mosaics are padded with them. Reads that level as a whole.

    Raises
    ------
    FormatError
        If the image is damaged.
    """
    values = np.asarray(levels[-1])
    step = max(1, max(values.shape) // 2048)
    values = values[::step, ::step]
    values = values[np.isfinite(values) & (values != 0)] if values.dtype.kind == "f" else values[values != 0]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(limit) for limit in np.percentile(values, (1, 99.8)))
    return (low, high) if high > low else (min(low, 0.0), max(low, 1.0))


def _name_of_file(plane: Plane) -> str:
    digest = hashlib.sha1(str(plane.path.resolve()).encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:20]}-{_FORMAT}"


def _name_of_plane(plane: Plane) -> str:
    return f"{plane.channel}-{plane.z}{'-' + plane.name if plane.name in ('red', 'green', 'blue') else ''}"


def _open(target: Path) -> list[da.Array]:
    import dask.array as da
    import zarr

    count = sum(1 for entry in target.iterdir() if entry.name.isdigit())
    levels = []
    for k in range(count):
        array = zarr.open_array(target / str(k), mode="r")
        # A name that follows from the path lets napari reuse what it has read already.
        name = f"pyramid-{hashlib.sha1(str(target / str(k)).encode(), usedforsecurity=False).hexdigest()}"
        chunks = (2 * _CHUNK, 2 * _CHUNK)
        levels.append(da.from_array(array, chunks=chunks, name=name))  # type: ignore[no-untyped-call]
    return levels


def _build(source: da.Array, target: Path, copied: bool, what: str, task: Task) -> None:
    """Write smaller copies of an image, and the image itself if it is to be ``copied``."""
    needed = int(source.nbytes) * (4 if copied else 1) // 3
    with atomic_folder(target, needed=needed) as part:
        _remove_outdated(target)
        _write_levels(source, part, copied, what, task)


def _remove_outdated(target: Path) -> None:
    """Remove what was made of an earlier version of the file."""
    current = target.name.split("-")[:2]
    for old in target.parent.iterdir():
        if not old.name.startswith(".") and old.name.split("-")[:2] != current:
            shutil.rmtree(old, ignore_errors=True)


def _write_levels(source: da.Array, part: Path, copied: bool, what: str, task: Task) -> None:
    shapes = [source.shape]
    while max(shapes[-1]) > _SMALLEST:
        shapes.append((-(-shapes[-1][0] // 2), -(-shapes[-1][1] // 2)))
    arrays = [
        None if k == 0 and not copied else _create(part / str(k - (not copied)), shape, source.dtype)
        for k, shape in enumerate(shapes)
    ]
    # Rows of each level that wait until a band is full, and how many rows of it are written.
    waiting: list[list[NDArray[Any]]] = [[] for _ in shapes]
    written = [0] * len(shapes)

    def add(k: int, rows: NDArray[Any]) -> None:
        waiting[k].append(rows)
        have = sum(map(len, waiting[k]))
        if have < _CHUNK and written[k] + have < shapes[k][0]:
            return
        band = np.concatenate(waiting[k])
        waiting[k] = []
        end = written[k] + len(band)
        use = len(band) if end == shapes[k][0] else len(band) // _CHUNK * _CHUNK
        if use < len(band):
            waiting[k].append(band[use:])
            band = band[:use]
        array = arrays[k]
        if array is not None:
            array[written[k] : written[k] + use] = band
        written[k] += use
        if k + 1 < len(shapes):
            add(k + 1, _halve(band))

    for rows in _bands(source):
        task.report(f"Making smaller copies of {what}", written[0], shapes[0][0], "rows")
        add(0, rows)


def _bands(source: da.Array) -> Iterator[NDArray[Any]]:
    """The image in bands; each row of chunks is read once."""
    top = 0
    for height in source.chunks[0]:
        rows = np.asarray(source[top : top + height])
        for start in range(0, height, _CHUNK):
            yield rows[start : start + _CHUNK]
        top += height


def _halve(band: NDArray[Any]) -> NDArray[Any]:
    """Means of 2 × 2 pixels; a last odd row or column is repeated."""
    if any(n % 2 for n in band.shape):
        band = np.pad(band, [(0, n % 2) for n in band.shape], mode="edge")
    kind = band.dtype.kind
    total = band[0::2, 0::2].astype(
        band.dtype if kind == "f" else np.int64 if band.dtype.itemsize > 2 else np.int32
    )
    for down, across in ((1, 0), (0, 1), (1, 1)):
        total += band[down::2, across::2]
    if kind == "b":
        return np.asarray(total >= 2)
    if kind == "f":
        total /= 4
        return total
    total += 2  # rounds to the nearest
    total >>= 2
    return np.asarray(total, band.dtype)


def _create(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> zarr.Array[Any]:
    import zarr

    across = -(-shape[1] // _CHUNK) * _CHUNK
    return zarr.create_array(
        path, shape=shape, dtype=dtype, chunks=(_CHUNK, _CHUNK), shards=(_CHUNK, min(_SHARD, across))
    )
