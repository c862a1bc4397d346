"""Boards: where the slabs of one space lie, as tiles of one size beside each other."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_abc.model import Frame, Slab
    from napari_abc.stage._state import Place, Scene, SlabKey

__all__ = ["TISSUE", "Tile", "grid_shape", "space_of", "tiles"]

TISSUE = "tissue"
"""The space that all flat frames of tissue share, whatever their unit."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a board: a slab, and those that lie over it."""

    row: int
    column: int
    slabs: tuple[SlabKey, ...]
    """From the lowest to the topmost; the first one's title stands above the tile."""


def space_of(slab: Slab, frame: Frame) -> str:
    """Kind of space that a frame of a slab is of.

    Flat frames with a unit are tissue, and share a board; each space in three dimensions is one of its own,
    shared by those whose frame has the same name and unit; an embedding, which has no unit, is one for each
    dataset and embedding.
    """
    if frame.ndim == 3:
        return f"3D {frame.title or frame.name}"
    if frame.unit:
        return TISSUE
    return f"{slab.dataset} {slab.label}"


def grid_shape(count: int, aspect: float = 1.6) -> tuple[int, int]:
    """Rows and columns of a board, so that square tiles fill a canvas of an aspect (width by height).

    Examples
    --------
    >>> grid_shape(8, aspect=2.0)
    (2, 4)
    >>> grid_shape(1)
    (1, 1)
    """
    if count <= 0:
        return 0, 0
    # The shape with the largest tiles, and of those the one with fewest left empty.
    best = min(
        range(1, count + 1),
        key=lambda columns: (
            -min(aspect / columns, 1 / math.ceil(count / columns)),
            columns * math.ceil(count / columns),
        ),
    )
    return math.ceil(count / best), best


def tiles(scene: Scene, slabs: Mapping[SlabKey, Slab], aspect: float = 1.6) -> tuple[Tile, ...]:
    """Tiles of the board in view, row by row.

    Parameters
    ----------
    slabs
        The open slabs, for what they are sorted by.
    aspect
        Width of the canvas by its height.
    """
    bases = [place for place in scene.in_view if place.over is None and place.visible]
    if scene.sort == "species":
        bases.sort(key=lambda place: (_species(slabs, place), _depth(slabs, place)))
    elif scene.sort == "plane":
        bases.sort(key=lambda place: (place.slab.dataset, _depth(slabs, place)))
    over: dict[SlabKey, list[SlabKey]] = {}
    for place in scene.in_view:
        if place.over is not None and place.visible:
            over.setdefault(place.over, []).append(place.slab)
    columns = grid_shape(len(bases), aspect)[1]
    return tuple(
        Tile(number // columns, number % columns, (place.slab, *over.get(place.slab, ())))
        for number, place in enumerate(bases)
    )


def _depth(slabs: Mapping[SlabKey, Slab], place: Place) -> tuple[int, float, Sequence[object]]:
    """By depth where it is known, then by name with its numbers as numbers."""
    slab = slabs.get(place.slab)
    depth = slab.depth if slab is not None else None
    return (0, depth, ()) if depth is not None else (1, 0.0, _natural(place.slab.slab))


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.split(r"([0-9]+)", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _species(slabs: Mapping[SlabKey, Slab], place: Place) -> str:
    slab = slabs.get(place.slab)
    return slab.species if slab is not None else ""
