"""A small picture of a layer of cells for the layer list.

napari redraws it from all points; a sample looks the same and costs nothing next to painting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_abc.viewer.lookup_lane import lookup_of

if TYPE_CHECKING:
    from napari.layers import Points

__all__ = ["draw_thumbnail"]

_SAMPLE = 750


def draw_thumbnail(layer: Points) -> None:
    """Draw a layer's points into its thumbnail, in their present colours."""
    height, width = layer.thumbnail.shape[:2]
    picture = np.zeros((height, width, 4))
    picture[..., 3] = 1
    count = len(layer.data)
    if count:
        chosen = np.arange(0, count, -(-count // _SAMPLE))
        points = layer.data[chosen][:, -2:] * layer.scale[-2:]
        # Along the longer axis numpy is ten times faster than across it.
        low, high = (np.array([pick(axis) for axis in points.T.copy()]) for pick in (np.min, np.max))
        extent = float((high - low).max()) or 1.0
        pixels = (points - (low + high) / 2) / extent * (min(height, width) - 1)
        rows, columns = np.rint(pixels + (np.array([height, width]) - 1) / 2).astype(int).T
        lookup = lookup_of(layer)
        picture[rows, columns] = layer.face_color[chosen] if lookup is None else lookup.colors(chosen)
    picture[..., 3] *= layer.opacity
    layer.thumbnail = np.rint(picture * 255).astype(np.uint8)
