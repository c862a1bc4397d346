"""Which cell a place or a line of sight meets, without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_abc.model import Frame
from napari_abc.viewer.cell_layer import make_cells
from napari_abc.viewer.hover._pick import CellTree
from napari_abc.viewer.prepare import prepare_slab

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Points

    from napari_abc.model import Slab

DEPTHS = (2.0, 5.0, 8.0, 4.0)
START, END = np.array([0.0, 3, 3]), np.array([10.0, 3, 3])
ALONG = np.array([1.0, 0, 0])


@pytest.fixture
def flat(slab: Slab) -> Points:
    """Cells at y, x of (1, 1), (2, 5), (6, 2) and (4, 6)."""
    layer = make_cells(prepare_slab(slab).cells)
    layer.size = 0.5
    return layer


@pytest.fixture
def deep(make_slab: Callable[..., Slab]) -> Points:
    """Three cells one behind the other along z, at y, x of (3, 3), and one beside them at (3, 3.5)."""
    slab = make_slab(
        [(3, 3), (3, 3), (3, 3), (3.5, 3)], frames=(Frame("ccf", ("x", "y", "z"), "millimeter"),)
    )
    slab.cells = slab.cells.assign(z=DEPTHS)
    layer = make_cells(prepare_slab(slab).cells)
    layer.size = 0.2
    return layer


def anything(_row: int) -> bool:
    return True


def test_a_cell_reaches_as_far_as_its_disc_or_the_mouse_does(flat: Points) -> None:
    tree = CellTree(flat)
    assert len(tree) == 4
    for row, (y, x) in enumerate(flat.data):
        assert tree.at(np.array([y, x + 0.25]), 0.0) == row
        assert tree.at(np.array([y, x + 0.26]), 0.0) is None
        assert tree.at(np.array([y - 0.26, x]), 0.5) == row
        assert tree.at(np.array([y - 0.51, x]), 0.5) is None


def test_a_point_that_was_added_is_no_cell_and_others_keep_their_rows(flat: Points) -> None:
    flat.remove([0])
    flat.add((1.0, 1.0))
    tree = CellTree(flat)
    assert tree.at(np.array([1.0, 1.0]), 0.0) is None
    assert tree.at(np.array([6.0, 2.0]), 0.0) == 2


def test_the_first_cell_on_the_way_that_is_drawn_is_met(deep: Points) -> None:
    tree = CellTree(deep)
    assert tree.along(START, END, 0.0, anything) == 0
    assert tree.along(END, START, 0.0, anything) == 2
    assert tree.along(START, END, 0.0, lambda row: row != 0) == 1
    assert tree.along(START, END, 0.0, lambda row: False) is None
    assert tree.along(START + 3 * ALONG, END, 0.0, anything) == 1


def test_a_cell_beside_the_line_is_met_within_reach(deep: Points) -> None:
    tree = CellTree(deep)
    assert tree.along(START + 3 * ALONG, END, 0.51, anything) == 3
    assert tree.along(START + 3 * ALONG, END, 0.49, anything) == 1
    beside = np.array([0, 0, 0.09])
    assert tree.along(START + beside, END + beside, 0.0, anything) == 0
    assert tree.along(START + 2 * beside, END + 2 * beside, 0.0, anything) is None


def test_what_lies_before_or_behind_the_line_is_not_met(deep: Points) -> None:
    tree = CellTree(deep)
    assert tree.along(START + 5.5 * ALONG, END - 2.5 * ALONG, 0.0, anything) is None
    assert tree.along(START + 5.05 * ALONG, END - 2.5 * ALONG, 0.0, anything) == 1  # half in
    assert tree.along(START, START, 0.0, anything) is None
    assert tree.along(START, np.array([np.inf, 3, 3]), 0.0, anything) is None
