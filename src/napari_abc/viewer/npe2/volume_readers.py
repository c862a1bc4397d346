"""napari's reader of volumes: NIfTI files, and folders with a Neuroglancer precomputed volume.

These are what no common plugin owns. OME-Zarr and TIFF have readers of their own (napari-ome-zarr and
napari itself), so a person is not asked which to use.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils import notifications

from napari_abc.errors import ConfigurationError, FormatError
from napari_abc.io.images import is_precomputed, is_quick, left_out, open_nifti, open_precomputed
from napari_abc.viewer.images import volume_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_abc.model import Volume
    from napari_abc.task import Task
    from napari_abc.viewer.prepare import LayerTuple

__all__ = [
    "get_reader",
    "nifti_layers",
    "read",
    "slow_path",
    "tell_what_is_left_out",
    "volume_layers",
]

_Paths = str | list[str]

_LARGEST_PLANE = 2**26
"""Pixels of the smallest level's planes: napari reads one of them whole."""

_AXES = ("t", "z", "y", "x")


def get_reader(path: _Paths) -> Callable[[_Paths], list[LayerTuple]] | None:
    """Function that reads a path as layers, or None where it is not ours; never raises.

    Parameters
    ----------
    path
        A file or folder. A list of several is a stack, which volumes can't be opened as.
    """
    try:
        one = _one(path)
        if one is None or not (_is_nifti(one) or _is_precomputed(one)):
            return None
    except (OSError, RuntimeError, TypeError, ValueError):  # unreadable, or not a path at all
        return None
    return read


def read(path: _Paths) -> list[LayerTuple]:
    """Read a NIfTI file or a precomputed volume as layers, in its units and upright.

    Raises
    ------
    AbcError
        If it can't be read; the message says why and what to do.
    """
    one = _one(path)
    if one is None:
        raise ConfigurationError("Several volumes can't be opened as one stack; open them one by one.")
    if not _is_nifti(one):
        return volume_layers(open_precomputed(one))
    layers = nifti_layers(one)
    tell_what_is_left_out(one)
    return layers


def slow_path(path: _Paths) -> Path | None:
    """The file that has to be converted before it can be shown; None where there is nothing to wait for."""
    one = _one(path)
    return one if one is not None and _is_nifti(one) and not is_quick(one) else None


def nifti_layers(path: Path, task: Task | None = None) -> list[LayerTuple]:
    """Layers of a NIfTI file, converted first where it is large; any thread will do.

    Raises
    ------
    AbcError
        If it can't be read.
    """
    return volume_layers([open_nifti(path, task)])


def volume_layers(volumes: Sequence[Volume]) -> list[LayerTuple]:
    """Data, arguments and type of a layer for each volume; reads a few planes for contrast limits.

    Raises
    ------
    FormatError
        If the smallest level of one is too large to be shown.
    """
    layers = []
    for number, volume in enumerate(volumes):
        smallest = volume.levels[-1]
        if math.prod(smallest.shape[-2:]) > _LARGEST_PLANE:
            rows, columns = smallest.shape[-2:]
            raise FormatError(
                f"{volume.name} has no copy small enough to be shown: its smallest has planes of {rows:,} × "
                f"{columns:,}; add smaller levels to it."
            )
        data, arguments, kind = volume_data(volume, number if len(volumes) > 1 else None, False)
        ndim = len(volume.scale)
        # Points in time of a series have no unit that the file tells.
        units = ("pixel",) * (ndim - 3) + (volume.unit or "pixel",) * min(ndim, 3)
        labels = _AXES[-ndim:] if ndim <= len(_AXES) else None
        layers.append((data, {**arguments, "name": volume.name, "units": units, "axis_labels": labels}, kind))
    return layers


def tell_what_is_left_out(path: Path) -> None:
    """Notify of a rotation that a NIfTI file has, and its layer has not; on the GUI thread."""
    text = left_out(path)
    if text:
        notifications.show_info(text)


def _is_nifti(path: Path) -> bool:
    return path.name.lower().endswith((".nii", ".nii.gz")) and path.is_file()


def _is_precomputed(path: Path) -> bool:
    return (path / "info").is_file() and is_precomputed(path)


def _one(path: _Paths) -> Path | None:
    if not isinstance(path, str):
        if len(path) != 1:
            return None
        path = path[0]
    return Path(path)
