"""The tables of cells: read from CSV with their identifiers intact, joined by label, kept by slab.

The result is a Parquet file with a row group a slab, so that opening a slab reads its own rows and listing
slabs reads a footer.
"""

from __future__ import annotations

from napari_abc.io.cells._build import SourceTable, build_cells, build_embedding, read_columns
from napari_abc.io.cells._csv import read_large_table, read_text_table, require_columns
from napari_abc.io.cells._frame import to_frame
from napari_abc.io.cells._store import FORMAT, CellStore

__all__ = [
    "FORMAT",
    "CellStore",
    "SourceTable",
    "build_cells",
    "build_embedding",
    "read_columns",
    "read_large_table",
    "read_text_table",
    "require_columns",
    "to_frame",
]
