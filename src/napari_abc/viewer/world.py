"""Where things lie in a viewer's world, which napari counts in the smallest unit of its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer
    from numpy.typing import NDArray

__all__ = ["to_data", "to_world", "world_units"]


def world_units(viewer: ViewerModel | None, layer: Layer) -> NDArray[np.float64]:
    """How many units of the viewer's world one unit of a layer is, (layer.ndim,).

    1 where the viewer's layers have no unit in common, for napari takes none into account then.
    """
    units = viewer.layers.units if viewer is not None else None
    if units is None or len(units) < layer.ndim:
        return np.ones(layer.ndim)
    pairs = zip(layer.units, units[-layer.ndim :], strict=True)
    return np.array([1.0 if own == world else float((1 * own).to(world).magnitude) for own, world in pairs])


def to_data(viewer: ViewerModel | None, layer: Layer, position: Any) -> NDArray[np.float64]:
    """A position in the viewer's world, as ``viewer.cursor.position``, in data coordinates of a layer."""
    point = np.asarray(position, dtype=float)[-layer.ndim :] / world_units(viewer, layer)
    return np.asarray(layer.world_to_data(point), dtype=float)


def to_world(viewer: ViewerModel | None, layer: Layer, positions: NDArray[Any]) -> NDArray[np.float64]:
    """Positions (n, layer.ndim) in data coordinates of a layer, in the viewer's world.

    By the layer's scale and translation, which are all that this package gives a layer.
    """
    moved = np.asarray(positions, dtype=float) * layer.scale + layer.translate
    return np.asarray(moved * world_units(viewer, layer))
