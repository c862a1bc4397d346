"""Expression matrices as they lie on disk: h5ad and 10x Genomics' HDF5.

:func:`open_matrix` looks at names and shapes only. :meth:`Matrix.read` then opens the file, reads
the blocks that hold the wanted rows of the wanted genes, and closes it again: no handle stays
open, so that the file can be moved or deleted at any time, on Windows too.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import h5py
import numpy as np

from napari_abc.errors import ConfigurationError, FormatError
from napari_abc.io.files import Stamp
from napari_abc.io.ids import CellIds
from napari_abc.io.matrix._columns import read_csc, read_csr, read_dense, sum_csc, sum_csr, sum_dense
from napari_abc.io.matrix._h5table import read_column, read_index, read_text, row_count
from napari_abc.io.matrix._hdf5 import Placement, VectorReader, check_storage, child, locate, open_hdf5
from napari_abc.io.matrix._layout import check_matrix, check_sparse, matrix_layers
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["SYMBOL_COLUMNS", "Matrix", "layer_names", "open_10x_matrix", "open_matrix"]

SYMBOL_COLUMNS = (
    "gene_symbol",
    "gene_symbols",
    "symbol",
    "feature_name",
    "gene_name",
    "gene_names",
    "gene",
)
"""Columns of ``var`` that hold gene symbols, in order of preference; else the index does."""

_SAMPLE = 100_000


@dataclass(eq=False)
class Matrix:
    """Cells × genes on disk; made by :func:`open_matrix` or :func:`open_10x_matrix`.

    Use one from one thread at a time; the reading itself is spread over several.

    Attributes
    ----------
    path
        The file.
    shape
        Cells, genes.
    identifiers
        Identifier of each gene (column) as the file has it; may repeat in careless h5ad files.
    symbols
        Gene symbol of each column, None where the file gives none (control probes, say).
    feature_types
        Type of each column in a 10x file (``"Gene Expression"``, ``"Negative Control Probe"``,
        ...); None for h5ad.
    var
        Where the file has its table of genes: ``"var"``, ``"raw/var"``, or ``"matrix/features"``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import anndata
    >>> import numpy as np
    >>> import pandas as pd
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "eye.h5ad"
    >>> names = {"obs": pd.DataFrame(index=["a", "b"]), "var": pd.DataFrame(index=["Drd1", "Drd2"])}
    >>> anndata.AnnData(np.eye(2), **names).write_h5ad(path)
    >>> matrix = open_matrix(path)
    >>> matrix
    <Matrix eye.h5ad: X, 2 cells, 2 genes, dense>
    >>> matrix.read([1], matrix.rows_of(["b", "nobody", "a"]))[:, 0].tolist()
    [1.0, nan, 0.0]
    >>> folder.cleanup()
    """

    path: Path
    shape: tuple[int, int]
    identifiers: list[str]
    symbols: list[str | None]
    feature_types: list[str] | None
    var: str
    _layout: Literal["csr", "csc", "dense"]
    _node: str
    _read_cell_ids: Callable[[h5py.File], pa.Array]
    _stamp: Stamp
    _cell_ids: CellIds | None = None
    _indptr: NDArray[np.integer[Any]] | None = None
    _places: dict[str, Placement] = field(default_factory=dict)

    def __repr__(self) -> str:
        cells, genes = self.shape
        return f"<Matrix {self.name}: {self._node}, {cells:,} cells, {genes:,} genes, {self._layout}>"

    def __getstate__(self) -> dict[str, Any]:
        # What is read once and kept is read again where it is unpickled: it may be as large as the file.
        return vars(self) | {"_cell_ids": None, "_indptr": None, "_places": {}}

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def layout(self) -> Literal["csr", "csc", "dense"]:
        """How the values lie: ``"csr"``, ``"csc"`` or ``"dense"``."""
        return self._layout

    @property
    def node(self) -> str:
        """Where the values lie in the file: ``"X"``, ``"layers/counts"``."""
        return self._node

    @property
    def stamp(self) -> Stamp:
        """Size and time of the file when it was opened."""
        return self._stamp

    @property
    def cell_ids(self) -> pa.Array:
        """Id of each cell (row) as text, (cells,); read at first use and kept.

        Raises
        ------
        FormatError
            If they are not text or whole numbers, or the file is damaged.
        """
        return self._ids().ids

    def rows_of(self, cell_ids: Any) -> NDArray[np.int64]:
        """Row of each cell id, -1 where the matrix has no such cell; compared as exact text.

        Raises
        ------
        FormatError
            If an id that is asked for stands for several rows
            (see :meth:`~napari_abc.io.ids.CellIds.rows_of`).
        """
        return self._ids().rows_of(cell_ids)

    def _ids(self) -> CellIds:
        if self._cell_ids is None:
            with self._opened() as file:
                ids = CellIds(self._read_cell_ids(file), str(self.path))
            if len(ids) != self.shape[0]:
                raise FormatError(
                    f"{self.path} has {len(ids):,} cell ids for {self.shape[0]:,} rows; "
                    "get or write it again."
                )
            self._cell_ids = ids
        return self._cell_ids

    def read(
        self, columns: Sequence[int], rows: NDArray[np.integer[Any]] | None = None, task: Task | None = None
    ) -> NDArray[np.float32]:
        """Values of some genes in some cells, in one pass over the file.

        Parameters
        ----------
        columns
            Numbers of the columns, in any order.
        rows
            Numbers of the rows in any order, also repeated; -1 for a cell that the matrix lacks.
            None for all rows.
        task
            Told of each block; stops the reading when cancelled.

        Returns
        -------
        array of float32, (rows, columns)
            NaN where ``rows`` is -1. Duplicate entries of a sparse matrix are summed, in float32;
            NaN and infinite values are passed on.

        Raises
        ------
        ConfigurationError
            If a row or column number is out of range.
        FormatError
            If the file is damaged, or was replaced since it was opened.
        """
        picked = np.asarray(columns, np.int64).reshape(-1)
        asked = np.arange(self.shape[0]) if rows is None else np.asarray(rows, np.int64).reshape(-1)
        for numbers, low, size, what in (
            (picked, 0, self.shape[1], "column"),
            (asked, -1, self.shape[0], "row"),
        ):
            if len(numbers) and not low <= int(numbers.min()) <= int(numbers.max()) < size:
                raise ConfigurationError(
                    f"{self.path} has {size:,} {what}s; ask for {what}s 0 to {size - 1:,}."
                )
        distinct, slot_of = np.unique(picked, return_inverse=True)
        placed = asked if rows is None else asked[asked >= 0]
        if np.all(placed[1:] > placed[:-1]):
            wanted, place_of = placed, None
        else:
            wanted, place_of = np.unique(placed, return_inverse=True)
        values = np.zeros((len(wanted), len(distinct)), np.float32)
        if values.size:
            self._fill(values, wanted, distinct, task or Task())
        if not np.array_equal(distinct, picked):
            values = values[:, slot_of]
        if place_of is not None:
            values = values[place_of]
        if len(placed) == len(asked):
            return values
        out = np.full((len(asked), len(picked)), np.nan, np.float32)
        out[asked >= 0] = values
        return out

    def totals(
        self, counted: NDArray[np.bool_] | None = None, task: Task | None = None
    ) -> NDArray[np.float64]:
        """Sum of each row over the columns that are ``counted`` (None: all), in one pass, (cells,).

        Raises
        ------
        FormatError
            If the file is damaged, or was replaced since it was opened.
        """
        mask = np.ones(self.shape[1], bool) if counted is None else np.asarray(counted, bool)
        if not (mask.any() and self.shape[0]):
            return np.zeros(self.shape[0])
        progress = _reporter(task or Task(), f"Adding up {self.path.name}")
        if self._layout == "dense":
            with self.dense() as dataset:
                return sum_dense(dataset, mask, progress)
        with self.compressed() as (indptr, indices, data):
            if self._layout == "csr":
                return sum_csr(indices, data, indptr, mask, progress)
            return sum_csc(indices, data, indptr, mask, self.shape[0], progress)

    def sample(self) -> NDArray[np.float64]:
        """Stored values from the beginning, the middle and the end, to tell what kind they are."""
        if self._layout == "dense":
            with self.dense() as dataset:
                if not dataset.size:
                    return np.empty(0)
                count = min(max(1, _SAMPLE // dataset.shape[1]), dataset.shape[0])
                parts = [dataset[i : i + count].ravel() for i in _thirds(dataset.shape[0], count)]
        else:
            with self._opened() as file, closing(self._reader(file, "data")) as data:
                count = min(_SAMPLE, data.size)
                parts = [data.read(i, i + count).copy() for i in _thirds(data.size, count)]
        return np.concatenate(parts).astype(np.float64)

    def _fill(
        self, out: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.int64], task: Task
    ) -> None:
        genes = f"{len(columns)} genes" if len(columns) > 1 else "a gene"
        progress = _reporter(task, f"Reading {genes} of {self.path.name}")
        if self._layout == "dense":
            with self.dense() as dataset:
                read_dense(dataset, rows, columns, out, progress)
            return
        with self.compressed() as (indptr, indices, data):
            if self._layout == "csr":
                read_csr(indices, data, indptr, rows, columns, self.shape[1], out, progress)
            else:
                read_csc(indices, data, indptr, rows, columns, self.shape[0], out, progress)

    @contextmanager
    def _opened(self) -> Iterator[h5py.File]:
        """The file, for as long as the block lasts; refused if it was replaced since."""
        with open_hdf5(self.path) as file:
            if Stamp.of(self.path) != self._stamp:
                raise FormatError(f"{self.path} was changed since it was opened; open it again.")
            yield file

    @contextmanager
    def dense(self) -> Iterator[h5py.Dataset]:
        """The values of a dense matrix, whose file is open as long as the block lasts."""
        with self._opened() as file:
            yield check_storage(child(file, self._node))

    def _reader(self, file: h5py.File, part: str) -> VectorReader:
        dataset = child(file, f"{self._node}/{part}")
        if part not in self._places:
            self._places[part] = locate(dataset)
        return VectorReader(dataset, self._places[part])

    @contextmanager
    def compressed(self) -> Iterator[tuple[NDArray[np.integer[Any]], VectorReader, VectorReader]]:
        """``indptr``, checked, ``indices`` and ``data`` of a compressed matrix.

        The file is open as long as the block lasts.

        Raises
        ------
        FormatError
            If ``indptr`` does not rise from 0 to the number of values.
        """
        with (
            self._opened() as file,
            closing(self._reader(file, "indices")) as indices,
            closing(self._reader(file, "data")) as data,
        ):
            if self._indptr is None:
                self._indptr = self._read_indptr(file, indices.size)
            yield self._indptr, indices, data

    def _read_indptr(self, file: h5py.File, size: int) -> NDArray[np.integer[Any]]:
        indptr = np.asarray(check_storage(child(file, f"{self._node}/indptr"))[:])
        indptr = indptr.astype(indptr.dtype.newbyteorder("="), copy=False)
        if indptr[0] != 0 or indptr[-1] != size or np.any(indptr[1:] < indptr[:-1]):
            raise FormatError(
                f"{self.path}: {self._node}/indptr does not rise from 0 to the number of values; "
                "get or write the file again."
            )
        return indptr


# How cell ids are read is told by functions of this module, so that a matrix can be pickled.


def _obs_names(file: h5py.File) -> pa.Array:
    return read_index(file, "obs")


def _barcodes(file: h5py.File) -> pa.Array:
    return read_text(child(file, "matrix/barcodes"))


def _thirds(size: int, count: int) -> list[int]:
    """Where the first, the middle and the last ``count`` of ``size`` start."""
    return sorted({0, max(0, (size - count) // 2), max(0, size - count)})


def _reporter(task: Task, what: str) -> Callable[[int, int], None]:
    def report(done: int, total: int) -> None:
        task.report(what, done, total, "blocks")

    return report


def open_matrix(path: str | Path, layer: str | None = None) -> Matrix:
    """Open the expression matrix of an h5ad file, reading names and shapes only.

    Parameters
    ----------
    path
        The file.
    layer
        None for ``X``; ``"raw"`` (or ``"raw/X"``) for what scanpy set aside; else a name of ``layers``.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no h5ad file, has no such layer, is damaged, or its shapes don't fit together.

    Examples
    --------
    >>> open_matrix("nowhere.h5ad")
    Traceback (most recent call last):
    napari_abc.errors.MissingFileError: There is no file nowhere.h5ad; check the path.
    """
    path = Path(path)
    with open_hdf5(path) as file:
        node, var = "X", "var"
        if layer in ("raw", "raw/X"):
            if child(file, "raw/X") is not None:
                node, var = "raw/X", "raw/var"
            elif child(file, "raw.X") is not None:  # before anndata 0.7
                node, var = "raw.X", "raw.var"
            else:
                node = "layers/raw"
        elif layer is not None:
            node = f"layers/{layer.removeprefix('layers/')}"
        matrix = child(file, node)
        if matrix is None:
            have = ", ".join(matrix_layers(file)) or "none"
            raise FormatError(f"{path} has no matrix {node!r} (layers: {have}); write it with anndata.")
        parent, name = (child(file, "raw"), "var") if var == "raw/var" else (file, var)
        shape = (row_count(file, "obs"), row_count(parent, name))
        layout = check_matrix(matrix, shape, path)
        identifiers = read_index(parent, name).to_pylist()
        symbols: list[str | None] = list(identifiers)
        for column in SYMBOL_COLUMNS:
            series = read_column(parent, name, column)
            if series is not None:
                known = series.notna()
                symbols = [str(symbol) if here else None for symbol, here in zip(series, known, strict=True)]
                break
        return Matrix(
            path,
            shape,
            identifiers,
            symbols,
            None,
            var,
            layout,
            node,
            _obs_names,
            Stamp.of(path),
        )


def open_10x_matrix(path: str | Path) -> Matrix:
    """Open the ``cell_feature_matrix.h5`` of a Xenium run, or any HDF5 matrix of 10x Genomics.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is not such a file, is damaged, or its shapes don't fit together.

    Examples
    --------
    >>> open_10x_matrix("run/cell_feature_matrix.h5")  # doctest: +SKIP
    <Matrix cell_feature_matrix.h5: matrix, 2,430 cells, 541 genes, csr>
    """
    path = Path(path)
    with open_hdf5(path) as file:
        parts = {}
        for name in ("barcodes", "shape", "features/id", "features/name", "features/feature_type"):
            part = child(file, f"matrix/{name}")
            if not isinstance(part, h5py.Dataset):
                raise FormatError(
                    f"{path} has no 'matrix/{name}', so it is no feature-barcode matrix of Cell Ranger 3 or "
                    "newer, or of Xenium; choose cell_feature_matrix.h5."
                )
            parts[name] = part
        lists = [read_text(parts[f"features/{name}"]).to_pylist() for name in ("id", "name", "feature_type")]
        shape = (int(parts["barcodes"].size), len(lists[0]))
        claimed = tuple(int(size) for size in parts["shape"][:])
        if claimed != shape[::-1] or any(len(names) != shape[1] for names in lists):
            raise FormatError(
                f"{path}: the matrix is {claimed}, but there are {shape[1]:,} features and {shape[0]:,} "
                "barcodes; get the file again."
            )
        # Column-compressed features × cells is the same as row-compressed cells × features.
        check_sparse(child(file, "matrix"), shape[0], path)
        return Matrix(
            path,
            shape,
            lists[0],
            lists[1],
            lists[2],
            "matrix/features",
            "csr",
            "matrix",
            _barcodes,
            Stamp.of(path),
        )


def layer_names(path: str | Path) -> list[str]:
    """Names that :func:`open_matrix` takes as ``layer`` for this file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FormatError
        If it is no HDF5 file, or damaged.

    Examples
    --------
    >>> layer_names("mine.h5ad")  # doctest: +SKIP
    ['counts', 'raw']
    """
    with open_hdf5(Path(path)) as file:
        return matrix_layers(file)
