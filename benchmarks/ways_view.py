"""Adding cells to a napari window and recoloring them: ours, and napari's public ways.

Seconds are those of the Python side; drawing follows between the measurements, outside the clock.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import slabs
from benchmarks.meter import Sample, measure

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

REPEATS = 7

MOST_DRAWN = 1_000_000
"""Cells that napari is asked to draw in software; more take minutes."""


def _viewer() -> napari.Viewer:
    """A small window on a real or virtual display."""
    from napari_abc.viewer.display import ensure_display

    ensure_display()
    import napari

    viewer = napari.Viewer(show_welcome_screen=False)
    viewer.window.resize(600, 400)
    return viewer


def _draw(_result: Any = None) -> None:
    from qtpy.QtWidgets import QApplication

    QApplication.processEvents()


def _frames(viewer: napari.Viewer) -> dict[str, Sample]:
    """Draw all in full view, and closer."""
    _draw()
    zoom = viewer.scene.camera.zoom
    samples = {}
    for name, closer in (("frame", 1), ("frame 10x", 10), ("frame 100x", 100)):
        viewer.scene.camera.zoom = zoom * closer
        _settle()
        samples[name], _ = measure(partial(_next_frame, viewer), 3, 2.0)
    return samples


def _next_frame(viewer: napari.Viewer) -> None:
    """Draw a view that was not drawn before."""
    camera = viewer.scene.camera
    camera.center = (camera.center[0], camera.center[1] + 2.5 / camera.zoom, camera.center[2])
    viewer.screenshot(canvas_only=True, flash=False)


def _look_away(viewer: napari.Viewer) -> None:
    """Have nothing to draw, so that drawing takes little time."""
    viewer.scene.camera.center = (1e6, 1e6)
    _draw()


def _settle() -> None:
    """Let what goes on in the background end."""
    end = time.perf_counter() + 0.5
    while time.perf_counter() < end:
        _draw()


def _freeze(work: Callable[[], Any]) -> Sample:
    """The longest time for which the window does not answer while some work is done and drawn."""
    from qtpy.QtCore import QTimer

    turns = [time.perf_counter()]
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(time.perf_counter()))
    timer.start(0)
    work()
    _settle()
    timer.stop()
    return {"seconds": [float(np.diff([*turns, time.perf_counter()]).max())], "mb": 0.0}


def ours(cells: int) -> dict[str, Sample]:
    """Add a slab and recolor it, a step at a time."""
    from napari_abc.viewer.cell_layer import ready
    from napari_abc.viewer.color import paint
    from napari_abc.viewer.prepare import prepare_slab
    from napari_abc.viewer.scene import add_prepared, add_slab

    viewer = _viewer()
    add_slab(viewer, slabs.slab(1000), "Subclass")
    _draw()
    viewer.layers.clear()
    slab = slabs.slab(cells)
    # As the dock does, which makes the layer in a thread.
    freeze = _freeze(partial(add_prepared, viewer, ready(prepare_slab(slab, "Subclass"))))
    viewer.layers.clear()
    _settle()
    added, layers = measure(lambda: add_slab(viewer, slab, "Subclass"))
    samples = {"freeze": freeze, "add": added, **_frames(viewer)}
    _look_away(viewer)
    layer = layers.cells
    columns = [slabs.categories(slab, name) for name in ("Subclass", "region")]
    genes = [slabs.continuous(slab, number) for number in range(2)]
    turn = iter(range(10**6))
    hidden = [frozenset(slabs.NAMES[: number % 7 + 1]) for number in range(10)]
    steps = {
        "column": lambda: paint(layer, columns[next(turn) % 2]),
        "gene": lambda: paint(layer, genes[next(turn) % 2], (0.0, 8.0)),
        "limits": lambda: paint(layer, genes[0], (0.0, 2.0 + next(turn) % 7)),
        "hide": lambda: paint(layer, columns[0], hidden=hidden[next(turn) % 10]),
    }
    for name, step in steps.items():
        step()
        _draw()
        samples[name], _ = measure(step, REPEATS)
        _draw()
    viewer.close()
    return samples


def napari_public(cells: int) -> dict[str, Sample]:
    """Add the same points with their table, and set ``face_color`` to colors and to columns."""
    import pandas as pd

    viewer = _viewer()
    viewer.add_points(np.zeros((1000, 2)), face_color="red")
    _draw()
    viewer.layers.clear()
    positions, first, second = slabs.arrays(cells)
    table = pd.DataFrame(
        {
            "Subclass": pd.Categorical.from_codes(first, slabs.NAMES),
            "region": pd.Categorical.from_codes(second, slabs.NAMES),
            "gene 0": slabs.gene(cells, 0),
            "gene 1": slabs.gene(cells, 1),
        }
    )
    look: dict[str, Any] = {"features": table, "face_color": "Subclass", "border_width": 0, "size": 0.02}
    samples = {}
    if cells <= MOST_DRAWN:
        samples["freeze"] = _freeze(lambda: viewer.add_points(positions, **look))
        viewer.layers.clear()
        _settle()
    samples["add"], layer = measure(lambda: viewer.add_points(positions, **look))
    if cells <= MOST_DRAWN:
        samples.update(_frames(viewer))
    _look_away(viewer)
    palettes = np.random.default_rng(7).random((2, len(slabs.NAMES), 4)).astype(np.float32)
    colors = [palette[first] for palette in palettes]
    turn = iter(range(10**6))
    steps = {
        "array": lambda: setattr(layer, "face_color", colors[next(turn) % 2]),
        "column": lambda: setattr(layer, "face_color", ("region", "Subclass")[next(turn) % 2]),
        "gene": lambda: setattr(layer, "face_color", ("gene 0", "gene 1")[next(turn) % 2]),
        "limits": lambda: setattr(layer, "face_contrast_limits", (0.0, 2.0 + next(turn) % 7)),
    }
    for name, step in steps.items():
        samples[name], _ = measure(step, 3)
        _draw()
    viewer.close()
    return samples


def copy(cells: int) -> dict[str, Sample]:
    """The physical limit of a recolor: copying a color, or a number, for each cell."""
    samples = {}
    for name, width in (("colors", 4), ("numbers", 1)):
        values = np.random.default_rng(0).random((cells, width), np.float32)
        target = np.empty_like(values)
        samples[name], _ = measure(lambda a=target, b=values: np.copyto(a, b), repeats=30)
    return samples
