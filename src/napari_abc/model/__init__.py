"""The nouns that every floor shares, as plain containers without Qt, napari or files.

A :class:`Slab` is what a person opens, in a :class:`Frame`; a :class:`Coloring` is what its cells are
colored by, of which :class:`Categorical` and :class:`Continuous` are two; :class:`Outlines`, :class:`Volume`
and regions surround them. Expression values and volumes are protocols, :class:`ExpressionSource` and
:class:`VolumeSource`: nothing is read until it is asked for.
"""

from __future__ import annotations

from napari_abc.model.blend import Blend
from napari_abc.model.categorical import Categorical
from napari_abc.model.coloring import Coloring
from napari_abc.model.colors import (
    COLORMAPS,
    DEFAULT_COLORMAP,
    MISSING_COLOR,
    STEPS,
    ZERO_COLOR,
    Palette,
    colormap_table,
    distinct_colors,
    hex_colors,
    hex_table,
    normalize_color,
)
from napari_abc.model.columns import MAX_CATEGORIES
from napari_abc.model.continuous import Continuous
from napari_abc.model.expression import ExpressionSource, Package, RowsOf
from napari_abc.model.frame import Frame
from napari_abc.model.genes import GENE_PREFIX, Gene, find_gene, gene_symbol
from napari_abc.model.images import LabelLevel, Volume, VolumeSource
from napari_abc.model.legend import Legend, LegendBar, LegendRow
from napari_abc.model.shapes import Outlines
from napari_abc.model.slab import Slab

__all__ = [
    "COLORMAPS",
    "DEFAULT_COLORMAP",
    "GENE_PREFIX",
    "MAX_CATEGORIES",
    "MISSING_COLOR",
    "STEPS",
    "ZERO_COLOR",
    "Blend",
    "Categorical",
    "Coloring",
    "Continuous",
    "ExpressionSource",
    "Frame",
    "Gene",
    "LabelLevel",
    "Legend",
    "LegendBar",
    "LegendRow",
    "Outlines",
    "Package",
    "Palette",
    "RowsOf",
    "Slab",
    "Volume",
    "VolumeSource",
    "colormap_table",
    "distinct_colors",
    "find_gene",
    "gene_symbol",
    "hex_colors",
    "hex_table",
    "normalize_color",
]
