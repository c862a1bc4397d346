"""The plane of a volume that lies at a depth, as a volume of two dimensions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_abc.model import Volume

__all__ = ["depth_range", "plane_at", "plane_of"]

_IN_MEMORY = 2**24
"""Pixels of a plane that is read at once, so that moving over it never waits for the disk."""


def plane_at(depth: float, spacing: float, start: float = 0.0) -> int:
    """Index of the plane at a depth: the nearest one.

    A quotient such as 0.6 / 0.2 is a little less than 3, so cutting off its decimals takes the plane
    before the right one for a third of a brain's sections.
    """
    return round((depth - start) / spacing)


def depth_range(volume: Volume) -> tuple[float, float]:
    """Where the first and the last plane of a volume lie, in its unit."""
    start, spacing, count = volume.translate[0], volume.scale[0], int(volume.levels[0].shape[0])
    return start, start + (count - 1) * spacing


def plane_of(volume: Volume, index: int) -> Volume:
    """A plane of a volume's first axis; that axis is gone.

    Parameters
    ----------
    volume
        Of three or more dimensions.
    index
        Of the plane in the first level; a smaller level gives the plane that spans it.

    Returns
    -------
    Volume
        Its first level in memory, or all levels, to be read when they are looked at, of a large one.
    """
    count = int(volume.levels[0].shape[0])
    planes = [level[index * int(level.shape[0]) // count] for level in volume.levels]
    if math.prod(planes[0].shape) <= _IN_MEMORY:
        planes = [np.asarray(planes[0])]
    return replace(volume, levels=planes, scale=volume.scale[1:], translate=volume.translate[1:])
