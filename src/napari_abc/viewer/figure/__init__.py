"""Pictures for papers and talks."""

from __future__ import annotations

from napari_abc.viewer.figure._figure import check_size, save_figure

__all__ = ["check_size", "save_figure"]
