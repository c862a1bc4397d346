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
    from napari_abc.viewer.color import color_by
    from napari_abc.viewer.frames import show_in_frame
    from napari_abc.viewer.layers import SlabLayers, add_slab
    from napari_abc.viewer.own_images import add_image_file
    from napari_abc.viewer.volumes import add_volume

__all__ = [
    "AbcError",
    "Atlas",
    "Dataset",
    "Slab",
    "SlabLayers",
    "add_image_file",
    "add_slab",
    "add_volume",
    "color_by",
    "open_atlas",
    "open_bundle",
    "show_in_frame",
]

_HOMES = {
    "AbcError": "napari_abc.errors",
    "Atlas": "napari_abc.atlas.atlas",
    "Dataset": "napari_abc.atlas.dataset",
    "Slab": "napari_abc.model",
    "SlabLayers": "napari_abc.viewer.layers",
    "add_image_file": "napari_abc.viewer.own_images",
    "add_slab": "napari_abc.viewer.layers",
    "add_volume": "napari_abc.viewer.volumes",
    "color_by": "napari_abc.viewer.color",
    "open_atlas": "napari_abc.atlas.atlas",
    "open_bundle": "napari_abc.vendors.registry",
    "show_in_frame": "napari_abc.viewer.frames",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("napari-abc")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
