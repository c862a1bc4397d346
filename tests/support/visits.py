"""Visits to windows and dialogs whose event loop gives the thread back only when they are closed."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import napari
from napari.settings import get_settings
from qtpy.QtCore import QThread, QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qtpy.QtWidgets import QDialog

__all__ = ["answer_dialog", "visit_window"]

_LONGEST = 120
"""Seconds until what is still open is closed; a busy machine takes its time."""


@contextlib.contextmanager
def visit_window(at: Callable[[Any], object]) -> Iterator[None]:
    """Call ``at`` with the viewer that the block opens, once napari runs and is laid out, then close it.

    What goes wrong is raised at the end of the block; in an event loop it would be lost, and the loop would
    go on. Where no window comes, or none that can be looked at, the loop is ended, and that is the error.
    """
    wrong: list[BaseException] = []
    visited = False
    deadline = float("inf")
    # As on a first start: a window is as small as the last one of this process was, and the dock takes the
    # whole width of a small one, so that nothing is left to look at.
    get_settings().reset()

    def look() -> None:
        nonlocal visited, deadline
        # Not from the middle of its making, where Qt is asked to work off what has come up.
        if QThread.currentThread().loopLevel() == 0:
            return
        deadline = min(deadline, time.monotonic() + _LONGEST)
        viewer: Any = napari.current_viewer()
        canvas = None if viewer is None else viewer.window._qt_viewer.canvas.native
        if time.monotonic() > deadline:
            seen = "no window" if canvas is None else f"a canvas of {canvas.width()} by {canvas.height()}"
            wrong.append(TimeoutError(f"napari still ran after {_LONGEST} s, with {seen}"))
            timer.stop()
            napari.Viewer.close_all()
            QApplication.exit(1)
        elif canvas is not None and not visited and _is_laid_out(canvas):
            visited = True
            try:
                at(viewer)
            except BaseException as error:
                wrong.append(error)
            finally:
                viewer.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(100)
    try:
        yield
    finally:
        timer.stop()
    if wrong:
        raise wrong[0]
    assert visited, "napari did not run"


@contextlib.contextmanager
def answer_dialog(
    fill: Callable[[Any], object],
    button: QDialogButtonBox.StandardButton = QDialogButtonBox.StandardButton.Ok,
) -> Iterator[None]:
    """Call ``fill`` with the dialog that the block opens, and press one of its buttons.

    What goes wrong is raised at the end of the block, and the dialog is closed.
    """
    wrong: list[BaseException] = []
    filled = False
    deadline = time.monotonic() + _LONGEST

    def look() -> None:
        nonlocal filled
        dialog: QDialog | None = QApplication.activeModalWidget()
        if dialog is None:
            return
        if not filled:
            filled = True
            try:
                fill(dialog)
                dialog.findChild(QDialogButtonBox).button(button).click()
            except BaseException as error:
                wrong.append(error)
                dialog.reject()
        elif time.monotonic() > deadline:
            wrong.append(TimeoutError(f"the dialog was still open after {_LONGEST} s"))
            dialog.reject()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    try:
        yield
    finally:
        timer.stop()
    if wrong:
        raise wrong[0]
    assert filled, "no dialog was opened"


def _is_laid_out(canvas: Any) -> bool:
    return bool(canvas.isVisible() and min(canvas.width(), canvas.height()) > 1 and canvas.isValid())
