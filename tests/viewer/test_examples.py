"""The examples of the public names that need a viewer, in a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

import napari_abc as abc
from examples import public_methods, run_examples

if TYPE_CHECKING:
    from pathlib import Path

    import napari

NAMES = (
    *("SlabLayers", "ViewerScene", "add_image_file", "add_slab", "add_volume", "color_by", "open_scene"),
    *("scene", "show_in_frame"),
)
EXAMPLES: dict[str, Any] = {name: getattr(abc, name) for name in NAMES} | public_methods(abc.ViewerScene)


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
    other = atlas["HMBA-MERSCOPE-H22.30.001-BG"].slab("H22.30.001.CX.13.Plane.05")
    section = atlas["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    return {
        "abc": abc,
        "viewer": viewer,
        "atlas": atlas,
        "scene": abc.scene(viewer),
        "slab": slab,
        "other": other,
        "section": section,
        "picture": picture,
        "folder": tmp_path,
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_example_is_true(name: str, namespace: dict[str, Any]) -> None:
    assert run_examples(EXAMPLES[name], name, namespace), f"{name} has no example"
