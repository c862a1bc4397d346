"""Values aligned to a slab's cells: joined by exact id, log2 computed where only counts are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from napari_abc.errors import Cancelled, ExpressionError, FormatError
from napari_abc.io.matrix import Matrix, MatrixExpression, TableExpression, looks_like_counts, open_matrix
from napari_abc.io.matrix._expression import COMPUTED_LOG2
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from pathlib import Path

IDS = [str(2**60 + i) for i in range(6)]
GENES = ["g0", "g1", "Blank-1"]
COUNTS = np.array([[1, 0, 5], [2, 3, 0], [0, 0, 0], [0, 0, 9], [7, 1, 0], [4, 4, 1]], dtype="f4")
SHOWN = [IDS[4], "unknown", IDS[0], IDS[2], IDS[3]]
ROWS = [4, -1, 0, 2, 3]


def matrix_of(values: np.ndarray, path: Path, ids: list[str] | None = None) -> Matrix:
    obs, var = pd.DataFrame(index=ids or IDS), pd.DataFrame(index=GENES)
    anndata.AnnData(sp.csr_matrix(values), obs, var).write_h5ad(path)
    return open_matrix(path)


def expected_log2(counted: list[int]) -> np.ndarray:
    totals = COUNTS[:, counted].sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.log2(COUNTS * 1e4 / totals + 1)
    values[totals[:, 0] == 0] = 0
    return np.where(np.array(ROWS)[:, None] >= 0, values[ROWS], np.nan)


def test_counts_and_computed_log2_of_a_matrix(tmp_path: Path) -> None:
    matrix = matrix_of(COUNTS, tmp_path / "m.h5ad")
    source = MatrixExpression(
        {"raw": matrix}, {"raw": "counts"}, cells=SHOWN, counted=np.array([True, True, False])
    )
    assert dict(source.kinds) == {"log2": COMPUTED_LOG2, "raw": "counts"}
    assert list(source.kinds) == ["log2", "raw"]
    assert source.download_bytes("log2") == 0
    raw = source.read(["g1", "g0"], "raw", Task())
    np.testing.assert_array_equal(
        raw, np.where(np.array(ROWS)[:, None] >= 0, COUNTS[ROWS][:, [1, 0]], np.nan)
    )
    log2 = source.read(GENES, "log2", Task())
    assert log2.dtype == np.float32
    np.testing.assert_allclose(log2, expected_log2([0, 1]), rtol=1e-6)


def test_counts_and_computed_log2_of_a_table() -> None:
    table = pd.DataFrame(COUNTS.astype("i8"), index=[int(label) for label in IDS], columns=GENES)
    source = TableExpression(table, SHOWN, "cell_by_gene.csv", counted=np.array([True, True, False]))
    assert dict(source.kinds) == {"log2": COMPUTED_LOG2, "raw": "counts"}
    np.testing.assert_array_equal(
        source.read(["g1"], "raw", Task()), np.where(np.array(ROWS) >= 0, COUNTS[ROWS, 1], np.nan)[:, None]
    )
    np.testing.assert_allclose(source.read(GENES, "log2", Task()), expected_log2([0, 1]), rtol=1e-6)


def test_stored_log2_is_never_computed(tmp_path: Path) -> None:
    log2, raw = matrix_of(COUNTS / 3, tmp_path / "l.h5ad"), matrix_of(COUNTS, tmp_path / "r.h5ad")
    units = {"log2": "log2(CPT + 1)", "raw": "counts"}
    source = MatrixExpression({"log2": log2, "raw": raw}, units, rows=np.array(ROWS))
    assert dict(source.kinds) == units
    np.testing.assert_array_equal(source.read(["g0"], "log2", Task())[0], COUNTS[4, :1] / np.float32(3))
    only = MatrixExpression({"raw": raw}, units, rows=np.array(ROWS), computed_log2=False)
    assert list(only.kinds) == ["raw"]
    with pytest.raises(ExpressionError, match="no 'log2' values; ask for raw"):
        only.read(["g0"], "log2", Task())


def test_no_shared_id_is_an_error_that_shows_both_kinds_of_ids(tmp_path: Path) -> None:
    matrix = matrix_of(COUNTS, tmp_path / "m.h5ad", [f"cell_{i}" for i in range(6)])
    source = MatrixExpression({"raw": matrix}, {"raw": "counts"}, cells=["aaaa-1", "bbbb-1"])
    with pytest.raises(ExpressionError, match=r"ids look like 'cell_0', theirs like 'aaaa-1'"):
        source.read(["g0"], "raw", Task())
    table = TableExpression(pd.DataFrame(COUNTS, IDS, GENES), ["x"], "cell_by_gene.csv")
    with pytest.raises(ExpressionError, match=r"cell_by_gene.csv shares no cell .* theirs like 'x'"):
        table.read(["g0"], "raw", Task())


def test_unknown_genes_are_named(tmp_path: Path) -> None:
    source = MatrixExpression({"raw": matrix_of(COUNTS, tmp_path / "m.h5ad")}, {"raw": "counts"}, cells=IDS)
    with pytest.raises(ExpressionError, match="no column for 'DRD1'"):
        source.read(["g0", "DRD1"], "raw", Task())


def test_an_id_of_two_rows_is_refused_and_floats_are_no_ids() -> None:
    twice = pd.DataFrame(COUNTS, [*IDS[:5], IDS[0]], GENES)
    with pytest.raises(FormatError, match=f"several rows for 1 of the cells, for example '{IDS[0]}'"):
        TableExpression(twice, IDS[:3], "cell_by_gene.csv").read(["g0"], "raw", Task())
    lossy = pd.DataFrame(COUNTS, [float(label) for label in IDS], GENES)
    with pytest.raises(FormatError, match="floating-point"):
        TableExpression(lossy, IDS, "cell_by_gene.csv").read(["g0"], "raw", Task())


def test_adding_up_can_be_cancelled() -> None:
    task = Task(lambda step: task.cancel())
    source = TableExpression(pd.DataFrame(COUNTS, IDS, GENES), IDS, "cell_by_gene.csv")
    with pytest.raises(Cancelled):
        source.read(["g0"], "log2", task)
    np.testing.assert_array_equal(source.read(["g0"], "raw", Task())[:, 0], COUNTS[:, 0])


def test_what_counts_look_like() -> None:
    assert looks_like_counts(np.array([0.0, 3.0, 7.0]))
    assert looks_like_counts(np.array([]))
    for values in ([0.5], [-1.0], [np.nan], [np.inf]):
        assert not looks_like_counts(np.array([1.0, *values]))


def test_reading_nothing_gives_nothing(tmp_path: Path) -> None:
    matrix = matrix_of(COUNTS, tmp_path / "m.h5ad")
    for cells, genes in (([], ["g0"]), (SHOWN, []), ([], [])):
        table = TableExpression(pd.DataFrame(COUNTS, IDS, GENES), cells, "cell_by_gene.csv")
        for source in (MatrixExpression({"raw": matrix}, {"raw": "counts"}, cells=cells), table):
            for kind in ("raw", "log2"):
                values = source.read(genes, kind, Task())
                assert values.shape == (len(cells), len(genes)) and values.dtype == np.float32


def test_texts_among_the_counts_are_an_error_of_ours() -> None:
    table = pd.DataFrame({"g0": [1, 2], "g1": ["3", "many"]}, index=["a", "b"])
    source = TableExpression(table, ["a", "b"], "cell_by_gene.csv")
    assert source.read(["g0"], "raw", Task())[:, 0].tolist() == [1.0, 2.0]
    for genes, kind in ((["g1"], "raw"), (["g0"], "log2")):
        with pytest.raises(FormatError, match=r"cell_by_gene.csv: the column 'g1' holds something else"):
            source.read(genes, kind, Task())


def test_what_is_printed_and_what_has_to_be_fetched(tmp_path: Path) -> None:
    matrix = matrix_of(COUNTS, tmp_path / "m.h5ad")
    source = MatrixExpression({"raw": matrix}, {"raw": "counts"}, cells=IDS)
    table = TableExpression(pd.DataFrame(COUNTS, IDS, GENES), IDS, "cell_by_gene.csv", unit="spots")
    assert repr(source) == "<MatrixExpression raw of m.h5ad>"
    assert repr(table) == "<TableExpression raw of cell_by_gene.csv>"
    assert table.kinds["raw"] == "spots"
    for one in (source, table):
        assert one.packages("raw", ["g0"]) == ()
        assert one.download_bytes("raw", ["g0"]) == 0


def test_of_many_unknown_genes_five_are_named(tmp_path: Path) -> None:
    table = TableExpression(pd.DataFrame(COUNTS, IDS, GENES), IDS, "cell_by_gene.csv")
    with pytest.raises(ExpressionError, match="no column for 'a', 'b', 'c', 'd', 'e'; choose"):
        table.read(list("abcdef"), "raw", Task())


def test_columns_may_have_other_names_than_in_the_file(tmp_path: Path) -> None:
    matrix = matrix_of(COUNTS, tmp_path / "m.h5ad")
    source = MatrixExpression(
        {"raw": matrix}, {"raw": "counts"}, rows=np.array(ROWS), identifiers={"raw": ["a", "b", "c"]}
    )
    np.testing.assert_array_equal(source.read(["c"], "raw", Task())[0], COUNTS[4, 2:])
    with pytest.raises(ExpressionError, match="no column for 'g0'"):
        source.read(["g0"], "raw", Task())


def test_adding_up_tells_of_each_gene_and_is_done_once() -> None:
    seen: list[Progress] = []
    source = TableExpression(pd.DataFrame(COUNTS, IDS, GENES), IDS, "cell_by_gene.csv")
    for _ in range(2):
        source.read(["g0"], "log2", Task(seen.append))
    assert seen == [Progress("Adding up cell_by_gene.csv", done, 3, "genes") for done in (1, 2, 3)]
