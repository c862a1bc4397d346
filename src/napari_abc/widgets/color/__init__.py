"""The part of the dock that colors: column or gene, legend, frame, cell size."""

from __future__ import annotations

from napari_abc.widgets.color._controller import Colorist
from napari_abc.widgets.color._frames import FrameSwitch
from napari_abc.widgets.color._view import ColorView

__all__ = ["ColorView", "Colorist", "FrameSwitch"]
