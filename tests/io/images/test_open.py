"""A person's own image, whatever it is: told by its content, read by its reader, refused with a reason."""

from __future__ import annotations

import gzip
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from generated import ngff_0_4
from napari_abc.errors import AbcError, Cancelled, ConfigurationError, FormatError, MissingFileError
from napari_abc.io.images import _nifti_volume as nifti_volume
from napari_abc.io.images import _pyramid as images
from napari_abc.io.images import open_image
from napari_abc.io.images._open import image_kind
from napari_abc.task import Task
from project import DATA, whole_only
from servers import FolderServer

if TYPE_CHECKING:
    from pathlib import Path

GRID = np.arange(6 * 8, dtype=np.uint16).reshape(6, 8)
STACK = np.stack([GRID + 100 * k for k in range(4)])


def everything(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in sorted(folder.rglob("*"))}


KINDS = [
    ("volumes/anatomical-bigendian.nii", "nifti", (25, 41, 33), "millimeter"),
    ("volumes/mouse-brain-33.tiff", "tiff", (33, 20, 29), ""),
    ("ome-zarr/simple-0.5", "ngff", (10, 10), "nanometer"),
    ("ome-zarr/simple-0.5/zarr.json", "ngff", (10, 10), "nanometer"),
    ("precomputed/segmentation-compresso", "precomputed", (512, 2048, 2048), "nanometer"),
    ("xenium/cell-mix-526/morphology_focus.ome.tif", "tiff", (237, 237), ""),
]


@pytest.mark.parametrize(
    ("where", "kind", "shape", "unit"),
    [
        *(pytest.param(DATA / path, *more, id=path) for path, *more in KINDS),
        pytest.param(ngff_0_4() / "image-04.zarr", "ngff", (2, 64, 64), "micrometer", id="0.4"),
        pytest.param(
            ngff_0_4() / "image-04.zarr/.zattrs", "ngff", (2, 64, 64), "micrometer", id="0.4 .zattrs"
        ),
        *whole_only("ome-zarr/valid-0.4/image-04.zarr", "ngff", (2, 64, 64), "micrometer"),
        *whole_only("volumes/mni152-t1.nii.gz", "nifti", (189, 233, 197), "millimeter"),
        *whole_only("volumes/mouse-brain-standard.tiff", "tiff", (132, 80, 114), ""),
        *whole_only("precomputed/segmentation-compresso", "precomputed", (512, 2048, 2048), "nanometer"),
        *whole_only("xenium/cell-mix-526/morphology_focus.ome.tif", "tiff", (237, 237), ""),
    ],
)
def test_real_images_of_every_kind(where: Path, kind: str, shape: tuple[int, ...], unit: str) -> None:
    inside = where.parent if where.name in (".zattrs", "zarr.json") else where
    assert image_kind(inside) == kind
    first = open_image(where)[0]
    assert (tuple(first.levels[0].shape), first.unit) == (shape, unit)
    assert first.kind == ("labels" if kind == "precomputed" else "image")


def test_a_name_that_says_nothing_does_not_matter(tmp_path: Path) -> None:
    stored = (DATA / "volumes/anatomical-bigendian.nii").read_bytes()
    for number, content in enumerate((gzip.compress(stored), stored)):
        (tmp_path / f"{number}.dat").write_bytes(content)
        assert image_kind(tmp_path / f"{number}.dat") == "nifti"
    shutil.copy(DATA / "volumes/mouse-brain-33.tiff", tmp_path / "brain")
    (volume,) = open_image(str(tmp_path / "brain"))
    assert volume.name == "brain"


def test_an_ome_tiff_of_channels_in_planes(tmp_path: Path) -> None:
    data = np.stack([STACK, STACK + 1000])
    metadata = {
        "axes": "CZYX", "Channel": {"Name": ["DAPI", "GFP"]}, "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25,
        "PhysicalSizeZ": 2000, "PhysicalSizeZUnit": "nm",
    }  # fmt: skip
    tifffile.imwrite(tmp_path / "a.ome.tif", data, metadata=metadata)
    before = everything(tmp_path)
    dapi, gfp = open_image(tmp_path / "a.ome.tif")
    assert (dapi.name, gfp.name) == ("a DAPI", "a GFP")
    assert (dapi.scale, dapi.translate, dapi.unit) == ((2.0, 0.25, 0.5), (0.0, 0.0, 0.0), "micrometer")
    np.testing.assert_array_equal(np.asarray(gfp.levels[0]), STACK + 1000)
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("axes", "shape"), [("ZCYX", (4, 2)), ("TCYX", (4, 2)), ("CYX", (2,)), ("ZYX", (4,))]
)
def test_what_imagej_writes(tmp_path: Path, axes: str, shape: tuple[int, ...]) -> None:
    data = np.arange(np.prod(shape) * 48, dtype=np.uint16).reshape(*shape, 6, 8)
    tifffile.imwrite(
        tmp_path / "a.tif",
        data,
        imagej=True,
        resolution=(2, 4),
        metadata={"axes": axes, "unit": "um", "spacing": 3},
    )
    notes: list[str] = []
    found = open_image(tmp_path / "a.tif", notes=notes)
    assert len(found) == (2 if "C" in axes else 1)
    assert found[0].scale == ((3.0, 0.25, 0.5) if "Z" in axes else (0.25, 0.5))
    assert found[0].unit == "micrometer"
    last = data.reshape(-1, 6, 8)[-1] if "T" not in axes else data[0, -1]
    shown = np.asarray(found[-1].levels[0])
    np.testing.assert_array_equal(shown[-1] if "Z" in axes else shown, last)
    assert ("several points in time" in " ".join(notes)) == ("T" in axes)


def test_a_color_picture_gives_red_green_and_blue(tmp_path: Path) -> None:
    data = np.random.default_rng(1).integers(0, 255, (6, 8, 3), np.uint8)
    tifffile.imwrite(tmp_path / "slide.tif", data, photometric="rgb")
    found = open_image(tmp_path / "slide.tif")
    assert [(v.name, v.colormap) for v in found] == [
        (f"slide {color}", color) for color in ("red", "green", "blue")
    ]
    for k, volume in enumerate(found):
        np.testing.assert_array_equal(np.asarray(volume.levels[0]), data[..., k])


@pytest.mark.parametrize(
    ("how", "scale", "unit"),
    [
        ({"resolution": (20_000, 10_000), "resolutionunit": "CENTIMETER"}, (1.0, 0.5), "micrometer"),
        ({"resolution": (72, 72), "resolutionunit": "INCH"}, (1.0, 1.0), ""),
        ({"resolution": (50_800, 50_800), "resolutionunit": "INCH"}, (0.5, 0.5), "micrometer"),
        ({"resolution": (1, 1), "resolutionunit": "NONE"}, (1.0, 1.0), ""),
    ],
)
def test_the_resolution_of_a_plain_tiff(tmp_path: Path, how: Any, scale: Any, unit: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", GRID, **how)
    (volume,) = open_image(tmp_path / "a.tif")
    assert volume.scale == pytest.approx(scale)
    assert volume.unit == unit


def test_a_tiff_that_is_called_labels_is_labels(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cell_labels.tif", GRID)
    tifffile.imwrite(tmp_path / "labels_float.tif", GRID.astype("f4"))
    assert [open_image(tmp_path / f"{name}.tif")[0].kind for name in ("cell_labels", "labels_float")] == [
        "labels", "image",
    ]  # fmt: skip


def test_a_large_tiff_gets_smaller_copies_in_the_cache_with_progress_and_cancel(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_SINGLE", 64)
    monkeypatch.setattr(images, "_SMALLEST", 32)
    monkeypatch.setattr(images, "_CHUNK", 32)
    own = tmp_path / "own"
    own.mkdir()
    tifffile.imwrite(own / "mosaic.tif", np.tile(GRID, (30, 30)))
    before = everything(own)
    stop = Task(lambda progress: stop.cancel() if "smaller copies" in progress.what else None)
    with pytest.raises(Cancelled):
        open_image(own / "mosaic.tif", stop)
    assert not list(cache_folder.rglob("*.part"))
    said: list[str] = []
    (volume,) = open_image(own / "mosaic.tif", Task(lambda progress: said.append(progress.what)))
    assert [level.shape for level in volume.levels][:2] == [(180, 240), (90, 120)]
    assert "Making smaller copies of mosaic.tif" in said
    assert everything(own) == before


def test_a_large_nifti_is_converted_in_the_cache(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nifti_volume, "_SMALL", 1000)
    shutil.copy(DATA / "volumes/anatomical-bigendian.nii", tmp_path / "a.nii")
    said: list[str] = []
    (volume,) = open_image(tmp_path / "a.nii", Task(lambda progress: said.append(progress.what)))
    assert volume.levels[0].shape == (25, 41, 33)
    assert said
    assert list(cache_folder.rglob("a-*.ome.zarr"))
    assert [p.name for p in tmp_path.iterdir()] == ["a.nii"]


def test_a_series_shows_its_first_volume(tmp_path: Path) -> None:
    import nibabel

    data = np.arange(2 * 3 * 4 * 5, dtype=np.int16).reshape(2, 3, 4, 5)
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), tmp_path / "a.nii.gz")
    notes: list[str] = []
    (volume,) = open_image(tmp_path / "a.nii.gz", notes=notes)
    assert volume.levels[0].shape == (4, 3, 2)
    assert notes == ["a.nii.gz has several points in time; the first is shown."]


def test_a_rotation_that_is_left_out_is_said(tmp_path: Path) -> None:
    import nibabel

    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    data = np.ones((3, 4, 5), np.int16)
    for name, affine, says in (("a.nii", np.eye(4), []), ("b.nii", turn, ["b.nii is rotated by angles"])):
        nibabel.save(nibabel.Nifti1Image(data, affine), tmp_path / name)
        notes: list[str] = []
        assert len(open_image(tmp_path / name, notes=notes)) == 1
        assert [note[:26] for note in notes] == says


def test_pages_that_an_ome_header_does_not_tell_of_are_a_stack(tmp_path: Path) -> None:
    """As where a program appended pages and left the header as it was."""
    metadata = {"axes": "CYX", "Channel": {"Name": ["DAPI", "GFP"]}}
    tifffile.imwrite(tmp_path / "a.ome.tif", STACK[:2], metadata=metadata)
    assert [volume.name for volume in open_image(tmp_path / "a.ome.tif")] == ["a DAPI", "a GFP"]
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        header = file.ome_metadata
    with tifffile.TiffWriter(tmp_path / "b.ome.tif") as out:
        for number, plane in enumerate(STACK):
            out.write(plane, description=header if number == 0 else None, metadata=None, contiguous=False)
    (volume,) = open_image(tmp_path / "b.ome.tif")
    np.testing.assert_array_equal(np.asarray(volume.levels[0]), STACK)


def test_from_a_server_and_with_the_scheme_of_neuroglancer(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "i.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=GRID, chunks=(4, 4))
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [2, 2]}]}]
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    with FolderServer(tmp_path) as server:
        for end in ("i.zarr", "i.zarr/.zattrs"):
            (volume,) = open_image(f"{server.url}/{end}")
            np.testing.assert_array_equal(np.asarray(volume.levels[0]), GRID)
        with pytest.raises(FormatError, match="download it"):
            open_image(f"{server.url}/a.nii.gz")
        with pytest.raises(FormatError, match="holds no image"):
            open_image(f"precomputed://{server.url}/nothing")


def hostile(folder: Path) -> dict[str, type[AbcError]]:
    """Files that are no images, and what they are refused with."""
    (folder / "empty").mkdir()
    (folder / "zero.tif").write_bytes(b"")
    (folder / "noise.nii").write_bytes(os.urandom(4000))
    (folder / "text.nii.gz").write_bytes(gzip.compress(b"hello"))
    (folder / "cut.gz").write_bytes(gzip.compress(os.urandom(4000))[:50])
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "half.tif").write_bytes(b"II*\0\x08\0\0\0")
    (folder / "bad.zarr").mkdir()
    (folder / "bad.zarr" / "zarr.json").write_text("[1")
    (folder / "info").mkdir()
    names = (
        "empty",
        "zero.tif",
        "noise.nii",
        "text.nii.gz",
        "cut.gz",
        "a.png",
        "half.tif",
        "bad.zarr",
        "info",
    )
    return {**dict.fromkeys(names, FormatError), "nothing": MissingFileError}


def test_what_is_no_image_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for name, kind in hostile(tmp_path).items():
        with pytest.raises(kind) as caught:
            open_image(tmp_path / name)
        text = str(caught.value)
        assert text.endswith(".")
        assert "\n" not in text
    with pytest.raises(ConfigurationError, match="no address"):
        open_image("ftp://somewhere/a.zarr")
    with pytest.raises(FormatError, match="choose a NIfTI file"):
        open_image(tmp_path / "a.png")
