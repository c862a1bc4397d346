"""The part of the dock that finds and opens: source, datasets, slabs."""

from __future__ import annotations

from napari_abc.widgets.find._controller import ASK_FROM, FindController
from napari_abc.widgets.find._rows import gene_rows
from napari_abc.widgets.find._sources import SourceChoice, SourcePicker
from napari_abc.widgets.find._view import FindView

__all__ = ["ASK_FROM", "FindController", "FindView", "SourceChoice", "SourcePicker", "gene_rows"]
