"""With tiny blocks every loop over a matrix turns many times, and the values are still scipy's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
import scipy.sparse as sp

from matrix_files import write_matrix
from napari_abc.errors import FormatError
from napari_abc.io.matrix import _columns, _h5table, _hdf5, _matrix, open_10x_matrix, open_matrix
from napari_abc.task import Progress, Task

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.io.matrix import Matrix

CELLS, GENES = 403, 31
STORAGE: dict[str, dict[str, Any]] = {
    "plain": {},
    "chunked": {"chunks": (13,)},
    "gzip": {"chunks": (13,), "compression": "gzip"},
    "shuffled": {"chunks": (13,), "compression": "gzip", "shuffle": True},
    "lzf": {"chunks": (13,), "compression": "lzf"},
}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (_columns, "_BLOCK", 50),
        (_columns, "_GAP", 6),
        (_columns, "_DENSE_BLOCK", 700),
        (_h5table, "_BLOCK", 7),
        (_matrix, "_SAMPLE", 40),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)


@pytest.fixture(scope="module")
def values() -> sp.csr_matrix:
    """Rows and genes from empty to full, and every value there once."""
    rng = np.random.default_rng(3)
    share = np.linspace(0, 1, GENES) * rng.permutation(np.linspace(0, 1.5, CELLS))[:, None]
    mask = rng.random((CELLS, GENES)) < share
    mask[:, 0], mask[:, -1], mask[200] = False, True, False
    dense = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape) + 0.5, 0).astype(np.float32)
    return sp.csr_matrix(dense)


def written(values: sp.csr_matrix, layout: str, how: str, folder: Path) -> Matrix:
    storage = dict(STORAGE[how])
    stored = values.toarray() if layout == "dense" else values.asformat(layout)
    if layout == "dense" and "chunks" in storage:
        storage["chunks"] = (13, 4)
    return open_matrix(write_matrix(folder / "m.h5ad", stored, **storage))


def choices() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [
        np.arange(CELLS),
        np.arange(CELLS)[::-1],
        rng.permutation(CELLS)[:50],
        rng.integers(-1, CELLS, 90),
        np.concatenate([np.arange(start, start + 5) for start in range(0, CELLS - 5, 37)]),
        np.array([CELLS - 1]),
        np.array([-1, 0, -1]),
        np.array([], int),
    ]


@pytest.mark.parametrize("how", STORAGE)
@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
def test_any_genes_of_any_cells(layout: str, how: str, values: sp.csr_matrix, tmp_path: Path) -> None:
    matrix, expected = written(values, layout, how, tmp_path), values.toarray()
    np.testing.assert_array_equal(matrix.read(range(GENES)), expected)
    for column in range(GENES):
        np.testing.assert_array_equal(matrix.read([column])[:, 0], expected[:, column])
    for columns in ([30, 0, 7, 7], [3], list(range(GENES))[::-2]):
        for rows in choices():
            said: list[Progress] = []
            found = matrix.read(columns, rows, Task(said.append))
            wanted = np.where(rows[:, None] >= 0, expected[rows][:, columns], np.nan)
            np.testing.assert_array_equal(found, wanted.reshape(found.shape))
            assert found.dtype == np.float32
            assert [p.done for p in said] == list(range(1, len(said) + 1))
            assert not said or said[-1].total == len(said)


@pytest.mark.parametrize("how", STORAGE)
@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
def test_sums_of_rows_over_any_genes(layout: str, how: str, values: sp.csr_matrix, tmp_path: Path) -> None:
    matrix, expected = written(values, layout, how, tmp_path), values.toarray().astype(float)
    rng = np.random.default_rng(4)
    few = np.zeros(GENES, bool)
    few[[2, 3, 30]] = True
    for counted in (None, np.ones(GENES, bool), few, rng.random(GENES) < 0.5, np.zeros(GENES, bool)):
        said: list[Progress] = []
        found = matrix.totals(counted, Task(said.append))
        wanted = expected if counted is None else expected[:, counted]
        np.testing.assert_allclose(found, wanted.sum(axis=1), rtol=1e-12)
        assert [p.done for p in said] == list(range(1, len(said) + 1))
        assert not said or said[-1].total == len(said) > 1


@pytest.mark.parametrize("layout", ["csr", "csc"])
def test_repeated_entries_of_a_cell_are_summed_across_blocks(layout: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    lines, width = (CELLS, GENES) if layout == "csr" else (GENES, CELLS)
    counts = rng.integers(0, 9 if layout == "csr" else 300, lines)
    parts = (
        rng.integers(1, 9, counts.sum()).astype("f4"),
        rng.integers(0, width, counts.sum()),
        np.concatenate([[0], np.cumsum(counts)]),
    )
    given = (sp.csr_matrix if layout == "csr" else sp.csc_matrix)(parts, shape=(CELLS, GENES))
    matrix, expected = open_matrix(write_matrix(tmp_path / "m.h5ad", given)), given.toarray()
    np.testing.assert_array_equal(matrix.read(range(GENES)), expected)
    np.testing.assert_array_equal(matrix.totals(), expected.sum(axis=1))


@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
def test_a_sample_is_of_the_beginning_the_middle_and_the_end(
    layout: str, values: sp.csr_matrix, tmp_path: Path
) -> None:
    matrix = written(values, layout, "plain", tmp_path)
    found = matrix.sample()
    if layout == "dense":
        dense = values.toarray()
        wanted = [dense[0], dense[201], dense[402]]  # a row has 31 of the 40 values
        assert found.tolist() == np.concatenate(wanted).tolist()
    else:
        data = values.asformat(layout).data
        middle = (len(data) - 40) // 2
        wanted = [data[:40], data[middle : middle + 40], data[-40:]]
        assert found.tolist() == np.concatenate(wanted).tolist()


def test_texts_are_read_by_blocks(values: sp.csr_matrix, tmp_path: Path) -> None:
    names = [f"cell {i}" for i in range(CELLS)]
    path = write_matrix(tmp_path / "m.h5ad", values, names, [f"gene {i}" for i in range(GENES)])
    matrix = open_matrix(path)
    assert matrix.cell_ids.to_pylist() == names
    assert matrix.identifiers == [f"gene {i}" for i in range(GENES)]
    assert matrix.rows_of([names[i] for i in (402, 7, 6, 0)]).tolist() == [402, 7, 6, 0]


@pytest.mark.parametrize("layout", ["csr", "csc"])
@pytest.mark.parametrize("at", [0, 333, -1])
def test_an_index_outside_the_matrix_is_noticed_in_every_block(
    layout: str, at: int, values: sp.csr_matrix, tmp_path: Path
) -> None:
    for wrong in (-1, GENES if layout == "csr" else CELLS):
        bad = values.asformat(layout).copy()
        bad.indices[at] = wrong
        matrix = open_matrix(write_matrix(tmp_path / "m.h5ad", bad))
        with pytest.raises(FormatError, match="outside the matrix"):
            matrix.read(range(GENES))
        with pytest.raises(FormatError, match="outside the matrix"):
            matrix.totals(np.arange(GENES) > 0)


@pytest.mark.parametrize("position", [0, 5, -1])
@pytest.mark.parametrize("how", ["chunked", "gzip", "shuffled"])
def test_a_chunk_that_is_damaged_is_named(
    how: str, position: int, values: sp.csr_matrix, tmp_path: Path
) -> None:
    matrix = written(values, "csr", how, tmp_path)
    with h5py.File(matrix.path) as file:
        chunks = [
            file["X/indices"].id.get_chunk_info(i) for i in range(file["X/indices"].id.get_num_chunks())
        ]
    chunk = chunks[position]
    content = bytearray(matrix.path.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + chunk.size] = b"\xff" * chunk.size
    stat = matrix.path.stat()
    matrix.path.write_bytes(content)
    os.utime(matrix.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(FormatError, match=r"outside the matrix|can't be inflated"):
        matrix.read([5])


def test_the_feature_matrix_of_a_xenium_run(values: sp.csr_matrix, tmp_path: Path) -> None:
    path = tmp_path / "cell_feature_matrix.h5"
    names = [f"aaaa{i}-1" for i in range(CELLS)]
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        for part in ("data", "indices", "indptr"):
            group.create_dataset(part, data=getattr(values, part), chunks=(13,), compression="gzip")
        group["shape"] = np.array([GENES, CELLS])
        group["barcodes"] = np.array([name.encode() for name in names])
        for part, texts in (
            ("id", [f"ENSG{i}" for i in range(GENES)]),
            ("name", [f"Gene{i}" for i in range(GENES)]),
            ("feature_type", ["Gene Expression"] * 30 + ["Negative Control Probe"]),
        ):
            group[f"features/{part}"] = np.array([text.encode() for text in texts])
    matrix = open_10x_matrix(path)
    assert (matrix.shape, matrix.layout, matrix.node, matrix.var) == (
        (CELLS, GENES),
        "csr",
        "matrix",
        "matrix/features",
    )
    assert matrix.feature_types is not None and matrix.feature_types[29:] == [
        "Gene Expression",
        "Negative Control Probe",
    ]
    assert (matrix.identifiers[30], matrix.symbols[30]) == ("ENSG30", "Gene30")
    assert matrix.cell_ids.to_pylist() == names
    np.testing.assert_array_equal(matrix.read(range(GENES)), values.toarray())
    with h5py.File(path, "a") as file:
        del file["matrix/shape"]
        file["matrix/shape"] = np.array([CELLS, GENES])
    with pytest.raises(FormatError, match="31 features and 403 barcodes"):
        open_10x_matrix(path)
    with h5py.File(path, "a") as file:
        del file["matrix/barcodes"]
    with pytest.raises(FormatError, match=r"no 'matrix/barcodes'.*choose cell_feature_matrix.h5"):
        open_10x_matrix(path)


def test_large_chunks_are_inflated_one_at_a_time(
    values: sp.csr_matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = written(values, "csr", "gzip", tmp_path)
    with h5py.File(place.path) as file:
        found = _hdf5.locate(file["X/data"])
    assert _columns._threads(found) == 3
    monkeypatch.setattr(_columns, "_BIG_CHUNK", 13 * 4)
    assert _columns._threads(found) == 3
    monkeypatch.setattr(_columns, "_BIG_CHUNK", 13 * 4 - 1)
    assert _columns._threads(found) == 1
