"""A gene-major index gives the values of its matrix, bit for bit, and is never trusted blindly."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import zarr

from matrix_files import random_counts, write_matrix
from napari_abc.errors import AbcError, Cancelled, ConfigurationError, FormatError
from napari_abc.io.gene_index import GeneIndex, build_index, file_key, index_name, open_index
from napari_abc.io.gene_index import _files as index_files
from napari_abc.io.gene_index._write import narrowed
from napari_abc.io.matrix import Matrix, open_matrix
from napari_abc.task import Progress, Task
from processes import LONGEST, in_threads
from project import ROOT

KEY = "0123456789abcdef0123456789abcdef"
DOCS = ROOT / "docs" / "formats.md"
SHAPE = (150_000, 6)


def built(path: Path, **options: Any) -> tuple[Matrix, GeneIndex]:
    matrix = open_matrix(path)
    return matrix, build_index(matrix, path.with_suffix(".zarr"), KEY, Task(), **options)


def same_bits(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_array_equal(found.view("u4"), expected.view("u4"))


@pytest.fixture(scope="module")
def tall() -> sp.csr_matrix:
    """Three blocks, the last one partly filled."""
    return random_counts(*SHAPE, density=0.2)


@pytest.fixture(scope="module")
def sample(tall: sp.csr_matrix, tmp_path_factory: pytest.TempPathFactory) -> tuple[Matrix, GeneIndex]:
    """Two parts, the first of two blocks; not to be changed."""
    path = write_matrix(tmp_path_factory.mktemp("index") / "tall.h5ad", tall)
    return built(path, part_entries=160_000)


@pytest.mark.parametrize("part_entries", [12 * 2**20, 160_000, 30_000, 700])
@pytest.mark.parametrize("layout", ["csr", "csc", "dense", "dense-chunked", "csr-gzip"])
def test_values_equal_the_files_in_every_layout(
    layout: str, part_entries: int, tall: sp.csr_matrix, tmp_path: Path
) -> None:
    kind, _, how = layout.partition("-")
    small = tall[:20_000] if part_entries == 700 else tall
    stored = small.toarray() if kind == "dense" else small.asformat(kind)
    storage = {"": {}, "chunked": {"chunks": (3_000, 4)}, "gzip": {"compression": "gzip"}}[how]
    matrix, index = built(
        write_matrix(tmp_path / "m.h5ad", stored, **storage), threads=2, part_entries=part_entries
    )
    expected = small.toarray()
    assert (index.shape, index.dtype) == (small.shape, np.float32)
    assert index.identifiers == matrix.identifiers
    same_bits(index.read([4, 0, 4, 5]), expected[:, [4, 0, 4, 5]])
    for column in range(6):
        same_bits(index.gene_all(column), expected[:, column])
    if kind == "csr" and not how:
        shape = {12 * 2**20: (65_536, 3), 160_000: (65_536, 2), 700: (512, 1)}.get(part_entries)
        assert shape in (None, (index.about.block_rows, index.about.part_blocks))
    assert not list(tmp_path.glob("*.building")) and not list(tmp_path.glob(".*"))


def test_rows_in_any_order_repeated_and_absent(sample: tuple[Matrix, GeneIndex]) -> None:
    matrix, index = sample
    rng = np.random.default_rng(1)
    few = np.array([149_999, 3, 3, -1, 70_000])
    for rows in (
        np.arange(60_000, 75_000),
        np.arange(140_000, 150_000),
        np.sort(rng.choice(150_000, 9_000, replace=False)),
        rng.integers(-1, 150_000, 5_000),
        np.concatenate([np.arange(100), np.arange(149_000, 150_000)]),
        few,
        np.array([-1, -1]),
        np.array([], int),
        np.arange(150_000),
    ):
        expected = matrix.read([5, 2], rows)
        np.testing.assert_array_equal(index.read([5, 2], rows), expected)
        np.testing.assert_array_equal(index.read([5, 2], index.plan(rows)), expected)
    assert np.isnan(index.read([0], few)[3, 0])
    assert index.read([], few).shape == (5, 0)
    for columns, rows in (([6], few), ([-1], few), ([0], np.array([150_000])), ([0], np.array([-2]))):
        with pytest.raises(ConfigurationError, match="ask for"):
            index.read(columns, rows)


def test_only_the_blocks_of_the_rows_are_read(sample: tuple[Matrix, GeneIndex]) -> None:
    _, index = sample
    assert index.plan(np.arange(140_000, 150_000)).parts == ((1, (2,)),)
    assert index.plan(np.array([5, 140_000, -1])).parts == ((0, (0,)), (1, (2,)))
    assert index.plan(np.arange(60_000, 70_000)).parts == ((0, (0, 1)),)


def test_cells_are_found_by_label(sample: tuple[Matrix, GeneIndex]) -> None:
    matrix, index = sample
    assert index.cell_ids.equals(matrix.cell_ids)
    asked = [matrix.cell_ids[9].as_py(), "nobody", matrix.cell_ids[149_999].as_py()]
    assert index.rows_of(asked).tolist() == [9, -1, 149_999]


def test_labels_that_hold_a_newline_are_left_out(tmp_path: Path) -> None:
    path = write_matrix(tmp_path / "m.h5ad", random_counts(2, 3), cells=["a\nb", "c"])
    _, index = built(path)
    assert index.cell_id_bytes is None and index.gene_all(0).shape == (2,)
    with pytest.raises(FormatError, match="no cell ids"):
        index.rows_of(["c"])


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("f4", "<f4"),
        ("f8", "<f8"),
        ("f2", "<f4"),
        (">f4", "<f4"),
        ("i1", "|u1"),
        ("u2", "|u1"),
        (">i4", "|u1"),
        ("i8", "|u1"),
        ("u8", "|u1"),
        ("?", "|u1"),
    ],
)
@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
def test_every_number_type_is_kept_without_loss(dtype: str, kept: str, layout: str, tmp_path: Path) -> None:
    dense = random_counts(500, 7, np.float64).toarray().astype(dtype)
    stored = dense
    if layout != "dense":
        stored = sp.csr_matrix(dense.astype("f8")).asformat(layout)
        stored.data = stored.data.astype(dtype)
    matrix, index = built(write_matrix(tmp_path / "m.h5ad", stored))
    assert index.dtype.str == kept
    same_bits(index.read(range(7)), dense.astype(np.float32))
    same_bits(index.read(range(7)), matrix.read(range(7)))
    assert plain_gene(index, 3).tolist() == dense[:, 3].tolist()


def plain_gene(index: GeneIndex, gene: int) -> np.ndarray:
    """A gene by zarr-python, in the type it is stored in."""
    group = zarr.open_group(index.location, mode="r")
    about = group.attrs["gene_index"]
    out = np.zeros(about["cells"], group["values"].dtype)
    for block, (start, count, _) in enumerate(group["segments"][gene].tolist()):
        part = block // about["part_blocks"]
        rows = group["rows"][part, start : start + count].astype(int) + block * about["block_rows"]
        out[rows] = group["values"][part, start : start + count]
    return out


@pytest.mark.parametrize(
    ("values", "dtype", "kept"),
    [
        ([1.0, 255.0], "f4", "|u1"),
        ([1.0, 256.0], "f8", "<u2"),
        ([1.0, 65536.0], "f4", "<f4"),
        ([1.0, -1.0], "f4", "<f4"),
        ([-1, 5], "i2", "<f4"),
        ([1.0, float("nan")], "f4", "<f4"),
        ([1.5, float("inf")], "f8", "<f4"),
        ([1.5, 0.1], "f8", "<f8"),
        ([2**24 + 1, 1], "i4", "<f8"),
        ([2**53 + 1, 1], "i8", "<i8"),
        ([2**63 + 1, 1], "u8", "<u8"),
    ],
)
def test_values_take_the_narrowest_type_that_holds_them(
    values: list[float], dtype: str, kept: str, tmp_path: Path
) -> None:
    dense = np.array(values, dtype).reshape(1, 2)
    _, index = built(write_matrix(tmp_path / "m.h5ad", sp.csr_matrix(dense)))
    assert index.dtype.str == kept
    same_bits(index.read([0, 1]), dense.astype(np.float32))
    np.testing.assert_array_equal([plain_gene(index, 0)[0], plain_gene(index, 1)[0]], dense[0])


@pytest.mark.parametrize("layout", ["csr", "csc"])
def test_parts_that_need_different_types_share_the_widest(layout: str, tmp_path: Path) -> None:
    counts = np.tile(np.arange(1, 201, dtype=np.float64)[:, None], (10, 4))
    counts[1_500, 2] = 300
    _, index = built(
        write_matrix(tmp_path / "m.h5ad", sp.csr_matrix(counts).asformat(layout)), part_entries=2_048
    )
    assert index.dtype.str == "<u2" and index.about.parts == 4
    same_bits(index.read(range(4)), counts.astype(np.float32))


@pytest.mark.parametrize("layout", ["csr", "csc"])
def test_unsorted_and_repeated_entries_sum_up_as_they_do_in_the_matrix(layout: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    lines, width = (3_000, 30) if layout == "csr" else (30, 3_000)
    counts = rng.integers(0, 60, lines)
    data = rng.random(counts.sum(), dtype=np.float32) * 10.0 ** rng.integers(-6, 6, counts.sum())
    data = data.astype("f4")
    data[rng.integers(0, len(data), 50)] = np.inf
    data[rng.integers(0, len(data), 50)] = -np.inf
    parts = (data, rng.integers(0, width, counts.sum()), np.concatenate([[0], np.cumsum(counts)]))
    shape = (lines, width) if layout == "csr" else (width, lines)
    stored = (sp.csr_matrix if layout == "csr" else sp.csc_matrix)(parts, shape=shape)
    assert not stored.has_canonical_format
    matrix, index = built(write_matrix(tmp_path / "m.h5ad", stored), part_entries=len(data) // 5)
    columns = range(shape[1])
    assert index.about.parts > 3
    np.testing.assert_array_equal(index.read(columns), matrix.read(columns))


def test_odd_values_pass_bit_for_bit(tmp_path: Path) -> None:
    odd = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, -3.5, 3.4e38, 0.0], np.float32)
    odd = np.append(odd, np.array([0x7FC00123], "u4").view("f4"))  # a NaN that carries something
    stored = sp.csr_matrix(np.ones((3, 9), np.float32))
    stored.data = np.tile(odd, 3)
    for values in (stored, stored.tocsc(), np.tile(odd, (3, 1))):
        folder = tmp_path / f"{type(values).__name__}"
        folder.mkdir()
        _, index = built(write_matrix(folder / "m.h5ad", values))
        same_bits(index.read(range(9)), np.tile(odd, (3, 1)))
        assert sum(index.about.entries) == 24  # zeros are not kept


def test_a_nan_that_signals_and_a_number_too_large_for_float32_are_kept() -> None:
    signaling = np.array([0x7FF0000000000001], "u8").view("f8")
    large = np.array([1.5, 1e300])
    assert narrowed(large) is large
    assert np.isnan(narrowed(signaling)).all()


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (4, 3)])
@pytest.mark.parametrize("layout", ["csr", "csc", "dense"])
def test_a_matrix_without_values(layout: str, shape: tuple[int, int], tmp_path: Path) -> None:
    stored = sp.csr_matrix(shape, dtype="f4").asformat(layout) if layout != "dense" else np.zeros(shape, "f4")
    path = write_matrix(tmp_path / "m.h5ad", stored)
    _, index = built(path)
    assert index.shape == shape
    assert not index.read(range(shape[1])).any()
    assert index.read(range(shape[1])).shape == shape
    assert open_index(tmp_path / "m.zarr", KEY) is not None
    if shape[0]:
        assert np.isnan(index.read(range(shape[1]), np.array([-1]))).all()


def test_genes_and_rows_without_values(tmp_path: Path) -> None:
    dense = np.zeros((2_000, 5), np.float32)
    dense[1_000:1_010, 3] = np.arange(10) / 7 + 1
    _, index = built(write_matrix(tmp_path / "m.h5ad", sp.csr_matrix(dense)))
    same_bits(index.read(range(5)), dense)


def test_many_genes_with_few_values(tmp_path: Path) -> None:
    stored = sp.random(5_000, 4_000, 0.01, "csr", np.float32, np.random.default_rng(0))
    _, index = built(write_matrix(tmp_path / "m.h5ad", stored), part_entries=20_000)
    assert index.about.blocks > 10
    columns = [0, 1_234, 3_999]
    same_bits(index.read(columns), stored[:, columns].toarray())
    rows = np.array([4_999, 0, 2_500])
    same_bits(index.read(columns, rows), stored[rows][:, columns].toarray())


def test_short_segments_of_some_rows(tmp_path: Path) -> None:
    """Blocks with few values are placed together; only those rows count that were asked for."""
    stored = sp.random(400_000, 3, density=0.002, format="csr", dtype=np.float32, random_state=1)
    matrix, index = built(write_matrix(tmp_path / "m.h5ad", stored))
    assert index.about.part_blocks > 5 and stored.nnz / 3 / index.about.blocks < 1024
    rng = np.random.default_rng(2)
    for rows in (
        np.concatenate([np.arange(start, start + 9_000) for start in range(20_000, 400_000, 65_000)]),
        np.concatenate([np.arange(90_000, 100_000), np.arange(300_000, 380_000), [7, -1]]),
        rng.permutation(400_000)[:5_000],
        np.arange(399_000, 100_000, -1),
        None,
    ):
        np.testing.assert_array_equal(index.read([2, 0], rows), matrix.read([2, 0], rows))


def test_a_dense_matrix_that_is_fuller_than_its_sample(tmp_path: Path) -> None:
    dense = np.zeros((400_000, 3), np.float32)
    dense[40_000:150_000] = 1.5
    dense[240_000:350_000] = 2.5  # beginning, middle and end, which are looked at, are empty
    matrix = open_matrix(write_matrix(tmp_path / "m.h5ad", dense))
    assert not matrix.sample().any()
    index = build_index(matrix, tmp_path / "m.zarr", KEY, Task(), part_entries=65_536)
    same_bits(index.read(range(3)), dense)
    assert not list(tmp_path.glob("*.building"))


# -- trust -------------------------------------------------------------------------------------


def copy_of(sample: tuple[Matrix, GeneIndex], tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample[1].location, tmp_path / "copy.zarr"))


def test_a_foreign_or_older_index_is_not_opened(sample: tuple[Matrix, GeneIndex], tmp_path: Path) -> None:
    folder = copy_of(sample, tmp_path)
    assert open_index(folder, KEY) is not None
    assert open_index(folder, KEY[::-1]) is None
    assert open_index(tmp_path / "nowhere.zarr", KEY) is None
    document = json.loads((folder / "zarr.json").read_text())
    for change in (
        {"format": 2},
        {"format": 0},
        {"cells": 149_999},
        {"dtype": "|O8"},
        {"identifiers": ["x"] * 6},
    ):
        changed = json.loads(json.dumps(document))
        changed["attributes"]["gene_index"].update(change)
        (folder / "zarr.json").write_text(json.dumps(changed))
        assert open_index(folder, KEY) is None
    for text in ("", "[]", "{}", "[" * 100_000, "\xff", '{"attributes": {"gene_index": 5}}'):
        (folder / "zarr.json").write_text(text, encoding="latin-1")
        assert open_index(folder, KEY) is None


def test_an_index_cut_off_anywhere_is_refused_and_built_again(
    sample: tuple[Matrix, GeneIndex], tmp_path: Path
) -> None:
    matrix, index = sample
    expected = index.read(range(6))
    folder = copy_of(sample, tmp_path)
    names = [p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file()]
    assert len(names) == 5 + 1 + 2 * 2 + 1  # descriptions; table; rows and values; labels
    for name in names:
        content = (folder / name).read_bytes()
        for keep in (0, 1, len(content) // 2, len(content) - 1):
            (folder / name).write_bytes(content[:keep])
            if name.name != "zarr.json" or name.parent == Path():
                assert open_index(folder, KEY) is None, (name, keep)
        (folder / name).unlink()
        if name.name != "zarr.json" or name.parent == Path():
            assert open_index(folder, KEY) is None
            again = build_index(matrix, folder, KEY, Task(), part_entries=160_000)
            np.testing.assert_array_equal(again.read(range(6)), expected)
        else:
            (folder / name).write_bytes(content)


def test_a_byte_changed_anywhere_is_noticed(sample: tuple[Matrix, GeneIndex], tmp_path: Path) -> None:
    _, index = sample
    expected = index.read(range(6))
    folder = copy_of(sample, tmp_path)
    rng = np.random.default_rng(5)
    noticed = 0
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "zarr.json"):
        content = path.read_bytes()
        for at in rng.integers(0, len(content), 12).tolist():
            path.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
            opened = open_index(folder, KEY)
            assert opened is not None
            try:
                np.testing.assert_array_equal(opened.read(range(6)), expected)
                assert opened.cell_ids.equals(index.cell_ids)
            except FormatError as error:
                assert "delete" in str(error)
                noticed += 1
        path.write_bytes(content)
    assert noticed > 40  # what goes unnoticed is what is never read: padding and zarr's own index


def test_a_table_of_zeros_is_noticed(sample: tuple[Matrix, GeneIndex], tmp_path: Path) -> None:
    folder = copy_of(sample, tmp_path)
    table = folder / "segments/c/0/0/0"
    table.write_bytes(bytes(table.stat().st_size))
    opened = open_index(folder, KEY)
    assert opened is not None
    with pytest.raises(FormatError, match="damaged"):
        opened.gene_all(2)


def test_files_that_vanish_or_shrink_while_open(sample: tuple[Matrix, GeneIndex], tmp_path: Path) -> None:
    folder = copy_of(sample, tmp_path)
    opened = open_index(folder, KEY)
    assert opened is not None
    opened.gene_all(0)
    (folder / "values/c/0/0").write_bytes(b"")
    with pytest.raises(FormatError, match="cut off"):
        opened.gene_all(0)
    (folder / "rows/c/1/0").unlink()
    with pytest.raises(AbcError, match="missing"):
        opened.read([0], np.array([149_999]))


def open_files() -> set[str]:
    """Files that this process has open."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(os.readlink(link))
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells which files are open")
def test_files_stay_open_until_nobody_reads_them(sample: tuple[Matrix, GeneIndex], tmp_path: Path) -> None:
    folder = copy_of(sample, tmp_path)

    def mine() -> int:
        return sum(name.startswith(str(folder)) for name in open_files())

    opened = open_index(folder, KEY)
    assert opened is not None and mine() == 0
    expected = opened.gene_all(1)
    assert mine() == 1 + 2 * opened.about.parts
    opened.close()
    assert mine() == 0
    np.testing.assert_array_equal(opened.gene_all(1), expected)
    assert mine() == 2 * opened.about.parts
    del opened
    assert mine() == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells which files are open")
def test_only_so_many_files_stay_open(
    sample: tuple[Matrix, GeneIndex], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_files, "_MOST_OPEN", 3)
    _, index = sample
    index.close()
    folder = copy_of(sample, tmp_path)
    others = [open_index(folder, KEY) for _ in range(3)]
    expected = index.read(range(6))
    for other in others:
        assert other is not None
        np.testing.assert_array_equal(other.read(range(6)), expected)
        kept = [name for name in open_files() if ".zarr" in name]
        assert len(kept) <= 3 and kept[0].startswith(str(folder))


@pytest.mark.parametrize("rows", [None, np.arange(30_000, 38_000)])
@pytest.mark.parametrize("how", ["cut", "replaced", "changed"])
def test_a_part_is_never_read_after_it_was_changed(
    how: str, rows: np.ndarray | None, sample: tuple[Matrix, GeneIndex], tmp_path: Path
) -> None:
    folder = copy_of(sample, tmp_path)
    opened = open_index(folder, KEY)
    assert opened is not None
    for _ in range(2):  # the second time nothing is compared with its checksum
        expected = opened.read([2], rows)
    path = folder / "values/c/0/0"
    content = path.read_bytes()
    if how == "replaced":
        path.rename(tmp_path / "old")
        (tmp_path / "old").unlink()
        path.write_bytes(bytes(len(content)))
    elif how == "cut":
        os.truncate(path, len(content) // 3)
    else:
        path.write_bytes(bytes(len(content)))
    for _ in range(2):
        with pytest.raises(AbcError, match=r"cut off|changed|missing"):
            opened.read([2], rows)
    path.write_bytes(content)
    again = open_index(folder, KEY)
    assert again is not None
    np.testing.assert_array_equal(again.read([2], rows), expected)


def test_a_slab_costs_less_than_its_blocks(sample: tuple[Matrix, GeneIndex]) -> None:
    """Where few rows of a block are asked for, only their values are read."""
    matrix, index = sample
    spans: list[tuple[str, int, int]] = []
    rows = np.concatenate([np.arange(9_000, 12_000), np.arange(70_000, 75_000), np.arange(149_000, 150_000)])
    index.read([1, 3], rows)
    read = index._files.read
    try:
        index._files.read = lambda wanted, task=None: spans.extend(wanted) or read(wanted, task)  # type: ignore[method-assign]
        np.testing.assert_array_equal(index.read([1, 3], rows), matrix.read([1, 3], rows))
        np.testing.assert_array_equal(
            index.read([1], np.append(rows, -1)), matrix.read([1], np.append(rows, -1))
        )
    finally:
        del index._files.read  # type: ignore[attr-defined]
    entries = {
        kind: sum(size for name, _, size in spans if name.startswith(kind)) for kind in ("rows", "values")
    }
    assert 0 < entries["values"] < entries["rows"]  # of which each is half as large


def test_names_and_keys(tmp_path: Path) -> None:
    assert index_name("Zhuang-ABCA-1-log2.h5ad", "ab12") == "Zhuang-ABCA-1-log2-ab12-v1.zarr"
    file = tmp_path / "mine.h5ad"
    file.write_bytes(b"abc")
    before = file_key(file)
    assert before.startswith("3-")
    os.utime(file, ns=(1, 1))
    assert file_key(file) != before


# -- stopping and going on ---------------------------------------------------------------------


def test_cancelling_keeps_finished_parts(tall: sp.csr_matrix, tmp_path: Path) -> None:
    path = write_matrix(tmp_path / "m.h5ad", tall)
    seen: list[Progress] = []

    def notify(progress: Progress) -> None:
        seen.append(progress)
        if progress.unit == "parts" and progress.done == 3:
            task.cancel()

    task = Task(notify)
    target = tmp_path / "m.zarr"
    with pytest.raises(Cancelled):
        build_index(open_matrix(path), target, KEY, task, threads=1, part_entries=20_000)
    assert open_index(target, KEY) is None and not target.exists()
    (staged,) = tmp_path.glob("*.building")
    tables = {p: p.stat().st_mtime_ns for p in staged.glob("*.npy")}
    assert len(tables) == 3
    again: list[Progress] = []
    index = build_index(open_matrix(path), target, KEY, Task(again.append), threads=1, part_entries=20_000)
    made = [p.done for p in again if p.what.startswith("Indexing")]
    assert made[0] == 4 and made[-1] == index.about.parts
    same_bits(index.read(range(6)), tall.toarray())
    assert not staged.exists()


_CHILD = """
import sys, os
from pathlib import Path
from napari_abc.io.gene_index._build import build_index
from napari_abc.io.matrix._matrix import open_matrix
from napari_abc.task import Task

def notify(progress):
    print(progress.what, progress.done, flush=True)
    if progress.what.startswith(sys.argv[4]) and progress.done >= int(sys.argv[5]):
        sys.stdin.read()  # until killed

matrix = open_matrix(sys.argv[1])
build_index(matrix, Path(sys.argv[2]), sys.argv[3], Task(notify), threads=1, part_entries=20_000)
"""


@pytest.mark.parametrize(
    ("layout", "stage", "at"), [("csr", "Indexing", 4), ("csc", "Indexing", 2), ("csr", "Putting", 3)]
)
def test_a_killed_build_goes_on_where_it_was(
    layout: str, stage: str, at: int, tall: sp.csr_matrix, tmp_path: Path
) -> None:
    path = write_matrix(tmp_path / "m.h5ad", tall.asformat(layout))
    target = tmp_path / "m.zarr"
    command = [sys.executable, "-c", _CHILD, str(path), str(target), KEY, stage, str(at)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        late = threading.Timer(LONGEST, child.kill)
        late.start()
        for line in child.stdout:
            if line.split()[0] == stage and int(line.split()[-1]) >= at:
                break
        late.cancel()
        child.kill()
    assert open_index(target, KEY) is None
    (staged,) = tmp_path.glob("*.building")
    tables = {p.name: p.stat().st_ino for p in staged.glob("part-*.npy")}
    assert len(tables) >= at
    said: list[Progress] = []
    index = build_index(open_matrix(path), target, KEY, Task(said.append), threads=1, part_entries=20_000)
    same_bits(index.read(range(6)), tall.toarray())
    made = [p.done for p in said if p.what.startswith("Indexing")]
    assert len(made) == index.about.parts - len(tables)


def test_a_part_that_was_cut_off_is_made_again(tall: sp.csr_matrix, tmp_path: Path) -> None:
    path = write_matrix(tmp_path / "m.h5ad", tall)
    target = tmp_path / "m.zarr"

    def stop(progress: Progress) -> None:
        if progress.unit == "parts" and progress.done == 4:
            task.cancel()

    task = Task(stop)
    with pytest.raises(Cancelled):
        build_index(open_matrix(path), target, KEY, task, threads=1, part_entries=20_000)
    (staged,) = tmp_path.glob("*.building")
    for name in ("part-0000.rows", "part-0001.f4.values", "part-0002.f4.npy"):
        content = (staged / name).read_bytes()
        (staged / name).write_bytes(content[: len(content) // 2])
    index = build_index(open_matrix(path), target, KEY, Task(), part_entries=20_000)
    same_bits(index.read(range(6)), tall.toarray())


def test_several_processes_build_the_same_index_at_once(tall: sp.csr_matrix, tmp_path: Path) -> None:
    path = write_matrix(tmp_path / "m.h5ad", tall)
    target = tmp_path / "m.zarr"
    command = [sys.executable, "-c", _CHILD, str(path), str(target), KEY, "never", "0"]
    children = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]

    def build() -> GeneIndex:
        return build_index(open_matrix(path), target, KEY, Task(), part_entries=20_000)

    try:
        in_threads(build, build)
        assert [child.wait(LONGEST) for child in children] == [0, 0]
    finally:
        for child in children:
            child.kill()
    index = open_index(target, KEY)
    assert index is not None
    same_bits(index.read(range(6)), tall.toarray())


def test_many_threads_read_one_index(sample: tuple[Matrix, GeneIndex], tall: sp.csr_matrix) -> None:
    index = open_index(sample[1].location, KEY)
    assert index is not None
    expected = tall.toarray()

    def read(seed: int) -> list[int]:
        wrong = []
        rng = np.random.default_rng(seed)
        for _ in range(10):
            column, rows = int(rng.integers(6)), rng.integers(0, SHAPE[0], 500)
            if not np.array_equal(index.read([column], rows)[:, 0], expected[rows, column]):
                wrong.append(seed)
        return wrong

    assert in_threads(*(partial(read, seed) for seed in range(6))) == [[]] * 6


def test_a_matrix_changed_meanwhile_is_refused(tall: sp.csr_matrix, tmp_path: Path) -> None:
    path = write_matrix(tmp_path / "m.h5ad", tall)
    matrix = open_matrix(path)
    os.utime(path, ns=(5, 5))
    with pytest.raises(FormatError, match="changed since"):
        build_index(matrix, tmp_path / "m.zarr", KEY, Task())


def test_a_damaged_matrix_makes_no_index(tall: sp.csr_matrix, tmp_path: Path) -> None:
    bad = tall.copy()
    bad.indices[5_000] = 77
    with pytest.raises(FormatError, match="outside the matrix"):
        built(write_matrix(tmp_path / "m.h5ad", bad))
    bad = tall.tocsc()
    bad.indices[5_000] = -1
    with pytest.raises(FormatError, match="outside the matrix"):
        built(write_matrix(tmp_path / "c.h5ad", bad))
    assert not list(tmp_path.glob("*.zarr"))


# -- others --------------------------------------------------------------------------------------


def test_zarr_python_reads_the_same_arrays(sample: tuple[Matrix, GeneIndex], tall: sp.csr_matrix) -> None:
    _, index = sample
    for gene in (0, 5):
        np.testing.assert_array_equal(plain_gene(index, gene), tall.toarray()[:, gene])
    group = zarr.open_group(index.location, mode="r")
    assert sorted(group.array_keys()) == ["labels", "rows", "segments", "values"]
    assert bytes(group["labels"][:]).decode().split("\n")[:-1] == index.cell_ids.to_pylist()
    assert group.attrs["gene_index"]["identifiers"] == index.identifiers


def test_the_reader_in_the_documentation_works(sample: tuple[Matrix, GeneIndex], tall: sp.csr_matrix) -> None:
    _, index = sample
    (code,) = re.findall(r"```python\n(.*?def gene\(.*?)```", DOCS.read_text(), re.DOTALL)
    assert (
        len([line for line in code.splitlines() if line.strip() and not line.startswith(("import", "from"))])
        <= 14
    )
    scope: dict[str, Any] = {}
    exec(code, scope)
    for column, identifier in enumerate(index.identifiers):
        np.testing.assert_array_equal(scope["gene"](index.location, identifier), tall.toarray()[:, column])


def test_a_gene_is_much_faster_than_from_the_matrix(sample: tuple[Matrix, GeneIndex]) -> None:
    matrix, index = sample

    def best(read: Any) -> float:
        spent = []
        for _ in range(7):
            start = time.perf_counter()
            read()
            spent.append(time.perf_counter() - start)
        return min(spent)

    assert best(lambda: index.gene_all(3)) < best(lambda: matrix.read([3])) / 3
