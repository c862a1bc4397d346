"""A picture of several slabs on their board: what a scene shows, with one legend and one scale bar."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtGui import QImage

from napari_abc.errors import ConfigurationError, DisplayError
from napari_abc.io.files import atomic_path, check_output
from napari_abc.model import Legend, LegendRow
from napari_abc.viewer.color import legend, painted
from napari_abc.viewer.display import ensure_display
from napari_abc.viewer.figure._canvas import (
    check_drawn,
    check_size,
    hidden_viewer,
    metadata,
    png,
    rights,
    scale_bar,
)
from napari_abc.viewer.figure._page import BACKGROUND, FigurePage
from napari_abc.viewer.scene import OpenedScene, count_legend, rebuild, scene_of

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from napari_abc.model import Slab
    from napari_abc.task import Task
    from napari_abc.viewer.scene import ViewerScene

__all__ = ["save_board"]


def save_board(
    what: OpenedScene | Sequence[Slab],
    path: str | os.PathLike[str],
    color_by: str | Sequence[str] | None = None,
    *,
    size: tuple[int, int] = (1600, 1000),
    values: str = "log2",
    limits: tuple[float, float] | None = None,
    colormap: str | None = None,
    regions: bool | None = None,
    title: str | None = None,
    task: Task | None = None,
) -> tuple[str, ...]:
    """Save a picture of several slabs beside each other, or of a saved view.

    Parameters
    ----------
    what
        Slabs; or a saved view that :func:`~napari_abc.viewer.scene.read_slabs` opened.
    path
        Ends in ``.png``; what was there is replaced when the picture is done.
    color_by, values, limits, colormap
        As for :meth:`ViewerScene.color_by`; None for what the view says, or each slab's own grouping.
    size
        Width and height of the picture in pixels.
    regions
        Whether to draw the outlines of the regions; None for what the view says.
    title
        Line above; None says how many slabs and what they are colored by.
    task
        Progress and cancel, where expression has to be fetched.

    Returns
    -------
    tuple of str
        What a person should know of the picture, in sentences: slabs that lack a gene, say.

    Raises
    ------
    ConfigurationError
        If the size, limits, colormap or file name can't be used, or there is nothing to draw.
    UnknownNameError
        If no slab has such a column or gene.
    DisplayError
        If this machine can't draw; the message says what to do.
    """
    path = Path(path)
    check_output(path, (".png",))
    check_size(size)
    if threading.current_thread() is not threading.main_thread():
        raise DisplayError("Qt draws in the main thread only; call save_board from there.")
    ensure_display()
    with hidden_viewer() as (viewer, widget):
        viewer.canvas.background_color_override = BACKGROUND
        scene = scene_of(viewer)
        width, height = size
        viewer.canvas.size = (height, width)  # what the board is laid out for
        _open(scene, what, task)
        if regions is not None:
            scene.show(regions=regions)
        if color_by is not None:
            scene.color_by(color_by, values, limits, colormap)
        page = _page(scene, size, title)
        area = page.canvas
        viewer.canvas.overlays.scale_bar.visible = False  # the page has its own
        low, high = scene.extent
        span = np.maximum(high - low, 1e-9)
        zoom = float(0.96 * min(area.height() / span[0], area.width() / span[1]))
        viewer.scene.camera.center = (0.0, *((low + high) / 2).tolist())
        # napari's zoom is in the screen's points, which are several pixels on a fine screen.
        viewer.scene.camera.zoom = zoom / widget.devicePixelRatioF()
        canvas = widget.screenshot(size=(area.height(), area.width()), flash=False)
        slabs = [scene.stage.shown_slab(place.slab) for place in scene.stage.scene.in_view]
        for slab in slabs[:1]:
            check_drawn(canvas, slab)
        rows, columns = canvas.shape[:2]
        image = QImage(canvas.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
        picture = page.compose(image, scale_bar(scene.unit, area.width() / zoom, zoom))
        notes = scene.notes
    for name, text in metadata(slabs[0], page.title).items():
        picture.setText(name, text)
    with atomic_path(path) as temporary:
        temporary.write_bytes(png(picture))
    return notes


def _open(scene: ViewerScene, what: OpenedScene | Sequence[Slab], task: Task | None) -> None:
    if isinstance(what, OpenedScene):
        rebuild(scene, what.scene, what.slabs, what.camera, what.missing)
    else:
        scene.open(*what)
    if task is not None:
        task.check()
    places = scene.stage.scene.in_view
    if not places:
        raise ConfigurationError("There is nothing to draw in this view.")
    if scene.dimensions != 2:
        raise ConfigurationError(
            "A view in three dimensions can't be drawn as a board; open it in napari, and save a screenshot."
        )


def _page(scene: ViewerScene, size: tuple[int, int], title: str | None) -> FigurePage:
    places = scene.stage.scene.in_view
    slabs = [scene.stage.shown_slab(place.slab) for place in places]
    first = places[0].slab
    state = painted(scene.board[first].cells)
    for place in places:  # the first one that has what the scene is colored by
        if place.slab not in scene.board.lacking:
            first, state = place.slab, painted(scene.board[place.slab].cells)
            break
    assert state is not None  # every layer of a scene is colored by something
    key = legend(state.coloring, state.limits, state.colormap)
    if key.bar is None:
        counted = count_legend(scene, first)
        rows = tuple(LegendRow(row.name, row.color, sum(row.counts), row.missing) for row in counted.rows)
        key = Legend(key.title, rows)
    else:
        key = Legend(key.title, (), key.bar)  # of one slab only; the footer counts all
    counts = {place.slab: len(slab.cells) for place, slab in zip(places, slabs, strict=True)}
    shown = sum(scene.stage.passing(name).count(count) for name, count in counts.items())
    cells = sum(len(slab.cells) + slab.unplaced for slab in slabs)
    kinds = {slab.kind for slab in slabs}
    what = f"{kinds.pop()}s" if len(kinds) == 1 else "slabs"
    many = f"{len(slabs)} {what}" if len(slabs) > 1 else slabs[0].name
    return FigurePage(
        *size,
        key,
        title or f"{many} · {key.title}",
        f"Showing {shown:,} of {cells:,} cells.",
        " · ".join(dict.fromkeys(text for slab in slabs if (text := rights(slab)))),
        "Synthetic data" if any(slab.synthetic for slab in slabs) else "",
    )
