from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from napari_abc.errors import NetworkError
from napari_abc.model import Frame, LabelLevel, Volume
from napari_abc.viewer.parcellation import level_of
from napari_abc.viewer.scene import add_slab
from napari_abc.widgets.find import ASK_FROM

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.task import Task
    from napari_abc.viewer.layers import SlabLayers
    from napari_abc.widgets.dock import AtlasDock

    Idle = Callable[[AtlasDock], None]


@dataclass
class Source:
    """A volume in memory that claims to lie elsewhere."""

    name: str
    frame: str
    kind: Literal["image", "labels"] = "image"
    size: int = 0
    wrong: str = ""
    gate: threading.Event | None = None
    thread: threading.Thread | None = None

    def download_bytes(self) -> int:
        return self.size

    def load(self, task: Task) -> Volume:
        self.thread = threading.current_thread()
        while self.gate is not None and not self.gate.wait(0.005):
            task.report("Fetching", 3, 10)
        if self.wrong:
            raise NetworkError(self.wrong)
        self.size = 0
        data = np.zeros((4, 5) if self.frame == "slab" else (3, 4, 5), np.uint8)
        data[..., 1:3, 2] = 1
        levels = {
            name: LabelLevel(np.array([1]), (name.upper(),), ("#ff0000",))
            for name in ("division", "structure")
        }
        ndim = data.ndim
        return Volume(
            "as in the file", self.kind, [data], (1.0,) * ndim, (0.0,) * ndim, "millimeter",
            label_levels=levels if self.kind == "labels" else {},
        )  # fmt: skip


@pytest.fixture
def sources(slab: Slab) -> dict[str, Source]:
    slab.cells = slab.cells.assign(z_c=slab.cells["x"], y_c=slab.cells["y"], x_c=1.0)
    ccf = Frame("ccf", ("z_c", "y_c", "x_c"), "millimeter", title="Allen CCFv3")
    slab.frames = (Frame("slab", ("x", "y"), "millimeter", title="Section"), ccf)
    every = [Source("Template", "slab"), Source("Parcellation", "slab", "labels"), Source("CCF", "ccf")]
    slab.volumes = tuple(every)
    return {source.name: source for source in every}


@pytest.fixture
def layers(dock: AtlasDock, slab: Slab, sources: dict[str, Source]) -> SlabLayers:
    return add_slab(dock.find_controller._viewer, slab, color_by="Class")


def names(dock: AtlasDock) -> list[str]:
    return [layer.name.split(" · ")[0] for layer in dock.find_controller._viewer.layers]


def checked(dock: AtlasDock) -> dict[str, bool]:
    return {box.text(): box.isChecked() for box in dock.volumes_view.boxes}


def test_the_part_is_there_for_every_slab(dock: AtlasDock, slab: Slab, layers: SlabLayers) -> None:
    assert not dock.volumes_section.isHidden()
    assert dock.volumes_section.button.text() == "Volumes: 0 of 3 shown"
    dock.find_controller._viewer.layers.clear()
    assert dock.volumes_section.isHidden()
    slab.volumes = ()
    add_slab(dock.find_controller._viewer, slab)
    assert not dock.volumes_section.isHidden()
    assert dock.volumes_section.button.text() == "Volumes: none yet"


def test_a_ticked_volume_is_read_elsewhere_and_shown_below_the_cells(
    dock: AtlasDock, layers: SlabLayers, sources: dict[str, Source], idle: Idle
) -> None:
    dock.volumes_view.boxes[0].click()
    idle(dock)
    assert names(dock) == ["Template", "Plane.03 (synthetic)"]
    assert sources["Template"].thread is not threading.main_thread()
    assert checked(dock) == {"Template": True, "Parcellation": False}
    assert dock.volumes_section.button.text() == "Volumes: 1 of 3 shown"
    dock.volumes_view.boxes[0].click()
    assert names(dock) == ["Plane.03 (synthetic)"]
    assert not any(checked(dock).values())


def test_a_volume_that_is_removed_from_the_layer_list_is_unticked(
    dock: AtlasDock, layers: SlabLayers, idle: Idle
) -> None:
    dock.volumes_view.boxes[0].click()
    idle(dock)
    del dock.find_controller._viewer.layers[0]
    assert not any(checked(dock).values())


def test_a_large_download_is_asked_for(
    dock: AtlasDock, slab: Slab, sources: dict[str, Source], idle: Idle
) -> None:
    sources["Template"].size = 117_000_000
    sources["Parcellation"].size = ASK_FROM - 1
    add_slab(dock.find_controller._viewer, slab)
    view = dock.volumes_view
    assert view.boxes[0].accessibleName() == "Show Template, 117 MB to fetch"
    view.boxes[0].click()
    assert "needs 117 MB" in view.notice.text
    assert not dock.jobs.busy()
    view.notice.answers()[1].click()
    assert not any(checked(dock).values())
    view.boxes[0].click()
    view.notice.answers()[0].click()
    idle(dock)
    assert checked(dock)["Template"]
    assert view.boxes[0].accessibleName() == "Show Template"
    view.boxes[1].click()
    idle(dock)
    assert checked(dock)["Parcellation"]


def test_an_error_is_told_in_place(
    dock: AtlasDock, layers: SlabLayers, sources: dict[str, Source], idle: Idle
) -> None:
    sources["Template"].wrong = "The bucket does not answer; try again."
    dock.volumes_view.boxes[0].click()
    idle(dock)
    assert dock.volumes_view.notice.text == "The bucket does not answer; try again."
    assert not any(checked(dock).values())


def test_progress_and_cancel(
    qtbot: QtBot, dock: AtlasDock, layers: SlabLayers, sources: dict[str, Source]
) -> None:
    sources["Template"].gate = threading.Event()
    dock.volumes_view.boxes[0].click()
    assert checked(dock)["Template"]
    assert dock.volumes_view.boxes[0].accessibleName() == "Show Template, opening…"
    dock.task_bar.cancelled.emit()
    assert not any(checked(dock).values())
    qtbot.waitUntil(lambda: not dock.jobs._alive, timeout=10_000)
    assert names(dock) == ["Plane.03 (synthetic)"]


def test_levels_of_the_parcellation_recolor_it(dock: AtlasDock, layers: SlabLayers, idle: Idle) -> None:
    view = dock.volumes_view
    assert view.level.isHidden()
    view.boxes[1].click()
    idle(dock)
    assert not view.level.isHidden()
    assert view.level.currentText() == "structure"
    view.level.activated.emit(view.level.findText("structure"))
    view.level.setCurrentText("division")
    view.level.activated.emit(0)
    assert level_of(dock.find_controller._viewer.layers[0]) == "division"


def test_switching_frames_takes_the_volumes_along(dock: AtlasDock, layers: SlabLayers, idle: Idle) -> None:
    view = dock.volumes_view
    view.boxes[0].click()
    idle(dock)
    view.buttons[0].click()
    idle(dock)
    assert names(dock) == ["Plane.03 (synthetic)"]
    assert checked(dock) == {"CCF": False}
    assert view.buttons[0].accessibleName() == "Switch to frame Section"
    view.boxes[0].click()
    idle(dock)
    assert names(dock) == ["CCF", "Plane.03 (synthetic)"]
    view.buttons[0].click()
    idle(dock)
    assert names(dock) == ["Template", "Plane.03 (synthetic)"]
    assert checked(dock) == {"Template": True, "Parcellation": False}


def test_a_volume_that_comes_after_the_frame_was_left_is_not_shown(
    qtbot: QtBot, dock: AtlasDock, layers: SlabLayers, sources: dict[str, Source], idle: Idle
) -> None:
    gate = sources["Template"].gate = threading.Event()
    dock.volumes_view.boxes[0].click()
    dock.volumes_view.buttons[0].click()
    qtbot.waitUntil(lambda: not dock.jobs.busy("frame"), timeout=60_000)
    gate.set()
    idle(dock)
    assert names(dock) == ["Plane.03 (synthetic)"]
