"""Indexing many matrices: those that are there are indexed while the next one is fetched."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from napari_abc.io.gene_index import Order, build_indexes
from napari_abc.io.matrix import open_matrix
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_abc.io.remote import RemoteFile, Store

    Item = tuple["Wanted", Path] | BaseException | None
    """A matrix that is on this machine; why no more of them come; or None after the last."""

__all__ = ["Wanted", "index_many"]

_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """An index to make."""

    file: RemoteFile
    """The matrix."""
    target: Path
    """Folder of the index."""
    key: str
    """What it is made from."""


def index_many(
    wanted: Sequence[Wanted],
    store: Store,
    task: Task,
    scheduler: str | None = None,
    finished: Callable[[Wanted, Task], None] | None = None,
) -> None:
    """Fetch and index matrices, in order; where it was stopped, the next call goes on.

    Matrices that were fetched while others were indexed make one graph of tasks. Where one can't be
    fetched, those before it are indexed all the same.

    Parameters
    ----------
    wanted
        What to make.
    store
        Where the matrices are found and fetched. They stay there.
    task
        Told of the bytes fetched and indexed, over all matrices; can cancel.
    scheduler
        Address of a Dask scheduler; None for this machine's processors.
    finished
        Called after each index, with a task to report to.

    Raises
    ------
    AbcError
        If a matrix can't be fetched or read, or an index can't be written.
    """
    overall = _Overall(wanted, task)
    ready: SimpleQueue[Item] = SimpleQueue()
    fetching = _PartTask(task, overall.fetching)

    def fetch() -> None:
        try:
            for number, one in enumerate(wanted):
                overall.fetched = number
                ready.put((one, store.ensure(one.file, fetching)))
            overall.fetched = len(wanted)
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    thread = threading.Thread(target=fetch, name="fetch matrices", daemon=True)
    thread.start()
    failure: BaseException | None = None
    try:
        more = True
        while more:
            batch: list[tuple[Wanted, Path]] = []
            for item in _arrived(ready, task):
                if isinstance(item, tuple):
                    batch.append(item)
                else:
                    more, failure = False, item
            if batch:
                overall.batch = len(batch)
                indexing = _PartTask(task, overall.indexing)
                orders = [Order(path, one.target, one.key) for one, path in batch]
                build_indexes(orders, open_matrix, indexing, scheduler)
                for one, _ in batch:
                    if finished is not None:
                        finished(one, _PartTask(task, overall.finishing))
                overall.indexed += len(batch)
    finally:
        fetching.cancel()
        thread.join()
    if failure is not None:
        raise failure


def _arrived(ready: SimpleQueue[Item], task: Task) -> list[Item]:
    """What came meanwhile; waits for the first."""
    items: list[Item] = []
    while True:
        try:
            # In turns: Windows interrupts no wait that has no end.
            items.append(ready.get(timeout=0 if items else _POLL_SECONDS))
        except Empty:
            task.check()
            if items:
                return items


class _PartTask(Task):
    """A part of a task, which is cancelled with the whole, or alone."""

    def __init__(self, whole: Task, notify: Callable[[Progress], None]) -> None:
        super().__init__(notify)
        self._whole = whole

    @property
    def cancelled(self) -> bool:
        """Whether it, or the whole, was cancelled."""
        return super().cancelled or self._whole.cancelled


class _Overall:
    """Half of the bytes are fetched, half are indexed: both count toward the whole."""

    def __init__(self, wanted: Sequence[Wanted], task: Task) -> None:
        self._task = task
        self._sizes = [one.file.size or 0 for one in wanted]
        self._lock = threading.Lock()
        self._words = ["", ""]
        self._most = 0
        self._shares = [0.0, 0.0]
        self.fetched = 0
        """Matrices that are on this machine."""
        self.indexed = 0
        """Matrices that are indexed."""
        self.batch = 0
        """Matrices that are being indexed."""

    def fetching(self, progress: Progress) -> None:
        """A matrix is fetched, or checked."""
        self._report(0, progress, self.fetched)

    def indexing(self, progress: Progress) -> None:
        """The matrices of a batch are indexed."""
        self._report(1, progress, self.indexed)

    def finishing(self, progress: Progress) -> None:
        """An index is published."""
        with self._lock:
            self._shares[1] = 1.0
        self._report(1, Progress(progress.what, 1, 1, progress.unit), self.indexed)

    def _report(self, which: int, progress: Progress, number: int) -> None:
        with self._lock:
            count, total = len(self._sizes), sum(self._sizes)
            self._shares[which] = progress.done / progress.total if progress.total else 0.0
            words = f"{progress.what} ({min(number + 1, count)} of {count})"
            self._words[which] = words if which else words[:1].lower() + words[1:]
            last = self.indexed + self.batch
            done = sum(self._sizes[: self.fetched]) + sum(self._sizes[: self.indexed])
            if self.fetched < count:
                done += int(self._sizes[self.fetched] * self._shares[0])
            done += int(sum(self._sizes[self.indexed : last]) * self._shares[1])
            self._most = max(self._most, min(done // 2, total))  # putting together counts parts again
            fetching = self._words[0] if self.fetched < count else ""
            what = ", ".join(filter(None, (self._words[1], fetching)))
            most = self._most
        self._task.report(what[:1].upper() + what[1:], most, total or None)
