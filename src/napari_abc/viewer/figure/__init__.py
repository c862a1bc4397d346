"""Pictures for papers and talks."""

from __future__ import annotations

from napari_abc.viewer.figure._board_figure import save_board
from napari_abc.viewer.figure._canvas import check_size
from napari_abc.viewer.figure._figure import save_figure

__all__ = ["check_size", "save_board", "save_figure"]
