"""What lies above what: cells that say something above those that don't, in every way of drawing."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_abc as abc
from napari_abc.viewer.color import _ways as ways
from napari_abc.viewer.color import draw_rare_above, hide
from napari_abc.viewer.points import Lookup, order_of
from napari_abc.viewer.points import _order as module
from napari_abc.viewer.points import _raster as raster

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.model import Slab

RED, GREEN, GRAY = "#e41a1c", "#4daf4a", "#808080"
COUNT = 3000
DRAWINGS = {
    "looked up": {},
    "picture": {raster.ENVIRONMENT: "always"},
    "vertex": {ways.ENVIRONMENT: "vertex"},
    "public": {ways.ENVIRONMENT: "public"},
}
"""Environment variables that have points drawn in each way."""


@pytest.fixture(params=DRAWINGS)
def drawing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv(ways.ENVIRONMENT, raising=False)
    monkeypatch.setenv(raster.ENVIRONMENT, "never")
    for name, value in DRAWINGS[request.param].items():
        monkeypatch.setenv(name, value)
    return str(request.param)


def crowded(make_slab: Callable[..., Slab]) -> Slab:
    """Cells that overlap; one in six expresses a gene, one in ten was not measured, one in twenty is rare."""
    rng = np.random.default_rng(0)
    gene = np.where(rng.random(COUNT) < 1 / 6, rng.integers(1, 9, COUNT), 0).astype(np.float32)
    gene[rng.random(COUNT) < 0.1] = np.nan
    types = rng.choice(["D1", "D2", None], COUNT, p=[0.05, 0.75, 0.2])
    return make_slab(rng.random((COUNT, 2)) * 20, types, gene)


def colored(canvas: Any) -> Any:
    """Pixels that are neither gray nor black, in which cells that express the gene are seen."""
    pixels = canvas.pixels[..., :3].astype(int)
    return (np.ptp(pixels, axis=2) > 30) & (pixels.max(axis=2) > 60)


def test_no_zero_cell_covers_one_that_expresses_the_gene(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any], drawing: str
) -> None:
    slab = crowded(make_slab)
    gene = slab.coloring("gene:DRD1").values
    cells = abc.add_slab(viewer, slab, "gene:DRD1").cells
    cells.size = 0.6
    whole = colored(look(viewer))
    keep = np.flatnonzero(gene > 0)
    viewer.layers.clear()
    center, zoom = viewer.scene.camera.center, viewer.scene.camera.zoom
    alone = make_slab(slab.cells[["x", "y"]].to_numpy()[keep], ["D1"] * len(keep), gene[keep])
    cells = abc.add_slab(viewer, alone, "gene:DRD1").cells
    cells.size = 0.6
    viewer.scene.camera.center, viewer.scene.camera.zoom = center, zoom
    positive = colored(look(viewer))
    assert positive.sum() > 5000
    covered = (positive & ~whole).sum() / positive.sum()
    assert covered < 0.05  # the faint rims that are looked up; 0.4 in the order of the data


def test_high_lies_above_low_above_zero_above_not_measured(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any], drawing: str
) -> None:
    gene = np.float32([8, 4, 0, np.nan, 0, 4, 8, np.nan])
    places = np.repeat([[0.0, 0.0], [1.0, 0.0]], 4, axis=0)
    slab = make_slab([*places, (3, 0)], ["D1"] * 9, [*gene, 8])
    alone = make_slab([(0, 0), (1, 0), (3, 0)], ["D1"] * 3, [8, 8, 8])
    colors = []
    for shown in (slab, alone):
        cells = abc.add_slab(viewer, shown, "gene:DRD1", values="log2").cells
        abc.color_by(cells, "gene:DRD1", limits=(0, 8))
        canvas = look(viewer)
        colors.append([canvas.color(0, 0), canvas.color(1, 0), canvas.color(3, 0)])
        viewer.layers.clear()
    assert colors[0] == colors[1]
    assert len(set(colors[0])) == 1


def test_rare_types_lie_above_common_ones_where_asked_for(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any], drawing: str
) -> None:
    cells = abc.add_slab(viewer, crowded(make_slab), "Subclass").cells
    cells.size = 0.6

    def share() -> float:
        canvas = look(viewer)
        return len(canvas.where(RED)) / (len(canvas.where(GREEN)) + len(canvas.where(GRAY)))

    usual = share()
    draw_rare_above(cells)
    rare = share()
    assert rare > 1.5 * usual
    cells.size = 0.61  # napari fills its buffer anew
    assert share() == pytest.approx(rare, rel=0.1)
    draw_rare_above(cells, False)
    cells.size = 0.6
    assert share() == pytest.approx(usual, rel=0.02)


def test_cells_without_a_type_and_hidden_ones_cover_nothing(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any], drawing: str
) -> None:
    slab = make_slab([(1, 1), (1, 1), (5, 1), (5, 1)], ["D1", None, "D1", "D2"])
    cells = abc.add_slab(viewer, slab, "Subclass").cells
    assert [look(viewer).color(x, 1) for x in (1, 5)] == [RED, GREEN]
    hide(cells, ["D2"])
    assert [look(viewer).color(x, 1) for x in (1, 5)] == [RED, RED]


@pytest.mark.parametrize("choice", ["never", "always"])
def test_selected_cells_lie_above_all_others(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    choice: str,
) -> None:
    monkeypatch.setenv(raster.ENVIRONMENT, choice)
    slab = make_slab([(1, 1), (1, 1), (5, 1)], ["D1", "D2", "D2"])
    cells = abc.add_slab(viewer, slab, "Subclass").cells
    assert look(viewer).color(1, 1) == GREEN
    cells.selected_data = {0}
    assert look(viewer).color(1, 1) == RED
    abc.color_by(cells, "Class")
    abc.color_by(cells, "Subclass")
    assert look(viewer).color(1, 1) == RED
    cells.selected_data = set()
    assert look(viewer).color(1, 1) == GREEN
    cells.show_order(False, np.array([True, False, False]))
    assert look(viewer).color(1, 1) == RED


def test_order_leaves_other_layers_where_they_are(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any], drawing: str
) -> None:
    below = viewer.add_image(np.full((8, 8), 255, np.uint8), contrast_limits=(0, 255))
    slab = make_slab([(1, 1), (1, 1), (5, 1)], ["D1", None, "D2"])
    cells = abc.add_slab(viewer, slab, "Subclass").cells
    above = viewer.add_points([[1.0, 5.0]], size=0.5, face_color="yellow", border_color="yellow")
    for opacity in (1, 0.99):
        below.opacity = opacity
        canvas = look(viewer)
        assert canvas.color(1, 1) == RED
        assert canvas.color(5, 1) == "#ffff00"
        assert canvas.color(3, 1) > "#f0f0f0"
    viewer.layers.move(viewer.layers.index(above), 0)
    viewer.layers.move(viewer.layers.index(below), 0)
    assert look(viewer).color(5, 1) == GREEN
    cells.visible = False
    assert look(viewer).color(5, 1) == "#ffff00"


def test_an_order_has_every_point_once() -> None:
    rng = np.random.default_rng(0)
    table = np.zeros((12, 4), np.float32)
    values = rng.integers(-1, 9, 1000).astype(float)
    values[::7] = np.nan
    for lookup in (Lookup.of(values, table, (0, 8), zero_apart=True), Lookup.of(values, table)):
        for rare in (False, True):
            order = order_of(lookup, rare, values == 3)
            assert order is not None
            assert sorted(order.tolist()) == list(range(1000))
            assert (values[order[-(values == 3).sum() :]] == 3).all()
    assert order_of(Lookup.of(np.abs(np.nan_to_num(values)), table)) is None


def test_the_examples_are_right() -> None:
    results = doctest.testmod(module, extraglobs={"np": np, "Lookup": Lookup})
    assert results.attempted > 0
    assert results.failed == 0
