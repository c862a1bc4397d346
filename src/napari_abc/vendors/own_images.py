"""A person's own image beside a slab: its channels and labels as volumes in the frame of the cells.

Lengths are converted to the frame's unit, and where the image says where it lies, it lies there. A slab
in a plane gets the plane of a stack that its cells were cut from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_abc.errors import ConfigurationError, FormatError
from napari_abc.io.images import depth_range, open_image, plane_at, plane_of
from napari_abc.task import Task
from napari_abc.vendors._mosaics import place_of_mosaic

if TYPE_CHECKING:
    from napari_abc.model import Slab, Volume

__all__ = ["OwnImage", "images_beside"]

_METERS = {
    "angstrom": 1e-10, "nanometer": 1e-9, "micrometer": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2,
    "decimeter": 1e-1, "meter": 1.0, "inch": 0.0254,
}  # fmt: skip
_LARGEST_PLANE = 2**26
"""Pixels of the smallest level's planes: napari reads one of them whole."""
_LETTERS = {"millimeter": "mm", "micrometer": "µm"}


@dataclass(frozen=True, eq=False, slots=True)
class OwnImage:
    """A channel or a label image of a person's file; a :class:`~napari_abc.model.VolumeSource`."""

    volume: Volume
    """As it is shown, in the slab's frame."""
    where: str
    """Path or address that it was opened from."""

    @property
    def name(self) -> str:
        """What a person reads."""
        return self.volume.name

    @property
    def kind(self) -> Literal["image", "labels"]:
        """What its values are."""
        return self.volume.kind

    @property
    def frame(self) -> str:
        """Name of the slab's frame that it lies in."""
        return self.volume.frame

    def download_bytes(self) -> int:
        """0: it is looked at where it lies."""
        return 0

    def load(self, task: Task) -> Volume:
        """What is to be shown."""
        task.check()
        return self.volume


def images_beside(
    slab: Slab, where: str | Path, task: Task | None = None, notes: list[str] | None = None
) -> tuple[OwnImage, ...]:
    """Open a person's image as volumes that can be shown with a slab, in the frame that it is shown in.

    Parameters
    ----------
    slab
        The slab.
    where
        File, folder or address; see :func:`~napari_abc.io.images._open.open_image`.
    task
        Progress and cancel.
    notes
        What a person should know is added here: which plane of a stack is shown, and why, and what the
        file does not say.

    Returns
    -------
    tuple of OwnImage
        One a channel and a label image, in the order of the file.

    Raises
    ------
    ConfigurationError
        If the image is a plane and the slab is shown in three dimensions.
    FormatError
        If it can't be read, or is too large to be shown as it is stored.
    AbcError
        If it can't be reached or prepared.
    """
    task, notes = task or Task(), notes if notes is not None else []
    remote = isinstance(where, str) and "://" in where
    address = str(where) if remote else str(Path(where).expanduser().absolute())
    found = []
    for volume in open_image(where, task, notes):
        task.check()
        placed = _beside(slab, volume if remote else _of_a_run(Path(address), volume), notes)
        if math.prod(placed.levels[-1].shape[-2:]) > _LARGEST_PLANE:
            rows, columns = placed.levels[-1].shape[-2:]
            raise FormatError(
                f"{volume.name} has no copy small enough to be shown: its smallest has planes of {rows:,} × "
                f"{columns:,} pixels; add smaller levels to it."
            )
        found.append(OwnImage(replace(placed, frame=slab.frame.name), address))
    # What holds for all channels is said once.
    notes[:] = dict.fromkeys(notes)
    return tuple(found)


def _of_a_run(path: Path, volume: Volume) -> Volume:
    """The volume, where the transform of a MERSCOPE run beside its file says that it lies."""
    if len(volume.scale) != 2:
        return volume
    height, width = volume.levels[0].shape
    place = place_of_mosaic(path, (height, width))
    if place is None:
        return volume
    return replace(volume, scale=place[0], translate=place[1], unit="micrometer")


def _beside(slab: Slab, volume: Volume, notes: list[str]) -> Volume:
    """A volume in the unit and the dimensions of a slab's frame."""
    frame, ndim = slab.frame, len(volume.scale)
    where = frame.title or frame.name
    if ndim < frame.ndim:
        raise ConfigurationError(
            f"{volume.name} is a plane, and {slab.label} is shown in {where}, in three dimensions, where "
            "nobody says how deep it lies; show the cells in a frame of two dimensions first."
        )
    if not frame.unit:
        # Coordinates without a unit are those of the image that the cells were found in.
        notes.append(f"{where} has no unit: a pixel of the image is shown as 1 wide, from 0 on.")
        volume = replace(volume, scale=(1.0,) * ndim, translate=(0.0,) * ndim, unit="")
    else:
        if volume.unit not in _METERS:
            notes.append(
                f"The image does not say how large its pixels are; {volume.scale[-1]:g} is taken for "
                f"{volume.scale[-1]:g} µm."
            )
        factor = _METERS.get(volume.unit, 1e-6) / _METERS[frame.unit]
        # 25 µm are 0.025 mm, and not 0.024999999999999998.
        scale, translate = (
            tuple(float(f"{number * factor:.12g}") for number in numbers)
            for numbers in (volume.scale, volume.translate)
        )
        volume = replace(volume, scale=scale, translate=translate, unit=frame.unit)
    return _plane(slab, volume, notes) if ndim > frame.ndim else volume


def _plane(slab: Slab, volume: Volume, notes: list[str]) -> Volume:
    """The plane of a stack that the cells of a slab lie in; the middle one where that is not known."""
    count = int(volume.levels[0].shape[0])
    if count == 1:
        return plane_of(volume, 0)
    depth, unit = slab.depth, _LETTERS.get(slab.frame.unit, "")
    index = plane_at(depth, volume.scale[0], volume.translate[0]) if depth is not None else -1
    if 0 <= index < count:
        notes.append(f"Plane {index + 1:,} of {count:,} is shown, nearest to the cells at {depth:g} {unit}.")
        return plane_of(volume, index)
    index = count // 2
    shown = f"plane {index + 1:,} of {count:,}, in the middle, is shown."
    if depth is None:
        notes.append(f"Nobody says at what depth the cells lie: {shown}")
    else:
        low, high = depth_range(volume)
        notes.append(
            f"The cells lie at {depth:g} {unit}, the image reaches from {low:g} to {high:g} {unit}: {shown}"
        )
    return plane_of(volume, index)
