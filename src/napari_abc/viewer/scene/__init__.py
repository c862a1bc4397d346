"""The scene of a viewer: layers that show what one stage says, on boards of tiles."""

from __future__ import annotations

from napari_abc.viewer.scene._add import add_prepared, add_slab, color_by, show_in_frame, show_prepared_frame
from napari_abc.viewer.scene._legend import CountedLegend, CountedRow, count_legend
from napari_abc.viewer.scene._open import OpenedScene, open_scene, read_slabs
from napari_abc.viewer.scene._scene import ViewerScene, forget_scene, rebuild, scene_of, scene_of_current

__all__ = [
    "CountedLegend",
    "CountedRow",
    "OpenedScene",
    "ViewerScene",
    "add_prepared",
    "add_slab",
    "color_by",
    "count_legend",
    "forget_scene",
    "open_scene",
    "read_slabs",
    "rebuild",
    "scene_of",
    "scene_of_current",
    "show_in_frame",
    "show_prepared_frame",
]
