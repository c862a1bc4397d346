"""The legend of categories of all slabs in view, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.viewer.color import legend, painted

if TYPE_CHECKING:
    from napari_abc.model import Coloring
    from napari_abc.stage import SlabKey
    from napari_abc.viewer.scene._scene import ViewerScene

__all__ = ["CountedLegend", "CountedRow", "count_legend"]


@dataclass(frozen=True, slots=True)
class CountedRow:
    """A category with its cells in each slab."""

    name: str
    color: str
    """``"#rrggbb"``."""
    missing: bool
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CountedLegend:
    """Categories of some slabs."""

    slabs: tuple[SlabKey, ...]
    rows: tuple[CountedRow, ...]
    """Those that any of the slabs has, in the order of the first one's."""


def count_legend(scene: ViewerScene, key: SlabKey) -> CountedLegend:
    """Count the cells of each category in the slabs in view that are colored by the same as one of them.

    Cells that a filter leaves out are not counted, but for those left out by these very categories: their
    counts are what a person wants to know before bringing them back.

    Parameters
    ----------
    key
        The slab whose order of categories holds.
    """
    stage = scene.stage
    first = painted(scene.board[key].cells)
    assert first is not None  # it has a legend
    column = first.coloring.key.casefold()
    here = {place.slab for place in stage.scene.in_view if place.visible}
    others = [slab for slab in stage.ordered() if slab in here and slab != key]
    order: dict[tuple[str, bool], str] = {}
    counted: dict[SlabKey, dict[tuple[str, bool], int]] = {}
    for slab in (key, *others):
        state = painted(scene.board[slab].cells)
        if state is None or state.limits is not None or state.coloring.key.casefold() != column:
            continue
        mask = stage.passing(slab, without=state.coloring.key).mask
        rows = legend(state.coloring).rows
        counts = _counts(state.coloring, mask) if mask is not None and state.coloring.categories else {}
        counted[slab] = {
            (row.name, row.missing): counts.get(None if row.missing else row.name, 0) if counts else row.count
            for row in rows
        }
        for row in rows:
            order.setdefault((row.name, row.missing), row.color)
    names = sorted(order, key=lambda one: one[1])  # the cells without a value are last
    counted = {slab: counted[slab] for slab in stage.ordered() if slab in counted}
    return CountedLegend(
        tuple(counted),
        tuple(
            CountedRow(name, order[name, none], none, tuple(c.get((name, none), 0) for c in counted.values()))
            for name, none in names
        ),
    )


def _counts(coloring: Coloring, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> dict[str | None, int]:
    codes = np.asarray(coloring.numbers(), np.int64)[mask]
    counts = np.bincount(codes[codes >= 0], minlength=len(coloring.categories))
    found: dict[str | None, int] = dict(zip(coloring.categories, counts.tolist(), strict=True))
    found[None] = int(np.count_nonzero(codes < 0))
    return found
