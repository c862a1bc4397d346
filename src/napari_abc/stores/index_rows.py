"""Which blocks of a gene-major index hold some cells, and where in them each cell lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_abc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_abc.stores.index_format import About

__all__ = ["RowPlan", "plan_rows"]


@dataclass(frozen=True, eq=False, slots=True)
class RowPlan:
    """Which blocks hold some cells, and where they lie in them; made by :func:`plan_rows`.

    Worth keeping where the same cells are asked for gene after gene.
    """

    count: int
    """Cells asked for."""
    parts: tuple[tuple[int, tuple[int, ...]], ...]
    """(part, its blocks that are needed), ascending."""
    size: int
    """Cells of these blocks; one value more is kept, for cells that the matrix lacks."""
    places: NDArray[np.intp] | slice
    """Where each cell's value is found among those of the blocks."""
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
        blocks = range(about.blocks)
        parts = _by_part(blocks, together)
        return RowPlan(about.cells, parts, len(blocks) * height, slice(0, about.cells), False)
    asked = np.asarray(rows, np.int64).reshape(-1)
    low, high = (int(asked.min()), int(asked.max())) if len(asked) else (0, 0)
    if len(asked) and not -1 <= low <= high < about.cells:
        raise ConfigurationError(f"{where} has {about.cells:,} rows; ask for rows 0 to {about.cells - 1:,}.")
    lacking = low < 0
    if len(asked) and not lacking and high - low == len(asked) - 1 and bool(np.all(np.diff(asked) == 1)):
        blocks = range(low // height, high // height + 1)
        start = low - blocks[0] * height
        run = slice(start, start + len(asked))
        return RowPlan(len(asked), _by_part(blocks, together), len(blocks) * height, run, False)
    span = range(low // height, high // height + 1)
    if len(span) * height <= 4 * len(asked) and not lacking:
        places = asked - span[0] * height
        return RowPlan(len(asked), _by_part(span, together), len(span) * height, places, False)
    block = asked // height
    needed = np.zeros(about.blocks + 1, bool)  # block -1 is the last entry
    needed[block] = True
    needed[-1] = False
    chosen = np.flatnonzero(needed)
    shift = np.zeros(about.blocks + 1, np.int64)
    shift[chosen] = (np.arange(len(chosen)) - chosen) * height
    size = len(chosen) * height
    places = (asked + shift[block]).astype(np.intp)
    if lacking:
        places[asked < 0] = size
    return RowPlan(len(asked), _by_part(chosen.tolist(), together), size, places, lacking)


def _by_part(blocks: Sequence[int], together: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    parts: dict[int, list[int]] = {}
    for block in blocks:
        parts.setdefault(block // together, []).append(block)
    return tuple((part, tuple(needed)) for part, needed in parts.items())
