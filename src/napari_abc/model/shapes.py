"""Outlines of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Outlines"]


@dataclass(frozen=True, eq=False, slots=True)
class Outlines:
    """Cell boundaries as rings of vertices, flat so that 500,000 cells cost three arrays."""

    cell: NDArray[np.int64]
    """(rings,) row of :attr:`Slab.cells` that a ring belongs to."""
    offsets: NDArray[np.int64]
    """(rings + 1,) where each ring starts in ``vertices``."""
    vertices: NDArray[np.float32]
    """(vertices, 2) x, y in the slab's frame."""
