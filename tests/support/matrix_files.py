"""Small expression matrices as h5ad files, for tests of what is made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write_matrix(
    path: Path,
    values: Any,
    cells: Sequence[str] | None = None,
    genes: Sequence[str] | None = None,
    **storage: Any,
) -> Path:
    """An h5ad file with the least that one has to hold; ``values`` sparse or an array."""
    with h5py.File(path, "w") as file:
        names = {
            "obs": cells or [f"{1018093344101130233 + i}-{i % 7}" for i in range(values.shape[0])],
            "var": genes or [f"ENSG{i:011}" for i in range(values.shape[1])],
        }
        for name, labels in names.items():
            table = file.create_group(name)
            table.attrs.update(
                {"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"}
            )
            table.attrs["column-order"] = np.array([], dtype=float)
            table.create_dataset("_index", data=list(labels), dtype=h5py.string_dtype())
        if not sp.issparse(values):
            file.create_dataset("X", data=values, **storage)
            return path
        group = file.create_group("X")
        group.attrs.update({"encoding-type": f"{values.format}_matrix", "encoding-version": "0.1.0"})
        group.attrs["shape"] = values.shape
        for part in ("indptr", "indices", "data"):
            group.create_dataset(part, data=getattr(values, part), **storage)
    return path


def random_counts(cells: int, genes: int, dtype: Any = np.float32, density: float = 0.3) -> sp.csr_matrix:
    """A sparse matrix of values above zero that are no whole numbers if they are floats."""
    rng = np.random.default_rng(7)
    mask = rng.random((cells, genes), dtype=np.float32) < density
    indices = np.nonzero(mask)[1].astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(mask.sum(axis=1))])
    data = (rng.random(len(indices)) * 100 + 1).astype(dtype)
    return sp.csr_matrix((data, indices, indptr), shape=(cells, genes))
