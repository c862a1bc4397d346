"""Single cells without a place: embeddings, barcodes, and matrices with more cells than the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_abc.demo.shared.bucket import Counts, write_h5ad
from napari_abc.demo.shared.genes import draw_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_abc.demo.shared.bucket import Bucket

    Floats = NDArray[np.float64]
    Texts = NDArray[np.object_]

__all__ = ["PER", "barcodes", "choose", "counts_of", "embed", "examples", "tint", "write_matrices"]

PER = 1e4
"""What a cell's counts are scaled to in log2, if not said otherwise."""


def choose(
    weights: Mapping[str, float], names: Sequence[str], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """(count,) indices into ``names``, drawn by weight; ``weights`` names some of them."""
    index = {name: code for code, name in enumerate(names)}
    shares = np.array(list(weights.values()), dtype=np.float64)
    return rng.choice([index[name] for name in weights], size=count, p=shares / shares.sum())


def embed(kinds: NDArray[Any], rng: np.random.Generator, reach: float = 14.0) -> Floats:
    """A picture like a UMAP (cells, 2): an island a kind, kinds that follow each other are neighbors."""
    found, which = np.unique(kinds, return_inverse=True)
    turn = np.pi * (3 - np.sqrt(5))  # a sunflower's seeds: even, and without rows
    steps = np.arange(len(found)) + 0.5
    radius = reach * np.sqrt(steps / len(found))
    centers = np.column_stack([radius * np.cos(turn * steps), radius * np.sin(turn * steps)])
    centers += rng.normal(0, 0.06 * reach, centers.shape)
    size = np.sqrt(np.bincount(which) / len(which)) * 0.3 * reach
    tilt = rng.uniform(0, np.pi, len(found))
    local = rng.normal(0, 1, (len(which), 2)) * [1.0, 0.55]
    cos, sin = np.cos(tilt)[which], np.sin(tilt)[which]
    turned = np.column_stack([cos * local[:, 0] - sin * local[:, 1], sin * local[:, 0] + cos * local[:, 1]])
    return np.asarray((centers[which] + turned * np.maximum(size, 0.15)[which, None]).round(6))


def barcodes(count: int, rng: np.random.Generator) -> list[str]:
    """Cell barcodes of 16 bases, all different."""
    bases = np.frombuffer(b"ACGT", dtype="S1")[rng.integers(0, 4, (count + 20, 16))]
    texts = dict.fromkeys(text.decode() for text in bases.view("S16").ravel().tolist())
    return list(texts)[:count]


def tint(color: str, rng: np.random.Generator, by: int = 50) -> str:
    """A color near another; hex mixes case, as in the real tables."""
    value = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])
    text = "#{:02x}{:02x}{:02x}".format(*np.clip(value + rng.integers(-by, by + 1, 3), 0, 255))
    return text.upper() if rng.random() < 0.5 else text


def counts_of(
    kinds: NDArray[np.int64],
    types: Mapping[str, tuple[str, ...]],
    symbols: Sequence[str],
    markers: Mapping[str, Mapping[str, float]],
    rng: np.random.Generator,
) -> Counts:
    """Counts of cells of the given kinds (indices into ``types``).

    Nothing expresses a gene that is a marker of no type, nor the second gene of a symbol.
    """
    dense = draw_counts(symbols, markers, types, kinds, np.zeros(len(kinds)), rng)
    silent = [
        place
        for place, symbol in enumerate(symbols)
        if symbol in symbols[:place] or not markers.get(symbol, True)
    ]
    dense[:, silent] = 0
    dense[dense.sum(axis=1) == 0, 0] = 1
    return Counts.from_dense([dense])


def examples(
    labels: Texts, counts: Counts, symbols: Sequence[str], wanted: Sequence[str], per: float = PER
) -> pd.DataFrame:
    """A table with the log2 values of a few genes, a column a symbol."""
    log2 = counts.log2(per)
    columns = {symbol: log2.column(list(symbols).index(symbol)).round(6) for symbol in wanted}
    return pd.DataFrame({"cell_label": labels, **columns})


def write_matrices(
    bucket: Bucket,
    directory: str,
    version: str,
    name: str,
    labels: Texts,
    counts: Counts,
    obs: Mapping[str, Any],
    genes: pd.DataFrame,
    *,
    strangers: Texts,
    per: float = PER,
) -> None:
    """Write the raw and the log2 matrix, rows in an order of their own.

    Parameters
    ----------
    bucket, directory, version, name
        Where to, without the layer.
    labels
        Of the rows of ``counts``.
    counts
        (cells, genes)
    obs
        Columns for the cells.
    genes
        Gene table; its first two columns are the identifier and the symbol.
    strangers
        Labels of further rows, whose cells no table has.
    per
        What a cell's counts are scaled to in log2.
    """
    rng = np.random.default_rng(len(labels) * 1000 + len(genes))
    rows = np.concatenate([np.arange(len(labels)), rng.integers(0, len(labels), len(strangers))])
    order = rng.permutation(len(rows))
    all_labels = np.concatenate([labels, strangers])[order].tolist()
    matrix = counts.rows(rows[order])
    columns = {key: np.asarray(values)[rows[order]] for key, values in obs.items()}
    var = genes.set_index("gene_identifier")[["gene_symbol"]]
    for layer, values in (("log2", matrix.log2(per)), ("raw", matrix)):
        path = bucket.path("expression_matrices", directory, version, f"{name}-{layer}.h5ad")
        write_h5ad(path, values, all_labels, columns, var, "float32", True)
        bucket.add("expression_matrices", directory, version, f"{name}-{layer}", "h5ad")
