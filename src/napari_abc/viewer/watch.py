"""Knowing which layers of a viewer show slabs, and looking after them.

Layers come in several ways: from a script or the dock through ``add_slab``, from a reader or a
sample as plain tuples that napari makes layers of, and as duplicates. What they have in common is
that they hold their slab in ``metadata``; whoever adds one has the viewer watched, and each such
layer is then looked after when it is inserted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet, ref

from napari.layers import Labels, Points, Shapes
from napari.utils.notifications import show_info

from napari_abc.errors import ConfigurationError
from napari_abc.viewer._depth import show_in_space, step_finely
from napari_abc.viewer.color import (
    check_ways,
    notice_hand_coloring,
    order_cells,
    painted,
    prepare_layer,
    rows_of,
)
from napari_abc.viewer.hover import answer_for_cells, show_cells
from napari_abc.viewer.links import (
    METADATA_OUTLINES,
    METADATA_VOLUME,
    remember_viewer,
    shows_cells,
    slab_of,
    unwrap,
)
from napari_abc.viewer.parcellation import show_terms
from napari_abc.viewer.points import Detail, guard, install

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer
    from napari.utils.events import Event

__all__ = ["watch"]

_watched: WeakSet[ViewerModel] = WeakSet()

_GUARDED = (
    "Cells can't be moved, added or deleted; they stay where they were measured, and can be selected. "
    "Duplicate the layer to change a copy."
)
_REGIONS_KEPT = "Regions of a slab can't be deleted one by one. Duplicate the layer to change a copy."


def watch(viewer: ViewerModel) -> None:
    """Look after each layer of a viewer that shows cells of a slab, now and from now on.

    Raises
    ------
    ConfigurationError
        If the environment variable NAPARI_ABC_WAY can't be used.
    """
    check_ways()  # raises here, and not where a layer is half in
    viewer = unwrap(viewer)
    if viewer in _watched:
        return
    _watched.add(viewer)
    install(_prepare)  # where this napari can't, layers are painted in other ways
    weak = ref(viewer)

    def inserted(event: Event) -> None:
        owner = weak()
        if owner is not None:
            _look_after(owner, event.value)

    # Last, when napari has made room for the layer's dimensions.
    viewer.layers.events.inserted.connect(inserted, position="last")
    Detail(viewer, "cells")
    step_finely(viewer)
    for layer in viewer.layers:
        _look_after(viewer, layer)
    answer_for_cells(viewer)


def _prepare(layer: Points) -> None:
    """Let a layer of cells be drawn in the fastest way."""
    if not shows_cells(layer):
        return
    try:
        rows = rows_of(layer)
    except ConfigurationError:
        return  # not known which cells are left; they keep their colors, and can't get others
    prepare_layer(layer, painted(layer), rows)


def _look_after(viewer: ViewerModel, layer: Layer) -> None:
    slab = slab_of(layer)
    if slab is None:
        return

    remember_viewer(layer, viewer)
    if slab.frame.unit:  # an embedding has no scale
        viewer.canvas.overlays.scale_bar.visible = True
    if isinstance(layer, Labels) and layer.metadata.get(METADATA_OUTLINES):
        # Two, as napari shows a level up to twice as fine as the screen; and it can't be given before.
        layer.contour = 2
    if isinstance(layer, Labels) and layer.metadata.get(METADATA_VOLUME) is not None:
        show_terms(layer)
    if isinstance(layer, Shapes) and layer.source.parent is None:
        _keep_regions(layer)
    if not (isinstance(layer, Points) and shows_cells(layer)):
        return

    show_cells(layer)
    notice_hand_coloring(layer)
    order_cells(layer)
    if layer.source.parent is None:  # not a duplicate, which is the person's own
        guard(layer, _GUARDED)
        _below_regions(viewer, layer)
    if layer.ndim == 3:
        show_in_space(viewer, layer)
    if not any(shows_cells(other) for other in viewer.layers if other is not layer):
        whole = [other for other in viewer.layers if slab_of(other) is slab and other.visible]
        viewer.reset_view(layers=whole)


def _keep_regions(regions: Layer) -> None:
    """Have napari's Delete leave the regions of a slab where they are, for it has no undo."""

    def refuse() -> None:
        if regions_of().selected_data:
            show_info(_REGIONS_KEPT)

    regions_of: Any = ref(regions)
    vars(regions)["remove_selected"] = refuse


def _below_regions(viewer: ViewerModel, cells: Layer) -> None:
    """Move cells below the regions of their slab, that these are seen.

    The cells are added last nevertheless: the layer that was added last is the active one, and
    the canvas, drawn with each of them, is drawn with the cells only once.
    """
    slab, layers = slab_of(cells), viewer.layers
    regions = [layers.index(x) for x in layers if isinstance(x, Shapes) and slab_of(x) is slab]
    if regions and regions[0] < layers.index(cells):
        layers.move(layers.index(cells), regions[0])
