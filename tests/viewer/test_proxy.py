"""napari hands plugins a proxy of the viewer; everything works with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Points

import napari_abc as abc
from napari_abc.viewer.color import painted
from napari_abc.viewer.color._ways import fastest_way

if TYPE_CHECKING:
    from napari_abc.model import Slab


def test_a_proxy_as_napari_hands_to_plugins_will_do(make_napari_viewer_proxy: Any, slab: Slab) -> None:
    proxy = make_napari_viewer_proxy(show=True, strict_qt="raise")
    layers = abc.add_slab(proxy, slab, color_by="Subclass")
    assert isinstance(layers.cells, Points)
    abc.color_by(proxy.layers[0], "gene:DRD1")
    state = painted(layers.cells)
    assert state is not None
    assert state.coloring.title == "DRD1"
    assert fastest_way(layers.cells).name == "lookup"
