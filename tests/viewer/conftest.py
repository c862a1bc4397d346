"""A real napari window on a real X display for each test, and slabs of known cells.

Qt's offscreen platform leaves napari's canvas blank, so these tests look at the canvas's pixels.
"""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any

import dask.threaded
import numpy as np
import pandas as pd
import pytest

from napari_abc.model import Frame, Palette, Slab
from napari_abc.viewer.display import ensure_display
from napari_abc.viewer.scene import forget_scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import napari
    from numpy.typing import NDArray

    from napari_abc.model import Package

ensure_display()


class Matrix:
    """Expression values held in memory, in the order of the slab's cells."""

    def __init__(self, columns: Mapping[str, NDArray[np.float32]]) -> None:
        self.columns = dict(columns)
        self.reads = 0
        self.to_fetch: dict[str, int] = {}
        """Bytes that have to be fetched for a gene."""
        self.costs: list[tuple[str, tuple[str, ...]]] = []
        """Kind and genes whose costs were asked for."""

    @property
    def kinds(self) -> Mapping[str, str]:
        return {"log2": "log2(CPT + 1)", "raw": "counts"}

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: object = None
    ) -> tuple[Package, ...]:
        return ()

    def download_bytes(self, kind: str, identifiers: Sequence[str] = (), rows: object = None) -> int:
        self.costs.append((kind, tuple(identifiers)))
        return sum(self.to_fetch.get(identifier, 0) for identifier in identifiers)

    def read(
        self, identifiers: Sequence[str], kind: str, task: object, rows: object = None
    ) -> NDArray[np.float32]:
        self.reads += 1
        return np.stack([self.columns[identifier] for identifier in identifiers], axis=1)


RED, GREEN, BLUE = "#e41a1c", "#4daf4a", "#377eb8"


def build_slab(
    positions: Any = ((1.0, 1.0), (5.0, 2.0), (2.0, 6.0), (6.0, 4.0)),
    types: Sequence[str | None] = ("D1", "D2", "Astro", None),
    gene: Sequence[float] = (0.0, 2.0, 8.0, np.nan),
    **changes: Any,
) -> Slab:
    """Four cells (x, y) in millimeters, one without type and gene, unless told otherwise."""
    positions = np.asarray(positions, dtype=float)
    names = ("D1", "D2", "Astro", "never seen")
    cells = pd.DataFrame(
        {
            "x": positions[:, 0],
            "y": positions[:, 1],
            "Class": pd.Categorical(["Nonneuron" if name == "Astro" else "Neuron" for name in types]),
            "Subclass": pd.Categorical(list(types), categories=names),
            "region": pd.Categorical(["CaH"] * len(positions)),
            "depth": np.linspace(-3, 3, len(positions)),
        },
        index=pd.Index([f"1018093344101130{i:03d}-6" for i in range(len(positions))], name="cell_label"),
    )
    parts: dict[str, Any] = {
        "label": "H22.30.001.CX.17.Plane.03",
        "dataset": "HMBA-MERSCOPE-H22.30.001-BG",
        "cells": cells,
        "frames": (Frame("slab", ("x", "y"), "millimeter"),),
        "palettes": {"Subclass": Palette(names, (RED, GREEN, BLUE, "#ffffff"))},
        "groups": {"Taxonomy": ("Class", "Subclass"), "Region": ("region",)},
        "genes": pd.DataFrame(
            {"gene_symbol": ["DRD1"]}, index=pd.Index(["ENSG00000184845"], name="gene_identifier")
        ),
        "expression_source": Matrix({"ENSG00000184845": np.asarray(gene, dtype=np.float32)}),
    }
    return Slab(**{**parts, **changes})


@pytest.fixture
def make_slab() -> Callable[..., Slab]:
    return build_slab


@pytest.fixture
def slab() -> Slab:
    return build_slab()


@pytest.fixture(scope="module")
def _app_model() -> Iterator[None]:
    """An application model of the module's own, as napari's function-scoped fixture makes one.

    Else the plugins would be registered twice in a run that has both kinds of viewers.
    """
    from napari._app_model._app import NapariApplication, _napari_names
    from napari._qt._qapp_model.qactions import init_qactions
    from napari.plugins import _initialize_plugins

    app = NapariApplication("test_viewer")
    app.injection_store.namespace = _napari_names
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NapariApplication, "get_app_model", lambda: app)
        _initialize_plugins.cache_clear()
        init_qactions.cache_clear()
        yield
    _initialize_plugins.cache_clear()
    init_qactions.cache_clear()
    NapariApplication.destroy("test_viewer")


@pytest.fixture(scope="module")
def _window(qapp: Any, _app_model: None) -> Iterator[napari.Viewer]:
    """A shown viewer for the tests of a module; fails if widgets or threads outlive it."""
    import napari
    from napari._qt.qt_viewer import QtViewer

    threads = set(threading.enumerate())
    widgets = set(qapp.topLevelWidgets())
    viewer = napari.Viewer(show_welcome_screen=False)
    viewer.window.resize(1000, 700)
    yield viewer
    viewer.close()
    del viewer
    flush(qapp)
    # Dask keeps its pool for the life of the process.
    threads |= getattr(dask.threaded.default_pool, "_threads", set())
    left = [thread for thread in threading.enumerate() if thread not in threads and not thread.daemon]
    assert not left, f"threads left over: {left}"
    assert not set(qapp.topLevelWidgets()) - widgets
    assert not QtViewer._instances


def flush(qapp: Any) -> None:
    """Let Qt delete what is to be deleted, which it does only when its event loop comes round."""
    from qtpy.QtCore import QEvent

    for _ in range(3):
        qapp.processEvents()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()


@pytest.fixture
def flushed(qapp: Any) -> Callable[[], None]:
    return lambda: flush(qapp)


@pytest.fixture
def viewer(_window: napari.Viewer) -> napari.Viewer:
    """The module's viewer, empty, with a scene of its own, and without the docks of a test before."""
    if _window.window.dock_widgets:
        _window.window.remove_dock_widget("all")
    forget_scene(_window)
    _window.layers.clear()
    _window.canvas.overlays.scale_bar.visible = False
    return _window


class Canvas:
    """What is seen on a viewer's canvas."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self.pixels: NDArray[np.uint8] = viewer.screenshot(canvas_only=True, flash=False)

    def position(self, x: float, y: float) -> tuple[float, float]:
        """Row and column at which a place in the world is drawn."""
        camera = self._viewer.scene.camera
        center = np.asarray(camera.center)[-2:]
        middle = (np.asarray(self.pixels.shape[:2]) - 1) / 2
        row, column = (np.array([y, x]) - center) * camera.zoom + middle
        return float(row), float(column)

    def color(self, x: float, y: float) -> str:
        """Color at a place in the world, as ``"#rrggbb"``."""
        row, column = self.position(x, y)
        return to_hex(self.pixels[round(row), round(column)])

    def colors_near(self, x: float, y: float, reach: int = 3) -> set[str]:
        """Colors within some pixels of a place in the world."""
        row, column = (round(number) for number in self.position(x, y))
        part = self.pixels[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        return {to_hex(pixel) for pixel in part.reshape(-1, 4)}

    def where(self, color: str) -> NDArray[np.intp]:
        """(n, 2) rows and columns of the pixels of exactly that color."""
        wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        return np.argwhere((self.pixels[..., :3] == wanted).all(axis=2))


def to_hex(pixel: Any) -> str:
    return "#{:02x}{:02x}{:02x}".format(*pixel[:3])


@pytest.fixture
def look() -> Callable[[napari.Viewer], Canvas]:
    return Canvas
