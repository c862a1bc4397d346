"""Controller of the frame that a slab is shown in: which ones there are, and switching between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from napari_abc.viewer.frames import prepare_frame, whole_slab
from napari_abc.viewer.links import slab_of
from napari_abc.viewer.scene import show_prepared_frame
from napari_abc.widgets.jobs import sentence

if TYPE_CHECKING:
    import napari
    from napari.layers import Points

    from napari_abc.task import Task
    from napari_abc.viewer.frames import PreparedFrame
    from napari_abc.widgets.color._view import ColorView
    from napari_abc.widgets.jobs import Jobs

__all__ = ["FRAME", "FrameController"]

FRAME = "frame"


class FrameController(QObject):
    """Offers the frames of the slab that is colored, and shows it in the one that is chosen."""

    def __init__(self, viewer: napari.viewer.Viewer, view: ColorView, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._view = view
        self._jobs = jobs
        self._layer: Points | None = None
        view.picker.frame_chosen.connect(self.show_in)
        jobs.ended.connect(self._on_ended)

    def follow(self, layer: Points | None) -> None:
        """Offer the frames of a layer's slab; None for none."""
        self._layer = layer
        self._offer()

    def _offer(self) -> None:
        whole = whole_slab(self._layer) if self._layer is not None else None
        shown = slab_of(self._layer) if self._layer is not None else None
        if whole is None or shown is None:
            self._view.picker.set_frames((), "")
            return
        frames = [(frame.name, frame.title or frame.name) for frame in whole.frames]
        self._view.picker.set_frames(frames, shown.frame.name)

    def show_in(self, name: str) -> None:
        """Show the slab in one of its frames."""
        layer = self._layer
        slab = slab_of(layer) if layer is not None else None
        if layer is None or slab is None or slab.frame.name == name:
            return
        title = {frame.name: frame.title or name for frame in slab.frames}.get(name, name)

        def done(frame: PreparedFrame) -> None:
            try:
                show_prepared_frame(self._viewer, frame)
            except Exception as error:
                self._complain(sentence(error))

        def work(task: Task) -> PreparedFrame:
            return prepare_frame(layer, name, task)

        self._jobs.start(FRAME, f"Showing {slab.label} in {title}", work, done, self._complain)

    def _on_ended(self, purpose: str) -> None:
        if purpose == FRAME:
            self._offer()  # what is shown, where another choice was cancelled or came to nothing

    def _complain(self, text: str) -> None:
        self._offer()
        self._view.notice.show_error(text, "OK")
