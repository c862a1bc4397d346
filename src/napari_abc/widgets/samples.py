"""napari's sample data in a window: slabs of the synthetic release, with the dock beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.viewer.npe2 import samples
from napari_abc.widgets.readers import show_dock

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.viewer.prepare import LayerTuple

__all__ = ["human", "macaque", "marmoset", "mouse", "mouse_ccf", "mouse_embedding"]


def human() -> list[LayerTuple]:
    """A synthetic slab of human basal ganglia."""
    return _beside_the_dock(samples.human)


def macaque() -> list[LayerTuple]:
    """A synthetic slab of macaque basal ganglia."""
    return _beside_the_dock(samples.macaque)


def marmoset() -> list[LayerTuple]:
    """A synthetic slab of marmoset basal ganglia."""
    return _beside_the_dock(samples.marmoset)


def mouse() -> list[LayerTuple]:
    """A synthetic section of mouse brain."""
    return _beside_the_dock(samples.mouse)


def mouse_ccf() -> list[LayerTuple]:
    """All sections of a synthetic mouse brain, in the Allen CCF."""
    return _beside_the_dock(samples.mouse_ccf)


def mouse_embedding() -> list[LayerTuple]:
    """An embedding of synthetic cells of the mouse brain."""
    return _beside_the_dock(samples.mouse_embedding)


def _beside_the_dock(read: Callable[[], list[LayerTuple]]) -> list[LayerTuple]:
    layers = read()
    show_dock()
    return layers
