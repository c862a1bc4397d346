"""From codes and numbers to colors."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.model import STEPS, ZERO_COLOR, Categorical, Continuous, Gene, colormap_table, hex_table
from napari_abc.viewer.color import resolve, rgba
from napari_abc.viewer.color._painted import look_up

GRAY = hex_table(["#808080"])[0]
DIM = hex_table([ZERO_COLOR])[0]


def gene(*values: float) -> Continuous:
    return Continuous("gene:DRD1", "DRD1", np.float32(values), "log2(CPT + 1)", Gene("ENSG1", "DRD1", "log2"))


def number(*values: float) -> Continuous:
    return Continuous("depth", "depth", np.array(values, dtype=np.float32), "mm")


def test_hex_colors_are_read_exactly() -> None:
    np.testing.assert_array_equal(
        np.round(hex_table(["#ff8000", "#010203"]) * 255), [[255, 128, 0, 255], [1, 2, 3, 255]]
    )


def test_a_category_has_its_color_and_a_missing_one_is_gray() -> None:
    coloring = Categorical("k", "k", np.array([1, -1, 0], np.int32), ("a", "b"), ("#ff0000", "#00ff00"))
    colors = rgba(resolve(coloring))
    np.testing.assert_array_equal(colors, [[0, 1, 0, 1], GRAY, [1, 0, 0, 1]])
    assert colors.dtype == np.float32


def test_no_categories_at_all_are_all_missing() -> None:
    coloring = Categorical("k", "k", np.array([-1, -1], np.int32), (), ())
    np.testing.assert_array_equal(rgba(resolve(coloring)), [GRAY, GRAY])


def test_a_gene_goes_from_dim_gray_to_the_colormaps_end() -> None:
    table = colormap_table("magma")
    colors = rgba(resolve(gene(0, 0.001, 4, 8, np.nan)))
    np.testing.assert_array_equal(colors[[0, 4]], [DIM, GRAY])
    np.testing.assert_array_equal(colors[[1, 2, 3]], table[[0, STEPS // 2, STEPS - 1]])


def test_below_the_lower_limit_a_gene_is_dim_and_above_the_upper_it_keeps_the_last_color() -> None:
    table = colormap_table("viridis")
    colors = rgba(resolve(gene(0.5, 1, 2, 3, 99, np.inf), (1, 3), "viridis"))
    np.testing.assert_array_equal(colors[0], DIM)
    np.testing.assert_array_equal(colors[1:], table[[0, STEPS // 2, STEPS - 1, STEPS - 1, STEPS - 1]])


def test_other_numbers_keep_the_first_color_below_the_lower_limit_also_when_negative() -> None:
    table = colormap_table("viridis")
    colors = rgba(resolve(number(-5, -3, 3, -np.inf, np.nan), (-3, 3), "viridis"))
    np.testing.assert_array_equal(colors[:4], table[[0, 0, STEPS - 1, 0]])
    np.testing.assert_array_equal(colors[4], GRAY)


def test_all_missing_and_all_equal_numbers_have_limits() -> None:
    assert resolve(number(np.nan, np.nan)).limits == (0, 1)
    assert resolve(number(7, 7)).limits == (7, 8)
    assert resolve(gene(0, 0)).limits == (0, 1)
    np.testing.assert_array_equal(rgba(resolve(gene(0, 0))), [DIM, DIM])


def test_limits_of_large_numbers_that_differ_little_still_tell_them_apart() -> None:
    found = look_up(resolve(number(1e6, 1e6 + 1, 1e6 + 2)), None)
    rows = found.scale.rows(found.numbers, len(found.table))
    assert rows.tolist() == [0, STEPS // 2, STEPS - 1]
    assert len(found.table) == STEPS + 2


def test_what_is_painted_is_never_altered() -> None:
    painted = resolve(gene(1, 2))
    with pytest.raises(FrozenInstanceError):
        painted.limits = (0, 1)  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        painted.coloring.title = "other"


def test_only_categories_and_what_has_no_value_can_be_hidden() -> None:
    codes = Categorical("k", "kind", np.array([1, -1, 0], np.int32), ("a1", "b"), ("#ff0000", "#00ff00"))
    for coloring in (codes, gene(1, np.nan, 2)):
        hidden = resolve(coloring, hidden=(name for name in [None]))
        assert hidden.hidden == {None}
        assert hidden.drawn().tolist() == [True, False, True]
        assert hidden.drawn(np.array([1, 2])).tolist() == [False, True]
        assert resolve(coloring).drawn().tolist() == [True] * 3
        assert resolve(coloring).drawn(np.array([1])).tolist() == [True]
    assert resolve(codes, hidden=["b"]).drawn().tolist() == [False, True, True]
    with pytest.raises(UnknownNameError, match="'kind' has no category 'a2' to hide; did you mean a1"):
        resolve(codes, hidden=["a2", None])
    with pytest.raises(UnknownNameError, match="did you mean a1 or b"):
        resolve(codes, hidden=["zzz"])
    with pytest.raises(UnknownNameError, match="it has no categories"):
        resolve(gene(1), hidden=["b"])


def test_a_point_that_is_no_cell_has_no_value() -> None:
    coloring = gene(0, 4, 8)
    rows = np.array([2, -1, 0])
    for limits in (None, (-2e38, 2e38)):  # the latter are too much for single precision
        found = look_up(resolve(coloring, limits), rows)
        np.testing.assert_array_equal(found.colors(), rgba(resolve(coloring, limits), rows))
        np.testing.assert_array_equal(found.colors()[1], GRAY)
        assert found.colors(np.array([1])).shape == (1, 4)


def test_numbers_that_depend_on_the_limits_are_made_again() -> None:
    coloring = number(-3e38, 0, 3e38, np.nan)
    wide, narrow = resolve(coloring, (-2e38, 2e38)), resolve(coloring, (-1.0, 1.0))
    before = look_up(wide, None)
    for painted in (resolve(coloring, (-3e38, 3e38)), narrow):
        after = look_up(painted, None, before)
        assert after.numbers is not before.numbers
        np.testing.assert_array_equal(after.colors(), rgba(painted))
    assert look_up(narrow, None, before).scale.scale == STEPS / 2
    again = look_up(resolve(coloring, (0.0, 1.0)), None, look_up(narrow, None))
    assert again.numbers is look_up(narrow, None, again).numbers


@pytest.mark.parametrize("limits", [(1, 1), (2, 1), (np.nan, 1), (0, np.inf)])
def test_useless_limits_are_refused(limits: tuple[float, float]) -> None:
    with pytest.raises(ConfigurationError, match="lower one first"):
        resolve(gene(1), limits)


def test_an_unknown_colormap_is_refused_with_a_hint() -> None:
    with pytest.raises(ConfigurationError, match="magma"):
        resolve(gene(1), None, "magna")


@pytest.mark.parametrize("name", ["magma", "inferno", "gray", "viridis"])
def test_a_little_of_a_gene_is_brighter_than_none(name: str) -> None:
    assert colormap_table(name)[0, :3].max() >= 0.4 > DIM[:3].max() + 0.1


def test_bright_colormaps_are_whole() -> None:
    from cmap import Colormap

    np.testing.assert_allclose(colormap_table("bwr"), Colormap("bwr").lut(STEPS), atol=1e-6)
