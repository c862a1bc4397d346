"""TIFF files of every kind as lazy multiscale images: real ones, generated ones and hostile ones."""

from __future__ import annotations

import gc
import os
import shutil
import struct
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_abc.errors import Cancelled, ConfigurationError, DiskFullError, FormatError, MissingFileError
from napari_abc.io.images import _pyramid as module
from napari_abc.io.images import _tiff as tiff
from napari_abc.io.images import contrast_limits, multiscale, open_tiff, pyramid_folder
from napari_abc.io.images._ome import read_ome
from napari_abc.task import Progress, Task
from project import DATA, whole_only

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def picture(height: int = 300, width: int = 420, dtype: str = "u2") -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return (37 * y + 11 * x + y * x % 97).astype(dtype)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4", "f8"])
def test_values_are_those_of_the_file(tmp_path: Path, dtype: str, byteorder: str) -> None:
    image = picture(dtype=dtype)
    tifffile.imwrite(tmp_path / "a.tif", image, byteorder=byteorder)
    (plane,) = open_tiff(tmp_path / "a.tif")
    (level,) = plane.levels
    assert level.dtype == np.dtype(dtype)
    assert level.dtype.isnative
    np.testing.assert_array_equal(level, image)
    assert plane.random_access


@pytest.mark.parametrize(
    "storage",
    [
        {"tile": (64, 128)},
        {"tile": (64, 128), "compression": "zlib", "predictor": True},
        {"rowsperstrip": 1},
        {"rowsperstrip": 7, "compression": "lzw"},
        {"compression": "lzw"},
        {"tile": (256, 256), "compression": "jpeg2000"},
        {"tile": (64, 64), "compression": "zstd", "bigtiff": True},
    ],
    ids=str,
)
def test_windows_are_read_from_tiles_and_strips(
    tmp_path: Path, storage: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff, "_CHUNK", 100)  # so that chunks are made of several tiles
    image = picture()
    tifffile.imwrite(tmp_path / "a.tif", image, **storage)
    (plane,) = open_tiff(tmp_path / "a.tif")
    (level,) = plane.levels
    np.testing.assert_array_equal(level, image)
    for key in ((slice(63, 130), slice(127, 260)), (slice(299, 300), slice(None)), (5, slice(3, 400, 9))):
        np.testing.assert_array_equal(level[key], image[key])


def test_pyramids_in_subifds_and_in_pages_are_found(tmp_path: Path) -> None:
    images = [picture(), picture()[::2, ::2], picture()[::4, ::4]]
    with tifffile.TiffWriter(tmp_path / "sub.tif") as file:
        file.write(images[0], subifds=2, tile=(64, 64))
        file.write(images[1], subfiletype=1, tile=(64, 64))
        file.write(images[2], subfiletype=1, tile=(64, 64))
    with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
        for image in images:
            file.write(image, tile=(64, 64))
        file.write(np.zeros((50, 50), "u1"))  # a thumbnail of another shape
    for name in ("sub.tif", "pages.tif"):
        (plane,) = open_tiff(tmp_path / name)
        assert len(plane.levels) == 3
        for level, image in zip(plane.levels, images, strict=True):
            np.testing.assert_array_equal(level, image)


def test_channels_z_planes_names_and_pixel_size_come_from_the_ome_header(tmp_path: Path) -> None:
    stack = np.stack([picture(64, 64) + i for i in range(6)]).reshape(2, 3, 64, 64)
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        stack,
        ome=True,
        metadata={
            "axes": "CZYX",
            "Channel": {"Name": ["DAPI", "18S"]},
            "PhysicalSizeX": 212.5,
            "PhysicalSizeXUnit": "nm",
            "PhysicalSizeY": 0.2125,
        },
    )
    planes = open_tiff(tmp_path / "a.ome.tif")
    assert [(p.channel, p.z, p.name) for p in planes] == [
        (c, z, name) for c, name in enumerate(["DAPI", "18S"]) for z in range(3)
    ]
    assert planes[0].pixel_size == pytest.approx((0.2125, 0.2125))
    for plane in planes:
        np.testing.assert_array_equal(plane.levels[0], stack[plane.channel, plane.z])


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_a_color_image_is_three_gray_ones(tmp_path: Path, planar: str) -> None:
    colors = np.stack([picture(64, 80, "u1") + i for i in range(3)])
    data = colors if planar == "separate" else np.moveaxis(colors, 0, -1)
    tifffile.imwrite(
        tmp_path / "a.tif", data, photometric="rgb", planarconfig=planar, tile=(32, 32), compression="zlib"
    )
    planes = open_tiff(tmp_path / "a.tif")
    assert [plane.name for plane in planes] == ["red", "green", "blue"]
    for plane, color in zip(planes, colors, strict=True):
        np.testing.assert_array_equal(plane.levels[0], color)


def test_what_an_ome_header_says_of_other_files_does_not_count() -> None:
    def header(inner: str) -> str:
        return f'<OME xmlns="{SCHEMA}"><Image><Pixels {inner}</Pixels></Image></OME>'

    four = 'SizeC="4" SizeZ="1" SizeT="1" DimensionOrder="XYZCT">' + "".join(
        f'<Channel Name="c{i}"/>' for i in range(4)
    )
    data = "".join(
        f'<TiffData FirstC="{i}" IFD="0" PlaneCount="1"><UUID FileName="f{i}.ome.tif">{i}</UUID></TiffData>'
        for i in range(4)
    )
    ome = read_ome(header(four + data), "f2.ome.tif")
    assert dict(ome.planes) == {0: (2, 0)}
    assert ome.channels[2] == "c2"
    assert ome.pixel_size is None
    order = 'SizeC="2" SizeZ="3" SizeT="1" DimensionOrder="XYCZT"><TiffData/>'
    assert [read_ome(header(order), "x").planes[i] for i in range(6)] == [
        (0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2),
    ]  # fmt: skip
    for nonsense in (
        None,
        "",
        "<OME",
        "<OME/>",
        header('SizeC="99999999999" SizeZ="x" PhysicalSizeX="-1"><TiffData IFD="a"/>'),
        header('SizeC="2" DimensionOrder="XYC"><TiffData PlaneCount="999999999" FirstC="-5"/>'),
        header('PhysicalSizeX="1" PhysicalSizeXUnit="parsec" PhysicalSizeY="nan">'),
    ):
        read = read_ome(nonsense, "x")
        assert read.pixel_size is None
        assert len(read.planes) <= 7


# -- files that are not as they should be ------------------------------------------------------


def test_a_file_that_is_cut_off_is_refused_at_opening(tmp_path: Path) -> None:
    for name, storage in {"plain": {}, "tiled": {"tile": (64, 64), "compression": "zlib"}}.items():
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, np.random.default_rng(0).integers(0, 60000, (600, 700), "u2"), **storage)
        whole = path.read_bytes()
        for share in (0.95, 0.5, 0.01):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(FormatError, match=f"{name}.*(cut off|copy it again)"):
                open_tiff(path)


@pytest.mark.parametrize(
    "content", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"\x89PNG", b"MM\0*" + bytes(50)]
)
def test_what_is_no_tiff_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.tif"):
        open_tiff(tmp_path / "a.tif")
    with pytest.raises(MissingFileError):
        open_tiff(tmp_path / "b.tif")
    with pytest.raises(MissingFileError):
        open_tiff(tmp_path)


def header_only(width: int, height: int, *, compression: int = 1, rows: int | None = None) -> bytes:
    """A TIFF of a few hundred bytes that claims to hold an image of any size, in one strip or more."""
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, 16), (259, 3, compression), (262, 3, 1),
        (273, 4, 8), (277, 3, 1), (278, 4, rows or height), (279, 4, 100), (339, 3, 1),
    ]  # fmt: skip
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 108) + bytes(100) + struct.pack("<H", len(tags)) + body + bytes(4)


@pytest.mark.parametrize("compression", [1, 5, 8])
@pytest.mark.parametrize("rows", [None, 64])
def test_a_header_that_claims_terabytes_takes_no_memory(
    tmp_path: Path, compression: int, rows: int | None
) -> None:
    (tmp_path / "bomb.tif").write_bytes(header_only(2_000_000, 2_000_000, compression=compression, rows=rows))
    with pytest.raises(FormatError, match=r"bomb\.tif"):
        open_tiff(tmp_path / "bomb.tif")


def test_damage_inside_is_an_error_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, picture(), tile=(64, 64), compression="jpeg2000")
    data = bytearray(path.read_bytes())
    data[600:3000] = bytes(2400)
    path.write_bytes(data)
    (plane,) = open_tiff(path)
    with pytest.raises(FormatError, match=r"a\.tif can't be read"):
        np.asarray(plane.levels[0])


def test_a_file_that_changes_or_goes_away_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, picture())
    (plane,) = open_tiff(path)
    tifffile.imwrite(path, picture(310))
    with pytest.raises(FormatError, match="changed"):
        np.asarray(plane.levels[0])
    path.unlink()
    with pytest.raises(MissingFileError):
        np.asarray(plane.levels[0])


def test_kinds_that_cannot_be_shown_are_said(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "complex.tif", np.ones((20, 20), "c8"))
    tifffile.imwrite(tmp_path / "five.tif", np.ones((20, 20, 5), "u1"), planarconfig="contig")
    tifffile.imwrite(
        tmp_path / "palette.tif",
        np.ones((20, 20), "u1"),
        photometric="palette",
        colormap=np.zeros((3, 256), "u2"),
    )
    for name in ("complex", "five", "palette"):
        with pytest.raises(FormatError, match=name):
            open_tiff(tmp_path / f"{name}.tif")


def test_files_that_an_ome_header_names_are_not_opened(tmp_path: Path) -> None:
    inside = tmp_path / "run"
    inside.mkdir()
    tifffile.imwrite(tmp_path / "secret.ome.tif", picture(64, 64))
    xml = (
        f'<?xml version="1.0"?><OME xmlns="{SCHEMA}" UUID="0"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYZCT" Type="uint16" SizeX="64" SizeY="64" SizeC="2" SizeZ="1" SizeT="1">'
        '<Channel ID="Channel:0:0"/><Channel ID="Channel:0:1"/>'
        '<TiffData FirstC="0" IFD="0" PlaneCount="1"><UUID FileName="a.ome.tif">0</UUID></TiffData>'
        '<TiffData FirstC="1" IFD="0" PlaneCount="1"><UUID FileName="../secret.ome.tif">1</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    tifffile.imwrite(inside / "a.ome.tif", picture(64, 64) + 1, description=xml, metadata=None)
    opened: list[str] = []
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
    (plane,) = open_tiff(inside / "a.ome.tif")
    np.testing.assert_array_equal(plane.levels[0], picture(64, 64) + 1)
    assert any("a.ome.tif" in name for name in opened)
    assert not any("secret" in name for name in opened)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files can't be listed on this system")
def test_no_file_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SINGLE", 100)
    tifffile.imwrite(tmp_path / "tiled.tif", picture(), tile=(64, 64), compression="zlib")
    tifffile.imwrite(tmp_path / "plain.tif", picture())
    (tmp_path / "broken.tif").write_bytes((tmp_path / "tiled.tif").read_bytes()[:-900])
    for round_ in range(2):  # the first opens what zarr and dask keep open for good
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        kept = []
        for name in ("tiled", "plain"):
            (plane,) = open_tiff(tmp_path / f"{name}.tif")
            levels = multiscale(plane, tmp_path / f"{round_}", Task())
            kept.append([np.asarray(level) for level in levels])
        with pytest.raises(FormatError):
            open_tiff(tmp_path / "broken.tif")
    assert len(os.listdir("/proc/self/fd")) <= before


# -- pyramids ----------------------------------------------------------------------------------


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes an image of hundreds of pixels count as large, so that every branch is cheap to test."""
    monkeypatch.setattr(module, "_SINGLE", 100)
    monkeypatch.setattr(module, "_SMALLEST", 60)
    monkeypatch.setattr(module, "_CHUNK", 16)
    monkeypatch.setattr(module, "_SHARD", 64)
    monkeypatch.setattr(tiff, "_CHUNK", 50)


def weights(n: int) -> np.ndarray:
    """(m, n): how much of each pixel lies in each of the m = (n + 1) // 2 that span the same extent."""
    m = (n + 1) // 2
    edges, fine = np.linspace(0, n, m + 1), np.arange(n)
    overlap = np.minimum(edges[1:, None], fine + 1) - np.maximum(edges[:-1, None], fine)
    return np.clip(overlap, 0, None) * m / n


def assert_halved(smaller: object, image: object) -> None:
    """Each pixel is the mean of what lies in it, rounded where values are whole."""
    found, fine = np.asarray(smaller), np.asarray(image)
    exact = weights(fine.shape[0]) @ fine.astype(float) @ weights(fine.shape[1]).T
    assert found.dtype == fine.dtype
    assert found.shape == exact.shape
    if found.dtype.kind == "f":
        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-3)
    else:
        assert np.abs(found - exact).max() <= 0.5 + 1e-2


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
@pytest.mark.parametrize(
    "storage", [{}, {"tile": (48, 32)}, {"rowsperstrip": 9, "compression": "zlib"}], ids=str
)
def test_a_large_plain_image_gets_smaller_copies_once(
    tmp_path: Path, storage: dict[str, object], dtype: str
) -> None:
    image = picture(301, 403, dtype)
    tifffile.imwrite(tmp_path / "a.tif", image, **storage)
    (plane,) = open_tiff(tmp_path / "a.tif")
    reports: list[Progress] = []
    levels = multiscale(plane, tmp_path / "cache", Task(reports.append))
    assert [level.shape for level in levels] == [(301, 403), (151, 202), (76, 101), (38, 51)]
    np.testing.assert_array_equal(levels[0], image)
    for level, smaller in pairwise(levels):
        assert_halved(smaller, level)
    assert {report.unit for report in reports} == {"rows"}
    again: list[Progress] = []
    levels = multiscale(open_tiff(tmp_path / "a.tif")[0], tmp_path / "cache", Task(again.append))
    assert not again
    assert_halved(levels[1], image)


def test_where_windows_are_slow_to_read_the_copy_holds_the_full_size_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = picture(60, 2**15 + 5)  # a row of more than 64 kB
    tifffile.imwrite(tmp_path / "a.tif", image, rowsperstrip=9, compression="zlib")
    (plane,) = open_tiff(tmp_path / "a.tif")
    assert not plane.random_access
    levels = multiscale(plane, tmp_path / "cache", Task())
    (tmp_path / "a.tif").unlink()
    np.testing.assert_array_equal(levels[0], image)
    assert_halved(levels[1], image)
    assert_halved(levels[2], levels[1])


@pytest.mark.usefixtures("small_limits")
def test_a_pyramid_that_stops_early_is_carried_on(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(picture(600, 800), subifds=1, tile=(64, 64))
        file.write(picture(300, 400), subfiletype=1, tile=(64, 64))
    levels = multiscale(open_tiff(tmp_path / "a.tif")[0], tmp_path / "cache", Task())
    assert [level.shape for level in levels] == [(600, 800), (300, 400), (150, 200), (75, 100), (38, 50)]
    assert_halved(levels[2], picture(300, 400))


@pytest.mark.usefixtures("small_limits")
def test_a_changed_image_gets_new_copies_and_the_old_ones_go(tmp_path: Path) -> None:
    for image in (picture(300, 300), picture(300, 310)):
        tifffile.imwrite(tmp_path / "a.tif", image)
        levels = multiscale(open_tiff(tmp_path / "a.tif")[0], tmp_path / "cache", Task())
        assert_halved(levels[1], image)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.usefixtures("small_limits")
def test_nothing_half_made_is_kept(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", picture(800, 120))
    (plane,) = open_tiff(tmp_path / "a.tif")
    task = Task(lambda progress: task.cancel() if progress.done > 300 else None)
    with pytest.raises(Cancelled):
        multiscale(plane, tmp_path / "cache", task)
    assert list((tmp_path / "cache").iterdir()) == []
    levels = multiscale(plane, tmp_path / "cache", Task())
    assert_halved(levels[1], picture(800, 120))
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.usefixtures("small_limits")
def test_where_no_folder_can_be_made_it_is_said(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", picture())
    (plane,) = open_tiff(tmp_path / "a.tif")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigurationError, match=r"file.* can't be written"):
        multiscale(plane, tmp_path / "file", Task())


def test_a_full_disk_is_told_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SINGLE", 100)
    tifffile.imwrite(tmp_path / "a.tif", picture())
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(DiskFullError):
        multiscale(open_tiff(tmp_path / "a.tif")[0], tmp_path / "cache", Task())


def test_pyramids_are_kept_in_the_default_cache(cache_folder: Path) -> None:
    assert pyramid_folder() == cache_folder / "napari-abc" / "pyramids"


def test_contrast_limits_ignore_padding_and_outliers() -> None:
    image = np.zeros((200, 200), "u2")
    image[50:150, 50:150] = np.arange(10_000).reshape(100, 100) % 1000 + 100
    image[60, 60] = 65535
    low, high = contrast_limits([image])
    assert 100 <= low <= 115
    assert 1080 <= high <= 1100
    assert contrast_limits([np.zeros((5, 5), "u2")]) == (0.0, 1.0)
    assert contrast_limits([np.full((5, 5), 7, "u2")]) == (0.0, 7.0)
    low, high = contrast_limits([np.array([[np.nan, -3.0], [5.0, np.inf]])])
    assert -3 <= low < high <= 5


@pytest.mark.parametrize(("folder", "number"), [pytest.param(DATA, 10, id="cut"), *whole_only(".", 32)])
def test_real_mosaics_and_morphology_images(folder: Path, number: int) -> None:
    patterns = ("merscope/*/images/mosaic_*.tif", "merscope/mosaics-512/*.tif", "xenium/*/*.ome.tif")
    files = [path for pattern in patterns for path in folder.glob(pattern)]
    assert len(files) == number
    for path in files:
        (plane,) = open_tiff(path)
        np.testing.assert_array_equal(plane.levels[0], tifffile.imread(path), err_msg=str(path))
        low, high = contrast_limits(plane.levels)
        assert 0 <= low < high


@pytest.mark.parametrize(("bands", "piece"), [(1, 32 * 64), (3, 32 * 64 * 3)])
def test_pieces_too_large_to_be_read_one_by_one_are_refused(
    tmp_path: Path, bands: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = np.zeros((64, 64, 3) if bands == 3 else (64, 64), "u1")
    photometric = "rgb" if bands == 3 else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", data, photometric=photometric, rowsperstrip=32, compression="zlib")
    monkeypatch.setattr(tiff, "_MAX_SEGMENT", piece)
    assert len(open_tiff(tmp_path / "a.tif")) == bands
    monkeypatch.setattr(tiff, "_MAX_SEGMENT", piece - 1)
    with pytest.raises(FormatError, match="is stored in pieces of"):
        open_tiff(tmp_path / "a.tif")


def test_tiles_that_a_sparse_file_leaves_out_are_empty(tmp_path: Path) -> None:
    tiles = [None if number == 1 else np.full((64, 64), number + 1, "u2") for number in range(4)]
    options = {"shape": (64, 256), "dtype": "u2", "tile": (64, 64), "compression": "zlib"}
    tifffile.imwrite(tmp_path / "a.tif", iter(tiles), **options)
    (plane,) = open_tiff(tmp_path / "a.tif")
    found = np.asarray(plane.levels[0])
    assert found[0, ::64].tolist() == [1, 0, 3, 4]
    assert found[63, 63::64].tolist() == [1, 0, 3, 4]
