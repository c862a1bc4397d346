"""What the status bar says of the cell under the mouse."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.layers import Points

import napari_abc as abc
from napari_abc.model import Frame
from napari_abc.viewer.color import hide
from processes import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.model import Slab


def hover(layer: Points, x: float, y: float) -> dict[str, str]:
    """As napari's status thread asks."""

    def ask() -> Any:
        return layer.get_status(
            (y, x), view_direction=np.array([1.0, 0, 0]), dims_displayed=[0, 1], world=True
        )

    (answer,) = in_threads(ask)
    return dict(answer)


def test_a_cell_tells_label_path_region_and_value(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, color_by="gene:DRD1").cells
    status = hover(cells, 5.01, 2.01)
    cell = "1018093344101130001-6 · Neuron › D2 · CaH · DRD1 2 log2(CPT + 1)"
    assert status["value"] == cell
    assert status["coordinates"] == f"x 5.010, y 2.010 mm · {cell}"
    assert status["layer_base"] == cells.name


def test_missing_values_are_said(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, color_by="gene:DRD1").cells
    assert hover(cells, 6, 4)["value"] == "1018093344101130003-6 · Neuron · CaH · DRD1 not measured"
    abc.color_by(cells, "depth")
    assert hover(cells, 1, 1)["value"].endswith("CaH · depth -3")


def test_what_is_in_the_path_is_not_said_twice(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab, color_by="Subclass").cells
    assert hover(cells, 1, 1)["value"] == "1018093344101130000-6 · Neuron › D1 · CaH"


def test_between_cells_there_are_only_coordinates(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab).cells
    assert hover(cells, 3.5, 4)["coordinates"] == "x 3.500, y 4.000 mm"
    cells.visible = False
    assert hover(cells, 1, 1)["value"] == ""


def test_far_out_a_cell_can_still_be_hit(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab).cells
    assert hover(cells, 1.0 + 0.4, 1.0)["value"] == ""
    viewer.scene.camera.zoom = 8
    viewer.screenshot(flash=False)
    assert hover(cells, 1.0 + 0.4, 1.0)["value"].startswith("1018093344101130000-6")


def test_coordinates_of_a_y_up_frame_are_the_frames(
    viewer: napari.Viewer, make_slab: Callable[..., Slab]
) -> None:
    frame = Frame("ccf", ("x", "y"), "millimeter", y_down=False)
    cells = abc.add_slab(viewer, make_slab(frames=(frame,))).cells
    assert hover(cells, 2, -6)["coordinates"].startswith("x 2.000, y 6.000 mm · 1018093344101130002-6")


def test_removed_cells_are_not_found_and_others_keep_their_names(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab).cells
    assert hover(cells, 1.0, 1.0)["value"].startswith("1018093344101130000-6")
    cells.remove([0])
    assert hover(cells, 1.0, 1.0)["value"] == ""
    assert hover(cells, 5.0, 2.0)["value"].startswith("1018093344101130001-6")
    cells.add((3.0, 3.0))
    assert hover(cells, 3.0, 3.0)["value"] == ""


def test_the_viewers_own_status_shows_it(viewer: napari.Viewer, slab: Slab, qtbot: Any) -> None:
    abc.add_slab(viewer, slab, color_by="Subclass")
    viewer.mouse_over_canvas = True
    viewer.cursor.position = (6.0, 2.0)
    # napari's status thread answers when it has; it is asked as by a moving mouse.
    checker = viewer.window._qt_window.status_thread

    def told() -> bool:
        checker.trigger_status_update()
        return "1018093344101130002-6" in str(viewer.status)

    qtbot.waitUntil(told, timeout=10_000)


def test_the_cell_under_the_mouse_is_told_of_whichever_slab_it_is(
    viewer: napari.Viewer, make_slab: Callable[..., Slab]
) -> None:
    """Two slabs side by side, the second one 10 to the right and of another scale."""
    left = abc.add_slab(viewer, make_slab(), color_by="Subclass").cells
    slab = make_slab(label="the other")
    slab.cells.index = [f"other {row}" for row in range(4)]
    right = abc.add_slab(viewer, slab, color_by="Subclass").cells
    right.scale, right.translate = (0.5, 0.5), (0.0, 10.0)
    image = viewer.add_image(np.zeros((8, 20)))
    regions = viewer.add_shapes([[0, 0], [8, 8]], shape_type="line")
    for active in (left, right, image, regions):
        viewer.layers.selection = {active}
        assert hover(active, 1, 1)["value"].startswith("1018093344101130000-6")
        other = hover(active, 10 + 2.5, 1)
        assert other["value"].startswith("other 1")
        assert other["coordinates"].startswith("x 5.000, y 2.000 mm")
        assert other["layer_base"] == right.name
    for active in (left, right):
        viewer.layers.selection = {active}
        assert hover(active, 10 + 1.75, 2)["coordinates"] == "x 3.500, y 4.000 mm"
        assert hover(active, 3.5, 4)["coordinates"] == "x 3.500, y 4.000 mm"
    right.visible = False
    viewer.layers.selection = {left}
    assert hover(left, 10 + 2.5, 1)["value"] == ""
    viewer.layers.selection = {image}
    assert hover(image, 10 + 2.5, 1)["layer_base"] == image.name


def test_of_cells_that_lie_over_one_another_the_topmost_drawn_is_told(
    viewer: napari.Viewer, make_slab: Callable[..., Slab]
) -> None:
    below = abc.add_slab(viewer, make_slab(), color_by="Subclass").cells
    slab = make_slab()
    slab.cells.index = [f"other {row}" for row in range(4)]
    (layers,) = abc.scene(viewer).open(slab, layout="overlay", color_by="Subclass")
    above = layers.cells
    viewer.layers.selection = {below}
    assert hover(below, 5, 2)["value"].startswith("other 1")
    hide(above, ["D2"])
    assert hover(below, 5, 2)["value"].startswith("1018093344101130001-6")
    viewer.layers.selection = {below, above}
    assert hover(above, 5, 2)["value"] == ""  # each is asked for what is its own


def test_a_layer_that_is_taken_away_answers_for_itself_again(viewer: napari.Viewer, slab: Slab) -> None:
    abc.add_slab(viewer, slab)
    image = viewer.add_image(np.zeros((8, 8)))
    assert "get_status" in vars(image)
    viewer.layers.remove(image)
    assert "get_status" not in vars(image)


def test_the_main_thread_never_waits_for_the_tree(
    viewer: napari.Viewer, make_slab: Callable[..., Slab]
) -> None:
    cells = abc.add_slab(viewer, make_slab()).cells
    assert cells.get_status((1.0, 1.0), world=True)["value"] == ""
    hover(cells, 1, 1)
    assert cells.get_status((1.0, 1.0), world=True)["value"].startswith("1018093344101130000-6")


def test_three_dimensions_are_left_to_napari(viewer: napari.Viewer, slab: Slab) -> None:
    cells = abc.add_slab(viewer, slab).cells
    position, direction = (0.0, 1.0, 1.0), np.array([1.0, 0, 0])
    asked = {"view_direction": direction, "dims_displayed": [0, 1, 2], "world": True}
    status = cells.get_status(position, **asked)
    assert status == Points.get_status(cells, position, **asked)
    assert "mm" not in status["coordinates"]  # which ours would say


def test_an_answer_takes_a_few_milliseconds_at_most(
    viewer: napari.Viewer, make_slab: Callable[..., Slab]
) -> None:
    rng = np.random.default_rng(0)
    count = 200_000
    slab = make_slab(rng.random((count, 2)) * 20, rng.choice(["D1", "D2"], count), np.ones(count))
    viewer.window._qt_window.hide()  # drawing this many in software would only cost time
    try:
        cells = abc.add_slab(viewer, slab).cells
        hover(cells, 1, 1)
        times = []
        for x, y in rng.random((50, 2)) * 20:
            start = time.perf_counter()
            cells.get_status((y, x), world=True)
            times.append(time.perf_counter() - start)
    finally:
        viewer.window._qt_window.show()
    assert sorted(times)[25] < 0.005


@pytest.mark.parametrize("count", [0, 1])
def test_layers_emptied_by_hand_answer(viewer: napari.Viewer, slab: Slab, count: int) -> None:
    cells = abc.add_slab(viewer, slab).cells
    cells.remove(list(range(4 - count)))
    assert hover(cells, 1, 1)["value"] == ""
