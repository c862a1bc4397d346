"""Building many gene-major indexes as one graph of tasks on Dask: on this machine, or on a cluster.

A task makes one part of one index (or all parts of a column-compressed matrix) and writes it to a
file that all can see. Whether it is there says whether it was done: a task that ran twice, or on a
worker that was killed, changes nothing.
"""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_abc.errors import AbcError, ConfigurationError, NetworkError
from napari_abc.io.files import Stamp
from napari_abc.io.gene_index._build import Building, start_building
from napari_abc.io.gene_index._entries import TooFullError
from napari_abc.io.gene_index._format import PART_ENTRIES
from napari_abc.io.gene_index._open import open_index
from napari_abc.task import Task, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_abc.io.gene_index._matrix_like import MatrixLike
    from napari_abc.io.gene_index._reader import GeneIndex

    Opener = Callable[[Path], MatrixLike]
    """Opens a matrix file; workers import it by its name."""

__all__ = ["Order", "build_indexes"]

_POLL_SECONDS = 0.2
_CONNECT_SECONDS = 10
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Order:
    """An index to build.

    Examples
    --------
    >>> from pathlib import Path
    >>> order = Order(Path("mine.h5ad"), Path("mine-ab12-v1.zarr"), "ab12")
    """

    matrix: Path
    """The matrix file; its path must lead to it on every worker."""
    target: Path
    """Folder of the index, which every worker must be able to write beside."""
    key: str
    """What the index is made from: the file's MD5."""


def build_indexes(
    orders: Sequence[Order],
    opener: Opener,
    task: Task,
    scheduler: str | None = None,
    *,
    part_entries: int = PART_ENTRIES,
) -> list[GeneIndex]:
    """Build indexes, or go on with those that were begun.

    Parameters
    ----------
    orders
        What to build; indexes that are there are left as they are.
    opener
        Opens a matrix by its path; a function of a module, as the workers of a cluster import it.
    task
        Told of each part; can cancel. Finished parts are kept.
    scheduler
        Address of a Dask scheduler, ``"tcp://host:8786"``; None for this machine's threads.
    part_entries
        Most entries of a part; see :func:`build_index`.

    Returns
    -------
    list of GeneIndex
        In the order of `orders`.

    Raises
    ------
    ConfigurationError
        If ``distributed`` is not installed, or the workers do not see the folder.
    NetworkError
        If the scheduler can't be reached.
    AbcError
        If a matrix is damaged or an index can't be written.
    Cancelled
        If `task` was cancelled.

    Examples
    --------
    A file that can be opened is anything that `opener` opens; here, text of a small matrix:

    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from napari_abc.io.gene_index import ArrayMatrix
    >>> from napari_abc.task import Task, wait
    >>> def opener(path):
    ...     values = np.loadtxt(path)
    ...     return ArrayMatrix(values, range(len(values)), ["Drd1", "Drd2"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "matrix.txt"
    ...     np.savetxt(path, [[1, 0], [0, 2.5]])
    ...     order = Order(path, path.with_suffix(".zarr"), "ab12")
    ...     (index,) = build_indexes([order], opener, Task())
    ...     values = index.gene_all(1)
    ...     index.close()
    >>> values.tolist()
    [0.0, 2.5]
    """
    density: dict[Path, float] = {}
    for _ in range(_ROUNDS):
        missing = [order for order in orders if open_index(order.target, order.key) is None]
        if not missing:
            break
        begun = []
        for order in missing:
            matrix = _opened(opener, order.matrix, Stamp.of(order.matrix))
            known = density.get(order.target)
            building = start_building(matrix, order.target, order.key, task, known, part_entries)
            begun.append((order, matrix, building))
        work = [
            (opener, order.matrix, building, unit)
            for order, _, building in begun
            for unit in _units(building)
        ]
        fuller = _run(work, task, scheduler)
        for _, matrix, building in begun:
            if building.target in fuller:
                density[building.target] = min(1.0, 2 * building.density)
                continue
            if building.missing():
                raise ConfigurationError(
                    f"The workers of {scheduler} do not write to this machine's {building.folder}; give a "
                    "cache folder and a source that all of them see."
                )
            building.finish(matrix, task)
    return [_there(order) for order in orders]


def _there(order: Order) -> GeneIndex:
    index = open_index(order.target, order.key)
    if index is None:
        raise ConfigurationError(f"{order.target} vanished while it was made; see what clears that folder.")
    return index


def _units(building: Building) -> list[list[int]]:
    """Parts that are made together."""
    missing = building.missing()
    return [missing] if building.columns and missing else [[part] for part in missing]


def _run(
    work: list[tuple[Opener, Path, Building, list[int]]], task: Task, scheduler: str | None
) -> set[Path]:
    """Do the tasks; targets whose matrix turned out fuller than planned."""
    dask: Any = import_module("dask")
    if not work:
        return set()
    total, done = len(work), 0
    lock = threading.Lock()

    def count() -> None:
        nonlocal done
        with lock:
            done += 1
        task.report("Indexing genes", done, total, "parts")

    def make_here(opener: Opener, path: Path, building: Building, parts: list[int]) -> Path | None:
        task.check()
        found = _make(opener, path, building, parts, Task(lambda _: task.check()))
        count()
        return found

    task.report("Indexing genes", 0, total, "parts")
    if scheduler is None:
        graph = [dask.delayed(make_here, pure=False)(*unit) for unit in work]
        threads = min(2, os.cpu_count() or 1)
        results = dask.compute(*graph, scheduler="threads", num_workers=threads)
    else:
        graph = [dask.delayed(_make, pure=False)(*unit) for unit in work]
        results = _on_cluster(graph, count, task, scheduler)
    return {path for path in results if path is not None}


def _on_cluster(graph: list[Any], count: Any, task: Task, scheduler: str) -> tuple[Any, ...]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise ConfigurationError(
            "Dask's clusters need the package 'distributed'; run 'pip install napari-abc[cluster]'."
        ) from error
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NetworkError(
            f"No Dask scheduler answers at {scheduler} ({error}); check the address, or leave it out."
        ) from error
    with client, client.as_current():
        # A worker that dies takes its task with it, which is then done elsewhere, however often.
        futures = client.compute(graph, retries=10)
        try:
            pending = set(futures)
            while pending:
                try:
                    state = distributed.wait(pending, timeout=_POLL_SECONDS, return_when="FIRST_COMPLETED")
                except TimeoutError:
                    task.check()
                    continue
                for future in state.done:
                    if future.status == "error":
                        raise _as_ours(future.exception(), scheduler)
                    count()
                pending = set(state.not_done)
            # A worker that died with answers makes them be worked out again, and that may take long, too.
            answers = client.gather(futures, asynchronous=True)
            return tuple(wait(asyncio.run_coroutine_threadsafe(answers, client.loop.asyncio_loop), task))
        finally:
            client.cancel(futures, force=True)


def _as_ours(error: BaseException, scheduler: str) -> BaseException:
    if isinstance(error, AbcError):
        return error
    return NetworkError(
        f"A task failed on the cluster at {scheduler} ({type(error).__name__}: {error}); see that its "
        "workers run this version of napari-abc and stay alive."
    )


def _make(
    opener: Opener, path: Path, building: Building, parts: list[int], task: Task | None = None
) -> Path | None:
    """Make parts of an index; the target where a part turned out fuller than planned."""
    wanted = [part for part in parts if part in set(building.missing())]
    try:
        building.make(wanted, _opened(opener, path, Stamp.of(path)), task or Task())
    except TooFullError:
        return building.target
    return None


@lru_cache(maxsize=4)
def _opened(opener: Opener, path: Path, stamp: Stamp) -> MatrixLike:
    """An opened matrix; kept, as a worker makes many parts of it. `stamp` tells it from a newer one."""
    return opener(path)
