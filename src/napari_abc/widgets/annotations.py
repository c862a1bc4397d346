"""The dock "Cluster annotations": the types of a taxonomy, and their cells in the open slabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from napari_abc.widgets.annotations_browser import AnnotationsBrowser
from napari_abc.widgets.annotations_view import AnnotationsView
from napari_abc.widgets.jobs import Jobs
from napari_abc.widgets.memory import Memory
from napari_abc.widgets.task_bar import TaskBar

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtGui import QCloseEvent, QShowEvent

    from napari_abc.task import Progress

__all__ = ["AnnotationsDock"]


class AnnotationsDock(QWidget):
    """Browser of the atlas's taxonomies.

    It shows those of the source that the dock "ABC Atlas" has open, or of one chosen here. Closing
    the dock or its viewer cancels what runs and waits briefly for it.

    Parameters
    ----------
    napari_viewer
        The viewer whose slabs are coloured.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        from napari_abc.stores.fetch import default_cache
        from napari_abc.viewer.watch import unwrap

        super().__init__()
        self.setWindowTitle("Cluster annotations")
        self.setAccessibleName("Cluster annotations")
        viewer = unwrap(napari_viewer)  # a proxy is not equal to the viewer that another dock knows
        self.jobs = Jobs(self)
        self.view = AnnotationsView()
        self.task_bar = TaskBar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.task_bar)
        self.setMinimumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

        self.browser = AnnotationsBrowser(viewer, self.view, self.jobs, Memory(default_cache()), self)
        self.jobs.started.connect(self._on_started)
        self.jobs.progressed.connect(self._on_progress)
        self.jobs.ended.connect(self._on_ended)
        self.task_bar.cancelled.connect(self._on_cancel)
        self._shown_before = False
        self._docked = False
        self._tidied = False
        self._close_down = _closer(self.jobs, self.browser)
        self.destroyed.connect(self._close_down)

    # -- opening and closing ---------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:
        """Find an open source when the dock is first seen."""
        super().showEvent(event)
        if not self._shown_before:
            self._shown_before = True
            QTimer.singleShot(0, self.browser.start)

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

    # -- progress --------------------------------------------------------------------------------

    def _on_started(self, _lane: str, what: str) -> None:
        self.task_bar.start(what)

    def _on_progress(self, lane: str, progress: Progress) -> None:
        if lane == self.jobs.lanes()[-1]:  # the newest one is what the person waits for
            self.task_bar.show_progress(progress)

    def _on_ended(self, _lane: str) -> None:
        lanes = self.jobs.lanes()
        if lanes:
            self.task_bar.start(self.jobs.what(lanes[-1]))
        else:
            self.task_bar.finish()

    def _on_cancel(self) -> None:
        for lane in self.jobs.lanes()[-1:]:
            self.jobs.cancel(lane)
            self.browser.after_cancel(lane)


def _closer(jobs: Jobs, browser: AnnotationsBrowser) -> Callable[..., None]:
    """What ends the dock's work; callable when the dock's widgets are gone, and only once effective."""
    closed = False

    def close(*_args: object) -> None:
        nonlocal closed
        if not closed:
            closed = True
            browser.close()
            jobs.shutdown()

    return close
