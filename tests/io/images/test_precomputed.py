"""Neuroglancer precomputed volumes: every encoding that can be decoded, in place; the others are named."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorstore as ts

from napari_abc.errors import AbcError, FormatError, MissingFileError
from napari_abc.io.images import is_precomputed, open_precomputed
from project import DATA
from servers import FolderServer

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = DATA / "precomputed"

VOLUME = (np.arange(20 * 12 * 6) % 251).astype("u1").reshape(20, 12, 6)
"""(x, y, z), as these volumes have it."""


def scale(size: tuple[int, ...], factor: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "key": f"s{factor}",
        "size": list(size),
        "resolution": [4 * factor, 4 * factor, 40],
        "voxel_offset": [0, 0, 0],
        "chunk_sizes": [[8, 8, 8]],
        "encoding": "raw",
    } | changes


def describe(folder: Path, *scales: Any, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    info = {
        "@type": "neuroglancer_multiscale_volume",
        "type": "image",
        "data_type": "uint8",
        "num_channels": 1,
        "scales": list(scales),
    }
    (folder / "info").write_text(json.dumps(info | changes))
    return folder


def write_raw(folder: Path, key: str, data: np.ndarray, offset: tuple[int, ...] = (0, 0, 0)) -> None:
    """The chunks of a level by the format's own rules: named by their bounds, x fastest, perhaps gzipped."""
    (folder / key).mkdir()
    for index in np.ndindex(*(-(-n // 8) for n in data.shape)):
        bounds = [(8 * k, min(8 * k + 8, n)) for k, n in zip(index, data.shape, strict=True)]
        chunk = data[tuple(slice(*bound) for bound in bounds)]
        name = "_".join(f"{low + o}-{high + o}" for (low, high), o in zip(bounds, offset, strict=True))
        (folder / key / name).write_bytes(chunk.tobytes(order="F"))


def write_encoded(folder: Path, number: int, data: np.ndarray) -> None:
    spec = {"driver": "neuroglancer_precomputed", "kvstore": f"file://{folder}/", "scale_index": number}
    ts.open(spec).result()[..., 0] = data


def test_a_volume_written_by_hand_lies_where_it_says(tmp_path: Path) -> None:
    offset = (10, -20, 30)
    first = scale(VOLUME.shape, voxel_offset=offset)
    folder = describe(tmp_path / "em", first)
    write_raw(folder, "s1", VOLUME, offset)
    (volume,) = open_precomputed(folder)
    (level,) = volume.levels
    np.testing.assert_array_equal(level, VOLUME.T)
    assert (volume.name, volume.kind, volume.unit) == ("em", "image", "nanometer")
    assert volume.scale == (40, 4, 4)
    # The first voxel reaches from its offset on; its center lies half a voxel further.
    assert volume.translate == (30.5 * 40, -19.5 * 4, 10.5 * 4)


def test_levels_come_largest_first(tmp_path: Path) -> None:
    half = VOLUME[::2, ::2]
    folder = describe(tmp_path / "em", scale(half.shape, 2), scale(VOLUME.shape))
    write_raw(folder, "s1", VOLUME)
    write_raw(folder, "s2", half)
    (volume,) = open_precomputed(folder)
    assert volume.scale == (40, 4, 4)
    np.testing.assert_array_equal(volume.levels[0], VOLUME.T)
    np.testing.assert_array_equal(volume.levels[1], half.T)


def test_a_level_of_another_extent_is_left_out(tmp_path: Path) -> None:
    shifted = scale((10, 6, 6), 2, voxel_offset=[50, 0, 0])
    (volume,) = open_precomputed(describe(tmp_path / "em", scale(VOLUME.shape), shifted))
    assert len(volume.levels) == 1


SHARDED = {
    "@type": "neuroglancer_uint64_sharded_v1",
    "preshift_bits": 1,
    "hash": "murmurhash3_x86_128",
    "minishard_bits": 2,
    "shard_bits": 1,
    "minishard_index_encoding": "gzip",
    "data_encoding": "gzip",
}


@pytest.mark.parametrize("sharding", [None, SHARDED], ids=["files", "sharded"])
@pytest.mark.parametrize(
    ("encoding", "kind", "dtype"),
    [
        ("raw", "image", "uint16"),
        ("raw", "image", "float32"),
        ("png", "image", "uint8"),
        ("png", "image", "uint16"),
        ("jpeg", "image", "uint8"),
        ("raw", "segmentation", "uint64"),
        ("compressed_segmentation", "segmentation", "uint32"),
        ("compressed_segmentation", "segmentation", "uint64"),
    ],
)
def test_every_encoding_that_can_be_decoded(
    tmp_path: Path, encoding: str, kind: str, dtype: str, sharding: Any
) -> None:
    data = VOLUME.astype(dtype)
    if dtype == "uint64":
        data[3, 4, 5] = 2**63 + 5
    more: dict[str, Any] = {"encoding": encoding, "sharding": sharding}
    if encoding == "compressed_segmentation":
        more["compressed_segmentation_block_size"] = [8, 8, 8]
    folder = describe(tmp_path / "em", scale(data.shape, **more), type=kind, data_type=dtype)
    write_encoded(folder, 0, data)
    (volume,) = open_precomputed(folder)
    assert volume.kind == ("labels" if kind == "segmentation" else "image")
    assert volume.levels[0].dtype == np.dtype(dtype)
    if encoding == "jpeg":
        assert np.abs(np.asarray(volume.levels[0], int) - VOLUME.T).mean() < 20
    else:
        np.testing.assert_array_equal(volume.levels[0], data.T)


def test_channels_are_volumes_of_their_own(tmp_path: Path) -> None:
    folder = describe(tmp_path / "em", scale(VOLUME.shape), num_channels=2)
    spec = {"driver": "neuroglancer_precomputed", "kvstore": f"file://{folder}/", "scale_index": 0}
    ts.open(spec).result()[...] = np.stack([VOLUME, VOLUME + 1], axis=-1)
    first, second = open_precomputed(folder)
    assert [first.name, second.name] == ["em channel 0", "em channel 1"]
    np.testing.assert_array_equal(second.levels[0], (VOLUME + 1).T)


def test_a_real_segmentation() -> None:
    (volume,) = open_precomputed(FOLDER / "segmentation-compresso")
    assert volume.kind == "labels"
    assert [level.shape for level in volume.levels] == [(512, n, n) for n in (2048, 1024, 512, 256, 128)]
    assert (volume.scale, volume.translate) == ((40, 4, 4), (20, 2, 2))
    assert not np.asarray(volume.levels[-1][200]).any()  # its chunks are not there


def test_real_annotations_are_no_volume() -> None:
    assert not is_precomputed(FOLDER / "annotation")
    with pytest.raises(FormatError, match="neuroglancer_annotations_v1"):
        open_precomputed(FOLDER / "annotation")


@pytest.mark.parametrize("encoding", ["compresso", "fpzip", "zfpc", "crackle", "jxl", "", None, 7, ["raw"]])
def test_an_encoding_that_cannot_be_decoded_is_named(tmp_path: Path, encoding: Any) -> None:
    folder = describe(tmp_path / "em", scale(VOLUME.shape, encoding=encoding))
    with pytest.raises(FormatError, match="encoding") as caught:
        open_precomputed(folder)
    assert repr(encoding) in str(caught.value)


def test_from_a_web_server(tmp_path: Path) -> None:
    folder = describe(tmp_path / "em", scale(VOLUME.shape))
    write_raw(folder, "s1", VOLUME)
    with FolderServer(tmp_path) as server:
        (volume,) = open_precomputed(f"precomputed://{server.url}/em")
        np.testing.assert_array_equal(volume.levels[0][2], VOLUME.T[2])


def test_it_is_known_by_its_info_file(tmp_path: Path) -> None:
    assert is_precomputed(describe(tmp_path / "em", scale(VOLUME.shape)))
    assert not is_precomputed(tmp_path)
    assert not is_precomputed(tmp_path / "none")
    info = tmp_path / "em" / "info"
    for content in (
        "",
        "{",
        "[]",
        '{"scales": 1}',
        '{"spatial_index": {}}',
        '{"@type": "x", "scales": []}',
        "\xff",
    ):
        info.write_bytes(content.encode("latin-1"))
        assert not is_precomputed(tmp_path / "em")
    with info.open("r+b") as file:
        file.truncate(2**33)
    assert not is_precomputed(tmp_path / "em")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": "../s1"}, "outside"),
        ({"key": "/etc"}, "outside"),
        ({"key": None}, "outside"),
        ({"resolution": [4, 0, 40]}, "how large"),
        ({"resolution": [4, 4]}, "how large"),
        ({"resolution": ["4", "4", "40"]}, "how large"),
        ({"voxel_offset": "here"}, "how large"),
        ({"chunk_sizes": [[2000, 2000, 2000]], "size": [9999] * 3}, "pieces of"),
        ({"size": [10, 10]}, "can't be read"),
        ({"size": [-1, 10, 10]}, "can't be read"),
    ],
)
def test_a_level_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    folder = describe(tmp_path / "em", scale(VOLUME.shape) | changes)
    with pytest.raises(FormatError, match=why):
        open_precomputed(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"scales": []},
        {"scales": [1]},
        {"scales": [{}] * 1000},
        {"data_type": "complex"},
        {"num_channels": 10**6},
        {"num_channels": 0},
        {"type": "segmentation", "data_type": "float32"},
    ],
)
def test_a_description_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        open_precomputed(describe(tmp_path / "em", scale(VOLUME.shape), **changes))


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        open_precomputed(tmp_path / "none")
    with pytest.raises(FormatError, match="no info file"):
        open_precomputed(tmp_path)


def test_a_damaged_chunk_is_told_when_it_is_read(tmp_path: Path) -> None:
    folder = describe(tmp_path / "em", scale(VOLUME.shape))
    write_raw(folder, "s1", VOLUME)
    path = folder / "s1" / "0-8_0-8_0-6"
    path.write_bytes(gzip.compress(path.read_bytes())[:20])
    (volume,) = open_precomputed(folder)
    with pytest.raises(FormatError, match="damaged"):
        np.asarray(volume.levels[0])


def test_descriptions_of_noise_raise_our_errors_only(tmp_path: Path) -> None:
    folder = describe(tmp_path / "em", scale(VOLUME.shape))
    source = (folder / "info").read_bytes()
    refused = 0
    random = np.random.default_rng(0)
    for _ in range(200):
        content = bytearray(source)
        for at in random.integers(0, len(source), 3):
            content[at] = random.integers(32, 127)
        (folder / "info").write_bytes(content)
        try:
            open_precomputed(folder)
        except AbcError:
            refused += 1
    assert 0 < refused < 200  # some noise does no harm
