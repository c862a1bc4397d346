from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_abc.viewer.links import METADATA_SIZE
from napari_abc.viewer.scene import add_slab
from napari_abc.widgets.color._cell_size import CellSize

if TYPE_CHECKING:
    from napari.layers import Points
    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.widgets.dock import AtlasDock


@pytest.fixture
def size(qtbot: QtBot) -> CellSize:
    size = CellSize()
    qtbot.addWidget(size)
    return size


@pytest.fixture
def cells(slab: Slab) -> Points:
    from napari.components import ViewerModel

    return add_slab(ViewerModel(), slab).cells


def test_it_is_there_only_for_cells(size: CellSize, cells: Points) -> None:
    from napari.layers import Points

    assert size.isHidden()
    size.follow(cells)
    assert not size.isHidden()
    assert (size.slider.value(), size.reset_button.text()) == (0, "1 ×")
    size.follow(Points(np.zeros((3, 2))))
    assert size.isHidden()
    size.follow(cells)
    size.follow(None)
    assert size.isHidden()


def test_sizes_lie_between_a_quarter_and_four_times_the_automatic_one(
    qtbot: QtBot, size: CellSize, cells: Points
) -> None:
    wanted: list[float] = []
    size.chosen.connect(wanted.append)
    size.follow(cells)
    size.show()
    for key, factor, text in (
        (Qt.Key.Key_Home, 0.25, "0.25 ×"),
        (Qt.Key.Key_End, 4.0, "4 ×"),
        (Qt.Key.Key_PageDown, 4 / 2**0.5, "2.8 ×"),
        (Qt.Key.Key_Left, 4 / 2**0.55, "2.7 ×"),
    ):
        qtbot.keyClick(size.slider, key)
        assert wanted[-1] == pytest.approx(factor)
        assert size.reset_button.text() == text
    qtbot.mouseClick(size.reset_button, Qt.MouseButton.LeftButton)
    assert wanted[-1] == 1


def test_a_size_that_a_script_has_set_is_told(size: CellSize, cells: Points) -> None:
    usual = cells.metadata[METADATA_SIZE]
    cells.size = usual * 9
    size.follow(cells)
    assert (size.slider.value(), size.reset_button.text()) == (40, "9 ×")
    cells.size = usual * 1.01
    size.follow(cells)
    assert size.slider.value() == 0


def test_the_dock_sets_all_open_cells_in_one_step(dock: AtlasDock, slab: Slab) -> None:
    viewer, size = dock.color_controller._viewer, dock.color_view.cell_size
    layers = [
        add_slab(viewer, slab).cells,
        add_slab(viewer, dataclasses.replace(slab, label="Plane.04")).cells,
    ]
    for step in (5, 12, 20):
        size.slider.setValue(step)
    assert all((cells.size == 2 * cells.metadata[METADATA_SIZE]).all() for cells in layers)
    dock.steps.undo()
    assert all((cells.size == cells.metadata[METADATA_SIZE]).all() for cells in layers)
    assert size.slider.value() == 0
    size.slider.setValue(20)
    third = add_slab(viewer, dataclasses.replace(slab, label="Plane.05")).cells
    assert (third.size == 2 * third.metadata[METADATA_SIZE]).all()
    viewer.layers.clear()
    assert size.isHidden()
