"""Progress over several files that are fetched one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.task import Task

if TYPE_CHECKING:
    from napari_abc.task import Progress

__all__ = ["FileTask"]


class FileTask(Task):
    """A task whose bytes are a share of those of all files; cancelled when the whole is.

    Parameters
    ----------
    whole
        The task that hears of all.
    total
        Bytes of all files.
    files
        Number of files; of one, it is told as it is.
    """

    def __init__(self, whole: Task, total: int, files: int) -> None:
        super().__init__(self._tell)
        self._whole = whole
        self._total = total
        self._files = files
        self._before = 0
        self._finished = 0

    @property
    def cancelled(self) -> bool:
        """Whether the whole was cancelled."""
        return self._whole.cancelled

    def cancel(self) -> None:
        """Cancel the whole."""
        self._whole.cancel()

    def add(self, fetched: int) -> None:
        """Go on to the next file, after one of which that much had to be fetched."""
        self._before += fetched
        self._finished += bool(fetched)

    def _tell(self, progress: Progress) -> None:
        if self._files < 2:
            self._whole.report(progress.what, progress.done, progress.total, progress.unit)
            return
        what = f"{progress.what} ({min(self._finished + 1, self._files)} of {self._files})"
        if progress.unit == "B":
            done = min(self._before + progress.done, self._total)
            self._whole.report(what, done, self._total)
        else:
            self._whole.report(what, progress.done, progress.total, progress.unit)
