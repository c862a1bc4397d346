"""A long piece of work that reports how far it is and can be cancelled.

Floors 0 to 2 know nothing of threads or windows: they are handed a :class:`Task`, call
:meth:`Task.report` often, and stop where that raises. Whoever started the work (the dock, the
shell, a script) decides what a report looks like.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from napari_abc.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

__all__ = ["Progress", "Task", "wait"]

_STEP_SECONDS = 0.1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is, at one moment."""

    what: str
    """What is being done, for a person: ``"Downloading cell_metadata.csv"``."""
    done: int
    """Units finished, 0 to ``total``."""
    total: int | None
    """Units in all, or None where nobody knows."""
    unit: str
    """``"B"`` for bytes, else a plural noun: ``"cells"``, ``"rows"``, ``"files"``."""


class Task:
    """A cancel switch and a place to report progress to; safe to use from several threads.

    Parameters
    ----------
    notify
        Called with a :class:`Progress` at each report, on the thread that does the work.
        None reports to nobody.
    """

    def __init__(self, notify: Callable[[Progress], None] | None = None) -> None:
        self._notify = notify
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        self._cancelled.set()

    def check(self) -> None:
        """Stop here if the work was cancelled.

        Raises
        ------
        Cancelled
            If :meth:`cancel` was called.
        """
        if self.cancelled:
            raise Cancelled("Cancelled; nothing half-done was kept.")

    def report(self, what: str, done: int, total: int | None = None, unit: str = "B") -> None:
        """Say how far the work is, and stop here if it was cancelled.

        Parameters
        ----------
        what
            What is being done, for a person.
        done, total
            Units finished and in all; ``total`` None where unknown.
        unit
            ``"B"`` for bytes, else a plural noun.

        Raises
        ------
        Cancelled
            If :meth:`cancel` was called.
        """
        self.check()
        if self._notify is not None:
            self._notify(Progress(what, done, total, unit))


def wait(future: Future[T], task: Task | None = None) -> T:
    """Wait for the answer of another thread, listening for a cancel.

    Raises
    ------
    Cancelled
        If `task` is cancelled first; the request is given up.
    """
    try:
        while True:
            if task is not None:
                task.check()
            try:
                return future.result(timeout=_STEP_SECONDS)
            except TimeoutError:
                # Either this step's or the request's own.
                if future.done():
                    return future.result()
    except BaseException:
        future.cancel()
        raise
