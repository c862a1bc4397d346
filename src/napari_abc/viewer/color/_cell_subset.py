"""The cells that a person has singled out: those selected, or those that the legend leaves drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_abc.viewer.color._paint import painted, rows_of
from napari_abc.viewer.links import slab_of, unwrap

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

__all__ = ["CellSubset", "cell_subset"]


class CellSubset(NamedTuple):
    """A part of a slab's cells."""

    rows: NDArray[np.bool_]
    """(cells of the slab,) True for those that belong to it."""
    how: str
    """``"selected"`` or ``"shown"``."""


def cell_subset(layer: Points) -> CellSubset | None:
    """Cells that are selected in a layer of cells; if none is, those whose category is not hidden.

    None where neither tells some cells from the others.
    """
    layer = unwrap(layer)
    slab = slab_of(layer)
    if slab is None:
        return None
    count = len(slab.cells)
    selected = np.fromiter(layer.selected_data, np.int64)
    if len(selected):
        rows = np.zeros(count, bool)
        places = rows_of(layer)
        cells = selected if places is None else places[selected]
        rows[cells[cells >= 0]] = True
        return CellSubset(rows, "selected") if rows.any() else None
    state = painted(layer)
    if state is None or not (state.hidden or state.kept is not None):
        return None
    rows = state.drawn()
    return CellSubset(rows, "shown") if rows.any() and not rows.all() else None
