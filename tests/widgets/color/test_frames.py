from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_abc.model import Frame
from napari_abc.viewer.color import painted
from napari_abc.viewer.links import slab_of
from napari_abc.viewer.scene import add_slab

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.viewer.layers import SlabLayers
    from napari_abc.widgets.color._picker import ColorPicker
    from napari_abc.widgets.dock import AtlasDock

    Idle = Callable[[AtlasDock], None]

CCF = Frame("ccf", ("z_c", "y_c", "x_c"), "millimeter", title="Allen CCFv3")


@pytest.fixture
def layers(dock: AtlasDock, slab: Slab) -> SlabLayers:
    """A slab of two frames; 40 of its 400 cells aren't in the second one."""
    slab.cells = slab.cells.assign(z_c=slab.cells["x"], y_c=slab.cells["y"], x_c=7.0)
    slab.cells.loc[slab.cells.index[:40], "x_c"] = np.nan
    slab.cells["x_e"] = np.nan
    frames = (Frame("slab", ("x", "y"), "millimeter", title="Section"), CCF)
    slab.frames = (*frames, Frame("empty", ("x_e", "y"), "", title="Nowhere"))
    return add_slab(dock.find_controller._viewer, slab, color_by="Class")


def choose(picker: ColorPicker, name: str) -> None:
    """As a person chooses from the list."""
    picker.frame.setCurrentIndex(picker.frame.findData(name))
    picker.frame.activated.emit(picker.frame.currentIndex())


def offered(picker: ColorPicker) -> list[str]:
    return [picker.frame.itemText(row) for row in range(picker.frame.count())]


def test_frames_are_offered_where_there_is_a_choice(dock: AtlasDock, slab: Slab, layers: SlabLayers) -> None:
    picker = dock.color_view.picker
    assert offered(picker) == ["Section", "Allen CCFv3", "Nowhere"]
    assert picker.frame.currentData() == "slab"
    assert picker.frame.isEnabled()
    dock.find_controller._viewer.layers.clear()
    assert not picker.frame.isEnabled()
    slab.frames = slab.frames[:1]
    add_slab(dock.find_controller._viewer, slab)
    assert not picker.frame.isEnabled() and not picker.frame.isHidden()  # nothing below it moves
    assert offered(picker) == ["Section"]


def test_a_chosen_frame_is_shown_with_colors_and_legend(
    dock: AtlasDock, layers: SlabLayers, idle: Idle
) -> None:
    viewer, picker = dock.find_controller._viewer, dock.color_view.picker
    choose(picker, "ccf")
    idle(dock)
    (cells,) = viewer.layers
    assert cells.ndim == 3
    assert len(cells.data) == 360
    state = painted(cells)
    assert state is not None
    assert state.coloring.key == "Class"
    assert dock.color_controller.layer is cells
    assert picker.frame.currentData() == "ccf"
    assert offered(picker) == ["Section", "Allen CCFv3", "Nowhere"]
    line = dock.color_view.summary.cells.text()
    assert "Showing 360 of 403 cells; 43 have no coordinates in the frame Allen CCFv3" in line
    choose(picker, "slab")
    idle(dock)
    assert len(viewer.layers[0].data) == 400
    assert picker.frame.currentData() == "slab"


def test_a_frame_without_cells_is_told_and_what_is_shown_stays(
    dock: AtlasDock, layers: SlabLayers, idle: Idle
) -> None:
    picker = dock.color_view.picker
    choose(picker, "empty")
    idle(dock)
    assert "None of the 400 cells" in dock.color_view.notice.text
    assert picker.frame.currentData() == "slab"
    assert list(dock.find_controller._viewer.layers) == [layers.cells]


def test_a_cancelled_switch_shows_what_was(
    qtbot: QtBot, dock: AtlasDock, layers: SlabLayers, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    whole = slab_of(layers.cells)
    assert whole is not None
    in_frame = type(whole).in_frame

    def slowly(slab: Any, name: str) -> Any:
        gate.wait(10)
        return in_frame(slab, name)

    monkeypatch.setattr(type(whole), "in_frame", slowly)
    picker = dock.color_view.picker
    choose(picker, "ccf")
    assert dock.jobs.busy("frame")
    dock.task_bar.cancelled.emit()
    gate.set()
    assert picker.frame.currentData() == "slab"
    qtbot.waitUntil(lambda: not dock.jobs._alive, timeout=10_000)
    assert list(dock.find_controller._viewer.layers) == [layers.cells]


def test_filling_the_list_sends_nothing(qtbot: QtBot, dock: AtlasDock) -> None:
    picker = dock.color_view.picker
    with qtbot.assertNotEmitted(picker.frame_chosen):
        picker.set_frames([("a", "A"), ("b", "B")], "b")
    assert picker.frame.currentText() == "B"
