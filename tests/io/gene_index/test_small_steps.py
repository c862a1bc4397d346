"""With tiny blocks, steps and chunks every loop turns many times, and the values are still scipy's."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
import zarr

from matrix_files import write_matrix
from napari_abc.errors import FormatError
from napari_abc.io.gene_index import (
    ArrayMatrix,
    GeneIndex,
    MatrixLike,
    _cell_ids,
    _entries,
    _files,
    _format,
    _reader,
    _scatter,
    _write,
    build_index,
    open_index,
)
from napari_abc.io.matrix import open_matrix
from napari_abc.task import Progress, Task

KEY = "ab12"
CELLS, GENES = 1_003, 23
HEIGHT = 40
"""Rows a block."""
LAYOUTS = ("csr", "csc", "dense")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (_entries, "_STEP", 64),
        (_entries, "_BOX", 512),
        (_entries, "BLOCK_ROWS", HEIGHT),
        (_entries, "_MOST_PART_BLOCKS", 3),
        (_entries, "INNER", 16),
        (_format, "INNER", 16),
        (_format, "LABEL_CHUNK", 100),
        (_cell_ids, "_ROWS", 17),
        (_write, "_TABLE_BYTES", 2_000),
        (_reader, "_KEPT_TABLES", 3),
        (_files, "_MOST_OPEN", 5),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.fixture(scope="module")
def values() -> sp.csr_matrix:
    """Genes from empty to full, rows from empty to full, and every value there once."""
    rng = np.random.default_rng(11)
    share = np.linspace(0, 1, GENES) * rng.permutation(np.linspace(0, 1.5, CELLS))[:, None]
    mask = rng.random((CELLS, GENES)) < share
    mask[:, 0], mask[:, -1] = False, True
    mask[500] = False
    dense = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape) + 0.5, 0).astype(np.float32)
    return sp.csr_matrix(dense)


def stored(values: sp.csr_matrix, layout: str) -> Any:
    return values.toarray() if layout == "dense" else values.asformat(layout)


def ids() -> list[str]:
    return [f"{i % 7}-{10**17 + i * i}" for i in range(CELLS)]


def genes() -> list[str]:
    return [f"ENSG{i}" for i in range(GENES)]


def matrix_of(values: sp.csr_matrix, layout: str, how: str, folder: Path) -> MatrixLike:
    if how == "memory":
        return ArrayMatrix(stored(values, layout), ids(), genes())
    storage: dict[str, Any] = {}
    if how == "chunked":
        storage = {"chunks": (30, 4) if layout == "dense" else (50,), "compression": "gzip"}
        if layout != "dense":
            storage["chunks"] = True
    path = write_matrix(folder / "m.h5ad", stored(values, layout), ids(), genes(), **storage)
    return open_matrix(path)


def same(index: GeneIndex, expected: np.ndarray) -> None:
    """All genes one by one and together, in several choices of rows."""
    np.testing.assert_array_equal(index.read(range(GENES)), expected)
    rng = np.random.default_rng(2)
    for rows in (
        np.arange(CELLS),
        np.arange(35, 690),
        np.arange(HEIGHT, 2 * HEIGHT),
        np.arange(HEIGHT - 1, HEIGHT + 1),
        np.arange(CELLS)[::-1],
        rng.permutation(CELLS),
        rng.choice(CELLS, 60, replace=False),
        rng.integers(-1, CELLS, 300),
        np.concatenate([np.arange(start, start + 11) for start in range(3, CELLS - 11, 90)]),
        np.array([0, CELLS - 1, -1]),
    ):
        found = np.where(rows[:, None] >= 0, expected[rows], np.nan)
        for _ in range(2):  # the second time without checksums, which takes another way
            for column in range(GENES):
                np.testing.assert_array_equal(index.read([column], rows)[:, 0], found[:, column])
        np.testing.assert_array_equal(index.read([5, 22, 0], rows), found[:, [5, 22, 0]])


@pytest.mark.parametrize("short", [0, 4, 10**6])
def test_every_way_of_placing_entries_gives_the_same(
    short: int, values: sp.csr_matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_scatter, "SHORT", short)
    monkeypatch.setattr(_reader, "SHORT", short)
    index = build_index(ArrayMatrix(values, ids(), genes()), tmp_path / "m.zarr", KEY, Task())
    assert (index.about.block_rows, index.about.part_blocks, index.about.blocks) == (HEIGHT, 3, 26)
    same(index, values.toarray())


@pytest.mark.parametrize(
    ("layout", "how", "most"),
    [*product(LAYOUTS, ("memory", "plain", "chunked"), (10**6, 1_000)), *product(LAYOUTS, ["memory"], [150])],
)
def test_every_layout_and_size_of_parts(
    layout: str, how: str, most: int, values: sp.csr_matrix, tmp_path: Path
) -> None:
    matrix = matrix_of(values, layout, how, tmp_path)
    said: list[Progress] = []
    index = build_index(matrix, tmp_path / "m.zarr", KEY, Task(said.append), threads=2, part_entries=most)
    np.testing.assert_array_equal(index.read(range(GENES)), values.toarray())
    assert index.cell_ids.to_pylist() == ids() and index.identifiers == genes()
    assert sum(index.about.entries) == values.nnz and max(index.about.entries) <= index.about.capacity
    if layout != "dense":  # what a dense matrix holds is estimated, and parts too full are begun again
        made = [p for p in said if p.what.startswith("Indexing")]
        assert sorted(p.done for p in made) == list(range(1, index.about.parts + 1))
        assert {(p.total, p.unit) for p in made} == {(index.about.parts, "parts")}
        counts = np.diff(values.indptr)
        height = index.about.block_rows * index.about.part_blocks
        parts = [int(counts[i : i + height].sum()) for i in range(0, CELLS, height)]
        assert list(index.about.entries) == parts and max(parts) <= most
        if most < values.nnz:  # no fewer parts would do
            assert (
                index.about.block_rows == 1
                or index.about.part_blocks == 3
                or max(
                    int(counts[i : i + height + index.about.block_rows].sum())
                    for i in range(0, CELLS, height + index.about.block_rows)
                )
                > most
            )


@pytest.mark.parametrize("layout", ["csr", "csc"])
def test_repeated_unsorted_and_stored_zero_entries(layout: str, tmp_path: Path) -> None:
    """Entries of a cell and a gene that repeat are summed up, wherever the steps cut them apart."""
    rng = np.random.default_rng(5)
    lines, width = (CELLS, GENES) if layout == "csr" else (GENES, CELLS)
    counts = rng.integers(0, 9 if layout == "csr" else 400, lines)
    data = rng.integers(0, 6, counts.sum()).astype(np.float64)  # zeros among them
    parts = (data, rng.integers(0, width, counts.sum()), np.concatenate([[0], np.cumsum(counts)]))
    given = (sp.csr_matrix if layout == "csr" else sp.csc_matrix)(parts, shape=(CELLS, GENES))
    index = build_index(
        ArrayMatrix(given, ids(), genes()), tmp_path / "m.zarr", KEY, Task(), part_entries=300
    )
    expected = given.toarray().astype(np.float32)
    np.testing.assert_array_equal(index.read(range(GENES)), expected)
    assert sum(index.about.entries) == np.count_nonzero(expected)
    again = build_index(
        open_matrix(write_matrix(tmp_path / "m.h5ad", given, ids(), genes())),
        tmp_path / "again.zarr",
        KEY,
        Task(),
        part_entries=300,
    )
    np.testing.assert_array_equal(again.read(range(GENES)), expected)


def test_a_missing_part_of_columns_is_made_alone(values: sp.csr_matrix, tmp_path: Path) -> None:
    matrix = ArrayMatrix(values.tocsc(), ids(), genes())

    def stop(progress: Progress) -> None:
        if progress.what.startswith("Indexing") and progress.done == 4:
            task.cancel()

    task = Task(stop)
    with pytest.raises(Exception, match="Cancelled"):
        build_index(matrix, tmp_path / "m.zarr", KEY, task, part_entries=1_000)
    (staged,) = tmp_path.glob("*.building")
    kept = sorted(staged.glob("part-*.npy"))
    kept[1].unlink()
    said: list[Progress] = []
    index = build_index(matrix, tmp_path / "m.zarr", KEY, Task(said.append), part_entries=1_000)
    made = [p.done for p in said if p.what.startswith("Indexing")]
    assert made[0] == len(kept) and len(made) == index.about.parts - len(kept) + 1
    np.testing.assert_array_equal(index.read(range(GENES)), values.toarray())


def test_cell_ids_over_many_chunks(values: sp.csr_matrix, tmp_path: Path) -> None:
    index = build_index(ArrayMatrix(values, ids(), genes()), tmp_path / "m.zarr", KEY, Task())
    text = "".join(f"{one}\n" for one in ids())
    assert index.about.label_bytes == len(text) and len(index.about.label_files) == -(-len(text) // 100) > 200
    assert index.cell_id_bytes == sum(index.about.label_files)
    group = zarr.open_group(index.location, mode="r")
    assert bytes(group["labels"][:]).decode() == text
    asked = [ids()[i] for i in (CELLS - 1, 0, 16, 17)]
    assert index.rows_of([*asked, "nobody"]).tolist() == [CELLS - 1, 0, 16, 17, -1]
    index.forget_cell_ids()
    assert index.cell_ids.to_pylist() == ids()


def test_cell_ids_beyond_ascii_and_of_length_zero(tmp_path: Path) -> None:
    names = ["", "é", "𝄞" * 60, "a" * 99, "b" * 100, "c" * 101]
    index = build_index(ArrayMatrix(np.ones((6, 1), "f4"), names, ["g"]), tmp_path / "m.zarr", KEY, Task())
    assert index.cell_ids.to_pylist() == names
    assert index.cell_ids.type == pa.large_string()
    assert index.rows_of(["", "é"]).tolist() == [0, 1]


def test_other_tools_read_every_segment(values: sp.csr_matrix, tmp_path: Path) -> None:
    index = build_index(
        ArrayMatrix(values, ids(), genes()), tmp_path / "m.zarr", KEY, Task(), part_entries=1_000
    )
    group = zarr.open_group(index.location, mode="r")
    about = group.attrs["gene_index"]
    all_rows, all_values = group["rows"][:], group["values"][:]
    found = np.zeros((CELLS, GENES), np.float32)
    for gene, line in enumerate(group["segments"][:].tolist()):
        for block, (start, count, _) in enumerate(line):
            part = block // about["part_blocks"]
            rows = all_rows[part, start : start + count].astype(int) + block * about["block_rows"]
            assert np.all(np.diff(rows) > 0)
            found[rows, gene] = all_values[part, start : start + count]
    np.testing.assert_array_equal(found, values.toarray())


def test_values_that_need_different_types_in_many_parts(tmp_path: Path) -> None:
    dense = np.ones((CELLS, 3))
    dense[300, 1], dense[700, 2] = 300, 70_000.25
    index = build_index(
        ArrayMatrix(dense, ids(), ["a", "b", "c"]), tmp_path / "m.zarr", KEY, Task(), part_entries=500
    )
    assert index.dtype == np.float32 and index.about.parts > 5
    np.testing.assert_array_equal(index.read(range(3)), dense.astype(np.float32))
    group = zarr.open_group(index.location, mode="r")
    assert group["values"].dtype == np.float32
    opened = open_index(Path(index.location), KEY)
    assert opened is not None
    opened.read([0, 1, 2])


def test_a_plan_names_the_blocks_and_windows_of_its_rows(values: sp.csr_matrix, tmp_path: Path) -> None:
    index = build_index(ArrayMatrix(values, ids(), genes()), tmp_path / "m.zarr", KEY, Task())
    plan = index.plan(np.array([45, 79, 125, 41, -1]))
    assert plan.parts == ((0, (1,)), (1, (3,)))
    assert plan.windows == ((1, 40), (5, 6)) and plan.size == 40 and plan.lacking and plan.count == 5
    run = index.plan(np.arange(79, 130))
    assert run.places == slice(0, 51) and run.windows == ((39, 40), (0, 40), (0, 10)) and not run.lacking
    assert run.parts == ((0, (1, 2)), (1, (3,)))
    everything = index.plan(None)
    assert everything.places == slice(0, CELLS) and len(everything.windows) == 26
    assert [part for part, _ in everything.parts] == list(range(9))
    nobody = index.plan(np.array([], int))
    assert (nobody.count, nobody.size, nobody.parts) == (0, 0, ())


def test_the_values_of_a_matrix_by_columns_are_counted_with_progress(
    values: sp.csr_matrix, tmp_path: Path
) -> None:
    said: list[Progress] = []
    matrix = ArrayMatrix(values.tocsc(), ids(), genes(), "mine")
    build_index(matrix, tmp_path / "m.zarr", KEY, Task(said.append))
    counted = [p for p in said if p.what == "Counting the values of mine"]
    assert [p.done for p in counted] == [*range(64, values.nnz, 64), values.nnz]
    assert {(p.total, p.unit) for p in counted} == {(values.nnz, "values")}


@pytest.mark.parametrize("last", [39, 40])
def test_a_row_outside_its_block_is_noticed_among_short_segments(last: int) -> None:
    rows, entries = np.array([3, last, 5], np.uint16), np.array([1, 2, 3], np.float32)
    found = np.zeros(80, np.float32)
    table = [(0, 2, 0), (2, 1, 0)]
    if last < HEIGHT:
        end = _scatter._scatter_short(found, rows, entries, table, (0, 1), ((0, 40), (0, 40)), 0, HEIGHT)
        assert end == 80
        assert np.flatnonzero(found).tolist() == [3, 39, 45]
    else:
        with pytest.raises(IndexError, match="outside its block"):
            _scatter._scatter_short(found, rows, entries, table, (0, 1), ((0, 40), (0, 40)), 0, HEIGHT)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_part_that_takes_long_can_be_cancelled_in_the_middle(
    layout: str, values: sp.csr_matrix, tmp_path: Path
) -> None:
    """Whoever makes an index of one part only need not wait for its end."""

    class Stopping(Task):
        asked = 0

        def check(self) -> None:
            self.asked += 1
            super().check()

    task = Stopping()
    build_index(ArrayMatrix(stored(values, layout), ids(), genes()), tmp_path / "m.zarr", KEY, task)
    assert task.asked > 26  # more often than there are blocks


@pytest.mark.parametrize("damage", ["a gap", "beyond the part", "more than a block"])
def test_a_table_of_segments_that_makes_no_sense_is_refused_before_anything_is_read(
    damage: str, values: sp.csr_matrix, tmp_path: Path
) -> None:
    matrix = ArrayMatrix(values, ids(), genes())
    index = build_index(matrix, tmp_path / "m.zarr", KEY, Task(), part_entries=10**6)
    about, place = index.about, Path(index.location)
    path = place / "segments/c/0/0/0"
    table = np.frombuffer(path.read_bytes(), "<u4").reshape(GENES, about.blocks, 3).copy()
    gene = GENES - 1  # every cell has a value
    first = about.part_blocks  # of the second part
    if damage == "a gap":
        table[gene, 1, 0] += 1
    elif damage == "beyond the part":
        table[gene, first - 1, 1] = HEIGHT
        table[gene, first - 1, 0] = about.entries[0]
        table[gene, : first - 1, 0] = about.entries[0] - HEIGHT * np.arange(first - 1, 0, -1)
        table[gene, : first - 1, 1] = HEIGHT
    else:
        end = int(table[gene, first, 0] + table[gene, first, 1])
        table[gene, first, :2] = end - HEIGHT - 1, HEIGHT + 1
    path.write_bytes(table.tobytes())
    opened = open_index(place, KEY)
    assert opened is not None
    with pytest.raises(FormatError, match="damaged"):
        opened._load_tables([gene], None)
    opened._load_tables([gene - 1], None)
