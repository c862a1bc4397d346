"""A picture of a slab for a paper or a talk: the canvas as napari draws it, with everything said."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtGui import QImage

from napari_abc.errors import ConfigurationError, DisplayError
from napari_abc.io.files import atomic_path, check_output
from napari_abc.model import DEFAULT_COLORMAP
from napari_abc.viewer.color import legend, resolve, shown_line
from napari_abc.viewer.display import ensure_display
from napari_abc.viewer.figure._canvas import (
    MAX_PIXELS,
    MAX_SIZE,
    MIN_SIZE,
    check_drawn,
    check_size,
    hidden_viewer,
    metadata,
    png,
    rights,
    scale_bar,
)
from napari_abc.viewer.figure._page import BACKGROUND, FigurePage
from napari_abc.viewer.own_images import add_prepared_images
from napari_abc.viewer.scene import add_slab

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from napari_abc.model import Coloring, Slab
    from napari_abc.task import Task
    from napari_abc.viewer.layers import SlabLayers
    from napari_abc.viewer.own_images import PreparedImages

__all__ = ["MAX_PIXELS", "MAX_SIZE", "MIN_SIZE", "check_size", "save_figure"]

_MARGIN = 0.04  # of the canvas, around the cells


def save_figure(
    slab: Slab,
    path: str | os.PathLike[str],
    color_by: str | Coloring,
    *,
    regions: bool = False,
    images: bool = True,
    size: tuple[int, int] = (1600, 1000),
    values: str = "log2",
    limits: tuple[float, float] | None = None,
    colormap: str = DEFAULT_COLORMAP,
    title: str | None = None,
    own_images: Sequence[PreparedImages] = (),
    task: Task | None = None,
) -> None:
    """Save a picture of a slab, drawn by napari, with legend or color bar and scale bar.

    Works without a screen, too: on Linux a virtual display is started where there is none.

    Parameters
    ----------
    slab
        What to show; all of its cells are drawn.
    path
        Ends in ``.png``; what was there is replaced when the picture is done.
    color_by
        A column of ``slab.cells``, or ``"gene:"`` and a symbol or identifier, or a coloring that was
        resolved before.
    regions
        Whether to draw the outlines of the regions.
    images
        Whether to draw the microscope's images below the cells, where there are any.
    size
        Width and height of the picture in pixels.
    values
        Kind of expression values, ``"log2"`` or ``"raw"``.
    limits
        Values of the first and the last color of the color bar; None fits the values.
    colormap
        For genes and other numbers.
    title
        Line above; None names dataset, slab and color.
    own_images
        Drawn below the cells: what ``viewer.own_images.prepare_images`` made of images of a person's own.
    task
        Progress and cancel, where expression has to be fetched.

    Raises
    ------
    UnknownNameError
        If there is no such column or gene.
    ConfigurationError
        If the size, limits, colormap or file name can't be used, or there are no cells.
    DiskFullError
        If the disk is full.
    DisplayError
        If this machine can't draw; the message says what to do.
    """
    path = Path(path)
    check_output(path, (".png",))
    check_size(size)
    width, height = size
    if threading.current_thread() is not threading.main_thread():
        raise DisplayError("Qt draws in the main thread only; call save_figure from there.")
    if slab.cells.empty:
        raise ConfigurationError(
            f"{slab.label} has no cells to color; 'napari-abc view' shows what else there is."
        )
    if regions and slab.regions.empty:
        raise ConfigurationError(f"{slab.label} has no regions to draw; leave them out.")
    # Both may fail, and tell why, before a window is made.

    coloring = slab.coloring(color_by, values, task) if isinstance(color_by, str) else color_by
    key = legend(coloring, limits, colormap)
    ensure_display()

    with hidden_viewer() as (viewer, widget):
        page = FigurePage(
            width,
            height,
            key,
            title or " · ".join((slab.title or f"{slab.dataset} · {slab.label}", coloring.title)),
            shown_line(slab, coloring),
            rights(slab),
            "Synthetic data" if slab.synthetic else "",
            _outlines(slab) if regions else (),
        )
        viewer.canvas.background_color_override = BACKGROUND
        layers = add_slab(viewer, slab, resolve(coloring, limits, colormap))
        if layers.regions is not None:
            layers.regions.visible = regions
        for layer in layers.images:
            layer.visible = layer.visible and images
        for prepared in own_images:
            add_prepared_images(viewer, layers.cells, prepared)
        area = page.canvas
        viewer.canvas.overlays.scale_bar.visible = False  # the page has its own
        center, zoom = _fit(layers, regions, area.width(), area.height())
        viewer.scene.camera.center = center
        # napari's zoom is in the screen's points, which are several pixels on a fine screen.
        viewer.scene.camera.zoom = zoom / widget.devicePixelRatioF()
        canvas = widget.screenshot(size=(area.height(), area.width()), flash=False)
        check_drawn(canvas, slab)
        rows, columns = canvas.shape[:2]
        image = QImage(canvas.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
        picture = page.compose(image, scale_bar(slab.frame.unit, area.width() / zoom, zoom))
    for name, text in metadata(slab, page.title).items():
        picture.setText(name, text)
    with atomic_path(path) as temporary:
        temporary.write_bytes(png(picture))


def _fit(
    layers: SlabLayers, regions: bool, width: int, height: int
) -> tuple[tuple[float, float, float], float]:
    """Where to look, and pixels a unit of the slab, to show all cells, and the regions if drawn."""
    extents = [layers.cells.extent.world]
    if regions and layers.regions is not None:
        extents.append(layers.regions.extent.world)
    low = np.min([extent[0][-2:] for extent in extents], axis=0)
    high = np.max([extent[1][-2:] for extent in extents], axis=0)
    # A cell alone, or several in one place, must not fill the whole canvas.
    span = np.maximum(high - low, 20 * np.max(layers.cells.size))
    y, x = (float(v) for v in (low + high) / 2)
    return (0.0, y, x), float((1 - 2 * _MARGIN) * min(height / span[0], width / span[1]))


def _outlines(slab: Slab) -> tuple[tuple[str, str], ...]:
    """Name and color of the regions, none twice: a region may consist of several rows."""
    pairs = zip(slab.regions["label"], slab.regions["color"], strict=True)
    return tuple(dict.fromkeys((str(label), str(color)) for label, color in pairs))
