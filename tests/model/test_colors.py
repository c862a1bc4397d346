"""Colors for categories and numbers: all of them visible on a black canvas."""

from __future__ import annotations

import numpy as np
import pytest
from cmap import Colormap

from napari_abc.errors import ConfigurationError
from napari_abc.model import colormap_table, distinct_colors, hex_table, normalize_color
from napari_abc.model.colors import hex_colors


@pytest.mark.parametrize("color", ["#12345", "#1234567", "x123456", "1234567", "#12345g", "", "#", None])
def test_what_is_no_hex_triplet_becomes_gray(color: object) -> None:
    assert normalize_color(color) == "#808080"


def test_colors_are_trimmed_and_written_small() -> None:
    assert normalize_color(" #ABCDEF\n") == "#abcdef"


def test_up_to_seven_categories_have_the_colors_that_color_blind_people_tell_apart() -> None:
    okabe_and_ito = {"#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"}
    assert set(distinct_colors(7)) == okabe_and_ito
    assert not set(distinct_colors(8)) & okabe_and_ito
    assert distinct_colors(0) == ()


def test_no_category_is_too_dark_to_see_and_there_are_colors_for_any_number() -> None:
    many = distinct_colors(1000)
    assert len(many) == 1000
    assert hex_table(many)[:, :3].max(axis=1).min() > 0.35
    assert many[0] in many[1:]  # they begin again
    assert len(set(many[:200])) == 200


def test_hex_texts_and_numbers_are_the_same_colors() -> None:
    table = hex_table(["#010203", "#ff8000"])
    np.testing.assert_allclose(table, [[1 / 255, 2 / 255, 3 / 255, 1], [1, 128 / 255, 0, 1]])
    assert table.dtype == np.float32
    assert hex_colors(table) == hex_colors(table[:, :3]) == ("#010203", "#ff8000")
    assert hex_table([]).shape == (0, 4)


def test_a_colormap_that_begins_near_black_begins_later() -> None:
    magma = colormap_table("magma")
    assert magma.shape == (256, 4)
    assert magma.dtype == np.float32
    brightness = magma[:, :3].max(axis=1)
    assert 0.4 <= brightness[0] < 0.42
    np.testing.assert_allclose(magma[-1], Colormap("magma")(1.0), atol=1e-6)


@pytest.mark.parametrize("name", ["gray_r", "coolwarm"])
def test_a_colormap_that_begins_bright_is_whole(name: str) -> None:
    np.testing.assert_allclose(colormap_table(name), Colormap(name).lut(256), atol=1e-6)


def test_nobody_can_change_a_colormap_for_others() -> None:
    table = colormap_table("viridis")
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 0


def test_an_unknown_colormap_is_told_with_the_nearest_names() -> None:
    with pytest.raises(ConfigurationError, match=r"'viridiss'; the nearest are .*viridis"):
        colormap_table("viridiss")
    with pytest.raises(ConfigurationError, match=r"the nearest are magma, inferno, plasma\."):
        colormap_table("0000000000")
