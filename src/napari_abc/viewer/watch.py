"""Knowing which layers of a viewer show slabs, and looking after them.

Layers come in several ways: from a script or the dock through ``add_slab``, from a reader or a
sample as plain tuples that napari makes layers of, and as duplicates. What they have in common is
that they hold their slab in ``metadata``; whoever adds one has the viewer watched, and each such
layer is then looked after when it is inserted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, ref

from napari_abc.errors import ConfigurationError
from napari_abc.model import Slab
from napari_abc.viewer.detail import Detail

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer, Points
    from napari.utils.events import Event

__all__ = [
    "METADATA_CELLS",
    "METADATA_FRAME",
    "METADATA_OUTLINES",
    "METADATA_PAINTED",
    "METADATA_SIZE",
    "METADATA_SLAB",
    "METADATA_VOLUME",
    "slab_of",
    "unwrap",
    "viewer_of",
    "watch",
    "watch_current",
]

METADATA_SLAB = "napari_abc.slab"
"""Key of a layer's metadata that holds the :class:`~napari_abc.model.Slab` it shows a part of."""

METADATA_CELLS = "napari_abc.cells"
"""Key of a layer's metadata that is set where the layer's points are the slab's cells."""

METADATA_OUTLINES = "napari_abc.outlines"
"""Key of a layer's metadata that is set where its labels are to be seen as outlines only."""

METADATA_PAINTED = "napari_abc.painted"
"""Key of a layer's metadata that holds what it is coloured by."""

METADATA_FRAME = "napari_abc.frame"
"""Key of a layer's metadata that holds the name of the frame it lies in."""

METADATA_SIZE = "napari_abc.size"
"""Key of a layer's metadata that holds the diameter that its cells were given at first."""

METADATA_VOLUME = "napari_abc.volume"
"""Key of a layer's metadata that holds the :class:`~napari_abc.model.Volume` it shows."""

_watched: WeakSet[ViewerModel] = WeakSet()
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


def watch(viewer: ViewerModel) -> None:
    """Look after each layer of a viewer that shows cells of a slab, now and from now on.

    Raises
    ------
    ConfigurationError
        If the environment variable NAPARI_ABC_LANE can't be used.
    """
    from napari_abc.viewer.depth import step_finely
    from napari_abc.viewer.lanes import lanes

    lanes()  # raises here, and not where a layer is half in
    viewer = unwrap(viewer)
    if viewer in _watched:
        return
    _watched.add(viewer)
    _install()
    weak = ref(viewer)

    def inserted(event: Event) -> None:
        owner = weak()
        if owner is not None:
            _look_after(owner, event.value)

    # Last, when napari has made room for the layer's dimensions.
    viewer.layers.events.inserted.connect(inserted, position="last")
    Detail(viewer)
    step_finely(viewer)
    for layer in viewer.layers:
        _look_after(viewer, layer)


def watch_current() -> None:
    """Watch napari's current viewer, if there is one: the one that a reader's layers are for."""
    import napari

    viewer = napari.current_viewer()
    if viewer is not None:
        watch(viewer)


def _install() -> None:
    """Be asked when napari makes what draws a layer of points, if there is a window to draw on."""
    try:
        from napari_abc.viewer.lookup_napari import install
    except ImportError:
        return  # another napari, or one without a window; layers are painted in other ways
    install(_prepare)


def _prepare(layer: Points) -> None:
    """Let a layer of cells be drawn in the fastest way."""
    if not _shows_cells(layer):
        return
    from napari_abc.viewer import lanes
    from napari_abc.viewer.paint import painted, rows_of

    try:
        rows = rows_of(layer)
    except ConfigurationError:
        return  # not known which cells are left; they keep their colours, and can't get others
    lanes.prepare(layer, painted(layer), rows)


def _look_after(viewer: ViewerModel, layer: Layer) -> None:
    slab = slab_of(layer)
    if slab is None:
        return
    from napari.layers import Labels, Points

    _viewers[layer] = ref(viewer)
    if slab.frame.unit:  # an embedding has no scale
        viewer.canvas.overlays.scale_bar.visible = True
    if isinstance(layer, Labels) and layer.metadata.get(METADATA_OUTLINES):
        # Two, as napari shows a level up to twice as fine as the screen; and it can't be given before.
        layer.contour = 2
    if isinstance(layer, Labels) and layer.metadata.get(METADATA_VOLUME) is not None:
        from napari_abc.viewer.terms import show_terms

        show_terms(layer)
    if not (isinstance(layer, Points) and _shows_cells(layer)):
        return
    from napari_abc.viewer.depth import show_in_space
    from napari_abc.viewer.paint import follow
    from napari_abc.viewer.status import show_cells

    show_cells(layer)
    follow(layer)
    if layer.source.parent is None:  # not a duplicate, which stays where the person has put it
        _below_regions(viewer, layer)
    if layer.ndim == 3:
        show_in_space(viewer, layer)
    if not any(_shows_cells(other) for other in viewer.layers if other is not layer):
        whole = [other for other in viewer.layers if slab_of(other) is slab and other.visible]
        viewer.reset_view(layers=whole)


def _shows_cells(layer: Layer) -> bool:
    return slab_of(layer) is not None and bool(layer.metadata.get(METADATA_CELLS))


def _below_regions(viewer: ViewerModel, cells: Layer) -> None:
    """Move cells below the regions of their slab, that these are seen.

    The cells are added last nevertheless: the layer that was added last is the active one, and
    the canvas, drawn with each of them, is drawn with the cells only once.
    """
    from napari.layers import Shapes

    slab, layers = slab_of(cells), viewer.layers
    regions = [layers.index(x) for x in layers if isinstance(x, Shapes) and slab_of(x) is slab]
    if regions and regions[0] < layers.index(cells):
        layers.move(layers.index(cells), regions[0])
