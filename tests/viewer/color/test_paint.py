"""Recoloring: fast, right on the canvas, and at peace with what napari and people do to the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.layers import Points

import napari_abc as abc
from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import Categorical, Gene, colormap_table, hex_table
from napari_abc.viewer.color import _paint as paint
from napari_abc.viewer.color import _ways as ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

    from napari_abc.model import Slab

RED, GREEN, BLUE, GRAY, DIM = "#e41a1c", "#4daf4a", "#377eb8", "#808080", "#404040"
PLACES = ((1, 1), (5, 2), (2, 6), (6, 4))


def step(index: int, colormap: str = "magma") -> str:
    return "#{:02x}{:02x}{:02x}".format(*np.round(colormap_table(colormap)[index, :3] * 255).astype(int))


@pytest.fixture(params=ways.WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ways.Way:
    """Each way to bring colors onto a layer, as the fastest."""
    chosen: ways.Way = request.param
    monkeypatch.setenv(ways.ENVIRONMENT, chosen.name)
    return chosen


@pytest.fixture
def told() -> Iterator[list[Any]]:
    layers: list[Any] = []
    paint.events.painted.connect(layers.append)
    yield layers
    paint.events.painted.disconnect(layers.append)


def seen(look: Callable[..., Any], viewer: napari.Viewer) -> list[str]:
    canvas = look(viewer)
    return [canvas.color(x, y) for x, y in PLACES]


def test_the_fast_lane_works_with_this_napari(viewer: napari.Viewer, slab: Slab) -> None:
    """Fails when a new napari draws points in another way; painting then goes a slower way."""
    cells = abc.add_slab(viewer, slab).cells
    assert ways.fastest_way(cells).name == "lookup"
    assert type(viewer.window._qt_viewer.canvas.layer_to_visual[cells]).__name__ == "VispyLookupPoints"


def test_category_gene_category_metadata(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], way: ways.Way, told: list[Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    coloring = abc.color_by(cells, "Subclass")
    assert isinstance(coloring, Categorical)
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]
    abc.color_by(cells, "gene:drd1")
    assert seen(look, viewer) == [DIM, step(64), step(255), GRAY]
    abc.color_by(cells, "subclass")
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]
    abc.color_by(cells, "depth")
    assert seen(look, viewer)[0] == step(0)
    assert seen(look, viewer)[3] == step(255)
    assert told == [cells] * 4


def test_raw_values_are_colored_by_where_they_are_asked_for(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, "gene:DRD1", "raw").cells
    state = paint.painted(cells)
    assert state is not None
    assert state.coloring.genes[0].values == "raw"
    for kind, unit in (("log2", "log2(CPT + 1)"), ("raw", "counts")):
        coloring = abc.color_by(cells, "gene:DRD1", values=kind)
        assert coloring.genes == (Gene("ENSG00000184845", "DRD1", kind),)
        assert coloring.text(1) == f"DRD1 2 {unit}"
        again = paint.painted(cells)
        assert again is not None and again.coloring is coloring


def test_the_layers_own_colors_are_what_is_seen(viewer: napari.Viewer, slab: Slab, way: ways.Way) -> None:
    cells = abc.add_slab(viewer, slab).cells
    abc.color_by(cells, "Subclass")
    wanted = hex_table([RED, GREEN, BLUE, GRAY])
    np.testing.assert_allclose(cells.face_color, wanted)
    np.testing.assert_allclose(cells.border_color, wanted)


def test_limits_and_colormap_change_without_reading_again(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], way: ways.Way
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="gene:DRD1").cells
    state = paint.painted(cells)
    assert state is not None
    paint.paint(cells, state.coloring, (4, 16), "viridis")
    assert seen(look, viewer) == [DIM, DIM, step(85, "viridis"), GRAY]
    assert slab.expression_source.reads == 1  # type: ignore[union-attr]
    changed = paint.painted(cells)
    assert changed is not None
    assert (changed.limits, changed.colormap) == ((4, 16), "viridis")
    assert (state.limits, state.colormap) == ((0, 8), "magma")


def test_far_out_the_new_colors_are_seen_too(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], way: ways.Way
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    viewer.scene.camera.zoom = 8  # a cell is about one pixel
    abc.color_by(cells, "Subclass")
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]


def test_an_error_leaves_the_layer_as_it_was(
    viewer: napari.Viewer, slab: Slab, make_slab: Callable[..., Slab], told: list[Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    before = paint.painted(cells), cells.face_color.copy()
    for key, error in (("gene:Nope", UnknownNameError), ("nope", UnknownNameError)):
        with pytest.raises(error):
            abc.color_by(cells, key)
    gene = slab.coloring("gene:DRD1")
    with pytest.raises(ConfigurationError, match="lower one first"):
        paint.paint(cells, gene, (3, 3))
    with pytest.raises(ConfigurationError, match="no colormap"):
        paint.paint(cells, gene, None, "nope")
    other = make_slab([(0, 0), (1, 1)], ["D1", "D2"], [1, 2])
    with pytest.raises(ConfigurationError, match=r"2 values.*4 cells"):
        paint.paint(cells, other.coloring("Subclass"))
    assert paint.painted(cells) is before[0]
    np.testing.assert_array_equal(cells.face_color, before[1])
    assert not told


def test_a_layer_that_shows_no_slab_is_a_clear_error(viewer: napari.Viewer) -> None:
    layer = viewer.add_points(np.zeros((3, 2)), name="mine")
    with pytest.raises(ConfigurationError, match="'mine' doesn't show the cells"):
        abc.color_by(layer, "Subclass")
    assert paint.painted(layer) is None
    assert paint.slab_of(layer) is None


def test_napari_can_recolor_and_we_can_again(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], way: ways.Way, told: list[Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    cells.face_color = "Class"
    assert cells.face_color_mode == "cycle"
    assert paint.painted(cells) is None
    assert told == [cells]
    assert len(set(seen(look, viewer))) == 2
    abc.color_by(cells, "Subclass")
    assert cells.face_color_mode == "direct"
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]
    cells.face_color = "white"
    assert seen(look, viewer) == ["#ffffff"] * 4
    cells.size = cells.size * 2  # napari rebuilds everything
    abc.color_by(cells, "Subclass")
    cells.refresh()
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]


def test_selecting_and_napari_controls_keep_working(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], way: ways.Way
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    cells.selected_data = {1}
    cells.current_face_color = "white"
    cells.selected_data = set()
    assert seen(look, viewer) == [RED, "#ffffff", BLUE, GRAY]
    abc.color_by(cells, "Subclass")
    cells.opacity = 0.5
    cells.opacity = 1.0
    cells.visible = False
    abc.color_by(cells, "gene:DRD1")
    cells.visible = True
    assert seen(look, viewer) == [DIM, step(64), step(255), GRAY]


def test_a_duplicate_knows_its_slab_and_has_colors_of_its_own(
    viewer: napari.Viewer, slab: Slab, way: ways.Way
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    viewer.layers.selection.active = cells
    data, state, kind = cells.as_layer_data_tuple()
    copy = viewer._add_layer_from_data(data, {**state, "name": "copy"}, kind)[0]
    assert isinstance(copy, Points)
    assert paint.slab_of(copy) is slab
    abc.color_by(copy, "gene:DRD1")
    first, second = paint.painted(cells), paint.painted(copy)
    assert first is not None and second is not None
    assert (first.coloring.title, second.coloring.title) == ("Subclass", "DRD1")
    np.testing.assert_allclose(cells.face_color, hex_table([RED, GREEN, BLUE, GRAY]))
    assert "reads" not in str(copy.get_status((6.0, 2.0), world=True))


def test_cells_removed_and_points_added_by_hand_keep_the_rest_right(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], way: ways.Way
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    cells.remove([0])
    abc.color_by(cells, "Subclass")
    np.testing.assert_allclose(cells.face_color, hex_table([GREEN, BLUE, GRAY]))
    cells.add((1.0, 1.0))  # as many points as cells again, but not the same ones
    abc.color_by(cells, "Subclass")
    np.testing.assert_allclose(cells.face_color, hex_table([GREEN, BLUE, GRAY, GRAY]))
    cells.selected_data = set()
    assert seen(look, viewer)[1:] == [GREEN, BLUE, GRAY]


def test_without_the_label_feature_an_edited_layer_is_refused(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    cells.features = {"mine": [1, 2, 3, 4]}
    abc.color_by(cells, "Subclass")
    np.testing.assert_allclose(cells.face_color, hex_table([RED, GREEN, BLUE, GRAY]))
    cells.remove([0])
    with pytest.raises(ConfigurationError, match=r"3 points for 4 cells.*open the slab again"):
        abc.color_by(cells, "Class")


def test_a_buffer_that_does_not_fit_is_not_written_to(
    viewer: napari.Viewer, slab: Slab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ways.ENVIRONMENT, "vertex")
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    markers = viewer.window._qt_viewer.canvas.layer_to_visual[cells].node.points_markers
    whole = markers._data
    markers._data = whole[:3]
    try:
        assert ways.fastest_way(cells).name == "public"
        markers._data = np.zeros(4, dtype=[("a_position", np.float32, 3)])
        assert ways.fastest_way(cells).name == "public"
    finally:
        markers._data = whole
    viewer.layers.remove(cells)
    assert ways.fastest_way(cells).name == "public"
    abc.color_by(cells, "gene:DRD1")


def test_the_thumbnail_shows_the_new_colors_in_a_moment(
    viewer: napari.Viewer, slab: Slab, qtbot: Any
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    abc.color_by(cells, "Subclass")
    wanted = {(0, 0, 0), (228, 26, 28), (77, 175, 74), (55, 126, 184), (128, 128, 128)}
    qtbot.waitUntil(lambda: {tuple(pixel) for pixel in cells.thumbnail.reshape(-1, 4)[:, :3]} == wanted)


def test_without_a_window_layers_are_added_and_painted_too(slab: Slab) -> None:
    from napari.components import ViewerModel

    model = ViewerModel()
    cells = abc.add_slab(model, slab).cells
    abc.color_by(cells, "Subclass")
    np.testing.assert_allclose(cells.face_color, hex_table([RED, GREEN, BLUE, GRAY]))
