"""Which blocks of a gene-major index hold some cells, and where in them each cell lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.io.gene_index._format import About

__all__ = ["RowPlan", "plan_rows"]


@dataclass(frozen=True, eq=False, slots=True)
class RowPlan:
    """Which blocks hold some cells, and where they lie in them; made by :meth:`GeneIndex.plan`.

    Worth keeping where the same cells are asked for gene after gene.
    """

    count: int
    """Cells asked for."""
    parts: tuple[tuple[int, tuple[int, ...]], ...]
    """(part, its blocks that are needed), ascending."""
    windows: tuple[tuple[int, int], ...]
    """Rows of each of these blocks, from the first that is needed to after the last."""
    size: int
    """Rows of the windows; one value more is kept, for cells that the matrix lacks."""
    places: NDArray[np.intp] | slice
    """Where each cell's value is found among those of the windows."""
    lacking: bool
    """Whether a cell is not in the matrix."""


def plan_rows(about: About, rows: NDArray[np.integer[Any]] | None, where: str) -> RowPlan:
    """Find out which blocks hold some cells.

    Parameters
    ----------
    about
        The index.
    rows
        Numbers of the rows in any order, also repeated; -1 for a cell that the matrix lacks. None
        for all.
    where
        Name of the index, for messages.

    Raises
    ------
    ConfigurationError
        If a row number is out of range.
    """
    height, together = about.block_rows, about.part_blocks
    if rows is None:
        parts = _by_part(range(about.blocks), together)
        windows = ((0, height),) * about.blocks
        return RowPlan(about.cells, parts, windows, about.blocks * height, slice(0, about.cells), False)
    asked = np.asarray(rows, np.int64).reshape(-1)
    low, high = (int(asked.min()), int(asked.max())) if len(asked) else (0, 0)
    if len(asked) and not -1 <= low <= high < about.cells:
        raise ConfigurationError(f"{where} has {about.cells:,} rows; ask for rows 0 to {about.cells - 1:,}.")
    lacking = low < 0
    block = asked // height  # -1 for a cell that is lacking, which is the last entry below
    first = np.full(about.blocks + 1, height)
    last = np.full(about.blocks + 1, -1)
    row = asked - block * height
    np.minimum.at(first, block, row)
    np.maximum.at(last, block, row)
    needed = last >= 0
    needed[-1] = False
    chosen = np.flatnonzero(needed)
    lows, sizes = first[chosen], last[chosen] + 1 - first[chosen]
    starts = np.cumsum(sizes) - sizes
    size = int(sizes.sum())
    shift = np.zeros(about.blocks + 1, np.int64)
    shift[chosen] = starts - lows
    places = (row + shift[block]).astype(np.intp)
    places[asked < 0] = size
    windows = tuple(zip(lows.tolist(), (lows + sizes).tolist(), strict=True))
    # Runs of rows, as the sections of a brain are, lie in the windows as they were asked for.
    straight = len(places) > 0 and len(places) == size and bool(np.all(np.diff(places) == 1))
    parts = _by_part(chosen.tolist(), together)
    return RowPlan(len(asked), parts, windows, size, slice(0, size) if straight else places, lacking)


def _by_part(blocks: Sequence[int], together: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    parts: dict[int, list[int]] = {}
    for block in blocks:
        parts.setdefault(block // together, []).append(block)
    return tuple((part, tuple(needed)) for part, needed in parts.items())
