"""An open slab in another of its frames: the same cells, look and colors, seen from the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon

import napari_abc as abc
from napari_abc.errors import ConfigurationError, FormatError, UnknownNameError
from napari_abc.model import Categorical, Continuous, Frame, Gene, Volume
from napari_abc.viewer.color import hide, paint, painted, shown_line
from napari_abc.viewer.links import slab_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.model import Slab

RED, GREEN, BLUE = "#e41a1c", "#4daf4a", "#377eb8"

SECTION = Frame("section", ("x_s", "y_s"), "millimeter", title="Brain section")
STAGE = Frame("experiment", ("x_e", "y_e"), "micrometer", title="Instrument")
CCF = Frame("ccf", ("z_c", "y_c", "x_c"), "millimeter", title="CCF", axes=("z_c", "y_c", "x_c"))


@pytest.fixture
def section(make_slab: Callable[..., Slab]) -> Slab:
    """3,000 cells in a disc; every tenth isn't in the CCF, where the section is turned and tilted."""
    rng = np.random.default_rng(0)
    places = 5 + rng.uniform(-1, 1, (6000, 2)) * 4
    places = places[np.hypot(*(places - 5).T) < 4][:3000]
    x, y = places.T
    types = np.where(x < 4, "D1", np.where(x < 6, "D2", "Astro")).tolist()
    slab = make_slab(places, types, rng.gamma(2, 1, len(x)), frames=(SECTION, STAGE, CCF))
    angle = np.radians(30)
    columns = {
        "x_s": x,
        "y_s": y,
        # The instrument saw it turned by 30 degrees, in micrometers.
        "x_e": 1000 * (np.cos(angle) * x - np.sin(angle) * y) + 9000,
        "y_e": 1000 * (np.sin(angle) * x + np.cos(angle) * y) - 500,
        "z_c": x + 0.3,
        "y_c": 0.9 * y,
        "x_c": 7 + 0.1 * y,
    }
    slab.cells = slab.cells.assign(**columns)
    slab.cells.loc[slab.cells.index[::10], ["z_c", "y_c", "x_c"]] = np.nan
    square = Polygon([(2, 2), (8, 2), (8, 8), (2, 8)])
    slab.regions = pd.DataFrame({"label": ["r"], "name": ["r"], "color": ["#00ffd0"], "geometry": [square]})
    return slab


def test_positions_units_and_axes_are_those_of_the_frame(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    stage = abc.show_in_frame(viewer, cells, "experiment").cells
    np.testing.assert_allclose(stage.data, section.cells[["y_e", "x_e"]].to_numpy(), rtol=1e-6)
    assert [str(unit) for unit in stage.units] == ["millimeter"] * 2  # one unit for all
    assert stage.scale.tolist() == [0.001] * 2
    assert viewer.dims.ndisplay == 2
    ccf = abc.show_in_frame(viewer, stage, "ccf").cells
    placed = section.cells.dropna(subset=["x_c"])
    np.testing.assert_allclose(ccf.data, placed[["x_c", "y_c", "z_c"]].to_numpy(), rtol=1e-6)
    assert ccf.axis_labels == ("x_c", "y_c", "z_c")
    assert viewer.dims.ndisplay == 3
    assert [str(unit) for unit in viewer.layers.units] == ["millimeter"] * 3
    back = abc.show_in_frame(viewer, ccf, "section").cells
    np.testing.assert_allclose(back.data, section.cells[["y_s", "x_s"]].to_numpy(), rtol=1e-6)
    assert slab_of(back) is section
    assert viewer.dims.ndisplay == 2
    assert viewer.dims.ndim == 2


def test_how_many_cells_have_coordinates_is_said(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    slab = slab_of(abc.show_in_frame(viewer, cells, "ccf").cells)
    assert slab is not None
    assert slab.unplaced == 300
    assert slab.notes[-1] == "2,700 of 3,000 cells have coordinates in the frame CCF."
    assert shown_line(slab) == "Showing 2,700 of 3,000 cells; 300 have no coordinates in the frame CCF."


def test_the_layer_keeps_its_place_name_look_and_colors(
    viewer: napari.Viewer, section: Slab, make_slab: Callable[..., Slab]
) -> None:
    below = abc.add_slab(viewer, make_slab(label="other")).cells
    cells = abc.add_slab(viewer, section, color_by="Subclass").cells
    above = viewer.add_points([[0, 0]], name="mine")
    cells.name, cells.opacity, cells.size = "my section", 0.7, 3 * cells.size
    hide(cells, ["D2"])
    usual = cells.size[0] / 3
    stage = abc.show_in_frame(viewer, cells, "experiment").cells
    names = [layer.name for layer in viewer.layers if layer.name not in ("Regions · my section", "Titles")]
    assert names == [below.name, "my section", above.name]
    assert viewer.layers.selection.active is stage
    assert stage.opacity == 0.7
    assert stage.size[0] == pytest.approx(3000 * usual, rel=0.1)
    state = painted(stage)
    assert state is not None
    assert state.coloring.key == "Subclass"
    assert state.hidden == {"D2"}
    stage.visible = False
    assert not abc.show_in_frame(viewer, stage, "ccf").cells.visible


def test_limits_and_colormap_of_a_gene_are_kept_also_where_cells_come_back(
    viewer: napari.Viewer, section: Slab
) -> None:
    cells = abc.add_slab(viewer, section).cells
    abc.color_by(cells, "gene:DRD1", limits=(0.5, 3.0), colormap="viridis")
    for frame in ("ccf", "section"):
        cells = abc.show_in_frame(viewer, cells, frame).cells
        state = painted(cells)
        assert state is not None and isinstance(state.coloring, Continuous)
        assert (state.limits, state.colormap) == ((0.5, 3.0), "viridis")
        slab = slab_of(cells)
        assert slab is not None
        expected = section.expression("DRD1").loc[slab.cells.index, "DRD1"]
        np.testing.assert_array_equal(state.coloring.values, expected)


def test_genes_that_share_a_symbol_and_costs_by_identifier(viewer: napari.Viewer, section: Slab) -> None:
    source: Any = section.expression_source
    first = source.columns["ENSG00000184845"]
    source.columns["ENSG2"] = first[::-1].copy()
    index = pd.Index([*section.genes.index, "ENSG2"], name="gene_identifier")
    section.genes = pd.DataFrame({"gene_symbol": ["DRD1", "DRD1"]}, index=index)
    cells = abc.add_slab(viewer, section).cells
    abc.color_by(cells, "gene:ensg2", values="raw")
    costs = source.costs = []
    for frame in ("ccf", "section"):
        cells = abc.show_in_frame(viewer, cells, frame).cells
        state = painted(cells)
        assert state is not None and isinstance(state.coloring, Continuous)
        assert state.coloring.genes == (Gene("ENSG2", "DRD1", "raw"),)
        assert not np.isnan(state.coloring.values).any()
    # Asked only where cells come that the frame before lacks.
    assert costs == [("raw", ("ENSG2",))]
    np.testing.assert_array_equal(state.coloring.values, source.columns["ENSG2"])


def test_what_would_have_to_be_fetched_is_carried_instead(viewer: napari.Viewer, section: Slab) -> None:
    source: Any = section.expression_source
    cells = abc.add_slab(viewer, section).cells
    abc.color_by(cells, "gene:DRD1")
    reads = source.reads
    source.to_fetch = {"ENSG00000184845": 7}
    cells = abc.show_in_frame(viewer, abc.show_in_frame(viewer, cells, "ccf").cells, "section").cells
    assert source.reads == reads
    state = painted(cells)
    assert state is not None and isinstance(state.coloring, Continuous)
    np.testing.assert_array_equal(np.isnan(state.coloring.values), np.arange(3000) % 10 == 0)


def test_a_coloring_of_ones_own_is_carried_by_cell(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    codes = (np.arange(len(section.cells)) % 3).astype(np.int32)
    paint(cells, Categorical("mine", "mine", codes, ("a", "b", "c"), (RED, GREEN, BLUE)))
    ccf = abc.show_in_frame(viewer, cells, "ccf").cells
    state = painted(ccf)
    assert state is not None and isinstance(state.coloring, Categorical)
    kept = np.arange(3000) % 10 != 0
    np.testing.assert_array_equal(state.coloring.codes, codes[kept])
    back = painted(abc.show_in_frame(viewer, ccf, "section").cells)
    assert back is not None and isinstance(back.coloring, Categorical)
    np.testing.assert_array_equal(back.coloring.codes, np.where(kept, codes, -1))


def test_colors_set_by_hand_stay(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    colors = np.random.default_rng(0).random((3000, 4)).astype(np.float32)
    cells.face_color = colors
    ccf = abc.show_in_frame(viewer, cells, "ccf").cells
    assert painted(ccf) is None
    np.testing.assert_allclose(ccf.face_color, colors[np.arange(3000) % 10 != 0], atol=1e-6)


def test_the_camera_stays_on_the_cells_in_view(
    viewer: napari.Viewer, section: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, section).cells
    viewer.scene.camera.center = (0, 3.0, 6.5)
    viewer.scene.camera.zoom *= 4
    zoom = viewer.scene.camera.zoom
    stage = abc.show_in_frame(viewer, cells, "experiment").cells
    turned = np.array([1000 * (6.5 / 2 + 3.0 * 0.75**0.5) - 500, 1000 * (6.5 * 0.75**0.5 - 3.0 / 2) + 9000])
    assert str(stage.units[-1]) == "millimeter"  # the scene's; one micrometer of the frame is a thousandth
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], turned / 1000, atol=1e-3)
    assert viewer.scene.camera.zoom == pytest.approx(zoom, rel=0.02)
    ccf = abc.show_in_frame(viewer, stage, "ccf").cells
    np.testing.assert_allclose(viewer.scene.camera.center, (7.3, 2.7, 6.8), atol=0.01)
    assert viewer.scene.camera.zoom == pytest.approx(zoom, rel=0.1)
    abc.show_in_frame(viewer, ccf, "section")
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], (3.0, 6.5), atol=0.01)
    assert viewer.scene.camera.zoom == pytest.approx(zoom, rel=0.05)


def test_the_same_cells_are_seen_in_the_same_place_of_the_canvas(
    viewer: napari.Viewer, section: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, section, color_by="Subclass").cells
    first = [look(viewer).where(color).mean(axis=0) for color in (RED, GREEN, BLUE)]
    abc.show_in_frame(viewer, cells, "ccf")
    then = [look(viewer).where(color).mean(axis=0) for color in (RED, GREEN, BLUE)]
    np.testing.assert_allclose(then, first, atol=15)


def test_regions_leave_with_their_frame_and_return_as_they_were(viewer: napari.Viewer, section: Slab) -> None:
    layers = abc.add_slab(viewer, section)
    assert layers.regions is not None
    layers.regions.opacity = 0.3
    there = abc.show_in_frame(viewer, layers.cells, "ccf")
    assert there.regions is None
    assert list(viewer.layers) == [there.cells]
    back = abc.show_in_frame(viewer, there.cells, "section")
    assert back.regions is layers.regions
    assert list(viewer.layers) == [back.cells, layers.regions]
    assert back.regions.opacity == 0.3
    viewer.layers.remove(back.regions)
    again = abc.show_in_frame(viewer, back.cells, "ccf").cells
    assert abc.show_in_frame(viewer, again, "section").regions is None


def test_images_are_shown_in_their_own_frame_only(viewer: napari.Viewer, section: Slab) -> None:
    pixels = np.full((8, 8), 9, np.uint8)
    own = Volume("DAPI", "image", [pixels], (1.0, 1.0), (0.0, 0.0), "millimeter")
    theirs = Volume("stage", "image", [pixels], (900.0,) * 2, (0.0, 0.0), "micrometer", frame="experiment")
    section.images = (own, theirs)
    layers = abc.add_slab(viewer, section)
    assert [layer.name.split(" · ")[0] for layer in layers.images] == ["DAPI"]
    stage = abc.show_in_frame(viewer, layers.cells, "experiment")
    assert [layer.name.split(" · ")[0] for layer in stage.images] == ["stage"]
    back = abc.show_in_frame(viewer, stage.cells, "section")
    assert back.images == layers.images


def test_what_cannot_be_shown_leaves_the_viewer_as_it_was(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    before = list(viewer.layers)
    with pytest.raises(UnknownNameError, match="section, experiment, ccf"):
        abc.show_in_frame(viewer, cells, "nowhere")
    section.cells["x_e"] = np.nan
    with pytest.raises(FormatError, match=r"None of the 3,000 cells .* Instrument"):
        abc.show_in_frame(viewer, cells, "experiment")
    with pytest.raises(ConfigurationError, match="doesn't show the cells"):
        abc.show_in_frame(viewer, viewer.add_points([[0, 0]]), "ccf")
    assert list(viewer.layers)[: len(before)] == before
    viewer.layers.remove(cells)
    with pytest.raises(ConfigurationError, match="not in this viewer"):
        abc.show_in_frame(viewer, cells, "ccf")
