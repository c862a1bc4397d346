"""Planes of TIFF files as multiscale images: their own pyramid, or one made once and kept.

A plane that is large and has no pyramid is read once, a band of rows at a time, and written by
:mod:`~napari_abc.io.images._levels`. Zarr folders hold no open file, as the TIFF arrays hold none: nothing
has to be closed.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.io.files import OWN_FOLDER, atomic_folder, default_cache, one_at_a_time
from napari_abc.io.images._levels import Levels, create_level

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import dask.array as da
    from numpy.typing import NDArray

    from napari_abc.io.images._tiff import TiffPlane
    from napari_abc.task import Task

__all__ = ["contrast_limits", "multiscale", "pyramid_folder"]

_SINGLE = 4096
"""An image of at most this many pixels a side needs no smaller copies."""
_SMALLEST = 1024
"""Halving stops at this many pixels a side."""
_CHUNK = 512
_SHARD = 8192
"""Pixels across that one file of a level holds; a file a chunk would be tens of thousands of files."""
_FORMAT = 2


def pyramid_folder() -> Path:
    """Folder for pyramids that are made here, inside the default cache."""
    return default_cache() / OWN_FOLDER / "pyramids"


def multiscale(plane: TiffPlane, folder: Path, task: Task) -> list[Any]:
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
        (y, x), largest first. Sizes that are odd are rounded up; the levels that are made here span
        exactly the same extent all the same.

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
    file = _name_of_file(plane)
    version = f"{file}-{plane.stamp.size}-{plane.stamp.mtime}"
    target = folder / f"{version}-{_name_of_plane(plane)}-v{_FORMAT}"
    with one_at_a_time(target, task):
        if not target.is_dir():
            size = int(levels[-1].nbytes)
            with atomic_folder(target, needed=4 * size // 3 if copied else size // 3) as part:
                _write(levels[-1], part, copied, plane.path.name, task)
            for old in folder.glob(f"{file}-*"):  # of earlier versions of the file
                if not old.name.startswith(f"{version}-"):
                    shutil.rmtree(old, ignore_errors=True)
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


def _name_of_file(plane: TiffPlane) -> str:
    return hashlib.sha1(str(plane.path.resolve()).encode(), usedforsecurity=False).hexdigest()[:20]


def _name_of_plane(plane: TiffPlane) -> str:
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


def _write(source: da.Array, folder: Path, copied: bool, what: str, task: Task) -> None:
    """Write smaller copies of an image, and the image itself if it is to be ``copied``."""
    # A row is a plane here, so that the image streams through as a volume does.
    shapes = [(source.shape[0], 1, source.shape[1])]
    while max(shapes[-1]) > _SMALLEST:
        shapes.append((-(-shapes[-1][0] // 2), 1, -(-shapes[-1][2] // 2)))
    stores: list[Any] = [
        create_level(
            folder / str(k), (shape[0], shape[2]), (_CHUNK, _CHUNK), _SHARD, source.dtype, "yx", (0, 1)
        )
        for k, shape in enumerate(shapes if copied else shapes[1:])
    ]
    stores = [store[:, None] for store in stores]
    levels = Levels(stores if copied else [None, *stores], shapes, _CHUNK, source.dtype)
    done = 0
    with levels.writing(folder.parent / what, int(source.nbytes)):
        for band in _bands(source):
            task.report(f"Making smaller copies of {what}", done, source.shape[0], "rows")
            for row in band:
                levels.place()[0] = row
                levels.advance()
            done += len(band)


def _bands(source: da.Array) -> Iterator[NDArray[Any]]:
    """The image in bands; each row of chunks is read once."""
    top = 0
    for height in source.chunks[0]:
        rows = np.asarray(source[top : top + height])
        for start in range(0, height, _CHUNK):
            yield rows[start : start + _CHUNK]
        top += height
