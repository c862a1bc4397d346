"""Ways to bring colors onto a Points layer, the fastest that works first.

napari's own setters cost 0.4 to 2 s for a million points: they check, convert and copy the colors
several times, and rebuild every attribute of every point for the GPU. The ways here differ in what
is left out; whichever is taken, selecting, copying, saving and napari's controls see what is drawn:

- :class:`PublicWay` writes into the arrays of colors that the layer has, and emits the layer's
  own event once; napari then rebuilds its vertex buffer.
- :class:`VertexWay` writes into those arrays, too, and into that vertex buffer.
- :class:`LookupWay` sends a table of colors, and a number a point where those differ; the arrays
  of colors are worked out when somebody reads them.

The latter two use private parts of napari and step aside where those differ from what they know.
The environment variable NAPARI_ABC_WAY takes the faster ones away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from napari_abc.errors import ConfigurationError
from napari_abc.viewer.color._lookup_way import LookupWay
from napari_abc.viewer.color._painted import look_up
from napari_abc.viewer.links import METADATA_RARE_ABOVE, viewer_of
from napari_abc.viewer.points import (
    has_vertex_buffer,
    lookup_of,
    order_of,
    order_vertices,
    pictures_wanted,
    write_vertex_colors,
)

if TYPE_CHECKING:
    import numpy as np
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.viewer.color._painted import Painted
    from napari_abc.viewer.points import Lookup

__all__ = [
    "ENVIRONMENT",
    "WAYS",
    "PublicWay",
    "VertexWay",
    "Way",
    "check_ways",
    "draw_in_order",
    "fastest_way",
    "prepare_layer",
    "prepares_layers",
    "ways",
]

ENVIRONMENT = "NAPARI_ABC_WAY"
"""Environment variable that names the fastest way to be tried: lookup, vertex or public."""


class Way(Protocol):
    """A way to bring colors onto a layer."""

    name: str

    def takes(self, layer: Points) -> bool:
        """Whether this way works for the layer as it is now."""

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Color the layer; ``rows`` as in :func:`~napari_abc.viewer.color._painted.look_up`."""


def _write(layer: Points, colors: NDArray[np.float32]) -> None:
    """Write colors into the layer's own arrays, which are its public properties."""
    if layer.face_color_mode != "direct":
        layer.face_color_mode = "direct"
    if layer.border_color_mode != "direct":
        layer.border_color_mode = "direct"
    # Under 2 pixels napari draws the border's color, whatever the border's width.
    layer.face_color[...] = colors
    layer.border_color[...] = colors


def _draw_in_order(layer: Points, found: Lookup) -> None:
    """Draw cells without a value first, then zero, then low to high, where napari's buffer can be had."""
    rare_above = bool(layer.metadata.get(METADATA_RARE_ABOVE))
    order_vertices(viewer_of(layer), layer, order_of(found, rare_above))


class PublicWay:
    """Through the layer's event; works wherever napari does."""

    name = "public"

    def takes(self, layer: Points) -> bool:
        """Whether the layer's color arrays can be written to; they always can."""
        return True

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Write the colors and let napari rebuild what it draws."""
        found = look_up(painted, rows)
        _write(layer, found.colors())
        _draw_in_order(layer, found)
        layer.events.face_color()


class VertexWay:
    """Through the vertex buffer that the layer is drawn from."""

    name = "vertex"

    def takes(self, layer: Points) -> bool:
        """Whether the buffer is there, has the known shape, and holds every point in order."""
        return has_vertex_buffer(viewer_of(layer), layer)

    def paint(self, layer: Points, painted: Painted, rows: NDArray[np.int64] | None) -> None:
        """Write the colors into the layer's arrays and the vertex buffer."""
        found = look_up(painted, rows)
        colors = found.colors()
        _write(layer, colors)
        _draw_in_order(layer, found)
        write_vertex_colors(viewer_of(layer), layer, colors)


WAYS: tuple[Way, ...] = (LookupWay(), VertexWay(), PublicWay())
"""In the order in which they are tried; the last one takes every layer."""


def ways() -> tuple[Way, ...]:
    """The ways that may be tried.

    Raises
    ------
    ConfigurationError
        If the environment variable names none, or the one for pictures of points says neither.
    """
    pictures_wanted()
    fastest = os.environ.get(ENVIRONMENT, WAYS[0].name)
    names = [way.name for way in WAYS]
    if fastest not in names:
        raise ConfigurationError(
            f"{ENVIRONMENT} is {fastest!r}, which is no way to color; use {', '.join(names)}, or unset it."
        )
    return WAYS[names.index(fastest) :]


def check_ways() -> None:
    """Find out, before anything is painted, whether the environment names a way that there is.

    Raises
    ------
    ConfigurationError
        As :func:`ways`.
    """
    ways()


def prepares_layers() -> bool:
    """Whether layers can be prepared for a way that needs no colors of theirs."""
    fastest = ways()[0]
    return isinstance(fastest, LookupWay) and fastest.works()


def prepare_layer(
    layer: Points, painted: Painted | None, rows: NDArray[np.int64] | None, known: bool = False
) -> None:
    """Prepare a layer that is about to be drawn first for the fastest way; its colors stay.

    Parameters
    ----------
    painted
        What the layer is colored by, as far as is known.
    rows
        As in :func:`~napari_abc.viewer.color._painted.look_up`.
    known
        Whether it is known, and the layer has no colors of its own yet.
    """
    fastest = ways()[0]
    if isinstance(fastest, LookupWay):
        fastest.prepare(layer, painted, rows, known)


def draw_in_order(layer: Points, painted: Painted | None, rows: NDArray[np.int64] | None) -> None:
    """Draw a layer in the order that goes with its colors, after it was added or asked for another one."""
    show = getattr(layer, "show_order", None)
    if show is not None:
        show(bool(layer.metadata.get(METADATA_RARE_ABOVE)), layer.lifted)
    if painted is not None and lookup_of(layer) is None:
        _draw_in_order(layer, look_up(painted, rows))


def fastest_way(layer: Points) -> Way:
    """The fastest way that works for a layer as it is now."""
    return next(way for way in ways() if way.takes(layer))
