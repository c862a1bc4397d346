"""One gene of a matrix as it lies on disk: ours, anndata's backed mode, and the official accessor's pattern.

Every way takes the file open already and gives the same float32 vector; its sum is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.matrices import identifier, slab_rows
from benchmarks.meter import Sample, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

GENE = 7
"""Column that is asked for."""


def ours(path: str, cells: int, slab: int = 0, scattered: bool = False) -> dict[str, Sample]:
    """Read straight from the file, all cells or those of a slab; the first time in this process."""
    from napari_abc.io.matrix import open_matrix
    from napari_abc.task import Task

    rows = slab_rows(cells, slab, scattered) if slab else None
    matrix = open_matrix(path)
    sample, values = measure(lambda: matrix.read([GENE], rows, Task()))
    return {"gene": {**sample, "sum": float(values.sum(dtype=np.float64))}}


def anndata_backed(path: str, cells: int, slab: int = 0, scattered: bool = False) -> dict[str, Sample]:
    """``adata[:, gene].X`` of a file opened in backed mode, as a dense vector."""
    import anndata

    adata = anndata.read_h5ad(path, backed="r")
    rows = slab_rows(cells, slab, scattered) if slab else slice(None)
    sample, values = measure(lambda: adata[rows, identifier(GENE)].X.toarray())
    return {"gene": {**sample, "sum": float(values.sum(dtype=np.float64))}}


def accessor(path: str, cells: int, part: int) -> dict[str, Sample]:
    """What the official accessor does: walk the rows in chunks, match labels, densify, assign by label.

    Its cost is the same for a slab as for all cells. ``part`` of the rows are walked, and the
    seconds scaled to all.
    """
    import anndata
    import pandas as pd

    chunk = 8192
    adata = anndata.read_h5ad(path, backed="r")
    wanted = adata.obs.index
    gene = adata.var.index == identifier(GENE)
    last = max(chunk, cells // part)

    def walk() -> int:
        table = pd.DataFrame(index=wanted, columns=adata.var.index[gene])
        for dense, start, stop in adata.chunked_X(chunk):
            labels = adata.obs.index[start:stop]
            mine = labels.isin(wanted)
            values = dense.toarray()[mine, :][:, gene]
            table.loc[labels[mine], table.columns] = values
            if stop >= last:
                break
        return int(stop)

    sample, walked = measure(walk)
    sample["seconds"] = [seconds * cells / walked for seconds in sample["seconds"]]
    return {"gene": {**sample, "note": f"{walked:,} of {cells:,} rows walked, then scaled"}}


def copy(cells: int) -> dict[str, Sample]:
    """The physical limit of any way that hands out a vector: copying it."""
    values: NDArray[np.float32] = np.random.default_rng(0).random(cells, np.float32)
    target = np.empty_like(values)
    sample, _ = measure(lambda: np.copyto(target, values), repeats=50)
    return {"copy": sample}
