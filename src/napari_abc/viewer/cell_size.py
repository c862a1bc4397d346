"""How large cells are drawn, as a multiple of the size that makes them up to tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.viewer.links import METADATA_SIZE

if TYPE_CHECKING:
    from napari.layers import Points

__all__ = ["resize_cells", "size_factor"]


def size_factor(layer: Points) -> float | None:
    """Size of a layer's cells as a multiple of the automatic one; None where there is no such size."""
    usual = layer.metadata.get(METADATA_SIZE)
    if not usual or not len(layer.data):
        return None
    return float(np.median(layer.size[:: max(1, len(layer.size) // 10_000)])) / float(usual)


def resize_cells(layer: Any, factor: float) -> None:
    """Draw all cells of a layer in one size; on the GUI thread.

    Parameters
    ----------
    layer
        The layer of a slab's cells: :attr:`SlabLayers.cells`.
    factor
        Multiple of the automatic size, above 0.
    """
    size = float(layer.metadata[METADATA_SIZE]) * factor
    show = getattr(layer, "show_size", None)
    if show is not None:  # without working out everything else again
        show(size)
    else:
        layer.size = size
