"""Making the layer of a slab's cells, without what takes napari long and is not needed; on any thread.

napari copies the colors of millions of points several times and turns their table into arrays of
objects, in case the colors depend on it. Here the layer is made without either, and both are
handed over afterward: the table as it is, the colors as what they are looked up in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari.layers import Layer

from napari_abc.viewer.color import prepare_layer, prepares_layers
from napari_abc.viewer.links import METADATA_PAINTED, viewer_of

if TYPE_CHECKING:
    from napari.layers import Points

    from napari_abc.viewer.prepare import LayerTuple, PreparedSlab

__all__ = ["cells_of", "make_cells", "ready"]


def make_cells(part: LayerTuple) -> Points:
    """Make the layer of :attr:`PreparedSlab.cells`."""
    data, arguments, kind = part
    painted = arguments["metadata"].get(METADATA_PAINTED)
    if painted is None or not len(data) or not prepares_layers():
        made: Points = Layer.create(data, arguments, kind)
        return made
    plain: dict[str, Any] = dict(arguments)
    features, defaults = plain.pop("features"), plain.pop("feature_defaults")
    plain["face_color"] = plain["border_color"] = "white"
    layer: Points = Layer.create(data, plain, kind)
    layer.features = features
    layer.feature_defaults = defaults
    prepare_layer(layer, painted, None, known=True)
    return layer


def ready(prepared: PreparedSlab) -> PreparedSlab:
    """The same with its layer of cells made, where that must not be done on the GUI thread."""
    return replace(prepared, made=make_cells(prepared.cells))


def cells_of(prepared: PreparedSlab) -> Points:
    """The layer of cells that was made, unless it is in a viewer already, or a new one."""
    made = prepared.made
    return made if made is not None and viewer_of(made) is None else make_cells(prepared.cells)
