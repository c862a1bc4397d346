"""Every test here must clean up after itself: no window and no thread may outlive it."""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qtpy.QtWidgets import QApplication, QWidget


def _our_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("napari-abc ")]


@pytest.fixture(autouse=True)
def _leaves_nothing(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail where a widget without parent, or a thread of the dock, is left after the test."""
    from qtpy.QtCore import QCoreApplication, QEvent

    before = {id(widget) for widget in qapp.topLevelWidgets()}
    yield
    deadline = time.monotonic() + 2
    while _our_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _our_threads(), f"threads left: {_our_threads()}"
    if "make_napari_viewer" in request.fixturenames:
        return  # napari checks for leaks itself, and keeps menus and dialogs of its own

    def left_over() -> list[QWidget]:
        for _ in range(2):
            qapp.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return [widget for widget in qapp.topLevelWidgets() if id(widget) not in before]

    left = left_over()
    if left:
        del left
        gc.collect()  # costs a third of a second, so only where a cycle may have kept a widget
        left = left_over()
    assert not left, f"widgets left: {left}"
