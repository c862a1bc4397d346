"""The part of the dock for the scene: undo, spaces, layout, saved views, and the filter."""

from __future__ import annotations

from napari_abc.widgets.scene._bar import SceneBar
from napari_abc.widgets.scene._controller import SceneController
from napari_abc.widgets.scene._filter_bar import FilterBar
from napari_abc.widgets.scene._filter_controller import FilterController

__all__ = ["FilterBar", "FilterController", "SceneBar", "SceneController"]
