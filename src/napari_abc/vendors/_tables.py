"""Tables of a run (parquet, CSV, gzipped CSV), and the cells table made of one.

Ids stay exact: they are read as text, or as the whole numbers they were stored as.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from napari_abc.errors import FormatError, MissingFileError
from napari_abc.io.cells import to_frame
from napari_abc.io.ids import as_text
from napari_abc.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from _typeshed import WriteableBuffer

    from napari_abc.task import Task

__all__ = ["cells_table", "first_file", "genes_table", "header", "read_table", "require_columns", "run_label"]

_MAX_ROWS = 500_000_000
_MAX_BYTES = 16 * 2**30
"""Of a table in memory; what claims to be larger is damaged, or meant to harm."""
_MAX_HEADER = 16 * 2**20
_BLOCK = 8 * 2**20
_BATCH = 2**17
"""Rows of a parquet file that are taken at a time."""
_FEW = 4096
"""A text column with at most this many distinct values is stored as codes."""


def first_file(folder: Path, names: Collection[str]) -> Path | None:
    """The first of some files that is there."""
    return next((folder / name for name in names if (folder / name).is_file()), None)


def run_label(folder: Path, below: str) -> str:
    """Name of a run: its folder's, with that above where its own begins with ``below`` and tells nothing."""
    folder = folder.resolve()
    return f"{folder.parent.name} {folder.name}" if folder.name.startswith(below) else folder.name


def header(path: Path) -> list[str]:
    """Column names of a CSV.

    Raises
    ------
    FormatError
        If the first line is no header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline(_MAX_HEADER)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    names = next(csv.reader([line]), [])
    if not names or not line.endswith(("\n", "\r")):
        raise FormatError(f"{path} has no rows below a header; it may be cut off: copy the run again.")
    return names


def read_table(
    path: Path,
    ids: Collection[str],
    task: Task,
    columns: Collection[str] | None = None,
    numbers: Collection[str] = (),
    rows: Mapping[str, int] | None = None,
) -> pa.Table:
    """Read a table by its name's ending: ``.parquet``, ``.csv`` or ``.csv.gz``.

    Parameters
    ----------
    ids
        Columns that a CSV's are read as text, whatever they look like.
    columns
        Columns to read; those that are not there are passed over. None for all.
    numbers
        Columns that a CSV's are read as float32.
    rows
        Of a parquet file, keep only rows whose columns have these values.

    Raises
    ------
    FormatError
        If the table is malformed, cut off, or claims to be larger than any run.
    """
    if path.name.endswith(".parquet"):
        table = _read_parquet(path, columns, rows or {}, task)
    else:
        table = _read_csv(path, ids, columns, numbers, task)
    pa.default_memory_pool().release_unused()  # what decoding took goes back to the system
    return table


def _unreadable(path: Path, error: Exception) -> FormatError | MissingFileError:
    reason = " ".join(str(error).split())[:200]
    if isinstance(error, PermissionError):
        return MissingFileError(f"{path} can't be read; check its permissions.")
    return FormatError(f"{path} can't be read ({reason}); it may be cut off: copy the run again.")


def _read_parquet(
    path: Path, columns: Collection[str] | None, rows: Mapping[str, int], task: Task
) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            meta = file.metadata
            claimed = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
            _check_size(path, meta.num_rows, claimed)
            names = None if columns is None else [n for n in file.schema_arrow.names if n in columns]
            schema = file.schema_arrow
            if names is not None:
                schema = pa.schema([schema.field(name) for name in names])
            batches = []
            done = 0
            for batch in file.iter_batches(_BATCH, columns=names):
                task.report(f"Reading {path.name}", done, meta.num_rows, "rows")
                done += batch.num_rows
                for name, value in rows.items():
                    batch = batch.filter(pc.equal(batch.column(name), value))
                batches.append(batch)
            return pa.Table.from_batches(batches, schema)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise _unreadable(path, error) from error


def _check_size(path: Path, rows: int, size: int) -> None:
    if rows > _MAX_ROWS or size > _MAX_BYTES:
        raise FormatError(
            f"{path} claims to hold {rows:,} rows in {bytes_text(size)}, more than any run; copy "
            "the run again."
        )


def _read_csv(
    path: Path, ids: Collection[str], columns: Collection[str] | None, numbers: Collection[str], task: Task
) -> pa.Table:
    size = path.stat().st_size
    done = 0
    zipped = path.name.endswith(".gz")
    try:
        with path.open("rb") as raw:
            content: BinaryIO = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]

            # pyarrow pulls blocks through this object, which is where progress is said and a cancel felt.
            class Reporting(io.RawIOBase):
                def readable(self) -> bool:
                    return True

                def readinto(self, buffer: WriteableBuffer) -> int:
                    nonlocal done
                    block = content.read(memoryview(buffer).nbytes)
                    memoryview(buffer)[: len(block)] = block
                    done += len(block)
                    _check_size(path, 0, done)
                    task.report(f"Reading {path.name}", min(raw.tell() if zipped else done, size), size)
                    return len(block)

            options = {
                "read_options": arrow_csv.ReadOptions(block_size=_BLOCK),
                "convert_options": arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(numbers, pa.float32()) | dict.fromkeys(ids, pa.string()),
                    null_values=["", "NaN", "nan", "NA", "N/A"],
                    strings_can_be_null=False,
                    include_columns=None if columns is None else sorted(columns),
                    include_missing_columns=columns is not None,
                ),
            }
            if numbers:
                # Types need not be guessed, so that blocks can be read one by one, in less memory.
                with arrow_csv.open_csv(Reporting(), **options) as reader:
                    table = reader.read_all()
            else:
                table = arrow_csv.read_csv(Reporting(), **options)
    except (pa.ArrowException, OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        if isinstance(error, FormatError):
            raise
        raise _unreadable(path, error) from error
    if columns is not None:  # those that are not in the file come as columns of nothing
        table = table.select([n for n in table.column_names if not pa.types.is_null(table.field(n).type)])
    return table


def require_columns(table: pa.Table, names: Collection[str], path: Path) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    FormatError
        Naming the file and the columns.
    """
    lacking = [name for name in names if name not in table.column_names]
    if lacking:
        raise FormatError(
            f"{path} has no column {', '.join(map(repr, lacking))}; open the folder as the "
            "instrument wrote it."
        )


def cells_table(
    table: pa.Table, ids: str, x: str, y: str, path: Path
) -> tuple[pd.DataFrame, int, tuple[str, ...]]:
    """Make a slab's cells of a vendor's table.

    Parameters
    ----------
    table
        As read.
    ids, x, y
        Columns that hold the cells' ids and coordinates.
    path
        Where it was read from, for messages.

    Returns
    -------
    cells
        Index ``cell_label`` (text), columns ``x`` and ``y``, then the others; only cells that have
        coordinates. Text of few distinct values is categorical; columns without any value are
        left out.
    unplaced
        Number of cells without coordinates.
    notes
        What was left out, in sentences.

    Raises
    ------
    FormatError
        If a column is missing, or ids are not exact.
    """
    require_columns(table, (ids, x, y), path)
    try:
        labels = as_text(table.column(ids))
        xy = np.column_stack([table.column(name).cast(pa.float64()).to_numpy() for name in (x, y)])
    except pa.ArrowException as error:
        raise _unreadable(path, error) from error
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    if len(labels) and pc.any(pc.match_substring_regex(labels, r"^[0-9.]+[eE]\+[0-9]+$")).as_py():
        raise FormatError(
            f"{path} has rounded cell ids such as {_rounded(labels)!r}, so cells can't be told apart; "
            "export it again with ids as text."
        )
    notes = []
    # A cell needs an id of its own, or nothing can be joined to it.
    named = pc.and_(pc.is_valid(labels), pc.not_equal(labels, "")).fill_null(False).to_numpy(False)
    kept = named & ~pd.Series(labels.to_numpy(False)).duplicated().to_numpy()
    if not kept.all():
        count = int((~kept).sum())
        said = f"1 row of {path.name} repeats a cell id or has none, and is left out."
        if count > 1:
            said = f"{count:,} rows of {path.name} repeat a cell id or have none, and are left out."
        notes.append(said)
    placed = np.isfinite(xy).all(axis=1)
    unplaced = int((kept & ~placed).sum())
    if unplaced:
        notes.append(f"{int((kept & placed).sum()):,} of {int(kept.sum()):,} cells have coordinates.")
    rows = np.flatnonzero(kept & placed)
    cells = pd.DataFrame(
        {"x": xy[rows, 0], "y": xy[rows, 1]},
        index=pd.Index(labels.to_numpy(False)[rows], name="cell_label", dtype=object),
    )
    rest = _compact(table.select([n for n in table.column_names if n not in (ids, x, y, "x", "y")]))
    if rest.num_columns:
        cells = cells.join(to_frame(rest.take(rows)).set_axis(cells.index))
    return cells, unplaced, tuple(notes)


def genes_table(identifiers: Collection[str] = (), **columns: Any) -> pd.DataFrame:
    """Table of a run's genes: index ``gene_identifier``; ``gene_symbol`` and what else is given."""
    index = pd.Index(list(identifiers), name="gene_identifier", dtype=object)
    return pd.DataFrame(columns or {"gene_symbol": []}, index=index, dtype=None if columns else object)


def _rounded(labels: pa.Array) -> str:
    return str(labels.filter(pc.match_substring_regex(labels, "[eE]"))[0])


def _compact(table: pa.Table) -> pa.Table:
    """Columns that can be shown: no empty ones, none twice, text as codes where few values are distinct."""
    seen: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if not name or name in seen or column.null_count == len(column) > 0 or pa.types.is_nested(kind):
            continue
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            continue
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, kind), column)
            if column.null_count == len(column) > 0:
                continue
            if pc.count_distinct(column).as_py() <= min(_FEW, max(64, len(column) // 4)):
                column = column.dictionary_encode().unify_dictionaries()
        seen[name] = column
    return pa.table(seen)
