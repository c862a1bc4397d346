"""Large layers while a person moves the view: a part of their points, and all when the view rests.

Drawing millions of points takes a second or two without a graphics card. Only a mouse that drags or
a wheel that turns thins points out, so that what a script draws or saves is always whole, and only
layers that took long to draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.components import ViewerModel
    from qtpy.QtCore import QTimer

__all__ = ["MANY", "Detail"]

MANY = 1_000_000
"""Fewer points are always drawn."""

_REST_MS = 150
"""The view rests when nothing moved it for this long."""


class Detail:
    """Thins out the layers of one viewer while a person moves the view."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = ref(viewer)
        self._timer: QTimer | None = None
        self._text: tuple[str, bool] | None = None
        viewer.mouse_drag_callbacks.append(self._dragged)
        viewer.mouse_wheel_callbacks.append(self._turned)

    def _dragged(self, _viewer: ViewerModel, event: Any) -> Iterator[None]:
        yield
        while event.type == "mouse_move":
            self.move()
            yield

    def _turned(self, _viewer: ViewerModel, _event: Any) -> None:
        self.move()

    def move(self) -> None:
        """The view moves, and does so for a while."""
        layers = self._layers()
        if not layers:
            return
        for layer in layers:
            if not layer.moving:
                layer.set_moving(True)
        if not any(layer.slow for layer in layers):
            return
        self._say(sum(layer.drawn for layer in layers), sum(len(layer.data) for layer in layers))
        if self._timer is None:
            from qtpy.QtCore import QTimer

            self._timer = QTimer()
            self._timer.setSingleShot(True)
            self._timer.setInterval(_REST_MS)
            self._timer.timeout.connect(self.rest)
        self._timer.start()

    def rest(self) -> None:
        """The view rests: draw every point."""
        for layer in self._layers():
            layer.set_moving(False)
        viewer = self._viewer()
        if viewer is not None and self._text is not None:
            overlay = viewer.canvas.overlays.text
            overlay.text, overlay.visible = self._text
            self._text = None

    def _layers(self) -> list[Any]:
        viewer = self._viewer()
        layers = viewer.layers if viewer is not None else ()
        return [x for x in layers if hasattr(x, "set_moving") and x.visible and len(x.data) > MANY]

    def _say(self, drawn: int, count: int) -> None:
        viewer = self._viewer()
        assert viewer is not None  # it has layers
        overlay = viewer.canvas.overlays.text
        if self._text is None:
            if overlay.visible:
                return  # the person's own text
            self._text = overlay.text, overlay.visible
        overlay.text = f"moving: {drawn:,} of {count:,} cells"
        overlay.visible = True
