"""napari-abc: the Allen Brain Cell Atlas, and your own spatial transcriptomics, in napari.

Importing the package loads nothing heavy; each name below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_abc.atlas.atlas import Atlas, open_atlas
    from napari_abc.atlas.dataset import Dataset
    from napari_abc.errors import AbcError
    from napari_abc.model import Slab
    from napari_abc.vendors.registry import open_bundle
    from napari_abc.viewer.layers import SlabLayers
    from napari_abc.viewer.own_images import add_image_file
    from napari_abc.viewer.scene import ViewerScene, add_slab, color_by, open_scene, show_in_frame
    from napari_abc.viewer.scene import scene_of as scene
    from napari_abc.viewer.volumes import add_volume

__all__ = [
    "AbcError",
    "Atlas",
    "Dataset",
    "Slab",
    "SlabLayers",
    "ViewerScene",
    "add_image_file",
    "add_slab",
    "add_volume",
    "color_by",
    "open_atlas",
    "open_bundle",
    "open_scene",
    "scene",
    "show_in_frame",
]

_HOMES = {
    "ViewerScene": "napari_abc.viewer.scene",
    "open_scene": "napari_abc.viewer.scene",
    "scene": "napari_abc.viewer.scene:scene_of",
    "AbcError": "napari_abc.errors",
    "Atlas": "napari_abc.atlas.atlas",
    "Dataset": "napari_abc.atlas.dataset",
    "Slab": "napari_abc.model",
    "SlabLayers": "napari_abc.viewer.layers",
    "add_image_file": "napari_abc.viewer.own_images",
    "add_slab": "napari_abc.viewer.scene",
    "add_volume": "napari_abc.viewer.volumes",
    "color_by": "napari_abc.viewer.scene",
    "open_atlas": "napari_abc.atlas.atlas",
    "open_bundle": "napari_abc.vendors.registry",
    "show_in_frame": "napari_abc.viewer.scene",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("napari-abc")
    if name in _HOMES:
        module, _, other = _HOMES[name].partition(":")
        return getattr(import_module(module), other or name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
