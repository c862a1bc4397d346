"""Large layers while a person moves the view: a part of their points, and all when the view rests.

Only a mouse that drags or a wheel that turns thins points out, and only where all would take too
long; what a script saves is always whole. As long as there is but a part, the canvas says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.components import ViewerModel

__all__ = ["MANY", "Detail"]

MANY = 1_000_000
"""Fewer points are always drawn, if that is possible at all."""

_REST_MS = 150
"""The view rests when nothing moved it for this long."""


class Detail:
    """Thins out the layers of one viewer while a person moves the view, and says so.

    Parameters
    ----------
    viewer
        The viewer.
    what
        What the points are: "showing 50,000 of 1,000,000 points".
    """

    def __init__(self, viewer: ViewerModel, what: str = "points") -> None:
        self._viewer = ref(viewer)
        self._what = what
        self._timer: QTimer | None = None
        self._text: tuple[str, bool] | None = None
        viewer.mouse_drag_callbacks.append(self._dragged)
        viewer.mouse_wheel_callbacks.append(self._turned)
        # Last, when napari has made what draws the layer.
        viewer.layers.events.inserted.connect(lambda event: self._follow(event.value), position="last")
        viewer.layers.events.removed.connect(self._say)
        for layer in viewer.layers:
            self._follow(layer)

    def _dragged(self, _viewer: ViewerModel, event: Any) -> Iterator[None]:
        yield
        while event.type == "mouse_move":
            self.move()
            yield

    def _turned(self, _viewer: ViewerModel, _event: Any) -> None:
        self.move()

    def move(self) -> None:
        """The view moves, and does so for a while."""
        layers = [layer for layer in self._layers() if len(layer.data) > MANY]
        if not layers:
            return
        for layer in layers:
            if not layer.moving:
                layer.set_moving(True)
        if self._timer is None:
            self._timer = QTimer()
            self._timer.setSingleShot(True)
            self._timer.setInterval(_REST_MS)
            self._timer.timeout.connect(self.rest)
        self._timer.start()

    def rest(self) -> None:
        """The view rests: draw every point."""
        for layer in self._layers():
            if layer.moving:
                layer.set_moving(False)

    def _layers(self) -> list[Any]:
        viewer = self._viewer()
        layers = viewer.layers if viewer is not None else ()
        return [layer for layer in layers if hasattr(layer, "set_moving") and layer.visible]

    def _follow(self, layer: Any) -> None:
        if hasattr(layer, "set_moving"):
            layer.events.drawn.connect(self._say)
            layer.events.visible.connect(self._say)

    def _say(self, _event: Any = None) -> None:
        """Say of how many points there is but a part, if there is."""
        viewer = self._viewer()
        if viewer is None:
            return
        overlay = viewer.canvas.overlays.text
        parts = [(layer.drawn, len(layer._view_indices)) for layer in self._layers()]
        drawn, count = (sum(numbers) for numbers in zip(*parts, strict=True)) if parts else (0, 0)
        if drawn < count:
            if self._text is None:
                if overlay.visible:
                    return  # the person's own text
                self._text = overlay.text, overlay.visible
            overlay.text = f"showing {drawn:,} of {count:,} {self._what}"
            overlay.visible = True
        elif self._text is not None:
            overlay.text, overlay.visible = self._text
            self._text = None
