"""The part of the dock that finds and opens: source, datasets, slabs."""

from __future__ import annotations

from napari_abc.widgets.find._browser import ASK_FROM, Browser
from napari_abc.widgets.find._rows import gene_rows
from napari_abc.widgets.find._sources import SourceChoice, SourcePicker
from napari_abc.widgets.find._view import BrowseView

__all__ = ["ASK_FROM", "BrowseView", "Browser", "SourceChoice", "SourcePicker", "gene_rows"]
