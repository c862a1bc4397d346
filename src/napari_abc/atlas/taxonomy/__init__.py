"""Taxonomies: levels of terms with names, colors and order, their descent, and reading them."""

from __future__ import annotations

from napari_abc.atlas.taxonomy._level_table import Column, LevelTable, make_level_table, plural
from napari_abc.atlas.taxonomy._tables import read_taxonomy, tables_of
from napari_abc.atlas.taxonomy._taxonomies import Taxonomies
from napari_abc.atlas.taxonomy._taxonomy import Level, Taxonomy
from napari_abc.atlas.taxonomy._value_sets import ValueTable, inline_values, read_value_sets

__all__ = [
    "Column",
    "Level",
    "LevelTable",
    "Taxonomies",
    "Taxonomy",
    "ValueTable",
    "inline_values",
    "make_level_table",
    "plural",
    "read_taxonomy",
    "read_value_sets",
    "tables_of",
]
