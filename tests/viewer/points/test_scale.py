"""How a number becomes a row of a table of colors, without a window."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from napari_abc.viewer.points import CODE, NONE, Lookup, Scale, lookup_of
from napari_abc.viewer.points import _lookup as module

TABLE = np.eye(6, 4, dtype=np.float32)


def rows(values: object, limits: tuple[float, float] | None = None, **more: bool) -> list[int]:
    """Rows of a table of six: four steps, one for numbers set apart, one for none."""
    found = Lookup.of(np.asarray(values), TABLE, limits, **more)
    assert found.numbers.dtype == np.float32
    assert np.isfinite(found.numbers).all()
    return found.scale.rows(found.numbers, len(TABLE)).tolist()


def test_numbers_without_limits_are_rows_and_none_is_the_last() -> None:
    assert rows(np.int32([0, 3, 5, 9, -1, -7])) == [0, 3, 5, 5, 5, 5]
    assert rows([0.0, 3.0, np.nan, -1.0]) == [0, 3, 5, 5]


@pytest.mark.parametrize("top", [9.0, 8e30], ids=["single precision", "double precision"])
def test_numbers_between_limits_are_spread_evenly_over_the_steps(top: float) -> None:
    unit = (top - 1) / 4
    values = [1 - unit, 1, 1 + 0.9 * unit, 1 + 1.1 * unit, 1 + 3.9 * unit, top, 2 * top, np.nan]
    assert rows(values, (1.0, top)) == [0, 0, 0, 1, 3, 3, 3, 5]
    assert rows(values, (1.0, top), zero_apart=True) == [4, 0, 0, 1, 3, 3, 3, 5]
    assert rows([-np.inf, np.inf], (1.0, top)) == [0, 3]
    assert rows([0.0, -1.0, 0.5], (-1.0, top)) == [0, 0, 0]
    assert rows([0.0, -1.0, 0.5], (-1.0, top), zero_apart=True) == [4, 4, 0]


def test_what_single_precision_does_not_hold_has_no_scale() -> None:
    assert Scale.between((0.0, 1e-29), 6) is not None
    assert Scale.between((0.0, 9e29), 6) is not None
    for limits in ((0.0, 1e-31), (0.0, 2e30), (2e30, 2.0000001e30), (-2e30, -1.9999999e30)):
        assert Scale.between(limits, 6) is None
        assert Lookup.of(np.float32([0]), TABLE, limits).scale is CODE


def test_limits_that_differ_little_are_told_apart() -> None:
    low = 16_777_216.0  # where single precision counts by twos
    assert rows(np.float32([low, low + 2, low + 4]), (low - 0.5, low + 3.5)) == [0, 2, 3]


def test_some_points_colors_are_those_of_all() -> None:
    found = Lookup.of(np.array([0, 1, -1, 2]), TABLE, origin="mine")
    assert found.origin == "mine"
    np.testing.assert_array_equal(found.colors(), TABLE[[0, 1, 5, 2]])
    np.testing.assert_array_equal(found.colors(np.array([3, 0])), TABLE[[2, 0]])
    assert Lookup.of(np.array([np.nan, 1]), TABLE).numbers[0] == np.float32(NONE)
    assert lookup_of("a layer of another kind") is None


def test_the_examples_are_right() -> None:
    results = doctest.testmod(module, extraglobs={"np": np})
    assert results.attempted > 0
    assert results.failed == 0
