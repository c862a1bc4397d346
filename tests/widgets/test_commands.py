"""The scene, frames and volumes from napari's command palette."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from qtpy.QtGui import QGuiApplication

import napari_abc as abc
from napari_abc.model import Frame
from napari_abc.widgets import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

    from napari_abc.model import Slab
    from napari_abc.widgets.dock import AtlasDock

NOTHING = "Nothing is open: choose a dataset in the dock and open cells of it first."


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., napari.Viewer]) -> napari.Viewer:
    return make_napari_viewer(show=True)


@pytest.fixture
def make_slab(slab: Slab) -> Callable[..., Slab]:
    return partial(replace, slab, title="", volumes=())


@pytest.fixture
def dock(viewer: napari.Viewer) -> Iterator[AtlasDock]:
    yield commands.open_dock(viewer)
    viewer.window.remove_dock_widget("all")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What napari's notifications said."""
    from napari.utils import notifications

    said: list[str] = []
    monkeypatch.setattr(notifications, "show_info", said.append)
    return said


def test_frames_are_offered_or_it_is_said_that_there_is_no_choice(
    viewer: napari.Viewer, dock: AtlasDock, told: list[str], make_slab: Callable[..., Slab]
) -> None:
    commands.show_in_frame()
    abc.add_slab(viewer, make_slab(kind="brain section"))
    commands.show_in_frame()
    assert told == [NOTHING, "This brain section has no other frame."]
    slab = make_slab(frames=(Frame("a", ("x", "y"), "millimeter"), Frame("b", ("y", "x"), "millimeter")))
    abc.add_slab(viewer, slab)
    commands.show_in_frame()
    frame = dock.color_view.picker.frame
    popup = frame.view()
    assert popup is not None
    assert popup.isVisible()
    frame.hidePopup()
    assert len(told) == 2


def test_volumes_are_shown_and_an_image_can_be_added(
    viewer: napari.Viewer, dock: AtlasDock, told: list[str], make_slab: Callable[..., Slab]
) -> None:
    commands.show_volumes()
    commands.add_image()
    assert told == [NOTHING] * 2
    abc.add_slab(viewer, make_slab())
    commands.show_volumes()
    assert dock.volumes_section.expanded
    assert dock.volumes_view.boxes == []
    dock.volumes_section.set_expanded(False)
    commands.add_image()
    assert dock.volumes_section.expanded
    menu = dock.volumes_view.add.menu()
    assert menu is not None
    assert menu.isVisible()
    menu.close()
    abc.add_slab(viewer, make_slab(volumes=(Nothing(),)))
    commands.show_volumes()
    assert dock.volumes_section.expanded
    assert [box.text() for box in dock.volumes_view.boxes] == ["Template"]


@pytest.mark.usefixtures("dock")
def test_the_scene_s_commands_say_where_nothing_is_open(told: list[str]) -> None:
    commands.undo()
    commands.redo()
    assert told == ["There is nothing to undo.", "There is nothing to redo."]
    for command in (commands.look_at_all, commands.save_view, commands.copy_python):
        command()
    assert told[2:] == [NOTHING] * 3


@pytest.mark.usefixtures("dock")
def test_the_scene_s_commands_change_what_is_seen(viewer: napari.Viewer, told: list[str], slab: Slab) -> None:
    scene = abc.scene(viewer)
    scene.open(slab, replace(slab, label="Plane.04"))
    commands.undo()
    assert scene.stage.scene.places == ()
    commands.redo()
    assert len(scene.stage.scene.places) == 2
    zoom = viewer.scene.camera.zoom
    viewer.scene.camera.zoom = zoom * 7
    commands.look_at_all()
    assert viewer.scene.camera.zoom < zoom * 7
    assert told == []


@pytest.mark.usefixtures("dock")
def test_the_view_is_copied(viewer: napari.Viewer, told: list[str]) -> None:
    scene = abc.scene(viewer)
    scene.open(abc.open_atlas("demo")["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37"))
    commands.copy_python()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == scene.to_python()
    assert told[0].startswith("Copied ")


class Nothing:
    """A volume that nobody looks at."""

    name, kind, frame = "Template", "image", "slab"

    def download_bytes(self) -> int:
        return 0
