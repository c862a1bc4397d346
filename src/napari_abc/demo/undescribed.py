"""A directory that the catalog does not describe: it is listed, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_abc.demo.mouse import genes as mouse_genes
from napari_abc.demo.mouse import types as mouse_types
from napari_abc.demo.shared.single_cells import barcodes, choose, counts_of, write_matrices

if TYPE_CHECKING:
    from napari_abc.demo.shared.bucket import Bucket

__all__ = ["DIRECTORY", "write_undescribed"]

DIRECTORY = "Developing-Mouse-Vis-Cortex-10X"
_VERSION = "20260131"
_CELLS, _STRANGERS = 200, 6


def write_undescribed(bucket: Bucket) -> None:
    """Write a table of cells, the genes and a matrix."""
    rng = np.random.default_rng(20260131)
    types = mouse_types.all_types()
    mix = {"L2/3 IT CTX Glut": 4.0, "L4/5 IT CTX Glut": 4.0, "Sst Gaba": 2.0, "Oligo NN": 2.0}
    kinds = choose(mix, tuple(types), _CELLS, rng)
    labels = np.array([f"{code}-700_A01" for code in barcodes(_CELLS + _STRANGERS, rng)], dtype=object)
    cells = pd.DataFrame(
        {
            "cell_label": labels[:_CELLS],
            "donor_label": rng.choice(np.array(["P7-1", "P14-2", "P56-3"], dtype=object), _CELLS),
            "feature_matrix_label": DIRECTORY,
            "dataset_label": DIRECTORY,
        }
    )
    bucket.table(DIRECTORY, _VERSION, "cell_metadata", cells)
    genes = mouse_genes.cut(6)
    bucket.table(DIRECTORY, _VERSION, "gene", genes)
    counts = counts_of(kinds, types, list(genes["gene_symbol"]), mouse_genes.markers(), rng)
    write_matrices(
        bucket,
        DIRECTORY,
        _VERSION,
        DIRECTORY,
        labels[:_CELLS],
        counts,
        {"donor_label": cells["donor_label"].to_numpy(dtype=object)},
        genes,
        strangers=labels[_CELLS:],
    )
