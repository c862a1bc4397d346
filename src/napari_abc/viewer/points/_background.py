"""Work that only drawing waits for, in a thread of its own; the answer comes on the GUI thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Background"]


class Background(QObject):
    """Does one piece of work at a time; made on the GUI thread."""

    _done = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._running: object = None
        self._done.connect(self._answer)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._running is not None

    def start(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do some work and hand its result on; what was begun before is not waited for any more."""
        token = self._running = object()

        def run() -> None:
            result = work()
            try:
                self._done.emit((token, then, result))
            except RuntimeError:
                return  # the window is closed, and this object gone with it

        threading.Thread(target=run, name="napari-abc drawing", daemon=True).start()

    def drop(self) -> None:
        """Wait for no answer any more."""
        self._running = None

    def _answer(self, answer: tuple[object, Callable[[Any], None], Any]) -> None:
        token, then, result = answer
        if token is self._running:
            self._running = None
            then(result)
