"""Size at which cells make up tissue."""

from __future__ import annotations

import numpy as np
import pytest

from napari_abc.viewer._spacing import point_size


def grid(count: int, spacing: float) -> np.ndarray:
    side = np.arange(count) * spacing
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2).astype(np.float32)


def test_the_size_follows_the_spacing() -> None:
    assert point_size(grid(100, 0.02), "millimeter") == pytest.approx(0.021, rel=0.15)
    assert point_size(grid(100, 20.0), "micrometer") == pytest.approx(21, rel=0.15)


def test_empty_space_and_a_few_outliers_change_nothing() -> None:
    tissue = grid(100, 0.02)
    far = np.float32([[50, 50], [60, -20]])
    assert point_size(np.vstack([tissue, far]), "millimeter") == pytest.approx(
        point_size(tissue, "millimeter"), rel=0.5
    )


def test_two_pieces_are_as_one() -> None:
    tissue = grid(100, 0.02)
    two = np.vstack([tissue, tissue + np.float32([0, 10])])
    assert point_size(two, "millimeter") == pytest.approx(0.021, rel=0.3)


@pytest.mark.parametrize(("unit", "size"), [("millimeter", 0.01), ("micrometer", 10), ("", 1)])
def test_a_single_place_is_sized_as_a_cell(unit: str, size: float) -> None:
    assert point_size(np.float32([[3, 4]]), unit) == size
    assert point_size(np.float32([[3, 4]] * 5), unit) == size


def test_a_line_of_cells_has_a_size() -> None:
    line = np.stack([np.linspace(0, 10, 1000), np.zeros(1000)], axis=1).astype(np.float32)
    assert 0.0005 < point_size(line, "millimeter") <= 0.25


def test_the_size_is_bounded_for_few_cells() -> None:
    assert point_size(np.float32([[0, 0], [10, 0], [0, 8]]), "millimeter") == pytest.approx(0.25)
