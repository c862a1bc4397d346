"""Showing the cells of terms in the open slabs: which slabs have a taxonomy, and painting them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_abc.viewer.color import paint
from napari_abc.viewer.links import METADATA_CELLS, slab_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari.components import ViewerModel
    from napari.layers import Points

    from napari_abc.model import Categorical, Slab
    from napari_abc.task import Task

__all__ = ["Target", "count_cells", "resolve", "show_terms", "targets", "with_taxonomy"]


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """An open slab, and its column that is a level of the taxonomy."""

    layer: Points
    slab: Slab
    key: str


def with_taxonomy(viewer: ViewerModel, taxonomy: str) -> list[Slab]:
    """Open slabs that have any level of a taxonomy, none twice."""
    slabs = [slab for _, slab in _cells(viewer)]
    have = [slab for slab in slabs if any(p.taxonomy == taxonomy for p in slab.palettes.values())]
    return list({id(slab): slab for slab in have}.values())


def targets(viewer: ViewerModel, taxonomy: str, level: str) -> list[Target]:
    """Layers of open slabs that can be colored by a level, given by its label."""
    return [
        Target(layer, slab, key)
        for layer, slab in _cells(viewer)
        for key in _columns(slab, taxonomy, level)[:1]
    ]


def resolve(found: list[Target], task: Task) -> list[tuple[Target, Categorical]]:
    """Codes of each target's cells; may take a moment for millions, so not on the GUI thread."""
    resolved = []
    for number, target in enumerate(found, start=1):
        task.report(f"Coloring {target.slab.label}", number, len(found), "layers")
        coloring: Any = target.slab.coloring(target.key, task=task)
        resolved.append((target, coloring))
    return resolved


def show_terms(target: Target, coloring: Categorical, names: Collection[str]) -> None:
    """Color a layer by the level and hide the cells of all other terms; on the GUI thread.

    Raises
    ------
    ConfigurationError
        If the layer's points can't be told any more.
    """
    others = {name for name in coloring.names if name not in names}
    paint(target.layer, coloring, hidden=(*others, None))


def count_cells(coloring: Categorical, names: Collection[str]) -> int:
    """Cells that belong to some terms."""
    return int(sum(n for name, n in zip(coloring.names, coloring.counts(), strict=True) if name in names))


def _cells(viewer: ViewerModel) -> list[tuple[Points, Slab]]:
    found = []
    for layer in viewer.layers:
        slab = slab_of(layer) if layer.metadata.get(METADATA_CELLS) else None
        if slab is not None:
            found.append((layer, slab))
    return found


def _columns(slab: Slab, taxonomy: str, level: str) -> list[str]:
    return [
        key
        for key, palette in slab.palettes.items()
        if (palette.taxonomy, palette.level) == (taxonomy, level)
    ]
