"""What a legend says, without saying how it is drawn: the dock, the figure and scripts share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.model import MISSING_COLOR, Categorical
from napari_abc.viewer.color._table import (
    DEFAULT_COLORMAP,
    STEPS,
    ZERO_COLOR,
    Painted,
    below,
    colormap_table,
    resolve,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_abc.model import Continuous, Slab

__all__ = ["ColorBar", "Legend", "Row", "count_hidden", "legend", "shown_line"]


@dataclass(frozen=True, slots=True)
class Row:
    """A swatch with its name and the number of cells that have it."""

    name: str
    color: str
    """``"#rrggbb"``."""
    count: int
    missing: bool = False
    """Whether these are the cells without a value."""
    hidden: bool = False
    """Whether these cells are not drawn."""


@dataclass(frozen=True, slots=True)
class ColorBar:
    """A colormap between two limits."""

    colormap: str
    stops: tuple[str, ...]
    """``"#rrggbb"`` from the lower limit to the upper, evenly spaced."""
    limits: tuple[float, float]
    unit: str
    """Label of the bar; ``""`` for a number without one."""


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend of a colored slab: rows for categories, a bar and its gray rows for numbers."""

    title: str
    rows: tuple[Row, ...]
    """Those with cells: categories in term order, then the cells without a value."""
    bar: ColorBar | None = None


def legend(
    coloring: Categorical | Continuous,
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
    hidden: Iterable[str | None] = (),
) -> Legend:
    """Legend of a coloring, in the colors that the canvas shows.

    Parameters
    ----------
    coloring, limits, colormap, hidden
        As for :func:`~napari_abc.viewer.color._paint.paint`.

    Raises
    ------
    ConfigurationError
        If the limits or the colormap can't be used.
    UnknownNameError
        If something is hidden that is no category.
    """
    painted = resolve(coloring, limits, colormap, hidden)
    gone = None in painted.hidden
    missing = coloring.missing
    if isinstance(coloring, Categorical):
        counts = coloring.counts()
        rows = [
            Row(name := coloring.names[i], coloring.colors[i], int(counts[i]), hidden=name in painted.hidden)
            for i in np.flatnonzero(counts).tolist()
        ]
        if missing:
            rows.append(Row("no value", MISSING_COLOR, missing, missing=True, hidden=gone))
        return Legend(coloring.title, tuple(rows))
    assert painted.limits is not None
    rows = []
    dim = int(np.count_nonzero(below(painted)))
    if dim:
        low = painted.limits[0]
        rows.append(Row("zero" if low <= 0 else f"below {low:g}", ZERO_COLOR, dim))
    if missing:
        name = coloring.absent if coloring.is_gene else "no value"
        rows.append(Row(name, MISSING_COLOR, missing, missing=True, hidden=gone))
    steps = np.round(colormap_table(colormap)[:, :3] * 255).astype(int)
    stops = tuple(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in steps[:STEPS].tolist())
    return Legend(coloring.title, tuple(rows), ColorBar(colormap, stops, painted.limits, coloring.unit))


def count_hidden(painted: Painted) -> int:
    """Number of cells that are not drawn, as their category is hidden."""
    if not painted.hidden:
        return 0
    coloring = painted.coloring
    hidden = coloring.missing if None in painted.hidden else 0
    if isinstance(coloring, Categorical):
        counts = coloring.counts()
        hidden += int(counts[[name in painted.hidden for name in coloring.names]].sum())
    return hidden


def shown_line(
    slab: Slab, coloring: Categorical | Continuous | None = None, hidden: Iterable[str | None] = ()
) -> str:
    """How many cells are shown, and what is missing: ``"Showing 1,482 of 1,500 cells; 18 ..."``.

    Parameters
    ----------
    hidden
        As for :func:`~napari_abc.viewer.color._paint.paint`.
    """
    placed = len(slab.cells)
    unseen = count_hidden(resolve(coloring, hidden=hidden)) if coloring is not None and hidden else 0
    text = f"Showing {placed - unseen:,} of {placed + slab.unplaced:,} cells"
    if unseen:
        text += f"; {unseen:,} {'is' if unseen == 1 else 'are'} hidden"
    if slab.unplaced:
        text += f"; {slab.unplaced:,} {'has' if slab.unplaced == 1 else 'have'} no coordinates"
        if len(slab.frames) > 1:
            text += f" in {slab.frame.title or slab.frame.name}"
    if coloring is not None and coloring.missing:
        what = coloring.title
        if not isinstance(coloring, Categorical) and coloring.is_gene:
            text += f"; {what} was {coloring.absent} in {coloring.missing:,}"
        else:
            text += f"; {coloring.missing:,} without {what}"
    return f"{text}."
