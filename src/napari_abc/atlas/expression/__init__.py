"""Expression of a dataset's cells, which may lie in many matrices."""

from __future__ import annotations

from napari_abc.atlas.expression._expression import AtlasExpression
from napari_abc.atlas.expression._indexes import GeneIndexes

__all__ = ["AtlasExpression", "GeneIndexes"]
