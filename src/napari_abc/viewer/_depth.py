"""Slabs in three dimensions: shown in space, and plane by plane in slices of a useful thickness.

napari steps through a layer of points by whole units, a millimeter say, and shows what lies within
half a unit of the plane. A brain is 13 mm long, and its sections lie 0.2 mm apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from napari_abc.viewer.links import METADATA_CELLS, slab_of
from napari_abc.viewer.world import world_units

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["show_in_space", "step_finely"]

_THICKNESS = {"millimeter": 0.2, "micrometer": 200.0}
"""Thickness of a slice, in the unit of a frame."""

_SLICES = 64
"""Slices along the longest side, in a frame without unit."""


def show_in_space(viewer: ViewerModel, layer: Layer) -> None:
    """Show three dimensions, and give slices a thickness unless a person has done so."""
    viewer.dims.ndisplay = 3
    before, behind = list(viewer.dims.margin_left), list(viewer.dims.margin_right)
    for axis, thickness in _thickness(viewer, layer).items():
        if not before[axis] and not behind[axis]:
            before[axis] = behind[axis] = thickness / 2
    viewer.dims.margin_left, viewer.dims.margin_right = tuple(before), tuple(behind)


def step_finely(viewer: ViewerModel) -> None:
    """Step by half a slice through slabs of three dimensions, now and whenever layers change."""
    weak = ref(viewer)

    def changed(_event: object = None) -> None:
        owner = weak()
        if owner is None:
            return
        ranges = list(owner.dims.range)
        for layer in owner.layers:
            slab = slab_of(layer)
            if slab is None or layer.ndim != 3 or not layer.metadata.get(METADATA_CELLS):
                continue
            for axis, thickness in _thickness(owner, layer).items():
                if axis < len(ranges) and ranges[axis].step > thickness / 2:
                    ranges[axis] = ranges[axis]._replace(step=thickness / 2)
        if tuple(ranges) != owner.dims.range:
            owner.dims.range = tuple(ranges)

    viewer.dims.events.range.connect(changed)
    changed()


def _thickness(viewer: ViewerModel, layer: Layer) -> dict[int, float]:
    """Thickness of a slice along each axis of the viewer that a layer has, in the viewer's world."""
    slab = slab_of(layer)
    extent = layer.extent.world
    side = float((extent[1] - extent[0]).max()) or 1.0
    own = _THICKNESS.get(slab.frame.unit if slab is not None else "", side / _SLICES)
    offset = viewer.dims.ndim - layer.ndim
    return {axis + offset: own * float(unit) for axis, unit in enumerate(world_units(viewer, layer))}
