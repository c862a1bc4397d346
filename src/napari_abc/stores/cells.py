"""The cells of a dataset as one columnar file, joined once and sorted by slab.

A release ships the cells as several CSVs of up to a gigabyte, each in its own row order. They are
read once, joined by key, sorted by slab and written as one Parquet file with a row group a slab, so
that opening a slab reads its own rows and listing slabs reads the footer only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from napari_abc.errors import FormatError, UnknownNameError
from napari_abc.stores.atomic import save_atomically
from napari_abc.stores.tables import read_large_table, require_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["FORMAT", "CellStore", "SlabRows", "SourceTable", "build_cells"]

FORMAT = 1
"""Version of the layout; part of the name of every store, so that an older one is never read."""

_META = b"napari_abc"


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A CSV that adds columns to the cells."""

    path: Path
    key: str
    """Column its rows are matched by; text."""
    rename: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlabRows:
    """A slab in the store."""

    label: str
    """Empty for the cells that belong to no slab."""
    cells: int
    placed: int
    """Cells that have coordinates."""
    sections: int
    order: float | None
    group: int
    """Row group in the file."""


class CellStore:
    """A dataset's cells on disk, by slab.

    Parameters
    ----------
    path
        File written by :func:`build_cells`.

    Raises
    ------
    FormatError
        If the file is not such a store.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                meta = json.loads(file.schema_arrow.metadata[_META])
                self.key: str = file.schema_arrow.names[0]
                rows = [SlabRows(**row) for row in meta["slabs"]]
                sizes = [file.metadata.row_group(row.group).num_rows for row in rows]
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            raise FormatError(
                f"The cell store {path.name} can't be read ({error}); delete it to have it built again."
            ) from error
        self.notes: tuple[str, ...] = tuple(meta["notes"])
        self.slabs: dict[str, SlabRows] = {row.label: row for row in rows if row.label}
        starts = [0, *accumulate(sizes)]
        self._starts: dict[str, int] = {row.label: start for row, start in zip(rows, starts, strict=False)}
        self.cells = sum(sizes)

    def start(self, label: str) -> int:
        """Row of the whole store at which a slab starts."""
        return self._starts[label]

    def read(self, label: str) -> pd.DataFrame:
        """All cells of a slab, also those without coordinates, with every column.

        Returns
        -------
        DataFrame
            Index ``cell_label`` (text). Text of few distinct values is categorical.

        Raises
        ------
        UnknownNameError
            If there is no such slab.
        """
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        if label not in self.slabs:
            raise UnknownNameError(f"There is no slab {label!r}; the dataset's slabs list them.")
        with pq.ParquetFile(self.path) as file:
            table = file.read_row_group(self.slabs[label].group)
        text = pd.StringDtype("pyarrow", na_value=np.nan)
        frame: pd.DataFrame = table.to_pandas(types_mapper={pa.string(): text}.get, ignore_metadata=True)
        return frame.set_index(self.key)

    def columns(self, names: Sequence[str], label: str | None = None) -> pa.Table:
        """Some columns, of a slab or of all cells in the order of the store."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path) as file:
            if label is None:
                return file.read(columns=list(names))
            return file.read_row_group(self.slabs[label].group, columns=list(names))


def build_cells(
    target: Path,
    cells: SourceTable,
    joins: Iterable[SourceTable],
    *,
    slab: str,
    section: str,
    order: str | None,
    coordinates: Sequence[str],
    task: Task,
) -> CellStore:
    """Read, join and sort a dataset's cell tables, and write them as a store.

    Parameters
    ----------
    target
        File to write; it appears only when it is whole.
    cells
        The table with a row a cell; its key becomes the index.
    joins
        Tables to add by key, in order. A column that is there already is not taken again.
    slab, section, order
        Columns with the slab of a cell, its section, and the slab's place among slabs.
    coordinates
        Columns that must be finite for a cell to count as placed.
    task
        Progress in bytes and rows; may be cancelled.

    Raises
    ------
    FormatError
        If a table is malformed or lacks a column.
    DiskFullError
        If the store does not fit on the disk.
    """
    joins = list(joins)
    keys = {cells.key, *(join.key for join in joins)}
    table = read_large_table(cells.path, keys, task)
    require_columns(table, [cells.key], cells.path)
    table, notes = _index_by(table, cells.key, cells.path)
    for join in joins:
        table, note = _join(table, join, task)
        notes += note
    require_columns(table, [slab, section, *coordinates, *([order] if order else [])], cells.path)
    table = _as_numbers(table, coordinates)
    table, rows = _sort_by_slab(table, slab, section, order, coordinates)
    homeless = sum(row.cells for row in rows if not row.label)
    if homeless:
        notes.append(f"{homeless:,} of {len(table):,} cells of the dataset belong to no slab.")
    _write(target, table, rows, notes, task)
    return CellStore(target)


def _index_by(table: pa.Table, key: str, path: Path) -> tuple[pa.Table, list[str]]:
    """The table with its key first and no key twice, and what was noticed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = table.select([key, *(name for name in table.column_names if name != key)])
    labels = _plain_text(table.column(key))
    notes = []
    distinct = pc.count_distinct(labels).as_py()
    if distinct < len(labels):
        first = pc.index_in(labels.unique().drop_null(), value_set=labels)
        notes.append(
            f"{len(labels) - distinct:,} rows of {path.name} repeat a {key} or have none; "
            "the first of each counts."
        )
        table = table.take(first)
        labels = labels.take(first)
    return table.set_column(0, key, pa.chunked_array([labels])), notes


def _join(table: pa.Table, join: SourceTable, task: Task) -> tuple[pa.Table, list[str]]:
    import pyarrow.compute as pc

    other = read_large_table(join.path, [join.key], task)
    require_columns(other, [join.key], join.path)
    require_columns(table, [join.key], join.path)
    labels = _plain_text(other.column(join.key))
    notes = []
    twice = len(labels) - pc.count_distinct(labels).as_py()
    if twice:
        notes.append(f"{twice:,} rows of {join.path.name} repeat a {join.key}; the first of each counts.")
    # By label, never by position: every table of a release has an order of its own.
    row = pc.index_in(_plain_text(table.column(join.key)), value_set=labels, skip_nulls=True)
    task.report(f"Joining {join.path.name}", len(table), len(table), "cells")
    for name in other.column_names:
        as_name = join.rename.get(name, name)
        if name != join.key and as_name not in table.column_names:
            table = table.append_column(as_name, other.column(name).take(row))
    return table, notes


def _plain_text(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _as_numbers(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    """The table with these columns as float64; a text among its numbers makes a column one of texts."""
    import pyarrow as pa

    for name in columns:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        try:
            column = column.cast(pa.float64())
        except pa.ArrowInvalid as error:
            why = " ".join(str(error).split())[:100]
            raise FormatError(
                f"The coordinates in column {name!r} are not all numbers ({why}); fetch their table again."
            ) from error
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _sort_by_slab(
    table: pa.Table, slab: str, section: str, order: str | None, coordinates: Sequence[str]
) -> tuple[pa.Table, list[SlabRows]]:
    import pandas as pd

    label = pd.Categorical(table.column(slab).to_pandas())
    codes: NDArray[np.intp] = label.codes.astype(np.intp)
    names = [str(name) for name in label.categories]
    by_slab = np.full(len(names), np.inf)
    if order is not None:
        values = pd.Series(table.column(order).to_pandas()).groupby(codes).min()
        values = values[values.index >= 0]
        by_slab[values.index] = pd.to_numeric(values, errors="coerce").fillna(np.inf)
    ranked = sorted(range(len(names)), key=lambda code: (by_slab[code], names[code]))
    rank = np.full(len(names) + 1, len(names))  # the last entry is for code -1: cells of no slab
    rank[ranked] = np.arange(len(names))
    rows = np.argsort(rank[codes], kind="stable")
    table = table.take(rows)

    sizes = np.bincount(rank[codes], minlength=len(names) + 1)
    placed = np.isfinite(np.stack([table.column(name).to_numpy() for name in coordinates])).all(axis=0)
    of_section = pd.Series(pd.Categorical(table.column(section).to_pandas()).codes)
    slabs: list[SlabRows] = []
    start = 0
    for group, size in enumerate(sizes.tolist()):
        if size == 0:
            continue
        here = slice(start, start + size)
        code = ranked[group] if group < len(names) else -1
        slabs.append(
            SlabRows(
                label=names[code] if code >= 0 else "",
                cells=size,
                placed=int(placed[here].sum()),
                sections=int(of_section[here].nunique()),
                order=float(by_slab[code]) if code >= 0 and np.isfinite(by_slab[code]) else None,
                group=len(slabs),
            )
        )
        start += size
    return table, slabs


def _write(target: Path, table: pa.Table, rows: list[SlabRows], notes: list[str], task: Task) -> None:
    import pyarrow.parquet as pq

    meta = {"format": FORMAT, "slabs": [asdict(row) for row in rows], "notes": notes}
    table = table.replace_schema_metadata({_META: json.dumps(meta).encode()})

    def write(out: BinaryIO) -> None:
        with pq.ParquetWriter(out, table.schema, compression="zstd", compression_level=1) as writer:
            start = 0
            for row in rows:
                task.report("Writing cells by slab", start, len(table), "cells")
                writer.write_table(table.slice(start, row.cells), row_group_size=max(row.cells, 1))
                start += row.cells

    save_atomically(target, write)
