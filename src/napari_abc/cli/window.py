"""The napari window of ``view`` and ``demo``: a slab, and the dock beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtCore import QTimer

from napari_abc.viewer.color import resolve
from napari_abc.viewer.own_images import add_prepared_images
from napari_abc.viewer.scene import add_slab, rebuild, scene_of
from napari_abc.widgets.commands import open_dock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_abc.model import Coloring, Slab
    from napari_abc.viewer.own_images import PreparedImages
    from napari_abc.viewer.scene import OpenedScene

__all__ = ["open_view_window", "open_window"]


def open_window(
    slab: Slab | None,
    coloring: Coloring | None,
    images: Sequence[PreparedImages],
    arguments: Any,
    source: str | None,
) -> None:
    """Open napari with the dock and, where there is one, a slab.

    Parameters
    ----------
    slab
        What to show; None for the dock alone.
    coloring
        What to color it by; None for its finest readable grouping.
    images
        Of a person's own, to lie below the cells.
    arguments
        The shell's arguments; ``regions``, ``limits``, ``colormap``, ``release`` and ``offline`` are
        looked at.
    source
        What the dock opens; None for the source of its last session.
    """
    viewer = napari.Viewer()
    try:
        # The dock first: it takes room from the canvas, which the slab is fitted to.
        dock = open_dock(viewer)
        if source is not None:
            release, offline = arguments.release or "", arguments.offline
            # After the dock's own turn, in which it opens the source of the last session.
            QTimer.singleShot(0, lambda: dock.find_controller.open_source(source, release, offline))
        if slab is not None:
            _show(viewer, dock, slab, coloring, images, arguments)
    except BaseException:
        viewer.close()
        raise


def open_view_window(opened: OpenedScene) -> tuple[str, ...]:
    """Open napari with the dock and a saved view; what should be known of it comes back, in sentences."""
    viewer = napari.Viewer()
    try:
        open_dock(viewer)
        scene = scene_of(viewer)
        rebuild(scene, opened.scene, opened.slabs, opened.camera, opened.missing)
    except BaseException:
        viewer.close()
        raise
    return scene.notes


def _show(
    viewer: napari.Viewer,
    dock: Any,
    slab: Slab,
    coloring: Coloring | None,
    images: Sequence[PreparedImages],
    arguments: Any,
) -> None:
    look = None if coloring is None else resolve(coloring, arguments.limits, arguments.colormap)
    layers = add_slab(viewer, slab, look)
    if layers.regions is not None and arguments.regions is not None:
        layers.regions.visible = arguments.regions
    for image in images:
        add_prepared_images(viewer, layers.cells, image)
    dock.find_controller.slab_opened.emit(layers.cells)  # so that it makes room for the legend
    # Only when the window is laid out does the canvas have its size. An image may reach far beyond the cells.
    mine = [layer for layer in layers if layer.visible]
    QTimer.singleShot(0, lambda: viewer.reset_view(layers=mine))
