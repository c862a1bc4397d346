"""What a legend and the line below it say of a colored slab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_abc.model import DEFAULT_COLORMAP
from napari_abc.viewer.color._painted import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Legend, Slab

__all__ = ["legend", "shown_line"]


def legend(
    coloring: Coloring,
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
    hidden: Iterable[str | None] = (),
) -> Legend:
    """Legend of a coloring, in the colors that the canvas shows.

    Parameters
    ----------
    coloring, limits, colormap, hidden
        As for :func:`~napari_abc.viewer.color.paint`.

    Raises
    ------
    ConfigurationError
        If the limits or the colormap can't be used.
    UnknownNameError
        If something is hidden that is no category.
    """
    painted = resolve(coloring, limits, colormap, hidden)
    return coloring.legend(painted.limits, painted.colormap, painted.hidden)


def shown_line(
    slab: Slab,
    coloring: Coloring | None = None,
    hidden: Iterable[str | None] = (),
    kept: NDArray[np.bool_] | None = None,
) -> str:
    """How many cells are shown, and what is missing: ``"Showing 1,482 of 1,500 cells; 18 ..."``.

    Parameters
    ----------
    hidden
        As for :func:`~napari_abc.viewer.color.paint`.
    kept
        (cells,) False for the cells that a filter sets aside; None for none of them.
    """
    placed = len(slab.cells)
    unseen = 0
    aside = 0 if kept is None else int(np.count_nonzero(~kept))
    if coloring is not None and hidden:
        drawn = resolve(coloring, hidden=hidden).drawn()
        unseen = int(np.count_nonzero(~drawn if kept is None else kept & ~drawn))
    text = f"Showing {placed - unseen - aside:,} of {placed + slab.unplaced:,} cells"
    if unseen:
        text += f"; {unseen:,} {'is' if unseen == 1 else 'are'} hidden"
    if aside:
        text += f"; {aside:,} {'is' if aside == 1 else 'are'} left out by the filter"
    if slab.unplaced:
        text += f"; {slab.unplaced:,} {'has' if slab.unplaced == 1 else 'have'} no coordinates"
        if len(slab.frames) > 1:
            text += f" in the frame {slab.frame.title or slab.frame.name}"
    if coloring is not None and coloring.missing:
        text += f"; {coloring.missing_text()}"
    return f"{text}."
