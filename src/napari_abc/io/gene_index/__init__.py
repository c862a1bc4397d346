"""Gene-major index of an expression matrix: any gene of millions of cells in a millisecond.

Expression matrices are stored cell by cell, and people ask gene by gene: to color cells by a gene, every
row of the file is walked. A *gene index* holds the same values gene by gene, in a folder. It is made once
and may be deleted at any time. A gene is then read in the time it takes to copy its values, from this
disk, from a web server or straight from a bucket, of which only the gene's own bytes are fetched.

How fast, on two cores (``docs/benchmarks.md`` says how it was measured, and against what):

==============================================  ============  ================
matrix                                          index         anndata, backed
==============================================  ============  ================
1,600,000 cells × 300 genes: make the index     2.9 s         12 s (a CSC file)
open it                                         0.7 ms        1.8 s
a gene of all cells                             0.9 ms        2.4 s
a gene of a slab of 92,000 cells                0.24 ms       1.3 s
300,000 cells × 20,000 genes: make the index    14 s
a gene of all cells                             0.8 ms        6.9 s
==============================================  ============  ================

Make one
--------
:func:`build_index` takes any object that gives its entries piece by piece (:class:`MatrixLike`), a file of
gigabytes too: it is read once, in bounded memory. :class:`ArrayMatrix` is one around a matrix in memory:

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> import scipy.sparse
>>> from napari_abc.task import Task
>>> values = scipy.sparse.random(5_000, 40, 0.2, "csr", np.float32, np.random.default_rng(0))
>>> cell_ids = [f"cell-{row}" for row in range(5_000)]
>>> identifiers = [f"ENSG{column:011}" for column in range(40)]
>>> folder = tempfile.TemporaryDirectory()
>>> target = Path(folder.name) / "random.zarr"
>>> build_index(ArrayMatrix(values, cell_ids, identifiers), target, "the key", Task()).shape
(5000, 40)

The *key* says what the values are, the MD5 of the file they come from, say: an index is opened by who
knows it, so that none is read that belongs to other values. :func:`index_name` makes a folder's name of it,
:func:`file_key` a key for a file whose MD5 nobody knows. A :class:`~napari_abc.task.Task` is told how far
the work is and can cancel it; what was stopped or killed goes on where it was, and several processes may
build the same index.

Read genes
----------
>>> index = open_index(target, "the key")
>>> index.identifiers[7]
'ENSG00000000007'
>>> gene = index.gene_all(7)  # (cells,), float32
>>> bool((gene == values[:, [7]].toarray()[:, 0]).all())
True

Of some cells only their blocks are read. Cells are found by id, compared as exact text; -1 stands for a
cell that is not there, and its values are NaN. Where the same cells are asked for gene after gene, a plan
of them is worth keeping:

>>> rows = index.rows_of(["cell-4999", "nobody", "cell-3"])
>>> rows.tolist()
[4999, -1, 3]
>>> plan = index.plan(rows)
>>> index.read([7, 3], plan).shape
(3, 2)

An index may be read by several threads, pickled, copied and sent to other processes.

>>> index.close()
>>> folder.cleanup()

Publish one, and read it from afar
----------------------------------
:func:`upload` copies an index to any address that fsspec can write to; :func:`open_index` opens it there,
and :func:`open_published` looks for several at once. Both take fsspec's storage options, as pandas and zarr
do::

    upload(target, "s3://bucket/genes/random.zarr", Task())
    open_index("s3://bucket/genes/random.zarr", "the key", {"anon": True}).gene_all(7)

Many matrices, on Dask
----------------------
:func:`build_indexes` makes the indexes of many files as one graph of tasks, on the threads of this machine
or the workers of a cluster; a part that a worker took along when it died is made by another. It is handed
the function that opens a file::

    build_indexes([Order(path, target, key)], open_matrix, Task(), "tcp://scheduler:8786")

Safe to trust
-------------
What is read for the first time is compared with its checksum, and an index that was cut off, changed or
made from something else is not opened. What can't be had is one of the errors of
:mod:`napari_abc.errors`, never of a library underneath.

Limits
------
- Fewer than 2,147,483,648 cells; a row may hold at most 12,582,912 values (`part_entries`).
- Values come as float32. They are kept exactly (as uint8, uint16, float32, float64, int64 or uint64).
- Nothing is compressed but the cell ids: an entry takes two bytes and its value's one to eight.
- Cell ids that hold a newline are not kept; such an index is read by row number.
- A folder is written once: to change a value, build again.

``docs/formats.md`` describes the files, which are arrays of zarr version 3: a gene is read without this
package in fourteen lines of numpy. Of napari-abc this package needs its errors, tasks, ids and the writing
of files, and nothing else.
"""

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
