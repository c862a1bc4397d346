"""The fastest way to bring colors onto a layer: the graphics card looks them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.model import Categorical
from napari_abc.viewer.color._table import finite, lookup, scaling, table_of
from napari_abc.viewer.points import CODE, LEAST, NONE, Lookup, Scale, adopt, capable, lookup_of

if TYPE_CHECKING:
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.viewer.color._table import Painted

__all__ = ["LookupLane", "look_up"]


class LookupLane:
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


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """What a lookup was made from."""

    painted: Painted
    rows: NDArray[np.int64] | None


def look_up(painted: Painted, rows: NDArray[np.int64] | None, before: Lookup | None = None) -> Lookup:
    """Prepare the colors of some points.

    Parameters
    ----------
    rows
        As in :func:`~napari_abc.viewer.color._table.colors_of_points`.
    before
        What the points were colored by before: its numbers are taken over, as the same object, if
        only colors, limits or what is hidden differ.
    """
    coloring, table = painted.coloring, table_of(painted)
    scale, made = _scale_of(painted), _Made(painted, rows)
    if before is not None and _same_numbers(before, made, scale):
        return Lookup(before.numbers, table, scale, made)
    if isinstance(coloring, Categorical):
        numbers = coloring.codes.astype(np.float32)
    elif scale is CODE:
        numbers = lookup(painted)[1].astype(np.float32)
    else:
        numbers = finite(coloring.values)
        numbers[np.isnan(numbers)] = NONE
    if rows is not None:
        # Row -1 is the last one: the number of a point that is no cell.
        numbers = np.append(numbers, np.float32(NONE)).take(rows, mode="wrap")
    return Lookup(numbers, table, scale, made)


def _scale_of(painted: Painted) -> Scale:
    if isinstance(painted.coloring, Categorical):
        return CODE
    assert painted.limits is not None
    parts = scaling(painted.limits)
    if parts is None:
        return CODE  # the rows are worked out here then
    origin, rest, step = (float(part) for part in parts)
    if painted.coloring.is_gene:
        return Scale(LEAST, origin, rest, step, cut=origin, zero=0.0)
    return Scale(LEAST, origin, rest, step)


def _same_numbers(before: Lookup, made: _Made, scale: Scale) -> bool:
    """Whether the numbers of before are those that would be made again."""
    was, coloring = before.origin, made.painted.coloring
    if not isinstance(was, _Made) or was.painted.coloring is not coloring:
        return False
    if (before.scale is CODE) is not (scale is CODE):
        return False
    if scale is CODE and not isinstance(coloring, Categorical):
        return False  # rows of the table, which depend on the limits
    if was.rows is None or made.rows is None:
        return was.rows is made.rows
    return bool(np.array_equal(was.rows, made.rows))
