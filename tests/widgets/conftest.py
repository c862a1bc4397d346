"""Every test here must clean up after itself: no window and no thread may outlive it."""

from __future__ import annotations

import gc
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytestqt.qtbot import QtBot
    from qtpy.QtWidgets import QApplication, QWidget

    from napari_abc.model import Package, Slab
    from napari_abc.task import Task
    from napari_abc.widgets.dock import AtlasDock


def _our_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("napari-abc ")]


@pytest.fixture(autouse=True)
def _leaves_nothing(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail where a widget without parent, or a thread of the dock, is left after the test."""
    from qtpy.QtCore import QCoreApplication, QEvent

    before = {id(widget) for widget in qapp.topLevelWidgets()}
    yield
    deadline = time.monotonic() + 2
    while _our_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _our_threads(), f"threads left: {_our_threads()}"
    if "make_napari_viewer" in request.fixturenames:
        return  # napari checks for leaks itself, and keeps menus and dialogs of its own

    def left_over() -> list[QWidget]:
        for _ in range(2):
            qapp.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return [widget for widget in qapp.topLevelWidgets() if id(widget) not in before]

    left = left_over()
    if left:
        del left
        gc.collect()  # costs a third of a second, so only where a cycle may have kept a widget
        left = left_over()
    assert not left, f"widgets left: {left}"


def wait_idle(qtbot: QtBot, dock: AtlasDock) -> None:
    """Wait until no job of the dock runs."""
    qtbot.waitUntil(lambda: not dock.jobs.busy(), timeout=60_000)


@pytest.fixture
def idle(qtbot: QtBot) -> Callable[[AtlasDock], None]:
    """Waits until no job of a dock runs."""
    return lambda dock: wait_idle(qtbot, dock)


@pytest.fixture
def dock(qtbot: QtBot) -> AtlasDock:
    """The dock of a viewer without a window, which is all it needs and takes no seconds to make."""
    from napari.components import ViewerModel

    from napari_abc.widgets.dock import AtlasDock

    dock = AtlasDock(ViewerModel())
    qtbot.addWidget(dock)
    return dock


@dataclass
class Matrix:
    """Expression values held in memory, as a small h5ad would give them."""

    values: np.ndarray
    identifiers: list[str]
    to_fetch: dict[str, int] = field(default_factory=dict)
    halves: bool = False
    """Whether the first 200 cells lie in one file, and the others in a second one of the same size."""
    gate: threading.Event | None = None
    """Reading waits for it, looking at the cancel switch meanwhile."""
    reads: list[tuple[str, tuple[str, ...], threading.Thread]] = field(default_factory=list)

    @property
    def kinds(self) -> dict[str, str]:
        return {"log2": "log2(CPT + 1)", "raw": "counts"}

    def packages(self, kind: str, identifiers: Sequence[str] = (), rows: Any = None) -> tuple[Package, ...]:
        from napari_abc.model import Package

        size = self.to_fetch.get(kind, 0)
        wanted = np.ones(len(self.values), bool) if rows is None else rows
        if not size:
            return ()
        if not self.halves:
            return (Package("matrix.h5ad", int(wanted.sum()), size),)
        counts = {"a.h5ad": int(wanted[:200].sum()), "b.h5ad": int(wanted[200:].sum())}
        return tuple(Package(name, count, size // 2) for name, count in counts.items() if count)

    def download_bytes(self, kind: str, identifiers: Sequence[str] = (), rows: Any = None) -> int:
        return sum(package.bytes for package in self.packages(kind, identifiers, rows))

    def read(self, identifiers: Sequence[str], kind: str, task: Task, rows: Any = None) -> np.ndarray:
        self.reads.append((kind, tuple(identifiers), threading.current_thread()))
        while self.gate is not None and not self.gate.wait(0.005):
            task.report("Fetching the matrix", 3, 10, "B")
        found = self.values[:, [self.identifiers.index(name) for name in identifiers]].copy()
        if rows is not None:
            found[~rows] = np.nan
        self.to_fetch[kind] = 0
        return (np.expm1(found) if kind == "raw" else found).astype(np.float32)


@pytest.fixture
def matrix() -> Matrix:
    rng = np.random.default_rng(1)
    values = np.maximum(0, rng.normal(1, 2, (400, 3))).astype(np.float32)
    values[:7] = np.nan
    return Matrix(values, ["ENSG1", "ENSG2", "ENSG3"])


@pytest.fixture
def slab(matrix: Matrix) -> Slab:
    """A slab of 400 cells with a taxonomy level, a region, metadata and three genes."""
    import pandas as pd

    from napari_abc.model import Frame, Palette, Slab

    rng = np.random.default_rng(2)
    codes = rng.integers(-1, 3, 400)
    cells = pd.DataFrame(
        {
            "x": rng.uniform(0, 4, 400),
            "y": rng.uniform(0, 3, 400),
            "Class": pd.Categorical.from_codes(codes, ["MSN", "Astro", "Oligo"]),
            "region": np.where(rng.random(400) < 0.5, "STR", "GPe"),
            "volume": rng.gamma(3, 200, 400),
            "qc_pass": rng.random(400) < 0.9,
        },
        index=pd.Index([f"cell-{i}" for i in range(400)], name="cell_label"),
    )
    return Slab(
        "Plane.03",
        "Made-up",
        cells,
        (Frame("slab", ("x", "y"), "millimeter"),),
        unplaced=3,
        palettes={"Class": Palette(("MSN", "Astro", "Oligo"), ("#ff0000", "#00ff00", "#0000ff"))},
        groups={"Taxonomy": ("Class",), "Regions": ("region",)},
        genes=pd.DataFrame(
            {"gene_symbol": ["DRD1", "DRD2", "PENK"]},
            index=pd.Index(matrix.identifiers, name="gene_identifier"),
        ),
        expression_source=matrix,
        notes=("3 cells have no coordinates.",),
        license="CC BY 4.0",
        citation="Somebody, 2025",
        synthetic=True,
    )
