"""Points cover as much of the canvas in every way of drawing, whatever a layer's scale and unit are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_abc as abc
from napari_abc.viewer.color import _ways as ways
from napari_abc.viewer.points import _raster as raster

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.model import Slab

DRAWINGS = {
    "looked up": {},
    "picture": {raster.ENVIRONMENT: "always"},
    "vertex": {ways.ENVIRONMENT: "vertex"},
    "public": {ways.ENVIRONMENT: "public"},
}
"""Environment variables that have points drawn in each way."""

OURS = ("looked up", "picture")


@pytest.fixture
def slab(make_slab: Callable[..., Slab]) -> Slab:
    """2,000 cells that cover about a third of a square."""
    rng = np.random.default_rng(0)
    return make_slab(rng.random((2000, 2)) * 20, ["D1"] * 2000, np.ones(2000))


def draw_by(monkeypatch: pytest.MonkeyPatch, drawing: str) -> None:
    monkeypatch.delenv(ways.ENVIRONMENT, raising=False)
    monkeypatch.setenv(raster.ENVIRONMENT, "never")
    for name, value in DRAWINGS[drawing].items():
        monkeypatch.setenv(name, value)


def covered(canvas: Any) -> float:
    """Part of the square of cells in which there is one."""
    rows, columns = np.nonzero((canvas.pixels[..., :3] > 64).any(axis=2))
    area = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    return float(len(rows) / area)


def show(viewer: napari.Viewer, slab: Slab, **changes: Any) -> Any:
    cells = abc.add_slab(viewer, slab, "Subclass").cells
    cells.size = 0.3
    for name, value in changes.items():
        setattr(cells, name, value)
    viewer.canvas.overlays.scale_bar.visible = False
    viewer.reset_view()
    return cells


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_layer_of_another_scale_covers_as_much(
    viewer: napari.Viewer,
    slab: Slab,
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    drawing: str,
) -> None:
    shares = {}
    draw_by(monkeypatch, drawing)
    for scale in (1.0, 10.0, 0.1):
        show(viewer, slab, scale=(scale, scale)).refresh()
        shares[scale] = covered(look(viewer))
        viewer.layers.clear()
    assert 0.2 < shares[1.0] < 0.5
    assert max(shares.values()) - min(shares.values()) < 0.02, shares


@pytest.mark.parametrize("drawing", OURS)
def test_a_layer_covers_as_much_when_its_scale_changes(
    viewer: napari.Viewer,
    slab: Slab,
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    drawing: str,
) -> None:
    draw_by(monkeypatch, drawing)
    cells = show(viewer, slab)
    before = covered(look(viewer))
    cells.scale = (50, 50)
    viewer.reset_view()
    assert covered(look(viewer)) == pytest.approx(before, abs=0.02)


@pytest.mark.parametrize("drawing", OURS)
def test_a_layer_covers_as_much_beside_one_of_another_unit(
    viewer: napari.Viewer,
    slab: Slab,
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    drawing: str,
) -> None:
    draw_by(monkeypatch, drawing)
    show(viewer, slab)
    before = covered(look(viewer))
    image = viewer.add_image(np.zeros((20, 20)), units=("um", "um"), axis_labels=("y", "x"))
    viewer.reset_view()
    assert covered(look(viewer)) == pytest.approx(before, abs=0.02)
    viewer.layers.remove(image)
    viewer.reset_view()
    assert covered(look(viewer)) == pytest.approx(before, abs=0.02)
