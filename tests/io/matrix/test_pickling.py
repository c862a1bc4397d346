"""Matrices and the expression of a slab can be copied, pickled and read in another process."""

from __future__ import annotations

import copy
import os
import pickle
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from matrix_files import random_counts, write_matrix
from napari_abc.errors import FormatError
from napari_abc.io.matrix import (
    MatrixExpression,
    TableExpression,
    _own_index,
    build_gene_table,
    open_10x_matrix,
    open_matrix,
)
from napari_abc.task import Task
from processes import elsewhere, read_raw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CELLS, GENES = 500, 9
COPIES = [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    names = [f"c{i}" for i in range(CELLS)]
    return write_matrix(
        tmp_path / "m.h5ad", random_counts(CELLS, GENES), names, [f"g{i}" for i in range(GENES)]
    )


@pytest.mark.parametrize("again", COPIES)
@pytest.mark.parametrize("used", [False, True])
def test_a_matrix_is_read_again_after_copying(again: Callable[[Any], Any], used: bool, path: Path) -> None:
    matrix = open_matrix(path)
    expected = open_matrix(path).read(range(GENES))
    if used:
        matrix.read([2])
        assert matrix.rows_of(["c7"]).tolist() == [7]
    other = again(matrix)
    np.testing.assert_array_equal(other.read(range(GENES)), expected)
    assert other.rows_of(["c7", "none"]).tolist() == [7, -1]
    assert repr(other) == repr(matrix) == "<Matrix m.h5ad: X, 500 cells, 9 genes, csr>"


def test_what_is_kept_of_a_file_is_not_sent_along(path: Path) -> None:
    matrix = open_matrix(path)
    fresh = len(pickle.dumps(matrix))
    matrix.read([2])
    matrix.rows_of(["c7"])
    assert len(pickle.dumps(matrix)) == fresh


def test_a_file_that_changed_is_refused_on_the_other_side_too(path: Path) -> None:
    packed = pickle.dumps(open_matrix(path))
    os.utime(path, ns=(5, 5))
    with pytest.raises(FormatError, match="changed since it was opened"):
        pickle.loads(packed).read([0])


def test_the_matrix_of_a_xenium_run_is_pickled(tmp_path: Path) -> None:
    import h5py

    values = random_counts(CELLS, GENES)
    with h5py.File(tmp_path / "m.h5", "w") as file:
        for part in ("data", "indices", "indptr"):
            file[f"matrix/{part}"] = getattr(values, part)
        file["matrix/shape"] = np.array([GENES, CELLS])
        file["matrix/barcodes"] = np.array([f"c{i}".encode() for i in range(CELLS)])
        for part in ("id", "name", "feature_type"):
            file[f"matrix/features/{part}"] = np.array([f"g{i}".encode() for i in range(GENES)])
    other = pickle.loads(pickle.dumps(open_10x_matrix(tmp_path / "m.h5")))
    np.testing.assert_array_equal(other.read(range(GENES)), values.toarray())
    assert other.rows_of(["c499"]).tolist() == [499]


def source_of(path: Path) -> MatrixExpression:
    return MatrixExpression({"raw": open_matrix(path)}, {"raw": "counts"}, cells=["c3", "none", "c499"])


@pytest.mark.parametrize("again", COPIES)
@pytest.mark.parametrize("indexed", [False, True])
def test_expression_of_a_slab(
    again: Callable[[Any], Any], indexed: bool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_own_index, "_WORTHWHILE", 0)
    source = source_of(path)
    if indexed:
        source.build_index("raw", Task())
    expected = {kind: source.read(["g1", "g8"], kind, Task()) for kind in source.kinds}
    other = again(source)
    assert repr(other) == "<MatrixExpression raw of m.h5ad>" and dict(other.kinds) == dict(source.kinds)
    for kind, values in expected.items():
        np.testing.assert_array_equal(other.read(["g1", "g8"], kind, Task()), values)
    assert other.index_missing("raw") == source.index_missing("raw")
    table = TableExpression(pd.DataFrame({"a": [1, 2]}, index=["x", "y"]), ["y", "x"], "t.csv")
    assert again(table).read(["a"], "raw", Task())[:, 0].tolist() == [2.0, 1.0]


def test_a_spawned_process_reads_a_gene(path: Path) -> None:
    source = source_of(path)
    source.build_index("raw", Task())
    np.testing.assert_array_equal(elsewhere(read_raw, source, ["g1"]), read_raw(source, ["g1"]))
    matrix = open_matrix(path)
    np.testing.assert_array_equal(elsewhere(methodcaller("read", [0]), matrix), matrix.read([0]))


def test_a_table_of_example_genes_is_pickled(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("cell_label,G\na,1.5\nb,2.5\n")
    table = build_gene_table(tmp_path / "e.csv", tmp_path / "e.parquet", "cell_label", Task())
    other = pickle.loads(pickle.dumps(table))
    assert other.read(["G"], other.rows_of(["b"])).item() == 2.5
    assert repr(other) == "<GeneTable e.parquet: 2 cells, 1 genes>"
