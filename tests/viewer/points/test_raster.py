"""Pictures of points made on the processor: which point is seen where, and the same as points show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_abc as abc
from napari_abc.model import Frame
from napari_abc.viewer.color import _paint as paint
from napari_abc.viewer.points import _layer as lookup_napari
from napari_abc.viewer.points import _pictures as pictures
from napari_abc.viewer.points import _raster as raster
from napari_abc.viewer.points._raster import Grid, View, topmost
from processes import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from numpy.typing import NDArray

    from napari_abc.model import Slab

RED, GREEN, BLUE, GRAY, BLACK = "#e41a1c", "#4daf4a", "#377eb8", "#808080", "#000000"
PLACES = ((1, 1), (5, 2), (2, 6), (6, 4))


def look_at(width: int, height: int, diameter: float, zoom: float = 1.0, deep: bool = False) -> View:
    """The square from 0 to 20, or its middle."""
    matrix = np.diag([zoom / 10, zoom / 10, 0.05, 1.0])
    matrix[:2, 3] = -zoom
    return View(matrix, width, height, diameter, deep)


def discs(view: View) -> NDArray[np.intp]:
    """Pixels of the disc around a point in the middle of the view, relative to its first one."""
    alone = topmost(np.array([[10, 10]], np.float32), view)
    return np.argwhere(alone == 0) - [view.height // 2, view.width // 2]


def one_by_one(positions: NDArray[np.float32], view: View, rank: NDArray[np.intp]) -> NDArray[np.int32]:
    """What :func:`topmost` gives, by drawing each disc in turn."""
    shape = discs(look_at(64, 64, view.diameter))
    even = len(shape) % 2 == 0
    drawn = np.full((view.height, view.width), -1, np.int32)
    ndc = positions[:, :2] @ view.matrix[:2, :2].T + view.matrix[:2, 3]
    pixels = np.floor((ndc + 1) / 2 * [view.width, view.height] + 0.5 * even).astype(int)
    for point in rank:
        rows, columns = (shape + pixels[point, ::-1]).T
        inside = (rows >= 0) & (rows < view.height) & (columns >= 0) & (columns < view.width)
        drawn[rows[inside], columns[inside]] = point
    return drawn


@pytest.mark.parametrize("diameter", [0.2, 1.3, 2.0, 2.6, 3.4, 5.0, 8.3, 13.0])
def test_discs_of_later_points_lie_over_those_of_earlier_ones(diameter: float) -> None:
    positions = np.random.default_rng(0).random((400, 2), np.float32) * 20
    size = len(discs(look_at(64, 64, diameter)))
    assert size >= 1
    assert abs(size - np.pi * diameter**2 / 4) < max(1.5, 0.25 * size)
    for zoom in (1.0, 3.0):
        view = look_at(90, 61, diameter, zoom)
        wanted = one_by_one(positions, view, np.arange(400))
        np.testing.assert_array_equal(topmost(positions, view), wanted)
        box = view.box()
        assert box is not None
        near = Grid(positions).near(*box)
        assert (near is None) is (zoom == 1)
        np.testing.assert_array_equal(topmost(positions, view, near), wanted)


def test_hidden_points_hide_nothing() -> None:
    positions = np.random.default_rng(0).random((500, 2), np.float32) * 20
    seen = np.random.default_rng(1).random(500) < 0.5
    view = look_at(60, 60, 4.0)
    drawn = topmost(positions, view, None, seen)
    np.testing.assert_array_equal(drawn, one_by_one(positions, view, np.flatnonzero(seen)))
    some = np.arange(0, 500, 3, dtype=np.int32)
    np.testing.assert_array_equal(
        topmost(positions, view, some, seen), one_by_one(positions, view, some[seen[some]])
    )


@pytest.mark.parametrize("perspective", [False, True])
def test_in_a_deep_view_nearer_points_hide_farther_ones(perspective: bool) -> None:
    positions = np.random.default_rng(0).random((500, 3), np.float32) * [20, 20, 18]
    view = look_at(60, 60, 4.0, deep=True)
    if perspective:
        view.matrix[3] = [0, 0, 0, 2]  # the same picture, by half the size of twice the numbers
        view.matrix[:3] *= 2
        view.matrix[3, 2] = 1e-12
    wanted = one_by_one(
        positions, view if not perspective else look_at(60, 60, 4.0), np.argsort(-positions[:, 2])
    )
    drawn = topmost(positions.astype(np.float32), view)
    assert (drawn != wanted).mean() < 0.002  # depths that are the same within a millionth
    depth = raster.depths(positions.astype(np.float32), view, drawn)
    assert isinstance(depth, np.ndarray)
    np.testing.assert_allclose(depth[drawn >= 0], positions[drawn[drawn >= 0], 2] / 40 + 0.5, atol=1e-5)
    behind = positions - np.array([0, 0, 60], np.float32)
    assert (topmost(behind.astype(np.float32), view) == -1).all()


def test_a_narrow_view_takes_few_points_from_the_grid() -> None:
    positions = np.random.default_rng(0).random((100_000, 2), np.float32) * 20
    grid = Grid(positions)
    box = look_at(100, 100, 1.0, 10).box()
    assert box is not None
    near = grid.near(*box)
    assert near is not None
    assert 1000 <= len(near) < 1400  # a hundredth is in view
    inside = ((positions >= box[0]) & (positions <= box[1])).all(axis=1)
    assert set(np.flatnonzero(inside)) <= set(near.tolist())
    assert (np.diff(near) > 0).all()


@pytest.mark.parametrize("zoom", [0.3, 1.0, 4.0])
def test_a_picture_of_what_is_seen_is_that_part_of_the_whole_one(zoom: float) -> None:
    positions = np.random.default_rng(0).random((400, 2), np.float32) * [5, 3] + np.float32([12, 9])
    whole = look_at(90, 61, 4.0, zoom)
    cropped = whole.cropped(positions.min(axis=0), positions.max(axis=0))
    assert cropped is not None
    view, ends = cropped
    assert view.width * view.height < whole.width * whole.height or zoom == 4.0
    left, lower, right, upper = ((np.array(ends) + 1) / 2 * [90, 61, 90, 61]).round().astype(int)
    assert (right - left, upper - lower) == (view.width, view.height)
    drawn = topmost(positions.astype(np.float32), whole)
    np.testing.assert_array_equal(topmost(positions.astype(np.float32), view), drawn[lower:upper, left:right])
    drawn[lower:upper, left:right] = -1
    assert (drawn == -1).all()


def test_what_lies_beside_the_view_has_no_picture() -> None:
    view = look_at(90, 61, 4.0, 4.0)
    assert view.cropped(np.array([0, 0]), np.array([5, 20])) is None
    assert view.cropped(np.array([0, 0]), np.array([8, 20])) is not None


@pytest.fixture
def pictured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer is drawn as a picture."""
    monkeypatch.setenv(raster.ENVIRONMENT, "always")


def markers_of(viewer: napari.Viewer, layer: Any) -> Any:
    return viewer.window._qt_viewer.canvas.layer_to_visual[layer].node.points_markers


def crowd(make_slab: Callable[..., Slab], count: int = 4000, **changes: Any) -> Slab:
    rng = np.random.default_rng(0)
    gene = rng.integers(-1, 9, count).astype(np.float32)
    gene[::7], gene[::11] = np.nan, np.inf
    types = rng.choice(["D1", "D2", "Astro", None], count)
    return make_slab(rng.random((count, 2)) * 20, types, gene, **changes)


def differ(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean distance of two pictures' colors, where either shows anything."""
    shown = (one[..., :3] > 0).any(axis=2) | (other[..., :3] > 0).any(axis=2)
    distance: float = np.abs(one.astype(float) - other)[shown][:, :3].mean()
    return distance


@pytest.mark.parametrize("y_down", [True, False])
def test_a_picture_shows_what_points_do(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    y_down: bool,
) -> None:
    slab = crowd(make_slab, frames=(Frame("slab", ("x", "y"), "millimeter", y_down),))
    types, gene = slab.coloring("Subclass"), slab.coloring("gene:DRD1")
    seen: dict[str, list[NDArray[np.uint8]]] = {}
    for choice in ("never", "always"):
        monkeypatch.setenv(raster.ENVIRONMENT, choice)
        cells = abc.add_slab(viewer, slab, types).cells
        made = seen[choice] = [look(viewer).pixels]
        paint.paint(cells, types, hidden=["D1", None])
        made.append(look(viewer).pixels)
        paint.paint(cells, gene)
        made.append(look(viewer).pixels)
        paint.paint(cells, gene, (2.0, 6.0), "viridis", hidden=[None])
        made.append(look(viewer).pixels)
        cells.rotate = 30
        viewer.reset_view()
        made.append(look(viewer).pixels)
        cells.opacity = 0.4
        made.append(look(viewer).pixels)
        viewer.layers.clear()
    for number, (points, picture) in enumerate(zip(*seen.values(), strict=True)):
        assert points[..., :3].any()
        turned = differ(points, picture[::-1])
        # Rims are drawn otherwise, and by the tenth of a pixel; translucent overlaps don't add up.
        assert differ(points, picture) < (25 if number < 5 else 35), number
        assert turned > 45 or number > 4, number


def test_a_picture_is_right_in_colors_and_layers(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], pictured: None
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    assert [look(viewer).color(*place) for place in PLACES] == [RED, GREEN, BLUE, GRAY]
    below = viewer.add_image(np.full((8, 8), 255, np.uint8), contrast_limits=(0, 255))
    viewer.layers.move(1, 0)
    viewer.add_points([[6.0, 2.0]], size=0.5, face_color="yellow", border_color="yellow")
    canvas = look(viewer)
    assert canvas.color(3.5, 3.5) == "#ffffff"
    assert [canvas.color(*place) for place in PLACES] == [RED, GREEN, "#ffff00", GRAY]
    cells.opacity = 0.5
    row, column = canvas.position(1, 1)
    pixel = look(viewer).pixels[round(row), round(column), :3].astype(int)
    np.testing.assert_allclose(pixel, (np.array([0xE4, 0x1A, 0x1C]) + 255) / 2, atol=2)
    cells.opacity, cells.blending, below.visible = 1, "additive", False
    assert look(viewer).color(1, 1) == RED
    cells.visible = False
    assert look(viewer).color(1, 1) == BLACK
    cells.visible, cells.blending = True, "translucent"
    cells.experimental_clipping_planes = [{"position": (0, 3, 0), "normal": (0, 1, 0)}]
    canvas = look(viewer)
    assert [canvas.color(*place) for place in PLACES] == [BLACK, BLACK, "#ffff00", GRAY]
    cells.experimental_clipping_planes = []
    assert look(viewer).color(1, 1) == RED


def test_other_limits_need_no_other_picture_but_hidden_cells_do(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], pictured: None
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    assert look(viewer).color(1, 1) == RED
    made = markers_of(viewer, cells)._pictures
    abc.color_by(cells, "Class")
    assert look(viewer).color(1, 1) == look(viewer).color(5, 2) != RED
    gene = slab.coloring("gene:DRD1")
    paint.paint(cells, gene, (0, 4))
    first = look(viewer)
    top = made._top
    paint.paint(cells, gene, (0, 2.5))
    assert look(viewer).color(5, 2) != first.color(5, 2)
    assert made._top is top
    abc.color_by(cells, "Subclass")
    paint.hide(cells, ["D1"])
    assert look(viewer).color(1, 1) == BLACK
    assert made._top is not top
    cells.data = cells.data[::-1].copy()
    canvas = look(viewer)
    assert [canvas.color(*place) for place in PLACES] == [GRAY, BLUE, GREEN, BLACK]


def test_selected_cells_are_highlighted_and_the_cell_under_the_mouse_is_told(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], pictured: None
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    before = look(viewer).pixels.astype(int)
    cells.mode = "select"
    cells.selected_data = {2}
    canvas = look(viewer)
    changed = np.argwhere(np.abs(canvas.pixels.astype(int) - before).max(axis=2) > 40)
    assert len(changed)
    reach = float(cells.size[0]) * viewer.scene.camera.zoom
    assert np.linalg.norm(changed - canvas.position(2, 6), axis=1).max() < reach
    cells.mode = "pan_zoom"
    # As napari asks: beside the main thread.
    (status,) = in_threads(lambda: cells.get_status((6.0, 2.0), world=True))
    assert status["value"].startswith("1018093344101130002-6")


def test_what_is_no_disc_is_drawn_as_points(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], pictured: None
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    look(viewer)
    markers = markers_of(viewer, cells)
    assert not markers._sent_points
    cells.size = [cells.size[0] * 4, *cells.size[1:]]
    canvas = look(viewer)
    assert canvas.color(1, 1) == canvas.color(1 + float(cells.size[1]), 1) == RED
    assert markers._sent_points


@pytest.mark.parametrize("change", ["symbol", "border", "one larger"])
def test_all_cells_are_on_the_screen_whatever_they_look_like(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: Any,
    change: str,
) -> None:
    monkeypatch.setattr(lookup_napari, "_software", lambda: True)
    cells = abc.add_slab(viewer, crowd(make_slab, 20_000), "Subclass").cells
    markers = markers_of(viewer, cells)
    if change == "symbol":
        cells.symbol = "square"
    elif change == "border":
        cells.border_width = 0.2
    else:
        cells.size = np.append(cells.size[1:], cells.size[0] * 3)
    drawn: list[int] = []
    repaint = viewer.window._qt_viewer.canvas._scene_canvas.events.draw

    def note(_event: object) -> None:
        drawn.append(markers.drawn)

    repaint.connect(note, position="last")
    viewer.scene.camera.zoom *= 0.9
    qtbot.waitUntil(lambda: len(drawn) > 0, timeout=20_000)
    qtbot.waitUntil(lambda: drawn[-1] == 20_000, timeout=20_000)
    repaint.disconnect(note)
    assert markers._sent_points == ()
    assert (look(viewer).pixels[..., :3] > 0).any(axis=2).mean() > 0.3
    assert bool(markers._sent_points) is (change != "border")  # a screenshot has them as they are


def test_points_at_no_place_are_no_matter(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], pictured: None
) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    cells.data = np.where(np.arange(4)[:, None] == 0, np.nan, cells.data)
    canvas = look(viewer)
    assert [canvas.color(*place) for place in PLACES[1:]] == [GREEN, BLUE, GRAY]


def test_many_cells_are_a_picture_and_few_in_view_are_points(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    qtbot: Any,
) -> None:
    monkeypatch.setattr(lookup_napari, "_software", lambda: True)
    monkeypatch.setattr(pictures, "_QUICK", 1000)  # so that a thread makes the grid
    cells = abc.add_slab(viewer, crowd(make_slab, 40_000), "Subclass").cells
    markers = markers_of(viewer, cells)
    look(viewer)
    assert not markers._sent_points
    viewer.scene.camera.zoom *= 12
    look(viewer)
    qtbot.waitUntil(lambda: markers._pictures._grid is not None)
    near = look(viewer).pixels
    part = markers._sent_points[0]
    assert 100 < len(part) < 3000
    assert markers.drawn == 40_000
    center = viewer.scene.camera.center
    viewer.scene.camera.center = (center[0], center[1] + 0.05, center[2])
    look(viewer)
    assert markers._sent_points[0] is part  # a little farther, nothing is sent
    viewer.scene.camera.center = center
    monkeypatch.setenv(raster.ENVIRONMENT, "never")
    cells.refresh()
    np.testing.assert_array_equal(look(viewer).pixels, near)


def test_a_slow_picture_begins_with_a_part_and_no_screenshot_has_less_than_all(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    pictured: None,
    qtbot: Any,
) -> None:
    cells = abc.add_slab(viewer, crowd(make_slab), "Subclass").cells
    markers, text = markers_of(viewer, cells), viewer.canvas.overlays.text
    whole = look(viewer).pixels
    said: list[str] = []
    text.events.text.connect(lambda: said.append(text.text))
    monkeypatch.setattr(pictures, "_RESTING", 1e-7)
    monkeypatch.setattr(pictures, "_MOVING", 1e-7)
    making = markers._pictures._making
    with monkeypatch.context() as held:
        held.setattr(making, "start", lambda *_: None)  # as if it took for ever
        viewer.scene.camera.zoom *= 0.99
        qtbot.waitUntil(lambda: markers.drawn < 1000 and len(said) > 0)
        assert re.fullmatch(r"showing \d{1,3} of 4,000 cells", said[0])
        assert text.visible
        taken = look(viewer).pixels
        assert (taken[60:, :, :3] > 0).any(axis=2).mean() > 0.9 * (whole[60:, :, :3] > 0).any(axis=2).mean()
        assert not text.visible
        viewer.scene.camera.zoom *= 0.99
        qtbot.waitUntil(lambda: markers.drawn < 1000)
        viewer.screenshot(canvas_only=False, flash=False)  # of the whole window
        assert markers.drawn == 4000
        viewer.scene.camera.zoom *= 0.99
        qtbot.waitUntil(lambda: markers.drawn < 1000 and text.visible)
    markers.update()
    qtbot.waitUntil(lambda: markers.drawn == 4000 and not text.visible)


def test_layers_of_a_canvas_share_the_time_there_is_and_those_out_of_sight_take_none(
    viewer: napari.Viewer,
    make_slab: Callable[..., Slab],
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    pictured: None,
) -> None:
    monkeypatch.setattr(pictures, "_SHARING", 1000.0)
    slabs = [abc.add_slab(viewer, crowd(make_slab), "Subclass").cells for _ in range(4)]
    for number, cells in enumerate(slabs):
        cells.translate = (0, number * 25)
    viewer.reset_view()
    look(viewer)
    made = [markers_of(viewer, cells)._pictures for cells in slabs]
    assert {each._share(1.0) for each in made} == {0.25}
    sides = [each._view.width * each._view.height for each in made]
    assert sum(sides) < look(viewer).pixels[..., 0].size / 2
    tops = [each._top for each in made]
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0.0, 10.0, 10.0), 25.0
    look(viewer)
    assert [each._top is top for each, top in zip(made, tops, strict=True)] == [False, True, True, True]


def test_in_three_dimensions_a_picture_hides_and_is_hidden(
    viewer: napari.Viewer, slab: Slab, look: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("z_ccf", "y_ccf", "x_ccf")
    slab.frames = (Frame("ccf", names, "millimeter", axes=names),)
    slab.cells = slab.cells.assign(x=[1.0, 1.0, 6.0, 6.0], y=[1.0, 1.0, 4.0, 4.0], z=[0.0, 4.0, 0.0, 4.0])
    colors: dict[str, list[str]] = {}
    for choice in ("never", "always"):
        monkeypatch.setenv(raster.ENVIRONMENT, choice)
        cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
        assert viewer.dims.ndisplay == 3
        try:
            size = float(cells.size[0])
            shown = colors[choice] = []
            for z in (-2.0, 2.0, 6.0):
                sheet = viewer.add_image(np.full((2, 30, 30), 255, np.uint8), translate=(z, -10, -10))
                sheet.scale = (1e-3, 1, 1)
                for angles in ((0, 0, 90), (0, 180, 90)):
                    viewer.scene.camera.angles = angles
                    pixels = look(viewer).pixels
                    found = [name for name in (RED, GREEN, BLUE, GRAY) if close(pixels, name) > 30]
                    shown.extend([*found, "|"])
                viewer.layers.remove(sheet)
            assert size > 0
        finally:
            viewer.dims.ndisplay = 2
            viewer.layers.clear()
    assert colors["always"] == colors["never"]
    assert RED in colors["always"]
    assert GREEN in colors["always"]


def close(pixels: NDArray[np.uint8], color: str) -> int:
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(pixels[..., :3].astype(int) - wanted).max(axis=2) < 3).sum())
