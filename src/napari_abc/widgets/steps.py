"""Steps from the dock: verbs are read for on a worker thread, and carried out on the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_abc.errors import AbcError
from napari_abc.viewer.scene import scene_of
from napari_abc.widgets.jobs import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import napari

    from napari_abc.stage import Act, Scene
    from napari_abc.task import Task
    from napari_abc.viewer.scene import ViewerScene
    from napari_abc.widgets.jobs import Jobs

__all__ = ["STEP", "Steps"]

STEP = "step"
"""Purpose of the job that reads what the next scene shows."""


class Steps(QObject):
    """Takes a viewer's scene from step to step for all parts of the dock.

    Parameters
    ----------
    viewer
        The viewer.
    jobs
        Runs the reading.
    """

    changed = Signal(object, object)
    """The scene before, and the one that is."""
    failed = Signal(str)
    """What went wrong, in a sentence; the scene is what it was."""

    def __init__(self, viewer: napari.viewer.Viewer, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._jobs = jobs
        self._scene = scene_of(viewer)
        self._scene.stage.events.changed.connect(self._on_changed)

    def close(self) -> None:
        """Listen to nothing any more."""
        self._scene.stage.events.changed.disconnect(self._on_changed)

    @property
    def scene(self) -> ViewerScene:
        """The viewer's scene."""
        return self._scene

    def take(
        self,
        verb: str,
        *arguments: Any,
        what: str = "",
        together: object = None,
        then: Callable[[], object] | None = None,
        **options: Any,
    ) -> None:
        """Carry out a verb of :mod:`~napari_abc.stage.verbs`; what it needs is read first.

        Parameters
        ----------
        verb, *arguments, **options
            As for :meth:`~napari_abc.stage.Stage.do`.
        what
            What is done, for a person, if it takes long.
        together
            Steps in a row that name the same thing are undone as one.
        then
            Is called when it is done.
        """
        stage = self._scene.stage

        def act() -> None:
            stage.do(verb, *arguments, together=together, **options)
            if then is not None:
                then()

        self._go(lambda: stage.plan(verb, *arguments, **options), act, what or "Reading")

    def take_all(self, acts: Sequence[Act], what: str = "", then: Callable[[], object] | None = None) -> None:
        """Carry out several verbs as one step.

        Parameters
        ----------
        acts
            Name, arguments and options of each verb.
        what, then
            As for :meth:`take`.
        """
        stage = self._scene.stage

        def act() -> None:
            stage.go_to(stage.plan_all(acts))  # of the scene that is by then
            if then is not None:
                then()

        self._go(lambda: stage.plan_all(acts), act, what or "Reading")

    def undo(self) -> None:
        """Go back one step, if there is one."""
        stage = self._scene.stage
        self._go(lambda: stage.before, stage.undo, "Going back")

    def redo(self) -> None:
        """Go forth to what was undone last, if there is something."""
        stage = self._scene.stage
        self._go(lambda: stage.after, stage.redo, "Going forth")

    def _go(self, plan: Callable[[], Scene], act: Callable[[], object], what: str) -> None:
        try:
            after = plan()
        except AbcError as error:
            self.failed.emit(str(error))
            return
        stage = self._scene.stage
        if stage.is_read(after):
            self._jobs.cancel(STEP)  # what was asked for before is not wanted any more
            self._act(act)
            return

        def work(task: Task) -> None:
            stage.read(after, task)

        self._jobs.start(STEP, what, work, lambda _: self._act(act), self.failed.emit)

    def _act(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            self.failed.emit(sentence(error))

    def _on_changed(self, before: Scene, after: Scene) -> None:
        self.changed.emit(before, after)
