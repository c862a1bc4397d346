"""Row of each cell in its expression matrix, matched by label once and kept in a file.

Matching millions of labels takes seconds, so it is done for all cells of the store at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_abc.io.files import save_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.atlas.expression._packages import Groups, Name
    from napari_abc.io.cells import CellStore
    from napari_abc.io.gene_index import GeneIndex
    from napari_abc.io.matrix import GeneTable, Matrix
    from napari_abc.task import Task

    Rows = NDArray[np.int64]
    Labeled = Matrix | GeneIndex | GeneTable

__all__ = ["rows_in_matrix", "rows_in_table", "rows_path"]


def rows_path(cells: CellStore, identity: str, how: str) -> Path:
    """File of the rows, named after the contents of both sides.

    Parameters
    ----------
    cells
        The cells; the file lies in a folder beside theirs.
    identity
        What tells the matrix's content from any other.
    how
        Which cells of the store it is about: the digest of the groups that they form.
    """
    return cells.path.with_suffix("") / f"rows-{identity}-{how}.npy"


def rows_in_matrix(
    path: Path,
    opened: Callable[[], Labeled],
    groups: Groups,
    name: Name,
    kept: NDArray[np.bool_],
    task: Task,
) -> Rows:
    """Row in a matrix of each of its cells that a slab shows, -1 where absent.

    Parameters
    ----------
    path
        As :func:`rows_path` gives it.
    opened
        Gives what has the labels of the rows; called only if they are needed.
    groups, name
        Which cells lie in the matrix.
    kept
        (cells of the slab in the store,) True for those that the slab shows.
    """
    count, before, here = groups.members(name)

    def match() -> Rows:
        task.report(f"Matching cells with {name[1]}", 0, count, "cells")
        return opened().rows_of(groups.labels(name))

    mine = _kept(path, count, match)[before : before + int(np.count_nonzero(here))]
    return np.array(mine[kept[here]])


def rows_in_table(
    path: Path,
    opened: Callable[[], Labeled],
    cells: CellStore,
    slab: str | None,
    kept: NDArray[np.bool_],
    task: Task,
) -> Rows:
    """Row of each cell that a slab shows in a table of cells of all slabs, -1 where absent.

    See :func:`rows_in_matrix`; ``slab`` is None for all cells.
    """

    def match() -> Rows:
        task.report(f"Matching cells of {cells.path.stem}", 0, cells.cells, "cells")
        return opened().rows_of(cells.columns([cells.key]).column(0))

    start = cells.start(slab)
    return np.array(_kept(path, cells.cells, match)[start : start + len(kept)][kept])


def _kept(path: Path, count: int, match: Callable[[], Rows]) -> Rows:
    try:
        rows: Rows = np.load(path, mmap_mode="r", allow_pickle=False)
        if rows.shape == (count,) and rows.dtype == np.int64:
            return rows
    except (OSError, ValueError):  # not there yet, or damaged: it is made again
        pass
    rows = match()
    save_atomically(path, lambda out: np.save(out, rows, allow_pickle=False))
    return rows
