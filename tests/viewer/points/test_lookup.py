"""Colors that the graphics card looks up: the same ones, and at peace with all that napari does."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.layers import Layer, Points

import napari_abc as abc
from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import Categorical, Continuous, Gene, hex_table
from napari_abc.viewer.color import _paint as paint
from napari_abc.viewer.color import _ways as ways
from napari_abc.viewer.color import legend, resolve, rgba, shown_line
from napari_abc.viewer.color._painted import look_up
from napari_abc.viewer.points import _detail as detail
from napari_abc.viewer.points import _layer as lookup_napari
from napari_abc.viewer.points import _markers as lookup_markers
from napari_abc.viewer.points import _raster as raster
from napari_abc.viewer.points import capable, lookup_of
from napari_abc.viewer.points._layer import LookupPoints, VispyLookupPoints

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from numpy.typing import NDArray

    from napari_abc.model import Slab

RED, GREEN, BLUE, GRAY, DIM, BLACK = "#e41a1c", "#4daf4a", "#377eb8", "#808080", "#404040", "#000000"
PLACES = ((1, 1), (5, 2), (2, 6), (6, 4))


def seen(look: Callable[..., Any], viewer: napari.Viewer) -> list[str]:
    canvas = look(viewer)
    return [canvas.color(x, y) for x, y in PLACES]


def visual_of(viewer: napari.Viewer, layer: Layer) -> VispyLookupPoints:
    visual: VispyLookupPoints = viewer.window._qt_viewer.canvas.layer_to_visual[layer]
    return visual


def many(make_slab: Callable[..., Slab], count: int = 3000) -> tuple[Slab, list[Categorical | Continuous]]:
    """Overlapping cells, and colorings with every quirk: missing, zero, negative, infinite, huge."""
    rng = np.random.default_rng(0)
    types = rng.choice(["D1", "D2", "Astro", None], count)
    slab = make_slab(rng.random((count, 2)) * 20, types, np.ones(count))
    gene = rng.integers(-1, 9, count).astype(np.float32)
    gene[::7], gene[::11], gene[::13] = np.nan, np.inf, -np.inf
    wide = np.where(gene > 3, 2.9e38, -2.9e38).astype(np.float32)
    near = (1e6 + rng.integers(0, 9, count) / 16).astype(np.float32)
    codes = rng.integers(-1, 5322, count).astype(np.int32)
    names = tuple(f"cluster {number}" for number in range(5322))
    colors = tuple(f"#{color:06x}" for color in rng.integers(0x202020, 0xFFFFFF, 5322).tolist())
    return slab, [
        slab.coloring("Subclass"),
        Continuous("gene:A", "A", gene, "log2", Gene("A", "A", "log2")),
        Continuous("number", "number", gene, ""),
        Categorical("cluster", "cluster", codes, names, colors),
        Continuous("wide", "wide", wide, ""),
        Continuous("near", "near", near, ""),
        Continuous("gene:B", "B", np.full(count, np.nan, np.float32), "log2", Gene("B", "B", "log2")),
    ]


def test_this_napari_is_known() -> None:
    """Fails when a new napari or vispy has other parts than those that the fast way needs."""
    assert capable() is None


def test_every_way_shows_the_same_pixels(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slab, colorings = many(make_slab)
    pictures: dict[str, list[NDArray[np.uint8]]] = {}
    for way in ways.WAYS:
        monkeypatch.setenv(ways.ENVIRONMENT, way.name)
        cells = abc.add_slab(viewer, slab).cells
        assert isinstance(cells, LookupPoints) is (way.name == "lookup")
        # Rims that let through what is below are drawn otherwise where depths say what lies above.
        cells.antialiasing = 0
        viewer.scene.camera.center, viewer.scene.camera.zoom = (0.0, 10.0, 10.0), 25.0
        pictures[way.name] = []
        for coloring in colorings:
            paint.paint(cells, coloring)
            assert ways.fastest_way(cells).name == way.name
            pictures[way.name].append(look(viewer).pixels)
        gene = colorings[1]
        paint.paint(cells, gene, (1.5, 7.0), "viridis")
        pictures[way.name].append(look(viewer).pixels)
        paint.paint(cells, colorings[0], hidden=("D1", None))
        pictures[way.name].append(look(viewer).pixels)
        viewer.scene.camera.zoom = 800
        paint.paint(cells, gene)
        pictures[way.name].append(look(viewer).pixels)
        viewer.layers.clear()
    for number, picture in enumerate(pictures["public"]):
        assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 1
        np.testing.assert_array_equal(pictures["vertex"][number], picture, str(number))
        # The shader is another one, and may round a place on the edge of a disc otherwise.
        differ = np.abs(pictures["lookup"][number].astype(int) - picture).max(axis=2)
        assert (differ > 0).mean() < 5e-5, number


@pytest.mark.parametrize("limits", [None, (-2.0, 5.0), (0.1, 0.3), (3.0, 4.0)])
def test_looked_up_as_the_card_does_are_the_colors(
    make_slab: Callable[..., Slab], limits: tuple[float, float] | None
) -> None:
    """The shader's arithmetic, in numpy and single precision."""
    for coloring in many(make_slab)[1]:
        painted = resolve(coloring, None if isinstance(coloring, Categorical) else limits)
        found = look_up(painted, None)
        scale, rows, numbers = found.scale, len(found.table), found.numbers
        index = numbers.copy()
        assert np.isfinite(numbers).all()
        if scale.scale:
            with np.errstate(over="ignore"):
                step = (numbers - np.float32(scale.origin) - np.float32(scale.rest)) * np.float32(scale.scale)
            index = np.floor(np.clip(step, 0, rows - 3))
            index[(numbers < np.float32(scale.cut)) | (numbers <= scale.zero)] = rows - 2
        index[numbers < scale.least] = rows - 1
        np.testing.assert_array_equal(found.table[index.astype(int)], rgba(painted), coloring.title)


def test_numbers_are_sent_again_only_if_they_differ(make_slab: Callable[..., Slab]) -> None:
    slab, (types, gene, *_) = many(make_slab)
    first = look_up(resolve(types), None)
    assert look_up(resolve(types, hidden={"D1"}), None, first).numbers is first.numbers
    values = look_up(resolve(gene), None, first)
    assert look_up(resolve(gene, (1, 2), "viridis"), None, values).numbers is values.numbers
    assert look_up(resolve(types), None, values).numbers is not values.numbers
    rows = np.arange(len(slab.cells))[::-1]
    turned = look_up(resolve(types), rows, first)
    np.testing.assert_array_equal(turned.numbers, first.numbers[::-1])
    assert look_up(resolve(types), rows.copy(), turned).numbers is turned.numbers


def test_colors_are_worked_out_when_they_are_read(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    abc.color_by(cells, "Subclass")
    assert not cells._face.__dict__["colors"].size
    wanted = hex_table([RED, GREEN, BLUE, GRAY])
    np.testing.assert_array_equal(cells.face_color, wanted)
    assert cells.face_color is cells.face_color
    data, state, kind = cells.as_layer_data_tuple()
    assert kind == "points"
    np.testing.assert_array_equal(state["border_color"], wanted)
    np.testing.assert_array_equal(Layer.create(data, {**state, "metadata": {}}, kind).face_color, wanted)
    assert lookup_of(cells) is not None


def test_saved_and_opened_again_the_cells_are_where_they_were(
    viewer: napari.Viewer, slab: Slab, tmp_path: Any
) -> None:
    import pandas as pd

    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    (path,) = cells.save(str(tmp_path / "cells.csv"))
    saved = pd.read_csv(path, dtype=str)
    assert saved["cell_label"].tolist() == slab.cells.index.tolist()
    np.testing.assert_allclose(saved[["axis-0", "axis-1"]].astype(float), slab.cells[["y", "x"]])


def test_colors_written_into_the_layers_array_are_seen_after_a_refresh(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    cells.face_color[1] = cells.border_color[1] = (1, 1, 1, 1)
    cells.refresh()
    assert seen(look, viewer) == [RED, "#ffffff", BLUE, GRAY]
    abc.color_by(cells, "Subclass")
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]


def test_a_border_color_by_hand_is_seen_and_the_faces_stay(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    cells.border_color = "white"
    cells.border_width = 0.4
    canvas = look(viewer)
    assert [canvas.color(x, y) for x, y in PLACES] == [RED, GREEN, BLUE, GRAY]
    assert "#ffffff" in canvas.colors_near(*PLACES[0], reach=40)
    np.testing.assert_array_equal(cells.face_color, hex_table([RED, GREEN, BLUE, GRAY]))


def test_sizes_symbols_and_opacity_of_some_points_are_drawn(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    whole = len(look(viewer).where(RED))
    cells.size = [cells.size[0] / 2, *cells.size[1:]]
    assert len(look(viewer).where(RED)) == pytest.approx(whole / 4, rel=0.35)
    cells.symbol = ["square", "disc", "disc", "disc"]
    assert len(look(viewer).where(RED)) == pytest.approx(whole / np.pi, rel=0.35)
    abc.color_by(cells, "gene:DRD1")
    cells.opacity = 0.5
    abc.color_by(cells, "Subclass")
    faint = look(viewer).pixels
    row, column = look(viewer).position(1, 1)
    np.testing.assert_allclose(faint[round(row), round(column), :3], [114, 13, 14], atol=1)
    assert lookup_of(cells) is not None


def test_selected_cells_are_highlighted(viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    before = look(viewer).pixels.astype(int)
    cells.mode = "select"
    cells.selected_data = {2}
    changed = np.argwhere(np.abs(look(viewer).pixels.astype(int) - before).max(axis=2) > 40)
    assert len(changed)
    center = look(viewer).position(2, 6)
    reach = float(cells.size[0]) * viewer.scene.camera.zoom
    assert np.linalg.norm(changed - center, axis=1).max() < reach
    assert lookup_of(cells) is not None
    cells.mode = "pan_zoom"


def test_a_slice_of_deeper_points_gets_its_own_colors(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    _, state, _ = abc.add_slab(viewer, slab, color_by="Subclass").cells.as_layer_data_tuple()
    viewer.layers.clear()
    keep = ("features", "metadata", "face_color", "border_color", "border_width", "size")
    data = np.array([[0, 1, 1], [2, 2, 5], [2, 6, 2], [0, 4, 6]], np.float32)
    cells = viewer.add_points(data, **{name: state[name] for name in keep})
    assert lookup_of(cells) is not None
    viewer.dims.ndisplay = 2  # a slab of three dimensions is shown in space at first
    viewer.reset_view()
    viewer.dims.set_point(0, 0)
    assert seen(look, viewer) == [RED, BLACK, BLACK, GRAY]
    viewer.dims.set_point(0, 2)
    assert seen(look, viewer) == [BLACK, GREEN, BLUE, BLACK]
    abc.color_by(cells, "gene:DRD1")
    viewer.dims.set_point(0, 0)
    assert seen(look, viewer) == [DIM, BLACK, BLACK, GRAY]
    viewer.dims.set_point(0, 1)
    abc.color_by(cells, "Subclass")
    assert seen(look, viewer) == [BLACK] * 4
    viewer.dims.ndisplay = 3
    try:
        pixels = look(viewer).pixels
        assert visual_of(viewer, cells).node.points_markers.drawn == 4
        for color in (RED, GREEN, BLUE, GRAY):
            wanted = hex_table([color])[0, :3] * 255
            assert (np.abs(pixels[..., :3] - wanted).max(axis=2) < 2).any()
    finally:
        viewer.dims.ndisplay = 2


def test_one_layer_in_two_viewers_is_the_same_in_both(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], make_second: Callable[[], napari.Viewer]
) -> None:
    second = make_second()
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    second.layers.append(cells)
    second.reset_view()
    abc.color_by(cells, "Subclass")
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]
    assert seen(look, second) == [RED, GREEN, BLUE, GRAY]


@pytest.fixture
def make_second(flushed: Callable[[], None]) -> Any:
    import napari

    opened: list[napari.Viewer] = []

    def make() -> napari.Viewer:
        opened.append(napari.Viewer(show_welcome_screen=False))
        opened[-1].window.resize(900, 600)
        return opened[-1]

    yield make
    for one in opened:
        one.close()
    opened.clear()
    flushed()


def test_a_closed_viewer_leaves_no_visual_and_no_layer(
    slab: Slab, make_second: Callable[[], napari.Viewer], flushed: Callable[[], None]
) -> None:
    other = make_second()
    cells = abc.add_slab(other, slab, color_by="Subclass").cells
    abc.color_by(cells, "gene:DRD1")
    other.screenshot(flash=False)
    visual = visual_of(other, cells)
    markers = weakref.ref(visual.node.points_markers)
    kept = weakref.ref(visual)
    other.layers.remove(cells)
    layer = weakref.ref(cells)
    del visual, cells
    for _ in range(3):
        flushed()
        gc.collect()
    assert kept() is None
    assert markers() is None
    assert layer() is None


def test_layers_of_others_are_left_alone(viewer: napari.Viewer, slab: Slab) -> None:
    abc.add_slab(viewer, slab)
    theirs = viewer.add_points(np.zeros((3, 2)), face_color="red")
    assert type(theirs) is Points
    assert type(visual_of(viewer, theirs)).__name__ == "VispyPointsLayer"


def test_a_layer_that_napari_duplicates_keeps_points_colored_by_hand(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    from napari.layers._layer_actions import _duplicate_layer

    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    _duplicate_layer(viewer.layers, name=cells.name)
    copy = viewer.layers[-1]
    assert lookup_of(copy) is not None
    cells.visible = False
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]
    copy.selected_data = {1}
    copy.current_face_color = copy.current_border_color = "white"
    copy.selected_data = set()
    _duplicate_layer(viewer.layers, name=copy.name)
    third = viewer.layers[-1]
    copy.visible = False
    assert lookup_of(third) is None
    assert seen(look, viewer) == [RED, "#ffffff", BLUE, GRAY]


def test_moved_points_are_drawn_where_they_are(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    cells.data = cells.data[::-1].copy()
    assert seen(look, viewer) == [GRAY, BLUE, GREEN, RED]
    cells.remove([0, 1, 2, 3])
    assert seen(look, viewer) == [BLACK] * 4


def test_hidden_types_are_not_drawn_not_hovered_and_counted(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    paint.hide(cells, ["D1", None])
    assert seen(look, viewer) == [BLACK, GREEN, BLUE, BLACK]
    np.testing.assert_array_equal(cells.face_color[:, 3], [0, 1, 1, 0])
    assert "1018093344101130000-6" not in str(cells.get_status((1.0, 1.0), world=True))
    state = paint.painted(cells)
    assert state is not None
    assert state.hidden == {"D1", None}
    rows = legend(state.coloring, hidden=state.hidden).rows
    assert [(row.name, row.hidden) for row in rows] == [
        ("D1", True),
        ("D2", False),
        ("Astro", False),
        ("no value", True),
    ]
    line = shown_line(slab, state.coloring, state.hidden)
    assert line == "Showing 2 of 4 cells; 2 are hidden; 1 without Subclass."
    paint.hide(cells, ["D1", "D2", None])
    assert seen(look, viewer) == [BLACK, BLACK, BLUE, BLACK]
    paint.paint(cells, state.coloring)
    assert seen(look, viewer) == [BLACK, BLACK, BLUE, BLACK]
    paint.hide(cells, [])
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]
    paint.hide(cells, ["D2"])
    abc.color_by(cells, "gene:DRD1")
    assert BLACK not in seen(look, viewer)
    paint.hide(cells, [None])
    assert seen(look, viewer)[3] == BLACK


def test_hiding_what_is_no_category_is_a_clear_error(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    before = paint.painted(cells)
    with pytest.raises(UnknownNameError, match="no category 'D3' to hide; did you mean D"):
        paint.hide(cells, ["D3"])
    assert paint.painted(cells) is before
    abc.color_by(cells, "gene:DRD1")
    with pytest.raises(UnknownNameError, match="it has no categories"):
        paint.hide(cells, ["D1"])
    cells.face_color = "white"
    with pytest.raises(ConfigurationError, match="colored by nothing"):
        paint.hide(cells, ["D1"])


def test_an_unknown_way_is_refused_before_anything_is_added(
    viewer: napari.Viewer, slab: Slab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ways.ENVIRONMENT, "fastest")
    with pytest.raises(ConfigurationError, match=r"'fastest'.*lookup, vertex, public"):
        abc.add_slab(viewer, slab)
    monkeypatch.delenv(ways.ENVIRONMENT)
    monkeypatch.setenv(raster.ENVIRONMENT, "sometimes")
    with pytest.raises(ConfigurationError, match=r"'sometimes'; use always or never"):
        abc.add_slab(viewer, slab)
    assert not viewer.layers


def test_a_card_that_cannot_look_up_gets_colors_of_each_point(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Class").cells
    cells.refuse_lookup()
    cells.refresh()
    abc.color_by(cells, "Subclass")
    assert ways.fastest_way(cells).name == "public"
    assert seen(look, viewer) == [RED, GREEN, BLUE, GRAY]


def test_only_a_moving_mouse_thins_out_large_layers_and_all_are_drawn_again(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As on a slow graphics card; and what is large is lowered, as a million points take software a minute.
    monkeypatch.setattr(lookup_napari, "_software", lambda: False)
    monkeypatch.setattr(detail, "MANY", 50_000)
    monkeypatch.setattr(lookup_markers, "_LARGEST_PART", 20_000)
    monkeypatch.setattr(lookup_markers, "_LEAST_PART", 10_000)
    monkeypatch.setattr(lookup_markers, "_SMOOTH", 1e-6)
    count = 60_000
    rng = np.random.default_rng(0)
    slab = make_slab(rng.random((count, 2)) * 20, np.full(count, "D1"), np.ones(count))
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    markers = visual_of(viewer, cells).node.points_markers
    full = len(look(viewer).where(RED))
    look(viewer)
    assert markers.drawn == count
    assert markers.seconds > 0
    text = viewer.canvas.overlays.text
    canvas = viewer.window._qt_viewer.canvas._scene_canvas
    middle = tuple(side // 2 for side in canvas.size)
    said: list[str] = []
    text.events.text.connect(lambda: said.append(text.text))
    canvas.events.mouse_wheel(pos=middle, delta=(0, -0.1), modifiers=())
    qtbot.waitUntil(lambda: len(said) > 0, timeout=10_000)
    part = int(said[0].split()[1].replace(",", ""))
    assert 9_000 < part <= 10_000
    assert said[0] == f"showing {part:,} of {count:,} cells"
    # A picture that is taken meanwhile has all of them.
    assert len(look(viewer).where(RED)) > 0.6 * full
    qtbot.waitUntil(lambda: markers.drawn == count and not text.visible, timeout=30_000)
    np.testing.assert_array_equal(cells.face_color[:2], hex_table([RED, RED]))


def test_a_text_that_is_the_persons_own_stays(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    text = viewer.canvas.overlays.text
    text.text, text.visible = "mine", True
    try:
        cells.drawn = 2
        cells.events.drawn()
        assert (text.text, text.visible) == ("mine", True)
        text.visible = False
        cells.events.drawn()
        assert (text.text, text.visible) == ("showing 2 of 4 cells", True)
        cells.drawn = 4
        cells.events.drawn()
        assert (text.text, text.visible) == ("mine", False)
    finally:
        text.text, text.visible = "", False
