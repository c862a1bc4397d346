"""Storing a matrix gene by gene, in the background, once a first gene of it was shown."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_abc.atlas.expression import AtlasExpression
    from napari_abc.model import Slab
    from napari_abc.task import Task
    from napari_abc.widgets.jobs import Jobs

__all__ = ["INDEX", "Indexer"]

INDEX = "index"
_NICENESS = 10


class Indexer:
    """Starts the building of an index, once a matrix and session, at low priority.

    Whether it succeeds is nobody's worry: without an index, genes come from the matrix as before.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._tried: set[tuple[str, str]] = set()

    def after_gene(self, slab: Slab, kind: str) -> None:
        """A gene of a slab was shown: see that the next ones come at once."""
        from napari_abc.atlas.expression import AtlasExpression

        source = slab.expression_source
        matrix = (slab.dataset, kind)
        if not isinstance(source, AtlasExpression) or matrix in self._tried or self._jobs.busy(INDEX):
            return
        self._tried.add(matrix)
        if source.index_missing(kind):
            self._jobs.start(
                INDEX, "Indexing genes…", lambda task: _build(source, kind, task), _nothing, _nothing
            )


def _build(source: AtlasExpression, kind: str, task: Task) -> None:
    if sys.platform == "linux":  # there, a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    source.build_index(kind, task)


def _nothing(_: object) -> None:
    pass
