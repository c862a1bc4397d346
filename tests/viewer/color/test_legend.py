"""What a legend says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_abc.model import Categorical, Continuous, Gene, LegendRow, colormap_table, hex_table
from napari_abc.viewer.color import legend, resolve, rgba, shown_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.model import Slab


def gene(*values: float) -> Continuous:
    return Continuous("gene:DRD1", "DRD1", np.float32(values), "log2(CPT + 1)", Gene("ENSG1", "DRD1", "log2"))


def test_categories_in_term_order_with_counts_and_only_those_with_cells() -> None:
    codes = np.array([2, 0, 2, -1, 2], np.int32)
    coloring = Categorical("S", "Subclass", codes, ("z", "unused", "a"), ("#ff0000", "#00ff00", "#0000ff"))
    found = legend(coloring)
    assert found.title == "Subclass"
    assert found.rows == (
        LegendRow("z", "#ff0000", 1),
        LegendRow("a", "#0000ff", 3),
        LegendRow("no value", "#808080", 1, missing=True),
    )
    assert found.bar is None


def test_a_gene_has_a_bar_and_rows_for_zero_and_missing() -> None:
    found = legend(gene(0, 0, 3, 6, np.nan), None, "viridis")
    assert found.bar is not None
    assert (found.bar.limits, found.bar.unit, found.bar.colormap) == ((0, 6), "log2(CPT + 1)", "viridis")
    np.testing.assert_allclose(hex_table(found.bar.stops), colormap_table("viridis"), atol=0.002)
    assert found.rows == (
        LegendRow("zero", "#404040", 2),
        LegendRow("not measured", "#808080", 1, missing=True),
    )


def test_rows_follow_the_lower_limit() -> None:
    assert legend(gene(0, 1, 3), (2, 5)).rows == (LegendRow("below 2", "#404040", 2),)


@pytest.mark.parametrize("limits", [None, (0, 4), (2, 5), (-1, 3)])
def test_a_legend_counts_the_cells_that_the_canvas_shows(limits: tuple[float, float] | None) -> None:
    coloring = gene(-1, 0, 0, 1, 2, 2, 3, 9, np.nan, np.inf)
    painted = resolve(coloring, limits)
    colors = rgba(painted)
    found = legend(coloring, limits)
    for row in found.rows:
        assert row.count == (colors == hex_table([row.color])).all(axis=1).sum(), row.name
    assert len(found.rows) == 2
    assert found.bar is not None
    assert (found.bar.extent, found.bar.usual) == ((-1, 9), (0, 9))


def test_a_bar_of_no_values_has_limits_all_the_same() -> None:
    bar = legend(gene(np.nan)).bar
    assert bar is not None
    assert bar.limits == bar.extent == bar.usual == (0, 1)


def test_what_is_hidden_is_said_in_its_row() -> None:
    codes = np.array([1, 0, -1], np.int32)
    coloring = Categorical("k", "k", codes, ("a", "b"), ("#ff0000", "#00ff00"))
    rows = legend(coloring, hidden=["b"]).rows
    assert [(row.name, row.hidden) for row in rows] == [("a", False), ("b", True), ("no value", False)]
    assert [row.hidden for row in legend(gene(0, np.nan), hidden=[None]).rows] == [False, True]
    assert [row.hidden for row in legend(gene(0, np.nan)).rows] == [False, False]


def test_rows_of_other_numbers_are_the_missing_ones_only() -> None:
    coloring = Continuous("d", "depth", np.array([-1, 2, np.nan], np.float32), "mm")
    assert legend(coloring, (0, 2)).rows == (LegendRow("no value", "#808080", 1, missing=True),)


def test_the_line_says_how_many_cells_are_shown_and_what_is_missing(make_slab: Callable[..., Slab]) -> None:
    slab = make_slab(unplaced=18)
    assert shown_line(slab) == "Showing 4 of 22 cells; 18 have no coordinates."
    assert shown_line(make_slab()) == "Showing 4 of 4 cells."
    assert shown_line(make_slab(unplaced=1)) == "Showing 4 of 5 cells; 1 has no coordinates."
    assert shown_line(make_slab(), slab.coloring("Subclass")) == "Showing 4 of 4 cells; 1 without Subclass."
    assert (
        shown_line(slab, slab.coloring("gene:drd1"))
        == "Showing 4 of 22 cells; 18 have no coordinates; DRD1 was not measured in 1."
    )
