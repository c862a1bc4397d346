"""Ways to bring colors onto a Points layer, the fastest that works first.

napari's own setters cost 0.4 to 2 s for a million points: they check, convert and copy the colors
several times, and rebuild every attribute of every point for the GPU. The ways here differ in what
is left out; whichever is taken, selecting, copying, saving and napari's controls see what is drawn:

- :class:`PublicLane` writes into the arrays of colors that the layer has, and emits the layer's
  own event once; napari then rebuilds its vertex buffer.
- :class:`VertexLane` writes into those arrays, too, and into that vertex buffer.
- :class:`LookupLane` sends a table of colors, and a number a point where those differ; the arrays
  of colors are worked out when somebody reads them.

The latter two use private parts of napari and step aside where those differ from what they know.
The environment variable NAPARI_ABC_LANE takes the faster ones away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_abc.errors import ConfigurationError
from napari_abc.viewer.color._lookup_way import LookupLane
from napari_abc.viewer.color._table import colors_of_points
from napari_abc.viewer.links import viewer_of
from napari_abc.viewer.points import _raster as raster

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.viewer.color._table import Painted

__all__ = [
    "ENVIRONMENT",
    "LANES",
    "Lane",
    "PublicLane",
    "VertexLane",
    "choose",
    "lanes",
    "prepare",
    "prepared_way",
]

ENVIRONMENT = "NAPARI_ABC_LANE"
"""Environment variable that names the fastest way to be tried: lookup, vertex or public."""


class Lane(Protocol):
    """A way to bring colors onto a layer."""

    name: str

    def takes(self, layer: Points) -> bool:
        """Whether this way works for the layer as it is now."""

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Color the layer; ``rows`` as in :func:`~napari_abc.viewer.color._table.colors_of_points`."""


def _write(layer: Points, colors: NDArray[np.float32]) -> None:
    """Write colors into the layer's own arrays, which are its public properties."""
    if layer.face_color_mode != "direct":
        layer.face_color_mode = "direct"
    if layer.border_color_mode != "direct":
        layer.border_color_mode = "direct"
    # Under 2 pixels napari draws the border's color, whatever the border's width.
    layer.face_color[...] = colors
    layer.border_color[...] = colors


class PublicLane:
    """Through the layer's event; works wherever napari does."""

    name = "public"

    def takes(self, layer: Points) -> bool:
        """Whether the layer's color arrays can be written to; they always can."""
        return True

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Write the colors and let napari rebuild what it draws."""
        _write(layer, colors_of_points(painted, rows))
        layer.events.face_color()


class VertexLane:
    """Through the vertex buffer that the layer is drawn from."""

    name = "vertex"

    def takes(self, layer: Points) -> bool:
        """Whether the buffer is there, has the known shape, and holds every point in order."""
        return self._markers(layer) is not None

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Write the colors into the layer's arrays and the vertex buffer."""
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


LANES: tuple[Lane, ...] = (LookupLane(), VertexLane(), PublicLane())
"""In the order in which they are tried; the last one takes every layer."""


def lanes() -> tuple[Lane, ...]:
    """The ways that may be tried.

    Raises
    ------
    ConfigurationError
        If the environment variable names none, or the one for pictures of points says neither.
    """
    raster.wanted()
    fastest = os.environ.get(ENVIRONMENT, LANES[0].name)
    names = [lane.name for lane in LANES]
    if fastest not in names:
        raise ConfigurationError(
            f"{ENVIRONMENT} is {fastest!r}, which is no way to color; use {', '.join(names)}, or unset it."
        )
    return LANES[names.index(fastest) :]


def prepared_way() -> bool:
    """Whether layers can be prepared for a way that needs no colors of theirs."""
    fastest = lanes()[0]
    return isinstance(fastest, LookupLane) and fastest.works()


def prepare(
    layer: Points, painted: Painted | None, rows: NDArray[np.int64] | None, known: bool = False
) -> None:
    """Prepare a layer that is about to be drawn first for the fastest way; its colors stay.

    Parameters
    ----------
    painted
        What the layer is colored by, as far as is known.
    rows
        As in :func:`~napari_abc.viewer.color._table.colors_of_points`.
    known
        Whether it is known, and the layer has no colors of its own yet.
    """
    fastest = lanes()[0]
    if isinstance(fastest, LookupLane):
        fastest.prepare(layer, painted, rows, known)


def choose(layer: Points) -> Lane:
    """The fastest way that works for a layer as it is now."""
    return next(lane for lane in lanes() if lane.takes(layer))
