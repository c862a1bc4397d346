"""The layers of a slab: cells, regions, outlines and images, in units and in register."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari.layers import Labels, Layer, Shapes

from napari_abc.viewer.cell_layer import cells_of
from napari_abc.viewer.links import METADATA_OUTLINES, slab_of
from napari_abc.viewer.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.components import ViewerModel
    from napari.layers import Points

    from napari_abc.model import Slab
    from napari_abc.viewer.prepare import PreparedSlab

__all__ = ["SlabLayers", "collect", "insert"]


@dataclass(eq=False)
class SlabLayers:
    """The layers that show a slab; going through it gives each that there is.

    Attributes
    ----------
    cells
        Points, a cell each; ``layer.features`` and the legend follow what it is colored by.
    regions, outlines
        Polygons of regions, and outlines of cells; None where the slab has none.
    images
        Images of the slab itself.

    Examples
    --------
    >>> layers = abc.add_slab(viewer, slab)
    >>> layers.regions is not None, layers.outlines is None
    (True, True)
    >>> all(layer in viewer.layers for layer in layers)
    True
    """

    cells: Points
    regions: Shapes | None = None
    outlines: Labels | None = None
    images: list[Layer] = field(default_factory=list)

    def __iter__(self) -> Iterator[Layer]:
        """Every layer there is, from the lowest to the topmost."""
        yield from self.images
        yield from (layer for layer in (self.outlines, self.cells, self.regions) if layer is not None)


def insert(
    viewer: ViewerModel, prepared: PreparedSlab, settle: Callable[[list[Layer]], None] | None = None
) -> SlabLayers:
    """Make the layers of a prepared slab and insert them; ``settle`` is called with them in between."""
    watch(viewer)
    # Everything is made before anything is added, so that a failure leaves the viewer as it was.
    images = [Layer.create(*part) for part in prepared.images]
    outlines = Layer.create(*prepared.outlines) if prepared.outlines is not None else None
    regions = Layer.create(*prepared.regions) if prepared.regions is not None else None
    cells = cells_of(prepared)
    new = [layer for layer in (*images, outlines, regions, cells) if layer is not None]
    if settle is not None:
        settle(new)
    for layer in new:
        viewer.layers.append(layer)
    return SlabLayers(cells, regions, outlines, images)


def collect(viewer: ViewerModel, cells: Points, slab: Slab) -> SlabLayers:
    """The layers of a viewer that show a slab, whose cells are shown by one of them."""
    found = SlabLayers(cells)
    for layer in viewer.layers:
        if slab_of(layer) is not slab or layer is cells:
            continue
        if isinstance(layer, Shapes):
            found.regions = layer
        elif isinstance(layer, Labels) and layer.metadata.get(METADATA_OUTLINES):
            found.outlines = layer
        else:
            found.images.append(layer)
    return found
