"""Reading CSV tables: small ones as text, large ones with pyarrow's multi-threaded reader.

Identifiers stay exact: a key column is always text (ids of 39 digits and ids that end in "-1" share
a column), and the word "NA" is a value like any other, because a term is named so. Only an empty
field is missing.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from napari_abc.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from pathlib import Path

    import pandas as pd
    from _typeshed import WriteableBuffer

    from napari_abc.task import Task

__all__ = ["compact", "read_large_table", "read_text_table", "require_columns"]

_SMALL = 256 * 2**20
"""Bytes of the largest table that is read as a whole as text."""
_BLOCK = 8 * 2**20
"""Bytes a reading thread takes at a time; progress and cancel come once a block."""
_FEW = 4096
"""A text column with at most this many distinct values is stored as codes."""
_LONGEST_HEADER = 2**20
"""Bytes of the longest line above the data."""
_MOST_COMMENTS = 1000
_MOST_COLUMNS = 10_000
"""No table of a release has a hundred; a line of nothing but commas would take a minute to read."""


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a small CSV, every column as text, missing as the empty text.

    Raises
    ------
    FormatError
        If the file is not a CSV, is cut off within a row, or too large to be one of the small tables.
    """
    if path.stat().st_size > _SMALL:
        raise FormatError(
            f"{path.name} is larger than {_SMALL:,} bytes, too large for such a table; fetch it again."
        )
    _header(path, "")
    try:
        with arrow_csv.open_csv(path) as reader:
            names = reader.schema.names
        # Not pandas: it fills up a row that was cut off.
        table = arrow_csv.read_csv(
            path,
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        raise FormatError(
            f"{path.name} can't be read as CSV ({_one_line(error)}); it may be cut off: fetch it again."
        ) from error
    _require_each_once(names, path)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def require_columns(table: pd.DataFrame | pa.Table, columns: Iterable[str], path: Path) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    FormatError
        Naming the file and the columns.
    """
    have = set(table.columns if hasattr(table, "columns") and hasattr(table, "iloc") else table.column_names)
    missing = [column for column in columns if column not in have]
    if missing:
        raise FormatError(f"{path.name} has no column {', '.join(map(repr, missing))}; fetch it again.")


def read_large_table(
    path: Path,
    text: Iterable[str],
    task: Task,
    columns: Sequence[str] = (),
    omit: Container[str] = (),
    comment: str = "",
) -> pa.Table:
    """Read a large CSV with types inferred, some columns as text.

    Parameters
    ----------
    path
        The CSV, with a header row.
    text
        Columns that are text whatever they look like.
    columns
        Columns to read, as far as the file has them; all if not given.
    omit
        Columns not to read.
    comment
        Mark at the start of lines above the header that hold no data.

    Returns
    -------
    pyarrow.Table
        Text columns with few distinct values are dictionary-encoded.

    Raises
    ------
    FormatError
        If the file is not a CSV, is cut off within a row, or has a column twice.
    """
    size = path.stat().st_size
    done = 0
    header, above = _header(path, comment)
    chosen = [name for name in header if name not in omit and (not columns or name in columns)]
    _require_each_once(chosen, path)

    with path.open("rb") as file:
        # pyarrow pulls blocks through this object, which is where progress is said and a cancel felt.
        class Reporting(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, buffer: WriteableBuffer) -> int:
                nonlocal done
                count = file.readinto(buffer)
                done += count
                task.report(f"Reading {path.name}", done, size)
                return count

        try:
            table = arrow_csv.read_csv(
                Reporting(),
                read_options=arrow_csv.ReadOptions(block_size=_BLOCK, skip_rows=above),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(text, pa.string()),
                    # "NaN" is missing in a number; in a text only the empty field is, see compact.
                    null_values=["", "NaN", "nan"],
                    strings_can_be_null=False,
                    include_columns=[] if len(chosen) == len(header) else chosen,
                ),
            )
        except pa.ArrowInvalid as error:
            raise FormatError(
                f"{path.name} can't be read as CSV ({_one_line(error)}); it may be cut off: fetch it again."
            ) from error
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(index, field.name, compact(table.column(index)))
    return table


def _require_each_once(names: list[str], path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise FormatError(f"{path.name} has the column {name!r} twice; fetch it again.")
        seen.add(name)


def _header(path: Path, comment: str) -> tuple[list[str], int]:
    """Names of the columns, and the number of lines above them."""
    above = 0
    with path.open("rb") as file:
        line = file.readline(_LONGEST_HEADER)
        while comment and line.startswith(comment.encode()):
            if not line.endswith(b"\n") or above == _MOST_COMMENTS:
                raise FormatError(f"{path.name} has no header below its comments; fetch it again.")
            above += 1
            line = file.readline(_LONGEST_HEADER)
    if line.count(b",") >= _MOST_COLUMNS:
        raise FormatError(f"{path.name} has more than {_MOST_COLUMNS:,} columns; fetch it again.")
    text = line.decode("utf-8-sig", errors="replace")
    try:
        return next(csv.reader([text]), []), above
    except csv.Error as error:
        raise FormatError(
            f"{path.name} has no header that can be read ({_one_line(error)}); fetch it again."
        ) from error


def compact(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of texts with the empty field missing, as codes where few values are distinct."""
    column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    first = column.slice(0, 8 * _FEW)
    if pc.count_distinct(first).as_py() > min(_FEW, max(64, len(first) // 4)):
        return column
    encoded = column.dictionary_encode().unify_dictionaries()
    few = all(len(chunk.dictionary) <= _FEW for chunk in encoded.chunks)
    return encoded if few else column


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
