"""What a layer is colored by: a coloring with its limits and colormap, and what of it is hidden.

Everything that shows colors (layers, legend, figure) asks :class:`~napari_abc.model.Coloring` for them,
so that a legend can't say another color than the canvas shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import DEFAULT_COLORMAP, Coloring
from napari_abc.viewer.points import ASIDE, CODE, NONE, Lookup, Scale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["CONTEXT_COLOR", "Painted", "look_up", "resolve", "rgba"]

CONTEXT_COLOR = (0.2, 0.2, 0.2, 1.0)
"""RGBA of cells that a filter leaves out, where they are kept as context."""


@dataclass(frozen=True, eq=False, slots=True)
class Painted:
    """What a layer is colored by: an immutable record, replaced as a whole."""

    coloring: Coloring
    limits: tuple[float, float] | None
    """Values of the first and the last color of the colormap; None for categories."""
    colormap: str
    hidden: frozenset[str | None] = field(default=frozenset())
    """Names of the categories that are not drawn; None stands for the cells without a value."""
    kept: NDArray[np.bool_] | None = None
    """(cells,) False for the cells that a filter sets aside; None where it keeps all."""
    gray_others: bool = False
    """Whether what is set aside is drawn gray, as context, or not at all."""
    table: NDArray[np.float32] = field(init=False, repr=False)
    """(rows, 4) RGBA between 0 and 1, as :meth:`Coloring.table`; what is hidden is transparent."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self.coloring.table(self.colormap, self.hidden))

    def drawn(self, cells: NDArray[np.integer] | None = None) -> NDArray[np.bool_]:
        """Whether each cell, or each of some, is drawn: its color is not transparent."""
        if not self.hidden and (self.kept is None or self.gray_others):
            return np.ones(len(self.coloring) if cells is None else len(cells), bool)
        return np.asarray(rgba(self, cells)[:, 3] > 0)


def resolve(
    coloring: Coloring,
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
    hidden: Iterable[str | None] = (),
    kept: NDArray[np.bool_] | None = None,
    gray_others: bool = False,
) -> Painted:
    """Check limits and colormap, and fill in the limits that show the values well.

    Parameters
    ----------
    coloring, limits, colormap, hidden, kept, gray_others
        As for :class:`Painted`; limits may be None for those that show the values well.

    Raises
    ------
    ConfigurationError
        If the limits are not two finite, ascending numbers, or no colormap has that name.
    UnknownNameError
        If something is to be hidden that is no category.
    """
    hidden = _check_hidden(coloring, hidden)
    if not coloring.takes_limits:
        return Painted(coloring, None, colormap, hidden, kept, gray_others)
    found = limits if limits is not None else coloring.limits()
    assert found is not None  # it takes some
    low, high = float(found[0]), float(found[1])
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ConfigurationError(
            f"The limits {low:g} and {high:g} can't be used; give two numbers, the lower one first."
        )
    return Painted(coloring, (low, high), colormap, hidden, kept, gray_others)


def _check_hidden(coloring: Coloring, hidden: Iterable[str | None]) -> frozenset[str | None]:
    hidden = frozenset(hidden)
    known = coloring.categories
    unknown = sorted(name for name in hidden.difference(known) if name is not None)
    if unknown:
        near = get_close_matches(unknown[0], known, n=3) or list(known[:3])
        hint = f"did you mean {' or '.join(near)}?" if near else "it has no categories."
        raise UnknownNameError(f"{coloring.title!r} has no category {unknown[0]!r} to hide; {hint}")
    return hidden


def rgba(painted: Painted, cells: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
    """Color of each cell, (cells, 4) RGBA between 0 and 1.

    Parameters
    ----------
    cells
        Rows of the cells; None for all.
    """
    coloring = painted.coloring if cells is None else painted.coloring.take(cells)
    values, limits = coloring.numbers(), painted.limits
    colors = Lookup.of(values, painted.table, limits, coloring.zero_apart).colors()
    if painted.kept is not None:
        colors[~(painted.kept if cells is None else painted.kept[cells])] = _aside(painted)
    return colors


def _aside(painted: Painted) -> tuple[float, float, float, float]:
    """RGBA of what a filter sets aside."""
    return CONTEXT_COLOR if painted.gray_others else (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """What a lookup was made from."""

    coloring: Coloring
    rows: NDArray[np.int64] | None
    kept: NDArray[np.bool_] | None


def look_up(painted: Painted, rows: NDArray[np.int64] | None, before: Lookup | None = None) -> Lookup:
    """Prepare the colors of some points.

    Parameters
    ----------
    rows
        Row of the slab's cells that each point shows, -1 for a point of the user's own, which has no
        value; None where point i is cell i.
    before
        What the points were colored by before: its numbers are taken over, as the same object, if
        only colors, limits or what is hidden differ.
    """
    coloring, table, limits = painted.coloring, painted.table, painted.limits
    made, aside = _Made(coloring, rows, painted.kept), _aside(painted)
    if before is not None and _is_made_of(before, made):
        scale = CODE if limits is None else Scale.between(limits, len(table), coloring.zero_apart)
        # Where single precision won't do, the numbers are rows of the table, which depend on the limits.
        if scale is not None and (before.scale is CODE) is (scale is CODE):
            return Lookup(before.numbers, table, scale, made, aside)
    found = replace(Lookup.of(coloring.numbers(), table, limits, coloring.zero_apart, made), aside=aside)
    if painted.kept is not None:
        found = replace(found, numbers=np.where(painted.kept, found.numbers, np.float32(ASIDE)))
    if rows is None:
        return found
    # Row -1 is the last one: the number of a point that is no cell.
    numbers = np.append(found.numbers, np.float32(NONE)).take(rows, mode="wrap")
    return replace(found, numbers=numbers)


def _is_made_of(before: Lookup, made: _Made) -> bool:
    """Whether a lookup is of the same numbers and points."""
    was = before.origin
    if not isinstance(was, _Made) or was.coloring is not made.coloring or was.kept is not made.kept:
        return False
    if was.rows is None or made.rows is None:
        return was.rows is made.rows
    return bool(np.array_equal(was.rows, made.rows))
