"""Gene-major index of an expression matrix: any gene of millions of cells in a millisecond."""

from __future__ import annotations

from napari_abc.io.gene_index._array_matrix import ArrayMatrix
from napari_abc.io.gene_index._build import build_index
from napari_abc.io.gene_index._cluster import Order, build_indexes
from napari_abc.io.gene_index._matrix_like import Dense, MatrixLike, Vector
from napari_abc.io.gene_index._open import file_key, index_name, open_index
from napari_abc.io.gene_index._reader import GeneIndex
from napari_abc.io.gene_index._remote import RemoteFiles, open_published, upload
from napari_abc.io.gene_index._rows import RowPlan

__all__ = [
    "ArrayMatrix",
    "Dense",
    "GeneIndex",
    "MatrixLike",
    "Order",
    "RemoteFiles",
    "RowPlan",
    "Vector",
    "build_index",
    "build_indexes",
    "file_key",
    "index_name",
    "open_index",
    "open_published",
    "upload",
]
