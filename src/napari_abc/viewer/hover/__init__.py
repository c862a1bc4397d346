"""What lies under the mouse."""

from __future__ import annotations

from napari_abc.viewer.hover._status import show_cells

__all__ = ["show_cells"]
