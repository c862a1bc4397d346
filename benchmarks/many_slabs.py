"""Several slabs in a window: recolor, filter and undo for all, and a frame of a view that moves.

    python -m benchmarks.many_slabs [SLABS CELLS]

Without arguments 8 slabs of 100,000 cells. Recoloring, filter, undo and limits are the Python side, as
elsewhere; a frame is all that a repaint of the window takes, with OpenGL as this machine has it. napari
filters by ``layer.shown``, and has no undo.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import slabs
from benchmarks.ways_view import _settle, _viewer

TURNS = 9
COLUMNS = 4


Step = Callable[[int], Any]


def measure(who: str, count: int, cells: int) -> dict[str, float]:
    """Seconds of each step, the median of some turns."""
    viewer = _viewer()
    viewer.window.resize(1600, 1000)
    steps, last = (_ours if who == "ours" else _napari)(viewer, count, cells)
    viewer.reset_view()
    _settle()
    canvas, camera = viewer.window._qt_viewer.canvas.native, viewer.scene.camera
    whole = camera.zoom
    seconds = {"the last slab in view": last}

    def move(turn: int) -> None:
        camera.center = (0.0, camera.center[1], camera.center[2] + (3.3 - 6 * (turn % 2)) / camera.zoom)
        canvas.repaint()

    for name, closer in (("frame, all in view", 1), ("frame, 8 times closer", 8)):
        camera.zoom = whole * closer
        _settle()
        seconds[name] = _median(move)
    camera.zoom = whole
    _settle()
    for name, step in steps.items():
        seconds[name] = _median(step, after=canvas.repaint)
    return seconds


def _median(step: Step, after: Callable[[], Any] | None = None) -> float:
    seconds = []
    for turn in range(TURNS + 1):
        began = time.perf_counter()
        step(turn)
        seconds.append(time.perf_counter() - began)
        if after is not None:
            after()
    return float(np.median(seconds[1:]))


def _place(number: int, extent: Any) -> tuple[float, float]:
    height, width = np.ptp(extent, axis=0) * 1.1
    return float(number // COLUMNS * height), float(number % COLUMNS * width)


def _ours(viewer: Any, count: int, cells: int) -> tuple[dict[str, Step], float]:
    from napari_abc.viewer.scene import scene_of

    scene, last = scene_of(viewer), 0.0
    stage = scene.stage
    for number in range(count):
        slab = slabs.slab(cells)
        slab.label = f"slab {number}"
        began = time.perf_counter()
        scene.open(slab)
        viewer.window._qt_viewer.canvas.native.repaint()
        last = time.perf_counter() - began
        for gene in range(2):  # as if they had been read
            stage.keep(scene.key(slab), f"gene:{gene}", "log2", slabs.continuous(slab, gene))
    scene.color_by("Subclass")
    names = list(slabs.NAMES)

    def recolor(turn: int) -> None:
        stage.do("color_by", f"gene:{turn % 2}")

    def limits(turn: int) -> None:
        stage.do("set_limits", (0.0, 4.0 + turn), together="limits")

    def keep(turn: int) -> None:
        stage.do("filter_names", "Subclass", keep=names[turn % 5 :: 2])

    steps = {
        "recolor all to another gene": recolor,
        "move the limits of all": limits,
        "filter all by type": keep,
    }
    return {**steps, "undo": lambda _turn: stage.undo()}, last


def _napari(viewer: Any, count: int, cells: int) -> tuple[dict[str, Step], float]:
    positions, codes, _ = slabs.arrays(cells)
    palettes = np.random.default_rng(7).random((2, len(slabs.NAMES), 4)).astype(np.float32)
    colors = [palette[codes] for palette in palettes]
    layers, last = [], 0.0
    for number in range(count):
        began = time.perf_counter()
        layer = viewer.add_points(positions, face_color=colors[0], border_width=0, size=0.02)
        layer.translate = _place(number, positions)
        viewer.window._qt_viewer.canvas.native.repaint()
        last = time.perf_counter() - began
        layers.append(layer)

    def recolor(turn: int) -> None:
        for layer in layers:
            layer.face_color = colors[turn % 2]

    def keep(turn: int) -> None:
        for layer in layers:
            layer.shown = codes % 2 == turn % 2

    steps: dict[str, Step] = {"recolor all to another gene": recolor, "move the limits of all": recolor}
    return {**steps, "filter all by type": keep, "undo": keep}, last


def main() -> None:
    """Measure both in a process each, and print a line a step."""
    if sys.argv[1:2] in (["ours"], ["napari"]):
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
        return
    sizes = sys.argv[1:3] or ["8", "100000"]
    results = []
    for who in ("ours", "napari"):
        command = [sys.executable, "-m", "benchmarks.many_slabs", who, *sizes]
        answer = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
        )
        results.append(json.loads(answer.stdout.splitlines()[-1]))
    ours, peer = results
    for name, seconds in ours.items():
        print(f"{name:30}{seconds * 1000:10.1f} ms{peer[name] * 1000:12.1f} ms{peer[name] / seconds:10.1f} x")


if __name__ == "__main__":
    main()
