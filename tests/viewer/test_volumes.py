"""Volumes with a slab: in register below the cells, labels in the colors and words of a taxonomy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from napari.layers import Image, Labels

import napari_abc as abc
from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import Frame, LabelLevel, Volume
from napari_abc.viewer.parcellation import default_level, level_of, show_level, term_path
from napari_abc.viewer.volumes import add_prepared_volume, prepare_volume, shown_volumes
from processes import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_abc.model import Slab
    from napari_abc.task import Task

RED, GREEN, BLUE, ORANGE = "#e41a1c", "#4daf4a", "#377eb8", "#ff8000"

PLANE = Frame("reconstructed", ("x", "y"), "millimeter", title="Reconstructed")
CCF = Frame("ccf", ("z_c", "y_c", "x_c"), "millimeter", title="CCF", axes=("z_c", "y_c", "x_c"))

LEVELS = {
    "division": LabelLevel(np.array([1, 2, 1327]), ("HY", "HY", "MB"), (RED, RED, BLUE)),
    "structure": LabelLevel(np.array([1, 2, 1327]), ("TMv", "HY", "PAG"), (ORANGE, GREEN, BLUE)),
}


@dataclass
class Source:
    """A volume in memory."""

    volume: Volume
    loads: int = 0

    @property
    def name(self) -> str:
        return self.volume.name

    @property
    def kind(self) -> Literal["image", "labels"]:
        return self.volume.kind

    @property
    def frame(self) -> str:
        return self.volume.frame

    def download_bytes(self) -> int:
        return 0

    def load(self, task: Task) -> Volume:
        task.report("Reading", 0, 1, "planes")
        self.loads += 1
        return self.volume


def template() -> Source:
    """10 x 12 pixels of 1 mm, dark but for the pixel around (3, 2)."""
    pixels = np.full((10, 12), 10, np.uint16)
    pixels[2, 3] = 1000
    return Source(
        Volume("Template", "image", [pixels], (1.0, 1.0), (0.0, 0.0), "millimeter", frame="reconstructed")
    )


def annotation() -> Source:
    """Labels 1 to the left, 2 in the middle, 1327 to the right, 0 above; 77 means nothing."""
    labels = np.zeros((10, 12), np.uint16)
    labels[2:, :4], labels[2:, 4:8], labels[2:, 8:] = 1, 2, 1327
    labels[9, :] = 77
    volume = Volume(
        "Parcellation", "labels", [labels], (1.0, 1.0), (0.0, 0.0), "millimeter", label_levels=LEVELS,
        frame="reconstructed",
    )  # fmt: skip
    return Source(volume)


def boundary() -> Source:
    pixels = np.zeros((10, 12), np.uint8)
    pixels[2, :] = 7
    volume = Volume(
        "Boundaries", "image", [pixels], (1.0, 1.0), (0.0, 0.0), "millimeter", (0.0, 1.0), "gray",
        frame="reconstructed",
    )  # fmt: skip
    return Source(volume)


def brain() -> Source:
    """The CCF: 20 x 10 x 12 voxels of 0.5 mm, bright where x_c is less than 5 mm."""
    data = np.full((20, 10, 12), 10, np.uint16)
    data[:10] = 900
    return Source(Volume("CCF", "image", [data], (0.5,) * 3, (0.0,) * 3, "millimeter", frame="ccf"))


@pytest.fixture
def section(make_slab: Callable[..., Slab]) -> Slab:
    slab = make_slab(frames=(PLANE, CCF), volumes=(template(), annotation(), boundary(), brain()))
    slab.cells = slab.cells.assign(z_c=slab.cells["x"], y_c=slab.cells["y"], x_c=5.0)
    return slab


def test_an_image_lies_below_the_cells_in_register_in_gray_with_limits_from_its_values(
    viewer: napari.Viewer, section: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, section, color_by="Subclass").cells
    layer = abc.add_volume(viewer, cells, "Template")
    assert isinstance(layer, Image)
    assert list(viewer.layers) == [layer, cells]
    assert viewer.layers.selection.active is cells
    assert [str(unit) for unit in layer.units] == ["millimeter"] * 2
    assert 10 <= layer.contrast_limits[0] < layer.contrast_limits[1] <= 1000
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 4, 4), 50
    canvas = look(viewer)
    # The pixel is the square of 1 mm around (3, 2); cells lie above.
    inside = [canvas.color(x, y) for x, y in ((2.55, 1.55), (3.45, 2.45), (3, 2))]
    assert set(inside) == {"#ffffff"}
    assert {canvas.color(x, y) for x, y in ((2.45, 2), (3.55, 2), (3, 1.45), (3, 2.55))} == {"#000000"}
    assert canvas.color(1, 1) == RED


def test_labels_are_colored_at_a_level_and_what_means_nothing_is_not_drawn(
    viewer: napari.Viewer, section: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, section).cells
    layer = abc.add_volume(viewer, cells, "Parcellation")
    assert isinstance(layer, Labels)
    assert level_of(layer) == default_level(annotation().volume) == "structure"
    layer.opacity, cells.visible = 1, False
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 5, 5), 40

    def seen() -> list[str]:
        canvas = look(viewer)
        return [canvas.color(x, y) for x, y in ((1, 4), (5, 4), (10, 4), (5, 1), (5, 9))]

    assert seen() == [ORANGE, GREEN, BLUE, "#000000", "#000000"]
    show_level(layer, "division")
    assert seen() == [RED, RED, BLUE, "#000000", "#000000"]
    assert level_of(layer) == "division"
    with pytest.raises(UnknownNameError, match="division, structure"):
        show_level(layer, "organ")
    with pytest.raises(ConfigurationError, match="no terms"):
        show_level(viewer.add_labels(np.zeros((4, 4), int)), "division")


def test_boundaries_are_seen_over_the_template(
    viewer: napari.Viewer, section: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, section).cells
    lines = abc.add_volume(viewer, cells, "Boundaries")
    below = abc.add_volume(viewer, cells, "Template")
    assert list(viewer.layers) == [below, lines, cells]
    cells.visible = False
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 4, 4), 50
    canvas = look(viewer)
    assert canvas.color(7, 2) == "#b2b2b2"  # whatever their number, at 0.7 of white
    assert canvas.color(7, 5) == "#000000"


def test_the_term_under_the_mouse_is_told_at_the_level_with_its_ancestors(
    viewer: napari.Viewer, section: Slab
) -> None:
    cells = abc.add_slab(viewer, section).cells
    layer = abc.add_volume(viewer, cells, "Parcellation")

    def hover(on: Any, x: float, y: float) -> dict[str, str]:
        def ask() -> Any:
            return on.get_status(
                (y, x), view_direction=np.array([1.0, 0, 0]), dims_displayed=[0, 1], world=True
            )

        (answer,) = in_threads(ask)
        return dict(answer)

    assert hover(layer, 1, 4)["value"] == "HY › TMv"
    assert hover(layer, 5, 4)["value"] == "HY"  # the term's own name is that of the one above
    assert hover(cells, 10, 4)["coordinates"] == "x 10.000, y 4.000 mm · MB › PAG"
    assert hover(cells, 5, 2)["value"].startswith(f"HY · {section.cells.index[1]} · Neuron")
    show_level(layer, "division")
    assert hover(layer, 1, 4)["value"] == "HY"
    assert hover(cells, 10, 1)["value"] == ""
    layer.visible = False
    assert hover(cells, 10, 4)["value"] == ""


def test_term_paths() -> None:
    volume = annotation().volume
    assert term_path(volume, 1327, "structure") == ("MB", "PAG")
    assert term_path(volume, 1327, "division") == ("MB",)
    assert term_path(volume, 77, "structure") == ()


def test_a_volume_of_three_dimensions_is_in_register_in_space_and_in_slices(
    viewer: napari.Viewer, section: Slab, look: Callable[..., Any]
) -> None:
    cells = abc.add_slab(viewer, section, color_by="Subclass").cells
    cells = abc.show_in_frame(viewer, cells, "ccf").cells
    layer = abc.add_volume(viewer, cells, "CCF")
    assert layer.axis_labels == ("x_c", "y_c", "z_c")
    assert viewer.dims.ndisplay == 3
    canvas = look(viewer)
    assert len(canvas.where(GREEN)) > 20  # a cell is seen in the brain
    assert len(canvas.where("#ffffff")) > 1000
    viewer.dims.ndisplay = 2
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 3, 3), 60
    for depth, color in ((4.0, "#ffffff"), (6.0, "#000000")):
        viewer.dims.set_point(0, depth)
        canvas = look(viewer)
        assert canvas.color(3.2, 3.2) == color
        assert canvas.color(1, 1) != RED
    viewer.dims.set_point(0, 5.0)
    assert look(viewer).color(1, 1) == RED
    # A voxel's center lies at a multiple of its size, along every axis.
    viewer.dims.set_point(0, 4.7)
    canvas = look(viewer)
    assert [canvas.color(x, x) for x in (-0.2, -0.3)] == ["#ffffff", "#000000"]
    viewer.dims.set_point(0, 4.8)
    assert look(viewer).color(-0.2, -0.2) == "#000000"


def test_volumes_leave_with_their_frame_and_return(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    parcellation = abc.add_volume(viewer, cells, "Parcellation")
    parcellation.opacity = 0.2
    with pytest.raises(ConfigurationError, match="show the cells in 'ccf' first"):
        abc.add_volume(viewer, cells, "CCF")
    layers = abc.show_in_frame(viewer, cells, "ccf")
    assert list(viewer.layers) == [layers.cells]
    with pytest.raises(ConfigurationError, match="'reconstructed' first"):
        abc.add_volume(viewer, layers.cells, "Parcellation")
    ccf = abc.add_volume(viewer, layers.cells, "CCF")
    back = abc.show_in_frame(viewer, layers.cells, "reconstructed")
    assert list(viewer.layers) == [parcellation, back.cells]
    assert parcellation.opacity == 0.2
    there = abc.show_in_frame(viewer, back.cells, "ccf")
    assert list(viewer.layers) == [ccf, there.cells]


def test_a_volume_is_shown_once(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    source = section.volumes[0]
    layer = abc.add_volume(viewer, cells, source)
    assert abc.add_volume(viewer, cells, "Template") is layer
    assert isinstance(source, Source)
    assert source.loads == 1
    assert shown_volumes(viewer, section) == {("reconstructed", "Template"): layer}


def test_a_volume_can_be_prepared_elsewhere(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    (part,) = in_threads(lambda: prepare_volume(section, section.volumes[1]))
    assert add_prepared_volume(viewer, cells, part) in viewer.layers


def test_names_and_layers_that_are_none_are_told(viewer: napari.Viewer, section: Slab) -> None:
    cells = abc.add_slab(viewer, section).cells
    with pytest.raises(ConfigurationError, match="it has Template, Parcellation"):
        abc.add_volume(viewer, cells, "Nissl")
    with pytest.raises(ConfigurationError, match="shows no cells"):
        abc.add_volume(viewer, viewer.add_points([[0, 0]]), "Template")
