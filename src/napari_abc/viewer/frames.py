"""Switching an open slab between its frames: other places of the same cells, seen from the same place.

The layer of cells is replaced by one in the other frame, with its name, look and colors. What lies
in one frame only (regions, outlines, images, volumes) is set aside when that frame is left, and put
back as it was when the slab returns to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer

from napari_abc.errors import ConfigurationError, FormatError, UnknownNameError
from napari_abc.model import MISSING_COLOR, hex_table
from napari_abc.task import Task
from napari_abc.viewer._camera import follow_cells, look_at, look_from
from napari_abc.viewer.cell_layer import cells_of, ready
from napari_abc.viewer.cell_size import size_factor
from napari_abc.viewer.color import Painted, painted, rows_of
from napari_abc.viewer.layers import SlabLayers, collect
from napari_abc.viewer.links import (
    METADATA_CELLS,
    METADATA_PAINTED,
    METADATA_SLAB,
    slab_of,
    unwrap,
)
from napari_abc.viewer.prepare import PreparedSlab, prepare_slab
from napari_abc.viewer.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Points
    from numpy.typing import NDArray

    from napari_abc.model import Coloring, Slab

__all__ = ["PreparedFrame", "exchange_layers", "prepare_frame", "whole_slab"]

METADATA_WHOLE = "napari_abc.whole"
"""Key of a layer's metadata that holds the slab as it was opened, with the cells of all frames."""

METADATA_ASIDE = "napari_abc.aside"
"""Key of a layer's metadata that holds what was shown in the frames that were left, by frame."""

_Aside = dict[str, list[tuple["Layer", bool]]]
"""Layers of each frame, from the lowest, and whether they lay above the cells."""

_LOOK = ("name", "visible", "opacity", "blending", "antialiasing", "shading", "canvas_size_limits")
"""Settings of the layer of cells that are the same in every frame."""


@dataclass(frozen=True, eq=False, slots=True)
class PreparedFrame:
    """A slab in another frame, ready to take the place of the layer that shows it."""

    layer: Points
    """The layer that is to be replaced."""
    whole: Slab
    parts: PreparedSlab
    places: tuple[NDArray[np.float32], NDArray[np.float32]]
    """Positions of the cells that both frames have, in the old one (n, 2 or 3) and in the new one."""


def whole_slab(layer: Layer) -> Slab | None:
    """The slab of a layer as it was opened, with the cells of all its frames; None for other layers."""
    whole: Slab | None = layer.metadata.get(METADATA_WHOLE)
    return whole if whole is not None else slab_of(layer)


def prepare_frame(
    layer: Points, name: str, task: Task | None = None, slab: Slab | None = None
) -> PreparedFrame:
    """Prepare what :func:`exchange_layers` shows; any thread will do, and nothing is changed.

    Parameters
    ----------
    slab
        The slab in that frame, where it is at hand.
    """
    task = task or Task()
    layer = unwrap(layer)
    old = slab_of(layer)
    whole = whole_slab(layer)
    if old is None or whole is None or not layer.metadata.get(METADATA_CELLS):
        raise ConfigurationError(
            f"The layer {layer.name!r} doesn't show the cells of a slab; take SlabLayers.cells."
        )
    new = slab if slab is not None else whole.in_frame(name)
    if not len(new.cells):
        where = new.frame.title or name
        raise FormatError(
            f"None of the {len(whole.cells):,} cells of {whole.label} has coordinates in the frame {where}; "
            f"choose another frame."
        )
    task.report(f"Showing {whole.label} in {new.frame.title or name}", 0, 2, "steps")
    same = old.cells.index.equals(new.cells.index)
    rows = None if same else old.cells.index.get_indexer(new.cells.index).astype(np.int64)
    state = painted(layer)
    parts = prepare_slab(new, None if state is None else _carry(state, old, new, rows, task), task=task)
    task.report(f"Showing {whole.label} in {new.frame.title or name}", 1, 2, "steps")
    data, arguments, kind = parts.cells
    arguments = {**arguments, **{setting: getattr(layer, setting) for setting in _LOOK}}
    arguments["size"] *= size_factor(layer) or 1
    if state is None:
        arguments = _by_hand(arguments, _hand_colors(layer, old), rows)
    both = np.arange(len(data)) if rows is None else np.flatnonzero(rows >= 0)
    before = both if rows is None else rows[both]
    places = _positions(old)[before], data[both]
    return PreparedFrame(layer, whole, ready(replace(parts, cells=(data, arguments, kind))), places)


def _positions(slab: Slab) -> NDArray[np.float32]:
    axes = ["z", "y", "x"][-slab.frame.ndim :]
    positions: NDArray[np.float32] = slab.cells[axes].to_numpy(dtype=np.float32)
    return positions


def _carry(state: Painted, old: Slab, new: Slab, rows: NDArray[np.int64] | None, task: Task) -> Painted:
    """What the cells are colored by, for the cells of another frame."""
    coloring = state.coloring
    if rows is not None:
        coloring = _resolve_again(coloring, new, rows, task) or coloring.take(rows)
    return replace(state, coloring=coloring, hidden=state.hidden & {*coloring.categories, None})


def _resolve_again(coloring: Coloring, new: Slab, rows: NDArray[np.int64], task: Task) -> Coloring | None:
    """The same key for the cells of the new frame, where the old one lacks some of them."""
    if (rows >= 0).all():
        return None
    genes, source, kind = coloring.genes, new.expression_source, "log2"
    if genes:
        kind = genes[0].values
        # Nothing is fetched for this: nobody was asked.
        if source is None or source.download_bytes(kind, [gene.identifier for gene in genes]):
            return None
    elif coloring.key not in new.cells:
        return None
    try:
        return new.coloring(coloring.key, kind, task)
    except UnknownNameError:  # a coloring of one's own
        return None


def _hand_colors(layer: Points, old: Slab) -> NDArray[np.float32]:
    """Colors that somebody gave the cells, (cells, 4)."""
    rows = rows_of(layer)
    if rows is None:
        return np.asarray(layer.face_color, dtype=np.float32)
    colors = np.tile(hex_table((MISSING_COLOR,)), (len(old.cells), 1))
    colors[rows[rows >= 0]] = layer.face_color[rows >= 0]
    return colors


def _by_hand(
    arguments: dict[str, Any], colors: NDArray[np.float32], rows: NDArray[np.int64] | None
) -> dict[str, Any]:
    """Arguments of a layer whose cells keep colors that say nothing."""
    if rows is not None:
        colors = np.vstack([colors, hex_table((MISSING_COLOR,))])[rows]
    metadata = {key: value for key, value in arguments["metadata"].items() if key != METADATA_PAINTED}
    return {**arguments, "face_color": colors, "border_color": colors, "metadata": metadata}


def exchange_layers(
    viewer: ViewerModel, frame: PreparedFrame, settle: Callable[[list[Layer]], None]
) -> SlabLayers:
    """Replace a slab's layers by those that :func:`prepare_frame` prepared; on the GUI thread.

    ``settle`` is called with the layers that are new, before they are inserted.

    Raises
    ------
    ConfigurationError
        If the layer that is to be replaced has left the viewer.
    """
    viewer, old = unwrap(viewer), frame.layer
    if old not in viewer.layers:
        raise ConfigurationError(f"The layer {old.name!r} is not in this viewer any more; open them again.")
    watch(viewer)
    before, after = slab_of(old), frame.parts.slab
    assert before is not None  # it was asked when the frame was prepared
    view = look_from(viewer, old)
    cells = cells_of(frame.parts)
    name = cells.name
    aside: _Aside = {**old.metadata.get(METADATA_ASIDE, {})}
    layers = viewer.layers
    companions = _companions(viewer, before, old)
    made = _companions_of(frame.parts) if after.frame.name not in aside else []
    returning = aside.pop(after.frame.name, made)
    settle([cells, *(layer for layer, _ in made)])
    aside[before.frame.name] = companions
    cells.metadata.update({METADATA_WHOLE: frame.whole, METADATA_ASIDE: aside})
    layers.insert(layers.index(old) + 1, cells)
    if after.frame.ndim == 2:
        viewer.dims.ndisplay = 2  # before the last layer with a depth goes
    for layer in (*(layer for layer, _ in companions), old):
        layers.remove(layer)
    cells.name = name  # which the old layer had until now
    for layer, above in returning:
        layer.metadata[METADATA_SLAB] = after
        layers.insert(layers.index(cells) + above, layer)
    layers.selection.active = cells
    look_at(viewer, cells, follow_cells(view, *frame.places))
    return collect(viewer, cells, after)


def _companions(viewer: ViewerModel, slab: Slab, cells: Points) -> list[tuple[Layer, bool]]:
    """Layers that lie in the frame of the cells; none if other cells are shown with them, too."""
    mine = [layer for layer in viewer.layers if slab_of(layer) is slab and layer is not cells]
    if any(layer.metadata.get(METADATA_CELLS) for layer in mine):
        return []
    place = viewer.layers.index(cells)
    return [(layer, viewer.layers.index(layer) > place) for layer in mine]


def _companions_of(parts: PreparedSlab) -> list[tuple[Layer, bool]]:
    """What is shown with the cells in a frame that is entered for the first time."""
    below = [*parts.images, *([parts.outlines] if parts.outlines is not None else [])]
    made = [(Layer.create(*part), False) for part in below]
    return made + ([(Layer.create(*parts.regions), True)] if parts.regions is not None else [])
