"""Mosaics of a MERSCOPE run: which there are, and where they lie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_abc.errors import FormatError
from napari_abc.task import Task
from napari_abc.vendors import _mosaics
from napari_abc.vendors._mosaics import find_mosaics, open_mosaics, place_of_mosaic

if TYPE_CHECKING:
    from pathlib import Path

TRANSFORM = "micron_to_mosaic_pixel_transform.csv"
SHAPE = (200, 130)
CELLS = pd.DataFrame({"x": [5.0], "y": [105.0]})


def mosaic(folder: Path, name: str = "mosaic_DAPI_z0.tif", pages: int = 1) -> Path:
    folder.mkdir(exist_ok=True)
    tifffile.imwrite(folder / name, np.ones((pages, *SHAPE), "u2"), photometric="minisblack", metadata=None)
    return folder / name


def test_mosaics_lie_in_images_or_else_in_the_folder_itself(tmp_path: Path) -> None:
    for name in ("mosaic_DAPI_z0.tif", "mosaic_PolyT_z12.tiff", "mosaic_DAPI_zx.tif", "other.tif"):
        (tmp_path / name).touch()
    (tmp_path / "mosaic_Folder_z0.tif").mkdir()
    found = find_mosaics(tmp_path)
    assert found == {
        "DAPI": {0: tmp_path / "mosaic_DAPI_z0.tif"},
        "PolyT": {12: tmp_path / "mosaic_PolyT_z12.tiff"},
    }
    (tmp_path / "images").mkdir()
    assert find_mosaics(tmp_path) == found
    for name in ("mosaic_b_z10.tif", "mosaic_b_z2.tif", "mosaic_a_z0.tif", "mosaic_dapi_z0.tif"):
        (tmp_path / "images" / name).touch()
    found = find_mosaics(tmp_path)
    assert [(stain, list(planes)) for stain, planes in found.items()] == [
        ("dapi", [0]),
        ("a", [0]),
        ("b", [2, 10]),
    ]


@pytest.mark.parametrize(
    "text", ["2 0 10\n0 4 -300\n0 0 1\n", "2,0,10\n\n0, 4, -300\n0;0;1", " 2\t0 10\n0 4 -300\n0 0 1"]
)
def test_the_transform_may_be_written_in_any_way(tmp_path: Path, text: str) -> None:
    (tmp_path / TRANSFORM).write_text(text)
    assert place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE) == ((0.25, 0.5), (75.0, -5.0))


def test_a_file_of_another_name_or_without_a_transform_has_no_place(tmp_path: Path) -> None:
    assert place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE) is None
    (tmp_path / TRANSFORM).write_text("2 0 10\n0 4 -300\n0 0 1\n")
    assert place_of_mosaic(tmp_path / "stain.tif", SHAPE) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 0 0\n0 4 0\n0 0 1", "turns or mirrors"),
        ("2 0 0\n0 0 0\n0 0 1", "turns or mirrors"),
        ("2 0 0\n0.1 4 0\n0 0 1", "turns or mirrors"),
        ("2 -0.1 0\n0 4 0\n0 0 1", "turns or mirrors"),
        ("2 0 0\n0 4 0\n0 0 2", "no 3 × 3 transform"),
        ("2 0 0\n0 4 0\n1 0 1", "no 3 × 3 transform"),
        ("inf 0 0\n0 4 0\n0 0 1", "no 3 × 3 transform"),
    ],
)
def test_a_transform_that_does_not_only_scale_and_shift_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / TRANSFORM).write_text(text)
    with pytest.raises(FormatError, match=says):
        place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE)


def test_a_shear_of_less_than_a_pixel_is_none(tmp_path: Path) -> None:
    (tmp_path / TRANSFORM).write_text("2 1e-6 10\n1e-6 4 -300\n0 0 1\n")
    assert place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE) == ((0.25, 0.5), (75.0, -5.0))


def test_the_manifests_box_places_a_mosaic_by_its_edges(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"bbox_microns": [-5, 75, 60, 125]}))
    assert place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE) == ((0.25, 0.5), (75.125, -4.75))
    assert place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", (100, 65)) == ((0.5, 1.0), (75.25, -4.5))


@pytest.mark.parametrize(
    "box",
    ["1 2 3 4", [1, 2, 3], [60, 75, -5, 125], [-5, 125, 60, 75], [5, 75, 5, 125], [-5, 75, 60, 1e999], None],
)
def test_a_manifest_without_a_box_says_nothing(tmp_path: Path, box: object) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"bbox_microns": box}))
    with pytest.raises(FormatError, match=r"manifest\.json does not say where"):
        place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE)


@pytest.mark.parametrize(
    ("height", "width", "fits"),
    [(200, 130, True), (200, 131, False), (201, 130, False), (None, 131, True), (201, "x", True)],
)
def test_a_mosaic_has_the_size_that_the_manifest_says_if_it_says_one(
    tmp_path: Path, height: object, width: object, fits: bool
) -> None:
    (tmp_path / TRANSFORM).write_text("2 0 10\n0 4 -300\n0 0 1\n")
    sizes = {"mosaic_height_pixels": height, "mosaic_width_pixels": width}
    (tmp_path / "manifest.json").write_text(json.dumps(sizes))
    if fits:
        assert place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE) is not None
    else:
        with pytest.raises(
            FormatError, match=f"130 × 200 pixels, but the transform is for {width} × {height}"
        ):
            place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE)


@pytest.mark.parametrize("name", [TRANSFORM, "manifest.json"])
def test_a_file_that_is_far_too_large_is_not_read(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '{"bbox_microns": [-5, 75, 60, 125]}' if name == "manifest.json" else "2 0 10\n0 4 -300\n0 0 1\n"
    (tmp_path / name).write_text(text)
    monkeypatch.setattr(_mosaics, "_MAX_TEXT", len(text))
    assert place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE) is not None
    monkeypatch.setattr(_mosaics, "_MAX_TEXT", len(text) - 1)
    with pytest.raises(FormatError, match=r"can't be read \(it is too large\)"):
        place_of_mosaic(tmp_path / "mosaic_DAPI_z0.tif", SHAPE)


def test_what_is_left_out_of_the_mosaics_is_said(tmp_path: Path) -> None:
    notes: list[str] = []
    assert open_mosaics(tmp_path, {}, CELLS, None, notes, Task()) == ()
    assert notes == ["There are no mosaics in the folder."]

    (tmp_path / TRANSFORM).write_text("2 0 10\n0 4 -300\n0 0 1\n")
    mosaic(tmp_path, "mosaic_DAPI_z0.tif", pages=2)
    mosaic(tmp_path, "mosaic_PolyT_z1.tif")
    mosaic(tmp_path, "mosaic_PolyT_z3.tif")
    notes.clear()
    volumes = open_mosaics(tmp_path, find_mosaics(tmp_path), CELLS, None, notes, Task())
    assert [volume.name for volume in volumes] == ["DAPI z0", "PolyT z3"]
    assert notes == [
        "mosaic_DAPI_z0.tif holds 2 images; the first is shown.",
        "PolyT: showing z3 of z1, z3.",
    ]
    notes.clear()
    volumes = open_mosaics(tmp_path, find_mosaics(tmp_path), CELLS, 1, notes, Task())
    assert [volume.name for volume in volumes] == ["PolyT z1"]
    assert notes == ["DAPI has no plane z1 and is left out.", "PolyT: showing z1 of z1, z3."]
