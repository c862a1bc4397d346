"""The dock "Cluster annotations": the types of a taxonomy, and their cells in the open slabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_abc.io.files import default_cache
from napari_abc.viewer.links import unwrap
from napari_abc.widgets.memory import Memory
from napari_abc.widgets.parts import WorkingDock
from napari_abc.widgets.steps import Steps
from napari_abc.widgets.types._controller import AnnotationsController
from napari_abc.widgets.types._view import AnnotationsView

if TYPE_CHECKING:
    import napari
    from qtpy.QtGui import QShowEvent

__all__ = ["AnnotationsDock"]


class AnnotationsDock(WorkingDock):
    """Browser of the atlas's taxonomies.

    It shows those of the source that the dock "ABC Atlas" has open, or of one chosen here.

    Parameters
    ----------
    napari_viewer
        The viewer whose slabs are colored.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__("Cluster annotations")
        viewer = unwrap(napari_viewer)  # a proxy is not equal to the viewer that another dock knows
        self.view = AnnotationsView()
        self.steps = Steps(viewer, self.jobs, self)
        memory = Memory(default_cache())
        self.controller = AnnotationsController(viewer, self.view, self.jobs, self.steps, memory, self)
        self._shown_before = False
        self.set_up(self.view, self.controller.after_cancel, self.controller, self.steps)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Find an open source when the dock is first seen."""
        super().showEvent(event)
        if not self._shown_before:
            self._shown_before = True
            QTimer.singleShot(0, self.controller.start)
