"""Adding a slab to a viewer: cells, regions, outlines and images, in units and in register."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari.layers import Layer

from napari_abc.viewer._embeddings import set_apart
from napari_abc.viewer.cell_layer import cells_of
from napari_abc.viewer.links import unwrap
from napari_abc.viewer.prepare import PreparedSlab, prepare_slab
from napari_abc.viewer.watch import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.components import ViewerModel
    from napari.layers import Labels, Points, Shapes

    from napari_abc.model import Coloring, Slab
    from napari_abc.viewer.color import Painted

__all__ = ["SlabLayers", "add_prepared", "add_slab"]


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


def add_slab(
    viewer: ViewerModel,
    slab: Slab,
    color_by: str | Coloring | Painted | None = None,
    values: str = "log2",
) -> SlabLayers:
    """Show a slab in a viewer: its cells, and the regions, outlines and images that it has.

    Every layer has the units, axis labels and y direction of the slab's frame, so they are in
    register and the scale bar, which is switched on, is true. The camera is fitted to the first
    slab's cells in a viewer and left alone after that.

    Parameters
    ----------
    viewer
        A napari viewer.
    slab
        The slab.
    color_by
        A column, or ``"gene:"`` and a symbol or identifier, or a coloring that was resolved
        before, with its limits or without; None for the slab's finest readable grouping, or plain
        gray where it has none.
    values
        ``"log2"`` or ``"raw"``, for a gene.

    Returns
    -------
    SlabLayers
        The layers that were added.

    Raises
    ------
    UnknownNameError
        If there is no such column or gene; no layer is added then.
    ExpressionError
        If there are no such values for these cells; no layer is added then.
    ConfigurationError
        If the column has too many different values to tell apart by color.
    FormatError
        If the slab holds neither cells nor images.
    AbcError
        If a matrix can't be fetched or read, as for :meth:`Slab.expression`.

    Examples
    --------
    >>> layers = abc.add_slab(viewer, slab, color_by="Class")
    >>> len(layers.cells.data) == len(slab.cells)
    True
    """
    return add_prepared(viewer, prepare_slab(slab, color_by, values))


def add_prepared(viewer: ViewerModel, prepared: PreparedSlab) -> SlabLayers:
    """Show a slab that :func:`prepare_slab` prepared, perhaps on another thread; on the GUI thread."""
    viewer = unwrap(viewer)
    watch(viewer)
    # Everything is made before anything is added, so that a failure leaves the viewer as it was.
    images = [Layer.create(*part) for part in prepared.images]
    outlines = Layer.create(*prepared.outlines) if prepared.outlines is not None else None
    regions = Layer.create(*prepared.regions) if prepared.regions is not None else None
    cells = cells_of(prepared)
    new = [layer for layer in (*images, outlines, regions, cells) if layer is not None]
    apart = set_apart(viewer, new, prepared.slab)
    for layer in new:
        viewer.layers.append(layer)
    if apart:
        viewer.reset_view(layers=new)
    return SlabLayers(cells, regions, outlines, images)
