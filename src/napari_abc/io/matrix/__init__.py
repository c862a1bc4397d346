"""Expression matrices as people and the atlas have them: any gene of any cells, from the file as it lies.

:func:`open_matrix` (h5ad) and :func:`open_10x_matrix` (Xenium, Cell Ranger) look at names and shapes only and
give a :class:`Matrix`, whatever its layout and compression; nothing of the file is held, and none of its
claims is believed. :class:`MatrixExpression` and :class:`TableExpression` join a matrix, or a table in
memory, with the cells of a slab, by cell id. :class:`GeneTable` holds a few genes of millions of cells.

In this room *cell ids* name rows and *identifiers* name columns (genes); both are exact text.
"""

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
