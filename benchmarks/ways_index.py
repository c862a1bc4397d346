"""A gene-major copy of a matrix, made once: ours, and anndata's own h5ad rewritten by column (CSC)."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from benchmarks.matrices import identifier, slab_rows
from benchmarks.meter import Sample, measure
from benchmarks.ways_gene import GENE

GENES = 25
"""Genes that are read one after the other; the first of them is :data:`~benchmarks.ways_gene.GENE`."""


def build(path: str, target: str) -> dict[str, Sample]:
    """Build the index from nothing."""
    from napari_abc.io.gene_index import build_index
    from napari_abc.io.matrix import open_matrix
    from napari_abc.task import Task

    shutil.rmtree(target, ignore_errors=True)
    matrix = open_matrix(path)
    sample, _ = measure(lambda: build_index(matrix, Path(target), "benchmark", Task()))
    size = sum(file.stat().st_size for file in Path(target).rglob("*") if file.is_file())
    return {"build": {**sample, "bytes": size, "source_bytes": Path(path).stat().st_size}}


def read(target: str, slab: int = 0) -> dict[str, Sample]:
    """Open the index and read genes: of all cells, and of a slab; the second time each is asked for."""
    from napari_abc.io.gene_index import open_index

    opened, index = measure(lambda: open_index(Path(target), "benchmark"), repeats=5)
    if index is None:
        raise FileNotFoundError(target)
    cells, genes = index.shape
    wanted = [(GENE + step) % genes for step in range(GENES)]
    samples = {"open": opened}
    first, values = measure(lambda: index.gene_all(GENE))
    again, _ = _each(lambda gene: index.gene_all(gene), wanted)
    samples["first"] = {**first, "sum": float(values.sum(dtype=np.float64))}
    samples["gene"] = {**again, "sum": float(values.sum(dtype=np.float64))}
    if slab:
        plan = index.plan(slab_rows(cells, slab))
        again, values = _each(lambda gene: index.read([gene], plan), wanted)
        samples["slab"] = {**again, "sum": float(values.sum(dtype=np.float64))}
    return samples


def _each(get, genes):  # type: ignore[no-untyped-def]
    """Read every gene twice, the second time by the clock; the values are those of the first gene."""
    for gene in genes:
        get(gene)
    turns = iter(genes)
    sample, _ = measure(lambda: get(next(turns)), repeats=len(genes))
    return sample, get(genes[0])


def anndata_build(path: str, target: str) -> dict[str, Sample]:
    """Read all, sort by column, write."""
    import anndata

    Path(target).unlink(missing_ok=True)

    def convert() -> None:
        adata = anndata.read_h5ad(path)
        adata.X = adata.X.tocsc()
        adata.write_h5ad(target)

    sample, _ = measure(convert)
    size = Path(target).stat().st_size
    return {"build": {**sample, "bytes": size, "source_bytes": Path(path).stat().st_size}}


def anndata_read(target: str, slab: int = 0) -> dict[str, Sample]:
    """``adata[:, gene].X`` of the rewritten file in backed mode, as a dense vector; the second time."""
    import anndata

    opened, adata = measure(lambda: anndata.read_h5ad(target, backed="r"))
    cells, genes = adata.shape
    wanted = [(GENE + step) % genes for step in range(GENES)]
    again, values = _each(lambda gene: adata[:, identifier(gene)].X.toarray(), wanted)
    samples = {"open": opened, "gene": {**again, "sum": float(values.sum(dtype=np.float64))}}
    if slab:
        rows = slab_rows(cells, slab)
        again, values = _each(lambda gene: adata[rows, identifier(gene)].X.toarray(), wanted[:3])
        samples["slab"] = {**again, "sum": float(values.sum(dtype=np.float64))}
    return samples
