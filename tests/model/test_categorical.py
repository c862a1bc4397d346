"""Cells colored by category: their colors, their legend, and what is said of one cell."""

from __future__ import annotations

import numpy as np
import pytest

from napari_abc.model import Categorical, LegendRow


@pytest.fixture
def types() -> Categorical:
    """Five cells; nobody is "unused", and one has no value."""
    codes = np.array([2, 0, 2, -1, 2], np.int32)
    return Categorical(
        "Subclass", "Subclass of cells", codes, ("z", "unused", "a"), ("#ff0000", "#00ff00", "#0000ff")
    )


def test_each_category_has_its_color_and_cells_without_a_value_are_gray(types: Categorical) -> None:
    table = types.table("magma")
    assert table.dtype == np.float32
    gray = 128 / 255
    expected = [[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [gray, gray, gray, 1]]
    np.testing.assert_allclose(table, expected)
    assert types.numbers().tolist() == [2, 0, 2, -1, 2]


def test_hidden_categories_are_transparent_and_come_back(types: Categorical) -> None:
    assert types.table("magma", {"z", None})[:, 3].tolist() == [0, 1, 1, 0]
    assert types.table("magma", {"a"})[:, 3].tolist() == [1, 1, 0, 1]
    assert types.table("magma")[:, 3].tolist() == [1, 1, 1, 1]


def test_the_legend_lists_categories_with_cells_in_their_order(types: Categorical) -> None:
    legend = types.legend(None, "magma", {"a"})
    assert (legend.title, legend.bar) == ("Subclass of cells", None)
    assert legend.rows == (
        LegendRow("z", "#ff0000", 1),
        LegendRow("a", "#0000ff", 3, hidden=True),
        LegendRow("no value", "#808080", 1, missing=True),
    )
    assert [row.missing for row in legend.rows] == [False, False, True]
    assert types.legend(None, "magma", {None}).rows[-1].hidden
    whole = types.take(np.array([0, 1]))
    assert [row.name for row in whole.legend(None, "magma").rows] == ["z", "a"]


def test_what_is_said_of_a_cell_and_of_those_without_a_value(types: Categorical) -> None:
    assert types.text(1) == "Subclass of cells z"
    assert types.text(3) == "Subclass of cells no value"
    assert types.missing_text() == "1 without Subclass of cells"
    assert types.categories == ("z", "unused", "a")
    assert (types.limits(), types.takes_limits, types.zero_apart, types.genes) == (None, False, False, ())
    assert len(types) == 5


def test_some_cells_keep_their_categories_the_first_row_too(types: Categorical) -> None:
    some = types.take(np.array([0, -1, 3, 1]))
    assert some.codes.dtype == np.int32
    assert some.codes.tolist() == [2, -1, -1, 0]
    assert (some.names, some.missing) == (types.names, 2)
