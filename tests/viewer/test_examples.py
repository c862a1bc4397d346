"""The examples of the public names that need a viewer, in a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

import napari_abc as abc
from examples import run_examples

if TYPE_CHECKING:
    from pathlib import Path

    import napari

NAMES = ("SlabLayers", "add_image_file", "add_slab", "add_volume", "color_by", "show_in_frame")


@pytest.fixture
def namespace(viewer: napari.Viewer, release_folder: Path, tmp_path: Path) -> dict[str, Any]:
    """What the examples take as given."""
    atlas = abc.open_atlas(release_folder)
    picture = tmp_path / "picture.ome.tif"
    tifffile.imwrite(
        picture,
        np.arange(400 * 300, dtype=np.uint16).reshape(400, 300),
        metadata={"axes": "YX", "PhysicalSizeX": 100, "PhysicalSizeY": 100},
    )
    slab = atlas["HMBA-MERSCOPE-H22.30.001-BG"].slab("H22.30.001.BS.3.Plane.01")
    return {"abc": abc, "viewer": viewer, "atlas": atlas, "slab": slab, "picture": picture}


@pytest.mark.parametrize("name", NAMES)
def test_its_example_is_true(name: str, namespace: dict[str, Any]) -> None:
    assert run_examples(getattr(abc, name), name, namespace), f"{name} has no example"
