"""The cells of a dataset as one columnar file, sorted by slab.

It is a Parquet file with a row group a slab, so that opening a slab reads its own rows and listing
slabs reads the footer only; :mod:`napari_abc.io.cells._build` writes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from napari_abc.errors import FormatError, UnknownNameError
from napari_abc.io.cells._frame import to_frame

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

__all__ = ["FORMAT", "META", "CellStore", "SlabRows"]

FORMAT = 3
"""Version of the layout; part of the name of every store, so that an older one is never read."""

META = b"napari_abc"
"""Key of the file's own metadata: slabs and notes, as JSON."""


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
        File written by :func:`~napari_abc.io.cells._build.build_cells`.

    Raises
    ------
    FormatError
        If the file is not such a store.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                meta = json.loads(file.schema_arrow.metadata[META])
                self.names: tuple[str, ...] = tuple(file.schema_arrow.names)
                self.key = self.names[0]
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

    def start(self, label: str | None) -> int:
        """Row of the whole store at which a slab starts; None stands for all cells."""
        return 0 if label is None else self._starts[label]

    def count(self, label: str | None) -> int:
        """Number of cells of a slab, or of all."""
        return self.cells if label is None else self.slabs[label].cells

    def read(self, label: str | None, omit: Container[str] = (), keep: Container[str] = ()) -> pd.DataFrame:
        """All cells of a slab, also those without coordinates.

        Parameters
        ----------
        label
            The slab; None for the cells of all, then without the texts that differ from cell to cell.
        omit
            Columns to leave out.
        keep
            Columns that stay among the cells of all, also if they are such texts.

        Returns
        -------
        DataFrame
            Index ``cell_label`` (text). Text of few distinct values is categorical; whole numbers of
            which some are missing are nullable integers.

        Raises
        ------
        UnknownNameError
            If there is no such slab.
        """
        if label is not None and label not in self.slabs:
            raise UnknownNameError(f"There are no cells of {label!r}; list_slabs() names what there is.")
        with pq.ParquetFile(self.path) as file:
            names = [
                field.name
                for field in file.schema_arrow
                if field.name not in omit
                and (
                    label is not None
                    or field.name == self.key
                    or field.name in keep
                    or not pa.types.is_string(field.type)
                )
            ]
            if label is None:
                table = file.read(columns=names).unify_dictionaries()
            else:
                table = file.read_row_group(self.slabs[label].group, columns=names)
        text = pd.StringDtype("pyarrow", na_value=np.nan)
        index = pd.Index(pd.array(table.column(self.key), dtype=text), name=self.key)
        table = table.drop_columns([self.key])
        # A block a column, and each column's buffers freed once it is taken over: of millions of cells
        # nothing is held twice.
        frame = to_frame(
            table,
            types_mapper={pa.string(): text}.get,
            ignore_metadata=True,
            split_blocks=True,
            self_destruct=True,
        )
        frame.index = index
        return frame

    def columns(self, names: Sequence[str], label: str | None = None) -> pa.Table:
        """Some columns, of a slab or of all cells in the order of the store."""
        with pq.ParquetFile(self.path) as file:
            if label is None:
                return file.read(columns=list(names))
            return file.read_row_group(self.slabs[label].group, columns=list(names))

    def table(self) -> pa.Table:
        """Every column of all cells."""
        with pq.ParquetFile(self.path) as file:
            return file.read()
