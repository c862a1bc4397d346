"""What graphics hardware needs to look a point's color up: a number a point, a table, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CODE", "LEAST", "NONE", "Lookup", "Scale", "lookup_of"]

LEAST = -2e38
"""Numbers below are of points without a value."""
NONE = -3e38
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
    """0 where the number is the row itself; else the row is ``((number - origin) - rest) * scale``."""
    cut: float = _NEVER
    """Numbers below, and those up to ``zero``, have the last row but one."""
    zero: float = _NEVER

    def rows(self, numbers: NDArray[np.float32], count: int) -> NDArray[np.intp]:
        """Row of each number in a table of ``count`` rows, in single precision as the card counts."""
        none = numbers < np.float32(self.least)
        if not self.scale:
            codes: NDArray[np.intp] = np.where(none, count - 1, numbers).astype(np.intp)
            return codes.clip(0, count - 1)
        kept = np.where(none, np.float32(self.origin), numbers)
        with np.errstate(over="ignore"):  # far beyond the last step
            steps = ((kept - np.float32(self.origin)) - np.float32(self.rest)) * np.float32(self.scale)
        rows: NDArray[np.intp] = np.clip(steps, 0, count - 3).astype(np.intp)
        rows[(numbers < np.float32(self.cut)) | (numbers <= np.float32(self.zero))] = count - 2
        rows[none] = count - 1
        return rows


CODE = Scale(least=-0.5)
"""The number is the row."""


@dataclass(frozen=True, eq=False, slots=True)
class Lookup:
    """The colors of a layer's points, not yet looked up."""

    numbers: NDArray[np.float32]
    """(points,) finite."""
    table: NDArray[np.float32]
    """(rows, 4) RGBA between 0 and 1. The last row is for points without a value; where the scale is a
    range, the last but one is for numbers below it."""
    scale: Scale
    origin: Any = None
    """What it was made from, for whoever made it."""

    def colors(self, points: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
        """Color of each point, or of some of them, as they are drawn, (points, 4)."""
        numbers = self.numbers if points is None else self.numbers[points]
        return self.table.take(self.scale.rows(numbers, len(self.table)), axis=0)


def lookup_of(layer: Any) -> Lookup | None:
    """What a layer's colors are looked up in; None where it has colors of its own."""
    found = getattr(layer, "lookup", None)
    return found if isinstance(found, Lookup) else None
