"""Expression matrices: checked, read by column, and by cell."""

from __future__ import annotations

from napari_abc.io.matrix._expression import Indexable, MatrixExpression, TableExpression, looks_like_counts
from napari_abc.io.matrix._gene_csv import GeneTable, build_gene_table
from napari_abc.io.matrix._h5table import read_table, read_text
from napari_abc.io.matrix._hdf5 import VectorReader, check_storage, child, open_hdf5
from napari_abc.io.matrix._matrix import Matrix, layer_names, open_10x_matrix, open_matrix

__all__ = [
    "GeneTable",
    "Indexable",
    "Matrix",
    "MatrixExpression",
    "TableExpression",
    "VectorReader",
    "build_gene_table",
    "check_storage",
    "child",
    "layer_names",
    "looks_like_counts",
    "open_10x_matrix",
    "open_hdf5",
    "open_matrix",
    "read_table",
    "read_text",
]
