"""Images of a run: where they lie, which are shown first, and in which colors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_abc.io.images import open_tiff
from napari_abc.task import Progress, Task
from napari_abc.vendors._images import Placed, middle, place_images

if TYPE_CHECKING:
    from pathlib import Path


def gray(path: Path, name: str = "Stain", origin: tuple[float, float] = (10.0, 20.0)) -> Placed:
    """An image of 4 rows and 6 columns; a pixel is 2 µm high and 3 µm wide."""
    if not path.exists():
        tifffile.imwrite(path, np.arange(1, 25, dtype="u2").reshape(4, 6))
    (plane,) = open_tiff(path)
    return Placed(plane, name, (2.0, 3.0), origin)


def cells(*places: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(places, columns=["x", "y"], dtype=float)


@pytest.mark.parametrize(("planes", "which"), [([0], 0), ([2, 0, 1], 1), ([3, 2, 1, 0], 2), ([10, 9, 2], 9)])
def test_the_middle_plane(planes: list[int], which: int) -> None:
    assert middle(planes) == which


@pytest.mark.parametrize(
    ("place", "covered"),
    [
        ((20, 10), True),
        ((20 - 1.5, 10 - 1), True),  # the outer edge of the first pixel
        ((20 - 1.6, 10), False),
        ((20, 10 - 1.1), False),
        ((20 + 5.4 * 3, 10 + 3.4 * 2), True),
        ((20 + 5.5 * 3, 10), False),  # the outer edge of the last one
        ((20, 10 + 3.5 * 2), False),
        ((20 + 4 * 3, 10), True),  # wider than high
    ],
)
def test_an_image_covers_the_cells_on_its_pixels(
    tmp_path: Path, place: tuple[float, float], covered: bool
) -> None:
    image = gray(tmp_path / "a.tif")
    assert image.covers(cells(place)) is covered
    assert image.covers(cells((-99, -99), place)) is covered
    # One cell right in one direction and another in the other is none on the image.
    assert not image.covers(cells((20, -99), (-99, 10)))


def test_without_cells_an_image_may_lie_anywhere(tmp_path: Path) -> None:
    assert gray(tmp_path / "a.tif").covers(cells())


def test_the_first_image_is_shown_and_each_has_a_color_of_its_own(tmp_path: Path) -> None:
    notes: list[str] = []
    seen: list[Progress] = []
    stains = [gray(tmp_path / "a.tif", f"Stain {number}") for number in range(8)]
    volumes = place_images(stains, cells((20, 10)), notes, Task(seen.append))
    assert [volume.name for volume in volumes] == [f"Stain {number}" for number in range(8)]
    assert [volume.visible for volume in volumes] == [True] + [False] * 7
    assert [volume.colormap for volume in volumes] == [
        *("gray", "green", "magenta", "cyan", "yellow", "red", "blue"),
        "gray",
    ]
    assert {volume.kind for volume in volumes} == {"image"}
    first = volumes[0]
    assert (first.scale, first.translate, first.unit) == ((2.0, 3.0), (10.0, 20.0), "micrometer")
    assert first.contrast_limits == pytest.approx(np.percentile(np.arange(1, 25), (1, 99.8)))
    assert notes == []
    images = [report for report in seen if report.what == "Opening images"]
    assert [(report.done, report.total, report.unit) for report in images] == [
        (number, 8, "images") for number in range(8)
    ]


def test_an_image_beside_the_cells_starts_hidden_and_the_next_is_shown(tmp_path: Path) -> None:
    notes: list[str] = []
    images = [
        gray(tmp_path / "far.tif", "Far", (999.0, 999.0)),
        gray(tmp_path / "near.tif", "Near"),
        gray(tmp_path / "too.tif", "Near, too"),
    ]
    volumes = place_images(images, cells((20, 10)), notes, Task())
    assert [volume.visible for volume in volumes] == [False, True, False]
    (note,) = notes
    assert note.startswith("far.tif lies where no cell is")


def test_a_color_image_is_shown_in_its_three_colors(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "he.tif", np.full((4, 6, 3), 7, "u1"), photometric="rgb")
    planes = [Placed(plane, plane.name, (2.0, 3.0), (10.0, 20.0)) for plane in open_tiff(tmp_path / "he.tif")]
    volumes = place_images(planes, cells((20, 10)), [], Task())
    assert [(volume.colormap, volume.visible) for volume in volumes] == [
        ("red", True),
        ("green", True),
        ("blue", True),
    ]


def test_an_image_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    image = gray(tmp_path / "a.tif", "Damaged")
    other = gray(tmp_path / "b.tif", "Whole")
    (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-20])
    notes: list[str] = []
    volumes = place_images([image, other], cells((20, 10)), notes, Task())
    assert [(volume.name, volume.visible) for volume in volumes] == [("Whole", True)]
    (note,) = notes
    assert note.startswith("An image is left out: ")
    assert "a.tif" in note
