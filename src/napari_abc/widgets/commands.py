"""What the plugin's menu entries and command palette entries do; they all work through the dock."""

from __future__ import annotations

from typing import TypeVar

import napari
from napari.utils import notifications
from qtpy.QtWidgets import QWidget

from napari_abc.errors import DisplayError
from napari_abc.widgets.dock import AtlasDock
from napari_abc.widgets.own_runs import ask_for_file, ask_for_folder
from napari_abc.widgets.types import AnnotationsDock

__all__ = [
    "ANNOTATIONS_NAME",
    "DOCK_NAME",
    "add_image",
    "browse",
    "browse_types",
    "color_cells",
    "copy_python",
    "look_at_all",
    "open_annotations",
    "open_dock",
    "open_folder",
    "open_h5ad",
    "open_view",
    "redo",
    "save_view",
    "show_in_frame",
    "show_volumes",
    "undo",
]

DOCK_NAME = "ABC Atlas (Allen Brain Cell Atlas)"
"""Name under which napari's Plugins menu docks the widget: its own, and the plugin's.

A dock of the same name is the one that the menu shows and hides, so there is never a second.
"""


ANNOTATIONS_NAME = "Cluster annotations (Allen Brain Cell Atlas)"
"""The same for the browser of cell types."""

_NOTHING_OPEN = "Nothing is open: choose a dataset in the dock and open cells of it first."

_Dock = TypeVar("_Dock", bound=QWidget)


def open_dock(viewer: napari.Viewer | None = None) -> AtlasDock:
    """Show the dock "ABC Atlas" of a viewer, and add it first where there is none.

    Parameters
    ----------
    viewer
        A napari viewer; None for the current one.

    Raises
    ------
    DisplayError
        If there is no viewer.
    """
    return _dock(viewer, AtlasDock, DOCK_NAME)


def open_annotations(viewer: napari.Viewer | None = None) -> AnnotationsDock:
    """Show the dock "Cluster annotations" of a viewer; as :func:`open_dock`."""
    return _dock(viewer, AnnotationsDock, ANNOTATIONS_NAME, tabify=True)


def _dock(viewer: napari.Viewer | None, kind: type[_Dock], name: str, tabify: bool = False) -> _Dock:
    viewer = viewer or napari.current_viewer()
    if viewer is None:
        raise DisplayError("There is no napari window to add the dock to; open one with napari.Viewer().")
    for widget in viewer.window.dock_widgets.values():
        if isinstance(widget, kind):
            frame = widget.parentWidget()
            for part in (frame, widget):
                if part is not None:
                    part.show()
            if frame is not None:
                frame.raise_()
            return widget
    dock = kind(viewer)
    viewer.window.add_dock_widget(dock, name=name, area="right", add_vertical_stretch=False, tabify=tabify)
    return dock


def browse() -> None:
    """Show the dock."""
    open_dock()


def browse_types() -> None:
    """Show the browser of cell types, with the cursor in its search box."""
    open_annotations().view.search.setFocus()


def open_folder() -> None:
    """Ask for the folder of a run and open it in the background."""
    dock = open_dock()
    path = ask_for_folder(dock.window())
    if path:
        dock.find_controller.open_path(path)


def open_h5ad() -> None:
    """Ask for the file of a run and open it in the background."""
    dock = open_dock()
    path = ask_for_file(dock.window())
    if path:
        dock.find_controller.open_path(path)


def color_cells() -> None:
    """Show the dock with the cursor in its gene box; columns are one line above."""
    dock = open_dock()
    dock.color_view.picker.gene.setFocus()


def show_in_frame() -> None:
    """Show the dock with the list of the slab's frames open, or say that there is no choice."""
    dock = open_dock()
    frames = dock.color_view.picker.frame
    if not frames.isEnabled() or dock.color_controller.slab is None:
        slab = dock.color_controller.slab
        told = _NOTHING_OPEN if slab is None else f"This {slab.kind} has no other frame."
        notifications.show_info(told)
        return
    frames.setFocus()
    frames.showPopup()


def show_volumes() -> None:
    """Show the dock with the list of the slab's volumes and the button that adds one."""
    dock = open_dock()
    if dock.volumes_section.isHidden():
        notifications.show_info(_NOTHING_OPEN)
        return
    dock.volumes_section.set_expanded(True)
    view = dock.volumes_view
    first = (*view.boxes, *view.buttons, view.add)[0]
    first.setFocus()


def add_image() -> None:
    """Show the dock with the menu open that asks for an image of a person's own, or say what lacks."""
    dock = open_dock()
    if dock.volumes_section.isHidden():
        notifications.show_info(_NOTHING_OPEN)
        return
    dock.volumes_section.set_expanded(True)
    dock.volumes_view.add.setFocus()
    dock.volumes_view.add.open_menu()


def undo() -> None:
    """Go back one step, or say that there is none."""
    dock = open_dock()
    if not dock.steps.scene.stage.can_undo:
        notifications.show_info("There is nothing to undo.")
        return
    dock.steps.undo()


def redo() -> None:
    """Go forth to what was undone last, or say that there is nothing."""
    dock = open_dock()
    if not dock.steps.scene.stage.can_redo:
        notifications.show_info("There is nothing to redo.")
        return
    dock.steps.redo()


def look_at_all() -> None:
    """Fit the camera to all open slabs of the space in view."""
    dock = _dock_with_slabs()
    if dock is not None:
        dock.scene_controller.look_at_all()


def save_view() -> None:
    """Ask for a file and save what is in view."""
    dock = _dock_with_slabs()
    if dock is not None:
        dock.scene_controller.save_view()


def open_view() -> None:
    """Ask for a saved view and rebuild it in the background."""
    open_dock().scene_controller.open_view()


def copy_python() -> None:
    """Put the lines of Python that rebuild what is in view on the clipboard."""
    dock = _dock_with_slabs()
    if dock is not None:
        dock.scene_controller.copy_python()


def _dock_with_slabs() -> AtlasDock | None:
    """The dock, where slabs are open; else it is said that there is none."""
    dock = open_dock()
    if dock.steps.scene.stage.scene.places:
        return dock
    notifications.show_info(_NOTHING_OPEN)
    return None
