"""Planes of a run's images as volumes in the frame of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import FormatError
from napari_abc.io.images import contrast_limits, multiscale, pyramid_folder
from napari_abc.model import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from napari_abc.io.images import TiffPlane
    from napari_abc.task import Task

__all__ = ["Placed", "middle", "place_images"]

_COLORMAPS = ("gray", "green", "magenta", "cyan", "yellow", "red", "blue")
_PRIMARY = ("red", "green", "blue")


def middle(planes: list[int]) -> int:
    """The middle one of some z planes."""
    return sorted(planes)[len(planes) // 2]


@dataclass(frozen=True, eq=False, slots=True)
class Placed:
    """A plane of a TIFF file, and where it lies."""

    plane: TiffPlane
    name: str
    """What a person reads."""
    pixel: tuple[float, float]
    """Micrometers of a pixel along y and x."""
    origin: tuple[float, float]
    """y, x in micrometers of the center of the first pixel."""

    def covers(self, cells: pd.DataFrame) -> bool:
        """Whether it lies where at least one cell is; True where there are no cells to tell by."""
        inside = np.ones(len(cells), bool)
        for axis, column in enumerate(("y", "x")):
            place = (cells[column].to_numpy() - self.origin[axis]) / self.pixel[axis]
            inside &= (place >= -0.5) & (place < self.plane.levels[0].shape[axis] - 0.5)
        return bool(inside.any()) or not len(cells)


def place_images(
    images: Sequence[Placed], cells: pd.DataFrame, notes: list[str], task: Task
) -> tuple[Volume, ...]:
    """Make volumes of the images of a run; the first is shown, the others start hidden.

    Parameters
    ----------
    images
        The planes and where they lie.
    cells
        The run's cells: an image that lies where none of them is starts hidden, and that is said.
    notes
        What a person should know is added here, so also an image that can't be read.
    task
        Told of the making of pyramids, where that is needed; may be cancelled.
    """
    volumes: list[Volume] = []
    for number, image in enumerate(images):
        task.report("Opening images", number, len(images), "images")
        plane = image.plane
        try:
            levels = multiscale(plane, pyramid_folder(), task)
            limits = contrast_limits(levels)
        except FormatError as error:
            notes.append(f"An image is left out: {error}")
            continue
        lies_right = image.covers(cells)
        if not lies_right:
            notes.append(
                f"{plane.path.name} lies where no cell is, it may have been cut out or scaled by another "
                "program; it starts hidden."
            )
        color = plane.name in _PRIMARY
        volumes.append(
            Volume(
                name=image.name,
                kind="image",
                levels=levels,
                scale=image.pixel,
                translate=image.origin,
                unit="micrometer",
                contrast_limits=limits,
                colormap=plane.name if color else _COLORMAPS[number % len(_COLORMAPS)],
                visible=lies_right and (color or not any(volume.visible for volume in volumes)),
            )
        )
    return tuple(volumes)
