"""Drawing the cells of rare types above those of common ones, which else hide them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.errors import ConfigurationError
from napari_abc.viewer.color._paint import painted, rows_of
from napari_abc.viewer.color._ways import draw_in_order
from napari_abc.viewer.links import METADATA_RARE_ABOVE, unwrap

if TYPE_CHECKING:
    from napari.layers import Points

__all__ = ["draw_rare_above", "order_cells"]


def draw_rare_above(layer: Points, above: bool = True) -> None:
    """Draw rare types above common ones, or all types in the order of the data; on the GUI thread.

    It holds for all colorings of the layer by types. Cells without a type lie below all others in any case,
    and of numbers the higher ones lie above the lower ones.

    Parameters
    ----------
    layer
        The layer of a slab's cells: :attr:`SlabLayers.cells`.
    above
        Whether rare types lie above common ones.

    Raises
    ------
    ConfigurationError
        If the layer doesn't show a slab's cells.

    Examples
    --------
    >>> layers = abc.add_slab(viewer, slab, color_by="Class")
    >>> draw_rare_above(layers.cells)
    """
    layer = unwrap(layer)
    rows = rows_of(layer)
    layer.metadata[METADATA_RARE_ABOVE] = above
    draw_in_order(layer, painted(layer), rows)


def order_cells(layer: Points) -> None:
    """Draw a layer that was just added in the order that goes with its colors."""
    try:
        rows = rows_of(layer)
    except ConfigurationError:
        return  # not known which cells are left; they stay in the order of the data
    draw_in_order(layer, painted(layer), rows)
