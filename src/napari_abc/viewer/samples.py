"""napari's sample data: slabs of the built-in synthetic release, which needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.errors import UnknownNameError

if TYPE_CHECKING:
    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["human", "macaque", "marmoset", "mouse"]


def human() -> list[LayerTuple]:
    """Layers of a synthetic slab of human basal ganglia."""
    return _sample("human")


def macaque() -> list[LayerTuple]:
    """Layers of a synthetic slab of macaque basal ganglia."""
    return _sample("macaque")


def marmoset() -> list[LayerTuple]:
    """Layers of a synthetic slab of marmoset basal ganglia."""
    return _sample("marmoset")


def mouse() -> list[LayerTuple]:
    """Layers of a synthetic section of mouse brain."""
    return _sample("mouse")


def _sample(species: str) -> list[LayerTuple]:
    """Layers of the slab with regions and the most cells, of the first dataset of a species."""
    from napari_abc.atlas.atlas import open_atlas
    from napari_abc.viewer.prepare import prepare_slab
    from napari_abc.viewer.watch import watch_current

    atlas = open_atlas("demo")
    table = atlas.datasets
    names = table.index[table["species"].str.casefold() == species]
    if not len(names):
        raise UnknownNameError(f"The synthetic release has no {species} dataset.")
    dataset = atlas[names[0]]
    slabs = dataset.count_slabs()
    best = slabs.sort_values(["regions", "cells"], ascending=False, kind="stable").index[0]
    prepared = prepare_slab(dataset.slab(best))
    watch_current()
    return list(prepared)
