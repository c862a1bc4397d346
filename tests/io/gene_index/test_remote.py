"""A published index is read by ranges: from a bucket, a web server, a folder, and written there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from matrix_files import random_counts, write_matrix
from napari_abc.errors import Cancelled, ConfigurationError, FormatError, NetworkError
from napari_abc.io.gene_index import GeneIndex, build_index, open_index, open_published, upload
from napari_abc.io.matrix import Matrix, open_matrix
from napari_abc.task import Progress, Task
from servers import BucketServer, FolderServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "fedcba9876543210fedcba9876543210"
BUCKET = "published"
S3 = {"anon": True}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Matrix, GeneIndex]:
    """An index of three parts, of genes that take tens of kB each."""
    folder = tmp_path_factory.mktemp("made")
    matrix = open_matrix(write_matrix(folder / "m.h5ad", random_counts(150_000, 12, density=0.2)))
    return matrix, build_index(matrix, folder / "m.zarr", KEY, Task(), part_entries=170_000)


@pytest.fixture
def bucket(made: tuple[Matrix, GeneIndex], bucket_server: BucketServer) -> Iterator[BucketServer]:
    bucket_server.fill(BUCKET, Path(made[1].location), "some/where.zarr/")
    yield bucket_server
    bucket_server.empty(BUCKET)


class RangeServer(FolderServer):
    """A web server that serves parts of files with a first and a last byte."""

    def _send_file(self, handler: Any, content: bytes, wanted: str | None) -> None:
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted or "")
        if found is None:
            super()._send_file(handler, content, None)
            return
        begin, end = int(found[1]), min(int(found[2]) + 1, len(content))
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(content)}")
        handler.send_header("Content-Length", str(end - begin))
        handler.end_headers()
        handler.wfile.write(content[begin:end])


def compare(index: GeneIndex | None, matrix: Matrix) -> None:
    assert index is not None
    rows = np.array([149_999, -1, 0, 77_777])
    np.testing.assert_array_equal(index.read([11, 3]), matrix.read([11, 3]))
    np.testing.assert_array_equal(index.read([2, 0], rows), matrix.read([2, 0], rows))
    assert index.rows_of([matrix.cell_ids[5].as_py(), "nobody"]).tolist() == [5, -1]
    assert not index.is_local


def test_a_gene_from_a_bucket_takes_its_own_bytes(
    made: tuple[Matrix, GeneIndex], bucket: BucketServer
) -> None:
    matrix, local = made
    index = open_index(f"s3://{BUCKET}/some/where.zarr", KEY, S3)
    compare(index, matrix)
    assert index is not None
    bucket.requests.clear()
    said: list[Progress] = []
    values = index.read([7], np.arange(140_000, 150_000), Task(said.append))
    np.testing.assert_array_equal(values, local.read([7], np.arange(140_000, 150_000)))
    ranges = [request.headers["range"] for request in bucket.requests]
    assert len(ranges) == 3  # the gene's table; rows and values of the one part that is needed
    size = sum(int(r.split("-")[1]) - int(r.split("=")[1].split("-")[0]) + 1 for r in ranges)
    assert size < 150_000 * 0.2 * 6
    assert said and said[-1].unit == "B"
    bucket.requests.clear()
    index.read([7], np.arange(140_000, 150_000))
    assert len(bucket.requests) == 2  # the table is kept


def test_from_a_web_server_with_ranges(made: tuple[Matrix, GeneIndex]) -> None:
    matrix, local = made
    with RangeServer(Path(local.location).parent) as server:
        compare(open_index(f"{server.url}/m.zarr", KEY), matrix)
        assert open_index(f"{server.url}/m.zarr", KEY[::-1]) is None
        assert open_index(f"{server.url}/other.zarr", KEY) is None


def test_a_web_server_without_ranges_is_told_so(made: tuple[Matrix, GeneIndex]) -> None:
    with FolderServer(Path(made[1].location).parent) as server:
        with pytest.raises(NetworkError, match="does not serve parts of files"):
            open_index(f"{server.url}/m.zarr", KEY)
        with pytest.raises(NetworkError, match="does not serve parts of files"):
            open_published(server.url, {"m.zarr": KEY}, 5, Task())
        fetched = [request.path for request in server.requests]
        assert not any("values" in path for path in fetched)


def test_from_a_file_address_and_from_memory(made: tuple[Matrix, GeneIndex]) -> None:
    matrix, local = made
    compare(open_index(Path(local.location).as_uri(), KEY), matrix)
    upload(Path(local.location), "memory://there/m.zarr", Task())
    compare(open_index("memory://there/m.zarr", KEY), matrix)


def test_absent_forbidden_or_foreign_is_none(bucket: BucketServer) -> None:
    assert open_index(f"s3://{BUCKET}/some/where.zarr", "0" * 32, S3) is None
    assert open_index(f"s3://{BUCKET}/nothing.zarr", KEY, S3) is None
    bucket.put(BUCKET, "hollow.zarr/zarr.json", b"<html>log in</html>")
    assert open_index(f"s3://{BUCKET}/hollow.zarr", KEY, S3) is None
    for status in (403, 404):
        with FolderServer(Path(), status=status) as server:
            assert open_index(f"{server.url}/m.zarr", KEY) is None


def test_no_server_and_no_such_kind_of_address() -> None:
    with pytest.raises(NetworkError, match=r"refused|can't be read"):
        open_index("http://127.0.0.1:9/m.zarr", KEY)
    with pytest.raises(ConfigurationError, match="of a kind"):
        open_index("gopher9://host/m.zarr", KEY)


def test_several_are_looked_up_at_once(made: tuple[Matrix, GeneIndex], bucket: BucketServer) -> None:
    names = {"where.zarr": KEY, "nothing.zarr": KEY, "else.zarr": KEY}
    found = open_published(f"s3://{BUCKET}/some", names, 10, Task(), S3)
    assert list(found) == ["where.zarr"]
    compare(found["where.zarr"], made[0])
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        open_published(f"s3://{BUCKET}/some", names, 10, task, S3)


@pytest.mark.parametrize("name", ["segments/c/0/0/0", "rows/c/0/0", "values/c/1/0", "labels/c/0"])
def test_damage_is_noticed_from_afar(name: str, made: tuple[Matrix, GeneIndex], bucket: BucketServer) -> None:
    content = (Path(made[1].location) / name).read_bytes()
    key = f"some/where.zarr/{name}"
    middle = min(1_000, len(content) // 2)
    for bad in (
        content[:middle],
        content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
    ):
        bucket.put(BUCKET, key, bad)
        index = open_index(f"s3://{BUCKET}/some/where.zarr", KEY, S3)
        assert index is not None
        with pytest.raises(FormatError):
            index.read(range(12))
            index.rows_of(["x"])


def test_writing_puts_the_description_last(made: tuple[Matrix, GeneIndex], tmp_path: Path) -> None:
    folder = Path(made[1].location)
    target = tmp_path / "there" / "m.zarr"
    sizes: list[bool] = []

    def notify(progress: Progress) -> None:
        sizes.append((target / "zarr.json").exists())
        if len(sizes) == stop:
            task.cancel()

    stop, task = 5, Task(notify)
    with pytest.raises(Cancelled):
        upload(folder, target.as_uri(), task)
    assert open_index(target, KEY) is None
    stop, task = -1, Task(notify)
    upload(folder, target.as_uri(), task)
    assert not any(sizes[:-1])
    copied = open_index(target, KEY)
    assert copied is not None
    np.testing.assert_array_equal(copied.gene_all(3), made[1].gene_all(3))
    for path in folder.rglob("*"):
        if path.is_file():
            assert (target / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_writing_to_a_bucket(made: tuple[Matrix, GeneIndex], monkeypatch: pytest.MonkeyPatch) -> None:
    server = BucketServer()
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        server.put(BUCKET, "releases/1/manifest.json", b"{}")
        upload(Path(made[1].location), f"s3://{BUCKET}/napari-abc/genes/m.zarr", Task())
        assert any("authorization" in request.headers for request in server.requests)
        put = [request.path for request in server.requests if request.method == "PUT"]
        assert put[-1] == f"/{BUCKET}/napari-abc/genes/m.zarr/zarr.json"
        with pytest.raises(NetworkError, match="can't be written"):
            upload(Path(made[1].location), "s3://no-such-bucket/m.zarr", Task())
    finally:
        server.close()


def test_a_password_is_not_shown(made: tuple[Matrix, GeneIndex]) -> None:
    with RangeServer(Path(made[1].location).parent) as server:
        index = open_index(server.url.replace("http://", "http://me:secret@") + "/m.zarr", KEY)
        assert index is not None and "secret" not in index.location


def test_what_is_given_with_an_address_reaches_who_writes_there(
    made: tuple[Matrix, GeneIndex], bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    bucket_server.put("given", "releases/1/manifest.json", b"{}")
    options = S3 | {"client_kwargs": {"endpoint_url": bucket_server.url, "region_name": "us-east-1"}}
    upload(Path(made[1].location), "s3://given/m.zarr", Task(), options)
    assert "/given/m.zarr/zarr.json" in [one.path for one in bucket_server.requests if one.method == "PUT"]
    bucket_server.empty("given")


def test_a_folder_may_be_given_as_text(made: tuple[Matrix, GeneIndex]) -> None:
    index = open_index(made[1].location, KEY)
    assert index is not None
    assert index.is_local
