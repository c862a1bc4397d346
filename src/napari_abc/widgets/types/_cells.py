"""Cells of terms in the open slabs: which slabs have a taxonomy, in which columns, and how many are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_abc.model import Slab
    from napari_abc.stage import SlabKey
    from napari_abc.viewer.scene import ViewerScene

__all__ = ["columns", "count_shown", "with_taxonomy"]


def with_taxonomy(scene: ViewerScene, taxonomy: str) -> list[Slab]:
    """Open slabs that have any level of a taxonomy."""
    slabs = [scene.stage.slab(key) for key in scene.stage]
    return [slab for slab in slabs if _has(slab, taxonomy)]


def columns(scene: ViewerScene, taxonomy: str, level: str) -> dict[SlabKey, str]:
    """The column of each open slab that is a level, given by its label; slabs without it are left out."""
    found: dict[SlabKey, str] = {}
    for key in scene.stage:
        for column, palette in scene.stage.slab(key).palettes.items():
            if (palette.taxonomy, palette.level) == (taxonomy, level):
                found.setdefault(key, column)
    return found


def count_shown(scene: ViewerScene, taxonomy: str) -> list[str]:
    """``"120 of 1,500 cells of H22.30.001.CX.17.Plane.03"`` for each open slab that has a taxonomy."""
    said = []
    for key in scene.stage:
        if _has(scene.stage.slab(key), taxonomy):
            slab = scene.stage.shown_slab(key)
            cells = len(slab.cells)
            said.append(f"{scene.stage.passing(key).count(cells):,} of {cells:,} cells of {slab.label}")
    return said


def _has(slab: Slab, taxonomy: str) -> bool:
    return any(palette.taxonomy == taxonomy for palette in slab.palettes.values())
