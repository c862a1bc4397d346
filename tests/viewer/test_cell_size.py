"""Cells in another size: the same picture, whether the canvas is told the size alone or everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_abc as abc
from napari_abc.viewer.cell_size import resize_cells, size_factor
from napari_abc.viewer.points._layer import LookupPoints

if TYPE_CHECKING:
    import napari

    from napari_abc.model import Slab


def _covered(viewer: napari.Viewer) -> int:
    picture = viewer.screenshot(canvas_only=True, flash=False)[..., :3]
    return int((picture.max(axis=-1) > 40).sum())


@pytest.mark.parametrize("way", ["lookup", "public"])
def test_the_canvas_shows_the_size(
    viewer: napari.Viewer, slab: Slab, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAPARI_ABC_WAY", way)
    viewer.canvas.overlays.scale_bar.visible = False
    cells: Any = abc.add_slab(viewer, slab).cells
    assert isinstance(cells, LookupPoints) is (way == "lookup")
    assert size_factor(cells) == 1
    usual = _covered(viewer)
    resize_cells(cells, 0.5)
    small = _covered(viewer)
    picture = viewer.screenshot(canvas_only=True, flash=False)
    assert 0 < small < usual
    assert size_factor(cells) == 0.5
    cells.size = np.array(cells.size)  # all is sent again
    np.testing.assert_array_equal(viewer.screenshot(canvas_only=True, flash=False), picture)
    resize_cells(cells, 1)
    assert _covered(viewer) == usual
