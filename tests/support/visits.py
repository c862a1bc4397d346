"""A look at the window of a program that opens napari and gives the thread back only when it is closed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtCore import QThread, QTimer
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["visit_window"]

_LONGEST = 120
"""Seconds to wait for the window; a busy machine takes its time."""


def visit_window(at: Callable[[Any], object]) -> list[BaseException]:
    """Call ``at`` with the viewer once napari runs, then close napari; what went wrong comes back.

    Where no window comes, the event loop ends: the test says so, and does not wait for ever.
    """
    wrong: list[BaseException] = []
    deadline = time.monotonic() + _LONGEST

    def is_laid_out(viewer: Any) -> bool:
        native = viewer.window._qt_viewer.canvas.native
        return bool(native.isVisible() and min(native.width(), native.height()) > 1 and native.isValid())

    def visit() -> None:
        viewer: Any = napari.current_viewer()
        # Not from the middle of its making, where Qt is asked to work off what has come up.
        runs = QThread.currentThread().loopLevel() > 0
        if time.monotonic() > deadline:
            wrong.append(TimeoutError(f"no window after {_LONGEST} s; runs: {runs}, viewer: {viewer}"))
            end()
            return
        if viewer is None or not runs or not is_laid_out(viewer):
            QTimer.singleShot(100, visit)
            return
        try:
            at(viewer)
        except BaseException as error:  # in an event loop it would be lost
            wrong.append(error)
        finally:
            viewer.close()

    def end() -> None:
        for viewer in list(napari.Viewer._instances):
            viewer.close()
        application = QApplication.instance()
        if application is not None:
            application.quit()

    QTimer.singleShot(500, visit)
    return wrong
