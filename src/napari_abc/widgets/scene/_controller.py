"""Controller of the rows for the scene: undo, spaces, layout, closing, and saved views."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils import notifications
from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import QFileDialog, QShortcut

from napari_abc.errors import AbcError
from napari_abc.viewer.scene import read_slabs, rebuild
from napari_abc.widgets.jobs import sentence
from napari_abc.widgets.scene._words import space_titles, step_text

if TYPE_CHECKING:
    from napari.layers import Points
    from qtpy.QtWidgets import QWidget

    from napari_abc.stage import SlabKey
    from napari_abc.task import Task
    from napari_abc.viewer.scene import OpenedScene
    from napari_abc.widgets.jobs import Jobs
    from napari_abc.widgets.scene._bar import SceneBar
    from napari_abc.widgets.steps import Steps

__all__ = ["VIEW", "SceneController"]

VIEW = "view"
"""Purpose of the job that opens a saved view."""

_FILES = "Saved views (*.json)"


class SceneController(QObject):
    """Turns what a person wants of the scene into steps, and shows the scene that is."""

    def __init__(self, view: SceneBar, steps: Steps, jobs: Jobs, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._steps = steps
        self._jobs = jobs
        self._layer: Points | None = None
        view.undo_wanted.connect(steps.undo)
        view.redo_wanted.connect(steps.redo)
        view.space_chosen.connect(self._on_space)
        view.layout_chosen.connect(self._on_layout)
        view.sort_chosen.connect(self._on_sort)
        view.close_wanted.connect(self.close_current)
        view.close_all_wanted.connect(self.close_all)
        view.save_wanted.connect(self.save_view)
        view.open_wanted.connect(self.open_view)
        view.copy_wanted.connect(self.copy_python)
        view.all_wanted.connect(self.look_at_all)
        steps.changed.connect(self._on_changed)
        # The canvas has these keys by itself; here they work with the focus anywhere in the dock.
        for keys, act in (("Ctrl+Z", steps.undo), ("Ctrl+Shift+Z", steps.redo)):
            shortcut = QShortcut(QKeySequence(keys), parent)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        self._show()

    # -- what is shown ---------------------------------------------------------------------------

    def follow(self, layer: Points | None) -> None:
        """Take the slab of a layer of cells as the current one; None for none."""
        self._layer = layer
        self._show()

    @property
    def current(self) -> SlabKey | None:
        """The slab that Close closes: the one that is colored, or the last one opened in view."""
        scene = self._steps.scene
        key = scene.board.key_of(self._layer) if self._layer is not None else None
        if key is None and scene.stage.scene.in_view:
            key = scene.stage.scene.in_view[-1].slab
        return key

    def _on_changed(self, _before: object, _after: object) -> None:
        self._show()

    def _show(self) -> None:
        stage, view = self._steps.scene.stage, self._view
        scene = stage.scene
        view.show_steps(
            stage.can_undo, step_text(stage.before, scene), stage.can_redo, step_text(scene, stage.after)
        )
        titles, current = stage.titles(), self.current
        view.show_spaces(space_titles(scene, titles), scene.space)
        view.show_choices(scene.layout, scene.sort)
        view.show_slabs(titles.get(current, "") if current is not None else "", len(scene.places))

    # -- steps -----------------------------------------------------------------------------------

    def _on_space(self, space: str) -> None:
        self._steps.take("look_at_space", space, what="Looking at another space")

    def _on_layout(self, layout: str) -> None:
        self._steps.take("set_layout", layout)

    def _on_sort(self, by: str) -> None:
        self._steps.take("sort_tiles", by)

    def close_current(self) -> None:
        """Close the current slab."""
        if self.current is not None:
            self._steps.take("close", [self.current])

    def close_all(self) -> None:
        """Close every open slab, as one step."""
        keys = list(self._steps.scene.stage)
        if keys:
            self._steps.take("close", keys)

    def look_at_all(self) -> None:
        """Fit the camera to all slabs of the space in view."""
        self._steps.scene.look_at()

    def look_at_current(self) -> None:
        """Fit the camera to the current slab, in its space."""
        key, scene = self.current, self._steps.scene
        place = scene.stage.scene.place(key) if key is not None else None
        if key is None or place is None:
            return
        if place.space != scene.stage.scene.space:
            self._on_space(place.space)
        elif len(scene.stage.scene.in_view) > 1:
            scene.look_at(key)

    # -- saved views -----------------------------------------------------------------------------

    def save_view(self) -> None:
        """Ask for a file, and save what is seen in it."""
        path = _ask_where_to_save(self._view.window())
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Save what is seen."""
        self._view.notice.clear()
        try:
            self._steps.scene.save(path)
        except Exception as error:
            self._complain(sentence(error))
            return
        notifications.show_info(f"Saved what is in view as {path.name}.")

    def open_view(self) -> None:
        """Ask for a saved view, and rebuild it."""
        path, _ = QFileDialog.getOpenFileName(self._view.window(), "Open view", filter=_FILES)
        if path:
            self.open_from(Path(path))

    def open_from(self, path: Path) -> None:
        """Rebuild a saved view; its slabs, and what they show, are read on a worker thread."""
        self._view.notice.clear()

        def work(task: Task) -> OpenedScene:
            return read_slabs(path, task)

        self._jobs.start(VIEW, f"Opening {path.name}", work, self._read_what_is_shown, self._complain)

    def _read_what_is_shown(self, opened: OpenedScene) -> None:
        stage = self._steps.scene.stage
        for key, slab in opened.slabs.items():
            stage.know(slab, key)

        def work(task: Task) -> None:
            stage.read(opened.scene, task)

        self._jobs.start(VIEW, "Opening the view", work, lambda _: self._rebuild(opened), self._complain)

    def _rebuild(self, opened: OpenedScene) -> None:
        try:
            rebuild(self._steps.scene, opened.scene, opened.slabs, opened.camera, opened.missing)
        except Exception as error:
            self._complain(sentence(error))
            return
        if opened.missing:
            count, total = len(opened.missing), len(opened.missing) + len(opened.slabs)
            self._complain(f"{count} of {total} slabs could not be opened. {' '.join(opened.missing)}")

    def copy_python(self) -> None:
        """Put the lines of Python that rebuild what is seen on the clipboard."""
        self._view.notice.clear()
        try:
            text = self._steps.scene.to_python()
        except AbcError as error:
            self._complain(str(error))
            return
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(text)
        lines = text.count("\n")
        notifications.show_info(f"Copied {lines} lines of Python that rebuild this view.")

    def _complain(self, text: str) -> None:
        self._view.notice.show_error(text, "OK")


def _ask_where_to_save(parent: QWidget | None) -> str:
    """Ask for a file to save a view in; empty where none was chosen.

    A name without an ending gets one before it is asked whether a file of that name may be replaced, which
    Qt's ready dialog does the other way round.
    """
    dialog = QFileDialog(parent, "Save view", "", _FILES)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("json")
    dialog.selectFile("view.json")
    chosen = dialog.selectedFiles() if dialog.exec() else []
    dialog.deleteLater()
    return chosen[0] if chosen else ""
