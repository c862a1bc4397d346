"""From codes and numbers to colors on a layer of cells, and what a legend says of them."""

from __future__ import annotations

from napari_abc.viewer.color._chosen import chosen_cells
from napari_abc.viewer.color._legend import ColorBar, Legend, Row, legend, shown_line
from napari_abc.viewer.color._paint import color_by, follow, hide, paint, painted, rows_of
from napari_abc.viewer.color._table import (
    DEFAULT_COLORMAP,
    Painted,
    colors_of_points,
    finite,
    hex_table,
    is_hidden,
    lookup,
    resolve,
    rgba,
    scaling,
    table_of,
)
from napari_abc.viewer.color._ways import lanes, prepare, prepared_way

__all__ = [
    "DEFAULT_COLORMAP",
    "ColorBar",
    "Legend",
    "Painted",
    "Row",
    "chosen_cells",
    "color_by",
    "colors_of_points",
    "finite",
    "follow",
    "hex_table",
    "hide",
    "is_hidden",
    "lanes",
    "legend",
    "lookup",
    "paint",
    "painted",
    "prepare",
    "prepared_way",
    "resolve",
    "rgba",
    "rows_of",
    "scaling",
    "shown_line",
    "table_of",
]
