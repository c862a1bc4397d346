"""Functions for scripts that show one slab at a time; all go through the scene of the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.errors import ConfigurationError
from napari_abc.model import DEFAULT_COLORMAP
from napari_abc.viewer.color import color_by as paint_by
from napari_abc.viewer.color import resolve
from napari_abc.viewer.frames import prepare_frame
from napari_abc.viewer.links import unwrap, viewer_of
from napari_abc.viewer.prepare import prepare_slab
from napari_abc.viewer.scene._scene import scene_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Points

    from napari_abc.model import Coloring, Slab
    from napari_abc.viewer.color import Painted
    from napari_abc.viewer.frames import PreparedFrame
    from napari_abc.viewer.layers import SlabLayers
    from napari_abc.viewer.prepare import PreparedSlab

__all__ = ["add_prepared", "add_slab", "color_by", "show_in_frame", "show_prepared_frame"]


def add_slab(
    viewer: ViewerModel,
    slab: Slab,
    color_by: str | Coloring | Painted | None = None,
    values: str = "log2",
) -> SlabLayers:
    """Show a slab in a viewer: its cells, and the regions, outlines and images that it has.

    Every layer has the units, axis labels and y direction of the slab's frame, so they are in
    register and the scale bar, which is switched on, is true. A slab of the same kind of space as
    those that are open lies beside them, and the camera goes to it. See :func:`~napari_abc.scene`
    for all that can be done with several.

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
    prepared = prepare_slab(slab, color_by, values)
    return add_prepared(viewer, prepared, color_by if isinstance(color_by, str) else None, values)


def add_prepared(
    viewer: ViewerModel, prepared: PreparedSlab, color_by: str | None = None, values: str = "log2"
) -> SlabLayers:
    """Show a slab that :func:`prepare_slab` prepared, perhaps on another thread; on the GUI thread.

    Parameters
    ----------
    color_by, values
        What it was prepared with, if it is to keep that coloring for itself.
    """
    (layers,) = scene_of(viewer).open(prepared, color_by=color_by, values=values)
    return layers


def color_by(
    layer: Points,
    key: str,
    values: str = "log2",
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
) -> Coloring:
    """Color the cells of one layer by a column or a gene; :meth:`ViewerScene.color_by` colors all.

    Parameters
    ----------
    layer
        A layer of cells that this package opened.
    key
        A column of the slab's cells, or ``"gene:"`` and a symbol or identifier.
    values
        ``"log2"`` or ``"raw"``, for a gene.
    limits
        Values of the colormap's first and last color; None for those that show the values well.
    colormap
        Any name that cmap knows.

    Returns
    -------
    Coloring
        The codes or numbers that the cells are colored by.

    Raises
    ------
    ConfigurationError
        If the layer doesn't show a slab's cells, the column has too many different values to tell apart
        by color, or the limits or the colormap can't be used.
    UnknownNameError
        If there is no such column or gene.
    ExpressionError
        If there are no such values for these cells.
    AbcError
        If a matrix can't be fetched or read, as for :meth:`Slab.expression`.

    Examples
    --------
    >>> layers = abc.add_slab(viewer, slab)
    >>> abc.color_by(layers.cells, "gene:DRD1", limits=(0, 8)).title
    'DRD1'
    """
    layer = unwrap(layer)
    viewer = viewer_of(layer)
    slab = scene_of(viewer).board.key_of(layer) if viewer is not None else None
    if viewer is None or slab is None:
        return paint_by(layer, key, values, limits, colormap)
    stage = scene_of(viewer).stage
    coloring = stage.coloring(slab, key, values)
    resolve(coloring, limits, colormap)  # raises where they can't be used
    stage.do("color_by", coloring.key, values, limits, colormap, slab=slab)
    return coloring


def show_in_frame(viewer: ViewerModel, layer: Points, name: str) -> SlabLayers:
    """Show the cells of an open slab in another of its frames.

    The new layer has the place, name, look and colors of the old one, which is removed. The camera
    stays on the cells that were in view. A frame of three dimensions is shown in 3D.

    Parameters
    ----------
    viewer
        The viewer.
    layer
        The layer of the slab's cells: :attr:`SlabLayers.cells`.
    name
        Name of the frame, one of ``slab.frames``.

    Returns
    -------
    SlabLayers
        The layers that show the slab now.

    Raises
    ------
    ConfigurationError
        If the layer shows no cells of a slab in this viewer.
    UnknownNameError
        If the slab has no such frame.
    FormatError
        If none of its cells has coordinates there.

    Examples
    --------
    >>> section = atlas["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    >>> layers = abc.add_slab(viewer, section)
    >>> layers = abc.show_in_frame(viewer, layers.cells, "ccf")
    >>> viewer.dims.ndisplay
    3
    """
    return show_prepared_frame(viewer, prepare_frame(layer, name))


def show_prepared_frame(viewer: ViewerModel, frame: PreparedFrame) -> SlabLayers:
    """Replace a slab's layers by those that :func:`prepare_frame` prepared; on the GUI thread.

    Raises
    ------
    ConfigurationError
        If the layer that is to be replaced has left the viewer.
    """
    viewer = unwrap(viewer)
    if frame.layer not in viewer.layers:
        raise ConfigurationError(
            f"The layer {frame.layer.name!r} is not in this viewer any more; open the slab again."
        )
    return scene_of(viewer).board.show_frame(frame)
