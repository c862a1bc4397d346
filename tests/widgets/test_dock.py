from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QProgressBar,
    QWidget,
)

from napari_abc.model import Slab
from napari_abc.viewer.color import events as paint_events
from napari_abc.widgets.dock import AtlasDock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari.viewer import Viewer
    from pytestqt.qtbot import QtBot

    Idle = Callable[[AtlasDock], None]

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
SHOWPIECE = "H22.30.001.CX.17.Plane.03"


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., Viewer]) -> Viewer:
    return make_napari_viewer(show=False)


@pytest.fixture
def docked(viewer: Viewer) -> AtlasDock:
    dock = AtlasDock(viewer)
    viewer.window.add_dock_widget(dock, name="ABC Atlas")
    return dock


def _start_waiting(dock: AtlasDock, started: threading.Event) -> None:
    """Let the dock load something that takes for ever but looks at its cancel switch."""

    def read(task: Any) -> Slab:
        started.set()
        while True:
            task.report("Loading", 1, 2, "files")
            threading.Event().wait(0.005)

    dock.find_controller._load("Loading", read)


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("napari-abc ")]


def test_closing_the_dock_in_the_middle_of_a_load(qtbot: QtBot, viewer: Viewer, docked: AtlasDock) -> None:
    started, destroyed = threading.Event(), []
    docked.destroyed.connect(lambda: destroyed.append(True))
    _start_waiting(docked, started)
    assert started.wait(5)
    listeners = len(paint_events.painted)
    viewer.window.remove_dock_widget(docked)
    assert _threads() == []
    assert len(viewer.layers) == 0
    assert len(paint_events.painted) == listeners - 1
    qtbot.waitUntil(lambda: bool(destroyed))
    viewer.add_points(np.zeros((3, 2)))  # nothing of the dock hears of it any more


def test_closing_the_viewer_in_the_middle_of_a_load(qtbot: QtBot, viewer: Viewer, docked: AtlasDock) -> None:
    started = threading.Event()
    _start_waiting(docked, started)
    assert started.wait(5)
    listeners = len(paint_events.painted)
    viewer.close()
    qtbot.waitUntil(lambda: _threads() == [])
    assert len(paint_events.painted) == listeners - 1


def test_closing_it_as_a_window_of_its_own(qtbot: QtBot) -> None:
    from napari.components import ViewerModel

    dock = AtlasDock(ViewerModel())
    qtbot.addWidget(dock)
    dock.show()
    started = threading.Event()
    _start_waiting(dock, started)
    assert started.wait(5)
    dock.close()
    assert _threads() == []


def test_hiding_the_dock_lets_the_load_go_on(qtbot: QtBot, viewer: Viewer, docked: AtlasDock) -> None:
    started = threading.Event()
    _start_waiting(docked, started)
    assert started.wait(5)
    docked.parentWidget().hide()
    assert docked.jobs.busy()
    docked.jobs.cancel("open")


def test_nothing_slow_is_done_on_the_gui_thread(
    qtbot: QtBot,
    make_napari_viewer: Callable[..., Viewer],
    release_folder: Path,
    idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Open, color by a column and by a gene in a real window, with a clock that ticks meanwhile."""
    from napari_abc.atlas.atlas import Atlas
    from napari_abc.atlas.dataset import Dataset
    from napari_abc.atlas.expression import AtlasExpression
    from napari_abc.widgets.find import _opening

    where: dict[str, set[bool]] = {}

    def spy(owner: Any, name: str) -> None:
        original = getattr(owner, name)
        wrapped = original.fget if isinstance(original, property) else original

        def call(*args: Any, **kwargs: Any) -> Any:
            on_gui = threading.current_thread() is threading.main_thread()
            where.setdefault(name, set()).add(on_gui)
            return wrapped(*args, **kwargs)

        monkeypatch.setattr(owner, name, property(call) if isinstance(original, property) else call)

    for owner, name in (
        (Atlas, "datasets"),
        (Atlas, "releases"),
        (Dataset, "list_slabs"),
        (Dataset, "slab"),
        (Slab, "coloring"),
        (AtlasExpression, "read"),
        (_opening, "prepare_slab"),
    ):
        spy(owner, name)
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1400, 900)
    dock = AtlasDock(viewer)
    viewer.window.add_dock_widget(dock, name="ABC Atlas")
    ticks: list[int] = []
    clock = QTimer(dock)
    clock.timeout.connect(lambda: ticks.append(len(dock.jobs.purposes())))
    clock.start(5)

    dock.find_controller.open_source(str(release_folder), "", False)
    idle(dock)
    dock.find_view.datasets.select(HUMAN)
    idle(dock)
    dock.find_controller.open_slab(SHOWPIECE)
    idle(dock)
    dock.color_controller.color_by_column("Class")
    idle(dock)
    rows = dock.color_view.legend._model.rows
    qtbot.wait(50)
    picture = viewer.screenshot(canvas_only=True, flash=False)
    dock.color_controller.color_by_gene("DRD1")
    idle(dock)
    gene_picture = viewer.screenshot(canvas_only=True, flash=False)
    clock.stop()

    assert where == {name: {False} for name in where}
    assert len(where) == 7
    assert sum(ticks) > 10  # the clock ticked while jobs ran
    # What the legend says is what the canvas shows: the commonest class is there in its color.
    common = max(rows, key=lambda row: row.count)
    wanted = [int(common.color[i : i + 2], 16) for i in (1, 3, 5)]
    near = np.abs(picture[..., :3].astype(int) - wanted).max(axis=-1) < 12
    assert near.sum() > 200
    assert not np.array_equal(picture, gene_picture)


def test_every_control_has_a_name_and_can_be_reached(dock: AtlasDock) -> None:
    def inside_another(control: QWidget) -> bool:
        """Whether it is a part of a combo box or a spin box, which speaks for it."""
        parent = control.parentWidget()
        while parent is not None and not isinstance(parent, QComboBox | QAbstractSpinBox):
            parent = parent.parentWidget()
        return parent is not None

    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView, QAbstractSpinBox, QProgressBar)
    controls = [control for kind in kinds for control in dock.findChildren(kind)]
    own = [control for control in controls if not inside_another(control)]
    by_tab = [control for control in own if control.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(by_tab) > 20
    assert [control for control in by_tab if not control.accessibleName()] == []


def test_tab_goes_from_top_to_bottom(qtbot: QtBot, dock: AtlasDock, slab: Slab) -> None:
    from napari_abc.viewer.scene import add_slab

    add_slab(dock.find_controller._viewer, slab)
    dock.resize(390, 900)
    dock.show()
    with qtbot.waitExposed(dock):
        pass
    source, picker = dock.find_view.source, dock.color_view.picker
    wanted = [
        source.source,
        source.offline,
        dock.find_view.own_data,
        picker.layer,
        picker.column,
        picker.gene,
    ]
    order = []
    widget = dock.nextInFocusChain()
    while widget is not None and widget is not dock:
        order.append(widget)
        widget = widget.nextInFocusChain()
    places = [order.index(control) for control in wanted]
    assert places == sorted(places)


def test_it_fits_a_narrow_dock(qtbot: QtBot, dock: AtlasDock, slab: Slab) -> None:
    from napari_abc.viewer.scene import add_slab

    add_slab(dock.find_controller._viewer, slab)
    dock.color_view.notice.show_error("A path of no breaks: /" + "x" * 300, "OK")
    dock.resize(360, 900)
    dock.show()
    with qtbot.waitExposed(dock):
        pass
    assert dock.width() == 360
    for section in (dock.find_view.source_section, *dock._sections):
        assert section.mapTo(dock, section.rect().topRight()).x() < 360


@pytest.mark.parametrize("first", ["shown", "opened"])
def test_the_legend_gets_the_room_when_a_slab_is_open(
    qtbot: QtBot, dock: AtlasDock, slab: Slab, first: str
) -> None:
    from napari_abc.viewer.scene import add_slab

    dock.resize(360, 620)
    cells = add_slab(dock.find_controller._viewer, slab).cells
    if first == "opened":
        dock.find_controller.slab_opened.emit(cells)
    with qtbot.waitExposed(dock):
        dock.show()
    if first == "shown":
        dock.find_controller.slab_opened.emit(cells)
    dock.resize(360, 1200)
    _, slabs, color = dock._sections
    qtbot.waitUntil(lambda: slabs.height() + color.height() > 1000)
    assert color.height() > slabs.height()


def test_it_goes_without_leaving_anything(qtbot: QtBot, viewer: Viewer, slab: Slab) -> None:
    import weakref

    from napari_abc.viewer.scene import add_slab

    dock = AtlasDock(viewer)
    viewer.window.add_dock_widget(dock, name="ABC Atlas")
    add_slab(viewer, slab)
    parts = [weakref.ref(part) for part in (dock, dock.jobs, dock.find_controller, dock.color_controller)]
    viewer.window.remove_dock_widget(dock)
    del dock
    from qtpy.QtCore import QCoreApplication

    def gone() -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        assert [part() for part in parts] == [None] * 4

    qtbot.waitUntil(gone, timeout=10_000)


def test_napari_opens_it_from_the_plugins_menu(viewer: Viewer, slab: Slab) -> None:
    """Napari hands plugins a proxy of the viewer; layers and signals must be the real ones."""
    from napari_abc.viewer.scene import add_slab

    _, dock = viewer.window.add_plugin_dock_widget("napari-abc", "ABC Atlas")
    assert isinstance(dock, AtlasDock)
    layers = add_slab(viewer, slab)
    assert dock.color_controller._layer is layers.cells
    viewer.layers.selection.active = layers.cells
    assert dock.color_view.picker.layer.currentText() == layers.cells.name
