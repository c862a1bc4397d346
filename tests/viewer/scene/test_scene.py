"""The scene of a viewer, by what is seen on its canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import napari_abc as abc
from napari_abc.errors import ConfigurationError, FormatError, MissingFileError, UnknownNameError
from napari_abc.model import Frame
from napari_abc.viewer.color import painted
from napari_abc.viewer.links import slab_of
from napari_abc.viewer.prepare import prepare_slab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import napari

    from napari_abc.model import Slab
    from napari_abc.viewer.scene import ViewerScene

RED, GREEN, BLUE = "#e41a1c", "#4daf4a", "#377eb8"


@pytest.fixture
def scene(viewer: napari.Viewer) -> ViewerScene:
    return abc.scene(viewer)


def box(layer: Any) -> np.ndarray[Any, Any]:
    """Lowest and highest y, x of a layer in the world."""
    places = layer.data[:, -2:] * np.asarray(layer.scale)[-2:] + np.asarray(layer.translate)[-2:]
    return np.array([places.min(axis=0), places.max(axis=0)])


def apart(one: Any, two: Any) -> bool:
    a, b = box(one), box(two)
    return bool(((a[1] < b[0]) | (b[1] < a[0])).any())


def press(viewer: napari.Viewer, keys: str) -> None:
    {str(binding): act for binding, act in viewer.keymap.items()}[keys](viewer)


def cells(viewer: napari.Viewer) -> list[Any]:
    return [layer for layer in viewer.layers if layer.metadata.get("napari_abc.cells")]


def test_slabs_lie_beside_each_other_under_their_titles(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    one = make_slab(label="one")
    (first,) = scene.open(one)
    assert not np.any(first.cells.translate)  # alone it lies where it always does
    assert [layer.name for layer in viewer.layers] == ["one"]
    others = scene.open(make_slab(label="two"), make_slab(label="three"))
    every = [first.cells, *(layers.cells for layers in others)]
    assert all(apart(a, b) for i, a in enumerate(every) for b in every[:i])
    titles = viewer.layers["Titles"]
    assert list(titles.text.values) == ["one", "three", "two"]
    assert titles.locked
    # Each title stands above its slab, and not over another one.
    for place, layer in zip(titles.data, (every[0], every[2], every[1]), strict=True):
        low, high = box(layer)
        assert place[0] < low[0] and low[1] < place[1] < high[1]
    scene.close(*[slab_of(layer) for layer in every[1:]])
    assert [layer.name for layer in viewer.layers] == ["one"]


def test_all_cells_are_seen_where_they_lie(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    one, two = make_slab(label="one"), make_slab(label="two")
    layers = scene.open(one, two)
    scene.color_by("Subclass")
    scene.look_at()
    canvas = look(viewer)
    for slab, shown in zip((one, two), layers, strict=True):
        for row, color in enumerate((RED, GREEN, BLUE)):
            x, y = slab.cells["x"].iloc[row], slab.cells["y"].iloc[row]
            dy, dx = shown.cells.translate
            assert canvas.color(x + dx, y + dy) == color, (slab.label, row)


def test_an_overlay_shares_a_tile_and_replace_leaves_one(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    (one,) = scene.open(make_slab(label="one"))
    (two,) = scene.open(make_slab(label="two"), layout="overlay")
    assert not apart(one.cells, two.cells)
    assert "Titles" not in viewer.layers
    (three,) = scene.open(make_slab(label="three"), layout="replace")
    assert cells(viewer) == [three.cells]
    scene.undo()
    assert len(cells(viewer)) == 2
    with pytest.raises(ConfigurationError, match="'under' is no layout"):
        scene.open(make_slab(label="four"), layout="under")


def test_one_coloring_for_all_with_undo(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    layers = scene.open(make_slab(label="one"), make_slab(label="two"))

    def keys() -> list[str]:
        states = [painted(shown.cells) for shown in layers]
        return [state.coloring.key for state in states if state is not None]

    scene.color_by("Subclass")
    scene.color_by("gene:drd1", limits=(0, 4))
    assert keys() == ["gene:DRD1", "gene:DRD1"]
    assert [painted(shown.cells).limits for shown in layers] == [(0.0, 4.0)] * 2  # type: ignore[union-attr]
    scene.undo()
    assert keys() == ["Subclass", "Subclass"]
    scene.redo()
    assert keys() == ["gene:DRD1", "gene:DRD1"]
    with pytest.raises(UnknownNameError, match="has no 'NOGENE'"):
        scene.color_by("gene:NOGENE")
    assert keys() == ["gene:DRD1", "gene:DRD1"]
    # A slab that is opened later is colored as the others.
    (late,) = scene.open(make_slab(label="three"))
    assert painted(late.cells).coloring.key == "gene:DRD1"  # type: ignore[union-attr]
    assert painted(late.cells).limits == (0.0, 4.0)  # type: ignore[union-attr]


def test_a_slab_without_the_gene_is_gray_and_that_is_said(
    scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    genes = pd.DataFrame({"gene_symbol": ["GAD1"]}, index=pd.Index(["E2"], name="gene_identifier"))
    other = make_slab(label="two", genes=genes)
    layers = scene.open(make_slab(label="one"), other)
    scene.color_by("Subclass")
    scene.color_by("gene:DRD1")
    assert np.allclose(layers[1].cells.face_color[0, :3], 0x80 / 255, atol=0.01)
    (note,) = scene.notes
    assert "DRD1" in note
    scene.color_by("Subclass")
    assert scene.notes == ()
    assert not np.allclose(layers[1].cells.face_color[0, :3], 0x80 / 255, atol=0.01)


def test_closing_takes_every_layer_and_undo_brings_all_back(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    import shapely

    regions = pd.DataFrame(
        {"label": ["a"], "name": ["CaH"], "color": ["#ff0000"], "geometry": [shapely.box(0, 0, 7, 7)]}
    )
    slab = make_slab(label="one", regions=regions)
    scene.open(slab)
    scene.open(make_slab(label="two"))
    assert "Regions · one" in viewer.layers
    scene.close(slab)
    assert [layer.name for layer in viewer.layers] == ["two"]
    scene.undo()
    assert {"one", "Regions · one", "two", "Titles"} == {layer.name for layer in viewer.layers}
    # The bin on the cells closes the slab.
    viewer.layers.remove(viewer.layers["one"])
    assert [layer.name for layer in viewer.layers] == ["two"]
    scene.undo()
    # What lies in register moves together.
    cells_of_one, outline = viewer.layers["one"], viewer.layers["Regions · one"]
    assert np.allclose(cells_of_one.translate, outline.translate)
    scene.show(regions=False)
    assert not outline.visible
    scene.undo()
    assert outline.visible


def test_an_embedding_is_never_drawn_over_tissue_and_each_space_keeps_its_camera(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    tissue = make_slab(label="tissue")
    umap = make_slab(label="UMAP", dataset="WMB-10X", frames=(Frame("UMAP", ("x", "y"), ""),))
    scene.open(tissue)
    viewer.scene.camera.zoom = 33.0
    scene.open(umap)
    assert scene.spaces == ("tissue", "WMB-10X UMAP")
    assert [layer.visible for layer in cells(viewer)] == [False, True]
    assert not viewer.canvas.overlays.scale_bar.visible
    assert viewer.scene.camera.zoom != 33.0
    scene.look_at_space("tissue")
    assert [layer.visible for layer in cells(viewer)] == [True, False]
    assert viewer.scene.camera.zoom == 33.0
    assert viewer.canvas.overlays.scale_bar.visible


def test_a_space_in_three_dimensions_and_back(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    slab = make_slab(label="one")
    slab.cells["cx"], slab.cells["cy"], slab.cells["cz"] = slab.cells["x"], slab.cells["y"], 1.0
    slab.frames = (*slab.frames, Frame("ccf", ("cx", "cy", "cz"), "millimeter", title="Allen CCF"))
    scene.open(slab)
    scene.show_in_frame(slab, "ccf")
    assert viewer.dims.ndisplay == 3 and scene.spaces == ("3D Allen CCF",)
    assert len(cells(viewer)) == 1  # never the same cells twice
    scene.open(make_slab(label="flat"))
    assert viewer.dims.ndisplay == 2
    assert [layer.visible for layer in cells(viewer)] == [False, True]
    scene.look_at_space("3D Allen CCF")
    assert viewer.dims.ndisplay == 3
    scene.undo()
    scene.undo()
    scene.undo()
    assert viewer.dims.ndisplay == 2 and len(cells(viewer)) == 1


def test_micrometers_beside_millimeters_have_one_scale(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    positions = np.array(((1.0, 1.0), (5.0, 2.0), (2.0, 6.0), (6.0, 4.0)))
    mm = make_slab(label="mm")
    um = make_slab(
        label="um", positions=positions * 1000, frames=(Frame("micron", ("x", "y"), "micrometer"),)
    )
    layers = scene.open(mm, um)
    assert [str(layers[i].cells.units[-1]) for i in (0, 1)] == ["millimeter"] * 2
    size = [box(shown.cells)[1] - box(shown.cells)[0] for shown in layers]
    assert np.allclose(size[0], size[1])
    # What is read back is still what the run says.
    assert np.allclose(layers[1].cells.data[:, ::-1], positions * 1000)
    scene.color_by("Subclass")
    scene.look_at()
    canvas = look(viewer)
    for slab, factor, shown in ((mm, 1, layers[0]), (um, 1000, layers[1])):
        dy, dx = shown.cells.translate
        x, y = slab.cells["x"].iloc[0] / factor + dx, slab.cells["y"].iloc[0] / factor + dy
        assert canvas.color(x, y) == RED


def test_prepared_elsewhere_and_what_cannot_be_shown(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    slab = make_slab(label="one")
    scene.open(prepare_slab(slab, "Class"))
    empty = make_slab(label="empty")
    empty.cells = empty.cells.iloc[:0]
    with pytest.raises(FormatError, match="no cell with coordinates"):
        scene.open(make_slab(label="two"), empty)
    assert [layer.name for layer in viewer.layers] == ["one"]
    assert not scene.stage.can_redo
    with pytest.raises(ConfigurationError, match="other is not open in this viewer"):
        scene.shown(make_slab(label="other"))


def test_forty_slabs_at_once(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    layers = scene.open(*[make_slab(label=f"Plane.{i}") for i in range(40)])
    every = [shown.cells for shown in layers]
    assert all(apart(a, b) for i, a in enumerate(every) for b in every[:i])
    titles = viewer.layers["Titles"]
    assert list(titles.text.values) == [f"Plane.{i}" for i in range(40)]
    scene.undo()
    assert not cells(viewer)


def test_a_view_is_saved_and_rebuilt(
    viewer: napari.Viewer, scene: ViewerScene, release_folder: Path, tmp_path: Path
) -> None:
    atlas = abc.open_atlas(str(release_folder))
    slab = atlas["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    scene.open(slab)
    scene.color_by("class")
    viewer.scene.camera.zoom = 77.0
    path = tmp_path / "view.json"
    scene.save(path)
    wanted = scene.stage.scene
    counts = scene.counts()
    scene.close(slab)
    again = abc.open_scene(path, viewer)
    assert again is scene and again.stage.scene == wanted
    assert viewer.scene.camera.zoom == pytest.approx(77.0)
    pd.testing.assert_frame_equal(again.counts(), counts)
    assert again.notes == ()
    # Of what is gone it is said what; the rest is shown.
    text = path.read_text("utf-8").replace("C57BL6J-638850.37", "C57BL6J-638850.99")
    (tmp_path / "gone.json").write_text(text, "utf-8")
    with pytest.raises(MissingFileError, match=r"Nothing of gone\.json can be opened.*C57BL6J-638850\.99"):
        abc.open_scene(tmp_path / "gone.json", viewer)
    assert again.stage.scene == wanted


def test_the_lines_of_python_rebuild_it(
    viewer: napari.Viewer, scene: ViewerScene, release_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    atlas = abc.open_atlas(str(release_folder))
    mouse = atlas["MERFISH-C57BL6J-638850"]
    labels = list(mouse.list_slabs().index)
    scene.open(*[mouse.slab(label) for label in labels[:2]])
    scene.color_by("class")
    scene.color_categories({"01 IT-ET Glut": "#123456"})
    wanted = scene.stage.scene
    lines = scene.to_python()
    scene.close(*[scene.stage.slab(key) for key in scene.stage])
    code = lines.replace("viewer = napari.Viewer()", "").replace("napari.run()", "")
    exec(code, {"viewer": viewer})
    assert scene.stage.scene == wanted


def test_a_double_click_on_a_title_looks_at_its_tile_and_home_at_all(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    layers = scene.open(make_slab(label="one"), make_slab(label="two"))
    scene.look_at()
    far = viewer.scene.camera.zoom
    titles = viewer.layers["Titles"]
    assert not scene.board.look_at_title(
        box(layers[0].cells).mean(axis=0)
    )  # within the slab is not its title
    assert scene.board.look_at_title(titles.data[1])
    assert viewer.scene.camera.zoom > 1.5 * far
    center = np.asarray(viewer.scene.camera.center)[-2:]
    low, high = box(layers[1].cells)
    assert (low < center).all() and (center < high).all()
    press(viewer, "Home")
    assert viewer.scene.camera.zoom == pytest.approx(far)


def test_the_keys_for_undo_and_redo(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    scene.open(make_slab(label="one"))
    press(viewer, "Ctrl+Z")
    assert not cells(viewer)
    press(viewer, "Ctrl+Shift+Z")
    assert len(cells(viewer)) == 1


def test_a_filter_hides_or_grays_in_every_slab_and_outlives_the_coloring(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    one, two = make_slab(label="one"), make_slab(label="two")
    layers = scene.open(one, two)
    scene.color_by("Subclass")
    scene.look_at()

    def seen(row: int) -> set[str]:
        canvas = look(viewer)
        return {
            canvas.color(slab.cells["x"].iloc[row] + shown.cells.translate[1],
                         slab.cells["y"].iloc[row] + shown.cells.translate[0])
            for slab, shown in zip((one, two), layers, strict=True)
        }  # fmt: skip

    scene.filter("Subclass", keep=["D1"])
    assert [len(scene.shown(slab)) for slab in (one, two)] == [1, 1]
    assert seen(0) == {RED} and seen(1) == {"#000000"}
    scene.color_by("Class")
    assert seen(1) == {"#000000"}  # kept when the coloring changes
    scene.gray_others()
    (gray,) = seen(1)
    assert gray == "#333333"
    scene.filter("depth", low=100)
    assert seen(0) == {gray}
    (condition, _) = scene.filters
    scene.remove_filter(condition)
    scene.undo()
    scene.undo()
    scene.undo()
    scene.undo()
    assert seen(0) == {RED} and seen(1) == {"#000000"}
    scene.clear_filters()
    assert seen(1) == {GREEN}
    scene.select("mine", one, np.array([False, True, False, False]))
    scene.filter(selection="mine")
    assert [len(scene.shown(slab)) for slab in (one, two)] == [1, 1]  # the two share their ids and dataset
    scene.filter(selection="mine", inside=False)
    assert seen(1) == {"#000000"} and seen(0) == {RED}
    with pytest.raises(ConfigurationError, match="Filter by a column"):
        scene.filter("Subclass")
    with pytest.raises(UnknownNameError):
        scene.filter("nothing", keep=["D1"])


def test_slabs_with_other_defaults_agree_on_a_column_that_all_have(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    one, two = make_slab(label="one"), make_slab(label="two")
    two.cells["Subclass"] = pd.Categorical(["D1"] * len(two.cells))  # nothing to tell apart by it
    layers = scene.open(one, two)
    assert [painted(shown.cells).coloring.key for shown in layers] == ["Class", "Class"]  # type: ignore[union-attr]
    scene.undo()  # opening and agreeing are one step
    assert not scene.stage.scene.places


def test_categories_in_colors_of_ones_own_are_painted_and_undone(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    scene.open(make_slab())
    scene.color_by("Subclass")
    scene.color_categories({"D1": "#00ffff"})
    assert look(viewer).color(1, 1) == "#00ffff"
    assert look(viewer).color(5, 2) == GREEN
    scene.undo()
    assert look(viewer).color(1, 1) == RED


def test_genes_are_blended_with_one_scale_for_all(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab], look: Callable[..., Any]
) -> None:
    genes = pd.DataFrame({"gene_symbol": ["DRD1", "DRD2"]}, index=["ENSG1", "ENSG2"])
    matrix = make_slab().expression_source
    matrix.columns = {"ENSG1": np.float32([0, 8, 0, 8]), "ENSG2": np.float32([0, 0, 8, 8])}  # type: ignore[union-attr]
    scene.open(make_slab(genes=genes, expression_source=matrix))
    scene.color_by(["gene:DRD1", "gene:DRD2"])
    canvas = look(viewer)
    assert [canvas.color(x, y) for x, y in ((1, 1), (5, 2), (2, 6), (6, 4))] == [
        "#404040",
        "#ff40ff",
        "#40ff40",
        "#ffffff",
    ]
    with pytest.raises(ConfigurationError, match="At most 3 genes"):
        scene.color_by(["gene:DRD1"] * 4)


def test_limits_that_nobody_set_are_those_of_all_slabs(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    low = make_slab(label="low", gene=(0.0, 1.0, 2.0, np.nan))
    high = make_slab(label="high", gene=(0.0, 2.0, 8.0, np.nan))
    (first,) = scene.open(low)
    scene.color_by("gene:DRD1")
    assert painted(first.cells).limits == (0, 2)  # type: ignore[union-attr]
    (second,) = scene.open(high)
    assert [painted(shown.cells).limits for shown in (first, second)] == [(0, 8)] * 2  # type: ignore[union-attr]
    scene.close(high)
    assert painted(first.cells).limits == (0, 2)  # type: ignore[union-attr]


def test_what_was_fitted_stays_fitted_when_the_canvas_changes_its_size_and_a_persons_view_stays_theirs(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    scene.open(make_slab(label="one"), make_slab(label="two"))
    scene.look_at()
    before, (height, width) = viewer.scene.camera.zoom, viewer.canvas.size
    viewer.canvas.size = (height // 2, width // 2)
    assert viewer.scene.camera.zoom == pytest.approx(before / 2, rel=0.02)
    viewer.scene.camera.zoom *= 3
    mine = viewer.scene.camera.zoom
    viewer.canvas.size = (height, width)
    assert viewer.scene.camera.zoom == mine


def test_a_flat_slab_opened_after_one_in_space_is_flat_and_in_view(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    ccf = Frame("ccf", ("z", "y", "x"), "millimeter", title="CCF", axes=("z", "y", "x"))
    one = make_slab(label="one", frames=(Frame("section", ("x", "y"), "millimeter"), ccf))
    one.cells = one.cells.assign(z=[1.0, 2.0, 3.0, 4.0])
    scene.open(one)
    abc.show_in_frame(viewer, scene.layers(one).cells, "ccf")
    assert viewer.dims.ndisplay == 3
    (two,) = scene.open(make_slab(label="two"))
    assert (viewer.dims.ndisplay, scene.stage.scene.space) == (2, "tissue")
    low, high = box(two.cells)
    center = np.asarray(viewer.scene.camera.center)[-2:]
    assert (low < center).all() and (center < high).all()
    scene.look_at_space("3D CCF")
    assert viewer.dims.ndisplay == 3
    scene.undo()
    scene.undo()
    scene.undo()
    assert viewer.dims.ndisplay == 2


def test_it_is_said_where_units_differ_and_where_cells_are_drawn_twice(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    cp10k = make_slab(label="mouse")

    class OtherUnit(type(cp10k.expression_source)):  # type: ignore[misc]
        kinds = {"log2": "log2(CP10k + 1)"}  # noqa: RUF012

    cp10k.expression_source = OtherUnit(cp10k.expression_source.columns)  # type: ignore[union-attr]
    layers = scene.open(make_slab(label="human", gene=(0.0, 1.0, 2.0, 3.0)), cp10k)
    scene.color_by("gene:DRD1")
    (note,) = scene.notes
    assert "different units: log2(CPT + 1) (human), log2(CP10k + 1) (mouse); each slab has a scale" in note
    assert [painted(shown.cells).limits for shown in layers] == [(0, 3), (0, 8)]  # type: ignore[union-attr]


def test_undoing_the_first_coloring_brings_the_default_back(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    layers = scene.open(make_slab(label="one"), make_slab(label="two"))
    default = [painted(shown.cells).coloring.key for shown in layers]  # type: ignore[union-attr]
    scene.color_by("region")
    scene.filter("Class", keep=["Neuron"])
    scene.undo()
    scene.undo()
    assert [painted(shown.cells).coloring.key for shown in layers] == default  # type: ignore[union-attr]
    scene.redo()
    assert [painted(shown.cells).coloring.key for shown in layers] == ["region"] * 2  # type: ignore[union-attr]


def test_titles_fit_above_their_tiles_and_are_read_in_every_theme(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    names = [f"H22.30.001.CX.{number}.Plane.03" for number in range(10, 16)]
    scene.open(*(make_slab(label=name) for name in names))
    titles = viewer.layers["Titles"]
    assert list(titles.text.values) == ["10", "11", "12", "13", "14", "15"]  # what differs
    height, width = viewer.canvas.size
    viewer.canvas.size = (4 * height, 4 * width)
    assert list(titles.text.values) == names
    viewer.canvas.size = (height, width)
    dark = np.asarray(titles.text.color.constant)[:3].mean()
    theme = viewer.theme
    viewer.theme = "light"
    try:
        assert dark > 0.7 > 0.3 > np.asarray(titles.text.color.constant)[:3].mean()
    finally:
        viewer.theme = theme


def test_what_is_left_when_a_slab_is_closed_or_changes_its_frame_is_in_view(
    viewer: napari.Viewer, scene: ViewerScene, make_slab: Callable[..., Slab]
) -> None:
    frames = (Frame("section", ("x", "y"), "millimeter"), Frame("stage", ("x_s", "y_s"), "micrometer"))
    slabs = [make_slab(label=name, frames=frames) for name in ("one", "two", "three")]
    for slab in slabs:
        slab.cells = slab.cells.assign(x_s=1000 * slab.cells["y"] + 9000, y_s=1000 * slab.cells["x"])
    scene.open(*slabs)
    scene.look_at()

    def in_view() -> bool:
        center = np.asarray(viewer.scene.camera.center)[-2:]
        half = np.asarray(viewer.canvas.size) / viewer.scene.camera.zoom / 2
        corners = np.concatenate([box(layer) for layer in cells(viewer)])
        fills = np.ptp(corners, axis=0) / half
        return bool((np.abs(corners - center) <= half).all() and fills.max() > 1)

    assert in_view()
    scene.close(slabs[0])
    assert in_view()
    abc.show_in_frame(viewer, scene.layers(slabs[1]).cells, "stage")
    assert in_view()
    scene.undo()
    assert in_view()
