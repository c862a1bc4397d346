"""Keeping the camera on the same cells when these are shown in other places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_abc.viewer.world import to_data, to_world, world_units

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer
    from numpy.typing import NDArray

__all__ = ["Viewpoint", "follow_cells", "look_at", "look_from"]

_FEWEST = 8
"""Fewer cells in view than this say nothing of where one looks; those nearest to it do then."""

_NEAREST = 200

_SAMPLE = 20_000
"""Cells that the new place is worked out from, at most."""

_FLAT = 0.05
"""A section in space has hardly any depth: directions with less than this share of its extent say
nothing of where its cells lie elsewhere."""


@dataclass(frozen=True, eq=False, slots=True)
class Viewpoint:
    """What is seen of a layer, in its data coordinates."""

    center: NDArray[np.float64]
    """(layer.ndim,) where the camera looks."""
    half: NDArray[np.float64]
    """(layer.ndim,) how far one sees from there along each axis; infinite along a slice's depth."""
    zoom: float
    """Canvas pixels a unit of the data."""
    ndisplay: int


def look_from(viewer: ViewerModel, layer: Layer) -> Viewpoint:
    """What is seen of a layer now."""
    camera, displayed = viewer.scene.camera, list(viewer.dims.displayed)
    point = np.zeros(max(viewer.dims.ndim, layer.ndim))
    point[-viewer.dims.ndim :] = viewer.dims.point
    point[displayed] = camera.center[-len(displayed) :]
    zoom = float(camera.zoom) * _data_unit(viewer, layer)
    height, width = (side / zoom / 2 for side in viewer.canvas.size)
    seen = np.full(len(point), np.inf)
    # From any side in three dimensions: a sphere that fills the canvas.
    seen[displayed] = [height, width] if len(displayed) == 2 else max(height, width)
    return Viewpoint(to_data(viewer, layer, point), seen[-layer.ndim :], zoom, len(displayed))


def follow_cells(view: Viewpoint, before: NDArray[np.float32], after: NDArray[np.float32]) -> Viewpoint:
    """What is to be seen when cells lie elsewhere: the same ones, as large as they were.

    Parameters
    ----------
    view
        What is seen now.
    before, after
        (cells, 2 or 3) positions of the same cells now and then.
    """
    if not len(before):
        return view
    offsets = np.abs(before - view.center)
    chosen = np.flatnonzero((offsets <= view.half).all(axis=1))
    if len(chosen) < _FEWEST:
        shown = np.isfinite(view.half)
        distance = np.linalg.norm(offsets[:, shown], axis=1)
        count = min(_NEAREST, len(before))
        chosen = np.argpartition(distance, count - 1)[:count]
    if len(chosen) > _SAMPLE:
        chosen = chosen[np.random.default_rng(0).integers(0, len(chosen), _SAMPLE)]
    old, new = before[chosen].astype(np.float64), after[chosen].astype(np.float64)
    old_middle, new_middle = old.mean(axis=0), new.mean(axis=0)
    # The frames may be turned, mirrored and stretched against each other.
    turn = np.linalg.lstsq(old - old_middle, new - new_middle, rcond=_FLAT)[0]
    old_spread, new_spread = (
        float(np.sqrt(((places - middle) ** 2).sum(axis=1).mean()))
        for places, middle in ((old, old_middle), (new, new_middle))
    )
    larger = new_spread / old_spread if old_spread > 0 and new_spread > 0 else 1.0
    center = new_middle + (view.center - old_middle) @ turn
    half = np.full(len(center), float(view.half[np.isfinite(view.half)].max()) * larger)
    return Viewpoint(center, half, view.zoom / larger, 3 if len(center) == 3 else 2)


def look_at(viewer: ViewerModel, layer: Layer, view: Viewpoint) -> None:
    """Look at a part of a layer, in as many dimensions as the view has."""
    viewer.dims.ndisplay = view.ndisplay
    world = to_world(viewer, layer, view.center[None])[0]
    center = np.zeros(3)
    center[-len(world) :] = world
    camera = viewer.scene.camera
    camera.center = tuple(center.tolist())
    camera.zoom = view.zoom / _data_unit(viewer, layer)


def _data_unit(viewer: ViewerModel, layer: Layer) -> float:
    """How long a unit of a layer's data is in the viewer's world."""
    return float(world_units(viewer, layer)[-1]) * abs(float(layer.scale[-1]))
