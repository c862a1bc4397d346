"""A person's own matrix gets an index as well: in the cache, named after the content."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from napari_abc.cli import main
from napari_abc.errors import FormatError, MissingFileError
from napari_abc.io.matrix import Indexable, MatrixExpression, TableExpression, open_matrix
from napari_abc.io.matrix import _own_index as own_index
from napari_abc.io.matrix._own_index import OwnIndex, content_key
from napari_abc.task import Task
from napari_abc.vendors.registry import open_bundle
from project import cut_and_whole

if TYPE_CHECKING:
    from napari_abc.model import Slab


@pytest.fixture(autouse=True)
def _any_file_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_index, "_WORTHWHILE", 0)


def counts(cells: int = 300, genes: int = 7) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (rng.poisson(1, (cells, genes)) * (rng.random((cells, genes)) < 0.4)).astype("f4")


def written(values: np.ndarray, path: Path) -> Path:
    cells, genes = values.shape
    adata = anndata.AnnData(
        sp.csr_matrix(np.log1p(values)),
        pd.DataFrame(index=[f"c{i}" for i in range(cells)]),
        pd.DataFrame(index=[f"g{i}" for i in range(genes)]),
        obsm={"spatial": np.random.default_rng(0).random((cells, 2))},
        layers={"counts": sp.csr_matrix(values)},
    )
    adata.write_h5ad(path)
    return path


def indexes(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "napari-abc/genes").glob("*.zarr"))


def test_genes_come_from_the_index_and_the_file_is_left_alone(tmp_path: Path, cache_folder: Path) -> None:
    path = written(counts(), tmp_path / "my brain.h5ad")
    before = (path.stat(), sorted(tmp_path.iterdir()))
    slab = open_bundle(path)
    source = slab.expression_source
    assert isinstance(source, Indexable) and not indexes(cache_folder)
    straight = {kind: slab.expression(["g5", "g0"], kind).to_numpy() for kind in ("log2", "raw")}
    (missing,) = source.index_missing("raw")
    assert source.build_index("raw", Task()) == (missing,)
    assert source.index_missing("raw") == () and len(source.index_missing("log2")) == 1
    source.build_index("log2", Task())
    assert len(indexes(cache_folder)) == 2  # a matrix each
    after = path.stat()
    assert (after.st_mtime_ns, after.st_size) == (before[0].st_mtime_ns, before[0].st_size)
    assert sorted(p for p in tmp_path.iterdir() if p != cache_folder) == before[1]
    again = open_bundle(path)
    np.testing.assert_array_equal(again.expression(["g5", "g0"], "raw"), straight["raw"])
    again.expression("g1", "log2")
    path.rename(tmp_path / "away.h5ad")  # nothing but the indexes is read
    for kind, values in straight.items():
        np.testing.assert_array_equal(again.expression(["g5", "g0"], kind), values)


def test_an_index_of_other_content_is_not_taken(tmp_path: Path, cache_folder: Path) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    stat = path.stat()
    source = open_bundle(path).expression_source
    assert isinstance(source, Indexable)
    source.build_index("raw", Task())
    # The same size and the same time, as a copying program might leave them; other values.
    written(2 * counts(), path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    slab = open_bundle(path)
    assert isinstance(slab.expression_source, Indexable) and slab.expression_source.index_missing("raw")
    np.testing.assert_array_equal(slab.expression("g3", "raw")["g3"], 2 * counts()[:, 3])


def test_a_damaged_index_is_put_aside(tmp_path: Path, cache_folder: Path) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    source = open_bundle(path).expression_source
    assert isinstance(source, Indexable)
    (place,) = source.build_index("raw", Task())
    values = Path(place) / "values/c/0/0"
    values.write_bytes(b"\x55" * values.stat().st_size)
    slab = open_bundle(path)
    np.testing.assert_array_equal(slab.expression("g3", "raw")["g3"], counts()[:, 3])
    assert not Path(place).exists()


def test_totals_are_added_up_once(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    matrix = open_matrix(path, "counts")
    counted = np.arange(7) != 2
    source = MatrixExpression({"raw": matrix}, {"raw": "counts"}, rows=np.arange(300), counted=counted)
    first = source.read(["g1"], "log2", Task())
    again = MatrixExpression(
        {"raw": open_matrix(path, "counts")}, {"raw": "counts"}, rows=np.arange(300), counted=counted
    )

    def refused(*_: object) -> None:
        raise RuntimeError("added up again")

    monkeypatch.setattr(type(matrix), "totals", refused)
    np.testing.assert_array_equal(again.read(["g1"], "log2", Task()), first)
    other = MatrixExpression({"raw": open_matrix(path, "counts")}, {"raw": "counts"}, rows=np.arange(300))
    with pytest.raises(RuntimeError, match="added up again"):  # other columns count: they have to be added up
        other.read(["g1"], "log2", Task())


def test_without_a_folder_to_write_to_genes_come_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(blocked))
    slab = open_bundle(path)
    np.testing.assert_array_equal(slab.expression("g3", "raw")["g3"], counts()[:, 3])
    assert slab.expression("g3", "log2").notna().all().all()
    assert isinstance(slab.expression_source, Indexable)
    assert slab.expression_source.index_missing("raw") == ()


def test_the_key_tells_matrices_of_one_file_apart(tmp_path: Path) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    keys = {content_key(open_matrix(path)), content_key(open_matrix(path, "counts"))}
    assert len(keys) == 2
    assert OwnIndex(open_matrix(path)).target.name.startswith("m-")
    with pytest.raises(FormatError):
        open_matrix(path, "absent")


def test_a_table_in_memory_needs_none() -> None:
    table = pd.DataFrame(counts(), [str(i) for i in range(300)], [f"g{i}" for i in range(7)])
    assert not isinstance(TableExpression(table, table.index, "cell_by_gene.csv"), Indexable)


def same_genes(slab: Slab, other: Slab) -> None:
    genes = [str(gene) for gene in slab.genes.index[:3]]
    for kind in slab.values:
        np.testing.assert_array_equal(slab.expression(genes, kind), other.expression(genes, kind))


@pytest.mark.parametrize(
    "run",
    [
        *cut_and_whole("h5ad/visium-49.h5ad"),
        *cut_and_whole("h5ad/merfisheyes-valid/sparse_csc.h5ad"),
        *cut_and_whole("xenium/cell-mix-526"),
    ],
)
def test_runs_from_outside_through_the_shell(
    run: Path, cache_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    straight = open_bundle(run)
    assert straight.expression_source is not None
    before = [
        straight.expression([str(g) for g in straight.genes.index[:3]], kind) for kind in straight.values
    ]
    assert main(["index", str(run), "--kind", "both"]) == 0
    places = capsys.readouterr().out.splitlines()
    assert places and all(Path(place).parent == cache_folder / "napari-abc/genes" for place in places)
    indexed = open_bundle(run)
    for kind, values in zip(indexed.values, before, strict=True):
        found = indexed.expression([str(g) for g in indexed.genes.index[:3]], kind)
        np.testing.assert_array_equal(found, values)
    assert main(["index", str(run), "--to", "s3://somewhere"]) == 2
    assert "leave out --to" in capsys.readouterr().err


def test_an_index_is_offered_where_a_gene_takes_long_and_there_is_room(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    size = path.stat().st_size
    index = OwnIndex(open_matrix(path))
    usage = shutil.disk_usage(tmp_path)

    def offered(worthwhile: int, free: int) -> bool:
        monkeypatch.setattr(own_index, "_WORTHWHILE", worthwhile)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
        return index.missing()

    assert offered(size, 2 * size + 1)
    assert not offered(size + 1, 2 * size + 1)
    assert not offered(size, 2 * size)
    index.build(Task())
    assert not offered(size, 2 * size + 1)
    index.discard()
    assert offered(size, 2 * size + 1)
    assert not index.target.exists()


def test_the_key_follows_the_content_wherever_it_changed(tmp_path: Path) -> None:
    path = written(counts(3000), tmp_path / "m.h5ad")
    stat = path.stat()
    assert stat.st_size > own_index._SAMPLE
    matrix = open_matrix(path)
    key = content_key(matrix)
    content = path.read_bytes()
    places = np.linspace(0, stat.st_size - own_index._SAMPLE, own_index._SAMPLES).astype(int)
    for at in (0, stat.st_size - 1, int(places[3]), int(places[3]) + own_index._SAMPLE - 1):
        path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
        assert content_key(matrix) != key
    path.write_bytes(content)
    assert content_key(matrix) == key
    assert key.startswith(f"{stat.st_size}-{stat.st_mtime_ns}-")
    path.unlink()
    with pytest.raises(MissingFileError, match=r"can't be read.*put it back, or open it again"):
        content_key(matrix)


def test_a_long_name_of_a_file_still_makes_a_name_of_an_index(tmp_path: Path, cache_folder: Path) -> None:
    path = written(counts(), tmp_path / f"{'x' * 240}.h5ad")
    index = OwnIndex(open_matrix(path))
    assert index.build(Task()) is not None
    assert len(index.target.name) < 200
    assert index.target.parent == cache_folder / "napari-abc" / "genes"


def test_totals_that_are_damaged_or_of_another_size_are_added_up_again(
    tmp_path: Path, cache_folder: Path
) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    index = OwnIndex(open_matrix(path))
    expected = np.arange(300.0)
    for counted in (None, np.arange(7) > 2):
        np.testing.assert_array_equal(index.totals(counted, lambda: expected), expected)
        np.testing.assert_array_equal(index.totals(counted, lambda: expected + 1), expected)  # kept
    kept = sorted(index.target.parent.glob("*.totals-*.npy"))
    assert len(kept) == 2
    for damage in (np.arange(299.0), np.arange(300), None):
        for one in kept:
            one.write_bytes(b"nothing") if damage is None else np.save(one, damage)
        np.testing.assert_array_equal(index.totals(None, lambda: expected + 2), expected + 2)


def test_totals_of_a_small_file_are_not_kept(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(counts(), tmp_path / "m.h5ad")
    monkeypatch.setattr(own_index, "_WORTHWHILE", path.stat().st_size + 1)
    index = OwnIndex(open_matrix(path))
    assert index.totals(None, lambda: np.arange(300.0))[1] == 1
    assert not index.target.parent.exists()
