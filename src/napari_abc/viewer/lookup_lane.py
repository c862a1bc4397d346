"""The fastest way to bring colours onto a layer: the graphics card looks them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.viewer.lookup import Lookup, look_up

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.viewer.colors import Painted

__all__ = ["LookupLane", "lookup_of"]


def lookup_of(layer: Any) -> Lookup | None:
    """What a layer's colours are looked up in; None where it has colours of its own."""
    found = getattr(layer, "lookup", None)
    return found if isinstance(found, Lookup) else None


class LookupLane:
    """Through a table of colours, and a number a point that says which is the point's."""

    name = "lookup"

    def works(self) -> bool:
        """Whether this napari has what it takes."""
        try:
            from napari_abc.viewer.lookup_napari import capable
        except ImportError:
            return False  # another napari, or one without a window
        return capable() is None

    def prepare(
        self, layer: Points, painted: Painted | None, rows: NDArray[Any] | None, known: bool = False
    ) -> None:
        """Prepare a layer for this way when it is about to be drawn first; its colours stay.

        Parameters
        ----------
        painted
            What the layer is coloured by, as far as is known: its colours are compared.
        rows
            As for :meth:`paint`.
        known
            Whether it is known, and nothing is to be compared.
        """
        from napari_abc.viewer.lookup_napari import adopt

        adopted = adopt(layer)
        if adopted is None or painted is None or adopted.lookup is not None:
            return
        lookup = look_up(painted, rows)
        if not known:
            colors = lookup.colors()
            known = all(np.array_equal(own, colors) for own in (layer.face_color, layer.border_color))
        if known:
            adopted.show_lookup(lookup)

    def takes(self, layer: Points) -> bool:
        """Whether the layer was prepared, and the graphics driver can do it."""
        return bool(getattr(layer, "can_look_up", False))

    def paint(self, layer: Points, painted: Painted, rows: NDArray[Any] | None) -> None:
        """Exchange the table, and the numbers where those differ."""
        layer.show_lookup(look_up(painted, rows, lookup_of(layer)))
