from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_abc.errors import ExpressionError
from napari_abc.text import SYNTHETIC
from napari_abc.viewer.color import color_by, events, hide, painted
from napari_abc.viewer.scene import add_slab

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Points
    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.viewer.layers import SlabLayers
    from napari_abc.widgets.color import ColorView
    from napari_abc.widgets.dock import AtlasDock

    Idle = Callable[[AtlasDock], None]


@pytest.fixture
def view(dock: AtlasDock) -> ColorView:
    return dock.color_view


@pytest.fixture
def layers(dock: AtlasDock, slab: Slab) -> SlabLayers:
    return add_slab(dock.find_controller._viewer, slab, color_by="Class")


def _legend(view: ColorView) -> dict[str, str]:
    model = view.legend.view.model()
    return {model.index(i, 0).data(): model.index(i, 1).data() for i in range(model.rowCount())}


def _by(layer: Points) -> str:
    state = painted(layer)
    assert state is not None
    return state.coloring.key


def _page(view: ColorView) -> Any:
    return view._stack.currentWidget()


def test_without_a_slab_it_says_what_to_do(view: ColorView) -> None:
    assert view.picker.isHidden()
    assert view.hint.text() == "Open cells to color them."


def test_a_new_slab_is_followed_with_its_legend(view: ColorView, layers: SlabLayers, slab: Slab) -> None:
    codes = slab.cells["Class"].cat.codes
    assert view.picker.layer.currentText() == layers.cells.name
    assert view.picker.column.currentData() == "Class"
    assert _page(view) is view.legend
    assert _legend(view) == {
        "MSN": f"{(codes == 0).sum()}",
        "Astro": f"{(codes == 1).sum()}",
        "Oligo": f"{(codes == 2).sum()}",
        "no value": f"{(codes == -1).sum()}",
    }
    assert view.legend.title.text() == "Class: 3 categories"
    assert "Showing 400 of 403 cells" in view.summary.cells.text()
    assert view.summary.cells.text().startswith(SYNTHETIC)


def test_a_column_colors_cells_and_legend(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, idle: Idle
) -> None:
    view.picker.column.activated.emit(view.picker.column.findData("region"))
    idle(dock)
    assert _by(layers.cells) == "region"
    assert set(_legend(view)) == {"GPe", "STR"}
    assert len(np.unique(layers.cells.face_color, axis=0)) == 2


def test_categories_hidden_in_the_legend_are_not_drawn_and_counted(
    dock: AtlasDock, view: ColorView, layers: SlabLayers, slab: Slab
) -> None:
    model = view.legend.view.model()
    lines = [model.index(i, 0).data() for i in range(model.rowCount())]
    for name in ("MSN", "no value"):
        index = model.index(lines.index(name), 0)
        assert model.setData(index, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    codes = slab.cells["Class"].cat.codes.to_numpy()
    gone = (codes == 0) | (codes == -1)
    np.testing.assert_array_equal(layers.cells.face_color[:, 3] == 0, gone)
    scene = dock.steps.scene
    (condition,) = scene.filters
    assert (condition.column, condition.names, condition.keep) == ("Class", ("MSN", None), False)
    assert f"Showing {400 - gone.sum()} of 403 cells" in view.summary.cells.text()
    assert f"{gone.sum()} are left out by the filter" in view.summary.cells.text()
    assert _legend(view)["MSN"] == f"{(codes == 0).sum()}"  # what would come back
    color_by(layers.cells, "region")  # the filter is another thing than the coloring
    np.testing.assert_array_equal(layers.cells.face_color[:, 3] == 0, gone)
    assert "left out" in view.summary.cells.text()
    scene.clear_filters()
    assert not (layers.cells.face_color[:, 3] == 0).any()
    assert "left out" not in view.summary.cells.text()


def test_a_typed_gene_colors_cells_and_bar(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, slab: Slab, idle: Idle
) -> None:
    gene = view.picker.gene
    gene.setText("drd2")
    qtbot.keyClick(gene, Qt.Key.Key_Return)
    idle(dock)
    assert _by(layers.cells) == "gene:DRD2"
    assert _page(view) is view.bar
    assert view.bar.title.text() == "DRD2, log2(CPT + 1)"
    values = slab.expression(["DRD2"])["DRD2"].to_numpy()
    assert view.bar.limits == pytest.approx((0, np.nanmax(values)), abs=1e-4)
    zero = int((values <= 0).sum())
    assert view.bar.gray.accessibleName() == f"zero: {zero} cells, not measured: 7 cells"
    assert view.picker.column.placeholderText() == "Gene DRD2"


def test_an_unknown_gene_is_said_in_place(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, idle: Idle
) -> None:
    view.picker.gene.setText("drd9")
    qtbot.keyClick(view.picker.gene, Qt.Key.Key_Return)
    idle(dock)
    assert "drd9" in view.notice.text
    assert "DRD1" in view.notice.text
    assert _by(layers.cells) == "Class"


def test_matrices_are_read_off_the_gui_thread(
    dock: AtlasDock, view: ColorView, layers: SlabLayers, matrix: Any, idle: Idle
) -> None:
    dock.color_controller.color_by_gene("DRD1")
    idle(dock)
    [(kind, identifiers, thread)] = matrix.reads
    assert (kind, identifiers) == ("log2", ("ENSG1",))
    assert thread is not threading.main_thread()


def test_a_matrix_that_must_be_fetched_is_asked_for(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, matrix: Any, idle: Idle
) -> None:
    matrix.to_fetch["log2"] = 1_340_000_000
    dock.color_controller.color_by_gene("DRD1")
    assert "1.3 GB" in view.notice.text
    assert matrix.reads == []
    _, not_now = view.notice.answers()
    qtbot.mouseClick(not_now, Qt.MouseButton.LeftButton)
    assert matrix.reads == []
    dock.color_controller.color_by_gene("DRD1")
    qtbot.mouseClick(view.notice.answers()[0], Qt.MouseButton.LeftButton)
    idle(dock)
    assert _by(layers.cells) == "gene:DRD1"
    dock.color_controller.color_by_gene("DRD2")  # on disk now
    assert view.notice.text == ""
    idle(dock)
    assert _by(layers.cells) == "gene:DRD2"


def _texts(view: ColorView) -> list[str]:
    return [button.text() for button in view.notice.answers()]


def test_the_question_offers_what_the_cells_shown_need(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, slab: Slab, matrix: Any, idle: Idle
) -> None:
    matrix.to_fetch["log2"], matrix.halves = 3_000_000_000, True
    dock.color_controller.color_by_gene("DRD1")
    assert "DRD1 lies in 2 files, 3.0 GB in all" in view.notice.text
    assert _texts(view) == ["&Download 3.0 GB", "&Not now"]  # all cells are shown
    layers.cells.selected_data = {13, 15}
    dock.color_controller.color_by_gene("DRD1")
    assert "For the 2 cells selected, 1 file of 1.5 GB does." in view.notice.text
    assert _texts(view) == ["&All, 3.0 GB", "&Only those, 1.5 GB", "&Not now"]
    qtbot.mouseClick(view.notice.answers()[1], Qt.MouseButton.LeftButton)
    idle(dock)
    state = painted(layers.cells)
    assert state is not None and state.coloring.key == "gene:DRD1"
    assert np.flatnonzero(~np.isnan(state.coloring.values)).tolist() == [13, 15]
    layers.cells.selected_data = {len(slab.cells) - 1, 2}  # one in each file: nothing to spare
    matrix.to_fetch["log2"] = 3_000_000_000
    dock.color_controller.color_by_gene("DRD2")
    assert _texts(view) == ["&Download 3.0 GB", "&Not now"]


def test_hidden_categories_are_not_fetched_for(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, slab: Slab, matrix: Any, idle: Idle
) -> None:
    half = np.where(np.arange(len(slab.cells)) < 200, "first", "second")
    layer = add_slab(
        dock.find_controller._viewer, replace(slab, cells=slab.cells.assign(half=half)), color_by="half"
    ).cells
    hide(layer, ["first"])
    matrix.to_fetch["log2"], matrix.halves = 3_000_000_000, True
    dock.color_controller.color_by_gene("DRD1")
    assert "For the 200 cells shown, 1 file of 1.5 GB does." in view.notice.text
    qtbot.mouseClick(view.notice.answers()[1], Qt.MouseButton.LeftButton)
    idle(dock)
    state = painted(layer)
    assert state is not None and np.isnan(state.coloring.values[:200]).all()
    assert not np.isnan(state.coloring.values[200:]).any()


def test_raw_or_log2(dock: AtlasDock, view: ColorView, layers: SlabLayers, idle: Idle) -> None:
    dock.color_controller.color_by_gene("DRD1")
    idle(dock)
    view.picker.values.setCurrentIndex(view.picker.values.findData("raw"))
    view.picker.values.activated.emit(1)
    idle(dock)
    assert view.bar.title.text() == "DRD1, counts"
    assert view.picker.kind == "raw"


def test_a_gene_that_shares_its_symbol_stays_the_one_that_was_chosen(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, slab: Slab, matrix: Any, idle: Idle
) -> None:
    slab.genes["gene_symbol"] = ["DRD1", "Same", "Same"]
    layer = add_slab(dock.find_controller._viewer, slab, color_by="Class").cells
    gene = view.picker.gene
    gene.setText("ENSG3")
    qtbot.keyClick(gene, Qt.Key.Key_Return)
    idle(dock)
    assert (_by(layer), view.bar.title.text()) == ("gene:ENSG3", "Same, log2(CPT + 1)")
    assert gene.text() == "ENSG3"  # which Enter asks for again
    view.picker.values.setCurrentIndex(view.picker.values.findData("raw"))
    view.picker.values.activated.emit(1)
    idle(dock)
    assert view.notice.text == ""
    assert (_by(layer), view.bar.title.text()) == ("gene:ENSG3", "Same, counts")
    assert [(kind, genes) for kind, genes, _ in matrix.reads] == [("log2", ("ENSG3",)), ("raw", ("ENSG3",))]
    state = painted(layer)
    assert state is not None
    np.testing.assert_array_equal(state.coloring.numbers(), np.expm1(matrix.values[:, 2]))


def test_what_must_be_fetched_for_a_gene_is_asked_by_its_symbol(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, matrix: Any
) -> None:
    matrix.to_fetch["log2"] = 5_000_000
    view.picker.gene.setText("ensg2")
    qtbot.keyClick(view.picker.gene, Qt.Key.Key_Return)
    assert view.notice.text.startswith("DRD2 lies in matrix.h5ad")


def test_limits_and_colormap_repaint_at_once_but_throttled(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, idle: Idle
) -> None:
    dock.color_controller.color_by_gene("DRD1")
    idle(dock)
    before = layers.cells.face_color.copy()
    repaints: list[object] = []
    events.painted.connect(repaints.append)
    for high in np.linspace(3.0, 1.0, 200):
        view.bar.high.setValue(high)
    qtbot.waitUntil(lambda: painted(layers.cells).limits == pytest.approx((0, 1)))
    events.painted.disconnect(repaints.append)
    assert len(repaints) < 100
    assert view.bar.limits == pytest.approx((0, 1))
    assert not np.array_equal(before, layers.cells.face_color)
    view.bar.colormap.setCurrentText("viridis")
    view.bar.colormap.activated.emit(3)
    qtbot.waitUntil(lambda: painted(layers.cells).colormap == "viridis")
    assert painted(layers.cells).limits == pytest.approx((0, 1))
    assert view.bar.gradient.color_at(1.0) == "#fde725"  # viridis ends in this yellow


def test_reset_shows_the_whole_range_again(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, idle: Idle
) -> None:
    dock.color_controller.color_by_gene("DRD1")
    idle(dock)
    whole = view.bar.limits
    view.bar.high.setValue(1.0)
    qtbot.waitUntil(lambda: painted(layers.cells).limits[1] == pytest.approx(1))
    qtbot.mouseClick(view.bar.reset, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: painted(layers.cells).limits == pytest.approx(whole))
    assert view.bar.slider.maximum() >= whole[1]


def test_a_script_that_paints_is_followed(view: ColorView, layers: SlabLayers) -> None:
    color_by(layers.cells, "gene:PENK", limits=(1.0, 2.0), colormap="turbo")
    assert _page(view) is view.bar
    assert view.bar.limits == (1.0, 2.0)
    assert view.bar.colormap.currentText() == "turbo"
    color_by(layers.cells, "qc_pass")
    assert set(_legend(view)) == {"False", "True"}
    layers.cells.face_color = "red"  # by napari's own controls: no legend may tell otherwise
    assert _page(view) is view.hint
    assert "Choose a column" in view.hint.text()


def test_the_newest_choice_wins(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, matrix: Any, idle: Idle
) -> None:
    matrix.gate = threading.Event()
    dock.color_controller.color_by_gene("DRD1")
    qtbot.waitUntil(lambda: bool(matrix.reads))
    dock.color_controller.color_by_column("region")
    idle(dock)
    matrix.gate.set()
    qtbot.wait(50)
    assert _by(layers.cells) == "region"


def test_cancel_leaves_the_colors_as_they_were(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, matrix: Any
) -> None:
    matrix.gate = threading.Event()
    dock.color_controller.color_by_gene("DRD1")
    qtbot.waitUntil(lambda: dock.task_bar.label.text() == "Fetching the matrix")
    assert not dock.task_bar.isHidden()
    assert dock.task_bar.amount.text() == "3 B of 10 B"
    qtbot.mouseClick(dock.task_bar.cancel_button, Qt.MouseButton.LeftButton)
    assert dock.task_bar.isHidden()
    qtbot.waitUntil(lambda: not any(t.name == "napari-abc color" for t in threading.enumerate()))
    assert _by(layers.cells) == "Class"
    assert view.notice.text == ""


@pytest.mark.parametrize("how", ["cancel", "not now", "failed"])
def test_the_picker_tells_what_is_painted_when_a_choice_came_to_nothing(
    qtbot: QtBot,
    dock: AtlasDock,
    view: ColorView,
    layers: SlabLayers,
    matrix: Any,
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    picker = view.picker
    dock.color_controller.color_by_gene("DRD1")
    idle(dock)
    if how == "not now":
        matrix.to_fetch["raw"] = 7_000_000
    elif how == "cancel":
        matrix.gate = threading.Event()
    else:
        # A matrix that is damaged, say.
        monkeypatch.setattr(matrix, "read", lambda *_: (_ for _ in ()).throw(ExpressionError("Damaged.")))
    row = picker.values.findData("raw")
    picker.values.setCurrentIndex(row)
    picker.values.activated.emit(row)
    if how == "not now":
        assert picker.kind == "raw"  # what the question is about
        qtbot.mouseClick(view.notice.answers()[1], Qt.MouseButton.LeftButton)
    elif how == "cancel":
        qtbot.waitUntil(lambda: not dock.task_bar.isHidden())
        qtbot.mouseClick(dock.task_bar.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: picker.kind == "log2")
    assert view.bar.title.text() == "DRD1, log2(CPT + 1)"
    assert picker.gene.text() == "DRD1"


def test_removing_the_slab_while_a_gene_is_read(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, matrix: Any
) -> None:
    matrix.gate = threading.Event()
    dock.color_controller.color_by_gene("DRD1")
    qtbot.waitUntil(lambda: bool(matrix.reads))
    dock.find_controller._viewer.layers.remove(layers.cells)
    assert not dock.jobs.busy()
    assert view.hint.text() == "Open cells to color them."
    assert view.summary.isHidden()


def test_two_slabs_and_the_active_layer(
    dock: AtlasDock, view: ColorView, layers: SlabLayers, slab: Slab
) -> None:
    viewer = dock.find_controller._viewer
    other = add_slab(viewer, replace(slab, label="Plane.05"), color_by="region")
    assert view.picker.layer.count() == 2
    assert view.picker.layer.currentText() == other.cells.name
    view.picker.layer.activated.emit(0)
    assert viewer.layers.selection.active is layers.cells
    assert view.picker.column.currentData() == "Class"
    viewer.add_image(np.zeros((4, 4)), name="mine")  # not ours: the dock stays where it is
    assert view.picker.layer.currentText() == layers.cells.name
    layers.cells.name = "renamed"
    assert view.picker.layer.currentText() == "renamed"
    viewer.layers.remove(layers.cells)
    assert view.picker.layer.currentText() == other.cells.name
    assert view.picker.column.currentData() == "region"


def test_a_layer_that_was_there_before_the_dock_is_found(
    make_napari_viewer: Callable[..., Any], slab: Slab
) -> None:
    from napari_abc.widgets.dock import AtlasDock

    viewer = make_napari_viewer(show=False)
    layers = add_slab(viewer, slab)
    dock = AtlasDock(viewer)
    viewer.window.add_dock_widget(dock)
    assert dock.color_view.picker.layer.currentText() == layers.cells.name


def test_genes_of_every_open_slab_are_offered_and_found(
    qtbot: QtBot, dock: AtlasDock, view: ColorView, layers: SlabLayers, slab: Slab, matrix: Any, idle: Idle
) -> None:
    names = ["X1", "X2", "X3"]  # another species has other identifiers
    genes = slab.genes.assign(gene_symbol=["ABO", "drd2", "PENK"]).set_axis(names)
    source = replace(matrix, identifiers=names)
    macaque = replace(slab, label="Plane.05", genes=genes, expression_source=source)
    other = add_slab(dock.find_controller._viewer, macaque).cells
    view.picker.layer.activated.emit(0)  # the first one has no ABO
    view.picker.gene.setText("abo")
    qtbot.keyClick(view.picker.gene, Qt.Key.Key_Return)
    idle(dock)
    assert view.notice.text == ""
    assert _by(other) == "gene:ABO"
    state = painted(layers.cells)
    assert state is not None and np.isnan(state.coloring.numbers()).all()  # gray, and its title says so
    assert any("has no 'ABO'" in note for note in dock.steps.scene.notes)


def test_gray_cells_of_a_gene_are_counted_among_those_that_the_filter_leaves(
    dock: AtlasDock, view: ColorView, layers: SlabLayers, slab: Slab, idle: Idle
) -> None:
    dock.color_controller.color_by_gene("DRD2")
    idle(dock)
    dock.steps.take("filter_names", "Class", keep=["MSN"])
    idle(dock)
    chosen = (slab.cells["Class"] == "MSN").to_numpy()
    values = slab.expression(["DRD2"])["DRD2"].to_numpy()[chosen]
    zero, missing = int((values <= 0).sum()), int(np.isnan(values).sum())
    said = view.bar.gray.accessibleName()
    assert f"zero: {zero} cells" in said
    assert (f"not measured: {missing} cells" in said) is (missing > 0)
