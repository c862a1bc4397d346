"""From codes and numbers to colors on a layer of cells, and what a legend says of them."""

from __future__ import annotations

from napari_abc.viewer.color._cell_subset import cell_subset
from napari_abc.viewer.color._legend import legend, shown_line
from napari_abc.viewer.color._paint import (
    color_by,
    events,
    hide,
    notice_hand_coloring,
    paint,
    painted,
    rows_of,
)
from napari_abc.viewer.color._painted import Painted, resolve, rgba
from napari_abc.viewer.color._rare import draw_rare_above, order_cells
from napari_abc.viewer.color._ways import check_ways, prepare_layer, prepares_layers

__all__ = [
    "Painted",
    "cell_subset",
    "check_ways",
    "color_by",
    "draw_rare_above",
    "events",
    "hide",
    "legend",
    "notice_hand_coloring",
    "order_cells",
    "paint",
    "painted",
    "prepare_layer",
    "prepares_layers",
    "resolve",
    "rgba",
    "rows_of",
    "shown_line",
]
