"""Cells colored by a number: limits, the rows beside the bar, and what is said of one cell."""

from __future__ import annotations

import numpy as np
import pytest

from napari_abc.model import Continuous, Gene, LegendRow, colormap_table


def gene(*values: float, absent: str = "not measured") -> Continuous:
    symbol = Gene("ENSG1", "DRD1", "log2")
    return Continuous("gene:DRD1", "DRD1", np.float32(values), "log2(CPT + 1)", symbol, absent)


def number(*values: float, unit: str = "mm") -> Continuous:
    return Continuous("depth", "Depth", np.float32(values), unit)


@pytest.mark.parametrize(
    ("coloring", "limits"),
    [
        (gene(2, 5, np.nan, np.inf), (0, 5)),
        (number(2, 5, np.nan, -np.inf), (2, 5)),
        (number(-3, -1), (-3, -1)),
        (gene(0, 0), (0, 1)),
        (number(4, 4), (4, 5)),
        (gene(-2, -1), (0, 1)),
        (number(np.nan), (0, 1)),
    ],
)
def test_limits_show_all_finite_values_and_are_never_one_number(
    coloring: Continuous, limits: tuple[float, float]
) -> None:
    assert coloring.limits() == limits
    assert coloring.takes_limits


def test_the_table_ends_with_dim_for_zero_and_gray_for_no_value() -> None:
    table = gene(1).table("viridis")
    np.testing.assert_array_equal(table[:-2], colormap_table("viridis"))
    np.testing.assert_allclose(table[-2:], [[64 / 255] * 3 + [1], [128 / 255] * 3 + [1]])
    hidden = gene(1).table("viridis", {None})
    assert hidden[-1, 3] == 0
    assert hidden[:-1, 3].min() == 1


def test_a_genes_legend_counts_cells_below_the_lower_limit_and_those_not_measured() -> None:
    found = gene(0, 0, 3, 6, np.nan).legend(None, "viridis", {None})
    assert found.title == "DRD1"
    assert found.rows == (
        LegendRow("zero", "#404040", 2),
        LegendRow("not measured", "#808080", 1, missing=True, hidden=True),
    )
    bar = found.bar
    assert bar is not None
    assert (bar.colormap, bar.limits, bar.unit) == ("viridis", (0, 6), "log2(CPT + 1)")
    assert (len(bar.stops), bar.extent, bar.usual) == (256, (0, 6), (0, 6))

    above = gene(0, 1, 2, 3).legend((2, 5), "magma")
    assert above.rows == (LegendRow("below 2", "#404040", 2),)
    assert above.bar is not None
    assert (above.bar.limits, above.bar.usual) == ((2, 5), (0, 3))
    assert gene(0, 1).legend((-1, 5), "magma").rows == (LegendRow("zero", "#404040", 1),)
    positive = gene(1, 2).legend(None, "magma")
    assert positive.rows == ()
    assert positive.bar is not None
    assert (positive.bar.extent, positive.bar.usual) == ((1, 2), (0, 2))


def test_another_numbers_legend_has_a_row_for_cells_without_a_value_only() -> None:
    found = number(-1, 0, 2, np.nan).legend((1, 2), "magma")
    assert found.rows == (LegendRow("no value", "#808080", 1, missing=True),)
    assert found.bar is not None
    assert (found.bar.extent, found.bar.usual) == ((-1, 2), (-1, 2))
    empty = number(np.nan).legend(None, "magma").bar
    assert empty is not None
    assert empty.extent == empty.usual == empty.limits == (0, 1)


def test_what_is_said_of_a_cell() -> None:
    part = gene(2.34567, np.nan, absent="not fetched or measured")
    assert part.text(0) == "DRD1 2.346 log2(CPT + 1)"
    assert part.text(1) == "DRD1 not fetched or measured"
    assert part.missing_text() == "DRD1 was not fetched or measured in 1"
    assert number(3, np.nan, unit="").text(0) == "Depth 3"
    assert number(3, np.nan).text(1) == "Depth no value"
    assert number(3, np.nan).missing_text() == "1 without Depth"


def test_only_genes_keep_zero_apart() -> None:
    assert gene(1).zero_apart
    assert gene(1).is_gene
    assert not number(1).zero_apart
    assert number(1).genes == ()
    assert number(1).categories == ()
