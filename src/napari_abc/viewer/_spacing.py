"""How large a cell is to be drawn, from how densely the cells lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["extent", "point_size"]

_CELLS_A_BIN = 24
_FILL = {2: 1.05, 3: 0.75}
"""Diameter as a fraction of the spacing, by dimensions: in a plane neighbors touch, so tissue looks
dense; in space they leave room to look between them."""

_SAMPLE = 50_000
"""Cells that the density is taken from, at most."""

_MOST_BINS = 2000
"""Bins along a side, at most."""

_SMALLEST, _LARGEST = 1 / 20_000, 1 / 40
"""Bounds of the diameter, as fractions of the extent."""


def extent(positions: NDArray[np.floating]) -> float:
    """Length of the longest side of the box around some positions, (n, 2 or 3); 0 for fewer than two."""
    if len(positions) < 2:
        return 0.0
    return float((positions.max(axis=0) - positions.min(axis=0)).max())


def point_size(positions: NDArray[np.floating], unit: str) -> float:
    """Diameter at which the cells make up tissue, in the unit of their positions.

    The density is the one that half of the cells lie in, so neither empty regions nor a few
    crowded places decide.

    Parameters
    ----------
    positions
        (cells, 2 or 3).
    unit
        ``"millimeter"``, ``"micrometer"`` or ``""``; what a single cell is sized by.
    """
    side = extent(positions)
    if side <= 0 or not np.isfinite(side):
        return {"millimeter": 0.01, "micrometer": 10.0}.get(unit, 1.0)
    low = positions.min(axis=0).astype(np.float64)
    count = len(positions)
    sides = np.maximum(positions.max(axis=0) - low, side * 1e-6)
    if count > _SAMPLE:
        positions = positions[np.random.default_rng(0).integers(0, count, _SAMPLE)]
    sample, axes = positions.shape
    # A line of cells has hardly any area; a bin must not be smaller than the cells' share of the line.
    share = side * _CELLS_A_BIN / sample
    width = min(max(float((sides.prod() * _CELLS_A_BIN / sample) ** (1 / axes)), share / 50), side)
    crowd = _crowd(positions, low, sides, width)
    # Where most of the box is empty, the first bins are far too wide.
    while crowd > 2 * _CELLS_A_BIN:
        narrow = float(width * (_CELLS_A_BIN / crowd) ** (1 / axes))
        if narrow <= side / _MOST_BINS:
            break
        width = narrow
        crowd = _crowd(positions, low, sides, width)
    spacing = width / (crowd * count / sample) ** (1 / axes)
    return float(np.clip(_FILL[axes] * spacing, side * _SMALLEST, side * _LARGEST))


def _crowd(
    positions: NDArray[np.floating], low: NDArray[np.float64], sides: NDArray[np.float64], width: float
) -> float:
    """Cells in the bin of the median cell, itself included."""
    bins = ((positions - low) // width).astype(np.int64)
    flat = bins[:, 0]
    for axis in range(1, bins.shape[1]):
        flat = flat * (int(sides[axis] // width) + 1) + bins[:, axis]
    # In space there may be far more bins than cells.
    _, of, counts = np.unique(flat, return_inverse=True, return_counts=True)
    return float(np.median(counts[of]))
