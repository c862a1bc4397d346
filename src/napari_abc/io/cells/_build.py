"""Building the columnar file of a dataset's cells: read, filter, join, sort, write.

A release ships the cells as several CSVs of up to a gigabyte, each in its own row order. They are
read once, joined by key, sorted by slab and written as one file; see :mod:`napari_abc.io.cells._store`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from napari_abc.errors import FormatError
from napari_abc.io.cells._csv import compact, read_large_table, require_columns
from napari_abc.io.cells._frame import to_frame
from napari_abc.io.cells._store import FORMAT, META, CellStore, SlabRows
from napari_abc.io.files import save_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_abc.task import Task

__all__ = ["SourceTable", "build_cells", "build_embedding", "read_columns"]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """CSVs of the same kind that make up the cells, or add columns to them."""

    paths: tuple[Path, ...]
    key: str
    """Column of the cells that rows are matched by; text."""
    table_key: str = ""
    """The table's own name of it, if it is another."""
    columns: tuple[str, ...] = ()
    """Columns to take; all if not given."""
    omit: tuple[str, ...] = ()
    """Columns to leave."""
    rename: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    """Put before the names of columns that are not renamed."""
    comment: str = ""
    """Mark of lines above the header that hold no data."""
    optional: bool = False
    """Whether the cells do without it, if they lack its key."""

    @property
    def own_key(self) -> str:
        """The key's name in the table."""
        return self.table_key or self.key

    @property
    def name(self) -> str:
        """Name for messages."""
        return self.paths[0].name


def build_cells(
    target: Path,
    cells: SourceTable,
    joins: Iterable[SourceTable],
    *,
    where: Mapping[str, str] | None = None,
    slab: str | None,
    section: str | None = None,
    order: str | None = None,
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
    where
        Values, as text in lower case, that columns have for the cells that are kept.
    slab, section, order
        Columns with the slab of a cell, its section, and the slab's place among slabs. Without a
        column of slabs all cells are one slab, of the name ``all``.
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
    table, notes = _read(cells, keys, task)
    table = table.rename_columns([cells.rename.get(name, name) for name in table.column_names])
    require_columns(table, [cells.key], cells.paths[0])
    table, more = _filter(table, where or {}, cells)
    notes += more
    table, more = _index_by(table, cells.key, cells.name)
    notes += more
    for join in joins:
        table, more = _join(table, join, task)
        notes += more
    needed = [*coordinates, *(name for name in (slab, section, order) if name is not None)]
    require_columns(table, needed, cells.paths[0])
    table = _as_numbers(table, coordinates)
    if slab is None:
        rows = [_one_slab(table, coordinates)]
    else:
        table, rows = _sort_by_slab(table, slab, section or slab, order, coordinates)
        homeless = sum(row.cells for row in rows if not row.label)
        if homeless:
            notes.append(f"{homeless:,} of {len(table):,} cells of the dataset have no {slab}.")
    _write(target, table, rows, notes, task)
    return CellStore(target)


def build_embedding(
    target: Path,
    cells: CellStore,
    embedding: SourceTable,
    *,
    by: str | None,
    coordinates: Sequence[str],
    task: Task,
) -> CellStore:
    """Write the cells that an embedding has coordinates for, with these, as a store of its own.

    Parameters
    ----------
    target
        File to write.
    cells
        Cells of the dataset.
    embedding
        The table with the coordinates, a row a cell; its columns replace those of the same name.
    by
        Column whose values become the store's slabs; None for one slab, of the name ``all``.
    coordinates
        Columns that hold the coordinates.

    Raises
    ------
    FormatError
        If the table is malformed, or has no cell of the dataset.
    DiskFullError
        If the store does not fit on the disk.
    """
    other, notes = _read(embedding, {embedding.own_key}, task)
    require_columns(other, [embedding.own_key, *coordinates], embedding.paths[0])
    cell_ids = _plain_text(other.column(embedding.own_key))
    table = cells.table()
    row = pc.index_in(_plain_text(table.column(cells.key)), value_set=cell_ids, skip_nulls=True)
    known = pc.is_valid(row)
    found = pc.sum(known).as_py() or 0
    if not found:
        raise FormatError(
            f"{embedding.name} has coordinates of {len(cell_ids):,} cells, but of none of this dataset; "
            "choose another embedding."
        )
    if found < len(cell_ids):
        distinct = len(cell_ids.unique().drop_null())
        if distinct < len(cell_ids):
            notes.append(_repeats(len(cell_ids) - distinct, embedding.name, embedding.own_key))
        if found < distinct:
            lost = distinct - found
            notes.append(f"{lost:,} of {distinct:,} cells of the embedding are not in the dataset.")
    table = table.filter(known).drop_columns([name for name in coordinates if name in table.column_names])
    row = row.drop_null()
    for name in coordinates:
        table = table.append_column(name, pa.chunked_array([_plain(other.column(name)).take(row)]))
    table = _as_numbers(table, coordinates)
    if by is None or by not in table.column_names:
        rows = [_one_slab(table, coordinates)]
    else:
        table, rows = _sort_by_slab(table, by, by, None, coordinates)
    _write(target, table, rows, [*cells.notes, *notes], task)
    return CellStore(target)


def read_columns(source: SourceTable, keys: pd.Index, task: Task) -> pd.DataFrame:
    """Read some columns of a table that the store leaves out.

    Parameters
    ----------
    source
        The table, with the columns to read.
    keys
        (cells,) labels of the cells wanted.

    Returns
    -------
    DataFrame
        Rows as in ``keys``, with the columns that the table has; missing where it lacks the cell.

    Raises
    ------
    FormatError
        If the table is malformed or lacks its key.
    """
    table, _ = _read(source, {source.own_key}, task)
    require_columns(table, [source.own_key], source.paths[0])
    row = pc.index_in(pa.array(keys, pa.string()), value_set=_plain_text(table.column(source.own_key)))
    text = pd.StringDtype("pyarrow", na_value=np.nan)
    frame = to_frame(table.drop_columns([source.own_key]).take(row), types_mapper={pa.string(): text}.get)
    return frame.set_axis(keys)


def _read(source: SourceTable, text: Iterable[str], task: Task) -> tuple[pa.Table, list[str]]:
    """All files of a table, one below the other, and what was noticed."""
    wanted = (source.own_key, *source.columns) if source.columns else ()
    text = {*text, source.own_key}
    tables = [
        read_large_table(path, text, task, wanted, source.omit, source.comment) for path in source.paths
    ]
    lacking = [name for name in wanted[1:] if not any(name in table.column_names for table in tables)]
    notes = [f"{source.name} has no column {', '.join(map(repr, lacking))}."] if lacking else []
    if len(tables) == 1:
        return tables[0], notes
    # Types are told apart by the content of each file, so that a column may be of two of them.
    kinds: dict[str, set[pa.DataType]] = {}
    for at, table in enumerate(tables):
        tables[at] = table = _without_codes(table)
        for column in table.schema:
            if not pa.types.is_null(column.type):
                kinds.setdefault(column.name, set()).add(column.type)
    # Whole and other numbers become numbers; anything else together becomes texts.
    mixed = {name for name, types in kinds.items() if len(types) > 1 and not all(map(_is_number, types))}
    for at, table in enumerate(tables):
        for name in mixed & set(table.column_names):
            place = table.column_names.index(name)
            tables[at] = tables[at].set_column(place, name, tables[at].column(name).cast(pa.string()))
    joined = pa.concat_tables(tables, promote_options="permissive")
    for place, column in enumerate(joined.schema):
        if pa.types.is_string(column.type):
            joined = joined.set_column(place, column.name, compact(joined.column(place)))
    return joined, notes


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _without_codes(table: pa.Table) -> pa.Table:
    """The table with texts that are stored as codes as plain texts."""
    for place, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(place, column.name, table.column(place).cast(pa.string()))
    return table


def _filter(table: pa.Table, where: Mapping[str, str], source: SourceTable) -> tuple[pa.Table, list[str]]:
    """The cells that count, and how many do."""
    total = len(table)
    require_columns(table, where, source.paths[0])
    for name, value in where.items():
        column = pc.utf8_lower(table.column(name).cast(pa.string()))
        table = table.filter(pc.fill_null(pc.equal(column, value.lower()), False))
    if len(table) == total:
        return table, []
    said = " and ".join(f"{name} is {value}" for name, value in where.items())
    return table, [f"{len(table):,} of {total:,} cells count: those whose {said}."]


def _index_by(table: pa.Table, key: str, name: str) -> tuple[pa.Table, list[str]]:
    """The table with its key first and no key twice, and what was noticed."""
    table = table.select([key, *(name for name in table.column_names if name != key)])
    cell_ids = _plain_text(table.column(key))
    notes = []
    distinct = cell_ids.unique().drop_null()  # four times as fast as count_distinct
    if len(distinct) < len(cell_ids):
        first = pc.index_in(distinct, value_set=cell_ids)
        notes.append(_repeats(len(cell_ids) - len(distinct), name, key))
        table = table.take(first)
        cell_ids = cell_ids.take(first)
    return table.set_column(0, key, pa.chunked_array([cell_ids])), notes


def _join(table: pa.Table, join: SourceTable, task: Task) -> tuple[pa.Table, list[str]]:
    if join.optional and join.key not in table.column_names:
        return table, [f"{join.name} is left out, as the cells have no {join.key}."]
    other, notes = _read(join, [join.own_key], task)
    require_columns(other, [join.own_key], join.paths[0])
    require_columns(table, [join.key], join.paths[0])
    keys = _plain_text(other.column(join.own_key))
    twice = len(keys) - len(keys.unique().drop_null())
    # Repeated rows that say the same are nobody's concern.
    if twice and len(_without_codes(other).group_by(other.column_names).aggregate([])) > len(keys) - twice:
        notes.append(_repeats(twice, join.name, join.own_key))
    # By label, never by position: every table of a release has an order of its own.
    row = pc.index_in(_plain_text(table.column(join.key)), value_set=keys, skip_nulls=True)
    task.report(f"Joining {join.name}", len(table), len(table), "cells")
    for name in other.column_names:
        as_name = join.rename.get(name, join.prefix + name)
        if name != join.own_key and as_name not in table.column_names:
            table = table.append_column(as_name, other.column(name).take(row))
    return table, notes


def _repeats(count: int, name: str, key: str) -> str:
    said = f"1 row of {name} repeats a {key} or has none"
    if count != 1:
        said = f"{count:,} rows of {name} repeat a {key} or have none"
    return f"{said}; the first of each counts."


def _plain_text(column: pa.ChunkedArray) -> pa.Array:
    return _plain(column if pa.types.is_string(column.type) else column.cast(pa.string()))


def _plain(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _as_numbers(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    """The table with these columns as float64; a text among its numbers makes a column one of texts."""
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


def _placed(table: pa.Table, coordinates: Sequence[str]) -> NDArray[np.bool_]:
    """(cells,) True for those with coordinates; all where the table itself has none."""
    placed = np.ones(len(table), dtype=bool)
    for name in coordinates:
        placed &= np.isfinite(table.column(name).to_numpy())
    return placed


def _one_slab(table: pa.Table, coordinates: Sequence[str]) -> SlabRows:
    placed = int(_placed(table, coordinates).sum())
    return SlabRows("all", len(table), placed, sections=0, order=None, group=0)


def _sort_by_slab(
    table: pa.Table, slab: str, section: str, order: str | None, coordinates: Sequence[str]
) -> tuple[pa.Table, list[SlabRows]]:
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
    placed = _placed(table, coordinates)
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
    meta = {"format": FORMAT, "slabs": [asdict(row) for row in rows], "notes": notes}
    table = table.replace_schema_metadata({META: json.dumps(meta).encode()})

    def write(out: BinaryIO) -> None:
        with pq.ParquetWriter(out, table.schema, compression="zstd", compression_level=1) as writer:
            start = 0
            for row in rows:
                task.report("Writing cells by slab", start, len(table), "cells")
                writer.write_table(table.slice(start, row.cells), row_group_size=max(row.cells, 1))
                start += row.cells

    save_atomically(target, write)
