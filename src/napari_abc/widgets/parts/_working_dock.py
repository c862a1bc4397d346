"""A dock with work in the background: its progress, its cancel button, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_abc.widgets.jobs import Jobs
from napari_abc.widgets.parts._task_bar import TaskBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QCloseEvent

    from napari_abc.task import Progress

__all__ = ["Controller", "WorkingDock"]


class Controller(Protocol):
    """What runs a dock."""

    def close(self) -> None:
        """Listen to nothing any more."""


class WorkingDock(QWidget):
    """Content above a task bar.

    Closing the dock or its viewer cancels what runs and waits briefly for it.

    Parameters
    ----------
    title
        Title of the window, and accessible name.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.jobs = Jobs(self)
        self.task_bar = TaskBar()
        self._docked = False
        self._tidied = False
        self._close_down: Callable[..., None] = self.jobs.shutdown
        self._after_cancel: Callable[[str], None] | None = None

    def set_up(self, content: QWidget, after_cancel: Callable[[str], None], *controllers: Controller) -> None:
        """Put the content in its place and follow the jobs; once, when the controllers are made.

        Parameters
        ----------
        content
            What is shown above the task bar.
        after_cancel
            Told of the purpose whose job a person cancelled.
        controllers
            Closed with the dock, before the jobs are.
        """
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(0)
        layout.addWidget(content, 1)
        layout.addWidget(self.task_bar)
        self.setMinimumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._after_cancel = after_cancel
        self.jobs.started.connect(self._on_started)
        self.jobs.progressed.connect(self._on_progress)
        self.jobs.ended.connect(self._on_ended)
        self.task_bar.cancelled.connect(self._on_cancel)
        self._close_down = _closer(self.jobs, *controllers)
        self.destroyed.connect(self._close_down)

    # -- closing -----------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        """Notice that napari took the dock away: it un-parents the widget and sends no close event."""
        if event is not None and event.type() == QEvent.Type.ParentChange:
            if self.parent() is not None:
                self._docked = True
            elif self._docked and not self._tidied:
                self.tidy_up()
                self.deleteLater()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Stop everything when the dock is closed as a window of its own."""
        self.tidy_up()
        super().closeEvent(event)

    def tidy_up(self) -> None:
        """Cancel what runs, wait briefly, and listen to nothing any more."""
        self._tidied = True
        self._close_down()

    # -- progress ----------------------------------------------------------------------------------

    def _on_started(self, _purpose: str, what: str) -> None:
        self.task_bar.start(what)

    def _on_progress(self, purpose: str, progress: Progress) -> None:
        if purpose == self.jobs.purposes()[-1]:  # the newest one is what the person waits for
            self.task_bar.show_progress(progress)

    def _on_ended(self, _purpose: str) -> None:
        purposes = self.jobs.purposes()
        if purposes:
            self.task_bar.start(self.jobs.what(purposes[-1]))
        else:
            self.task_bar.finish()

    def _on_cancel(self) -> None:
        for purpose in self.jobs.purposes()[-1:]:
            self.jobs.cancel(purpose)
            if self._after_cancel is not None:
                self._after_cancel(purpose)


def _closer(jobs: Jobs, *controllers: Controller) -> Callable[..., None]:
    """What ends the dock's work; callable when the dock's widgets are gone, and only once effective."""
    closed = False

    def close(*_args: object) -> None:
        nonlocal closed
        if not closed:
            closed = True
            for controller in controllers:
                controller.close()
            jobs.shutdown()

    return close
