"""Expression of a slab's cells, from a matrix file or a table in memory.

Rows are joined by cell id, once, when
the first gene is asked for. Where only counts are stored, log2 values are computed from them as
``log2(10,000 · count / total + 1)``, "total" being the cell's counts over all genes (controls left
out); the color bar says so.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from napari_abc.errors import ExpressionError, FormatError, MissingFileError
from napari_abc.io.ids import CellIds, as_text
from napari_abc.io.matrix._own_index import OwnIndex
from napari_abc.model import ExpressionSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from napari_abc.io.gene_index import GeneIndex, RowPlan
    from napari_abc.io.matrix._matrix import Matrix
    from napari_abc.model import Package
    from napari_abc.task import Task

__all__ = ["COMPUTED_LOG2", "Indexable", "MatrixExpression", "TableExpression", "looks_like_counts"]

COMPUTED_LOG2 = "log2(CP10k + 1)"
"""Label of log2 values that are computed from counts: counts per 10,000 of the cell, plus one."""


def looks_like_counts(values: NDArray[Any]) -> bool:
    """Whether values are whole numbers from 0 on, as counts are.

    Examples
    --------
    >>> looks_like_counts(np.array([0.0, 3.0])), looks_like_counts(np.array([0.5]))
    (True, False)
    """
    return bool(np.all(np.isfinite(values)) and np.all(values >= 0) and np.all(values == np.floor(values)))


def _log2(counts: NDArray[np.float32], totals: NDArray[np.float64]) -> NDArray[np.float32]:
    """``log2(10,000 · count / total + 1)``; 0 for cells without any count, NaN stays NaN."""
    factor = np.divide(1e4, totals, out=np.zeros_like(totals), where=totals > 0)
    return np.asarray(np.log2(counts * factor[:, None] + 1.0), np.float32)


def _check_shared(rows: NDArray[np.int64], cells: Any, index: CellIds, where: str) -> None:
    if len(rows) and len(index) and not (rows >= 0).any():
        raise ExpressionError(
            f"{where} shares no cell with the cells shown (its ids look like {index.ids[0].as_py()!r}, "
            f"theirs like {as_text(cells)[0].as_py()!r}), so no gene can be shown; choose the matrix of the "
            "same run."
        )


def _columns(identifiers: Sequence[str], known: Mapping[str, int], where: str) -> list[int]:
    lacking = [identifier for identifier in identifiers if identifier not in known]
    if lacking:
        raise ExpressionError(
            f"{where} has no column for {', '.join(map(repr, lacking[:5]))}; choose another gene, or the "
            "matrix of the same run."
        )
    return [known[identifier] for identifier in identifiers]


class _Kinds:
    """Kinds of values: those that are stored, and log2 where it is computed from counts."""

    def __init__(self, stored: Mapping[str, str], computed_log2: bool) -> None:
        self.computed = computed_log2 and "raw" in stored and "log2" not in stored
        self.units = {"log2": COMPUTED_LOG2, **stored} if self.computed else dict(stored)

    def check(self, kind: str, where: str) -> None:
        if kind not in self.units:
            have = " or ".join(self.units)
            raise ExpressionError(f"{where} has no {kind!r} values; ask for {have}.")


@runtime_checkable
class Indexable(Protocol):
    """Expression values that come faster once their gene-major indexes are made."""

    def index_missing(self, kind: str) -> tuple[str, ...]:
        """What tells the matrices of this kind that are at hand and have no index from any other."""
        ...

    def build_index(self, kind: str, task: Task, threads: int | None = 1) -> tuple[str, ...]:
        """Make the indexes of such matrices; meant for a background thread.

        Returns
        -------
        tuple of str
            Folders of the indexes.

        Raises
        ------
        AbcError
            If a matrix can't be read or an index can't be written.
        Cancelled
            If `task` was cancelled; finished parts are kept, and the next call goes on from there.
        """
        ...


class _OnDisk(ExpressionSource):
    """Values for which nothing has to be fetched."""

    _kinds: _Kinds

    @property
    def kinds(self) -> Mapping[str, str]:
        """Kinds of values, each with its label for a color bar."""
        return self._kinds.units

    def packages(
        self, kind: str, identifiers: Sequence[str] = (), rows: NDArray[np.bool_] | None = None
    ) -> tuple[Package, ...]:
        """Files that have to be fetched first: none."""
        return ()


class MatrixExpression(_OnDisk):
    """Expression values of a slab's cells from matrices on disk.

    Parameters
    ----------
    matrices
        A matrix a kind of value: ``{"raw": matrix}``, ``{"log2": matrix, "raw": other}``.
    units
        Label of each kind for a color bar.
    cells
        Ids of the slab's cells, in the order of its table; joined with the matrix's by exact text.
    rows
        Instead of ``cells``, where the rows are known: row of each cell in every matrix, -1 where
        there is none.
    identifiers
        Identifiers of the columns, a kind, where they are not those of the file.
    counted
        Columns of the raw matrix that count into a cell's total; None for all. Control probes
        should not.
    computed_log2
        Whether to offer log2 values that are computed from counts, where none are stored.

    Examples
    --------
    >>> source = MatrixExpression(
    ...     {"raw": open_matrix("run.h5ad")}, {"raw": "counts"}, cells=["a", "b"]
    ... )  # doctest: +SKIP
    >>> source.read(["Drd1"], "log2", Task())  # doctest: +SKIP
    array([[0.        ], [8.61374]], dtype=float32)
    """

    def __init__(
        self,
        matrices: Mapping[str, Matrix],
        units: Mapping[str, str],
        *,
        cells: Any = None,
        rows: NDArray[np.integer[Any]] | None = None,
        identifiers: Mapping[str, Sequence[str]] | None = None,
        counted: NDArray[np.bool_] | None = None,
        computed_log2: bool = True,
    ) -> None:
        self._matrices = dict(matrices)
        self._kinds = _Kinds({kind: units[kind] for kind in matrices}, computed_log2)
        self._cells = cells
        self._given = rows
        self._rows: dict[str, NDArray[np.integer[Any]]] = {}
        self._columns = {
            kind: {name: i for i, name in enumerate((identifiers or {}).get(kind, matrix.identifiers))}
            for kind, matrix in matrices.items()
        }
        self._counted = counted
        self._totals: NDArray[np.float64] | None = None
        self._indexes = {kind: OwnIndex(matrix) for kind, matrix in matrices.items()}
        self._plans: dict[str, tuple[GeneIndex, RowPlan]] = {}

    def __repr__(self) -> str:
        files = ", ".join(f"{kind} of {matrix.name}" for kind, matrix in self._matrices.items())
        return f"<MatrixExpression {files}>"

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_plans": {}}  # of indexes that are opened again

    def index_missing(self, kind: str) -> tuple[str, ...]:
        """The matrix, if an index would be felt and there is none; see :class:`Indexable`."""
        index = self._indexes.get(self._stored(kind))
        return (str(index.target),) if index is not None and index.missing() else ()

    def build_index(self, kind: str, task: Task, threads: int | None = 1) -> tuple[str, ...]:
        """Make the index of the matrix, however small; see :class:`Indexable`."""
        self._kinds.check(kind, "The file")
        return (self._indexes[self._stored(kind)].build(task, threads).location,)

    def _stored(self, kind: str) -> str:
        return "raw" if self._kinds.computed else kind

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells, identifiers), NaN for cells that the matrix lacks.

        All values are at hand, so those of all cells are read, whichever ``rows`` were asked for.

        Raises
        ------
        ExpressionError
            If the matrix shares no cell with the slab, lacks a gene, or has no such kind of values.
        FormatError
            If the file is damaged or was changed, or an id stands for several rows.
        """
        stored = self._stored(kind)
        self._kinds.check(
            kind, str(self._matrices[stored].path) if stored in self._matrices else "The matrix"
        )
        matrix = self._matrices[stored]
        columns = _columns(identifiers, self._columns[stored], str(matrix.path))
        places = self._rows_in(stored)
        values = self._from_index(stored, columns, places, task)
        if values is None:
            values = matrix.read(columns, places, task)
        if kind == stored:
            return values
        if self._totals is None:
            add_up = partial(matrix.totals, self._counted, task)
            self._totals = self._indexes[stored].totals(self._counted, add_up)
        return _log2(values, self._totals[places])

    def _from_index(
        self, kind: str, columns: Sequence[int], rows: NDArray[np.integer[Any]], task: Task
    ) -> NDArray[np.float32] | None:
        """Values from the gene-major index; None where there is none, or it is damaged."""
        try:
            index = self._indexes[kind].find()
            if index is None:
                return None
            plan = self._plans.get(kind)
            if plan is None or plan[0] is not index:
                plan = self._plans[kind] = (index, index.plan(rows))
            return index.read(columns, plan[1], task)
        except (FormatError, MissingFileError):
            self._indexes[kind].discard()
            return None

    def _rows_in(self, kind: str) -> NDArray[np.integer[Any]]:
        if self._given is not None:
            return self._given
        if kind not in self._rows:
            matrix = self._matrices[kind]
            rows = matrix.rows_of(self._cells)
            _check_shared(rows, self._cells, CellIds(matrix.cell_ids[:1], ""), str(matrix.path))
            self._rows[kind] = rows
        return self._rows[kind]


class TableExpression(_OnDisk):
    """Expression values of a slab's cells from a table of counts in memory.

    Parameters
    ----------
    table
        Counts: a row a cell, index the cell ids (text or whole numbers), a column a gene.
    cells
        Ids of the slab's cells, in the order of its table; joined with the index by exact text.
    where
        Name of the table's file, for messages.
    unit
        Label of the values for a color bar.
    counted
        Columns that count into a cell's total, (genes,); None for all.

    Examples
    --------
    >>> import pandas as pd
    >>> from napari_abc.task import Task
    >>> table = pd.DataFrame({"Drd1": [3, 0], "Drd2": [1, 2]}, index=["a", "b"])
    >>> source = TableExpression(table, ["b", "a"], "cell_by_gene.csv")
    >>> source.read(["Drd1"], "raw", Task()).tolist()
    [[0.0], [3.0]]
    >>> source
    <TableExpression raw of cell_by_gene.csv>
    """

    def __init__(
        self,
        table: pd.DataFrame,
        cells: Any,
        where: str,
        *,
        unit: str = "counts",
        counted: NDArray[np.bool_] | None = None,
    ) -> None:
        self._table = table
        self._cells = cells
        self._where = where
        self._kinds = _Kinds({"raw": unit}, True)
        self._columns = {str(name): i for i, name in enumerate(table.columns)}
        self._counted = counted
        self._rows: NDArray[np.int64] | None = None
        self._totals: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        return f"<TableExpression raw of {self._where}>"

    def read(
        self,
        identifiers: Sequence[str],
        kind: str,
        task: Task,
        rows: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Values of shape (cells, identifiers), NaN for cells that the table lacks.

        All values are at hand, so those of all cells are read, whichever ``rows`` were asked for.

        Raises
        ------
        ExpressionError
            If the table shares no cell with the slab, lacks a gene, or has no such kind of values.
        FormatError
            If an id stands for several rows, or a gene's values are no numbers.
        """
        self._kinds.check(kind, self._where)
        columns = _columns(identifiers, self._columns, self._where)
        if self._rows is None:
            index = CellIds(self._table.index, self._where)
            places = index.rows_of(self._cells)
            _check_shared(places, self._cells, index, self._where)
            self._rows = places
        task.check()
        values = np.full((len(self._rows), len(columns)), np.nan, np.float32)
        found = self._rows >= 0
        for slot, column in enumerate(columns):
            values[found, slot] = self._numbers(column, np.float32)[self._rows[found]]
        if kind == "raw":
            return values
        if self._totals is None:
            self._totals = self._add_up(task)
        return _log2(values, self._totals[self._rows])

    def _numbers(self, column: int, dtype: type[np.floating[Any]]) -> NDArray[Any]:
        try:
            return np.asarray(self._table.iloc[:, column].to_numpy(dtype))
        except (TypeError, ValueError) as error:
            raise FormatError(
                f"{self._where}: the column {str(self._table.columns[column])!r} holds something else than "
                f"numbers ({error}); write the file again."
            ) from error

    def _add_up(self, task: Task) -> NDArray[np.float64]:
        totals = np.zeros(len(self._table))
        count = self._table.shape[1]
        for column in range(count):  # by column, so that the table is never copied
            if self._counted is None or self._counted[column]:
                totals += self._numbers(column, np.float64)
            task.report(f"Adding up {self._where}", column + 1, count, "genes")
        return totals
