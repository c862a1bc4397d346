"""Titles above the tiles of a board: texts on the canvas, as large on the screen however far one zooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

import numpy as np
from napari.layers import Points
from napari.utils.theme import get_theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from numpy.typing import NDArray

__all__ = ["LETTER", "Titles"]

_SIZE = 10

LETTER = 10.0
"""Pixels of the canvas that a letter of a title takes."""


class Titles:
    """The layer of titles of one viewer; it is there while there are several tiles."""

    def __init__(self) -> None:
        self._layer: ReferenceType[Points] | None = None
        self.places: NDArray[np.float64] = np.zeros((0, 2))

    def layer(self, viewer: ViewerModel) -> Points | None:
        """The layer, if it is in the viewer."""
        found = self._layer() if self._layer is not None else None
        return found if found is not None and found in viewer.layers else None

    def clear(self, viewer: ViewerModel) -> None:
        """Take the titles away."""
        self.places = np.zeros((0, 2))
        found = self.layer(viewer)
        if found is not None:
            found.locked = False
            viewer.layers.remove(found)

    def write(
        self, viewer: ViewerModel, places: NDArray[np.float64], lines: Sequence[str], unit: str
    ) -> None:
        """Write titles, in place of those that are there.

        Parameters
        ----------
        places
            (tiles, 2) y and x of the middle of each title.
        lines
            A text a tile.
        unit
            Unit of the board.
        """
        self.places = places
        found = self.layer(viewer)
        text: dict[str, Any] = {
            "string": list(lines),
            "size": _SIZE,
            "color": _readable(viewer),
            "anchor": "center",
        }
        if found is not None:
            found.data = places
            found.text = text
            return
        active = viewer.layers.selection.active
        layer = Points(
            places,
            name="Titles",
            text=text,
            size=1e-9,
            face_color="transparent",
            border_color="transparent",
            units=(unit,) * 2 if unit else None,
            axis_labels=("y", "x"),
        )
        viewer.add_layer(layer)
        layer.locked = True
        self._layer = ref(layer)
        viewer.layers.selection.active = active


def _readable(viewer: ViewerModel) -> str:
    """A color that is read on the canvas of the viewer's theme."""
    canvas = get_theme(viewer.theme).canvas.as_rgb_tuple()[:3]
    return "black" if sum(canvas) > 3 * 128 else "white"
