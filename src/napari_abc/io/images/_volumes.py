"""Volumes converted once into a chunked, multiscale OME-Zarr folder, and opened from there.

A compressed NIfTI file can only be read from its beginning. It is streamed once, in bounded memory,
into a folder from which any plane of any orientation is read at once: the largest level and its
smaller copies are written together, a band of planes at a time. The folder gets its name when it is
whole. ``docs/formats.md`` describes it.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
from typing import TYPE_CHECKING

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.io.files import OWN_FOLDER, Stamp, atomic_folder, default_cache, one_at_a_time
from napari_abc.io.images._convert import write_volume
from napari_abc.io.images._layout import Layout
from napari_abc.io.images._ngff import open_ngff
from napari_abc.io.images._nifti import read_nifti
from napari_abc.task import Task

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.model import Volume

__all__ = [
    "Layout",
    "convert_volume",
    "converted_path",
    "find_converted",
    "find_kept",
    "open_volume",
    "volume_folder",
]

_FORMAT = 1


def volume_folder() -> Path:
    """Folder for converted volumes, inside the default cache."""
    return default_cache() / OWN_FOLDER / "volumes"


def converted_path(name: str, folder: Path, layout: Layout, key: str) -> Path:
    """Where :func:`convert_volume` puts a file; it exists when the file was converted.

    Parameters
    ----------
    name
        Name of the file, which need not be there.
    folder
        Where converted volumes are kept.
    layout
        As for :func:`convert_volume`.
    key
        What stands for the content: the MD5 of the file.
    """
    numbers = [float(number) for number in (*layout.axes, *layout.spacing, *layout.origin)]
    made = json.dumps([*numbers, layout.unit, layout.labels]).encode()
    digest = hashlib.sha1(made, usedforsecurity=False).hexdigest()
    return folder / f"{_stem(name)}-{key}-{digest[:8]}-v{_FORMAT}.ome.zarr"


def find_converted(source: Path, folder: Path, layout: Layout) -> Path | None:
    """What :func:`convert_volume` made of a file without a known MD5; None where it has not been converted.

    Raises
    ------
    MissingFileError
        If there is no such file.
    """
    found = converted_path(source.name, folder, layout, _stamp(source))
    return found if found.is_dir() else None


def find_kept(
    name: str,
    folder: Path,
    key: str,
    axes: tuple[int, int, int],
    unit: str,
    *,
    labels: bool,
    spacing: tuple[float, float, float] | None = None,
) -> Path | None:
    """What :func:`convert_volume` made of a file that need not be there any more.

    Its spacing need not be known either: the converted volume tells it. Reads a small file.

    Parameters
    ----------
    name
        Name of the file.
    folder
        Where converted volumes are kept.
    key
        What stands for the content: the MD5 of the file.
    axes, unit, labels
        As in :class:`Layout`.
    spacing
        As there; None for whatever the file said.
    """
    with contextlib.suppress(OSError):
        for found in sorted(folder.glob(f"{glob.escape(f'{_stem(name)}-{key}-')}*-v{_FORMAT}.ome.zarr")):
            known = spacing or _spacing(found)
            # Another layout of the same file has another name.
            if known and converted_path(name, folder, Layout(axes, known, unit, labels), key) == found:
                return found
    return None


def _stem(name: str) -> str:
    return name.removesuffix(".gz").removesuffix(".nii")[:80]


def _spacing(folder: Path) -> tuple[float, float, float] | None:
    """Size of the voxels of a converted volume."""
    try:
        described = json.loads((folder / "zarr.json").read_text("utf-8"))
        first = described["attributes"]["ome"]["multiscales"][0]["datasets"][0]
        depth, height, width = map(float, first["coordinateTransformations"][0]["scale"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return depth, height, width


def convert_volume(
    source: Path, folder: Path, layout: Layout, *, key: str = "", task: Task | None = None
) -> Path:
    """Convert a ``.nii`` or ``.nii.gz`` file into a multiscale OME-Zarr 0.5 folder, unless that was done.

    Needs less than 700 MB of memory for volumes with planes of up to 2 million voxels, whatever their
    number.

    Parameters
    ----------
    source
        The file; it is read once, from beginning to end.
    folder
        Where converted volumes are kept: :func:`volume_folder`.
    layout
        Order of its axes, size and place of its voxels. What the file's header says of these is
        not used.
    key
        MD5 of the file, where it is known; else its path, size and time of change stand for it.
    task
        Told of the bytes done; may be cancelled, then nothing is kept.

    Returns
    -------
    Path
        The folder, for :func:`open_volume`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no three-dimensional NIfTI file, is damaged, or is to be labels and holds other
        numbers than whole ones.
    DiskFullError
        If there is no room for the result.
    ConfigurationError
        If the folder can't be written to.
    """
    task = task or Task()
    target = converted_path(source.name, folder, layout, key or _stamp(source))
    with one_at_a_time(target, task):
        if not target.is_dir():
            nifti = read_nifti(source)
            if len(nifti.shape) != 3:
                raise FormatError(
                    f"{source} has {len(nifti.shape)} axes, but a volume has 3; save one of its volumes."
                )
            # Chunks are compressed about as well as gzip does it, and a third of that for the smaller copies.
            size = source.stat().st_size
            needed = min(nifti.nbytes, 3 * size) if nifti.compressed else nifti.nbytes
            with atomic_folder(target, needed=needed) as part:
                write_volume(nifti, part, layout, task)
    return target


def open_volume(folder: Path) -> Volume:
    """Open a converted volume: its levels are read when they are looked at.

    Returns
    -------
    Volume
        Name, kind, levels (array-likes, (depth, height, width), largest first), scale, translate,
        unit and contrast limits are filled in; use ``dataclasses.replace`` for the rest. All levels
        span the same extent. They are :class:`~napari_abc.io.images._lazy.LazyArray`.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    FormatError
        If it is damaged.
    """
    return open_ngff(folder)[0]


def _stamp(source: Path) -> str:
    """What stands for a file whose MD5 nobody knows."""
    try:
        stamp = Stamp.of(source)
    except OSError as error:
        raise MissingFileError(f"{source} can't be read ({error.strerror}); check the path.") from error
    where = hashlib.sha1(str(source.resolve()).encode(), usedforsecurity=False).hexdigest()
    return f"{where[:12]}-{stamp.size}-{stamp.mtime}"
