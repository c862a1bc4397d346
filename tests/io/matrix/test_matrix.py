"""Any gene from a matrix file as it lies: every layout gives the values that scipy gives."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.sparse as sp

from napari_abc.errors import Cancelled, ConfigurationError, FormatError, MissingFileError
from napari_abc.io.matrix import Matrix, layer_names, open_10x_matrix, open_matrix
from napari_abc.task import Progress, Task
from project import cut_and_whole

SHAPE = (15_000, 100)

TEXT = h5py.string_dtype()


def write_index(file: h5py.File, name: str, labels: list[str]) -> h5py.Group:
    table = file.create_group(name)
    table.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
    table.attrs["column-order"] = np.array([], dtype=float)
    table.create_dataset("_index", data=labels, dtype=TEXT)
    return table


def write_sparse(parent: h5py.Group, name: str, values: Any, **storage: Any) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs.update({"encoding-type": f"{values.format}_matrix", "encoding-version": "0.1.0"})
    group.attrs["shape"] = values.shape
    for part in ("indptr", "indices", "data"):
        group.create_dataset(part, data=getattr(values, part), **storage)
    return group


def write_h5ad(path: Path, values: Any, **storage: Any) -> Path:
    """An h5ad file with the least that one has to hold; ``values`` sparse or an array."""
    with h5py.File(path, "w") as file:
        write_index(file, "obs", [f"cell-{i}" for i in range(values.shape[0])])
        write_index(file, "var", [f"ENSG{i:011}" for i in range(values.shape[1])])
        if sp.issparse(values):
            write_sparse(file, "X", values, **storage)
        else:
            file.create_dataset("X", data=values, **storage)
    return path


def random_matrix(cells: int, genes: int, dtype: Any = np.float32, density: float = 0.3) -> sp.csr_matrix:
    rng = np.random.default_rng(7)
    mask = rng.random((cells, genes), dtype=np.float32) < density
    indices = np.nonzero(mask)[1].astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(mask.sum(axis=1))])
    data = (rng.random(len(indices), dtype=np.float32) * 100 + 1).astype(dtype)
    return sp.csr_matrix((data, indices, indptr), shape=(cells, genes))


@pytest.fixture(scope="module")
def large() -> sp.csr_matrix:
    """1.1 million values, so that several blocks and threads are at work."""
    return random_matrix(*SHAPE, density=0.75)


@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
@pytest.mark.parametrize(
    "storage",
    [
        {},
        {"chunks": True},
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True},
        {"compression": "lzf"},
    ],
    ids=["contiguous", "chunked", "gzip", "gzip-shuffle", "lzf"],
)
def test_values_equal_scipys_in_every_layout_and_storage(
    layout: str, storage: dict[str, Any], large: sp.csr_matrix, tmp_path: Path
) -> None:
    stored = large.toarray() if layout == "dense" else large.asformat(layout)
    matrix = open_matrix(write_h5ad(tmp_path / "m.h5ad", stored, **storage))
    assert (matrix.layout, matrix.shape) == (layout, SHAPE)
    expected = large.toarray()
    for columns in ([42], [99, 0, 17, 42]):
        values = matrix.read(columns)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, expected[:, columns])
    rng = np.random.default_rng(0)
    runs = np.concatenate([np.arange(at, at + 300) for at in (0, 4_000, 4_500, 9_000, 14_700)])
    for rows in (runs, rng.choice(SHAPE[0], 5_000), np.array([14_999]), np.array([], int)):
        np.testing.assert_array_equal(matrix.read([3, 97], rows), expected[np.ix_(rows, [3, 97])])
    counted = np.arange(100) % 3 > 0
    np.testing.assert_allclose(matrix.totals(), expected.sum(axis=1, dtype=float))
    np.testing.assert_allclose(matrix.totals(counted), expected[:, counted].sum(axis=1, dtype=float))


@pytest.mark.parametrize(
    "dtype", ["f4", "f8", "f2", ">f4", "i1", "u2", "i4", "i8", "u8", "?"], ids=lambda name: name
)
@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
def test_every_number_type_becomes_float32(dtype: str, layout: str, tmp_path: Path) -> None:
    dense = random_matrix(50, 7).toarray().astype(dtype)
    stored = dense
    if layout != "dense":
        stored = sp.csr_matrix(dense.astype("f8")).asformat(layout)
        stored.data = stored.data.astype(dtype)
    matrix = open_matrix(write_h5ad(tmp_path / "m.h5ad", stored))
    np.testing.assert_array_equal(matrix.read(range(7)), dense.astype(np.float32))


@pytest.mark.parametrize("indices", ["i8", "u4", "i2", "u8"])
def test_every_index_type(indices: str, tmp_path: Path) -> None:
    stored = random_matrix(50, 7)
    expected = stored.toarray()
    stored.indices, stored.indptr = stored.indices.astype(indices), stored.indptr.astype("i4")
    matrix = open_matrix(write_h5ad(tmp_path / "m.h5ad", stored))
    np.testing.assert_array_equal(matrix.read([6]), expected[:, [6]])
    np.testing.assert_array_equal(matrix.read([6, 1]), expected[:, [6, 1]])


@pytest.mark.parametrize("layout", ["csr", "csc"])
def test_unsorted_and_duplicate_entries_sum_up_as_in_scipy(layout: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    lines, width = 200, 30
    counts = rng.integers(0, 60, lines)
    shape = (lines, width) if layout == "csr" else (width, lines)
    kind = sp.csr_matrix if layout == "csr" else sp.csc_matrix
    stored = kind(
        (
            rng.integers(1, 9, counts.sum()).astype("f4"),
            rng.integers(0, width, counts.sum()),
            np.concatenate([[0], np.cumsum(counts)]),
        ),
        shape=shape,
    )
    path = write_h5ad(tmp_path / "m.h5ad", stored)
    assert not stored.has_canonical_format
    matrix, expected = open_matrix(path), stored.toarray()
    np.testing.assert_array_equal(matrix.read(range(shape[1])), expected)
    np.testing.assert_array_equal(matrix.read([4], np.array([7, 3, 3])), expected[[7, 3, 3]][:, [4]])
    np.testing.assert_array_equal(matrix.totals(), expected.sum(axis=1))


@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
def test_nan_and_infinite_values_pass_and_absent_cells_are_nan(layout: str, tmp_path: Path) -> None:
    dense = np.array([[1, np.nan, 0], [np.inf, 0, 2], [0, -np.inf, 1e300]])
    stored = dense if layout == "dense" else sp.csr_matrix(dense).asformat(layout)
    matrix = open_matrix(write_h5ad(tmp_path / "m.h5ad", stored))
    values = matrix.read([2, 0, 1, 0], np.array([-1, 2, 0, 2, -1, 1]))
    nan = np.full(4, np.nan)
    with np.errstate(over="ignore"):
        rows = dense[:, [2, 0, 1, 0]].astype(np.float32)
    np.testing.assert_array_equal(values, np.array([nan, rows[2], rows[0], rows[2], nan, rows[1]]))
    assert np.isnan(matrix.read([0], np.array([-1, -1]))).all()


def test_no_values_no_genes_no_cells(tmp_path: Path) -> None:
    for shape in ((5, 3), (5, 0), (0, 3)):
        for layout in ("csr", "csc", "dense"):
            stored = np.zeros(shape, "f4") if layout == "dense" else sp.csr_matrix(shape).asformat(layout)
            matrix = open_matrix(write_h5ad(tmp_path / "m.h5ad", stored))
            assert matrix.read(range(shape[1])).tolist() == np.zeros(shape).tolist()
            assert matrix.totals().tolist() == [0.0] * shape[0]
            assert not matrix.sample().any()


def test_anndata_reads_the_same_from_what_anndata_wrote(tmp_path: Path) -> None:
    import anndata
    import pandas as pd

    rng = np.random.default_rng(1)
    dense = rng.poisson(0.7, (60, 9)).astype("f4")
    obs = pd.DataFrame(index=[f"{10**17 + i}-1" for i in range(60)])
    var = pd.DataFrame(
        {"gene_symbol": pd.Categorical([*"ABCDEFGH", None])}, index=[f"g{i}" for i in range(9)]
    )
    data = anndata.AnnData(sp.csr_matrix(np.log1p(dense)), obs, var)
    data.layers["counts"] = sp.csc_matrix(dense)
    data.layers["scaled"] = dense - 1
    data.raw = data.copy()
    path = tmp_path / "m.h5ad"
    data.write_h5ad(path, compression="gzip")
    assert sorted(layer_names(path)) == ["counts", "raw", "scaled"]
    back = anndata.read_h5ad(path)
    for layer, expected in (
        (None, back.X.toarray()),
        ("counts", back.layers["counts"].toarray()),
        ("layers/scaled", back.layers["scaled"]),
        ("raw", back.raw.X.toarray()),
        ("raw/X", back.raw.X.toarray()),
    ):
        matrix = open_matrix(path, layer)
        np.testing.assert_array_equal(matrix.read(range(9)), expected)
        assert matrix.cell_ids.to_pylist() == list(back.obs_names)
        assert matrix.identifiers == list(back.var_names)
        assert matrix.symbols == [*"ABCDEFGH", None]
    with pytest.raises(FormatError, match=r"no matrix 'layers/log'.*layers: counts, scaled, raw"):
        open_matrix(path, "log")


def test_layout_of_anndata_0_6(tmp_path: Path) -> None:
    expected = random_matrix(20, 4)
    path = tmp_path / "old.h5ad"
    with h5py.File(path, "w") as file:
        file["obs"] = np.array([(f"c{i}".encode(), i) for i in range(20)], [("index", "S3"), ("n", "i8")])
        file["var"] = np.array([(f"g{i}".encode(), 1.5) for i in range(4)], [("index", "S2"), ("mean", "f4")])
        file["raw.var"] = file["var"][:3]
        for name, values in (("X", expected), ("raw.X", expected[:, :3])):
            group = file.create_group(name)
            group.attrs.update({"h5sparse_format": "csr", "h5sparse_shape": values.shape})
            for part in ("indptr", "indices", "data"):
                group[part] = getattr(values, part)
    matrix, raw = open_matrix(path), open_matrix(path, "raw")
    assert (matrix.cell_ids.to_pylist()[:2], matrix.identifiers) == (["c0", "c1"], ["g0", "g1", "g2", "g3"])
    assert raw.shape == (20, 3)
    np.testing.assert_array_equal(matrix.read(range(4)), expected.toarray())
    np.testing.assert_array_equal(raw.read(range(3)), expected.toarray()[:, :3])


def test_labels_are_exact_text(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", np.ones((4, 2), "f4"))
    ids = [2**53 + 1, 2**53 + 2, 2**53 + 3, 7]
    with h5py.File(path, "a") as file:
        del file["obs/_index"]
        file["obs/_index"] = np.array(ids)
    matrix = open_matrix(path)
    assert matrix.cell_ids.to_pylist() == [str(number) for number in ids]
    assert matrix.rows_of(["9007199254740994", "7", "07", ""]).tolist() == [1, 3, -1, -1]
    assert matrix.rows_of(np.array(ids[::-1])).tolist() == [3, 2, 1, 0]
    assert matrix.rows_of([b"7"]).tolist() == [3]
    with pytest.raises(FormatError, match="floating-point"):
        matrix.rows_of(np.array(ids, float))


def test_a_label_of_several_rows_is_refused_only_when_asked_for(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", np.ones((4, 2), "f4"))
    with h5py.File(path, "a") as file:
        file["obs/_index"][1] = "cell-0"
    matrix = open_matrix(path)
    assert matrix.rows_of(["cell-3", "cell-2"]).tolist() == [3, 2]
    with pytest.raises(FormatError, match=r"several rows for 1 of the cells, for example 'cell-0'"):
        matrix.rows_of(["cell-3", "cell-0"])


@pytest.mark.parametrize("run", cut_and_whole("xenium/cell-mix-526"))
def test_real_xenium_matrix(run: Path) -> None:
    path = run / "cell_feature_matrix.h5"
    with h5py.File(path) as file:
        group = file["matrix"]
        parts = (group["data"][:], group["indices"][:], group["indptr"][:])
        expected = sp.csc_matrix(parts, shape=group["shape"][:]).T.toarray()
        barcodes = [name.decode() for name in group["barcodes"][:]]
        types = [name.decode() for name in group["features/feature_type"][:]]
    matrix = open_10x_matrix(path)
    assert (matrix.shape, matrix.feature_types) == (expected.shape, types)
    assert matrix.cell_ids.to_pylist() == barcodes
    np.testing.assert_array_equal(matrix.read(range(expected.shape[1])), expected)
    genes = np.array(types) == "Gene Expression"
    assert 0 < genes.sum() < len(genes)
    np.testing.assert_array_equal(matrix.totals(genes), expected[:, genes].sum(axis=1))


def test_progress_reaches_the_end_and_cancelling_stops(large: sp.csr_matrix, tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", large, compression="gzip", chunks=(4096,))
    matrix = open_matrix(path)
    seen: list[Progress] = []
    matrix.read([5], task=Task(seen.append))
    assert [step.done for step in seen] == list(range(1, len(seen) + 1))
    assert len(seen) > 3 and seen[-1].done == seen[-1].total

    def stop(step: Progress) -> None:
        if step.done == 2:
            task.cancel()

    task = Task(stop)
    with pytest.raises(Cancelled):
        matrix.read([5], task=task)
    np.testing.assert_array_equal(matrix.read([5]), large.toarray()[:, [5]])


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_memory_is_that_of_some_blocks_whatever_the_file_holds(
    compression: str | None, tmp_path: Path
) -> None:
    stored = random_matrix(60_000, 100, density=0.9)
    size = stored.data.nbytes + stored.indices.nbytes
    assert size > 40e6
    matrix = open_matrix(write_h5ad(tmp_path / "m.h5ad", stored, compression=compression))
    matrix.read([0], np.arange(10))
    tracemalloc.start()
    matrix.read([50])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25e6


@pytest.mark.parametrize("chunks", [(1000, 8), (50, 400)], ids=["tall", "wide"])
def test_a_dense_matrix_of_half_floats_is_read_by_column(chunks: tuple[int, int], tmp_path: Path) -> None:
    values = np.tile(np.random.default_rng(1).gamma(1, 2, (3_000, 400)).astype("f2"), (10, 1))
    path = write_h5ad(tmp_path / "m.h5ad", values, chunks=chunks, compression="gzip", compression_opts=1)
    matrix = open_matrix(path)
    matrix.read([0], np.arange(10))
    tracemalloc.start()
    found = matrix.read([123])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found[:, 0], values[:, 123].astype("f4"))
    assert peak < 20e6 < values.nbytes


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs a list of open files")
def test_no_handle_stays_open(large: sp.csr_matrix, tmp_path: Path) -> None:
    def is_open(path: Path) -> bool:
        links = [f"/proc/self/fd/{entry}" for entry in os.listdir("/proc/self/fd")]
        return str(path) in [os.readlink(link) for link in links if os.path.lexists(link)]

    path = write_h5ad(tmp_path / "m.h5ad", large, compression="gzip")
    with path.open("rb"):
        assert is_open(path)
    matrix = open_matrix(path)
    matrix.read([1])
    assert len(matrix.cell_ids) == SHAPE[0]
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        matrix.read([1], task=task)
    assert not is_open(path)


def test_numbers_out_of_range(tmp_path: Path) -> None:
    matrix = open_matrix(write_h5ad(tmp_path / "m.h5ad", np.ones((4, 2), "f4")))
    for columns in ([2], [-1]):
        with pytest.raises(ConfigurationError, match="2 columns"):
            matrix.read(columns)
    for rows in ([4], [-2]):
        with pytest.raises(ConfigurationError, match="4 rows"):
            matrix.read([0], np.array(rows))


# --- wrong, damaged and hostile files -------------------------------------------------------------


def test_what_is_no_h5ad_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no file"):
        open_matrix(tmp_path / "absent.h5ad")
    with pytest.raises(MissingFileError, match="no file"):
        open_matrix(tmp_path)
    (tmp_path / "text.h5ad").write_text("cell,gene\n")
    with pytest.raises(FormatError, match="not an HDF5 file"):
        open_matrix(tmp_path / "text.h5ad")
    with h5py.File(tmp_path / "other.h5ad", "w") as file:
        file["image"] = np.zeros(3)
    with pytest.raises(FormatError, match="no matrix 'X'"):
        open_matrix(tmp_path / "other.h5ad")
    with pytest.raises(FormatError, match="no 'matrix/barcodes'"):
        open_10x_matrix(tmp_path / "other.h5ad")


def test_a_file_cut_off_anywhere(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(2_000, 20), compression="gzip", chunks=(1000,))
    whole = path.read_bytes()
    expected = open_matrix(path).read([3])
    for share in (0.01, 0.2, 0.5, 0.8, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(FormatError, match=r"damaged or cut off|not an HDF5 file"):
            open_matrix(path).read([3])
    path.write_bytes(whole)
    np.testing.assert_array_equal(open_matrix(path).read([3]), expected)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("part", ["data", "indices", "indptr"])
def test_flipped_bytes_of_compressed_values_are_noticed(part: str, seed: int, tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(300, 20), compression="gzip")
    with h5py.File(path) as file:
        chunk = file["X"][part].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(chunk.byte_offset, chunk.byte_offset + chunk.size, 3):
        content[at] ^= int(rng.integers(1, 256))
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"m\.h5ad"):
        open_matrix(path).read([3, 4])


def damage(path: Path, part: str, change: Any) -> None:
    with h5py.File(path, "a") as file:
        values = file[part][:]
        attributes = dict(file[part].attrs)
        del file[part]
        file[part] = change(values)
        file[part].attrs.update(attributes)


def set_at(position: int, value: int) -> Any:
    def change(values: Any) -> Any:
        values[position] = value
        return values

    return change


@pytest.mark.parametrize("layout", ["csr", "csc"])
@pytest.mark.parametrize(
    ("part", "change", "reason"),
    [
        ("X/indptr", lambda v: v[:-1], "do not fit together"),
        ("X/indptr", set_at(-1, 10**9), "do not fit together"),
        ("X/indptr", set_at(3, 10**6), "does not rise"),
        ("X/indptr", set_at(0, 1), "does not rise"),
        ("X/indptr", lambda v: v.astype(float), "does not hold numbers"),
        ("X/data", lambda v: v[:-1], "do not fit together"),
        ("X/data", lambda v: v.astype("S4"), "does not hold numbers"),
        ("X/indices", lambda v: v[:-1], "do not fit together"),
        ("X/indices", set_at(5, 1000), "outside the matrix"),
        ("X/indices", set_at(5, -1), "outside the matrix"),
        ("obs/_index", lambda v: v[:-1], "lists 49 cells"),
        ("var/_index", lambda v: v[:-1], "6 genes"),
    ],
)
def test_parts_that_do_not_fit_together(
    layout: str, part: str, change: Any, reason: str, tmp_path: Path
) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(50, 7, density=1.0).asformat(layout))
    damage(path, part, change)
    for columns in ([0], [0, 3]):
        with pytest.raises(FormatError, match=reason):
            open_matrix(path).read(columns)


@pytest.mark.parametrize("missing", ["X/indptr", "X/data", "obs", "var", "obs/_index"])
def test_missing_parts(missing: str, tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(50, 7))
    with h5py.File(path, "a") as file:
        del file[missing]
    with pytest.raises(FormatError, match=r"lacks|no table|no index"):
        open_matrix(path)


def test_dense_of_the_wrong_shape_or_kind(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", np.ones((4, 3), "f4"))
    damage(path, "X", lambda v: v[:, :2])
    with pytest.raises(FormatError, match=r"shape \(4, 2\), but the file lists 4 cells and 3 genes"):
        open_matrix(path)
    damage(path, "X", lambda v: np.full((4, 3), b"a"))
    with pytest.raises(FormatError, match="not numbers"):
        open_matrix(path)


def test_a_matrix_replaced_since_it_was_opened(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(50, 7))
    matrix = open_matrix(path)
    matrix.read([0])
    write_h5ad(path, random_matrix(60, 7))
    with pytest.raises(FormatError, match="was changed since it was opened"):
        matrix.read([0])


def test_links_into_other_files_are_not_followed(tmp_path: Path) -> None:
    secret = write_h5ad(tmp_path / "secret.h5ad", random_matrix(50, 7))
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(50, 7))
    for name, link in (
        ("direct", h5py.ExternalLink(str(secret), "X")),
        ("detour", h5py.SoftLink("/direct")),
    ):
        with h5py.File(path, "a") as file:
            if name == "direct":
                file["direct"] = link
            del file["X"]
            file["X"] = link
        with pytest.raises(FormatError, match="link to another file"):
            open_matrix(path)


def test_values_kept_in_other_files_are_not_read(tmp_path: Path) -> None:
    stored = random_matrix(50, 7)
    outside = tmp_path / "outside.bin"
    outside.write_bytes(stored.data.tobytes())
    path = write_h5ad(tmp_path / "m.h5ad", stored)
    with h5py.File(path, "a") as file:
        del file["X/data"]
        file["X"].create_dataset(
            "data", stored.data.shape, "f4", external=[(str(outside), 0, stored.data.nbytes)]
        )
    with pytest.raises(FormatError, match="in other files"):
        open_matrix(path)
    with h5py.File(path, "a") as file:
        del file["X/data"]
        layout = h5py.VirtualLayout(stored.data.shape, "f4")
        layout[:] = h5py.VirtualSource(str(outside), "d", stored.data.shape)
        file["X"].create_virtual_dataset("data", layout)
    with pytest.raises(FormatError, match="in other files"):
        open_matrix(path)


def test_a_claimed_size_is_not_believed(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(50, 7))
    with h5py.File(path, "a") as file:
        del file["X"]
        del file["obs/_index"]
        file["obs"].create_dataset("_index", (10**12,), "i8", chunks=(10**6,), compression="gzip")
        file.create_dataset("X", (10**12, 7), "f4", chunks=(10**5, 7), compression="gzip")
    tracemalloc.start()
    matrix = open_matrix(path)
    with pytest.raises(FormatError, match="claims"):
        matrix.read([0], np.array([0]))
    with pytest.raises(FormatError, match="claims"):
        _ = matrix.cell_ids
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def test_a_filter_that_is_not_installed_is_named(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(500, 7), compression="gzip")
    content = path.read_bytes()
    with h5py.File(path, "a") as file:
        pipeline = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        pipeline.set_chunk((100,))
        pipeline.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))  # Zstandard
        size = file["X/data"].size
        del file["X/data"]
        space = h5py.h5s.create_simple((size,))
        h5py.h5d.create(file["X"].id, b"data", h5py.h5t.IEEE_F32LE, space, pipeline)
    assert content != path.read_bytes()
    if h5py.h5z.filter_avail(32015):
        pytest.skip("the filter is installed here")
    with pytest.raises(FormatError, match=r"filter 32015.*pip install hdf5plugin"):
        open_matrix(path).read([0])


def test_matrix_is_what_open_returns(tmp_path: Path) -> None:
    matrix = open_matrix(str(write_h5ad(tmp_path / "m.h5ad", random_matrix(5, 7))))
    assert isinstance(matrix, Matrix)
    assert matrix.feature_types is None and matrix.var == "var"


def test_labels_stored_as_nullable_text(tmp_path: Path) -> None:
    # What anndata writes with pandas 3.
    path = write_h5ad(tmp_path / "m.h5ad", np.ones((3, 2), "f4"))
    with h5py.File(path, "a") as file:
        for table in ("obs", "var"):
            labels = file[table]["_index"][:]
            del file[table]["_index"]
            group = file[table].create_group("_index")
            group.attrs.update({"encoding-type": "nullable-string-array", "encoding-version": "0.1.0"})
            group.create_dataset("values", data=labels, dtype=TEXT)
            group["mask"] = np.zeros(len(labels), bool)
    matrix = open_matrix(path)
    assert matrix.cell_ids.to_pylist() == ["cell-0", "cell-1", "cell-2"]
    assert matrix.identifiers == ["ENSG00000000000", "ENSG00000000001"]


def test_of_several_columns_with_symbols_the_usual_one_is_taken(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "m.h5ad", random_matrix(5, 2))
    with h5py.File(path, "a") as file:
        for name in ("gene", "gene_name", "gene_symbol"):
            file["var"].create_dataset(name, data=[f"{name} 0", f"{name} 1"], dtype=TEXT)
    assert open_matrix(path).symbols == ["gene_symbol 0", "gene_symbol 1"]
