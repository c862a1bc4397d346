"""The fastest way to bring colors onto a layer: the graphics card looks them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.viewer.color._painted import look_up
from napari_abc.viewer.points import adopt, capable, lookup_of

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.viewer.color._painted import Painted

__all__ = ["LookupWay"]


class LookupWay:
    """Through a table of colors, and a number a point that says which is the point's."""

    name = "lookup"

    def works(self) -> bool:
        """Whether this napari has what it takes."""
        return capable() is None

    def prepare(
        self, layer: Points, painted: Painted | None, rows: NDArray[Any] | None, known: bool = False
    ) -> None:
        """Prepare a layer for this way when it is about to be drawn first; its colors stay.

        Parameters
        ----------
        painted
            What the layer is colored by, as far as is known: its colors are compared.
        rows
            As for :meth:`paint`.
        known
            Whether it is known, and nothing is to be compared.
        """
        adopted = adopt(layer)
        if adopted is None or painted is None or adopted.lookup is not None:
            return
        found = look_up(painted, rows)
        if not known:
            colors = found.colors()
            known = all(np.array_equal(own, colors) for own in (layer.face_color, layer.border_color))
        if known:
            adopted.show_lookup(found)

    def takes(self, layer: Points) -> bool:
        """Whether the layer was prepared, and the graphics driver can do it."""
        return bool(getattr(layer, "can_look_up", False))

    def paint(self, layer: Points, painted: Painted, rows: NDArray[Any] | None) -> None:
        """Exchange the table, and the numbers where those differ."""
        layer.show_lookup(look_up(painted, rows, lookup_of(layer)))
