"""What graphics hardware needs to look a point's colour up: a number a point, a table, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.model import Categorical
from napari_abc.viewer.colors import colors_of_points, finite, lookup, scaling, table_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.viewer.colors import Painted

__all__ = ["CODE", "Lookup", "Scale", "look_up"]

_LEAST = -2e38
_NONE = -3e38
"""Stands for NaN, which graphics drivers may take for anything."""
_NEVER = -3.2e38


@dataclass(frozen=True, slots=True)
class Scale:
    """How the row of the table follows from the number of a point."""

    least: float
    """Numbers below are of points without a value, which have the last row."""
    origin: float = 0.0
    rest: float = 0.0
    scale: float = 0.0
    """0 where the number is the row itself; else as :func:`~napari_abc.viewer.colors.scaling`."""
    cut: float = _NEVER
    """Numbers below, and those up to ``zero``, have the last row but one."""
    zero: float = _NEVER


CODE = Scale(least=-0.5)
"""The number is the row."""


@dataclass(frozen=True, eq=False, slots=True)
class Lookup:
    """The colours of a layer's points, not yet looked up."""

    painted: Painted
    rows: NDArray[np.int64] | None
    """As in :func:`~napari_abc.viewer.colors.colors_of_points`."""
    numbers: NDArray[np.float32]
    """(points,) finite."""
    table: NDArray[np.float32]
    """(rows, 4) RGBA between 0 and 1."""
    scale: Scale

    def colors(self, points: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
        """Colour of each point, or of some of them, as they are drawn, (points, 4)."""
        return colors_of_points(self.painted, self.rows, points)


def look_up(painted: Painted, rows: NDArray[np.int64] | None, before: Lookup | None = None) -> Lookup:
    """Prepare the colours of some points.

    Parameters
    ----------
    rows
        As in :func:`~napari_abc.viewer.colors.colors_of_points`.
    before
        What the points were coloured by before: its numbers are taken over, as the same object, if
        only colours, limits or what is hidden differ.
    """
    coloring, table = painted.coloring, table_of(painted)
    scale = _scale_of(painted)
    if before is not None and _same_numbers(before, painted, rows, scale):
        return Lookup(painted, rows, before.numbers, table, scale)
    if isinstance(coloring, Categorical):
        numbers = coloring.codes.astype(np.float32)
    elif scale is CODE:
        numbers = lookup(painted)[1].astype(np.float32)
    else:
        numbers = finite(coloring.values)
        numbers[np.isnan(numbers)] = _NONE
    if rows is not None:
        # Row -1 is the last one: the number of a point that is no cell.
        numbers = np.append(numbers, np.float32(_NONE)).take(rows, mode="wrap")
    return Lookup(painted, rows, numbers, table, scale)


def _scale_of(painted: Painted) -> Scale:
    if isinstance(painted.coloring, Categorical):
        return CODE
    assert painted.limits is not None
    parts = scaling(painted.limits)
    if parts is None:
        return CODE  # the rows are worked out here then
    origin, rest, step = (float(part) for part in parts)
    if painted.coloring.is_gene:
        return Scale(_LEAST, origin, rest, step, cut=origin, zero=0.0)
    return Scale(_LEAST, origin, rest, step)


def _same_numbers(before: Lookup, painted: Painted, rows: NDArray[np.int64] | None, scale: Scale) -> bool:
    """Whether the numbers of before are those that would be made again."""
    if before.painted.coloring is not painted.coloring or (before.scale is CODE) is not (scale is CODE):
        return False
    if scale is CODE and not isinstance(painted.coloring, Categorical):
        return False  # rows of the table, which depend on the limits
    if before.rows is None or rows is None:
        return before.rows is rows
    return bool(np.array_equal(before.rows, rows))
