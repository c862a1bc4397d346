"""Places that images of chunks are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_abc.errors import ConfigurationError, FormatError, MissingFileError
from napari_abc.io.images import _chunk_folder as module
from napari_abc.io.images._chunk_folder import ChunkFolder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_of_this_machine(tmp_path: Path) -> None:
    place = ChunkFolder.of(tmp_path)
    assert (str(place), place.name, place.local) == (str(tmp_path), tmp_path.name, True)
    assert place.spec == {"driver": "file", "path": f"{tmp_path.as_posix()}/"}
    assert ChunkFolder.of(str(tmp_path)) == place
    with pytest.raises(MissingFileError, match="no folder"):
        ChunkFolder.of(tmp_path / "none")


@pytest.mark.parametrize(
    ("where", "spec", "shown"),
    [
        (
            "https://host/a%20b/c.zarr/",
            {"driver": "http", "base_url": "https://host", "path": "/a b/c.zarr/"},
            "https://host/a%20b/c.zarr",
        ),
        (
            "HTTP://me:secret@host/c.zarr?key=1",
            {"driver": "http", "base_url": "http://me:secret@host?key=1", "path": "/c.zarr/"},
            "http://host/c.zarr?key=1",
        ),
        (
            "gs://bucket/c.zarr",
            {"driver": "http", "base_url": "https://storage.googleapis.com", "path": "/bucket/c.zarr/"},
            "gs://bucket/c.zarr",
        ),
        (
            "gs://bucket",
            {"driver": "http", "base_url": "https://storage.googleapis.com", "path": "/bucket/"},
            "gs://bucket",
        ),
    ],
)
def test_addresses(where: str, spec: dict[str, str], shown: str) -> None:
    place = ChunkFolder.of(where)
    assert place.spec == spec
    assert str(place) == shown
    assert not place.local
    assert place.name in ("c.zarr", "c.zarr?key=1", "bucket")


def test_a_folder_within_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    place = ChunkFolder.of("s3://bucket/a/c.zarr")
    assert (place.spec["bucket"], place.spec["path"]) == ("bucket", "a/c.zarr/")
    inner = place.child("labels/nuclei")
    assert (inner.spec["path"], str(inner)) == (
        "a/c.zarr/labels/nuclei/",
        "s3://bucket/a/c.zarr/labels/nuclei",
    )


@pytest.mark.parametrize(("where", "says"), [("s3://", "names no bucket"), ("ftp://host/a", "no address")])
def test_other_addresses_are_refused(where: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        ChunkFolder.of(where)


@pytest.mark.parametrize(
    "path", ["", None, 3, "a//b", "a/../b", "./a", "a\\b", "C:", "a\nb", "a?b", "a%2fb", "a#b"]
)
def test_a_part_that_could_lie_outside_is_not_read(tmp_path: Path, path: object) -> None:
    with pytest.raises(FormatError, match="could lie outside"):
        ChunkFolder.of(tmp_path).child(path)


def test_descriptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ChunkFolder.of(tmp_path)
    assert place.json("info") is None
    (tmp_path / "info").write_text('{"a": 1}')
    assert place.json("info") == {"a": 1}
    monkeypatch.setattr(module, "_MAX_JSON", 8)
    assert place.json("info") == {"a": 1}
    monkeypatch.setattr(module, "_MAX_JSON", 7)
    with pytest.raises(FormatError, match="too large for a description"):
        place.json("info")
    (tmp_path / "info").write_text("[1]")
    with pytest.raises(FormatError, match="does not describe a volume"):
        place.json("info")
    (tmp_path / "info").write_text("{1")
    with pytest.raises(FormatError, match="is not JSON"):
        place.json("info")
