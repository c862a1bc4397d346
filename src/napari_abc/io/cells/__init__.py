"""Tables of cells: CSVs joined once into a columnar file, sorted by slab."""

from __future__ import annotations

from napari_abc.io.cells._build import SourceTable, build_cells, build_embedding
from napari_abc.io.cells._csv import read_large_table, read_text_table, require_columns
from napari_abc.io.cells._store import FORMAT, CellStore

__all__ = [
    "FORMAT",
    "CellStore",
    "SourceTable",
    "build_cells",
    "build_embedding",
    "read_large_table",
    "read_text_table",
    "require_columns",
]
