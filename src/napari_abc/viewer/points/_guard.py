"""Keeping napari's tools from moving, adding or deleting points, which can be selected nevertheless.

``layer.editable = False`` does not: Delete and paste work as before, nothing can be selected, and
napari makes the layer editable again when it shows three dimensions. What a script does by
``layer.data``, ``layer.add`` or ``layer.remove`` is meant, and works.
"""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
from napari.layers import Points
from napari.utils.notifications import show_info

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["guard", "is_guarded"]

_TOOLS = ("remove_selected", "_move", "_paste_data")
"""Methods of a layer that napari's keys, buttons and mouse modes call, and scripts have no need of."""

_QUIET_S = 5.0
"""Seconds in which nothing is said a second time."""

_CLICK = 5
"""Pixels that a mouse may move while it clicks."""


def guard(layer: Points, text: str) -> None:
    """Have napari's tools leave a layer's points where they are; a duplicate of the layer is not guarded.

    Parameters
    ----------
    layer
        The layer; where this napari has none of its tools, nothing happens.
    text
        What a person is told who tries.
    """
    if is_guarded(layer) or not all(callable(getattr(layer, name, None)) for name in _TOOLS):
        return
    kept, said = ref(layer), [-_QUIET_S]

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        present = kept()
        if present is None or not present.selected_data:
            return  # nothing would have happened
        tell()

    def tell() -> None:
        if monotonic() - said[0] > _QUIET_S:
            show_info(text)
        said[0] = monotonic()

    for name in _TOOLS:
        vars(layer)[name] = refuse
    modes = dict(getattr(Points, "_drag_modes", {}))
    for mode in modes:
        if str(mode) in ("add", "transform"):
            modes[mode] = partial(_drag_nothing, tell)
    if modes:
        vars(layer)["_drag_modes"] = modes


def is_guarded(layer: Points) -> bool:
    """Whether :func:`guard` was called for a layer."""
    return _TOOLS[0] in vars(layer)


def _drag_nothing(tell: Any, _layer: Points, event: Any) -> Iterator[None]:
    """In place of a mouse mode that adds a point or moves the layer: the mouse moves the view alone."""
    began = event.pos
    yield
    while event.type == "mouse_move":
        yield
    if np.linalg.norm(np.asarray(event.pos) - began) < _CLICK:
        tell()
