"""Coloring the cells of a layer, and knowing what they are colored by.

A coloring is resolved away from the window if it takes long (:meth:`Slab.coloring`), and painted
on the GUI thread, which is fast. ``events.painted`` tells legends and docks about every change,
also those that a script or napari's own controls make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal, SignalGroup

from napari_abc.errors import ConfigurationError
from napari_abc.model import DEFAULT_COLORMAP
from napari_abc.viewer.color._painted import Painted, resolve
from napari_abc.viewer.color._ways import fastest_way
from napari_abc.viewer.links import METADATA_CELLS, METADATA_PAINTED, slab_of, unwrap
from napari_abc.viewer.points import draw_thumbnail_soon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Layer, Points
    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Slab

__all__ = [
    "color_by",
    "events",
    "hide",
    "notice_hand_coloring",
    "paint",
    "painted",
    "rows_of",
]

LABEL_FEATURE = "cell_label"
"""Feature that names the cell of each point, which holds when points are added or removed."""


class _Events(SignalGroup):
    """Signals of this module."""

    painted = Signal(object)
    """A layer of cells was painted, or lost what it was painted by."""


events = _Events()

_painting: set[int] = set()


def painted(layer: Layer) -> Painted | None:
    """What a layer of cells is colored by; None for other layers, and after a coloring by hand."""
    state = layer.metadata.get(METADATA_PAINTED)
    return state if isinstance(state, Painted) else None


def color_by(
    layer: Points,
    key: str,
    values: str = "log2",
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
) -> Coloring:
    """Color the cells of a layer by a column or a gene, as :func:`napari_abc.color_by` does, on no stage."""
    coloring = _cells_of(layer).coloring(key, values)
    paint(layer, coloring, limits, colormap)
    return coloring


def paint(
    layer: Points,
    coloring: Coloring,
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
    hidden: Iterable[str | None] | None = None,
    filtered: tuple[NDArray[np.bool_] | None, bool] | None = None,
) -> None:
    """Color the cells of a layer by what was resolved before; on the GUI thread.

    Parameters
    ----------
    layer, limits, colormap
        As for :func:`color_by`.
    coloring
        What :meth:`Slab.coloring` of the layer's slab gave.
    hidden
        Names of the categories that are not drawn, None among them for the cells without a value.
        If not given, those stay hidden that are, as long as it is the same coloring.
    filtered
        (cells,) False for the cells that a filter sets aside, None for none of them, and whether these are
        gray and not gone. If not given, the filter stays the one that it is.

    Raises
    ------
    ConfigurationError
        If the layer doesn't show a slab's cells, or the coloring is of other cells, or the limits
        or the colormap can't be used. The layer is left as it was.
    UnknownNameError
        If something is to be hidden that is no category. The layer is left as it was.
    """
    layer = unwrap(layer)
    slab = _cells_of(layer)
    before = painted(layer)
    if hidden is None:
        hidden = before.hidden if before is not None and before.coloring is coloring else ()
    if filtered is None:
        filtered = (before.kept, before.gray_others) if before is not None else (None, False)
    if filtered[0] is not None and len(filtered[0]) != len(slab.cells):
        filtered = (None, False)  # of another frame, which has other cells
    state = resolve(coloring, limits, colormap, hidden, *filtered)
    count = len(coloring)
    if count != len(slab.cells):
        raise ConfigurationError(
            f"{coloring.title!r} has {count:,} values, but {slab.label} has {len(slab.cells):,} cells; "
            f"resolve it with this slab's coloring()."
        )
    _painting.add(id(layer))
    try:
        fastest_way(layer).paint(layer, state, rows_of(layer))
    finally:
        _painting.discard(id(layer))
    layer.metadata[METADATA_PAINTED] = state
    draw_thumbnail_soon(layer)
    events.painted.emit(layer)


def hide(layer: Points, names: Iterable[str | None]) -> None:
    """Hide the cells of some categories, and show all others.

    Parameters
    ----------
    layer
        A layer of cells that is colored by something.
    names
        Names of categories, None among them for the cells without a value; nothing shows all.

    Raises
    ------
    ConfigurationError
        If the layer doesn't show a slab's cells, or is colored by nothing.
    UnknownNameError
        If there is no such category.
    """
    state = _state_of(layer)
    paint(layer, state.coloring, state.limits, state.colormap, names)


def _state_of(layer: Points) -> Painted:
    layer = unwrap(layer)
    _cells_of(layer)
    state = painted(layer)
    if state is None:
        raise ConfigurationError(
            f"The cells of {layer.name!r} are colored by nothing, so there is nothing to hide by; color "
            f"them first."
        )
    return state


def notice_hand_coloring(layer: Points) -> None:
    """Notice when somebody else colors the layer, so that no legend tells what was before."""
    layer.events.face_color.connect(_colored_by_hand)


def _colored_by_hand(event: object) -> None:
    layer = getattr(event, "source", None)
    if layer is None or id(layer) in _painting:
        return
    if layer.metadata.pop(METADATA_PAINTED, None) is not None:
        events.painted.emit(layer)


def rows_of(layer: Points) -> NDArray[np.int64] | None:
    """Row of the slab's cells that each point shows, -1 for a point that was added by hand.

    Returns
    -------
    NDArray or None
        (points,), or None where no point was added or removed, and point i is cell i.

    Raises
    ------
    ConfigurationError
        If points were added or removed, and the feature that tells which are left is gone.
    """
    slab = _cells_of(layer)
    labels = layer.features.get(LABEL_FEATURE)
    same = len(layer.data) == len(slab.cells)
    if labels is None:
        if same:
            return None
        raise ConfigurationError(
            f"The layer {layer.name!r} has {len(layer.data):,} points for {len(slab.cells):,} cells, and no "
            f"feature {LABEL_FEATURE!r} to tell which they are; open the slab again."
        )
    # napari removes points anywhere but adds them at the end only. If as many were added as removed,
    # the last point is one that was added and doesn't bear the last cell's label.
    if same and (not len(labels) or labels.array[-1] == slab.cells.index.array[-1]):
        return None
    return slab.cells.index.get_indexer(labels).astype(np.int64)


def _cells_of(layer: Layer) -> Slab:
    slab = slab_of(layer)
    if slab is None or not layer.metadata.get(METADATA_CELLS):
        raise ConfigurationError(
            f"The layer {layer.name!r} doesn't show the cells of a slab; "
            f"take SlabLayers.cells, or open the data with this plugin."
        )
    return slab
