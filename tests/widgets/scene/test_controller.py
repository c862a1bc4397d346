from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from napari.utils import notifications
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit

from napari_abc.atlas.atlas import open_atlas
from napari_abc.model import Frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.viewer.scene import ViewerScene
    from napari_abc.widgets.dock import AtlasDock
    from napari_abc.widgets.scene import SceneBar

    Idle = Callable[[AtlasDock], None]

MOUSE, SECTION = "MERFISH-C57BL6J-638850", "C57BL6J-638850.37"


@pytest.fixture
def bar(dock: AtlasDock) -> SceneBar:
    return dock.scene_bar


@pytest.fixture
def scene(dock: AtlasDock) -> ViewerScene:
    return dock.steps.scene


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What napari's notifications said."""
    said: list[str] = []
    monkeypatch.setattr(notifications, "show_info", said.append)
    return said


@pytest.fixture
def two(scene: ViewerScene, slab: Slab) -> tuple[Slab, Slab]:
    """Two open slabs beside each other."""
    other = replace(slab, label="Plane.04")
    scene.open(slab, other)
    return slab, other


def _open(scene: ViewerScene) -> list[str]:
    return [place.slab.slab for place in scene.stage.scene.places]


def _answer_dialog(text: str, tries: int = 1000) -> None:
    """Type a name into the file dialog that is about to open, and accept it."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog):
            edit = dialog.findChild(QLineEdit)
            assert edit is not None
            edit.setText(text)
            dialog.accept()
        elif tries:
            _answer_dialog(text, tries - 1)

    QTimer.singleShot(10, answer)


def test_undo_and_redo_by_button_and_key(
    qtbot: QtBot, dock: AtlasDock, bar: SceneBar, scene: ViewerScene, two: tuple[Slab, Slab]
) -> None:
    scene.color_by("region")
    assert "coloring by region" in bar.undo.toolTip()
    bar.undo.click()
    assert scene.stage.scene.coloring is None
    assert "opening 2 slabs" in bar.undo.toolTip()
    assert "coloring by region" in bar.redo.toolTip()
    with qtbot.waitExposed(dock):
        dock.show()
    dock.activateWindow()
    bar.layout_choice.setFocus()
    qtbot.waitUntil(bar.layout_choice.hasFocus)
    qtbot.keyClick(bar.layout_choice, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert _open(scene) == []
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(bar.layout_choice, Qt.Key.Key_Z, both)
    assert _open(scene) == ["Plane.03", "Plane.04"]
    # A text box undoes what was typed in it.
    gene = dock.color_view.picker.gene
    gene.setFocus()
    qtbot.keyClicks(gene, "DR")
    qtbot.keyClick(gene, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert _open(scene) == ["Plane.03", "Plane.04"]
    assert gene.text() != "DR"


def test_slabs_are_closed_one_by_one_or_all(
    dock: AtlasDock, bar: SceneBar, scene: ViewerScene, two: tuple[Slab, Slab]
) -> None:
    dock.color_controller._viewer.layers.selection.active = scene.layers(two[0]).cells
    assert bar.close_one.text() == "Close Plane.03"
    bar.close_one.trigger()
    assert _open(scene) == ["Plane.04"]
    assert bar.close_one.text() == "Close Plane.04"
    scene.undo()
    bar.close_all.trigger()
    assert _open(scene) == []
    assert not bar.close_button.isEnabled()
    bar.undo.click()
    assert _open(scene) == ["Plane.03", "Plane.04"]


def test_spaces_layout_and_sorting(bar: SceneBar, scene: ViewerScene, slab: Slab) -> None:
    umap = replace(
        slab, label="UMAP", title="Whole brain", dataset="WMB-10X", frames=(Frame("UMAP", ("x", "y"), ""),)
    )
    scene.open(slab)
    assert not bar.space.isEnabled()
    scene.open(umap)
    assert [bar.space.itemText(i) for i in range(bar.space.count())] == ["Tissue", "Whole brain"]
    assert bar.space.currentText() == "Whole brain"
    bar.space.activated.emit(0)
    assert scene.stage.scene.space == "tissue"
    bar.layout_choice.activated.emit(bar.layout_choice.findData("replace"))
    bar.sort_actions["species"].trigger()
    assert (scene.stage.scene.layout, scene.stage.scene.sort) == ("replace", "species")
    scene.open(replace(slab, label="Plane.05"))
    assert _open(scene) == ["UMAP", "Plane.05"]
    scene.undo()
    scene.undo()
    assert bar.sort_actions["plane"].isChecked()


def test_choosing_a_slab_looks_at_it_in_its_space(
    dock: AtlasDock, scene: ViewerScene, two: tuple[Slab, Slab], slab: Slab
) -> None:
    umap = replace(slab, label="UMAP", dataset="WMB-10X", frames=(Frame("UMAP", ("x", "y"), ""),))
    scene.open(umap)
    camera = dock.color_controller._viewer.scene.camera
    picker = dock.color_view.picker.layer
    row = next(i for i in range(picker.count()) if picker.itemText(i).startswith("Plane.03"))
    picker.activated.emit(row)
    assert scene.stage.scene.space == "tissue"
    scene.look_at()
    far = camera.zoom
    picker.activated.emit(row)
    assert camera.zoom > far
    dock.scene_bar.look_at_all.trigger()
    assert camera.zoom == pytest.approx(far)


def test_a_view_is_saved_and_opened_again(
    dock: AtlasDock,
    bar: SceneBar,
    scene: ViewerScene,
    told: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    idle: Idle,
) -> None:
    scene.open(open_atlas("demo")[MOUSE].slab(SECTION))
    scene.color_by("class")
    scene.filter("class", drop=[None])
    saved = scene.stage.scene
    path = tmp_path / "my view.json"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), ""))
    _answer_dialog(str(path.with_suffix("")))
    bar.save_view.trigger()
    assert path.is_file()
    assert told == ["Saved what is in view as my view.json."]
    bar.close_all.trigger()
    scene.clear_filters()
    bar.open_view.trigger()
    assert dock.jobs.busy()  # it is read on a worker thread
    idle(dock)
    assert scene.stage.scene == saved
    bar.undo.click()
    idle(dock)
    assert _open(scene) == []


def test_what_is_wrong_with_a_view_is_said(
    dock: AtlasDock, bar: SceneBar, scene: ViewerScene, slab: Slab, tmp_path: Path, idle: Idle
) -> None:
    controller = dock.scene_controller
    controller.open_from(tmp_path / "none.json")
    idle(dock)
    assert "There is no file" in bar.notice.text
    (tmp_path / "bad.json").write_text("[1]")
    controller.open_from(tmp_path / "bad.json")
    idle(dock)
    assert bar.notice.text == "bad.json is no saved view of this plugin."
    section = open_atlas("demo")[MOUSE].slab(SECTION)
    scene.open(section, slab)  # the second one was made in memory
    controller.save_to(tmp_path / "view.json")
    assert json.loads((tmp_path / "view.json").read_text())["format"] == "napari-abc scene"
    controller.close_all()
    controller.open_from(tmp_path / "view.json")
    idle(dock)
    assert _open(scene) == [SECTION]
    assert bar.notice.text.startswith("1 of 2 slabs could not be opened. Plane.03 of Made-up: It was made")
    controller.save_to(tmp_path / "no" / "such" / "folder" / "view.json")
    assert "view.json" in bar.notice.text


def test_python_is_copied(
    bar: SceneBar, scene: ViewerScene, told: list[str], slab: Slab, tmp_path: Path
) -> None:
    scene.open(open_atlas("demo")[MOUSE].slab(SECTION))
    bar.copy_python.trigger()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    text = clipboard.text()
    assert text == scene.to_python()
    assert told == [f"Copied {len(text.splitlines())} lines of Python that rebuild this view."]
    scene.open(slab)
    bar.copy_python.trigger()
    assert "was made in memory" in bar.notice.text
    assert clipboard.text() == text
