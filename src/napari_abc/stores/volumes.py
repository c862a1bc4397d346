"""Volumes converted once into a chunked, multiscale OME-Zarr folder, and opened from there.

A compressed NIfTI file can only be read from its beginning. It is streamed once, in bounded memory,
into a folder from which any plane of any orientation is read at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.model import Volume
    from napari_abc.task import Task

__all__ = ["Layout", "convert_volume", "converted_path", "open_volume", "volume_folder"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the axes of a file become the axes of the display, and where its voxels lie."""

    axes: tuple[int, int, int]
    """File axes (i is 0, j is 1, k is 2) that become depth, height and width."""
    spacing: tuple[float, float, float]
    """Size of a voxel along depth, height and width, in ``unit``."""
    unit: str = "millimeter"
    labels: bool = False
    """Whether the values are labels, which are never averaged."""
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Where the centre of the first voxel lies, along depth, height and width."""
    names: tuple[str, str, str] = ("z", "y", "x")
    """What the axes are called."""


def volume_folder() -> Path:
    """Folder for converted volumes, inside the default cache."""
    raise NotImplementedError


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
    raise NotImplementedError


def convert_volume(
    source: Path, folder: Path, layout: Layout, *, key: str = "", task: Task | None = None
) -> Path:
    """Convert a ``.nii`` or ``.nii.gz`` file into a multiscale OME-Zarr 0.5 folder, unless that was done.

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
        MD5 of the file, where it is known; else its size and time of change stand for it.
    task
        Told of the planes done; may be cancelled, then nothing is kept.

    Returns
    -------
    Path
        The folder, for :func:`open_volume`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no three-dimensional NIfTI file, is damaged, or holds other numbers than its kind
        can be shown with.
    DiskFullError
        If there is no room for the result.
    """
    raise NotImplementedError


def open_volume(folder: Path) -> Volume:
    """Open a converted volume: its levels are read when they are looked at.

    Returns
    -------
    Volume
        Name, kind, levels (array-likes, (depth, height, width), largest first), scale, translate,
        unit and contrast limits are filled in; use ``dataclasses.replace`` for the rest.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    FormatError
        If it is damaged.
    """
    raise NotImplementedError
