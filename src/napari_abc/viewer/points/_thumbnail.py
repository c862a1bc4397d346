"""A small picture of a layer of cells for the layer list.

napari redraws it from all points; a sample looks the same and costs nothing next to painting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet, ref

import numpy as np

from napari_abc.viewer.points._lookup import lookup_of

if TYPE_CHECKING:
    from napari.layers import Points

__all__ = ["draw_thumbnail", "draw_thumbnail_soon"]

_SAMPLE = 750

_SOON_MS = 100

_due: WeakSet[Any] = WeakSet()
"""Layers whose thumbnail is about to be drawn."""


def draw_thumbnail_soon(layer: Points) -> None:
    """Draw the thumbnail in a moment, once for all changes until then: it takes longer than a change.

    At once where there is no event loop.
    """
    try:
        from qtpy.QtCore import QCoreApplication, QTimer
    except ImportError:  # no Qt, and so no window
        draw_thumbnail(layer)
        return
    if QCoreApplication.instance() is None:
        draw_thumbnail(layer)
    elif layer not in _due:
        _due.add(layer)
        weak = ref(layer)

        def draw() -> None:
            left = weak()
            if left is not None:
                _due.discard(left)
                draw_thumbnail(left)

        QTimer.singleShot(_SOON_MS, draw)


def draw_thumbnail(layer: Points) -> None:
    """Draw a layer's points into its thumbnail, in their present colors."""
    height, width = layer.thumbnail.shape[:2]
    picture = np.zeros((height, width, 4))
    picture[..., 3] = 1
    count = len(layer.data)
    if count:
        chosen = np.arange(0, count, -(-count // _SAMPLE))
        points = layer.data[chosen][:, -2:] * layer.scale[-2:]
        placed = np.isfinite(points).all(axis=1)
        chosen, points = chosen[placed], points[placed]
    if count and len(points):
        # Along the longer axis numpy is ten times faster than across it.
        low, high = (np.array([pick(axis) for axis in points.T.copy()]) for pick in (np.min, np.max))
        extent = float((high - low).max()) or 1.0
        pixels = (points - (low + high) / 2) / extent * (min(height, width) - 1)
        rows, columns = np.rint(pixels + (np.array([height, width]) - 1) / 2).astype(int).T
        lookup = lookup_of(layer)
        picture[rows, columns] = layer.face_color[chosen] if lookup is None else lookup.colors(chosen)
    picture[..., 3] *= layer.opacity
    layer.thumbnail = np.rint(picture * 255).astype(np.uint8)
