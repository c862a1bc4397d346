"""What graphics hardware needs to look a point's color up: a number a point, a table, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ASIDE", "ASIDE_BELOW", "CODE", "LEAST", "NONE", "Lookup", "Scale", "lookup_of"]

LEAST = -2e38
"""Numbers below are of points without a value."""
NONE = -3e38
"""Stands for NaN, which graphics drivers may take for anything."""
ASIDE = -3.1e38
"""Number of points that are set aside: they have a color of their own, behind the table's rows."""
ASIDE_BELOW = -3.05e38
"""What tells them from points without a value."""
_NEVER = -3.2e38
_LARGE = np.float32(1e38)
"""What infinite numbers are taken for."""


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

    @classmethod
    def between(cls, limits: tuple[float, float], count: int, zero_apart: bool = False) -> Self | None:
        """The rows of a table, but for its last two, spread evenly between two numbers.

        In single precision, for graphics hardware counts so, and no way of coloring may be a step off.
        The lower limit comes in two parts, so that limits that differ little are told apart.

        Parameters
        ----------
        limits
            Where the first row begins and the last one ends.
        count
            Rows of the table.
        zero_apart
            Whether numbers of 0 and those below the lower limit have the last row but one, and not the
            first.

        Returns
        -------
        Scale or None
            None where single precision has no such numbers.

        Examples
        --------
        >>> Scale.between((0.0, 8.0), 6).rows(np.float32([-1, 1, 3, 9]), 6)
        array([0, 0, 1, 3])
        """
        low, high = limits
        span = high - low
        if not 1e-30 < span < 1e30 or max(abs(low), abs(high)) > 1e30:
            return None
        origin = float(np.float32(low))
        rest, scale = float(np.float32(low - origin)), float(np.float32((count - 2) / span))
        if zero_apart:
            return cls(LEAST, origin, rest, scale, cut=origin, zero=0.0)
        return cls(LEAST, origin, rest, scale)

    def rows(self, numbers: NDArray[np.float32], count: int) -> NDArray[np.intp]:
        """Row of each number in a table of ``count`` rows, in single precision as the card counts.

        It is ``count`` itself for points that are set aside.
        """
        none = numbers < np.float32(self.least)
        if not self.scale:
            codes: NDArray[np.intp] = np.where(none, count - 1, numbers).astype(np.intp)
            codes = codes.clip(0, count - 1)
            codes[numbers < np.float32(ASIDE_BELOW)] = count
            return codes
        kept = np.where(none, np.float32(self.origin), numbers)
        with np.errstate(over="ignore"):  # far beyond the last step
            steps = ((kept - np.float32(self.origin)) - np.float32(self.rest)) * np.float32(self.scale)
        rows: NDArray[np.intp] = np.clip(steps, 0, count - 3).astype(np.intp)
        rows[(numbers < np.float32(self.cut)) | (numbers <= np.float32(self.zero))] = count - 2
        rows[none] = count - 1
        rows[numbers < np.float32(ASIDE_BELOW)] = count
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
    aside: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """RGBA of points that are set aside, whose number is :data:`ASIDE`; transparent, they are not drawn."""

    @classmethod
    def of(
        cls,
        values: NDArray[np.floating] | NDArray[np.integer],
        table: NDArray[np.float32],
        limits: tuple[float, float] | None = None,
        zero_apart: bool = False,
        origin: Any = None,
    ) -> Self:
        """Color points by any numbers.

        Parameters
        ----------
        values
            (points,) rows of the table, or what limits are of. NaN for a point without a value; where
            these are rows, also any number below 0.
        table
            (rows, 4) RGBA between 0 and 1. The last row is for points without a value; with limits,
            the last but one is for numbers that ``zero_apart`` sets apart.
        limits
            Numbers that the first and the last of the other rows are for; None where the values are rows.
        zero_apart
            As for :meth:`Scale.between`.
        origin
            Is kept with it, for whoever asks later what it was made from.

        Examples
        --------
        >>> table = np.eye(4, dtype=np.float32)
        >>> Lookup.of(np.array([2, -1]), table).colors().argmax(axis=1)
        array([2, 3])
        >>> Lookup.of(np.array([0.0, 5.0, np.nan]), table, (0, 5)).colors().argmax(axis=1)
        array([0, 1, 3])
        """
        scale = CODE if limits is None else Scale.between(limits, len(table), zero_apart)
        if scale is None:  # too much for single precision: the rows are worked out here
            assert limits is not None
            rows = _rows_in_double(np.asarray(values), limits, len(table), zero_apart)
            return cls(rows.astype(np.float32), table, CODE, origin)
        if np.issubdtype(values.dtype, np.integer):
            return cls(values.astype(np.float32), table, scale, origin)
        numbers = np.clip(np.asarray(values, np.float32), -_LARGE, _LARGE)
        numbers[np.isnan(numbers)] = NONE
        return cls(numbers, table, scale, origin)

    def colors(self, points: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
        """Color of each point, or of some of them, as they are drawn, (points, 4)."""
        numbers = self.numbers if points is None else self.numbers[points]
        return self.whole_table().take(self.scale.rows(numbers, len(self.table)), axis=0)

    def whole_table(self) -> NDArray[np.float32]:
        """(rows + 1, 4) the table, and the color of what is set aside."""
        return np.vstack([self.table, np.asarray([self.aside], np.float32)])


def _rows_in_double(
    values: NDArray[Any], limits: tuple[float, float], count: int, zero_apart: bool
) -> NDArray[np.intp]:
    """Row of each value, as :class:`Scale` would have it in double precision."""
    low, high = limits
    missing = np.isnan(values)
    wide = np.clip(np.where(missing, low, values).astype(np.float64), low, high)
    rows = np.clip((wide - low) * ((count - 2) / (high - low)), 0, count - 3).astype(np.intp)
    if zero_apart:
        rows[(values < low) | (values <= 0)] = count - 2
    rows[missing] = count - 1
    return rows


def lookup_of(layer: Any) -> Lookup | None:
    """What a layer's colors are looked up in; None where it has colors of its own."""
    found = getattr(layer, "lookup", None)
    return found if isinstance(found, Lookup) else None
