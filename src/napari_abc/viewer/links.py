"""Links between layers and what they show: the keys of a layer's metadata, and who reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from napari_abc.model import Slab

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = [
    "METADATA_CELLS",
    "METADATA_FRAME",
    "METADATA_OUTLINES",
    "METADATA_PAINTED",
    "METADATA_RARE_ABOVE",
    "METADATA_SIZE",
    "METADATA_SLAB",
    "METADATA_VOLUME",
    "remember_viewer",
    "shows_cells",
    "slab_of",
    "unwrap",
    "viewer_of",
]

METADATA_SLAB = "napari_abc.slab"
"""Key of a layer's metadata that holds the :class:`~napari_abc.model.Slab` it shows a part of."""

METADATA_CELLS = "napari_abc.cells"
"""Key of a layer's metadata that is set where the layer's points are the slab's cells."""

METADATA_OUTLINES = "napari_abc.outlines"
"""Key of a layer's metadata that is set where its labels are to be seen as outlines only."""

METADATA_PAINTED = "napari_abc.painted"
"""Key of a layer's metadata that holds what it is colored by."""

METADATA_FRAME = "napari_abc.frame"
"""Key of a layer's metadata that holds the name of the frame it lies in."""

METADATA_RARE_ABOVE = "napari_abc.rare_above"
"""Key of a layer's metadata that says whether rare types are drawn above common ones."""

METADATA_SIZE = "napari_abc.size"
"""Key of a layer's metadata that holds the diameter that its cells were given at first."""

METADATA_VOLUME = "napari_abc.volume"
"""Key of a layer's metadata that holds the :class:`~napari_abc.model.Volume` it shows."""

_viewers: WeakKeyDictionary[Layer, ref[ViewerModel]] = WeakKeyDictionary()


def unwrap(thing: Any) -> Any:
    """A viewer or layer itself, where napari handed a plugin a proxy of it."""
    return getattr(thing, "__wrapped__", thing)


def slab_of(layer: Layer) -> Slab | None:
    """The slab that a layer shows, or shows a part of; None for other layers."""
    slab = layer.metadata.get(METADATA_SLAB)
    return slab if isinstance(slab, Slab) else None


def viewer_of(layer: Layer) -> ViewerModel | None:
    """The viewer that a slab's layer was inserted into; None where nobody watched it."""
    viewer = _viewers.get(unwrap(layer))
    return viewer() if viewer is not None else None


def remember_viewer(layer: Layer, viewer: ViewerModel) -> None:
    """Remember which viewer a slab's layer was inserted into, for :func:`viewer_of`."""
    _viewers[layer] = ref(viewer)


def shows_cells(layer: Layer) -> bool:
    """Whether the points of a layer are the cells of a slab."""
    return slab_of(layer) is not None and bool(layer.metadata.get(METADATA_CELLS))
