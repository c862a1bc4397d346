"""Tables with the values of a few genes in millions of cells: read once as CSV, then column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from napari_abc.errors import FormatError
from napari_abc.io.files import save_atomically
from napari_abc.io.ids import CellIds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["GeneTable", "build_gene_table"]

_BLOCK = 2**21
"""Bytes that become a batch of rows; pyarrow reads some tens of them ahead."""
_GROUP_ROWS = 2**18
"""Rows that are held before they are written: 10 MB for ten genes."""


class GeneTable:
    """Values of some genes, a column each, on disk; made by :func:`build_gene_table`.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    symbols
        Name of each column.
    cells
        Number of rows.

    Raises
    ------
    FormatError
        If the file is not such a table.

    Examples
    --------
    >>> table = GeneTable(path)  # doctest: +SKIP
    >>> table.read(["Slc17a7"], table.rows_of(["1015221640100570215"]))  # doctest: +SKIP
    array([[8.25]], dtype=float32)
    """

    def __repr__(self) -> str:
        return f"<GeneTable {self.path.name}: {self.cells:,} cells, {len(self.symbols)} genes>"

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                self._key, *symbols = file.schema_arrow.names
                self.symbols: tuple[str, ...] = tuple(symbols)
                self.cells = int(file.metadata.num_rows)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def rows_of(self, cell_ids: Any) -> NDArray[np.int64]:
        """Row of each cell id, -1 where there is no such cell; compared as exact text.

        Raises
        ------
        FormatError
            If an id stands for several rows.
        """
        return CellIds(self._column(self._key), str(self.path)).rows_of(cell_ids)

    def read(self, symbols: Sequence[str], rows: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Values of some genes in some cells.

        Parameters
        ----------
        symbols
            Names of columns.
        rows
            Numbers of the rows; -1 for a cell that the table lacks.

        Returns
        -------
        array of float32, (rows, symbols)
            NaN where ``rows`` is -1, or the table has no value.
        """
        values = np.empty((len(rows), len(symbols)), np.float32)
        lacking = rows < 0
        for place, symbol in enumerate(symbols):
            column = self._column(symbol).to_numpy()
            # Row -1 takes the last value, which is overwritten.
            values[:, place] = column.take(rows, mode="wrap") if len(column) else np.nan
        values[lacking] = np.nan
        return values

    def _column(self, name: str) -> pa.ChunkedArray:
        try:
            with pq.ParquetFile(self.path) as file:
                return file.read(columns=[name]).column(0)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> FormatError:
        why = " ".join(str(error).split())[:200]
        return FormatError(f"{self.path.name} can't be read ({why}); delete it to have it made again.")


def build_gene_table(source: Path, target: Path, key: str, task: Task) -> GeneTable:
    r"""Convert a CSV with a column of cell ids and a column a gene; some rows at a time.

    Parameters
    ----------
    source
        The CSV.
    target
        File to write; it appears only when it is whole.
    key
        Column of the cell ids; the first if there is none of that name.
    task
        Progress in bytes; can cancel.

    Raises
    ------
    FormatError
        If the file is no such table, or is cut off within a row.
    DiskFullError
        If there is no room.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from napari_abc.task import Task
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = pathlib.Path(folder) / "example.csv"
    ...     _ = source.write_text("cell_label,Slc17a7,Tac2\na,8.25,0\nb,,1.5\n")
    ...     table = build_gene_table(source, source.with_suffix(".parquet"), "cell_label", Task())
    ...     table, table.read(["Slc17a7"], table.rows_of(["b", "a"]))[:, 0].tolist()
    (<GeneTable example.parquet: 2 cells, 2 genes>, [nan, 8.25])
    """
    size = source.stat().st_size

    def report(batches: int) -> None:
        task.report(f"Reading {source.name}", min(batches * _BLOCK, size), size)

    try:
        with csv.open_csv(source) as reader:
            names = reader.schema.names
        if len(set(names)) < len(names):
            raise FormatError(f"{source.name} has a column twice; fetch it again.")
        labels = key if key in names else names[0]
        order = [labels, *(name for name in names if name != labels)]
        reading = csv.ReadOptions(block_size=_BLOCK)
        converting = csv.ConvertOptions(
            column_types=dict.fromkeys(order, pa.float32()) | {labels: pa.string()},
            null_values=["", "NaN", "nan"],
            include_columns=order,
        )
        with csv.open_csv(source, read_options=reading, convert_options=converting) as reader:
            save_atomically(target, lambda out: _write(reader, out, report))
    except pa.ArrowInvalid as error:
        why = " ".join(str(error).split())[:200]
        raise FormatError(
            f"{source.name} can't be read as a table of genes ({why}); it may be cut off: fetch it again."
        ) from error
    return GeneTable(target)


def _write(reader: Any, out: BinaryIO, report: Callable[[int], None]) -> None:
    # A missing number is NaN, so that a column is read without a mask.
    fields = [pa.field(field.name, field.type, nullable=i == 0) for i, field in enumerate(reader.schema)]
    schema = pa.schema(fields)
    held: list[pa.RecordBatch] = []

    def flush() -> None:
        table = pa.Table.from_batches(held, reader.schema)
        columns = [table.column(0), *(pc.fill_null(column, np.nan) for column in table.columns[1:])]
        writer.write_table(pa.table(columns, schema=schema), row_group_size=max(1, len(table)))
        held.clear()

    with pq.ParquetWriter(
        out, schema, compression="zstd", compression_level=1, use_dictionary=False
    ) as writer:
        for number, batch in enumerate(reader, 1):
            held.append(batch)
            report(number)
            if sum(map(len, held)) >= _GROUP_ROWS:
                flush()
        if held:
            flush()
