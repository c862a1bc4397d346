"""Floor 5: what a person is looking at, as one plain value, and the verbs that change it.

A :class:`Scene` is frozen and comparable: open slabs, one coloring for all, a filter, selections, and what
else is shown. Verbs (:mod:`~napari_abc.stage.verbs`) turn it into the next, a :class:`History` goes back and
forth, :func:`tiles` says where slabs lie, :func:`passing` which cells are drawn, and a recipe saves it. It
knows neither Qt nor napari, and works in a notebook as in the window.
"""

from __future__ import annotations

from napari_abc.stage._board import TISSUE, Tile, grid_shape, space_of, tiles
from napari_abc.stage._cells import Passing, count_categories, is_by, passing
from napari_abc.stage._history import History
from napari_abc.stage._recipe import read_scene, to_python, write_scene
from napari_abc.stage._stage import Act, Stage
from napari_abc.stage._state import (
    ColorBy,
    Condition,
    Filter,
    InSelection,
    NameCondition,
    Place,
    RangeCondition,
    Scene,
    Selection,
    Shown,
    SlabKey,
)

__all__ = [
    "TISSUE",
    "Act",
    "ColorBy",
    "Condition",
    "Filter",
    "History",
    "InSelection",
    "NameCondition",
    "Passing",
    "Place",
    "RangeCondition",
    "Scene",
    "Selection",
    "Shown",
    "SlabKey",
    "Stage",
    "Tile",
    "count_categories",
    "grid_shape",
    "is_by",
    "passing",
    "read_scene",
    "space_of",
    "tiles",
    "to_python",
    "write_scene",
]
