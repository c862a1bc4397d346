"""A person's NIfTI file as a volume: in memory where it is small, converted once where it is not.

A volume is shown upright. Its axes and their directions are turned so that depth grows upwards (S),
height to the back (P) and width to the left (L), and placed there in the unit of the file: the
coordinates of DICOM and ITK, in which volumes of one space lie in register. What can't be said by
turning and mirroring, a rotation by other angles, is left out; the volume's center is then where it
ought to be. A file that says nothing of directions is shown as it is stored.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import FormatError
from napari_abc.io.images._layout import Layout
from napari_abc.io.images._nifti import Nifti, open_voxels, read_nifti, value_type, values
from napari_abc.io.images._volumes import convert_volume, find_converted, open_volume, volume_folder
from napari_abc.model import Volume
from napari_abc.task import Task
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["is_oblique", "is_quick", "left_out", "open_nifti", "says_labels"]

_SMALL = 2**25
"""Bytes of voxels that are read into memory at once: a fraction of a second."""
_MOST_IN_MEMORY = 2**31
"""Bytes of a series of volumes, which is not converted."""
_OBLIQUE = 1e-3
"""A direction that differs by more than this from an axis is a rotation."""
_LABEL_WORDS = re.compile(
    r"(?<![a-z])(annotations?|labels?|d?seg|segmentation|parcellation|aseg|aparc)(?![a-z])"
)


def is_quick(path: Path) -> bool:
    """Whether :func:`open_nifti` takes a fraction of a second, as the file is small or was converted.

    Raises
    ------
    FormatError, MissingFileError
        As :func:`open_nifti`.
    """
    nifti = read_nifti(path)
    if not _is_large(nifti):
        return _bytes(nifti) <= _SMALL
    return find_converted(path, volume_folder(), _layout(nifti, _orientation(nifti))) is not None


def is_oblique(path: Path) -> bool:
    """Whether a file's axes are rotated against those of the space, which :func:`open_nifti` leaves out.

    Raises
    ------
    FormatError, MissingFileError
        As :func:`open_nifti`.
    """
    nifti = read_nifti(path)
    sides = np.linalg.norm(nifti.affine[:3, :3], axis=0)
    return nifti.oriented and bool(
        (np.sort(np.abs(nifti.affine[:3, :3]), axis=0)[1] > _OBLIQUE * sides).any()
    )


def left_out(path: Path) -> str:
    """What a person should know of how a file is shown; empty where it is shown as it says.

    Raises
    ------
    FormatError, MissingFileError
        As :func:`open_nifti`.
    """
    if not is_oblique(path):
        return ""
    return (
        f"{path.name} is rotated by angles other than right ones, which is left out: its voxels are shown "
        "along the nearest axes, with the volume's center in its place."
    )


def open_nifti(path: Path, task: Task | None = None) -> Volume:
    """Open a ``.nii`` or ``.nii.gz`` file as a volume.

    Parameters
    ----------
    path
        The file. Whole numbers that the file's header or name calls labels, segmentation or annotation
        are labels, exactly as they are stored.
    task
        Told of the bytes done, where the file is large: a volume is then converted once, into the
        default cache. May be cancelled.

    Returns
    -------
    Volume
        Levels are (z, y, x), or (t, z, y, x) for a series. The coordinates grow upwards, to the back and
        to the left.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no NIfTI file, is damaged, or is a series that is too large for memory.
    DiskFullError
        If there is no room for a converted volume.
    """
    task = task or Task()
    nifti = read_nifti(path)
    turn = _orientation(nifti)
    if _is_large(nifti):
        folder = convert_volume(path, volume_folder(), _layout(nifti, turn), task=task)
        volume = open_volume(folder)
        levels = tuple(level.flip(*turn.flipped) for level in volume.levels)
        return replace(volume, levels=levels, translate=turn.origin)
    if _bytes(nifti) > _MOST_IN_MEMORY:
        raise FormatError(
            f"{path} is a series of {bytes_text(_bytes(nifti))}, which is too large; save the volumes that "
            "you want as files of their own."
        )
    return Volume(
        name=path.name.removesuffix(".gz").removesuffix(".nii"),
        kind="labels" if _is_labels(nifti) else "image",
        levels=(_read(nifti, turn, task),),
        scale=(1.0,) * (len(nifti.shape) - 3) + turn.spacing,
        translate=(0.0,) * (len(nifti.shape) - 3) + turn.origin,
        unit=_unit(nifti),
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    """How a file's axes become depth, height and width."""

    axes: tuple[int, int, int]
    """File axis of each."""
    flipped: tuple[int, ...]
    """Those of the three that run the other way in the file."""
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    """Where the center of the first voxel lies, once turned."""


def _orientation(nifti: Nifti) -> _Turn:
    if not nifti.oriented:
        # Only sizes are known.
        return _Turn((2, 1, 0), (), (nifti.spacing[2], nifti.spacing[1], nifti.spacing[0]), (0.0, 0.0, 0.0))
    from nibabel.orientations import io_orientation

    # Right, front and up become left, back and up: L, P and S.
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ nifti.affine
    found = io_orientation(to_lps)  # type: ignore[no-untyped-call]
    if not np.isfinite(found).all():
        raise FormatError(f"{nifti.path} has directions that can't be; copy it again.")
    place = {int(world): (axis, int(sign)) for axis, (world, sign) in enumerate(found)}
    axes = (place[2][0], place[1][0], place[0][0])
    flipped = tuple(d for d, world in enumerate((2, 1, 0)) if place[world][1] < 0)
    sides = np.linalg.norm(to_lps[:3, :3], axis=0)
    shape = np.asarray((*nifti.shape[:3], 1, 1)[:3])
    # The center stays where it is, whatever rotation was left out.
    center = (to_lps @ [*((shape - 1) / 2), 1.0])[[2, 1, 0]]
    spacing = sides[list(axes)]
    origin = center - spacing * (shape[list(axes)] - 1) / 2
    return _Turn(axes, flipped, tuple(spacing.tolist()), tuple(origin.tolist()))


def _layout(nifti: Nifti, turn: _Turn) -> Layout:
    return Layout(turn.axes, turn.spacing, _unit(nifti), _is_labels(nifti))


def _is_large(nifti: Nifti) -> bool:
    """Whether it is a volume that is converted."""
    return len(nifti.shape) == 3 and _bytes(nifti) > _SMALL


def _bytes(nifti: Nifti) -> int:
    return math.prod(nifti.shape) * value_type(nifti).itemsize


def _unit(nifti: Nifti) -> str:
    return nifti.unit or "millimeter"  # as everybody writes it


def _is_labels(nifti: Nifti) -> bool:
    if nifti.dtype.kind not in "iu" or nifti.is_scaled:
        return False
    return nifti.labels or says_labels(nifti.path.name)


def says_labels(name: str) -> bool:
    """Whether the name of a file calls its values labels, segmentation or annotation."""
    return _LABEL_WORDS.search(name.lower().replace("_", " ")) is not None


def _read(nifti: Nifti, turn: _Turn, task: Task) -> NDArray[Any]:
    """The whole volume or series, (…, depth, height, width)."""
    shape = (*nifti.shape, 1, 1)[: max(3, len(nifti.shape))]
    stored = np.empty(shape[::-1], nifti.dtype.newbyteorder("="))
    planes = stored.reshape(-1, *stored.shape[-2:])
    with open_voxels(nifti) as stream:
        for number, plane in enumerate(planes):
            task.report(f"Reading {nifti.path.name}", number * plane.nbytes, stored.nbytes)
            stream.read(plane, task)
        stream.finish()
    found = values(nifti, stored)
    leading = found.ndim - 3
    order = (*range(leading), *(leading + 2 - axis for axis in turn.axes))
    key: Any = (..., *(slice(None, None, -1 if d in turn.flipped else 1) for d in range(3)))
    turned: NDArray[Any] = found.transpose(order)[key]
    return turned
