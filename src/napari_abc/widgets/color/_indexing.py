"""Storing matrices gene by gene, in the background, once a first gene of them was shown."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from napari_abc.io.matrix import Indexable
from napari_abc.model import RowsOf

if TYPE_CHECKING:
    from napari_abc.model import Slab
    from napari_abc.task import Task
    from napari_abc.widgets.jobs import Jobs

__all__ = ["INDEX", "Indexer"]

INDEX = "index"
_NICENESS = 10


class Indexer:
    """Starts the building of indexes, once a matrix and session, at low priority.

    Whether it succeeds is nobody's worry: without an index, genes come from the matrix as before.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._tried: set[str] = set()

    def after_gene(self, slab: Slab, kind: str) -> None:
        """A gene of a slab was shown: see that the next ones come at once."""
        source = slab.expression_source
        while isinstance(source, RowsOf):  # in another frame the cells, and not the matrices, are others
            source = source.source
        if not isinstance(source, Indexable) or self._jobs.busy(INDEX):
            return
        missing = set(source.index_missing(kind))
        if missing - self._tried:
            self._tried |= missing
            self._jobs.start(
                INDEX, "Indexing genes…", lambda task: _build(source, kind, task), _nothing, _nothing
            )


def _build(source: Indexable, kind: str, task: Task) -> None:
    if sys.platform == "linux":  # there, a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    source.build_index(kind, task)


def _nothing(_: object) -> None:
    pass
