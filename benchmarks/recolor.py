"""Recoloring and adding cells in a window: ours against napari's ``face_color = array``, in one run.

    python -m benchmarks.recolor [CELLS ...]

Without arguments 10,000 to 5,000,000 cells. Seconds are those of the Python side;
what it hands to OpenGL is drawn between the measurements, from close up, as software would draw
millions of points in full view for minutes.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = (10_000, 100_000, 1_000_000, 5_000_000)
KINDS = 60
_STATUS = Path("/proc/self/status")


class Row(NamedTuple):
    """One line of the table."""

    name: str
    cells: int
    seconds: float
    peer_seconds: float
    ratio: float
    """How many times faster than the peer."""


def rows(counts: tuple[int, ...] = COUNTS) -> list[Row]:
    """Measure each number of cells, ours and the peer in a process each."""
    table = []
    for count in counts:
        ours, peer = _run("ours", count), _run("peer", count)
        for name, seconds in ours["seconds"].items():
            other = peer["seconds"]["add" if name == "add" else "recolor"]
            table.append(Row(name, count, seconds, other, other / seconds))
        table.append(Row("add: MB", count, ours["mb"], peer["mb"], peer["mb"] / ours["mb"]))
    return table


def _run(who: str, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.recolor", who, str(count)]
    with tempfile.TemporaryDirectory(prefix="napari-abc-benchmark-") as settings:
        answer = subprocess.run(
            command,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
            # The person's own would be given the size of our small windows.
            env={**os.environ, "NAPARI_CONFIG": str(Path(settings, "settings.yaml"))},
        )
    result: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return result


def _viewer() -> Any:
    from napari_abc.viewer.display import ensure_display

    ensure_display()
    import napari

    viewer = napari.Viewer(show_welcome_screen=False)
    viewer.window.resize(600, 400)
    return viewer


def _draw() -> None:
    from qtpy.QtWidgets import QApplication

    QApplication.processEvents()


def _resident() -> float:
    """Memory of this process, in MB; 0 where the system doesn't tell."""
    if not _STATUS.exists():
        return 0.0
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def _median(work: Callable[[int], Any], repeats: int) -> float:
    seconds = []
    for turn in range(repeats + 1):
        began = time.perf_counter()
        work(turn)
        seconds.append(time.perf_counter() - began)
        _draw()
    return float(np.median(seconds[1:]))


def _slab(count: int) -> Any:
    import pandas as pd

    from napari_abc.model import Frame, Palette, Slab

    rng = np.random.default_rng(0)
    names = tuple(f"type {number}" for number in range(KINDS))
    colors = tuple(f"#{color:06x}" for color in rng.integers(0x404040, 0xFFFFFF, KINDS))
    codes = rng.integers(0, KINDS, count).astype(np.int8)
    cells = pd.DataFrame(
        {
            "x": rng.random(count, np.float32) * 20,
            "y": rng.random(count, np.float32) * 20,
            "Subclass": pd.Categorical.from_codes(codes, names),
        },
        index=pd.Index(np.arange(10**18, 10**18 + count).astype(str), name="cell_label"),
    )
    return Slab(
        label="Benchmark",
        dataset="Benchmark",
        cells=cells,
        frames=(Frame("slab", ("x", "y"), "millimeter"),),
        palettes={"Subclass": Palette(names, colors)},
        groups={"Taxonomy": ("Subclass",)},
    )


def _ours(count: int) -> dict[str, Any]:
    from napari_abc.model import Categorical, Continuous, Gene
    from napari_abc.viewer.color import hide, paint
    from napari_abc.viewer.scene import add_slab

    viewer = _viewer()
    add_slab(viewer, _slab(1000), "Subclass")
    _draw()
    viewer.layers.clear()
    slab = _slab(count)
    types = slab.coloring("Subclass")
    gc.collect()
    before, began = _resident(), time.perf_counter()
    cells = add_slab(viewer, slab, types).cells
    seconds = {"add": time.perf_counter() - began}
    memory = _resident() - before
    viewer.scene.camera.zoom *= 50
    _draw()
    rng = np.random.default_rng(1)
    genes = [
        Continuous(f"gene:{n}", n, rng.random(count, np.float32) * 8, "log2", Gene(n, n, "log2"))
        for n in ("0", "1")
    ]
    for gene in genes:
        gene.values[::3] = 0
    other = [
        Categorical("k", "k", types.codes, types.names, tuple(types.colors[n:] + types.colors[:n]))
        for n in range(8)
    ]
    steps: dict[str, Callable[[int], Any]] = {
        "hide types": lambda turn: hide(cells, types.names[: turn % 8]),
        "new palette and column": lambda turn: paint(cells, other[turn % 8]),
        "new gene": lambda turn: paint(cells, genes[turn % 2]),
        "new limits": lambda turn: paint(cells, genes[0], (0.0, 2.0 + turn)),
    }
    paint(cells, types)
    for name, step in steps.items():
        seconds[name] = _median(step, 4)
    return {"seconds": seconds, "mb": memory}


def _peer(count: int) -> dict[str, Any]:
    viewer = _viewer()
    viewer.add_points(np.zeros((1000, 2)), face_color="red")
    _draw()
    viewer.layers.clear()
    slab = _slab(count)
    codes = slab.coloring("Subclass").codes
    positions = slab.cells[["y", "x"]].to_numpy(np.float32)
    features = slab.cells[["Subclass"]].reset_index()
    rng = np.random.default_rng(1)
    colors = [palette[codes] for palette in rng.random((2, KINDS, 4), np.float32)]
    gc.collect()
    before, began = _resident(), time.perf_counter()
    layer = viewer.add_points(
        positions, features=features, face_color=colors[0], border_color=colors[0], border_width=0, size=0.02
    )
    seconds = {"add": time.perf_counter() - began}
    memory = _resident() - before
    viewer.scene.camera.zoom *= 50
    _draw()
    seconds["recolor"] = _median(lambda turn: setattr(layer, "face_color", colors[turn % 2]), 3)
    return {"seconds": seconds, "mb": memory}


def main() -> None:
    if sys.argv[1:2] in (["ours"], ["peer"]):
        print(json.dumps((_ours if sys.argv[1] == "ours" else _peer)(int(sys.argv[2]))))
        return
    for row in rows(tuple(int(text) for text in sys.argv[1:]) or COUNTS):
        scale, unit = (1, "") if row.name.endswith("MB") else (1000, " ms")
        print(
            f"{row.name:24}{row.cells:>10,}{row.seconds * scale:12.2f}{unit}"
            f"{row.peer_seconds * scale:12.2f}{unit}{row.ratio:10.1f} x"
        )


if __name__ == "__main__":
    main()
