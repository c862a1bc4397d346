"""Boards on the canvas: the layers of each open slab on a tile of its own, under a title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_abc.stage import SlabKey, Tile
    from napari_abc.viewer.layers import SlabLayers

__all__ = ["Lying", "arrange", "conform", "extent_of"]

_GAP = 0.06
"""Room between tiles, as a share of the largest slab."""

_TITLE = 0.08
"""Room above each slab for its title."""


@dataclass(frozen=True, eq=False, slots=True)
class Lying:
    """Where the slabs of a board lie, in its unit."""

    offsets: Mapping[SlabKey, NDArray[np.float64]]
    """(2,) y and x by which each slab is moved."""
    titles: NDArray[np.float64]
    """(tiles, 2) y and x of the middle of each title."""
    boxes: NDArray[np.float64]
    """(tiles, 2, 2) lowest and highest y, x of what lies on each tile, with its title."""
    title_height: float = 0.0
    """Height of the part of each tile that the title stands in."""


def conform(layers: Sequence[Layer], unit: str) -> float:
    """Give layers the unit of a board, and the scale that goes with it, so that all of it has one unit.

    napari draws points too small and fits the camera wrongly where units are mixed. Positions stay what they
    are in the slab's frame; what is seen has the right size.

    Returns
    -------
    float
        How many of the board's units one of the layers' is.
    """
    factor = 1.0
    for layer in layers:
        own = str(layer.units[-1])
        if not unit or own == unit:
            continue
        factor = float((1 * pint.Unit(own)).to(unit).magnitude) if own != "pixel" else 1.0
        displayed = min(layer.ndim, 3)
        for name in ("scale", "translate"):
            values = np.array(getattr(layer, name), dtype=float)
            values[-displayed:] *= factor
            setattr(layer, name, values)
        layer.units = (*layer.units[: layer.ndim - displayed], *(unit,) * displayed)
    return factor


def extent_of(layers: SlabLayers, home: Callable[[Layer], NDArray[np.float64]]) -> NDArray[np.float64]:
    """(2, 2) lowest and highest y, x of a slab in the board's unit, as if it were not moved.

    Regions and outlines may reach beyond the cells; images may reach far beyond, and count where there is
    nothing else.

    Parameters
    ----------
    home
        Gives the (layer.ndim,) place at which a layer lies by itself.
    """
    cells, found = layers.cells, []
    for layer in layers:
        if layer.ndim != cells.ndim or layer in layers.images or layer is cells:
            continue
        found.append(_scaled(layer, layer.extent.data, home(layer)))
    if len(cells.data):
        positions = cells.data[:, -2:]
        ends = np.array([np.nanmin(positions, axis=0), np.nanmax(positions, axis=0)])
        found.append(_scaled(cells, ends, home(cells)))
    if not found:
        found = [_scaled(image, image.extent.data, home(image)) for image in layers.images]
    if not found:
        return np.zeros((2, 2))
    return np.array([np.min([low for low, _ in found], axis=0), np.max([high for _, high in found], axis=0)])


def _scaled(layer: Layer, ends: NDArray[Any], home: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lowest and highest y, x of data, (2, ndim), on the board."""
    moved = np.asarray(ends, dtype=float)[:, -2:] * np.asarray(layer.scale)[-2:] + home[-2:]
    return np.asarray(np.sort(moved, axis=0))


def arrange(tiles: Sequence[Tile], extents: Mapping[SlabKey, NDArray[Any]]) -> Lying:
    """Work out where the slabs of a board lie: the first tile's slab where it always does, the others beside.

    Parameters
    ----------
    tiles
        The tiles, row by row.
    extents
        (2, 2) lowest and highest y, x of each slab where it lies by itself.
    """
    offsets: dict[SlabKey, NDArray[np.float64]] = {}
    titles, boxes = np.zeros((len(tiles), 2)), np.zeros((len(tiles), 2, 2))
    if not tiles:
        return Lying(offsets, titles, boxes)
    sizes = np.array([extents[slab][1] - extents[slab][0] for tile in tiles for slab in tile.slabs])
    side = sizes.max(axis=0)
    side[side == 0] = max(float(side.max()), 1.0)
    gap = _GAP * float(side.max())
    step = side + gap + [_TITLE * float(side.max()), 0]
    origin = extents[tiles[0].slabs[0]].mean(axis=0) - [tiles[0].row, tiles[0].column] * step
    for number, tile in enumerate(tiles):
        middle = origin + np.array([tile.row, tile.column]) * step
        for slab in tile.slabs:
            # One tile alone is where its slab lies in its own frame, also with others over it.
            offsets[slab] = middle - extents[slab].mean(axis=0)
        # Just above the slab, which may be much smaller than its tile.
        own = np.max([np.ptp(extents[slab], axis=0) for slab in tile.slabs], axis=0)
        titles[number] = middle - [own[0] / 2 + gap / 2 + 0.35 * _TITLE * float(side.max()), 0]
        boxes[number] = [
            middle - own / 2 - [gap / 2 + _TITLE * float(side.max()), gap / 2],
            middle + own / 2 + gap / 2,
        ]
    return Lying(offsets, titles, boxes, _TITLE * float(side.max()) + gap / 2)
