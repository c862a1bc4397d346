"""The part of the dock that colors: column or gene, legend, frame, cell size."""

from __future__ import annotations

from napari_abc.widgets.color._controller import ColorController
from napari_abc.widgets.color._frames import FrameController
from napari_abc.widgets.color._view import ColorView

__all__ = ["ColorController", "ColorView", "FrameController"]
