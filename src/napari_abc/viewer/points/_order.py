"""In which order points are drawn: what matters lies above what doesn't.

Points that are set aside come first, then those without a value, then zero, then low to high. Of kinds
the rare ones lie above the common ones where that is asked for; else points of kinds are in the order of
the data. Points that are lifted, as those selected are, lie above all others.

A graphics card compares depths, which follow from the row of the table; a picture that is made on the
processor, and a vertex buffer, take the points in an order that is worked out once for all limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_abc.viewer.points._lookup import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_abc.viewer.points._lookup import Lookup

__all__ = ["DrawingOrder", "order_of", "row_ranks"]

_BELOW_NONE = NONE * 1.01
"""Numbers below are of points that are set aside."""


def row_ranks(lookup: Lookup, rare_above: bool) -> NDArray[np.float32] | None:
    """How far above others the points of each row of a table lie.

    Parameters
    ----------
    lookup
        The colors of the points.
    rare_above
        Whether rare kinds lie above common ones.

    Returns
    -------
    NDArray or None
        (rows + 1,) between 0 and 1; the last one is for points that are set aside, which lie below all
        others. None where all lie as in the data.

    Examples
    --------
    >>> table = np.zeros((5, 4), np.float32)
    >>> values = np.array([0.0, 4.0, np.nan])
    >>> row_ranks(Lookup.of(values, table, (0, 4), zero_apart=True), False).argsort()
    array([5, 4, 3, 0, 1, 2])
    """
    rows = len(lookup.table)
    ranks = np.empty(rows + 1, np.float32)
    if lookup.scale.scale:
        ranks[: rows - 2] = np.arange(3, rows + 1)
        ranks[rows - 2 :] = 2, 1, 0
    else:
        numbers = lookup.numbers
        if not rare_above and (not len(numbers) or numbers.min() >= lookup.scale.least):
            return None
        ranks[:rows] = 2
        if rare_above:
            counts = np.bincount(lookup.scale.rows(numbers, rows), minlength=rows)[: rows - 1]
            ranks[np.argsort(-counts, kind="stable")] = np.arange(2, rows + 1)
        ranks[rows - 1 :] = 1, 0
    scaled: NDArray[np.float32] = ranks / (ranks.max() + 1)
    return scaled


def order_of(
    lookup: Lookup, rare_above: bool = False, lifted: NDArray[np.bool_] | None = None
) -> NDArray[np.intp] | None:
    """The points in the order in which they are drawn, the topmost one last; None for that of the data.

    Parameters
    ----------
    lookup, rare_above
        As for :func:`row_ranks`.
    lifted
        (points,) True for those above all others; None where there are none.

    Examples
    --------
    >>> table = np.zeros((5, 4), np.float32)
    >>> table = np.zeros((5, 4), np.float32)
    >>> lookup = Lookup.of(np.array([0.0, 4.0, np.nan, 2.0]), table, (0, 4), zero_apart=True)
    >>> order_of(lookup)
    array([2, 0, 3, 1])
    >>> order_of(lookup, lifted=np.array([True, False, False, False]))
    array([2, 3, 1, 0])
    """
    numbers, order = lookup.numbers, None
    if lookup.scale.scale:
        # By the numbers themselves: they ascend with the rows, whatever the limits are.
        order = np.argsort(numbers)
    else:
        ranks = row_ranks(lookup, rare_above)
        if ranks is not None:
            rows = lookup.scale.rows(numbers, len(lookup.table))
            rows[numbers < np.float32(_BELOW_NONE)] = len(ranks) - 1
            places = np.unique(ranks, return_inverse=True)[1].astype(np.uint16)
            order = np.argsort(places[rows], kind="stable")  # sixteen bits are sorted fastest
    if lifted is not None and lifted.any():
        above = lifted if order is None else lifted[order]
        whole = np.arange(len(numbers)) if order is None else order
        order = np.concatenate([whole[~above], whole[above]])
    return order


class DrawingOrder:
    """An order of all points, and what it is for some of them.

    Parameters
    ----------
    order
        As :func:`order_of` gives it.
    """

    def __init__(self, order: NDArray[np.intp]) -> None:
        self._order = order.astype(np.int32)
        self._places: NDArray[np.int32] | None = None

    def arrange(self, points: NDArray[np.integer] | None, step: int = 1) -> NDArray[np.int32]:
        """Some points, or None for all, in this order; of them every step-th one."""
        if points is None:
            return self._order[::step]
        if self._places is None:
            self._places = np.empty_like(self._order)
            self._places[self._order] = np.arange(len(self._order), dtype=np.int32)
        arranged: NDArray[np.int32] = self._order[np.sort(self._places[points[::step]])]
        return arranged
