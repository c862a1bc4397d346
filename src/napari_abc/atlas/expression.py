"""Expression values of an atlas slab: which matrix a cell's values lie in, and its row there.

The matrices are gigabytes, so nothing is fetched until a gene is asked for. Where a gene-major index
of a matrix is at hand, or published beside the data, genes come from it and the matrix is left alone.
Rows are matched by label once per matrix and kept beside the cells; genes are matched by the
matrix's own identifiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_abc.errors import ExpressionError, FormatError, MissingFileError, NetworkError
from napari_abc.model import Package
from napari_abc.stores.atomic import save_atomically
from napari_abc.stores.matrix import open_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.atlas.catalogue import ExpressionRule
    from napari_abc.atlas.files import DatasetFiles
    from napari_abc.atlas.gene_indexes import GeneIndexes
    from napari_abc.stores.cells import CellStore
    from napari_abc.stores.fetch import RemoteFile, Store
    from napari_abc.stores.gene_index import GeneIndex
    from napari_abc.stores.index_rows import RowPlan
    from napari_abc.stores.matrix import Matrix
    from napari_abc.task import Task

__all__ = ["AtlasExpression"]

_UNASKED = 16 * 2**20
"""Cell labels of a published index up to this many bytes are fetched without asking."""


class AtlasExpression:
    """Values for the cells of one slab; an :class:`~napari_abc.model.ExpressionSource`.

    Parameters
    ----------
    units
        Kinds of values and their labels.
    rule
        How a cell's matrix is found.
    files, store, indexes
        Where the matrices are listed and fetched, and their gene-major indexes found.
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
        indexes: GeneIndexes,
        cells: CellStore,
        slab: str,
        slab_column: str,
        kept: NDArray[np.bool_],
    ) -> None:
        self._rule = rule
        self._files = files
        self._store = store
        self._indexes = indexes
        self._cells = cells
        self._slab = slab
        self._slab_column = slab_column
        self._kept = kept
        self._groups = self._group_cells()
        self._matrices: dict[Path, Matrix] = {}
        self._plans: dict[str, tuple[GeneIndex, RowPlan, int]] = {}
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

    def look_up(self, task: Task) -> None:
        """Look, once, whether indexes are published for matrices that are not on disk."""
        files = [file for kind in self._kinds for file in self._matrix_files(kind).values()]
        self._indexes.look_up(files, task)

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        """Files that have to be fetched before these genes of these cells can be read.

        Where an index is published, these are the labels of its cells, and none where that is little.
        """
        found = []
        for group, file in self._matrix_files(kind).items():
            mine = self._groups[group]
            cells = len(mine) if rows is None else int(np.count_nonzero(rows[mine]))
            size = self._to_fetch(file)
            if cells and size:
                found.append(Package(file.name, cells, size))
        return tuple(found)

    def download_bytes(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> int:
        """Bytes of :meth:`packages`; 0 when all is on disk."""
        return sum(package.bytes for package in self.packages(kind, identifiers, rows))

    def _to_fetch(self, file: RemoteFile) -> int:
        if self._store.locate(file) is not None:
            return 0
        index = self._indexes.find(file)
        if index is None or index.label_bytes is None:
            return file.size or 0
        known = index.is_local or self._rows_path(file)[0].exists()
        return 0 if known or index.label_bytes <= _UNASKED else index.label_bytes

    def index_missing(self, kind: str) -> bool:
        """Whether a matrix of this kind is on disk and has no index yet: a gene would come faster."""
        return any(self._indexes.missing(file) for file in self._matrix_files(kind).values())

    def build_index(self, kind: str, task: Task, threads: int | None = 1) -> None:
        """Make the indexes of the matrices of this kind that are on disk; later genes come from them.

        Meant for a background thread: one processor, 250 MB (350 MB where values are float64).

        Raises
        ------
        FormatError
            If a matrix is damaged.
        DiskFullError
            If there is no room for an index.
        Cancelled
            If `task` was cancelled; finished parts are kept, and the next call goes on from there.
        """
        for file in self._matrix_files(kind).values():
            if self._indexes.missing(file):
                self._indexes.build(file, task, threads)

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells of the slab, identifiers), NaN for cells that the matrix lacks.

        Raises
        ------
        ExpressionError
            If a matrix lacks a gene, or no matrix holds a cell of the slab.
        NetworkError, IntegrityError, FormatError, DiskFullError
            If a matrix can't be fetched or read.
        """
        count = int(self._kept.sum())
        values: NDArray[np.float32] | None = None
        found = 0
        for group, file in self._matrix_files(kind).items():
            mine = self._groups[group]
            index = self._usable(file)
            part, known = None, 0
            if index is not None:
                try:
                    part, known = self._read_index(index, file, mine, identifiers, task)
                except (FormatError, MissingFileError, NetworkError) as error:
                    # Never a wrong colour: without the index, or, where that would fetch gigabytes
                    # that nobody agreed to, not at all; asked again, the download is offered.
                    self._indexes.discard(file)
                    if self._store.locate(file) is None:
                        raise ExpressionError(
                            f"{error} Ask for the gene again to use the matrix itself."
                        ) from error
            if part is None:
                part, known = self._read_matrix(file, mine, identifiers, task)
            found += known
            if len(mine) == count:
                values = part
                break
            if values is None:
                values = np.full((count, len(identifiers)), np.nan, dtype=np.float32)
            values[mine] = part
        if values is None or found == 0:
            raise ExpressionError(
                f"No cell of {self._slab} is in its expression matrix, so no gene can be shown; "
                "colour by taxonomy or metadata instead."
            )
        return values

    def _usable(self, file: RemoteFile) -> GeneIndex | None:
        """The index of a file, if it can tell which of its rows are the slab's cells."""
        index = self._indexes.find(file)
        if index is None or index.label_bytes is not None or self._rows_path(file)[0].exists():
            return index
        return index if self._store.locate(file) is not None else None

    def _read_index(
        self,
        index: GeneIndex,
        file: RemoteFile,
        mine: NDArray[np.intp],
        identifiers: Sequence[str],
        task: Task,
    ) -> tuple[NDArray[np.float32], int]:
        columns = _columns(identifiers, index.places, file.name)
        kept = self._plans.get(file.key)
        if kept is None or kept[0] is not index:
            rows = self._rows(index, file, task)[self._kept][mine]
            kept = (index, index.plan(rows), int(np.count_nonzero(rows >= 0)))
            self._plans[file.key] = kept
        return index.read(columns, kept[1], task), kept[2]

    def _read_matrix(
        self, file: RemoteFile, mine: NDArray[np.intp], identifiers: Sequence[str], task: Task
    ) -> tuple[NDArray[np.float32], int]:
        path = self._store.ensure(file, task)
        matrix = self._matrices.get(path) or self._matrices.setdefault(path, open_matrix(path))
        places = {identifier: column for column, identifier in enumerate(matrix.identifiers)}
        columns = _columns(identifiers, places, path.name)
        rows = self._rows(matrix, file, task)[self._kept][mine]
        return matrix.read(columns, rows, task), int(np.count_nonzero(rows >= 0))

    def _rows_path(self, file: RemoteFile) -> tuple[Path, bool]:
        """Where the matrix's rows of the cells are kept, and whether those of all slabs together."""
        shared = self._rule.matrix_column != self._slab_column
        scope = "all" if shared else str(self._cells.slabs[self._slab].group)
        name = f"rows-{self._store.identity(file)}-{scope}.npy"
        return self._cells.path.with_suffix("") / name, shared

    def _rows(self, matrix: Matrix | GeneIndex, file: RemoteFile, task: Task) -> NDArray[np.int64]:
        """(cells of the slab in the store,) row of each in the matrix, -1 where absent.

        Matching millions of labels takes seconds, so the rows are kept in a file named after the
        contents of both sides: those of every slab where slabs share a matrix, else of this one.
        """
        path, shared = self._rows_path(file)
        count = self._cells.cells if shared else len(self._kept)
        rows = _load_rows(path, count)
        if rows is None:
            labels = self._cells.columns([self._cells.key], None if shared else self._slab).column(0)
            task.report(f"Matching cells with {file.name}", 0, count, "cells")
            rows = matrix.rows_of(labels)
            save_atomically(path, lambda out: np.save(out, rows, allow_pickle=False))
        start = self._cells.start(self._slab) if shared else 0
        return np.array(rows[start : start + len(self._kept)])


def _columns(identifiers: Sequence[str], places: Mapping[str, int], name: str) -> list[int]:
    lacking = [identifier for identifier in identifiers if identifier not in places]
    if lacking:
        raise ExpressionError(
            f"The gene table lists {', '.join(lacking)} but {name} lacks it; ask for another gene."
        )
    return [places[identifier] for identifier in identifiers]


def _load_rows(path: Path, count: int) -> NDArray[np.int64] | None:
    try:
        rows: NDArray[np.int64] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):  # not there yet, or damaged: it is made again
        return None
    return rows if rows.shape == (count,) and rows.dtype == np.int64 else None
