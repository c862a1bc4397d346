"""Sources: every kind of place, read over real servers, and what each says when it can't be read."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from pathlib import Path

import pytest

import bucket
from bucket import CONTENT, MATRIX, NEW, OLD, PLANE, TABLE
from napari_abc.errors import (
    Cancelled,
    ConfigurationError,
    FormatError,
    IntegrityError,
    MissingFileError,
    NetworkError,
)
from napari_abc.io.remote import PUBLIC_BUCKET, Source, _bucket, open_source
from napari_abc.io.remote._folder import _why
from napari_abc.io.remote._source import in_order
from napari_abc.task import Task
from servers import BucketServer, FolderServer

MANIFEST = f"releases/{NEW}/manifest.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bucket.write_bucket(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tiny_bucket(bucket_server: BucketServer, folder: Path):
    bucket_server.fill("tiny", folder)
    bucket_server.fill("tiny", folder, "deep/mirror/")
    yield bucket_server
    bucket_server.empty("tiny")


def content(source: Source, key: str, size: int | None = None, task: Task | None = None) -> bytes:
    return b"".join(source.blocks(key, size, task or Task()))


# ------------------------------------------------------------------ every kind


@pytest.fixture(params=["folder", "file-url", "s3", "s3-prefix", "http", "http-s3-listing", "http-chunked"])
def any_source(request: pytest.FixtureRequest, folder: Path):
    if request.param == "folder":
        yield open_source(folder)
    elif request.param == "file-url":
        yield open_source(folder.as_uri())
    elif request.param.startswith("s3"):
        request.getfixturevalue("tiny_bucket")
        yield open_source("s3://tiny/" if request.param == "s3" else "s3://tiny/deep/mirror/")
    else:
        listing = (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<CommonPrefixes><Prefix>releases/{NEW}/</Prefix></CommonPrefixes>"
            f"<CommonPrefixes><Prefix>releases/{OLD}/</Prefix></CommonPrefixes></ListBucketResult>"
        )
        xml = request.param == "http-s3-listing"
        with FolderServer(
            folder,
            index=not xml,
            s3_listing=listing if xml else None,
            chunked=request.param == "http-chunked",
        ) as server:
            yield open_source(f"{server.url}/")


def test_every_source_lists_reads_and_streams_the_same(any_source: Source) -> None:
    assert any_source.releases() == [OLD, NEW]
    assert any_source.read_small(MANIFEST, 10_000).startswith(b'{"version": "20251031"')
    for key, expected in CONTENT.items():
        assert content(any_source, key, len(expected)) == expected, key
        assert content(any_source, key) == expected, key


def test_every_source_says_what_is_missing(any_source: Source) -> None:
    with pytest.raises(MissingFileError, match="no metadata/none"):
        any_source.read_small("metadata/none.csv", 100)
    with pytest.raises(MissingFileError, match="no metadata/none"):
        content(any_source, "metadata/none.csv", 5)


def test_every_source_refuses_a_small_file_that_is_large(any_source: Source) -> None:
    with pytest.raises(FormatError, match=r"larger than the 0\.5 MiB"):
        any_source.read_small(MATRIX, 2**19)
    assert any_source.read_small(PLANE, len(CONTENT[PLANE])) == CONTENT[PLANE]


def test_every_source_stops_when_cancelled(any_source: Source) -> None:
    task = Task()
    blocks = any_source.blocks(MATRIX, len(CONTENT[MATRIX]), task)
    next(blocks)
    task.cancel()
    with pytest.raises(Cancelled):
        next(blocks)


# ----------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (None, "s3://allen-brain-cell-atlas"),
        ("s3://my.bucket/", "s3://my.bucket"),
        (" s3://my.bucket/a/b// ", "s3://my.bucket/a/b"),
        ("https://Host.example/abc/", "https://Host.example/abc"),
        ("HTTPS://me:secret@host.example:8443/abc", "https://host.example:8443/abc"),
    ],
)
def test_addresses_have_no_trailing_slash_traps_and_show_no_password(
    location: str | None, shown: str
) -> None:
    source = open_source(location)
    assert (source.location, source.is_local, source.folder) == (shown, False, None)
    assert PUBLIC_BUCKET == "s3://allen-brain-cell-atlas"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("", "names no place"),
        ("a\0b", "names no place"),
        ("ftp://host/x", "of a kind that can't be read"),
        ("s3://", "names no bucket"),
        ("s3://../x", "names no bucket"),
        ("https://", "can't be a mirror"),
        ("https://host/x?token=1", "can't be a mirror"),
        ("https://host:port/", "no valid address"),
        ("http://[::1", "no valid address"),
        ("file://other/data", "names another machine"),
    ],
)
def test_what_is_no_source_is_refused(location: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        open_source(location)


# ------------------------------------------------------------------- folders


def test_a_folder_is_found_through_the_home_folder_and_a_slash(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    bucket.write_bucket(tmp_path / "data 1")
    for location in ("~/data 1", "~/data 1/", Path("~/data 1"), (tmp_path / "data 1").as_uri()):
        source = open_source(location)
        assert source.folder == (tmp_path / "data 1").resolve()
        assert source.path(TABLE) == source.folder / TABLE


def test_a_folder_without_releases_or_none_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="There is no folder"):
        open_source(tmp_path / "nowhere")
    with pytest.raises(MissingFileError, match=r"holds no releases/<version>/manifest\.json"):
        open_source(tmp_path)
    file = bucket.put(tmp_path, "cells.csv", b"x")
    with pytest.raises(ConfigurationError, match="is a file"):
        open_source(str(file))


def test_releases_are_folders_of_digits_with_a_manifest(tmp_path: Path) -> None:
    bucket.write_bucket(tmp_path, (NEW, "20230630", OLD))
    (tmp_path / "releases" / "20990101").mkdir()
    bucket.put(tmp_path, "releases/20250531-draft/manifest.json", b"{}")
    assert open_source(tmp_path).releases() == ["20230630", OLD, NEW]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_out_of_the_folder_a_pipe_and_a_folder_are_refused(tmp_path: Path) -> None:
    root = bucket.write_bucket(tmp_path / "bucket")
    secret = bucket.put(tmp_path, "secret.csv", b"secret")
    (root / "metadata/escape.csv").symlink_to(secret)
    (root / "linked").symlink_to(tmp_path)
    (root / "metadata/loop.csv").symlink_to(root / "metadata/loop.csv")
    (root / "metadata/inside.csv").symlink_to(root / TABLE)
    os.mkfifo(root / "metadata/pipe.csv")
    source = open_source(root)
    for key in (
        "metadata/escape.csv",
        "linked/secret.csv",
        "metadata/pipe.csv",
        "metadata/loop.csv",
        "metadata",
    ):
        with pytest.raises(FormatError, match=r"link|regular file|can't be read"):
            source.path(key)
        with pytest.raises(FormatError):
            source.read_small(key, 100)
    assert content(source, "metadata/inside.csv") == CONTENT[TABLE]


# ------------------------------------------------------------------- buckets


def test_a_bucket_is_read_in_parts_without_credentials(tiny_bucket: BucketServer) -> None:
    source = open_source("s3://tiny")
    assert content(source, MATRIX, len(CONTENT[MATRIX])) == CONTENT[MATRIX]
    ranges = [request.headers["range"] for request in tiny_bucket.requests]
    assert sorted(ranges) == ["bytes=0-4194303", "bytes=4194304-8388607", "bytes=8388608-9437306"]
    assert not any("authorization" in request.headers for request in tiny_bucket.requests)


def test_a_broken_aws_profile_does_not_matter(
    tiny_bucket: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(bucket.put(tmp_path, "config", b"[not closed")))
    source = open_source("s3://tiny")
    assert source.releases() == [OLD, NEW]
    assert content(source, TABLE, len(CONTENT[TABLE])) == CONTENT[TABLE]


def test_a_bucket_of_another_size_than_expected_is_noticed(tiny_bucket: BucketServer) -> None:
    source = open_source("s3://tiny")
    size = len(CONTENT[MATRIX])
    for wrong in (size - 5 * 2**20, size - 1, size + 1, size + 9 * 2**20):
        with pytest.raises(IntegrityError, match=f"{size:,} bytes, but the manifest says {wrong:,}"):
            content(source, MATRIX, wrong)


def test_a_bucket_that_is_not_there_or_holds_no_release_says_so(tiny_bucket: BucketServer) -> None:
    with pytest.raises(
        MissingFileError, match=r"s3://nobody at AWS_ENDPOINT_URL=http://127\.0\.0\.1:\d+ holds no"
    ):
        open_source("s3://nobody").releases()
    with pytest.raises(MissingFileError, match="holds no releases"):
        open_source("s3://tiny/metadata").releases()


# --------------------------------------------------------------- web mirrors


def test_a_mirror_without_listing_says_to_name_a_release(folder: Path) -> None:
    with FolderServer(folder, index=False) as server:
        source = open_source(server.url)
        with pytest.raises(NetworkError, match="does not list its releases: name one"):
            source.releases()
        assert source.read_small(MANIFEST, 10_000)


@pytest.mark.parametrize(
    "listing",
    [
        "not xml",
        "<Other/>",
        '<!DOCTYPE a [<!ENTITY b "' + "b" * 1000 + '">]><a>' + "&b;" * 1000 + "</a>",
        "<CommonPrefixes>" * 50_000,
        "<a>" + "x" * 5_000_000 + "</a>",
    ],
    ids=["text", "other", "entities", "deep", "large"],
)
def test_a_hostile_listing_is_no_listing(folder: Path, listing: str) -> None:
    server = FolderServer(folder, index=False, s3_listing=listing)
    with server, pytest.raises((NetworkError, FormatError)):
        open_source(server.url).releases()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_stream_that_breaks_off_is_taken_up_again(folder: Path, ranges: bool) -> None:
    with FolderServer(folder, ranges=ranges, break_after=[3_000_000, 5_000_000]) as server:
        assert content(open_source(server.url), MATRIX, len(CONTENT[MATRIX])) == CONTENT[MATRIX]
        assert len(server.requests) == 3
        assert server.requests[1].headers["range"].startswith("bytes=")


def test_a_stream_that_breaks_off_every_time_is_an_error(folder: Path) -> None:
    with FolderServer(folder, break_after=[70_000] * 9) as server:
        with pytest.raises(NetworkError, match="can't be read"):
            content(open_source(server.url), MATRIX, len(CONTENT[MATRIX]))
        assert len(server.requests) == 3


def test_a_mirror_of_another_size_than_expected_is_noticed_at_once(folder: Path) -> None:
    server = FolderServer(folder, stray=b"more")
    with server, pytest.raises(IntegrityError, match="but the manifest says"):
        next(open_source(server.url).blocks(MATRIX, len(CONTENT[MATRIX]), Task()))


@pytest.mark.parametrize(
    ("status", "asked"), [(403, 1), (429, 3), (500, 3), (502, 3), (503, 3), (504, 3), (505, 1)]
)
def test_a_mirror_that_refuses_names_the_status(folder: Path, status: int, asked: int) -> None:
    with FolderServer(folder, status=status) as server:
        with pytest.raises(NetworkError, match=f"HTTP status {status}"):
            content(open_source(server.url), TABLE, len(CONTENT[TABLE]))
        assert len(server.requests) == asked


def test_names_with_spaces_and_signs_reach_the_server_whole(
    tmp_path: Path, bucket_server: BucketServer
) -> None:
    root = bucket.write_bucket(tmp_path)
    key = "metadata/D/1/a b+c%20d#é.csv"
    bucket.put(root, key, b"here")
    bucket_server.put("signs", key, b"here")
    with FolderServer(root) as server:
        assert content(open_source(server.url), key, 4) == b"here"
    assert content(open_source("s3://signs"), key, 4) == b"here"
    bucket_server.empty("signs")


# ------------------------------------------------------- nobody there, in time


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("kind", ["s3", "http"])
@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1", "connection was refused"), ("nobody.invalid", "name can't be resolved")]
)
def test_nobody_there_is_said_within_seconds(
    kind: str, host: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://{host}:{closed_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    source = open_source(address if kind == "http" else "s3://tiny")
    for attempt in (
        source.releases,
        lambda: source.read_small(MANIFEST, 100),
        lambda: content(source, TABLE, 10),
    ):
        began = time.monotonic()
        with pytest.raises(NetworkError, match=why) as caught:
            attempt()
        assert time.monotonic() - began < 5
        assert "\n" not in str(caught.value)
        assert "check the network" in str(caught.value)


@pytest.mark.parametrize("kind", ["s3", "http"])
def test_a_server_that_never_answers_is_given_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"napari_abc.io.remote.{'_web' if kind == 'http' else '_bucket'}.ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        source = open_source(address if kind == "http" else "s3://tiny")
        began = time.monotonic()
        with pytest.raises(NetworkError, match="did not answer in time"):
            source.releases()
        assert time.monotonic() - began < 3


def test_cancel_is_heard_while_nothing_arrives(folder: Path) -> None:
    with FolderServer(folder, stall_after=2_000_000) as server:
        task = Task()
        caught: list[BaseException] = []

        def read() -> None:
            try:
                content(open_source(server.url), MATRIX, len(CONTENT[MATRIX]), task)
            except Cancelled as error:
                caught.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        assert server.stalled.wait(10)
        task.cancel()
        began = time.monotonic()
        reader.join(5)
        assert time.monotonic() - began < 1
        assert len(caught) == 1


@pytest.mark.parametrize("how", ["blocks closed", "source dropped"])
def test_a_reading_given_up_leaves_no_connection_open(folder: Path, how: str) -> None:
    with FolderServer(folder) as server:
        source = open_source(server.url)
        blocks = source.blocks(MATRIX, len(CONTENT[MATRIX]), Task())
        if how == "blocks closed":
            next(blocks)
            assert len(server.connections) == 1
            blocks.close()
        else:
            assert b"".join(blocks) == CONTENT[MATRIX]
            assert len(server.connections) == 1, "a connection is kept for the next file"
            # Unless its session is closed, aiohttp warns, and a warning fails the test.
            del source, blocks
            gc.collect()
        until = time.monotonic() + 5
        while server.connections and time.monotonic() < until:
            time.sleep(0.01)
        assert not server.connections


def test_a_file_of_more_parts_than_are_asked_for_at_a_time(
    tiny_bucket: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bucket, "_PART", 200_000)
    tiny_bucket.requests.clear()
    assert content(open_source("s3://tiny"), MATRIX, len(CONTENT[MATRIX])) == CONTENT[MATRIX]
    parts = -(-len(CONTENT[MATRIX]) // 200_000)
    assert parts > 2 * _bucket.CONNECTIONS
    asked = [request.headers["range"] for request in tiny_bucket.requests]
    assert sorted(asked) == sorted(
        f"bytes={begin}-{min(begin + 200_000, len(CONTENT[MATRIX])) - 1}"
        for begin in range(0, len(CONTENT[MATRIX]), 200_000)
    )


def test_a_source_says_where_it_is(tmp_path: Path) -> None:
    bucket.write_bucket(tmp_path)
    assert repr(open_source(tmp_path)) == f"<Source {tmp_path}>"


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(5, "Input/output error", "x"), "Input/output error"), (RuntimeError("a loop"), "a loop")],
)
def test_a_file_that_cannot_be_read_says_why(error: Exception, words: str) -> None:
    assert _why(error) == words


def test_releases_are_in_the_order_of_their_numbers() -> None:
    assert in_order(["20250531", "9000", "20230630", "x", "9000", "12"]) == ["9000", "20230630", "20250531"]
