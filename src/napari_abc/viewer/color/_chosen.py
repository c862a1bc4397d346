"""Which cells of a layer a person has chosen: those selected, or those that the legend leaves drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_abc.model import Categorical
from napari_abc.viewer.color._paint import painted, rows_of
from napari_abc.viewer.links import slab_of, unwrap

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.viewer.color._table import Painted

__all__ = ["Chosen", "chosen_cells"]


class Chosen(NamedTuple):
    """A part of a slab's cells."""

    rows: NDArray[np.bool_]
    """(cells of the slab,) True for those that are chosen."""
    how: str
    """``"selected"`` or ``"shown"``."""


def chosen_cells(layer: Points) -> Chosen | None:
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
        return Chosen(rows, "selected") if rows.any() else None
    state = painted(layer)
    if state is None or not state.hidden:
        return None
    rows = _drawn(state)
    return Chosen(rows, "shown") if rows.any() and not rows.all() else None


def _drawn(state: Painted) -> NDArray[np.bool_]:
    """(cells,) True for those whose category is not hidden."""
    coloring = state.coloring
    if isinstance(coloring, Categorical):
        # The last entry is for code -1, cells without a value.
        visible = np.array([name not in state.hidden for name in (*coloring.names, None)])
        return np.asarray(visible[coloring.codes])
    return (
        np.asarray(~np.isnan(coloring.values))
        if None in state.hidden
        else np.ones(len(coloring.values), bool)
    )
