"""Floor 0: the nouns that every floor shares, as plain containers without Qt, napari or files.

A :class:`Slab` is what a person opens, in a :class:`Frame`; a :class:`Categorical` or a :class:`Continuous`
is what its cells are colored by; :class:`Outlines`, :class:`Volume` and regions surround them. Expression
values and volumes are protocols, :class:`ExpressionSource` and :class:`VolumeSource`: nothing is read until
it is asked for.
"""

from __future__ import annotations

from napari_abc.model.coloring import (
    MISSING_COLOR,
    Categorical,
    Continuous,
    Palette,
    distinct_colors,
    normalize_color,
)
from napari_abc.model.columns import MAX_CATEGORIES
from napari_abc.model.expression import ExpressionSource, Package, RowsOf
from napari_abc.model.frame import Frame
from napari_abc.model.genes import find_gene
from napari_abc.model.images import LabelLevel, Volume, VolumeSource
from napari_abc.model.shapes import Outlines
from napari_abc.model.slab import Slab

__all__ = [
    "MAX_CATEGORIES",
    "MISSING_COLOR",
    "Categorical",
    "Continuous",
    "ExpressionSource",
    "Frame",
    "LabelLevel",
    "Outlines",
    "Package",
    "Palette",
    "RowsOf",
    "Slab",
    "Volume",
    "VolumeSource",
    "distinct_colors",
    "find_gene",
    "normalize_color",
]
