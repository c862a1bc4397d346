"""Embeddings and tissue in one viewer: they share no space, so one is shown at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.viewer.links import slab_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_abc.model import Slab

__all__ = ["set_apart"]


def set_apart(viewer: ViewerModel, new: Sequence[Layer], slab: Slab) -> bool:
    """Make room for a slab whose space is not that of the slabs already there.

    An embedding laid over a section says nothing. The layers of the other kind are hidden, not
    removed. An embedding has no unit, but where tissue is in the viewer it takes that unit's name:
    napari draws no scale bar for anybody while one layer has none.

    Parameters
    ----------
    viewer
        The viewer.
    new
        Layers of the slab, not yet in the viewer.
    slab
        The slab.

    Returns
    -------
    bool
        Whether layers were hidden; then nothing of the new slab may be in view.
    """
    has_unit = bool(slab.frame.unit)
    others = [
        (layer, other)
        for layer in viewer.layers
        if (other := slab_of(layer)) is not None and bool(other.frame.unit) != has_unit
    ]
    for layer, other in others:
        if has_unit:
            layer.units = (slab.frame.unit,) * layer.ndim
        else:
            for mine in new:
                mine.units = (other.frame.unit,) * mine.ndim
    hidden = [layer for layer, _ in others if layer.visible]
    for layer in hidden:
        layer.visible = False
    viewer.canvas.overlays.scale_bar.visible &= has_unit or not hidden
    return bool(hidden)
