"""The vertex buffer that napari draws a layer of points from: writing colors into it."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Points
    from numpy.typing import NDArray

__all__ = ["has_vertex_buffer", "order_vertices", "write_vertex_colors"]

_orders: WeakKeyDictionary[Any, NDArray[np.intp] | None] = WeakKeyDictionary()
"""In which order markers are drawn that were given one."""


def has_vertex_buffer(viewer: ViewerModel | None, layer: Points) -> bool:
    """Whether the buffer is there, has the known shape, and holds every point in order."""
    return _markers(viewer, layer) is not None


def write_vertex_colors(viewer: ViewerModel | None, layer: Points, colors: NDArray[np.float32]) -> None:
    """Draw a layer in other colors, which its own arrays then don't have.

    Parameters
    ----------
    viewer, layer
        For which :func:`has_vertex_buffer`.
    colors
        (points, 4) RGBA between 0 and 1, of face and border.
    """
    markers = _markers(viewer, layer)
    assert markers is not None  # has_vertex_buffer() was asked
    markers._data["a_fg_color"] = colors
    markers._data["a_bg_color"] = colors
    _send(markers)
    markers.update()


def order_vertices(viewer: ViewerModel | None, layer: Points, order: NDArray[np.intp] | None) -> None:
    """Draw the points of a layer in another order, which its own arrays then don't have.

    Parameters
    ----------
    viewer, layer
        Where :func:`has_vertex_buffer` is False, nothing happens.
    order
        (points,) the topmost one last; None for that of the layer.
    """
    markers = _markers(viewer, layer)
    if markers is None:
        return
    if markers not in _orders and order is not None:
        upload = markers._upload_data

        def upload_in_order(self: Any, data: Any) -> None:
            upload(data)
            _send(self)

        # napari fills the buffer anew where a size or a symbol changes.
        markers._upload_data = MethodType(upload_in_order, markers)
    if markers in _orders or order is not None:
        _orders[markers] = order
        _send(markers)
        markers.update()


def _send(markers: Any) -> None:
    data, order = markers._data, _orders.get(markers)
    fits = order is not None and len(order) == len(data)
    markers._vbo.set_data(data[order] if fits else data)


def _markers(viewer: Any, layer: Points) -> Any:
    try:
        visual = viewer.window._qt_viewer.canvas.layer_to_visual[layer]
        markers = visual.node.points_markers
        data, buffer = markers._data, markers._vbo
        fields = data.dtype.fields
        known = all(fields[name][0] == np.dtype(("f4", 4)) for name in ("a_fg_color", "a_bg_color"))
        # A slice of a deeper layer holds fewer points than the layer.
        fits = len(data) == len(layer.data) and callable(buffer.set_data)
    except (AttributeError, KeyError, TypeError):
        return None
    return markers if known and fits else None
