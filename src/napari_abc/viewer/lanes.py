"""Ways to bring colours onto a Points layer, the fastest that works first.

napari's own setters cost 0.4 to 2 s for a million points: they check, convert and copy the colours
several times, and rebuild every attribute of every point for the GPU. Both ways here write the new
colours into the arrays that the layer already has, so that selecting, copying, saving and napari's
controls see what is drawn, and differ only in how the drawing hears of it:

- :class:`PublicLane` emits the layer's own event once; napari then rebuilds its vertex buffer.
- :class:`VertexLane` also writes the colours into that vertex buffer, which leaves out the rest.
  It is the one place that touches napari's private parts, and it steps aside when they differ
  from what it knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_abc.viewer.colors import rgba
from napari_abc.viewer.watch import viewer_of

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.viewer.colors import Painted

__all__ = ["LANES", "Lane", "PublicLane", "VertexLane", "choose"]


class Lane(Protocol):
    """A way to bring colours onto a layer."""

    name: str

    def takes(self, layer: Points) -> bool:
        """Whether this way works for the layer as it is now."""

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Colour the layer; ``rows`` as in :func:`colors_of_points`."""


def colors_of_points(painted: Painted, rows: NDArray[np.int64] | None) -> NDArray[np.float32]:
    """Colour of each point, (points, 4).

    Parameters
    ----------
    rows
        Row of the slab's cells that each point shows, -1 for a point of the user's own;
        None where point i is cell i.
    """
    colors = rgba(painted)
    if rows is None:
        return colors
    from napari_abc.model import MISSING_COLOR
    from napari_abc.viewer.colors import hex_table

    # Row -1 is the last one: the colour of a point that is no cell.
    return np.vstack([colors, hex_table([MISSING_COLOR])]).take(rows, axis=0, mode="wrap")


def _write(layer: Points, colors: NDArray[np.float32]) -> None:
    """Write colours into the layer's own arrays, which are its public properties."""
    if layer.face_color_mode != "direct":
        layer.face_color_mode = "direct"
    if layer.border_color_mode != "direct":
        layer.border_color_mode = "direct"
    # Under 2 pixels napari draws the border's colour, whatever the border's width.
    layer.face_color[...] = colors
    layer.border_color[...] = colors


class PublicLane:
    """Through the layer's event; works wherever napari does."""

    name = "public"

    def takes(self, layer: Points) -> bool:
        """Whether the layer's colour arrays can be written to; they always can."""
        return True

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Write the colours and let napari rebuild what it draws."""
        _write(layer, colors_of_points(painted, rows))
        layer.events.face_color()


class VertexLane:
    """Through the vertex buffer that the layer is drawn from."""

    name = "vertex buffer"

    def takes(self, layer: Points) -> bool:
        """Whether the buffer is there, has the known shape, and holds every point in order."""
        return self._markers(layer) is not None

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Write the colours into the layer's arrays and the vertex buffer."""
        markers = self._markers(layer)
        assert markers is not None  # takes() was asked
        colors = colors_of_points(painted, rows)
        _write(layer, colors)
        markers._data["a_fg_color"] = colors
        markers._data["a_bg_color"] = colors
        markers._vbo.set_data(markers._data)
        markers.update()

    @staticmethod
    def _markers(layer: Points) -> Any:
        viewer = viewer_of(layer)
        try:
            visual = viewer.window._qt_viewer.canvas.layer_to_visual[layer]  # type: ignore[union-attr]
            markers = visual.node.points_markers
            data, buffer = markers._data, markers._vbo
            fields = data.dtype.fields
            known = all(fields[name][0] == np.dtype(("f4", 4)) for name in ("a_fg_color", "a_bg_color"))
            # A slice of a deeper layer holds fewer points than the layer.
            fits = len(data) == len(layer.data) and callable(buffer.set_data)
        except (AttributeError, KeyError, TypeError):
            return None
        return markers if known and fits else None


LANES: tuple[Lane, ...] = (VertexLane(), PublicLane())
"""In the order in which they are tried; the last one takes every layer."""


def choose(layer: Points) -> Lane:
    """The fastest way that works for a layer as it is now."""
    return next(lane for lane in LANES if lane.takes(layer))
