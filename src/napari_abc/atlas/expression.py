"""Expression values of an atlas slab: which matrix a cell's values lie in, and its row there.

The matrices are gigabytes, so nothing is fetched until a gene is asked for. Rows are matched by
label once per matrix and kept beside the cells; genes are matched by the matrix's own identifiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import ExpressionError
from napari_abc.stores.atomic import save_atomically
from napari_abc.stores.matrix import open_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.atlas.catalogue import ExpressionRule
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.stores.cells import CellStore
    from napari_abc.stores.fetch import RemoteFile, Store
    from napari_abc.stores.matrix import Matrix
    from napari_abc.task import Task

__all__ = ["AtlasExpression"]


class AtlasExpression:
    """Values for the cells of one slab; an :class:`~napari_abc.model.ExpressionSource`.

    Parameters
    ----------
    units
        Kinds of values and their labels.
    rule
        How a cell's matrix is found.
    files, store
        Where the matrices are listed and fetched.
    cells
        The dataset's cells, with the columns that the rule names.
    slab, slab_column
        Label of the slab, and the column it comes from.
    kept
        (cells of the slab in the store,) True for those that the slab shows.
    """

    def __init__(
        self,
        units: Mapping[str, str],
        rule: ExpressionRule,
        files: DatasetFiles,
        store: Store,
        cells: CellStore,
        slab: str,
        slab_column: str,
        kept: NDArray[np.bool_],
    ) -> None:
        self._rule = rule
        self._files = files
        self._store = store
        self._cells = cells
        self._slab = slab
        self._slab_column = slab_column
        self._kept = kept
        self._groups = self._group_cells()
        self._matrices: dict[Path, Matrix] = {}
        self._kinds = {
            kind: unit
            for kind, unit in units.items()
            if any(files.matrix(*group, kind) for group in self._groups)
        }

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kinds of values that the release holds, each with its label for a colour bar."""
        return self._kinds

    def _group_cells(self) -> dict[tuple[str, str], NDArray[np.intp]]:
        """(directory, matrix) to the slab's cells (positions among those shown) that it holds."""
        import pandas as pd

        names = [name for name in (self._rule.directory_column, self._rule.matrix_column) if name]
        frame = self._cells.columns(names, self._slab).to_pandas()[self._kept].reset_index(drop=True)
        if self._rule.directory_column is None:
            frame.insert(0, "directory", self._rule.directories[0])
        frame = frame.astype(object)
        groups = pd.Series(frame.index, index=frame.index).groupby([frame.iloc[:, 0], frame.iloc[:, 1]])
        return {(str(key[0]), str(key[1])): rows.to_numpy() for key, rows in groups}

    def _matrix_files(self, kind: str) -> dict[tuple[str, str], RemoteFile]:
        found = {group: self._files.matrix(*group, kind) for group in self._groups}
        return {group: file for group, file in found.items() if file is not None}

    def download_bytes(self, kind: str) -> int:
        """Bytes that have to be fetched before the first gene of this kind; 0 when on disk."""
        files = self._matrix_files(kind).values()
        return sum(file.size or 0 for file in files if self._store.locate(file) is None)

    def read(self, identifiers: Sequence[str], kind: str, task: Task) -> NDArray[np.float32]:
        """Values of shape (cells of the slab, identifiers), NaN for cells that the matrix lacks.

        Raises
        ------
        ExpressionError
            If a matrix lacks a gene, or no matrix holds a cell of the slab.
        NetworkError, IntegrityError, FormatError, DiskFullError
            If a matrix can't be fetched or read.
        """
        values = np.full((int(self._kept.sum()), len(identifiers)), np.nan, dtype=np.float32)
        found = 0
        for group, file in self._matrix_files(kind).items():
            path = self._store.ensure(file, task)
            matrix = self._matrices.get(path) or self._matrices.setdefault(path, open_matrix(path))
            place = {identifier: column for column, identifier in enumerate(matrix.identifiers)}
            lacking = [identifier for identifier in identifiers if identifier not in place]
            if lacking:
                raise ExpressionError(
                    f"The gene table lists {', '.join(lacking)} but {path.name} lacks it; "
                    "ask for another gene."
                )
            mine = self._groups[group]
            rows = self._rows(matrix, file, task)[self._kept][mine]
            found += int(np.count_nonzero(rows >= 0))
            values[mine] = matrix.read([place[identifier] for identifier in identifiers], rows, task)
        if found == 0:
            raise ExpressionError(
                f"No cell of {self._slab} is in its expression matrix, so no gene can be shown; "
                "colour by taxonomy or metadata instead."
            )
        return values

    def _rows(self, matrix: Matrix, file: RemoteFile, task: Task) -> NDArray[np.int64]:
        """(cells of the slab in the store,) row of each in the matrix, -1 where absent.

        Matching millions of labels takes seconds, so the rows are kept in a file named after the
        contents of both sides: those of every slab where slabs share a matrix, else of this one.
        """
        shared = self._rule.matrix_column != self._slab_column
        scope = "all" if shared else str(self._cells.slabs[self._slab].group)
        path = self._cells.path.with_suffix("") / f"rows-{file.md5 or file.size}-{scope}.npy"
        count = self._cells.cells if shared else len(self._kept)
        rows = _load_rows(path, count)
        if rows is None:
            labels = self._cells.columns([self._cells.key], None if shared else self._slab).column(0)
            task.report(f"Matching cells with {matrix.path.name}", 0, count, "cells")
            rows = matrix.rows_of(labels)
            save_atomically(path, lambda out: np.save(out, rows, allow_pickle=False))
        start = self._cells.start(self._slab) if shared else 0
        return np.array(rows[start : start + len(self._kept)])


def _load_rows(path: Path, count: int) -> NDArray[np.int64] | None:
    try:
        rows: NDArray[np.int64] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):  # not there yet, or damaged: it is made again
        return None
    return rows if rows.shape == (count,) and rows.dtype == np.int64 else None
