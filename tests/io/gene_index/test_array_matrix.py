"""A matrix in memory, to make an index of."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from napari_abc.errors import ConfigurationError
from napari_abc.io.gene_index import ArrayMatrix
from napari_abc.io.gene_index import _array_matrix as module

VALUES = np.arange(400.0).reshape(100, 4)
IDS = [f"c{i}" for i in range(100)]
GENES = list("abcd")


def test_a_sample_is_of_rows_from_everywhere_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SAMPLE", 20)
    found = ArrayMatrix(VALUES, IDS, GENES).sample()
    assert found.tolist() == VALUES[::20].ravel().tolist()
    assert ArrayMatrix(VALUES[:4], IDS[:4], GENES).sample().tolist() == VALUES[:4].ravel().tolist()
    sparse = ArrayMatrix(sp.csr_matrix(VALUES), IDS, GENES).sample()
    assert sparse.tolist() == list(range(1, 21))  # of what is stored: a zero is not


@pytest.mark.parametrize(
    ("values", "layout"),
    [
        (VALUES, "dense"),
        (VALUES.tolist(), "dense"),
        (sp.csr_matrix(VALUES), "csr"),
        (sp.csc_matrix(VALUES), "csc"),
        (sp.coo_matrix(VALUES), "csr"),
        (sp.csr_array(VALUES), "csr"),
    ],
)
def test_any_matrix_says_how_its_values_lie(values: object, layout: str) -> None:
    matrix = ArrayMatrix(values, IDS, GENES, "mine")
    assert (matrix.layout, matrix.shape) == (layout, (100, 4))
    assert repr(matrix) == f"<ArrayMatrix mine: 100 cells, 4 genes, {layout}>"
    assert ArrayMatrix(values, IDS, GENES).name == "matrix"


@pytest.mark.parametrize(("ids", "genes"), [(IDS[:99], GENES), (IDS, GENES[:3])])
def test_ids_and_genes_that_do_not_fit_are_refused(ids: list[str], genes: list[str]) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"but there are {len(ids)} cell ids and {len(genes)} ident"
    ):
        ArrayMatrix(VALUES, ids, genes)
