"""A slab on the canvas: true colors in true places, in units, and nothing dropped."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from napari.layers import Labels
from shapely.geometry import LineString, Polygon

import napari_abc as abc
from napari_abc.errors import FormatError, UnknownNameError
from napari_abc.model import Frame, Outlines, Volume
from napari_abc.viewer.color import painted
from napari_abc.viewer.links import slab_of
from napari_abc.viewer.prepare import default_key, prepare_slab
from napari_abc.viewer.scene import add_prepared, forget_scene
from processes import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.model import Slab

RED, GREEN, BLUE, GRAY = "#e41a1c", "#4daf4a", "#377eb8", "#808080"


def test_cells_are_seen_in_their_palette_colors_where_they_lie(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    layers = abc.add_slab(viewer, slab, color_by="Subclass")
    canvas = look(viewer)
    assert [canvas.color(x, y) for x, y in ((1, 1), (5, 2), (2, 6), (6, 4))] == [RED, GREEN, BLUE, GRAY]
    assert canvas.color(4, 4) == "#000000"
    assert len(layers.cells.data) == 4
    assert layers.cells.data.dtype == np.float32
    np.testing.assert_array_equal(layers.cells.data, [[1, 1], [2, 5], [6, 2], [4, 6]])


def test_cells_smaller_than_two_pixels_keep_their_colors(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    side = np.arange(200) * 0.01
    x, y = (grid.ravel() for grid in np.meshgrid(side, side))
    types = np.where(x < 1, "D1", "D2").tolist()
    slab = make_slab(np.c_[x, y], types, np.zeros(len(x)))
    abc.add_slab(viewer, slab, color_by="Subclass")
    viewer.scene.camera.zoom = 100  # a cell every pixel
    canvas = look(viewer)
    colors = {canvas.color(x, y) for x in (0.3, 0.6, 1.4, 1.7) for y in (0.3, 1.0, 1.7)}
    assert colors == {RED, GREEN}
    assert {canvas.color(0.5, 1.0), canvas.color(1.5, 1.0)} == {RED, GREEN}
    assert canvas.color(0.5, 1.0) == RED


def test_a_single_far_cell_is_still_seen_when_all_is_in_view(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    crowd = rng.random((5000, 2))
    slab = make_slab(np.vstack([crowd, [[30.0, 20.0]]]), ["D1"] * 5000 + ["D2"], np.zeros(5001))
    abc.add_slab(viewer, slab, color_by="Subclass")
    canvas = look(viewer)
    assert len(canvas.where(GREEN)) >= 1


def test_larger_y_is_lower_on_the_screen(viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]) -> None:
    abc.add_slab(viewer, slab, color_by="Subclass")
    canvas = look(viewer)
    assert canvas.where(RED)[:, 0].mean() < canvas.where(GREEN)[:, 0].mean() < canvas.where(BLUE)[:, 0].mean()
    assert canvas.where(RED)[:, 1].mean() < canvas.where(BLUE)[:, 1].mean() < canvas.where(GREEN)[:, 1].mean()


def test_larger_y_is_higher_where_the_frame_says_so_and_data_stay_true(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    regions = pd.DataFrame(
        {"label": ["r"], "name": ["r"], "color": ["#00ffd0"], "geometry": [LineString([(0, 7.5), (7, 7.5)])]}
    )
    frame = Frame("ccf", ("x", "y"), "millimeter", y_down=False)
    layers = abc.add_slab(viewer, make_slab(frames=(frame,), regions=regions), color_by="Subclass")
    canvas = look(viewer)
    assert canvas.where(RED)[:, 0].mean() > canvas.where(BLUE)[:, 0].mean()
    assert canvas.where("#00ffd0")[:, 0].mean() < canvas.where(BLUE)[:, 0].mean()
    assert layers.cells.data[0].tolist() == [1, 1]


def test_an_embedding_has_a_name_to_read_and_no_scale_bar(viewer: napari.Viewer, slab: Slab) -> None:
    embedding = replace(slab, frames=(Frame("UMAP", ("x", "y"), "", y_down=False),), title="Whole brain")
    viewer.canvas.overlays.scale_bar.visible = False
    layers = abc.add_slab(viewer, embedding)
    assert layers.cells.name.startswith("Whole brain")
    assert not viewer.canvas.overlays.scale_bar.visible
    assert layers.cells.scale.tolist() == [-1, 1]


@pytest.mark.parametrize("embedding_first", [True, False])
def test_an_embedding_is_not_laid_over_tissue(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], embedding_first: bool
) -> None:
    umap = replace(slab, frames=(Frame("UMAP", ("x", "y"), "", y_down=False),), title="Whole brain")
    first, second = (umap, slab) if embedding_first else (slab, umap)
    old = abc.add_slab(viewer, first).cells
    new = abc.add_slab(viewer, second).cells  # without a warning of units that don't agree
    assert (old.visible, new.visible) == (False, True)
    assert {str(unit) for layer in viewer.layers for unit in layer.units} == {"millimeter"}
    assert viewer.canvas.overlays.scale_bar.visible == embedding_first
    assert (look(viewer).pixels[..., :3] != 0).any()
    low, high = new.extent.world
    center = viewer.scene.camera.center[-2:]
    assert (low[-2:] <= center).all()
    assert (center <= high[-2:]).all()


@pytest.mark.parametrize(("unit", "shown"), [("millimeter", "mm"), ("micrometer", "µm")])
def test_the_scale_bar_shows_the_unit(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any], unit: str, shown: str
) -> None:
    frame = Frame("f", ("x", "y"), unit)
    square = Polygon([(0, 0), (7, 0), (7, 8), (0, 8)])
    regions = pd.DataFrame({"label": ["r"], "name": ["r"], "color": ["#00ffd0"], "geometry": [square]})
    image = Volume("DAPI", "image", [np.zeros((8, 8), np.uint8)], (1.0, 1.0), (0.0, 0.0), unit)
    slab = make_slab(frames=(frame,), regions=regions, images=(image,), outlines=_squares())
    layers = abc.add_slab(viewer, slab)
    assert len(list(layers)) == len(viewer.layers) == 4
    for layer in viewer.layers:
        assert [str(u) for u in layer.units] == [unit, unit]
        assert layer.axis_labels == ("y", "x")
    assert [str(u) for u in viewer.layers.units] == [unit, unit]
    bar = viewer.canvas.overlays.scale_bar
    assert bar.visible
    (visual,) = viewer.window._qt_viewer.canvas._viewer_overlay_to_visual[bar]
    # pint writes the micro sign up to 0.25 and the Greek letter since 0.26; both look the same.
    text = visual.node.text.text.replace("\N{GREEK SMALL LETTER MU}", "\N{MICRO SIGN}")
    assert text.endswith(f" {shown}")
    length = float(text.split()[0])
    # The bar itself, measured on the canvas: a white line of that length, low on the right.
    rows = look(viewer).pixels[-120:, -400:, :3].min(axis=2) > 200
    longest = max(_longest_run(row) for row in rows)
    assert longest == pytest.approx(length * viewer.scene.camera.zoom, abs=4)


def _longest_run(row: Any) -> int:
    edges = np.flatnonzero(np.diff(np.r_[0, row.astype(int), 0]))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def test_two_slabs_of_different_units_stay_true(
    viewer: napari.Viewer, make_slab: Callable[..., Slab]
) -> None:
    abc.add_slab(viewer, make_slab())
    abc.add_slab(viewer, make_slab(frames=(Frame("micron", ("x", "y"), "micrometer"),)))
    # One unit for all; a micrometer is still a thousandth of a millimeter.
    assert [str(u) for u in viewer.layers.units] == ["millimeter", "millimeter"]
    scales = [layer.scale[-1] for layer in viewer.layers if layer.metadata.get("napari_abc.cells")]
    assert scales == [1, 0.001]


def test_a_slab_without_unit_gets_none(viewer: napari.Viewer, make_slab: Callable[..., Slab]) -> None:
    layers = abc.add_slab(viewer, make_slab(frames=(Frame("UMAP", ("x", "y"), ""),)))
    assert [str(u) for u in layers.cells.units] == ["pixel", "pixel"]


def test_no_cell_of_300000_is_dropped(viewer: napari.Viewer, make_slab: Callable[..., Slab]) -> None:
    rng = np.random.default_rng(0)
    count = 300_000
    slab = make_slab(rng.random((count, 2)) * 20, rng.choice(["D1", "D2"], count), np.ones(count))
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    viewer.screenshot(flash=False)
    drawn = viewer.window._qt_viewer.canvas.layer_to_visual[cells].node.points_markers.drawn
    assert len(cells.data) == drawn == count
    assert cells.shown.all()


def test_regions_are_outlined_in_their_colors_with_holes_and_let_cells_show(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    outer = [(3, 3), (9, 3), (9, 9), (3, 9)]
    hole = [(5, 5), (5, 7), (7, 7), (7, 5)]
    regions = pd.DataFrame(
        {
            "label": ["CaH", "fiber"],
            "name": ["Head of caudate", "internal capsule"],
            "color": ["#00FFD0", "#ff4fd8"],
            "geometry": [Polygon(outer, [hole]), LineString([(1, 10), (9, 10)])],
        }
    )
    cells = [(0.0, 0.0), (4.0, 4.0), (6.0, 6.0), (10.0, 12.0)]
    slab = make_slab(cells, ["D1", "D2", "D1", "D2"], [0, 0, 0, 0], regions=regions)
    layers = abc.add_slab(viewer, slab, color_by="Subclass")
    canvas = look(viewer)
    for x, y in ((6, 3), (3, 6), (6, 9), (9, 6), (6, 5), (5, 6), (7, 6), (6, 7)):
        assert "#00ffd0" in canvas.colors_near(x, y), (x, y)
    assert "#ff4fd8" in canvas.colors_near(5, 10)
    assert canvas.color(4, 4) == GREEN
    assert canvas.color(6, 6) == RED
    assert canvas.color(8, 8) == "#000000"
    assert layers.regions is not None
    assert layers.regions.features[["label", "name", "hole"]].to_numpy().tolist() == [
        ["CaH", "Head of caudate", False],
        ["CaH", "Head of caudate", True],
        ["fiber", "internal capsule", False],
    ]


def _squares() -> Outlines:
    """Squares of half a side around the four cells."""
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    centers = np.array([[1, 1], [5, 2], [2, 6], [6, 4]])
    vertices = (centers[:, None] + corners).reshape(-1, 2).astype(np.float32)
    return Outlines(np.arange(4), np.arange(5) * 4, vertices)


def test_images_of_several_channels_lie_under_the_cells_in_register_and_add_up(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    # Pixels of 0.5 mm; the center of the first one is at x = 0.25, y = 0.25.
    first, second = np.zeros((18, 16), np.uint16), np.zeros((18, 16), np.uint16)
    first[1:3, 1:3] = 900  # around (1, 1)
    second[1:3, 1:3] = 900
    second[11:13, 3:5] = 900  # around (2, 6)
    images = tuple(
        Volume(
            name, "image", [data, data[::2, ::2]], (0.5, 0.5), (0.25, 0.25), "millimeter", (0.0, 900.0), cmap
        )
        for name, data, cmap in (("DAPI", first, "blue"), ("PolyT", second, "green"))
    )
    layers = abc.add_slab(viewer, make_slab(images=images))
    assert [layer._type_string for layer in viewer.layers] == ["image", "image", "points"]
    assert [layer.name for layer in layers.images] == [
        "DAPI · H22.30.001.CX.17.Plane.03",
        "PolyT · H22.30.001.CX.17.Plane.03",
    ]
    assert all(layer.multiscale for layer in layers.images)
    layers.cells.visible = False
    canvas = look(viewer)
    assert canvas.color(1, 1) == "#00ffff"
    assert canvas.color(2, 6) == "#00ff00"
    assert canvas.color(5, 2) == "#000000"


def test_outlines_are_lines_around_the_cells(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    layers = abc.add_slab(viewer, make_slab(outlines=_squares()))
    assert isinstance(layers.outlines, Labels)
    layers.cells.visible = False
    layers.outlines.opacity = 1
    canvas = look(viewer)
    for x, y in ((4.5, 2), (5.5, 2), (5, 1.5), (5, 2.5), (6.5, 4), (6, 4.5), (2, 5.5)):
        assert "#33d6ff" in canvas.colors_near(x, y), (x, y)
    assert canvas.color(1, 1) == canvas.color(6, 4) == canvas.color(3, 4) == "#000000"


def test_layers_say_what_they_show(viewer: napari.Viewer, make_slab: Callable[..., Slab]) -> None:
    slab = make_slab(synthetic=True)
    cells = abc.add_slab(viewer, slab).cells
    assert cells.name == "H22.30.001.CX.17.Plane.03 (synthetic)"
    assert slab_of(cells) is slab
    assert cells.features.columns.tolist() == ["cell_label", "Class", "Subclass", "region"]
    assert cells.features["cell_label"].tolist() == slab.cells.index.tolist()
    assert viewer.layers.selection.active is cells


def test_the_camera_goes_to_the_slab_that_was_opened_last(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    abc.add_slab(viewer, make_slab(), color_by="Subclass")
    canvas = look(viewer)
    rows, columns = np.concatenate([canvas.where(color) for color in (RED, GREEN, BLUE)]).T
    height, width = canvas.pixels.shape[:2]
    assert np.ptp(rows) > 0.6 * height or np.ptp(columns) > 0.6 * width
    before = viewer.scene.camera.zoom
    large = abc.add_slab(viewer, make_slab(np.random.default_rng(0).random((4, 2)) * 500)).cells
    assert viewer.scene.camera.zoom < before / 10
    low, high = large.extent.world
    center = np.asarray(viewer.scene.camera.center)[-2:]
    assert (low < center).all()
    assert (center < high).all()


def test_by_default_the_finest_readable_grouping_colors(
    viewer: napari.Viewer, make_slab: Callable[..., Slab]
) -> None:
    assert default_key(make_slab()) == "Subclass"
    assert default_key(make_slab(groups={})) is None
    plain = abc.add_slab(viewer, make_slab(groups={}, palettes={}), color_by=None).cells
    assert painted(plain) is None
    assert len(np.unique(plain.face_color, axis=0)) == 1


def test_an_unknown_color_key_adds_nothing(viewer: napari.Viewer, slab: Slab) -> None:
    with pytest.raises(UnknownNameError, match="Nope"):
        abc.add_slab(viewer, slab, color_by="gene:Nope")
    assert len(viewer.layers) == 0


def test_a_slab_of_images_only_shows_them(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    image = Volume("DAPI", "image", [np.ones((4, 4))], (1.0, 1.0), (0.0, 0.0), "millimeter", (0.0, 1.0))
    slab = make_slab(np.empty((0, 2)), [], [], images=(image,))
    layers = abc.add_slab(viewer, slab)
    assert len(layers.cells.data) == 0
    assert look(viewer).color(1.5, 1.5) == "#ffffff"
    abc.color_by(layers.cells, "Subclass")


def test_a_slab_without_cells_is_a_clear_error(viewer: napari.Viewer, slab: Slab) -> None:
    slab.cells = slab.cells.iloc[:0]
    with pytest.raises(FormatError, match="no cell with coordinates"):
        abc.add_slab(viewer, slab)
    assert len(viewer.layers) == 0


def test_one_cell_and_cells_in_one_place_are_shown(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    layers = abc.add_slab(viewer, make_slab([(3.0, 4.0)], ["D1"], [1.0]), color_by="Subclass")
    assert look(viewer).color(3, 4) == RED
    assert layers.cells.size[0] == pytest.approx(0.01)


def test_a_prepared_slab_can_come_from_another_thread(viewer: napari.Viewer, slab: Slab) -> None:
    (prepared,) = in_threads(lambda: prepare_slab(slab, "gene:DRD1"))
    layers = add_prepared(viewer, prepared)
    state = painted(layers.cells)
    assert state is not None
    assert state.coloring.title == "DRD1"


def test_removed_layers_are_gone(
    viewer: napari.Viewer, make_slab: Callable[..., Slab], flushed: Callable[[], None]
) -> None:
    layers = abc.add_slab(viewer, make_slab(), color_by="Subclass")
    abc.color_by(layers.cells, "gene:DRD1")
    layers.cells.get_status((1.0, 1.0), world=True)
    slab = weakref.ref(slab_of(layers.cells))
    cells = weakref.ref(layers.cells)
    viewer.layers.clear()
    del layers
    flushed()
    assert cells() is None
    assert slab() is not None  # it can come back
    forget_scene(viewer)
    flushed()
    assert slab() is None


def test_layer_types(viewer: napari.Viewer, make_slab: Callable[..., Slab]) -> None:
    square = Polygon([(0, 0), (7, 0), (7, 8)])
    regions = pd.DataFrame({"label": ["r"], "name": ["r"], "color": ["#00ffd0"], "geometry": [square]})
    image = Volume("stain", "image", [np.eye(9)], (1.0, 1.0), (0.0, 0.0), "millimeter")
    labels = Volume("nuclei", "labels", [np.eye(9, dtype=np.uint8)], (1.0, 1.0), (0.0, 0.0), "millimeter")
    slab = make_slab(regions=regions, images=(image, labels), outlines=_squares())
    abc.add_slab(viewer, slab)
    assert [layer._type_string for layer in viewer.layers] == [
        "image",
        "labels",
        "labels",
        "points",
        "shapes",
    ]
