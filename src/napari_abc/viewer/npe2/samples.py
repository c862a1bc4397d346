"""napari's sample data: slabs of the built-in synthetic release, which needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.atlas.atlas import open_atlas
from napari_abc.errors import UnknownNameError
from napari_abc.viewer.prepare import prepare_slab
from napari_abc.viewer.scene import scene_of_current

if TYPE_CHECKING:
    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["human", "macaque", "marmoset", "mouse", "mouse_ccf", "mouse_embedding"]


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


def mouse_ccf() -> list[LayerTuple]:
    """Layers of all sections of a synthetic mouse brain, in the Allen CCF."""
    return _layers("MERFISH-C57BL6J-638850", "All sections")


def mouse_embedding() -> list[LayerTuple]:
    """Layers of an embedding of synthetic cells of the mouse brain."""
    return _layers("WMB-10X")


def _sample(species: str) -> list[LayerTuple]:
    """Layers of the slab with regions and the most cells, of the first dataset of a species."""
    table = open_atlas("demo").datasets
    names = table.index[table["species"].str.casefold() == species]
    if not len(names):
        raise UnknownNameError(f"The synthetic release has no {species} dataset.")
    return _layers(names[0])


def _layers(name: str, label: str | None = None) -> list[LayerTuple]:
    """Layers of a slab; of the one with regions and the most cells if none is named."""
    dataset = open_atlas("demo")[name]
    if label is None:
        slabs = dataset.count_slabs()
        slabs = slabs[slabs["order"].notna()]  # not all sections at once, which lie in three dimensions
        label = slabs.sort_values(["regions", "cells"], ascending=False, kind="stable").index[0]
    prepared = prepare_slab(dataset.slab(label))
    scene_of_current()
    return list(prepared)
