"""A slab in three dimensions: places, colors in every way, slices, and the cell under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import napari_abc as abc
from napari_abc.model import Frame, Palette
from napari_abc.viewer._spacing import point_size
from napari_abc.viewer.color import hide, painted, rgba
from napari_abc.viewer.color._ways import ENVIRONMENT, fastest_way
from processes import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.layers import Points

    from napari_abc.model import Slab

RED, GREEN, BLUE = "#e41a1c", "#4daf4a", "#377eb8"
UPPER = ("#ffff00", "#ff00ff")
CCF = Frame("ccf", ("z_ccf", "y_ccf", "x_ccf"), "millimeter", axes=("z_ccf", "y_ccf", "x_ccf"))


@pytest.fixture
def brain(make_slab: Callable[..., Slab]) -> Slab:
    """Three plates of 400 cells, one behind the other along x_ccf: D1 at 2, D2 at 5, Astro at 8 mm."""
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 4, (1200, 2))
    types = ["D1"] * 400 + ["D2"] * 400 + ["Astro"] * 400
    slab = make_slab(places, types, rng.gamma(2, 1, 1200), frames=(CCF,), label="All sections")
    depth = np.repeat([2.0, 5.0, 8.0], 400)
    offset = np.repeat([0.0, 5.0, 10.0], 400)  # so that no plate hides another
    x, y = places[:, 0] + offset, places[:, 1]
    slab.cells["upper"] = pd.Categorical(np.where(y < 2, "upper", "lower"), ["upper", "lower"])
    slab.palettes = {**slab.palettes, "upper": Palette(("upper", "lower"), UPPER)}
    slab.cells = slab.cells.assign(x=x, y=y, z=depth, z_ccf=x, y_ccf=y, x_ccf=depth)
    return slab


def hover(viewer: napari.Viewer, layer: Points, position: Any) -> dict[str, str]:
    """As napari's status thread asks for a position of the cursor."""

    def ask() -> Any:
        return layer.get_status(
            position,
            view_direction=np.array(viewer.scene.camera.view_direction),
            dims_displayed=list(viewer.dims.displayed),
            world=True,
        )

    (answer,) = in_threads(ask)
    return dict(answer)


def test_it_opens_in_space_with_depth_height_and_width_of_the_frame(
    viewer: napari.Viewer, brain: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, brain, color_by="Subclass").cells
    assert viewer.dims.ndisplay == 3
    np.testing.assert_allclose(cells.data, brain.cells[["x_ccf", "y_ccf", "z_ccf"]].to_numpy(), rtol=1e-6)
    assert cells.data.dtype == np.float32
    assert viewer.dims.axis_labels == ("x_ccf", "y_ccf", "z_ccf")
    assert [str(unit) for unit in viewer.layers.units] == ["millimeter"] * 3
    canvas = look(viewer)
    columns = [canvas.where(color)[:, 1].mean() for color in (RED, GREEN, BLUE)]
    assert columns == sorted(columns)  # z_ccf to the right
    abc.color_by(cells, "upper")
    canvas = look(viewer)
    rows = [canvas.where(color)[:, 0].mean() for color in UPPER]
    assert rows == sorted(rows)  # y_ccf downwards


@pytest.mark.parametrize("way", ["lookup", "vertex", "public"])
def test_every_way_of_coloring_shows_the_same_colors_in_space_and_in_slices(
    viewer: napari.Viewer,
    brain: Slab,
    look: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    monkeypatch.setenv(ENVIRONMENT, way)
    cells = abc.add_slab(viewer, brain, color_by="Class").cells
    assert fastest_way(cells).name == way
    abc.color_by(cells, "Subclass")
    canvas = look(viewer)
    assert all(len(canvas.where(color)) > 500 for color in (RED, GREEN, BLUE))
    hide(cells, ["D2"])
    assert not len(look(viewer).where(GREEN))
    viewer.dims.ndisplay = 2
    for depth, color in ((2.0, RED), (8.0, BLUE)):
        viewer.dims.set_point(0, depth)
        canvas = look(viewer)
        found = [len(canvas.where(other)) > 500 for other in (RED, GREEN, BLUE)]
        assert found == [other == color for other in (RED, GREEN, BLUE)]
    # Painted while a slice is shown, and right where others come up, too.
    abc.color_by(cells, "gene:DRD1")
    hide(cells, [])
    abc.color_by(cells, "Subclass")
    viewer.dims.set_point(0, 5.0)
    canvas = look(viewer)
    assert len(canvas.where(GREEN)) > 500
    state = painted(cells)
    assert state is not None
    np.testing.assert_allclose(cells.face_color, rgba(state), atol=1e-6)


def test_slices_are_thin_and_stepped_through_finely(viewer: napari.Viewer, brain: Slab) -> None:
    cells = abc.add_slab(viewer, brain).cells
    viewer.dims.ndisplay = 2
    assert viewer.dims.range[0].step == pytest.approx(0.1)
    viewer.dims.set_point(0, 2.3)
    assert not len(cells._view_indices)
    viewer.dims.set_point(0, 2.05)
    assert len(cells._view_indices) == 400
    viewer.add_points([[0, 0, 0]])
    assert viewer.dims.range[0].step == pytest.approx(0.1)


def test_the_foremost_cell_in_sight_is_told(viewer: napari.Viewer, brain: Slab) -> None:
    cells = abc.add_slab(viewer, brain, color_by="Subclass").cells
    for row in (3, 403, 803):
        z, y, x = cells.data[row]
        status = hover(viewer, cells, (z - 1, y, x))
        assert status["value"].startswith(brain.cells.index[row])
        assert status["coordinates"].startswith(f"z_ccf {x:.3f}, y_ccf {y:.3f}, x_ccf {z:.3f} mm · ")
    # Another cell just behind, in the line of sight.
    order = viewer.scene.camera.view_direction[0]
    data = cells.data.copy()
    data[500] = data[3] + (order * 1.5, 0, 0)
    cells.data = data
    z, y, x = data[3]
    assert hover(viewer, cells, (z, y, x))["value"].startswith(brain.cells.index[3])
    hide(cells, ["D1"])
    assert hover(viewer, cells, (z, y, x))["value"].startswith(brain.cells.index[500])
    assert hover(viewer, cells, (z, y, 4.5))["coordinates"] == ""


def test_a_turned_view_tells_the_cell_that_is_drawn_under_the_mouse(
    viewer: napari.Viewer, brain: Slab
) -> None:
    cells = abc.add_slab(viewer, brain).cells
    viewer.scene.camera.angles = (10, 50, 30)
    direction = np.array(viewer.scene.camera.view_direction)
    for row in (10, 610, 1010):
        for shift in (-3, 2):
            position = cells.data[row] + shift * direction
            found = hover(viewer, cells, position)["value"].split(" · ")[0]
            there = brain.cells.index.get_loc(found)
            offset = cells.data[there] - cells.data[row]
            assert np.linalg.norm(offset - offset @ direction * direction) < cells.size[0]


def test_in_a_slice_only_its_cells_are_told(viewer: napari.Viewer, brain: Slab) -> None:
    cells = abc.add_slab(viewer, brain).cells
    viewer.dims.ndisplay = 2
    _, y, x = cells.data[700]
    viewer.dims.set_point(0, 5.05)
    status = hover(viewer, cells, (5.05, y, x))
    assert status["value"].startswith(brain.cells.index[700])
    viewer.dims.set_point(0, 5.6)
    status = hover(viewer, cells, (5.6, y, x))
    assert status["coordinates"] == f"z_ccf {x:.3f}, y_ccf {y:.3f}, x_ccf 5.600 mm"


def test_a_position_is_right_among_layers_of_other_units(
    viewer: napari.Viewer, brain: Slab, make_slab: Callable[..., Slab]
) -> None:
    cells = abc.add_slab(viewer, make_slab()).cells
    abc.add_slab(viewer, make_slab(frames=(Frame("micron", ("x", "y"), "micrometer"),), label="other"))
    status = cells.get_status((2, 5), dims_displayed=[0, 1], world=True)  # one unit for the whole scene
    assert status["coordinates"].startswith("x 5.000, y 2.000 mm")


@pytest.mark.parametrize("count", [3, 2000, 120_000])
def test_cells_in_space_are_as_large_as_their_distance_asks_for(count: int) -> None:
    rng = np.random.default_rng(0)
    spacing = (8.0 * 8 * 8 / count) ** (1 / 3)
    assert 0.2 / 40 < point_size(rng.uniform(0, 8, (count, 3)), "millimeter") < 1.2 * spacing
    one = point_size(np.array([[1.0, 2, 3]]), "millimeter")
    assert one == 0.01
