"""Regions of a slab are not deleted by a slip, as napari could not bring them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from napari.utils.notifications import notification_manager
from shapely.geometry import Polygon

import napari_abc as abc

if TYPE_CHECKING:
    import napari

    from napari_abc.model import Slab


def test_delete_leaves_regions_and_says_so_while_those_of_a_duplicate_go(
    viewer: napari.Viewer, slab: Slab
) -> None:
    square = Polygon([(1, 1), (6, 1), (6, 5), (1, 5)])
    slab.regions = pd.DataFrame({"label": ["r"], "name": ["r"], "color": ["#00ffd0"], "geometry": [square]})
    regions = abc.add_slab(viewer, slab).regions
    assert regions is not None
    said: list[str] = []
    notification_manager.notification_ready.connect(lambda event: said.append(event.message))
    regions.remove_selected()  # nothing is selected: nothing to say
    regions.selected_data = {0}
    regions.remove_selected()
    assert regions.nshapes == 1
    assert [text[:46] for text in said] == ["Regions of a slab can't be deleted one by one."]
    data, state, _ = regions.as_layer_data_tuple()
    copy = viewer.add_shapes(data, **{**state, "metadata": {}, "name": "mine"})
    copy.selected_data = {0}
    copy.remove_selected()
    assert copy.nshapes == 0
