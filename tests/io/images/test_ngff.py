"""OME-Zarr of both versions: real images, what their metadata mean, from disk and the web; hostile ones."""

from __future__ import annotations

import copy
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from generated import ngff_0_4
from napari_abc.errors import AbcError, ConfigurationError, FormatError, MissingFileError, NetworkError
from napari_abc.io.images._chunk_folder import ChunkFolder
from napari_abc.io.images._ngff import open_ngff
from project import DATA, cut_and_whole, whole_only
from servers import FolderServer

if TYPE_CHECKING:
    from pathlib import Path

    from servers import BucketServer

SIMPLE = DATA / "ome-zarr" / "simple-0.5"

SPACE = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]


def image(
    folder: Path,
    data: np.ndarray,
    axes: list[dict[str, Any]] | None = None,
    version: str = "0.5",
    levels: int = 1,
    scale: list[float] | None = None,
    **more: Any,
) -> Path:
    """An OME-Zarr image as another program would write it."""
    axes = copy.deepcopy(axes or SPACE[-data.ndim :])
    zarr_format = 3 if version == "0.5" else 2
    group = zarr.open_group(folder, mode="w", zarr_format=zarr_format)
    datasets = []
    for k in range(levels):
        step = tuple(slice(None, None, 2**k) if axis.get("type") == "space" else slice(None) for axis in axes)
        part = data[step]
        made = group.create_array(
            f"s{k}", shape=part.shape, dtype=part.dtype, chunks=tuple(min(8, n) for n in part.shape)
        )
        made[...] = part
        factors = [2**k if axis.get("type") == "space" else 1 for axis in axes]
        sizes = [size * factor for size, factor in zip(scale or [1.0] * data.ndim, factors, strict=True)]
        datasets.append({"path": f"s{k}", "coordinateTransformations": [{"type": "scale", "scale": sizes}]})
    whole = more.pop("whole", None)
    described: dict[str, Any] = {"axes": axes, "datasets": datasets, "name": more.pop("name", "brain")}
    if whole is not None:
        described["coordinateTransformations"] = whole
    ome = {"multiscales": [described | ({"version": "0.4"} if zarr_format == 2 else {})], **more}
    group.attrs.update({"ome": {"version": "0.5", **ome}} if zarr_format == 3 else ome)
    return folder


def metadata(folder: Path) -> tuple[Path, dict[str, Any]]:
    path = folder / "zarr.json"
    return path, json.loads(path.read_text())


VOLUME = np.arange(6 * 10 * 12, dtype="u2").reshape(6, 10, 12)


# -- real images ---------------------------------------------------------------------------------------


NAMES_0_4 = [f"image-0{number}.zarr" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "folder",
    [
        *(pytest.param(path, id=path.name) for path in sorted(ngff_0_4().iterdir())),
        *(whole for name in NAMES_0_4 for whole in whole_only(f"ome-zarr/valid-0.4/{name}")),
    ],
)
def test_images_of_version_0_4(folder: Path) -> None:
    (volume,) = open_ngff(folder)
    assert (volume.kind, volume.unit, volume.name) == ("image", "micrometer", folder.name)
    np.testing.assert_array_equal(volume.levels[0], zarr.open_array(folder / "0", mode="r")[:])
    if folder.name == "image-04.zarr":
        assert [level.shape for level in volume.levels] == [(2, 64, 64), (2, 32, 32)]


@pytest.mark.parametrize("folder", cut_and_whole("ome-zarr/simple-0.5"))
def test_a_real_image_of_version_0_5_whose_arrays_lie_two_levels_down(folder: Path) -> None:
    (volume,) = open_ngff(folder)
    assert [level.shape for level in volume.levels] == [(10, 10), (5, 5), (2, 2)]
    assert (volume.scale, volume.translate, volume.unit) == ((4, 30), (0, 0), "nanometer")
    for k, level in enumerate(volume.levels):
        expected = zarr.open_array(folder / f"scale{k}" / "image", mode="r")[:]
        np.testing.assert_array_equal(level, expected)


# -- what the metadata mean ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_levels_scale_and_translation(tmp_path: Path, version: str) -> None:
    whole = [{"type": "scale", "scale": [2, 2, 2]}, {"type": "translation", "translation": [1, 2, 3]}]
    folder = image(tmp_path / "a", VOLUME, None, version, 2, [0.5, 0.25, 0.25], whole=whole)
    (volume,) = open_ngff(folder)
    assert volume.name == "brain"
    assert (volume.scale, volume.translate) == ((1, 0.5, 0.5), (1, 2, 3))
    assert [level.shape for level in volume.levels] == [(6, 10, 12), (3, 5, 6)]
    np.testing.assert_array_equal(volume.levels[0], VOLUME)


def test_a_translation_of_a_level_is_scaled_with_the_whole(tmp_path: Path) -> None:
    folder = image(tmp_path / "a", VOLUME, whole=[{"type": "scale", "scale": [2, 3, 4]}])
    path, about = metadata(folder)
    own = about["attributes"]["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"]
    own.append({"type": "translation", "translation": [10, 10, 10]})
    path.write_text(json.dumps(about))
    (volume,) = open_ngff(folder)
    assert volume.translate == (20, 30, 40)


def test_units_that_differ_become_micrometers(tmp_path: Path) -> None:
    axes = copy.deepcopy(SPACE)
    axes[0]["unit"] = "millimeter"
    (volume,) = open_ngff(image(tmp_path / "a", VOLUME, axes, scale=[0.2, 10, 10]))
    assert volume.unit == "micrometer"
    np.testing.assert_allclose(volume.scale, (200, 10, 10))
    del axes[0]["unit"]
    (volume,) = open_ngff(image(tmp_path / "b", VOLUME, axes, scale=[0.2, 10, 10]))
    assert (volume.unit, volume.scale) == ("", (0.2, 10, 10))
    for number, unknown in enumerate(("furlong", 7)):
        for axis in axes:
            axis["unit"] = unknown
        (volume,) = open_ngff(image(tmp_path / f"c{number}", VOLUME, axes, scale=[0.2, 10, 10]))
        assert volume.unit == ""


CHANNELS = [
    {
        "label": "DAPI",
        "color": "0000FF",
        "active": True,
        "window": {"start": 5, "end": 50, "min": 0, "max": 99},
    },
    {"label": "Cellbound", "color": "nonsense", "active": False, "window": {"start": 9, "end": 3}},
]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_channels_are_volumes_of_their_own(tmp_path: Path, version: str) -> None:
    data = np.stack([VOLUME, VOLUME + 1])[None]
    axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}, *SPACE]
    folder = image(tmp_path / "a", data, axes, version, 2, omero={"channels": CHANNELS})
    dapi, bound = open_ngff(folder)
    assert (dapi.name, dapi.colormap, dapi.contrast_limits, dapi.visible) == (
        "DAPI",
        "#0000ff",
        (5, 50),
        True,
    )
    assert (bound.name, bound.colormap, bound.contrast_limits, bound.visible) == (
        "Cellbound",
        None,
        None,
        False,
    )
    np.testing.assert_array_equal(dapi.levels[0], VOLUME)
    np.testing.assert_array_equal(bound.levels[1], VOLUME[::2, ::2, ::2] + 1)
    assert len(dapi.scale) == 3


def test_channels_without_names_are_numbered(tmp_path: Path) -> None:
    axes = [{"name": "c", "type": "channel"}, *SPACE[1:]]
    volumes = open_ngff(image(tmp_path / "a", VOLUME[:2], axes))
    assert [volume.name for volume in volumes] == ["brain channel 0", "brain channel 1"]


def test_the_first_point_in_time_is_shown(tmp_path: Path) -> None:
    axes = [{"name": "t", "type": "time", "unit": "second"}, *SPACE[1:]]
    folder = image(tmp_path / "a", VOLUME, axes)
    (volume,) = open_ngff(folder)
    np.testing.assert_array_equal(volume.levels[0], VOLUME[0])


def test_a_plate_is_refused_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "p.zarr").mkdir()
    plate = {"version": "0.4", "wells": [{"path": "A/1", "rowIndex": 0, "columnIndex": 0}]}
    (tmp_path / "p.zarr" / ".zattrs").write_text(json.dumps({"plate": plate}))
    with pytest.raises(FormatError, match="is a plate; open the image of one of its wells"):
        open_ngff(tmp_path / "p.zarr")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_belong_to_their_image(tmp_path: Path, version: str) -> None:
    folder = image(tmp_path / "a", VOLUME, version=version)
    image(folder / "labels" / "nuclei", VOLUME // 9, version=version, levels=2, scale=[1, 1, 1])
    group = zarr.open_group(folder / "labels", mode="a", zarr_format=3 if version == "0.5" else 2)
    group.attrs.update({"ome": {"labels": ["nuclei"]}} if version == "0.5" else {"labels": ["nuclei"]})
    picture, nuclei = open_ngff(folder)
    assert (picture.kind, nuclei.kind, nuclei.name) == ("image", "labels", "nuclei")
    assert len(nuclei.levels) == 2
    np.testing.assert_array_equal(nuclei.levels[0], VOLUME // 9)
    # One that is opened by itself is known by its own metadata.
    (alone,) = open_ngff(image(tmp_path / "b", VOLUME // 9, **{"image-label": {"version": "0.5"}}))
    assert alone.kind == "labels"


def test_labels_have_to_be_whole_numbers(tmp_path: Path) -> None:
    folder = image(tmp_path / "a", VOLUME)
    image(folder / "labels" / "nuclei", VOLUME / 2)
    zarr.open_group(folder / "labels", mode="a").attrs["ome"] = {"labels": ["nuclei"]}
    with pytest.raises(FormatError, match="whole numbers"):
        open_ngff(folder)


def test_a_level_of_another_extent_is_left_out(tmp_path: Path) -> None:
    folder = image(tmp_path / "a", VOLUME, levels=2)
    path, about = metadata(folder)
    wrong = about["attributes"]["ome"]["multiscales"][0]["datasets"][1]
    wrong["coordinateTransformations"][0]["scale"] = [8, 8, 8]
    path.write_text(json.dumps(about))
    (volume,) = open_ngff(folder)
    assert len(volume.levels) == 1


def test_the_images_of_a_converted_file(tmp_path: Path) -> None:
    for k in range(2):
        image(tmp_path / "a" / str(k), VOLUME + k, version="0.4", name=f"scene {k}")
    zarr.open_group(tmp_path / "a", mode="a", zarr_format=2).attrs["bioformats2raw.layout"] = 3
    assert [volume.name for volume in open_ngff(tmp_path / "a")] == ["scene 0", "scene 1"]
    group = zarr.open_group(tmp_path / "a" / "OME", mode="a", zarr_format=2)
    group.attrs["series"] = ["1"]
    assert [volume.name for volume in open_ngff(tmp_path / "a")] == ["scene 1"]


def test_only_metadata_are_read(tmp_path: Path) -> None:
    folder = image(tmp_path / "a", VOLUME)
    shutil.rmtree(folder / "s0" / "c")
    (volume,) = open_ngff(folder)
    assert not np.asarray(volume.levels[0]).any()  # chunks that are not there are empty


# -- from elsewhere ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_from_a_web_server(tmp_path: Path, version: str) -> None:
    image(tmp_path / "my data" / "a.zarr", VOLUME, version=version, levels=2)
    with FolderServer(tmp_path) as server:
        (volume,) = open_ngff(f"{server.url}/my%20data/a.zarr")
        np.testing.assert_array_equal(volume.levels[0], VOLUME)
        np.testing.assert_array_equal(volume.levels[1][1:, 2], VOLUME[::2, ::2, ::2][1:, 2])
        with pytest.raises(FormatError, match="no OME-Zarr"):
            open_ngff(f"{server.url}/nothing")


def test_from_a_public_bucket(tmp_path: Path, bucket_server: BucketServer) -> None:
    bucket_server.fill("volumes", image(tmp_path / "a", VOLUME, levels=2), "some/a.zarr/")
    (volume,) = open_ngff("s3://volumes/some/a.zarr")
    np.testing.assert_array_equal(volume.levels[1], VOLUME[::2, ::2, ::2])


def test_a_server_that_is_not_there_is_told_soon(bucket_server: BucketServer) -> None:
    with pytest.raises(NetworkError, match="check the network"):
        open_ngff("http://127.0.0.1:9/a.zarr")


@pytest.mark.parametrize("where", ["ftp://host/a", "s3://", "gs://"])
def test_other_addresses_are_refused(where: str) -> None:
    with pytest.raises(ConfigurationError):
        open_ngff(where)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in str(ChunkFolder.of("https://me:secret@example.invalid/a"))


# -- hostile -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["../b/s0", "/etc", "..", "", ".", "s0/../../b/s0", "C:\\x", "a//b", "s0\0", 7, None, ["s0"]]
)
def test_no_path_leaves_its_folder(tmp_path: Path, path: Any) -> None:
    image(tmp_path / "b", VOLUME)
    folder = image(tmp_path / "a", VOLUME)
    file, about = metadata(folder)
    about["attributes"]["ome"]["multiscales"][0]["datasets"][0]["path"] = path
    file.write_text(json.dumps(about))
    with pytest.raises(FormatError, match="outside"):
        open_ngff(folder)


def broken(multiscale: dict[str, Any], ome: dict[str, Any], how: str) -> None:
    dataset = multiscale["datasets"][0]
    match how:
        case "no multiscales":
            del ome["multiscales"]
        case "multiscales of text":
            ome["multiscales"] = "image"
        case "no image":
            ome["multiscales"] = []
        case "image of text":
            ome["multiscales"] = ["image"]
        case "no levels":
            multiscale["datasets"] = []
        case "many levels":
            multiscale["datasets"] = [dataset] * 1000
        case "level of text":
            multiscale["datasets"] = ["s0"]
        case "no axes":
            del multiscale["axes"]
        case "too few axes":
            multiscale["axes"].pop()
        case "strange axes":
            multiscale["axes"] = [1, None, []]
        case "zero":
            dataset["coordinateTransformations"][0]["scale"] = [1, 0, 1]
        case "negative":
            dataset["coordinateTransformations"][0]["scale"] = [1, -1, 1]
        case "infinite":
            dataset["coordinateTransformations"][0]["scale"] = [1, 1e999, 1]
        case "text for numbers":
            dataset["coordinateTransformations"][0]["scale"] = ["1", "1", "1"]
        case "two numbers":
            dataset["coordinateTransformations"][0]["scale"] = [1, 1]
        case "rotation":
            dataset["coordinateTransformations"].append({"type": "rotation", "rotation": [[1]]})
        case "from a file":
            dataset["coordinateTransformations"][0] = {"type": "scale", "path": "numbers"}


@pytest.mark.parametrize(
    "how",
    [
        "no multiscales", "multiscales of text", "no image", "image of text", "no levels", "many levels",
        "level of text", "no axes", "too few axes", "strange axes", "zero", "negative", "infinite",
        "text for numbers", "two numbers", "rotation", "from a file",
    ],
)  # fmt: skip
def test_metadata_that_make_no_sense_are_refused(tmp_path: Path, how: str) -> None:
    folder = image(tmp_path / "a", VOLUME)
    file, about = metadata(folder)
    ome = about["attributes"]["ome"]
    broken(ome["multiscales"][0], ome, how)
    file.write_text(json.dumps(about))
    with pytest.raises(FormatError) as caught:
        open_ngff(folder)
    assert str(tmp_path / "a") in str(caught.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [10**5] * 3}}}, "pieces of"),
        ({"data_type": "complex64", "fill_value": [0.0, 0.0]}, "complex64"),
        ({"codecs": [{"name": "bytes"}, {"name": "pickle"}]}, "pickle"),
        ({"shape": "large"}, "can't be read"),
        ({"node_type": "group"}, "can't be read"),
    ],
)
def test_arrays_that_cannot_be_shown_are_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    folder = image(tmp_path / "a", VOLUME)
    file = folder / "s0" / "zarr.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(FormatError, match=why):
        open_ngff(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, "null", "\xff"])
def test_damaged_files_are_told(tmp_path: Path, content: str) -> None:
    folder = image(tmp_path / "a", VOLUME)
    (folder / "zarr.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(FormatError):
        open_ngff(folder)


def test_a_description_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    folder = image(tmp_path / "a", VOLUME)
    with (folder / "zarr.json").open("r+b") as file:
        file.truncate(2**33)
    with pytest.raises(FormatError, match="too large"):
        open_ngff(folder)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        open_ngff(tmp_path / "none")
    with pytest.raises(FormatError, match="no OME-Zarr"):
        open_ngff(tmp_path)
    folder = image(tmp_path / "a", VOLUME)
    shutil.rmtree(folder / "s0")
    with pytest.raises(MissingFileError, match="s0"):
        open_ngff(folder)


def test_metadata_of_noise_raise_our_errors_only(tmp_path: Path) -> None:
    source = (SIMPLE / "zarr.json").read_bytes()
    folder = tmp_path / "a"
    shutil.copytree(SIMPLE, folder)
    refused = 0
    random = np.random.default_rng(0)
    for _ in range(100):
        content = bytearray(source)
        for at in random.integers(0, 1500, 1):
            content[at] = random.integers(32, 127)
        (folder / "zarr.json").write_bytes(content)
        try:
            open_ngff(folder)
        except AbcError:
            refused += 1
    assert 0 < refused < 100  # some noise does no harm


@pytest.mark.parametrize(
    ("scale", "kept"), [([2, 2, 2], True), ([2.0, 2.0, 2.1], True), ([2, 2, 8], False), ([8, 2, 2], False)]
)
def test_a_level_has_to_span_the_image_along_every_axis(
    tmp_path: Path, scale: list[float], kept: bool
) -> None:
    folder = image(tmp_path / "a", VOLUME, levels=2)
    path, about = metadata(folder)
    about["attributes"]["ome"]["multiscales"][0]["datasets"][1]["coordinateTransformations"][0]["scale"] = (
        scale
    )
    path.write_text(json.dumps(about))
    (volume,) = open_ngff(folder)
    assert len(volume.levels) == (2 if kept else 1)
