"""Adding an image of one's own from the dock: in the background, told in place, listed like the others."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QFileDialog, QLineEdit

from napari_abc.io.images import _open as own_image
from napari_abc.viewer.scene import add_slab
from visits import answer_dialog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari.layers import Points
    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.task import Task
    from napari_abc.widgets.dock import AtlasDock

    Idle = Callable[[AtlasDock], None]


@pytest.fixture
def cells(dock: AtlasDock, slab: Slab) -> Points:
    return add_slab(dock.find_controller._viewer, slab, color_by="Class").cells


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    data = np.arange(48, dtype=np.uint8).reshape(6, 8)
    size = {"PhysicalSizeX": 10, "PhysicalSizeY": 10}
    tifffile.imwrite(tmp_path / "mine.ome.tif", data, metadata={"axes": "YX", **size})
    return tmp_path / "mine.ome.tif"


def names(dock: AtlasDock) -> list[str]:
    return [layer.name.split(" · ")[0] for layer in dock.find_controller._viewer.layers]


def checked(dock: AtlasDock) -> dict[str, bool]:
    return {box.text(): box.isChecked() for box in dock.volumes_view.boxes}


def test_a_file_is_shown_below_the_cells_and_listed(
    dock: AtlasDock, cells: Points, picture: Path, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = dock.volumes_view.add
    assert add.accessibleName() == "Add an image of your own below the cells"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(picture), ""))
    assert add.file_action is not None
    add.file_action.trigger()
    idle(dock)
    assert names(dock) == ["mine", "Plane.03 (synthetic)"]
    assert checked(dock) == {"mine": True}
    assert dock.volumes_section.button.text() == "Volumes: 1 of 1 shown"
    assert not dock.volumes_view.notice.text
    dock.volumes_view.boxes[0].click()
    assert names(dock) == ["Plane.03 (synthetic)"]
    dock.volumes_view.boxes[0].click()
    idle(dock)
    assert names(dock) == ["mine", "Plane.03 (synthetic)"]


def test_folders_and_addresses_and_no_choice(
    dock: AtlasDock, cells: Points, idle: Idle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add, asked = dock.volumes_view.add, []
    add.image_chosen.connect(asked.append)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(tmp_path))

    typed = answer_dialog(lambda dialog: dialog.findChild(QLineEdit).setText(" ftp://x/y "))
    said = []
    for action, answered in (
        (add.file_action, nullcontext()),
        (add.folder_action, nullcontext()),
        (add.address_action, typed),
    ):
        assert action is not None
        with answered:
            action.trigger()
        idle(dock)
        said.append(dock.volumes_view.notice.text)
    assert asked == [{"path": str(tmp_path)}, {"path": "ftp://x/y"}]
    assert said[0] == ""
    assert "holds no image that can be opened" in said[1]
    assert "is no address that volumes are read from" in said[2]
    assert names(dock) == ["Plane.03 (synthetic)"]


def test_what_the_file_does_not_say_is_told_in_place(
    dock: AtlasDock, cells: Points, tmp_path: Path, idle: Idle
) -> None:
    tifffile.imwrite(tmp_path / "plain.tif", np.ones((6, 8), np.uint8))
    dock.volumes_controller.add_image(str(tmp_path / "plain.tif"))
    idle(dock)
    assert names(dock)[0] == "plain"
    assert "does not say how large its pixels are" in dock.volumes_view.notice.text
    dock.volumes_view.notice.answers()[0].click()
    assert not dock.volumes_view.notice.text
    assert checked(dock) == {"plain": True}


def test_what_is_told_is_scrolled_into_view(
    qtbot: QtBot, dock: AtlasDock, cells: Points, tmp_path: Path, idle: Idle
) -> None:
    dock.resize(330, 420)
    dock.show()
    dock.volumes_section.set_expanded(True)
    bar = dock._scroll.verticalScrollBar()
    assert bar is not None
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=5000)
    qtbot.wait(100)  # until the section that was opened is in view
    bar.setValue(0)
    dock.volumes_controller.add_image(str(tmp_path / "nothing.tif"))
    idle(dock)
    view = dock.volumes_view.notice
    assert "There is no file or folder" in view.text
    qtbot.waitUntil(lambda: view.visibleRegion().boundingRect().height() == view.height(), timeout=5000)


def test_it_is_read_elsewhere_with_progress_and_cancel(
    qtbot: QtBot, dock: AtlasDock, cells: Points, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def endless(path: Path, task: Task, notes: list[str]) -> tuple[()]:
        threads.append(threading.current_thread())
        while True:
            task.report("Making smaller copies", 3, 10, "rows")

    monkeypatch.setattr(own_image, "open_tiff_volumes", endless)
    assert own_image.image_kind(picture) == "tiff"
    dock.volumes_controller.add_image(str(picture))
    assert dock.jobs.what(dock.jobs.purposes()[0]) == "Opening mine.ome.tif"
    qtbot.waitUntil(lambda: bool(threads), timeout=10_000)
    assert threads[0] is not threading.main_thread()
    dock.task_bar.cancelled.emit()
    qtbot.waitUntil(lambda: not dock.jobs._alive, timeout=10_000)
    assert names(dock) == ["Plane.03 (synthetic)"]
    assert not dock.volumes_view.notice.text


def test_a_slab_that_was_closed_meanwhile_gets_nothing(
    dock: AtlasDock, cells: Points, picture: Path, idle: Idle
) -> None:
    dock.volumes_controller.add_image(str(picture))
    dock.find_controller._viewer.layers.clear()
    idle(dock)
    assert names(dock) == []
    dock.volumes_controller.add_image(str(picture))
    assert not dock.jobs.busy()


def test_the_keyboard_goes_from_the_boxes_to_the_button(
    dock: AtlasDock, cells: Points, picture: Path, idle: Idle
) -> None:
    dock.volumes_controller.add_image(str(picture))
    idle(dock)
    view = dock.volumes_view
    chain, widget = [], view.boxes[0]
    while widget is not view.add and len(chain) < 50:
        chain.append(widget)
        widget = widget.nextInFocusChain()
    assert view.level in chain
    assert len(chain) < 50
