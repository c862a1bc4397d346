"""Outlines of every kind of geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

from napari_abc.viewer._regions import region_outlines, rings

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_abc.model import Slab

SQUARE = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))"

TRIANGLE = "POLYGON ((0 0, 1 0, 1 1, 0 0))"


@pytest.mark.parametrize(
    ("wkt", "expected"),
    [
        (SQUARE, [(4, True, False), (4, True, True)]),
        (
            "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
            [(3, True, False), (3, True, False)],
        ),
        ("LINESTRING (0 0, 1 1, 2 0)", [(3, False, False)]),
        ("MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))", [(2, False, False), (2, False, False)]),
        (
            f"GEOMETRYCOLLECTION ({SQUARE}, LINESTRING (0 0, 1 1), GEOMETRYCOLLECTION ({TRIANGLE}))",
            [(4, True, False), (4, True, True), (2, False, False), (3, True, False)],
        ),
        ("POLYGON Z ((0 0 5, 4 0 5, 4 4 5, 0 0 5))", [(3, True, False)]),
        ("POLYGON ((0 0, 0 0, 4 0, 4 4, 4 4, 0 0))", [(3, True, False)]),
        ("POLYGON ((0 0, 4 0, 0 0, 0 0))", [(2, False, False)]),
        ("POINT (1 1)", []),
        ("POLYGON EMPTY", []),
        ("GEOMETRYCOLLECTION EMPTY", []),
        ("LINESTRING (1 1, 1 1)", []),
    ],
)
def test_rings_of(wkt: str, expected: list[tuple[int, bool, bool]]) -> None:
    found = [(len(ring.points), ring.closed, ring.hole) for ring in rings(shapely.from_wkt(wkt))]
    assert found == expected


def test_coordinates_that_are_no_numbers_and_no_geometry_outline_nothing() -> None:
    with np.errstate(invalid="ignore"):
        line = shapely.LineString([(0, 0), (np.nan, 1), (2, 2)])
    assert not list(rings(line))
    assert not list(rings(None))


def test_outlines_carry_vertices_as_y_x_colors_and_names(make_slab: Callable[..., Slab]) -> None:
    regions = pd.DataFrame(
        {
            "label": ["CaH", "x"],
            "name": ["Head of caudate", "odd"],
            "color": ["#00FFD0", "no color"],
            "geometry": [shapely.from_wkt("POLYGON ((0 10, 4 10, 4 14, 0 10))"), shapely.Point(0, 0)],
        }
    )
    found = region_outlines(make_slab(regions=regions), 0.1)
    assert found is not None
    data, arguments = found
    assert [ring.tolist() for ring in data] == [[[10, 0], [10, 4], [14, 4]]]
    np.testing.assert_allclose(arguments["edge_color"] * 255, [[0, 255, 208, 255]])
    assert arguments["shape_type"] == ["polygon"]
    assert arguments["features"]["name"].tolist() == ["Head of caudate"]


def test_no_regions_are_no_layer(make_slab: Callable[..., Slab]) -> None:
    assert region_outlines(make_slab(), 0.1) is None
