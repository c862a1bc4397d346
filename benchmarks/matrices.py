"""Expression matrices of the atlas's shapes, as its h5ad files have them: cells × genes by row (CSR).

Seeded: the same arguments give the same numbers. Written by blocks, so that a matrix may be larger
than memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["generate", "generate_gzip", "identifier", "slab_rows"]

_BLOCK = 16 * 2**20
"""Entries of the dense block that is drawn at a time."""


def write_matrix(path: str, cells: int, genes: int, density: float, seed: int = 1) -> None:
    """Write an uncompressed h5ad of float32 ``log2(1000 · count / total + 1)``, CSR.

    Parameters
    ----------
    density
        Part of the entries that are above zero, on average; genes differ as real ones do.
    """
    import h5py

    chances = _chances(genes, density, seed)
    lengths = np.concatenate([_found(*block, chances, seed).sum(axis=1) for block in _blocks(cells, genes)])
    indptr = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    with h5py.File(path, "w") as file:
        matrix = _write_frame(file, cells, genes)
        matrix.create_dataset("indptr", data=indptr)
        data = matrix.create_dataset("data", (indptr[-1],), np.float32)
        indices = matrix.create_dataset("indices", (indptr[-1],), np.int32)
        for number, start, stop, _ in _blocks(cells, genes):
            found = _found(number, start, stop, genes, chances, seed)
            counts = _COUNTS[np.frombuffer(_random(seed, number, 1).bytes(int(found.sum())), np.uint8)]
            here = slice(indptr[start], indptr[stop])
            row = np.repeat(np.arange(stop - start), lengths[start:stop])
            totals = np.bincount(row, counts, minlength=stop - start).astype(np.float32)
            data[here] = np.log2(1000 * counts / totals[row] + 1)
            indices[here] = np.nonzero(found)[1]


def compress(path: str, target: str) -> None:
    """Write the same matrix gzipped, as anndata does with ``compression="gzip"``."""
    import h5py

    with h5py.File(path) as source, h5py.File(target, "w") as file:
        for name in ("obs", "var"):
            source.copy(name, file)
        for name, value in source.attrs.items():
            file.attrs[name] = value
        matrix = file.create_group("X")
        for name, value in source["X"].attrs.items():
            matrix.attrs[name] = value
        for name, dataset in source["X"].items():
            out = matrix.create_dataset(name, dataset.shape, dataset.dtype, compression="gzip")
            for start in range(0, len(dataset), _BLOCK):
                out[start : start + _BLOCK] = dataset[start : start + _BLOCK]


def identifier(gene: int) -> str:
    """Identifier of a column."""
    return f"ENSG{gene + 1:011d}"


def slab_rows(cells: int, count: int, scattered: bool = False) -> NDArray[np.int64]:
    """Rows of a slab: eight runs over the whole matrix, a brain section each, or cells from everywhere."""
    if scattered:
        return np.sort(np.random.default_rng(3).choice(cells, count, replace=False)).astype(np.int64)
    starts = np.arange(8) * (cells // 8) + cells // 50
    return np.concatenate([np.arange(start, start + count // 8) for start in starts])


_COUNTS = np.minimum(np.random.default_rng(2).geometric(0.45, 256), 30).astype(np.float32)
"""Counts that a random byte stands for: mostly 1 and 2, seldom more."""


def _blocks(cells: int, genes: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, first row, row after the last, genes) of each block."""
    rows = max(1, _BLOCK // genes)
    for number, start in enumerate(range(0, cells, rows)):
        yield number, start, min(start + rows, cells), genes


def _random(seed: int, number: int, what: int) -> np.random.Generator:
    return np.random.default_rng([seed, number, what])


def _chances(genes: int, density: float, seed: int) -> NDArray[np.uint8]:
    """Of 256, how often each gene is found in a cell."""
    spread = _random(seed, 0, 2).lognormal(0, 0.8, genes)
    return np.clip(np.round(256 * density * spread / spread.mean()), 1, 230).astype(np.uint8)


def _found(
    number: int, start: int, stop: int, genes: int, chances: NDArray[np.uint8], seed: int
) -> NDArray[np.bool_]:
    """(rows, genes) True where a gene is found in a cell; every cell has at least one gene."""
    drawn = np.frombuffer(_random(seed, number, 0).bytes((stop - start) * genes), np.uint8)
    found = drawn.reshape(stop - start, genes) < chances
    found[:, 0] |= ~found.any(axis=1)
    return found


def _write_frame(file: Any, cells: int, genes: int) -> Any:
    """Everything but the values; returns the group they go into."""
    import h5py
    import pyarrow as pa
    import pyarrow.compute as pc

    text = h5py.string_dtype()

    def mark(node: Any, kind: str, version: str) -> Any:
        node.attrs["encoding-type"], node.attrs["encoding-version"] = kind, version
        return node

    mark(file, "anndata", "0.1.0")
    numbers = pa.array(np.arange(cells)).cast(pa.string())
    labels = pc.binary_join_element_wise(
        "1324989690", pc.binary_join_element_wise(numbers, "20250227", "-"), "_"
    )
    for name, index, values in (
        ("obs", "cell_label", labels.to_pylist()),
        ("var", "gene_identifier", [identifier(gene) for gene in range(genes)]),
    ):
        frame = mark(file.create_group(name), "dataframe", "0.2.0")
        frame.attrs["_index"] = index
        frame.attrs["column-order"] = np.array([], dtype=text)
        mark(frame.create_dataset(index, data=values, dtype=text), "string-array", "0.2.0")
    matrix = mark(file.create_group("X"), "csr_matrix", "0.1.0")
    matrix.attrs["shape"] = np.array([cells, genes], dtype=np.int64)
    return matrix


def generate(target: str, cells: int, genes: int, density: float) -> None:
    """Write a matrix file, which appears when it is whole."""
    part = Path(target).with_suffix(".part")
    write_matrix(str(part), cells, genes, density)
    part.replace(target)


def generate_gzip(source: str, target: str) -> None:
    """Write its compressed twin."""
    part = Path(target).with_suffix(".part")
    compress(source, str(part))
    part.replace(target)
