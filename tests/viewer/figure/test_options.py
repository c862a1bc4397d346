"""What may be asked of a figure beside its defaults."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_abc.errors import Cancelled
from napari_abc.model import Volume
from napari_abc.task import Task
from napari_abc.viewer.figure import save_figure
from napari_abc.viewer.own_images import prepare_images

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.model import Slab


class LogAndRaw:
    """A gene whose log2 values are low everywhere, and whose raw ones are high."""

    kinds = {"log2": "log2(CPT + 1)", "raw": "counts"}  # noqa: RUF012

    def packages(self, *_: Any) -> tuple[()]:
        return ()

    def download_bytes(self, *_: Any) -> int:
        return 0

    def read(self, identifiers: Any, kind: str, task: Task, rows: Any = None) -> Any:
        task.check()
        return np.full((1000, 1), 10.0 if kind == "raw" else 1.0, np.float32)


def canvas(slab: Slab, path: Path, color_by: str = "Group", **options: Any) -> Any:
    save_figure(slab, path, color_by, size=(800, 500), **options)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))[60:440, :560].astype(int)


def test_raw_values(slab: Slab, tmp_path: Path) -> None:
    genes = dataclasses.replace(slab, expression_source=LogAndRaw())
    low, high = (
        canvas(genes, tmp_path / "a.png", "gene:DRD1", values=values, limits=(0, 10), colormap="gray")
        for values in ("log2", "raw")
    )
    assert (high.min(axis=-1) > 250).sum() > 1000
    assert (low.min(axis=-1) > 250).sum() < 0.1 * (high.min(axis=-1) > 250).sum()


def test_images_are_left_out_where_nobody_wants_them(slab: Slab, tmp_path: Path) -> None:
    bright = np.full((60, 110), 200, np.uint8)
    image = Volume(
        "DAPI", "image", [bright], (0.1, 0.1), (39.5, 19.5), "millimeter", contrast_limits=(0, 200)
    )
    seen = dataclasses.replace(slab, images=(image,))
    bare, shown, hidden = (
        (canvas(one, tmp_path / "a.png", **options).min(axis=-1) > 150).mean()
        for one, options in ((slab, {}), (seen, {}), (seen, {"images": False}))
    )
    assert shown > bare + 0.3
    assert hidden == bare


def test_an_image_of_ones_own(slab: Slab, tmp_path: Path) -> None:
    size = {"PhysicalSizeX": 100, "PhysicalSizeY": 100}  # micrometers
    data = np.zeros((500, 350), np.uint8)
    data[395:455, 195:305] = 200
    tifffile.imwrite(tmp_path / "a.ome.tif", data, metadata={"axes": "YX", **size})
    prepared = prepare_images(slab, tmp_path / "a.ome.tif")
    bare, shown = (
        (canvas(slab, tmp_path / "a.png", own_images=images).min(axis=-1) > 150).mean()
        for images in ((), (prepared,))
    )
    assert shown > bare + 0.3


def test_a_title_of_ones_own(slab: Slab, tmp_path: Path) -> None:
    titles = []
    for options in ({}, {"title": "What I saw"}):
        save_figure(slab, tmp_path / "a.png", "Group", **options)
        with Image.open(tmp_path / "a.png") as picture:
            titles.append(picture.info["Title"])
    assert slab.label in titles[0] and titles[0].endswith("Group")
    assert titles[1] == "What I saw"


def test_a_cancel_leaves_no_figure(slab: Slab, tmp_path: Path) -> None:
    genes = dataclasses.replace(slab, expression_source=LogAndRaw())
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        save_figure(genes, tmp_path / "a.png", "gene:DRD1", task=task)
    assert not list(tmp_path.iterdir())
