"""Work off the GUI thread, one job a purpose, whose answer comes back only if it is still wanted.

A purpose is a word: ``"open"``, ``"color"``. Starting a job cancels the one before it of the same
purpose, and each job carries a generation, so an answer that comes too late is dropped.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_abc.errors import AbcError, Cancelled
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Jobs"]

_LOG = logging.getLogger(__name__)

_POLL_MS = 80
"""Progress is looked at this often instead of being signaled: a download reports thousands of times."""


class _Job(QObject):
    """One piece of work in a thread of its own.

    A plain daemon thread and not Qt's pool: the pool's destructor waits for ever for work that
    hangs in a connection, and superqt's worker swallows a RuntimeError.
    """

    ended = Signal(object)  # the job itself

    def __init__(self, purpose: str, what: str, work: Callable[[Task], Any]) -> None:
        super().__init__()
        self.purpose = purpose
        self.what = what
        self.latest: Progress | None = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.done: Callable[[Any], None] | None = None
        self.failed: Callable[[str], None] | None = None
        self.task = Task(self._note)
        self._work = work
        self._thread = threading.Thread(target=self._run, name=f"napari-abc {purpose}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _note(self, progress: Progress) -> None:
        self.latest = progress  # one reference: atomic, and only the newest counts

    def _run(self) -> None:
        try:
            self.task.check()
            self.result = self._work(self.task)
        except BaseException as error:  # whatever it is, the window must hear of it
            self.error = error
        try:
            self.ended.emit(self)
        except RuntimeError:  # the window, and with it this object, was deleted meanwhile
            _LOG.debug("The answer of %s came after its window was closed.", self.purpose)


class Jobs(QObject):
    """Runs work in threads and hands the answers to the GUI thread.

    Signals
    -------
    started, ended
        Purpose and what is done; ended also after a cancel.
    progressed
        Purpose and the newest :class:`~napari_abc.task.Progress`.
    """

    started = Signal(str, str)
    progressed = Signal(str, object)
    ended = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current: dict[str, _Job] = {}
        self._alive: set[_Job] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._poll)

    def start(
        self,
        purpose: str,
        what: str,
        work: Callable[[Task], Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        """Run ``work(task)`` in a thread; a job of the same purpose that runs is cancelled first.

        Parameters
        ----------
        purpose
            What the work is for, in a word.
        what
            What is done, for a person, until the work itself reports.
        work
            Called with a :class:`~napari_abc.task.Task` on another thread.
        done, failed
            Called on the GUI thread with the result or with one sentence, unless the job was
            cancelled or replaced meanwhile.
        """
        self.cancel(purpose)
        job = _Job(purpose, what, work)
        job.done, job.failed = done, failed
        job.ended.connect(self._on_ended)
        self._current[purpose] = job
        self._alive.add(job)
        self.started.emit(purpose, what)
        self._timer.start()
        job.start()

    def busy(self, purpose: str | None = None) -> bool:
        """Whether a purpose, or any, has a job whose answer is waited for."""
        return bool(self._current) if purpose is None else purpose in self._current

    def purposes(self) -> list[str]:
        """Purposes that have a job, oldest first."""
        return list(self._current)

    def what(self, purpose: str) -> str:
        """What the job of a purpose does."""
        return self._current[purpose].what

    def cancel(self, purpose: str) -> bool:
        """Cancel the job of a purpose and forget its answer; False if there was none."""
        job = self._current.pop(purpose, None)
        if job is None:
            return False
        job.task.cancel()
        self.ended.emit(purpose)
        return True

    def shutdown(self, seconds: float = 2.0) -> None:
        """Cancel everything and wait for the threads, but not for longer than this in all."""
        self._current.clear()
        for job in self._alive:
            job.task.cancel()
        deadline = time.monotonic() + seconds
        for job in list(self._alive):
            job.join(max(0.0, deadline - time.monotonic()))
        self._alive = {job for job in self._alive if job.running}

    def _poll(self) -> None:
        if not self._current:
            self._timer.stop()
        for purpose, job in list(self._current.items()):
            if job.latest is not None:
                self.progressed.emit(purpose, job.latest)

    def _on_ended(self, job: _Job) -> None:
        self._alive.discard(job)
        if self._current.get(job.purpose) is not job:
            return  # cancelled or replaced: a late answer
        del self._current[job.purpose]
        self.ended.emit(job.purpose)
        if job.error is None:
            if job.done is not None:
                job.done(job.result)
        elif not isinstance(job.error, Cancelled) and job.failed is not None:
            job.failed(sentence(job.error))


def sentence(error: BaseException) -> str:
    """What to tell a person about an error; one that we did not foresee is logged in full."""
    if isinstance(error, AbcError):
        return str(error)
    _LOG.error("Unexpected error", exc_info=error)
    return f"Something went wrong that should not ({type(error).__name__}: {error}); the log has the details."
