"""Telling a repaint of the window from a picture that is taken of it.

A window may show a part for a moment, a screenshot or a figure must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from qtpy.QtCore import QEvent, QObject

if TYPE_CHECKING:
    from vispy.scene import SceneCanvas

__all__ = ["is_repaint"]


class _Repaint(QObject):
    """Knows whether a canvas is being drawn because its window is repainted."""

    def __init__(self, canvas: SceneCanvas) -> None:
        super().__init__()
        self.active = False
        canvas.native.installEventFilter(self)
        canvas.events.draw.connect(self._drawn, position="last")

    def eventFilter(self, _canvas: QObject | None, event: QEvent | None) -> bool:
        # Who grabs a picture has the canvas drawn without one.
        if event is not None and event.type() == QEvent.Type.Paint:
            self.active = True
        return False

    def _drawn(self, _event: Any) -> None:
        self.active = False


_watched: WeakKeyDictionary[SceneCanvas, _Repaint] = WeakKeyDictionary()


def is_repaint(canvas: SceneCanvas) -> bool:
    """Whether a canvas, which is being drawn, is drawn for its window; False at the first question."""
    watcher = _watched.get(canvas)
    if watcher is None:
        watcher = _watched[canvas] = _Repaint(canvas)
    return watcher.active
