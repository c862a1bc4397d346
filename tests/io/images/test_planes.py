"""The plane of a volume that lies at a depth."""

from __future__ import annotations

import numpy as np
import pytest

from napari_abc.io.images import _planes as module
from napari_abc.io.images import depth_range, plane_at, plane_of
from napari_abc.model import Volume


@pytest.fixture
def volume() -> Volume:
    """Six planes 0.2 apart, from 1.0 on, and a smaller level with three of them."""
    levels = [np.arange(6 * 4 * 5).reshape(6, 4, 5), np.arange(3 * 2 * 3).reshape(3, 2, 3)]
    return Volume("v", "image", levels, (0.2, 0.5, 0.7), (1.0, 5.0, 7.0), "millimeter")


@pytest.mark.parametrize(
    ("depth", "index"), [(1.0, 0), (1.6, 3), (1.69, 3), (1.71, 4), (0.85, -1), (2.0, 5), (2.15, 6)]
)
def test_the_nearest_plane(depth: float, index: int) -> None:
    assert plane_at(depth, 0.2, 1.0) == index


def test_without_a_start_the_first_plane_lies_at_nothing() -> None:
    # 0.6 / 0.2 is a little less than 3.
    assert [plane_at(depth, 0.2) for depth in (0.0, 0.2, 0.6, 1.2)] == [0, 1, 3, 6]


def test_where_the_first_and_the_last_plane_lie(volume: Volume) -> None:
    assert depth_range(volume) == (1.0, 2.0)


def test_a_plane_keeps_its_place_in_height_and_width(volume: Volume) -> None:
    plane = plane_of(volume, 4)
    assert (plane.scale, plane.translate, plane.unit) == ((0.5, 0.7), (5.0, 7.0), "millimeter")
    (level,) = plane.levels
    assert isinstance(level, np.ndarray)
    np.testing.assert_array_equal(level, volume.levels[0][4])


def test_of_a_large_plane_every_level_gives_the_plane_that_spans_it(
    volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 19)
    for index, smaller in enumerate((0, 0, 1, 1, 2, 2)):
        levels = plane_of(volume, index).levels
        assert len(levels) == 2
        np.testing.assert_array_equal(levels[0], volume.levels[0][index])
        np.testing.assert_array_equal(levels[1], volume.levels[1][smaller])
    monkeypatch.setattr(module, "_IN_MEMORY", 20)
    assert len(plane_of(volume, 0).levels) == 1
