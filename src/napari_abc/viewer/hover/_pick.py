"""Which cell lies under the mouse: a tree of a layer's points, built when first needed.

napari compares the position with every point, on every move of the mouse. The tree answers for
millions of points in well under a millisecond; in space it is asked along the line of sight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.viewer.color import rows_of
from napari_abc.viewer.links import viewer_of
from napari_abc.viewer.world import to_data, world_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.layers import Points
    from numpy.typing import NDArray
    from scipy.spatial import cKDTree

__all__ = ["CellTree", "line_of_sight"]

_MOST_STEPS = 2000
"""Places along a line of sight that the tree is asked at, at most."""

_CANDIDATES = 6
"""Cells near each of these places that are looked at."""


class CellTree:
    """The points of one layer, and the cells that they show."""

    def __init__(self, layer: Points) -> None:
        from scipy.spatial import cKDTree

        # An unbalanced tree takes half the time to build and answers as fast for tissue.
        self._tree: cKDTree = cKDTree(layer.data, balanced_tree=False, compact_nodes=False)
        self._rows = rows_of(layer)
        self._sizes: NDArray[np.floating] = layer.size

    def __len__(self) -> int:
        return int(self._tree.n)

    def _row(self, point: int) -> int | None:
        row = point if self._rows is None else int(self._rows[point])
        return row if row >= 0 else None

    def at(self, position: NDArray[np.float64], reach: float) -> int | None:
        """Row of the nearest cell that a position lies on, or within reach of."""
        distance, point = self._tree.query(position)
        if not distance <= max(self._sizes[point] / 2, reach):
            return None
        return self._row(int(point))

    def along(
        self,
        start: NDArray[np.float64],
        end: NDArray[np.float64],
        reach: float,
        seen: Callable[[int], bool],
    ) -> int | None:
        """Row of the first cell on the way from one position to another.

        Parameters
        ----------
        start, end
            Ends of the line of sight, the nearer one first.
        reach
            Distance from the line that still counts as on it.
        seen
            Whether a cell, given by its row, is drawn.
        """
        length = float(np.linalg.norm(end - start))
        if not length > 0 or not np.isfinite(length):
            return None
        radius = max(float(self._sizes[0]) / 2, reach, length / _MOST_STEPS)
        direction = (end - start) / length
        places = start + np.arange(0, length + radius, radius)[:, None] * direction
        # A cell within the radius of the line is at most this far from the nearest place on it.
        count = min(_CANDIDATES, len(self))
        _, found = self._tree.query(places, k=count, distance_upper_bound=radius * 1.12)
        points = np.unique(found)
        points = points[points < len(self)]
        offsets = np.asarray(self._tree.data)[points] - start
        depth = offsets @ direction
        aside = np.linalg.norm(offsets - depth[:, None] * direction, axis=1)
        near = (aside <= radius) & (depth >= -radius) & (depth <= length + radius)
        for point in points[near][np.argsort(depth[near])].tolist():
            row = self._row(point)
            if row is not None and seen(row):
                return row
        return None


def line_of_sight(
    layer: Points, position: Any, view_direction: Any, displayed: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Where one looks along at a position, through a layer of three dimensions.

    Parameters
    ----------
    position, view_direction, displayed
        As napari's canvas gives them: position and direction in the world, and the axes displayed.

    Returns
    -------
    start, end
        The nearer and the farther end, in data coordinates; through the slice that is shown where
        two axes are. None where the line misses the layer.
    """
    viewer = viewer_of(layer)
    offset = (viewer.dims.ndim if viewer is not None else layer.ndim) - layer.ndim
    own = [axis - offset for axis in displayed]
    if min(own) < 0:
        return None
    if len(own) == 3:
        if view_direction is None:
            return None
        place = np.asarray(position, dtype=float)[-3:] / world_units(viewer, layer)
        start, end = layer.get_ray_intersections(place, np.asarray(view_direction)[-3:], own, world=True)
        return None if start is None or end is None else (np.asarray(start), np.asarray(end))
    (through,) = set(range(layer.ndim)) - set(own)
    ends = np.tile(to_data(viewer, layer, position), (2, 1))
    ends[:, through] += _slice_around(layer, through)
    return ends[0], ends[1]


def _slice_around(layer: Points, axis: int) -> tuple[float, float]:
    """Where the slice that is shown begins and ends, from its middle, in data coordinates."""
    viewer = viewer_of(layer)
    if viewer is not None and str(layer.projection_mode) != "none":
        number = axis + viewer.dims.ndim - layer.ndim
        unit = abs(float(layer.scale[axis])) * float(world_units(viewer, layer)[axis])
        before, behind = viewer.dims.margin_left[number] / unit, viewer.dims.margin_right[number] / unit
        if before + behind > 0:
            return -before, behind
    return -0.5, 0.5  # napari's slice without thickness
