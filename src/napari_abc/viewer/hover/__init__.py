"""What lies under the mouse."""

from __future__ import annotations

from napari_abc.viewer.hover._status import answer_for_cells, show_cells

__all__ = ["answer_for_cells", "show_cells"]
