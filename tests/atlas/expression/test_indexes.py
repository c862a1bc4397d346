"""Genes of atlas slabs through an index: made here, published beside the data, or damaged."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_abc.atlas.atlas import open_atlas
from napari_abc.cli import main
from napari_abc.errors import AbcError, Cancelled, ExpressionError, UnknownNameError
from napari_abc.io.gene_index import open_index
from napari_abc.task import Progress, Task
from servers import FolderServer

if TYPE_CHECKING:
    import pandas as pd

    from napari_abc.atlas.dataset import Dataset
    from napari_abc.model import Slab
    from servers import BucketServer

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
MOUSE = "MERFISH-C57BL6J-638850"


def matrices(folder: Path) -> list[Path]:
    return sorted(folder.glob("expression_matrices/**/*.h5ad"))


def slab_of(dataset: Dataset, number: int = 0) -> Slab:
    return dataset.slab(dataset.slabs.index[number])


def genes_of(slab: Slab, count: int = 3) -> list[str]:
    return [str(gene) for gene in slab.genes["gene_symbol"].dropna().iloc[:count]]


def expected(release: Path, cache: Path, name: str, number: int = 0) -> pd.DataFrame:
    """Values straight from the matrix, without any index."""
    slab = slab_of(open_atlas(release, cache / "straight")[name], number)
    return slab.expression(genes_of(slab))


@pytest.fixture(scope="module")
def published(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The human dataset's indexes as they are published, below a root."""
    root = tmp_path_factory.mktemp("published") / "root"
    dataset = open_atlas(release_folder, tmp_path_factory.mktemp("maker"))[HUMAN]
    places = dataset.index(kinds=("log2", "raw"), to=str(root))
    assert len(places) == 2
    assert all(place.startswith((root / "napari-abc/genes").as_uri()) for place in places)
    return root


@pytest.mark.parametrize("name", [HUMAN, MOUSE])
def test_a_gene_comes_from_the_index_once_it_is_made(name: str, release_folder: Path, tmp_path: Path) -> None:
    wanted = expected(release_folder, tmp_path, name)
    dataset = open_atlas(release_folder, tmp_path / "cache")[name]
    slab = slab_of(dataset)
    source = slab.expression_source
    assert source is not None and source.index_missing("log2")
    before = slab.expression(genes_of(slab))
    np.testing.assert_array_equal(before, wanted)
    source.build_index("log2", Task())
    assert not source.index_missing("log2") and source.index_missing("raw")
    np.testing.assert_array_equal(slab.expression(genes_of(slab)), wanted)
    # Nothing but the index is read: the matrices may be away.
    away = tmp_path / "release"
    shutil.copytree(release_folder, away)
    again = open_atlas(away, tmp_path / "cache")[name]
    slab = slab_of(again)
    for path in matrices(away):
        path.unlink()
    np.testing.assert_array_equal(slab.expression(genes_of(slab)), wanted)
    assert slab.expression_source is not None
    assert slab.expression_source.download_bytes("log2") == 0
    assert slab.expression_source.download_bytes("raw") > 0


def test_a_damaged_index_is_put_aside_and_the_matrix_used(release_folder: Path, tmp_path: Path) -> None:
    wanted = expected(release_folder, tmp_path, HUMAN)
    dataset = open_atlas(release_folder, tmp_path / "cache")[HUMAN]
    (place,) = dataset.index(kinds=("log2",))
    values = Path(place) / "values/c/0/0"
    content = bytearray(values.read_bytes())
    content[: len(content) // 2] = bytes(len(content) // 2)
    values.write_bytes(content)
    slab = slab_of(dataset)
    np.testing.assert_array_equal(slab.expression(genes_of(slab)), wanted)
    assert not Path(place).exists()
    assert slab.expression_source is not None and slab.expression_source.index_missing("log2")
    dataset.index(kinds=("log2",))
    np.testing.assert_array_equal(slab.expression(genes_of(slab)), wanted)


def test_an_unknown_gene_is_named(release_folder: Path, tmp_path: Path) -> None:
    dataset = open_atlas(release_folder, tmp_path / "cache")[HUMAN]
    dataset.index(kinds=("log2",))
    slab = slab_of(dataset)
    assert slab.expression_source is not None
    with pytest.raises(ExpressionError, match="lacks it"):
        slab.expression_source.read(["no such gene"], "log2", Task())


def test_one_matrix_is_indexed_while_the_next_is_fetched(release_folder: Path, tmp_path: Path) -> None:
    made = tmp_path / "cache/napari-abc/genes"
    seen: list[Progress] = []

    def notify(progress: Progress) -> None:
        seen.append(progress)
        if threading.current_thread().name == "fetch matrices" and "(2 of 2)" in progress.what:
            end = time.monotonic() + 30
            while not list(made.glob("*-v1.zarr")) and time.monotonic() < end:
                time.sleep(0.01)
            assert list(made.glob("*-v1.zarr")), "the first was not indexed while the second was fetched"

    with FolderServer(release_folder) as server:
        dataset = open_atlas(server.url, tmp_path / "cache")[HUMAN]
        sizes = [file.size or 0 for file in dataset.files() if file.key.endswith(".h5ad")]
        places = dataset.index(Task(notify))
    assert [Path(place).name.split("-")[-3] for place in places] == ["log2", "raw"]
    fetched = [p for p in seen if "ownloading MERSCOPE" in p.what]
    assert {p.total for p in fetched} == {sum(sizes)}
    assert max(p.done for p in seen) == sum(sizes)
    assert any(p.what.startswith("Indexing genes (1 of 2), downloading") for p in seen)


def test_indexing_goes_on_after_a_matrix_could_not_be_fetched(release_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "release"
    shutil.copytree(release_folder, root)
    keys = [file.key for file in open_atlas(root, tmp_path / "here")[HUMAN].files()]
    (raw,) = [root / key for key in keys if key.endswith("-raw.h5ad")]
    raw.rename(tmp_path / raw.name)
    published = tmp_path / "there/napari-abc/genes"
    with FolderServer(root) as server:
        dataset = open_atlas(server.url, tmp_path / "cache")[HUMAN]
        with pytest.raises(AbcError):
            dataset.index(to=str(tmp_path / "there"))
        (first,) = published.iterdir()
        assert "log2" in first.name and (first / "zarr.json").exists()
        stamp = (first / "values/c/0/0").stat().st_mtime_ns
        (tmp_path / raw.name).rename(raw)
        server.requests.clear()
        places = dataset.index(to=str(tmp_path / "there"))
        asked = [request.path for request in server.requests if request.path.endswith(".h5ad")]
    assert [place.rpartition("/")[2] for place in places] == [p.name for p in sorted(published.iterdir())]
    assert len(asked) == 1 and asked[0].endswith(raw.name)
    assert (first / "values/c/0/0").stat().st_mtime_ns == stamp  # not written a second time


def test_many_indexes_can_be_cancelled(release_folder: Path, tmp_path: Path) -> None:
    def notify(progress: Progress) -> None:
        if "ownloading" in progress.what:
            task.cancel()

    task = Task(notify)
    with FolderServer(release_folder) as server:
        dataset = open_atlas(server.url, tmp_path / "cache")[HUMAN]
        with pytest.raises(Cancelled):
            dataset.index(task)
    assert not [thread for thread in threading.enumerate() if thread.name == "fetch matrices"]
    assert not list((tmp_path / "cache").rglob("*.h5ad"))


def test_kinds_that_are_not_there(release_folder: Path, tmp_path: Path) -> None:
    dataset = open_atlas(release_folder, tmp_path / "cache")[HUMAN]
    with pytest.raises(UnknownNameError, match="log2"):
        dataset.index(kinds=("cpm",))


def published_name(root: Path, kind: str = "log2") -> str:
    (folder,) = (root / "napari-abc/genes").glob(f"*{kind}*.zarr")
    return folder.name


def test_a_published_index_stands_in_for_the_download(
    published: Path, release_folder: Path, s3_server: BucketServer, tmp_path: Path
) -> None:
    bucket = "allen-brain-cell-atlas"
    wanted = expected(release_folder, tmp_path, HUMAN)
    prefix = "napari-abc/genes/"
    s3_server.fill(bucket, published / "napari-abc/genes", prefix)
    try:
        dataset = open_atlas(cache=tmp_path / "cache")[HUMAN]
        slab = slab_of(dataset)
        source = slab.expression_source
        assert source is not None
        assert source.download_bytes("log2") == 0 and not source.index_missing("log2")
        np.testing.assert_array_equal(slab.expression(genes_of(slab)), wanted)
        fetched = s3_server.fetched()
        assert not any("h5ad" in path for path in fetched)
        looked = [path for path in fetched if path.endswith("zarr.json")]
        slab_of(dataset, 1)
        assert [path for path in s3_server.fetched() if path.endswith("zarr.json")] == looked  # only once
    finally:
        for key in [k for k in s3_server._backend.buckets[bucket].keys if k.startswith(prefix)]:
            s3_server._backend.delete_object(bucket, key)


def test_without_a_published_index_the_download_is_offered(s3_server: BucketServer, tmp_path: Path) -> None:
    dataset = open_atlas(cache=tmp_path / "cache")[HUMAN]
    slab = slab_of(dataset)
    source = slab.expression_source
    assert source is not None
    sizes = [file.size for file in dataset.files() if file.key.endswith("log2.h5ad")]
    assert source.download_bytes("log2") == sum(size or 0 for size in sizes) > 0
    slab_of(dataset, 1)
    looked = [request for request in s3_server.requests if request.path.endswith("zarr.json")]
    assert len(looked) == 2  # log2 and raw, once


def test_a_server_without_ranges_serves_the_matrix(
    published: Path, release_folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "mirror"
    shutil.copytree(release_folder, root)
    shutil.copytree(published / "napari-abc", root / "napari-abc")
    with FolderServer(root) as server:
        slab = slab_of(open_atlas(server.url, tmp_path / "cache")[HUMAN])
        assert slab.expression_source is not None
        assert slab.expression_source.download_bytes("log2") > 0
        np.testing.assert_array_equal(
            slab.expression(genes_of(slab)), expected(release_folder, tmp_path, HUMAN)
        )


def test_a_published_index_that_is_damaged_does_not_start_a_download(
    published: Path, s3_server: BucketServer, tmp_path: Path
) -> None:
    bucket, prefix = "allen-brain-cell-atlas", "napari-abc/genes/"
    s3_server.fill(bucket, published / "napari-abc/genes", prefix)
    name = published_name(published)
    size = (published / "napari-abc/genes" / name / "values/c/0/0").stat().st_size
    s3_server.put(bucket, f"{prefix}{name}/values/c/0/0", b"\x55" * size)
    try:
        slab = slab_of(open_atlas(cache=tmp_path / "cache")[HUMAN])
        source = slab.expression_source
        assert source is not None and source.download_bytes("log2") == 0
        with pytest.raises(ExpressionError, match="Ask for the gene again"):
            slab.expression(genes_of(slab))
        assert not any("h5ad" in path for path in s3_server.fetched())
        assert source.download_bytes("log2") > 0  # offered now
        assert len(slab.expression(genes_of(slab))) == len(slab.cells)
    finally:
        for key in [k for k in s3_server._backend.buckets[bucket].keys if k.startswith(prefix)]:
            s3_server._backend.delete_object(bucket, key)


def test_an_index_beside_a_folder_source_is_used(
    published: Path, release_folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(release_folder, root)
    shutil.copytree(published / "napari-abc", root / "napari-abc")
    slab = slab_of(open_atlas(root, tmp_path / "cache")[HUMAN])
    source = slab.expression_source
    assert source is not None and not source.index_missing("log2")
    np.testing.assert_array_equal(slab.expression(genes_of(slab)), expected(release_folder, tmp_path, HUMAN))


def test_the_shell_makes_and_publishes_indexes(
    release_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--source", str(release_folder), "--cache", str(tmp_path / "cache")]
    assert main(["index", HUMAN, *options]) == 0
    out, err = capsys.readouterr()
    (place,) = out.splitlines()
    folder = Path(place)
    assert folder.parent == tmp_path / "cache/napari-abc/genes" and "log2" in folder.name
    assert "ynthetic" in err
    key = folder.name.removesuffix("-v1.zarr").rpartition("-")[2]
    assert open_index(folder, key) is not None
    assert main(["index", HUMAN, *options, "--kind", "both", "--to", str(tmp_path / "there")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert len(list((tmp_path / "there/napari-abc/genes").iterdir())) == 2
    assert main(["index", str(matrices(release_folder)[0]), *options]) == 2
    assert main(["index", "nobody", *options]) == 2
    assert main(["index", MOUSE, *options, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "scheduler" in capsys.readouterr().err
